"""CSV, JSON and JSON lines of a table: read in one transaction, counted against the table, hashed."""

import base64
import csv
import hashlib
import json
import math
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from db import search
from db.problem import Problem

# Columns that hold JSON as text: the text itself in CSV, lists and objects in JSON.
JSON_COLUMNS = frozenset({"authors", "agencies", "reasons", "addresses", "lead"})

# JSON allows them inside a string, and many a reader of lines breaks the line there (str.splitlines does).
_LINE_BREAKS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}

_encode = json.JSONEncoder(ensure_ascii=False).encode


class Form(StrEnum):
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"


class ExportError(Problem):
    """The export is refused or incomplete; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What one read transaction gives: `rows` are read while it lasts, and complain if they are not `expected`."""

    columns: tuple[str, ...]
    expected: int
    rows: Iterator[sqlite3.Row]


@dataclass(frozen=True, slots=True)
class Exported:
    rows: int
    expected: int
    sha256: str
    path: Path | None  # None: standard output


class Writable(Protocol):
    def write(self, text: str, /) -> object: ...


def must_be_immutable(archive: Path) -> bool:
    """Whether it can only be read as a file that nobody writes. Raises ExportError where it cannot be read at all.

    A file in WAL mode needs its -shm beside it. Where nothing can be written that is only there while a writer is,
    and SQLite says "attempt to write a readonly database".
    """
    if not archive.is_file():
        raise ExportError(f"{archive}: there is no archive yet; run `revierspiegel crawl`")
    try:
        with closing(_connect(archive, "mode=ro")) as connection:
            connection.execute("select count(*) from sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        log = archive.with_name(f"{archive.name}-wal")
        if (
            not os.access(archive, os.R_OK)
            or os.access(archive.parent, os.W_OK)
            or (log.is_file() and log.stat().st_size)
        ):
            raise ExportError(f"{archive}: cannot be read ({error}); make it and its folder yours") from error
        return True
    except sqlite3.DatabaseError as error:
        raise ExportError(f"{archive}: is no archive ({error}); restore a backup or set REVIERSPIEGEL_HOME") from error
    return False


def _connect(archive: Path, mode: str) -> sqlite3.Connection:
    address = f"{archive.absolute().as_uri()}?{mode}"
    return sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)


@contextmanager
def reading(archive: Path, *, immutable: bool | None = None) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write, inside one read transaction; `immutable` is found out unless it is known.

    Raises ExportError.
    """
    frozen = must_be_immutable(archive) if immutable is None else immutable
    with closing(_connect(archive, "immutable=1" if frozen else "mode=ro")) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("pragma query_only = on")
        search.register(connection)
        connection.execute("begin")
        yield connection


def tables(connection: sqlite3.Connection) -> tuple[str, ...]:
    """The tables that can be exported: neither the search index nor SQLite's and the migrations' own."""
    sql = r"""
        select name from pragma_table_list where schema = 'main' and type in ('table', 'view')
        and name not like 'sqlite\_%' escape '\' and name not like '\_%' escape '\' order by name
    """
    return tuple(row[0] for row in connection.execute(sql))


def columns(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """Raises ExportError for a table that there is not."""
    known = tables(connection)
    if table not in known:
        raise ExportError(f"there is no table {table!r}; choose one of: {', '.join(known) or '(the archive is empty)'}")
    return tuple(row[0] for row in connection.execute("select name from pragma_table_info(?)", [table]))


def rows(connection: sqlite3.Connection, table: str, query: str | None = None) -> Iterator[sqlite3.Row]:
    """In the order in which they came, or best first for a query. Raises ExportError, QueryError."""
    yield from select(connection, table, query).rows


def select(connection: sqlite3.Connection, table: str = "articles", query: str | None = None) -> Selection:
    """Raises ExportError, QueryError."""
    names = columns(connection, table)
    if query is None:
        expected = connection.execute(f'select count(*) from "{table}"').fetchone()[0]
        return Selection(names, expected, _counted(connection.execute(f'select * from "{table}"'), expected))
    if table != "articles":
        raise ExportError(f"only articles can be searched, not {table!r}: leave out the query or the table")
    expected = search.count(connection, query)
    return Selection(names, expected, _counted(search.ranked(connection, query), expected))


def _counted(rows: Iterable[sqlite3.Row], expected: int) -> Iterator[sqlite3.Row]:
    number = 0
    for number, row in enumerate(rows, start=1):  # noqa: B007 - the last number is the count
        yield row
    if number != expected:
        raise ExportError(f"{number} rows came where {expected} were counted: run `revierspiegel doctor`")


def pieces(
    form: Form, columns: Sequence[str], rows: Iterable[Sequence[object]], json_columns: frozenset[str] = JSON_COLUMNS
) -> Iterator[str]:
    """The export as text: what opens it, then a piece for each row, then what closes it."""
    if form is Form.CSV:
        yield from _csv_pieces(columns, rows)
        return
    twice = sorted({name for name in columns if list(columns).count(name) > 1})
    if twice:
        raise ExportError(f"two columns are named {twice[0]!r}: JSON would lose one; rename it with 'as'")
    as_json = [name in json_columns for name in columns]
    lines = (_json_line(columns, row, as_json) for row in rows)
    if form is Form.JSONL:
        yield from (f"{line}\n" for line in lines)
        return
    opening = "["
    for line in lines:
        yield f"{opening}\n{line}"
        opening = ","
    yield "[]\n" if opening == "[" else "\n]\n"


class _Line:
    """csv.writer hands on what its file's `write` returns: the row as text."""

    def write(self, text: str) -> str:
        return text


