"""The recorded web answers as the web does: over HTTP and HTTPS, by the moment, with validators, and ill where told."""

import gzip
import json
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection, IncompleteRead
from itertools import islice, pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from crawler.demo.newsroom import Answer
from tests.conftest import ROOT
from tests.web.box import Box
from tests.web.faults import UnknownFault, fault
from tests.web.press import gold, records_of_ours
from tests.web.records import Record, at_moment, read_warc, write_warc

SITE = "https://www.blatt.example"
FIRST, SECOND, THIRD = (f"2026-11-{day}T06:00:00Z" for day in (19, 20, 21))
A = Record(url=f"{SITE}/a", answer=Answer(body="Grüße".encode()), at=FIRST, title="A & O", day="2026-11-18")
CHANGED = replace(A, answer=Answer(body=b"anders"), at=SECOND)
MOVED = replace(A, answer=Answer(status=301, headers={"Location": f"{SITE}/b"}), at=THIRD)
B = Record(url=f"{SITE}/b?id=2", answer=Answer(body=b"zwei"), at=THIRD, title="B", day="2026-11-20")


def ask(box: Box, url: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    """One request through the proxy, on a connection of its own."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if parts.scheme == "http":
        line = HTTPConnection("127.0.0.1", box.port, timeout=5)
        path = f"http://{parts.netloc}{path}"
    else:
        trust = ssl.create_default_context(cadata=box.authority.cert_pem.bytes().decode())
        line = HTTPSConnection("127.0.0.1", box.port, timeout=5, context=trust)
        line.set_tunnel(parts.netloc, 443)
    with closing(line):
        line.request("GET", path, headers=headers)
        response = line.getresponse()
        return response, response.read()


@pytest.fixture
def box() -> Iterator[Box]:
    with closing(Box([A, CHANGED, MOVED, B])) as box:
        yield box


def ill(**plan: Any) -> Box:
    return Box([A], faults={"blatt.example": plan})


def test_hosts_answer_over_http_and_https_with_and_without_www(box: Box) -> None:
    box.go_to(FIRST)
    for url in (f"{SITE}/a", "http://www.blatt.example/a", "https://blatt.example/a"):
        response, body = ask(box, url)
        assert (response.status, body.decode()) == (200, "Grüße")
    assert ask(box, f"{SITE}/anderes")[0].status == 404
    assert ask(box, "http://anderswo.example/")[0].status == 502
    with pytest.raises(OSError, match="502"):
        ask(box, "https://anderswo.example/")


def test_a_connection_carries_many_requests(box: Box) -> None:
    trust = ssl.create_default_context(cadata=box.authority.cert_pem.bytes().decode())
    with closing(HTTPSConnection("127.0.0.1", box.port, timeout=5, context=trust)) as line:
        line.set_tunnel("www.blatt.example", 443)
        for path, status in (("/b?id=2", 200), ("/b", 404), ("/robots.txt", 200)):
            line.request("GET", path)
            response = line.getresponse()
            response.read()
            assert response.status == status
        assert [each.path for each in box.log] == ["/b?id=2", "/b", "/robots.txt"]


def test_a_page_changes_moves_and_appears_from_one_moment_to_the_next(box: Box) -> None:
    bodies = []
    for moment in (FIRST, "2026-11-20T12:00:00Z", None):
        box.go_to(moment)
        response, body = ask(box, f"{SITE}/a")
        bodies.append((response.status, body.decode(), response.headers["Location"]))
    assert bodies == [(200, "Grüße", None), (200, "anders", None), (301, "", f"{SITE}/b")]
    assert ask(box, f"{SITE}/b?id=2")[1] == b"zwei"
    box.go_to(SECOND)
    assert ask(box, f"{SITE}/b?id=2")[0].status == 404
    box.go_to("2026-11-18T06:00:00Z")
    assert ask(box, f"{SITE}/a")[0].status == 404  # the host is there, its page not yet


@pytest.mark.parametrize("path", ["/a", "/feed.xml", "/sitemap.xml", "/aktuelles", "/robots.txt"])
def test_what_has_not_changed_is_not_sent_again(box: Box, path: str) -> None:
    box.go_to(FIRST)
    url = f"{SITE}{path}"
    first = ask(box, url)[0].headers
    again, body = ask(box, url, **{"If-None-Match": first["ETag"]})
    assert (again.status, body, box.log[-1].conditional, box.log[-1].status) == (304, b"", True, 304)
    assert ask(box, url, **{"If-None-Match": '"0"'})[0].status == 200
    if path == "/a":
        assert ask(box, url, **{"If-Modified-Since": first["Last-Modified"]})[0].status == 304
        box.go_to(SECOND)
        assert ask(box, url, **{"If-None-Match": first["ETag"], "If-Modified-Since": first["Last-Modified"]})[1]


def test_lists_have_the_pages_of_the_moment_the_newest_first(box: Box) -> None:
    for path, link in (("/rss/alles", "<link>{}</link>"), ("/sitemap-news.xml", "<loc>{}</loc>"), ("/", '"{}"')):
        box.go_to(SECOND)
        before = ask(box, SITE + path)[1].decode()
        assert link.format(A.url) in before
        assert "A &amp; O" in before
        assert B.url not in before
        box.go_to(None)  # A has moved
        after = ask(box, SITE + path)[1].decode()
        assert link.format(B.url) in after
        assert A.url not in after
    box.go_to(SECOND)
    assert A.url not in ask(box, f"{SITE}/aktuelles?page=1")[1].decode()


def test_robots_are_open_or_as_they_are_told() -> None:
    with closing(ill(robots="User-agent: *\nDisallow: /a\n")) as box:
        assert ask(box, f"{SITE}/robots.txt")[1].startswith(b"User-agent: *\nDisallow: /a\n")
        assert ask(box, f"{SITE}/a")[0].status == 200
    with closing(Box([A])) as box:
        assert ask(box, f"{SITE}/robots.txt")[1].startswith(b"User-agent: *\nAllow: /\n")


def test_a_break_and_a_promise_that_is_not_kept() -> None:
    with closing(ill(kind="reset")) as box, pytest.raises(ConnectionError):
        ask(box, f"{SITE}/a")
    with closing(ill(kind="truncated")) as box, pytest.raises(IncompleteRead):
        ask(box, f"{SITE}/a")


@pytest.mark.parametrize("kind", ["hang", "drip"])
def test_no_answer_or_hardly_one(kind: str) -> None:
    with closing(ill(kind=kind)) as box, closing(socket.create_connection(("127.0.0.1", box.port))) as line:
        line.settimeout(0.5)
        line.sendall(b"GET http://www.blatt.example/a HTTP/1.1\r\n\r\n")
        received = b""
        with pytest.raises(TimeoutError):
            while True:
                received += line.recv(1000)
        assert received.partition(b"\r\n\r\n")[2] == {"hang": b"", "drip": b"<p>."}[kind]
        assert [each.path for each in box.log] == ["/a"]


def test_a_bomb_a_page_without_end_and_other_answers() -> None:
    size = (3 << 20) + 5
    with closing(ill(kind="bomb", bytes=size)) as box:
        response, body = ask(box, f"{SITE}/a")
        assert response.headers["Content-Encoding"] == "gzip"
        assert len(body) < 5000
        assert gzip.decompress(body) == bytes(size)
    with closing(ill(kind="endless", mib=3)) as box:
        assert len(ask(box, f"{SITE}/a")[1]) > 3 << 20
    with closing(ill(kind="redirect", to="http://b.example{target}")) as box:
        response, _ = ask(box, f"{SITE}/a?b=1")
        assert (response.status, response.headers["Location"]) == (302, "http://b.example/a?b=1")
    with closing(ill(kind="status", status=429, retry_after=60)) as box:
        response, _ = ask(box, f"{SITE}/a")
        assert (response.status, response.headers["Retry-After"]) == (429, "60")
    with closing(ill(kind="body", body="lorem", content_type="text/plain")) as box:
        response, body = ask(box, f"{SITE}/a")
        assert (response.headers["Content-Type"], body) == ("text/plain", b"lorem")
    with closing(ill(kind="untrusted")) as box, pytest.raises(ssl.SSLCertVerificationError):
        ask(box, f"{SITE}/a")


def test_where_and_how_often_a_host_is_at_fault() -> None:
    with closing(ill(kind="status", status=500, path="^/a")) as box:
        statuses = [ask(box, SITE + path)[0].status for path in ("/a", "/feed.xml", "/robots.txt")]
        assert statuses == [500, 200, 200]
    with closing(ill(kind="status", status=500, robots_too=True)) as box:
        assert ask(box, f"{SITE}/robots.txt")[0].status == 500
    with closing(ill(kind="status", status=500, rate=0.5)) as box:
        statuses = [ask(box, f"{SITE}/a")[0].status for _ in range(40)]
        assert 5 < statuses.count(500) < 35
    with closing(Box([], faults={"ohne-seiten.example": {"kind": "status", "status": 503}})) as box:
        assert ask(box, "https://ohne-seiten.example/")[0].status == 503
    with pytest.raises(UnknownFault, match=r"fault 'rest': expected one of reset, hang"):
        fault({"kind": "rest"}, "/", box.chance)


def test_records_are_the_same_out_of_a_file(tmp_path: Path) -> None:
    records = [A, CHANGED, MOVED, B]
    path = write_warc(tmp_path / "blatt.warc.gz", records)
    known = {record.url: {"title": record.title, "date": record.day} for record in records}
    assert list(read_warc(path, known)) == records
    html = Record(url=A.url, answer=Answer(body=b"<title>Eins &amp; zwei</title>"))
    (read,) = read_warc(write_warc(path, [html]))
    assert (read.title, read.day) == ("Eins & zwei", "2026-11-01")


def test_our_web_is_large_enough_to_crawl() -> None:
    web = at_moment(records_of_ours())
    assert len(web) > 30
    assert sum(map(len, web.values())) > len(gold())
    assert all(host.endswith(".example") for host in web)


def test_by_hand_it_writes_what_was_asked(tmp_path: Path) -> None:
    (tmp_path / "faults.json").write_text(json.dumps({"blatt.example": {"robots": "User-agent: *\nCrawl-delay: 1\n"}}))
    words = ["--port", "0", "--ca", str(tmp_path / "ca.pem"), "--log", str(tmp_path / "log.jsonl"), "--at", FIRST]
    words += ["--faults", str(tmp_path / "faults.json"), str(write_warc(tmp_path / "a.warc.gz", [A, CHANGED, B]))]
    command = [sys.executable, "-m", "tests.web", *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout
            proxy = child.stdout.readline().split()[-1]
            trust = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
            browser = urllib.request.build_opener(
                urllib.request.ProxyHandler({"https": proxy}), urllib.request.HTTPSHandler(context=trust)
            )
            for path in ("/robots.txt", "/a", "/a"):
                with browser.open(SITE + path, timeout=5) as response:
                    body = response.read()
        finally:
            child.kill()
    assert body.decode() == "Grüße"
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]
    assert [(row["host"], row["path"], row["status"]) for row in rows] == [
        ("www.blatt.example", path, 200) for path in ("/robots.txt", "/a", "/a")
    ]
    assert {row["conditional"] for row in rows} == {False}
    assert all(later["at"] >= earlier["at"] for earlier, later in pairwise(islice(rows, 3)))
