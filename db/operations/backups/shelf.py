"""The backups of a home, each a folder with its manifest, and which of them are kept."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from db.days import BERLIN
from db.problem import Problem
from db.store.backups.copying import Counts

MANIFEST = "manifest.json"
ARCHIVE = "archive.db"
PAGES = "pages"
ALONGSIDE = ("contact", "known.json", "audits")  # small files and folders that a person or a command has written

DAYS, WEEKS, MONTHS = 7, 4, 12  # of each the newest backup is kept


class BackupError(Problem):
    """No backup can be made, or none restored; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    name: str  # within the folder of the backup
    bytes: int  # from its beginning on; what a running crawl has written behind them is none of the backup's
    sha256: str  # of these bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    folder: Path
    at: datetime
    counts: Counts
    files: tuple[KeptFile, ...]
    missing: tuple[str, ...] = ()  # files of pages that the archive names and that were not there

    @property
    def name(self) -> str:
        return name_of(self.at)

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    def as_json(self) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "name": self.name,
            "folder": str(self.folder),
            "at": self.at.isoformat(timespec="seconds"),
        }
        facts |= {"bytes": self.bytes, "articles": self.counts.get("articles", 0), "files": len(self.files)}
        return facts | {"missing": list(self.missing)}


def folder_of(home: Path) -> Path:
    return home / "backups"


def alongside(home: Path) -> list[Path]:
    """The files of ALONGSIDE that there are."""
    below = [path for name in ALONGSIDE for path in (home / name, *sorted((home / name).rglob("*")))]
    return [path for path in below if path.is_file()]


def name_of(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H%M%SZ}"  # a colon is no name on every file system


def backups(home: Path) -> list[Backup]:
    """Newest first."""
    return list(_newest_first(home))


def last_backup(home: Path) -> Backup | None:
    return next(_newest_first(home), None)


def _newest_first(home: Path) -> Iterator[Backup]:
    """By the names of their folders, each read as it is wanted: a manifest names all files of pages. A folder without
    one that can be read is no backup."""
    for manifest in sorted(folder_of(home).glob(f"[0-9]*/{MANIFEST}"), reverse=True):
        with suppress(BackupError):
            yield read(manifest.parent)


def read(folder: Path) -> Backup:
    """Raises BackupError."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        return Backup(
            folder=folder,
            at=datetime.fromisoformat(manifest["at"]),
            counts={str(table): int(rows) for table, rows in manifest["counts"].items()},
            files=tuple(KeptFile(**file) for file in manifest["files"]),
            missing=tuple(manifest["missing"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(
            f"{folder}: is no backup ({MANIFEST}: {error}); 'revierspiegel backup --list' names those that there are"
        ) from error


def write(backup: Backup, name: str = MANIFEST) -> None:
    """Raises OSError."""
    facts = asdict(backup) | {"at": backup.at.isoformat(timespec="seconds")}
    del facts["folder"]
    with (backup.folder / name).open("x", encoding="utf-8") as stream:
        json.dump(facts, stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())


def to_keep(moments: Iterable[datetime]) -> set[datetime]:
    """The newest of each of the last days, weeks and months of which there is any: nights without one use up none.

    Days are those of Berlin.
    """
    newest_first = sorted(moments, reverse=True)
    periods: dict[Callable[[datetime], tuple[int, ...]], int] = {
        lambda at: (at.toordinal(),): DAYS,
        lambda at: at.isocalendar()[:2]: WEEKS,
        lambda at: (at.year, at.month): MONTHS,
    }
    kept: set[datetime] = set()
    for period, times in periods.items():
        newest: dict[tuple[int, ...], datetime] = {}
        for at in newest_first:
            newest.setdefault(period(at.astimezone(BERLIN)), at)
        kept.update(islice(newest.values(), times))
    return kept
