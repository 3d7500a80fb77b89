"""When: jobs at their hours, each a child process of its own."""

import logging
import re
import signal
import subprocess
import sys
import threading
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from db.archive import ArchiveError, read_only
from db.home import archive_path
from db.problem import Problem

BERLIN = ZoneInfo("Europe/Berlin")
GRACE = 6 * 60 * 60  # seconds; APScheduler's default of one second drops the night of a machine that slept
STOP_SECONDS = 10  # a child has this long to end by itself; the archive survives a kill

logger = logging.getLogger(__name__)


class JobsError(Problem):
    """jobs.toml cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    id: str
    command: tuple[str, ...]
    hour: int
    minute: int

    def trigger(self) -> CronTrigger:
        return CronTrigger(hour=self.hour, minute=self.minute, timezone=BERLIN)


def load(path: Path | None = None) -> tuple[Job, ...]:
    path = path or Path(__file__).with_name("jobs.toml")
    try:
        entries = tomllib.loads(path.read_text("utf-8")).get("job", [])
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise JobsError(f"{path.name}: {error}") from error
    return tuple(_job(path.name, number, entry) for number, entry in enumerate(entries, 1))


def _job(file: str, number: int, entry: dict[str, object]) -> Job:
    name = str(entry.get("id", number))
    at, command = entry.get("at"), entry.get("command")
    if unknown := set(entry) - {"id", "at", "command"}:
        raise JobsError(f"{file}: {name}: {min(unknown)}: unknown key, expected id, command, at")
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", at) if isinstance(at, str) else None
    if not found:
        raise JobsError(f"{file}: {name}: at: {at!r} is no time of day, expected one like '04:15'")
    if not isinstance(command, list) or not command or not all(isinstance(word, str) for word in command):
        raise JobsError(f"{file}: {name}: command: {command!r} is no list of words, expected one like ['crawl']")
    return Job(id=name, command=tuple(command), hour=int(found[1]), minute=int(found[2]))


def last_completed() -> datetime | None:
    """When the last crawl ended that reached a source and came to its end."""
    try:
        db = read_only(archive_path())
    except ArchiveError:
        return None
    row = db.execute("select max(ended) from runs where outcome = 'completed'").fetchone()
    db.close()
    return datetime.fromisoformat(row[0]) if row and row[0] else None


def crawl_is_due(now: datetime | None = None) -> bool:
    last = last_completed()
    return last is None or (now or datetime.now(UTC)) - last > timedelta(days=1)


def next_crawl(now: datetime | None = None) -> datetime | None:
    """The next hour at which the schedule, where it is running, crawls."""
    moment = (now or datetime.now(UTC)).astimezone(BERLIN)
    times = [job.trigger().get_next_fire_time(None, moment) for job in load() if job.command[0] == "crawl"]
    return min(times, default=None)


class Schedule:
    """Jobs at their hours while this process lives; at its end the children end too."""

    def __init__(self, jobs: tuple[Job, ...]) -> None:
        self._scheduler = BackgroundScheduler(timezone=BERLIN)
        self._children: set[subprocess.Popen[bytes]] = set()
        self._closing = False
        self._guard = threading.Lock()
        for job in jobs:
            self._scheduler.add_job(
                self._run,
                job.trigger(),
                [job.command],
                id=job.id,
                misfire_grace_time=GRACE,
                coalesce=True,
                max_instances=1,
            )

    def start(self, *now: tuple[str, ...]) -> None:
        """Keep the hours, and run these commands at once."""
        self._scheduler.start()
        for command in now:
            self._scheduler.add_job(self._run, args=[command], misfire_grace_time=None)

    def _run(self, command: tuple[str, ...]) -> None:
        with self._guard:
            if self._closing:
                return
            # a session of its own: Ctrl-C is for us, who end the child in order
            child = subprocess.Popen([sys.executable, "-m", "revierspiegel", *command], start_new_session=True)
            self._children.add(child)
        if child.wait() not in (0, 1):  # 1: it has said itself what is wrong
            logger.error("%s ended with %s", " ".join(command), child.returncode)
        self._children.discard(child)

    def stop(self) -> None:
        with self._guard:
            self._closing = True
        for child in list(self._children):
            child.send_signal(signal.SIGINT)
        for child in list(self._children):
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._scheduler.shutdown(wait=True)
