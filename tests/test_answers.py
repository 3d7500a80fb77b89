"""What an answer, or none, means; and that a body is read also where its header is wrong."""

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest

from crawler.demo.newsroom import Answer, Newsroom, feed, page
from crawler.policy.answers import outcome_of
from tests.conftest import Desk
from tests.stories import SITE
from tests.test_crawl import DAY


def raised(work: Callable[[], object]) -> Exception:
    with pytest.raises(Exception) as caught:
        work()
    return caught.value


def test_errors_are_told_in_words() -> None:
    assert str(outcome_of(TimeoutError("x"))) == "no answer in time"
    assert str(outcome_of(KeyError("x"))) == "KeyError: 'x'"
    for work in (
        lambda: gzip.decompress(b"<?xml"),
        lambda: gzip.decompress(b"\x1f\x8b\x08"),
        lambda: zlib.decompress(b"<?xml"),
        lambda: brotli.decompress(b"<?xml"),
    ):
        assert str(outcome_of(raised(work))) == "it is packed, and cannot be unpacked"


OUTLET = """[[source]]
id = "{id}"
name = "{id}"
homepage = "http://{id}.example/"
feeds = ["http://{id}.example/feed.xml"]
"""


def test_a_plain_body_that_is_said_to_be_packed_is_read(desk: Desk, newsroom: Newsroom) -> None:
    outlets = {"blatt": "gzip", "bote": "x-gzip", "kurier": "zstd", "zeitung": "GZIP"}
    desk.registry("".join(OUTLET.format(id=name) for name in outlets))
    for name, encoding in outlets.items():
        base, title = f"http://{name}.example", f"{SITE[0]}: {name}"
        listed = feed([(f"{base}/a", title, DAY)])
        newsroom.put(f"{base}/feed.xml", Answer(body=listed.body, headers={"Content-Encoding": encoding}))
        article = page(title, SITE[1])
        packed = Answer(body=gzip.compress(article.body), kind=article.kind, headers={"Content-Encoding": "gzip"})
        newsroom.put(f"{base}/a", packed)
    assert desk.crawl().returncode == 0
    assert desk.rows("select source, state, detail, kept from source_nights order by source") == [
        {"source": name, "state": "ok", "detail": "", "kept": 1} for name in outlets
    ]


def test_one_that_cannot_be_unpacked_is_told_in_words(desk: Desk, newsroom: Newsroom) -> None:
    desk.registry(OUTLET.format(id="blatt"))
    listed = Answer(body=b"<rss>", headers={"Content-Encoding": "br"})
    newsroom.put("http://blatt.example/feed.xml", listed)
    desk.crawl()
    (night,) = desk.rows("select state, detail from source_nights")
    assert night["detail"] == "it is packed, and cannot be unpacked (http://blatt.example/feed.xml)"
