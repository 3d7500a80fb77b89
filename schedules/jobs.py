"""Jobs, their hours and their tries: pure, but for reading the file."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from db.days import BERLIN
from db.problem import Problem
from db.store.job_runs import JobRunRow
from db.store.rows import Row

# A try that was cut off, or that found no network, is made again after an hour, twice. One that failed is made again
# after longer and longer: what ends a program at once, such as a wrong line in the registry, waits for a person.
CUT_OFF = (timedelta(hours=1),) * 2
FAILED = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
PAUSES = {  # by outcome of the last try; 'running', where nobody holds the lock, is a try that was killed
    "no_source": CUT_OFF,
    "killed": CUT_OFF,
    "running": CUT_OFF,
    "timed_out": CUT_OFF,
    "failed": FAILED,
}


class JobsError(Problem):
    """jobs.toml cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    id: str
    command: tuple[str, ...]
    at: time
    hours: float = 4.0

    @property
    def is_nightly_crawl(self) -> bool:
        """Whether it crawls all sources as a person does who says 'crawl', with whatever settings."""
        options = [word for word in self.command[1:] if word != "--quiet"]
        return self.command[0] == "crawl" and all(word == "-s" for word in options[::2])

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a job. The outcome is that of `job_runs`, or of `runs` where it is a crawl that came so far."""

    started: datetime
    ended: datetime  # where nobody saw it end, the last that is known of it
    outcome: str
    detail: str = ""


def attempts(job: Job, job_runs: Sequence[JobRunRow], crawls: Sequence[Row]) -> list[Attempt]:
    """The job's own past, oldest first. To that of the nightly crawl belongs what a person has crawled by hand.

    `job_runs` are those of all jobs, `crawls` rows of `runs`.
    """
    tries = {each["started"]: attempt(each) for each in job_runs if each["job"] == job.id}
    for crawl in map(attempt, crawls):
        around = [each for each in job_runs if _begins_within(crawl.started, each, job)]
        if not around and job.is_nightly_crawl:
            tries[f"by hand {crawl.started}"] = crawl
        for start in (each["started"] for each in around if each["job"] == job.id):
            ended = max(tries[start].ended, crawl.ended)
            tries[start] = replace(tries[start], ended=ended, outcome=crawl.outcome)
    return sorted(tries.values(), key=lambda attempt: attempt.started)


def attempt(row: JobRunRow | Row) -> Attempt:
    return Attempt(
        started=datetime.fromisoformat(row["started"]),
        ended=datetime.fromisoformat(row["ended"] or row["started"]),
        outcome=row["outcome"],
        detail=row["detail"] or "",
    )


def _begins_within(at: datetime, job_run: JobRunRow, job: Job) -> bool:
    """Whether a crawl that began then, to the second, is a child of the try."""
    began = datetime.fromisoformat(job_run["started"])
    ended = datetime.fromisoformat(job_run["ended"]) if job_run["ended"] else began + timedelta(hours=job.hours)
    return began.replace(microsecond=0) <= at <= ended


def tries_since(hour: datetime, past: Sequence[Attempt]) -> list[Attempt]:
    return [attempt for attempt in past if attempt.started >= hour]


def next_start(job: Job, past: Sequence[Attempt], now: datetime, since: datetime) -> datetime:
    """When the job must run next, by its past (oldest first); not after `now` where it must run at once.

    However many nights were missed, they are caught up once. Where there is no past yet, nothing was missed before
    `since`, when the schedule began.
    """
    hour = job.last_hour(now)
    tries = tries_since(hour, past)
    if not tries:
        return hour if past or hour >= since else job.next_hour(now)
    pauses = PAUSES.get(tries[-1].outcome, ())
    if len(tries) > len(pauses):
        return job.next_hour(now)
    return min(tries[-1].ended + pauses[len(tries) - 1], job.next_hour(now))


def due(job: Job, past: Sequence[Attempt], now: datetime, since: datetime) -> bool:
    """Whether the job must run now. Nobody must be at it."""
    return next_start(job, past, now, since) <= now


def next_crawl(now: datetime | None = None) -> datetime | None:
    """The next hour at which the schedule, where it is running, crawls."""
    hours = (job.next_hour(now or datetime.now(UTC)) for job in load() if job.command[0] == "crawl")
    return min(hours, default=None)
