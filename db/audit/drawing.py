"""A draw: how many of each stratum, which ones, and the file that says so."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path
from typing import Any, Self

from db.audit.files import audits_path
from db.audit.log import AuditStep, drawn_at, note_step
from db.audit.universe import AuditUnit, group_sizes, strata_of
from db.home import HomeError
from db.problem import Problem

LEAST = 4  # of each stratum, so that none is believed unseen
# A share that the scores may be wrong by: of refusals whose text does not name the story the scores expect none on the
# topic, and of those that people judged one in eleven was. With 0.02 they got so few labels that the interval of recall
# held the truth in 92 audits of 100 (benchmarks/README.md).
UNEXPECTED = 0.07
NAME = "draw.jsonl"


@dataclass(frozen=True, slots=True)
class StratumPlan:
    """`expected`: the share of pages on the topic, by their scores."""

    units: int
    drawn: int
    chosen: bool  # whether its pages are kept
    expected: float


@dataclass(frozen=True, slots=True)
class Draw:
    name: str
    seed: int
    since: str
    until: str
    strata: Mapping[str, StratumPlan]
    groups: Mapping[str, Mapping[str, Mapping[str, int]]]  # see group_sizes
    ran: Mapping[str, int]  # sources, nights and gaps of those days
    outside: Mapping[str, int]
    units: Sequence[tuple[str, AuditUnit]]  # stratum and unit, in an order that tells nothing

    def lines(self) -> list[str]:
        """Without a moment: drawn again, it is the same byte for byte."""
        head = {"name": self.name, "seed": self.seed, "since": self.since, "until": self.until}
        head |= {"strata": {name: asdict(plan) for name, plan in self.strata.items()}}
        head |= {"groups": self.groups, "ran": self.ran, "outside": self.outside}
        rows = [{"stratum": stratum, **asdict(unit)} for stratum, unit in self.units]
        return [json.dumps(row, ensure_ascii=False, sort_keys=True) for row in (head, *rows)]

    @classmethod
    def of(cls, lines: Sequence[str]) -> Self:
        head, *rows = map(json.loads, lines)
        strata = {name: StratumPlan(**plan) for name, plan in head.pop("strata").items()}
        units = [(row.pop("stratum"), AuditUnit(**row)) for row in rows]
        return cls(**head, strata=strata, units=units)


@dataclass(frozen=True, slots=True)
class DrawPlan:
    name: str
    size: int
    seed: int
    since: str = ""
    until: str = ""


def draw_units(
    universe: Sequence[AuditUnit], plan: DrawPlan, ran: Mapping[str, int], outside: Mapping[str, int]
) -> Draw:
    """Raises Problem where there is nothing to draw from."""
    if not universe:
        raise Problem("no page has been judged on these days; 'revierspiegel crawl' or other days give some")
    members = strata_of(universe)
    expected = {name: sum(unit.score for unit in units) / len(units) for name, units in members.items()}
    chosen = {name: units[0].verdict == "on" for name, units in members.items()}
    sizes = {name: len(units) for name, units in members.items()}
    numbers = allocate_labels(sizes, expected, chosen, plan.size)
    drawn = [
        (name, unit)
        for name, units in members.items()
        for unit in sorted(units, key=lambda unit: _number(plan.seed, unit.id))[: numbers[name]]
    ]
    return Draw(
        name=plan.name,
        seed=plan.seed,
        since=plan.since,
        until=plan.until,
        strata={
            name: StratumPlan(sizes[name], numbers[name], chosen[name], round(expected[name], 4)) for name in sizes
        },
        groups=group_sizes(members),
        ran=ran,
        outside=outside,
        units=sorted(drawn, key=lambda each: _number(plan.seed, f"order {each[1].id}")),
    )


def _number(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed} {name}".encode()).hexdigest()


def allocate_labels(
    sizes: Mapping[str, int], expected: Mapping[str, float], chosen: Mapping[str, bool], size: int
) -> dict[str, int]:
    """So many of each stratum that precision and recall together vary least (Neyman 1934): by its size, by how mixed it
    probably is, and by what an error in it does to the two ratios."""
    size = min(size, sum(sizes.values()))
    right = sum(sizes[name] * expected[name] for name in sizes if chosen[name])
    relevant = max(sum(sizes[name] * expected[name] for name in sizes), 1.0)
    kept = max(sum(sizes[name] for name in sizes if chosen[name]), 1)
    recall = right / relevant

    def weight(name: str) -> float:
        share = min(max(expected[name], UNEXPECTED), 1 - UNEXPECTED)
        pull = sqrt(((1 - recall) / relevant) ** 2 + 1 / kept**2) if chosen[name] else recall / relevant
        return sizes[name] * sqrt(share * (1 - share)) * max(pull, 1e-9)

    weights = {name: weight(name) for name in sizes}
    numbers = {name: min(LEAST, sizes[name]) for name in sizes}
    for _ in range(size - sum(numbers.values())):  # one after another to where it is most wanted; never more than all
        open_ones = [name for name in sizes if numbers[name] < sizes[name]]
        numbers[max(open_ones, key=lambda name: (weights[name] / sqrt(numbers[name] * (numbers[name] + 1)), name))] += 1
    return numbers


# The files


def write_draw(draw: Draw) -> Path:
    """Raises Problem where another draw has that name: its labels would be for other pages."""
    path = audits_path() / draw.name / NAME
    content = "".join(f"{line}\n" for line in draw.lines())
    if path.is_file():
        if path.read_text("utf-8") == content:
            return path
        raise Problem(f"{path}: another draw has this name; give this one another with --name")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(content, "utf-8")
        part.replace(path)
        note_step(draw.name, AuditStep.DRAWN)
    except OSError as error:
        raise HomeError(f"{path}: {error.strerror}; make room, or make the folder yours") from error
    return path


def read_draw(name: str = "") -> Draw:
    """The one that was drawn last where none is named. Raises Problem.

    By its log: the times of files are others once a backup has been put back.
    """
    paths = sorted(audits_path().glob(f"{name or '*'}/{NAME}"), key=lambda path: (drawn_at(path.parent.name), path))
    if not paths:
        raise Problem(
            f"no audit{f' {name!r}' if name else ''} in {audits_path()}; 'revierspiegel audit draw' makes one"
        )
    try:
        return Draw.of(paths[-1].read_text("utf-8").splitlines())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Problem(f"{paths[-1]}: is no draw ({error}); draw it again with its seed") from error


def drawn_pages() -> list[int]:
    """Of all draws: what is spared when old pages go. A file that cannot be read spares nothing, nor stops anything."""
    pages = set[int]()
    for path in audits_path().glob(f"*/{NAME}"):
        for line in path.read_text("utf-8", errors="replace").splitlines()[1:]:
            pages.add(_page(line))
    return sorted(pages - {0})


def _page(line: str) -> int:
    try:
        row: Any = json.loads(line)
        return int(row["page"] or 0)
    except (ValueError, KeyError, TypeError):
        return 0
