"""Reading what a page says of itself: JSON-LD before OpenGraph and meta, <time> and byline before guessing."""

import re
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from itertools import islice
from urllib.parse import urljoin, urlsplit

import htmldate
from lxml.html import HtmlElement

from pipelines import bylines, dates, linked_data
from pipelines.linked_data import Node

TITLES = ("og:title", "twitter:title", "dc.title", "title")
PUBLISHED = [
    "article:published_time",
    "og:published_time",
    "article:published",
    "datepublished",
    "date",
    "dc.date",
    "dc.date.issued",
    "dcterms.created",
    "dcterms.date",
    "dc.date.created",
    "pubdate",
    "publishdate",
    "publish_date",
    "publish-date",
    "publication_date",
    "parsely-pub-date",
    "sailthru.date",
    "citation_publication_date",
    "last-modified",
    "og:updated_time",
]
MODIFIED = (
    "article:modified_time",
    "og:updated_time",
    "last-modified",
    "dcterms.modified",
    "dc.date.modified",
    "datemodified",
)
AUTHORS = (
    "author",
    "article:author",
    "article:author_name",
    "dc.creator",
    "dcterms.creator",
    "citation_author",
    "sailthru.author",
    "byl",
)
# Where a word of a class name begins and ends: at blanks and hyphens, and at capitals as in articleLead.
BEGINS, ENDS = r"(?:^|(?<=[\s_-])|(?<=[a-z])(?=[A-Z]))", r"(?=$|[\s_-]|(?<=[a-z])[A-Z])"
DATE_PARTS = re.compile(
    rf"{BEGINS}(?i:(?:article|entry|news|post|pub|publish|release)?date|[a-z]*datum|datetime|time|timestamp"
    rf"|published|publish|dateline|posted){ENDS}"
)
BYLINE_PARTS = re.compile(
    rf"{BEGINS}(?i:(?:article|entry|post|story|text)?(?:authors?|bylines?)|author(?:name|line)"
    rf"|autor(?:en)?(?:name|zeile)?|verfasser|writer){ENDS}"
)
SIGNED = re.compile(r"\W*(?:von|by|autor(?:en|in|innen)?|authors?)\s*:?\s+\w", re.IGNORECASE)
UPDATED = re.compile(
    r"^\W*(?:zuletzt\s+)?(?:aktualisiert|update|updated|letzte|bearbeitet|ge[äa]ndert|modified)", re.IGNORECASE
)
SEPARATOR = re.compile(r"(?P<head>.+)\s(?:[|–—•·-]|::|»|\|)\s(?P<tail>[^|]+)$")
OUTSIDE = {"a", "aside", "nav", "footer", "figure"}
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
    types: frozenset[str] = frozenset()  # schema.org types of the article's node and og:type
    is_article: bool = False  # the page says so, as JSON-LD or og:type
    section: str = ""
    free: bool | None = None  # isAccessibleForFree, where the page says so
    length: int = 0  # characters of the whole article, as far as the page tells


class Page:
    """A parsed page with what several questions ask of it, looked up once."""

    def __init__(self, tree: HtmlElement, url: str) -> None:
        self.tree, self.url = tree, url
        self.nodes = linked_data.read(tree)
        self.articles = linked_data.articles(self.nodes)
        self.meta: dict[str, list[str]] = {}
        for element in tree.iter("meta"):
            name = element.get("property") or element.get("name") or element.get("itemprop") or ""
            content = (element.get("content") or "").strip()
            if content:
                self.meta.setdefault(name.lower(), []).append(content)
        headings = [h for h in tree.iter("h1") if flat(h)]
        self.heading = max(headings, key=lambda h: closeness(flat(h), self.first("og:title", "title")), default=None)
        described = (linked_data.text(node, "description") for node in self.articles)
        self.description = next(filter(None, described), "") or self.first(
            "og:description", "description", "twitter:description"
        )
        self.site = self.first("og:site_name", "application-name", "publisher") or outlet(self.articles)

    def first(self, *names: str) -> str:
        return next((self.meta[name][0] for name in names if name in self.meta), "")

    def all(self, names: Iterable[str]) -> list[str]:
        return [content for name in names for content in self.meta.get(name, ())]

    def around(self, wanted: Callable[[HtmlElement], bool]) -> list[HtmlElement]:
        """Matches in the smallest part of the page that holds the heading and at least one of them.

        What stands in a link or beside the article belongs to another article.
        """
        for ancestor in islice(self.heading.iterancestors(), 10) if self.heading is not None else ():
            found = [
                e for e in ancestor.iter("*") if wanted(e) and not any(up.tag in OUTSIDE for up in e.iterancestors())
            ]
            if found:
                return found
        return []


