"""A spider that downloads and does nothing else: what the crawl is measured against."""

import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings, default_settings


class BareSpider(Spider):
    name = "bare"

    def __init__(self, sitemaps: str, **facts: Any) -> None:
        super().__init__(**facts)
        self.sitemaps = sitemaps.split()

    async def start(self) -> AsyncIterator[Any]:
        for url in self.sitemaps:
            yield Request(url, callback=self.read_sitemap)

    def read_sitemap(self, response: Response) -> Iterator[Request]:
        for url in response.xpath("//*[local-name() = 'loc']/text()").getall():
            yield Request(url, callback=self.read_page)

    def read_page(self, response: Response) -> None:
        pass


def main(log: str, sitemaps: str) -> None:
    """The crawl's own settings without the crawl's own parts."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    for name in ("DOWNLOADER_MIDDLEWARES", "ITEM_PIPELINES", "TWISTED_DNS_RESOLVER", "LOG_FORMATTER"):
        settings.set(name, getattr(default_settings, name), priority="project")
    extensions = {"scrapy.extensions.memusage.MemoryUsage": None}
    settings.setdict({"DOWNLOAD_DELAY": 0, "LOG_FILE": log, "EXTENSIONS": extensions}, priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    process.crawl(BareSpider, sitemaps=sitemaps)
    process.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
