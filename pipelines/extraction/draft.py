"""A text in the making: the page's blocks, those of them that trafilatura chose, and what was corrected since."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from pipelines.article import TraceEntry
from pipelines.extraction.characters import BREAK, on_one_line
from pipelines.extraction.markup import HEADINGS, INLINE, flat, key
from pipelines.extraction.metadata import Metadata

LINK, LINK_END = "\x02", "\x03"  # around what stands in a link, in a run of text
MARKS = re.compile(f"([{LINK}{LINK_END}])")
TWICE = re.compile(rf"{BREAK}\s*{BREAK}")
LARGEST_PART = 0.4  # of trafilatura's text
THIRD = 1 / 3  # of trafilatura's text: what weak evidence may take away


class Block(NamedTuple):
    """A paragraph, a subhead, an entry of a list: a run of text between block elements."""

    element: HtmlElement
    text: str
    key: str  # letters and digits only, to compare by
    links: float  # the share of it that stands in links

    @property
    def parent(self) -> HtmlElement:
        up = self.element.getparent()
        return self.element if up is None else up


class Found(NamedTuple):
    blocks: Iterable[int]  # their numbers
    evidence: str
    group: str = ""  # what is judged together: the word in a class name


class NamedStep(NamedTuple):
    name: str
    kind: str  # drop, add
    find: Callable[["Draft"], Iterable[Found]]
    weak: bool = False  # its evidence does not stand against a third of the text
    bars: bool = True  # what it drops, no later step may add


@dataclass(slots=True)
class Draft:
    tree: HtmlElement
    url: str
    metadata: Metadata
    title: HtmlElement | None
    blocks: list[Block]
    spans: dict[HtmlElement, tuple[int, int]]
    chosen: frozenset[int]  # by trafilatura
    kept: set[int]
    total: int = 0  # characters of what is kept at first
    barred: set[int] = field(default_factory=set)  # what a step has dropped, and none may add
    taken: int = 0  # characters of trafilatura's text that weak evidence took
    trace: list[TraceEntry] = field(default_factory=list)

    def size(self, numbers: Iterable[int]) -> int:
        return sum(len(self.blocks[n].text) for n in numbers)

    def span(self, element: HtmlElement) -> range:
        """The blocks in it."""
        if element in self.spans:
            return range(*self.spans[element])
        up = next((up for up in element.iterancestors() if up in self.spans), None)
        text = key(flat(element))
        at = next((n for n in range(*self.spans.get(up, (0, 0))) if self.blocks[n].key == text), None)
        return range(at, at + 1) if at is not None else range(0)

    def prose(self, numbers: Iterable[int]) -> list[int]:
        """Those that are paragraphs of some length."""
        return [n for n in sorted(numbers) if is_prose(self.blocks[n]) and self.blocks[n].element is not self.title]


def is_prose(block: Block) -> bool:
    return len(block.text) > 60 and block.links < 0.6 and block.element.tag not in HEADINGS


def blocks_of(tree: HtmlElement) -> tuple[list[Block], dict[HtmlElement, tuple[int, int]]]:
    """All blocks in their order, parted where two line breaks part them, and which of them each element holds."""
    page_blocks: list[Block] = []
    spans: dict[HtmlElement, tuple[int, int]] = {}
    owners, run = [tree], [""]
    inside = False  # a link

    def flush() -> None:
        nonlocal inside
        joined = "".join(run)
        run.clear()
        if not joined or joined.isspace():
            return
        for part in TWICE.split(joined) if BREAK in joined else (joined,):
            linked = 0
            text = part
            if inside or LINK in part:
                text = ""
                for piece in MARKS.split(part):
                    if piece in (LINK, LINK_END):
                        inside = piece == LINK
                        continue
                    text += piece
                    linked += inside * len(piece.strip())
            text = on_one_line(text)
            if text:
                page_blocks.append(Block(owners[-1], text, key(text), min(1, linked / len(text))))

    row: HtmlElement | None = None  # of a table of figures, which is one line
    for event, element in iterwalk(tree, events=("start", "end")):
        block = element.tag not in INLINE and (row is None or element is row)
        if element.tag == "tr" and row is None and event == "start" and of_figures(element):
            row = element
        elif element is row and event == "end":
            row = None
        if row is not None and element.tag in ("td", "th") and event == "end":
            run.append(" ")
        link = element.tag == "a"
        if block:
            flush()
        if event == "start":
            if block:
                owners.append(element)
                spans[element] = (len(page_blocks), len(page_blocks))
            run.append((LINK if link else "") + (BREAK if element.tag == "br" else element.text or ""))
        else:
            if block:
                owners.pop()
                spans[element] = (spans[element][0], len(page_blocks))
            run.append((LINK_END if link else "") + (element.tail or "" if element is not tree else ""))
    return page_blocks, spans


def of_figures(row: HtmlElement) -> bool:
    """Whether the cells of a row are so short that it is read as a line; pages are laid out in tables, too."""
    return len(row) > 1 and all(len(flat(cell)) < 60 and cell.find(".//table") is None for cell in row)


def noted(step: str, kind: str, texts: Iterable[str], evidence: str) -> TraceEntry:
    shown = " … ".join(dict.fromkeys(text[:80] for text in texts))
    return TraceEntry(step, kind, shown.encode("utf-8", "replace").decode(), evidence)


def correct(draft: Draft, step: NamedStep) -> None:
    """What the step finds, done and written down."""
    findings = [Found(list(blocks), *about) for blocks, *about in step.find(draft)]
    for finding in believed(draft, findings) if step.weak else findings:
        changed = [n for n in finding.blocks if (n in draft.kept) == (step.kind == "drop")]
        if step.kind == "drop":
            if step.bars:
                draft.barred.update(finding.blocks)
            draft.kept.difference_update(changed)
        else:
            changed = [n for n in changed if n not in draft.barred and draft.blocks[n].element is not draft.title]
            draft.kept.update(changed)
        if changed:
            texts = [draft.blocks[n].text for n in (changed[0], changed[-1])]
            draft.trace.append(noted(step.name, step.kind, texts, finding.evidence))


def believed(draft: Draft, findings: list[Found]) -> list[Found]:
    """Weak evidence is judged by the sum of what it would take away: a third of the text stands against it.

    A name that the largest part of the text bears, or the beginning of whose name it is, says nothing of other parts.
    """
    sizes = [draft.size(n for n in finding.blocks if n in draft.kept) for finding in findings]
    borne = tuple(
        {
            found.evidence.rstrip('"')
            for found, size in zip(findings, sizes, strict=True)
            if size > LARGEST_PART * draft.total
        }
    )
    findings = [found for found in findings if not found.evidence.startswith(borne)]
    groups: dict[str, set[int]] = {}
    for found in findings:
        groups.setdefault(found.group, set()).update(n for n in found.blocks if n in draft.kept)
    enough = set()
    for group, numbers in sorted(groups.items(), key=lambda item: draft.size(item[1])):
        size = draft.size(numbers)
        if size == 0 or draft.taken + size < THIRD * draft.total:
            draft.taken += size
            enough.add(group)
    return [found for found in findings if found.group in enough]
