"""Who is said to have written it, and where: author fields, bylines, lines with 'Von …' before and after the text."""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from pipelines import dates
from pipelines.extraction import bylines, json_ld
from pipelines.extraction.markup import BEGINS, ENDS, class_and_id, flat, pieces
from pipelines.extraction.page import AUTHOR_PAGE, Page

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
BYLINE_PARTS = re.compile(
    rf"{BEGINS}(?i:(?:article|entry|post|story|text)?(?:authors?|bylines?)|author(?:name|line)"
    rf"|autor(?:en)?(?:name|zeile)?|verfasser|writer){ENDS}"
)
SIGNED = re.compile(
    rf"\W*(?:\w{{2,9}}\)\s*)?(?:(?:ein(?:e)?|an?|une?|het|een)\s+)?(?:(?:{bylines.FORM})\s+)?"
    r"(?:(?:(?:geschrieben|verfasst|erstellt|eingestellt)\s+)?von(?:\s+und\s+mit)?|(?:written\s+|posted\s+|reported\s+)?by"
    r"|(?:publié\s+|posté\s+|recueillis\s+)?par|door|text[eo]?|autor(?:en|in|innen|e|a)?|auteure?s?|authors?"
    r"|(?:das\s+)?(?:gespr[äa]ch|interview)\s+f[üu]hrten?|die\s+fragen\s+stellten?|(?:di|por)(?=\s+[A-ZÀ-Þ]))\s*:?\s+\w",
    re.IGNORECASE,
)
LABELLED = re.compile(
    r"^\W*(?:autor(?:in|en|innen)?|verfasser(?:in)?|von|text|author|by|auteur|redacteur|autore)\s*:?\s*$", re.IGNORECASE
)
ROLE = re.compile(
    r"\w*redakt\w+|\w*korrespondent\w*|\w*reporter\w*|volont[äa]r\w*|staff\s+writer|editor|journalist\w*", re.IGNORECASE
)
CREDITING = re.compile(
    r"\W*(?:(?:mit\s+)?material\s+(?:von|der)|(?:quelle|source|bron|fuente|fonte)\s*:|\(?(?:mit|with|avec|met|con)\s)|\([^)]*\)\W*$"
    rf"|(?:{bylines.NAMES})\W*$",
    re.IGNORECASE,
)
NAME_ENDS = re.compile(r"\s[·|•–—-]\s|[·|•\n,/()]")
PARTED = re.compile(r"\s[·|•–—-]\s|[·|•\n]|(?<=[a-z]{3}\.)\s")


def credits(page: Page) -> Iterator[list[str]]:
    """Author fields, one list for each place they stand in, the best first."""
    for node in page.articles:
        people = json_ld.resolved(node.get("author") or node.get("creator"), page.nodes)
        yield [
            json_ld.text(item, "name") if isinstance(item, dict) else str(item)
            for item in people
            if not organisation(item)
        ]
        yield [
            json_ld.text(item, "name")
            for item in people
            if isinstance(item, dict) and organisation(item) and bylines.agencies_of(json_ld.text(item, "name"))
        ]
    yield [content for content in page.all(AUTHORS) if "//" not in content and not content.startswith("@")]
    author_elements = [element for element in page.marked if "author" in (element.get("rel"), element.get("itemprop"))]
    if len(author_elements) > 1:
        author_elements = [element for element in author_elements if not page.outside(element)]
    yield (
        [piece for element in author_elements[:8] for piece in element.itertext()] if len(author_elements) <= 8 else []
    )
    for element in page.around(lambda e: bool(BYLINE_PARTS.search(class_and_id(e))) and 0 < len(flat(e)) < 200):
        yield pieces(element)
    links = page.around(lambda e: e.tag == "a" and bool(AUTHOR_PAGE.search(e.get("href") or "")))
    yield [flat(link) for link in links[:6]]
    yield from signed(page)


def signed(page: Page) -> Iterator[list[str]]:
    """Lines about the heading and at the text's end: 'Von …', a name beside a day or a role, or in bold.

    A sentence is none of these.
    """
    before = ""
    for element in (*page.lines, *page.last_lines):
        lines = pieces(element)
        for text in (part.strip() for line in lines for part in PARTED.split(dates.without(line))):
            end = text.rstrip(' “”"«»)')[-1:]
            if 0 < len(text) < 80 and SIGNED.match(text) and end not in ("?", "!"):
                yield [text]
        text = " ".join(lines)
        if LABELLED.match(before) and len(text) < 80:
            yield [text]
        if set_apart(element, text) and text.rstrip(' “”"«»)')[-1:] not in ("?", "!", "."):
            yield [text]
        before = text
    yield from beside_day(page)


def set_apart(element: HtmlElement, text: str) -> bool:
    """A paragraph of a few words, all of them bold or slanted; or an <address>."""
    whole = len(element) > 0 and element[0].tag in ("strong", "b", "em", "i") and flat(element[0]) == text
    return len(text) < 80 and (element.tag == "address" or (whole and element.tag == "p"))


def beside_day(page: Page) -> Iterator[list[str]]:
    """Names that share a line with the article's day, or stand on lines of their own next to such a line or a role."""
    for lines in (page.lines, page.last_lines):
        pieces_by_line = [pieces(element) for element in lines]
        marked = [any(dates.written(part) or ROLE.fullmatch(part) for part in parts) for parts in pieces_by_line]
        names_by_line = [names_alone(parts) for parts in pieces_by_line]
        for n, persons in enumerate(names_by_line):
            if marked[n] and persons:
                yield persons
            elif persons and (n == 0 or not names_by_line[n - 1]):
                end = next((m for m in range(n, len(names_by_line)) if not names_by_line[m]), len(names_by_line))
                if any(marked[max(0, n - 1) : end + 1]):
                    yield [name for names in names_by_line[n:end] for name in names]


def names_alone(parts: list[str]) -> list[str]:
    """Persons that stand between separators, in a line that is not much else."""
    if any(PICTURED.search(part) for part in parts):
        return []
    candidates = [part.strip() for line in parts for part in NAME_ENDS.split(dates.without(line)) if part.strip()]
    return [part for part in candidates if bylines.is_person(part)] if len(candidates) <= 6 else []


PICTURED = re.compile(r"©|\b(?:fotos?|bild|photo|picture|image|grafik)\s*:", re.IGNORECASE)


def credit_lines(page: Page, authors: tuple[str, ...]) -> Iterator[str]:
    """Lines about the heading that say who wrote: with a name, a 'Von' or a source, or nothing but a bracket."""
    for element in (*page.lines, *page.last_lines):
        for piece in pieces(element):
            if len(piece) < 120 and (
                SIGNED.match(piece) or CREDITING.match(piece) or any(author in piece for author in authors)
            ):
                yield piece


def organisation(item: object) -> bool:
    return isinstance(item, dict) and any(
        "Organization" in kind or kind == "Corporation" for kind in json_ld.types(item)
    )
