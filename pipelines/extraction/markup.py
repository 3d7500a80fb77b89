"""What elements are called, and what they say."""

import re
from collections.abc import Iterator

from lxml.etree import _Element, iterwalk
from lxml.html import HtmlElement

from pipelines.extraction.characters import BREAK

# Where a word of a class name begins and ends: at blanks, hyphens and underscores, and at capitals as in articleLead.
BEGINS, ENDS = r"(?:^|(?<=[\s_-])|(?<=[a-z])(?=[A-Z]))", r"(?=$|[\s_-]|(?<=[a-z])[A-Z])"
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
INLINE = frozenset(
    "a abbr b bdi bdo br cite code data del dfn em font i img ins kbd label link mark meta q s small span strike strong"
    " sub sup time tt u var wbr".split()
)


def class_and_id(element: _Element) -> str:
    return f"{(element.get('class') or '')[:200]} {(element.get('id') or '')[:80]}"


def flat(element: _Element) -> str:
    return " ".join("".join(element.itertext()).split())


def pieces(element: HtmlElement) -> list[str]:
    """What it says, parted where a reader sees a gap: at blocks and line breaks, and between elements that touch."""
    run: list[str] = []
    for event, node in iterwalk(element, events=("start", "end")):
        text = (node.text if event == "start" else node.tail if node is not element else "") or ""
        touching = event == "start" and run and not run[-1][-1:].isspace() and closed(node)
        if node.tag == "br" or node.tag not in INLINE or touching:
            run.append(BREAK)
        if text:
            run.append(text)
    texts = (" ".join(piece.split()) for piece in "".join(run).split(BREAK))
    return [text for text in texts if text]


def closed(element: HtmlElement) -> bool:
    """Whether another element ends exactly where this one begins."""
    before = element.getprevious()
    return before is not None and not before.tail and before.tag not in ("img", "svg", "wbr")


def key(text: str) -> str:
    """Letters and digits only, to compare by."""
    return "".join(re.findall(r"\w+", text)).lower()


def closeness(text: str, other: str) -> float:
    a, b = set(re.findall(r"\w+", text.lower())), set(re.findall(r"\w+", other.lower()))
    return len(a & b) / max(1, len(a | b))


def linked(element: HtmlElement) -> bool:
    """A teaser leads elsewhere: a heading in a link, or a link that holds most of it."""
    links = list(element.iter("a"))
    if not links:
        return False
    for link in links:
        if link.get("href") is not None and (
            next(link.iter("h2", "h3", "h4"), None) is not None
            or any(up.tag in ("h2", "h3", "h4") for up in above(link, element))
        ):
            return True
    words = len("".join(element.itertext()).split())
    return words > 0 and sum(len("".join(a.itertext()).split()) for a in links) > 0.6 * words


def above(element: HtmlElement, top: HtmlElement) -> Iterator[HtmlElement]:
    """Its ancestors below `top`."""
    for up in element.iterancestors():
        if up is top:
            return
        yield up
