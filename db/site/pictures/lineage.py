"""Who had a text when, as a picture: a dot for each article on a line of time, and a line to where its text was before.

Places are in per cent of the width, heights in pixels, as in all pictures (charts.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.days import BERLIN
from db.site.copies import Member
from db.site.pictures.charts import Tick

MOST = 60  # articles; the table has all
ROW = 28  # pixels: what is to be hit has to be 24 high (WCAG 2.5.8)
LEFT, RIGHT = 3.0, 97.0  # per cent between which the dots are
STEPS = (1, 2, 6, 12, 24, 48, 168, 24 * 30, 24 * 91, 24 * 365)  # hours
TICKS = 6  # at most: more have no room on a telephone
NARROW, BESIDE, LETTER = 340, 14, 6.7  # pixels: of the picture on a telephone, around a dot, of a letter
APART = 30.0  # per cent that the name of a day takes where the picture is narrowest


@dataclass(frozen=True, slots=True)
class Dot:
    member: Member
    x: float
    y: float
    before: tuple[float, float] | None  # where its text was before
    is_right: bool  # in the right half, so that its name stands on its left

    @property
    def room(self) -> int:
        """Letters of its name that have room beside it on a telephone."""
        return round((max(self.x, 100 - self.x) / 100 * NARROW - BESIDE) / LETTER)


@dataclass(frozen=True, slots=True)
class Lineage:
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    first: str
    last: str

    @property
    def height(self) -> int:
        return ROW * len(self.dots)


def draw(group: Sequence[Member], before: Mapping[int, int]) -> Lineage | None:
    """`group`: in the order of their first sight; `before`: of an article the earlier one.

    Of those without a time there is no dot. None where none is left.
    """
    drawn = [(member, member.seen) for member in group if member.seen][:MOST]
    if not drawn:
        return None
    moments = [seen.moment for _, seen in drawn]
    first, last = min(moments), max(moments)
    places: dict[int, tuple[float, float]] = {}
    dots = []
    for number, (member, seen) in enumerate(drawn):
        x, y = _x(seen.moment, first, last), ROW * (number + 0.5)
        earlier = places.get(before.get(member.article, 0))
        places[member.article] = x, y
        dots.append(Dot(member, x, y, earlier, x > 50))
    written = sorted((seen for _, seen in drawn), key=lambda seen: seen.moment)
    return Lineage(tuple(dots), tuple(_ticks(first, last)), written[0].written, written[-1].written)


def _x(moment: datetime, first: datetime, last: datetime) -> float:
    length = (last - first).total_seconds()
    return LEFT + (RIGHT - LEFT) * ((moment - first).total_seconds() / length if length else 0)


def _ticks(first: datetime, last: datetime) -> Iterator[Tick]:
    """Hours of a day, days or months, as the whole is long; the day, month or year where it begins."""
    hours = (last - first).total_seconds() / 3600
    step = next((step for step in STEPS if hours / step <= TICKS), 24 * 365)
    named, room = "", -APART
    for at in _moments(first.astimezone(BERLIN), last.astimezone(BERLIN), step):
        within = f"{at:%H:%M}" if step < 24 else f"{at:%Y-%m-%d}" if step < 24 * 30 else f"{at:%Y-%m}"
        around = f"{at:%Y-%m-%d}" if step < 24 else f"{at:%Y-%m}" if step < 24 * 30 else f"{at:%Y}"
        x = _x(at, first, last)
        begins = around if around != named and x - room >= APART and x <= 100 - APART / 2 else ""
        named, room = (around, x) if begins else (named, room)
        yield Tick(x, within, begins)


def _moments(first: datetime, last: datetime, step: int) -> Iterator[datetime]:
    """Whole hours, days or months; at least the one at the beginning."""
    at = first.replace(minute=0, second=0, microsecond=0)
    if step < 24:
        at = at.replace(hour=at.hour - at.hour % step) + timedelta(hours=step)
    else:
        at = at.replace(hour=0) + timedelta(days=1)
    if step >= 24 * 30:
        at = (at.replace(day=1) + timedelta(days=32)).replace(day=1)
    if at > last:
        yield first
    while at <= last:
        yield at
        if step >= 24 * 30:
            for _ in range(round(step / 24 / 30)):
                at = (at + timedelta(days=32)).replace(day=1)
        else:
            at += timedelta(hours=step)
