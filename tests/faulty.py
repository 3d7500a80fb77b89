"""Parts of a crawl that go wrong on purpose, for settings to name."""

from collections.abc import AsyncIterator
from typing import Any

from scrapy.http import Response

from pipelines.article import Article, Rejected
from pipelines.pipeline import ArticlePipeline

MARK = "kaputt"  # what the address of a page must hold


class LosesPages:
    """A spider middleware that lets pages vanish."""

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for each in result:
            if not (isinstance(each, Article) and MARK in each.url):
                yield each


class HasASlip(ArticlePipeline):
    async def journey(self, article: Article) -> Article | Rejected:
        if MARK in article.url:
            raise AttributeError("'NoneType' object has no attribute 'text'")
        return await super().journey(article)
