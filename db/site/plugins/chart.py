"""Articles per month, or per day of a month, as a picture: places in per cent of its width, heights in pixels."""

import calendar
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from datasette import hookimpl
from jinja2 import Environment
from markupsafe import Markup

from db.language import named, t
from db.site.pictures.charts import (
    LEAST,
    MONTHS,
    YEAR_ROOM,
    Bar,
    Legend,
    Lines,
    Period,
    Tick,
    legend_of,
    month_of,
    periods,
    stack,
    ticks,
)

HEIGHT = 160

# The numbers that the picture shows and those of earlier months, for /archive.csv
NUMBERS = """select month, kind, count(*) as articles from articles
where month glob '[0-9][0-9][0-9][0-9]-[0-1][0-9]' group by month, kind order by month, kind"""

_MONTH = re.compile(r"(?!0000)\d{4}-(0[1-9]|1[0-2])")
Counted = tuple[str | None, str | None, int]  # month, kind, number


@dataclass(frozen=True, slots=True)
class Column:
    at: str  # YYYY-MM, YYYY-MM-DD
    bar: Bar
    x: float  # per cent


@dataclass(frozen=True, slots=True)
class Year:
    """What lies before the first column, summed."""

    year: str
    last: str  # YYYY-MM: its last month before the picture
    numbers: tuple[int, ...]  # one a kind, as in the legend

    @property
    def total(self) -> int:
        return sum(self.numbers)


@dataclass(frozen=True, slots=True)
class Chart:
    columns: tuple[Column, ...]
    lines: Lines
    ticks: tuple[Tick, ...]
    width: float  # of a column, in per cent
    height: int
    legend: Legend
    step: str = "month"  # or day
    earlier: tuple[Year, ...] = ()
    undated: int = 0
    to_come: int = 0  # dated after this month: a slip of the page
    numbers_sql: str = NUMBERS

    @property
    def most(self) -> Column:
        return max(self.columns, key=lambda column: column.bar.total)


def draw(counted: Iterable[Counted], this_month: str, height: int = HEIGHT) -> Chart:
    """The last months; what is older by the year."""
    months: defaultdict[date, Counter[str]] = defaultdict(Counter)
    undated = to_come = 0
    for month, kind, number in counted:
        if not month or not _MONTH.fullmatch(month):
            undated += number
        elif month > this_month:
            to_come += number
        else:
            months[date.fromisoformat(f"{month}-01")][kind or ""] += number
    shown = list(periods(min(months), max(months), "month"))[-MONTHS:] if months else []
    legend = legend_of(months.values())
    bars, lines = stack(shown, [legend.numbers(months.get(first, {})) for first, _ in shown], height)
    width = 100 / max(len(shown), LEAST)
    return Chart(
        columns=tuple(Column(month_of(bar.first), bar, place * width) for place, bar in enumerate(bars)),
        lines=lines,
        ticks=tuple(ticks(shown, width, 1 if len(shown) <= LEAST else 3, YEAR_ROOM)),
        width=width,
        height=height,
        legend=legend,
        earlier=tuple(_earlier(months, shown, legend)),
        undated=undated,
        to_come=to_come,
    )


def _earlier(months: Mapping[date, Counter[str]], shown: Sequence[Period], legend: Legend) -> Iterator[Year]:
    years: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for month, articles in months.items():
        if month < shown[0][0]:
            years[month.year].update(articles)
    for year, articles in sorted(years.items()):
        last = 12 if year < shown[0][0].year else shown[0][0].month - 1
        yield Year(f"{year:04}", f"{year:04}-{last:02}", legend.numbers(articles))


def draw_days(by_day: Sequence[tuple[str, int]], counted: Iterable[Counted], height: int = HEIGHT) -> Chart:
    """All days of the one month in which they are; `by_day`: YYYY-MM-DD, number."""
    month, articles = by_day[0][0][:7], dict(by_day)
    first = date.fromisoformat(f"{month}-01")
    days = [first.replace(day=day) for day in range(1, calendar.monthrange(first.year, first.month)[1] + 1)]
    bars, lines = stack([(day, day) for day in days], [(articles.get(str(day), 0),) for day in days], height)
    width = 100 / len(days)
    return Chart(
        columns=tuple(Column(str(bar.first), bar, place * width) for place, bar in enumerate(bars)),
        lines=lines,
        ticks=tuple(
            Tick((day.day - 1) * width, str(day), month if day.day == 1 else "")
            for day in days
            if day.day == 1 or day.day % 5 == 0
        ),
        width=width,
        height=height,
        legend=Legend(("",)),
        step="day",
        undated=sum(number for dated, _, number in counted if not dated),
    )


# Here and not in the template, which took 25 ms for 36 columns: of each value it asks whether it is to be waited for.


def segments(column: Column, width: float) -> Markup:
    """The bar of a column; `width`: of a column with the gaps beside it, in per cent."""
    across = f'x="{column.x + width * 0.1:.2f}%" width="{width * 0.8:.2f}%"'
    drawn = (
        f'<rect class="k{segment.place}" {across} y="{segment.y:.1f}" height="{segment.height:.1f}"/>'
        for segment in column.bar.segments
    )
    return Markup("".join(drawn))  # of numbers alone


def kind_names(chart: Chart) -> list[str]:
    """What the segments of a bar are called."""
    names = [named(kind or "unknown", "kind") for kind in chart.legend.kinds]
    return [*names, t("front.chart.other_kinds")] if chart.legend.rest else names


def in_words(names: Sequence[str], numbers: Sequence[int]) -> str:
    """, regional press 3, company 2"""
    return "".join(f", {name} {number}" for name, number in zip(names, numbers, strict=True) if number)


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    env.filters |= {"segments": segments, "kind_names": kind_names, "in_words": in_words}
    env.globals |= {"draw_months": draw, "draw_days": draw_days}
