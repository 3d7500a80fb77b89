"""/search: what was found, best or newest first, with its hits marked; counts by source, month and so on as links."""

import csv
import io
import re
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils import sqlite_timelimit
from datasette.utils.asgi import Request

from db.days import today
from db.language import month, t
from db.search.highlight import Piece, marked, snippet
from db.search.query import LONGEST, NOTHING, Query, QueryError, parse, without
from db.search.search import FACETS, Expansion, Order, ask, by_day, by_month, facets, search

PAGE = 20  # articles
MILLISECONDS = 4000
DATES = ("year", "month", "day")
TIMES = (*DATES, "from", "to")  # of which one is chosen, or the last two
FILTERS = ("source", "kind", "lang", "access", *TIMES)
ORDERS: dict[str, Order] = {"best": "best", "newest": "newest"}
PICTURE = 90  # pixels


@dataclass(frozen=True, slots=True)
class SearchArguments:
    q: str
    narrowed: dict[str, str]  # filter → value
    order: Order | None
    page: int

    @classmethod
    def of(cls, request: Request) -> "SearchArguments":
        values = {name: (request.args.get(name) or "").strip() for name in ("q", "order", "page", *FILTERS)}
        page = int(values["page"]) if re.fullmatch(r"\d{1,6}", values["page"]) else 1
        narrowed = {name: values[name] for name in FILTERS if values[name]}
        return cls(values["q"], narrowed, ORDERS.get(values["order"]), max(page, 1))

    def query(self) -> str:
        """All of it as one query: what exports and feeds are asked with; the finest date counts. Raises QueryError."""
        fields = {("date" if name in DATES else name): value for name, value in self.narrowed.items()}
        return " ".join(filter(None, [without(self.q, fields), *(field(*each) for each in fields.items())]))

    def address(self, **changes: str | int | None) -> str:
        """Of the same search with `changes`; None takes out, and one time chosen takes out the others."""
        values: dict[str, Any] = {"q": self.q} | self.narrowed | {"order": self.order}
        if any(changes.get(name) for name in TIMES):
            values = {name: value for name, value in values.items() if name not in TIMES}
        values |= changes
        query_string = urlencode({name: value for name, value in values.items() if value})
        return f"?{query_string}" if query_string else ""

    def wider(self) -> list[str]:
        """The month and the year around the time that was chosen, and all, as ''."""
        ends = [self.narrowed[name] for name in TIMES if name in self.narrowed]
        around = [{end[:length] for end in ends} for length in (len("2025-03"), len("2025"))]
        return [*(min(span) for span in around if len(span) == 1 and span != set(ends)), ""] if ends else []


def field(name: str, value: str) -> str:
    """source:blatt; where there is more than a word, in quotes."""
    return f"{name}:{value}" if re.fullmatch(r"[\w-]+", value) else f'{name}:"{value.replace(chr(34), "")}"'


@dataclass(frozen=True, slots=True)
class Passage:
    """Where it was found."""

    title: list[Piece]
    text: list[Piece]


@dataclass(frozen=True, slots=True)
class SearchResults:
    total: int
    rows: Sequence[sqlite3.Row]
    expanded: tuple[Expansion, ...]
    passages: Mapping[int, Passage]
    counts: Mapping[str, list[tuple[str, int]]]
    days: list[tuple[str, int]]  # where all that was found lies in one month
    page: int


def find(connection: sqlite3.Connection, query: Query, order: Order, page: int) -> SearchResults:
    ends = time.monotonic() + MILLISECONDS / 1000
    with sqlite_timelimit(connection, MILLISECONDS):
        expanded_query = ask(connection, query)
        counts = facets(connection, expanded_query, FACETS)
        total = sum(number for _, number in counts["source"])
        days = by_day(connection, expanded_query) if len([month for month, _ in counts["month"] if month]) == 1 else []
        page = min(page, pages(total))
        hits = search(connection, expanded_query, order=order, limit=PAGE, offset=(page - 1) * PAGE, total=total)
    passages: dict[int, Passage] = {}
    for row in hits.rows if hits.marks else ():
        if time.monotonic() < ends:  # a text of 264,000 characters takes half a second; the rest are shown unmarked
            passages[row["id"]] = passage(row, hits.marks)
    return SearchResults(total, hits.rows, hits.expanded, passages, counts, days, page)


def passage(row: sqlite3.Row, marks: Sequence[str]) -> Passage:
    flat = " ".join((row["text"] or "").split())
    return Passage(marked(row["title"] or "", marks), snippet(flat, marks))


