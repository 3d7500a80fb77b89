"""What coders said: a file a coder, a line a label, the last of a unit holds."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from zipfile import BadZipFile

from db.audit.drawing import Draw
from db.audit.files import append_line, audits_path, read_lines
from db.days import moment
from db.problem import Problem

CODER = re.compile(r"[\w-]{1,40}")


class CoderLabel(StrEnum):
    ON = "on"
    MENTION = "mention"
    OFF = "off"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class LabelLine:
    unit: str
    label: str
    note: str = ""
    at: str = ""


def labels_path(audit: str, coder: str) -> Path:
    """Raises Problem."""
    if not CODER.fullmatch(coder):
        raise Problem(f"{coder!r}: a coder's name has letters, digits, - and _, as in --coder A")
    return audits_path() / audit / f"labels-{coder}.jsonl"


def append_label(path: Path, unit: str, label: CoderLabel, note: str = "") -> None:
    append_line(path, asdict(LabelLine(unit, str(label), note[:1000], moment().isoformat(timespec="seconds"))))


def read_labels(path: Path) -> dict[str, LabelLine]:
    """By unit."""
    labels: dict[str, LabelLine] = {}
    for row in read_lines(path):
        try:
            label = LabelLine(**row)
            labels[label.unit] = LabelLine(label.unit, str(CoderLabel(label.label)), label.note, label.at)
        except (ValueError, TypeError):
            continue  # of a hand
    return labels


def read_coders(audit: str) -> dict[str, dict[str, LabelLine]]:
    """By coder."""
    paths = sorted((audits_path() / audit).glob("labels-*.jsonl"))
    return {path.stem.removeprefix("labels-"): read_labels(path) for path in paths}


FINAL = "final"  # the coder whose word settles where others differ


def settled(coders: Mapping[str, Mapping[str, LabelLine]]) -> dict[str, str]:
    """Of each unit the label that all give who are sure, or that of the coder `final`; others stay open."""
    given: dict[str, set[str]] = {}
    for labels in coders.values():
        for unit, line in labels.items():
            given.setdefault(unit, set()).add(line.label)
    final = {unit: line.label for unit, line in coders.get(FINAL, {}).items()}
    agreed = {
        unit: next(iter(sure)) for unit, labels in given.items() if len(sure := labels - {CoderLabel.UNSURE}) == 1
    }
    return {unit: label for unit, label in (agreed | final).items() if label != CoderLabel.UNSURE}


# On paper

COLUMNS = ("unit", "url", "title", "label", "note")


def sheet_rows(draw: Draw, labels: Mapping[str, LabelLine]) -> Iterable[Sequence[str]]:
    """Without verdict and score."""
    for _, unit in draw.units:
        line = labels.get(unit.id)
        yield unit.id, unit.url, unit.title, line.label if line else "", line.note if line else ""


def take_in(draw: Draw, coder: str, path: Path) -> int:
    """Labels of a CSV file or workbook with the columns of a sheet; how many. All or none: raises Problem."""
    units = {unit.id for _, unit in draw.units}
    try:
        rows = _book_rows(path) if path.suffix.lower() == ".xlsx" else _csv_rows(path)
    except (OSError, ValueError, KeyError, BadZipFile, csv.Error) as error:
        raise Problem(f"{path}: cannot be read ({error}); save it as CSV in UTF-8 or as XLSX") from error
    if missing := {"unit", "label"} - set(rows[0] if rows else ()):
        raise Problem(f"{path}: no column {', '.join(sorted(missing))}; 'revierspiegel audit sheet' writes a sheet")
    lines = []
    for number, row in enumerate(rows, start=2):
        label = (row.get("label") or "").strip().lower()
        if not label:
            continue
        if row.get("unit") not in units:
            raise Problem(f"{path}: line {number}: unit: {row.get('unit')!r}, expected one of this audit")
        if label not in set(CoderLabel):
            raise Problem(f"{path}: line {number}: label: {label!r}, expected {', '.join(CoderLabel)}")
        lines.append((str(row["unit"]), CoderLabel(label), (row.get("note") or "").strip()))
    for unit, known, note in lines:
        append_label(labels_path(draw.name, coder), unit, known, note)
    return len(lines)


def _csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        sample = stream.readline()
        stream.seek(0)
        return list(csv.DictReader(stream, delimiter=";" if sample.count(";") > sample.count(",") else ","))


def _book_rows(path: Path) -> list[dict[str, str]]:
    """Of the first sheet, whichever was on top when it was saved; a row that was emptied stays one."""
    from openpyxl import load_workbook  # 0.2 s, for which no other command shall wait

    with path.open("rb") as stream, closing(load_workbook(stream, read_only=True, data_only=True)) as book:
        rows = (["" if cell is None else str(cell) for cell in row] for row in book.worksheets[0].values)
        head = next(rows, [])
        return [dict(zip(head, row, strict=False)) for row in rows]
