"""A small internet on this machine: hosts that answer over HTTP and HTTPS from recorded pages, well or not."""

import json
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from datetime import UTC
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import pytest
import trustme

from crawler.demo.newsroom import Answer, Asked, Newsroom, unless_known
from pipelines.identity import bare_host
from tests.web.faults import Plan, fault
from tests.web.lists import list_of, moment, robots
from tests.web.records import Record, at_moment

PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")


class Box(Newsroom):
    """A host is there, with and without 'www.', if a page of it was recorded or a fault is its own; others cannot be
    reached. Beside its pages it has a robots.txt, feeds, sitemaps and listings of them. All of it with validators."""

    def __init__(
        self,
        records: Iterable[Record],
        *,
        faults: Mapping[str, Plan] | None = None,
        log: Path | None = None,
        port: int = 0,
    ) -> None:
        self.records = tuple(records)
        self.faults = {bare_host(f"//{host}"): plan for host, plan in (faults or {}).items()}
        self.chance = Random(0)
        self.authority, self.stranger = trustme.CA(), trustme.CA()
        self.contexts: dict[str, ssl.SSLContext] = {}
        self.file = log
        self.go_to(None)
        super().__init__(self.context, port=port)

    def go_to(self, at: str | None) -> None:
        """The web as it was at that moment, ISO in UTC; None: as the newest records have it."""
        self.web = at_moment(self.records, at)

    def knows(self, host: str) -> bool:
        return bare_host(f"//{host}") in self.web.keys() | self.faults.keys()

    def answer(self, host: str, path: str, headers: Any) -> Answer:
        if not self.knows(host):
            return Answer(status=502, body=b"no such host in the box")
        plan = self.faults.get(bare_host(f"//{host}"), {})
        if ill := fault(plan, path, self.chance):
            return ill
        return unless_known(validated(self.sound(host, path, plan)), headers)

    def sound(self, host: str, path: str, plan: Plan) -> Answer:
        """What the host answers where nothing is wrong with it."""
        pages = self.web.get(bare_host(f"//{host}"), {})
        if record := pages.get(path):
            stamp = format_datetime(moment(record).astimezone(UTC), usegmt=True)
            changed = {"Last-Modified": stamp} if record.answer.status == 200 else {}
            return replace(record.answer, headers=record.answer.headers | changed)
        if path == "/robots.txt":
            return robots(host, plan.get("robots"))
        return list_of(path, pages.values()) or Answer(status=404, body=b"<h1>404</h1>")

    def context(self, host: str) -> ssl.SSLContext:
        """A certificate for the host, made when it is first asked for."""
        if host not in self.contexts:
            untrusted = self.faults.get(bare_host(f"//{host}"), {}).get("kind") == "untrusted"
            issuer = self.stranger if untrusted else self.authority
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            issuer.issue_cert(host).configure_cert(context)
            self.contexts[host] = context
        return self.contexts[host]

    def note(self, asked: Asked) -> None:
        super().note(asked)
        if self.file:
            with self.file.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(asdict(asked), ensure_ascii=False) + "\n")


def validated(answer: Answer) -> Answer:
    if answer.status != 200 or "ETag" in answer.headers:
        return answer
    return replace(answer, headers=answer.headers | {"ETag": f'"{crc32(answer.body):08x}"'})


@contextmanager
def box_of(folder: Path, records: Iterable[Record], *, faults: Mapping[str, Plan] | None = None) -> Iterator[Box]:
    """The box as the proxy of all that is started meanwhile; its memory and time are not the crawl's."""
    with closing(Box(records, faults=faults)) as box, pytest.MonkeyPatch.context() as environment:
        for name in PROXIES:
            environment.setenv(name, box.proxy)
        for name in ("no_proxy", "NO_PROXY"):
            environment.delenv(name, raising=False)
        box.authority.cert_pem.write_to_path(str(folder / "authority.pem"))
        environment.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
        yield box
