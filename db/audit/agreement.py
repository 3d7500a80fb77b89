"""How far coders agree: percent, and Krippendorff's alpha for nominal labels, which corrects for chance."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.audit.intervals import middle

RESAMPLED = 2_000
RARE = 5  # fewer labels of a class say little about how far coders agree on it


@dataclass(frozen=True, slots=True)
class Agreement:
    units: int  # that two or more have labelled
    percent: float | None  # pairs of labels that are the same
    alpha: float | None
    low: float | None
    high: float | None
    rare: tuple[str, ...]  # classes that hardly occur


def agreement(units: Sequence[Sequence[str]], seed: int = 1) -> Agreement:
    """`units`: of each the labels that coders gave it. The interval is that of units that are drawn again."""
    compared = [labels for labels in units if len(labels) > 1]
    tables = [_pairs(labels) for labels in compared]
    generator = random.Random(seed)
    again = (generator.choices(tables, k=len(tables)) for _ in range(RESAMPLED if tables else 0))
    drawn = sorted(value for each in again if (value := _alpha(each)) is not None)
    between = middle(drawn) if drawn else None
    counts = Counter(label for labels in compared for label in labels)
    joined = _joined(tables)
    same, pairs = sum(number for (a, b), number in joined.items() if a == b), sum(joined.values())
    return Agreement(
        units=len(compared),
        percent=100 * same / pairs if pairs else None,
        alpha=_alpha(tables),
        low=between.low if between else None,
        high=between.high if between else None,
        rare=tuple(sorted(label for label, number in counts.items() if number < RARE)),
    )


Pairs = Mapping[tuple[str, str], float]


def _pairs(labels: Sequence[str]) -> Pairs:
    """A unit's part of the table of coincidences: each ordered pair of its labels, 1 / (m - 1)."""
    counts, others = Counter(labels), len(labels) - 1
    return {
        (a, b): number * (counts[b] - (a == b)) / others
        for a, number in counts.items()
        for b in counts
        if a != b or number > 1
    }


def _joined(tables: Sequence[Pairs]) -> Counter[tuple[str, str]]:
    joined = Counter[tuple[str, str]]()
    for table in tables:
        for pair, number in table.items():
            joined[pair] += number  # type: ignore[assignment]  # a Counter may hold shares
    return joined


def _alpha(tables: Sequence[Pairs]) -> float | None:
    """1 - observed / expected disagreement; None where all labels are the same: then there is no chance to beat."""
    joined = _joined(tables)
    totals = Counter[str]()
    for (a, _), number in joined.items():
        totals[a] += number
    whole = sum(totals.values())
    expected = sum(totals[a] * totals[b] for a in totals for b in totals if a != b)
    if not expected:
        return None
    observed = sum(number for (a, b), number in joined.items() if a != b)
    return 1 - (whole - 1) * observed / expected
