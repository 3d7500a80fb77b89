"""Articles that come in several pages: the further ones are fetched at once, for half of it is not the article."""

import logging
from collections.abc import Iterator
from dataclasses import replace

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.frontier.visit import Visit
from crawler.policy.answers import facts_of, reason_of
from crawler.registry.sources import Reserved
from crawler.spiders.base import FindingSpider
from db.outcomes import Code, fault
from pipelines.article import Article, Part
from pipelines.intake.pagination import MOST, Further, further

logger = logging.getLogger(__name__)


class PartsSpider(FindingSpider):
    reserved: Reserved

    def ask_part(self, visit: Visit, article: Article, more: Further) -> Request:
        """A further page of an article comes at once: half an article would be judged as a whole one."""
        return self.request(
            visit,
            more.url,
            callback=self.read_part,
            errback=self.part_failed,
            cb_kwargs={"visit": visit, "article": article},
            meta={"whole": more.whole, "unless_reserved": self.reserved is Reserved.SKIP},
        )

    def read_part(self, response: Response, visit: Visit, article: Article) -> Iterator[Request | Article]:
        part = Part(url=response.url, html=response.body, whole=response.meta["whole"])
        article = replace(article, parts=(*article.parts, part))
        try:
            more = None if part.whole else further(response.body, response.url)
        except Exception as error:  # a slip of ours: the article is read as far as it is here
            logger.exception("%s: where it goes on could not be read, by a fault of this program", response.url)
            visit.problem(article.url, Code.FAILED.of(why=fault(error)))
            more = None
        urls = {article.url, article.final_url, *(each.url for each in article.parts)}
        if more and more.url not in urls and len(article.parts) < MOST and not visit.stopped:
            yield self.ask_part(visit, article, more)
            return
        yield from self.go_on(visit)
        yield article

    def part_failed(self, failure: Failure) -> Iterator[Request | Article]:
        """The article is kept as far as it could be had, and the night says so."""
        visit, article = facts_of(failure)
        request: Request = failure.request  # type: ignore[attr-defined]
        visit.problem(article.url, Code.GOES_ON_AT.of(url=request.url, why=reason_of(failure)[1]))
        self.stop_on_refusal(visit, failure, request.url)
        goes_on = self.goes_on_without(visit, article, failure)
        yield from self.go_on(visit)
        if goes_on:
            yield article

    def goes_on_without(self, visit: Visit, article: Article, failure: Failure) -> bool:
        """Whether an article is read as far as it could be had."""
        return True