def read(tree: HtmlElement, url: str, fetched_at: datetime | None = None) -> Metadata:
    page = Page(tree, url)
    last = dates.latest(fetched_at)
    published, source = dates.choose(declared(page), last)
    if published is None:
        published, source = dates.choose(written(page), last)
    if published is None:
        guess = htmldate.find_date(without_others(tree), url=url, original_date=True, extensive_search=False)
        published, source = dates.choose([("htmldate", guess or "")], last)
    modified, _ = dates.choose(modifying(page), last)
    fields: list[str] = []
    authors: tuple[str, ...] = ()
    for witness in credits(page):
        fields += witness
        authors = bylines.persons(witness, page.site)
        if authors:
            break
    kinds = {kind for node in page.articles[:1] or page.nodes for kind in linked_data.types(node)}
    return Metadata(
        title=title(page),
        description=page.description,
        authors=authors,
        agencies=bylines.agencies(fields),
        published=published,
        date_source=source,
        modified=modified,
        lang=language(page),
        canonical_url=canonical(page),
        types=frozenset(kinds | {value.lower() for value in page.all(["og:type"])}),
        is_article=bool(page.articles) or "article" in page.first("og:type").lower(),
        section=linked_data.text(page.articles[0], "articleSection")
        if page.articles
        else page.first("article:section"),
        free=free(page),
        length=max((length(node) for node in page.articles), default=0),
    )


def without_others(tree: HtmlElement) -> HtmlElement:
    """A copy without what speaks of other articles: htmldate takes any date it finds, also from a list in a script."""
    rest = deepcopy(tree)
    for element in list(rest.iter("script", *OUTSIDE)):
        if element.getparent() is not None:
            element.drop_tree()
    return rest


