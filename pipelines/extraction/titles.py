"""The headline: which element it is, what stands above it, and its wording among the several that a page has."""

import re
from collections.abc import Callable, Iterable
from html import unescape
from itertools import islice

from lxml.html import HtmlElement

from pipelines import dates
from pipelines.extraction.characters import without_invisible
from pipelines.extraction.markup import BEGINS, ENDS, HEADINGS, class_and_id, closeness, flat, key, pieces

SEPARATOR = re.compile(r"(?P<head>.+)\s(?:[|–—•·-]|::|»|\|)\s(?P<tail>[^|]+)$")
FIGURE = re.compile(r"\d\.?$")
LEADING = re.compile(r"(?P<site>[^|–—•·»]{3,60})\s(?:[|–—•·-]|::|»)\s(?P<rest>.{8,})$")
KICKER = re.compile(
    rf"{BEGINS}(?i:kicker|topline|over-?line|over-?title|pre-?title|dachzeile|oberzeile|spitzmarke"
    rf"|roofline|eyebrow|section|rubrik){ENDS}"
)
LONGEST_KICKER = 80  # characters; what is longer is called so for another reason
# What pages without <h1> call their headline.
NAMED = re.compile(
    rf"{BEGINS}(?i:(?:article|entry|post|news|story|page|artikel|beitrag)?(?:head-?line|title)|titel|[üu]e?berschrift"
    rf"|schlagzeile|hauptzeile|titre|titolo|titulo|kop|h1){ENDS}"
)


def headline(tree: HtmlElement, wordings: Iterable[str], outlet_keys: set[str]) -> HtmlElement | None:
    """The <h1> that says most of what the page calls itself; without one, the heading or the part named so that does.

    `outlet_keys`: keys of the outlet's names; a logo in <h1> is no headline.
    """
    page_titles = [text for text in wordings if text]

    def nearness(element: HtmlElement) -> float:
        return max((closeness(flat(element), text) for text in page_titles), default=0.0)

    marked = [h for h in tree.iter("h1", "div", "p", "span") if h.tag == "h1" or h.get("aria-level") == "1"]
    top_headings = [h for h in marked if flat(h) and key(flat(h)) not in outlet_keys]
    best = max(top_headings, key=nearness, default=None)
    if best is not None and nearness(best) > 0.3:
        return best
    enough = 0.3 if best is None else 0.6
    lower_headings = [h for h in tree.iter("h2", "h3", "h4") if not in_link(h) and nearness(h) > enough]
    if lower_headings or best is not None:
        return max(lower_headings, key=nearness) if lower_headings else best
    candidates = (
        e for e in tree.iter("div", "span", "p", "td", "font", "b", "strong", "big") if large(e) or nearness(e) > 0.7
    )
    headlines = [
        e for e in candidates if 12 < len(flat(e)) < 200 and not in_link(e) and key(flat(e)) not in outlet_keys
    ]
    return max(headlines, key=nearness) if headlines else None


def large(element: HtmlElement) -> bool:
    """Whether it is called a headline, or set in large type, as pages did before there was anything else."""
    if element.tag == "font":
        return (element.get("size") or "").strip() in ("4", "5", "6", "7", "+1", "+2", "+3", "+4")
    return element.tag == "big" or bool(NAMED.search(class_and_id(element)))


def in_link(element: HtmlElement) -> bool:
    """Whether it leads to another page."""
    return element.find(".//a[@href]") is not None or any(up.tag == "a" for up in element.iterancestors())


def without_kicker(heading: HtmlElement, page_title: str) -> str:
    """A heading without the kicker in it: what is called so, or stands on a line of its own and not in <title>."""
    wording = " ".join(pieces(heading))
    for part in heading.iter("*"):
        if part is not heading and KICKER.search(class_and_id(part)) and len(flat(part)) <= LONGEST_KICKER:
            rest = wording.replace(flat(part), "", 1).strip(" :|–-")
            wording = rest if len(rest) > 12 else wording
    lines = pieces(heading)
    rest = " ".join(lines[1:])
    if len(lines) > 1 and len(lines[0]) <= 40 and key(rest) in key(page_title) and key(lines[0]) not in key(page_title):
        wording = rest
    elif (
        len(lines) > 1 and len(lines[0]) > 20 and key(lines[0]) in key(page_title) and key(rest) not in key(page_title)
    ):
        wording = lines[0]  # day and tags below
    return wording


