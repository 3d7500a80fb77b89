"""The locks of a home: one crawl or other writer, and one job, at a time over all processes."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from db.home import HomeError, home, make_home

LOCK = "crawl.lock"
JOBS_LOCK = "jobs.lock"
BACKUPS_LOCK = "backups.lock"


class Busy(HomeError):
    """Somebody else is crawling into this home, or runs its jobs."""


def lock_crawl() -> IO[str]:
    """One crawl at a time over all processes. The kernel lets go of the lock when its process ends, in any way."""
    return _lock(LOCK, "a crawl is already running")


@contextmanager
def jobs_lock(what: str) -> Iterator[IO[str]]:
    """One job at a time over all schedules of a home. A child that inherits it holds it too, until we let go."""
    with _lock(JOBS_LOCK, "a job of the schedule is already running", what) as stream:
        try:
            yield stream
        finally:
            fcntl.flock(stream, fcntl.LOCK_UN)


@contextmanager
def lock_backups() -> Iterator[None]:
    """One backup at a time is made, thinned out or restored."""
    with _lock(BACKUPS_LOCK, "a backup is already being made or restored"):
        yield


def crawl_holder() -> str | None:
    """Who is crawling into this home, or None."""
    return _holder_of(LOCK)


def is_written(folder: Path) -> bool:
    """Whether somebody has the lock of the home that is this folder. Who only reads makes no file."""
    try:
        with (folder / LOCK).open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def jobs_holder() -> str | None:
    """Whose schedule is running a job, or None."""
    return _holder_of(JOBS_LOCK)


def _lock(name: str, taken: str, what: str = "") -> IO[str]:
    """`what`: told to others, with who we are. Raises Busy."""
    stream = (make_home() / name).open("a+", encoding="utf-8")
    for _ in range(5):  # somebody who only looks whether it is free has it for a moment
        if _take(stream):
            break
        time.sleep(0.1)
    else:
        holder = _holder(stream)
        stream.close()
        raise Busy(f"{home()}: {taken} ({holder}); wait for it or stop it")
    stream.truncate(0)
    stream.write(f"process {os.getpid()}{what and f', {what}'}")
    stream.flush()
    return stream


def _holder_of(name: str) -> str | None:
    try:
        stream = (home() / name).open("a+", encoding="utf-8")
    except OSError:
        return None
    with stream:
        return None if _take(stream) else _holder(stream)


def _take(stream: IO[str]) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(stream: IO[str]) -> str:
    stream.seek(0)
    return stream.read().strip() or "an unknown process"
