"""/runs/7: what came of a run; /runs: of the last one."""

from functools import partial
from typing import Any

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.language import t
from db.operations.run_report import COUNTS, OF_SOURCES, duration, read_report


async def page(datasette: Datasette, request: Request) -> Response:
    wanted = request.url_vars.get("run")
    database = datasette.get_database("archive")
    there = await database.table_exists("runs")
    # of a run that goes on another one each time that its books are written
    report = await database.kept(f"run {wanted}", partial(read_report, run=wanted and int(wanted))) if there else None
    if report is None:
        raise NotFound(t("runs.unknown"))
    if request.url_vars.get("format"):
        return Response.json(report.as_dict())
    context = {"report": report, "run": report.run, "counts": COUNTS, "of_sources": OF_SOURCES, "duration": duration}
    return Response.html(await datasette.render_template("run.html", context, request=request))


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/runs(/(?P<run>\d{1,9}))?(?P<format>\.json)?$", page)]
