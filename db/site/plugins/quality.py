"""/about/quality: the last audit, or that there was none, and the way of every page as picture, table and CSV. The way
stands on /about, too."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.audit.flow import PARTED_COLUMNS, read_flow, read_parted_flows
from db.audit.reporting import FIGURES, last_audit
from db.export.csv_quoting import csv_pieces
from db.home import state_of
from db.site.database import ReadOnlyDatabase

WIDEST = 340  # of a bar
STEP, REASON = 46, 38  # its height with its words
BARS = {  # step and part → what it is called; reasons of refusals stand behind "refused"
    ("listed", ""): "listed",
    ("new", ""): "new",
    ("fetched", ""): "fetched",
    ("fetched", "refused"): "refused",
    ("fetched", "kept"): "kept",
    ("kept", "articles"): "articles",
    ("folded", "texts"): "texts",
}


@dataclass(frozen=True, slots=True)
class FlowBar:
    """Of a step, or of a reason for which pages were refused."""

    name: str
    is_reason: bool
    number: int
    y: int
    width: float


@dataclass(frozen=True, slots=True)
class ShownFlow:
    """`rows`: step, part of it, pages."""

    first: str
    last: str
    rows: Sequence[tuple[str, str, int]]

    @property
    def bars(self) -> Iterator[FlowBar]:
        """In the order in which a page passes them."""
        numbers = {(step, part): number for step, part, number in self.rows}
        steps = [(name, False, numbers[key]) for key, name in BARS.items() if key in numbers]
        reasons = [(part, True, number) for step, part, number in self.rows if step == "refused" and part != "unasked"]
        behind = next((place for place, (name, _, _) in enumerate(steps, 1) if name == "refused"), 0)
        most, y = max(1, *(number for _, _, number in steps)), 0
        for name, is_reason, number in [*steps[:behind], *reasons, *steps[behind:]]:
            yield FlowBar(name, is_reason, number, y, round(WIDEST * number / most, 1))
            y += REASON if is_reason else STEP


async def _flow(database: ReadOnlyDatabase) -> ShownFlow | None:
    """Of an archive; a snapshot has it ready. None where no night is known."""
    reported: ShownFlow | None = await database.kept("reported flow", _reported_flow)
    if reported:
        return reported
    if not await _is_archive(database):
        return None
    flow = await database.counted("page flow", state_of(database.archive), read_flow)
    return ShownFlow(flow.first, flow.last, tuple(flow.rows())) if flow.nights else None


async def _is_archive(database: ReadOnlyDatabase) -> bool:
    return {"source_nights", "findings", "copies"} <= set(await database.table_names())


def _reported_flow(connection: sqlite3.Connection) -> ShownFlow | None:
    reported = _reported(connection, "flow")
    if reported is None:
        return None
    first, last = connection.execute("select min(night), max(night) from source_nights").fetchone()
    rows = tuple((row["step"], row["part"], row["pages"]) for row in reported)
    return ShownFlow(first, last, rows) if first else None


def _reported(connection: sqlite3.Connection, name: str) -> Any:
    """None of an archive."""
    if not connection.execute("select 1 from sqlite_master where name = 'snapshot_reports'").fetchone():
        return None
    row = connection.execute("select content from snapshot_reports where name = ?", [name]).fetchone()
    return json.loads(row[0]) if row else None


async def flow_context(datasette: Datasette) -> dict[str, Any]:
    """Of _flow.html. Raises Refused."""
    flow = await _flow(datasette.get_database("archive"))
    bars = tuple(flow.bars) if flow else ()
    return {"flow": flow, "bars": bars, "bars_height": bars[-1].y + STEP if bars else 0}


async def quality(datasette: Datasette, request: Request) -> Response:
    database = datasette.get_database("archive")
    audit = await database.kept("audit", partial(_reported, name="audit"))
    audit = audit or await asyncio.to_thread(last_audit, Path(database.path).parent)
    context = {"audit": audit, "figures": FIGURES} | await flow_context(datasette)
    return Response.html(await datasette.render_template("quality.html", context, request=request))


async def quality_csv(datasette: Datasette, request: Request) -> Response:
    """Raises Refused."""
    database = datasette.get_database("archive")
    if await _is_archive(database):
        flows = await database.counted("page flows", state_of(database.archive), read_parted_flows)
        rows = [(by, value, *row) for by, value, flow in flows if flow.nights for row in flow.rows()]
    else:
        shown = await _flow(database)
        rows = [("", "", *row) for row in shown.rows] if shown else []
    lines = csv_pieces(PARTED_COLUMNS, rows)
    return Response("".join(lines), content_type="text/csv; charset=utf-8")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/about/quality$", quality), (r"^/about/quality\.csv$", quality_csv)]
