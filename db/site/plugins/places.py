"""/places: where the articles play, as a map of the region and as a list."""

from functools import partial
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import AsgiStream, Request

from db.home import state_of
from db.site.database import ReadOnlyDatabase
from db.site.facts import places
from db.site.facts.places import SENTENCES, PlaceUse
from db.site.plugins.listings import Paging, address, file_route, send_selection

PATH = "/places"
NEEDED = {"articles", "entities", "places", "copies"}


async def page(datasette: Datasette, request: Request) -> Response:
    database: ReadOnlyDatabase = datasette.get_database("archive")
    exists = set(await database.table_names()) >= NEEDED
    uses: list[PlaceUse] = await database.counted("places", state_of(database.archive), places.places) if exists else []
    name, folded = request.args.get("place") or "", request.args.get("fold") == "1"
    fold = {"fold": 1 if folded else None}
    chosen = next((use for use in uses if use.name == name), None)
    paging, rows = Paging.of(request, chosen.articles if chosen else 0, SENTENCES), []
    if chosen:
        rows = await database.execute_fn(partial(places.sentences, name=name, page=paging.page))

    def link(**changes: object) -> str:
        return address(datasette, PATH, {"place": name} | fold | changes)

    context = {
        "uses": uses,
        "map": places.draw_map(uses, folded),
        "folded": folded,
        "chosen": chosen,
        "rows": rows,
        "link": link,
        "link_to": lambda place: address(datasette, PATH, {"place": place} | fold) + "#sentences",
    } | paging.context
    return Response.html(await datasette.render_template("places.html", context, request=request))


async def download(datasette: Datasette, request: Request, send: Any) -> AsgiStream:
    """/places.csv"""
    return await send_selection(datasette, request, places.listed, "places")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(rf"^{PATH}$", page), file_route(PATH, download)]
