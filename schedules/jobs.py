"""Jobs, their hours and their tries: pure, but for reading the file."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from db import validation
from db.days import BERLIN
from db.store.crawl.job_runs import JobRunRow
from db.store.crawl.runs import RunRow
from db.validation import ConfigError, Reader, Tell

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


class JobsError(ConfigError):
    """jobs.toml cannot be used; one line for each thing wrong in it."""


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
    document = validation.toml(path, "put the program's own in its place", raises=JobsError)
    errors = [validation.unknown(key, ("job",)) for key in document if key != "job"]
    entries = document.get("job", [])
    if not isinstance(entries, list):
        raise JobsError(path.name, [f"job: {entries!r}, expected tables [[job]]"])
    read = [_entry(number, entry, errors.append) for number, entry in enumerate(entries, 1)]
    for name, times in Counter(entry["id"] for entry in read).items():
        if times > 1:
            errors.append(f"{name}: id: given {times} times, expected one of its own for each job")
    if errors:
        raise JobsError(path.name, errors)
    return tuple(Job(**entry) for entry in read)


def _entry(number: int, entry: Any, tell: Tell) -> dict[str, Any]:
    """`id` is the number of the entry where it is not given."""
    name = str(entry.get("id", number)) if isinstance(entry, dict) else str(number)
    return {"id": name} | validation.table(entry, _JOB, _REQUIRED, validation.under(tell, name))


def _command(value: Any, tell: Tell) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        tell(f"{value!r} is no list of words, expected one like ['crawl']")
        return ()
    return tuple(value)


def _at(value: Any, tell: Tell) -> time:
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        tell(f"{value!r} is no time of day, expected one like '04:15'")
        return time()
    return time.fromisoformat(value)


def _hours(value: Any, tell: Tell) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 24:
        tell(f"{value!r}, expected a number between 0 and 24")
        return 0
    return float(value)


_REQUIRED = {"command": "a list of words such as ['crawl']", "at": "a time of day such as '04:15'"}
_JOB: dict[str, Reader] = {
    "id": partial(validation.form, validation.SOME_TEXT, "a name"),
    "command": _command,
    "at": _at,
    "hours": _hours,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a job. The outcome is that of `job_runs`, or of `runs` where it is a crawl that came so far."""

    started: datetime
    ended: datetime  # where nobody saw it end, the last that is known of it
    outcome: str
    detail: str = ""


def attempts(job: Job, job_runs: Sequence[JobRunRow], crawls: Sequence[RunRow]) -> list[Attempt]:
    """The job's own past, oldest first. To that of the nightly crawl belongs what a person has crawled by hand.

    `job_runs` are those of all jobs, `crawls` rows of `runs`.
    """
    tries = {run["started"]: attempt(run) for run in job_runs if run["job"] == job.id}
    for crawl in map(attempt, crawls):
        around = [run for run in job_runs if _begins_within(crawl.started, run, job)]
        if not around and job.is_nightly_crawl:
            tries[f"by hand {crawl.started}"] = crawl
        for start in (run["started"] for run in around if run["job"] == job.id and job.command[0] == "crawl"):
            ended = max(tries[start].ended, crawl.ended)
            tries[start] = replace(tries[start], ended=ended, outcome=crawl.outcome)
    return sorted(tries.values(), key=lambda attempt: attempt.started)


def attempt(row: JobRunRow | RunRow) -> Attempt:
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
    hours = (job.next_hour(now or datetime.now(UTC)) for job in load() if job.is_nightly_crawl)
    return min(hours, default=None)
