"""Where everything lies: the folder that REVIERSPIEGEL_HOME names, ./var unless set."""

import os
from contextlib import suppress
from pathlib import Path

from db.problem import Problem


class HomeError(Problem):
    """The home cannot be used; the message says what to do."""


def home() -> Path:
    return Path(os.environ.get("REVIERSPIEGEL_HOME") or "var").absolute()


def archive_path() -> Path:
    return home() / "archive.db"


def pages_path() -> Path:
    return home() / "pages"


def answer_socket() -> Path:
    """Where a public site on this machine asks for full texts, unless it is told another place."""
    return home() / "answer.sock"


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
    if address := os.environ.get("REVIERSPIEGEL_CONTACT", "").strip():
        return address
    try:
        return (home() / "contact").read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def was_asked_for_contact() -> bool:
    return (home() / "contact").is_file()


def keep_contact(answer: str) -> None:
    """Also an empty answer, so that nobody is asked twice."""
    (make_home() / "contact").write_text(answer.strip() + "\n", "utf-8")


def state_of(path: Path) -> tuple[tuple[int, int], ...]:
    """Time and size of the archive and its log: another state once anything has been written."""
    states = []
    for file in (str(path), f"{path}-wal"):  # ten times a page: as text, not as paths, in a third of the time
        with suppress(FileNotFoundError, NotADirectoryError):
            stat = os.stat(file)  # noqa: PTH116
            states.append((stat.st_mtime_ns, stat.st_size))
    return tuple(states)
