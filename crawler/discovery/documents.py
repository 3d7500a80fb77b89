"""Finding: what a feed, a sitemap or a listing page lists becomes leads: bytes in, leads out."""

import codecs
import gzip
import io
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from html import escape, unescape
from typing import Any

from lxml import etree
from w3lib.encoding import html_body_declared_encoding
from w3lib.url import add_or_replace_parameter

from crawler.discovery import listings
from crawler.discovery.encodings import LEGACY, decoded, is_utf8
from crawler.discovery.leads import (
    SUMMARY_MAX,
    TITLE_MAX,
    Choice,
    Form,
    Found,
    Lead,
    Unreadable,
    address,
    choose,
    date_of,
    words,
)

__all__ = [
    "Choice",
    "Form",
    "Found",
    "Lead",
    "Unreadable",
    "page_url",
    "read",
    "read_feed",
    "read_listing",
    "read_sitemap",
]

UNPACKED_MAX = 100 * 2**20  # the sitemap protocol allows 50 MB
ENTRY_MAX = 4 * 2**20  # an entry of a broken document; what is longer ends it
CHILDREN_MAX = 50_000  # of a sitemap index, as the protocol has it
PIECE = 2**16
HEAD_CHILDREN = 50  # of a feed: its own address is among them
GZIP = b"\x1f\x8b"
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

ROOTS = {
    "rss": Form.FEED,
    "rdf": Form.FEED,
    "feed": Form.FEED,
    "urlset": Form.SITEMAP,
    "sitemapindex": Form.SITEMAP_INDEX,
    "html": Form.LISTING,
}
ENTRIES = {Form.FEED: ("item", "entry"), Form.SITEMAP: ("url",), Form.SITEMAP_INDEX: ("sitemap",)}
ROOT = re.compile(r"<(?:!doctype\s+(html)|(?:[\w.-]{1,40}:)?(rss|rdf|feed|urlset|sitemapindex|html))(?=[\s>/])", re.I)
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)


def read_feed(body: bytes, url: str, *, limit: int = 10_000, rank: Callable[[Lead], Any] | None = None) -> Found:
    """RSS, RDF or Atom. Raises Unreadable."""
    return read_xml(body, url, (Form.FEED,), Choice(limit=limit, rank=rank))


def read_sitemap(
    body: bytes,
    url: str,
    *,
    limit: int = 10_000,
    rank: Callable[[Lead], Any] | None = None,
    since: str | None = None,
) -> Found:
    """A list of pages or of news, an index of sitemaps, or plain text; packed or not. Raises Unreadable."""
    return read_xml(body, url, (Form.SITEMAP, Form.SITEMAP_INDEX), Choice(limit=limit, rank=rank, since=since))


def read_listing(
    body: bytes,
    url: str,
    *,
    encoding: str | None = None,
    link: str | None = None,
    **choice: Any,
) -> Found:
    """The links of an HTML page whose absolute address matches `link`; without it, those that look like articles.

    `encoding` is what the HTTP header says, `choice` the fields of Choice. Raises Unreadable.
    """
    head = head_of(body)
    if form_of(head) not in (Form.LISTING, None):
        raise Unreadable(f"listing: this is {instead(head)}, not an HTML page")
    return listings.read(b"".join(pieces(body)), url, encoding=encoding, link=link, choice=Choice(**choice))


def read(
    body: bytes, url: str, *, expected: Form, encoding: str | None = None, link: str | None = None, **choice: Any
) -> Found:
    """What the document is decides how it is read; an HTML page is a listing only where one was expected.

    `encoding` and `link` are for listings, `choice` the fields of Choice. Raises Unreadable.
    """
    if expected is Form.LISTING and form_of(head_of(body)) in (Form.LISTING, None):
        return read_listing(body, url, encoding=encoding, link=link, **choice)
    return read_xml(body, url, (expected, Form.FEED, Form.SITEMAP, Form.SITEMAP_INDEX), Choice(**choice))


def page_url(url: str, parameter: str, number: int) -> str:
    return add_or_replace_parameter(url, parameter, str(number))


# What the document is


def pieces(body: bytes) -> Iterator[bytes]:
    """The document, unpacked, bit by bit. A packed one that is cut off or damaged ends early, as its XML will show."""
    if not body.startswith(GZIP):
        yield from (body[start : start + PIECE] for start in range(0, len(body), PIECE))
        return
    unpacked = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
            while piece := stream.read1(PIECE):
                unpacked += len(piece)
                if unpacked > UNPACKED_MAX:
                    raise Unreadable(f"gzip: {len(body):,} bytes unpack to more than {UNPACKED_MAX:,}")
                yield piece
    except (EOFError, OSError, zlib.error):
        return


def head_of(body: bytes) -> str:
    return decoded(next(pieces(body), b""))


def form_of(head: str) -> Form | None:
    found = ROOT.search(COMMENT.sub("", head))
    return ROOTS[(found[1] or found[2]).lower()] if found else None


