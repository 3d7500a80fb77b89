"""Signals → the books: one row a run, one row a source and night, one row a refused article."""

import asyncio
import logging
import sqlite3
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.http import Response
from scrapy.logformatter import LogFormatter
from scrapy.pipelines import ItemPipelineManager
from scrapy.utils.asyncio import create_looping_call
from twisted.python.failure import Failure

from crawler.policy.answers import NOT_THE_SITE
from db.store.rows import as_json
from pipelines.article import Article, Reason, Rejected
from pipelines.identity import key
from pipelines.storing.store import SameArticle

logger = logging.getLogger(__name__)

ARTICLES = ("article", "release", "interview", "commentary", "ticker")

SECONDS = 10  # between two states of the books on disk: what a killed run has counted is lost for no longer


class Ledger:
    """Counts what becomes of every page, exactly once."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        for handler, signal in (
            (self.opened, signals.spider_opened),
            (self.answered, signals.response_received),
            (self.kept, signals.item_scraped),
            (self.dropped, signals.item_dropped),
            (self.item_failed, signals.item_error),
            (self.spider_failed, signals.spider_error),
            (self.closed, signals.spider_closed),
        ):
            crawler.signals.connect(handler, signal=signal)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def spider(self) -> Any:
        return self.crawler.spider

    def opened(self) -> None:
        self.saving = create_looping_call(self.save)
        self.saving.start(SECONDS, now=False)

    def answered(self, response: Response, request: Request) -> None:
        visit = self.spider.visits.get(request.meta.get("source"))
        if visit and response.status < 500 and response.status not in NOT_THE_SITE:
            visit.night.answered = True

    def kept(self, item: Article) -> None:
        self.spider.night(item.source).kept += 1
        self.was_read(item)

    def dropped(self, item: Article, exception: DropItem) -> None:
        end = exception.__cause__
        if isinstance(end, Rejected):
            known = end.article or item
            self.refuse(known, end.reason, end.detail)
            if known.page_kind in ARTICLES:
                self.was_read(known)
        elif isinstance(end, SameArticle):
            self.spider.night(item.source).again += 1

    def was_read(self, item: Article) -> None:
        """What a source shows of its articles, on the topic or not: its health is judged by that."""
        night = self.spider.night(item.source)
        night.lengths.append(len(item.text))
        night.teasers += item.access in ("teaser", "walled")

    def refuse(self, item: Article, reason: Reason, detail: str) -> None:
        row = {
            "key": key(item.url, item.source, item.hints),
            "url": item.url,
            "source": item.source,
            "title": item.title or item.title_hint,
            "published": item.published or item.date_hint,
            "score": item.score,
            "reasons": as_json(item.reasons),
            "rules_version": item.rules_version,
            "rights": as_json(item.rights.as_dict()) if item.rights.as_dict() else None,
            "page": item.page,
        }
        try:
            self.spider.archive.refusals.refuse(row, reason, detail, self.spider.run)
        except sqlite3.Error as error:
            self.stop(error)
        else:
            self.spider.night(item.source).refuse(reason)

    def item_failed(self, item: Article, failure: Failure) -> None:
        """A full disk ends the run; anything else is the page's own doing, and must not come back every night."""
        if isinstance(failure.value, (sqlite3.Error, OSError)):
            self.stop(failure.value)
        else:
            self.refuse(item, Reason.UNREADABLE, f"{type(failure.value).__name__}: {failure.value}"[:500])

    def spider_failed(self, failure: Failure, response: Response | Failure) -> None:
        """A fault of ours that one source has brought to light ends the visit to that source, and no other."""
        if isinstance(failure.value, (sqlite3.Error, OSError)):
            self.stop(failure.value)
            return
        request: Request = response.request  # type: ignore[assignment, union-attr]
        visit = self.spider.visits[request.meta["source"]]
        visit.stopped = f"{type(failure.value).__name__}: {failure.value} ({request.url})"
        visit.done = True

    def stop(self, error: BaseException | None) -> None:
        if not self.spider.broken:
            self.spider.broken = f"{type(error).__name__}: {error}"
            logger.error("The crawl stops: %s", self.spider.broken)
            assert self.crawler.engine
            self._stopping = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="failed"))

    def save(self) -> None:
        visits = self.spider.visits.values()
        try:
            for visit in visits:
                visit.night.waiting = self.spider.archive.frontier.count_waiting(visit.source.id)
            self.spider.archive.runs.write_nights(self.spider.run, self.spider.day, [visit.night for visit in visits])
            self.spider.archive.site_rules.write(self.spider.rules)
            self.spider.rules.clear()
        except sqlite3.Error as error:
            self.stop(error)

    def closed(self, reason: str) -> None:
        if self.saving.running:
            self.saving.stop()
        for visit in self.spider.visits.values():
            visit.end()
        self.save()
        self.spider.end(reason)


class Stages(ItemPipelineManager):
    """Scrapy's own, told how our stages say that an article ends: they know nothing of Scrapy."""

    async def process_item_async(self, item: Any) -> Any:
        try:
            return await super().process_item_async(item)
        except (Rejected, SameArticle) as end:
            raise DropItem(str(end)) from end


class Brief(LogFormatter):
    """Refusals are rows of the archive, not lines of the log."""

    # Scrapy documents None for "not logged"; its annotation does not say so.
    def dropped(self, *_: Any) -> None:  # type: ignore[override]
        return None

    def scraped(self, *_: Any) -> None:  # type: ignore[override]
        return None
