"""Articles per month as a picture: what stands where, in per cent of its width and in pixels of its height."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from datasette import hookimpl
from datasette.app import Datasette
from jinja2 import Environment

MONTHS = 36  # a month is then 9 pixels wide on a screen of 390
SLOTS = 12  # fewer months do not become broader than this many would be
KINDS = 5  # and the rest as one: six colours are what readers of every colour vision can be given (see site.css)
HEIGHT = 160
LINES = 4  # at most, beside the ground line

BY_MONTH = "select month, kind, count(*) as number from articles group by month, kind"
# The numbers that the picture shows and those of earlier months, for /archive.csv
NUMBERS = """select month, kind, count(*) as articles from articles
where month glob '[0-9][0-9][0-9][0-9]-[0-1][0-9]' group by month, kind order by month, kind"""

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
Counted = tuple[str | None, str | None, int]  # month, kind, number


@dataclass(frozen=True, slots=True)
class Part:
    place: int  # of its kind in the legend, from 0
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    month: str  # YYYY-MM
    numbers: tuple[int, ...]  # one a kind, as in the legend
    parts: tuple[Part, ...]
    x: float
    tick: bool  # there is room for its name
    year: str  # where it begins and has room

    @property
    def total(self) -> int:
        return sum(self.numbers)


@dataclass(frozen=True, slots=True)
class Year:
    """What lies before the first column, summed."""

    year: str
    last: str  # YYYY-MM: its last month before the picture
    numbers: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.numbers)


@dataclass(frozen=True, slots=True)
class Chart:
    columns: tuple[Column, ...]
    earlier: tuple[Year, ...]
    kinds: tuple[str, ...]  # most articles first
    rest: tuple[str, ...]  # kinds that are summed as the last of the legend
    lines: tuple[tuple[int, float], ...]  # value, y
    width: float  # of a month, in per cent
    undated: int
    to_come: int  # dated after this month: a slip of the page
    height: int
    numbers_sql: str = NUMBERS

    @property
    def most(self) -> Column:
        return max(self.columns, key=lambda column: column.total)


def draw(counted: Iterable[Counted], this_month: str, height: int = HEIGHT) -> Chart:
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
    nothing = (0,) * (len(kinds) + bool(rest))
    months = _summed(dated, kinds, len(nothing))
    last = max(months, default=-1)
    first = max(min(months, default=0), last - MONTHS + 1)
    top, step = _scale(max((sum(months[each]) for each in months if each >= first), default=0))
    slots = max(last - first + 1, SLOTS)
    return Chart(
        columns=tuple(
            _column(Place(each, first, last, slots), months.get(each, nothing), height, top / height)
            for each in range(first, last + 1)
        ),
        earlier=tuple(_earlier(months, first)),
        kinds=kinds,
        rest=rest,
        lines=tuple((value, height - value * height / top) for value in range(step, top + 1, step)),
        width=100 / slots,
        undated=undated,
        to_come=to_come,
        height=height,
    )


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


def _summed(dated: dict[tuple[int, str], int], kinds: tuple[str, ...], places: int) -> dict[int, tuple[int, ...]]:
    months: dict[int, list[int]] = {}
    for (month, kind), number in dated.items():
        numbers = months.setdefault(month, [0] * places)
        numbers[kinds.index(kind) if kind in kinds else -1] += number
    return {month: tuple(numbers) for month, numbers in months.items()}


def _scale(most: int) -> tuple[int, int]:
    """The end of the axis and the distance of its lines: 1, 2 or 5 with noughts."""
    step = next(digit * 10**power for power in range(12) for digit in (1, 2, 5) if digit * 10**power * LINES >= most)
    return max(-(-most // step), 1) * step, step


@dataclass(frozen=True, slots=True)
class Place:
    """Where a month stands among those of the picture."""

    each: int
    first: int
    last: int
    slots: int


def _column(place: Place, numbers: tuple[int, ...], height: int, unit: float) -> Column:
    """`unit`: articles a pixel."""
    each, first, last, slots = place.each, place.first, place.last, place.slots
    parts, ground = [], float(height)
    for order, number in enumerate(numbers):
        ground -= number / unit
        if number:
            parts.append(Part(order, ground, number / unit))
    room_for_names = slots <= SLOTS or (each % 12) % 3 == 0
    room_for_year = (each == first and (each % 12 <= 8 or last // 12 == each // 12)) or each % 12 == 0
    return Column(
        month=_month(each),
        numbers=numbers,
        parts=tuple(parts),
        x=(each - first) * 100 / slots,
        tick=room_for_names,
        year=str(each // 12) if room_for_year else "",
    )


def _earlier(months: dict[int, tuple[int, ...]], first: int) -> Iterable[Year]:
    for year in sorted({each // 12 for each in months if each < first}):
        inside = [months[each] for each in months if each < first and each // 12 == year]
        last = min(year * 12 + 11, first - 1)
        yield Year(f"{year:04}", _month(last), tuple(sum(each) for each in zip(*inside, strict=True)))


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars(datasette: Datasette) -> dict[str, Callable[[], Awaitable[Chart]]]:
    async def by_month() -> Chart:
        database = datasette.get_database("archive")
        there = await database.table_exists("articles")
        rows = (await database.execute(BY_MONTH)).rows if there else []
        return draw([tuple(row) for row in rows], f"{datetime.now(UTC):%Y-%m}")

    return {"by_month": by_month}


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    env.globals["draw_months"] = draw
