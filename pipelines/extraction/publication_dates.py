"""When an article was published and changed: what says so, from the surest candidate to the one that has to be read."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

from lxml.html import HtmlElement

from pipelines import dates
from pipelines.extraction import json_ld
from pipelines.extraction.bylines import SIGNED
from pipelines.extraction.markup import BEGINS, ENDS, class_and_id, flat, pieces
from pipelines.extraction.page import Page

PUBLISHED = (
    "article:published_time og:published_time article:published pubdate publishdate publish_date publish-date"
    " publication_date parsely-pub-date sailthru.date citation_publication_date"
).split()
# Some write the day of upkeep there, or that of the whole site.
VAGUE = "datepublished dc.date.issued dcterms.issued dcterms.created dc.date.created date dc.date dcterms.date".split()
MODIFIED = "article:modified_time og:updated_time last-modified dcterms.modified dc.date.modified datemodified".split()
DATE_PARTS = re.compile(
    rf"{BEGINS}(?i:(?:article|entry|news|post|pub|publish|release)?date|[a-z]*datum|datetime|time|timestamp"
    rf"|published|publish|dateline|posted){ENDS}"
)
# What stands beside the day in a line that dates an article: weekday, hour, place, reading time, names.
BESIDE_DAY = re.compile(
    r"\b\d{1,2}[.:h]\d{2}\b|\b(?:uhr|h|gmt|cet|mez|mesz|utc|bst|min\w*|lesezeit|read(?:ing)?|time|stand|vom|am|um|at|on|à"
    r"|den|le|il|op|el|von|by|par|door|um)\b|\b\d+\b",
    re.IGNORECASE,
)
MOST_BESIDE = 4  # words, twice as many where an hour or a byline is beside; what has more is a sentence or a caption
CLOCK = re.compile(r"\b\d{1,2}[.:h]\d{2}\b(?!\.\d)")
OWNED = re.compile(r"©|\bcopyright\b|\bimpressum\b|\bseit\b", re.IGNORECASE)
DATELINE = re.compile(
    rf"^(?:[^\W\d_][^.!?()\d]{{1,40}}(?:\([^)]*\))?,?\s)?(?:den\s|am\s)?\(?{dates.WRITTEN.pattern}\)?\s*[.:)–—-]",
    re.IGNORECASE,
)
LABELLED = ("p", "div", "span", "li", "td", "th", "dt", "dd", "h4", "h5", "strong", "b", "small", "em", "i", "label")
IN_STATE = re.compile(
    r"""\\?["']?\b(?:date_?published|(?:first)?_?publish(?:ed)?_?(?:at|on|date|time)?|publication_?date|pub_?date"""
    r"""|display_?date)\\?["']?\s*:\s*(?:\\?["'](?P<iso>\d{4}-\d\d-\d\d[^"'\\]{0,30})|["']?(?P<seconds>1\d{9})(?:\d{3})?\b)""",
    re.IGNORECASE,
)
# <abbr class="published" title="2026-01-08T09:12:00Z">, https://microformats.org/wiki/hatom#Entry_Published
HENTRY_DAY = "//abbr[contains(concat(' ', @class, ' '), ' published ')]/@title"
BRACE = re.compile(r"[{}]")
LARGEST_OBJECT = 50_000  # characters of page state about a headline
RANK = {"published": 0, "": 1, "updated": 2, "event": 3}


def declared(page: Page) -> Iterator[tuple[str, str]]:
    """Candidates for the day of publication that say what they are, the best first: (name, date as written)."""
    sure = list(surely_declared(page))
    yield from sure
    vague = page.all(VAGUE)
    if vague and not any(dates.read(written_day) for _, written_day in sure if written_day):
        yield from (("text", day) for day in labelled(page))
        yield from (("text", day) for part in dated_parts(page) for _, day in dates.labelled(flat(part)[:160]))
    for content in vague:
        yield "meta", content
    beside_heading = (element for element in page.lines if element.tag == "time")
    for element in sorted(beside_heading, key=lambda e: rank(label(e))):
        yield "time", day_of(element)


