"""Two searches in one picture: beside each other in each month, the first to the left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from db.site.comparison import ComparedMonth
from db.site.pictures.charts import LEAST, MONTHS, YEAR_ROOM, Lines, Tick, grid_lines, month_of, periods, scale, ticks

HEIGHT = 140
BAR, GAP = 0.42, 0.08  # of a month


@dataclass(frozen=True, slots=True)
class ComparedPicture:
    months: tuple[ComparedMonth, ...]  # those before the picture, too
    first: str  # YYYY-MM, of the picture
    last: str
    lines: Lines
    ticks: tuple[Tick, ...]
    width: float  # of a month, in per cent
    height: int
    bars: Markup
    without: tuple[float, ...]  # the middles of months of which there is no share


def draw(
    counted: Sequence[ComparedMonth], this_month: str, shares: bool, height: int = HEIGHT
) -> ComparedPicture | None:
    """The last months; None where neither search has found anything that is dated."""
    months = {each.month: each for each in counted if is_month(each.month) and each.month <= this_month}
    if not months:
        return None
    ends = [date.fromisoformat(f"{month}-01") for month in (min(months), max(months))]
    shown = list(periods(ends[0], ends[1], "month"))[-MONTHS:]
    width = 100 / max(len(shown), LEAST)
    values = [value_of(months.get(month_of(first)), shares) for first, _ in shown]
    most = max((number for pair in values if pair for number in pair), default=0)
    top, step = scale(most, 0.01 if shares else 1)
    return ComparedPicture(
        months=tuple(months[month] for month in sorted(months)),
        first=month_of(shown[0][0]),
        last=month_of(shown[-1][0]),
        lines=grid_lines(top, step, height),
        ticks=tuple(ticks(shown, width, 1 if len(shown) <= LEAST else 3, YEAR_ROOM)),
        width=width,
        height=height,
        bars=bars(values, width, height / top, height),
        without=tuple((at + 0.5) * width for at, pair in enumerate(values) if pair is None),
    )


def is_month(text: str) -> bool:
    try:
        return month_of(date.fromisoformat(f"{text}-01")) == text
    except ValueError:
        return False


def value_of(month: ComparedMonth | None, shares: bool) -> tuple[float, float] | None:
    if shares:
        return month.shares if month else (0, 0)
    return month.numbers if month else (0, 0)


def bars(values: Sequence[tuple[float, float] | None], width: float, scaled: float, height: int) -> Markup:
    drawn = (
        f'<rect class="k{place}" x="{(at + GAP + place * BAR) * width:.2f}%" width="{BAR * width:.2f}%" '
        f'y="{height - number * scaled:.1f}" height="{number * scaled:.1f}"/>'
        for at, pair in enumerate(values)
        for place, number in enumerate(pair or ())
        if number
    )
    return Markup("".join(drawn))  # of numbers alone
