"""A glance at the raw page: most pages of a press site are off topic, and need not be kept or cleaned to know it."""

from pathlib import Path
from typing import Self

from scrapy.crawler import Crawler

from pipelines.article import Article, Reason, Rejected
from pipelines.topic import Profile, load, might_be_on_topic


def look(article: Article, profile: Profile) -> Article:
    """The article as it is, or Rejected where the full judgement of the same bytes could not but refuse it."""
    if might_be_on_topic(article.html, article.encoding, profile, article.title_hint or ""):
        return article
    raise Rejected(Reason.OFF_TOPIC, "none of the profile's must-terms in the raw page")


class Look:
    def __init__(self, topic: str | None) -> None:
        self.profile = load(Path(topic) if topic else None)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.settings.get("TOPIC"))

    def process_item(self, article: Article) -> Article:
        return look(article, self.profile)


class Clean:
    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, article: Article) -> Article:
        from pipelines.beside import Lost
        from pipelines.clean import clean
        from typing import Any
        spider: Any = self.crawler.spider
        try:
            return await spider.beside.run(clean, article)
        except Lost as error:
            raise Rejected(Reason.UNREADABLE, str(error)) from None


class Judge:
    def __init__(self, topic: str | None) -> None:
        self.profile = load(Path(topic) if topic else None)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.settings.get("TOPIC"))

    def process_item(self, article: Article) -> Article:
        from pipelines.judge import judge
        return judge(article, self.profile)
