"""Reading the text: trafilatura reads the page once, named steps correct what it read."""

import re
from collections.abc import Iterator
from copy import copy
from itertools import islice
from typing import NamedTuple

from lxml.etree import _Element, strip_elements, strip_tags
from lxml.html import HtmlElement

from pipelines.article import TraceEntry
from pipelines.extraction import additions, barriers, boilerplate, boilerplate_lines, titles
from pipelines.extraction.draft import Block, Draft, NamedStep, blocks_of, correct
from pipelines.extraction.markup import HEADINGS, flat, key
from pipelines.extraction.metadata import Metadata
from pipelines.extraction.page import leads_elsewhere

# Never text. <script> above all: what is paid for stands in a JSON-LD articleBody.
MACHINERY = ("script", "iframe", "object", "select", "textarea")
FOLDED = ("noscript", "template")  # shown by browsers that run no scripts, or by scripts
LITTLE = 100  # characters that trafilatura does not take for an article's text either
LEAST = 250  # characters of prose that make a page whose scripts do not run worth reading
SENTENCE_ENDS = re.compile(r"[.!?…][“”\"«»)\s]*(?:\(\S{1,12}\))?$")

STEPS = (
    NamedStep("paid for", "drop", boilerplate.paid_for),
    NamedStep("parts", "drop", boilerplate.parts, weak=True),
    NamedStep("contacts", "drop", boilerplate.contacts, weak=True),
    NamedStep("offers", "drop", boilerplate.offers),
    NamedStep("above", "drop", boilerplate.above_heading),
    NamedStep("others", "drop", boilerplate.others),
    NamedStep("outside", "drop", additions.outside, bars=False),
    NamedStep("between", "add", additions.between),
    NamedStep("boxes", "drop", boilerplate_lines.boxes),
    NamedStep("lists", "add", additions.lists),
    NamedStep("unfolding", "add", additions.unfolding),
    NamedStep("lead", "add", additions.lead),
    NamedStep("contents", "drop", boilerplate_lines.contents),
    NamedStep("twice", "drop", boilerplate_lines.twice),
    NamedStep("lines", "drop", boilerplate_lines.lines),
)


class Text(NamedTuple):
    paragraphs: list[str]  # subheads and the lead among them
    offers: list[str]  # of a subscription or a login, in the place of text
    chosen: list[str]  # by trafilatura
    anchors: list[HtmlElement]  # the links in the paragraphs
    trace: list[TraceEntry]
    teased: float  # the share of the text that stands under headlines that lead elsewhere
    around: str  # all that stands about the headline, at most 3,000 characters


def text_of(tree: HtmlElement, metadata: Metadata, without: frozenset[str] = frozenset()) -> Text:
    """The text of the article, and what was corrected of what trafilatura read.

    The tree loses what is never text. `without`: names of steps to leave out, to see what they bring.
    """
    prepare(tree, metadata)
    extracted = trafilatura_reads(tree)
    trace = boilerplate.within_lines(tree)
    blocks, spans = blocks_of(tree if (body := tree.find("body")) is None else body)
    draft = Draft(metadata, titles.headline(tree, (metadata.title,), set()), blocks, spans, trace)
    begin(draft, extracted)
    if draft.total < LITTLE and len("".join(baseline := baseline_reads(tree))) > LEAST:
        begin(draft, baseline)
    chosen, offers = draft.texts(), list[str]()
    for step in STEPS:
        if step.name == "offers":  # what the house offers in a box of its own is gone by now: it is no wall
            offers = list(filter(barriers.offers, draft.texts()))
        if step.name not in without:
            correct(draft, step)
    teased = draft.size(n for n in draft.kept if is_teased(draft.blocks[n].element, key(metadata.title)))
    share = teased / max(1, draft.size(draft.kept))
    around = " ".join(draft.blocks[n].text for n in additions.scope(draft))[:3000]
    return Text(draft.texts(), offers, chosen, draft.anchors(), draft.trace, share, around)


def is_teased(element: HtmlElement, title: str) -> bool:
    """Whether the nearest headline about it leads elsewhere. `title`: key of the page's own, which leads to itself."""
    ups = (up for up in islice(element.iterancestors(), 3) if any(True for _ in up.iter(*HEADINGS)))
    nearest = next(ups, None)
    return nearest is not None and leads_elsewhere(nearest, title)


def prepare(tree: HtmlElement, metadata: Metadata) -> None:
    """Take out what is never text, and open what only wraps it: trafilatura throws <noscript> away."""
    strip_elements(tree, *MACHINERY, with_tail=False)
    for heading in tree.iter(*HEADINGS):
        strip_tags(heading, "button")  # it opens its section
    for element in list(tree.iter(*FOLDED)) if metadata.free is not False else ():
        if folded(element, tree):
            element.drop_tag()
    strip_elements(tree, *FOLDED, with_tail=False)


def folded(element: HtmlElement, tree: HtmlElement) -> bool:
    """Whether more prose stands in it than in all the rest of the page."""
    inside = sum(len(flat(p)) for p in element.iter("p"))
    return inside > LEAST and 2 * inside > sum(len(flat(p)) for p in tree.iter("p"))


def trafilatura_reads(tree: HtmlElement) -> list[str]:
    """What trafilatura's main extractor finds; the others cost as much again, and the steps find what they would."""
    from trafilatura.htmlprocessing import convert_tags, tree_cleaning  # here: 0.3 s that only readers should wait for
    from trafilatura.main_extractor import extract_content
    from trafilatura.settings import Extractor

    options = Extractor(comments=False)
    try:
        text, _ = extract_content(convert_tags(tree_cleaning(copy(tree), options), options), options)
    except (TypeError, ValueError):  # as bare_extraction does; the page is read without it
        return []
    return list(lines(text))


def baseline_reads(tree: HtmlElement) -> list[str]:
    """What trafilatura takes where its extractors find next to nothing: <article>, <p>, or all that is there."""
    from trafilatura import baseline

    return list(lines(baseline(tree)[0]))


def lines(element: _Element) -> Iterator[str]:
    if element.tag in ("body", "quote", "list", "table", "row") and len(element):
        for child in element:
            yield from lines(child)
    elif text := flat(element):
        yield text


def begin(draft: Draft, extracted: list[str]) -> None:
    """What trafilatura read, and the sentences of the part of the page that holds the heading and prose."""
    keys = "\n".join(map(key, extracted))
    exact = set(keys.split("\n"))
    around = additions.scope(draft)
    for n, block in enumerate(draft.blocks):
        if block.key in exact or (len(block.key) > 30 and block.key in keys) or (n in around and is_sentence(block)):
            draft.kept.add(n)
    draft.total = draft.size(draft.kept)


def is_sentence(block: Block) -> bool:
    """A paragraph of text, longer than what sites say of themselves."""
    return len(block.text) > 120 and block.links < 0.3 and bool(SENTENCE_ENDS.search(block.text))
