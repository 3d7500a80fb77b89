"""Downloads that are whole or visibly broken.

Datasette cuts the CSV and the bare JSON arrays of a query at `max_returned_rows`, those of a table at a page, and
says so nowhere in the file; a table's CSV that breaks half-way ends with the error as its last line. Here each is
one query in one read transaction, streamed from a cursor; what fails later breaks the connection.
"""

import asyncio
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils import InvalidSql, derive_named_parameters, tilde_decode, validate_sql_select
from datasette.utils.asgi import AsgiStream, BadRequest, Request
from datasette.views.base import DatasetteError
from datasette.views.database import DatabaseView
from datasette.views.table import TableView

from db.export.tables import TYPES, ExportError, ExportFormat, pieces, reading, select
from db.language import t
from db.search.query import QueryError, check_length, parse

SECONDS = 30.0  # that SQLite may take until the next batch is there; how long the reader takes is not counted
BATCH = 256 * 1024  # characters
ENDINGS = {".bib": ExportFormat.BIBTEX, ".csl.json": ExportFormat.CSL, "-excel.csv": ExportFormat.EXCEL} | {
    f".{form}": form for form in (ExportFormat.CSV, ExportFormat.JSON, ExportFormat.JSONL, ExportFormat.RIS)
}
Ask = Callable[[sqlite3.Connection], Iterator[str]]  # → the answer's text, piece by piece


class ExportStream:
    """Text from a read transaction, a batch at a time, each fetched in a thread."""

    def __init__(self, datasette: Datasette) -> None:
        self.archive = Path(datasette.get_database("archive").path)
        self.deadline = 0.0
        self.stack = ExitStack()
        self.pieces: Iterator[str] = iter(())

    def open(self, ask: Ask) -> str:
        """Run the query and give the first batch: what is wrong with the query shows here."""
        connection = self.stack.enter_context(reading(self.archive))
        connection.set_progress_handler(lambda: time.monotonic() > self.deadline, 10_000)
        self.deadline = time.monotonic() + SECONDS
        self.pieces = ask(connection)
        return self.batch()

    def batch(self) -> str:
        """Empty at the end. Raises sqlite3.Error, ExportError."""
        self.deadline = time.monotonic() + SECONDS
        parts, length = [], 0
        for piece in self.pieces:
            parts.append(piece)
            length += len(piece)
            if length >= BATCH:
                break
        return "".join(parts)


async def stream(
    datasette: Datasette, request: Request, ask: Ask, form: ExportFormat, file: str | None = None
) -> Response | AsgiStream:
    answer = ExportStream(datasette)
    try:
        first = await asyncio.to_thread(answer.open, ask)
    except (sqlite3.Error, ExportError, QueryError) as error:
        await asyncio.to_thread(answer.stack.close)
        return refuse(form, explain(error))

    async def send_all(writer: Any) -> None:
        reader_left = asyncio.ensure_future(until_disconnect(request))
        try:
            batch = first
            while batch and not reader_left.done():
                following = asyncio.ensure_future(asyncio.to_thread(answer.batch))
                try:
                    await writer.write(batch)
                finally:  # nothing is closed while the thread reads
                    batch = await following
        finally:
            reader_left.cancel()
            await asyncio.to_thread(answer.stack.close)

    headers = {"content-disposition": f'attachment; filename="{file}"'} if file else {}
    return AsgiStream(send_all, headers=headers, content_type=f"{TYPES[form]}; charset=utf-8")


async def until_disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def explain(error: Exception) -> str:
    if str(error) == "interrupted":
        return t("errors.too_long", seconds=f"{SECONDS:.0f}")
    return str(error)


def refuse(form: ExportFormat, why: str) -> Response:
    if form in (ExportFormat.JSON, ExportFormat.JSONL, ExportFormat.CSL):
        return Response.json({"ok": False, "error": why, "status": 400}, status=400)
    return Response.text(f"{why}\n", status=400)


async def export(datasette: Datasette, request: Request) -> Response | AsgiStream:
    ending = request.url_vars["ending"]
    form = ENDINGS[ending]
    table = request.args.get("table") or "articles"
    query = request.args.get("q") or None

    def ask(connection: sqlite3.Connection) -> Iterator[str]:
        selection = select(connection, table, query)
        return pieces(form, selection.columns, selection.rows, outlets=selection.outlets)

    return await stream(datasette, request, ask, form, f"revierspiegel-{re.sub(r'[^a-z_]', '', table)}{ending}")


