"""Reading the text: what is no part of the article leaves the tree, trafilatura finds the article in the rest."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lxml.etree import _Element, iterwalk
from lxml.html import HtmlElement

from pipelines.extraction import titles
from pipelines.extraction.boilerplate import OTHER, prose_length, prune
from pipelines.extraction.boilerplate_lines import is_boilerplate_line
from pipelines.extraction.characters import BREAK, on_one_line
from pipelines.extraction.markup import BEGINS, ENDS, HEADINGS, INLINE, class_and_id, flat, key, linked
from pipelines.extraction.metadata import Metadata

__all__ = ["paragraphs", "prune"]

LEAD = re.compile(
    rf"{BEGINS}(?i:(?:lead|intro|teaser)(?:text)?|lede|introduction|standfirst|subtitle|sub-title|dek|vorspann"
    rf"|anrei[sß]er|excerpt|summary){ENDS}"
)
QUOTED = re.compile(rf"{BEGINS}(?i:(?:pull)?-?quote|zitat|citation|citaat){ENDS}")
SENTENCE_ENDS = re.compile(r"[.!?…][“”\"«»)\s]*(?:\(\S{1,12}\))?$")
UNFOLDED = re.compile(rf"{BEGINS}(?i:accordion|akkordeon|faq|collapsible){ENDS}")
LARGEST_BOX = 800  # characters; what stands in a box of its own and has more is a part of the article


class Block(NamedTuple):
    element: HtmlElement
    text: str
    key: str  # letters and digits only, to compare by


def paragraphs(tree: HtmlElement, url: str, metadata: Metadata) -> list[str]:
    """The paragraphs of the article, subheads and the lead among them; the tree is a pruned one."""
    import trafilatura  # here: 0.3 s that only those who read pages should wait for

    # fast: its second opinions cost a tenth of the time; what they would find, `complete` finds in the page.
    document = trafilatura.bare_extraction(tree, url=url, include_comments=False, fast=True)
    extracted = list(lines(document.body)) if isinstance(document, trafilatura.settings.Document) else []
    texts = complete(tree, extracted, metadata)
    return [
        text for n, text in enumerate(texts) if not is_boilerplate_line(text, min(n, len(texts) - 1 - n), metadata, url)
    ]


def lines(element: _Element) -> Iterator[str]:
    if element.tag in ("body", "quote", "list", "table", "row") and len(element):
        for child in element:
            yield from lines(child)
        return
    text = flat(element)
    if text:
        yield text


def blocks(tree: HtmlElement) -> list[Block]:
    """Paragraphs as the page has them: runs of text between block elements, parted where two line breaks part them."""
    page_blocks: list[Block] = []
    owners, run = [tree], [""]

    def flush() -> None:
        for part in re.split(rf"{BREAK}\s*{BREAK}", "".join(run)):
            text = on_one_line(part)
            if text:
                page_blocks.append(Block(owners[-1], text, key(text)))
        run.clear()

    for event, element in iterwalk(tree, events=("start", "end")):
        block = element.tag not in INLINE
        if block:
            flush()
        if event == "start":
            if block:
                owners.append(element)
            run.append(BREAK if element.tag == "br" else element.text or "")
        else:
            if block:
                owners.pop()
            run.append(element.tail or "" if element is not tree else "")
    return page_blocks


def complete(tree: HtmlElement, extracted: list[str], metadata: Metadata) -> list[str]:
    """What trafilatura chose, as the page has it, with the lead above it and the prose it passed over in between."""
    extracted_keys = "\n".join(map(key, extracted))
    exact = set(extracted_keys.split("\n"))
    page = blocks(tree)
    title = titles.headline(tree, (metadata.title,), set())
    page = page[begins(page, title) :]
    chosen = [
        n for n, block in enumerate(page) if block.key in exact or (len(block.key) > 30 and block.key in extracted_keys)
    ]
    prose = [n for n in chosen if len(page[n].text) > 60 and page[n].element is not title]
    if not prose or sum(len(page[n].key) for n in chosen) < 0.5 * len(extracted_keys):
        # Pages laid out in tables: trafilatura runs cells together. Then the sentences that lead nowhere are the text.
        chosen = prose = [n for n, block in enumerate(page) if sentences(block)]
        if not prose:
            return [line for line in extracted if SENTENCE_ENDS.search(line)]
    dense = densest(page)
    if any(page[n].element is dense for n in prose):
        # Text that stands in a <div> without <p> is lost by trafilatura where other elements are mixed in.
        prose = sorted({*prose, *(n for n, block in enumerate(page) if block.element is dense and passed_over(block))})
    containers = chunks_like(tree, container([page[n] for n in prose]))
    inside = {
        n for n, block in enumerate(page) if not containers.isdisjoint((block.element, *block.element.iterancestors()))
    }
    first, last = prose[0], prose[-1] if len(containers) == 1 else max(inside | {prose[-1]})
    kept = {n for n in chosen if n in inside or first - 3 <= n < last}
    kept |= {n for n in inside if first < n <= last and passed_over(page[n])}
    kept |= set(lead(tree, page[:first], title, metadata.description))
    if all(page[n].element.tag not in ("p", "li", "blockquote") for n in kept):
        kept = {n for n in kept if sentences(page[n]) or page[n].element.tag in HEADINGS}
    kept -= boxed(page, kept, title)
    scope = next((up for up in page[prose[-1]].element.iterancestors() if up.tag in ("article", "main")), None)
    kept |= {n for n in range(last + 1, len(page)) if scope is not None and unfolds(page[n], scope)}
    texts = [
        page[n].text
        for n in sorted(kept)
        if page[n].element is not title and not is_aside(page[n]) and not repeats(page, n, kept)
    ]
    return list(dict.fromkeys(texts))


def begins(page: list[Block], title: HtmlElement | None) -> int:
    """The block of the headline: what stands above it is the page's, unless most of the prose does."""
    at = next((n for n, block in enumerate(page) if title is not None and within(block.element, title)), 0)
    above, below = (sum(len(block.text) for block in part if prosaic(block)) for part in (page[:at], page[at:]))
    return at if above < 0.5 * below else 0


