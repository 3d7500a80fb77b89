"""The headline: which element it is, what stands above it, and its wording among the several that a page has."""

import re
from collections.abc import Iterable
from html import unescape

from lxml.html import HtmlElement

from pipelines import dates
from pipelines.extraction.characters import without_invisible
from pipelines.extraction.markup import BEGINS, ENDS, class_and_id, closeness, flat, in_link, key, pieces

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
    rf"|schlagzeile|hauptzeile|titre|titolo|titulo|tytul|kop|h1){ENDS}"
)
HOME = re.compile(r"(?:https?://[^/?#]+)?/(?:index\.\w+)?|https?://[^/?#]+")
ARTICLE_OF_NAME = re.compile(r"(?:the|der|die|das|le|la|il|el|de|het)\s+(?=\S)", re.IGNORECASE)


def headline(tree: HtmlElement, wordings: Iterable[str], outlet_keys: set[str]) -> HtmlElement | None:
    """What microdata calls so; or the <h1> that says most of what the page calls itself; without one, the heading or
    the part named so that does.

    `outlet_keys`: keys of the outlet's names; a logo in <h1> is no headline.
    """
    page_titles = [text for text in wordings if text]

    def nearness(element: HtmlElement) -> float:
        return max((closeness(flat(element), text) for text in page_titles), default=0.0)

    described = [e for e in tree.xpath("//body//*[@itemprop='headline']") if flat(e) and not in_link(e)]
    if len(described) == 1:
        return described[0]
    marked = [h for h in tree.iter("h1", "div", "p", "span") if h.tag == "h1" or h.get("aria-level") == "1"]
    own = (h for h in marked if not any(HOME.fullmatch(link.get("href") or "") for link in h.iter("a")))
    top_headings = [h for h in own if flat(h) and not names_outlet(flat(h), outlet_keys)]
    best = max(top_headings, key=nearness, default=None)
    if best is not None and (beside := rest_of_title(tree, best, page_titles)) is not None:
        return beside
    if best is not None and nearness(best) > 0.3:
        return best
    if best is not None and key(flat(best)) in {key(flat(link)) for link in tree.xpath("//nav//a")}:  # the section's
        return next((h for h in best.xpath("following::*[self::h2 or self::h3]") if not in_link(h)), best)
    enough = 0.3 if best is None else 0.6
    below = (
        tree.iter("h2", "h3", "h4") if best is None else best.xpath("following::*[self::h2 or self::h3 or self::h4]")
    )
    lower_headings = [h for h in below if not in_link(h) and nearness(h) > enough]
    if lower_headings or best is not None:
        return max(lower_headings, key=nearness, default=best)
    parts = tree.iter("div", "span", "p", "td", "font", "b", "strong", "big", "h2", "h3")
    named = (e for e in parts if (large(e) or nearness(e) > 0.7) and not in_link(e))
    headlines = (e for e in named if 12 < len(flat(e)) < 200 and not names_outlet(flat(e), outlet_keys))
    return max(headlines, key=nearness, default=None)


def names_outlet(text: str, outlet_keys: set[str]) -> bool:
    return bool({key(text), key(ARTICLE_OF_NAME.sub("", text, count=1))} & outlet_keys)


def rest_of_title(tree: HtmlElement, top: HtmlElement, page_titles: list[str]) -> HtmlElement | None:
    """The heading that begins like what the page calls itself, where the outlet's name behind a line is the <h1>."""
    parted = filter(None, map(SEPARATOR.match, page_titles))
    heads = tuple(key(match["head"]) for match in parted if key(match["tail"]) == key(flat(top)))
    headings = (heading for heading in tree.iter("h2", "h3", "h4") if not in_link(heading))
    return next((heading for heading in headings if key(flat(heading)).startswith(heads)), None) if heads else None


def large(element: HtmlElement) -> bool:
    """Whether it is called a headline, or set in large type, as pages did before there was anything else."""
    if element.tag == "font":
        return (element.get("size") or "").strip() in ("4", "5", "6", "7", "+1", "+2", "+3", "+4")
    return element.tag == "big" or bool(NAMED.search(class_and_id(element)))


def without_kicker(heading: HtmlElement, page_title: str) -> str:
    """A heading without the kicker in it: what is called so, or stands on a line of its own and not in <title>."""
    lines = pieces(heading)
    wording = " ".join(lines)
    for part in heading.iter("*"):
        if part is not heading and KICKER.search(class_and_id(part)) and len(flat(part)) <= LONGEST_KICKER:
            rest = wording.replace(flat(part), "", 1).strip(" :|–-")
            wording = rest if len(rest) > 12 else wording
    if len(lines) == 1 and len(heading) and not (heading.text or "").strip():  # <span>Abo+</span> Die Überschrift
        lines = [flat(heading[0]), wording.removeprefix(flat(heading[0])).strip()]
    line, rest = next(iter(lines), ""), " ".join(lines[1:])
    line_in_title, rest_in_title = (key(text) in key(page_title) for text in (line, rest))
    if rest and len(line) <= 40 and rest_in_title and not line_in_title:
        return rest
    if rest and len(line) > 20 and line_in_title and not rest_in_title:
        return line  # day and tags below
    return wording


def words_in_common(text: str, other: str) -> set[str]:
    """Those of four letters or more: the outlet's slogan in og:title shares none with an article."""
    return set(re.findall(r"\w{4,}", text.lower())) & set(re.findall(r"\w{4,}", other.lower()))


def tidy(text: str) -> str:
    """Without soft hyphens and with entities resolved, also those that were escaped twice."""
    return " ".join(without_invisible(unescape(unescape(text))).split()).strip(" |–—·»-")


def without_outlet(text: str, heading: str, outlet_keys: set[str]) -> str:
    """A headline without the outlet's name, a section or a date before or behind it."""
    while match := SEPARATOR.match(text):
        head, tail = match["head"].strip(), match["tail"].strip()
        if head.rstrip(".")[-1:].isdigit() and dates.written(tail):  # 14. - 20. Mai 2026
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
