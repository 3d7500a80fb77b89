"""Labels on paper: a sheet to fill in, as CSV or workbook, and what is in it."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from db.audit.drawing import read_draw
from db.audit.labels import labels_path, read_labels
from db.audit.sheets import headings, sheet_rows
from db.export.csv_quoting import excel_pieces
from db.export.workbooks import make_workbook
from db.language import speaking
from db.problem import Problem
from db.store.finders.catalogue import CitedFinder
from schedules.messages import operators_language


@dataclass(frozen=True, slots=True)
class AuditSheet:
    rows: Iterable[Sequence[object]]
    columns: Sequence[str]
    table: str = "audit"
    finders: Sequence[CitedFinder] = ()


def write_sheet(name: str, coder: str, out: Path, wanted: str | None = None) -> int:
    """How many pages. `wanted`: the language. Raises Problem."""
    with speaking(wanted or operators_language()):
        return _written(name, coder, out)


def _written(name: str, coder: str, out: Path) -> int:
    draw = read_draw(name)
    rows = list(sheet_rows(draw, read_labels(labels_path(draw.name, coder))))
    try:
        if out.suffix.lower() == ".xlsx":
            with make_workbook(AuditSheet(rows, headings()), ()).file as book, out.open("wb") as target:
                shutil.copyfileobj(book, target)
        else:
            out.write_text("".join(excel_pieces(headings(), rows)), "utf-8", newline="")
    except OSError as error:
        raise Problem(f"{out}: {error.strerror}; name a file that can be written") from error
    return len(rows)
