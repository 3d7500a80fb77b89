"""What an audit says: precision, recall and F1 with their intervals, by group, agreement, and the worst pages."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from db.audit.agreement import Agreement, agreement
from db.audit.drawing import Draw, audits_path
from db.audit.intervals import Cell, Estimated, Quality, clopper_pearson, estimate, missed_target
from db.audit.labels import FINAL, CoderLabel, LabelLine, settled
from db.audit.universe import AuditUnit
from db.home import HomeError
from db.weighing import weighing

FEW = 10  # settled labels of a group; fewer say too little to be told
WORST = 10
TARGET = 0.95

# What counts as right: of a label, and of a verdict.
ON = frozenset({"on"})
NAMED = frozenset({"on", "mention"})


@dataclass(frozen=True, slots=True)
class AuditReport:
    draw: Draw
    labels: Mapping[str, str]  # settled, by unit
    open: int  # drawn and not settled
    on: Quality
    with_mentions: Quality
    groups: Mapping[str, Mapping[str, Quality]]
    agreement: Agreement
    missed: float | None
    worst: Sequence[tuple[AuditUnit, str]]  # with its label
    last: str  # when the last label was given

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
            "strata": {name: stratum for name, stratum in self._strata()},
            "groups": {name: {each: asdict(q) for each, q in of.items()} for name, of in self.groups.items()},
            "agreement": asdict(self.agreement),
            "missed_recall_95": self.missed,
            "outside": dict(self.draw.outside),
            "worst": [_told(unit, label) for unit, label in self.worst],
        }

    def _strata(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, cell in _cells(self.draw, self.labels, ON).items():
            share = clopper_pearson(cell.positive, cell.labelled) if cell.labelled else None
            yield name, asdict(cell) | {"low": share and share.low, "high": share and share.high}


def report_audit(draw: Draw, coders: Mapping[str, Mapping[str, LabelLine]]) -> AuditReport:
    units = {unit.id: unit for _, unit in draw.units}
    labels = {unit: label for unit, label in settled(coders).items() if unit in units}
    blind = [labels for coder, labels in coders.items() if coder != FINAL]  # who settles knows what others said
    given = [[coder[unit].label for coder in blind if unit in coder] for unit in units]
    wrong = [(units[unit], label) for unit, label in labels.items() if (label == "on") != (units[unit].verdict == "on")]
    return AuditReport(
        draw=draw,
        labels=labels,
        open=len(units) - len(labels),
        on=estimate(list(_cells(draw, labels, ON).values())),
        with_mentions=estimate(list(_cells(draw, labels, NAMED).values())),
        groups={name: dict(_of_groups(draw, labels, name)) for name in draw.groups},
        agreement=agreement([[each for each in labels if each != CoderLabel.UNSURE] for labels in given]),
        missed=_missed(draw, labels),
        worst=sorted(wrong, key=lambda each: -abs((each[1] == "on") - each[0].score))[:WORST],
        last=max((line.at for coder in coders.values() for line in coder.values()), default=""),
    )


def _cells(draw: Draw, labels: Mapping[str, str], right: frozenset[str]) -> dict[str, Cell]:
    """A stratum is of one verdict."""
    return {
        name: _cell(plan.units, [unit for stratum, unit in draw.units if stratum == name], labels, right, name)
        for name, plan in draw.strata.items()
    }


def _cell(
    units: int, drawn: Sequence[AuditUnit], labels: Mapping[str, str], right: frozenset[str], stratum: str
) -> Cell:
    given = [labels[unit.id] for unit in drawn if unit.id in labels]
    chosen = stratum.startswith("kept") or (stratum.startswith("mention") and "mention" in right)
    return Cell(units, len(given), sum(label in right for label in given), chosen)


def _of_groups(draw: Draw, labels: Mapping[str, str], by: str) -> Iterator[tuple[str, Quality]]:
    for value, sizes in draw.groups[by].items():
        drawn = [(stratum, unit) for stratum, unit in draw.units if str(getattr(unit, by)) == value]
        if sum(unit.id in labels for _, unit in drawn) < FEW:
            continue
        yield (
            value or "–",
            estimate(
                [
                    _cell(size, [unit for name, unit in drawn if name == stratum], labels, ON, stratum)
                    for stratum, size in sizes.items()
                ]
            ),
        )


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


def _told(unit: AuditUnit, label: str) -> dict[str, Any]:
    weighed = weighing(unit.outcome)
    decided = [f"{each.value:+.2f} {each.reason}" for each in weighed.strongest[:3]] if weighed else []
    return {"unit": unit.id, "url": unit.url, "title": unit.title} | {
        "label": label,
        "verdict": unit.verdict,
        "score": unit.score,
        "decided": decided,
    }


# Kept for the site

REPORT = "report.json"


def keep_report(report: AuditReport) -> None:
    """Beside the draw. Raises HomeError."""
    path = audits_path() / report.draw.name / REPORT
    try:
        path.write_text(json.dumps(report.as_dict(), ensure_ascii=False, indent=2), "utf-8")
    except OSError as error:
        raise HomeError(f"{path}: {error.strerror}; make room, or make the folder yours") from error


def last_report(home: Path) -> dict[str, Any] | None:
    """The last one that was made with a label; None where there is none that can be read."""
    for path in sorted(home.glob(f"audits/*/{REPORT}"), key=lambda path: path.stat().st_mtime_ns, reverse=True):
        try:
            told: dict[str, Any] = json.loads(path.read_text("utf-8"))
            if told["labelled"]:
                return told
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def figures_told(told: Mapping[str, Any]) -> dict[str, Any]:
    """Of a report that was kept, what goes along with data: the figures, their day, and by which rules was judged."""
    return {
        "name": told["audit"],
        "seed": told["seed"],
        "day": told["last_label"][:10],
        "labels": told["labelled"],
        "rules_versions": told.get("rules_versions", []),
        **{name: told["on"][name] for name in ("precision", "recall", "f1")},
    }


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
    for name, plan in draw.strata.items():
        cell = _cells(draw, report.labels, ON)[name]
        share = clopper_pearson(cell.positive, cell.labelled) if cell.labelled else None
        told = f"{share.low:.3f} to {share.high:.3f}" if share else "–"
        yield f"{name:<18} {plan.units:>6} {plan.drawn:>5} {cell.labelled:>8} {cell.positive:>4}  {told}"
    for by, groups in report.groups.items():
        if len(groups) > 1:
            yield ""
            yield f"by {by.replace('_', ' ')}"
            for value, quality in groups.items():
                yield f"  {value:<18} precision {_figure(quality.precision)}  recall {_figure(quality.recall)}"
    yield ""
    yield from _agreed(report.agreement)
    if report.missed is not None:
        yield f"that recall is below {TARGET}: p = {report.missed:.3f} (hypergeometric criterion)"
    yield "outside: " + ", ".join(f"{name} {number}" for name, number in draw.outside.items())
    for unit, label in report.worst:
        decided = _told(unit, label)["decided"]
        yield f"{unit.score:5.3f}  {label:7}  {unit.verdict:7}  {unit.title or unit.url}"
        yield from (f"       {line}" for line in decided)


def _quality(name: str, quality: Quality) -> Iterator[str]:
    for figure in ("precision", "recall", "f1"):
        yield f"{name:<14} {figure:<10} {_figure(getattr(quality, figure))}"


def _figure(figure: Estimated) -> str:
    value = "    –" if figure.value is None else f"{figure.value:.3f}"
    return f"{value} ({figure.low:.3f} to {figure.high:.3f})"


def _agreed(agreed: Agreement) -> Iterator[str]:
    if not agreed.units:
        yield "one coder: agreement cannot be told"
        return
    alpha = "cannot be told (one class alone)" if agreed.alpha is None else f"{agreed.alpha:.3f}"
    between = f" ({agreed.low:.3f} to {agreed.high:.3f})" if agreed.alpha is not None and agreed.low is not None else ""
    yield f"{agreed.units} pages by two or more: {agreed.percent:.0f} % of pairs agree"
    yield f"Krippendorff's alpha {alpha}{between}"
    if agreed.rare:
        yield f"rare classes ({', '.join(agreed.rare)}): the agreement on them says little"
