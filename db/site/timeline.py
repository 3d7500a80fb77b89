"""Articles week by week or month by month as a picture, the events of the story above them; what share they are."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from db.site.events import Event, next_month

WEEKS_UP_TO = 3 * 366  # days; of more, weeks would be narrower than 5 pixels
MOST = 240  # columns, 20 years of months
KINDS = 5  # and the rest as one: six colours are what readers of every colour vision can be given (see site.css)
HEIGHT, SHARE_HEIGHT = 180, 110
LANE = 24  # pixels, for the numbers of events above the columns: what is to be hit has to be as large (WCAG 2.5.8)
APART = 3.0  # per cent of the width that such a number takes where it is narrowest
LINES = 4  # at most, beside the ground line

Slot = tuple[date, date]  # first and last day
Part = tuple[int, float, float]  # place of its kind in the legend, y, height
Lines = tuple[tuple[float, float], ...]  # value, y


@dataclass(frozen=True, slots=True)
class Counts:
    """Articles by the day and the kind of their source; and how many are in no picture."""

    days: Mapping[date, Mapping[str, int]]
    undated: int
    guessed: int  # with a date that had to be understood
    to_come: int  # dated after today: a slip of the page

    def between(self, first: date, last: date) -> int:
        return sum(sum(self.days[day].values()) for day in each_day(first, last) if day in self.days)


def count(rows: Iterable[Sequence[Any]], today: date) -> Counts:
    """`rows`: day, kind, whether it is a guess, number."""
    days: defaultdict[date, Counter[str]] = defaultdict(Counter)
    out: Counter[str] = Counter()
    for written, kind, guessed, number in rows:
        try:
            day = date.fromisoformat(written or "")
        except ValueError:
            out["undated"] += number
            continue
        if guessed:
            out["guessed"] += number
        elif day > today:
            out["to_come"] += number
        else:
            days[day][kind or ""] += number
    return Counts(dict(days), out["undated"], out["guessed"], out["to_come"])


@dataclass(frozen=True, slots=True)
class Bar:
    first: date
    last: date
    numbers: tuple[int, ...]  # one a kind, as in the legend
    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        return sum(self.numbers)


@dataclass(frozen=True, slots=True)
class Tick:
    x: float  # per cent
    month: str  # YYYY-MM, where there is room for its name
    year: str  # where it begins


@dataclass(frozen=True, slots=True)
class Flag:
    """An event above the columns."""

    number: int
    event: Event
    x: float  # per cent
    lane: int


@dataclass(frozen=True, slots=True)
class Picture:
    step: str  # week, month
    bars: tuple[Bar, ...]
    kinds: tuple[str, ...]  # most articles first
    rest: tuple[str, ...]  # kinds that are summed as the last of the legend
    lines: Lines
    ticks: tuple[Tick, ...]
    flags: tuple[Flag, ...]
    earlier: int  # articles before the first bar
    height: int = HEIGHT

    @property
    def lanes(self) -> int:
        """Pixels above the columns."""
        return LANE * (1 + max((flag.lane for flag in self.flags), default=-1)) + LANE // 3

    @property
    def total(self) -> int:
        return sum(bar.total for bar in self.bars)

    @property
    def most(self) -> Bar:
        return max(self.bars, key=lambda bar: bar.total)


def draw(counts: Counts, events: Sequence[Event], span: Slot) -> Picture:
    first, last = span
    step = "week" if (last - first).days <= WEEKS_UP_TO else "month"
    slots = list(periods(first, last, step))[-MOST:]
    sums = [_summed(counts, max(start, first), min(end, last)) for start, end in slots]
    kinds, rest = _kinds(sums)
    numbers = [
        (*(each[kind] for kind in kinds), *([sum(each[kind] for kind in rest)] if rest else [])) for each in sums
    ]
    top, distance = scale(max(map(sum, numbers), default=0))
    return Picture(
        step=step,
        bars=tuple(Bar(*slot, each, _parts(each, top)) for slot, each in zip(slots, numbers, strict=True)),
        kinds=kinds,
        rest=rest,
        lines=_lines(top, distance, HEIGHT),
        ticks=tuple(_ticks(slots)),
        flags=tuple(_flags(events, slots)),
        earlier=counts.between(first, slots[0][0] - timedelta(1)),
    )


def periods(first: date, last: date, step: str) -> Iterator[Slot]:
    """Whole weeks from Monday, or whole months."""
    start = first - timedelta(first.weekday()) if step == "week" else first.replace(day=1)
    while start <= last:
        after = start + timedelta(7) if step == "week" else next_month(start)
        yield start, after - timedelta(1)
        start = after


def each_day(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(number) for number in range((last - first).days + 1))


def _summed(counts: Counts, first: date, last: date) -> Counter[str]:
    number: Counter[str] = Counter()
    for day in each_day(first, last):
        number.update(counts.days.get(day, {}))
    return number


def _kinds(sums: Iterable[Counter[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those with most articles, and those that share the last colour."""
    number: Counter[str] = Counter()
    for each in sums:
        number.update(each)
    order = tuple(sorted(number, key=lambda kind: (-number[kind], kind)))
    return (order, ()) if len(order) <= KINDS + 1 else (order[:KINDS], order[KINDS:])


