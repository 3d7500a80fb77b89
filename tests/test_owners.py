"""Whose an address is: the look-up by host says the same as a look at every source."""

import gzip

import pytest

from crawler.discovery.markup import unpacks_to_more
from crawler.registry.owners import Owners, source_of
from crawler.registry.sources import Source


def source(name: str, homepage: str, *hosts: str) -> Source:
    return Source(id=name, name=name, homepage=homepage, hosts=hosts)


SOURCES = (
    source("blatt", "https://www.blatt.example/"),
    source("lokal", "https://lokal.blatt.example/"),
    source("de", "https://amt.example/de/", "presse.amt.example"),
    source("en", "https://amt.example/en"),
    source("haus", "https://amt.example/"),
)


@pytest.mark.parametrize(
    ("url", "owner"),
    [
        ("https://blatt.example/a", "blatt"),
        ("http://m.blatt.example/a", "blatt"),
        ("https://lokal.blatt.example/a", "lokal"),
        ("https://www.lokal.blatt.example./a", "lokal"),
        ("https://amt.example/de/1", "de"),
        ("https://amt.example/en", "en"),
        ("https://amt.example/english/1", "haus"),
        ("https://presse.amt.example/en/1", "de"),
        ("https://fremd.example/", None),
        ("https://example/", None),
        ("keine", None),
        ("http://[::1", None),
    ],
)
def test_the_owner_of_an_address(url: str, owner: str | None) -> None:
    found = Owners(SOURCES).of(url)
    assert (found.id if found else None) == owner
    assert source_of(url, reversed(SOURCES)) is found


def test_hosts_that_several_sources_have() -> None:
    owners = Owners(SOURCES)
    assert [owners.shares(host) for host in ("amt.example", "blatt.example", "fremd.example")] == [True, False, False]


def test_a_packed_document_has_the_size_of_what_it_holds() -> None:
    large, small = b"<urlset>" + b" " * 2_000_000, b"<urlset>" + b" " * 1000
    for body in (large, gzip.compress(large), gzip.compress(large) + gzip.compress(small)):
        assert unpacks_to_more(body, 1 << 20)
    for body in (small, gzip.compress(small), gzip.compress(large)[:200], b"\x1f\x8bjunk", b""):
        assert not unpacks_to_more(body, 1 << 20)
