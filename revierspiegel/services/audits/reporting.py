"""The report on an audit: made, kept for the site, and the set noted as spent where its pages are shown."""

from datetime import date

from db.audit.drawing import Draw
from db.audit.labels import read_coders
from db.audit.log import AuditStep, note_step
from db.audit.reporting import WORST, AuditReport, CoverageBeside, keep_report, report_audit
from db.days import today
from db.operations.coverage import read_coverage


def report_on(draw: Draw, with_pages: bool) -> AuditReport:
    """Raises HomeError."""
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
