"""What elements are called, and what they say."""

import re
from itertools import chain

from lxml.etree import _Element, iterwalk, tostring
from lxml.html import HtmlElement

from pipelines.extraction.characters import BREAK

# Where a word of a class name begins and ends: at blanks, hyphens and underscores, and at capitals as in articleLead.
BEGINS, ENDS = r"(?:^|(?<=[\s_-])|(?<=[a-z])(?=[A-Z]))", r"(?=$|[\s_-]|(?<=[a-z])[A-Z])"
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
INLINE = frozenset(
    "a abbr b bdi bdo br cite code data del dfn em font i img ins kbd label link mark meta q s small span strike strong"
    " sub sup time tt u var wbr".split()
)
WORD = re.compile(r"\w+")


def class_and_id(element: _Element) -> str:
    return f"{(element.get('class') or '')[:200]} {(element.get('id') or '')[:80]}"


def flat(element: _Element) -> str:
    return " ".join(tostring(element, method="text", encoding="unicode", with_tail=False).split())


def pieces(element: HtmlElement) -> list[str]:
    """What it says, parted where a reader sees a gap: at blocks and line breaks, and between elements that touch."""
    run: list[str] = []
    for event, node in iterwalk(element, events=("start", "end")):
        text = (node.text if event == "start" else node.tail if node is not element else "") or ""
        before = node.getprevious() if event == "start" and run and not run[-1][-1:].isspace() else None
        touching = before is not None and not before.tail and before.tag not in ("img", "svg", "wbr")
        if node.tag == "br" or node.tag not in INLINE or touching:
            run.append(BREAK)
        if text:
            run.append(text)
    texts = (" ".join(piece.split()) for piece in "".join(run).split(BREAK))
    return [text for text in texts if text]


def key(text: str) -> str:
    """Letters and digits only, to compare by."""
    return "".join(WORD.findall(text)).lower()


def closeness(text: str, other: str) -> float:
    a, b = set(re.findall(r"\w+", text.lower())), set(re.findall(r"\w+", other.lower()))
    return len(a & b) / max(1, len(a | b))


def in_link(element: HtmlElement) -> bool:
    """Whether it leads to another page."""
    return any(is_away(link.get("href")) for link in chain(element.iter("a"), element.iterancestors("a")))


def is_away(href: str | None) -> bool:
    """Whether it is not a place of the same page: #teil-2."""
    return href is not None and not re.match(r"#.", href)
