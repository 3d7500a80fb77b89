"""The table `job_runs`: what was due, when it started and ended, and how."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypedDict

from db.store.rows import Family

LATEST = 40  # rows that are read back of each job, every minute: days, whatever was tried in them


class JobOutcome(StrEnum):
    RUNNING = "running"  # or its schedule ended without a word
    OK = "ok"
    FAILED = "failed"
    KILLED = "killed"
    TIMED_OUT = "timed_out"


class JobRunRow(TypedDict):
    """One try of a job. Moments are ISO 8601 in UTC; no two tries of a job start in the same millisecond."""

    job: str
    due: str
    started: str
    ended: str | None
    outcome: str
    detail: str


class JobRunStore(Family):
    def put(self, rows: Iterable[JobRunRow]) -> None:
        """Add or replace tries."""
        self.db.table("job_runs").upsert_all(map(dict, rows), pk=("job", "started"))

    def latest(self) -> list[JobRunRow]:
        """Of each job, oldest first."""
        if not self.db.table("job_runs").exists():  # only read, and not written by this program yet
            return []
        columns = ", ".join(JobRunRow.__annotations__)
        place = "row_number() over (partition by job order by started desc) as place"
        rows = f"select {columns}, rowid as entered, {place} from job_runs"
        sql = f"select {columns} from ({rows}) where place <= ? order by started, entered"
        return [JobRunRow(**row) for row in self.db.query(sql, [LATEST])]  # type: ignore[typeddict-item]
