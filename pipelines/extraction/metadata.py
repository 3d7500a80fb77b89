"""Reading what a page says of itself: JSON-LD before OpenGraph and meta, <time> and byline before guessing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from lxml.html import HtmlElement

from pipelines import dates
from pipelines.extraction import bylines, json_ld, titles
from pipelines.extraction.authors import credit_lines, credits
from pipelines.extraction.json_ld import Node
from pipelines.extraction.markup import closeness, flat
from pipelines.extraction.page import Page
from pipelines.extraction.publication_dates import declared, modified, written
from pipelines.folding import fold

TITLES, OTHER_TITLES = ("og:title", "twitter:title"), ("dc.title", "title")
LONGEST_NAME = 80  # characters of an outlet's
SLUG_WORDS = 2  # of four letters or more
NO_ADDRESS = re.compile(r"(?:^|/)(?:undefined|null|none|nan)(?:/|$)|[{}<>]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    title: str = ""
    description: str = ""
    authors: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    published: str | None = None
    date_source: str | None = None
    modified: str | None = None
    lang: str | None = None
    canonical_url: str | None = None
    outlet: str | None = None  # by its own name
    types: frozenset[str] = frozenset()  # schema.org types of the article's node and og:type
    says_article: bool = False  # as JSON-LD or microdata; og:type says it of front pages, too
    is_article: bool = False  # one of these, or og:type
    lines_above: tuple[str, ...] = ()  # short lines right above the headline, its section
    byline: str = ""
    shows_headline: bool = True  # whether a reader finds the one that the page gives to machines, or one like it
    paid_parts: tuple[str, ...] = ()  # CSS selectors of what is not free, by JSON-LD
    nearby_lines: tuple[str, ...] = ()  # short lines about the headline
    is_offer: bool = False  # of goods or a job
    free: bool | None = None  # isAccessibleForFree, where the page says so
    length: int = 0  # characters of the whole article, as far as the page tells

    def is_of(self, text: str) -> bool:
        """Whether it has words of the title or of the description: two, for one is there by chance."""
        return any(len(titles.words_in_common(text, each)) > 1 for each in (self.title, self.description))


def read(tree: HtmlElement, url: str, fetched_at: datetime | None = None) -> Metadata:
    page = Page(tree, url)
    headline = title(page)
    last = dates.latest(fetched_at)
    published, source = dates.choose(declared(page), last, month_first=page.month_first)
    if published is None:
        published, source = dates.choose(written(page), last, month_first=page.month_first)
    fields: list[str] = []
    authors: tuple[str, ...] = ()
    for candidates in credits(page):
        fields += candidates
        authors = bylines.persons(candidates, page.outlet_keys)
        if authors:
            break
    credited = (name for line in (*fields, *credit_lines(page, authors)) for name in bylines.agencies_in(line))
    kinds = {kind for node in page.articles[:1] or page.nodes for kind in json_ld.types(node)} | page.itemtypes
    says_article = bool(page.articles) or any(map(json_ld.ARTICLE.search, page.itemtypes))
    lines = tuple(map(flat, page.lines))
    section = json_ld.text(page.articles[0], "articleSection") if page.articles else page.first("article:section")
    return Metadata(
        title=headline,
        description=page.description,
        authors=authors,
        agencies=tuple(dict.fromkeys(credited)),
        published=published,
        date_source=source,
        modified=modified(page, published, last),
        lang=language(page),
        canonical_url=canonical(page, headline),
        outlet=outlet(page),
        types=frozenset(kinds | {value.lower() for value in page.all(["og:type"])}),
        says_article=says_article,
        is_article=says_article or "article" in page.first("og:type").lower(),
        lines_above=(*map(flat, page.lines_above), section),
        byline=" · ".join(filter(bylines.SIGNED.match, lines))[:200],
        shows_headline=shows_headline(page),
        paid_parts=tuple(selector for node in page.articles for selector in paid_parts(node)),
        nearby_lines=lines[:20],
        is_offer=page.is_offer,
        free=free(page),
        length=max(map(length, page.articles), default=0),
    )


def title(page: Page) -> str:
    """The editors' headline.

    Papers serve two: one for search engines, which stands in <title>, and their own. The first of <h1>, JSON-LD and,
    where the reader sees it on the page, OpenGraph that is not in <title> is the editors'; where all say the same, it
    is that.
    """
    heading = titles.without_kicker(page.heading, page.page_title) if page.heading is not None else ""

    def bare(text: str) -> str:
        text = titles.without_outlet(titles.tidy(text), heading, page.outlet_keys)
        return "" if titles.names_outlet(text, page.outlet_keys) else text

    page_title = bare(page.tree.findtext(".//title") or "")
    own = [bare(heading), *(bare(json_ld.text(node, "headline", "name")) for node in page.articles[:1])]
    candidates = [text for text in (*own, *map(bare, page.all(TITLES))) if len(text) > 3]
    wordings = (*candidates, page_title, page.description)
    editorial = (
        text
        for text in candidates
        if page_title and closeness(text, page_title) < 0.5 and (text in own or page.shows(text))
        if any(titles.words_in_common(text, other) for other in wordings if other != text)
    )
    others = (page_title, *map(bare, page.all(OTHER_TITLES)))
    return next(filter(None, (*islice(editorial, 1), *candidates, *others)), "")


def language(page: Page) -> str | None:
    declared = [page.tree.get("lang") or page.tree.get("xml:lang") or ""]
    declared += [json_ld.text(node, "inLanguage") for node in page.articles]
    declared += page.all(["og:locale", "content-language", "dc.language", "language"])
    codes = (re.split(r"[-_,; ]", value.strip())[0].lower() for value in declared)
    return next((code for code in codes if re.fullmatch(r"[a-z]{2}", code)), None)


def canonical(page: Page, headline: str) -> str | None:
    """The address the page gives itself, if it is one: not 'undefined', not the home page for an article.

    Without one it is `og:url`, where that is this article at another site.
    """
    links = page.tree.xpath("//link[translate(@rel, 'CANONICAL', 'canonical')='canonical']/@href")
    for link in filter(None, map(str.strip, links or page.all(["og:url"])[:1])):
        try:
            address = urljoin(page.url, link)
            parts, here = urlsplit(address), urlsplit(page.url)
        except ValueError:
            continue
        home = not parts.path.strip("/") and not parts.query and here.path.strip("/")
        is_address = parts.scheme in ("http", "https") and parts.hostname and not NO_ADDRESS.search(parts.path)
        if is_address and not home and (links or is_of_article(parts, here, headline)):
            return address
    return None


def is_of_article(there: SplitResult, here: SplitResult, headline: str) -> bool:
    """Whether an address at another site has words of the headline. With `og:url` many name a front page, a section,
    their page at a network or where the site is made."""
    names = [(parts.hostname or "").rsplit(".", 2)[-2:] for parts in (there, here)]
    slug = re.sub(r"[-_/+.]", " ", unquote(there.path))
    return names[0] != names[1] and len(titles.words_in_common(fold(slug), fold(headline))) >= SLUG_WORDS


def outlet(page: Page) -> str | None:
    """None where the page gives no name, or no more than its host."""
    publishers = (json_ld.text(node, "publisher") for node in page.articles)
    names = (page.first("og:site_name"), *publishers, page.first("application-name"))
    tidied = (" ".join(name.split())[:LONGEST_NAME] for name in names if not re.match(r"https?:", name))
    host = (urlsplit(page.url).hostname or "").removeprefix("www.")
    return next((name for name in tidied if name and name.lower().removeprefix("www.") != host), None)


def free(page: Page) -> bool | None:
    for node in page.articles:
        value = node.get("isAccessibleForFree")
        if value is not None:
            return not is_no(value)
    tier = page.first("article:content_tier", "content_tier").lower()
    return None if not tier else tier == "free"


def shows_headline(page: Page) -> bool:
    names = [*page.all(TITLES), *(json_ld.text(node, "headline") for node in page.articles)]
    shown = flat(page.heading) if page.heading is not None else ""
    return not any(names) or any(titles.words_in_common(name, shown) or page.shows(name) for name in names if name)


def paid_parts(node: Node) -> Iterator[str]:
    """https://developers.google.com/search/docs/appearance/structured-data/paywalled-content"""
    parts = node.get("hasPart")
    for part in parts if isinstance(parts, list) else [parts]:
        if isinstance(part, dict) and is_no(part.get("isAccessibleForFree")):
            yield json_ld.text(part, "cssSelector")


def is_no(value: object) -> bool:
    return str(value).rsplit("/", 1)[-1].strip().lower() in ("false", "0", "no")


def length(node: Node) -> int:
    """Characters of the article as its JSON-LD counts them; the text itself is never taken from there."""
    counted = re.match(r"\d{1,6}$", str(node.get("wordCount") or "").strip())
    return max(len(json_ld.text(node, "articleBody")), int(counted[0]) * 6 if counted else 0)