def flat(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def key(text: str) -> str:
    return "".join(re.findall(r"\w+", text)).lower()


def closeness(text: str, other: str) -> float:
    a, b = set(re.findall(r"\w+", text.lower())), set(re.findall(r"\w+", other.lower()))
    return len(a & b) / max(1, len(a | b))


def outlet(articles: list[Node]) -> str:
    names = (linked_data.text(node, "publisher") for node in articles)
    return next((name for name in names if name), "")


def title(page: Page) -> str:
    """The editors' headline.

    Papers serve two: one for search engines, which stands in <title>, and their own. The first of <h1>, JSON-LD and
    OpenGraph that is not in <title> is the editors'; where all say the same, it is that.
    """
    house = {key(page.site), key(host(page.url)), key(host(page.url).split(".")[0])} - {""}
    heading = flat(page.heading) if page.heading is not None else ""
    shown = bare(tidy(page.tree.findtext(".//title") or ""), heading, house)
    headlines = [linked_data.text(node, "headline", "name") for node in page.articles[:1]]
    known = [bare(tidy(text), heading, house) for text in (heading, *headlines, *page.all(TITLES))]
    known = [text for text in known if len(text) > 3 and key(text) not in house]
    told = [*known, shown, page.description]
    own = [
        text
        for text in known
        if closeness(text, shown) < 0.5 and any(akin(text, other) for other in told if other != text)
    ]
    fallback = "" if key(shown) in house else shown
    return next(iter([*(own if shown else ()), *known, fallback]), "")


def akin(text: str, other: str) -> bool:
    """Whether two texts share a word of four letters: the outlet's slogan in og:title shares none with an article."""
    return bool(set(re.findall(r"\w{4,}", text.lower())) & set(re.findall(r"\w{4,}", other.lower())))


def tidy(text: str) -> str:
    """Without soft hyphens and with entities resolved, also those that were escaped twice."""
    return " ".join(unescape(unescape(text)).replace("\xad", "").split()).strip(" |–—·»-")


def bare(text: str, heading: str, house: set[str]) -> str:
    """A headline without the outlet's name, a section or a date behind it."""
    while match := SEPARATOR.match(text):
        head, tail = match["head"].strip(), match["tail"].strip()
        named = any(key(tail).startswith(name) or (len(key(tail)) > 3 and name.startswith(key(tail))) for name in house)
        if not (named or dates.written(tail) or key(head) == key(heading)):
            break
        text = head
    return text


def host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def language(page: Page) -> str | None:
    declared = [
        page.tree.get("lang")
        or page.tree.get("{http://www.w3.org/XML/1998/namespace}lang")
        or page.tree.get("xml:lang")
        or ""
    ]
    declared += [linked_data.text(node, "inLanguage") for node in page.articles]
    declared += page.all(["og:locale", "content-language", "dc.language", "language"])
    codes = (re.split(r"[-_,; ]", value.strip())[0].lower() for value in declared)
    return next((code for code in codes if re.fullmatch(r"[a-z]{2}", code)), None)


def canonical(page: Page) -> str | None:
    """The address the page gives itself, if it is one: not 'undefined', not the home page for an article."""
    for link in page.tree.xpath("//link[translate(@rel, 'CANONICAL', 'canonical')='canonical']/@href"):
        try:
            address = urljoin(page.url, link.strip())
            parts = urlsplit(address)
        except ValueError:
            continue
        home = parts.path.strip("/") == "" and not parts.query and urlsplit(page.url).path.strip("/") != ""
        if (
            link.strip()
            and parts.scheme in ("http", "https")
            and parts.hostname
            and not home
            and not NO_ADDRESS.search(parts.path)
        ):
            return str(address)
    return None


def free(page: Page) -> bool | None:
    for node in page.articles:
        value = node.get("isAccessibleForFree")
        if value is not None:
            return str(value).rsplit("/", 1)[-1].strip().lower() not in ("false", "0", "no")
    tier = page.first("article:content_tier", "content_tier").lower()
    return None if not tier else tier == "free"


def length(node: Node) -> int:
    """Characters of the article as its JSON-LD counts them; the text itself is never taken from there."""
    counted = re.match(r"\d{1,6}$", str(node.get("wordCount") or "").strip())
    return max(len(linked_data.text(node, "articleBody")), int(counted[0]) * 6 if counted else 0)


def declared(page: Page) -> Iterator[tuple[str, str]]:
    """Witnesses of the day of publication that say what they are, the best first: (name, date as written)."""
    for node in page.articles:
        yield "json-ld", linked_data.text(node, "datePublished", "dateCreated", "uploadDate")
    for content in page.all(PUBLISHED):
        yield "meta", content
    for element in page.tree.xpath("//*[@itemprop='datePublished' or @pubdate]"):
        yield "time", element.get("content") or element.get("datetime") or flat(element)
    times = page.around(lambda e: e.tag == "time")
    for element in sorted(times, key=lambda e: bool(UPDATED.match(label(e)))):
        yield "time", element.get("datetime") or flat(element)


def written(page: Page) -> Iterator[tuple[str, str]]:
    for element in page.around(
        lambda e: len(e) < 6 and bool(DATE_PARTS.search(called(e))) and dates.written(flat(e)[:120]) is not None
    ):
        yield "text", flat(element)[:120]
    yield "text", below(page)
    yield "text", dates.written(page.first("og:title")) or ""
    yield "url", dates.in_address(page.url) or ""


def called(element: HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''}"


def label(element: HtmlElement) -> str:
    parent = element.getparent()
    text = flat(element)
    return text if UPDATED.match(text) or parent is None or len(flat(parent)) > 80 else flat(parent)


def below(page: Page) -> str:
    """The first day written in one of the short lines after the heading."""
    if page.heading is None:
        return ""
    for element in page.heading.xpath(
        "following::*[self::p or self::span or self::div or self::time or self::li][position() < 30]"
    ):
        text = flat(element)
        if len(text) < 60 and (day := dates.written(text)):
            return day
    return ""


def modifying(page: Page) -> Iterator[tuple[str, str]]:
    for node in page.articles:
        yield "json-ld", linked_data.text(node, "dateModified")
    for content in page.all(MODIFIED):
        yield "meta", content
    for element in page.tree.xpath("//*[@itemprop='dateModified']"):
        yield "time", element.get("content") or element.get("datetime") or flat(element)


def credits(page: Page) -> Iterator[list[str]]:
    """Author fields, one list for each witness, the best first."""
    for node in page.articles:
        people = linked_data.resolved(node.get("author") or node.get("creator"), page.nodes)
        yield [
            linked_data.text(item, "name") if isinstance(item, dict) else str(item)
            for item in people
            if not organisation(item)
        ]
        yield [
            linked_data.text(item, "name")
            for item in people
            if isinstance(item, dict) and organisation(item) and bylines.known(linked_data.text(item, "name"))
        ]
    yield [content for content in page.all(AUTHORS) if "//" not in content and not content.startswith("@")]
    marked = page.tree.xpath("//*[@rel='author' or @itemprop='author']")
    yield [piece for element in marked[:8] for piece in element.itertext()] if len(marked) <= 8 else []
    for element in page.around(lambda e: bool(BYLINE_PARTS.search(called(e))) and 0 < len(flat(e)) < 200):
        yield [flat(element)] if len(flat(element)) < 60 else list(element.itertext())
    yield from signed(page)


def signed(page: Page) -> Iterator[list[str]]:
    """Short lines under the heading: 'Von …', or nothing but a name in bold. A sentence is neither."""
    if page.heading is None:
        return
    for element in page.heading.xpath(
        "following::*[self::p or self::span or self::div or self::a or self::li or self::em][position() < 20]"
    ):
        text = flat(element)
        end = text.rstrip(' “”"«»)')[-1:]
        if end in ("?", "!") or (end == "." and not SIGNED.match(text)):
            continue
        bold = len(element) > 0 and element[0].tag in ("strong", "b", "em") and flat(element[0]) == text
        if len(text) < 80 and (SIGNED.match(text) or (bold and element.tag == "p")):
            yield [text]


def organisation(item: object) -> bool:
    return isinstance(item, dict) and any(
        "Organization" in kind or kind == "Corporation" for kind in linked_data.types(item)
    )
