"""Articles that a person has labelled."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from db.validation import ConfigError, choice, under, unopened
from pipelines.relevance.judge import read_line

LABELS = Path(__file__).with_name("labels")


class Label(StrEnum):
    """What a person says of an article; in small letters the verdict that agrees with it."""

    ON = "ON"
    MENTION = "MENTION"
    OFF = "OFF"


@dataclass(frozen=True, slots=True)
class Labelled:
    title: str
    text: str
    url: str | None
    label: Label
    event: str  # articles with the same one tell of the same thing
    is_gist: bool = False  # no whole article


def read_labels(paths: Iterable[Path]) -> list[Labelled]:
    """JSON lines with `label`, `title` and `text`. Raises ConfigError: all wrong lines of a file at once."""
    return [each for path in paths for each in parse(_lines(path), path.name)]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8-sig").split("\n")
    except OSError as error:
        raise ConfigError(path.name, [unopened(path, error, "name it with --labels")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(path.name, [f"byte {error.start}: not UTF-8, expected JSON lines in UTF-8"]) from error


def parse(lines: Iterable[str], name: str) -> list[Labelled]:
    """`name` stands in the errors. Raises ConfigError."""
    errors: list[str] = []
    labelled = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        tell = under(errors.append, f"line {number}")
        row = read_line(line)
        if "error" in row:
            tell(row["error"])
        elif row["label"] is None:
            tell(f"label: missing, expected one of {', '.join(Label)}")
        elif label := choice(Label, row["label"], under(tell, "label")):
            more = json.loads(line)
            event = str(more.get("event") or f"{name} {number}")
            labelled.append(
                Labelled(row["title"] or "", row["text"] or "", row["url"], Label(label), event, bool(more.get("gist")))
            )
    if not errors and not labelled:
        errors.append("is empty, expected JSON lines with label, title and text")
    if errors:
        raise ConfigError(name, errors)
    return labelled


def labels_beside(profile: Path) -> list[Path]:
    """heide.jsonl beside heide.toml; else what lies in `labels/` beside it; may be none."""
    own = profile.with_suffix(".jsonl")
    return [own] if own.is_file() else sorted(profile.with_name("labels").glob("*.jsonl"))
