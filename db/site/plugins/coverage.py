"""/coverage: how many articles on the topic there probably are, and how that is known."""

import asyncio
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.days import today
from db.operations.coverage import ENOUGH, read
from db.operations.recall import kept
from db.site.plugins.finders import called
from db.store.finders.catalogue import names


async def page(datasette: Datasette, request: Request) -> Response:
    day = date.fromisoformat(today())
    database = datasette.get_database("archive")
    coverage = await database.kept(f"coverage {day}", partial(read, today=day))
    finders = partial(called, await database.execute_fn(names))
    known = await asyncio.to_thread(kept, Path(database.path).parent)
    context = {"coverage": coverage, "enough": ENOUGH, "called": finders, "known": known}
    return Response.html(await datasette.render_template("coverage.html", context, request=request))


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/coverage$", page)]
