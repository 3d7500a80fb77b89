"""Jobs, their hours and their tries: pure, but for reading the file."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial
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


LONGEST = 4.0  # hours that a job may take, unless its own say otherwise


class JobsError(ConfigError):
    """jobs.toml cannot be used; one line for each thing wrong in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    id: str
    command: tuple[str, ...]
    at: time
    hours: float = LONGEST
    after: tuple[str, ...] = ()  # ids of jobs that it waits for

    @property
    def is_nightly_crawl(self) -> bool:
        """Whether it crawls all sources as a person does who says 'crawl', with whatever settings."""
        options = [word for word in self.command[1:] if word != "--quiet"]
        return self.command[0] == "crawl" and all(word == "-s" for word in options[::2])

    def last_hour(self, now: datetime) -> datetime:
        """When it was last to run, `now` included. Once a day, also where the clock shows its hour twice or never."""
        return max(hour for hour in _hours_near(self.at, now) if hour <= now.astimezone(UTC)).astimezone(BERLIN)

    def next_hour(self, now: datetime) -> datetime:
        return min(hour for hour in _hours_near(self.at, now) if hour > now.astimezone(UTC)).astimezone(BERLIN)


def _hours_near(at: time, now: datetime) -> tuple[datetime, ...]:
    return _hours_around(at, now.astimezone(BERLIN).date())


@lru_cache(maxsize=64)
def _hours_around(at: time, today: date) -> tuple[datetime, ...]:
    """That time of the days around one, in UTC: two moments of one zone are compared by the faces of their clocks."""
    days = (today + timedelta(days=days) for days in (-1, 0, 1))
    return tuple(datetime.combine(day, at, BERLIN).astimezone(UTC) for day in days)


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
    for number, entry in enumerate(read):
        earlier = [other["id"] for other in read[:number]]
        unknown = [name for name in entry.get("after", ()) if name not in earlier]
        errors += [f"{entry['id']}: after: {name!r} is no job above it" for name in unknown]
    if errors:
        raise JobsError(path.name, errors)
    return tuple(Job(**entry) for entry in read)


def _entry(number: int, entry: Any, tell: Tell) -> dict[str, Any]:
    """`id` is the number of the entry where it is not given."""
    name = str(entry.get("id", number)) if isinstance(entry, dict) else str(number)
    return {"id": name} | validation.table(entry, _JOB, _REQUIRED, validation.under(tell, name))


def _words(value: Any, tell: Tell) -> tuple[str, ...]:
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
    "command": _words,
    "at": _at,
    "hours": _hours,
    "after": _words,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a job. The outcome is that of `job_runs`, or of `runs` where it is a crawl that came so far."""

    started: datetime
    ended: datetime  # where nobody saw it end, the last that is known of it
    outcome: str
    detail: str = ""


def attempts(jobs: Iterable[Job], job_runs: Sequence[JobRunRow], crawls: Sequence[RunRow]) -> dict[str, list[Attempt]]:
    """Each job's own past, oldest first. To that of the nightly crawl belongs what a person has crawled by hand.

    `job_runs` are those of all jobs, `crawls` rows of `runs`.
    """
    jobs_by_id = {job.id: job for job in jobs}
    begun = sorted(job_runs, key=lambda row: row["started"])
    tries = [attempt(row) for row in begun]
    starts = [each.started.replace(microsecond=0) for each in tries]  # a crawl's are noted to the second
    by_hand = []
    for crawl in map(attempt, crawls):
        place = bisect_right(starts, crawl.started) - 1  # jobs run one at a time: the last that had begun
        job = jobs_by_id.get(begun[place]["job"]) if place >= 0 else None
        if place < 0 or crawl.started > _end(begun[place], job.hours if job else LONGEST):
            by_hand.append(crawl)
        elif job and job.command[0] == "crawl":  # the try's own
            ended = max(tries[place].ended, crawl.ended)
            tries[place] = replace(tries[place], ended=ended, outcome=crawl.outcome)
    pasts: dict[str, list[Attempt]] = {
        name: list(by_hand) if job.is_nightly_crawl else [] for name, job in jobs_by_id.items()
    }
    for row, each in zip(begun, tries, strict=True):
        if row["job"] in pasts:
            pasts[row["job"]].append(each)
    return {name: sorted(past, key=lambda each: each.started) for name, past in pasts.items()}


def attempt(row: JobRunRow | RunRow) -> Attempt:
    return Attempt(
        started=datetime.fromisoformat(row["started"]),
        ended=datetime.fromisoformat(row["ended"] or row["started"]),
        outcome=row["outcome"],
        detail=row["detail"] or "",
    )


def _end(row: JobRunRow, hours: float) -> datetime:
    """Of a try, at the latest."""
    if row["ended"]:
        return datetime.fromisoformat(row["ended"])
    return datetime.fromisoformat(row["started"]) + timedelta(hours=hours)


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


def waits_for(
    job: Job, jobs: Sequence[Job], pasts: Mapping[str, Sequence[Attempt]], now: datetime, since: datetime
) -> str:
    """The first of those it waits for that is still to run, or to be tried again, before its next hour; '' if none.

    What fails for good keeps nobody waiting: its last try is hours before its next hour. `pasts`: of each job.
    """
    for other in jobs:
        if other.id in job.after and next_start(other, pasts[other.id], now, since) < other.next_hour(now):
            return other.id
    return ""


def next_crawl(now: datetime | None = None) -> datetime | None:
    """The next hour at which the schedule, where it is running, crawls."""
    hours = (job.next_hour(now or datetime.now(UTC)) for job in load() if job.is_nightly_crawl)
    return min(hours, default=None)
