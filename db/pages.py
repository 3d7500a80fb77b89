"""Fetched pages as WARC files (ISO 28500), one a run, found again by file and offset in the table `pages`."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from zlib import error as ZlibError

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from db.archive import Archive, Row

# What no longer holds of a body that has been unpacked, and what must not be kept.
UNTRUE = frozenset({"content-encoding", "content-length", "transfer-encoding", "set-cookie"})


class PageError(Exception):
    """A kept page cannot be read back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A response as it was delivered; `lead` is what is known of the address, for whoever reads the page later."""

    source: str
    url: str
    final_url: str
    fetched_at: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    lead: dict[str, Any]


class Pages:
    """Writes the pages of one run. A killed run leaves at worst half a record at the end of its own file."""

    def __init__(self, archive: Archive, folder: Path, run: int) -> None:
        self.archive, self.folder = archive, folder
        self.name = f"run-{run:06}.warc.gz"
        self._stream: IO[bytes] | None = None

    def add(self, page: Page) -> int:
        """Keep a page and return its row. Raises OSError where the disk is full: then nothing of it counts."""
        if self._stream is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._stream = (self.folder / self.name).open("ab")
        offset = self._stream.seek(0, 2)
        try:
            self._stream.write(_record(page))
            self._stream.flush()
        except OSError:
            self._stream.truncate(offset)
            raise
        row = {
            "source": page.source,
            "url": page.url,
            "final_url": page.final_url,
            "fetched_at": page.fetched_at,
            "status": page.status,
            "file": self.name,
            "offset": offset,
            "length": self._stream.tell() - offset,
            "sha256": hashlib.sha256(page.body).hexdigest(),
            "lead": json.dumps(page.lead, ensure_ascii=False),
        }
        return self.archive.add_page(row)

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()


def _record(page: Page) -> bytes:
    out = BytesIO()
    writer = WARCWriter(out, gzip=False)
    headers = [(name, value) for name, value in page.headers if name.lower() not in UNTRUE]
    record = writer.create_warc_record(
        page.final_url,
        "response",
        payload=BytesIO(page.body),
        http_headers=StatusAndHeaders(f"{page.status} ", headers, protocol="HTTP/1.1"),
        warc_headers_dict={"WARC-Date": page.fetched_at.replace("+00:00", "Z")},
    )
    writer.write_record(record)
    record.raw_stream.close()  # warcio has put the body into a temporary file and leaves that to the collector
    # a member for each record, as the format has it; level 9, which warcio takes, costs twice the time
    return gzip.compress(out.getvalue(), 6)


def read_page(folder: Path, row: Row) -> tuple[bytes, str | None]:
    """Body of a kept page and its content type. Raises PageError where the file is gone or broken."""
    try:
        with (folder / row["file"]).open("rb") as stream:
            stream.seek(row["offset"])
            record = next(iter(ArchiveIterator(stream)))
            return record.content_stream().read(), record.http_headers.get_header("Content-Type")
    except (OSError, StopIteration, ValueError, ZlibError, ArchiveLoadFailed) as error:
        raise PageError(
            f"{folder / row['file']}: no page at {row['offset']} ({error or 'the file ends before it'})"
        ) from error
