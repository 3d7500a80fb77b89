"""What the ledger and the progress may ask of a spider."""

from collections.abc import Mapping
from typing import Protocol, cast

from scrapy.crawler import Crawler

from crawler.frontier.finder_visit import FinderVisit
from crawler.frontier.visit import Visit
from crawler.spiders.check import CheckVisit
from db.outcomes import Outcome
from db.store.archive import Archive
from db.store.rows import Row


class CrawlContext(Protocol):
    """A run that fetches articles."""

    archive: Archive
    run: int
    day: str  # by which the night is named
    rules: list[Row]  # of sites, that are not in the books yet
    answered: bool  # by any site: else it may be our own network
    broken: Outcome | None  # what ended the run before its time

    @property
    def visits(self) -> Mapping[str, Visit]: ...

    def break_off(self, error: BaseException | None) -> None: ...

    def end(self, reason: str) -> None: ...


class CheckContext(Protocol):
    """A run that asks the addresses of the registry."""

    @property
    def visits(self) -> Mapping[str, CheckVisit]: ...


class FindContext(Protocol):
    """A run that asks finders."""

    @property
    def visits(self) -> Mapping[str, FinderVisit]: ...


def crawl_of(crawler: Crawler) -> CrawlContext:
    return cast(CrawlContext, crawler.spider)


def check_of(crawler: Crawler) -> CheckContext:
    return cast(CheckContext, crawler.spider)


def find_of(crawler: Crawler) -> FindContext:
    return cast(FindContext, crawler.spider)