def _csv_pieces(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    line: Callable[[Sequence[object]], str] = csv.writer(_Line()).writerow
    yield line(columns)
    for row in rows:
        yield line([base64.b64encode(cell).decode() if isinstance(cell, bytes) else cell for cell in row])


def _json_line(columns: Sequence[str], row: Sequence[object], as_json: Sequence[bool]) -> str:
    cells = {name: _plain(cell, parsed) for name, cell, parsed in zip(columns, row, as_json, strict=True)}
    line = _encode(cells)
    for letter, escaped in _LINE_BREAKS.items():  # str.translate took 20 times as long: 0.4 ms for an article of 2 kB
        line = line.replace(letter, escaped)
    return line


def _plain(cell: object, parsed: bool) -> object:
    if isinstance(cell, bytes):  # as Datasette writes them
        return {"$base64": True, "encoded": base64.b64encode(cell).decode()}
    if isinstance(cell, float) and not math.isfinite(cell):
        return None  # JSON has no infinity
    if parsed and isinstance(cell, str):
        try:
            return json.loads(cell)
        except ValueError:
            return cell
    return cell


def write(form: Form, rows: Iterable[Sequence[object]], columns: Sequence[str], out: Writable) -> int:
    """The number of rows written."""
    written = 0

    def numbered() -> Iterator[Sequence[object]]:
        nonlocal written
        for row in rows:
            yield row
            written += 1

    for piece in pieces(form, columns, numbered()):
        out.write(piece)
    return written


class _Bytes:
    """Writes UTF-8 whatever the terminal says, and hashes it."""

    def __init__(self, sink: Callable[[bytes], object]) -> None:
        self.sink, self.hash = sink, hashlib.sha256()

    def write(self, text: str) -> None:
        data = text.encode()
        self.hash.update(data)
        self.sink(data)


def export(
    archive: Path, form: Form | str, table: str = "articles", query: str | None = None, out: Path | None = None
) -> Exported:
    """To `out`, or to standard output. `out` is complete or is not there. Raises ExportError, QueryError."""
    if form not in list(Form):
        raise ExportError(f"{form!r} is no form of export; choose one of: {', '.join(Form)}")
    try:
        with reading(archive) as connection:
            selection = select(connection, table, query)
            if out is None:
                sink = _Bytes(sys.stdout.buffer.write)
                number = write(Form(form), selection.rows, selection.columns, sink)
                sys.stdout.buffer.flush()
            else:
                sink, number = _write_file(Form(form), selection, out)
    except sqlite3.Error as error:
        raise ExportError(f"{archive}: cannot be read ({error}); run `revierspiegel doctor`") from error
    return Exported(number, selection.expected, sink.hash.hexdigest(), out)


def _write_file(form: Form, selection: Selection, out: Path) -> tuple[_Bytes, int]:
    beside = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            sink = _Bytes(file.write)
            number = write(form, selection.rows, selection.columns, sink)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(out)
    except OSError as error:
        raise ExportError(
            f"{out}: cannot be written ({error.strerror}); make room, or name another file in a folder that exists"
        ) from error
    finally:
        beside.unlink(missing_ok=True)
    return sink, number
