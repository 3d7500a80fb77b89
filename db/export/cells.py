"""A stored cell → what a spreadsheet holds: numbers, days and moments, truth values and words."""

import base64
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from typing import NoReturn

from db.days import BERLIN, there

# Columns that hold JSON as text: the text itself in CSV, lists and objects in JSON, lists as words in a spreadsheet.
JSON_COLUMNS = frozenset(
    {"authors", "agencies", "credit", "subheads", "reasons", "addresses", "lead", "rights", "found", "barred", "terms"}
    | {
        "changes",
        "kinds",
        "uncorrected",
        "outcome",
        "outcomes",
        "detail_outcome",
        "health_outcome",
        "last_outcomes",
        "features",
        "proposal",
    }
)
# ISO 8601 in the archive.
MOMENTS = frozenset(
    "as_of asked_at at captured_at checked_at date day due ended fetched_at first_at first_day first_found"
    " first_seen found_at full_at health_since last_at last_checked last_day last_seen last_success made_at"
    " missing_at modified night over_at published published_utc seen_at sent_at started told_at tried_at tried_on"
    " waits_until worked_at".split()
)
IN_UTC = "published_utc"  # as its name says; all others by Berlin's clock
# 1 or 0 in the archive
FLAGS = frozenset({"answered", "done", "in_part", "on_terms", "primary_document", "reserved", "works"})

LONGEST = 32_767  # what a cell of Excel holds, in units of UTF-16
CUT_AT = 32_000
CUT = " … [cut: too long for a cell of Excel; whole in CSV and JSON]"
EXACT = 10**15  # Excel keeps 15 digits of a number
FIRST_YEAR = 1900  # of Excel's calendar

_NOT_SHOWN = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML cannot hold them
_DAY = re.compile(r"\d{4}-\d\d-\d\d")

Cell = str | bool | int | float | date | datetime | None


class Written(StrEnum):
    """How a column stands in a spreadsheet, where that is not as in the archive."""

    MOMENT = "moment"
    IN_UTC = "in_utc"
    WORDS = "words"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Shortened:
    """A text that had to be cut."""

    row: int  # as the spreadsheet counts: 2 is the first below the names of the columns
    first: Cell  # the cell of the first column, in most tables the id
    column: str
    length: int  # characters


def written(column: str) -> Written | None:
    if column in MOMENTS:
        return Written.IN_UTC if column == IN_UTC else Written.MOMENT
    return Written.WORDS if column in JSON_COLUMNS else Written.FLAG if column in FLAGS else None


def typed(
    columns: Sequence[str], rows: Iterable[Sequence[object]], shortened: list[Shortened], longest: int = LONGEST
) -> Iterator[list[Cell]]:
    """The rows as a spreadsheet holds them; what is cut is added to `shortened`."""
    readers = [_READERS[written(name)] for name in columns]
    for number, row in enumerate(rows, start=2):
        cells = [read(cell) for read, cell in zip(readers, row, strict=True)]
        for place, cell in enumerate(cells):
            if type(cell) is str and len(cell) > longest // 2 and _units(cell) > longest:
                cells[place] = cell.encode("utf-16-le")[: 2 * CUT_AT].decode("utf-16-le", "ignore") + CUT
                shortened.append(Shortened(number, cells[0], columns[place], len(cell)))
        yield cells


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _plain(cell: object) -> Cell:
    match cell:
        case None:
            return None
        case str():
            lines = cell.replace("\r\n", "\n").replace("\r", "\n") if "\r" in cell else cell
            return _NOT_SHOWN.sub("�", lines)
        case bytes():
            return base64.b64encode(cell).decode()
        case float():
            return cell if math.isfinite(cell) else None
        case int():
            return cell if -EXACT < cell < EXACT else str(cell)
    return None


def _moment(zone: tzinfo) -> Callable[[object], Cell]:
    def read(cell: object) -> Cell:
        if not isinstance(cell, str) or not _DAY.match(cell):
            return _plain(cell)
        try:
            if len(cell) == len("2025-03-03"):
                value: date = date.fromisoformat(cell)
            else:
                value = there(cell).astimezone(zone).replace(tzinfo=None, microsecond=0)
        except (ValueError, OverflowError):
            return _plain(cell)
        return value if value.year >= FIRST_YEAR else _plain(cell)

    return read


def _words(cell: object) -> Cell:
    """["A", "B"] → A; B. What is no list of words stays JSON."""
    if isinstance(cell, str):
        try:
            values = from_json(cell)
        except ValueError:
            return _plain(cell)
        if isinstance(values, list) and not any(isinstance(value, list | dict) for value in values):
            words = (value if isinstance(value, str) else json.dumps(value) for value in values if value is not None)
            return _plain("; ".join(words))
    return _plain(cell)


def _flag(cell: object) -> Cell:
    return bool(cell) if cell in (0, 1) else _plain(cell)


_READERS: dict[Written | None, Callable[[object], Cell]] = {
    None: _plain,
    Written.MOMENT: _moment(BERLIN),
    Written.IN_UTC: _moment(UTC),
    Written.WORDS: _words,
    Written.FLAG: _flag,
}


def from_json(text: str) -> object:
    """What JSON and UTF-8 can hold again: half a surrogate pair ("\\ud83d") is no character. Raises ValueError."""
    try:
        value = _decode(text)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if "\\ud" in text or "\\uD" in text:
        whole = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return json.loads(whole)
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"JSON has no {name}")


_decode = json.JSONDecoder(parse_constant=_no_number).decode
