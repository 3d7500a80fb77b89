"""Articles per month, or per day of a month, as a picture: places in per cent of its width, heights in pixels."""

import calendar
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from datasette import hookimpl
from jinja2 import Environment
from markupsafe import Markup

from db.language import named, t

MONTHS = 36  # a month is then 9 pixels wide on a screen of 390
SLOTS = 12  # fewer months do not become broader than this many would be
KINDS = 5  # and the rest as one: six colours are what readers of every colour vision can be given (see site.css)
HEIGHT = 160
LINES = 4  # at most, beside the ground line

# The numbers that the picture shows and those of earlier months, for /archive.csv
NUMBERS = """select month, kind, count(*) as articles from articles
where month glob '[0-9][0-9][0-9][0-9]-[0-1][0-9]' group by month, kind order by month, kind"""

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
Counted = tuple[str | None, str | None, int]  # month, kind, number
Numbers = tuple[int, ...]  # one a kind, as in the legend


@dataclass(frozen=True, slots=True)
class Part:
    place: int  # of its kind in the legend, from 0
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a month or day stands in the picture, with articles or without."""

    at: str  # YYYY-MM, YYYY-MM-DD
    tick: bool  # there is room for its name
    begins: str = ""  # the year, or the month of days, that begins with it and has room


@dataclass(frozen=True, slots=True)
class Column:
    slot: Slot
    numbers: Numbers
    parts: tuple[Part, ...]
    x: float

    @property
    def at(self) -> str:
        return self.slot.at

    @property
    def total(self) -> int:
        return sum(self.numbers)


@dataclass(frozen=True, slots=True)
class Year:
    """What lies before the first column, summed."""

    year: str
    last: str  # YYYY-MM: its last month before the picture
    numbers: Numbers

    @property
    def total(self) -> int:
        return sum(self.numbers)


@dataclass(frozen=True, slots=True)
class Chart:
    columns: tuple[Column, ...]
    lines: tuple[tuple[int, float], ...]  # value, y
    width: float  # of a column, in per cent
    height: int
    step: str = "month"  # or day
    earlier: tuple[Year, ...] = ()
    kinds: tuple[str, ...] = ("",)  # most articles first
    rest: tuple[str, ...] = ()  # kinds that are summed as the last of the legend
    undated: int = 0
    to_come: int = 0  # dated after this month: a slip of the page
    numbers_sql: str = NUMBERS

    @property
    def most(self) -> Column:
        return max(self.columns, key=lambda column: column.total)


def draw(counted: Iterable[Counted], this_month: str, height: int = HEIGHT) -> Chart:
    """The last months; what is older by the year."""
    dated: dict[tuple[int, str], int] = {}
    undated = to_come = 0
    for month, kind, number in counted:
        if not month or not _MONTH.fullmatch(month):
            undated += number
        elif month > this_month:
            to_come += number
        else:
            dated[_ordinal(month), kind or ""] = number
    kinds, rest = _kinds(dated)
    months = _summed(dated, kinds, len(kinds) + bool(rest))
    last = max(months, default=-1)
    first = max(min(months, default=0), last - MONTHS + 1)
    slots = _months(first, last)
    columns, lines = _stack(slots, {_month(each): months[each] for each in months}, height, SLOTS)
    return Chart(
        columns,
        lines,
        100 / max(len(slots), SLOTS),
        height,
        earlier=tuple(_earlier(months, first)),
        kinds=kinds,
        rest=rest,
        undated=undated,
        to_come=to_come,
    )


def draw_days(by_day: Sequence[tuple[str, int]], counted: Iterable[Counted], height: int = HEIGHT) -> Chart:
    """All days of the one month in which they are; `by_day`: YYYY-MM-DD, number."""
    month = by_day[0][0][:7]
    year, number = int(month[:4]), int(month[5:])
    days = range(1, calendar.monthrange(year, number)[1] + 1)
    slots = [Slot(f"{month}-{day:02}", day == 1 or day % 5 == 0, month if day == 1 else "") for day in days]
    columns, lines = _stack(slots, {day: (articles,) for day, articles in by_day}, height, len(slots))
    undated = sum(articles for named, _, articles in counted if not named)
    return Chart(columns, lines, 100 / len(slots), height, step="day", undated=undated)


def _ordinal(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _month(ordinal: int) -> str:
    return f"{ordinal // 12:04}-{ordinal % 12 + 1:02}"


def _kinds(dated: dict[tuple[int, str], int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those with most articles, and those that share the last colour."""
    number: Counter[str] = Counter()
    for (_, kind), articles in dated.items():
        number[kind] += articles
    order = tuple(sorted(number, key=lambda kind: (-number[kind], kind)))
    return (order, ()) if len(order) <= KINDS + 1 else (order[:KINDS], order[KINDS:])


