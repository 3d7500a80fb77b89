"""The dated events of the story, kept by hand in a file; no event without evidence."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from db.days import next_month
from db.language import language, languages
from db.validation import ConfigError

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
    try:
        entries = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)  # all as written: 2024-02-30 is for us to refuse
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise EventsError(path.name, [f"cannot be read: {error}"]) from error
    if not isinstance(entries, list):
        raise EventsError(path.name, [f"holds a {type(entries).__name__}, expected a list of events"])
    if errors := [f"entry {place}: {fault}" for place, entry in enumerate(entries, 1) for fault in faults(entry)]:
        raise EventsError(path.name, errors)
    events = (
        Event(*_span(entry["date"]), {name: entry["title"][name] for name in languages()}, (*entry["evidence"],))
        for entry in entries
    )
    return tuple(sorted(events, key=lambda event: event.first))


def faults(entry: Any) -> Iterator[str]:
    """What keeps an entry from being an event: key: what is wrong, what is expected."""
    if not isinstance(entry, dict):
        yield f"is a {type(entry).__name__}, expected date, title and evidence"
        return
    yield from (f"{key}: is no key, expected date, title and evidence" for key in entry if key not in _KEYS)
    try:
        _span(entry.get("date"))
    except ValueError:
        yield f"date: {entry.get('date')}, expected a day or a month as in 2024-02-15 or 2024-02"
    titles = entry.get("title")
    for name in languages():
        title = titles.get(name) if isinstance(titles, dict) else None
        if not (isinstance(title, str) and title.strip()):
            yield f"title: {name}: {title!r}, expected a line in this language"
    evidence = entry.get("evidence")
    if not (isinstance(evidence, list) and evidence):
        yield f"evidence: {evidence!r}, expected a list of one address or more: no event without evidence"
        return
    yield from (f"evidence: {url!r}, expected an address (http, https)" for url in evidence if not _is_address(url))


_KEYS = {"date", "title", "evidence"}


def _is_address(url: Any) -> bool:
    return isinstance(url, str) and urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).netloc)


def _span(written: Any) -> tuple[date, date]:
    """Raises ValueError."""
    matched = re.fullmatch(r"(\d{4}-\d\d)(-\d\d)?", str(written))
    first = date.fromisoformat(f"{matched[1]}{matched[2] or '-01'}" if matched else "")
    return first, first if matched and matched[2] else next_month(first) - timedelta(1)
