"""How the jobs stand: when each runs next, and how its last try ended. For an operator to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.days import BERLIN
from db.lock import crawl_holder, jobs_holder
from db.store.crawl.job_runs import JobOutcome
from schedules.history import History
from schedules.jobs import PAUSES, Attempt, Job, load, next_start, tries_since, waits_for


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    job: Job
    next: datetime  # where a schedule keeps the hours
    overdue: bool  # its hour was missed, or it is to be tried again now; not where it waits
    waits: str  # for the job of this id; '' for none
    last: Attempt | None
    tries: int  # since its last hour
    running: bool

    @property
    def unwell(self) -> bool:
        return self.last is not None and self.last.outcome in PAUSES and not self.running


def states(now: datetime) -> list[JobState]:
    """Those of all jobs, in the order of the file."""
    jobs = load()
    return states_of(jobs, History().of(jobs), now, bool(jobs_holder() or crawl_holder()))


def states_of(jobs: Sequence[Job], pasts: Mapping[str, Sequence[Attempt]], now: datetime, busy: bool) -> list[JobState]:
    """`busy`: whether somebody is at a job, or crawls."""
    job_states = []
    for job in jobs:
        past, waits = pasts[job.id], waits_for(job, jobs, pasts, now, now)
        start = next_start(job, past, now, now)
        last = past[-1] if past else None
        state = JobState(
            job=job,
            next=(job.next_hour(now) if start <= now else start).astimezone(BERLIN).replace(microsecond=0),
            overdue=start <= now and not waits,
            waits=waits if start <= now else "",
            last=last,
            tries=len(tries_since(job.last_hour(now), past)),
            running=busy and last is not None and last.outcome == JobOutcome.RUNNING,
        )
        job_states.append(state)
    return job_states


def as_json(state: JobState) -> dict[str, Any]:
    last = state.last and {
        "started": state.last.started.isoformat(timespec="seconds"),
        "ended": None if state.running else state.last.ended.isoformat(timespec="seconds"),
        "outcome": state.last.outcome,
        "detail": state.last.detail,
    }
    facts = {"id": state.job.id, "command": list(state.job.command), "next": state.next.isoformat(timespec="seconds")}
    return facts | {"overdue": state.overdue, "waits_for": state.waits or None, "tries": state.tries, "last": last}


def as_words(state: JobState) -> str:
    """How the last try ended, and what comes of it."""
    if not state.last:
        return "never run"
    at = f"{state.last.started.astimezone(BERLIN):%Y-%m-%d %H:%M}"
    if state.running:
        return f"running since {at}"
    outcome = "killed" if state.last.outcome == JobOutcome.RUNNING else state.last.outcome.replace("_", " ")
    words = f"last {outcome}, {at}"
    if not state.unwell:
        return words
    tries = f", try {state.tries} since its hour" if state.tries > 1 else ""
    detail = f": {state.last.detail}" if state.last.detail else ""
    return f"{words}{tries}{detail}"


def trouble(state: JobState) -> str:
    """What an operator must hear of a job that did not end well or missed its hour; '' of others."""
    if state.running:
        return ""
    then = "as soon as a schedule keeps the hours" if state.overdue else f"at {state.next:%Y-%m-%d %H:%M}"
    then = f"after {state.waits}" if state.waits else then
    if state.unwell:
        return f"{as_words(state)}; next try {then}"
    return f"{as_words(state)}; its last hour was missed, it runs {then}" if state.overdue else ""
