"""What finders answer: rows become leads, and whatever is wrong has its own outcome."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery.answers import cdx, gal, gdelt_doc, links, mediacloud
from crawler.discovery.answers.answer import FinderAnswer, found_address
from crawler.discovery.answers.unwrapping import unwrapped
from db.outcomes import Code
from pipelines.relevance.matching import rule_of
from pipelines.relevance.profile import load
from tests.conftest import SHARED, needs_shared

RULE = rule_of(load())
AT = datetime(2026, 11, 28, 8, tzinfo=UTC)
PAGE = "https://de.lexikon.example/wiki/Revier"
SISTERS = ("wikidata.org", "toolforge.org", "d-nb.info")


def of_page(body: bytes, status: int, headers: dict[str, str], *, at: datetime = AT) -> FinderAnswer:
    return links.read(body, status, headers, page=PAGE, denied=lambda host: host.endswith(SISTERS), at=at)


READERS: dict[str, Callable[..., FinderAnswer]] = {
    "gdelt-gal": gal.read,
    "gdelt-doc": gdelt_doc.read,
    "mediacloud": mediacloud.read,
    "wayback-cdx": cdx.read_wayback,
    "commoncrawl": cdx.read_common_crawl,
    "wikipedia": of_page,
}
# file → leads, bad lines, outcome
SAMPLES = {
    "gdelt-gal/20261120081600.gal.json.gz": (12, 1, Code.ROWS_READ),
    "gdelt-gal/20261120081700.gal.json.gz": (11, 1, Code.CUT_OFF),
    "gdelt-gal/20261120083100.gal.json.gz": (0, 0, Code.NOTHING_FOUND),
    "gdelt-gal/missing-404.xml": (0, 0, Code.NO_FILE),
    "gdelt-doc/artlist.json": (8, 0, Code.ROWS_READ),
    "gdelt-doc/artlist-empty.json": (0, 0, Code.NOTHING_FOUND),
    "gdelt-doc/artlist-empty-list.json": (0, 0, Code.NOTHING_FOUND),
    "gdelt-doc/artlist-bad-escapes.json": (3, 0, Code.ROWS_READ),
    "gdelt-doc/artlist-bad-bytes.json": (2, 0, Code.ROWS_READ),
    "gdelt-doc/artlist-cut.json": (0, 0, Code.CUT_OFF),
    "gdelt-doc/artlist-250.json": (250, 0, Code.FULL_ANSWER),
    "gdelt-doc/error-query-length.txt": (0, 0, Code.REFUSED_QUERY),
    "gdelt-doc/error-phrase-too-short.txt": (0, 0, Code.REFUSED_QUERY),
    "gdelt-doc/error-or-needs-parentheses.txt": (0, 0, Code.REFUSED_QUERY),
    "gdelt-doc/error-parentheses-only-around-or.txt": (0, 0, Code.REFUSED_QUERY),
    "gdelt-doc/error-timespan.txt": (0, 0, Code.REFUSED_QUERY),
    "gdelt-doc/error-country.txt": (0, 0, Code.REFUSED_QUERY),
    "gdelt-doc/rate-limit-429.txt": (0, 0, Code.TOO_FAST),
    "gdelt-doc/rate-limit-200.txt": (0, 0, Code.TOO_FAST),
    "gdelt-doc/busy-503.html": (0, 0, Code.BUSY),
    "mediacloud/story-list-1.json": (5, 0, Code.ROWS_READ),
    "mediacloud/story-list-2.json": (1, 0, Code.ROWS_READ),
    "mediacloud/story-list-empty.json": (0, 0, Code.NOTHING_FOUND),
    "mediacloud/error-422-no-collection.json": (0, 0, Code.REFUSED_QUERY),
    "mediacloud/error-429.json": (0, 0, Code.TOO_FAST),
    "mediacloud/error-429-empty.json": (0, 0, Code.TOO_FAST),
    "mediacloud/error-403-old.json": (0, 0, Code.TOO_FAST),
    "mediacloud/error-400-quota.json": (0, 0, Code.QUOTA_USED),
    "mediacloud/error-400-temporary.json": (0, 0, Code.BUSY),
    "mediacloud/error-401.json": (0, 0, Code.KEY_REFUSED),
    "mediacloud/error-502.html": (0, 0, Code.BUSY),
    "wikipedia/article.html": (4, 0, Code.ROWS_READ),
    "wikipedia/too-many-429.html": (0, 0, Code.TOO_FAST),
    "wayback-cdx/page-1.json": (4, 0, Code.ROWS_READ),
    "wayback-cdx/page-2.json": (1, 0, Code.ROWS_READ),
    "wayback-cdx/empty.json": (0, 0, Code.NOTHING_FOUND),
    "wayback-cdx/plain.txt": (1, 2, Code.ROWS_READ),
    "wayback-cdx/blocked-403.txt": (0, 0, Code.BLOCKED),
    "wayback-cdx/robots-in-200.txt": (0, 0, Code.BLOCKED),
    "wayback-cdx/too-many-429.html": (0, 0, Code.TOO_FAST),
    "wayback-cdx/gateway-504.html": (0, 0, Code.OUT_OF_TIME),
    "commoncrawl/CC-MAIN-2026-45-index.jsonl": (2, 0, Code.ROWS_READ),
    "commoncrawl/no-captures-404.json": (0, 0, Code.NOTHING_FOUND),
    "commoncrawl/page-too-far-400.html": (0, 0, Code.LAST_PAGE),
    "commoncrawl/slow-down-503.xml": (0, 0, Code.TOO_FAST),
    "commoncrawl/collinfo.json": (0, 0, Code.UNREADABLE_ANSWER),
    "commoncrawl/pages.json": (0, 1, Code.UNREADABLE_ANSWER),
}
# Forms that no question of ours asks for, the last five of them of the encyclopaedia's API.
UNASKED = ("artlist.csv", "artlist.rss", "feed.rss", "segment.warc.gz", "robots.txt")
UNASKED += ("extlinks.json", "exturlusage.json", "goes-on.json", "wikipedia/missing.json", "maxlag.json")


@needs_shared("finders")
def test_every_sample_gives_what_it_should() -> None:
    asked = {each["file"]: each for each in json.loads((SHARED / "finders" / "answers.json").read_text("utf-8"))}
    ours = {
        name
        for name, each in asked.items()
        if each["status"] and name.split("/")[0] in READERS and not name.endswith(UNASKED)
    }
    assert ours == set(SAMPLES)


@needs_shared("finders")
@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_gives_its_leads_and_outcome(name: str) -> None:
    samples = {each["file"]: each for each in json.loads((SHARED / "finders" / "answers.json").read_text("utf-8"))}
    body = (SHARED / "finders" / name).read_bytes()
    answer = READERS[name.split("/")[0]](body, samples[name]["status"], samples[name]["headers"] or {}, at=AT)
    assert (len(answer.leads), answer.bad_lines, answer.outcome.code) == SAMPLES[name], answer.outcome


@needs_shared("finders")
def test_samples_go_on_where_there_is_more() -> None:
    folder = SHARED / "finders"
    page = cdx.read_wayback((folder / "wayback-cdx/page-1.json").read_bytes(), 200, {}, at=AT)
    assert page.go_on == "example%2Crevierportal%29%2Fthemen%2Fmicrosoft+20250101000000%21"
    assert cdx.read_wayback((folder / "wayback-cdx/plain.txt").read_bytes(), 200, {}, at=AT).go_on
    assert mediacloud.read((folder / "mediacloud/story-list-1.json").read_bytes(), 200, {}, at=AT).go_on
    assert mediacloud.read((folder / "mediacloud/story-list-2.json").read_bytes(), 200, {}, at=AT).go_on is None
    assert cdx.crawls((folder / "commoncrawl/collinfo.json").read_bytes()) == ("CC-MAIN-2026-45", "CC-MAIN-2026-41")
    assert of_page((folder / "wikipedia/article.html").read_bytes(), 200, {}).rows == 6  # a PDF and a book are no leads


def test_indexes_have_names_of_a_week() -> None:
    names = ("CC-MAIN-2026-45", "CC-MAIN-9999-99", "CC-MAIN-0000-00", "../../x", "CC-MAIN-2026-41-index", 7)
    assert cdx.crawls(json.dumps([{"id": name} for name in names]).encode()) == ("CC-MAIN-2026-45",)


# Article List


def packed(*rows: dict[str, Any] | bytes) -> bytes:
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    return gzip.compress(b"\n".join(lines) + b"\n", mtime=0)


def row(**fields: Any) -> dict[str, Any]:
    return {"url": "https://bote.example/a", "title": "Titel", "date": "2026-11-20T08:16:00.000Z"} | fields


def test_a_row_of_the_article_list() -> None:
    body = packed(row(title="Halle &amp; Kran", desc="Ein <b>Satz</b>.", lang="de", outletName="Der Bote"))
    (lead,) = gal.read(body, 200, {}, at=AT).leads
    assert lead.url == "https://bote.example/a"
    assert (lead.title, lead.sentence) == ("Halle & Kran", "Ein Satz .")
    assert (lead.said_date, lead.lang, lead.outlet) == ("2026-11-20T08:16:00+00:00", "de", "Der Bote")


def test_what_is_no_row_is_counted() -> None:
    bad = (b'{"url": "https://a.exa', b"[1]", b"null", row(url="mailto:a@b.example"), row(url=None), row(url=7))
    odd = (row(url="https://anna:geheim@bote.example/"), row(url="javascript:1"), row(url="/nur/pfad"), b"\xff\xfe{")
    answer = gal.read(packed(*bad, *odd, row()), 200, {}, at=AT)
    assert (answer.rows, answer.bad_lines, answer.outcome.code) == (1, 10, Code.ROWS_READ)
    assert answer.notes == (Code.ROWS_UNREAD.of(number=10),)


def test_odd_rows_are_read_leniently() -> None:
    rows = (
        rb'{"url": "https://bote.example/1", "title": "Anna\'s \Halle	neu"}',
        b'{"url": "https://bote.example/2", "title": "Gr\xf6\xdfe"}',
        b'{"url": "https://bote.example/3", "title": "halb \\ud83d", "lang": "german", "desc": 5}',
        b"  ",
    )
    answer = gal.read(packed(*rows), 200, {}, at=AT)
    assert [lead.title for lead in answer.leads] == [r"Anna\'s \Halle neu", "Gr\ufffd\ufffde", "halb ?"]
    assert (answer.bad_lines, answer.leads[2].lang, answer.leads[2].sentence) == (0, None, None)


def test_names_of_outlets_are_texts() -> None:
    rows = [
        row(outletName="Bote \ud83d\0", lang="de"),
        row(outletName="x" * 5000, lang="DE\0"),
        row(outletName=["x"], lang=7),
    ]
    named = [(lead.outlet, lead.lang) for lead in gal.read(packed(*rows), 200, {}, at=AT).leads]
    assert named == [("Bote ?", "de"), ("x" * 100, None), (None, None)]


def test_a_date_of_the_future_is_none() -> None:
    answer = gal.read(packed(row(date="2031-01-01T00:00:00.000Z"), row(date="gestern"), row(date=None)), 200, {}, at=AT)
    assert [lead.said_date for lead in answer.leads] == [None, None, None]
    assert answer.notes == (Code.DATES_AHEAD.of(number=1),)


def test_a_list_that_is_cut_off_gives_its_whole_rows() -> None:
    body = packed(*(row(url=f"https://bote.example/{number}") for number in range(5000)))
    answer = gal.read(body[: len(body) // 2], 200, {}, at=AT)
    assert 100 < len(answer.leads) < 4900
    assert (answer.outcome, answer.bad_lines) == (Code.CUT_OFF.of(number=answer.rows), 0)
    assert not answer.complete
    assert gal.read(body[:20] + b"\x00" * 50, 200, {}, at=AT).outcome.code is Code.CUT_OFF


def test_a_list_without_end_ends() -> None:
    answer = gal.read(gzip.compress(b"\n" * 2**23), 200, {}, at=AT, most=3 * 2**20)
    assert answer.outcome.code is Code.UNREADABLE_ANSWER
    long = gal.read(packed(b'{"url": "' + b"x" * 2**21 + b'"}', row()), 200, {}, at=AT)
    assert (long.rows, long.bad_lines) == (1, 1)


def test_only_what_is_kept_becomes_leads() -> None:
    body = packed(*(row(title=f"Microsoft baut in {place}") for place in ("Bedburg", "Bremen", "Bergheim") * 20))
    answer = gal.read(body, 200, {}, rule=RULE, at=AT)
    assert ({lead.title for lead in answer.leads}, len(answer.leads), answer.rows) == (
        {"Microsoft baut in Bedburg", "Microsoft baut in Bergheim"},
        40,
        60,
    )


# Letters in disguise, marks nobody sees, markup, halves of characters.
NAMES = ("Microsoft", "micro&shy;soft", "\uff2dicrosoft", "Mi<b>crosoft</b>", "MI\u0307CROSOFT", "Micro\xadsoft", "x")
OTHERS = ("Bedburg", "B&#101;dburg", "Größe", "İstanbul", "Milliarden Euro", "Kohle", "Майкрософт", "雲", "\ud83d")
TEXTS = st.tuples(st.sampled_from(NAMES), st.sampled_from(OTHERS), st.text(max_size=5)).map(" ".join)
URLS = ("https://bote.example/a", "https://bote.example/micr%6fsoft-bedburg", "//", "http://b.example:80/x")
ROWS = st.fixed_dictionaries(
    {"url": st.sampled_from(URLS), "title": TEXTS | st.integers(), "desc": TEXTS | st.none()},
    optional={"date": st.sampled_from(("2026-11-20", "2031-01-01", 7))},
)


@given(rows=st.lists(ROWS, max_size=5))
def test_a_glance_passes_by_no_match(rows: list[dict[str, Any]]) -> None:
    every, few = gal.read(packed(*rows), 200, {}, at=AT), gal.read(packed(*rows), 200, {}, rule=RULE, at=AT)
    wanted = [lead for lead in every.leads if RULE.names_it(lead.title or "", lead.sentence or "", lead.url)]
    assert list(few.leads) == wanted
    assert (few.rows, few.bad_lines, few.notes) == (every.rows, every.bad_lines, every.notes)


def test_a_list_may_come_unpacked_or_not_at_all() -> None:
    assert gal.read(gzip.decompress(packed(row())), 200, {}, at=AT).rows == 1
    page = gal.read(b"<!doctype html><title>Wartung</title>", 200, {}, at=AT)
    assert page.outcome == Code.UNREADABLE_ANSWER.of(why=Code.HTML_TITLED.of(title="Wartung"))
    assert gal.read(b"", 200, {}, at=AT).outcome == Code.UNREADABLE_ANSWER.of(why=Code.EMPTY_ANSWER.of())
    assert gal.read(b"", 403, {}, at=AT).stops
    assert not gal.read(b"", 404, {}, at=AT).stops


# Addresses


@pytest.mark.parametrize(
    ("wrapped", "shown"),
    [
        ("https://www-bote-example.cdn.ampproject.org/c/s/www.bote.example/a", "https://www.bote.example/a"),
        ("https://cdn.ampproject.org/v/bote.example/a?amp_js_v=1&usqp=x&id=3", "http://bote.example/a?id=3"),
        ("https://www.google.de/amp/s/bote.example/a", "https://bote.example/a"),
        ("https://bote-example.bing-amp.com/c/s/bote.example/a", "https://bote.example/a"),
        ("https://web.archive.org/web/20240216101010/https://bote.example/a?b=1", "https://bote.example/a?b=1"),
        ("https://web.archive.org/web/20240216id_/http:/bote.example/a", "http://bote.example/a"),
        ("https://web.archive.org/web/2024/bote.example/a", "http://bote.example/a"),
        ("https://archive.ph/20240216/https://bote.example/a", "https://bote.example/a"),
        ("https://web.archive.org/web/2024/https://cdn.ampproject.org/c/s/bote.example/a", "https://bote.example/a"),
        ("https://bote.example/web/2024/https://a.example/", "https://bote.example/web/2024/https://a.example/"),
        ("https://web.archive.org/save", "https://web.archive.org/save"),
        ("https://amp.bote.example/archive.html", "https://amp.bote.example/archive.html"),
    ],
)
def test_caches_and_archives_point_to_what_they_show(wrapped: str, shown: str) -> None:
    assert unwrapped(wrapped) == shown


def test_unwrapped_addresses_are_counted() -> None:
    answer = gal.read(packed(row(url="https://cdn.ampproject.org/c/s/bote.example/a"), row()), 200, {}, at=AT)
    assert answer.leads[0].url == "https://bote.example/a"
    assert answer.notes == (Code.CACHES_UNWRAPPED.of(number=1),)


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("http://bote.example:80/a", "http://bote.example/a"),
        ("https://bote.example:443", "https://bote.example"),
        ("https://bote.example:8443/a", "https://bote.example:8443/a"),  # refused, and noted, where it is decided on
        ("https://bote.example/a#b", "https://bote.example/a"),
        ("https://anna:geheim@bote.example/", None),
        ("http://mailto:redaktion@bote.example/", None),
        ("ftp://bote.example/", None),
        ("https://bote.example/\ud83d", None),
        ("", None),
        (None, None),
    ],
)
def test_addresses_of_rows(raw: object, url: str | None) -> None:
    assert found_address(raw) == url


# The other readers


def test_a_question_that_is_refused_is_not_a_page_and_not_the_limit() -> None:
    def code(body: bytes, status: int = 200) -> Code:
        return gdelt_doc.read(body, status, {}, at=AT).outcome.code

    assert code(b"Your phrase is too short.") is Code.REFUSED_QUERY
    assert code(b"Please limit requests to one every 5 seconds.") is Code.TOO_FAST
    assert code(b"<html><title>Wartung</title></html>") is Code.UNREADABLE_ANSWER
    assert code(b"") is Code.UNREADABLE_ANSWER
    assert code(b'{"articles": 5}') is Code.UNREADABLE_ANSWER
    assert code(b'{"articles": [5, "a"]}') is Code.UNREADABLE_ANSWER
    assert code(b'{"articles": ' + b"[" * 100_000) is Code.CUT_OFF
    assert code(b'{"a": ' + b"[" * 100_000 + b"}") is Code.UNREADABLE_ANSWER


def test_rows_of_the_doc_api() -> None:
    article = {"url": "https://bote.example/a", "title": "A", "seendate": "20261107T061500Z", "language": "German"}
    answer = gdelt_doc.read(json.dumps({"articles": [article, 5]}).encode(), 200, {}, at=AT)
    (lead,) = answer.leads
    assert (lead.lang, lead.said_date) == ("de", "2026-11-07T06:15:00+00:00")
    assert answer.bad_lines == 1


def test_a_story_of_media_cloud_has_a_day_and_no_time() -> None:
    story = {
        "url": "https://bote.example/a",
        "publish_date": "2026-11-20T00:00:00",
        "language": "de",
        "media_name": "b",
    }
    answer = mediacloud.read(json.dumps({"stories": [story, None], "pagination_token": ""}).encode(), 200, {}, at=AT)
    assert answer.leads[0].said_date == "2026-11-20"
    assert (answer.bad_lines, answer.go_on) == (1, None)


def test_rows_of_wayback() -> None:
    rows: list[Any] = [["original", "timestamp"], ["http://bote.example:80/a", "20261107070102"], ["b"], ["c", "d"]]
    answer = cdx.read_wayback(json.dumps(rows).encode(), 200, {}, at=AT)
    assert (answer.leads[0].url, answer.leads[0].said_date) == ("http://bote.example/a", "2026-11-07T07:01:02+00:00")
    assert (answer.rows, answer.bad_lines, answer.go_on) == (1, 2, None)
    assert cdx.read_wayback(json.dumps([*rows, 7, "x", {"original": 1}]).encode(), 200, {}, at=AT).bad_lines == 5
    assert cdx.read_wayback(b"[1]", 200, {}, at=AT).outcome.code is Code.UNREADABLE_ANSWER
    assert cdx.read_wayback(b'[["original"], ["ht', 200, {}, at=AT).outcome.code is Code.CUT_OFF
    assert cdx.read_wayback(b"<html></html>", 200, {}, at=AT).outcome.code is Code.UNREADABLE_ANSWER
    assert cdx.read_wayback(b"", 403, {}, at=AT).stops
    assert not cdx.read_wayback(b"org.archive.x.RobotAccessControlException: no", 403, {}, at=AT).stops


def test_rows_of_common_crawl() -> None:
    line = json.dumps({"url": "https://bote.example/a", "timestamp": "20261105010203", "status": "200"})
    moved = json.dumps({"url": "https://bote.example/b", "status": "301"})
    answer = cdx.read_common_crawl("\n".join([line, "{", moved, line]).encode(), 200, {}, at=AT)
    assert (len(answer.leads), answer.rows, answer.bad_lines) == (2, 3, 1)
    assert cdx.read_common_crawl(f"{line}\n{line[:30]}".encode(), 200, {}, at=AT).outcome == Code.CUT_OFF.of(number=1)
    assert cdx.read_common_crawl(b"bad filter", 400, {}, at=AT).outcome.code is Code.REFUSED_QUERY
    assert cdx.read_common_crawl(b"", 403, {}, at=AT).outcome.code is Code.TOO_FAST
    assert cdx.read_common_crawl(b"<h1>404</h1>", 404, {}, at=AT).outcome.code is Code.HTTP_STATUS
    assert cdx.read_common_crawl(b"", 200, {}, at=AT).outcome.code is Code.NOTHING_FOUND
    assert cdx.crawls(b"<html>") == ()
    assert cdx.crawls(b'[{"id": "CC-MAIN-2026-45"}, {"id": "../x"}, 5, {}]') == ("CC-MAIN-2026-45",)


def test_links_of_a_page() -> None:
    body = b"""<html><body><p><a href="/wiki/Bedburg">Bedburg</a> <a href="https://nl.de.lexikon.example/x">hier</a></p><ol>
        <li><a href="https://web.archive.org/web/2024/https://bote.example/a">Archiv</a></li>
        <li><a href="https://bote.example/a">Eine Halle in Bedburg</a> In: Der Bote.</li>
        <li><a href="//funk.example/b">Der Funk</a></li>
        <li><a href="https://d-nb.info/gnd/1">GND</a></li>
        <li><a href="https://land.example/17.pdf">Mitteilung</a></li>
        <li><a href="mailto:a@b.example">Post</a></li></ol></body></html>"""
    answer = of_page(body, 200, {"Content-Type": "text/html; charset=utf-8"})
    assert [lead.url for lead in answer.leads] == ["https://bote.example/a", "https://funk.example/b"]
    assert answer.leads[0].title == "Eine Halle in Bedburg"
    assert answer.rows == 3
    assert of_page(b"<?xml version='1.0'?><rss/>", 200, {}).outcome.code is Code.UNREADABLE_ANSWER
    assert of_page(b"", 200, {}).outcome.code is Code.UNREADABLE_ANSWER
    assert of_page(b"<html><body>Nichts</body></html>", 200, {}).outcome.code is Code.NOTHING_FOUND
    assert of_page(b"", 503, {}).outcome.code is Code.BUSY
