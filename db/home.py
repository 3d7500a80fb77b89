"""Where everything lies: the folder that REVIERSPIEGEL_HOME names, ./var unless set."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from db.problem import Problem

LOCK = "crawl.lock"
JOBS_LOCK = "jobs.lock"


class HomeError(Problem):
    """The home cannot be used; the message says what to do."""


def home() -> Path:
    return Path(os.environ.get("REVIERSPIEGEL_HOME") or "var").absolute()


def archive_path() -> Path:
    return home() / "archive.db"


def pages_path() -> Path:
    return home() / "pages"


def make_home() -> Path:
    """Make the home where it is missing. Raises HomeError where nothing can be written in it."""
    folder = home()
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            probe.write_bytes(bytes(65536))  # more than a name: a full disk takes names and refuses bytes
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        raise HomeError(
            f"{folder}: nothing can be written here ({error.strerror or error}); "
            "make room, or set REVIERSPIEGEL_HOME to a folder of your own"
        ) from error
    return folder


def contact() -> str | None:
    """Whom a site may write to about the crawler: REVIERSPIEGEL_CONTACT, else the answer once given at the terminal."""
    if given := os.environ.get("REVIERSPIEGEL_CONTACT", "").strip():
        return given
    try:
        return (home() / "contact").read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def was_asked_for_contact() -> bool:
    return (home() / "contact").is_file()


def keep_contact(answer: str) -> None:
    """Also an empty answer, so that nobody is asked twice."""
    (make_home() / "contact").write_text(answer.strip() + "\n", "utf-8")


class Busy(HomeError):
    """Somebody else is crawling into this home, or runs its jobs."""


def lock_crawl() -> IO[str]:
    """One crawl at a time over all processes. The kernel lets go of the lock when its process ends, in any way."""
    return _lock(LOCK, "a crawl is already running")


@contextmanager
def jobs_lock() -> Iterator[IO[str]]:
    """One job at a time over all schedules of a home. A child that inherits it holds it too, until we let go."""
    with _lock(JOBS_LOCK, "a job of the schedule is already running") as stream:
        try:
            yield stream
        finally:
            fcntl.flock(stream, fcntl.LOCK_UN)


def crawl_holder() -> str | None:
    """Who is crawling into this home, or None."""
    return _holder_of(LOCK)


def jobs_holder() -> str | None:
    """Whose schedule is running a job, or None."""
    return _holder_of(JOBS_LOCK)


def _lock(name: str, taken: str) -> IO[str]:
    """Raises Busy."""
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
    stream.write(f"process {os.getpid()}")
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


def state_of(path: Path) -> tuple[tuple[int, int], ...]:
    """Time and size of the archive and its log: another state once anything has been written."""
    told = [file.stat() for file in (path, path.with_name(f"{path.name}-wal")) if file.exists()]
    return tuple((each.st_mtime_ns, each.st_size) for each in told)
