"""Cleaning: the bytes of a page → title, text, authors, dates, language, kind and access of an article."""

import re
import traceback
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from lxml import etree
from lxml.etree import LxmlError
from lxml.html import HtmlElement, document_fromstring
from w3lib.encoding import html_to_unicode

from db.outcomes import Code, Outcome, fault
from pipelines import dates
from pipelines.article import Article, BodyLink, Part, Reason, Rejected, TraceEntry, sound
from pipelines.extraction import barriers, body, bylines, characters, links, markup, metadata, page_types
from pipelines.extraction.body import Text
from pipelines.extraction.metadata import Metadata
from pipelines.extraction.paywall import access
from pipelines.intake.corrections import corrected
from pipelines.intake.pagination import goes_on

ROOM = Path(__file__).parents[1]  # where our own code lies
# Three sentences of a radio station's item have 250 characters and more; picture captions and offers have fewer.
SHORTEST = 200
SHORTEST_SAID = 80  # a sentence, where a page with a headline and a day says that it is an article
# A film or a gallery has a few lines beside it; from here on it is an article of its own, such as a broadcast's notes.
SHORTEST_BESIDE_FILM = 400

# The largest of 73 recorded pages has 2,400 elements; 200,000 links take a minute.
MOST_ELEMENTS = 50_000
LONGEST_SUBHEAD = 200  # characters; what is longer is a paragraph, whatever the page calls it
LONGEST_NAMES = 500  # characters of a class attribute that are looked at; 6 million take 16 seconds

NOT_HTML = re.compile(
    rb"^\s*(?:%PDF|\x89PNG|GIF8|\xff\xd8\xff|PK\x03\x04|\x1f\x8b|Rar!|[{\[]\s*[\"{\]]"
    rb"|(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:rss|feed|urlset|sitemapindex|rdf:RDF|svg|opml)\b)",
    re.DOTALL,
)
# Bytes that no text has, as blanks; in UTF-8 they are part of no other character.
CONTROL = bytes(32 if (code < 32 and code not in (9, 10, 13)) or code == 127 else code for code in range(256))
# 'ü' that was written as UTF-8 and read as Windows-1252 comes as 'Ã¼', '„' as 'â€ž'.
MOJIBAKE = re.compile(
    "[\u00c2\u00c3][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]|\u00e2\u20ac[\u0080-\u2122]"
)
MANY_BYTES = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def clean(article: Article) -> Article | Rejected:
    """The article as the page tells it; Rejected where it is none. The page is kept elsewhere and leaves the item."""
    cleaned, rejected = read(article)
    cleaned = replace(cleaned, html=b"", parts=(), in_part=goes_on(article))
    if rejected is not None:
        refused = TraceEntry(str(rejected.reason), "refuse", cleaned.title[:80], rejected.detail or "nothing to read")
        cleaned = replace(cleaned, trace=(*cleaned.trace, refused))
    if rejected is None:
        return cleaned
    if article.must_stay:
        assert article.decision
        why = rejected.outcome or Code.NO_TEXT.of()
        return Rejected(rejected.reason, Code.STILL_REFUSED.of(decision=article.decision.outcome, why=why), cleaned)
    return replace(rejected, article=cleaned)


def read(article: Article, without: frozenset[str] = frozenset()) -> tuple[Article, Rejected | None]:
    """The article as far as the page tells, and why it is none. The bytes may be any.

    `without`: names of steps of `body.STEPS` to leave out.
    """
    if not article.html.strip(b"\x00 \t\r\n"):
        return article, Rejected(Reason.NOT_HTML, Code.EMPTY_PAGE.of())
    if NOT_HTML.match(article.html[:2000]) or b"<" not in article.html:
        return article, Rejected(Reason.NOT_HTML, beginning(article.html))
    try:
        return examine(article, parse(decode(article.html, article.encoding)), without)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, LxmlError) as error:
        if is_ours(error):
            raise
        # Hostile markup breaks the libraries in ways of their own; the page is kept and the refusal names the slip.
        return article, Rejected(Reason.UNREADABLE, fault(error))


def is_ours(error: Exception) -> bool:
    """Whether it is a slip of our own code, and says nothing of the page.

    What lxml refuses (ValueError and its own errors) and what is nested too deeply is the page's doing, also where our
    code asked for it: lxml has no Python frames.
    """
    if isinstance(error, ValueError | RecursionError | LxmlError):
        return False
    last = traceback.extract_tb(error.__traceback__)[-1]
    return Path(last.filename).is_relative_to(ROOM)


