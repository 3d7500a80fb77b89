"""The front page: what is new, how much there is, how the sources fare."""

from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.days import today
from db.home import state_of
from db.operations.health import NEEDS_A_HAND, Health, needs_a_hand
from db.search.query import ONLY
from db.site.counts import FrontNumbers, front_numbers
from db.site.database import ReadOnlyDatabase

WORST = 5  # sources that are named


async def front(datasette: Datasette, request: Request) -> Response:
    database: ReadOnlyDatabase = datasette.get_database("archive")
    registry_only = request.args.get("registry") == ONLY[0] and await database.table_exists("found_hosts")
    shown = FrontNumbers()
    if {"_combinations", "articles", "copies", "refusals", "runs", "sources"} <= set(await database.table_names()):
        name = "front of the registry" if registry_only else "front"
        shown = await database.counted(name, state_of(database.archive), front_numbers, registry_only)
    in_need = sorted(filter(needs_a_hand, shown.sources), key=lambda row: NEEDS_A_HAND.index(row["health"]))
    states = {health.value: sum(row.get("health") == health for row in shown.sources) for health in Health}
    articles = sum(number for *_, number in shown.months)
    context = {
        "only": ONLY[0],
        "registry_only": registry_only,
        "has_found": shown.has_found,
        "newest": shown.newest,
        "articles": articles,
        "texts": articles - shown.fewer,
        "months": shown.months,
        "this_month": today()[:7],
        "refused": shown.refused,
        "refused_sum": sum(number for _, number in shown.refused),
        "sources": len(shown.sources),
        "states": {name: number for name, number in states.items() if number},
        "worst": in_need[:WORST],
        "in_need": len(in_need),
    }
    return Response.html(await datasette.render_template("index.html", context, request=request, view_name="index"))


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/$", front)]
