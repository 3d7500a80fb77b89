"""The last crawl, and how far it is while it runs."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

REFRESH = 10  # seconds, as often as the crawl writes its books
SILENCE = timedelta(minutes=2)  # after which a crawl that has not said that it ended is taken for dead

LAST = """
    select runs.*, max(runs.started, coalesce(max(source_nights.ended), '')) as sign,
        coalesce(sum(source_nights.state != 'not_finished'), 0) as done
    from runs left join source_nights on source_nights.run = runs.id
    where runs.id = (select max(id) from runs) group by runs.id
"""


def with_outcome(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The row with `outcome` as it is: a killed process leaves 'running' behind. `minutes` since it began."""
    if row["outcome"] != "running":
        return row
    try:
        started, sign = (datetime.fromisoformat(row[name]).astimezone(UTC) for name in ("started", "sign"))
    except (TypeError, ValueError):
        return row | {"outcome": "killed"}
    if now - sign > SILENCE:
        return row | {"outcome": "killed"}
    return row | {"minutes": max(0, int((now - started).total_seconds()) // 60)}


def prepare(datasette: Datasette) -> Callable[[], Awaitable[dict[str, Any] | None]]:
    async def last_run() -> dict[str, Any] | None:
        database = datasette.get_database("archive")
        if not {"runs", "source_nights"} <= set(await database.table_names()):
            return None
        row = (await database.execute(LAST)).first()
        return with_outcome(dict(row), datetime.now(UTC)) if row else None

    return last_run


async def progress(datasette: Datasette, request: Request) -> Response:
    """A frame of the front page: it alone is loaded anew, and nobody loses what they type in the search box."""
    context = {"run": await prepare(datasette)(), "refresh": REFRESH}
    return Response.html(await datasette.render_template("progress.html", context, request=request))


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars(datasette: Datasette) -> dict[str, Any]:
    return {"last_run": prepare(datasette)}


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/progress$", progress)]