def beginning(html: bytes) -> Outcome:
    text = html[:40].decode("utf-8", "replace").strip()
    return Code.BEGINS.of(text=text) if text.isprintable() else Code.BINARY.of()


def decode(html: bytes, encoding: str | None) -> str:
    """Text in the encoding of byte order mark, HTTP header or <meta>, unless the bytes themselves say otherwise."""
    name, text = html_to_unicode(f"text/html; charset={encoding}" if encoding else None, html, default_encoding="utf-8")
    if name not in ("utf-8", "utf8") and not name.startswith("utf-16") and MANY_BYTES.search(html):
        with suppress(UnicodeDecodeError):
            text = html.decode("utf-8")  # bytes that happen to be valid UTF-8 are UTF-8
    elif "\ufffd" in text and text.count("\ufffd") > len(MANY_BYTES.findall(html)):
        text = html.decode("cp1252", "replace")
    text = characters.without_invisible(text)
    suspect = "Ã" in text or "â€" in text
    return mended(text) if suspect and len(MOJIBAKE.findall(text)) > 2 else text


def mended(text: str) -> str:
    """Text that was encoded twice, decoded once more where that gives sense."""

    def once_more(match: re.Match[str]) -> str:
        raw = b"".join(c.encode("cp1252") if c not in "\x81\x8d\x8f\x90\x9d" else c.encode("latin-1") for c in match[0])
        return raw.decode("utf-8")

    try:
        return MOJIBAKE.sub(once_more, text)
    except (UnicodeDecodeError, UnicodeEncodeError):
        return text


def parse(text: str) -> HtmlElement:
    parser = etree.HTMLParser(
        encoding="utf-8", collect_ids=False, default_doctype=False, remove_comments=True, remove_pis=True
    )
    # One class for all elements: lxml.html asks a Python function for each, a tenth of the time of a page.
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    raw = text.encode("utf-8", "replace").translate(CONTROL)
    tree = document_fromstring(raw.replace(b"\xef\xbf\xbe", b" ").replace(b"\xef\xbf\xbf", b" "), parser=parser)
    # else rules, and the names of signs (<svg><title>Plus), are words of what they stand in
    etree.strip_elements(tree, "style", "svg", with_tail=False)
    return tree


def examine(article: Article, tree: HtmlElement, without: frozenset[str]) -> tuple[Article, Rejected | None]:
    url = article.final_url or article.url
    elements = list(tree.iter())  # held to the end: lxml would make each of them anew at every look
    if len(elements) > MOST_ELEMENTS:
        return article, Rejected(Reason.TOO_LARGE, Code.ELEMENTS.of(number=len(elements)))
    for element in elements:
        for name in ("class", "id"):
            if len(value := element.get(name) or "") > LONGEST_NAMES:
                element.set(name, value[:LONGEST_NAMES])
    page_metadata = metadata.read(tree, url, article.fetched_at)
    read_text = body.text_of(tree, page_metadata, without)
    facing = barriers.facing(tree, url, read_text.teased, read_text.around)
    further = further_pages(article, page_metadata)
    prose = joined(read_text.paragraphs, further)
    text = "\n\n".join(prose)
    issuer, shown = article.hints.kind in page_types.ISSUERS, [*prose, *read_text.offers]
    hinted, feed = dates.choose([("feed", article.date_hint or "")], dates.latest(article.fetched_at))
    cleaned = replace(
        article,
        canonical_url=page_metadata.canonical_url,
        outlet=page_metadata.outlet,
        title=page_metadata.title or " ".join((article.title_hint or "").split()),
        text=text,
        subheads=subheads(tree, prose),
        links=linked(read_text, url, further),
        authors=page_metadata.authors,
        agencies=tuple(dict.fromkeys(page_metadata.agencies + bylines.credited(text))),
        published=page_metadata.published or hinted,
        date_source=page_metadata.date_source or feed,
        modified=page_metadata.modified,
        lang=characters.language(text, page_metadata.lang or article.hints.lang),
        page_kind=page_types.kind(facing, page_metadata, issuer, shown, prose or read_text.chosen),
        access=access(page_metadata, text, facing.offer or bool(read_text.offers)),
        trace=tuple(read_text.trace),
    )
    cleaned = corrected(sound(cleaned))
    return cleaned, refusal(cleaned, says_article=page_metadata.says_article)


