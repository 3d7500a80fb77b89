"""Probing: what a document at a discovery address says, and where a site that has none may keep one; pure."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from urllib.parse import urljoin, urlsplit

from protego import Protego
from scrapy import Selector

from crawler.discovery import documents, markup
from crawler.discovery.encodings import decoded
from crawler.discovery.leads import Discovery, Form, Unreadable, address
from crawler.registry.probes import Probe, Type
from pipelines.identity import bare_host

FORMS = {"feeds": Form.FEED, "news_sitemaps": Form.SITEMAP, "listings": Form.LISTING, "sitemaps": Form.SITEMAP}
ROOTS = {"rss": Type.RSS, "feed": Type.ATOM, "rdf": Type.RDF, "sitemapindex": Type.SITEMAP_INDEX}


def read(
    probe: Probe, body: bytes, url: str, *, link: str | None, encoding: str | None, hosts: frozenset[str]
) -> tuple[Probe, tuple[str, ...]]:
    """The probe with what the document says, and the sitemaps that it leads to. `hosts`: the source's own."""
    head = markup.head_of(body)
    try:
        discovery = documents.read(body, url, expected=FORMS[probe.key], link=link, encoding=encoding)
    except Unreadable as error:
        return replace(probe, type=type_of(head, None), problem=str(error)), ()
    many = max(len(discovery.leads), 1)
    probe = replace(
        probe,
        type=type_of(head, discovery),
        entries=discovery.listed + len(discovery.more),
        newest=max((lead.published[:10] for lead in discovery.leads if lead.published), default=None),
        with_title=round(sum(bool(lead.title) for lead in discovery.leads) / many, 2),
        with_date=round(sum(bool(lead.published) for lead in discovery.leads) / many, 2),
        elsewhere=elsewhere(discovery, hosts),
        problem=str(discovery.problem) if discovery.problem else None,
    )
    if probe.elsewhere:
        leads_to = f"all that it lists leads to {probe.elsewhere}: if that is its own, add it to `hosts`"
        return replace(probe, problem=leads_to), discovery.more
    return (probe if probe.works or probe.problem else replace(probe, problem="it has no entries")), discovery.more


def elsewhere(discovery: Discovery, own: frozenset[str]) -> str | None:
    """The hosts that all addresses lead to, where none is the source's own."""
    hosts = Counter(bare_host(lead.url) for lead in discovery.leads)
    return None if not hosts or hosts.keys() & own else ", ".join(host for host, _ in hosts.most_common(5))


def type_of(head: str, discovery: Discovery | None) -> Type:
    """`discovery`: what could be read of it, None where nothing could."""
    name = markup.root_of(head)
    if name in ROOTS:
        return ROOTS[name]
    if discovery and discovery.kind is Form.FEED:
        return Type.JSON_FEED
    if discovery and discovery.kind is Form.LISTING:
        return Type.LISTING
    if name == "html":
        return Type.HTML
    if discovery:
        named = any(lead.title for lead in discovery.leads)  # only news have titles in a sitemap
        empty = not discovery.listed and "/sitemap-news/" in head
        return Type.NEWS_SITEMAP if named or empty else Type.SITEMAP
    return Type.JSON_FEED if "//jsonfeed.org/version/" in head else Type.OTHER


# Where an outlet's feeds and sitemaps may lie

HEAD = 500_000  # bytes of a homepage; its links to feeds stand in its head
FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")
# Feeds of what readers write; 'kommentare' alone may well be the outlet's own opinion pages.
COMMENTS = re.compile(r"\bcomments\b|kommentar-?feed|kommentare zu", re.I)
USUAL_FEEDS = ("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed/", "rss/", "index.rss")
USUAL_SITEMAPS = ("sitemap.xml", "sitemap_index.xml", "sitemap-index.xml", "sitemap.xml.gz")
USUAL_NEWS = ("sitemap-news.xml", "news-sitemap.xml", "sitemap_news.xml", "news_sitemap.xml")


def named_by_robots(text: str, url: str) -> Iterator[tuple[str, str]]:
    """(key, address) of each `Sitemap:` line; those that are named for their news first."""
    lines = filter(None, (address(line, url) for line in Protego.parse(text).sitemaps))
    keys = {line: "news_sitemaps" if "news" in urlsplit(line).path.lower() else "sitemaps" for line in lines}
    return ((key, line) for line, key in sorted(keys.items(), key=lambda each: each[1]))


def named_by_page(html: bytes, url: str, encoding: str | None) -> Iterator[tuple[str, str]]:
    """(key, address) of each feed that a page declares as its alternate; JSON last."""
    page = Selector(text=decoded(html[:HEAD], encoding))
    links = [link.attrib for link in page.css("link[rel~=alternate i][type][href]")]
    of_type = {kind: [link for link in links if link["type"].partition(";")[0].strip() == kind] for kind in FEED_TYPES}
    for link in chain.from_iterable(of_type.values()):
        feed = address(link["href"], url)
        if feed and not COMMENTS.search(f"{feed} {link.get('title', '')}"):
            yield "feeds", feed


def usual(folder: str) -> Iterator[tuple[str, str]]:
    """(key, address) of what lies below the outlet's own folder on most sites that have it."""
    for key, names in (("feeds", USUAL_FEEDS), ("news_sitemaps", USUAL_NEWS), ("sitemaps", USUAL_SITEMAPS)):
        yield from ((key, urljoin(folder, name)) for name in names)