def instead(head: str) -> str:
    """What a document is that is not what it should be, in words."""
    form = form_of(head)
    start = " ".join(head[:200].split())
    if form in ENTRIES:
        return f"a {form.replace('_', ' ')}"
    if form is Form.LISTING:
        title = re.search(r"<title[^>]{0,200}>([^<]{0,300})", head, re.I)
        name = words(title[1], 60) if title else None
        return f"an HTML page titled '{name}'" if name else "an HTML page without a title"
    if not start.isprintable() or "\ufffd" in start:
        return "binary data"
    if start.startswith(("{", "[")):
        return "JSON"
    if root := re.search(r"<([A-Za-z][\w:.-]{0,40})", COMMENT.sub("", head)):
        return f"a document of <{root[1]}>"
    return f"text that begins '{start[:40]}'"


# Feeds and sitemaps


def read_xml(body: bytes, url: str, expected: tuple[Form, ...], choice: Choice) -> Found:
    name = expected[0].replace("_", " ")
    head = head_of(body)
    if not head.strip():
        raise Unreadable(f"{name}: {'gzip that cannot be unpacked' if body.startswith(GZIP) else 'empty'}")
    form = form_of(head)
    if form is None and Form.SITEMAP in expected and re.match(r"\s*https?://\S", head):
        return read_lines(body, choice)
    if form is None or form is Form.LISTING or form not in expected:
        raise Unreadable(f"{name}: this is {instead(head)}, not {f'a {name}' if form in ENTRIES else 'XML'}")
    breaks: list[str] = []
    found = kept(parsed(pieces(body), url, form, breaks, override(body, head)), url, form, choice)
    if not breaks:
        return found
    again = kept(parsed(mended(body, form), url, form, [], "utf-8", recover=True), url, form, choice)
    found = max(again, found, key=lambda one: one.listed + len(one.more))
    if not found.listed and not found.more:
        raise Unreadable(f"{name}: {breaks[0]}")
    return replace(found, problem=breaks[0])


def override(body: bytes, head: str) -> str | None:
    """UTF-8 where a document that is UTF-8 declares something else."""
    declared = re.match(r"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", head)
    return "utf-8" if declared and LEGACY.search(declared[1]) and is_utf8(pieces(body)) else None


def parsed(
    document: Iterable[bytes], url: str, form: Form, breaks: list[str], encoding: str | None, *, recover: bool = False
) -> Iterator[Any]:
    """The document's entries as elements, each to be read at once; `breaks` takes what ended it early."""
    parser = etree.XMLPullParser(
        ("end",),
        tag=tuple(f"{{*}}{name}" for name in ENTRIES[form]),
        base_url=url,
        encoding=encoding,
        recover=recover,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        collect_ids=False,
        remove_comments=True,
        remove_pis=True,
    )
    root, size = None, 0
    try:
        for piece in document:
            parser.feed(piece)
            size += len(piece)
            for _, entry in parser.read_events():
                yield entry
                root = entry.getroottree().getroot() if root is None else root
            if root is not None:
                prune(root)
            elif size > ENTRY_MAX:
                breaks.append(f"no entry within the first {size:,} bytes")
                return
        parser.close()
    except etree.XMLSyntaxError as error:
        what = " ".join(str(error.msg).partition(", line")[0].split())
        breaks.append(f"XML breaks off at line {error.lineno or 1}: {what}")
    try:
        yield from (entry for _, entry in parser.read_events())  # what was complete before the break
    except etree.XMLSyntaxError:
        return


def prune(root: Any) -> None:
    """Forget what has been read: all but the head of the document and what the parser may still write to."""
    while root is not None:
        if len(root) > HEAD_CHILDREN + 2:
            del root[HEAD_CHILDREN:-2]
        root = root[-1] if len(root) else None


ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LOOSE = re.compile(
    r"(<!\[CDATA\[.*?(?:\]\]>|\Z))"  # stays
    r"|(<(?:br|hr|img)\b[^<>]*>)"  # tags of HTML that nothing closes
    r"|<(?![^\W\d]|[/!?:])|&(?:#?\w{1,32};)?",  # what must be written as an entity, or is one
    re.S | re.I,
)


def mended(body: bytes, form: Form) -> Iterator[bytes]:
    """The document from its root to the end of its last whole entry, as an XML parser takes it.

    What stands before the root goes: junk, a second declaration, and the DTD with all that it defines.
    """
    roots = "|".join(name for name, its in ROOTS.items() if its is form)
    root = re.compile(rf"<(?:[\w.-]{{1,40}}:)?(?:{roots})(?=[\s>/])", re.I)
    end = re.compile(rf"</(?:[\w.-]{{1,40}}:)?(?:{'|'.join(ENTRIES[form])})\s*>".encode())
    declared = html_body_declared_encoding(next(pieces(body), b""))
    rest, begun = b"", False
    for piece in eight_bit(body):
        rest += piece
        ends = deque(end.finditer(rest), maxlen=1)
        if not ends and len(rest) > ENTRY_MAX:
            return
        if ends:
            text = ILLEGAL.sub("", decoded(rest[: ends[0].end()], declared))
            start = None if begun else root.search(text)
            if not begun and start is None:
                return
            yield LOOSE.sub(tightened, text[start.start() if start else 0 :]).encode()
            rest, begun = rest[ends[0].end() :], True


