"""What belongs to the article though trafilatura passed it over, and where the article ends."""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from pipelines.extraction.draft import Block, Draft, Found, is_prose
from pipelines.extraction.markup import BEGINS, ENDS, HEADINGS, class_and_id, key, linked

LEAD = re.compile(
    rf"{BEGINS}(?i:(?:lead|intro|teaser)(?:text)?|lede|introduction|standfirst|subtitle|sub-title|dek|vorspann"
    rf"|anrei[sß]er|excerpt|summary){ENDS}"
)
UNFOLDED = re.compile(
    rf"{BEGINS}(?i:accordion|akkordeon|faq|collaps(?:e|ed|ible)|toggle|unfold|expand(?:able|ed)?|fold(?:ed)?|hideOnInit"
    rf"|read-?more|show-?more|mehr-?lesen){ENDS}"
)
NINE_TENTHS = 0.9
FRAMES = ("div", "section", "article", "main", "td", "paragraph")


def scope(draft: Draft) -> range:
    """The blocks of the smallest part of the page that holds the heading and prose; of all of it without one."""
    ups = draft.title.iterancestors() if draft.title is not None else ()
    for up in ups:
        after = [n for n in draft.span(up) if is_prose(draft.blocks[n])]
        if sum(draft.blocks[n].links < 0.3 for n in after) > 1 or (after and up.tag in ("article", "main", "body")):
            return draft.span(up)
    return range(len(draft.blocks))


def containers(draft: Draft) -> list[HtmlElement]:
    """The lowest element that holds nine tenths of the prose that is kept."""
    lengths: dict[HtmlElement, int] = {}
    prose = draft.prose(draft.kept)
    for n in prose:
        for up in (draft.blocks[n].element, *draft.blocks[n].element.iterancestors()):
            lengths[up] = lengths.get(up, 0) + len(draft.blocks[n].text)
    total = draft.size(prose)
    enough = [element for element, length in lengths.items() if length >= NINE_TENTHS * total]
    return [max(enough, key=lambda element: sum(1 for _ in element.iterancestors()))] if enough else []


def outside(draft: Draft) -> Iterator[Found]:
    """Lines trafilatura took from elsewhere: far above or below the part that holds nine tenths of the prose."""
    for container in containers(draft):
        inside = set(draft.span(container))
        prose = [n for n in draft.prose(draft.kept) if n in inside]
        if prose:
            far = [n for n in draft.kept - inside if not prose[0] - 3 <= n < prose[-1]]
            yield Found(far, "far from the part that holds nine tenths of the prose")


def between(draft: Draft) -> Iterator[Found]:
    """Prose and subheads between the first and the last paragraph, in the part that holds them."""
    for container in containers(draft):
        prose = [n for n in draft.prose(draft.kept) if n in set(draft.span(container))]
        if prose:
            passed = [
                n for n in draft.span(container) if prose[0] - 1 <= n < prose[-1] and passed_over(draft.blocks[n])
            ]
            yield Found(passed, "between paragraphs of the text")
            dense = [
                n
                for n in draft.span(container)
                if n > prose[-1] and draft.blocks[n].element is draft.blocks[prose[-1]].element
            ]
            yield Found([n for n in dense if draft.blocks[n].links < 0.5], "in one element with the text")


def passed_over(block: Block) -> bool:
    if block.element.tag in HEADINGS:
        return block.links < 0.5
    paragraph = block.element.tag in ("p", "blockquote") or len(block.text) > 150
    return paragraph and len(block.text) > 60 and block.links < 0.6


def frames(draft: Draft) -> Iterator[Found]:
    """Prose in frames of the same name as those that hold the text: long articles come in several."""
    names = {name for n in draft.prose(draft.kept) if (name := frame(draft.blocks[n]))}
    start = min(draft.prose(draft.kept), default=0)
    around = scope(draft)
    for n in around:
        block = draft.blocks[n]
        if (
            n > start
            and n not in draft.kept
            and is_prose(block)
            and frame(block) in names
            and not linked(block.parent)
            and not led(block)
        ):
            yield Found([n], f'in a frame named "{frame(block)}" like the text')


def frame(block: Block) -> str:
    parent = block.parent if block.element.tag not in ("div", "section") else block.element
    name = (parent.get("class") or "").strip()
    return f"{parent.tag} {name}" if name and parent.tag in FRAMES else ""


def led(block: Block) -> bool:
    """Whether a heading in its frame leads to another page."""
    return any(h.find(".//a[@href]") is not None for h in block.parent.iter("h2", "h3", "h4"))


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
        if n > last and not linked(block.element) and unfolds(block.element, around):
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
    """Above the first paragraph: the page's description, what is called a lead, or a sentence under the heading."""
    first = min(draft.prose(draft.kept), default=0)
    heading = next(
        (n for n, block in enumerate(draft.blocks) if draft.title is not None and within(block.element, draft.title)),
        None,
    )
    for n, block in enumerate(draft.blocks[:first]):
        if len(block.text) < 40 or block.links > 0.6 or linked(block.element):
            continue
        described = matches_description(block.text, draft.metadata.description)
        sentence = block.text.rstrip('“”"«»)').endswith((".", "!", "?", "…")) and (
            block.element.tag not in HEADINGS or len(block.text) > 80
        )
        if described:
            yield Found([n], "the page's description")
        elif heading is not None and n > heading and sentence:
            yield Found([n], "a sentence under the heading")
        elif n > first - 6 and LEAD.search(class_and_id(block.element) + " " + class_and_id(block.parent)):
            yield Found([n], "named a lead")


def within(element: HtmlElement, other: HtmlElement) -> bool:
    return element is other or any(up is other for up in element.iterancestors())


def matches_description(text: str, description: str) -> bool:
    a, b = key(text), key(description)
    return (
        bool(b)
        and len(a) > 25
        and (a == b or a.startswith(b[: max(40, len(b) - 12)]) or b.startswith(a[: max(40, len(a) - 12)]))
    )
