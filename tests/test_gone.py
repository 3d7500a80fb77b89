"""Pages that are gone: a copy is named, and taken from Common Crawl where that may be."""

import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.demo.newsroom import Answer, Newsroom, page
from crawler.webarchive.captured import CapturedPage, read_record
from db.outcomes import Outcome
from tests.conftest import Desk
from tests.stories import SITE
from tests.test_find import BASE, FINDERS, WIKI, find
from tests.test_queue import SOURCE
from tests.test_site import get_once
from tests.web.strangers import story

INDEX, RECORDS = "http://index.example", "http://records.example"
FILE = "crawl-data/CC-MAIN-2026-45/segments/1.1/warc/a.warc.gz"
CAPTURED = "2026-11-05T01:02:03Z"
COMMON_CRAWL = f"""
[[finder]]
id = "commoncrawl"
kind = "commoncrawl"
name = "Crawl"
homepage = "{INDEX}/"
address = "{INDEX}/{{crawl}}-index"
crawls = "{INDEX}/collinfo.json"
records = "{RECORDS}/"
pages = 2
distance = 5
per_night = 50
since = 2008-01-01
terms = {{ says = {{ en = "free", de = "frei" }} }}
citation = {{ en = "Crawl", de = "Crawl" }}
"""


def record(url: str, answer: Answer, *, status: int = 200, kind: str = "response") -> bytes:
    out = BytesIO()
    writer = WARCWriter(out, gzip=True)
    each = writer.create_warc_record(
        url,
        kind,
        payload=BytesIO(answer.body),
        http_headers=StatusAndHeaders(
            str(status), [("Content-Type", answer.kind), *answer.headers.items()], protocol="HTTP/1.1"
        ),
        warc_headers_dict={"WARC-Date": CAPTURED},
    )
    writer.write_record(each)
    each.raw_stream.close()  # warcio leaves that to the collector
    return out.getvalue()


class CommonCrawl:
    """Index and records, beside what the newsroom has."""

    def __init__(self, newsroom: Newsroom) -> None:
        self.known = newsroom.answer
        self.records: dict[str, tuple[int, int]] = {}
        self.file = b""
        self.status = 206
        newsroom.hosts |= {"index.example": {}, "records.example": {}}
        newsroom.answer = self.answer  # type: ignore[method-assign]

    def put(self, url: str, answer: Answer) -> None:
        packed = record(url, answer)
        self.records[url] = (len(self.file), len(packed))
        self.file += packed

    def answer(self, host: str, path: str, headers: Any) -> Answer:
        parts = urlsplit(path)
        if host == "index.example" and parts.path == "/collinfo.json":
            return Answer(body=json.dumps([{"id": f"CC-MAIN-{datetime.now(UTC):%G-%V}"}]).encode())
        if host == "index.example" and parts.path.endswith("-index"):
            query = parse_qs(parts.query)
            name = query["url"][0].removeprefix("*.")
            rows = [url for url in self.records if urlsplit(url).netloc == name and query["page"] == ["0"]]
            lines = [json.dumps(self.row(url)) for url in rows]
            return Answer(body="\n".join(lines).encode()) if lines else Answer(status=404, body=b"{}")
        if host == "records.example" and parts.path == f"/{FILE}":
            first, last = map(int, re.findall(r"\d+", headers["Range"]))
            return Answer(status=self.status, body=self.file[first : last + 1], kind="application/octet-stream")
        return self.known(host, path, headers)

    def row(self, url: str) -> dict[str, str]:
        offset, length = self.records[url]
        facts = {"url": url, "timestamp": re.sub(r"\D", "", CAPTURED), "status": "200", "filename": FILE}
        return facts | {"offset": str(offset), "length": str(length)}


def named(number: int) -> str:
    return f"{BASE}/microsoft-rechenzentrum-bedburg-{number}"


