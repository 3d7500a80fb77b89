"""A thousand audits of a population whose truth is known: do the intervals hold it, and how wide are they?

    python benchmarks/audits.py [AUDITS] [LABELS]
    python benchmarks/audits.py judge      # counts the population anew, in four minutes

The population are the whole articles of `pipelines/relevance/labels`, those of the example newsrooms among them: a
person has labelled each, and each is judged by weights that were learned without its event.
"""

import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from db.audit.drawing import allocate_labels
from db.audit.intervals import Cell, Quality, estimate
from db.audit.universe import NEAR, SURE


class SimulatedStratum(NamedTuple):
    units: int
    positive: int
    expected: float  # as the scores have it, which are not quite calibrated
    chosen: bool


JUDGED = {  # what judge() counts
    "far": SimulatedStratum(341, 5, 0.018, False),
    "kept_close": SimulatedStratum(252, 184, 0.719, True),
    "kept_sure": SimulatedStratum(317, 311, 0.974, True),
    "mention": SimulatedStratum(285, 44, 0.151, False),
    "near": SimulatedStratum(76, 13, 0.221, False),
    "unnamed": SimulatedStratum(148, 14, 0.0, False),
}


def judge() -> dict[str, SimulatedStratum]:
    from scipy.special import expit

    from pipelines.relevance.train import best_threshold, calibration, cross_validated, material_of, own_story

    material = material_of([own_story()], is_general_only=False)
    odds = cross_validated(material)
    levels, counts = material.levels, material.counts
    scales = [calibration(odds[:, at], levels >= level, counts) for at, level in ((0, 2), (1, 1))]
    on, named = (expit(odds[:, at] * factor + summand) * material.named for at, (factor, summand) in enumerate(scales))
    threshold = best_threshold(on, levels == 2, counts)
    strata: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for number in (counts == 1).nonzero()[0]:  # whole articles
        if on[number] >= threshold:
            band = "kept_sure" if on[number] >= SURE else "kept_close"
        elif not material.named[number]:
            band = "unnamed"
        elif named[number] >= 0.5:
            band = "mention"
        else:
            band = "near" if on[number] >= NEAR else "far"
        strata[band].append((float(on[number]), bool(levels[number] == 2)))
    return {
        band: SimulatedStratum(
            len(pages),
            sum(is_on for _, is_on in pages),
            round(sum(score for score, _ in pages) / len(pages), 3),
            band.startswith("kept"),
        )
        for band, pages in sorted(strata.items())
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
        {name: each.units for name, each in JUDGED.items()},
        {name: each.expected for name, each in JUDGED.items()},
        {name: each.chosen for name, each in JUDGED.items()},
        labels,
    )
    for audit in range(number):
        cells = []
        for name, each in JUDGED.items():
            drawn = generator.sample(range(each.units), allocated[name])
            cells.append(Cell(each.units, len(drawn), sum(unit < each.positive for unit in drawn), each.chosen))
        yield estimate(cells, seed=audit, draws=draws)


def cover(number: int, labels: int, draws: int = 1_000) -> Coverage:
    true = estimate([Cell(each.units, each.units, each.positive, each.chosen) for each in JUDGED.values()], draws=10)
    done = list(audits(number, labels, draws=draws))

    def held(name: str) -> float:
        truth = getattr(true, name).value
        return sum(getattr(each, name).low <= truth <= getattr(each, name).high for each in done) / number

    widths = sum(each.recall.half_width for each in done) / number
    return Coverage(number, held("precision"), held("recall"), held("f1"), widths)


if __name__ == "__main__":
    if sys.argv[1:] == ["judge"]:
        print(judge())  # noqa: T201
        sys.exit()
    numbers = [int(word) for word in sys.argv[1:]] or [1_000, 250]
    print(cover(*numbers))  # noqa: T201
