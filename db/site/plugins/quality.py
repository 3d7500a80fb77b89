"""/about/quality: the last audit, or that there was none, and the way of every page as picture, table and CSV. The way
stands on /about, too."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.audit.flow import PARTED_COLUMNS, PageFlow, read_flow, read_parted_flows
from db.audit.reporting import FIGURES, last_audit
from db.export.csv_quoting import csv_pieces

T = TypeVar("T")

WIDEST = 340  # of a bar
STEP, REASON = 46, 38  # its height with its words


@dataclass(frozen=True, slots=True)
class FlowBar:
    """Of a step, or of a reason for which pages were refused."""

    name: str
    is_reason: bool
    number: int
    y: int
    width: float


async def _kept(datasette: Datasette, name: str, read: Callable[[sqlite3.Connection], T]) -> T | None:
    """None of an archive without these tables."""
    database = datasette.get_database("archive")
    if not {"source_nights", "findings", "copies"} <= set(await database.table_names()):
        return None
    kept: T = await database.kept(name, read)
    return kept


async def flow_context(datasette: Datasette) -> dict[str, Any]:
    """Of _flow.html; no flow where no night is known."""
    flow = await _kept(datasette, "page flow", read_flow)
    if flow is None or not flow.nights:
        return {"flow": None}
    bars = tuple(_bars(flow))
    return {"flow": flow, "bars": bars, "bars_height": bars[-1].y + STEP}


def _bars(flow: PageFlow) -> Iterator[FlowBar]:
    """In the order in which a page passes them."""
    steps = [(name, False, flow.counts[name]) for name in ("listed", "new", "fetched", "refused")]
    steps += [(reason, True, number) for reason, number in flow.reasons.items()]
    steps += [("kept", False, flow.counts["kept"]), ("articles", False, flow.articles), ("texts", False, flow.texts)]
    most, y = max(1, *(number for _, _, number in steps)), 0
    for name, is_reason, number in steps:
        yield FlowBar(name, is_reason, number, y, round(WIDEST * number / most, 1))
        y += REASON if is_reason else STEP


async def quality(datasette: Datasette, request: Request) -> Response:
    audit = await asyncio.to_thread(last_audit, Path(datasette.get_database("archive").path).parent)
    context = {"audit": audit, "figures": FIGURES} | await flow_context(datasette)
    return Response.html(await datasette.render_template("quality.html", context, request=request))


async def quality_csv(datasette: Datasette, request: Request) -> Response:
    flows = await _kept(datasette, "page flows", lambda connection: tuple(read_parted_flows(connection))) or ()
    rows = ((by, value, *row) for by, value, flow in flows if flow.nights for row in flow.rows())
    lines = csv_pieces(PARTED_COLUMNS, rows)
    return Response("".join(lines), content_type="text/csv; charset=utf-8")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/about/quality$", quality), (r"^/about/quality\.csv$", quality_csv)]
