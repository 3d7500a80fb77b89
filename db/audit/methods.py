"""A paragraph for a paper: how the corpus came about, in each language, and how good it is."""

from collections.abc import Iterator

from db.audit.flow import PageFlow
from db.audit.intervals import Estimated
from db.audit.reporting import AuditFigures
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


def methods(flow: PageFlow, audit: AuditFigures | None) -> Iterator[str]:
    """One paragraph a language."""
    for name in languages():
        with speaking(name):
            yield " ".join(_sentences(flow, audit))


def _sentences(flow: PageFlow, audit: AuditFigures | None) -> Iterator[str]:
    if not flow.nights:
        yield t("methods.no_nights")
        return
    counts = flow.counts
    read = _counted(sources=flow.sources, nights=flow.nights, gaps=flow.gaps)
    yield t("methods.read", first=flow.first, last=flow.last, **read)
    yield t("methods.listed", new=counts["new"], **_counted(listed=counts["listed"], fetched=counts["fetched"]))
    yield t("methods.ended", **{name: counts[name] for name in ("kept", "again", "refused", "failed")})
    if flow.without_end:
        yield t("methods.without_end", number=flow.without_end)
    if flow.reasons:
        reasons = ", ".join(f"{named(reason, 'reason')} {number(pages)}" for reason, pages in flow.reasons.items())
        yield t("methods.reasons", reasons=reasons, unasked=flow.unasked)
    yield t("methods.now", **_counted(articles=flow.articles, texts=flow.texts))
    if flow.finders:
        yield t("methods.finders", finders=", ".join(flow.finders))
    if flow.rules:
        yield t("methods.rules", rules=", ".join(flow.rules))
    if audit is None:
        yield t("methods.not_audited")
        return
    figures = {"precision": _interval(audit.precision), "recall": _interval(audit.recall)}
    yield t("methods.audited", seed=str(audit.seed), day=audit.day, **figures, **_counted(labels=audit.labels))


def _interval(figure: Estimated) -> str:
    value = "–" if figure.value is None else percent(figure.value)
    return t("methods.interval", value=value, low=percent(figure.low), high=percent(figure.high))


def _counted(**numbers: int) -> dict[str, str]:
    """Each with its noun, in the form that its number asks for."""
    return {name: t(COUNTS[name], number=each) for name, each in numbers.items()}