def surely_declared(page: Page) -> Iterator[tuple[str, str]]:
    for node in page.described:
        yield "json-ld", beginning(node) or json_ld.text(node, "datePublished", "dateCreated", "uploadDate")
    for content in page.all(PUBLISHED):
        yield "meta", content
    for element in page.marked:
        name = (element.get("itemprop") or element.get("property") or "").rsplit(":", 1)[-1]
        if element.tag != "meta" and (name in ("datePublished", "dateCreated") or element.get("pubdate") is not None):
            yield "time", day_of(element)
    yield from (("time", title) for title in page.tree.xpath(HENTRY_DAY)[:1])


def day_of(element: HtmlElement) -> str:
    """The date of an element as written: for machines, or for readers."""
    return element.get("content") or element.get("datetime") or flat(element)


def of_epoch(seconds: str) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()


def beginning(node: json_ld.Node) -> str:
    """The day of a live blog's first entry, where what it calls its publication runs along with its last."""
    updates = node.get("liveBlogUpdate")
    entries = [entry for entry in updates if isinstance(entry, dict)] if isinstance(updates, list) else []
    moments = sorted(filter(None, (dates.read(json_ld.text(entry, "datePublished")) for entry in entries)))
    published = dates.read(json_ld.text(node, "datePublished"))
    last = moments[-1] if moments else ""
    return moments[0] if published and last and (dates.same_moment(last, published) or published > last) else ""


def rank(text: str) -> int:
    return RANK[(found.lastgroup or "") if (found := dates.LABEL.search(text)) else ""]


def labelled(page: Page) -> Iterator[str]:
    """The day that is said to be the one of publication, anywhere on the page, where there is but one such day."""
    days: set[str] = set()
    for element in page.tree.iter(*LABELLED):
        text = " ".join((element.text or "").split())
        label = dates.LABEL.search(text) if text and len(text) < 60 else None
        if label and label.lastgroup == "published":
            named_days = dates.labelled(with_day(element)[:120], month_first=page.month_first)
            days.update(day for name, day in named_days if name == "published")
    if len(days) == 1:
        yield days.pop()


def with_day(element: HtmlElement) -> str:
    """What a label says with the day that stands in it, or about it."""
    own, parent = " ".join(pieces(element)), element.getparent()
    return own if dates.written(own) or parent is None else " ".join(pieces(parent))


def written(page: Page) -> Iterator[tuple[str, str]]:
    """Candidates that have to be understood: lines that date the article, its dateline, its address."""
    small = page.heading.iter("small", "time", "span") if page.heading is not None else ()
    texts = [flat(element)[:160] for element in (*dated_parts(page), *small)]
    for element in (*page.lines, *page.last_lines):
        parts = pieces(element)
        texts += [text for text in dict.fromkeys([flat(element), " ".join(parts), *parts]) if dating(text)]
    found = [each for text in texts for each in dates.labelled(text, month_first=page.month_first)]
    for name in ("published", "", "updated"):
        yield from (("text", day) for said, day in found if said == name)
        if name == "published":
            yield from (("text", day) for day in labelled(page))
    for element in sorted(page.around(lambda e: e.tag == "time"), key=lambda e: rank(label(e))):
        yield "time", day_of(element)
    yield "text", dates.written(page.first("og:title")) or dates.written(page.tree.findtext(".//title") or "") or ""
    yield from (("script", day) for day in in_state(page))
    yield "url", dates.in_address(page.url) or ""
    yield from (("text", day) for day in datelines(page))


def dated_parts(page: Page) -> list[HtmlElement]:
    """Parts about the heading that are called a date, and hold one."""
    return page.around(
        lambda e: len(e) < 6 and bool(DATE_PARTS.search(class_and_id(e))) and dates.written(flat(e)[:120]) is not None
    )


