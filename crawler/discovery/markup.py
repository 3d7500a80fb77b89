"""What a document is, and the entries of one in XML, however broken it is: bytes → elements."""

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

from crawler.discovery.encodings import LEGACY, decoded, is_utf8
from crawler.discovery.leads import Discovery, Form, Unreadable, words
from db.outcomes import Code, Outcome

UNPACKED_MAX = 100 * 2**20  # the sitemap protocol allows 50 MB
ENTRY_MAX = 4 * 2**20  # an entry of a broken document; what is longer ends it
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
LINES = re.compile(r"\s*https?://\S")  # a sitemap may be addresses, one a line


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
                    raise Unreadable(Code.UNPACKS_TO.of(number=len(body), most=UNPACKED_MAX))
                yield piece
    except (EOFError, OSError, zlib.error):
        return


def unpacks_to_more(body: bytes, most: int) -> bool:
    """Whether a document has more bytes than that, once it is unpacked."""
    if len(body) > most or not body.startswith(GZIP):
        return len(body) > most
    size = 0
    for piece in pieces(body):
        size += len(piece)
        if size > most:
            return True
    return False


def head_of(body: bytes) -> str:
    return decoded(next(pieces(body), b""))


def root_of(head: str) -> str:
    """The name of a root that we know, in lower case; '' where it is another, or none."""
    match = None if head.lstrip().startswith("{") else ROOT.search(COMMENT.sub("", head))
    return (match[1] or match[2]).lower() if match else ""


def form_of(head: str) -> Form | None:
    return ROOTS.get(root_of(head))


def instead(head: str) -> Outcome:
    """What a document is that is not what it should be."""
    form = form_of(head)
    start = " ".join(head[:200].split())
    if form in ENTRIES:
        return Code.A_FORM.of(form=form.replace("_", " "))
    if form is Form.LISTING:
        title = re.search(r"<title[^>]{0,200}>([^<]{0,300})", head, re.I)
        name = words(title[1], 60) if title else None
        return Code.HTML_TITLED.of(title=name) if name else Code.HTML_UNTITLED.of()
    if not start.isprintable() or "\ufffd" in start:
        return Code.BINARY.of()
    if start.startswith(("{", "[")):
        return Code.JSON.of()
    if root := re.search(r"<([A-Za-z][\w:.-]{0,40})", COMMENT.sub("", head)):
        return Code.ROOT.of(name=root[1])
    return Code.TEXT_BEGINS.of(text=start[:40])


def recognised(body: bytes, expected: tuple[Form, ...]) -> Form:
    """Which of the expected forms a document has. Raises Unreadable, which says what it is instead."""
    name = expected[0].replace("_", " ")
    head = head_of(body)
    if not head.strip():
        raise Unreadable((Code.NOT_UNPACKED if body.startswith(GZIP) else Code.EMPTY_DOCUMENT).of(form=name))
    form = form_of(head)
    if form is None and Form.SITEMAP in expected and LINES.match(head):
        return Form.SITEMAP
    if form is None and Form.FEED in expected and head.lstrip().startswith("{"):
        return Form.FEED  # the reader of feeds sees whether it is one in JSON
    if form is None or form is Form.LISTING or form not in expected:
        raise Unreadable((Code.IS_INSTEAD if form in ENTRIES else Code.IS_NO_XML).of(form=name, what=instead(head)))
    return form


Keep = Callable[[Iterable[Any]], Discovery]  # entries → what is kept of them


def read(body: bytes, url: str, form: Form, name: str, keep: Keep) -> Discovery:
    """What `keep` makes of the entries; of a broken document, of what can be read. Raises Unreadable, which begins with
    `name`."""
    breaks: list[Outcome] = []
    discovery = keep(parsed(pieces(body), url, form, breaks, override(body, head_of(body))))
    if not breaks:
        return discovery
    recovered = keep(parsed(mended(body, form), url, form, [], "utf-8", recover=True))
    discovery = max(recovered, discovery, key=lambda result: result.listed + len(result.more))
    if not discovery.listed and not discovery.more:
        raise Unreadable(Code.IN_DOCUMENT.of(form=name, why=breaks[0]))
    return replace(discovery, problem=breaks[0])


def override(body: bytes, head: str) -> str | None:
    """UTF-8 where a document that is UTF-8 declares something else."""
    declared = re.match(r"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", head)
    return "utf-8" if declared and LEGACY.search(declared[1]) and is_utf8(pieces(body)) else None


def parsed(
    document: Iterable[bytes],
    url: str,
    form: Form,
    breaks: list[Outcome],
    encoding: str | None,
    *,
    recover: bool = False,
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
                breaks.append(Code.NO_ENTRY.of(number=size))
                return
        parser.close()
    except etree.XMLSyntaxError as error:
        what = " ".join(str(error.msg).partition(", line")[0].split())
        breaks.append(Code.XML_BREAKS.of(line=error.lineno or 1, text=what))
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


def name_of(element: Any) -> tuple[str, str]:
    """Where a name comes from, as namespace and prefix in one string, and the name in lower case; '' for a comment."""
    if not isinstance(element.tag, str):
        return "", ""
    space, _, local = element.tag.rpartition("}")
    prefix, _, local = local.rpartition(":")  # a prefix that the document does not declare stays in the name
    return f"{space} {prefix}", local.lower()


def text_of(element: Any) -> str:
    return "".join(element.itertext()) if len(element) else element.text or ""
