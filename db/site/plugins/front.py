"""The front page: what is new, how much there is, how the sources fare."""

from dataclasses import dataclass
from functools import partial
from sqlite3 import Connection
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.days import today
from db.operations.health import NEEDS_A_HAND, Health, needs_a_hand
from db.search.query import ONLY
from db.site.counts import ALL, REGISTRY_ONLY
from db.store.finders.catalogue import outside

NEWEST = 10
WORST = 5  # sources that are named

QUESTIONS = {
    "newest": f"""
        select id, title, source, published, day, kind, page_kind, lang, access, substr(text, 1, 400) as text
        from articles where {{which}} order by published_utc desc, id desc limit {NEWEST}
    """,
    "sources": "select * from sources order by name",
}
BY_MONTH = "select month, kind, sum(number) from _combinations where number > 0 and {which} group by month, kind"
TEXTS_FEWER = """select count(*) - count(distinct group_id) from copies
where group_id is not null and ({which})"""
OF_ARTICLE = f"article in (select id from articles indexed by idx_articles_source where {REGISTRY_ONLY})"
REFUSED = "select reason, count(*) from refusals group by reason order by 2 desc, 1"


@dataclass(frozen=True, slots=True)
class FrontCounts:
    months: list[tuple[str, str, int]]  # month, kind, articles
    refused: list[tuple[str, int]]  # reason, pages
    fewer: int = 0  # texts than articles
    has_found: bool = False  # hosts that the registry does not have


def count(connection: Connection, registry_only: bool) -> FrontCounts:
    """200,000 refusals take a tenth of a second."""
    months = connection.execute(BY_MONTH.format(which=REGISTRY_ONLY if registry_only else ALL)).fetchall()
    fewer = connection.execute(TEXTS_FEWER.format(which=OF_ARTICLE if registry_only else ALL)).fetchone()[0]
    return FrontCounts(months, connection.execute(REFUSED).fetchall(), fewer, bool(outside(connection)))


async def front(datasette: Datasette, request: Request) -> Response:
    database = datasette.get_database("archive")
    answers: dict[str, list[Any]] = {name: [] for name in QUESTIONS}
    counted = FrontCounts([], [])
    registry_only = request.args.get("registry") == ONLY[0] and await database.table_exists("found_hosts")
    if {"_combinations", "articles", "copies", "runs", "sources"} <= set(await database.table_names()):
        which = REGISTRY_ONLY if registry_only else ALL
        answers = {name: (await database.execute(sql.format(which=which))).rows for name, sql in QUESTIONS.items()}
        name = "front of the registry" if registry_only else "front"
        counted = await database.kept(name, partial(count, registry_only=registry_only))
    sources = [dict(row) for row in answers["sources"]]
    in_need = sorted(filter(needs_a_hand, sources), key=lambda row: NEEDS_A_HAND.index(row["health"]))
    states = {health.value: sum(row.get("health") == health for row in sources) for health in Health}
    articles = sum(number for *_, number in counted.months)
    context = {
        "only": ONLY[0],
        "registry_only": registry_only,
        "has_found": counted.has_found,
        "newest": answers["newest"],
        "articles": articles,
        "texts": articles - counted.fewer,
        "months": counted.months,
        "this_month": today()[:7],
        "refused": counted.refused,
        "refused_sum": sum(number for _, number in counted.refused),
        "sources": len(sources),
        "states": {name: number for name, number in states.items() if number},
        "worst": in_need[:WORST],
        "in_need": len(in_need),
    }
    return Response.html(await datasette.render_template("index.html", context, request=request, view_name="index"))


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/$", front)]
