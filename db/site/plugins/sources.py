"""How the sources fare: a table with states, a calendar of nights as a picture, and a page for each source."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request

from db.language import named, t
from db.operations.health import NEEDS_A_HAND, Health, says_no
from db.outcomes import from_json
from db.site.plugins.finders import found_host
from db.store.finders.catalogue import cited, outside

SPANS = (28, 90)  # nights of a calendar
CELL, GAP = 12, 2  # pixels
NIGHTS = 90  # of one source, as a table

# What a cell looks like: shapes, so that no colour is needed to tell them apart; from a height on its left edge.
SHAPES = {
    "ok": "6h12",
    "bare": "1m1 0h10v10h-10z",
    "partial": "6h12v6h-12z",
    "no": "0l12 12m0-12l-12 12",
    "away": "11h12",
    "cut": "4m4 0h4v4h-4z",
}
DASHED = ("ok", "away")  # in a row they are one stroke, of which the style sheet leaves the gaps: 40 kB less
CSV = """select night, source, state, detail, listed, new, fetched, kept, again, refused, failed, unasked, waiting
from source_nights where night >= '{first}' order by night, source"""
OF_ONE = """select night, state, detail, outcomes, listed, new, fetched, kept, again, refused, failed, unasked, waiting,
reasons, run
from source_nights where source = :source order by night desc, run desc"""
ARTICLES = "select coalesce(sum(number), 0) as number from _combinations where source = :source"
CLAIMS = """select 'publisher' as what, name, since, until, evidence from publishers where source = :source
union all select 'newsroom', name, since, until, evidence from newsrooms where source = :source order by what, since"""
RULES = """select night, site, document, verdict, outcome, crawl_delay, reserved, content_usage, barred, sha256
from site_rules where source = :source order by site, document, night, run"""
PROPOSALS = "select host, proposal from found_hosts where proposal is not null order by host"


# Source by source, as the index has them: 9 ms and none for 150,000 nights, not 34 and 14.
LAST = """select max(night) as night
from (select (select max(night) from source_nights where source = sources.id) as night from sources)"""
NIGHTS_SINCE = """select source, night, state, source_nights.outcomes, source_nights.listed
from sources cross join source_nights on source_nights.source = sources.id join runs on runs.id = run
where runs.kind = 'crawl' and night >= :first order by run"""


@dataclass(frozen=True, slots=True)
class Strip:
    """A source in the calendar: for each shape that occurs the outline of its cells."""

    row: dict[str, Any]
    paths: tuple[tuple[str, str], ...]
    label: str


def cell(night: dict[str, Any]) -> str:
    if night["state"] == "nothing_to_ask":
        return "bare"
    if night["state"] in ("ok", "partial"):
        return str(night["state"]) if night["listed"] else "bare"
    if says_no(from_json(night["outcomes"])):
        return "no"
    return "away" if night["state"] == "unreachable" else "cut"


def strip(row: dict[str, Any], nights: Iterable[dict[str, Any]], days: Sequence[str]) -> Strip:
    kind_of = {night["night"]: cell(night) for night in nights}  # the last run of a night
    paths: dict[str, str] = {}
    place = 0
    for kind, same in groupby(kind_of.get(day, "") for day in days):
        length = len(list(same))
        if kind in DASHED:
            begin = SHAPES[kind].removesuffix(str(CELL))
            paths[kind] = f"{paths.get(kind, '')}M{place * (CELL + GAP)} {begin}{length * (CELL + GAP) - GAP}"
        elif kind:
            cells = (f"M{column * (CELL + GAP)} {SHAPES[kind]}" for column in range(place, place + length))
            paths[kind] = paths.get(kind, "") + "".join(cells)
        place += length
    counts = [(kind, sum(kind_of.get(day) == kind for day in days)) for kind in SHAPES if kind in paths]
    missing = sum(day not in kind_of for day in days)
    every = [*counts, ("missing", missing)]
    label = ", ".join(t("sources.told", what=named(kind, "night"), times=number) for kind, number in every if number)
    return Strip(row, tuple((kind, paths[kind]) for kind in SHAPES if kind in paths), label)


def ticks(days: Sequence[str]) -> list[tuple[int, str]]:
    """Where the newest night and the Mondays are, in pixels; no Monday whose name would stand in the newest's."""
    mondays = [number for number, day in enumerate(days) if date.fromisoformat(day).weekday() == 0]
    return [(number * (CELL + GAP), days[number]) for number in [0, *(each for each in mondays if each > 2)]]


def place(row: dict[str, Any]) -> tuple[int, str, str]:
    """Those that need somebody first, the others by kind."""
    health = row.get("health") or Health.NEW
    urgent = NEEDS_A_HAND.index(health) if health in NEEDS_A_HAND else len(NEEDS_A_HAND)
    return urgent + (health in (Health.KNOWN_ONLY, Health.PAUSED)), row["kind"] or "", row["name"] or row["id"]


