"""What an audit says: precision, recall and F1 with their intervals, by group, agreement, and the worst pages."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from db.audit.agreement import Agreement, agreement
from db.audit.drawing import Draw, audits_path
from db.audit.intervals import Cell, Estimated, Quality, Range, clopper_pearson, estimate, missed_target
from db.audit.labels import FINAL, CoderLabel, LabelLine, settled
from db.audit.universe import AuditUnit
from db.home import HomeError
from db.weighing import weighing

FEW = 10  # settled labels of a group; fewer say too little
WORST = 10
TARGET = 0.95
FIGURES = ("precision", "recall", "f1")

# What counts as right: of a label, and of a verdict.
ON = frozenset({"on"})
NAMED = frozenset({"on", "mention"})


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
            "rules_versions": sorted({unit.rules_version for _, unit in self.draw.units} - {""}),
            "on": asdict(self.on),
            "with_mentions": asdict(self.with_mentions),
            "strata": {
                name: asdict(cell) | {"low": share and share.low, "high": share and share.high}
                for name, cell, share in self.strata()
            },
            "groups": {name: {each: asdict(q) for each, q in of.items()} for name, of in self.groups.items()},
            "agreement": asdict(self.agreement),
            "missed_recall_95": self.missed,
            "outside": dict(self.draw.outside),
            "worst": [_wrong_page(unit, label) for unit, label in self.worst],
        }


def report_audit(draw: Draw, coders: Mapping[str, Mapping[str, LabelLine]]) -> AuditReport:
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
        worst=sorted(wrong, key=lambda each: -abs((each[1] == "on") - each[0].score))[:WORST],
        last=max((line.at for coder in coders.values() for line in coder.values()), default=""),
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
        "decided": _decided(unit),
    }


def _decided(unit: AuditUnit) -> list[str]:
    weighed = weighing(unit.outcome)
    return [f"{each.value:+.2f} {each.reason}" for each in weighed.strongest[:3]] if weighed else []


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
            **{name: Estimated(**report["on"][name]) for name in FIGURES},
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


# In words


def as_lines(report: AuditReport) -> Iterator[str]:
    draw = report.draw
    span = f", {draw.since or 'the first day'} to {draw.until or 'today'}" if draw.since or draw.until else ""
    yield f"audit {draw.name} (seed {draw.seed}{span}): {len(report.labels)} of {len(draw.units)} pages labelled"
    if report.open:
        yield f"{report.open} pages are open: not labelled, unsure, or coders differ (a coder 'final' settles them)"
    yield ""
    yield from _quality("on", report.on)
    yield from _quality("with mentions", report.with_mentions)
    yield ""
    yield "stratum             pages drawn labelled   on  share (95 %)"
    for name, cell, share in report.strata():
        between = f"{share.low:.3f} to {share.high:.3f}" if share else "–"
        drawn = draw.strata[name].drawn
        yield f"{name:<18} {cell.units:>6} {drawn:>5} {cell.labelled:>8} {cell.positive:>4}  {between}"
    for by, groups in report.groups.items():
        if len(groups) > 1:
            yield ""
            yield f"by {by.replace('_', ' ')}"
            for value, quality in groups.items():
                yield f"  {value:<18} precision {_figure(quality.precision)}  recall {_figure(quality.recall)}"
    yield ""
    yield from _agreement(report.agreement)
    if report.missed is not None:
        yield f"that recall is below {TARGET}: p = {report.missed:.3f} (hypergeometric criterion)"
    yield "outside: " + ", ".join(f"{name} {number}" for name, number in draw.outside.items())
    for unit, label in report.worst:
        yield f"{unit.score:5.3f}  {label:7}  {unit.verdict:7}  {unit.title or unit.url}"
        yield from (f"       {line}" for line in _decided(unit))


def _quality(name: str, quality: Quality) -> Iterator[str]:
    for figure in FIGURES:
        yield f"{name:<14} {figure:<10} {_figure(getattr(quality, figure))}"


def _figure(figure: Estimated) -> str:
    value = "    –" if figure.value is None else f"{figure.value:.3f}"
    return f"{value} ({figure.low:.3f} to {figure.high:.3f})"


def _agreement(agreed: Agreement) -> Iterator[str]:
    if not agreed.units:
        yield "one coder: no agreement to measure"
        return
    alpha = "undefined (one class alone)" if agreed.alpha is None else f"{agreed.alpha:.3f}"
    between = f" ({agreed.low:.3f} to {agreed.high:.3f})" if agreed.alpha is not None and agreed.low is not None else ""
    yield f"{agreed.units} pages by two or more: {agreed.percent:.0f} % of pairs agree"
    yield f"Krippendorff's alpha {alpha}{between}"
    if agreed.rare:
        yield f"rare classes ({', '.join(agreed.rare)}): the agreement on them says little"