def in_state(page: Page) -> Iterator[str]:
    """The day of publication in what scripts are given to show: the one fewest objects away from the headline, where it
    stands there; else the only one."""
    headline = flat(page.heading)[:40] if page.heading is not None else ""
    for text in page.tree.xpath("//script[not(@src) and not(contains(@type, 'ld+json'))]/text()"):
        moments = list(IN_STATE.finditer(text)) if len(text) < json_ld.LIMIT else []
        if moments and headline and (at := text.find(headline)) >= 0:
            near = [match for match in moments if abs(match.start() - at) < LARGEST_OBJECT]
            moments = [match for *_, match in sorted(braces_between(text, at, near))[:1]]
        days = {dates.read(match["iso"] or of_epoch(match["seconds"])) for match in moments} - {None}
        if len(days) == 1:
            yield str(days.pop())


def braces_between(text: str, at: int, moments: list[re.Match[str]]) -> Iterator[tuple[int, int, re.Match[str]]]:
    """Each, with how many braces between it and a place have no other half there: in one go, however many there are."""
    behind = [match for match in moments if match.start() >= at]
    for side, opening, step in ((behind, "{", 1), (moments[: len(moments) - len(behind)][::-1], "}", -1)):
        place, opened, closed = at, 0, 0
        for match in side:
            between = text[place : match.start()] if step > 0 else text[match.start() : place][::-1]
            for brace in BRACE.findall(between):
                if brace == opening:
                    opened += 1
                elif opened:
                    opened -= 1
                else:
                    closed += 1
            place = match.start()
            yield opened + closed, place, match


def dating(line: str) -> bool:
    """Whether the line is there to date the article: a day, and little beside it. A sentence has more."""
    if not dates.written(line) or OWNED.search(line):
        return False
    rest = BESIDE_DAY.sub(" ", dates.without(line))
    marked = SIGNED.match(line) or dates.LABEL.search(line) or CLOCK.search(line)
    return len(re.findall(r"\w+", rest)) <= MOST_BESIDE * (2 if marked else 1)


def datelines(page: Page) -> Iterator[str]:
    """'Talstadt, 3. Februar 2026 – Der Bau …', '(3.2.2026) Der Bau': the day in front of a text after the heading."""
    for element in page.following[:60]:
        text = " ".join((element.text or "").split())
        days = dates.labelled(text[:70], month_first=page.month_first) if DATELINE.match(text[:90]) else ()
        name, day = next(iter(days), ("", None))
        if day and name != "event" and not page.outside(element):
            yield day


def label(element: HtmlElement) -> str:
    parent = element.getparent()
    text = flat(element)
    return text if dates.LABEL.search(text) or parent is None or len(flat(parent)) > 80 else flat(parent)


def modified(page: Page, published: str | None, last: date) -> str | None:
    """When it was last changed; what lies before its publication is the date of something else."""
    modified_at, _ = dates.choose(modifying(page), last, month_first=page.month_first)
    if not modified_at or not published:
        return modified_at
    if 10 in (len(modified_at), len(published)):  # a bare day
        return modified_at if modified_at[:10] >= published[:10] else None
    return modified_at if datetime.fromisoformat(modified_at) >= datetime.fromisoformat(published) else None


def modifying(page: Page) -> Iterator[tuple[str, str]]:
    for node in page.described:
        yield "json-ld", json_ld.text(node, "dateModified")
    for content in page.all(MODIFIED):
        yield "meta", content
    for element in (part for part in page.marked if part.get("itemprop") == "dateModified"):
        yield "time", day_of(element)
    for element in page.lines:
        if element.tag == "time" and rank(label(element)) == RANK["updated"]:
            yield "time", day_of(element)
        elif dating(flat(element)):
            yield from (
                ("text", day)
                for name, day in dates.labelled(flat(element), month_first=page.month_first)
                if name == "updated"
            )
