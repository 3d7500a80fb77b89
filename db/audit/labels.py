"""What coders said: a file a coder, a line a label, the last of a unit holds."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

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