def _summed(dated: dict[tuple[int, str], int], kinds: tuple[str, ...], places: int) -> dict[int, Numbers]:
    months: dict[int, list[int]] = {}
    for (month, kind), number in dated.items():
        numbers = months.setdefault(month, [0] * places)
        numbers[kinds.index(kind) if kind in kinds else -1] += number
    return {month: tuple(numbers) for month, numbers in months.items()}


def _months(first: int, last: int) -> list[Slot]:
    room_for_all = last - first < SLOTS
    slots = []
    for each in range(first, last + 1):
        begins = (each == first and (each % 12 <= 8 or last // 12 == each // 12)) or each % 12 == 0
        slots.append(Slot(_month(each), room_for_all or each % 3 == 0, str(each // 12) if begins else ""))
    return slots


def _stack(
    slots: Sequence[Slot], numbers: Mapping[str, Numbers], height: int, least: int
) -> tuple[tuple[Column, ...], tuple[tuple[int, float], ...]]:
    """Columns and lines; `least`: as many have room."""
    nothing = tuple(0 for _ in next(iter(numbers.values()), (0,)))
    each = [numbers.get(slot.at, nothing) for slot in slots]
    top, step = _scale(max(map(sum, each), default=0))
    width = 100 / max(len(slots), least)
    columns = tuple(
        Column(slot, each[place], _parts(each[place], height, top), place * width) for place, slot in enumerate(slots)
    )
    return columns, tuple((value, height - value * height / top) for value in range(step, top + 1, step))


def _parts(numbers: Numbers, height: int, top: int) -> tuple[Part, ...]:
    parts, ground = [], float(height)
    for place, number in enumerate(numbers):
        ground -= number * height / top
        if number:
            parts.append(Part(place, ground, number * height / top))
    return tuple(parts)


def _scale(most: int) -> tuple[int, int]:
    """The end of the axis and the distance of its lines: 1, 2 or 5 with noughts."""
    step = next(digit * 10**power for power in range(12) for digit in (1, 2, 5) if digit * 10**power * LINES >= most)
    return max(-(-most // step), 1) * step, step


def _earlier(months: dict[int, Numbers], first: int) -> Iterable[Year]:
    for year in sorted({each // 12 for each in months if each < first}):
        inside = [months[each] for each in months if each < first and each // 12 == year]
        last = min(year * 12 + 11, first - 1)
        yield Year(f"{year:04}", _month(last), tuple(sum(each) for each in zip(*inside, strict=True)))


# Here and not in the template, which took 25 ms for 36 columns: of each value it asks whether it is to be waited for.


def bars(column: Column, width: float) -> Markup:
    """Its parts; `width`: of a column with the gaps beside it, in per cent."""
    across = f'x="{column.x + width * 0.1:.2f}%" width="{width * 0.8:.2f}%"'
    parts = (
        f'<rect class="k{each.place}" {across} y="{each.y:.1f}" height="{each.height:.1f}"/>' for each in column.parts
    )
    return Markup("".join(parts))  # of numbers alone


def legend(chart: Chart) -> list[str]:
    """What the parts of a column are called."""
    names = [named(kind or "unknown", "kind") for kind in chart.kinds]
    return [*names, t("front.chart.other_kinds")] if chart.rest else names


def in_words(names: Sequence[str], numbers: Sequence[int]) -> str:
    """, regional press 3, company 2"""
    return "".join(f", {name} {number}" for name, number in zip(names, numbers, strict=True) if number)


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    env.filters |= {"bars": bars, "legend": legend, "in_words": in_words}
    env.globals |= {"draw_months": draw, "draw_days": draw_days}
