"""/search: what was found, best or newest first, with its hits marked; counts by source, month and so on as links."""

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils import sqlite_timelimit
from datasette.utils.asgi import Request

from db.language import t
from db.marks import Piece, marked, snippet
from db.query import FIELDS, Query, QueryError, parse
from db.search import FACETS, Expansion, Order, facets, search

PAGE = 20  # articles
MILLISECONDS = 4000
FILTERS = ("source", "kind", "lang", "access", "year", "month")
ORDERS: dict[str, Order] = {"best": "best", "newest": "newest"}
PICTURE = 90  # pixels

_DAYS = "|".join(name for field in ("from", "to") for name in (field, *FIELDS[field]))
_DATED = re.compile(rf"(?<!\S)(?:{_DAYS}):\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    q: str
    narrowed: dict[str, str]  # filter → value
    order: Order | None
    page: int

    @classmethod
    def of(cls, request: Request) -> "Asked":
        given = {name: (request.args.get(name) or "").strip() for name in ("q", "order", "page", *FILTERS)}
        page = int(given["page"]) if re.fullmatch(r"\d{1,6}", given["page"]) else 1
        narrowed = {name: given[name] for name in FILTERS if given[name]}
        return cls(given["q"], narrowed, ORDERS.get(given["order"]), max(page, 1))

    def query(self) -> str:
        """All of it as one query: what exports and feeds are asked with. Raises QueryError."""
        words = [self.q]
        for name, value in self.narrowed.items():
            if name not in ("year", "month"):
                words.append(f"{name}:{value}" if re.fullmatch(r"[\w-]+", value) else f'{name}:"{value}"')
        if span := self.narrowed.get("month") or self.narrowed.get("year"):
            words = [within(words[0], span), *words[1:]]
        return " ".join(filter(None, words))

    def address(self, **changes: str | int | None) -> str:
        """Of the same search with `changes`; None takes out, `also` is added to the query."""
        also = changes.pop("also", None)
        given: dict[str, Any] = {"q": " ".join(filter(None, [self.q, str(also or "")])), **self.narrowed}
        given |= {"order": self.order} | changes
        said = urlencode({name: value for name, value in given.items() if value})
        return f"?{said}" if said else ""


def within(words: str, span: str) -> str:
    """`words` in a year or month; where they name days themselves, in both. Raises QueryError."""
    asked = f"from:{span} to:{span}"
    parts = [parse(asked), *([parse(words)] if _DATED.search(words) else [])]
    days = [each for part in parts for each in part.filters if not each.negative]
    first = max(each.value for each in days if each.field == "from")
    last = date.fromisoformat(min(each.value for each in days if each.field == "to")) - timedelta(1)
    return f"{_DATED.sub('', words).strip()} {asked if len(parts) == 1 else f'from:{first} to:{last}'}".strip()


@dataclass(frozen=True, slots=True)
class Passage:
    """Where it was found."""

    title: list[Piece]
    text: list[Piece]


@dataclass(frozen=True, slots=True)
class Answer:
    total: int
    rows: Sequence[sqlite3.Row]
    expanded: tuple[Expansion, ...]
    passages: Mapping[int, Passage]
    counts: Mapping[str, list[tuple[str, int]]]
    page: int


def ask(connection: sqlite3.Connection, query: Query, order: Order, page: int) -> Answer:
    with sqlite_timelimit(connection, MILLISECONDS):
        counts = facets(connection, query, FACETS)
        total = sum(number for _, number in counts["source"])
        page = min(page, pages(total))
        found = search(connection, query, order=order, limit=PAGE, offset=(page - 1) * PAGE)
    passages = {row["id"]: passage(row, found.marks) for row in found.rows} if found.marks else {}
    return Answer(total, found.rows, found.expanded, passages, counts, page)


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


async def results(datasette: Datasette, request: Request) -> Response:
    asked, answer = Asked.of(request), None
    problem, query, parsed, wrong = "", "", Query(), False
    order = asked.order or "best"
    database = datasette.get_database("archive")
    try:
        query = asked.query()
        parsed = parse(query) if query else parsed
        tables = set(await database.table_names())
        if "articles" in tables and "_words" not in tables:
            problem = t("search.old_archive")
        elif "articles" in tables:
            answer = await database.execute_fn(lambda connection: ask(connection, parsed, order, asked.page))
    except QueryError as error:
        problem, wrong = str(error), True
    except sqlite3.OperationalError as error:
        if str(error) != "interrupted":
            raise
        problem = t("search.too_long", number=MILLISECONDS // 1000)

    def link(**changes: str | int | None) -> str:
        return str(datasette.urls.path("/search")) + asked.address(**changes)

    context = {
        "asked": asked,
        "query": query,
        "problem": problem,
        "wrong": wrong,
        "answer": answer,
        "order": order if parsed.wanted else "newest",
        "ranks": bool(answer and parsed.wanted),
        "link": link,
        "pages": beside(answer.page, pages(answer.total)) if answer else [],
        "last_page": pages(answer.total) if answer else 1,
        "months": [(month, "", number) for month, number in answer.counts["month"]] if answer else [],
        "this_month": f"{datetime.now(UTC):%Y-%m}",
        "height": PICTURE,
    }
    html = await datasette.render_template("search.html", context, request=request)
    return Response.html(html, status=400 if problem else 200)


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars(datasette: Datasette) -> dict[str, Callable[..., str]]:
    def search_address(**given: str) -> str:
        return str(datasette.urls.path("/search")) + Asked("", {}, None, 1).address(**given)

    return {"search_address": search_address}


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/search$", results)]
