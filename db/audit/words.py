"""A report in words, in the language that is spoken."""

from collections.abc import Iterable, Iterator, Mapping

from db.audit.agreement import Agreement
from db.audit.intervals import Estimated, Quality, Range
from db.audit.reporting import FIGURES, TARGET, AuditReport, decided
from db.audit.spent import SpentSet
from db.language import day, decimal, named, number, percent, t

RAN = ("sources", "nights", "gaps")
OUTSIDE = ("sources_not_read", "waiting", "found_hosts", "copies")
COLUMNS = ("stratum", "pages", "drawn", "labelled", "on", "share")


def as_lines(report: AuditReport) -> Iterator[str]:
    draw = report.draw
    yield t("audit.title", name=draw.name, seed=str(draw.seed), number=len(report.labels), drawn=len(draw.units))
    if report.open:
        yield t("audit.open", number=report.open)
    for each in report.spent:
        yield spent_line(each, draw.name)
    yield ""
    yield from _universe(report)
    yield ""
    yield t("audit.figures")
    yield from _table(
        [right, t(f"quality.{figure}"), _between(getattr(quality, figure))]
        for right, quality in ((t("audit.on"), report.on), (t("audit.with_mentions"), report.with_mentions))
        for figure in FIGURES
    )
    yield ""
    yield from _table([[named(name, "audit_column") for name in COLUMNS], *_strata(report)])
    for by, groups in report.groups.items():
        if groups and len(draw.groups[by]) > 1:
            yield ""
            yield named(by, "audit_by")
            yield from _table(_group(by, groups))
    yield ""
    yield from _agreement(report.agreement)
    if report.missed is not None:
        yield t("audit.missed", target=percent(TARGET), value=decimal(report.missed))
    if report.worst:
        yield ""
        yield t("audit.worst")
    for unit, label in report.worst:
        verdict, given = (named(each, "audit_label") for each in (unit.verdict, label))
        yield t("audit.wrong", score=decimal(unit.score), verdict=verdict, label=given, title=unit.title or unit.url)
        yield f"  {unit.url}"
        yield from (f"  {line}" for line in decided(unit))
    if report.worst:
        yield t("audit.decide")


def spent_line(spent: SpentSet, audit: str) -> str:
    rules = ", ".join(spent.rules_versions) or "–"
    if spent.audit == audit:
        return t("audit.spent.own", day=day(spent.day), rules=rules)
    return t("audit.spent.shared", audit=spent.audit, day=day(spent.day), rules=rules, number=spent.pages)


def _universe(report: AuditReport) -> Iterator[str]:
    draw = report.draw
    kept = sum(plan.units for plan in draw.strata.values() if plan.chosen)
    refused = sum(plan.units for plan in draw.strata.values() if not plan.chosen)
    yield t("audit.universe", kept=kept, refused=refused, **{name: draw.ran.get(name, 0) for name in RAN})
    if draw.since or draw.until:
        first = day(draw.since) or t("audit.first_day")
        yield t("audit.days", first=first, last=day(draw.until) or t("audit.last_day"))
    unjudged = ", ".join(
        f"{named(name.removeprefix('refused_'), 'reason')} {number(pages)}"
        for name, pages in draw.outside.items()
        if name.startswith("refused_")
    )
    yield t("audit.outside", unjudged=unjudged or "–", **{name: draw.outside.get(name, 0) for name in OUTSIDE})
    beside = report.beside
    if beside is None:
        yield t("audit.no_estimate")
    else:
        yield t("audit.estimate", value=beside.value, low=beside.low, high=beside.high, seen=beside.seen)


def _strata(report: AuditReport) -> Iterator[list[str]]:
    for name, cell, share in report.strata():
        counts = (cell.units, report.draw.strata[name].drawn, cell.labelled, cell.positive)
        yield [stratum_in_words(name), *map(number, counts), _range(share) if share else "–"]


def stratum_in_words(name: str) -> str:
    """near:de → refused, near the threshold (German)"""
    band, _, lang = name.partition(":")
    return f"{named(band, 'audit_band')} ({named(lang, 'lang') if lang != 'other' else t('audit.other_languages')})"


def _group(by: str, groups: Mapping[str, Quality]) -> Iterator[list[str]]:
    yield ["", t("quality.precision"), t("quality.recall"), t("quality.f1")]
    for value, quality in groups.items():
        called = named(value, by) if by in ("lang", "kind") else value
        yield [called, *(_between(getattr(quality, figure)) for figure in FIGURES)]


def _table(rows: Iterable[list[str]]) -> Iterator[str]:
    """The first column begins and the others end at the same place."""
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for first, *others in cells:
        aligned = (text.rjust(width) for text, width in zip(others, widths[1:], strict=True))
        yield "  ".join([first.ljust(widths[0]), *aligned]).rstrip()


def _between(figure: Estimated) -> str:
    value = "–" if figure.value is None else percent(figure.value)
    return t("audit.between", value=value, low=percent(figure.low), high=percent(figure.high))


def _range(share: Range) -> str:
    return t("audit.range", low=percent(share.low), high=percent(share.high))


def _agreement(agreed: Agreement) -> Iterator[str]:
    if not agreed.units:
        yield t("audit.one_coder")
        return
    yield t("audit.agree", number=agreed.units, share=percent((agreed.percent or 0) / 100))
    if agreed.alpha is None:
        yield t("audit.no_alpha")
    else:
        low, high = agreed.low or 0.0, agreed.high or 0.0
        yield t("audit.alpha", value=decimal(agreed.alpha), low=decimal(low), high=decimal(high))
    if agreed.rare:
        yield t("audit.rare", classes=", ".join(named(label, "audit_label") for label in agreed.rare))
