"""/places: where the articles play, as a map of the region and as a list."""

import re
from functools import partial
from typing import Any
from urllib.parse import urlencode

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import AsgiStream, Request

from db.home import state_of
from db.site import places
from db.site.answering.dispatch import Question
from db.site.answering.tasks import write_selection
from db.site.database import ReadOnlyDatabase
from db.site.places import SENTENCES, PlaceUse
from db.site.plugins.complete import EXPORT_SECONDS, Ask, at_once, whole
from db.site.plugins.figures import FORMS
from db.site.plugins.search_page import beside

NEEDED = {"articles", "entities", "places", "copies"}


async def page(datasette: Datasette, request: Request) -> Response:
    database: ReadOnlyDatabase = datasette.get_database("archive")
    exists = set(await database.table_names()) >= NEEDED
    found: list[PlaceUse] = (
        await database.counted("places", state_of(database.archive), places.places) if exists else []
    )
    name, wanted = request.args.get("place") or "", request.args.get("page") or ""
    chosen = next((use for use in found if use.name == name), None)
    last = max(1, -(-chosen.articles // SENTENCES)) if chosen else 1
    at = min(max(int(wanted), 1), last) if re.fullmatch(r"\d{1,6}", wanted, re.ASCII) else 1
    rows = await database.execute_fn(partial(places.sentences, name=name, page=at)) if chosen else []

    def link(**changes: object) -> str:
        return address(datasette, {"place": name} | changes)

    context = {
        "found": found,
        "map": places.draw_map(found),
        "chosen": chosen,
        "rows": rows,
        "link": link,
        "link_to": lambda place: address(datasette, {"place": place}) + "#sentences",
        "page": at,
        "last_page": last,
        "pages": beside(at, last),
    }
    return Response.html(await datasette.render_template("places.html", context, request=request))


def address(datasette: Datasette, values: dict[str, Any]) -> str:
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{datasette.urls.path('/places')}?{query}"


async def download(datasette: Datasette, request: Request, send: Any) -> AsgiStream:
    """/places.csv"""
    ending = request.url_vars["ending"]
    asked = (FORMS[ending], places.listed)
    ask = Ask(Question.EXPORT, EXPORT_SECONDS, EXPORT_SECONDS, write_selection, asked, "bounds.export")
    return await whole(datasette, request, ask, FORMS[ending], f"places{ending}")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    endings = "|".join(map(re.escape, FORMS))
    return [(r"^/places$", page), (rf"^/places(?P<ending>{endings})$", at_once(download))]
