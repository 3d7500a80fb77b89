"""Sitemaps: lists of pages and of news, indexes of sitemaps, plain text → leads, and the sitemaps to read next."""

from collections.abc import Callable, Iterable
from typing import Any

from crawler.discovery import markup
from crawler.discovery.encodings import decoded
from crawler.discovery.index_order import newest_first, once
from crawler.discovery.leads import SUMMARY_MAX, TITLE_MAX, Choice, Discovery, Form, Lead, address, choose, words
from crawler.discovery.markup import name_of, text_of
from db.outcomes import Code
from pipelines.dates import date_of

CHILDREN_MAX = 50_000  # of a sitemap index, as the protocol has it


def read(
    body: bytes,
    url: str,
    *,
    limit: int = 10_000,
    rank: Callable[[Lead], Any] | None = None,
    since: str | None = None,
) -> Discovery:
    """Packed or not. Raises Unreadable."""
    form = markup.recognised(body, (Form.SITEMAP, Form.SITEMAP_INDEX))
    return read_as("sitemap", body, url, form, Choice(limit=limit, rank=rank, since=since))


def read_as(name: str, body: bytes, url: str, form: Form, choice: Choice) -> Discovery:
    """`name`: what was expected, for what an error says. Raises Unreadable."""
    if markup.LINES.match(markup.head_of(body)):
        return read_lines(body, choice)
    keep = children if form is Form.SITEMAP_INDEX else pages
    return markup.read(body, url, form, name, lambda entries: keep((page(each, url) for each in entries), url, choice))


def pages(leads: Iterable[Lead | None], url: str, choice: Choice) -> Discovery:
    chosen, listed, nameless = choose(leads, choice, archive=True)
    problem = Code.ITEMS_WITHOUT_ADDRESS.of(number=nameless, of=listed) if nameless else None
    return Discovery(leads=chosen, listed=listed, kind=Form.SITEMAP, problem=problem)


def children(leads: Iterable[Lead | None], url: str, choice: Choice) -> Discovery:
    """Of an index."""
    more, note = newest_first(once(leads, url, CHILDREN_MAX), choice.since, choice.at)
    return Discovery(leads=(), listed=0, more=tuple(more), kind=Form.SITEMAP_INDEX, note=note)


def read_lines(body: bytes, choice: Choice) -> Discovery:
    lines = (line for line in decoded(b"".join(markup.pieces(body))).splitlines() if line.strip())
    urls = (address(line, "") for line in lines)
    leads, listed, nameless = choose((Lead(url=each) if each else None for each in urls), choice)
    problem = Code.LINES_WITHOUT_ADDRESS.of(number=nameless, of=listed) if nameless else None
    return Discovery(leads=leads, listed=listed, kind=Form.SITEMAP, problem=problem)


def page(entry: Any, url: str) -> Lead | None:
    """A <url> with its news, or the <sitemap> of an index; other namespaces (images, translations) say nothing."""
    fields: dict[str, str] = {}
    for child in entry:
        tag = child.tag
        if not isinstance(tag, str):
            continue
        if tag.endswith(("}loc", "}lastmod")) or tag in ("loc", "lastmod"):
            fields.setdefault(tag.rpartition("}")[2], text_of(child))
        elif tag.endswith(("}news", ":news")):
            fields |= {name_of(each)[1]: text_of(each) for each in child}
    location = address(fields.get("loc"), url)
    if location is None:
        return None
    modified = date_of(fields.get("lastmod"))
    return Lead(
        url=location,
        title=words(fields.get("title", ""), TITLE_MAX),
        summary=words(fields.get("keywords", ""), SUMMARY_MAX),
        published=date_of(fields.get("publication_date")) or modified,
        modified=modified,
    )
