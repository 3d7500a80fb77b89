"""A thousand audits of a population whose truth is known: do the intervals hold it, and how wide are they?

    python benchmarks/audits.py [AUDITS] [LABELS]

The population is that of a night that names the company often: 400 pages kept (95 % rightly) and 760 refused, of which
40 are on the topic, most of them near the threshold; refused pages that do not name it in their text are none of them.
"""

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from db.audit.drawing import allocate_labels
from db.audit.intervals import Cell, Quality, estimate


class SimulatedStratum(NamedTuple):
    units: int
    positive: int
    expected: float  # as the scores have it, which are not quite calibrated
    chosen: bool


NIGHT = {
    "kept_sure:de": SimulatedStratum(250, 246, 0.97, True),
    "kept_sure:other": SimulatedStratum(50, 49, 0.97, True),
    "kept_close:de": SimulatedStratum(80, 69, 0.80, True),
    "kept_close:other": SimulatedStratum(20, 16, 0.80, True),
    "mention:de": SimulatedStratum(120, 18, 0.12, False),
    "near:de": SimulatedStratum(80, 17, 0.22, False),
    "far:de": SimulatedStratum(300, 4, 0.02, False),
    "far:other": SimulatedStratum(60, 1, 0.02, False),
    "unnamed:de": SimulatedStratum(200, 0, 0.0, False),
}


@dataclass(frozen=True, slots=True)
class Coverage:
    audits: int
    precision: float  # share of the audits whose interval holds the truth
    recall: float
    f1: float
    half_width: float  # of recall, the mean


def audits(number: int, labels: int, seed: int = 1, draws: int = 1_000) -> Iterator[Quality]:
    generator = random.Random(seed)
    allocated = allocate_labels(
        {name: each.units for name, each in NIGHT.items()},
        {name: each.expected for name, each in NIGHT.items()},
        {name: each.chosen for name, each in NIGHT.items()},
        labels,
    )
    for audit in range(number):
        cells = []
        for name, each in NIGHT.items():
            drawn = generator.sample(range(each.units), allocated[name])
            cells.append(Cell(each.units, len(drawn), sum(unit < each.positive for unit in drawn), each.chosen))
        yield estimate(cells, seed=audit, draws=draws)


def cover(number: int, labels: int, draws: int = 1_000) -> Coverage:
    true = estimate([Cell(each.units, each.units, each.positive, each.chosen) for each in NIGHT.values()], draws=10)
    done = list(audits(number, labels, draws=draws))

    def held(name: str) -> float:
        truth = getattr(true, name).value
        return sum(getattr(each, name).low <= truth <= getattr(each, name).high for each in done) / number

    widths = sum(each.recall.half_width for each in done) / number
    return Coverage(number, held("precision"), held("recall"), held("f1"), widths)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]] or [1_000, 250]
    print(cover(*numbers))  # noqa: T201
