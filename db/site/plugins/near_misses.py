"""/near-misses: mentions and what is nearly on the topic, page by page; as a spreadsheet in which a person decides."""

import re
from functools import partial
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import AsgiStream, Request

from db.export.tables import ExportFormat
from db.site.answering.dispatch import Question
from db.site.answering.tasks import write_selection
from db.site.near_misses import PAGE, STRONGEST, count, page_of, selection
from db.site.plugins.complete import EXPORT_SECONDS, Ask, at_once, whole
from db.site.plugins.search_page import beside

FORMS = {".csv": ExportFormat.CSV, "-excel.csv": ExportFormat.EXCEL}


async def page(datasette: Datasette, request: Request) -> Response:
    database = datasette.get_database("archive")
    exists = await database.table_exists("refusals")
    total = await database.kept("near misses", count) if exists else 0
    last = max(1, -(-total // PAGE))
    wanted = request.args.get("page") or ""
    number = min(max(int(wanted), 1), last) if re.fullmatch(r"\d{1,6}", wanted, re.ASCII) else 1
    context = {
        "total": total,
        "misses": await database.execute_fn(partial(page_of, number=number)) if total else [],
        "strongest": STRONGEST,
        "first": (number - 1) * PAGE + 1,
        "page": number,
        "last_page": last,
        "pages": beside(number, last),
        "link": partial(link, datasette.urls.path("/near-misses")),
    }
    return Response.html(await datasette.render_template("near_misses.html", context, request=request))


def link(own: str, page: int | None) -> str:
    return f"{own}?page={page}" if page else own


async def download(datasette: Datasette, request: Request, send: Any) -> AsgiStream:
    ending = request.url_vars["ending"]
    asked = (FORMS[ending], selection)
    ask = Ask(Question.EXPORT, EXPORT_SECONDS, EXPORT_SECONDS, write_selection, asked, "bounds.export")
    return await whole(datasette, request, ask, FORMS[ending], f"near-misses{ending}")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    endings = "|".join(map(re.escape, FORMS))
    return [(r"^/near-misses$", page), (rf"^/near-misses(?P<ending>{endings})$", at_once(download))]
