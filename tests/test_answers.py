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


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "zstd", "GZIP"])
def test_a_plain_body_that_is_said_to_be_packed_is_read(desk: Desk, newsroom: Newsroom, encoding: str) -> None:
    desk.registry("""[[source]]
id = "blatt"
name = "Blatt"
homepage = "http://blatt.example/"
feeds = ["http://blatt.example/feed.xml"]
""")
    listed = feed([("http://blatt.example/a", SITE[0], DAY)])
    newsroom.put("http://blatt.example/feed.xml", Answer(body=listed.body, headers={"Content-Encoding": encoding}))
    article = page(*SITE)
    packed = Answer(body=gzip.compress(article.body), kind=article.kind, headers={"Content-Encoding": "gzip"})
    newsroom.put("http://blatt.example/a", packed)
    assert desk.crawl().returncode == 0
    assert desk.rows("select state, detail, kept from source_nights") == [{"state": "ok", "detail": "", "kept": 1}]


def test_one_that_cannot_be_unpacked_is_told_in_words(desk: Desk, newsroom: Newsroom) -> None:
    desk.registry("""[[source]]
id = "blatt"
name = "Blatt"
homepage = "http://blatt.example/"
feeds = ["http://blatt.example/feed.xml"]
""")
    listed = Answer(body=b"<rss>", headers={"Content-Encoding": "br"})
    newsroom.put("http://blatt.example/feed.xml", listed)
    desk.crawl()
    (night,) = desk.rows("select state, detail from source_nights")
    assert night["detail"] == "it is packed, and cannot be unpacked (http://blatt.example/feed.xml)"
