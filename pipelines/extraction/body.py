"""Reading the text: trafilatura reads the page once, named steps correct what it read."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lxml.etree import _Element
from lxml.html import HtmlElement

from pipelines.article import TraceEntry
from pipelines.extraction import additions, barriers, boilerplate, boilerplate_lines, titles
from pipelines.extraction.draft import Block, Draft, NamedStep, blocks_of, correct, noted
from pipelines.extraction.markup import HEADINGS, flat, key
from pipelines.extraction.metadata import Metadata

# Never text. <script> above all: trafilatura falls back on a JSON-LD articleBody, and with it on the paid text of a
# page that shows a teaser (tried with 2.3.1).
MACHINERY = ("script", "style", "iframe", "object", "svg", "select", "textarea")
FOLDED = ("noscript", "template")  # shown by browsers that run no scripts, or by scripts
LEAST = 250  # characters of prose; where trafilatura finds fewer, the page's own order counts
CHOSEN = 0.8  # share of a block's word triples that trafilatura's text has

SENTENCE_ENDS = re.compile(r"[.!?…][“”\"«»)\s]*(?:\(\S{1,12}\))?$")

STEPS = (
    NamedStep("paid for", "drop", boilerplate.paid_for),
    NamedStep("hidden", "drop", boilerplate.hidden, weak=True),
    NamedStep("parts", "drop", boilerplate.parts, weak=True),
    NamedStep("teasers", "drop", boilerplate.teasers),
    NamedStep("contacts", "drop", boilerplate.contacts, weak=True),
    NamedStep("offers", "drop", boilerplate.offers),
    NamedStep("above", "drop", boilerplate.above_heading),
    NamedStep("outside", "drop", additions.outside, bars=False),
    NamedStep("between", "add", additions.between),
    NamedStep("frames", "add", additions.frames),
    NamedStep("boxes", "drop", boilerplate_lines.boxes),
    NamedStep("lists", "add", additions.lists),
    NamedStep("unfolding", "add", additions.unfolding),
    NamedStep("lead", "add", additions.lead),
    NamedStep("twice", "drop", boilerplate_lines.twice),
    NamedStep("lines", "drop", boilerplate_lines.lines),
)


class Text(NamedTuple):
    paragraphs: list[str]  # subheads and the lead among them
    offers: list[str]  # of a subscription or a login, in the place of text
    chosen: list[str]  # by trafilatura
    trace: list[TraceEntry]


def text_of(tree: HtmlElement, url: str, metadata: Metadata, without: frozenset[str] = frozenset()) -> Text:
    """The text of the article, and what was corrected of what trafilatura read.

    The tree loses what is never text. `without`: names of steps to leave out, to see what they bring.
    """
    prepare(tree, metadata)
    extracted = trafilatura_reads(tree, url)
    glued = boilerplate.within_lines(tree)
    blocks, spans = blocks_of(tree.find("body") if tree.find("body") is not None else tree)
    title = titles.headline(tree, (metadata.title,), set())
    draft = Draft(tree, url, metadata, title, blocks, spans, frozenset(), set(), trace=glued)
    begin(draft, extracted)
    chosen, offering = sorted(draft.kept), list[int]()
    for step in STEPS:
        if step.name == "offers":  # what the house offers in a box of its own is gone by now: it is no wall
            offering = [n for n in sorted(draft.kept) if barriers.offers(draft.blocks[n].text)]
        if step.name not in without:
            correct(draft, step)
    if not draft.prose(draft.kept):  # names, days and labels are no text; a single sentence is one
        draft.kept = {n for n in draft.kept if SENTENCE_ENDS.search(draft.blocks[n].text)}
    paragraphs, offers, found = (
        [draft.blocks[n].text for n in numbers] for numbers in (sorted(draft.kept), offering, chosen)
    )
    return Text(paragraphs, offers, found, draft.trace)


def prepare(tree: HtmlElement, metadata: Metadata) -> None:
    """Take out what is never text, and open what only wraps it: trafilatura throws forms and <noscript> away."""
    for element in list(tree.iter(*MACHINERY)):
        if element.getparent() is not None:
            element.drop_tree()
    for button in list(tree.iter("button")):  # a heading that opens its section is one
        if any(up.tag in HEADINGS for up in button.iterancestors()):
            button.drop_tag()
    for form in list(tree.iter("form", "fieldset")):
        if sum(len(flat(p)) for p in form.iter("p")) > LEAST:
            form.drop_tag()
    for element in list(tree.iter(*FOLDED)):
        if metadata.free is not False and folded(element, tree):
            element.drop_tag()
        elif element.getparent() is not None:
            element.drop_tree()


def folded(element: HtmlElement, tree: HtmlElement) -> bool:
    """Whether more prose stands in it than in all the rest of the page."""
    inside = sum(len(flat(p)) for p in element.iter("p"))
    return inside > LEAST and 2 * inside > sum(len(flat(p)) for p in tree.iter("p"))


def trafilatura_reads(tree: HtmlElement, url: str) -> list[str]:
    import trafilatura  # here: 0.3 s that only those who read pages should wait for

    # fast: its second opinions cost a tenth of the time; what they would find, the steps find in the page.
    document = trafilatura.bare_extraction(tree, url=url, include_comments=False, fast=True)
    return list(lines(document.body)) if isinstance(document, trafilatura.settings.Document) else []


def lines(element: _Element) -> Iterator[str]:
    if element.tag in ("body", "quote", "list", "table", "row") and len(element):
        for child in element:
            yield from lines(child)
        return
    text = flat(element)
    if text:
        yield text


def begin(draft: Draft, extracted: list[str]) -> None:
    """Find trafilatura's lines in the page; where it found next to nothing, begin with the prose around the heading."""
    keys = "\n".join(map(key, extracted))
    exact = set(keys.split("\n"))
    triples = {triple for line in extracted for triple in triples_of(line)}
    chosen = set()
    for n, block in enumerate(draft.blocks):
        if block.key in exact or (len(block.key) > 30 and block.key in keys):
            chosen.add(n)
        elif len(block.key) > 30:  # trafilatura leaves out what stands in <time> and the like
            own = triples_of(block.text)
            ends = own[:1] + own[-1:]
            if any(triple in triples for triple in ends) and sum(triple in triples for triple in own) >= CHOSEN * len(
                own
            ):
                chosen.add(n)
    draft.kept = chosen
    if laid_out_in_tables(draft):
        draft.kept = {n for n, block in enumerate(draft.blocks) if is_sentence(block)}
    if draft.size(draft.prose(chosen)) < LEAST:
        draft.kept = chosen | set(draft.prose(additions.scope(draft)))
        if draft.kept - chosen:
            first = draft.blocks[min(draft.kept - chosen)].text
            draft.trace.append(noted("scope", "add", [first], "trafilatura found next to nothing"))
    draft.total = draft.size(draft.kept)


def laid_out_in_tables(draft: Draft) -> bool:
    """Whether the heading stands in a cell; trafilatura runs the cells of such pages together."""
    cell = draft.title is not None and any(up.tag == "td" for up in (draft.title, *draft.title.iterancestors()))
    paragraphs = (n for n in draft.kept if draft.blocks[n].element.tag in ("p", "li"))
    return cell and draft.size(paragraphs) < 0.5 * draft.size(draft.kept)


def is_sentence(block: Block) -> bool:
    return len(block.text) > 80 and block.links < 0.3 and bool(SENTENCE_ENDS.search(block.text))


def triples_of(text: str) -> list[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return list(zip(words, words[1:], words[2:], strict=False))
