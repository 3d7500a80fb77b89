"""The dated events of the story, kept by hand in a file; no event without evidence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import yaml

from db import validation
from db.days import next_month
from db.language import language, languages
from db.validation import ConfigError, Reader, Tell

EVENTS = Path(__file__).with_name("events.yaml")


class EventsError(ConfigError):
    """The file of events cannot be used; one line for each thing wrong in it."""


@dataclass(frozen=True, slots=True)
class Event:
    first: date
    last: date  # the same day, or the last of the month
    titles: Mapping[str, str]
    evidence: tuple[str, ...]

    @property
    def title(self) -> str:
        return self.titles[language()]

    @property
    def written(self) -> str:
        """2024-02-15, 2024-08"""
        return self.first.isoformat() if self.first == self.last else f"{self.first:%Y-%m}"


def load(path: Path = EVENTS) -> tuple[Event, ...]:
    """In the order of time. Raises EventsError."""
    return _load(path, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(2)  # YAML takes 16 ms, a third of the timeline
def _load(path: Path, written: int) -> tuple[Event, ...]:
    try:
        entries = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)  # all as written: 2024-02-30 is for us to refuse
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise EventsError(path.name, [f"cannot be read: {error}"]) from error
    if not isinstance(entries, list):
        raise EventsError(path.name, [f"holds a {type(entries).__name__}, expected a list of events"])
    errors: list[str] = []
    readers: dict[str, Reader] = {"date": _span, "title": _titles, "evidence": partial(validation.some, _address)}
    read = [
        validation.table(entry, readers, _REQUIRED, validation.under(errors.append, f"entry {place}"))
        for place, entry in enumerate(entries, 1)
    ]
    if errors:
        raise EventsError(path.name, errors)
    events = (
        Event(first=entry["date"][0], last=entry["date"][1], titles=entry["title"], evidence=entry["evidence"])
        for entry in read
    )
    return tuple(sorted(events, key=lambda event: event.first))


def _span(value: Any, tell: Tell) -> tuple[date, date]:
    """The first and the last day of what is written."""
    matched = re.fullmatch(r"(\d{4}-\d\d)(-\d\d)?", str(value))
    try:
        first = date.fromisoformat(f"{matched[1]}{matched[2] or '-01'}" if matched else "")
    except ValueError:
        tell(f"{value}, expected {_REQUIRED['date']}")
        return date.min, date.min
    return first, first if matched and matched[2] else next_month(first) - timedelta(1)


def _titles(value: Any, tell: Tell) -> dict[str, str]:
    readers: dict[str, Reader] = dict.fromkeys(languages(), partial(validation.form, validation.SOME_TEXT, _LINE))
    return validation.table(value, readers, dict.fromkeys(readers, _LINE), tell)


_address = partial(validation.web_address, ())
_LINE = "a line in this language"
_REQUIRED = {
    "date": "a day or a month as in 2024-02-15 or 2024-02",
    "title": "a line in each language",
    "evidence": "a list of one address or more: no event without evidence",
}
