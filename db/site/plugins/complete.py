"""Downloads that are whole, or none.

Datasette cuts the CSV and the bare JSON arrays of a query at `max_returned_rows`, those of a table at a page, and
says so nowhere in the file; a table's CSV that breaks half-way ends with the error as its last line. Here each is
one query in one read transaction, written to a file by a process of its own, and sent once it is whole: with its
length, and as slowly as its reader likes, for nobody waits for a transaction that is over.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import IO, Any
from urllib.parse import urlencode

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils import derive_named_parameters, tilde_decode
from datasette.utils.asgi import AsgiStream, BadRequest, Request
from datasette.views.base import DatasetteError

from db.export.studies.samples import read_plan, select_sample
from db.export.tables import TYPES, ExportError, ExportFormat, Selection, select
from db.language import t
from db.search.query import QueryError, check_length, parse
from db.search.search import Order
from db.site import arguments
from db.site.answering.bounds import STREAM
from db.site.answering.dispatch import Question, dispatcher_of, kind_of_export
from db.site.answering.lanes import TooBusy
from db.site.answering.processes import Late
from db.site.answering.tasks import Statement, write_selection, write_statement
from db.site.answering.visitors import current
from db.site.database import apart, without_reading
from db.site.files import Attachment, send
from db.site.plugins.errors import refuse_briefly
from db.site.views import ReadersDatabase, ReadersRow, ReadersTable, check_sql, errors_in_words

SQL_SECONDS = 15  # until all of an answer to ?sql= is there; SQLite may take sql_time_limit_ms until the next row is
EXPORT_SECONDS = 300  # 1,000,000 articles take 40
ROW_SECONDS = 30  # of them, that SQLite may take until the next row of a table is there
ENDINGS = {
    ".bib": ExportFormat.BIBTEX,
    ".csl.json": ExportFormat.CSL,
    "-excel.csv": ExportFormat.EXCEL,
    ".en.wiki": ExportFormat.CITE_NEWS,
    ".de.wiki": ExportFormat.INTERNETQUELLE,
} | {
    f".{form}": form
    for form in (
        *(ExportFormat.CSV, ExportFormat.JSON, ExportFormat.JSONL, ExportFormat.XLSX),
        *(ExportFormat.RIS, ExportFormat.WIKIDATA),
    )
}
ORDERS: dict[str | None, Order] = {"best": "best", "newest": "newest"}
OF_A_PAGE = ("_size", "_next", "_as", "_dl", "_shape", "_nl")  # arguments that say which part is shown, and how
FORMS = {  # of a whole table: its ending, and what is asked for with it
    "csv": ("csv", {}),
    "xlsx": ("xlsx", {}),
    "json": ("json", {"_shape": "array"}),
    "jsonl": ("json", {"_shape": "array", "_nl": "on"}),
}


View = Callable[[Datasette, Request, Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Ask:
    """What writes an answer into a file, and how much of it there may be."""

    question: Question
    seconds: int  # until all of it is there
    patience: int  # seconds until the next row is there
    work: Callable[..., bytes | None]  # of tasks.py
    arguments: tuple[Any, ...]
    what: str  # where it is more
    most: int | None = None  # bytes


async def whole(
    datasette: Datasette, request: Request, ask: Ask, form: ExportFormat, name: str | None = None
) -> AsgiStream:
    """`name`: of the file, where it shall be kept as one. Raises Refused, TooBusy, Gone, DatasetteError."""
    dispatcher, visitor = dispatcher_of(datasette), current.get()
    with errors_in_words(request.path), dispatcher.spools.spool(ask.what, ask.most) as spool:
        body: IO[bytes]
        try:
            small = await dispatcher.do(ask.question, ask.seconds, ask.work, *ask.arguments, spool)
        except Late as error:
            raise DatasetteError(t("errors.too_long", seconds=f"{ask.patience}"), status=400) from error
        if small is None:
            visitor.cost(dispatcher.slots)
            body, length = spool.path.open("rb"), spool.path.stat().st_size
        else:
            body, length = BytesIO(small), len(small)
        visitor.held.enter_context(body)
    charset = "" if form is ExportFormat.XLSX else "; charset=utf-8"
    return send(request, Attachment(body, length, f"{TYPES[form]}{charset}", name))


async def export(datasette: Datasette, request: Request, send: Any) -> AsgiStream:
    ending = request.url_vars["ending"]
    form = ENDINGS[ending]
    table = request.args.get("table") or "articles"
    query = request.args.get("q") or None
    order = ORDERS.get(request.args.get("order"))
    name = f"revierspiegel-{re.sub(r'[^a-z_]', '', table)}{ending}"
    if size := request.args.get("sample"):
        name, choose = f"revierspiegel-sample{ending}", sampled(request, size, table, query)
    else:
        choose = partial(select, table=table, query=query, order=order)
    ask = Ask(kind_of_export(form), EXPORT_SECONDS, EXPORT_SECONDS, write_selection, (form, choose), "bounds.export")
    return await whole(datasette, request, ask, form, name)


def sampled(request: Request, size: str, table: str, query: str | None) -> "partial[Selection]":
    """?sample=200&by=source,month&seed=7, or &by=source&by=month, as a form sends it. Raises DatasetteError."""
    with errors_in_words(request.path):
        if table != "articles":
            raise ExportError(t("exports.not_sampled", table=repr(table)))
        plan = read_plan(size, ",".join(request.args.getlist("by")), request.args.get("seed") or 1)
    return partial(select_sample, plan=plan, query=query)


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


async def query(datasette: Datasette, request: Request, send: Any) -> Any:
    """/archive.csv?sql=… and /archive.json?sql=…"""
    sql = request.args.get("sql")
    form = bare_form(request) if sql or request.url_vars["format"] == "csv" else None
    if form is None or form is ExportFormat.XLSX:
        async with apart(datasette, Question.SQL, json_columns(request)) if sql else nullcontext():
            return await ReadersDatabase.as_view(datasette)(request, send)
    check_sql(sql or "")
    return await whole_statement(datasette, request, sql or "", form, "archive")


async def whole_statement(
    datasette: Datasette, request: Request, sql: str, form: ExportFormat, name: str
) -> AsgiStream:
    values = {name: request.args.get(name) for name in request.args}
    with errors_in_words(request.path):
        async with apart(datasette, Question.SQL):
            names = await derive_named_parameters(datasette.get_database("archive"), sql)
    ask = ask_sql(datasette, request, sql, {name: values.get(name) or "" for name in names}, form)
    return await whole(datasette, request, ask, form, download(request, name, form))


def ask_sql(
    datasette: Datasette, request: Request, sql: str, parameters: Mapping[str, object], form: ExportFormat
) -> Ask:
    patience = datasette.sql_time_limit_ms // 1000
    asked = Statement(sql, parameters, form, patience, json_columns(request), "query")
    return Ask(Question.SQL, SQL_SECONDS, patience, write_statement, (asked,), "bounds.stream", STREAM)


def question_of(request: Request) -> Question:
    """A condition that a reader types in SQL may cost as much as a statement."""
    return Question.SQL if "_where" in request.args else Question.TABLE


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
    form, name = bare_form(request), tilde_decode(request.url_vars["table"])
    saved = await datasette.get_canned_query("archive", name, request.actor)
    if saved and form:
        return await whole_statement(datasette, request, saved["sql"], form, name)
    if form is None or (form is not ExportFormat.XLSX and wants_page(request) and not request.args.get("_stream")):
        async with apart(datasette, Question.SQL if saved else question_of(request), json_columns(request)):
            return await ReadersTable.as_view(datasette)(request, send)
    return await whole_table(datasette, request, send, form)


def wants_page(request: Request) -> bool:
    return request.args.get("_size", "max") != "max" or "_next" in request.args


async def whole_table(datasette: Datasette, request: Request, send: Any, form: ExportFormat) -> Any:
    without = ("_size", "_next") if form is ExportFormat.XLSX else ("_size",)
    pairs = [(name, value) for name in request.args if name not in without for value in request.args.getlist(name)]
    query_string = urlencode([*pairs, ("_size", 0), ("_nocount", 1), ("_nofacet", 1)])
    page = Request({**request.scope, "query_string": query_string.encode()}, request.receive)
    of_sql = question_of(request) is Question.SQL
    async with apart(datasette, Question.SQL) if of_sql else without_reading():
        shown = await ReadersTable(datasette).data(page)
    if isinstance(shown, Response):  # the same filters are written another way: Datasette redirects there
        return await ReadersTable.as_view(datasette)(request, send)
    sql, parameters = shown[0]["query"]["sql"], shown[0]["query"]["params"]
    unlimited = re.sub(r" limit 1$", "", sql)
    if unlimited == sql:
        raise DatasetteError(t("errors.not_whole", sql=sql), status=400)
    name = tilde_decode(request.url_vars["table"])
    file = file_name(name, form) if form is ExportFormat.XLSX else download(request, name, form)
    if of_sql:
        ask = ask_sql(datasette, request, unlimited, parameters, form)
    else:
        asked = Statement(unlimited, parameters, form, ROW_SECONDS, json_columns(request), name)
        ask = Ask(kind_of_export(form), EXPORT_SECONDS, ROW_SECONDS, write_statement, (asked,), "bounds.export")
    return await whole(datasette, request, ask, form, file)


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


def at_once(view: View) -> View:
    """Who asks too much is told so at once: Datasette's way to an error takes 3 ms, and they may be a thousand."""

    async def refusing(datasette: Datasette, request: Request, send: Any) -> Any:
        try:
            return await view(datasette, request, send)
        except TooBusy as error:
            return refuse_briefly(request, error.status, str(error))

    return refusing


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
        (rf"^/export(?P<ending>{'|'.join(map(re.escape, ENDINGS))})$", at_once(export)),
        (r"^/(?P<database>archive)(\.(?P<format>(?!db$)\w+))?$", at_once(query)),
        (r"^/(?P<database>archive)/(?P<table>[^/.]+)(\.(?P<format>\w+))?$", at_once(table)),
        (r"^/(?P<database>archive)/(?P<table>[^/]+?)/(?P<pks>[^/]+?)(\.(?P<format>\w+))?$", row),
    ]
