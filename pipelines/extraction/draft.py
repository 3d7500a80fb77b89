"""A text in the making: the page's blocks, those of them that trafilatura chose, and what was corrected since."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from pipelines.article import TraceEntry
from pipelines.extraction.characters import BREAK, on_one_line
from pipelines.extraction.markup import HEADINGS, INLINE, flat, key
from pipelines.extraction.metadata import Metadata

THIRD = 1 / 3  # of what is kept at first: weak evidence may take away less


class Block(NamedTuple):
    """A paragraph, a subhead, an entry of a list: a run of text between block elements."""

    element: HtmlElement
    text: str
    key: str  # letters and digits only, to compare by
    links: float  # the share of it that stands in links
    anchors: tuple[HtmlElement, ...] = ()  # the links in it

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
    metadata: Metadata
    title: HtmlElement | None
    blocks: list[Block]
    spans: dict[HtmlElement, tuple[int, int]]
    trace: list[TraceEntry]
    kept: set[int] = field(default_factory=set)
    total: int = 0  # characters of what is kept at first
    barred: set[int] = field(default_factory=set)  # what a step has dropped, and none may add
    taken: int = 0  # characters that weak evidence took
    before: list[int] = field(init=False)  # characters before each block, and of all

    def __post_init__(self) -> None:
        self.before = [0, *accumulate(len(block.text) for block in self.blocks)]

    def texts(self) -> list[str]:
        """What is kept, in its order."""
        return [self.blocks[n].text for n in sorted(self.kept)]

    def anchors(self) -> list[HtmlElement]:
        return [anchor for n in sorted(self.kept) for anchor in self.blocks[n].anchors]

    def size(self, numbers: Iterable[int]) -> int:
        if isinstance(numbers, range) and numbers:
            return self.before[numbers.stop] - self.before[numbers.start]  # asked 300 times a page
        return sum(len(self.blocks[n].text) for n in numbers)

    def span(self, element: HtmlElement) -> range:
        """The blocks in it."""
        if element in self.spans:
            return range(*self.spans[element])
        up = next((up for up in element.iterancestors() if up in self.spans), None)
        text = key(flat(element))
        at = next((n for n in range(*self.spans.get(up, (0, 0))) if self.blocks[n].key.startswith(text)), None)
        return range(at, at + 1) if at is not None else range(0)

    @property
    def headline(self) -> range:
        return self.span(self.title) if self.title is not None else range(0)

    def prose(self, numbers: Iterable[int]) -> list[int]:
        """Those that are paragraphs of some length."""
        return [n for n in sorted(numbers) if is_prose(self.blocks[n]) and self.blocks[n].element is not self.title]


def is_prose(block: Block) -> bool:
    return len(block.text) > 60 and block.links < 0.6 and block.element.tag not in HEADINGS


def blocks_of(tree: HtmlElement) -> tuple[list[Block], dict[HtmlElement, tuple[int, int]]]:
    """All blocks in their order, parted where two line breaks part them, and which of them each element holds."""
    page_blocks: list[Block] = []
    spans: dict[HtmlElement, tuple[int, int]] = {}
    owners, starts, run, anchors = [tree], list[int](), list[str](), list[HtmlElement]()
    links = linked = 0  # how many links it stands in, characters of the run that stand in links
    broken = False  # nothing was said since a line break
    row: HtmlElement | None = None  # of a table of figures, which is one line

    def say(text: str | None) -> None:
        nonlocal broken, linked
        if text:
            run.append(text)
            if not text.isspace():
                broken = False
                linked += len(text.strip()) if links else 0

    def flush() -> None:
        nonlocal broken, linked
        if run and (text := on_one_line("".join(run))):
            share = min(1, linked / len(text))
            page_blocks.append(Block(owners[-1], text, key(text), share, tuple(anchors)))
            anchors.clear()  # one that has said nothing yet goes round the next block
        run.clear()
        broken, linked = False, 0

    for event, element in iterwalk(tree, events=("start", "end")):
        tag = element.tag
        if tag == "tr" and row is None and event == "start" and of_figures(element):
            row = element
        block = tag not in INLINE and (row is None or element is row)
        if block:
            flush()
        if event == "start":
            starts.append(len(page_blocks))
            if block:
                owners.append(element)
                spans[element] = (len(page_blocks), len(page_blocks))
            elif tag == "br" and broken:
                flush()
            elif tag == "br":
                run.append(BREAK)
                broken = True
            if leads_away(element):
                links += 1
                anchors.append(element)
            say(element.text)
        else:
            start = starts.pop()
            if block:
                owners.pop()
            if block or start < len(page_blocks):
                spans[element] = (start, len(page_blocks))
            links -= leads_away(element)
            if row is not None and tag in ("td", "th"):
                run.append(" ")
            row = None if element is row else row
            say(element.tail if element is not tree else None)
    return page_blocks, spans


def leads_away(element: HtmlElement) -> bool:
    return element.tag == "a" and not (element.get("href") or "#").startswith("#")


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
    """Weak evidence is judged by the sum of what it would take away: a third of the text stands against it."""
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
