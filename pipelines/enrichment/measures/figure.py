"""A figure, as it is read."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

HECTARE = 10_000  # m²; as many are told in hectares
TOLD_IN = {"GW": "MW", "TWh": "GWh"}  # so that figures of one thing can be compared


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


def as_told(value: Decimal, high: Decimal | None, unit: str) -> tuple[float | int, float | int | None, str]:
    if unit == "m2" and value >= HECTARE:
        value, high, unit = value / HECTARE, high and high / HECTARE, "ha"
    if unit in TOLD_IN:
        value, high, unit = value * 1000, high and high * 1000, TOLD_IN[unit]
    return _plain(value), None if high is None else _plain(high), unit


def _plain(value: Decimal) -> float | int:
    return int(value) if value == value.to_integral_value() else float(value)
