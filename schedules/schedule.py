"""Keeps the hours: each job a child process, one at a time, ended with all its children when its time is up."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from db.days import BERLIN
from db.home import archive_path, crawl_holder
from db.store.archive import Archive
from schedules.jobs import Job, books, due

GRACE = 6 * 60 * 60  # seconds; APScheduler's default of one second drops the night of a machine that was busy or asleep
STOP_SECONDS = 15  # a child has this long to end by itself; the archive survives a kill
PROGRAM = (sys.executable, "-m", "revierspiegel")

logger = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Schedule:
    """Jobs at their hours while this process lives.

    APScheduler wakes us at the hour; whether the job is to run is read from the books, so that two schedules, a restart
    in the night or an hour that comes twice do not make two crawls of one. Every minute we look again: a timer that
    slept with its machine wakes too late, and the books tell that a night was missed.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        clock: Callable[[], datetime] = utc_now,
        program: Sequence[str] = PROGRAM,
        patience: float = STOP_SECONDS,
    ) -> None:
        self._jobs, self._clock, self._program, self._patience = tuple(jobs), clock, tuple(program), patience
        self._since = clock()
        self._turn = threading.Lock()  # one child at a time
        self._child: subprocess.Popen[bytes] | None = None
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
            for job in self._jobs:
                if crawl_holder() is None and due(job, books(), self._clock(), self._since):
                    self.run(job.command, timedelta(hours=job.hours))
        finally:
            self._turn.release()

    def run(self, command: Sequence[str], limit: timedelta | None = None) -> int:
        """Run a command as a child and wait for it; returns its exit code. Past the limit it and its children end."""
        if self._closing.is_set():
            return 0
        # a session of its own: Ctrl-C is for us, who end the child in order, and its children are one group
        command = [*self._program, *command]
        self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            code = self._child.wait(limit.total_seconds() if limit else None)
        except subprocess.TimeoutExpired:
            code = end(self._child, self._patience)
            bury(f"ended after {limit}")
        if code < 0:
            bury(f"ended by signal {-code}")
            logger.error("%s was ended by signal %d", " ".join(command), -code)
        self._child = None
        return code

    def keep(self, ready: Callable[[], object] = lambda: None) -> None:
        """Start, call `ready`, and go on until Ctrl-C or SIGTERM."""
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, lambda *_: self._closing.set())
        self.start()
        ready()
        while not self._closing.wait(3600):
            pass
        self.stop()

    def stop(self) -> None:
        """End the child in order, then the timer."""
        self._closing.set()
        if child := self._child:
            end(child, self._patience)
        if self._scheduler.running:
            self._scheduler.pause()  # else its thread may hand out a job while its workers are sent home
            self._scheduler.shutdown(wait=True)
        if self._first:
            self._first.join()


def end(child: "subprocess.Popen[bytes]", patience: float) -> int:
    """Ask a child to end, and after a while end it with all its children; returns its exit code."""
    child.send_signal(signal.SIGINT)
    try:
        code = child.wait(patience)
    except subprocess.TimeoutExpired:
        code = -signal.SIGKILL
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)  # also those that it has left behind
    child.wait()
    return code


def bury(detail: str) -> None:
    """Write down the end of a run that could not do so itself."""
    if archive_path().is_file() and crawl_holder() is None:
        archive = Archive(archive_path())
        archive.runs.bury(detail)
        archive.close()
