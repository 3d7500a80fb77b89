"""The finders: how their file is read, what is told of one that is wrong, and whose an address is that they name."""

import re
from datetime import date
from pathlib import Path

import pytest

from crawler.policy.strangers import Denials, destination
from crawler.registry.finders import DeniedHost, Finder, FinderKind, load_finders
from crawler.registry.owners import Owners
from crawler.registry.sources import ConfigError, Denied, Source, load_registry
from db.outcomes import Code, Outcome, say

OURS = load_finders()
LINKS = """
[[finder]]
id = "lexikon"
kind = "links"
name = "Lexikon"
distance = 5
per_night = 3
since = 2020-01-01
citation = { en = "Lexikon", de = "Lexikon" }
pages = ["https://lexikon.example/wiki/Revier"]
[finder.terms]
says = { en = "free", de = "frei" }
"""


def test_ours_are_seven() -> None:
    assert [finder.id for finder in OURS.finders] == list(FinderKind)
    assert [finder.id for finder in OURS.of("wayback", "gal")] == ["wayback", "gal"]
    assert OURS.of() == OURS.finders
    for finder in OURS.finders:
        assert finder.citation["de"]
        assert finder.terms.says["en"]
        assert finder.distance >= 5 or not finder.per_night


def test_a_finder_with_a_key_is_off_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    (finder,) = OURS.of("mediacloud")
    monkeypatch.delenv("REVIERSPIEGEL_MEDIACLOUD_KEY", raising=False)
    assert finder.is_off
    monkeypatch.setenv("REVIERSPIEGEL_MEDIACLOUD_KEY", " geheim ")
    assert (finder.is_off, finder.secret()) == (False, "geheim")
    assert not OURS.of("gal")[0].is_off


def test_a_file_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(LINKS + '[[denied]]\nhosts = ["www.kopie.example"]\nwhy = { en = "a copy", de = "eine Kopie" }\n')
    monkeypatch.setenv("REVIERSPIEGEL_FINDERS", str(path))
    mine = load_finders()
    assert mine.finders[0].since == date(2020, 1, 1)
    assert mine.denied[0] == DeniedHost(host="kopie.example", why={"en": "a copy", "de": "eine Kopie"})
    assert mine.denied[1:] == OURS.denied  # whoever writes finders of his own still asks no shortener


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        (("[[finder]]", "[[finders]]"), "finders: unknown key; did you mean 'finder'?"),
        (('id = "lexikon"\n', ""), "entry 1: id: missing, expected lower-case letters, digits and hyphens"),
        (('kind = "links"', 'kind = "link"'), "lexikon: kind: 'link' is none of gal, links, own-links, mediacloud,"),
        (('kind = "links"', "kind = []"), "lexikon: kind: [] is none of gal, links"),
        (("distance = 5", "distance = -1"), "lexikon: distance: -1, expected a whole number from 0 to 3600"),
        (("distance = 5", "minutes = [1]"), "lexikon: minutes: unknown key"),
        (
            ('pages = ["https://lexikon.example/wiki/Revier"]', ""),
            "lexikon: pages: missing, expected the pages to read",
        ),
        (
            ("https://lexikon.example/wiki/Revier", "wiki/Revier"),
            "lexikon: pages: 1: 'wiki/Revier', expected an address",
        ),
        ((', de = "frei"', ""), "lexikon: terms: says: de: missing, expected a text"),
        (("since = 2020-01-01", "since = 2020"), "lexikon: since: 2020, expected a day such as 2024-01-01"),
        (
            ("per_night = 3", 'per_night = 3\nkey = "my key"'),
            "lexikon: key: 'my key', expected an environment variable",
        ),
        (("[[finder]]", f"{LINKS}\n[[finder]]"), "lexikon: id: stands 2 times, expected one entry for each id"),
        (('"links"', '"gal"\nminutes = [1]\nother_minutes = []\naddress = "https://a.example/"'), "lexikon: address: "),
    ],
)
def test_errors_name_file_entry_and_key(changed: tuple[str, str], error: str, tmp_path: Path) -> None:
    path = tmp_path / "finders.toml"
    path.write_text(LINKS.replace(*changed, 1))
    with pytest.raises(ConfigError) as caught:
        load_finders(path)
    assert any(line.startswith(f"finders.toml: {error}") for line in caught.value.errors), caught.value


