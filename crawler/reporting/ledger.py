"""Signals → the books: one row a run, one row a source and night, one row a refused article."""

import logging
import sqlite3
from typing import Any, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from scrapy.utils.asyncio import create_looping_call
from twisted.python.failure import Failure

from crawler.policy.answers import NOT_THE_SITE
from crawler.reporting.context import CrawlContext, crawl_of
from db.outcomes import Code, fault
from db.store.connection import is_of_storage
from db.store.crawl.runs import Night

logger = logging.getLogger(__name__)

SECONDS_DEFERRED = 1  # for which a refusal may wait for others; those of a killed run are asked for again
SECONDS = 10  # between two states of the books on disk: what a killed run has counted is lost for no longer


class Ledger:
    """Writes what has been counted so far, now and then and at the end."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.requests = 0  # with those for robots.txt, further tries and redirects
        self.written: dict[str, str] = {}  # source → its night as it is in the books
        for handler, signal in (
            (self.opened, signals.spider_opened),
            (self.asked, signals.request_reached_downloader),
            (self.answered, signals.response_received),
            (self.spider_failed, signals.spider_error),
            (self.closed, signals.spider_closed),
        ):
            crawler.signals.connect(handler, signal=signal)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def spider(self) -> CrawlContext:
        return crawl_of(self.crawler)

    def opened(self) -> None:
        self.saving = create_looping_call(self.save)
        self.saving.start(SECONDS, now=False)
        self.writing = create_looping_call(self.write)
        self.writing.start(SECONDS_DEFERRED, now=False)

    def asked(self) -> None:
        self.requests += 1

    def answered(self, response: Response, request: Request) -> None:
        visit = self.spider.visits.get(request.meta.get("source", ""))
        if visit and response.status < 500 and response.status not in NOT_THE_SITE:
            visit.night.answered = self.spider.answered = True

    def spider_failed(self, failure: Failure, response: Response | Failure) -> None:
        """A fault of ours that one source has brought to light ends the visit to that source, and no other."""
        if failure.value and is_of_storage(failure.value):
            self.spider.break_off(failure.value)
            return
        request: Request = response.request  # type: ignore[assignment, union-attr]
        visit = self.spider.visits[request.meta["source"]]
        visit.stopped = Code.AT_ADDRESS.of(why=fault(failure.value), url=request.url)
        visit.done = True

    def write(self) -> None:
        try:
            self.spider.archive.write_deferred()
        except sqlite3.Error as error:
            self.spider.break_off(error)

    def save(self) -> None:
        """Counts of what is in the archive: nothing is deferred by then."""
        visits = self.spider.visits.values()
        try:
            self.spider.archive.write_deferred()
            waiting = self.spider.archive.frontier.waiting_counts()
            for visit in visits:
                visit.night.waiting = waiting.get(visit.source.id, 0)
            changed = {visit.source.id: repr(visit.night) for visit in visits}
            nights = [visit.night for visit in visits if changed[visit.source.id] != self.written.get(visit.source.id)]
            self.spider.archive.runs.write_nights(self.spider.run, self.spider.day, nights)
            self.spider.archive.runs.note_requests(self.spider.run, self.requests)
            self.written = changed
            self.spider.archive.site_rules.write(self.spider.rules)
            self.spider.rules.clear()
        except sqlite3.Error as error:
            self.spider.break_off(error)

    def closed(self, reason: str) -> None:
        for call in (self.saving, self.writing):
            if call.running:
                call.stop()
        for visit in self.spider.visits.values():
            if reason != "finished":  # what was under way when it was broken off is asked for again
                visit.night.failed += visit.night.without_end
            visit.end()
        self.save()
        for visit in self.spider.visits.values():
            logger.info("%s", in_words(visit.night))
        self.spider.end(reason)


def in_words(night: Night) -> str:
    """A night of a source as a line of the log."""
    names = ("listed", "new", "fetched", "kept", "again", "refused", "failed", "waiting")
    counts = ", ".join(f"{name} {getattr(night, name)}" for name in names)
    return f"{night.source}: {night.state}, {counts}" + (f"; {night.detail}" if night.detail else "")


class BriefLogFormatter(LogFormatter):
    """A line for each address that was asked for; refusals are rows of the archive."""

    def crawled(self, request: Request, response: Response, spider: Spider) -> LogFormatterResult:
        source = request.meta.get("source")
        return {
            "level": logging.INFO,
            "msg": "%(source)s: HTTP %(status)d %(url)s",
            "args": {"source": source, "status": response.status, "url": request.url},
        }

    # Scrapy documents None for "not logged"; its annotation does not say so.
    def dropped(self, *_: Any) -> None:  # type: ignore[override]
        return None

    def scraped(self, *_: Any) -> None:  # type: ignore[override]
        return None
