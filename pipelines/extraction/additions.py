"""What belongs to the article though trafilatura passed it over, and where the article ends."""

import re
from collections.abc import Iterator
from itertools import accumulate

from lxml.html import HtmlElement

from pipelines.extraction.draft import Block, Draft, Found, is_prose
from pipelines.extraction.markup import BEGINS, ENDS, HEADINGS, class_and_id, key

UNFOLDED = re.compile(
    rf"{BEGINS}(?i:accordion|akkordeon|faq|collaps(?:e|ed|ible)|toggle|unfold|expand(?:able|ed)?|fold(?:ed)?|hideOnInit"
    rf"|read-?more|show-?more|mehr-?lesen){ENDS}"
)
NINE_TENTHS = 0.9


def scope(draft: Draft) -> range:
    """The blocks of the smallest part of the page that holds the heading and prose; of all of it without one."""
    for up in draft.title.iterancestors() if draft.title is not None else ():
        if sum(is_prose(draft.blocks[n]) and draft.blocks[n].links < 0.3 for n in draft.span(up)) > 1:
            return draft.span(up)
    return range(len(draft.blocks))


def main_part(draft: Draft) -> tuple[range, list[int]]:
    """The smallest part of the page that holds nine tenths of the prose that is kept, and the prose in it."""
    prose = set(draft.prose(draft.kept))
    lengths = (len(block.text) if n in prose else 0 for n, block in enumerate(draft.blocks))
    sums = list(accumulate(lengths, initial=0))
    enough = (span for span in draft.spans.values() if sums[span[1]] - sums[span[0]] >= NINE_TENTHS * sums[-1])
    inside = range(*min(enough, key=lambda span: span[1] - span[0]))
    return inside, sorted(prose.intersection(inside))


def outside(draft: Draft) -> Iterator[Found]:
    """Lines trafilatura took from elsewhere: far above or below the part that holds nine tenths of the prose."""
    inside, prose = main_part(draft)
    if prose:
        far = [n for n in draft.kept if n not in inside and not prose[0] - 3 <= n < prose[-1]]
        yield Found(far, "far from the part that holds nine tenths of the prose")


def between(draft: Draft) -> Iterator[Found]:
    """Prose and subheads between the first and the last paragraph, in the part that holds them."""
    inside, prose = main_part(draft)
    if prose:
        passed = [n for n in inside if prose[0] - 1 <= n < prose[-1] and passed_over(draft.blocks[n])]
        yield Found(passed, "between paragraphs of the text")


def passed_over(block: Block) -> bool:
    return is_prose(block) or (block.element.tag in HEADINGS and block.links < 0.5)


def lists(draft: Draft) -> Iterator[Found]:
    """Entries of a list that follows on a paragraph of the text."""
    for n in sorted(draft.kept):
        follower = draft.blocks[n].element.getnext()
        if follower is not None and follower.tag in ("ul", "ol", "dl"):
            entries = [m for m in draft.span(follower) if draft.blocks[m].links < 0.5]
            if entries and len(entries) > 0.7 * len(draft.span(follower)):
                yield Found(entries, "a list among the paragraphs")


def unfolding(draft: Draft) -> Iterator[Found]:
    """What opens on a click, after the text of the same article; never where the text is paid for."""
    prose = draft.prose(draft.kept)
    if draft.metadata.free is False or not prose:
        return
    last = prose[-1]
    ups = list(draft.blocks[last].element.iterancestors())
    around = next((up for up in ups if up.tag in ("article", "main")), ups[min(2, len(ups) - 1)])
    for n in draft.span(around):
        block = draft.blocks[n]
        if n > last and block.links < 0.6 and unfolds(block.element, around):
            yield Found([n], "unfolds on a click")


def unfolds(element: HtmlElement, around: HtmlElement | None = None) -> bool:
    """Whether it stands in a part that opens on a click."""
    for up in (element, *element.iterancestors()):
        if up is around:
            return False
        if up.tag == "details" or UNFOLDED.search(class_and_id(up)):
            return True
    return False


def lead(draft: Draft) -> Iterator[Found]:
    """Above the first paragraph: the page's description, or a sentence under the heading."""
    first, below = min(draft.prose(draft.kept), default=0), draft.headline.stop
    description = key(draft.metadata.description)[:40]
    for n, block in enumerate(draft.blocks[:first]):
        if len(block.text) < 40 or block.links > 0.6:
            continue
        sentence = block.text.rstrip('“”"«»)').endswith((".", "!", "?", "…"))
        if key(block.text)[:40] == description:
            yield Found([n], "the page's description")
        elif 0 < below <= n and sentence and (block.element.tag not in HEADINGS or len(block.text) > 80):
            yield Found([n], "a sentence under the heading")
