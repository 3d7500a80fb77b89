"""What a host of the recorded web lists its pages in: a feed, a sitemap, a page of links, as the path is called."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from html import escape

from crawler.demo.newsroom import Answer, feed
from tests.web.records import Record

SITEMAP = re.compile(r"site-?map|/news\.xml", re.IGNORECASE)
FEED = re.compile(r"rss|feed|atom|\.rdf|\.xml", re.IGNORECASE)
LISTING = re.compile(r"^/$|press|aktuell|news|meldung|archiv|themen|suche|search|/tag", re.IGNORECASE)
LATER = re.compile(r"page=[1-9]")  # a listing has one page
SPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
)


def list_of(path: str, records: Iterable[Record]) -> Answer | None:
    """The host's pages in the form that the path asks for, the newest first; None where it asks for none."""
    pages = sorted((each for each in records if each.answer.status == 200), key=lambda each: each.day, reverse=True)
    name = path.partition("?")[0]
    if SITEMAP.search(name):
        return sitemap(pages)
    if FEED.search(name):
        return feed((each.url, each.title, format_datetime(moment(each))) for each in pages)
    if LISTING.search(name) and "/page/" not in name:
        return listing([] if LATER.search(path) else pages)
    return None


def robots(host: str, rules: str | None) -> Answer:
    rules = "User-agent: *\nAllow: /\n" if rules is None else rules
    return Answer(body=f"{rules}Sitemap: https://{host}/sitemap.xml\n".encode(), kind="text/plain")


def sitemap(pages: Sequence[Record]) -> Answer:
    """With the tags of news sitemaps."""
    entries = "".join(
        f"<url><loc>{escape(each.url)}</loc><lastmod>{moment(each).isoformat()}</lastmod><news:news>"
        "<news:publication><news:name>x</news:name><news:language>de</news:language></news:publication>"
        f"<news:publication_date>{moment(each).isoformat()}</news:publication_date>"
        f"<news:title>{escape(each.title)}</news:title></news:news></url>"
        for each in pages
    )
    text = f'<?xml version="1.0" encoding="UTF-8"?><urlset {SPACES}>{entries}</urlset>'
    return Answer(body=text.encode(), kind="application/xml")


def listing(pages: Sequence[Record]) -> Answer:
    links = "".join(f'<li><a href="{escape(each.url)}">{escape(each.title)}</a></li>' for each in pages)
    return Answer(body=f"<!doctype html><title>Aktuelles</title><h1>Aktuelles</h1><ul>{links}</ul>".encode())


def moment(record: Record) -> datetime:
    return datetime.combine(date.fromisoformat(record.day[:10]), time(8), UTC)
