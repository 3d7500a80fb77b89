"""What Scrapy calls for each article: the stages, and then its one end."""

import logging
import sqlite3
from asyncio import get_running_loop
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self, cast

from db.outcomes import fault
from db.store.archive import Archive
from db.store.connection import is_of_storage
from db.store.warc import Pages
from pipelines.article import Article, Correction, Decision, Failed, Reason, Rejected, as_far_as_read
from pipelines.identity import keys
from pipelines.stages import INTAKE, Context, read_and_judge, run
from pipelines.storing.rows import as_page, withheld
from pipelines.storing.settle import Settled, Store, by_its_own_address, settle
from pipelines.worker import Lost

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        self.context = Context(
            topic=self.topic,
            reserved=self.spider.reserved,
            find_decision=self.find_decision,
            find_corrections=self.find_corrections,
            keep_page=self.keep_page,
        )
        self.store = Store(
            archive=self.spider.archive,
            run=self.spider.run,
            reserved=self.spider.reserved,
            find_decision=self.find_decision,
        )

    def close_spider(self) -> None:
        self.pages.close()

    def find_decision(self, keys: "Iterable[str]", url: str) -> Decision | None:
        return Decision.of(self.spider.archive.decisions.find(keys, url))

    def find_corrections(self, keys: "Iterable[str]", url: str) -> tuple[Correction, ...]:
        return tuple(map(Correction.of, self.spider.archive.corrections.find(keys, url)))

    def keep_page(self, article: Article) -> int | None:
        if article.page is not None or withheld(article, self.spider.reserved):  # a killed crawl has kept it
            return article.page
        return self.pages.add(as_page(article))

    async def process_item(self, article: Article) -> Article:
        try:
            self.spider.count(await self.end(article))
        except (sqlite3.Error, OSError) as error:
            self.spider.break_off(error)
        return article

    async def end(self, article: Article) -> Settled:
        """Raises sqlite3.Error, OSError where archive or disk cannot be written."""
        try:
            return settle(article, await self.journey(article), self.store)
        except Exception as error:  # a slip of ours: logged, counted, and the page is asked for again
            if is_of_storage(error):
                raise
            logger.exception("%s: could not be read, by a fault of this program", article.url)
            return settle(article, Failed(fault(error)), self.store)

    async def journey(self, article: Article) -> Article | Rejected:
        """The intake here, the reading in one trip to the worker.

        In two where a person has corrected what is at the address that the page gives as its own.
        """
        taken = run(article, self.context, INTAKE)
        if isinstance(taken, Rejected):
            return taken
        result = await self.read(taken)
        known = by_its_own_address(self.spider.archive, as_far_as_read(result) or taken)
        corrections = self.find_corrections(keys(known), known.url)
        return result if corrections == taken.corrections else await self.read(replace(taken, corrections=corrections))

    async def read(self, taken: Article) -> Article | Rejected:
        try:
            loop = get_running_loop()
            return await loop.run_in_executor(self.spider.worker, read_and_judge, taken, self.topic)
        except Lost as error:
            return Rejected(Reason.UNREADABLE, error.outcome, replace(taken, html=b"", parts=()))
