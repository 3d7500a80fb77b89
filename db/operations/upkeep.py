"""The archive brought up to date by who may write it: its tables, and the words that a search knows."""

import os
from collections.abc import Callable
from pathlib import Path

from db.search import vocabulary
from db.store.archive import Archive


def bring_up_to_date(archive: Path, tell: Callable[[str], object]) -> int:
    """Makes it where it is missing; returns how many steps its tables have taken. `tell` is told how far it is.

    Raises ArchiveError.
    """
    with Archive(archive) as opened:
        steps = opened.steps()
    vocabulary.take_in(archive, tell=tell)
    return steps


def may_be_written(archive: Path) -> bool:
    """SQLite writes files beside it, too."""
    return os.access(archive, os.W_OK) and os.access(archive.parent, os.W_OK)