def scale(most: float, least: float = 1) -> tuple[float, float]:
    """The end of the axis and the distance of its lines: 1, 2 or 5 with noughts, not less than `least`."""
    steps = (digit * 10.0**power for power in range(-2, 12) for digit in (1, 2, 5))
    step = next(step for step in steps if step >= least and step * LINES >= most)
    return max(math.ceil(round(most / step, 9)), 1) * step, step


def _lines(top: float, step: float, height: int) -> Lines:
    return tuple((value * step, height - height * value * step / top) for value in range(1, round(top / step) + 1))


def _parts(numbers: Iterable[int], top: float) -> tuple[Part, ...]:
    parts, ground = [], float(HEIGHT)
    for place, number in enumerate(numbers):
        ground -= number * HEIGHT / top
        if number:
            parts.append((place, round(ground, 1), round(number * HEIGHT / top, 1)))
    return tuple(parts)


def _ticks(slots: Sequence[Slot]) -> Iterator[Tick]:
    """The names of all months, of each third, or none but the years, as there is room."""
    months = (slots[-1][1] - slots[0][0]).days / 30.4
    every = next((number for number in (1, 3) if months / number <= 26), 12)
    seen = ""
    for place, (_, last) in enumerate(slots):
        month = f"{last:%Y-%m}"
        if month == seen:
            continue
        seen = month
        named = every < 12 and (last.month - 1) % every == 0
        year = last.month == 1 or (not place and last.month <= 10)
        if named or year:
            yield Tick(place * 100 / len(slots), month if named else "", f"{last:%Y}" if year else "")


def _flags(events: Sequence[Event], slots: Sequence[Slot]) -> Iterator[Flag]:
    """Numbers that would stand on each other go into lanes of their own."""
    ends: list[float] = []  # of each lane, the place of its last flag
    for number, event in enumerate(events, 1):
        middle = event.first + (event.last - event.first) // 2
        for place, (first, last) in enumerate(slots):
            if first <= middle <= last:
                days = (last - first).days + 1
                x = (place + ((middle - first).days + 0.5) / days) * 100 / len(slots)
                lane = next((lane for lane, end in enumerate(ends) if x - end >= APART), len(ends))
                ends[lane : lane + 1] = [x]
                yield Flag(number, event, x, lane)


@dataclass(frozen=True, slots=True)
class Share:
    """A month of nights: what was kept of what was new in the lists of the sources that were read."""

    month: str  # YYYY-MM
    published: int  # articles with a date in this month, whenever they were found
    nights: int = 0
    sources: int = 0
    listed: int = 0
    new: int = 0
    kept: int = 0

    @property
    def per_cent(self) -> float | None:
        return 100 * self.kept / self.new if self.new else None


@dataclass(frozen=True, slots=True)
class Shares:
    months: tuple[Share, ...]
    lines: Lines
    top: float  # per cent, at the upper end
    height: int = SHARE_HEIGHT


def share(rows: Iterable[Mapping[str, Any]], counts: Counts) -> Shares | None:
    """`rows`: the months with nights. Months between them stand there without. None where there is no night yet."""
    found = {row["month"]: row for row in rows}
    if not found:
        return None
    first, last = (date.fromisoformat(f"{month}-01") for month in (min(found), max(found)))
    months = []
    for start, end in periods(first, last, "month"):
        night = found.get(f"{start:%Y-%m}")
        told = {name: night[name] or 0 for name in ("nights", "sources", "listed", "new", "kept")} if night else {}
        months.append(Share(f"{start:%Y-%m}", counts.between(start, end), **told))
    top, step = scale(max((each.per_cent or 0 for each in months), default=0), least=0.1)
    return Shares(tuple(months), _lines(top, step, SHARE_HEIGHT), top)
