"""The snapshot that the public site shows, and the change to the next one, which no reader notices."""

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from datasette.app import Datasette

from db.problem import Problem
from db.publish.shelf import current
from db.site.answering.lanes import most_costly
from db.site.database import ReadOnlyDatabase
from db.store.archive import Archive
from db.store.connection import Mode, connect

T = TypeVar("T")

SECONDS = 2.0  # between two looks at which is current
LINGERING = 60.0  # seconds after which nobody reads the snapshot before any more

logger = logging.getLogger(__name__)


class NothingPublishedError(Problem):
    """There is no snapshot that could be served; the message says what to do."""


class SnapshotDatabase(ReadOnlyDatabase):
    """A file that nobody writes, ever.

    Datasette keeps connections by a database's name, for as long as its threads live: under the same name it would go
    on reading the file before.
    """

    def __init__(self, site: Datasette, snapshot: Path, most_costly: int) -> None:
        super().__init__(site, snapshot, most_costly)
        self.of_thread = threading.local()

    def connect(self, write: bool = False) -> sqlite3.Connection:
        """Raises ArchiveError, sqlite3.Error."""
        if write:
            return super().connect(write)
        connection = connect(self.archive, Mode.IMMUTABLE, threads=True)
        self._all_file_connections.append(connection)
        return connection

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        def in_thread() -> T:
            connection: sqlite3.Connection | None = getattr(self.of_thread, "connection", None)
            if connection is None:
                connection = self.of_thread.connection = self.connect()
                self.ds._prepare_connection(connection, self.name)
            return fn(connection)

        return await asyncio.get_running_loop().run_in_executor(self.ds.executor, in_thread)


def snapshot_of(home: Path) -> Path:
    """The current one. Raises NothingPublishedError, ArchiveError."""
    if (path := current(home)) is None:
        raise NothingPublishedError(f"{home}: nothing is published yet; run 'revierspiegel publish' first")
    with Archive(path, read_only=True) as opened:  # says so where it is another version's
        opened.check_is_current()
    return path


class Switch:
    """Looks from time to time which snapshot is current, and shows it from then on."""

    def __init__(self, site: Datasette, home: Path, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.site, self.home, self.name, self.clock = site, home, name, clock
        self.looked_at = 0.0
        self.shown: Path | None = site.databases[name].archive
        self.before: list[tuple[float, ReadOnlyDatabase]] = []  # and until when they are kept

    def look(self) -> None:
        now = self.clock()
        if now < self.looked_at + SECONDS:
            return
        self.looked_at = now
        while self.before and self.before[0][0] < now:
            self.before.pop(0)[1].close()
        if (path := current(self.home)) is not None and path != self.shown:
            self.shown = path
            try:
                self.show(snapshot_of(self.home), now)
            except (Problem, sqlite3.Error) as error:
                logger.warning("%s is not shown: %s", path, error)

    def show(self, snapshot: Path, now: float) -> None:
        """In one assignment: a request has the one database or the other."""
        database = SnapshotDatabase(self.site, snapshot, most_costly())
        database.name = database.route = self.name
        self.before.append((now + LINGERING, self.site.databases[self.name]))
        self.site.databases = {**self.site.databases, self.name: database}

    def close(self) -> None:
        for _, database in self.before:
            database.close()