def subheads(tree: HtmlElement, paragraphs: list[str]) -> tuple[str, ...]:
    """Those of the paragraphs that the page sets as headings; the first is the lead, however it is set."""
    headings = {markup.key(markup.flat(element)) for element in tree.iter("h2", "h3", "h4", "h5", "h6")}
    return tuple(text for text in paragraphs[1:] if len(text) <= LONGEST_SUBHEAD and markup.key(text) in headings)


def further_pages(article: Article, page_metadata: Metadata) -> list[tuple[Part, Text]]:
    """As they read."""
    parts = [part for part in article.parts if part.html.strip()]
    return [(part, body.text_of(parse(decode(part.html, article.encoding)), page_metadata)) for part in parts]


def joined(paragraphs: list[str], further: list[tuple[Part, Text]]) -> list[str]:
    """The paragraphs of all pages of the article; what stands on each of them (a lead, a box) counts once."""
    for part, read_text in further:
        more = read_text.paragraphs
        paragraphs = more if part.whole and more else paragraphs + [text for text in more if text not in paragraphs]
    return paragraphs


def linked(first: Text, url: str, further: list[tuple[Part, Text]]) -> tuple[BodyLink, ...]:
    """The links of all pages of the article, each address once, in the words of the first link that leads there."""
    pages = [(url, first), *((part.url, text) for part, text in further)]
    by_address: dict[str, BodyLink] = {}
    for page, text in pages:
        for link in links.links_of(text.anchors, page):
            by_address.setdefault(link.url, link)
    return tuple(by_address.values())


def refusal(article: Article, *, says_article: bool) -> Rejected | None:
    """What the rules have against it; where a person wants it kept, only what no word can help."""
    rejected = against(article, says_article=says_article)
    if rejected is None or not article.must_stay or not article.text:
        return rejected
    if not article.title:
        return Rejected(Reason.NO_TITLE, Code.NO_TITLE.of())
    return rejected if rejected.reason in (Reason.WALL, Reason.MISSING) and fetched_after_decision(article) else None


def fetched_after_decision(article: Article) -> bool:
    """Nobody has seen this page: what stands in the place of an article tonight is not what the person meant."""
    assert article.decision
    return article.fetched_at is None or article.fetched_at > datetime.fromisoformat(article.decision.at)


def against(article: Article, *, says_article: bool = False) -> Rejected | None:
    kind, length = article.page_kind, len(article.text)
    if kind == "missing":
        return Rejected(Reason.MISSING, Code.SAYS_MISSING.of(title=article.title[:80]))
    if article.status in (404, 410):
        return Rejected(Reason.MISSING, Code.STATUS.of(status=article.status))
    if kind in ("wall", "consent", "blocked"):
        return Rejected(Reason.WALL, Code.WALL.of(kind=kind, title=article.title[:80]))
    if kind == "scrambled":
        return Rejected(Reason.GARBLED, Code.SCRAMBLED.of())
    if article.access == "walled":
        return Rejected(Reason.WALL, Code.NOTHING_SHOWN.of())
    if kind == "other" and barriers.to_the_reader(article.text.split("\n\n")):
        return Rejected(Reason.NOT_AN_ARTICLE, Code.SPEAKS_TO_READER.of())
    if kind == "list":
        return Rejected(Reason.NOT_AN_ARTICLE, Code.A_LIST.of())
    if kind == "offer":
        return Rejected(Reason.NOT_AN_ARTICLE, Code.AN_OFFER.of())
    if not article.text:
        return Rejected(Reason.NOT_AN_ARTICLE, Code.MEDIA.of()) if kind == "media" else Rejected(Reason.NO_TEXT)
    if not article.title:
        return Rejected(Reason.NO_TITLE, Code.NO_TITLE.of())
    least = SHORTEST_SAID if says_article and article.published else SHORTEST
    reason, least = (Reason.NOT_AN_ARTICLE, SHORTEST_BESIDE_FILM) if kind == "media" else (Reason.TOO_SHORT, least)
    if length < least and article.access != "teaser":
        return Rejected(reason, Code.TOO_SHORT.of(number=length))
    return None
