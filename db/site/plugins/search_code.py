"""/search/code: a search as code that is ready to paste; a frame of the page of results."""

from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request

from db.export.studies.code import code_for, search_as_sql
from db.language import t
from db.search.query import QueryError, parse
from db.site.answering.dispatch import Question, dispatcher_of
from db.site.answering.processes import Late
from db.site.answering.results import SECONDS
from db.site.plugins.search_page import SearchArguments


async def code(datasette: Datasette, request: Request) -> Response:
    """Raises Refused, TooBusy."""
    if not await datasette.get_database("archive").table_exists("articles"):
        raise NotFound(t("search.nothing"))
    try:
        query = SearchArguments.of(request).query()
        parsed = parse(query) if query else None
        sql = await dispatcher_of(datasette).do(Question.TABLE, SECONDS, search_as_sql, parsed)
    except QueryError as error:
        return Response.text(str(error), status=400)
    except Late:
        return Response.text(t("search.too_long", number=SECONDS), status=400)
    address = datasette.absolute_url(request, datasette.urls.path("/export.csv"))
    context = {"codes": code_for(address, query, sql), "sql": sql}
    return Response.html(await datasette.render_template("search_code.html", context, request=request))


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/search/code$", code)]
