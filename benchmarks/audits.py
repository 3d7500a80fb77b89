"""A thousand audits of each population whose truth is known: do the intervals hold it, and how wide are they?

    python benchmarks/audits.py [AUDITS]

`judge` instead of a number counts JUDGED anew, in four minutes, and `newsrooms` NEWSROOMS, in one.
"""

import os
import random
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from db.audit.drawing import allocate_labels
from db.audit.intervals import Cell, Quality, estimate
from db.audit.universe import NEAR, SURE, read_universe, strata_of


class SimulatedStratum(NamedTuple):
    units: int
    positive: int
    expected: float  # as the scores have it, which are not quite calibrated
    chosen: bool


Population = Mapping[str, SimulatedStratum]

# The whole articles of `pipelines/relevance/labels`, written to be hard: a person has labelled each, and each is judged
# by weights that were learned without its event. What judge() counts.
JUDGED: Population = {
    "far": SimulatedStratum(341, 5, 0.018, False),
    "kept_close": SimulatedStratum(252, 184, 0.719, True),
    "kept_sure": SimulatedStratum(317, 311, 0.974, True),
    "mention": SimulatedStratum(285, 44, 0.151, False),
    "near": SimulatedStratum(76, 13, 0.221, False),
    "unnamed": SimulatedStratum(148, 14, 0.0, False),
}

# The example newsrooms, crawled on both their days; their files say what each article is. What newsrooms() counts.
NEWSROOMS: Population = {
    "far:other": SimulatedStratum(13, 0, 0.013, False),
    "kept_close:other": SimulatedStratum(4, 4, 0.832, True),
    "kept_sure:de": SimulatedStratum(23, 23, 0.985, True),
    "kept_sure:other": SimulatedStratum(4, 4, 0.996, True),
    "mention:other": SimulatedStratum(6, 0, 0.054, False),
    "near:other": SimulatedStratum(2, 0, 0.145, False),
    "unnamed:other": SimulatedStratum(11, 0, 0.0, False),
}

# As many pages of which three were missed where the scores expect none: a small archive.
SMALL: Population = NEWSROOMS | {
    "far:other": SimulatedStratum(13, 1, 0.013, False),
    "unnamed:other": SimulatedStratum(11, 2, 0.0, False),
}

# Ten times as many of the same.
MANY_SMALL: Population = {
    name: SimulatedStratum(10 * each.units, 10 * each.positive, each.expected, each.chosen)
    for name, each in SMALL.items()
}

# The shape of a night of all sources: 400 kept, 380 of them rightly, and of 760 refused that name the story 40 wrongly.
NIGHT: Population = {
    "far:de": SimulatedStratum(380, 7, 0.02, False),
    "kept_close:de": SimulatedStratum(70, 59, 0.75, True),
    "kept_close:en": SimulatedStratum(10, 6, 0.72, True),
    "kept_sure:de": SimulatedStratum(280, 276, 0.975, True),
    "kept_sure:en": SimulatedStratum(40, 39, 0.97, True),
    "mention:de": SimulatedStratum(160, 16, 0.12, False),
    "near:de": SimulatedStratum(60, 13, 0.22, False),
    "near:en": SimulatedStratum(20, 3, 0.2, False),
    "unnamed:de": SimulatedStratum(140, 1, 0.0, False),
}


def judge() -> Population:
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
    return {band: _stratum(pages, band.startswith("kept")) for band, pages in sorted(strata.items())}


def newsrooms() -> Population:
    from crawler.demo.demo import demo_home
    from crawler.demo.pieces import load_articles, load_outlets
    from db.store.archive import Archive
    from schedules.demo import crawl_demo

    with tempfile.TemporaryDirectory() as folder:
        os.environ["REVIERSPIEGEL_HOME"] = folder
        for is_next in (False, True):
            crawl_demo(print, is_next)
        with Archive(demo_home() / "archive.db", read_only=True) as archive:
            strata = strata_of(read_universe(archive.db.conn))
    outlets, pieces = load_outlets(), load_articles()
    stood = [piece for day in (1, 2) for piece in (each.on(day) for each in pieces) if piece]
    topics = {outlets[piece.outlet].url(piece): piece.topic for piece in stood}
    return {
        name: _stratum(
            [(unit.score, topics[unit.url.partition("?utm_")[0]] == "on") for unit in units], units[0].verdict == "on"
        )
        for name, units in strata.items()
    }


def _stratum(pages: list[tuple[float, bool]], chosen: bool) -> SimulatedStratum:
    expected = round(sum(score for score, _ in pages) / len(pages), 3)
    return SimulatedStratum(len(pages), sum(is_on for _, is_on in pages), expected, chosen)


@dataclass(frozen=True, slots=True)
class Coverage:
    precision: float  # share of the audits whose interval holds the truth
    recall: float
    f1: float
    half_width: float  # of recall, the mean


def audits(population: Population, number: int, labels: int, seed: int = 1, draws: int = 1_000) -> Iterator[Quality]:
    generator = random.Random(seed)
    allocated = allocate_labels(
        {name: each.units for name, each in population.items()},
        {name: each.expected for name, each in population.items()},
        {name: each.chosen for name, each in population.items()},
        labels,
    )
    for audit in range(number):
        cells = []
        for name, each in population.items():
            drawn = generator.sample(range(each.units), allocated[name])
            cells.append(Cell(each.units, len(drawn), sum(unit < each.positive for unit in drawn), each.chosen))
        yield estimate(cells, seed=audit, draws=draws)


def cover(population: Population, number: int, labels: int, draws: int = 1_000) -> Coverage:
    whole = [Cell(each.units, each.units, each.positive, each.chosen) for each in population.values()]
    true = estimate(whole, draws=10)
    done = list(audits(population, number, labels, draws=draws))

    def held(name: str) -> float:
        truth = getattr(true, name).value
        return sum(getattr(each, name).low <= truth <= getattr(each, name).high for each in done) / number

    width = sum(each.recall.half_width for each in done) / number
    return Coverage(held("precision"), held("recall"), held("f1"), width)


def rows(number: int) -> Iterable[str]:
    yield "| population | kept, refused | labels | intervals that hold: precision | recall | F1 | half-width |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for name, population, sizes in (
        ("the example newsrooms", NEWSROOMS, (30, 40, 50)),
        ("as many, with three missed", SMALL, (30, 40, 50)),
        ("ten times as many", MANY_SMALL, (250, 300)),
        ("a night", NIGHT, (250, 300)),
        ("written to be hard", JUDGED, (250, 300)),
    ):
        whole = sum(each.units for each in population.values())
        kept = sum(each.units for each in population.values() if each.chosen)
        for labels in sizes:
            done = cover(population, number, labels)
            shares = " | ".join(f"{100 * share:.1f} %" for share in (done.precision, done.recall, done.f1))
            yield f"| {name} | {kept}, {whole - kept} | {labels} | {shares} | {done.half_width:.3f} |"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["judge"]:
            print(judge())  # noqa: T201
        case ["newsrooms"]:
            print(newsrooms())  # noqa: T201
        case numbers:
            for row in rows(int(*numbers or ["1000"])):
                print(row, flush=True)  # noqa: T201
