"""The headline: which element it is, what stands above it, and its wording among the several that a page has."""

import re
from collections.abc import Callable, Iterable
from html import unescape
from itertools import islice

from lxml.html import HtmlElement

from pipelines import dates
from pipelines.extraction.characters import seen
from pipelines.extraction.markup import BEGINS, ENDS, HEADINGS, called, closeness, flat, key, pieces

SEPARATOR = re.compile(r"(?P<head>.+)\s(?:[|–—•·-]|::|»|\|)\s(?P<tail>[^|]+)$")
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


def headline(tree: HtmlElement, wordings: Iterable[str], house: set[str]) -> HtmlElement | None:
    """The <h1> that says most of what the page calls itself; without one, the heading or the part named so that does.

    `house`: keys of the outlet's names; a logo in <h1> is no headline.
    """
    told = [text for text in wordings if text]

    def nearness(element: HtmlElement) -> float:
        return max((closeness(flat(element), text) for text in told), default=0.0)

    marked = [h for h in tree.iter("h1", "div", "p", "span") if h.tag == "h1" or h.get("aria-level") == "1"]
    first = [h for h in marked if flat(h) and key(flat(h)) not in house]
    best = max(first, key=nearness, default=None)
    if best is not None and nearness(best) > 0.3:
        return best
    enough = 0.3 if best is None else 0.6
    second = [h for h in tree.iter("h2", "h3", "h4") if not in_link(h) and nearness(h) > enough]
    if second or best is not None:
        return max(second, key=nearness) if second else best
    spoken = (
        e for e in tree.iter("div", "span", "p", "td", "font", "b", "strong", "big") if large(e) or nearness(e) > 0.7
    )
    own = [e for e in spoken if 12 < len(flat(e)) < 200 and not in_link(e) and key(flat(e)) not in house]
    return max(own, key=nearness) if own else None


def large(element: HtmlElement) -> bool:
    """Whether it is called a headline, or set in large type, as pages did before there was anything else."""
    if element.tag == "font":
        return (element.get("size") or "").strip() in ("4", "5", "6", "7", "+1", "+2", "+3", "+4")
    return element.tag == "big" or bool(NAMED.search(called(element)))


def in_link(element: HtmlElement) -> bool:
    """Whether it leads to another page."""
    return element.find(".//a[@href]") is not None or any(up.tag == "a" for up in element.iterancestors())


def said(heading: HtmlElement, shown: str) -> str:
    """A heading without the kicker in it: what is called so, or stands on a line of its own and not in <title>."""
    whole = " ".join(pieces(heading))
    for part in heading.iter("*"):
        if part is not heading and KICKER.search(called(part)) and len(flat(part)) <= LONGEST_KICKER:
            rest = whole.replace(flat(part), "", 1).strip(" :|–-")
            whole = rest if len(rest) > 12 else whole
    lines = pieces(heading)
    rest = " ".join(lines[1:])
    if len(lines) > 1 and len(lines[0]) <= 40 and key(rest) in key(shown) and key(lines[0]) not in key(shown):
        whole = rest
    return whole


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


def over(heading: HtmlElement | None) -> list[str]:
    """Short lines right above the headline, whatever they are called."""
    found: list[str] = []
    element = heading
    for _ in range(3):
        if element is None or element.tag in ("body", "main", "article"):
            break
        for before in element.itersiblings(preceding=True):
            text = flat(before)
            plain = before.tag in ("p", "span", "div", "strong", "small", "b", "em", "a", *HEADINGS[1:])
            if len(found) < 4 and plain and 0 < len(text) <= LONGEST_KICKER and len(list(before.iter("a"))) < 2:
                found.append(text)
            if text:
                break
        element = element.getparent()
    return found


def title(
    heading: str,
    headlines: list[str],
    meta: list[str],
    shown: str,
    beside: tuple[str, set[str]],
    visible: Callable[[str], bool],
) -> str:
    """The editors' headline. `shown`: <title>; `beside`: the page's description and the keys of the outlet's names.

    Papers serve two: one for search engines, which stands in <title>, and their own. The first of <h1>, JSON-LD and,
    where the reader sees it on the page, OpenGraph that is not in <title> is the editors'; where all say the same, it
    is that.
    """
    description, house = beside
    shown = bare(tidy(shown), heading, house)
    known = [bare(tidy(text), heading, house) for text in (heading, *headlines, *meta)]
    known = [text for text in known if len(text) > 3 and key(text) not in house]
    told = [*known, shown, description]
    first = {bare(tidy(text), heading, house) for text in (heading, *headlines)}
    own = (
        text
        for text in known
        if closeness(text, shown) < 0.5
        and any(akin(text, other) for other in told if other != text)
        and (text in first or visible(text))
    )
    fallback = "" if key(shown) in house else shown
    return next(iter([*(islice(own, 1) if shown else ()), *known, fallback]), "")


def akin(text: str, other: str) -> bool:
    """Whether two texts share a word of four letters: the outlet's slogan in og:title shares none with an article."""
    return bool(set(re.findall(r"\w{4,}", text.lower())) & set(re.findall(r"\w{4,}", other.lower())))


def tidy(text: str) -> str:
    """Without soft hyphens and with entities resolved, also those that were escaped twice."""
    return " ".join(seen(unescape(unescape(text))).split()).strip(" |–—·»-")


def bare(text: str, heading: str, house: set[str]) -> str:
    """A headline without the outlet's name, a section or a date before or behind it."""
    while match := SEPARATOR.match(text):
        head, tail = match["head"].strip(), match["tail"].strip()
        named = any(key(tail).startswith(name) or (len(key(tail)) > 3 and name.startswith(key(tail))) for name in house)
        if not (named or dates.written(tail) or key(head) == key(heading)):
            break
        text = head
    match = LEADING.match(text)
    if match and (key(match["site"]) in house or key(match["rest"]) == key(heading)):
        text = match["rest"].strip()
    return text
