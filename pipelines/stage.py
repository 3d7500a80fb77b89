"""A stage of the journey as Scrapy builds it.

Nothing of Scrapy is imported by the stages: worker processes and half the commands would wait 0.4 s for it in vain.
"""

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class Stage:
    def __init__(self, crawler: "Crawler") -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> Self:
        return cls(crawler)

    @property
    def spider(self) -> Any:
        """Which has the archive, the number of the run, and the processes beside it."""
        return self.crawler.spider
