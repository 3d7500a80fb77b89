"""What all pictures of articles over time are made of: weeks and months, kinds stacked on each other, the axis."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from db.days import next_month

KINDS = 5  # and the rest as one: six colours are what readers of every colour vision can be given (see site.css)
LINES = 4  # at most, beside the ground line
MONTHS = 36  # of a picture of months: each is then 9 pixels wide on a screen of 390
LEAST = 12  # fewer months do not become broader than this many would be
YEAR_ROOM = 4  # months beside the name of a year

Period = tuple[date, date]  # first and last day
Lines = tuple[tuple[float, float], ...]  # value, y


class Segment(NamedTuple):
    place: int  # of its kind in the legend, from 0
    y: float  # pixels from the top
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A period in the picture, with articles or without."""

    first: date
    last: date
    numbers: tuple[int, ...]  # one a kind, as in the legend
    segments: tuple[Segment, ...]

    @property
    def total(self) -> int:
        return sum(self.numbers)


@dataclass(frozen=True, slots=True)
class Tick:
    """What is written below the bars."""

    x: float  # per cent of the width
    at: str  # YYYY-MM or YYYY-MM-DD, where there is room for its name
    begins: str  # the year, or the month of days, that begins here and has room


@dataclass(frozen=True, slots=True)
class Legend:
    kinds: tuple[str, ...]  # most articles first
    rest: tuple[str, ...] = ()  # kinds that are summed as the last of the legend

    def numbers(self, articles: Mapping[str, int]) -> tuple[int, ...]:
        """Articles by kind, in the order of the legend."""
        shown = [articles.get(kind, 0) for kind in self.kinds]
        return (*shown, sum(articles.get(kind, 0) for kind in self.rest)) if self.rest else (*shown,)


def legend_of(sums: Iterable[Mapping[str, int]]) -> Legend:
    """The kinds with most articles have a colour each, the others share the last one."""
    articles: Counter[str] = Counter()
    for counts in sums:
        articles.update(counts)
    kinds = tuple(sorted(articles, key=lambda kind: (-articles[kind], kind)))
    return Legend(kinds) if len(kinds) <= KINDS + 1 else Legend(kinds[:KINDS], kinds[KINDS:])


def stack(periods: Sequence[Period], numbers: Sequence[tuple[int, ...]], height: int) -> tuple[tuple[Bar, ...], Lines]:
    """A bar a period, and the lines behind them. `numbers`: of each period, as in the legend; `height`: pixels."""
    top, step = scale(max(map(sum, numbers), default=0))
    bars = (Bar(*period, each, _segments(each, top, height)) for period, each in zip(periods, numbers, strict=True))
    return tuple(bars), grid_lines(top, step, height)


def _segments(numbers: Sequence[int], top: float, height: int) -> tuple[Segment, ...]:
    segments, y = [], float(height)
    for place, number in enumerate(numbers):
        y -= number * height / top
        if number:
            segments.append(Segment(place, round(y, 1), round(number * height / top, 1)))
    return tuple(segments)


def scale(most: float, least: float = 1) -> tuple[float, float]:
    """The end of the axis and the distance of its lines: 1, 2 or 5 with noughts, not less than `least`."""
    steps = (digit * 10.0**power for power in range(-2, 12) for digit in (1, 2, 5))
    step = next(step for step in steps if step >= least and step * LINES >= most)
    return max(math.ceil(round(most / step, 9)), 1) * step, step


def grid_lines(top: float, step: float, height: int) -> Lines:
    return tuple((value * step, height - height * value * step / top) for value in range(1, round(top / step) + 1))


def periods(first: date, last: date, step: str) -> Iterator[Period]:
    """Whole weeks from Monday, or whole months; `step`: week, month."""
    start = first - timedelta(first.weekday()) if step == "week" else first.replace(day=1)
    while start <= last:
        after = start + timedelta(7) if step == "week" else next_month(start)
        yield start, after - timedelta(1)
        start = after


def month_of(day: date) -> str:
    """YYYY-MM"""
    return day.isoformat()[:7]


def ticks(periods: Sequence[Period], width: float, every: int, year_room: int) -> Iterator[Tick]:
    """The names of months: of all (`every` = 1), of each third (3), or none but the years (12).

    `width`: of a period, in per cent. The first year is named if the next is `year_room` months away, or never comes.
    """
    ends = [last for _, last in periods]
    for place, last in enumerate(ends):
        if place and month_of(last) == month_of(ends[place - 1]):
            continue
        alone = not place and (13 - last.month >= year_room or last.year == ends[-1].year)
        named = every < 12 and (last.month - 1) % every == 0
        begins = last.month == 1 or alone
        if named or begins:
            year = last.isoformat()[:4]
            yield Tick(place * width, month_of(last) if named else "", year if begins else "")
