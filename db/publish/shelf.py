"""The public folder of a home: snapshots, each under a name of its own for ever, and which of them is current."""

import os
import re
from collections.abc import Container, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

CURRENT = "current"
STATIC_SITE = ".revierspiegel-static"  # a file in the folder of a site as files
_NAME = re.compile(r"revierspiegel-(\d{4}-\d\d)-\d\d(?:-(\d+))?\.db")


def folder_of(home: Path) -> Path:
    return home / "public"


def current(home: Path) -> Path | None:
    """The snapshot that is served."""
    with suppress(OSError, UnicodeDecodeError):
        path = folder_of(home) / (folder_of(home) / CURRENT).read_text("utf-8").strip()
        if _NAME.fullmatch(path.name) and path.is_file():
            return path
    return None


def make_current(snapshot: Path) -> None:
    """In one step: whoever looks finds the one before or this. Raises OSError."""
    part = snapshot.with_name(f".{CURRENT}.part")
    with part.open("w", encoding="utf-8") as stream:
        stream.write(f"{snapshot.name}\n")
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(snapshot.with_name(CURRENT))


def snapshots(home: Path) -> list[Path]:
    """Oldest first."""
    return sorted(filter(lambda path: _NAME.fullmatch(path.name), folder_of(home).glob("*.db")), key=_place)


def _place(path: Path) -> tuple[str, int]:
    match = _NAME.fullmatch(path.name)
    assert match
    return path.name[: len("revierspiegel-2026-11-29")], int(match[2] or 1)


def new_name(folder: Path, day: str, taken: Container[str] = ()) -> Path:
    """That no snapshot has had yet; `taken`: by those that may be there no more."""
    number, path = 1, folder / f"revierspiegel-{day}.db"
    while path.exists() or path.stem in taken:
        number += 1
        path = folder / f"revierspiegel-{day}-{number}.db"
    return path


def to_remove(oldest_first: Sequence[Path], keep: int) -> list[Path]:
    """All but the newest, and the first of each month."""
    first: dict[str, Path] = {}
    for path in oldest_first:
        first.setdefault(path.name[: len("revierspiegel-2026-11")], path)
    return [path for path in oldest_first[:-keep] if path not in first.values()]


def remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
