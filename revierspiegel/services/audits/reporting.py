"""The report on an audit: made, kept for the site, and the set noted as spent where its pages are shown."""

import json
from datetime import date

from db.audit.drawing import Draw
from db.audit.labels import read_coders
from db.audit.log import AuditStep, note_step
from db.audit.reporting import WORST, AuditReport, CoverageBeside, keep_report, report_audit
from db.audit.words import as_lines
from db.days import today
from db.language import speaking
from db.operations.coverage import read_coverage
from schedules.messages import operators_language


def report_on(draw: Draw, *, with_pages: bool, as_json: bool, wanted: str | None) -> str:
    """`wanted`: the language. Raises HomeError."""
    with speaking(wanted or operators_language()):
        report = _kept_report(draw, with_pages)
        return json.dumps(report.as_dict(), ensure_ascii=False, indent=2) if as_json else "\n".join(as_lines(report))


def _kept_report(draw: Draw, with_pages: bool) -> AuditReport:
    coders = read_coders(draw.name)
    report = report_audit(draw, coders, _beside(), WORST if with_pages else 0)
    if report.worst and not report.looked_at:
        note_step(draw.name, AuditStep.LOOKED_AT, report.rules_versions)
        report = report_audit(draw, coders, report.beside)
    keep_report(report)
    return report


def _beside() -> CoverageBeside | None:
    known = read_coverage(date.fromisoformat(today()))
    if known.estimate is None or known.low is None or known.high is None:
        return None
    return CoverageBeside(known.estimate, known.low, known.high, known.seen)
