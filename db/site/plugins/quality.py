"""/about/quality: the last audit, or that there was none, and the way of every page as picture, table and CSV."""

import asyncio
from pathlib import Path
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.audit.flow import FLOW_COLUMNS, PageFlow, read_flow
from db.audit.reporting import FIGURES, last_audit
from db.export.csv_quoting import csv_pieces

STEPS = ("listed", "new", "fetched", "kept")
WIDEST = 340  # of a bar


async def _flow(datasette: Datasette) -> PageFlow | None:
    """None where no night is known."""
    database = datasette.get_database("archive")
    if not {"source_nights", "findings", "copies"} <= set(await database.table_names()):
        return None
    flow: PageFlow = await database.kept("page flow", read_flow)
    return flow if flow.nights else None


async def quality(datasette: Datasette, request: Request) -> Response:
    flow = await _flow(datasette)
    audit = await asyncio.to_thread(last_audit, Path(datasette.get_database("archive").path).parent)
    bars = []
    if flow:
        numbers = [*((name, flow.counts[name]) for name in STEPS), ("articles", flow.articles), ("texts", flow.texts)]
        most = max(1, *(number for _, number in numbers))
        bars = [(name, number, round(WIDEST * number / most, 1)) for name, number in numbers]
    context = {"flow": flow, "audit": audit, "figures": FIGURES, "bars": bars}
    return Response.html(await datasette.render_template("quality.html", context, request=request))


async def quality_csv(datasette: Datasette, request: Request) -> Response:
    flow = await _flow(datasette)
    lines = csv_pieces(FLOW_COLUMNS, flow.rows() if flow else ())
    return Response("".join(lines), content_type="text/csv; charset=utf-8")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/about/quality$", quality), (r"^/about/quality\.csv$", quality_csv)]
