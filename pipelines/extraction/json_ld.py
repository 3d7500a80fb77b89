"""Reading the JSON-LD of a page: what the outlet itself says of its article."""

import json
import re
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

Node = dict[str, Any]

ARTICLE = re.compile(
    r"(?:Article|BlogPosting|Report|LiveBlogPosting|Interview|ClaimReview|PressRelease|SocialMediaPosting|Recipe)$"
)
RECORDING = re.compile(r"(?:VideoObject|AudioObject|Episode|ImageGallery|MediaGallery)$")
OFFERED = re.compile(r"^(?:JobPosting|Product|ProductGroup)$")
PAGE = re.compile(r"^(?:WebPage|ItemPage)$")
# Under these keys stand other articles, pictures and people: not the article of the page.
ELSEWHERE = frozenset(
    "itemListElement hasPart isPartOf mentions citation relatedLink image video publisher author about liveBlogUpdate"
    " comment review isBasedOn associatedMedia".split()
)
SHELL = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/"
    r"|\]\]>)\s*;?\s*$"
)
TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
LIMIT = 2_000_000  # characters of one block: a live blog of 140 posts has 800,000


def read(tree: HtmlElement) -> list[Node]:
    """All nodes of all blocks that may speak of the page, in their order."""
    scripts = tree.xpath("//script[contains(translate(@type, 'LDJSON', 'ldjson'), 'ld+json')]")
    return [node for script in scripts for node in walk(parse(script.text_content()))]


def parse(text: str) -> object:
    """The value of a block; None where it cannot be read even after the usual slips are mended."""
    text = text[:LIMIT].strip()
    if not (text.startswith(("{", "[")) and text.endswith(("}", "]"))):
        text = SHELL.sub("", SHELL.sub("", text)).strip().rstrip(";")
    decoder = json.JSONDecoder(strict=False)  # raw line breaks in strings, the commonest slip
    for mend in (str, lambda broken: TRAILING_COMMA.sub("", broken)):
        try:
            return decoder.raw_decode(mend(text))[0]
        except (ValueError, RecursionError):
            continue
    return None


def walk(value: object, depth: int = 0) -> Iterator[Node]:
    if depth > 8:
        return
    if isinstance(value, list):
        for item in value:
            yield from walk(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key, item in value.items():
            if key not in ELSEWHERE and isinstance(item, dict | list):
                yield from walk(item, depth + 1)


def types(node: Node) -> set[str]:
    value = node.get("@type")
    return {str(item).rsplit("/", 1)[-1] for item in (value if isinstance(value, list) else [value]) if item}


def typed(nodes: list[Node], pattern: re.Pattern[str]) -> list[Node]:
    """Nodes one of whose types is so called, those that say most of an article first."""
    wanted = ("headline", "datePublished", "author")
    named = [node for node in nodes if any(map(pattern.search, types(node)))]
    return sorted(named, key=lambda node: -sum(bool(node.get(key)) for key in wanted))


def by_id(nodes: list[Node]) -> dict[str, Node]:
    return {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1}


def resolved(value: object, named: dict[str, Node]) -> list[object]:
    """A value as a list, with references (`{"@id": …}`) replaced by the nodes they name."""
    items = value if isinstance(value, list) else [value]
    out: list[object] = []
    for item in items:
        if isinstance(item, dict) and not item.get("name") and isinstance(item.get("@id"), str):
            out.append(named.get(item["@id"], item))
        elif item:
            out.append(item)
    return out


def text(node: Node, *keys: str) -> str:
    """The first of these keys that holds a string."""
    for key in keys:
        value = node.get(key)
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, dict):
            value = value.get("@value") or value.get("name")
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""
