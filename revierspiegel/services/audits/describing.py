"""The methods paragraph and the flow of pages, from the archive and its last audit."""

from pathlib import Path

from db.audit.drawing import audits_path, read_draw
from db.audit.flow import FLOW_COLUMNS, PageFlow, read_flow
from db.audit.labels import read_coders
from db.audit.methods import methods
from db.audit.reporting import AuditReport, report_audit
from db.export.csv_quoting import csv_pieces
from db.home import archive_path
from db.problem import Problem
from db.store.archive import Archive


def describe(out: Path | None) -> str:
    """The paragraphs; the flow of pages as CSV where that is what the file is called. Raises Problem."""
    with Archive(archive_path(), read_only=True) as archive:
        archive.check_is_current()
        flow = read_flow(archive.db.conn)
    told = _told(flow, bool(out and out.suffix.lower() == ".csv"))
    if out:
        try:
            out.write_text(told, "utf-8", newline="")
        except OSError as error:
            raise Problem(f"{out}: {error.strerror}; name a file that can be written") from error
    return told


def _told(flow: PageFlow, as_csv: bool) -> str:
    if as_csv:
        return "".join(csv_pieces(FLOW_COLUMNS, flow.rows()))
    return "\n\n".join(methods(flow, last_audit())) + "\n"


def last_audit() -> AuditReport | None:
    if not any(audits_path().glob("*/draw.jsonl")):
        return None
    draw = read_draw()
    return report_audit(draw, read_coders(draw.name))
