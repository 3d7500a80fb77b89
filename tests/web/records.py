"""Recorded pages: what an address answered, and from which moment on; kept in the format of web archives."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.demo.newsroom import Answer
from pipelines.identity import bare_host

EPOCH = "2026-11-01T06:00:00Z"  # of a page that does not say when it was recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    url: str
    answer: Answer
    at: str = EPOCH  # ISO, UTC: the address answers so from then on
    title: str = ""  # as the lists of its host say it
    day: str = ""  # ISO, of the article; of the recording where it has none

    @property
    def path(self) -> str:
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


Web = dict[str, dict[str, Record]]  # host without 'www.' → path → the record that counts


def at_moment(records: Iterable[Record], at: str | None = None) -> Web:
    """The newest record of each address up to that moment, ISO in UTC; the newest of all where there is none."""
    web: Web = {}
    for record in sorted(records, key=lambda record: record.at):
        pages = web.setdefault(bare_host(record.url), {})
        if at is None or record.at <= at:
            pages[record.path] = record
    return web


def labels(path: Path) -> dict[str, dict[str, Any]]:
    """Labelled articles by address."""
    return {row["url"]: row for row in map(json.loads, path.read_text("utf-8").splitlines())}


def read_warc(path: Path, known: Mapping[str, Mapping[str, Any]] | None = None) -> Iterator[Record]:
    """The responses of a WARC file in their order; title and day as `known` has them of an address, else the page's."""
    with path.open("rb") as stream:
        for each in ArchiveIterator(stream):
            if each.rec_type != "response":
                continue
            url, at = (each.rec_headers.get_header(name) for name in ("WARC-Target-URI", "WARC-Date"))
            sent, body = each.http_headers, each.content_stream().read()
            label = (known or {}).get(url, {})
            place = sent.get_header("Location")
            yield Record(
                url=url,
                answer=Answer(
                    body=body,
                    status=int(sent.get_statuscode()),
                    kind=sent.get_header("Content-Type") or "text/html",
                    headers={"Location": place} if place else {},
                ),
                at=at or EPOCH,
                title=label.get("title") or title_of(body),
                day=label.get("date") or (at or EPOCH)[:10],
            )


def write_warc(path: Path, records: Iterable[Record]) -> Path:
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        for record in records:
            sent = [("Content-Type", record.answer.kind), *record.answer.headers.items()]
            each = writer.create_warc_record(
                record.url,
                "response",
                payload=BytesIO(record.answer.body),
                http_headers=StatusAndHeaders(str(record.answer.status), sent, protocol="HTTP/1.1"),
                warc_headers_dict={"WARC-Date": record.at},
            )
            writer.write_record(each)
            each.raw_stream.close()  # warcio leaves that to the collector
    return path


def title_of(body: bytes) -> str:
    title = re.search(rb"<title[^>]*>(.*?)</title>", body, re.DOTALL | re.IGNORECASE)
    return unescape(title[1].decode("utf-8", "replace")).strip() if title else ""
