"""/quotes: who is quoted, since when and where, and with which words."""

import re
from functools import partial
from typing import Any
from urllib.parse import urlencode

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import AsgiStream, Request

from db.home import state_of
from db.site import quotes
from db.site.answering.dispatch import Question
from db.site.answering.tasks import write_selection
from db.site.database import ReadOnlyDatabase
from db.site.figures import ValueUses
from db.site.pictures.values import draw
from db.site.plugins.complete import EXPORT_SECONDS, Ask, at_once, whole
from db.site.plugins.figures import FORMS
from db.site.plugins.search_page import beside
from db.site.quotes import QUOTES

TABLE = 100  # speakers in the table; the files have all
NEEDED = {"articles", "quotes", "copies"}


async def page(datasette: Datasette, request: Request) -> Response:
    database: ReadOnlyDatabase = datasette.get_database("archive")
    exists = set(await database.table_names()) >= NEEDED
    found: list[ValueUses] = (
        await database.counted("speakers", state_of(database.archive), quotes.speakers) if exists else []
    )
    speaker, wanted = request.args.get("speaker") or "", request.args.get("page") or ""
    chosen = next((each for each in found if each.value.value == speaker), None)
    rows, at, last = [], 1, 1
    if chosen:
        number = await database.execute_fn(partial(quotes.count_of, speaker=speaker))
        last = max(1, -(-number // QUOTES))
        at = min(max(int(wanted), 1), last) if re.fullmatch(r"\d{1,6}", wanted, re.ASCII) else 1
        rows = await database.execute_fn(partial(quotes.quotes_of, speaker=speaker, page=at))

    def link(**changes: object) -> str:
        return address(datasette, {"speaker": speaker} | changes)

    context = {
        "found": found[:TABLE],
        "more": max(0, len(found) - TABLE),
        "picture": draw(found, by_value=False),
        "chosen": chosen,
        "rows": rows,
        "link": link,
        "link_to": lambda name: address(datasette, {"speaker": name}) + "#quotes",
        "page": at,
        "last_page": last,
        "pages": beside(at, last),
    }
    return Response.html(await datasette.render_template("quotes.html", context, request=request))


def address(datasette: Datasette, values: dict[str, Any]) -> str:
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{datasette.urls.path('/quotes')}?{query}"


async def download(datasette: Datasette, request: Request, send: Any) -> AsgiStream:
    """/quotes.csv"""
    ending = request.url_vars["ending"]
    asked = (FORMS[ending], quotes.listed)
    ask = Ask(Question.EXPORT, EXPORT_SECONDS, EXPORT_SECONDS, write_selection, asked, "bounds.export")
    return await whole(datasette, request, ask, FORMS[ending], f"quotes{ending}")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    endings = "|".join(map(re.escape, FORMS))
    return [(r"^/quotes$", page), (rf"^/quotes(?P<ending>{endings})$", at_once(download))]
