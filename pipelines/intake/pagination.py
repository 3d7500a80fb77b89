"""An article in several pages: where the next one is, or the one that has all of it."""

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from pipelines.article import Article
from pipelines.identity import bare_host

MOST = 20  # pages of one article; more are a list of other things
HEAD_AND_TEXT = 3_000_000  # bytes that are looked at

TAG = re.compile(rb"<(?:a|link)\s[^<>]{1,2000}>", re.IGNORECASE)
NEXT = re.compile(rb"""rel\s*=\s*["']?[^"'>]{0,200}\bnext\b""")
ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
COUNTERS = ("page", "seite", "p", "pg", "part", "teil", "s", "strana", "pagina")  # query parameters
ALL = ("all", "alle", "alles", "komplett", "full", "single", "gesamt", "total")
NUMBER = re.compile(r"(?:[/_,.-](?:(?:seite|page|part|teil|pagina|p|s)[-_/]?)?(\d{1,2}))(?=(?:\.\w{2,5})?/?$)", re.I)
WHOLE = re.compile(r"/(?:komplettansicht|all|full|single-?page|gesamt)/?$|[_,-](?:all|komplett)(?=\.html?$)", re.I)


@dataclass(frozen=True, slots=True)
class Further:
    url: str
    whole: bool  # the page with all of it, not the next one


@dataclass(frozen=True, slots=True)
class _Place:
    """An address without what counts its pages."""

    host: str
    path: str
    query: str
    number: int
    whole: bool


def further(html: bytes, url: str) -> Further | None:
    """Where an article goes on, by the page's own links: None where this is all of it. The same article's only."""
    head_and_text = html[:HEAD_AND_TEXT]
    lower = head_and_text.lower()  # a pattern that ignores case takes eight times as long
    if b"next" not in lower or not NEXT.search(lower):
        return None
    here, following, whole = _place(url), "", ""
    for tag in TAG.findall(head_and_text):
        attributes = {
            name.lower(): _value(values) for name, *values in ATTRIBUTE.findall(tag.decode("utf-8", "replace"))
        }
        address = _absolute(url, attributes.get("href", ""))
        there = _place(address)
        if not address or (there.host, there.path, there.query) != (here.host, here.path, here.query):
            continue
        if there.whole and not here.whole:
            whole = whole or address
        elif "next" in attributes.get("rel", "").lower().split() and there.number == here.number + 1:
            following = following or address
    if not following or here.whole:
        return None
    return Further(whole, True) if whole and here.number == 1 else Further(following, False)


def goes_on(article: Article) -> bool:
    """Whether it has more pages than are here."""
    html, url = article.html, article.final_url or article.url
    if article.parts:
        html, url = article.parts[-1].html, article.parts[-1].url
        if article.parts[-1].whole:
            return False
    more = further(html, url)
    return more is not None and more.url not in {article.url, article.final_url, *(part.url for part in article.parts)}


def _value(values: list[str]) -> str:
    return unescape(next(filter(None, values), ""))


def _absolute(base: str, href: str) -> str:
    try:
        address = urljoin(base, href.strip()).partition("#")[0]
        return address if urlsplit(address).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _place(url: str) -> _Place:
    try:
        parts = urlsplit(url)
    except ValueError:
        return _Place("", url, "", 1, False)
    number, whole, rest = 1, False, []
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name.lower() in COUNTERS and value.isdigit() and len(value) <= 2:
            number = int(value)
        elif value.lower() in ALL and name.lower() in (*COUNTERS, "view", "ansicht"):
            whole = True
        else:
            rest.append((name, value))
    path = parts.path
    if WHOLE.search(path):
        path, whole = WHOLE.sub("", path), True
    elif counted := NUMBER.search(path):
        path, number = path[: counted.start()] + path[counted.end() :], int(counted.group(1))
    return _Place(bare_host(url), path.rstrip("/"), urlencode(rest), number, whole)
