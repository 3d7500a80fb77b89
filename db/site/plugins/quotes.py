"""/quotes: who is quoted, since when and where, and with which words."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import AsgiStream, Request

from db.home import state_of
from db.site.database import ReadOnlyDatabase
from db.site.facts import quotes
from db.site.facts.figures import ValueUses
from db.site.facts.quotes import QUOTES
from db.site.pictures.values import draw
from db.site.plugins.listings import Paging, address, file_route, send_selection
from db.site.plugins.value_filter import ValueFilter

PATH = "/quotes"
TABLE = 100  # speakers in the table; the files have all
NEEDED = {"articles", "quotes", "copies"}


async def page(datasette: Datasette, request: Request) -> Response:
    database: ReadOnlyDatabase = datasette.get_database("archive")
    exists = set(await database.table_names()) >= NEEDED
    every: list[ValueUses] = (
        await database.counted("speakers", state_of(database.archive), quotes.speakers) if exists else []
    )
    narrowing = ValueFilter.of(request)
    speakers, source_kind = narrowing.narrow(every), narrowing.source_kind
    speaker = request.args.get("speaker") or ""
    chosen = next((each for each in speakers if each.value.value == speaker), None)
    number = (
        await database.execute_fn(partial(quotes.count_of, speaker=speaker, source_kind=source_kind)) if chosen else 0
    )
    paging, rows = Paging.of(request, number, QUOTES), []
    if chosen:
        ask = partial(quotes.quotes_of, speaker=speaker, page=paging.page, source_kind=source_kind)
        rows = await database.execute_fn(ask)

    def link(**changes: object) -> str:
        return address(datasette, PATH, {"speaker": speaker} | narrowing.arguments | changes)

    context = {
        "has_speakers": bool(every),
        "speakers": speakers[:TABLE],
        "more": max(0, len(speakers) - TABLE),
        "picture": draw(speakers, by_value=False),
        "chosen": chosen,
        "rows": rows,
        "link": link,
        "link_to": lambda name: address(datasette, PATH, {"speaker": name} | narrowing.arguments) + "#quotes",
        "asked": f"?{urlencode(narrowing.of_files)}" if source_kind else "",
    }
    context |= paging.context | narrowing.context(every)
    return Response.html(await datasette.render_template("quotes.html", context, request=request))


async def download(datasette: Datasette, request: Request, send: Any) -> AsgiStream:
    """/quotes.csv"""
    select = partial(quotes.listed, source_kind=ValueFilter.of(request).source_kind)
    return await send_selection(datasette, request, select, "quotes")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(rf"^{PATH}$", page), file_route(PATH, download)]
