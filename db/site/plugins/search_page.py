"""/search: what was found, best or newest first, with its hits marked; counts by source, month and so on as links."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.days import today
from db.export.tables import TYPES, ExportFormat, pieces
from db.language import month, t
from db.search.counting.fact_facets import FACT_FACETS
from db.search.hints.missing_nights import WatchedSource, changes_with, missing_nights, watched_sources
from db.search.query import LONGEST, NOTHING, ONLY, Query, QueryError, parse, without
from db.search.search import Order
from db.site.answering.dispatch import dispatcher_of, kind_of_search
from db.site.answering.processes import Late
from db.site.answering.results import SECONDS, find, over_time
from db.site.database import ReadOnlyDatabase
from db.site.full_text.asking import AskedQuery, ask_for
from db.site.pictures.compared import draw as draw_compared
from db.site.plugins.comparing import ComparedSearches, columns_of, compared, rows_of
from db.site.plugins.listings import asked_page, beside

DATES = ("year", "month", "day")
TIMES = (*DATES, "from", "to")  # of which one is chosen, or the last two
FILTERS = ("source", "newsroom", "kind", "lang", "access", "change", "role", "registry", *FACT_FACETS, *TIMES)
ORDERS: dict[str, Order] = {"best": "best", "newest": "newest"}
PICTURE = 90  # pixels


@dataclass(frozen=True, slots=True)
class SearchArguments:
    q: str
    narrowed: dict[str, str]  # filter → value
    order: Order | None
    page: int
    folded: bool = False  # of each text one article
    facts: bool = False  # what they say is counted, however many they are
    other: str = ""  # a second search, which the first is compared with
    shares: bool = False  # of all that was listed, instead of counts

    @classmethod
    def of(cls, request: Request) -> "SearchArguments":
        names = ("q", "order", "page", "fold", "facts", "with", "as", *FILTERS)
        values = {name: (request.args.get(name) or "").strip() for name in names}
        narrowed = {name: values[name] for name in FILTERS if values[name]}
        order, page = ORDERS.get(values["order"]), asked_page(values["page"])
        compared_as = (values["with"], values["as"] == "shares")
        return cls(values["q"], narrowed, order, page, values["fold"] == "1", values["facts"] == "1", *compared_as)

    def query(self) -> str:
        """All of it as one query: what exports and feeds are asked with; the finest date counts. Raises QueryError."""
        fields = {("date" if name in DATES else name): value for name, value in self.narrowed.items()}
        return " ".join(filter(None, [without(self.q, fields), *(field(*each) for each in fields.items())]))

    def address(self, **changes: str | int | None) -> str:
        """Of the same search with `changes`; None takes out, and one time chosen takes out the others."""
        shown: dict[str, Any] = {"order": self.order, "fold": int(self.folded), "facts": int(self.facts)}
        compared_as = {"with": self.other, "as": "shares" if self.shares else ""}
        values = {"q": self.q} | self.narrowed | shown | compared_as
        if any(changes.get(name) for name in TIMES):
            values = {name: value for name, value in values.items() if name not in TIMES}
        values |= changes
        query_string = urlencode({name: value for name, value in values.items() if value})
        return f"?{query_string}" if query_string else ""

    def both(self) -> tuple[str, str]:
        """This search and the other, narrowed alike; of what is listed nobody has a share at hosts that only finders
        have led to. Raises QueryError.
        """
        narrowed = self.narrowed | ({"registry": ONLY[0]} if self.shares else {})
        return replace(self, narrowed=narrowed).query(), replace(self, q=self.other, narrowed=narrowed).query()

    def wider(self) -> list[str]:
        """The month and the year around the time that was chosen, and all, as ''."""
        ends = [self.narrowed[name] for name in TIMES if name in self.narrowed]
        around = [{end[:length] for end in ends} for length in (len("2025-03"), len("2025"))]
        return [*(min(span) for span in around if len(span) == 1 and span != set(ends)), ""] if ends else []


def field(name: str, value: str) -> str:
    """source:blatt; where there is more than a word, in quotes."""
    return f"{name}:{value}" if re.fullmatch(r"[\w-]+", value) else f'{name}:"{value.replace(chr(34), "")}"'


def zoomed_out(span: str) -> tuple[str, dict[str, str | None]]:
    """What a month, a year or all is called, and how it changes an address."""
    if not span:
        return t("timeline.all_years"), dict.fromkeys(TIMES)
    return (month(span), {"month": span}) if len(span) > len("2025") else (span, {"year": span})


async def numbers(datasette: Datasette, request: Request) -> Response:
    """/search/numbers.csv, .json: what the picture of this search shows. Raises Refused, TooBusy."""
    counted: list[tuple[str, int]] = []
    arguments = SearchArguments.of(request)
    what = "texts" if arguments.folded else "articles"
    try:
        query = arguments.query()
        parsed = (await ask_for(datasette, parse(query))).query if query else Query()
        if arguments.other:
            comparison = await compared_with(datasette, arguments)
            if comparison.problem:
                raise QueryError(comparison.problem)
            columns, rows = columns_of(what, arguments.shares), rows_of(comparison.months, arguments.shares)
            return as_file(request, f"{what}-compared", columns, rows)
        if await datasette.get_database("archive").table_exists("articles"):
            counted = await dispatcher_of(datasette).do(
                kind_of_search(parsed), SECONDS, over_time, parsed, arguments.folded
            )
    except QueryError as error:
        return Response.text(str(error), status=400)
    except Late:
        return Response.text(t("search.too_long", number=SECONDS), status=400)
    step = "day" if counted and len(counted[0][0]) > len("2025-03") else "month"
    return as_file(request, f"{what}-by-{step}", (step, what), counted)


def as_file(request: Request, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    form = ExportFormat(request.url_vars["ending"])
    headers = {"content-disposition": f'attachment; filename="{name}.{form}"'}
    return Response("".join(pieces(form, columns, rows)), headers=headers, content_type=f"{TYPES[form]}; charset=utf-8")


NO_COMPARISON: dict[str, Any] = {"other": "", "problem_with": "", "compared": None, "found_by": None}


async def comparison_of(datasette: Datasette, arguments: SearchArguments) -> dict[str, Any]:
    """What the page says of it. Raises Refused, TooBusy."""
    comparison = await compared_with(datasette, arguments)

    def found_by(place: int, month: str) -> str:
        """The address of what one of the two found in a month."""
        alone = SearchArguments(arguments.both()[place], {"month": month}, None, 1, arguments.folded)
        return str(datasette.urls.path("/search")) + alone.address()

    return {
        "other": arguments.other[:LONGEST],
        "problem_with": comparison.problem,
        "compared": draw_compared(comparison.months, today()[:7], arguments.shares),
        "found_by": found_by,
    }


async def compared_with(datasette: Datasette, arguments: SearchArguments) -> ComparedSearches:
    """Its problem is the other search's. Raises Refused, TooBusy."""
    try:
        parsed = [parse(query) if query else Query() for query in arguments.both()]
        first, second = [(await ask_for(datasette, query)).query for query in parsed]
    except QueryError as error:
        return ComparedSearches([], str(error))
    return await compared(datasette, first, second, arguments.folded, arguments.narrowed)


