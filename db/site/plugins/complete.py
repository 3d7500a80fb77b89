"""Downloads that are whole or visibly broken.

Datasette cuts the CSV and the bare JSON arrays of a query at `max_returned_rows`, those of a table at a page, and
says so nowhere in the file; a table's CSV that breaks half-way ends with the error as its last line. Here each is
one query in one read transaction, streamed from a cursor; what fails later breaks the connection. A workbook is made
before it is sent: it is a zip, whose length can then be told.
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
from datasette.utils import derive_named_parameters, tilde_decode
from datasette.utils.asgi import AsgiStream, BadRequest, Request
from datasette.views.base import DatasetteError

from db.export.tables import TYPES, ExportFormat, pieces, reading, select, select_by
from db.language import t
from db.search.query import QueryError, check_length, parse
from db.search.search import Order
from db.site import arguments
from db.site.files import Attachment, send
from db.site.views import ReadersDatabase, ReadersRow, ReadersTable, check_sql, errors_in_words
from db.site.workbooks import SECONDS, AskRows, until_disconnect, workbook_for

BATCH = 256 * 1024  # characters
ENDINGS = {".bib": ExportFormat.BIBTEX, ".csl.json": ExportFormat.CSL, "-excel.csv": ExportFormat.EXCEL} | {
    f".{form}": form
    for form in (ExportFormat.CSV, ExportFormat.JSON, ExportFormat.JSONL, ExportFormat.RIS, ExportFormat.XLSX)
}
ORDERS: dict[str | None, Order] = {"best": "best", "newest": "newest"}
OF_A_PAGE = ("_size", "_next", "_as", "_dl", "_shape", "_nl")  # arguments that say which part is shown, and how
FORMS = {  # of a whole table: its ending, and what is asked for with it
    "csv": ("csv", {}),
    "xlsx": ("xlsx", {}),
    "json": ("json", {"_shape": "array"}),
    "jsonl": ("json", {"_shape": "array", "_nl": "on"}),
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
        with errors_in_words(request.path, t("errors.too_long", seconds=f"{SECONDS:.0f}")):
            first = await asyncio.to_thread(answer.open, ask)
    except BaseException:
        await asyncio.to_thread(answer.stack.close)
        raise

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


async def send_workbook(datasette: Datasette, request: Request, ask: AskRows, name: str) -> Response | AsgiStream:
    with errors_in_words(request.path, t("errors.too_long", seconds=f"{SECONDS:.0f}")):
        made = await workbook_for(Path(datasette.get_database("archive").path), request, ask)
    return send(request, Attachment(made.file, made.length, TYPES[ExportFormat.XLSX], name))


async def export(datasette: Datasette, request: Request) -> Response | AsgiStream:
    ending = request.url_vars["ending"]
    form = ENDINGS[ending]
    table = request.args.get("table") or "articles"
    query = request.args.get("q") or None
    order = ORDERS.get(request.args.get("order"))
    name = f"revierspiegel-{re.sub(r'[^a-z_]', '', table)}{ending}"

    def ask(connection: sqlite3.Connection) -> Iterator[str]:
        selection = select(connection, table, query, order)
        return pieces(form, selection.columns, selection.rows, outlets=selection.outlets)

    if form is ExportFormat.XLSX:
        return await send_workbook(datasette, request, lambda connection: select(connection, table, query, order), name)
    return await stream(datasette, request, ask, form, name)


def bare_form(request: Request) -> ExportFormat | None:
    """The form asked for, where its answer has no room to say that it was cut."""
    if request.url_vars.get("format") in (ExportFormat.CSV, ExportFormat.XLSX):
        return ExportFormat(request.url_vars["format"])
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
    if form is None or form is ExportFormat.XLSX:
        return await ReadersDatabase.as_view(datasette)(request, send)
    check_sql(sql or "")
    values = {name: request.args.get(name) for name in request.args}
    with errors_in_words(request.path):
        names = await derive_named_parameters(datasette.get_database("archive"), sql)
    ask = statement(sql or "", {name: values.get(name) or "" for name in names}, form, json_columns(request))
    return await stream(datasette, request, ask, form, download(request, "archive", form))


async def table(datasette: Datasette, request: Request, send: Any) -> Any:
    """/archive/articles and its .csv and .json: Datasette says which query the page shows, and it is streamed whole."""
    if "_search" in request.args and not request.args["_search"].strip():
        return Response.redirect(datasette.urls.path(with_arguments(request, without="_search")))
    check = check_length if request.args.get("_searchmode") == "raw" else parse
    for name in request.args:
        if name == "_search" or name.startswith("_search_"):
            try:
                check(request.args[name])
            except QueryError as error:
                raise BadRequest(str(error)) from error
    arguments.check_length(request.query_string)
    form = bare_form(request)
    if form is None or (form is not ExportFormat.XLSX and wants_page(request) and not request.args.get("_stream")):
        return await ReadersTable.as_view(datasette)(request, send)
    return await whole_table(datasette, request, send, form)


def wants_page(request: Request) -> bool:
    return request.args.get("_size", "max") != "max" or "_next" in request.args


async def whole_table(datasette: Datasette, request: Request, send: Any, form: ExportFormat) -> Any:
    without = ("_size", "_next") if form is ExportFormat.XLSX else ("_size",)
    pairs = [(name, value) for name in request.args if name not in without for value in request.args.getlist(name)]
    query_string = urlencode([*pairs, ("_size", 0), ("_nocount", 1), ("_nofacet", 1)])
    page = Request({**request.scope, "query_string": query_string.encode()}, request.receive)
    shown = await ReadersTable(datasette).data(page)
    if isinstance(shown, Response):  # the same filters are written another way: Datasette redirects there
        return await ReadersTable.as_view(datasette)(request, send)
    sql, parameters = shown[0]["query"]["sql"], shown[0]["query"]["params"]
    unlimited = re.sub(r" limit 1$", "", sql)
    if unlimited == sql:
        raise DatasetteError(t("errors.not_whole", sql=sql), status=400)
    name = tilde_decode(request.url_vars["table"])
    if form is ExportFormat.XLSX:
        return await send_workbook(
            datasette,
            request,
            lambda connection: select_by(connection, name, unlimited, parameters),
            file_name(name, form),
        )
    ask = statement(unlimited, parameters, form, json_columns(request))
    return await stream(datasette, request, ask, form, download(request, name, form))


async def row(datasette: Datasette, request: Request, send: Any) -> Any:
    return await ReadersRow.as_view(datasette)(request, send)


def download(request: Request, name: str, form: ExportFormat) -> str | None:
    """The file's name, where the answer shall be kept as one."""
    return file_name(name, form) if request.args.get("_dl") else None


