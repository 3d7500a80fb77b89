"""Keeps the hours: each job a child process, one at a time, ended with all its children when its time is up."""

import logging
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import IO

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from db.days import BERLIN
from db.home import archive_path, home
from db.lock import Busy, crawl_holder, jobs_lock
from db.outcomes import Code, Outcome
from db.problem import Problem
from db.store.archive import Archive
from db.store.crawl.job_runs import JobOutcome
from schedules.child import Child, ChildExit, Running, Start
from schedules.history import History
from schedules.jobs import Attempt, Job, due, next_start, waits_for

GRACE = 6 * 60 * 60  # seconds; APScheduler's default of one second drops the night of a machine that was busy or asleep
STOP_SECONDS = 15  # a child has this long to end by itself; the archive survives a kill
PROGRAM = (sys.executable, "-m", "revierspiegel")

logger = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Schedule:
    """Jobs at their hours while this process lives.

    APScheduler wakes us at the hour; whether a job is to run is read from its past, so that two schedules, a restart
    in the night or an hour that comes twice do not make two crawls of one. Every minute we look again: a timer that
    slept with its machine wakes too late, and the past tells that a night was missed.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        clock: Callable[[], datetime] = utc_now,
        program: Sequence[str] = PROGRAM,
        patience: float = STOP_SECONDS,
        start: Start = Child,
        history: History | None = None,
    ) -> None:
        """`start`: begins a child process. `history`: the archive's unless given."""
        self._jobs, self._clock, self._program, self._patience = tuple(jobs), clock, tuple(program), patience
        self._start, self._since, self._history = start, clock(), history or History()
        self._turn = threading.Lock()  # one child at a time
        self._child: Running | None = None
        self._first: threading.Thread | None = None
        self._closing = threading.Event()
        self._scheduler = BackgroundScheduler(timezone=BERLIN)

    def start(self, *now: Sequence[str], then: Callable[[], object] = lambda: None) -> None:
        """Keep the hours; run these commands at once, and `then` when they have ended."""
        usual = {"misfire_grace_time": GRACE, "coalesce": True, "max_instances": 1}
        for job in self._jobs:
            trigger = CronTrigger(hour=job.at.hour, minute=job.at.minute, timezone=BERLIN)
            self._scheduler.add_job(self.look, trigger, id=job.id, **usual)
        first = datetime.now(UTC) + timedelta(minutes=1 if now else 0)
        self._scheduler.add_job(self.look, IntervalTrigger(minutes=1), id="look", next_run_time=first, **usual)
        self._scheduler.start()
        if now:
            self._first = threading.Thread(target=self._at_once, args=(now, then))
            self._first.start()

    def _at_once(self, commands: Sequence[Sequence[str]], then: Callable[[], object]) -> None:
        with self._turn:
            for command in commands:
                self.run(command)
        then()

    def look(self) -> None:
        """Run what is due, once, unless somebody is at it."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            pasts = self._history.of(self._jobs)
            for job in self._jobs:
                if self._is_due(job, pasts):
                    with suppress(Busy):  # another schedule was faster
                        self._try(job)
                    pasts = self._history.of(self._jobs)
        finally:
            self._turn.release()

    def _is_due(self, job: Job, pasts: Mapping[str, Sequence[Attempt]]) -> bool:
        now = self._clock()
        waits = waits_for(job, self._jobs, pasts, now, self._since)
        return due(job, pasts[job.id], now, self._since) and not waits and crawl_holder() is None

    def _try(self, job: Job) -> None:
        if self.run_job(job, lambda: self._is_due(job, self._history.of(self._jobs))):
            past = self._history.of([job])[job.id]
            then = next_start(job, past, self._clock(), self._since).astimezone(BERLIN)
            logger.error("%s did not end well; its next try is at %s", job.id, f"{then:%Y-%m-%d %H:%M}")

    def run_job(self, job: Job, still: Callable[[], bool] = lambda: True) -> int:
        """Run a job as a child and note how it ended; returns its exit code. Nothing is done where `still` says no
        once no other schedule can begin it. Raises Busy where another schedule of this home is at a job, or a crawl."""
        now = self._clock()
        with ExitStack() as stack:
            try:
                lock = stack.enter_context(jobs_lock(job.id))
                if self._closing.is_set() or not still():
                    return 0
                begun = self._history.begin(job, now)
            except Busy:
                raise
            except Problem as problem:  # a full disk has no room for a lock, nor for what a job writes
                self._history.refuse(job, now, str(problem))
                return 1
            ending = self._run(job.command, timedelta(hours=job.hours), lock)
            self._history.end(begun, self._clock(), *outcome_of(job, ending, self._closing.is_set()))
            return ending.code

    def run(self, command: Sequence[str]) -> int:
        """Run a command as a child and wait for it; returns its exit code."""
        return self._run(command).code

    def _run(self, command: Sequence[str], limit: timedelta | None = None, lock: IO[str] | None = None) -> ChildExit:
        """The lock of a job lives on in the child: it holds should we be killed."""
        if self._closing.is_set():
            return ChildExit(code=0)
        try:
            self._child = self._start([*self._program, *command], self._patience, lock)
        except OSError as error:
            return ChildExit(code=1, error=f"it could not be started ({error})")
        ending = self._child.wait(limit)
        if not ending.in_time:
            bury(Code.ENDED_AFTER.of(time=str(limit)))
        elif ending.code < 0:
            bury(Code.ENDED_BY_SIGNAL.of(signal=-ending.code))
        if ending.code < 0:
            logger.error("%s was ended by signal %d", " ".join(command), -ending.code)
        self._child = None
        return ending

    def keep(self, ready: Callable[[], object] = lambda: None) -> None:
        """Start, call `ready`, and go on until Ctrl-C or SIGTERM."""
        asked_to_end = SimpleQueue[int]()  # an event must not be set by a handler: who waits for it may hold its lock
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, lambda number, _: asked_to_end.put(number))
        self.start()
        ready()
        asked_to_end.get()
        self.stop()

    def stop(self) -> None:
        """End the child in order, then the timer."""
        self._closing.set()
        if child := self._child:
            child.end()
        if self._scheduler.running:
            self._scheduler.pause()  # else its thread may hand out a job while its workers are sent home
            self._scheduler.shutdown(wait=True)
        if self._first:
            self._first.join()


def outcome_of(job: Job, ending: ChildExit, stopping: bool) -> tuple[JobOutcome, str]:
    """How a job ended, and what helps."""
    logs = f"its log is in {home() / 'logs'}"
    if not ending.in_time:
        return JobOutcome.TIMED_OUT, f"ended after {job.hours:g} h, its `hours` in jobs.toml; {logs}"
    if ending.code == 0:
        return JobOutcome.OK, ""
    if stopping:
        return JobOutcome.KILLED, f"ended with its schedule; 'revierspiegel schedule run {job.id}' runs it again"
    if ending.code < 0:
        return JobOutcome.KILLED, f"ended by signal {-ending.code}, by hand or for want of memory; {logs}"
    if ending.error:
        return JobOutcome.FAILED, f"exit code {ending.code}: {ending.error}"
    return JobOutcome.FAILED, f"exit code {ending.code} without a word; {logs}"


def bury(detail: Outcome) -> None:
    """Write down the end of a run that could not do so itself."""
    if archive_path().is_file() and crawl_holder() is None:
        archive = Archive(archive_path())
        archive.runs.bury(detail)
        archive.close()
