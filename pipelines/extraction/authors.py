"""Who is said to have written it, and where: author fields, bylines, lines with 'Von …' before and after the text."""

import re
from collections.abc import Iterator
from itertools import groupby

from lxml.html import HtmlElement

from pipelines import dates
from pipelines.extraction import bylines, json_ld
from pipelines.extraction.markup import BEGINS, ENDS, class_and_id, flat, pieces
from pipelines.extraction.page import AUTHOR_PAGE, Page

AUTHORS = (
    "author article:author articleauthor article:author_name dc.creator dcterms.creator citation_author"
    " sailthru.author byl"
).split()
BYLINE_PARTS = re.compile(
    rf"{BEGINS}(?i:(?:article|entry|post|story|text)?(?:authors?|bylines?)|author(?:name|line)"
    rf"|autor(?:en)?(?:name|zeile)?|verfasser|writer){ENDS}"
)
CREDITING = re.compile(
    r"\W*(?:(?:mit\s+)?material\s+(?:von|der)|(?:quelle|source|bron|fuente|fonte|źródło|källa|kilde|lähde|zdroj)\s*:|\(?(?:mit|with|avec|met|con)\s)|\([^)]*\)\W*$"
    rf"|(?:\([^)]{{1,12}}\),\s*)?(?:{bylines.NAMES})\W*$|.{{0,60}}\((?:{bylines.NAMES})\)\W*$",
    re.IGNORECASE,
)
PICTURED = re.compile(r"©|\b(?:fotos?|bild|photo|picture|image|grafik)\s*:", re.IGNORECASE)
# What a person is beside the name: the line says who wrote.
ROLE = re.compile(
    r"(?:autor|author|\w*reporter|\w*redakteur|journalist|\w*korrespondent|(?:staff |senior )?(?:writer|editor)"
    r"|\w*correspondent|journaliste|redacteur|volont[äa]r)(?:in|e)?\b",
    re.IGNORECASE,
)
NAME_ENDS = re.compile(r"\s[·|•–—-]\s|[·|•\n,/()]")
PARTED = re.compile(r"\s[·|•–—-]\s|[·|•\n]|(?<=[a-z]{3}\.)\s")


def credits(page: Page) -> Iterator[list[str]]:
    """Author fields, one list for each place they stand in, the best first."""
    named = json_ld.by_id(page.nodes)  # once: a page may have 20,000 nodes
    for node in page.articles:
        people = json_ld.resolved(node.get("author") or node.get("creator"), named)
        names = ((item, json_ld.text(item, "name") if isinstance(item, dict) else str(item)) for item in people)
        yield [name for item, name in names if not organisation(item) or bylines.agencies_in(name)]
    yield [content for content in page.all(AUTHORS) if "//" not in content and not content.startswith("@")]
    marked = (element for element in page.marked if "author" in (element.get("rel"), element.get("itemprop")))
    elements = [element for element in marked if not page.outside(element)]
    yield [piece for element in elements for piece in element.itertext()] if len(elements) <= 8 else []
    parts = page.around(lambda e: bool(BYLINE_PARTS.search(class_and_id(e))) and 0 < len(flat(e)) < 200)
    for _, beside in groupby(parts, key=lambda e: e.getparent()):  # each author of several has an element
        elements = list(beside)
        yield [piece for element in elements for piece in pieces(element)]
        yield [flat(link) for element in elements for link in element.iter("a")]
    yield [flat(e) for e in page.around(lambda e: e.tag == "a" and bool(AUTHOR_PAGE.search(e.get("href") or "")))[:6]]
    yield from signed(page)


def signed(page: Page) -> Iterator[list[str]]:
    """Lines about the heading and at the text's end: 'Von …', a name beside a day, or in bold; but no sentence."""
    for element in (*page.lines, *page.last_lines):
        lines = pieces(element)
        for part in (part.strip() for line in lines for part in PARTED.split(dates.without(line))):
            if 0 < len(part) < 80 and bylines.SIGNED.match(part):
                yield [part]
        text = " ".join(lines)
        if set_apart(element, text):
            yield [text]
    yield from beside_day(page)


def set_apart(element: HtmlElement, text: str) -> bool:
    """A paragraph of a few words, all of them bold or slanted; but no sentence."""
    whole = len(element) > 0 and element[0].tag in ("strong", "b", "em", "i") and flat(element[0]) == text
    ends = text.rstrip(' “”"«»)').endswith(("?", "!", "."))
    return len(text) < 80 and element.tag == "p" and whole and not ends


def beside_day(page: Page) -> Iterator[list[str]]:
    """Names that share a line with the article's day, or stand on lines of their own next to such a line."""
    for lines in (page.lines, page.last_lines):
        pieces_by_line = [pieces(element) for element in lines]
        dated = [
            line.tag == "time" or any(dates.written(part) or ROLE.match(part) for part in parts)
            for line, parts in zip(lines, pieces_by_line, strict=True)
        ]
        names_by_line = [names_alone(parts) for parts in pieces_by_line]
        for named, numbers in groupby(range(len(lines)), key=lambda n: bool(names_by_line[n])):
            first, *others = numbers
            if named and any(dated[max(0, first - 1) : first + len(others) + 2]):
                yield [name for n in (first, *others) for name in names_by_line[n]]


def names_alone(parts: list[str]) -> list[str]:
    """Persons that stand between separators, in a line that is not much else."""
    if any(PICTURED.search(part) for part in parts):
        return []
    candidates = [part.strip() for line in parts for part in NAME_ENDS.split(dates.without(line)) if part.strip()]
    return [part for part in candidates if bylines.is_person(part)] if len(candidates) <= 6 else []


def credit_lines(page: Page, authors: tuple[str, ...]) -> Iterator[str]:
    """Lines about the heading that say who wrote: with a name, a 'Von' or a source, or nothing but a bracket."""
    for element in (*page.lines, *page.last_lines):
        for piece in pieces(element):
            if len(piece) < 120 and (
                bylines.SIGNED.match(piece) or CREDITING.match(piece) or any(author in piece for author in authors)
            ):
                yield piece


def organisation(item: object) -> bool:
    kinds = json_ld.types(item) if isinstance(item, dict) else ()
    return any("Organization" in kind or kind == "Corporation" for kind in kinds)