async def rows_of(datasette: Datasette, sql: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    result = await datasette.get_database("archive").execute(sql, params or {}, truncate=False, custom_time_limit=5000)
    return [dict(row) for row in result.rows]


async def overview(datasette: Datasette, request: Request) -> Response:
    """All sources, or those in one state (`?state=`), with the calendar of 28 or 90 nights (`?nights=`)."""
    if not await datasette.get_database("archive").table_exists("source_nights"):
        raise NotFound(t("sources.none"))
    nights_argument = request.args.get("nights") or ""
    span = int(nights_argument) if nights_argument in map(str, SPANS) else SPANS[0]
    rows = sorted(await rows_of(datasette, "select * from sources"), key=place)
    kept = await rows_of(datasette, "select source, sum(number) as number from _combinations group by source")
    states = {name: sum(row.get("health") == name for row in rows) for name in Health}
    wanted = request.args.get("state") or ""
    shown = [row for row in rows if row.get("health") == wanted] if wanted in states else rows
    last = (await rows_of(datasette, LAST))[0]["night"]
    # Newest first: a narrow screen shows the beginning.
    days = [(date.fromisoformat(last) - timedelta(number)).isoformat() for number in range(span)] if last else []
    strips = await calendar(datasette, shown, days) if days else []
    has_hosts = await datasette.get_database("archive").table_exists("found_hosts")
    context = {
        "rows": shown,
        "all": len(rows),
        "kept": {row["source"]: row["number"] for row in kept},
        "states": {name: number for name, number in states.items() if number},
        "finders": await datasette.get_database("archive").execute_fn(cited),
        "outside": await datasette.get_database("archive").execute_fn(outside),
        "state": wanted if wanted in states else "",
        "strips": strips,
        "shapes": SHAPES,
        "ticks": ticks(days) if days else [],
        "days": days,
        "span": span,
        "spans": SPANS,
        "width": span * (CELL + GAP),
        "csv": CSV.format(first=days[-1]) if days else "",
        "proposals": await rows_of(datasette, PROPOSALS) if has_hosts and not wanted else [],
        "expected": {row["id"]: json.loads(row["expected"]) for row in rows if row.get("expected")},
    }
    return Response.html(await datasette.render_template("sources.html", context, request=request))


async def calendar(datasette: Datasette, rows: Sequence[dict[str, Any]], days: Sequence[str]) -> list[Strip]:
    by_source: dict[str, list[dict[str, Any]]] = {}
    for night in await rows_of(datasette, NIGHTS_SINCE, {"first": days[-1]}):
        by_source.setdefault(night["source"], []).append(night)
    read = [row for row in rows if row.get("health") != Health.KNOWN_ONLY]
    return [strip(row, by_source[row["id"]], days) for row in read if row["id"] in by_source]


def changes(rules: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each document only the nights on which it said something else than before, newest first."""
    before: dict[tuple[str, str], tuple[Any, ...]] = {}
    changed = []
    for row in rules:
        name = (row["site"], row["document"])
        content = tuple(row[column] for column in ("verdict", "crawl_delay", "reserved", "content_usage", "sha256"))
        if before.get(name) != content:
            changed.append(row | {"barred": json.loads(row["barred"] or "[]")})
        before[name] = content
    return sorted(changed, key=lambda row: row["night"], reverse=True)


def by_what(claims: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The publisher's and the newsroom's, each the newest first."""
    by_kind: dict[str, list[dict[str, Any]]] = {"publisher": [], "newsroom": []}
    for claim in claims:
        by_kind[claim["what"]].insert(0, claim)
    return {what: of_kind for what, of_kind in by_kind.items() if of_kind}


async def source_page(datasette: Datasette, request: Request) -> Response:
    name = request.url_vars["source"]
    database = datasette.get_database("archive")
    exists = await database.table_exists("sources")
    row = next(
        iter(await rows_of(datasette, "select * from sources where id = :source", {"source": name}) if exists else []),
        None,
    )
    if row is None:
        raise NotFound(t("sources.unknown", name=repr(name)))
    nights = await rows_of(datasette, f"{OF_ONE} limit {NIGHTS}", {"source": name})
    checks = await rows_of(
        datasette, "select url, at, works, worked_at from checks where source = :source", {"source": name}
    )
    found = (
        await database.execute_fn(partial(found_host, source=name))
        if await database.table_exists("found_hosts")
        else None
    )
    has_claims = await database.table_exists("newsrooms")
    context = {
        "source": row,
        "found": found,
        "expected": json.loads(row["expected"]) if row.get("expected") else None,
        "addresses": json.loads(row["addresses"] or "[]"),
        "checks": {check["url"]: check for check in checks},
        "nights": [night | {"reasons": json.loads(night["reasons"] or "{}")} for night in nights],
        "rules": changes(await rows_of(datasette, RULES, {"source": name})),
        "claims": by_what(await rows_of(datasette, CLAIMS, {"source": name}) if has_claims else []),
        "articles": (await rows_of(datasette, ARTICLES, {"source": name}))[0]["number"],
        "csv": OF_ONE.replace(":source", "'" + name.replace("'", "''") + "'"),
    }
    return Response.html(await datasette.render_template("source.html", context, request=request))


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/sources$", overview), (r"^/sources/(?P<source>[^/]+)$", source_page)]
