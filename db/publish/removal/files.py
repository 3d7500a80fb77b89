"""The files of a home: which of them are databases, kept pages, or anything else that may name an article."""

import gzip
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from zlib import error as ZlibError

from db.publish.removal.traces import Marks, mask

LARGEST = 1 << 29  # bytes of a file that is looked through at once
_SAYING = ("url", "title", "text", "sentence", "detail", "outcome", "note")
_NOT_OURS = ("-wal", "-shm", "-journal", ".lock")


class FileKind(StrEnum):
    DATABASE = "database"
    RECORDS = "records"
    PACKED = "packed"  # gzip, zip (also a workbook)
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Homes:
    """All files below a folder, links to other disks followed, each once."""

    root: Path
    spared: frozenset[Path] = frozenset()

    def files(self) -> Iterator[tuple[Path, FileKind]]:
        seen = set[tuple[int, int]]()
        for folder, names, files in os.walk(self.root, followlinks=True):
            facts = Path(folder).stat()
            if (facts.st_dev, facts.st_ino) in seen or Path(folder) in self.spared:
                names.clear()
                continue
            seen.add((facts.st_dev, facts.st_ino))
            for name in sorted(files):
                path = Path(folder, name)
                if path.is_file() and path not in self.spared and not name.endswith(_NOT_OURS):
                    yield path, kind_of(path)

    def of(self, kind: FileKind) -> list[Path]:
        return [path for path, each in self.files() if each is kind]


def kind_of(path: Path) -> FileKind:
    with path.open("rb") as stream:
        head = stream.read(16)
    if head == b"SQLite format 3\0":
        return FileKind.DATABASE
    if path.name.endswith(".warc.gz"):
        return FileKind.RECORDS
    return FileKind.PACKED if head.startswith((b"\x1f\x8b", b"PK\x03\x04")) else FileKind.OTHER


def overwrite(path: Path, marks: Marks) -> int:
    """In its place, byte for byte, so that whoever writes on at its end is not disturbed; how often. Raises OSError."""
    if marks.in_files is None or path.stat().st_size > LARGEST:
        return 0
    with path.open("rb") as stream:
        content = stream.read()
    if not marks.in_files.stands_in(content):
        return 0
    with path.open("r+b") as stream:
        number = 0
        for match in marks.in_files.pattern.finditer(content):
            stream.seek(match.start())
            stream.write(mask(match))
            number += 1
        stream.flush()
        os.fsync(stream.fileno())
    return number


def empty_lines(path: Path, marks: Marks, articles: frozenset[int]) -> int:
    """Of JSON lines, as audits are: those of its address or number say nothing more; how many. Raises OSError."""
    units, emptied, place = {f"article-{number}" for number in articles}, 0, 0
    with path.open("r+b") as stream:
        for line in stream.read().splitlines(keepends=True):
            with suppress(ValueError):
                row = json.loads(line)
                its = isinstance(row, dict) and (row.get("url") in marks.traces.spellings or row.get("unit") in units)
                if its and any(row.get(name) for name in _SAYING):
                    row |= {name: None if name == "outcome" else "" for name in _SAYING if row.get(name)}
                    shorter = json.dumps(row, ensure_ascii=False, sort_keys=True).encode()
                    stream.seek(place)
                    stream.write(shorter.ljust(len(line.rstrip(b"\n")))[: len(line)])
                    emptied += 1
            place += len(line)
        stream.flush()
        os.fsync(stream.fileno())
    return emptied


def still_names(path: Path, kind: FileKind, marks: Marks) -> bool:
    """Whether anything of it is left in the bytes of a file, unpacked where they are packed."""
    if marks.in_files is None:
        return False
    try:
        return any(marks.in_files.stands_in(content) for content in _contents(path, kind))
    except (OSError, EOFError, ZlibError, zipfile.BadZipFile):
        return False  # cut short: what could be read has been


def _contents(path: Path, kind: FileKind) -> Iterator[bytes]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    else:
        with gzip.open(path) if kind in (FileKind.RECORDS, FileKind.PACKED) else path.open("rb") as stream:
            before = b""
            while piece := stream.read(1 << 24):
                yield before + piece
                before = piece[-4096:]