def sentences(block: Block) -> bool:
    return len(block.text) > 80 and links(block) < 0.3 and bool(SENTENCE_ENDS.search(block.text))


def links(block: Block) -> float:
    """The share of its text that stands in links."""
    return sum(len(flat(a)) for a in block.element.iter("a")) / max(1, len(flat(block.element)))


def unfolds(block: Block, scope: HtmlElement) -> bool:
    """Questions and answers that open on a click, after the text of the same article."""
    ups = [block.element, *block.element.iterancestors()]
    inside = ups[: ups.index(scope)] if scope in ups else []
    return any(up.tag == "details" or UNFOLDED.search(class_and_id(up)) for up in inside) and not linked(block.element)


def within(element: HtmlElement, other: HtmlElement) -> bool:
    return element is other or any(up is other for up in element.iterancestors())


def prosaic(block: Block) -> bool:
    return len(block.text) > 100 and not linked(block.element)


def boxed(page: list[Block], kept: set[int], title: HtmlElement | None) -> set[int]:
    """Small boxes with a heading of their own between paragraphs that stand side by side: appeals, quizzes, offers."""
    lengths: dict[HtmlElement, int] = {}
    for n in kept:
        parent = page[n].element.getparent()
        if page[n].element.tag == "p" and parent is not None:
            lengths[parent] = lengths.get(parent, 0) + len(page[n].text)
    total = sum(len(page[n].text) for n in kept)
    text_parent = max(lengths, key=lambda element: lengths[element], default=None)
    if text_parent is None or lengths[text_parent] < 0.7 * total:
        return set()
    groups: dict[HtmlElement, list[int]] = {}
    for n in sorted(kept):
        box = next((up for up in page[n].element.iterancestors() if up.getparent() is text_parent), None)
        if box is None and not within(page[n].element, text_parent):
            box = page[n].element.getparent()
        if box is not None and box.tag in ("div", "section", "td"):
            groups.setdefault(box, []).append(n)
    return {
        n
        for box, members in groups.items()
        if not within(text_parent, box) and (title is None or not within(title, box))
        if opens(page, members[0], box) and sum(len(page[n].text) for n in members) < min(LARGEST_BOX, 0.4 * total)
        for n in members
    }


