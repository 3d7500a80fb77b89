"""A table taken along, as data or as references: read in one transaction, counted against the table, hashed."""

import base64
import hashlib
import json
import math
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from db.export.cells import JSON_COLUMNS, Shortened, from_json
from db.export.citations import Citation, as_bibtex, as_csl, as_ris, cite
from db.export.csv_quoting import csv_pieces, excel_pieces
from db.export.wiki_citations import as_cite_news, as_internetquelle, as_wikidata
from db.export.workbooks import SHEET_ROWS, Workbook, make_workbook
from db.language import languages, t
from db.problem import Problem
from db.search import search
from db.search.search import Order
from db.search.taken_along import TAKEN
from db.store.connection import ArchiveError, connect, mode_to_read
from db.store.finders.catalogue import CitedFinder, cited
from db.store.leaving.tombstones import SHOWN

# JSON allows them inside a string, and many a reader of lines breaks the line there (str.splitlines does).
_LINE_BREAKS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}

PIECE = 256 * 1024  # bytes

_encode = json.JSONEncoder(ensure_ascii=False).encode


class ExportFormat(StrEnum):
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    EXCEL = "excel"  # CSV as a German Excel opens it
    XLSX = "xlsx"  # a zip: bytes, which no `pieces` gives
    RIS = "ris"
    BIBTEX = "bibtex"
    CSL = "csl"
    CITE_NEWS = "cite-news"
    INTERNETQUELLE = "internetquelle"
    WIKIDATA = "wikidata"


TYPES = {
    ExportFormat.CSV: "text/csv",
    ExportFormat.JSON: "application/json",
    ExportFormat.JSONL: "application/x-ndjson",
    ExportFormat.EXCEL: "text/csv",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.RIS: "application/x-research-info-systems",
    ExportFormat.BIBTEX: "application/x-bibtex",
    ExportFormat.CSL: "application/vnd.citationstyles.csl+json",
    ExportFormat.CITE_NEWS: "text/plain",
    ExportFormat.INTERNETQUELLE: "text/plain",
    ExportFormat.WIKIDATA: "text/plain",
}


class ExportError(Problem):
    """The export is refused or incomplete; the message says what to do."""


class UnreadableError(ExportError):
    """The archive cannot be read; the message has its path, which is not for readers of the site."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What one read transaction gives: `rows` are read while it lasts, and complain if they are not `expected`."""

    table: str
    columns: tuple[str, ...]
    expected: int
    rows: Iterator[Sequence[object]]
    outlets: Mapping[str, str] = field(default_factory=dict)  # names of the sources
    finders: Sequence[CitedFinder] = ()  # that are to be cited


@dataclass(frozen=True, slots=True)
class Exported:
    rows: int
    expected: int
    sha256: str
    path: Path | None  # None: standard output
    shortened: int | None = None  # texts that a cell of Excel cannot hold; None: this form cuts nothing


class Writable(Protocol):
    def write(self, data: bytes, /) -> object: ...


