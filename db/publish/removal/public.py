"""What everybody may see of an article that is taken down: snapshots that have it leave, packages are withdrawn."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from db.problem import Problem
from db.publish.package import DESCRIPTOR, NOTE, is_withdrawn, packages_of, withdraw
from db.publish.removal.erasing import Order
from db.publish.removal.files import kind_of, still_names
from db.publish.removal.finding import find
from db.publish.removal.traces import Marks
from db.publish.shelf import CURRENT, STATIC_SITE, current, folder_of, remove, snapshots
from db.store.connection import Mode, connect

WITHDRAWN = (
    "This package was withdrawn on {day}: an article that was in it has been taken down. The packages of later months"
    " do not have it. Whoever holds a copy is asked to delete it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    snapshots: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def withdraw_public(home: Path, marks: Marks, order: Order, republish: Callable[[], object]) -> Withdrawn:
    """A new snapshot takes the place of the current one where that has it; until there is one no site begins."""
    folder, left = folder_of(home), list[str]()
    having = [path for path in snapshots(home) if _has(path, marks)]
    if having and current(home) in (None, *having):  # none where a kill came between the two steps
        (folder / CURRENT).unlink(missing_ok=True)
        try:
            republish()
        except Problem as problem:
            left.append(
                "nothing is public until 'revierspiegel publish' succeeds; a site that runs shows what was there"
                f" before: end it ({problem})"
            )
    remove(having)
    packages = [path for path in _packages(folder) if (path / NOTE).exists() or any(_names(path, marks))]
    for package in packages:
        withdraw(package, WITHDRAWN.format(day=order.at[:10]))
    return Withdrawn(
        snapshots=tuple(path.stem for path in having), packages=tuple(path.name for path in packages), left=tuple(left)
    )


def outdated_copies(home: Path, marks: Marks) -> frozenset[Path]:
    """Sites as files and data packages that have it, where somebody has written them into the home: each is one piece
    with sums of its own, which is deleted or written again, and never overwritten in part."""
    written = {path.parent for name in (STATIC_SITE, DESCRIPTOR) for path in home.rglob(name)}
    outermost = [path for path in written if written.isdisjoint(path.parents) and folder_of(home) not in path.parents]
    return frozenset(path for path in outermost if any(_names(path, marks)))


def _has(snapshot: Path, marks: Marks) -> bool:
    try:
        with closing(Database(connect(snapshot, Mode.IMMUTABLE))) as db:
            db.conn.set_authorizer(None)
            return bool(find(db, marks.traces.names).articles) or still_names(snapshot, kind_of(snapshot), marks)
    except sqlite3.Error:
        return True  # what cannot be looked through is not served either


def _packages(public: Path) -> Iterator[Path]:
    return (path for path in sorted(packages_of(public).glob("[0-9]*")) if path.is_dir() and not is_withdrawn(path))


def _names(package: Path, marks: Marks) -> Iterator[bool]:
    return (still_names(path, kind_of(path), marks) for path in package.rglob("*") if path.is_file())
