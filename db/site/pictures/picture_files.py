"""A picture of a page as a file of its own: SVG or PNG, with its title, its legend, what was asked, source and day.

It is made of the page itself, so whatever the site draws can be had, as it is drawn there. Links, scripts and all that
is no shape and no letter stay behind.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from sqlite3 import Connection
from textwrap import wrap
from typing import Any

import lxml.html
from lxml import etree

from db.site.pictures.picture_styles import styles_of

SVG = "http://www.w3.org/2000/svg"
WIDTH, LEFT, RIGHT = 960, 60, 40  # pixels: of what is drawn, and beside it for the numbers of the axis
LABEL = 190  # of a row of the calendar
ROW, LINE, LEGEND, TITLE = 18, 18, 22, 26  # heights of a row of the calendar, of a line of text
LETTER = 7.2  # pixels of the width of a letter of 13, about
MOST_LINES = 4
SCALE, MOST_PIXELS = 2.0, 12_000_000  # of a PNG
FONT = "Noto Sans"
INK, SOFT, PAPER = "#1c1b18", "#5d5a52", "#fbfaf7"

FIGURES = "//figure[contains(concat(' ', @class, ' '), ' chart ') or contains(concat(' ', @class, ' '), ' calendar ')]"
DRAWN = ".//svg[not(ancestor::svg)][@role='group' or @role='img']"
NOTES = ".//a[contains(@class, 'timeline-flag')]/title/text()"  # what the numbers in the picture stand for
_TAGS = frozenset("g rect line circle ellipse path polyline polygon text tspan title".split())
_ACROSS = frozenset({"x", "x1", "x2", "cx", "rx", "width", "dx"})
_KEPT = _ACROSS | frozenset("y y1 y2 cy ry r height dy d points transform text-anchor".split())
_NO_TEXT = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML cannot hold them

Styles = Mapping[Any, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Caption:
    asked: str  # the search, or how the page was narrowed
    source: str  # of what, where and when


def picture_of(connection: Connection, html: str, number: int, caption: Caption, png: bool) -> bytes | None:
    """The picture with that number in a page, from 1 on; None where there is none.

    Made in a process of its own: the archive is not asked.
    """
    page = lxml.html.fromstring(html)
    figures = [figure for figure in page.xpath(FIGURES) if figure.xpath(DRAWN)]
    if not 1 <= number <= len(figures):
        return None
    figure = figures[number - 1]
    svg = _file(page, figure, caption)
    return as_png(svg) if png else svg


def as_png(svg: bytes) -> bytes:
    import fontpkg  # 20 ms, with resvg
    import resvg_py

    root = etree.fromstring(svg)
    pixels = float(root.get("width", "1")) * float(root.get("height", "1"))
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg.decode(),
            zoom=min(SCALE, sqrt(MOST_PIXELS / pixels)),
            skip_system_fonts=True,  # the same on every machine, also on one without
            font_files=[str(fontpkg.path(FONT))],
            font_family=FONT,
            sans_serif_family=FONT,
        )
    )


def _file(page: Any, figure: Any, caption: Caption) -> bytes:
    styles = styles_of(page)
    is_calendar = "calendar" in figure.get("class", "").split()
    drawn, height = _calendar(figure, styles) if is_calendar else _drawing(figure.xpath(DRAWN)[0], styles)
    root = etree.Element(f"{{{SVG}}}svg", nsmap={None: SVG})
    root.append(_shape("rect", width="100%", height="100%", fill=PAPER))
    y = 10
    for line in _lines(_title(page, figure), TITLE / 2):
        y += TITLE
        root.append(_text(line, 20, y, size=20, fill=INK, weight="bold"))
    for line in _lines(caption.asked, LETTER):
        y += LINE
        root.append(_text(line, 20, y, fill=INK))
    entries = list(_legend(figure, styles))
    for x, row, swatch, words in entries:
        below = y + (row + 1) * LEGEND
        swatch.set("transform", f"translate({x:g},{below - 10})")
        root.extend([swatch, _text(words, x + 18, below, fill=INK)])
    y += (entries[-1][1] + 1) * LEGEND if entries else 0
    y += 24  # the number of the topmost line
    drawn.set("transform", f"translate({LABEL if is_calendar else LEFT},{y})")
    root.append(drawn)
    y += round(height)
    notes = [line for note in figure.xpath(NOTES) for line in _lines(" ".join(note.split()), LETTER)]
    for line in [*notes, *_lines(caption.source, LETTER)]:
        y += LINE
        root.append(_text(line, 20, y, fill=SOFT))
    width = WIDTH + RIGHT + (LABEL if is_calendar else LEFT)
    root.attrib.update({"width": str(width), "height": str(y + 16), "viewBox": f"0 0 {width} {y + 16}"})
    root.set("font-family", f"'{FONT}', 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif")
    root.set("font-size", "13")
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def _title(page: Any, figure: Any) -> str:
    """Of the page, and of the picture in it."""
    heading = " ".join("".join(page.xpath("string(//h1)")).split())
    label = figure.xpath(f"string({DRAWN}/title)") or figure.xpath("string(ancestor::section[1]//h2)")
    own = " ".join(str(label).split())
    return own if not heading or own.startswith(heading) else f"{heading}: {own}" if own else heading


def _lines(text: str, letter: float) -> list[str]:
    most = int((WIDTH + LEFT) / letter)
    return wrap(_NO_TEXT.sub("", text), most, max_lines=MOST_LINES, placeholder=" …") if text else []


def _shape(tag: str, **attributes: str) -> Any:
    return etree.Element(f"{{{SVG}}}{tag}", {name.replace("_", "-"): value for name, value in attributes.items()})


def _text(words: str, x: float, y: float, *, fill: str, size: int = 13, weight: str = "") -> Any:
    element = _shape("text", x=f"{x:g}", y=f"{y:g}", fill=fill, font_size=str(size))
    if weight:
        element.set("font-weight", weight)
    element.text = _NO_TEXT.sub("", words)
    return element


def _legend(figure: Any, styles: Styles) -> Iterator[tuple[float, int, Any, str]]:
    """x, row, swatch and words of each entry."""
    x, row = 20.0, 0
    for item in figure.xpath("./ul[contains(@class, 'legend')]/li"):
        words, swatch = " ".join(item.text_content().split()), etree.Element(f"{{{SVG}}}g")
        width = 18 + len(words) * LETTER + 24
        if x > 20 and x + width > WIDTH + LEFT:
            x, row = 20.0, row + 1
        for svg in item.xpath(".//svg"):
            swatch.extend(_children(svg, styles, 12))
        yield x, row, swatch, words
        x += width


def _drawing(svg: Any, styles: Styles) -> tuple[Any, float]:
    box = [float(number) for number in (svg.get("viewbox") or svg.get("viewBox") or "").split()]
    group = etree.Element(f"{{{SVG}}}g")
    if box:
        inner = etree.SubElement(group, f"{{{SVG}}}g", transform=f"scale({WIDTH / box[2]:g})")
        inner.extend(_children(svg, styles, box[2]))
        return group, box[3] * WIDTH / box[2] + 10
    group.extend(_children(svg, styles, WIDTH))
    return group, float(svg.get("height") or 0)


def _children(element: Any, styles: Styles, width: float) -> Iterator[Any]:
    for child in element:
        if (converted := _converted(child, styles, width)) is not None:
            yield converted


def _converted(element: Any, styles: Styles, width: float) -> Any:
    tag, style = element.tag, styles.get(element, {})
    if not isinstance(tag, str) or style.get("display") == "none":
        return None
    if tag == "svg":
        return _inner(element, styles, width)
    tag = "g" if tag == "a" else tag
    if tag not in _TAGS or "hit" in (element.get("class") or "").split() or _is_title_of_all(element):
        return None
    made = etree.Element(f"{{{SVG}}}{tag}")
    for name, value in element.attrib.items():
        if name in _KEPT:
            made.set(
                name, f"{float(value[:-1]) * width / 100:.2f}" if name in _ACROSS and value.endswith("%") else value
            )
    made.attrib.update({name: value for name, value in style.items() if name != "display"})
    made.text, made.tail = _cleaned(element.text), _cleaned(element.tail) if tag == "tspan" else None
    made.extend(_children(element, styles, width))
    if tag == "text" and len(made):
        made.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")  # before a part in another colour
    return made


def _is_title_of_all(element: Any) -> bool:
    return element.tag == "title" and element.getparent().getparent() is not None and element.getparent().tag == "svg"


def _inner(svg: Any, styles: Styles, width: float) -> Any:
    """A picture in the picture, which fills its width: its units are its own."""
    box = [float(number) for number in (svg.get("viewbox") or svg.get("viewBox") or f"0 0 {width} 1").split()]
    group = etree.Element(f"{{{SVG}}}g", transform=f"translate(0,{svg.get('y') or 0}) scale({width / box[2]:g},1)")
    group.extend(_children(svg, styles, box[2]))
    return group


def _calendar(figure: Any, styles: Styles) -> tuple[Any, float]:
    """Night by night: a row for each source, its name before it."""
    group, rows = etree.Element(f"{{{SVG}}}g"), figure.xpath(".//table//tr[.//svg]")
    longest = max((float(row.xpath("string(.//svg/@width)") or 1) for row in rows), default=1.0)
    for number, row in enumerate(rows):
        [svg] = row.xpath(".//svg[1]")
        strip = etree.SubElement(group, f"{{{SVG}}}g")
        strip.set("transform", f"translate(0,{number * ROW}) scale({min(1.0, WIDTH / longest):g},1)")
        strip.extend(_children(svg, styles, longest))
        name = " ".join(row.xpath("string(./th[1])").split())
        group.append(_text(name[:26], 20 - LABEL, number * ROW + 10, fill=INK))
    return group, float(len(rows) * ROW + 4)


def _cleaned(text: str | None) -> str | None:
    return _NO_TEXT.sub("", text) if text else None
