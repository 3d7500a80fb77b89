"""The order of the journey: the stages that each article goes through, whoever has found it.

A stage is a function of an article and its context that returns the article as far as it is known then, or why it ends
there. Nothing of Scrapy is imported here: worker processes and half the commands would wait 0.4 s for it in vain.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from pipelines.article import Article, Correction, Decision, Rejected
from pipelines.intake import decisions, prefilter, rights
from pipelines.intake.corrections import FindCorrections
from pipelines.intake.decisions import FindDecision
from pipelines.relevance import judge
from pipelines.relevance.profile import Profile, profile_of


def no_decision(keys: Iterable[str], url: str) -> Decision | None:
    return None


def no_corrections(keys: Iterable[str], url: str) -> tuple[Correction, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a stage may ask for beside the article."""

    topic: str | None = None  # file of the profile, our own where None
    reserved: str = "keep"  # what a reservation means: skip, metadata-only, keep
    find_decision: FindDecision = no_decision
    find_corrections: FindCorrections = no_corrections

    @property
    def profile(self) -> Profile:
        return profile_of(self.topic)


Stage = Callable[[Article, Context], Article | Rejected]


def heed_decisions(article: Article, context: Context) -> Article | Rejected:
    """A person's words, stronger than the rules and than the page."""
    return decisions.decide(article, context.find_decision, context.find_corrections)


def prefilter_page(article: Article, context: Context) -> Article | Rejected:
    """Most pages are off topic: the raw page tells."""
    return prefilter.prefilter(article, context.profile)


def read_rights(article: Article, context: Context) -> Article | Rejected:
    """What the publisher reserves, before anything is kept."""
    return rights.read_rights(article, context.reserved)


def read_page(article: Article, context: Context) -> Article | Rejected:
    """Title, text, authors, dates: the page as an article, as people have corrected it."""
    from pipelines.extraction.clean import clean  # 0.3 s, of which a crawl's own process has no use

    return clean(article)


def judge_relevance(article: Article, context: Context) -> Article | Rejected:
    return judge.judge(article, context.profile)


INTAKE: tuple[Stage, ...] = (heed_decisions, prefilter_page, read_rights)  # behind it a crawl keeps the page
READING: tuple[Stage, ...] = (read_page, judge_relevance)  # what takes long, and belongs into a worker
STAGES: tuple[Stage, ...] = (*INTAKE, *READING)
# Of an article that is kept already: its page need not say again that it is of interest, nor is each of them kept.
LOOKING: tuple[Stage, ...] = (heed_decisions, read_rights)


def run(article: Article, context: Context, stages: Iterable[Stage] = STAGES) -> Article | Rejected:
    """Through the stages in their order; what is rejected carries the article as far as it was known by then."""
    for stage in stages:
        result = stage(article, context)
        if isinstance(result, Rejected):
            return result if result.article else replace(result, article=article)
        article = result
    return article


def read_alone(article: Article) -> Article | Rejected:
    """What a page says, as nobody has corrected it."""
    return run(article, Context(), (read_page,))


def read_and_judge(article: Article, topic: str | None) -> Article | Rejected:
    """READING, as a worker is asked for it: all that is given and returned pickles, and no page travels back."""
    return run(article, Context(topic=topic), READING)
