"""/changes: what publishers have changed and taken away, newest first; counts by kind, outlet and month as links."""

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import AsgiStream, BadRequest, Request

from db.export.changes import KINDS, NEEDED, QUIET, ChangeCounts, ChangeFilter, facets, numbers, selection
from db.home import state_of
from db.language import t
from db.search.query import ONLY
from db.site.answering.dispatch import Question, dispatcher_of
from db.site.answering.processes import Late
from db.site.plugins.listings import Paging, file_route, send_selection
from db.site.version_diff import PAGE, SECONDS, list_changes
from db.store.changed import written
from db.store.finders.catalogue import outside

NAMES = ("kind", "source", "month")


@dataclass(frozen=True, slots=True)
class ChangeArguments:
    asked: ChangeFilter

    @classmethod
    def of(cls, request: Request) -> "ChangeArguments":
        """Raises BadRequest."""
        values = {name: (request.args.get(name) or "").strip() for name in (*NAMES, "registry", "all")}
        if values["kind"] not in ("", *KINDS):
            raise BadRequest(t("changes.no_kind", value=values["kind"][:60], known=", ".join(KINDS)))
        if not re.fullmatch(r"|(?!0000)\d{4}-(0[1-9]|1[0-2])", values["month"], re.ASCII):
            raise BadRequest(t("changes.no_month", value=values["month"][:60]))
        asked = ChangeFilter(values["kind"], values["source"][:200], values["month"], values["all"] == "1")
        return cls(replace(asked, registry_only=values["registry"] == ONLY[0]))

    @property
    def narrowed(self) -> dict[str, str]:
        return {name: value for name in NAMES if (value := getattr(self.asked, name))}

    def address(self, **changes: str | int | None) -> str:
        values: dict[str, Any] = self.narrowed | ({"all": 1} if self.asked.with_quiet else {})
        values |= ({"registry": ONLY[0]} if self.asked.registry_only else {}) | changes
        query_string = urlencode({name: value for name, value in values.items() if value})
        return f"?{query_string}" if query_string else ""


async def counts_of(datasette: Datasette, asked: ChangeFilter) -> ChangeCounts:
    """Raises Refused."""
    database = datasette.get_database("archive")
    if not set(await database.table_names()) >= NEEDED:  # an archive of an older version
        return facets({}, asked, frozenset())
    found = await database.counted("outside", state_of(database.archive), outside)
    state = await database.kept("changes written", written)
    return facets(await database.counted("changes", state, numbers), asked, found)


async def page(datasette: Datasette, request: Request) -> Response:
    """Raises Refused, TooBusy, BadRequest."""
    arguments = ChangeArguments.of(request)
    counts = await counts_of(datasette, arguments.asked)
    paging = Paging.of(request, counts.total, PAGE)
    try:
        listed = (
            await dispatcher_of(datasette).do(Question.TABLE, SECONDS, list_changes, arguments.asked, paging.page)
            if counts.total
            else []
        )
    except Late as error:
        raise BadRequest(t("search.too_long", number=SECONDS)) from error

    def link(**changes: str | int | None) -> str:
        return str(datasette.urls.path("/changes")) + arguments.address(**changes)

    context = {
        "arguments": arguments,
        "counts": counts,
        "listed": listed,
        "link": link,
        "taken": arguments.address(),
        "only": ONLY[0],
        "asks_for_quiet": arguments.asked.with_quiet or arguments.asked.kind in QUIET,
        "names": NAMES,
    } | paging.context
    return Response.html(await datasette.render_template("changes.html", context, request=request))


async def download(datasette: Datasette, request: Request, send: Any) -> AsgiStream:
    """Raises Refused, TooBusy, Gone, BadRequest."""
    select = partial(selection, asked=ChangeArguments.of(request).asked)
    return await send_selection(datasette, request, select, "changes")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/changes$", page), file_route("/changes", download)]
