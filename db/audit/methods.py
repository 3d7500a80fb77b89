"""A paragraph for a paper: how the corpus came about, in each language, and how good it is."""

from collections.abc import Iterator

from db.audit.flow import PageFlow
from db.audit.reporting import AuditReport
from db.language import languages, named, number, percent, speaking, t


def methods(flow: PageFlow, audited: AuditReport | None) -> Iterator[str]:
    """One paragraph a language."""
    for name in languages():
        with speaking(name):
            yield " ".join(_sentences(flow, audited))


def _sentences(flow: PageFlow, audited: AuditReport | None) -> Iterator[str]:
    if not flow.nights:
        yield t("methods.no_nights")
        return
    counts = dict(flow.counts)
    yield t("methods.read", sources=flow.sources, nights=flow.nights, first=flow.first, last=flow.last, gaps=flow.gaps)
    yield t("methods.listed", listed=counts["listed"], new=counts["new"], fetched=counts["fetched"])
    yield t("methods.ended", **{name: counts[name] for name in ("kept", "again", "refused", "failed")})
    if flow.without_end:
        yield t("methods.without_end", pages=flow.without_end)
    if flow.reasons:
        told = ", ".join(f"{named(reason, 'reason')} {number(pages)}" for reason, pages in flow.reasons.items())
        yield t("methods.reasons", reasons=told, unasked=flow.unasked)
    yield t("methods.now", articles=flow.articles, texts=flow.texts)
    if flow.finders:
        yield t("methods.finders", finders=", ".join(flow.finders))
    if flow.rules:
        yield t("methods.rules", rules=", ".join(flow.rules))
    if audited is None or not audited.labels:
        yield t("methods.not_audited")
        return
    figures = {}
    for name in ("precision", "recall"):
        each = getattr(audited.on, name)
        value = "–" if each.value is None else percent(each.value)
        figures[name] = t("methods.interval", value=value, low=percent(each.low), high=percent(each.high))
    labels, seed = len(audited.labels), str(audited.draw.seed)
    yield t("methods.audited", labels=labels, seed=seed, day=audited.last[:10], **figures)
