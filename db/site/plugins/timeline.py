"""The page of the timeline: what was published when, against the events of the story."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request
from jinja2 import Environment

from db.days import BERLIN
from db.home import state_of
from db.language import day, month, named, t
from db.search.query import ONLY
from db.site.counts import (
    ALL,
    AROUND,
    FIRST,
    GUESSED,
    NIGHTS,
    REGISTRY_ONLY,
    SURE,
    Counts,
    TimelineNumbers,
    nights_by,
    nights_change_with,
    timeline_numbers,
)
from db.site.database import ReadOnlyDatabase
from db.site.events import Event, load
from db.site.pictures.charts import Bar, Period
from db.site.pictures.timeline import Picture, draw, share

OTHERS_NAMED = 4  # kinds that share the last colour

# What it shows, for /archive.csv
PERIOD = {
    "week": "date(day, 'weekday 0', '-6 days')",  # its Monday
    "month": "month",
}
NUMBERS = f"""select {{period}} as {{step}}, {{by}}, count(*) as articles from articles
where {{which}} and {{period}} is not null and {SURE} group by 1, 2 order by 1, 2"""
TEXTS = f"""select {{period}} as {{step}}, {{by}}, count(*) as texts from {FIRST}
and {{period}} is not null and {SURE} group by 1, 2 order by 1, 2"""


@dataclass(frozen=True, slots=True)
class LinkedBar:
    """A week or month in words; put together here, for a template takes ten times as long for 150 of them."""

    bar: Bar
    name: str  # week of 12 February 2024
    address: str  # of a search for its articles
    words: str  # 5 articles: regional press 3, company 2; none where there are no articles


async def numbers(database: ReadOnlyDatabase, by: str, registry_only: bool, events: Sequence[Event]) -> TimelineNumbers:
    """Counted anew once anything has been written, and on another day."""
    today = datetime.now(BERLIN).date()
    name, state = f"timeline by {by}{' of the registry' if registry_only else ''}", (state_of(database.archive), today)
    return await database.counted(name, state, timeline_numbers, by, today, registry_only, events)


async def nights(database: ReadOnlyDatabase, by: str) -> list[dict[str, Any]]:
    """Of runs that have ended: counted anew after each."""
    known = await database.kept("nights change with", nights_change_with)
    return await database.counted(f"nights by {by}", known, nights_by, by) if known else []


async def page(datasette: Datasette, request: Request) -> Response:
    """/timeline; ?year=2025 is that year alone, ?by=source parts the columns by outlet, ?fold=1 counts texts.

    Raises EventsError.
    """
    database = datasette.get_database("archive")
    by = "source" if request.args.get("by") == "source" else "kind"
    registry_only = request.args.get("registry") == ONLY[0]
    events = load()
    read, shares = await asyncio.gather(numbers(database, by, registry_only, events), nights(database, by))
    days = read.counts.days.keys()
    years = sorted({day.year for day in days})
    year_argument = request.args.get("year") or ""
    year = int(year_argument) if year_argument in map(str, years) else None
    folded = request.args.get("fold") == "1"
    span = _span(days, events, year) if days else None
    picture = draw(read.texts if folded else read.counts, events, span) if span else None

    def call(value: str) -> str:
        return read.outlets.get(value, value) if by == "source" else named(value or "unknown", "kind")

    kinds = list(map(call, picture.legend.kinds)) if picture else []
    if picture and picture.legend.rest:
        kinds.append(t("timeline.outlets_other" if by == "source" else "timeline.kinds_other"))

    others = list(map(call, picture.legend.rest)) if picture else []

    more = ({"fold": "1"} if folded else {}) | ({"registry": ONLY[0]} if registry_only else {})

    def address(**changes: object) -> str:
        arguments = {"year": year, "by": by if by == "source" else None, **more, **changes}
        query_string = urlencode({name: value for name, value in arguments.items() if value})
        return str(datasette.urls.path("/timeline")) + (f"?{query_string}" if query_string else "")

    filters = {"by": by, "address": address, "folded": folded, "registry_only": registry_only, "only": ONLY[0]}
    context = filters | {
        "rest": ", ".join([*others[:OTHERS_NAMED], *(["…"] if len(others) > OTHERS_NAMED else [])]),
        "outlets_shares": portions(read.counts, shares) if by == "source" else [],
        "picture": picture,
        "kinds": kinds,
        "columns": columns(picture, kinds, datasette.urls.path("/search"), more) if picture else [],
        "has_found": bool(read.outside),
        "more": more,
        "articles": read.counts.between(*span) if span else 0,
        "texts": read.texts.between(*span) if span else 0,
        "counts": read.counts,
        "years": years if len(years) > 1 else [],
        "year": year,
        "reports": read.reports,
        "around": AROUND,
        "guessed_sources": ",".join(GUESSED),
        "shares": share(shares, read.counts) if by == "kind" else None,
        "numbers_sql": numbers_sql(picture, by, folded, registry_only) if picture else "",
        "shares_sql": NIGHTS[by],
    }
    return Response.html(await datasette.render_template("timeline.html", context, request=request))


def numbers_sql(picture: Picture, by: str, folded: bool, registry_only: bool) -> str:
    which = REGISTRY_ONLY if registry_only else ALL
    return (TEXTS if folded else NUMBERS).format(period=PERIOD[picture.step], step=picture.step, by=by, which=which)


def portions(counts: Counts, shares: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each outlet that has articles or was read: its articles with a day, and what share of its news was kept."""
    dated: Counter[str] = Counter()
    for of_day in counts.days.values():
        dated.update(of_day)
    nights = {row["source"]: row for row in shares}
    none = dict.fromkeys(("nights", "new", "kept", "per_cent"))
    rows = [{"source": name, **none, **nights.get(name, {}), "articles": dated[name]} for name in {*dated, *nights}]
    return sorted(rows, key=lambda row: (-row["articles"], row["source"]))


def columns(picture: Picture, kinds: Sequence[str], search: str, more: Mapping[str, str]) -> list[LinkedBar]:
    """`kinds`: what the numbers of a bar are called; `more`: arguments of a search for the articles of a bar."""
    linked = []
    for bar in picture.bars:
        start = bar.first.isoformat()
        name = t("timeline.week_of", day=day(start)) if picture.step == "week" else month(start[:7])
        parts = ", ".join(f"{kind} {number}" for kind, number in zip(kinds, bar.numbers, strict=True) if number)
        number = t("copies.texts" if "fold" in more else "timeline.articles", number=bar.total)
        address = f"{search}?{search_of(bar.first, bar.last, **more)}"
        linked.append(LinkedBar(bar, name, address, f"{number}: {parts}" if bar.total else ""))
    return linked


def _span(days: Set[date], events: Sequence[Event], year: int | None) -> Period:
    """From the first article or event to the last article; of a year from its first day to the last that there is."""
    first, last = min(min(days), *(event.first for event in events)) if events else min(days), max(days)
    return (max(first, date(year, 1, 1)), min(last, date(year, 12, 31))) if year else (first, last)


def search_of(first: date, last: date, **more: str) -> str:
    """The arguments of a search for the articles of these days."""
    return urlencode({"from": first, "to": last} | more)


def when(written: str) -> str:
    """15 February 2024; August 2024; 2024"""
    return written if len(written) == 4 else month(written) if len(written) == 7 else day(written)


def host(url: str) -> str:
    return (urlsplit(url).hostname or url).removeprefix("www.")


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    env.globals["search_of"] = search_of
    env.filters |= {"when": when, "host": host}


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/timeline$", page)]
