"""Files of web archives at addresses: streamed once to the disk, gone on with, and not kept."""

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread

import pytest

from crawler.demo.newsroom import page
from tests.conftest import ROOT, Desk
from tests.stories import SITE, TRAINING
from tests.test_backfill_files import captured
from tests.test_crawl import REGISTRY

FIRST, SECOND = (f"crawl-data/CC-NEWS/2024/{name}" for name in ("02/CC-NEWS-1.warc.gz", "03/CC-NEWS-2.warc.gz"))


@dataclass(slots=True)
class Store:
    """Of files over HTTP. The first answer to a large one is "not now", the second breaks off, others are whole."""

    files: dict[str, bytes]
    asked: list[tuple[str, str]] = field(default_factory=list)  # path, range
    agents: set[str] = field(default_factory=set)
    at_once: int = 0
    busy: Lock = field(default_factory=Lock)
    address: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        name, part = request.path[1:], request.headers.get("Range", "")
        body = self.files.get(name)
        self.asked.append((name, part))
        self.agents.add(request.headers["User-Agent"])
        turn = [path for path, _ in self.asked].count(name)
        if body is None or (name == FIRST and turn == 1):
            request.send_response(404 if body is None else 503)
            request.send_header("Retry-After", "0")
            request.end_headers()
            return
        start = int((re.match(r"bytes=(\d+)-", part) or [0, 0])[1])
        request.send_response(206 if part else 200)
        request.send_header("Content-Length", str(len(body) - start))
        request.end_headers()
        request.wfile.write(body[start : len(body) // 2 if name == FIRST and turn == 2 else None])


@contextmanager
def store(files: dict[str, bytes]) -> Iterator[Store]:
    given = Store(files)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given.at_once = max(given.at_once, given.busy.locked() + 1)
            with given.busy:
                given.answer(self)

        def log_message(self, *words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        given.address = f"http://127.0.0.1:{server.server_port}/"
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield given
        finally:
            server.shutdown()


def test_news_of_common_crawl(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.registry(REGISTRY)
    desk.begin()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    lists = {
        f"{path.rpartition('/')[0]}/warc.paths.gz": gzip.compress(f"{path}\n".encode()) for path in (FIRST, SECOND)
    }
    content = {FIRST: captured("/a", page(*SITE).body), SECOND: captured("/b", page(*TRAINING).body)}
    with store(lists | content) as given:
        ours = (ROOT / "crawler/finders.toml").read_text("utf-8")
        finders = desk.folder / "finders.toml"
        finders.write_text(re.sub(r'records = "\S+"', f'records = "{given.address}"', ours), "utf-8")
        monkeypatch.setenv("REVIERSPIEGEL_FINDERS", str(finders))
        words = ("backfill", "--cc-news", "2024-02..2024-03")
        listed = desk.run(*words, "--dry-run")
        assert listed.stdout.split() == [f"{given.address}{FIRST}", f"{given.address}{SECOND}"], listed.stderr
        assert "2 files of Common Crawl's news, about 2 GB over one connection; 2 of them at a time" in listed.stderr
        done = desk.run(*words)
        assert done.returncode == 0, done.stderr
        assert [row["url"] for row in desk.rows("select url from articles")] == [
            "http://www.anzeiger.example/a",
            "http://www.anzeiger.example/b",
        ]
        assert {name: [part for path, part in given.asked if path == name] for name in content} == {
            FIRST: ["", "", f"bytes={len(content[FIRST]) // 2}-"],
            SECOND: [""],
        }
        assert given.at_once == 1 and all(agent.startswith("Revierspiegel/") for agent in given.agents)
        assert not (desk.home / "downloads").exists()
        assert "2 files are done already" in desk.run(*words).stderr
        assert "2016-08" in desk.run("backfill", "--cc-news", "2015-01").stderr
        assert "expected months" in desk.run("backfill", "--cc-news", "May").stderr


def test_other_stores(desk: Desk, tmp_path: Path) -> None:
    """By what fsspec knows of them, as s3."""
    desk.registry(REGISTRY)
    desk.begin()
    (tmp_path / "a.warc.gz").write_bytes(captured("/a", page(*SITE).body) + captured("/b", b"")[:100])
    done = desk.run("backfill", f"file://{tmp_path}/*.warc.gz")
    assert "1 kept" in done.stderr and f"file://{tmp_path}/a.warc.gz: " in done.stderr, done.stderr
    assert str(desk.rows("select found_via from articles")[0]["found_via"]).startswith("webarchive a.warc.gz:0")
