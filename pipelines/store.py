"""Article → db; nothing else."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from db.archive import Archive, as_json
from db.pages import Page, Pages
from pipelines.article import Article
from pipelines.identity import identity, key, keys

BERLIN = ZoneInfo("Europe/Berlin")


def in_utc(published: str | None) -> str | None:
    """For sorting. A bare day or a time without offset is one in Berlin, where the story is."""
    if not published:
        return None
    moment = datetime.fromisoformat(published)
    return (moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)).astimezone(UTC).isoformat(timespec="seconds")


def row(article: Article, run: int | None) -> dict[str, Any]:
    """The columns of the table `articles`."""
    content = f"{article.title}\n\n{article.text}".encode()
    return {
        "url": article.url,
        "source": article.source,
        "title": article.title,
        "authors": as_json(article.authors),
        "published": article.published,
        "published_utc": in_utc(article.published),
        "month": article.published[:7] if article.published else None,
        "text": article.text,
        "kind": article.hints.kind,
        "page_kind": article.page_kind,
        "lang": article.lang,
        "access": article.access,
        "score": article.score,
        "reasons": as_json(article.reasons),
        "verdict": article.verdict,
        "rules_version": article.rules_version,
        "agencies": as_json(article.agencies),
        "date_source": article.date_source,
        "modified": article.modified,
        "canonical_url": article.canonical_url,
        "final_url": article.final_url,
        "identity": identity(article),
        "found_via": article.found_via,
        "found_at": _text(article.found_at),
        "fetched_at": _text(article.fetched_at),
        "words": len(article.text.split()),
        "sha256": hashlib.sha256(content).hexdigest(),
        "page": article.page,
        "run": run,
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def lead_of(article: Article) -> dict[str, Any]:
    """What was known before the page was fetched, as plain data."""
    names = ("found_via", "title_hint", "date_hint", "encoding")
    return {name: getattr(article, name) for name in names} | {"found_at": _text(article.found_at)}


class Keep:
    """The page itself, before anything is read out of it, so that it need not be fetched again to be read again."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open_spider(self) -> None:
        spider: Any = self.crawler.spider
        self.pages = Pages(spider.archive, Path(self.crawler.settings["PAGES"]), spider.run)

    def close_spider(self) -> None:
        self.pages.close()

    def process_item(self, article: Article) -> Article:
        if article.page is not None:  # taken up from a crawl that was killed
            return article
        charset = f"; charset={article.encoding}" if article.encoding else ""
        page = Page(
            source=article.source,
            url=article.url,
            final_url=article.final_url or article.url,
            fetched_at=_text(article.fetched_at) or "",
            status=article.status,
            headers=(("Content-Type", f"text/html{charset}"),),
            body=article.html,
            lead=lead_of(article),
        )
        return replace(article, page=self.pages.add(page))


def by_its_own_address(archive: Archive, article: Article) -> Article:
    """A canonical address that different articles share (a section's, a template's) names none of them."""
    known = archive.article_of([identity(article), *keys(article)])
    if known is None or article.canonical_url is None or "#" in identity(article):
        return article
    paragraphs = {paragraph for paragraph in article.text.split("\n\n") if len(paragraph) > 80}
    akin = known["title"] == article.title or not paragraphs.isdisjoint(known["text"].split("\n\n"))
    return article if akin else replace(article, canonical_url=None)


class SameArticle(DropItem):
    """The page is an article that the archive has already; its address has been noted."""


class Store:
    """The last stage of the journey."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_item(self, article: Article) -> Article:
        spider: Any = self.crawler.spider
        archive: Archive = spider.archive
        article = by_its_own_address(archive, article)
        lead_key = key(article.url, article.source, article.hints)
        known, new = archive.save(row(article, spider.run), keys(article), lead_key)
        if not new:
            raise SameArticle(f"article {known}")
        return article
