"""Where everything lies: the folder that REVIERSPIEGEL_HOME names, ./var unless set."""

import os
from pathlib import Path


class HomeError(Exception):
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
        probe.write_bytes(b"\0" * 4096)  # more than a name: a full disk takes names and refuses bytes
    except OSError as error:
        raise HomeError(
            f"{folder}: nothing can be written here ({error.strerror}); "
            "make room or set REVIERSPIEGEL_HOME to a folder of your own"
        ) from error
    finally:
        probe.unlink(missing_ok=True) if folder.is_dir() else None
    return folder
