"""Values over time: a row for each value, the largest at the top, and in it a dot for each article that has it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from db.days import next_month
from db.site.figures import VALUES, ValueUses
from db.site.pictures.charts import Legend, Tick, legend_of, periods, ticks

ROW = 44  # pixels: the name of the value, and below it the dots
LINE = 30  # pixels from the top of a row to the middle of its dots
DOTS = 1000  # of a row at most, the newest: more are not told apart


@dataclass(frozen=True, slots=True)
class ArticleDot:
    x: float  # per cent
    y: float
    place: int  # of the kind of its outlet in the legend


@dataclass(frozen=True, slots=True)
class ValueRow:
    uses: ValueUses
    y: int  # its top
    dots: tuple[ArticleDot, ...]


@dataclass(frozen=True, slots=True)
class ValuePicture:
    rows: tuple[ValueRow, ...]
    ticks: tuple[Tick, ...]
    legend: Legend
    first: str  # days
    last: str

    @property
    def height(self) -> int:
        return ROW * len(self.rows)


def draw(values: Sequence[ValueUses], *, by_value: bool = True) -> ValuePicture | None:
    """Of the values that most articles have, by value or by the number of articles. None where no article has a day."""
    shown = sorted((each for each in values if each.dated), key=lambda each: -len(each.uses))[:VALUES]
    days = [date.fromisoformat(use.day) for each in shown for use in each.dated if use.day]
    if not days:
        return None
    begins, ends = min(days).replace(day=1), next_month(max(days)) - timedelta(1)
    legend = legend_of([Counter(use.kind or "" for each in shown for use in each.dated)])
    if by_value:
        shown.sort(key=lambda each: (each.value.unit, each.value.value), reverse=True)
    rows = [
        ValueRow(each, ROW * number, tuple(_dots(each, ROW * number + LINE, begins, ends, legend)))
        for number, each in enumerate(shown)
    ]
    months = list(periods(begins, ends, "month"))
    every = 1 if len(months) <= 6 else 3 if len(months) <= 18 else 12
    marks = tuple(ticks(months, 100 / len(months), every, year_room=4))
    return ValuePicture(tuple(rows), marks, legend, min(days).isoformat(), max(days).isoformat())


def _dots(each: ValueUses, y: int, begins: date, ends: date, legend: Legend) -> list[ArticleDot]:
    length = max((ends - begins).days, 1)
    of_day: Counter[str] = Counter()
    dots = []
    for use in each.dated[-DOTS:]:
        day = use.day or ""
        x = 1 + 98 * (date.fromisoformat(day) - begins).days / length
        shift = (0, -6, 6)[of_day[day] % 3]  # several of a day stand above each other
        of_day[day] += 1
        kind = use.kind or ""
        place = legend.kinds.index(kind) if kind in legend.kinds else len(legend.kinds)
        dots.append(ArticleDot(round(x, 2), y + shift, place))
    return dots
