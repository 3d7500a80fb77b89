"""A person's word on an address, or on what its page says, is put on the article before any rule is asked."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from db.outcomes import Code
from pipelines.article import Article, Decision, Reason, Rejected, Word
from pipelines.identity import key
from pipelines.intake.corrections import FindCorrections

FindDecision = Callable[[Iterable[str], str], Decision | None]  # (keys, address) → the last word on any of them


def heed(article: Article, find: FindDecision, keys: Iterable[str]) -> Article | Rejected:
    """The article with the word on one of its keys; Rejected where that is to drop it, or where it was taken down."""
    decision = find(keys, article.url) or article.decision
    if decision and decision.word is Word.REMOVE:
        return Rejected(Reason.REMOVED, Code.TAKEN_DOWN.of())
    if decision and decision.word is Word.DROP:
        return Rejected(Reason.DECIDED, decision.outcome)
    return article if decision == article.decision else replace(article, decision=decision)


def decide(article: Article, find: FindDecision, find_corrections: FindCorrections) -> Article | Rejected:
    """Asked of each page anew: a crawl takes hours, and a word that is given meanwhile counts."""
    addresses = {article.url, article.final_url or article.url}
    keys = [key(url, article.source, article.hints) for url in addresses]
    corrections = find_corrections(keys, article.url)
    return heed(
        article if corrections == article.corrections else replace(article, corrections=corrections), find, keys
    )
