"""Sources that could not be read in many of the nights that a search is over: it may find less than was published."""

import sqlite3
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from db.days import next_month
from db.search.morphology import spelling
from db.search.query import Query
from db.store.finders.hosts import OUTSIDE

TOLERATED = 10  # one night in so many
READ = frozenset({"ok", "partial", "nothing_to_ask"})  # states of a source in a night

# The last run of a night has the last word; of one that is under way nothing is missing yet. A backfill is no night of
# a source. Sorted and grouped by SQLite, 150,000 nights take five times as long as in the order of runs.
_NIGHTS = """select source, night, state from source_nights
where run in (select id from runs where kind = 'crawl' and outcome is not 'running') order by run"""
_SOURCES = f"""select id, coalesce(nullif(name, ''), id), coalesce(kind, '') from sources
where id not in ({OUTSIDE}) order by id"""
_RUNS = "select count(*), max(id), max(ended), sum(outcome is not 'running') from runs"


@dataclass(frozen=True, slots=True)
class WatchedSource:
    """From its first night to its last, with those in which it was not read; days as `date.toordinal` has them."""

    source: str
    name: str
    kind: str
    first: int
    last: int
    missed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SourceGap:
    source: str
    name: str
    missed: int
    nights: int


@dataclass(frozen=True, slots=True)
class MissingNights:
    """`gaps`: sources that were not read in more than a tenth of the nights, the worst first."""

    first: str
    last: str
    sources: int
    gaps: tuple[SourceGap, ...]

    def __str__(self) -> str:
        worst = ", ".join(f"{gap.source} ({gap.missed} of {gap.nights} nights)" for gap in self.gaps[:3])
        return (
            f"there may be fewer articles than were published: {len(self.gaps)} of {self.sources} sources could not be"
            f" read in more than a tenth of the nights from {self.first} to {self.last}, for example {worst}"
        )

    def as_dict(self) -> dict[str, object]:
        """As the manifest has it."""
        gaps = [{"source": gap.source, "missed": gap.missed, "nights": gap.nights} for gap in self.gaps]
        return {"first": self.first, "last": self.last, "sources": self.sources, "gaps": gaps}


def watched_sources(connection: sqlite3.Connection) -> tuple[WatchedSource, ...]:
    """A night without a crawl is one that each of them missed. `changes_with` tells when it may have changed."""
    states: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for source, night, state in connection.execute(_NIGHTS):
        states[source][night] = state
    ordinal = cache(lambda day: date.fromisoformat(day).toordinal())
    watched = []
    for source, name, kind in connection.execute(_SOURCES):
        if nights := {ordinal(night): state for night, state in states[source].items()}:
            first, last = min(nights), max(nights)
            missed = tuple(night for night in range(first, last + 1) if nights.get(night) not in READ)
            watched.append(WatchedSource(source, name, kind, first, last, missed))
    return tuple(watched)


def changes_with(connection: sqlite3.Connection) -> tuple[object, ...]:
    """In a millisecond; the nights of 150 sources and three years take 0.4 s."""
    return (*connection.execute(_RUNS).fetchone(), *map(tuple, connection.execute(_SOURCES)))


def missing_nights(watched: Iterable[WatchedSource], query: Query) -> MissingNights | None:
    """Of the sources and days that a query narrows to; None where each was read in nine nights of ten."""
    begin, end = _span(query)
    nights: list[int] = []
    gaps = []
    sources = 0
    for each in watched:
        first, last = max(begin, each.first), min(end, each.last)
        if first > last or not _asked_for(each, query):
            continue
        sources += 1
        nights += (first, last)
        number = last - first + 1
        missed = bisect_right(each.missed, last) - bisect_left(each.missed, first)
        if missed * TOLERATED > number:
            gaps.append(SourceGap(each.source, each.name, missed, number))
    if not gaps:
        return None
    gaps.sort(key=lambda gap: (-gap.missed / gap.nights, gap.name))
    first_day, last_day = (date.fromordinal(day).isoformat() for day in (min(nights), max(nights)))
    return MissingNights(first_day, last_day, sources, tuple(gaps))


def _span(query: Query) -> tuple[int, int]:
    """The first and the last day on which what is wanted was published."""
    begins, ends = [date.min], [date.max]
    begins += [date.fromisoformat(value) for value in _values(query, "from")]
    ends += [date.fromisoformat(value) - timedelta(1) for value in _values(query, "to")]
    if spans := [_days(value) for value in _values(query, "date") if value]:
        begins.append(min(first for first, _ in spans))
        ends.append(max(last for _, last in spans))
    return max(begins).toordinal(), min(ends).toordinal()


def _days(value: str) -> tuple[date, date]:
    """Of a year, a month or a day."""
    year, month, day = (int(part) for part in f"{value}-0-0".split("-")[:3])
    first = date(year, month or 1, day or 1)
    if day:
        return first, first
    return first, next_month(date(year, month or 12, 1)) - timedelta(1)


def _asked_for(each: WatchedSource, query: Query) -> bool:
    return _fits({each.source, spelling(each.name)}, query, "source") and _fits({each.kind}, query, "kind")


def _fits(own: Collection[str], query: Query, field: str) -> bool:
    def named(values: Sequence[str]) -> bool:
        return any(form in own for value in values for form in (value, value.lower(), spelling(value)))

    wanted = _values(query, field)
    return (not wanted or named(wanted)) and not named(_values(query, field, negative=True))


def _values(query: Query, field: str, negative: bool = False) -> list[str]:
    return [each.value for each in query.filters if (each.field, each.negative) == (field, negative)]
