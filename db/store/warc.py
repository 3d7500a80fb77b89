"""Fetched pages as WARC files (ISO 28500), one a run, found again by file and offset in the table `pages`."""

import gzip
import hashlib
import json
import logging
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from zlib import error as ZlibError

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from db.store.archive import Archive
from db.store.pages import PageRow
from db.store.rows import Row

logger = logging.getLogger(__name__)

# What no longer holds of a body that has been unpacked, and what must not be kept.
UNTRUE = frozenset({"content-encoding", "content-length", "transfer-encoding", "set-cookie"})


class PageError(Exception):
    """A kept page cannot be read back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPage:
    """A response as it was delivered; `lead` is what is known of the address, for whoever reads the page later."""

    source: str
    url: str
    final_url: str
    fetched_at: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    lead: dict[str, Any]
    parts: tuple["StoredPage", ...] = ()  # its further pages
    record: bytes = b""  # of WARC, where it is packed already


def packed(page: StoredPage) -> StoredPage:
    """With its records: 7 ms of work, most of it in zlib, which lets other threads run."""
    return replace(page, record=_record(page), parts=tuple(map(packed, page.parts)))


class Pages:
    """Writes the pages of one run. A killed run leaves at worst half a record at the end of its own file."""

    def __init__(self, archive: Archive, folder: Path, run: int) -> None:
        self.archive, self.folder = archive, folder
        self.name = f"run-{run:06}.warc.gz"
        self._stream: IO[bytes] | None = None

    def add(self, page: StoredPage) -> int:
        """Keep a page with its parts; its row. Raises OSError where the disk is full: then nothing of it counts."""
        parts = [self.archive.pages.add(self._write(part) | {"part_of": 0, "done": 1}) for part in page.parts]
        return self.archive.pages.add(self._write(page), parts)

    def _write(self, page: StoredPage) -> Row:
        if self._stream is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._stream = (self.folder / self.name).open("ab")
        offset = self._stream.seek(0, 2)
        try:
            self._stream.write(page.record or _record(page))
            self._stream.flush()
        except OSError:
            self._stream.truncate(offset)
            raise
        return {
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

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()


def _record(page: StoredPage) -> bytes:
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


def read_parts(archive: Archive, folder: Path, page: int) -> list[tuple[PageRow, bytes]]:
    """The further pages of a kept page, in their order. Raises PageError."""
    return [(row, read_page(folder, row)[0]) for row in archive.pages.parts(page)]


def read_page(folder: Path, row: PageRow) -> tuple[bytes, str | None]:
    """Body of a kept page and its content type. Raises PageError where the file is gone or broken."""
    try:
        with (folder / row["file"]).open("rb") as stream:
            stream.seek(row["offset"])
            record = next(iter(ArchiveIterator(stream)))
            if record.http_headers is None:
                raise EOFError("half a record")
            body = record.content_stream().read()
            if (
                hashlib.sha256(body).hexdigest() != row["sha256"]
            ):  # warcio ends a record that is cut short without a word
                raise EOFError("other bytes than were kept")
            return body, record.http_headers.get_header("Content-Type")
    except (OSError, EOFError, StopIteration, ValueError, ZlibError, ArchiveLoadFailed) as error:
        raise PageError(
            f"{folder / row['file']}: no page at {row['offset']} ({error or 'the file ends before it'})"
        ) from error


# Pruning

NAMED = re.compile(r"(run-\d{6,})(?:-(\d+))?\.warc\.gz")  # the second number counts how often the file was written anew

# An article's page is never pruned; a refusal's is when the refusal is as old as the page must be.
_PRUNABLE = (
    "done = 1 and fetched_at < :before"
    " and coalesce(nullif(part_of, 0), id) not in (select page from articles where page is not null)"
    " and coalesce(nullif(part_of, 0), id) not in (select page from versions where page is not null)"
    " and coalesce(nullif(part_of, 0), id) not in (select page from refusals where page is not null and at >= :before)"
    " and coalesce(nullif(part_of, 0), id) not in (select value from json_each(:spared))"
)


@dataclass(frozen=True, slots=True)
class Pruned:
    pages: int = 0
    bytes: int = 0


def prune(archive: Archive, folder: Path, before: datetime, spared: Sequence[int] = ()) -> Pruned:
    """Forget pages that were refused before that moment, but not those. Only for who holds the lock of the home.

    A kill leaves at worst a file too many, which the next time removes; a file that is broken is left as it is. Raises
    OSError where the disk is full: then nothing is lost.
    """
    moment = {"before": before.isoformat(timespec="seconds"), "spared": json.dumps(list(spared))}
    pages = size = 0
    # FULL: a power cut must not undo the commit after which the old file goes
    archive.db.conn.execute("PRAGMA synchronous = FULL")
    try:
        _remove_orphans(archive, folder)
        files = archive.db.execute(f"select distinct file from pages where {_PRUNABLE} order by 1", moment).fetchall()
        for (name,) in files:
            try:
                gone, freed = _prune_file(archive, folder, name, moment)
            except PageError as error:
                logger.warning("%s; the file is left as it is", error)
                continue
            pages, size = pages + gone, size + freed
    finally:
        archive.db.conn.execute("PRAGMA synchronous = NORMAL")
    return Pruned(pages, size)


def _prune_file(archive: Archive, folder: Path, name: str, moment: dict[str, str]) -> tuple[int, int]:
    """(pages, bytes) that are gone. A file of which something stays is written anew under its next name."""
    old = folder / name
    with archive.atomic():
        sql = f"delete from pages where file = :file and {_PRUNABLE} returning id"
        gone = [number for (number,) in archive.db.execute(sql, moment | {"file": name}).fetchall()]
        archive.db.conn.executemany("update refusals set page = null where page = ?", [[number] for number in gone])
        before = old.stat().st_size if old.is_file() else 0
        staying = list(archive.db.query("select * from pages where file = ? order by offset", [name]))
        new = _next_name(name)
        if not gone:
            return 0, 0
        if staying:
            places = [(new, offset, row["id"]) for offset, row in _copy(old, folder / new, staying)]
            archive.db.conn.executemany("update pages set file = ?, offset = ? where id = ?", places)
        else:
            old.unlink(missing_ok=True)  # before the rows are gone: a file that no row names would never be looked for
    if not staying:
        return len(gone), before
    old.unlink()
    return len(gone), before - (folder / new).stat().st_size


def _copy(old: Path, new: Path, rows: Iterable[Row]) -> list[tuple[int, Row]]:
    """Records as they are, to a file that is safely on the disk; where each begins there."""
    places = []
    try:
        with old.open("rb") as source, new.open("wb") as target:
            for row in rows:
                source.seek(row["offset"])
                record = source.read(row["length"])
                if len(record) < row["length"] or not record.startswith(b"\x1f\x8b"):
                    raise PageError(f"{old}: no page at {row['offset']}")
                places.append((target.tell(), row))
                target.write(record)
            target.flush()
            os.fsync(target.fileno())
    except FileNotFoundError as error:
        raise PageError(f"{old}: gone") from error
    except (OSError, PageError):
        new.unlink(missing_ok=True)
        raise
    listing = os.open(new.parent, os.O_RDONLY)
    os.fsync(listing)
    os.close(listing)
    return places


def _next_name(name: str) -> str:
    run, times = _parts(name)
    return f"{run}-{times + 1}.warc.gz"


def _parts(name: str) -> tuple[str, int]:
    match = NAMED.fullmatch(name)
    return (match[1], int(match[2] or 0)) if match else (name.removesuffix(".warc.gz"), 0)


def _remove_orphans(archive: Archive, folder: Path) -> None:
    """What a killed pruning has left: of one run's files, those that no row names while one that is named is there."""
    named = {name for (name,) in archive.db.execute("select distinct file from pages")}
    files = {path.name for path in folder.glob("run-*.warc.gz") if NAMED.fullmatch(path.name)}
    safe = {_parts(name)[0] for name in named & files}
    for name in files - named:
        if _parts(name)[0] in safe:
            (folder / name).unlink()