def bare_form(request: Request) -> ExportFormat | None:
    """The form asked for, where its answer has no room to say that it was cut."""
    if request.url_vars.get("format") == "csv":
        return ExportFormat.CSV
    if request.url_vars.get("format") == "json":
        shape = request.args.get("_shape")
        if shape in ("object", "arrayfirst"):
            raise BadRequest(t("errors.cut_shape", shape=shape))
        if shape == "array":
            return ExportFormat.JSONL if request.args.get("_nl") else ExportFormat.JSON
    return None


def statement(sql: str, parameters: dict[str, object], form: ExportFormat, json_columns: frozenset[str]) -> Ask:
    def ask(connection: sqlite3.Connection) -> Iterator[str]:
        cursor = connection.execute(sql, parameters)
        return pieces(form, [column[0] for column in cursor.description], cursor, json_columns=json_columns)

    return ask


async def query(datasette: Datasette, request: Request, send: Any) -> Any:
    """/archive.csv?sql=… and /archive.json?sql=…"""
    sql = request.args.get("sql")
    form = bare_form(request) if sql or request.url_vars["format"] == "csv" else None
    if form is None:
        return await DatabaseView.as_view(datasette)(request, send)
    try:
        validate_sql_select(sql or "")
    except InvalidSql as error:
        return refuse(form, f"?sql= {error}")
    arguments = {name: request.args.get(name) for name in request.args}
    names = await derive_named_parameters(datasette.get_database("archive"), sql)
    ask = statement(sql or "", {name: arguments.get(name) or "" for name in names}, form, json_columns(request))
    return await stream(datasette, request, ask, form, download(request, "archive", form))


async def table(datasette: Datasette, request: Request, send: Any) -> Any:
    """/archive/articles and its .csv and .json: Datasette says which query the page shows, and it is streamed whole."""
    if request.method not in ("GET", "HEAD"):
        return Response.text("only GET\n", status=405)
    if "_search" in request.args and not request.args["_search"].strip():
        return Response.redirect(datasette.urls.path(with_arguments(request, without="_search")))
    check = check_length if request.args.get("_searchmode") == "raw" else parse
    for name in request.args:
        if name == "_search" or name.startswith("_search_"):
            try:
                check(request.args[name])
            except QueryError as error:
                raise BadRequest(str(error)) from error
    form = bare_form(request)
    if form is None or (wants_page(request) and not request.args.get("_stream")):
        return await TableView.as_view(datasette)(request, send)
    return await whole_table(datasette, request, send, form)


def wants_page(request: Request) -> bool:
    return request.args.get("_size", "max") != "max" or "_next" in request.args


async def whole_table(datasette: Datasette, request: Request, send: Any, form: ExportFormat) -> Any:
    arguments = [(name, value) for name in request.args for value in request.args.getlist(name) if name != "_size"]
    query_string = urlencode([*arguments, ("_size", 0), ("_nocount", 1), ("_nofacet", 1)])
    page = Request({**request.scope, "query_string": query_string.encode()}, request.receive)
    try:
        shown = await TableView(datasette).data(page)
    except (sqlite3.OperationalError, InvalidSql) as error:
        return refuse(form, str(error))
    if isinstance(shown, Response):  # the same filters are written another way: Datasette redirects there
        return await TableView.as_view(datasette)(request, send)
    sql, parameters = shown[0]["query"]["sql"], shown[0]["query"]["params"]
    unlimited = re.sub(r" limit 1$", "", sql)
    if unlimited == sql:
        raise DatasetteError(t("errors.not_whole", sql=sql), status=400)
    ask = statement(unlimited, parameters, form, json_columns(request))
    return await stream(datasette, request, ask, form, download(request, tilde_decode(request.url_vars["table"]), form))


def download(request: Request, name: str, form: ExportFormat) -> str | None:
    """The file's name, where the answer shall be kept as one."""
    return re.sub(r"[^\w-]", "", name) + f".{form}" if request.args.get("_dl") else None


def json_columns(request: Request) -> frozenset[str]:
    """Datasette's `_json=authors`: the column is JSON and shall not be text."""
    return frozenset(request.args.getlist("_json"))


def with_arguments(request: Request, without: str) -> str:
    left = [(name, value) for name in request.args if name != without for value in request.args.getlist(name)]
    path: str = request.path
    return path + ("?" + urlencode(left) if left else "")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [
        (rf"^/export(?P<ending>{'|'.join(map(re.escape, ENDINGS))})$", export),
        (r"^/(?P<database>archive)\.(?P<format>csv|json)$", query),
        (r"^/(?P<database>archive)/(?P<table>[^/.]+)(\.(?P<format>\w+))?$", table),
    ]