@contextmanager
def reading(archive: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write, inside one read transaction. Raises UnreadableError."""
    try:
        mode = mode_to_read(archive)
    except ArchiveError as error:
        raise UnreadableError(str(error)) from error
    with closing(connect(archive, mode, threads=True)) as connection:
        connection.row_factory = sqlite3.Row
        search.register(connection)
        connection.execute("begin")
        yield connection


def tables(connection: sqlite3.Connection) -> tuple[str, ...]:
    """The tables that can be exported: neither the search index nor SQLite's and the migrations' own."""
    listed = connection.execute("pragma table_list").fetchall()  # schema, name, type, …
    own = ("sqlite_", "_")
    return tuple(
        sorted(
            name
            for schema, name, kind, *_ in listed
            if schema == "main" and kind in ("table", "view") and not name.startswith(own)
        )
    )


def columns(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """Raises ExportError for a table that there is not."""
    names = tables(connection)
    if table not in names:
        raise ExportError(t("exports.no_table", table=repr(table), known=", ".join(names) or "–"))
    asked = connection.execute(f'select {_taken(table, names)} from "{table}" limit 0')
    return tuple(column[0] for column in asked.description)


def _taken(table: str, tables: Sequence[str]) -> str:
    """Of an archive of an older version there is less to take along."""
    return TAKEN if table == "articles" and "newsrooms" in tables else "*"


def select(
    connection: sqlite3.Connection, table: str = "articles", query: str | None = None, order: Order | None = None
) -> Selection:
    """`order`: of articles; without, best first where there is a query, else as they are stored.

    Raises ExportError, QueryError.
    """
    names = columns(connection, table)
    if (query or order) and table != "articles":
        raise ExportError(t("exports.not_searched" if query else "exports.not_ordered", table=repr(table)))
    if query is None:
        where = f" where {SHOWN}" if table == "tombstones" else ""
        expected = connection.execute(f'select count(*) from "{table}"{where}').fetchone()[0]
        by_date = " order by published_utc desc, id desc" if order else ""
        taken = _taken(table, tables(connection))
        rows: Iterable[sqlite3.Row] = connection.execute(f'select {taken} from "{table}"{where}{by_date}')
    else:
        expected, rows = search.count(connection, query), search.ranked(connection, query, order or "best")
    return Selection(table, names, expected, counted(rows, expected), outlets(connection), cited(connection))


def select_by(connection: sqlite3.Connection, table: str, sql: str, parameters: Mapping[str, object]) -> Selection:
    """What a statement gives, of the rows of a table; counted as those of `select` are."""
    expected = connection.execute(f"select count(*) from ({sql})", parameters).fetchone()[0]
    cursor = connection.execute(sql, parameters)
    names = tuple(column[0] for column in cursor.description)
    return Selection(table, names, expected, counted(cursor, expected), finders=cited(connection))


def outlets(connection: sqlite3.Connection) -> dict[str, str]:
    """Id and name of each source."""
    if "sources" not in tables(connection):
        return {}
    return dict(tuple(row) for row in connection.execute("select id, name from sources where name > ''"))


def counted(rows: Iterable[Sequence[object]], expected: int) -> Iterator[Sequence[object]]:
    """The rows; raises ExportError where they are not as many as they should be."""
    number = 0
    for number, row in enumerate(rows, start=1):  # noqa: B007 - the last number is the count
        yield row
    if number != expected:
        raise ExportError(f"{number} rows came where {expected} were counted: run `revierspiegel doctor`")


def pieces(
    form: ExportFormat,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    json_columns: frozenset[str] = JSON_COLUMNS,
    outlets: Mapping[str, str] = MappingProxyType({}),
    shortened: list[Shortened] | None = None,
) -> Iterator[str]:
    """The export as text: what opens it, then a piece for each row, then what closes it. Raises ExportError."""
    if form is ExportFormat.CSV:
        return csv_pieces(columns, rows)
    if form is ExportFormat.EXCEL:
        return excel_pieces(columns, rows, shortened)
    if form in _CITED:
        return _cited_pieces(form, columns, rows, outlets)
    twice = sorted({name for name in columns if list(columns).count(name) > 1})
    if twice:
        raise ExportError(t("exports.twice", column=repr(twice[0])))
    as_json = [name in json_columns for name in columns]
    lines = (_json_line(columns, row, as_json) for row in rows)
    return _array(lines) if form is ExportFormat.JSON else (f"{line}\n" for line in lines)


def _array(lines: Iterable[str]) -> Iterator[str]:
    opening = "["
    for line in lines:
        yield f"{opening}\n{line}"
        opening = ","
    yield "[]\n" if opening == "[" else "\n]\n"


_CITED: Mapping[ExportFormat, Callable[[Citation], str]] = {
    ExportFormat.RIS: as_ris,
    ExportFormat.BIBTEX: as_bibtex,
    ExportFormat.CSL: lambda citation: _encode(as_csl(citation)),
    ExportFormat.CITE_NEWS: as_cite_news,
    ExportFormat.INTERNETQUELLE: as_internetquelle,
    ExportFormat.WIKIDATA: as_wikidata,
}


def _cited_pieces(
    form: ExportFormat, columns: Sequence[str], rows: Iterable[Sequence[object]], outlets: Mapping[str, str]
) -> Iterator[str]:
    if not {"title", "identity", "fetched_at"} <= set(columns):
        raise ExportError(t("exports.not_cited", form=str(ExportFormat.CSV)))
    entries = (_CITED[form](cite(dict(zip(columns, row, strict=True)), outlets)) for row in rows)
    return _array(entries) if form is ExportFormat.CSL else entries


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
            return from_json(cell)
        except ValueError:
            return cell
    return cell


def workbook(selection: Selection, languages: Sequence[str], folder: Path | None = None) -> Workbook:
    """Who asks for it closes its file. Raises ExportError."""
    if selection.expected >= SHEET_ROWS:  # the first is for the names of the columns
        raise ExportError(t("errors.too_many_rows", most=SHEET_ROWS))
    return make_workbook(selection, languages, folder)


@dataclass(frozen=True, slots=True)
class _Counts:
    rows: int
    shortened: int | None


def write(form: ExportFormat, selection: Selection, out: Writable) -> _Counts:
    """Raises ExportError."""
    if form is ExportFormat.XLSX:
        made = workbook(selection, languages())
        with made.file as file:
            for data in iter(partial(file.read, PIECE), b""):
                out.write(data)
        return _Counts(made.rows, made.shortened)
    written, shortened = 0, list[Shortened]()

    def numbered() -> Iterator[Sequence[object]]:
        nonlocal written
        for row in selection.rows:
            yield row
            written += 1

    for piece in pieces(form, selection.columns, numbered(), outlets=selection.outlets, shortened=shortened):
        out.write(piece.encode())
    return _Counts(written, len(shortened) if form is ExportFormat.EXCEL else None)


class _Hashed:
    def __init__(self, sink: Callable[[bytes], object]) -> None:
        self.sink, self.hash = sink, hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.hash.update(data)
        self.sink(data)


def export(
    archive: Path,
    form: ExportFormat | str,
    table: str = "articles",
    query: str | None = None,
    out: Path | None = None,
    order: Order | None = None,
) -> Exported:
    """To `out`, or to standard output. `out` is complete or is not there. Raises ExportError, QueryError."""
    if form not in list(ExportFormat):
        raise ExportError(f"{form!r} is no form of export; choose one of: {', '.join(ExportFormat)}")
    return export_selection(archive, ExportFormat(form), partial(select, table=table, query=query, order=order), out)


def export_selection(
    archive: Path, form: ExportFormat, choose: Callable[[sqlite3.Connection], Selection], out: Path | None = None
) -> Exported:
    """As `export`, of what `choose` gives."""
    try:
        with reading(archive) as connection:
            selection = choose(connection)
            if out is not None:
                return write_file(form, selection, out)
            sink = _Hashed(sys.stdout.buffer.write)
            counts = write(form, selection, sink)
            sys.stdout.buffer.flush()
    except sqlite3.Error as error:
        raise ExportError(f"{archive}: cannot be read ({error}); run `revierspiegel doctor`") from error
    return Exported(counts.rows, selection.expected, sink.hash.hexdigest(), None, counts.shortened)


def write_file(form: ExportFormat, selection: Selection, out: Path) -> Exported:
    """`out` is complete or as it was before. Raises ExportError, sqlite3.Error."""
    beside = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            sink = _Hashed(file.write)
            counts = write(form, selection, sink)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(out)
    except OSError as error:
        raise ExportError(
            f"{out}: cannot be written ({error.strerror}); make room, or name another file in a folder that exists"
        ) from error
    finally:
        beside.unlink(missing_ok=True)
    return Exported(counts.rows, selection.expected, sink.hash.hexdigest(), out, counts.shortened)
