"""Jobs and their hours: pure, but for reading the file and the books."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from db.days import BERLIN
from db.home import archive_path
from db.problem import Problem
from db.store.archive import Archive
from db.store.connection import ArchiveError
from db.store.rows import Row

# A night that was cut off, or that found no network, is tried again: this often, with this distance.
TRIES = 3
PAUSE = timedelta(hours=1)
UNDONE = ("no_source", "killed", "running")  # 'running', where nobody holds the lock, is a crawl that was killed


class JobsError(Problem):
    """jobs.toml cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    id: str
    command: tuple[str, ...]
    at: time
    hours: float = 4.0

    def last_hour(self, now: datetime) -> datetime:
        """When it was last to run, `now` included. Once a day, also where the clock shows its hour twice or never."""
        return max(hour for hour in self._hours(now) if hour <= now.astimezone(UTC)).astimezone(BERLIN)

    def next_hour(self, now: datetime) -> datetime:
        return min(hour for hour in self._hours(now) if hour > now.astimezone(UTC)).astimezone(BERLIN)

    def _hours(self, now: datetime) -> list[datetime]:
        """Its hours around a day, in UTC: two moments of one zone are compared by the faces of their clocks."""
        today = now.astimezone(BERLIN).date()
        days = (today + timedelta(days=days) for days in (-1, 0, 1))
        return [datetime.combine(day, self.at, BERLIN).astimezone(UTC) for day in days]


def load(path: Path | None = None) -> tuple[Job, ...]:
    """The jobs of a file, ours where it is None. Raises JobsError."""
    path = path or Path(__file__).with_name("jobs.toml")
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise JobsError(f"{path.name}: {error}") from error
    jobs = tuple(_job(path.name, number, entry) for number, entry in enumerate(table.get("job", []), 1))
    if twice := [job.id for job in jobs if [other.id for other in jobs].count(job.id) > 1]:
        raise JobsError(f"{path.name}: {twice[0]}: id: given twice, expected one of its own for each job")
    return jobs


def _job(file: str, number: int, entry: dict[str, Any]) -> Job:
    name, at, command, hours = (
        str(entry.get("id", number)),
        entry.get("at"),
        entry.get("command"),
        entry.get("hours", 4),
    )
    if unknown := set(entry) - {"id", "at", "command", "hours"}:
        raise JobsError(f"{file}: {name}: {min(unknown)}: unknown key, expected id, command, at, hours")
    if not isinstance(at, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", at):
        raise JobsError(f"{file}: {name}: at: {at!r} is no time of day, expected one like '04:15'")
    if not isinstance(command, list) or not command or not all(isinstance(word, str) for word in command):
        raise JobsError(f"{file}: {name}: command: {command!r} is no list of words, expected one like ['crawl']")
    if not isinstance(hours, int | float) or isinstance(hours, bool) or not 0 < hours <= 24:
        raise JobsError(f"{file}: {name}: hours: {hours!r}, expected a number between 0 and 24")
    return Job(id=name, command=tuple(command), at=time.fromisoformat(at), hours=float(hours))


def due(job: Job, runs: Sequence[Row], now: datetime, since: datetime) -> bool:
    """Whether a job must run now, as far as the books (`runs`, oldest first) say. Nobody must be at it.

    However many nights were missed, they are caught up once. Where there are no books yet, nothing was missed before
    `since`, when the schedule began.
    """
    hour = job.last_hour(now)
    tonight = [run for run in runs if datetime.fromisoformat(run["started"]) >= hour]
    if not tonight:
        return bool(runs) or hour >= since
    last = tonight[-1]
    idle = now - datetime.fromisoformat(last["ended"] or last["started"])
    return last["outcome"] in UNDONE and len(tonight) < TRIES and idle >= PAUSE


def books() -> list[Row]:
    """The last crawls, oldest first: rows of `runs`. A backfill is no crawl of the night."""
    try:
        archive = Archive(archive_path(), read_only=True)
    except ArchiveError:
        return []
    with archive:
        rows = archive.runs.last(100)
    return [row for row in rows[::-1] if row.get("kind", "crawl") == "crawl"]


def crawl_is_due(now: datetime | None = None) -> bool:
    """Whether the last crawl that reached anything is older than a day."""
    ended = [run["ended"] for run in books() if run["outcome"] == "completed"]
    return not ended or (now or datetime.now(UTC)) - datetime.fromisoformat(ended[-1]) > timedelta(days=1)


def next_crawl(now: datetime | None = None) -> datetime | None:
    """The next hour at which the schedule, where it is running, crawls."""
    hours = (job.next_hour(now or datetime.now(UTC)) for job in load() if job.command[0] == "crawl")
    return min(hours, default=None)