async def watched_by(datasette: Datasette) -> tuple[WatchedSource, ...]:
    database: ReadOnlyDatabase = datasette.get_database("archive")
    state = await database.kept("watched sources change with", changes_with)
    return await database.counted("watched sources", state, watched_sources)


async def results(datasette: Datasette, request: Request) -> Response:
    """Raises Refused, TooBusy."""
    arguments, answer = SearchArguments.of(request), None
    problem, query, parsed = "", "", Query()
    asked = AskedQuery(parsed)
    order = arguments.order or "best"
    try:
        query = arguments.query()
        parsed = parse(query) if query else parsed
        if await datasette.get_database("archive").table_exists("articles"):
            asked = await ask_for(datasette, parsed, order)
            dispatcher, kind = dispatcher_of(datasette), kind_of_search(asked.query)
            how = (order, arguments.page, arguments.folded, arguments.facts)
            answer = await dispatcher.do(kind, SECONDS, find, asked.query, *how)
    except QueryError as error:
        problem = str(error)
    except Late:
        problem = t("search.too_long", number=SECONDS)

    watched = await watched_by(datasette) if answer else ()
    beside_it = await comparison_of(datasette, arguments) if answer and arguments.other else NO_COMPARISON
    if beside_it["problem_with"]:
        arguments = replace(arguments, other="")  # nothing leads to it again

    def link(**changes: str | int | None) -> str:
        return str(datasette.urls.path("/search")) + arguments.address(**changes)

    if problem and sum(map(len, [arguments.q, *arguments.narrowed.values()])) > LONGEST:
        arguments = SearchArguments(
            arguments.q[:LONGEST], {}, arguments.order, 1, arguments.folded
        )  # no page is made of it
    shown_order = order if parsed.wanted else "newest"
    in_order = {} if shown_order == "best" else {"order": shown_order}  # that exports have without being asked
    context = {
        "arguments": arguments,
        "longest": LONGEST,
        "query": query,
        "problem": problem,
        "nothing": NOTHING[0],
        "only": ONLY[0],
        "wider": [(named, link(**change)) for named, change in map(zoomed_out, arguments.wider())],
        "answer": answer,
        "asked": asked,
        "missing": missing_nights(watched, parsed),
        "order": shown_order,
        "taken": "?" + urlencode(({"q": query} if query else {}) | in_order),
        "ranks": bool(answer and parsed.wanted),
        "link": link,
        "pages": beside(answer.page, answer.last_page) if answer else [],
        "last_page": answer.last_page if answer else 1,
        "months": [(month, "", number) for month, number in answer.counts["month"]] if answer else [],
        "this_month": today()[:7],
        "height": PICTURE,
        **beside_it,
        "numbers": f"{datasette.urls.path('/search/numbers.csv')}{arguments.address(order=None)}",
    }
    html = await datasette.render_template("search.html", context, request=request)
    return Response.html(html, status=400 if problem or beside_it["problem_with"] else 200)


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars(datasette: Datasette) -> dict[str, Callable[..., str]]:
    def search_address(**changes: str | None) -> str:
        return str(datasette.urls.path("/search")) + SearchArguments("", {}, None, 1).address(**changes)

    return {"search_address": search_address}


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/search$", results), (r"^/search/numbers\.(?P<ending>csv|json)$", numbers)]
