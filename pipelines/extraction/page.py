"""A parsed page with what several questions ask of it, looked up once: headline, meta, JSON-LD, lines nearby."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property
from itertools import dropwhile, islice, takewhile
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipelines import dates
from pipelines.extraction import json_ld, titles
from pipelines.extraction.json_ld import Node
from pipelines.extraction.markup import flat, in_link, key

LINES = frozenset(
    "p span div time li td th dt font b i em small strong dd address cite header section h2 h3 h4 h5 h6".split()
)
OUTSIDE = {"aside", "nav", "footer", "figure", "blockquote"}
PROSE = 160  # characters; a line has fewer
LONGEST_NAME = 30  # characters of a link to who wrote; a headline has more
SIGNATURE = 80  # characters of a line after the text, at most
LONGEST_TEASER = 600
AUTHOR_PAGE = re.compile(r"/(?:autor(?:en|in)?|authors?|auteurs?|autore|profil(?:e)?|team|journalist\w*)/", re.I)


class Page:
    def __init__(self, tree: HtmlElement, url: str) -> None:
        self.tree, self.url = tree, url
        # whether days are written as in the United States, looked for where it matters
        self.month_first = cache(lambda: dates.is_month_first(tree.text_content(), tree.get("lang") or locale))
        self.nodes = json_ld.read(tree)
        self.meta: dict[str, list[str]] = {}
        for element in tree.iter("meta"):
            name = element.get("property") or element.get("name") or element.get("itemprop") or ""
            content = (element.get("content") or "").strip()
            if content:
                self.meta.setdefault(name.lower(), []).append(content)
        locale = self.first("og:locale")
        self.articles = [node for node in json_ld.typed(self.nodes, json_ld.ARTICLE) if not self.of_another(node)]
        described = [json_ld.text(node, "description") for node in self.articles]
        described += self.all(("og:description", "description", "twitter:description"))
        self.description = next(filter(None, described), "")
        names = self.all(("og:site_name", "application-name", "publisher"))
        names = names or [json_ld.text(node, "publisher") for node in self.articles]
        host = (urlsplit(url).hostname or "").removeprefix("www.")
        self.outlet_keys = {key(re.sub(r"\(.*?\)", "", name)) for name in (*names, host, host.split(".")[0])} - {""}
        page_title = titles.without_outlet(titles.tidy(tree.findtext(".//title") or ""), "", self.outlet_keys)
        self.page_title = "" if titles.names_outlet(page_title, self.outlet_keys) else page_title
        self.heading = titles.headline(tree, (self.first("og:title", "title"), self.page_title), self.outlet_keys)
        others = (json_ld.typed(self.nodes, kind) for kind in (json_ld.RECORDING, json_ld.PAGE))
        own = ([node for node in nodes if self.says_headline(node)][:1] for nodes in others)
        self.described = self.articles or next(filter(None, own), [])

    def of_another(self, node: Node) -> bool:
        """Whether JSON-LD speaks of another article: no word of a headline of this page; and another address, or a film
        or a teaser of the page is called so."""
        headline = json_ld.text(node, "headline", "name")
        address = json_ld.text(node, "mainEntityOfPage", "url") or json_ld.text(node, "@id")
        path = urlsplit(address).path.strip("/") if address.startswith("http") else ""
        if not headline or (path and path == urlsplit(self.url).path.strip("/")):
            return False
        wordings = [self.first("og:title", "title"), self.tree.findtext(".//title") or ""]
        wordings += [flat(h1) for h1 in self.tree.iter("h1")]
        if any(titles.words_in_common(headline, wording) for wording in wordings):
            return False
        teasers = (key(flat(heading)) for heading in self.tree.iter("h2", "h3", "h4") if in_link(heading))
        is_article = any(map(json_ld.ARTICLE.search, json_ld.types(node) - {"SocialMediaPosting"}))
        return bool(path) or not is_article or key(headline) in teasers

    def says_headline(self, node: Node) -> bool:
        """Whether JSON-LD of a film or a page is called like this one, or has no name; the site's own is not."""
        name = json_ld.text(node, "headline", "name")
        shown = flat(self.heading) if self.heading is not None else ""
        return not self.of_another(node) and (not name or not shown or bool(titles.words_in_common(name, shown)))

    @property
    def is_offer(self) -> bool:
        """Whether what the headline names is goods or a job, by the page's own word. What an outlet asks for its own
        pages is on offer on articles, too."""
        headline = key(flat(self.heading)) if self.heading is not None else ""
        names = [key(json_ld.text(node, "name", "title")) for node in json_ld.typed(self.nodes, json_ld.OFFERED)]
        return not self.articles and any(name and name in headline for name in names)

    def first(self, *names: str) -> str:
        return next((self.meta[name][0] for name in names if name in self.meta), "")

    def all(self, names: Iterable[str]) -> list[str]:
        return [content for name in names for content in self.meta.get(name, ())]

    def around(self, wanted: Callable[[HtmlElement], bool]) -> list[HtmlElement]:
        """Matches in the smallest part of the page that holds the heading and at least one of them.

        What stands in a link or beside the article belongs to another article.
        """
        inner = self.heading
        for up in self.heading_ancestors[:10]:
            elements = (e for child in up if child is not inner for e in child.iter("*"))
            if matches := [e for e in elements if wanted(e) and not self.outside(e)]:
                return matches
            inner = up
        return []

    @cached_property
    def marked(self) -> list[HtmlElement]:
        """Elements with microdata, and links to authors."""
        elements: list[HtmlElement] = self.tree.xpath("//*[@itemprop or @pubdate or @rel='author' or @property]")
        return elements

    @cached_property
    def heading_ancestors(self) -> list[HtmlElement]:
        """What the heading stands in, the nearest first."""
        return list(self.heading.iterancestors()) if self.heading is not None else []

    @cached_property
    def following(self) -> list[HtmlElement]:
        """What comes after the heading."""
        elements: list[HtmlElement] = self.heading.xpath("following::*") if self.heading is not None else []
        return elements

    def outside(self, element: HtmlElement) -> bool:
        """Whether it stands beside the article, under another's heading, or in a link that says more than it."""
        ups = list(takewhile(lambda up: up not in self.heading_ancestors, element.iterancestors()))
        if any(up.tag in OUTSIDE and not self.beside_heading(up) for up in (element, *ups)):
            return True
        link = next((up for up in (element, *ups[:4]) if up.tag == "a"), None)
        if link is not None and not (is_byline_link(link) and len(flat(link)) < len(flat(element)) + 20):
            return True
        return any(leads_elsewhere(up) for up in (element, *ups[:3])) or in_headed_list(ups) or dates_a_link(element)

    def beside_heading(self, aside: HtmlElement) -> bool:
        """Whether it is a column of the article's head, with its day and its author."""
        inside = any(up in self.heading_ancestors for up in aside.iterancestors("article", "header"))
        return aside.tag in ("aside", "footer") and inside and len(flat(aside)) < 160

    @cached_property
    def lines(self) -> list[HtmlElement]:
        """Short lines after the heading, and after them those just before it, the nearest first."""
        return [*self.short(islice(self.head(), 40)), *self.lines_above]

    def short(self, elements: Iterable[HtmlElement]) -> list[HtmlElement]:
        candidates = (e for e in elements if e.tag in LINES and not self.outside(e))
        return [e for e in candidates if 0 < len(flat(e)) <= PROSE and e.find(".//button") is None]

    @cached_property
    def lines_above(self) -> list[HtmlElement]:
        """Short lines just before the heading, the nearest first."""
        before: list[HtmlElement] = []
        for element in (self.heading, *self.heading_ancestors) if self.heading is not None else ():
            before += islice(element.itersiblings(preceding=True), 8)
            if len(before) > 6 or element.tag in ("main", "article", "body"):
                break
        return self.short(before[:8])

    def shows(self, text: str) -> bool:
        """Whether a reader finds these words on the page."""
        return key(text) in self.visible

    @cached_property
    def visible(self) -> str:
        hidden = "parent::script or parent::style or parent::template or parent::noscript"
        return key(" ".join(self.tree.xpath(f"//body//text()[not({hidden})]")))

    def head(self) -> Iterator[HtmlElement]:
        """What follows the heading, up to the second paragraph of the text: the first may be the lead."""
        prose = 0
        for element in self.following:
            if element.tag in LINES:
                yield element
                prose += own_length(element) > PROSE
            if prose == 2:
                return

    @cached_property
    def last_lines(self) -> list[HtmlElement]:
        """Short paragraphs after the text, where it is signed and dated; the last first."""
        paragraphs = (e for e in reversed(self.following) if is_paragraph(e))
        last = next((p for p in paragraphs if not self.outside(p)), None)
        beside = islice(after(last, self.heading_ancestors), 4) if last is not None else ()
        tags = {"address": PROSE} | dict.fromkeys(("p", "div", "em", "i", "small"), SIGNATURE)
        return [e for e in beside if 0 < len(flat(e)) <= tags.get(e.tag, 0)]

    @cached_property
    def itemtypes(self) -> set[str]:
        """schema.org types of the parts around the heading."""
        return {(up.get("itemtype") or "").rsplit("/", 1)[-1] for up in self.heading_ancestors} - {""}


