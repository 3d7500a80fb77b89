"""What is done in processes of their own (fork_server.py). Each function is given the connection first.

What these functions take and give pickles, and their modules load quickly: none of Datasette.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import Any, BinaryIO

from db.export import changes  # noqa: F401  # loaded once, for all processes
from db.export.styles import references  # noqa: F401  # likewise
from db.export.tables import ExportFormat, Selection, pieces, select_by, workbook, write
from db.language import language
from db.search.expansion import excluding
from db.search.hints import missing_nights  # noqa: F401  # likewise
from db.search.query import Query
from db.search.vocabulary import Vocabulary
from db.site import copies, counts, near_misses, version_diff  # noqa: F401  # likewise
from db.site.answering import clock
from db.site.answering.bounds import ANSWER, CELLS, LARGE, PARSED, TooMuch

PIECE = 1 << 16  # bytes
ROW_OF_WORKBOOK = 0.001  # seconds of the processor's time

Parameters = Mapping[str, Any] | Sequence[Any]


@dataclass(frozen=True, slots=True)
class Fetched:
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool
    bytes: int  # of the cells, as JSON


@dataclass(frozen=True, slots=True)
class Wanted:
    """At most so many rows, where there is a `most`; none, where they have more than so many bytes as JSON."""

    most: int | None
    bytes: int
    json_columns: frozenset[str] = frozenset()  # whose cells will be read as JSON


def fetch(connection: sqlite3.Connection, sql: str, parameters: Parameters, wanted: Wanted) -> Fetched:
    """Raises TooMuch."""
    cursor = connection.execute(sql, parameters)
    names = tuple(column[0] for column in cursor.description or ())
    parsed_places = [place for place, name in enumerate(names) if name in wanted.json_columns]
    rows: list[tuple[Any, ...]] = []
    length = cells = parsed = 0
    for row in cursor:
        if len(rows) == wanted.most:
            return Fetched(names, rows, True, length)
        rows.append(tuple(row))
        cells += len(row)
        length += sum(map(_length, row))
        parsed += sum(_length(row[place]) for place in parsed_places)
        if cells > CELLS:
            raise TooMuch("bounds.cells", CELLS)
        if length > wanted.bytes:
            raise TooMuch("bounds.answer", ANSWER >> 20)
        if parsed > PARSED:
            raise TooMuch("bounds.parsed", PARSED >> 10)
    return Fetched(names, rows, False, length)


def _length(cell: object) -> int:
    """As JSON; of bytes the most that it can be."""
    if isinstance(cell, str):
        return len(encode_basestring_ascii(cell))
    return 6 * len(cell) if isinstance(cell, bytes) else 20


@dataclass(frozen=True, slots=True)
class Spool:
    """Where an answer is kept before any of it is sent: in memory, from some size on in a file. It is whole, or there
    is none of it; its length is known; and who takes an hour to read it does not hold a transaction for an hour.
    """

    folder: Path  # in which what is needed on the way lies, too; made where something is written to it
    most: int  # bytes
    what: str  # where it is more: the text that says so

    @property
    def path(self) -> Path:
        return self.folder / "answer"

    @contextmanager
    def open(self) -> Iterator["SpooledAnswer"]:
        answer = SpooledAnswer(self)
        try:
            yield answer
        finally:
            answer.close()


class SpooledAnswer:
    def __init__(self, spool: Spool) -> None:
        self.spool, self.left = spool, spool.most
        self.start = bytearray()
        self.file: BinaryIO | None = None

    def write(self, data: bytes) -> None:
        """Raises TooMuch."""
        self.left -= len(data)
        if self.left < 0:
            raise TooMuch(self.spool.what, self.spool.most >> 20)
        if self.file is None and len(self.start) + len(data) > LARGE:
            self.spool.folder.mkdir(exist_ok=True)
            self.spool.path.unlink(missing_ok=True)  # of a process that was too slow
            self.file = self.spool.path.open("xb")
            self.file.write(self.start)
        if self.file:
            self.file.write(data)
        else:
            self.start += data

    def close(self) -> None:
        if self.file:
            self.file.close()

    def small(self) -> bytes | None:
        """All of it, where it is not in the file."""
        return None if self.file else bytes(self.start)


@dataclass(frozen=True, slots=True)
class Statement:
    sql: str
    parameters: Mapping[str, object]
    form: ExportFormat
    seconds: float  # that SQLite may take until the next row is there
    json_columns: frozenset[str] = frozenset()
    table: str = ""  # whose rows they are, for a workbook


def write_statement(connection: sqlite3.Connection, asked: Statement, spool: Spool) -> bytes | None:
    """A small answer, where it is not in the spool's file. Raises TooMuch, ExportError."""
    clock.give(asked.seconds)
    connection.execute("begin")
    if asked.form is ExportFormat.XLSX:
        selection = select_by(connection, asked.table, asked.sql, asked.parameters)
        return _write(asked.form, replace(selection, rows=_in_time(selection.rows, asked.seconds)), spool)
    cursor = connection.execute(asked.sql, asked.parameters)
    names = [column[0] for column in cursor.description]
    rows = _in_time(cursor, asked.seconds)
    with spool.open() as file:
        for piece in pieces(asked.form, names, rows, json_columns=asked.json_columns):
            file.write(piece.encode())
    return file.small()


def _in_time(rows: Iterable[Sequence[object]], seconds: float) -> Iterator[Sequence[object]]:
    for row in rows:
        yield row
        clock.give(seconds)


def _write(form: ExportFormat, selection: Selection, spool: Spool) -> bytes | None:
    with spool.open() as file:
        if form is ExportFormat.XLSX:
            clock.expect(selection.expected * ROW_OF_WORKBOOK)
            spool.folder.mkdir(exist_ok=True)
            with workbook(selection, [language()], spool.folder).file as made:
                for data in iter(partial(made.read, PIECE), b""):
                    file.write(data)
        else:
            write(form, selection, file)
    return file.small()


def write_selection(
    connection: sqlite3.Connection,
    form: ExportFormat,
    selection: Callable[[sqlite3.Connection], Selection],
    spool: Spool,
) -> bytes | None:
    """All of it, in one read transaction; as of `write_statement`. Raises TooMuch, ExportError, QueryError."""
    connection.execute("begin")
    return _write(form, selection(connection), spool)


def left_out(connection: sqlite3.Connection, query: Query) -> str | None:
    """What a query without a wanted word keeps out, as an expression of FTS5."""
    return excluding(query, Vocabulary(connection))
