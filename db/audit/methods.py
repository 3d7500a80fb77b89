"""A paragraph for a paper: how the corpus came about, in each language, and how good it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import starmap

from db.audit.flow import PageFlow, Questions
from db.audit.intervals import Estimated
from db.audit.reporting import FIGURES, AuditFigures
from db.language import day, languages, named, number, percent, speaking, t

COUNTS = {
    "sources": "methods.count.sources",
    "nights": "methods.count.nights",
    "gaps": "methods.count.gaps",
    "listed": "methods.count.listed",
    "fetched": "methods.count.fetched",
    "articles": "methods.count.articles",
    "texts": "methods.count.texts",
    "labels": "methods.count.labels",
    "questions": "methods.count.questions",
}
MOST_QUERIES = 8  # of a finder; web archives are asked host by host


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusFacts:
    """`snapshot`: the name of the public file; None where nothing is published."""

    flow: PageFlow
    questions: Mapping[str, Questions]  # by finder
    audit: AuditFigures | None
    snapshot: str | None


def methods(facts: CorpusFacts) -> Iterator[str]:
    """One paragraph a language."""
    for name in languages():
        with speaking(name):
            yield " ".join(_sentences(facts))


def _sentences(facts: CorpusFacts) -> Iterator[str]:
    flow = facts.flow
    if not flow.nights:
        yield t("methods.no_nights")
        return
    counts = flow.counts
    read = _counted(sources=flow.sources, nights=flow.nights, gaps=flow.gaps)
    yield t("methods.read", first=day(flow.first), last=day(flow.last), **read)
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
    if facts.questions:
        yield t("methods.asked", asked="; ".join(starmap(_asked, facts.questions.items())))
    if flow.rules:
        yield t("methods.rules", rules=", ".join(flow.rules))
    yield _audited(facts.audit) if facts.audit else t("methods.not_audited")
    if facts.snapshot:
        yield t("methods.snapshot", name=facts.snapshot)


def _asked(finder: str, questions: Questions) -> str:
    number = _counted(questions=questions.number)["questions"]
    if not 0 < len(questions.queries) <= MOST_QUERIES:
        return f"{finder}: {number}"
    queries = ", ".join(t("methods.quoted", query=query) for query in questions.queries)
    return t("methods.asked_for", finder=finder, questions=number, queries=queries)


def _audited(audit: AuditFigures) -> str:
    figures = {name: _interval(getattr(audit, name)) for name in FIGURES}
    text = t("methods.audited", seed=str(audit.seed), day=day(audit.day), **figures, **_counted(labels=audit.labels))
    return f"{text} {t('methods.spent', day=day(audit.looked_at))}" if audit.looked_at else text


def _interval(figure: Estimated) -> str:
    value = "–" if figure.value is None else percent(figure.value)
    return t("methods.interval", value=value, low=percent(figure.low), high=percent(figure.high))


def _counted(**numbers: int) -> dict[str, str]:
    """Each with its noun, in the form that its number asks for."""
    return {name: t(COUNTS[name], number=each) for name, each in numbers.items()}
