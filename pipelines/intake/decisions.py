"""A person's word on an address is put on the article before any rule is asked."""

from collections.abc import Iterable
from dataclasses import replace

from db.store.decisions import DecisionStore
from pipelines.article import Article, Decision, Reason, Rejected, Word, at_stage
from pipelines.identity import key
from pipelines.stage import Stage


def heed(article: Article, decisions: DecisionStore, keys: Iterable[str]) -> Article:
    """The article with the word on one of its keys. Raises Rejected where that is to drop it."""
    decision = Decision.of(decisions.find(keys, article.url)) or article.decision
    if decision and decision.word is Word.DROP:
        raise Rejected(Reason.DECIDED, str(decision))
    return replace(article, decision=decision)


class Decided(Stage):
    """Asks the archive for each page anew: a crawl takes hours, and a word that is given meanwhile counts."""

    def process_item(self, article: Article) -> Article:
        addresses = {article.url, article.final_url or article.url}
        with at_stage(article):
            keys = [key(url, article.source, article.hints) for url in addresses]
            return heed(article, self.spider.archive.decisions, keys)
