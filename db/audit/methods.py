"""A paragraph for a paper: how the corpus came about, in each language, and how good it is."""

from collections.abc import Iterator

from db.audit.flow import PageFlow
from db.audit.reporting import AuditReport
from db.language import languages, named, number, percent, speaking, t

COUNTS = {
    "sources": "methods.count.sources",
    "nights": "methods.count.nights",
    "gaps": "methods.count.gaps",
    "listed": "methods.count.listed",
    "fetched": "methods.count.fetched",
    "articles": "methods.count.articles",
    "texts": "methods.count.texts",
    "labels": "methods.count.labels",
}


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
    read = _counted(sources=flow.sources, nights=flow.nights, gaps=flow.gaps)
    yield t("methods.read", first=flow.first, last=flow.last, **read)
    yield t("methods.listed", new=counts["new"], **_counted(listed=counts["listed"], fetched=counts["fetched"]))
    yield t("methods.ended", **{name: counts[name] for name in ("kept", "again", "refused", "failed")})
    if flow.without_end:
        yield t("methods.without_end", number=flow.without_end)
    if flow.reasons:
        told = ", ".join(f"{named(reason, 'reason')} {number(pages)}" for reason, pages in flow.reasons.items())
        yield t("methods.reasons", reasons=told, unasked=flow.unasked)
    yield t("methods.now", **_counted(articles=flow.articles, texts=flow.texts))
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
    figures |= _counted(labels=len(audited.labels))
    yield t("methods.audited", seed=str(audited.draw.seed), day=audited.last[:10], **figures)


def _counted(**numbers: int) -> dict[str, str]:
    """Each with its noun, in the form that its number asks for."""
    return {name: t(COUNTS[name], number=each) for name, each in numbers.items()}
