"""What an audit says: precision, recall and F1 with their intervals, by group, agreement, and the worst pages."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from db.audit.agreement import Agreement, agreement
from db.audit.drawing import Draw
from db.audit.files import audits_path
from db.audit.intervals import Cell, Estimated, Quality, Range, clopper_pearson, estimate, missed_target
from db.audit.labels import FINAL, CoderLabel, LabelLine, settled
from db.audit.spent import SpentSet, spent_sets
from db.audit.universe import AuditUnit
from db.home import HomeError
from db.language import signed
from db.outcomes import say
from db.weighing import weighing

FEW = 10  # settled labels of a group; fewer say too little
WORST = 10
TARGET = 0.95
FIGURES = ("precision", "recall", "f1")

# What counts as right: of a label, and of a verdict.
ON = frozenset({"on"})
NAMED = frozenset({"on", "mention"})


class CoverageBeside(NamedTuple):
    """How many articles there probably are, of which finders have seen so many: of what no audit sees."""

    value: int
    low: int
    high: int
    seen: int


@dataclass(frozen=True, slots=True)
class AuditReport:
    draw: Draw
    labels: Mapping[str, str]  # settled, by unit
    on: Quality
    with_mentions: Quality
    groups: Mapping[str, Mapping[str, Quality]]
    agreement: Agreement
    missed: float | None
    worst: Sequence[tuple[AuditUnit, str]]  # with its label
    last: str  # when the last label was given
    spent: Sequence[SpentSet]
    beside: CoverageBeside | None

    @property
    def rules_versions(self) -> tuple[str, ...]:
        """By which its pages were judged."""
        return tuple(sorted({unit.rules_version for _, unit in self.draw.units} - {""}))

    @property
    def looked_at(self) -> str:
        """The day on which somebody first looked at what was judged wrongly; '' where nobody has."""
        return next((each.day for each in self.spent if each.audit == self.draw.name), "")

    @property
    def open(self) -> int:
        """Drawn and not settled."""
        return len(self.draw.units) - len(self.labels)

    def strata(self) -> Iterator[tuple[str, Cell, Range | None]]:
        """Each with the exact interval of its share; None where nothing is labelled."""
        for name, cell in _cells(self.draw, self.labels, ON).items():
            yield name, cell, clopper_pearson(cell.positive, cell.labelled) if cell.labelled else None

    def as_dict(self) -> dict[str, Any]:
        return {
            "audit": self.draw.name,
            "seed": self.draw.seed,
            "since": self.draw.since or None,
            "until": self.draw.until or None,
            "labelled": len(self.labels),
            "open": self.open,
            "last_label": self.last or None,
            "rules_versions": self.rules_versions,
            "looked_at": self.looked_at or None,
            "spent": [asdict(each) for each in self.spent],
            "on": asdict(self.on),
            "with_mentions": asdict(self.with_mentions),
            "strata": {
                name: asdict(cell) | {"low": share and share.low, "high": share and share.high}
                for name, cell, share in self.strata()
            },
            "groups": {name: {each: asdict(q) for each, q in of.items()} for name, of in self.groups.items()},
            "agreement": asdict(self.agreement),
            "missed_recall_95": self.missed,
            "ran": dict(self.draw.ran),
            "outside": dict(self.draw.outside),
            "coverage": self.beside._asdict() if self.beside else None,
            "worst": [_wrong_page(unit, label) for unit, label in self.worst],
        }


def report_audit(
    draw: Draw, coders: Mapping[str, Mapping[str, LabelLine]], beside: CoverageBeside | None = None, worst: int = WORST
) -> AuditReport:
    """`worst`: so many of the pages that were judged wrongly."""
    units = {unit.id: unit for _, unit in draw.units}
    labels = {unit: label for unit, label in settled(coders).items() if unit in units}
    blind = [labels for coder, labels in coders.items() if coder != FINAL]  # who settles knows what others said
    given = [[coder[unit].label for coder in blind if unit in coder] for unit in units]
    wrong = [(units[unit], label) for unit, label in labels.items() if (label == "on") != (units[unit].verdict == "on")]
    return AuditReport(
        draw=draw,
        labels=labels,
        on=estimate(list(_cells(draw, labels, ON).values())),
        with_mentions=estimate(list(_cells(draw, labels, NAMED).values())),
        groups={name: dict(_of_groups(draw, labels, name)) for name in draw.groups},
        agreement=agreement([[each for each in labels if each != CoderLabel.UNSURE] for labels in given]),
        missed=_missed(draw, labels),
        worst=sorted(wrong, key=lambda each: -abs((each[1] == "on") - each[0].score))[:worst],
        last=max((line.at for coder in coders.values() for line in coder.values()), default=""),
        spent=list(spent_sets(draw)),
        beside=beside,
    )


def _cells(draw: Draw, labels: Mapping[str, str], right: frozenset[str]) -> dict[str, Cell]:
    """By stratum."""
    given = [(stratum, labels[unit.id]) for stratum, unit in draw.units if unit.id in labels]
    return _cells_of({name: plan.units for name, plan in draw.strata.items()}, given, right, _verdicts(draw))


def _verdicts(draw: Draw) -> dict[str, str]:
    """A stratum is of one verdict, and some of each are drawn."""
    return {stratum: unit.verdict for stratum, unit in draw.units}


def _cells_of(
    sizes: Mapping[str, int], given: Sequence[tuple[str, str]], right: frozenset[str], verdicts: Mapping[str, str]
) -> dict[str, Cell]:
    """`given`: stratum and label."""
    labelled = Counter(stratum for stratum, _ in given)
    positive = Counter(stratum for stratum, label in given if label in right)
    return {name: Cell(size, labelled[name], positive[name], verdicts[name] in right) for name, size in sizes.items()}


def _of_groups(draw: Draw, labels: Mapping[str, str], by: str) -> Iterator[tuple[str, Quality]]:
    labelled = [(stratum, unit) for stratum, unit in draw.units if unit.id in labels]
    for value, sizes in draw.groups[by].items():
        given = [(stratum, labels[unit.id]) for stratum, unit in labelled if str(getattr(unit, by)) == value]
        if len(given) >= FEW:
            yield value or "–", estimate(list(_cells_of(sizes, given, ON, _verdicts(draw)).values()))


def _missed(draw: Draw, labels: Mapping[str, str]) -> float | None:
    """That recall is below the target, by the labels of the refused as if they were one random sample; None where none
    of them is labelled. Those near the threshold are drawn more often, which errs to the safe side."""
    cells = _cells(draw, labels, ON).values()
    kept = sum(cell.units * cell.positive / cell.labelled for cell in cells if cell.chosen and cell.labelled)
    refused = [cell for cell in cells if not cell.chosen]
    sampled, hits = sum(cell.labelled for cell in refused), sum(cell.positive for cell in refused)
    if not sampled:
        return None
    left = sum(cell.units for cell in refused)
    return missed_target(round(kept) + hits, round(kept), sampled, hits, left, TARGET)


def _wrong_page(unit: AuditUnit, label: str) -> dict[str, Any]:
    return {
        "unit": unit.id,
        "url": unit.url,
        "title": unit.title,
        "label": label,
        "verdict": unit.verdict,
        "score": unit.score,
        "decided": decided(unit),
    }


def decided(unit: AuditUnit) -> list[str]:
    """The weights that decided, in the language that is spoken."""
    weighed = weighing(unit.outcome)
    return [f"{signed(each.value)} {say(each.reason)}" for each in weighed.strongest[:3]] if weighed else []


# Kept for the site

REPORT = "report.json"


def keep_report(report: AuditReport) -> None:
    """Beside the draw. Raises HomeError."""
    path = audits_path() / report.draw.name / REPORT
    try:
        path.write_text(json.dumps(report.as_dict(), ensure_ascii=False, indent=2), "utf-8")
    except OSError as error:
        raise HomeError(f"{path}: {error.strerror}; make room, or make the folder yours") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFigures:
    """What goes along with data: the figures, their day, and by which rules was judged."""

    name: str
    seed: int
    day: str  # of the last label
    labels: int
    rules_versions: Sequence[str]
    looked_at: str | None  # the day since which its set is spent
    precision: Estimated
    recall: Estimated
    f1: Estimated


def last_audit(home: Path) -> AuditFigures | None:
    """Of the audit that was labelled last; None where no report with a label can be read. A report says when: the time
    of a file is another once a backup has been put back."""
    kept = filter(None, map(_kept_figures, sorted(home.glob(f"audits/*/{REPORT}"))))
    _, figures = max(kept, key=lambda each: each[0], default=("", None))
    return figures


def _kept_figures(path: Path) -> tuple[str, AuditFigures] | None:
    """With the moment of the last label."""
    try:
        report = json.loads(path.read_text("utf-8"))
        if not report["labelled"]:
            return None
        return report["last_label"], AuditFigures(
            name=report["audit"],
            seed=report["seed"],
            day=report["last_label"][:10],
            labels=report["labelled"],
            rules_versions=report["rules_versions"],
            looked_at=report["looked_at"],
            **{name: Estimated(**report["on"][name]) for name in FIGURES},
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