@pytest.fixture
def crawl(desk: Desk, newsroom: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommonCrawl:
    (tmp_path / "finders.toml").write_text(COMMON_CRAWL + FINDERS[FINDERS.index("[[denied]]") :], "utf-8")
    monkeypatch.setenv("REVIERSPIEGEL_FINDERS", str(tmp_path / "finders.toml"))
    desk.registry(SOURCE.format(id="blatt"))
    newsroom.put(f"{BASE}/", page("Blatt", ["Alle Meldungen."]))
    return CommonCrawl(newsroom)


def test_the_text_of_a_page_that_is_gone_is_taken_from_the_copy(
    desk: Desk, newsroom: Newsroom, crawl: CommonCrawl, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        crawl.put(named(number), page(*story(number)))
    newsroom.put(named(2), Answer(status=410))
    assert find(desk)["commoncrawl"]["queued"] == 2
    assert desk.crawl().returncode == 0
    assert not newsroom.asked("records.example")  # unless the setting allows it
    refused = desk.rows("select reason, detail from refusals order by url")
    assert [(row["reason"], row["detail"]) for row in refused] == [("missing", "HTTP 404"), ("missing", "HTTP 410")]
    assert desk.crawl("-s", "FETCH_GONE_PAGES=1").returncode == 0  # they are asked for once more
    assert newsroom.asked("records.example") == ["/robots.txt", "/.well-known/tdmrep.json", f"/{FILE}", f"/{FILE}"]
    rows = desk.rows("select * from articles order by url")
    assert [row["url"] for row in rows] == [named(1), named(2)]
    assert {row["fetched_at"] for row in rows} == {CAPTURED.replace("Z", "+00:00")}
    assert rows[0]["title"] == story(1)[0] and rows[0]["found_via"] == "finder commoncrawl"
    copies = desk.rows("select url, archive, captured_at, article from captures order by url")
    assert [(row["archive"], row["article"]) for row in copies] == [("commoncrawl", row["id"]) for row in rows]
    (run,) = desk.rows("select fetched, kept, failed, outcome from runs where id = 2")
    assert (run["fetched"], run["kept"], run["failed"], run["outcome"]) == (2, 2, 0, "completed")
    shown = get_once(desk.home / "archive.db", f"/article/{rows[0]['id']}?lang=en").text
    assert "copy that Common Crawl made on" in shown
    asked = len(newsroom.asked("records.example"))
    monkeypatch.setenv("REVIERSPIEGEL_DAYS_AHEAD", "1")
    assert desk.crawl("-s", "FETCH_GONE_PAGES=1").returncode == 0
    assert len(newsroom.asked("records.example")) == asked
    assert desk.run("doctor").returncode == 0


def test_a_page_of_a_found_host_has_its_turn_once_more(
    desk: Desk, newsroom: Newsroom, crawl: CommonCrawl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index is asked for hosts of earlier nights: by then the page has been refused."""
    url = "http://weg.example/microsoft-rechenzentrum-bedburg"
    page_of_links = page("Revier", ["Das Revier."], around=f'<p><a href="{url}">{story(3)[0]}</a></p>')
    newsroom.put(f"{WIKI}/wiki/Revier", page_of_links)
    newsroom.put("http://weg.example/robots.txt", Answer(body=b"User-agent: *\nAllow: /\n", kind="text/plain"))
    with Path(os.environ["REVIERSPIEGEL_FINDERS"]).open("a", encoding="utf-8") as file:
        file.write(FINDERS[FINDERS.index('[[finder]]\nid = "links"') : FINDERS.index("[[denied]]")])
    crawl.put(url, page(*story(3)))
    for night in range(2):
        monkeypatch.setenv("REVIERSPIEGEL_DAYS_AHEAD", str(night))
        find(desk)
        assert desk.crawl("-s", "FETCH_GONE_PAGES=1").returncode == 0
    assert [row["url"] for row in desk.rows("select url from articles")] == [url]
    assert [path for path in newsroom.asked("weg.example") if "microsoft" in path] == [urlsplit(url).path] * 2


RESERVED = {"tdm-reservation": "1"}


@pytest.mark.parametrize(
    "why", ["robots", "tdmrep", "header", "meta", "captured header", "captured meta", "other page", "200", "503"]
)
def test_nothing_is_taken_that_is_reserved_or_is_no_record(
    desk: Desk, newsroom: Newsroom, crawl: CommonCrawl, why: str
) -> None:
    meta = b'<meta name="tdm-reservation" content="1">'
    answer = page(*story(1))
    path = urlsplit(named(1)).path
    if why == "robots":
        newsroom.put(f"{BASE}/robots.txt", Answer(body=f"User-agent: *\nDisallow: {path}\n".encode()))
    if why == "tdmrep":
        rules = json.dumps([{"location": path, "tdm-reservation": 1}])
        newsroom.put(f"{BASE}/.well-known/tdmrep.json", Answer(body=rules.encode(), kind="application/json"))
    if why in ("header", "meta"):
        body, headers = (b"", RESERVED) if why == "header" else (b"<head>" + meta + b"</head>", {})
        newsroom.put(named(1), Answer(status=404, body=body, headers=headers))
    if why == "captured header":
        answer = Answer(body=answer.body, headers=RESERVED)
    if why == "captured meta":
        answer = Answer(body=answer.body.replace(b"<head>", b"<head>" + meta))
    crawl.put(named(1), answer)
    if why == "other page":
        crawl.file = record(named(2), answer)
        crawl.records[named(1)] = (0, len(crawl.file))
    if why.isdigit():
        crawl.status = int(why)
    find(desk)
    assert desk.crawl("-s", "FETCH_GONE_PAGES=1").returncode == 0
    assert not desk.rows("select * from articles")
    (refused,) = desk.rows("select reason from refusals")
    assert refused["reason"] == ("robots" if why == "robots" else "missing")
    if why in ("robots", "tdmrep", "header", "meta"):
        assert not newsroom.asked("records.example")
    (run,) = desk.rows("select fetched, refused, outcome from runs")
    assert (run["fetched"], run["outcome"]) == (int(why != "robots"), "completed")
    waits = desk.rows("select waits_until from sources where waits_until is not null")
    assert not waits


def test_a_copy_of_a_kept_page_is_named(desk: Desk, newsroom: Newsroom, crawl: CommonCrawl) -> None:
    crawl.put(named(1), page(*SITE))
    newsroom.put(named(1), page(*SITE))
    find(desk)
    assert desk.crawl().returncode == 0
    (article,) = desk.rows("select id from articles")
    newsroom.put(named(1), Answer(status=410))
    assert "Common Crawl" not in get_once(desk.home / "archive.db", f"/article/{article['id']}?lang=en").text
    assert desk.crawl("--revisit", "-s", "FETCH_GONE_PAGES=1").returncode == 0
    assert not newsroom.asked("records.example")
    shown = get_once(desk.home / "archive.db", f"/article/{article['id']}?lang=en").text
    assert "Copies in web archives" in shown and "Common Crawl" in shown


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", "no_record"),
        (lambda: b"<html>not found</html>", "no_record"),
        (lambda: record(named(1), page(*SITE))[:200], "no_record"),
        (lambda: record(named(2), page(*SITE)), "no_record"),
        (lambda: record(named(1), page(*SITE), kind="resource"), "no_record"),
        (lambda: record(named(1), page(*SITE), status=301), "http_status"),
        (lambda: record(named(1), Answer(body=b"%PDF", kind="application/pdf")), "content_type"),
        (lambda: record(named(1), Answer(body=bytes(11 << 20))), "larger_than_read"),
    ],
)
def test_what_is_no_record_of_the_page(make: Callable[[], bytes], code: str) -> None:
    result = read_record(make(), named(1))
    assert isinstance(result, Outcome) and result.code == code


def test_a_record_is_read() -> None:
    result = read_record(record(named(1), page(*SITE)), named(1))
    assert isinstance(result, CapturedPage)
    assert (result.encoding, result.captured_at.isoformat()) == ("utf-8", "2026-11-05T01:02:03+00:00")
