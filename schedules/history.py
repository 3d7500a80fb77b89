"""The past of the jobs, as the archive has it; what cannot be written there is remembered while this process lives."""

import logging
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from db.home import archive_path
from db.lock import lock_crawl
from db.problem import Problem
from db.store.archive import Archive
from db.store.crawl.job_runs import JobOutcome, JobRunRow
from db.store.crawl.runs import RunRow
from schedules.jobs import Attempt, Job, attempts

LATEST = 100  # crawls: weeks of nights
DIED = "its schedule ended without a word (power, kill -9); it is tried again by whichever keeps the hours next"

logger = logging.getLogger(__name__)


class History:
    def __init__(self) -> None:
        self._unwritten: dict[tuple[str, str], JobRunRow] = {}  # by job and start

    def of(self, jobs: Iterable[Job]) -> dict[str, list[Attempt]]:
        """The tries of each job, oldest first."""
        written, crawls = self.read()
        rows = list(({key(row): row for row in written} | self._unwritten).values())
        return attempts(jobs, rows, crawls)

    def begin(self, job: Job, now: datetime) -> JobRunRow:
        """Note that a try begins. The caller holds the lock of the jobs: whatever else says 'running' was killed.

        Raises Busy where somebody crawls, HomeError where nothing can be locked.
        """
        written, _ = self.read()
        for row in written:
            if row["outcome"] == JobOutcome.RUNNING:
                dead: JobRunRow = {**row, "outcome": JobOutcome.KILLED, "detail": DIED}
                self._unwritten.setdefault(key(row), dead)
        begun = new(job, now)
        with lock_crawl():  # an older archive is brought up to date
            self._note(begun)
        return begun

    def refuse(self, job: Job, now: datetime, why: str) -> None:
        """Note a try that could not begin."""
        self.end(new(job, now), now, JobOutcome.FAILED, why)

    def end(self, begun: JobRunRow, now: datetime, outcome: JobOutcome, detail: str) -> None:
        self._note({**begun, "ended": as_iso(now), "outcome": outcome, "detail": detail})

    def read(self) -> tuple[list[JobRunRow], list[RunRow]]:
        return read()

    def write(self, rows: Iterable[JobRunRow]) -> None:
        """Raises Problem or sqlite3.Error."""
        with Archive(archive_path()) as archive:
            archive.job_runs.put(rows)

    def _note(self, row: JobRunRow) -> None:
        self._unwritten[key(row)] = row
        try:
            self.write(self._unwritten.values())
        except (Problem, sqlite3.Error) as error:
            logger.warning("What came of %s cannot be written, and is remembered: %s", row["job"], error)
        else:
            self._unwritten.clear()


def new(job: Job, now: datetime) -> JobRunRow:
    due = as_iso(job.last_hour(now))
    return JobRunRow(job=job.id, due=due, started=as_iso(now), ended=None, outcome=JobOutcome.RUNNING, detail="")


def key(row: JobRunRow) -> tuple[str, str]:
    return row["job"], row["started"]


def as_iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def read() -> tuple[list[JobRunRow], list[RunRow]]:
    """Tries of jobs, and the last crawls (a backfill is none), oldest first; nothing where no archive can be read."""
    try:
        with Archive(archive_path(), read_only=True) as archive:
            runs = archive.runs.last(LATEST)[::-1]
            return archive.job_runs.latest(), [run for run in runs if run.get("kind", "crawl") == "crawl"]
    except (Problem, sqlite3.Error):
        return [], []


def crawl_is_due(now: datetime | None = None) -> bool:
    """Whether the last crawl that reached anything is older than a day."""
    _, crawls = read()
    ended = [crawl["ended"] or crawl["started"] for crawl in crawls if crawl["outcome"] == "completed"]
    return not ended or (now or datetime.now(UTC)) - datetime.fromisoformat(ended[-1]) > timedelta(days=1)
