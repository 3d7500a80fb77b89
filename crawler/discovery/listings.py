"""A page of links → leads: which links are articles, and what stands beside them."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from scrapy.linkextractors import IGNORED_EXTENSIONS
from scrapy.utils.url import url_has_any_extension

from crawler.discovery.encodings import decoded
from crawler.discovery.leads import (
    SUMMARY_MAX,
    TITLE_MAX,
    Choice,
    Discovery,
    Form,
    Lead,
    Unreadable,
    address,
    choose,
)
from db.outcomes import Code
from pipelines.dates import date_of
from pipelines.identity import bare_host

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
ITEMS = ("article", "li", "tr")  # what one teaser stands in
PAGE = ("html", "body", "main")  # and what none reaches
HEADLINE_MIN = 20  # characters; shorter links lead to sections, pages of a list, 'more'
TEASER_MAX = 1_500  # what is longer is the page's own article with a link in it
HEADLINE_SURE = 40  # so long a link is a headline whatever its address looks like
FILES = {f".{extension}" for extension in IGNORED_EXTENSIONS}
# In an address: a list, a person, a service.
SHELF = re.compile(
    r"/(?:authors?|autor(?:en)?|categor(?:y|ies)|kategorien?|ressort|rubrik|search|suche|tags?|thema|themen|topics?)/"
)
NUMBER = re.compile(
    r"(?<!\d)\d{5,}(?!\d)|/\d{4}/\d\d?/\d\d?/|/(?!(?:19|20)\d\d/?\?)\d{3,}/?\?|[?&](?:p|\w*id)=\d", re.I
)  # on path?query
NAVIGATION = etree.XPath(
    "boolean(ancestor::nav or ancestor::*[@role='navigation']"
    " or ancestor::*[self::header or self::footer][not(ancestor::article or ancestor::main or ancestor::li)])"
)
LENGTH = etree.XPath("string-length()")
SEEN = etree.XPath(".//text()[not(ancestor::script or ancestor::style or ancestor::template or ancestor::noscript)]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    anchor: Any
    url: str
    above: Any  # the heading before it, where no other link stands between


def read(body: bytes, url: str, *, encoding: str | None, link: str | None, choice: Choice) -> Discovery:
    """Raises Unreadable."""
    text = decoded(body, encoding).replace("\0", "")
    if not text.strip():
        raise Unreadable(Code.EMPTY_DOCUMENT.of(form="listing"))
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, collect_ids=False, remove_comments=True
    )
    try:
        tree = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        tree = None
    if tree is None or not re.search("<[a-zA-Z]", text):
        raise Unreadable(Code.IS_NOT_HTML.of())
    links = list(matching(tree, url, link) if link else likely(tree, url))
    candidates = teasers(links, (lambda _: 0) if link else shortest)
    leads, listed, _ = choose(candidates, choice)
    nothing = Code.NO_LINK_MATCHES.of(pattern=link) if link else Code.NO_LINK.of()
    return Discovery(leads=leads, listed=listed, kind=Form.LISTING, problem=None if listed else nothing)


def anchors(tree: Any, url: str) -> Iterator[Link]:
    base = next((each for each in (address(href, url) for href in tree.xpath("//base/@href")) if each), url)
    above = None
    for element in tree.iter("a", *HEADINGS):
        if element.tag != "a":
            above = element
        elif (target := address(element.get("href"), base)) and target != url.partition("#")[0]:
            yield Link(anchor=element, url=target, above=above)
            above = None


def matching(tree: Any, url: str, link: str) -> Iterator[Link]:
    pattern = re.compile(link)
    return (candidate for candidate in anchors(tree, url) if pattern.search(candidate.url))


def likely(tree: Any, url: str) -> Iterator[Link]:
    home = bare_host(url)
    for link in anchors(tree, url):
        if bare_host(link.url) != home or url_has_any_extension(link.url, FILES) or NAVIGATION(link.anchor):
            continue
        needed = shortest(link.url)
        if needed == HEADLINE_MIN or len(flat(link.anchor)) >= needed:
            yield link


def shortest(url: str) -> int:
    """The length of text that makes a link an article's; a slug of four words, a number or a day shorten it."""
    parts = urlsplit(url.lower())
    steps = [step for step in parts.path.split("/") if step]
    if any(len(re.findall(r"[-_+]|%20", step)) >= 3 for step in steps[-2:]):
        return HEADLINE_MIN
    if not (steps or parts.query) or SHELF.search(parts.path):
        return TITLE_MAX + 1
    return HEADLINE_MIN if NUMBER.search(f"{parts.path}?{parts.query}") else HEADLINE_SURE


def teasers(links: Iterable[Link], shortest: Callable[[str], int]) -> Iterator[Lead]:
    """One lead for each address, with what stands in its item: title, text, time."""
    by_url: dict[str, list[Link]] = {}
    owners: dict[Any, str | None] = {}
    for link in links:
        by_url.setdefault(link.url, []).append(link)
        claim(link, owners)
    for url, same in by_url.items():
        items = [item(link, owners) for link in same]
        title = title_of(same, items)
        if len(title) >= shortest(url):
            text = max((flat(each) for each in items), key=len)
            yield Lead(
                url=url,
                title=title[:TITLE_MAX] or None,
                summary=text[:SUMMARY_MAX] if text not in title else None,
                published=next((date for each in items if (date := time_of(each))), None),
            )


def claim(link: Link, owners: dict[Any, str | None]) -> None:
    """Mark what surrounds a link as its address's own; as nobody's (None) where another's or much text stands there."""
    shared = False
    for around in link.anchor.iterancestors():
        if around.tag in PAGE or owners.get(around, "") in (None, link.url):
            return
        shared = shared or around in owners or LENGTH(around) > TEASER_MAX
        owners[around] = None if shared else link.url


def item(link: Link, owners: dict[Any, str | None]) -> Any:
    """The largest part of the page that belongs to this address alone."""
    largest = link.anchor
    for around in link.anchor.iterancestors():
        if owners.get(around) != link.url or largest.tag in ITEMS:
            break
        largest = around
    return largest


def title_of(links: list[Link], items: list[Any]) -> str:
    heading = next((text for each in items for head in each.iter(*HEADINGS) if (text := flat(head))), "")
    if heading:
        return heading
    title = max((flat(link.anchor) or label(link.anchor) for link in links), key=len)
    if len(title) < HEADLINE_MIN:  # 'more'
        return next((text for link in links if link.above is not None and (text := flat(link.above))), title)
    return title


def label(anchor: Any) -> str:
    labels = [anchor.get("title"), anchor.get("aria-label"), *anchor.xpath(".//img/@alt")]
    return next((" ".join(each.split()) for each in labels if each and each.strip()), "")


def flat(element: Any) -> str:
    return " ".join(" ".join(SEEN(element)).split())


def time_of(element: Any) -> str | None:
    return next((date for each in element.iter("time") if (date := date_of(each.get("datetime") or flat(each)))), None)