@pytest.mark.parametrize(
    ("group", "error"),
    [
        ('hosts = ["A.example"]\nwhy = { en = "a", de = "b" }', "denied: 1: hosts: 1: 'A.example', expected a host"),
        ('hosts = []\nwhy = { en = "a", de = "b" }', "denied: 1: hosts: is empty, expected at least one"),
        ('hosts = ["a.example"]', "denied: 1: why: missing, expected the end of the sentence"),
        ('hosts = ["a.example", "a.example"]\nwhy = { en = "a", de = "b" }', "denied: a.example stands 2 times"),
    ],
)
def test_errors_of_denied_hosts(group: str, error: str, tmp_path: Path) -> None:
    path = tmp_path / "finders.toml"
    path.write_text(f"{LINKS}\n[[denied]]\n{group}\n")
    with pytest.raises(ConfigError, match=re.escape(error)):
        load_finders(path)


# Whose an address is

BOTE = Source(id="bote", name="Der Bote", homepage="https://www.bote.example/", hosts=("alt-bote.example",))
DENIALS = Denials(OURS.denied, [Denied(host="spiegel.bote.example", why="a mirror of bote")])


def asked(url: str) -> tuple[str, str | None, Outcome | None]:
    place = destination(url, DENIALS, Owners([BOTE]))
    return place.host, place.source.id if place.source else None, place.refused


@pytest.mark.parametrize("host", ["bote.example", "neu.bote.example", "www.alt-bote.example", "bote.example:443"])
def test_an_address_at_a_source_is_the_sources(host: str) -> None:
    assert asked(f"https://{host}/a")[1:] == ("bote", None)


def test_any_other_is_of_a_host_of_its_own() -> None:
    place = destination("https://www.Fremd.example/a", DENIALS, Owners([BOTE]))
    assert (place.host, place.is_strange) == ("fremd.example", True)


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("https://fremd.example:8443/intern", Code.PORT.of(port=8443, host="fremd.example")),
        ("https://bote.example:8080/", Code.PORT.of(port=8080, host="bote.example")),
        ("http://10.0.0.1/", Code.NOT_PUBLIC.of(host="10.0.0.1")),
        ("http://2130706433/", Code.NOT_PUBLIC.of(host="2130706433")),
        ("http://[::1]/", Code.NOT_PUBLIC.of(host="::1")),
        ("http://nas.local/", Code.NOT_PUBLIC.of(host="nas.local")),
        ("http://intern/", Code.NOT_PUBLIC.of(host="intern")),
        ("https://anna:geheim@fremd.example/", Code.LEADS_NOWHERE.of()),
        ("ftp://fremd.example/", Code.LEADS_NOWHERE.of()),
        ("https://spiegel.bote.example/", None),
        ("https://t.co/abc", None),
        ("https://news.google.com/x", None),
        ("https://www.google.co.uk/x", None),
        ("https://a-b.translate.goog/x", None),
    ],
)
def test_refused_is(url: str, outcome: Outcome | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REVIERSPIEGEL_ALLOW_LOOPBACK", raising=False)
    _, source, refused = asked(url)
    assert source is None
    assert refused is not None
    assert refused == outcome if outcome else refused.code is Code.HOST_DENIED


def test_a_cache_stands_for_what_it_shows() -> None:
    assert asked("https://cdn.ampproject.org/c/s/bote.example/a")[1] == "bote"
    assert asked("https://web.archive.org/web/2024/http://10.0.0.1/")[2] == Code.NOT_PUBLIC.of(host="10.0.0.1")


def test_names_that_only_look_like_denied_ones_are_not() -> None:
    for host in (
        "googlefund.example",
        "not-t.co",
        "blog.google",
        "x.com.bote.example",
        "google.example",
        "bit.ly.example",
    ):
        assert not DENIALS.is_denied(host), host
    for host in ("google.com", "maps.google.de", "WWW.T.CO", "web.archive.org.", "m.facebook.com", "yandex.com.tr"):
        assert DENIALS.is_denied(host), host


def test_it_is_said_why() -> None:
    refused = asked("https://t.co/abc")[2]
    assert refused is not None
    assert say(refused) == "t.co is never asked: a shortener of addresses"


def test_no_source_with_lists_of_its_own_is_at_a_denied_host() -> None:
    denials = Denials(OURS.denied)
    sources = [source for source in load_registry().sources if source.addresses]  # portals are for known articles
    assert [host for source in sources for host in source.own_hosts if denials.is_denied(host)] == []


def test_finders_are_records() -> None:
    assert isinstance(OURS.finders[0], Finder)
    assert [finder.id for finder in OURS.finders if finder.full_text] == ["mediacloud", "gdelt-doc"]
    assert [finder.id for finder in OURS.finders if finder.host_by_host] == ["wayback", "commoncrawl"]
