"""What the site's style sheet says of the pictures in a page, as attributes that SVG itself has.

A file has no style sheet beside it, and many programs for slides read none inside.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cssselect import HTMLTranslator, SelectorError
from cssselect import parse as parse_selectors
from lxml import etree

SHEET = Path(__file__).parents[1] / "static" / "site.css"
PROPERTIES = frozenset(
    "display fill stroke stroke-width stroke-dasharray font-size font-weight paint-order text-anchor opacity".split()
)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_NESTED = re.compile(r"@[^{;]*\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}")  # @media with rules, and @media in it
_MIXED = re.compile(r"color-mix\(in srgb, (\S+) ([\d.]+)%, (\S+)\)")

Style = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StyleRule:
    specificity: tuple[int, int, int]
    matches: etree.XPath
    style: Style


def styles_of(page: etree._Element) -> dict[etree._Element, dict[str, str]]:
    """Of each element of the page that has any, by daylight and with no pointer over it."""
    styles: dict[etree._Element, dict[str, str]] = {}
    for rule in _rules():
        for element in rule.matches(page):
            styles.setdefault(element, {}).update(rule.style)
    return styles


@lru_cache(maxsize=1)
def _rules() -> tuple[StyleRule, ...]:
    """The weaker first; of equal ones the later counts."""
    sheet = _NESTED.sub("", re.sub(r"/\*.*?\*/", "", SHEET.read_text("utf-8"), flags=re.DOTALL))
    variables: dict[str, str] = {}
    rules = []
    for selectors, body in _RULE.findall(sheet):
        declared = dict(re.findall(r"([\w-]+)\s*:\s*([^;]+)", body))
        if selectors.strip() == ":root":
            variables |= {name: value.strip() for name, value in declared.items() if name.startswith("--")}
        style = _resolved({name: value for name, value in declared.items() if name in PROPERTIES}, variables)
        if style and not re.search(r":(hover|focus|target|checked|has)|::", selectors):
            rules += list(_compiled(selectors.strip(), style))
    return tuple(sorted(rules, key=lambda rule: rule.specificity))


def _compiled(selectors: str, style: Style) -> list[StyleRule]:
    try:
        parsed = parse_selectors(selectors)
        return [
            StyleRule(each.specificity(), etree.XPath(HTMLTranslator().selector_to_xpath(each)), style)
            for each in parsed
        ]
    except SelectorError:
        return []  # of a page, as of its scroll bars: no picture is dressed so


def _resolved(style: Style, variables: Mapping[str, str]) -> dict[str, str]:
    resolved: dict[str, str] = {}
    for name, value in style.items():
        plain = re.sub(r"var\((--[\w-]+)\)", lambda match: variables.get(match[1], match[0]), value).strip()
        if mixed := _MIXED.fullmatch(plain):
            first, share, second = mixed.groups()
            if second == "transparent":
                plain, resolved[f"{name}-opacity"] = first, f"{float(share) / 100:g}"
            else:
                plain = _mix(first, second, float(share) / 100)
        resolved[name] = "none" if plain == "transparent" else plain
    return resolved


def _mix(first: str, second: str, share: float) -> str:
    one, other = _channels(first), _channels(second)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in zip(one, other, strict=True))


def _channels(colour: str) -> list[int]:
    digits = colour.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    return [int(digits[at : at + 2], 16) for at in (0, 2, 4)]
