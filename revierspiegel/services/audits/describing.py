"""The methods paragraph and the flow of pages, from the archive and its last audit."""

from pathlib import Path

from db.audit.flow import PARTED_COLUMNS, Days, read_flow, read_parted_flows, read_questions
from db.audit.methods import CorpusFacts, methods
from db.audit.reporting import last_audit
from db.export.csv_quoting import csv_pieces
from db.home import archive_path, home
from db.problem import Problem
from db.publish.shelf import current
from db.store.archive import Archive


def describe(out: Path | None, days: Days) -> str:
    """The paragraphs; the flow of pages as CSV where that is what the file is called. Raises Problem."""
    with Archive(archive_path(), read_only=True) as archive:
        archive.check_is_current()
        if out and out.suffix.lower() == ".csv":
            flows = read_parted_flows(archive.db.conn, days)
            rows = ((by, value, *row) for by, value, flow in flows for row in flow.rows())
            text = "".join(csv_pieces(PARTED_COLUMNS, rows))
        else:
            flow, questions = read_flow(archive.db.conn, days), read_questions(archive.db.conn, days)
            facts = CorpusFacts(flow=flow, questions=questions, audit=last_audit(home()), snapshot=_snapshot())
            text = "\n\n".join(methods(facts)) + "\n"
    if out:
        try:
            out.write_text(text, "utf-8", newline="")
        except OSError as error:
            raise Problem(f"{out}: {error.strerror}; name a file that can be written") from error
    return text


def _snapshot() -> str | None:
    """The name of the public file that is served."""
    path = current(home())
    return path.stem if path else None