def opens(page: list[Block], n: int, box: HtmlElement) -> bool:
    """Whether a box of more than one block begins with a heading or a label, not with a sentence."""
    first = n
    while first > 0 and within(page[first - 1].element, box):
        first -= 1
    several = first < n or (n + 1 < len(page) and within(page[n + 1].element, box))
    above = any(prosaic(block) for block in page[:first])  # a label over the lead is a kicker
    label = above and len(page[first].text) < 30 and first < n and not page[first].text.endswith((".", "?", "!", ":"))
    return several and (page[first].element.tag in HEADINGS or label)


def repeats(page: list[Block], n: int, kept: set[int]) -> bool:
    """A pull quote says once more what a paragraph says."""
    element, words = page[n].element, page[n].key
    parent = element.getparent()
    quote_class = QUOTED.search(class_and_id(element) + (class_and_id(parent) if parent is not None else ""))
    quote = "blockquote" in (element.tag, parent.tag if parent is not None else "") or quote_class is not None
    return (
        quote
        and len(words) > 20
        and any(words in page[m].key for m in kept if m != n and len(page[m].key) > len(words))
    )


def is_aside(block: Block) -> bool:
    """A line that leads to another page, or the caption of the picture before it."""
    element = block.element
    links = sum(len(a.text_content()) for a in element.iter("a"))
    if element.tag == "p" and links and (links > 0.8 * len(block.text) or OTHER.match(block.text)):
        return True
    slanted = len(element) == 1 and element[0].tag in ("em", "i", "small") and flat(element[0]) == block.text
    before = element.getprevious()
    return slanted and before is not None and not flat(before) and next(before.iter("img", "iframe"), None) is not None


def passed_over(block: Block) -> bool:
    element = block.element
    if element.tag in HEADINGS:
        return True
    prose = element.tag in ("p", "blockquote") or len(block.text) > 150
    return prose and len(block.text) > 60 and not (element.tag in ("p", "li") and linked(element))


def densest(page: list[Block]) -> HtmlElement | None:
    """The element that holds most text itself, outside paragraphs."""
    lengths: dict[HtmlElement, int] = {}
    for block in page:
        if block.element.tag in ("div", "section", "article", "main", "td") and links(block) < 0.5:
            lengths[block.element] = lengths.get(block.element, 0) + len(block.text)
    best = max(lengths, key=lambda element: lengths[element], default=None)
    return best if best is not None and lengths[best] > 500 else None


def lead(tree: HtmlElement, above: list[Block], title: HtmlElement | None, description: str) -> list[int]:
    """Blocks over the first paragraph that belong to the article: its description, or a sentence under the heading."""
    order = {element: n for n, element in enumerate(tree.iter("*"))}
    start = order[title] if title is not None else len(order)
    numbers = []
    for n, block in enumerate(above):
        if len(block.text) < 40 or linked(block.element) or block.element.tag in HEADINGS:
            continue
        sentence = order[block.element] > start and block.text.rstrip('“”"«»)').endswith((".", "!", "?", "…"))
        if (
            matches_description(block.text, description)
            or sentence
            or (
                LEAD.search(class_and_id(block.element) + class_and_id(block.element.getparent()))
                and n > len(above) - 6
            )
        ):
            numbers.append(n)
    return numbers


def chunks_like(tree: HtmlElement, element: HtmlElement) -> set[HtmlElement]:
    """The element and those of the same name and class that hold prose: long articles come in several chunks."""
    name = element.get("class")
    chunks = tree.iter(element.tag) if name else ()
    return {element} | {e for e in chunks if e.get("class") == name and prose_length(e) > 400 and not linked(e)}


def matches_description(text: str, description: str) -> bool:
    a, b = key(text), key(description)
    return (
        bool(b)
        and len(a) > 25
        and (a == b or a.startswith(b[: max(40, len(b) - 12)]) or b.startswith(a[: max(40, len(a) - 12)]))
    )


def container(prose: list[Block]) -> HtmlElement:
    """The lowest element that holds nine tenths of the prose."""
    lengths: dict[HtmlElement, int] = {}
    for block in prose:
        for ancestor in (block.element, *block.element.iterancestors()):
            lengths[ancestor] = lengths.get(ancestor, 0) + len(block.text)
    total = sum(len(block.text) for block in prose)
    enough = [element for element, count in lengths.items() if count >= 0.9 * total]
    return max(enough, key=lambda element: sum(1 for _ in element.iterancestors()))