def pages(total: int) -> int:
    return max(1, -(-total // PAGE))


def beside(page: int, last: int) -> list[int | None]:
    """The pages that are named: the first, the last and those around; None for a gap."""
    named = sorted({1, last, *range(max(1, page - 2), min(last, page + 2) + 1)})
    shown: list[int | None] = []
    for number in named:
        if shown and number - (shown[-1] or 0) > 1:
            shown.append(None)
        shown.append(number)
    return shown


def zoomed_out(span: str) -> tuple[str, dict[str, str | None]]:
    """What a month, a year or all is called, and how it changes an address."""
    if not span:
        return t("timeline.all_years"), dict.fromkeys(TIMES)
    return (month(span), {"month": span}) if len(span) > len("2025") else (span, {"year": span})


async def numbers(datasette: Datasette, request: Request) -> Response:
    """/search/numbers.csv: what the picture of this search shows."""
    database, here = datasette.get_database("archive"), copy_context()
    counted: list[tuple[str, int]] = []
    try:
        query = SearchArguments.of(request).query()
        parsed = parse(query) if query else Query()
        if await database.table_exists("articles"):
            counted = await database.execute_fn(lambda connection: here.run(over_time, connection, parsed))
    except QueryError as error:
        return Response.text(str(error), status=400)
    except sqlite3.OperationalError as error:
        return Response.text(error_text(error), status=400)
    step = "day" if counted and len(counted[0][0]) > len("2025-03") else "month"
    written = io.StringIO()
    csv.writer(written).writerows([(step, "articles"), *counted])
    headers = {"content-disposition": f'attachment; filename="articles-by-{step}.csv"'}
    return Response(written.getvalue(), headers=headers, content_type="text/csv; charset=utf-8")


def over_time(connection: sqlite3.Connection, query: Query) -> list[tuple[str, int]]:
    """By month; by day where all of them lie in one."""
    with sqlite_timelimit(connection, MILLISECONDS):
        expanded_query = ask(connection, query)
        months = by_month(connection, expanded_query)
        return by_day(connection, expanded_query) if len(months) == 1 else months


def error_text(error: sqlite3.OperationalError) -> str:
    """Raises `error` where it is not for the time that was up."""
    if str(error) != "interrupted":
        raise error
    return t("search.too_long", number=MILLISECONDS // 1000)


async def results(datasette: Datasette, request: Request) -> Response:
    arguments, answer = SearchArguments.of(request), None
    problem, query, parsed = "", "", Query()
    order = arguments.order or "best"
    database = datasette.get_database("archive")
    try:
        query = arguments.query()
        parsed = parse(query) if query else parsed
        if await database.table_exists("articles"):
            here = copy_context()  # a thread of Datasette's would not know the reader's language
            answer = await database.execute_fn(
                lambda connection: here.run(find, connection, parsed, order, arguments.page)
            )
    except QueryError as error:
        problem = str(error)
    except sqlite3.OperationalError as error:
        problem = error_text(error)

    def link(**changes: str | int | None) -> str:
        return str(datasette.urls.path("/search")) + arguments.address(**changes)

    if problem and sum(map(len, [arguments.q, *arguments.narrowed.values()])) > LONGEST:
        arguments = SearchArguments(arguments.q[:LONGEST], {}, arguments.order, 1)  # no page is made of it
    shown_order = order if parsed.wanted else "newest"
    in_order = {} if shown_order == "best" else {"order": shown_order}  # that exports have without being asked
    context = {
        "arguments": arguments,
        "longest": LONGEST,
        "query": query,
        "problem": problem,
        "nothing": NOTHING[0],
        "wider": [(named, link(**change)) for named, change in map(zoomed_out, arguments.wider())],
        "answer": answer,
        "order": shown_order,
        "taken": "?" + urlencode(({"q": query} if query else {}) | in_order),
        "ranks": bool(answer and parsed.wanted),
        "link": link,
        "pages": beside(answer.page, pages(answer.total)) if answer else [],
        "last_page": pages(answer.total) if answer else 1,
        "months": [(month, "", number) for month, number in answer.counts["month"]] if answer else [],
        "this_month": today()[:7],
        "height": PICTURE,
        "numbers": f"{datasette.urls.path('/search/numbers.csv')}{arguments.address(order=None)}",
    }
    html = await datasette.render_template("search.html", context, request=request)
    return Response.html(html, status=400 if problem else 200)


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars(datasette: Datasette) -> dict[str, Callable[..., str]]:
    def search_address(**changes: str | None) -> str:
        return str(datasette.urls.path("/search")) + SearchArguments("", {}, None, 1).address(**changes)

    return {"search_address": search_address}


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/search$", results), (r"^/search/numbers\.csv$", numbers)]
