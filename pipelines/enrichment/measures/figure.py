"""A figure, as it is read."""

from dataclasses import dataclass
from enum import StrEnum


class FigureKind(StrEnum):
    INVESTMENT = "investment"
    TRAINING = "training"  # people to be trained
    JOBS = "jobs"
    AREA = "area"
    POWER = "power"
    ENERGY = "energy"
    WATER = "water"
    SITES = "sites"  # data centres
    PLAN_YEAR = "plan_year"
    DATE = "date"
    SIGNATURES = "signatures"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    kind: FigureKind
    value: float | int | str  # a number; of a date an ISO day
    high: float | int | None = None  # the upper end of a range
    unit: str
    hedge: str | None = None  # as written: knapp, more than
    text: str
    start: int
    end: int
    sentence: tuple[int, int]  # where the sentence begins and ends
    place: str | None = None
    by: str | None = None  # the year, or the day, until or from which it is to be so
