"""Values over time: a row for each value, the largest at the top, and in it a dot for each article that has it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from db.days import next_month
from db.site.facts.figures import VALUES, ValueUse, ValueUses
from db.site.pictures.charts import Legend, Tick, legend_of, periods, ticks

ROW = 44  # pixels: the name of the value, and below it the dots
LINE = 30  # pixels from the top of a row to the middle of its dots
DOTS = 1000  # of a row at most, the newest: more are not told apart


@dataclass(frozen=True, slots=True)
class ArticleDot:
    x: float  # per cent
    y: float
    place: int  # of the kind of its outlet in the legend
    use: ValueUse


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


def draw_delays(events: Sequence[ValueUses], starts: Sequence[date], days: int) -> ValuePicture | None:
    """A row for each event, a dot for each article at its day after it; None where there is no article."""
    if not any(each.uses for each in events):
        return None
    legend = legend_of([Counter(use.kind or "" for each in events for use in each.uses)])
    width = 100 / (days + 1)
    rows = [
        ValueRow(each, ROW * number, tuple(_spread(each, ROW * number + LINE, start, width, legend)))
        for number, (each, start) in enumerate(zip(events, starts, strict=True))
    ]
    every = 1 if days <= 7 else 7
    marks = tuple(Tick(day * width, f"+{day}", "") for day in range(0, days + 1, every))
    return ValuePicture(tuple(rows), marks, legend, f"{min(starts)}", f"{max(starts)}")


def _spread(each: ValueUses, y: int, start: date, width: float, legend: Legend) -> list[ArticleDot]:
    """Those of a day stand beside each other in its column, in three lines."""
    of_day = Counter(use.day for use in each.dated)
    before: Counter[str | None] = Counter()
    dots = []
    for use in each.dated[:DOTS]:
        delay = (date.fromisoformat(use.day or "") - start).days
        x = (delay + (before[use.day] + 0.5) / of_day[use.day]) * width
        shift = (0, -6, 6)[before[use.day] % 3]
        dots.append(ArticleDot(round(1 + 0.98 * x, 2), y + shift, _place(use.kind, legend), use))
        before[use.day] += 1
    return dots


def _place(kind: str | None, legend: Legend) -> int:
    return legend.kinds.index(kind or "") if (kind or "") in legend.kinds else len(legend.kinds)


def _dots(each: ValueUses, y: int, begins: date, ends: date, legend: Legend) -> list[ArticleDot]:
    length = max((ends - begins).days, 1)
    of_day: Counter[str] = Counter()
    dots = []
    for use in each.dated[-DOTS:]:
        day = use.day or ""
        x = 1 + 98 * (date.fromisoformat(day) - begins).days / length
        shift = (0, -6, 6)[of_day[day] % 3]  # several of a day stand above each other
        of_day[day] += 1
        dots.append(ArticleDot(round(x, 2), y + shift, _place(use.kind, legend), use))
    return dots