def file_name(table: str, form: ExportFormat) -> str:
    return re.sub(r"[^\w-]", "", table) + f".{form}"


def json_columns(request: Request) -> frozenset[str]:
    """Datasette's `_json=authors`: the column is JSON and shall not be text."""
    return frozenset(request.args.getlist("_json"))


def with_arguments(request: Request, without: str) -> str:
    left = [(name, value) for name in request.args if name != without for value in request.args.getlist(name)]
    path: str = request.path
    return path + ("?" + urlencode(left) if left else "")


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars(request: Request | None) -> dict[str, Callable[[str], str]]:
    def whole(form: str) -> str:
        """Where all that a table's page shows a part of is a file, in the same order."""
        assert request
        ending, asked = FORMS[form]
        kept = [(name, value) for name in request.args if name not in OF_A_PAGE for value in request.args.getlist(name)]
        return f"{request.path}.{ending}?{urlencode([*kept, *asked.items(), ('_dl', 1)])}"

    return {"whole": whole}


@hookimpl(trylast=True)  # type: ignore[untyped-decorator]  # after those of single files, as articles/17.ris
def register_routes() -> list[tuple[str, Any]]:
    return [
        (rf"^/export(?P<ending>{'|'.join(map(re.escape, ENDINGS))})$", export),
        (r"^/(?P<database>archive)(\.(?P<format>(?!db$)\w+))?$", query),
        (r"^/(?P<database>archive)/(?P<table>[^/.]+)(\.(?P<format>\w+))?$", table),
        (r"^/(?P<database>archive)/(?P<table>[^/]+?)/(?P<pks>[^/]+?)(\.(?P<format>\w+))?$", row),
    ]