def after(element: HtmlElement, limits: list[HtmlElement]) -> Iterator[HtmlElement]:
    """What follows an element beside it, and beside the parts that it stands in, within these."""
    yield from element.itersiblings()
    for part in islice(takewhile(lambda up: up not in limits, element.iterancestors()), 3):
        yield from part.itersiblings()


def is_paragraph(element: HtmlElement) -> bool:
    return own_length(element) > PROSE if element.tag == "div" else element.tag == "p" and len(flat(element)) > PROSE


def own_length(element: HtmlElement) -> int:
    """Characters that stand in the element itself, in none of its children."""
    return len(element.text or "") + sum(len(child.tail or "") for child in element)


def dates_a_link(element: HtmlElement) -> bool:
    """Whether it is the day of a headline that stands before it in its line, and leads elsewhere: a long one, or one of
    several."""
    before = element.getprevious() if element.tag == "time" else None
    if before is None or before.tag != "a" or is_byline_link(before):
        return False
    several = "boolean(../preceding-sibling::*[1][a][time] | ../following-sibling::*[1][a][time])"
    return bool(element.xpath(several)) or len(flat(before)) > LONGEST_NAME


def in_headed_list(ups: list[HtmlElement]) -> bool:
    """Whether it is an entry of a list that has a heading of its own: 'Other people are reading'."""
    around = dropwhile(lambda up: up.tag != "li", ups)
    return any(child.tag in ("h2", "h3", "h4") for up in around for child in up)


def is_byline_link(link: HtmlElement) -> bool:
    """Whether a link in a byline leads to a person or to the archive of a day, not to another article."""
    names = f"{link.get('rel') or ''} {link.get('class') or ''}".lower()
    return "author" in names or "bookmark" in names or bool(AUTHOR_PAGE.search(link.get("href") or ""))


def leads_elsewhere(element: HtmlElement, title: str = "") -> bool:
    """Whether it is a teaser: a heading with a link, and little text. `title`: key of a heading that does not count."""
    headings = (heading for heading in element.iter("h2", "h3", "h4", "h5") if in_link(heading))
    return any(key(flat(heading)) != title for heading in headings) and len(flat(element)) < LONGEST_TEASER
