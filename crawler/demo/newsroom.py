"""A small press landscape on this machine: an HTTP proxy that answers for invented outlets on `.example` names."""

import gzip
import html
import json
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    body: bytes = b""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0  # before it answers
    promised: int | None = None  # Content-Length where it is not the truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    at: float
    host: str
    path: str
    agent: str
    conditional: bool
    status: int


def page(
    title: str,
    paragraphs: Iterable[str],
    *,
    day: str | None = "2025-03-12T09:30:00+01:00",
    canonical: str | None = None,
    lang: str = "de",
    around: str = "",
) -> Answer:
    """An article as a press site delivers it; `around` stands below it."""
    facts: dict[str, Any] = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": title}
    if day:
        facts["datePublished"] = day
    head = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    body = "".join(f"<p>{html.escape(text)}</p>" for text in paragraphs)
    return Answer(
        body=(
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{html.escape(title)}</title>{head}'
            f'<script type="application/ld+json">{json.dumps(facts)}</script></head>'
            f'<body><nav><a href="/">Start</a></nav><main>'
            f"<article><h1>{html.escape(title)}</h1>{body}</article>{around}</main>"
            "<footer><a href='/impressum'>Impressum</a></footer></body></html>"
        ).encode()
    )


def feed(items: Iterable[tuple[str, str, str]]) -> Answer:
    """RSS of (address, title, RFC 822 date)."""
    rows = "".join(
        f"<item><title>{html.escape(title)}</title><link>{html.escape(url)}</link><pubDate>{day}</pubDate></item>"
        for url, title, day in items
    )
    text = f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>x</title>{rows}</channel></rss>'
    return Answer(
        body=text.encode(),
        kind="application/rss+xml; charset=utf-8",
        headers={"ETag": f'"{zlib.crc32(text.encode()):08x}"'},
    )


def squeezed(answer: Answer) -> Answer:
    return Answer(body=gzip.compress(answer.body), kind="application/gzip")


Reply = Answer | Callable[[], Answer]


class Newsroom:
    """Hosts with their pages; `log` holds every request that was made."""

    def __init__(self) -> None:
        self.hosts: dict[str, dict[str, Reply]] = {}
        self.log: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def proxy(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def put(self, url: str, reply: Reply) -> None:
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        self.hosts.setdefault(parts.netloc, {})[path] = reply

    def asked(self, host: str) -> list[str]:
        return [asked.path for asked in self.log if asked.host == host]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, host: str, path: str, headers: Any) -> Answer:
        pages = self.hosts.get(host)
        if pages is None:
            return Answer(status=502, body=b"no such host")
        found = pages.get(path)
        if callable(found):
            found = found()
        if found is None:
            return Answer(status=404, body=b"<h1>404</h1>")
        if found.headers.get("ETag") and headers.get("If-None-Match") == found.headers["ETag"]:
            return Answer(status=304)
        return found

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        room = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body in one piece: in two, a small body waits 40 ms for an acknowledgement of the head.
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                began = time.time()
                answer = room.answer(parts.netloc, path, self.headers)
                if answer.seconds:
                    time.sleep(answer.seconds)
                asked = Asked(
                    at=began,
                    host=parts.netloc,
                    path=path,
                    agent=self.headers.get("User-Agent", ""),
                    conditional="If-None-Match" in self.headers or "If-Modified-Since" in self.headers,
                    status=answer.status,
                )
                room.log.append(asked)
                try:
                    self.send_response(answer.status)
                    if answer.status != 304:
                        self.send_header("Content-Type", answer.kind)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    length = len(answer.body) if answer.promised is None else answer.promised
                    self.send_header("Content-Length", str(length))
                    self.end_headers()
                    self.wfile.write(answer.body)
                    self.wfile.flush()
                    self.close_connection = answer.promised is not None
                except OSError:
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
