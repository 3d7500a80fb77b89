"""/proposals: names that recur in articles and are in none of the lists of people, bodies and places."""

from functools import partial
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import AsgiStream, Request

from db.site.facts import proposals
from db.site.plugins.listings import Paging, address, file_route, send_selection

PATH = "/proposals"
NEEDED = {"articles", "proposals", "proposal_sentences"}


async def page(datasette: Datasette, request: Request) -> Response:
    database = datasette.get_database("archive")
    exists = set(await database.table_names()) >= NEEDED
    numbers: dict[str, int] = await database.execute_fn(proposals.count) if exists else {}
    kind = asked_kind(request)
    total = numbers.get(kind, 0) if kind else sum(numbers.values())
    paging = Paging.of(request, total, proposals.PAGE)

    def link(**changes: object) -> str:
        return address(datasette, PATH, {"kind": kind} | changes)

    context = {
        "numbers": {name: numbers[name] for name in proposals.KINDS if name in numbers},
        "kind": kind,
        "total": total,
        "all": sum(numbers.values()),
        "rows": await database.execute_fn(partial(proposals.proposals, kind=kind, page=paging.page)) if total else [],
        "link": link,
        "asked": f"?kind={kind}" if kind else "",
        "search": lambda name: address(datasette, "/search", {"q": f'"{name}"'}),
    } | paging.context
    return Response.html(await datasette.render_template("proposals.html", context, request=request))


def asked_kind(request: Request) -> str | None:
    """None for all, as for what is no kind."""
    kind = request.args.get("kind")
    return kind if kind in proposals.KINDS else None


async def download(datasette: Datasette, request: Request, send: Any) -> AsgiStream:
    """/proposals.csv"""
    return await send_selection(datasette, request, partial(proposals.listed, kind=asked_kind(request)), "proposals")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(rf"^{PATH}$", page), file_route(PATH, download)]
