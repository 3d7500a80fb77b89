"""The methods paragraph and the flow of pages, from the archive and its last audit."""

from collections.abc import Sequence
from pathlib import Path

from db.audit.drawing import audits_path, read_draw
from db.audit.flow import PARTED_COLUMNS, FlowPart, PageFlow, read_parted_flows
from db.audit.labels import read_coders
from db.audit.methods import methods
from db.audit.reporting import AuditReport, report_audit
from db.export.csv_quoting import csv_pieces
from db.home import archive_path
from db.problem import Problem
from db.store.archive import Archive


def describe(out: Path | None, part: FlowPart) -> str:
    """The paragraphs; the flow of pages as CSV where that is what the file is called. Raises Problem."""
    with Archive(archive_path(), read_only=True) as archive:
        archive.check_is_current()
        flows = list(read_parted_flows(archive.db.conn, part))
    told = _told(flows, bool(out and out.suffix.lower() == ".csv"))
    if out:
        try:
            out.write_text(told, "utf-8", newline="")
        except OSError as error:
            raise Problem(f"{out}: {error.strerror}; name a file that can be written") from error
    return told


def _told(flows: Sequence[tuple[str, str, PageFlow]], as_csv: bool) -> str:
    if as_csv:
        rows = ((by, value, *row) for by, value, flow in flows for row in flow.rows())
        return "".join(csv_pieces(PARTED_COLUMNS, rows))
    _, _, whole = flows[0]
    return "\n\n".join(methods(whole, last_audit())) + "\n"


def last_audit() -> AuditReport | None:
    if not any(audits_path().glob("*/draw.jsonl")):
        return None
    draw = read_draw()
    return report_audit(draw, read_coders(draw.name))
