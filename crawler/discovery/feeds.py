"""Feeds: RSS, RDF, Atom and JSON Feed → leads."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from crawler.discovery import markup
from crawler.discovery.encodings import decoded
from crawler.discovery.leads import (
    SUMMARY_MAX,
    TITLE_MAX,
    Choice,
    Discovery,
    Form,
    Lead,
    Unreadable,
    address,
    choose,
    words,
)
from crawler.discovery.markup import name_of, text_of
from db.outcomes import Code, Outcome
from pipelines.dates import date_of

JSON_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/")


def read(body: bytes, url: str, *, limit: int = 10_000, rank: Callable[[Lead], Any] | None = None) -> Discovery:
    """The newest `limit` of a feed, or the best by `rank`. Raises Unreadable."""
    markup.recognised(body, (Form.FEED,))
    return read_as("feed", body, url, Choice(limit=limit, rank=rank))


def read_as(name: str, body: bytes, url: str, choice: Choice) -> Discovery:
    """`name`: what was expected, for what an error says. Raises Unreadable."""
    if markup.head_of(body).lstrip().startswith("{"):
        return read_json(name, body, url, choice)
    return markup.read(body, url, Form.FEED, name, lambda entries: kept((item(each, url) for each in entries), choice))


def kept(leads: Iterator[Lead | None], choice: Choice) -> Discovery:
    chosen, listed, nameless = choose(leads, choice)
    problem = Code.ITEMS_WITHOUT_ADDRESS.of(number=nameless, of=listed) if nameless else None
    return Discovery(leads=chosen, listed=listed, kind=Form.FEED, problem=problem)


# XML


def item(entry: Any, url: str) -> Lead | None:
    """An <item> or <entry>; of two children of one name, that of the entry's own namespace comes first."""
    own = name_of(entry)[0]
    parts: dict[str, list[Any]] = {}
    for child in sorted(entry, key=lambda each: name_of(each)[0] != own):
        parts.setdefault(name_of(child)[1], []).append(child)

    def first(names: str, meaning: Callable[[str], str | None]) -> str | None:
        values = (meaning(text_of(each)) for name in names.split() for each in parts.get(name, ()))
        return next((each for each in values if each), None)

    link = item_address(entry, parts, url)
    if link is None:
        return None
    return Lead(
        url=link,
        title=first("title", lambda text: words(text, TITLE_MAX)),
        summary=first("description summary encoded content", lambda text: words(text, SUMMARY_MAX)),
        published=first("pubdate published issued date created updated modified", date_of),
    )


def item_address(entry: Any, parts: dict[str, list[Any]], url: str) -> str | None:
    for link in (*parts.get("origlink", ()), *parts.get("link", ())):
        if link.get("rel", "alternate") != "alternate" or "html" not in link.get("type", "html"):
            continue
        raw = link.get("href") or text_of(link)
        if raw.strip() and (target := address(raw, base_of(entry, url, raw))):
            return target
    names = [child for child in parts.get("guid", ()) if child.get("isPermaLink", "true").lower() != "false"]
    marks = [text_of(child) for child in (*names, *parts.get("id", ()))]
    marks += [value for name, value in entry.items() if name.endswith(("}about", "rdf:about"))]
    return next((target for mark in marks if (target := address(mark, ""))), None)


def base_of(entry: Any, url: str, raw: str) -> str:
    """What a relative link is relative to: xml:base, else the channel's own address, else the feed's."""
    if "://" in raw[:10]:
        return url
    if entry.xpath("boolean(ancestor-or-self::*/@xml:base)"):
        return entry.base or url
    links = entry.xpath(
        "ancestor::*/*[local-name()='link'] | ancestor::*/*[local-name()='channel']/*[local-name()='link']"
    )
    home = next((text_of(link).strip() for link in links if not link.get("href")), "")
    return address(home, url) or url


# JSON Feed, versions 1 and 1.1 (jsonfeed.org)


def read_json(name: str, body: bytes, url: str, choice: Choice) -> Discovery:
    """Raises Unreadable."""
    try:
        document = json.loads(decoded(b"".join(markup.pieces(body))))
    except json.JSONDecodeError as error:
        raise Unreadable(_in(name, Code.JSON_BREAKS.of(line=error.lineno, text=error.msg))) from None
    except (RecursionError, ValueError) as error:  # nested without end; a number of more than 4,300 digits
        raise Unreadable(_in(name, Code.JSON_UNREAD.of(kind=type(error).__name__))) from None
    items = document.get("items")
    if not is_json_feed(document):
        raise Unreadable(Code.IS_NO_XML.of(form=name, what=Code.JSON.of()))
    if not isinstance(items, list):
        raise Unreadable(_in(name, Code.JSON_FEED_WITHOUT_ITEMS.of()))
    home = address(text_at(document, "home_page_url"), url) or url
    return kept((json_item(each, home) for each in items), choice)


def is_json_feed(document: dict[str, Any]) -> bool:
    """By its version; one that forgets it, by items with addresses."""
    items = document.get("items")
    some = isinstance(items, list) and any(isinstance(each, dict) and text_at(each, "url") for each in items[:100])
    return some or bool(JSON_VERSION.match(text_at(document, "version")))


def json_item(item: Any, home: str) -> Lead | None:
    if not isinstance(item, dict):
        return None
    places = [address(text_at(item, name), home) for name in ("url", "external_url")]
    link = next(filter(None, [*places, address(text_at(item, "id"), "")]), None)
    if link is None:
        return None
    texts = (words(text_at(item, name), SUMMARY_MAX) for name in ("summary", "content_text", "content_html"))
    dates = (date_of(text_at(item, name)) for name in ("date_published", "date_modified"))
    return Lead(
        url=link,
        title=words(text_at(item, "title"), TITLE_MAX),
        summary=next(filter(None, texts), None),
        published=next(filter(None, dates), None),
    )


def text_at(record: dict[str, Any], name: str) -> str:
    """'' where it is missing, or no text."""
    value = record.get(name)
    return value if isinstance(value, str) else ""


def _in(name: str, why: Outcome) -> Outcome:
    return Code.IN_DOCUMENT.of(form=name, why=why)
