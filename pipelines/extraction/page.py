"""A parsed page with what several questions ask of it, looked up once: headline, meta, JSON-LD, lines nearby."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipelines.extraction import json_ld, titles
from pipelines.extraction.json_ld import Node
from pipelines.extraction.markup import BEGINS, ENDS, HEADINGS, class_and_id, flat, key

LINES = frozenset("p span div time li td th dt font b i em small strong dd address cite header section".split()) | {
    *HEADINGS[1:]
}
OUTSIDE = {"aside", "nav", "footer", "figure", "blockquote"}
LONGEST_LINE = 160  # characters
PROSE = 160
LONGEST_TEASER = 600
BESIDE = re.compile(
    rf"{BEGINS}(?i:footer|foot|fuss|fuß|sidebar|navi?(?:gation)?|menu|breadcrumbs?|related|copyright|comments|comment-?(?:list|body|meta)|kommentare){ENDS}"
)
AUTHOR_PAGE = re.compile(
    r"/(?:autor(?:en|in)?|authors?|auteurs?|autore|profil(?:e)?|team|people|person(?:en)?|journalist\w*)/", re.I
)
ARCHIVE_OF_DAY = re.compile(r"/\d{4}/\d{1,2}(?:/|$)")


class Page:
    def __init__(self, tree: HtmlElement, url: str) -> None:
        self.tree, self.url = tree, url
        self.nodes = json_ld.read(tree)
        self.articles = json_ld.articles(self.nodes)
        self.meta: dict[str, list[str]] = {}
        for element in tree.iter("meta"):
            name = element.get("property") or element.get("name") or element.get("itemprop") or ""
            content = (element.get("content") or "").strip()
            if content:
                self.meta.setdefault(name.lower(), []).append(content)
        self.articles = [node for node in self.articles if not self.of_another(node)]
        self.described = self.articles or json_ld.recordings(self.nodes) or json_ld.pages(self.nodes)
        described = (json_ld.text(node, "description") for node in self.articles)
        self.description = next(filter(None, described), "") or self.first(
            "og:description", "description", "twitter:description"
        )
        self.site = self.first("og:site_name", "application-name", "publisher") or outlet(self.articles)
        self.outlet_keys = {key(self.site), key(host(url)), key(host(url).split(".")[0])} - {""}
        page_title = titles.without_outlet(titles.tidy(tree.findtext(".//title") or ""), "", self.outlet_keys)
        self.page_title = "" if key(page_title) in self.outlet_keys else page_title
        self.heading = titles.headline(tree, (self.first("og:title", "title"), self.page_title), self.outlet_keys)

    def of_another(self, node: Node) -> bool:
        """Whether JSON-LD speaks of another article: another address, and no word of a headline of this page."""
        headline = json_ld.text(node, "headline", "name")
        address = json_ld.text(node, "mainEntityOfPage", "url") or json_ld.text(node, "@id")
        path = urlsplit(address).path.strip("/") if address.startswith("http") else ""
        if not headline or path in ("", urlsplit(self.url).path.strip("/")):
            return False
        wordings = [self.first("og:title", "title"), self.tree.findtext(".//title") or ""]
        wordings += [flat(h1) for h1 in self.tree.iter("h1")]
        return not any(titles.akin(headline, wording) for wording in wordings)

    def first(self, *names: str) -> str:
        return next((self.meta[name][0] for name in names if name in self.meta), "")

    def all(self, names: Iterable[str]) -> list[str]:
        return [content for name in names for content in self.meta.get(name, ())]

    def around(self, wanted: Callable[[HtmlElement], bool]) -> list[HtmlElement]:
        """Matches in the smallest part of the page that holds the heading and at least one of them.

        What stands in a link or beside the article belongs to another article.
        """
        inner: HtmlElement | None = None
        for ancestor in islice(self.heading.iterancestors(), 10) if self.heading is not None else ():
            matches = [e for e in beyond(ancestor, inner) if wanted(e) and not self.outside(e)]
            if matches:
                return matches
            inner = ancestor
        return []

    @cached_property
    def marked(self) -> list[HtmlElement]:
        """Elements with microdata, and links to authors."""
        elements: list[HtmlElement] = self.tree.xpath("//*[@itemprop or @pubdate or @rel='author' or @property]")
        return elements

    @cached_property
    def heading_ancestors(self) -> set[HtmlElement]:
        """What the heading stands in."""
        return set(self.heading.iterancestors()) if self.heading is not None else set()

    def outside(self, element: HtmlElement) -> bool:
        """Whether it stands beside the article, under another's heading, or in a link that says more than it."""
        ups = [up for up in element.iterancestors() if up not in self.heading_ancestors]
        near = (
            [up for up in islice(self.heading.iterancestors(), 3) if up.tag != "body"]
            if self.heading is not None
            else []
        )
        if any(up.tag in OUTSIDE and not self.beside_heading(up) for up in (element, *ups)):
            return True
        # What closes the head of an article is called footer, too.
        if any(BESIDE.search(class_and_id(up)) and up.getparent() not in near for up in ups):
            return True
        link = next((up for up in (element, *ups[:4]) if up.tag == "a"), None)
        if link is not None and not (is_byline_link(link) and len(flat(link)) < len(flat(element)) + 20):
            return True
        return any(leads_elsewhere(up) for up in (element, *ups[:3]))

    def beside_heading(self, aside: HtmlElement) -> bool:
        """Whether it is a column of the article's head, with its day and its author."""
        inside = any(up.tag in ("article", "header") and up in self.heading_ancestors for up in aside.iterancestors())
        return aside.tag in ("aside", "footer") and inside and len(flat(aside)) < 160

    @cached_property
    def lines(self) -> list[HtmlElement]:
        """Short lines after the heading, and after them those just before it, the nearest first."""
        if self.heading is None:
            return []
        before: list[HtmlElement] = []
        for element in (self.heading, *self.heading.iterancestors()):
            before += islice(element.itersiblings(preceding=True), 8)
            if len(before) > 6 or element.tag in ("main", "article", "body"):
                break
        candidates = [e for e in (*islice(self.head(), 40), *before[:8]) if e.tag in LINES and not self.outside(e)]
        return [e for e in candidates if 0 < len(flat(e)) <= 160]

    def shows(self, text: str) -> bool:
        """Whether a reader finds these words on the page."""
        return key(text) in self.visible

    @cached_property
    def visible(self) -> str:
        body = self.tree.find("body")
        invisible_tags = ("script", "style", "template", "noscript")
        texts = (e.text for e in body.iter("*") if e.tag not in invisible_tags and e.text) if body is not None else ()
        return key(" ".join(texts))

    def head(self) -> Iterator[HtmlElement]:
        """What follows the heading, up to the second paragraph of the text: the first may be the lead."""
        prose = 0
        for element in self.heading.xpath("following::*") if self.heading is not None else ():
            if element.tag in LINES:
                yield element
                prose += len(own_text(element)) > PROSE
            if prose == 2:
                return

    @cached_property
    def last_lines(self) -> list[HtmlElement]:
        """Short paragraphs after the text, where it is signed and dated; the last first."""
        following = self.heading.xpath("following::p") if self.heading is not None else ()
        text = (p for p in reversed(following) if len(p.text_content()) > PROSE and not self.outside(p))
        last = next(text, None)
        beside = list(islice(last.itersiblings(), 4)) if last is not None else []
        return [e for e in beside if e.tag in ("p", "div", "em", "i", "small") and 0 < len(flat(e)) <= 80]

    @cached_property
    def itemtypes(self) -> set[str]:
        """schema.org types of the parts around the heading."""
        ups = self.heading.iterancestors() if self.heading is not None else ()
        return {(up.get("itemtype") or "").rsplit("/", 1)[-1] for up in ups} - {""}


