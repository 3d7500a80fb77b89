"""What an operator must hear of: each cause by its name, with an outcome that says what is wrong and what to do."""

import logging
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from db.home import archive_path, home, pages_path
from db.lock import crawl_holder
from db.operations import doctor
from db.operations.backups.shelf import last_backup
from db.operations.clock import minutes_off
from db.operations.health import needs_a_hand
from db.outcomes import Code, Outcome, fault, from_json
from db.problem import Problem
from db.store.archive import Archive

BACKUP_HOURS = 48
NO_CRAWL_HOURS = 48
ROOM = 500_000_000  # bytes that must be free beside one more copy of the archive: a night's pages, its log
MINUTES = 10  # by which clocks of servers and ours may differ

# By part of the archive; what is wrong with it is told in the doctor's words.
UNSOUND = {
    "file": Code.ALARM_DAMAGED,
    "references between tables": Code.ALARM_DAMAGED,
    "numbers of articles": Code.ALARM_DAMAGED,
    "index of the search": Code.ALARM_OUT_OF_STEP,
    "kept counts": Code.ALARM_OUT_OF_STEP,
    "figures, quotations and names": Code.ALARM_OUT_OF_STEP,
    "nights": Code.ALARM_PAGES,
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cause:
    name: str  # source/heise, job/crawl, disk: what it is remembered by
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Causes:
    """`unknown`: beginnings of names of which nothing could be found out."""

    known: tuple[Cause, ...]
    unknown: tuple[str, ...] = ()


def read_causes(now: datetime) -> Causes:
    """All that the home shows, but for its jobs; never raises what is wrong with it."""
    causes = [*_disk(), *_backup(now)]
    try:
        with Archive(archive_path(), read_only=True) as archive:
            archive.check_is_current()
            causes += [*_sources(archive), *_crawls(archive, now), *_faults(archive), *_clock(archive, now)]
        if crawl_holder():  # the index is looked through with the archive's own lock, which the crawl wants
            return Causes(tuple(causes), ("archive/",))
        return Causes((*causes, *_unsound(archive_path())))
    except (Problem, sqlite3.Error, OSError) as error:
        # readers see the table: where the home lies is none of their business
        text = str(error).replace(f"{home()}/", "")
        why = Code.TEXT.of(text=text) if isinstance(error, Problem) else fault(error)
        cause = Cause("archive", Code.ALARM_ARCHIVE.of(why=why))
        return Causes((*causes, cause), ("source", "crawl", "fault/", "clock", "archive/"))


def _sources(archive: Archive) -> Iterator[Cause]:
    """Those that could never be read are told together: of a new registry they are dozens."""
    rows = [row for row in archive.sources.every() if needs_a_hand(dict(row))]
    never = [row for row in rows if not row["last_success"]]
    if never:
        yield Cause("sources", Code.ALARM_SOURCES.of(number=len(never)))
    for row in rows:
        if row["last_success"]:
            why = from_json(row["health_outcome"])
            yield Cause(f"source/{row['id']}", Code.ALARM_SOURCE.of(source=row["id"], why=why))


def _crawls(archive: Archive, now: datetime) -> Iterator[Cause]:
    """Whatever the jobs say: a schedule that nobody starts writes nothing."""
    if (last := archive.runs.last_completed()) is None:
        return
    if now - datetime.fromisoformat(last) > timedelta(hours=NO_CRAWL_HOURS):
        yield Cause("crawl", Code.ALARM_NO_CRAWL.of(since=last[:10]))


def _faults(archive: Archive) -> Iterator[Cause]:
    for row in archive.faults.every():
        why = from_json(row["outcome"])
        yield Cause(
            f"fault/{row['step']}",
            Code.ALARM_FAULT.of(step=row["step"], number=row["times"], since=row["first_at"][:10], why=why),
        )


def _clock(archive: Archive, now: datetime) -> Iterator[Cause]:
    minutes = minutes_off(archive, pages_path(), now)
    if abs(minutes) > MINUTES:
        yield Cause("clock", Code.ALARM_CLOCK.of(number=round(abs(minutes))))


def _unsound(path: Path) -> Iterator[Cause]:
    for finding in doctor.examine(path):
        if finding.wrong and (code := UNSOUND.get(finding.what)):
            yield Cause(f"archive/{finding.what}", code.of(why=finding.wrong))


def _disk() -> Iterator[Cause]:
    try:
        free = shutil.disk_usage(home()).free
        size = archive_path().stat().st_size if archive_path().is_file() else 0
    except OSError as error:
        yield Cause("disk", Code.ALARM_ARCHIVE.of(why=fault(error)))
        return
    if free < (needed := size + ROOM):
        yield Cause("disk", Code.ALARM_DISK.of(free=free / 1e9, needed=needed / 1e9))


def _backup(now: datetime) -> Iterator[Cause]:
    newest = last_backup(home())
    if newest is None:
        if archive_path().is_file():
            yield Cause("backup", Code.ALARM_NO_BACKUP.of())
    elif now - newest.at > timedelta(hours=BACKUP_HOURS):
        yield Cause("backup", Code.ALARM_BACKUP.of(since=f"{newest.at:%Y-%m-%d}"))