def kickers(tree: HtmlElement) -> list[HtmlElement]:
    """The lines above the heading that name its section or form."""
    above = tree.xpath(  # of three headings: before each of 4,000 it takes a minute
        "((//h1)[position() < 4]/preceding-sibling::* | (//h1)[position() < 4]/../preceding-sibling::*[position() < 3])"
        "/descendant-or-self::*[@class][not(ancestor-or-self::nav or ancestor::ul)]"
    )
    return [
        part
        for part in above
        if KICKER.search(part.get("class") or "")
        and len(" ".join(part.text_content().split())) <= LONGEST_KICKER
        and not part.xpath("descendant-or-self::h1")
    ]


def lines_above(heading: HtmlElement | None) -> list[str]:
    """Short lines right above the headline, whatever they are called."""
    lines: list[str] = []
    element = heading
    for _ in range(3):
        if element is None or element.tag in ("body", "main", "article"):
            break
        for before in element.itersiblings(preceding=True):
            text = flat(before)
            plain = before.tag in ("p", "span", "div", "strong", "small", "b", "em", "a", *HEADINGS[1:])
            if len(lines) < 4 and plain and 0 < len(text) <= LONGEST_KICKER and len(list(before.iter("a"))) < 2:
                lines.append(text)
            if text:
                break
        element = element.getparent()
    return lines


def title(
    heading: str,
    headlines: list[str],
    meta: tuple[list[str], list[str]],
    page_title: str,
    beside: tuple[str, set[str]],
    visible: Callable[[str], bool],
) -> str:
    """The editors' headline. `meta`: for networks, and others; `page_title`: <title>; `beside`: the page's description,
    the outlet's names as keys.

    Papers serve two: one for search engines, which stands in <title>, and their own. The first of <h1>, JSON-LD and,
    where the reader sees it on the page, OpenGraph that is not in <title> is the editors'; where all say the same, it
    is that.
    """
    description, outlet_keys = beside
    page_title = without_outlet(tidy(page_title), heading, outlet_keys)
    candidates = [without_outlet(tidy(text), heading, outlet_keys) for text in (heading, *headlines, *meta[0])]
    candidates = [text for text in candidates if len(text) > 3 and key(text) not in outlet_keys]
    others = [text for text in map(tidy, meta[1]) if key(text) not in outlet_keys]
    wordings = [*candidates, page_title, description]
    headline_wordings = {without_outlet(tidy(text), heading, outlet_keys) for text in (heading, *headlines)}
    editorial = (
        text
        for text in candidates
        if closeness(text, page_title) < 0.5
        and any(akin(text, other) for other in wordings if other != text)
        and (text in headline_wordings or visible(text))
    )
    fallback = "" if key(page_title) in outlet_keys else page_title
    return next(iter([*(islice(editorial, 1) if page_title else ()), *candidates, fallback, *others]), "")


def akin(text: str, other: str) -> bool:
    """Whether two texts share a word of four letters: the outlet's slogan in og:title shares none with an article."""
    return bool(set(re.findall(r"\w{4,}", text.lower())) & set(re.findall(r"\w{4,}", other.lower())))


def tidy(text: str) -> str:
    """Without soft hyphens and with entities resolved, also those that were escaped twice."""
    return " ".join(without_invisible(unescape(unescape(text))).split()).strip(" |–—·»-")


def without_outlet(text: str, heading: str, outlet_keys: set[str]) -> str:
    """A headline without the outlet's name, a section or a date before or behind it."""
    while match := SEPARATOR.match(text):
        head, tail = match["head"].strip(), match["tail"].strip()
        if FIGURE.search(head) and dates.written(tail):  # 14. - 20. Mai 2026
            break
        named = any(
            key(tail).startswith(name) or (len(key(tail)) > 3 and name.startswith(key(tail))) for name in outlet_keys
        )
        if not (named or dates.written(tail) or key(head) == key(heading)):
            break
        text = head
    match = LEADING.match(text)
    if match and (key(match["site"]) in outlet_keys or key(match["rest"]) == key(heading)):
        text = match["rest"].strip()
    return text
