"""What Scrapy calls for each article: the stages, and then its one end."""

import logging
import sqlite3
from asyncio import get_running_loop
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self, cast

from db.outcomes import fault
from db.store.archive import Archive
from db.store.connection import is_of_storage
from db.store.leaving.records import forget_page
from db.store.rows import Row
from db.store.warc import Pages, packed
from pipelines.article import Article, Failed, Reason, Rejected, as_far_as_read
from pipelines.identity import key, keys
from pipelines.stages import INTAKE, LOOKING, Context, read_alone, read_and_judge, run
from pipelines.storing.links import LinkTarget
from pipelines.storing.looks import KnownPast, Seen, is_read_otherwise, look, readable, says
from pipelines.storing.persons_words import RememberedWords
from pipelines.storing.rows import as_page, kept_page, withheld
from pipelines.storing.settle import Settled, Store, by_its_own_address, past_of, settle, settle_look
from pipelines.worker import Lost

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class PipelineContext(Protocol):
    """What the pipeline asks of the spider, and tells it."""

    archive: Archive
    run: int
    worker: Executor

    @property
    def reserved(self) -> str: ...

    def count(self, settled: Settled) -> None: ...

    def next_look(self, first: str, at: str, changed: bool) -> str | None: ...

    def place(self, article: Article) -> Article | Rejected:
        """Whether it belongs to the host at which it was found."""

    def find_target(self, url: str) -> LinkTarget:
        """What the registry knows of an address that an article links to."""

    def break_off(self, error: BaseException) -> None:
        """The archive or the disk cannot be written: the run ends."""


class ArticlePipeline:
    def __init__(self, crawler: "Crawler") -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> Self:
        return cls(crawler)

    @property
    def spider(self) -> PipelineContext:
        return cast(PipelineContext, self.crawler.spider)

    def open_spider(self) -> None:
        self.topic: str | None = self.crawler.settings["TOPIC"]
        self.pages = Pages(self.spider.archive, Path(self.crawler.settings["PAGES"]), self.spider.run)
        self.words = RememberedWords(self.spider.archive)
        self.context = Context(
            topic=self.topic,
            reserved=self.spider.reserved,
            find_decision=self.words.decision,
            find_corrections=self.words.corrections,
        )
        self.store = Store(
            archive=self.spider.archive,
            run=self.spider.run,
            reserved=self.spider.reserved,
            find_decision=self.words.decision,
            next_look=self.spider.next_look,
            refusals_wait=True,
            find_target=self.spider.find_target,
            place=self.spider.place,
            forget_page=partial(forget_page, self.spider.archive, self.pages.folder),
        )

    def close_spider(self) -> None:
        self.pages.close()

    async def keep_page(self, article: Article) -> Article:
        """With the row of its page, which need not be fetched again to be read again."""
        if article.page is not None or withheld(article, self.spider.reserved):  # a killed crawl has kept it
            return article
        page = await get_running_loop().run_in_executor(None, packed, as_page(article))  # a thread
        return replace(article, page=self.pages.add(page))

    async def process_item(self, article: Article) -> Article:
        try:
            self.spider.count(await self.end(article))
        except (sqlite3.Error, OSError) as error:
            self.spider.break_off(error)
        return article

    async def end(self, article: Article) -> Settled:
        """Raises sqlite3.Error, OSError where archive or disk cannot be written."""
        kept = self.spider.archive.articles.at(key(article.url, article.source, article.hints))
        try:
            if kept:
                return await self.look_again(article, kept)
            return settle(article, await self.journey(article), self.store)
        except Exception as error:  # a slip of ours: logged, counted, and the page is asked for again
            if is_of_storage(error):
                raise
            logger.exception("%s: could not be read, by a fault of this program", article.url)
            return settle(article, Failed(fault(error)), self.store)

    async def look_again(self, article: Article, kept: Row) -> Settled:
        """At an article that is kept: its page is kept, too, where it is another version."""
        taken = run(article, self.context, LOOKING)
        outcome = taken if isinstance(taken, Rejected) else await self.read(taken)
        past = await self.as_read_today(past_of(self.spider.archive, kept, article), outcome)
        found = look(past, article, outcome, self.spider.reserved)
        if found.seen in (Seen.VERSION, Seen.MORE) and isinstance(taken, Article):
            article = await self.keep_page(taken)
        return settle_look(article, found, self.store)

    async def as_read_today(self, past: KnownPast, outcome: Article | Rejected) -> KnownPast:
        """With the versions beside it as the rules of today read their pages, where other rules have read them."""
        article, revised = readable(outcome), {}
        for version in (past.before, past.after) if article else ():
            if version and article and is_read_otherwise(version, says(article, self.spider.reserved)):
                page = kept_page(self.spider.archive, self.pages.folder, version["page"], article.hints)
                result = await self.read_alone(page) if page else None
                if result and result.text:
                    revised[version["id"]] = says(replace(result, rights=article.rights), self.spider.reserved)
        return replace(past, revised=revised)

    async def read_alone(self, page: Article) -> Article | None:
        try:
            return as_far_as_read(await get_running_loop().run_in_executor(self.spider.worker, read_alone, page))
        except Lost:
            return None

    async def journey(self, article: Article) -> Article | Rejected:
        """The intake here, the reading in one trip to the worker.

        In two where a person has corrected what is at the address that the page gives as its own.
        """
        taken = run(article, self.context, INTAKE)
        if isinstance(taken, Rejected):
            return taken
        taken = await self.keep_page(taken)
        result = await self.read(taken)
        known = by_its_own_address(self.spider.archive, as_far_as_read(result) or taken)
        corrections = self.words.corrections(keys(known), known.url)
        return result if corrections == taken.corrections else await self.read(replace(taken, corrections=corrections))

    async def read(self, taken: Article) -> Article | Rejected:
        try:
            loop = get_running_loop()
            return await loop.run_in_executor(self.spider.worker, read_and_judge, taken, self.topic)
        except Lost as error:
            return Rejected(Reason.UNREADABLE, error.outcome, replace(taken, html=b"", parts=()))
