"""sqlite-utils with cheaper statements: a crawl asks and tells the archive several things of each page."""

import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlite_utils import Database

MOST_DEFERRED = 100  # statements


class ArchiveDatabase(Database):
    def __init__(self, connection: sqlite3.Connection | None = None, *, recursive_triggers: bool = True) -> None:
        """In memory where there is no connection."""
        self._deferred: list[tuple[str, Mapping[str, Any]]] = []
        super().__init__(connection, memory=connection is None, recursive_triggers=recursive_triggers)

    def query(
        self, sql: str, params: Sequence[Any] | dict[str, Any] | None = None
    ) -> Generator[dict[str, Any], None, None]:
        """Rows of a statement that only reads: it needs no savepoint, which takes two thirds of the time."""
        return _as_rows(self.conn.execute(sql, params or ()))

    def insert(self, table: str, row: Mapping[str, Any], *, otherwise: str = "") -> int:
        """Its rowid. Values are as SQLite has them, and the table is there: sqlite-utils looks at all tables first.

        `otherwise`: what becomes of it where its key is taken: ignore, replace. Else it is refused, by a plain insert:
        "or abort" would hold in triggers, too, in place of their own "or ignore" (sqlite.org/lang_createtrigger.html).
        """
        names = ", ".join(f'"{name}"' for name in row)
        insert = f"insert or {otherwise}" if otherwise else "insert"
        sql = f"{insert} into {table} ({names}) values (:{', :'.join(row)})"
        with self.atomic():
            return int(self.conn.execute(sql, row).lastrowid or 0)

    @contextmanager
    def atomic(self) -> Generator[Database, None, None]:
        """A savepoint of one name for all: under random names SQLite would compile each statement anew."""
        if not self.conn.in_transaction:
            self.write_deferred()
            with super().atomic():
                yield self
            return
        self.conn.execute("savepoint step")
        try:
            yield self
        except BaseException:
            if self.conn.in_transaction:  # an error may have ended it, and all savepoints with it
                self.conn.execute("rollback to step")
                self.conn.execute("release step")
            raise
        self.conn.execute("release step")

    def defer(self, sql: str, values: Mapping[str, Any]) -> None:
        """Write it before the next transaction, whoever begins it: all are written in the order in which they came.

        A kill loses what is deferred. Raises UnicodeError where it could not be written.
        """
        "".join(value for value in values.values() if isinstance(value, str)).encode()
        self._deferred.append((sql, values))
        if len(self._deferred) >= MOST_DEFERRED:
            self.write_deferred()

    def write_deferred(self) -> None:
        """Raises sqlite3.Error where the archive cannot be written: then all of it stays deferred."""
        if self._deferred and not self.conn.in_transaction:
            with super().atomic():
                for sql, values in self._deferred:
                    self.conn.execute(sql, values)
            self._deferred.clear()

    def close(self) -> None:
        with suppress(sqlite3.Error):  # nor could anybody write that it has been
            self.write_deferred()
        super().close()


def _as_rows(cursor: sqlite3.Cursor) -> Generator[dict[str, Any], None, None]:
    """Names of columns are made where there is a row: most that a crawl asks for is not there."""
    if (first := cursor.fetchone()) is not None:
        names = [column[0] for column in cursor.description]
        yield dict(zip(names, first, strict=True))
        for row in cursor:
            yield dict(zip(names, row, strict=True))
