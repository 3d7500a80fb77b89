"""What every spider of ours holds while it runs: the lock of the home, the archive, a worker."""

from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import IO, Any, Self

from scrapy import Spider
from scrapy.crawler import Crawler

from crawler.registry.sources import Source
from db.lock import lock_crawl
from db.problem import Problem
from db.store.archive import Archive
from pipelines.worker import Worker


class UnknownSource(Problem):
    """A source that was asked for is not in the registry."""


def named_sources(names: str, registry: Mapping[str, Source]) -> list[str]:
    """Ids parted by commas, each once. Raises UnknownSource."""
    wanted = list(dict.fromkeys(name for name in names.split(",") if name))
    if unknown := [name for name in wanted if name not in registry]:
        raise UnknownSource(f"no source '{unknown[0]}' in the registry; 'revierspiegel sources list' shows them")
    return wanted


class SessionSpider(Spider):
    lock: IO[str]
    archive: Archive
    worker: Executor

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider: Self = super().from_crawler(crawler, *args, **kwargs)
        spider.lock = lock_crawl()
        try:
            spider.archive = spider.open_archive(Path(crawler.settings["ARCHIVE"]))
            try:
                spider.worker = Worker()
                spider.begin()
            except BaseException:
                spider.archive.close()
                raise
        except BaseException:
            spider.lock.close()
            raise
        return spider

    def open_archive(self, path: Path) -> Archive:
        return Archive(path)

    def begin(self) -> None:
        """Once the archive is open, before anything is asked for."""

    def let_go(self) -> None:
        self.worker.shutdown()
        self.archive.close()
        self.lock.close()
