"""A small press landscape on this machine: an HTTP proxy that answers for invented outlets on `.example` names."""

import gzip
import html
import json
import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    body: bytes = b""
    status: int = 200  # 0: the connection breaks instead of an answer
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0  # before it answers
    promised: int | None = None  # Content-Length where it is not the truth
    stream: Callable[[], Iterable[bytes]] | None = None  # what follows the body, of no promised length


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    at: float  # seconds since 1970, when it came in; where it is the first over HTTPS, when the tunnel was asked for
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


def unless_known(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """304 to a request on the condition that the answer is another; its ETag counts before its Last-Modified."""
    for validator, condition in (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")):
        if (wanted := headers.get(condition)) and (value := answer.headers.get(validator)):
            return Answer(status=304) if wanted == value else answer
    return answer


Reply = Answer | Callable[[], Answer]
Secure = Callable[[str], ssl.SSLContext]  # host → what it identifies itself with


class Newsroom:
    """Hosts with their pages; `log` holds every request that was made. HTTPS is spoken where it is told how."""

    def __init__(self, secure: Secure | None = None, *, port: int = 0) -> None:
        self.hosts: dict[str, dict[str, Reply]] = {}
        self.log: list[Asked] = []
        self.secure = secure
        self.closing = threading.Event()
        self._server = Server(("127.0.0.1", port), self._handler())
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
        return [request.path for request in self.log if request.host == host]

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def knows(self, host: str) -> bool:
        return host in self.hosts

    def answer(self, host: str, path: str, headers: Any) -> Answer:
        if not self.knows(host):
            return Answer(status=502, body=b"no such host")
        reply = self.hosts[host].get(path)
        if callable(reply):
            reply = reply()
        if reply is None:
            return Answer(status=404, body=b"<h1>404</h1>")
        return unless_known(reply, headers)

    def note(self, request: Asked) -> None:
        self.log.append(request)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        return type("Handler", (Handler,), {"room": self})


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = (
        128  # at the 5 of the library a crawl of 40 hosts begins with connections tried again after 1 s
    )


class Handler(BaseHTTPRequestHandler):
    room: Newsroom
    tunnel: str | None = None  # the host at the other end, once the client has asked for HTTPS
    opened: float | None = None  # when it has, until the first request that it did so for
    protocol_version = "HTTP/1.1"
    # Head and body in one piece: in two, a small body waits 40 ms for an acknowledgement of the head.
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with suppress(OSError):  # who has asked has left
            super().handle()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.connection.close()  # of a tunnel, which the server does not know

    def do_CONNECT(self) -> None:
        host, self.opened = self.path.rpartition(":")[0], time.time()
        if not self.room.secure or not self.room.knows(host):
            self.deliver(Answer(status=502, body=b"no such host"))
            return
        self.send_response_only(200)
        self.end_headers()
        self.wfile.flush()
        self.request = self.room.secure(host).wrap_socket(self.connection, server_side=True)
        self.setup()
        self.tunnel, self.close_connection = host, False

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        host = self.tunnel or parts.netloc
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        began, self.opened = self.opened or time.time(), None
        answer = self.room.answer(host, path, self.headers)
        asked = Asked(
            at=began,
            host=host,
            path=path,
            agent=self.headers.get("User-Agent", ""),
            conditional="If-None-Match" in self.headers or "If-Modified-Since" in self.headers,
            status=answer.status,
        )
        self.room.note(asked)
        if answer.seconds and self.room.closing.wait(answer.seconds):
            self.close_connection = True
        else:
            self.deliver(answer)

    def deliver(self, answer: Answer) -> None:
        if not answer.status:  # closed at once, with what is under way thrown away: a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        self.send_response(answer.status)
        if answer.status != 304:
            self.send_header("Content-Type", answer.kind)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        length = len(answer.body) if answer.promised is None and not answer.stream else answer.promised
        self.send_header(*("Connection", "close") if length is None else ("Content-Length", str(length)))
        self.end_headers()
        self.wfile.write(answer.body)
        for part in answer.stream() if answer.stream else ():
            self.wfile.write(part)
            self.wfile.flush()
        self.wfile.flush()
        if length != len(answer.body):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass
