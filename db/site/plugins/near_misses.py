"""/near-misses: mentions and what is nearly on the topic, page by page; as a spreadsheet in which a person decides."""

from functools import partial
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import AsgiStream, Request

from db.export.tables import ExportFormat
from db.site.near_misses import PAGE, STRONGEST, count, page_of, selection
from db.site.plugins.listings import FORMS, Paging, address, file_route, send_selection

PATH = "/near-misses"
TABLES = {ending: form for ending, form in FORMS.items() if form is not ExportFormat.JSON}  # `decide --from` reads them


async def page(datasette: Datasette, request: Request) -> Response:
    database = datasette.get_database("archive")
    exists = await database.table_exists("refusals")
    total = await database.kept("near misses", count) if exists else 0
    paging = Paging.of(request, total, PAGE)
    context = {
        "total": total,
        "misses": await database.execute_fn(partial(page_of, number=paging.page)) if total else [],
        "strongest": STRONGEST,
        "link": lambda page: address(datasette, PATH, {"page": page}),
    } | paging.context
    return Response.html(await datasette.render_template("near_misses.html", context, request=request))


async def download(datasette: Datasette, request: Request, send: Any) -> AsgiStream:
    return await send_selection(datasette, request, selection, "near-misses")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(rf"^{PATH}$", page), file_route(PATH, download, TABLES)]
