"""Articles week by week or month by month as a picture, the events of the story above them; what share they are."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from db.site.counts import Counts, each_day
from db.site.events import Event
from db.site.pictures.charts import (
    Bar,
    Legend,
    Lines,
    Period,
    Tick,
    grid_lines,
    legend_of,
    month_of,
    periods,
    scale,
    stack,
    ticks,
)

WEEKS_UP_TO = 3 * 366  # days; of more, weeks would be narrower than 5 pixels
MOST = 240  # bars, 20 years of months
NAMES = 26  # of months, as many have room
YEAR_ROOM = 3  # months beside the name of a year
HEIGHT, SHARE_HEIGHT = 180, 110
LANE = 24  # pixels, for the numbers of events above the bars: what is to be hit has to be as large (WCAG 2.5.8)
APART = 3.0  # per cent of the width that such a number takes where it is narrowest


@dataclass(frozen=True, slots=True)
class Flag:
    """An event above the bars."""

    number: int
    event: Event
    x: float  # per cent
    lane: int


@dataclass(frozen=True, slots=True)
class Picture:
    step: str  # week, month
    bars: tuple[Bar, ...]
    legend: Legend
    lines: Lines
    ticks: tuple[Tick, ...]
    flags: tuple[Flag, ...]
    earlier: int  # articles before the first bar
    height: int = HEIGHT

    @property
    def lanes(self) -> int:
        """Pixels above the bars."""
        return LANE * (1 + max((flag.lane for flag in self.flags), default=-1)) + LANE // 3

    @property
    def total(self) -> int:
        return sum(bar.total for bar in self.bars)

    @property
    def most(self) -> Bar:
        return max(self.bars, key=lambda bar: bar.total)


def draw(counts: Counts, events: Sequence[Event], span: Period) -> Picture:
    first, last = span
    step = "week" if (last - first).days <= WEEKS_UP_TO else "month"
    shown = list(periods(first, last, step))[-MOST:]
    sums = [_summed(counts, max(start, first), min(end, last)) for start, end in shown]
    legend = legend_of(sums)
    bars, lines = stack(shown, list(map(legend.numbers, sums)), HEIGHT)
    return Picture(
        step=step,
        bars=bars,
        legend=legend,
        lines=lines,
        ticks=tuple(_ticks(shown)),
        flags=tuple(_flags(events, shown)),
        earlier=counts.between(first, shown[0][0] - timedelta(1)),
    )


def _summed(counts: Counts, first: date, last: date) -> Counter[str]:
    number: Counter[str] = Counter()
    for day in each_day(first, last):
        number.update(counts.days.get(day, {}))
    return number


def _ticks(weeks_or_months: Sequence[Period]) -> Iterator[Tick]:
    """The names of all months, of each third, or none but the years, as there is room."""
    months = (weeks_or_months[-1][1] - weeks_or_months[0][0]).days / 30.4
    every = next((number for number in (1, 3) if months / number <= NAMES), 12)
    return ticks(weeks_or_months, 100 / len(weeks_or_months), every, YEAR_ROOM)


def _flags(events: Sequence[Event], shown: Sequence[Period]) -> Iterator[Flag]:
    """Numbers that would stand on each other go into lanes of their own."""
    ends: list[float] = []  # of each lane, the place of its last flag
    for number, event in enumerate(events, 1):
        middle = event.first + (event.last - event.first) // 2
        for place, (first, last) in enumerate(shown):
            if first <= middle <= last:
                days = (last - first).days + 1
                x = (place + ((middle - first).days + 0.5) / days) * 100 / len(shown)
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
    nights = {row["month"]: row for row in rows}
    if not nights:
        return None
    first, last = (date.fromisoformat(f"{month}-01") for month in (min(nights), max(nights)))
    months = []
    for start, end in periods(first, last, "month"):
        row = nights.get(month_of(start))
        sums = {name: row[name] or 0 for name in ("nights", "sources", "listed", "new", "kept")} if row else {}
        months.append(Share(month_of(start), counts.between(start, end), **sums))
    top, step = scale(max((month.per_cent or 0 for month in months), default=0), least=0.1)
    return Shares(tuple(months), grid_lines(top, step, SHARE_HEIGHT), top)
