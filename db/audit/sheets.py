"""Labels on paper: the rows of a sheet, in the language that is spoken, and what a sheet in any language says."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from zipfile import BadZipFile

from db.audit.drawing import Draw
from db.audit.labels import CoderLabel, LabelLine, append_label, labels_path
from db.language import languages, named, speaking
from db.problem import Problem

COLUMNS = ("unit", "url", "title", "label", "note")


def headings() -> tuple[str, ...]:
    """Of the label with what may be filled in: unit, url, title, label: on the topic / in passing / …, note"""
    labels = " / ".join(named(label, "audit_label") for label in CoderLabel)
    called = {name: named(name, "audit_sheet") for name in COLUMNS}
    return tuple((called | {"label": f"{called['label']}: {labels}"}).values())


def sheet_rows(draw: Draw, labels: Mapping[str, LabelLine]) -> Iterator[Sequence[str]]:
    """Without verdict and score."""
    for _, unit in draw.units:
        line = labels.get(unit.id)
        given = (named(line.label, "audit_label"), line.note) if line else ("", "")
        yield unit.id, unit.url, unit.title, *given


@cache
def _columns() -> Mapping[str, str]:
    """Heading in any language → column."""
    return {name: name for name in COLUMNS} | _named_in_any(COLUMNS, "audit_sheet")


@cache
def _labels() -> Mapping[str, str]:
    """Word in any language → label."""
    return {str(label): str(label) for label in CoderLabel} | _named_in_any(tuple(CoderLabel), "audit_label")


def _named_in_any(values: Sequence[str], group: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in languages():
        with speaking(name):
            found |= {named(value, group).casefold(): str(value) for value in values}
    return found


def take_in(draw: Draw, coder: str, path: Path) -> int:
    """Labels of a CSV file or workbook with the columns of a sheet; how many. All or none: raises Problem."""
    units = {unit.id for _, unit in draw.units}
    try:
        rows = _book_rows(path) if path.suffix.lower() == ".xlsx" else _csv_rows(path)
    except (OSError, ValueError, KeyError, BadZipFile, csv.Error) as error:
        raise Problem(f"{path}: cannot be read ({error}); save it as CSV in UTF-8 or as XLSX") from error
    head, *others = rows or [[]]
    columns = [_columns().get(heading.partition(":")[0].strip().casefold(), "") for heading in head]
    if missing := {"unit", "label"} - set(columns):
        raise Problem(f"{path}: no column {', '.join(sorted(missing))}; 'revierspiegel audit sheet' writes a sheet")
    lines = []
    for number, cells in enumerate(others, start=2):
        row = dict(zip(columns, cells, strict=False))
        word = row.get("label", "").strip().casefold()
        if not word:
            continue
        if row.get("unit") not in units:
            raise Problem(f"{path}: line {number}: unit: {row.get('unit')!r}, expected one of this audit")
        if word not in _labels():
            raise Problem(f"{path}: line {number}: label: {word!r}, expected {', '.join(CoderLabel)}")
        lines.append((row["unit"], CoderLabel(_labels()[word]), row.get("note", "").strip()))
    for unit, known, note in lines:
        append_label(labels_path(draw.name, coder), unit, known, note)
    return len(lines)


def _csv_rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        sample = stream.readline()
        stream.seek(0)
        return list(csv.reader(stream, delimiter=";" if sample.count(";") > sample.count(",") else ","))


def _book_rows(path: Path) -> list[list[str]]:
    """Of the first sheet, whichever was on top when it was saved; a row that was emptied stays one."""
    from openpyxl import load_workbook  # 0.2 s, for which no other command shall wait

    with path.open("rb") as stream, closing(load_workbook(stream, read_only=True, data_only=True)) as book:
        return [["" if cell is None else str(cell) for cell in row] for row in book.worksheets[0].values]