def eight_bit(body: bytes) -> Iterable[bytes]:
    """The document in an encoding whose tags are those of ASCII."""
    start = next(pieces(body), b"")[:4]
    return [decoded(b"".join(pieces(body))).encode()] if b"\0" in start or start[:2] in UTF16 else pieces(body)


def tightened(loose: re.Match[str]) -> str:
    return loose[1] or (" " if loose[2] else escape(unescape(loose[0])))


def kept(entries: Iterable[Any], url: str, form: Form, choice: Choice) -> Found:
    if form is Form.SITEMAP_INDEX:
        children, _, _ = choose((page(each, url) for each in entries), Choice(limit=CHILDREN_MAX, since=choice.since))
        return Found(leads=(), listed=0, more=tuple(each.url for each in children if each.url != url), kind=form)
    lead = item if form is Form.FEED else page
    leads, listed, nameless = choose((lead(each, url) for each in entries), choice)
    problem = f"{nameless} of {listed} items have no address" if nameless else None
    return Found(leads=leads, listed=listed, kind=form, problem=problem)


def read_lines(body: bytes, choice: Choice) -> Found:
    lines = (line for line in decoded(b"".join(pieces(body))).splitlines() if line.strip())
    found = (address(line, "") for line in lines)
    leads, listed, nameless = choose((Lead(url=each) if each else None for each in found), choice)
    problem = f"{nameless} of {listed} lines are no address" if nameless else None
    return Found(leads=leads, listed=listed, kind=Form.SITEMAP, problem=problem)


# One entry


def name_of(element: Any) -> tuple[str, str]:
    """Where a name comes from, as namespace and prefix in one string, and the name in lower case; '' for a comment."""
    if not isinstance(element.tag, str):
        return "", ""
    space, _, local = element.tag.rpartition("}")
    prefix, _, local = local.rpartition(":")  # a prefix that the document does not declare stays in the name
    return f"{space} {prefix}", local.lower()


def text_of(element: Any) -> str:
    return "".join(element.itertext()) if len(element) else element.text or ""


def page(entry: Any, url: str) -> Lead | None:
    """A <url> with its news, or the <sitemap> of an index; other namespaces (images, translations) say nothing."""
    known: dict[str, str] = {}
    for child in entry:
        tag = child.tag
        if not isinstance(tag, str):
            continue
        if tag.endswith(("}loc", "}lastmod")) or tag in ("loc", "lastmod"):
            known.setdefault(tag.rpartition("}")[2], text_of(child))
        elif tag.endswith(("}news", ":news")):
            known |= {name_of(each)[1]: text_of(each) for each in child}
    found = address(known.get("loc"), url)
    if found is None:
        return None
    return Lead(
        url=found,
        title=words(known.get("title", ""), TITLE_MAX),
        summary=words(known.get("keywords", ""), SUMMARY_MAX),
        date=date_of(known.get("publication_date")) or date_of(known.get("lastmod")),
    )


def item(entry: Any, url: str) -> Lead | None:
    """An <item> or <entry>; of two children of one name, that of the entry's own namespace comes first."""
    own = name_of(entry)[0]
    parts: dict[str, list[Any]] = {}
    for child in sorted(entry, key=lambda each: name_of(each)[0] != own):
        parts.setdefault(name_of(child)[1], []).append(child)

    def first(names: str, meaning: Callable[[str], str | None]) -> str | None:
        found = (meaning(text_of(each)) for name in names.split() for each in parts.get(name, ()))
        return next((each for each in found if each), None)

    found = item_address(entry, parts, url)
    if found is None:
        return None
    return Lead(
        url=found,
        title=first("title", lambda text: words(text, TITLE_MAX)),
        summary=first("description summary encoded content", lambda text: words(text, SUMMARY_MAX)),
        date=first("pubdate published issued date created updated modified", date_of),
    )


def item_address(entry: Any, parts: dict[str, list[Any]], url: str) -> str | None:
    for link in (*parts.get("origlink", ()), *parts.get("link", ())):
        if link.get("rel", "alternate") != "alternate" or "html" not in link.get("type", "html"):
            continue
        raw = link.get("href") or text_of(link)
        if raw.strip() and (found := address(raw, base_of(entry, url, raw))):
            return found
    names = [each for each in parts.get("guid", ()) if each.get("isPermaLink", "true").lower() != "false"]
    marks = [text_of(each) for each in (*names, *parts.get("id", ()))]
    marks += [value for name, value in entry.items() if name.endswith(("}about", "rdf:about"))]
    return next((found for mark in marks if (found := address(mark, ""))), None)


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