def beyond(element: HtmlElement, inner: HtmlElement | None) -> Iterator[HtmlElement]:
    """All elements in it but those in `inner`, which were looked at before."""
    for child in element:
        if child is not inner:
            yield from child.iter("*")


def own_text(element: HtmlElement) -> str:
    return " ".join([element.text or "", *(child.tail or "" for child in element)])


def is_byline_link(link: HtmlElement) -> bool:
    """Whether a link in a byline leads to a person or to the archive of a day, not to another article."""
    href = link.get("href") or ""
    link_names = f"{link.get('rel') or ''} {link.get('class') or ''}".lower()
    return (
        "author" in link_names
        or "bookmark" in link_names
        or bool(AUTHOR_PAGE.search(href) or ARCHIVE_OF_DAY.search(href))
    )


def leads_elsewhere(element: HtmlElement) -> bool:
    """Whether it is a teaser: a heading with a link, and little text."""
    headings = element.iter("h2", "h3", "h4", "h5")
    linked = any(h.find(".//a[@href]") is not None or next(h.iterancestors("a"), None) is not None for h in headings)
    return linked and len(flat(element)) < LONGEST_TEASER


def outlet(articles: list[Node]) -> str:
    names = (json_ld.text(node, "publisher") for node in articles)
    return next((name for name in names if name), "")


def host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
