"""A glance at the raw page: most pages of a press site are off topic, and need not be kept or cleaned to know it.

A page can only be kept if it names what the profile needs, so that a core of such a term is on it, perhaps in
disguise: broken by tags, comments or invisible characters, spelt in references, escapes or full-width letters. Most
pages have none, so the page is searched as bytes, and read as markup only where a core, or a disguise of its first
letter, begins.
"""

import codecs
import html.entities
import re
import string
import unicodedata
from collections.abc import Container, Iterable, Iterator
from functools import cache, lru_cache
from typing import NamedTuple, Protocol
from urllib.parse import unquote

from ahocorasick_rs import BytesAhoCorasick, Implementation
from w3lib.encoding import html_body_declared_encoding, read_bom

from db.normal_forms import INVISIBLE
from db.outcomes import Code
from pipelines.article import Article, Reason, Rejected
from pipelines.folding import fold

_UNIT = re.compile(  # what stands for one character; a page in two charsets at once is read as UTF-8 and as Latin-1
    rb"""&(?:amp;)*(?:\#(?:[0-9]+|[xX][0-9a-fA-F]+);?|[a-zA-Z][a-zA-Z0-9]*;?) | [\xc2-\xdf][\x80-\xbf]
    | [\xe0-\xef][\x80-\xbf]{2} | [\xf0-\xf4][\x80-\xbf]{3} | (?:\\u[dD][89abAB]\w\w)?\\u[0-9a-fA-F]{4} | .""",
    re.DOTALL | re.VERBOSE,
)
_DROPPED = b"|".join(  # named one by one: a group to refer back to fails inside a possessive repetition (Python 3.11.7)
    rb"<%b\b.{0,5000}?</%b\s*>" % (name, name)
    for name in b"script style template noscript svg button sup select textarea iframe object".split()
)
_ESCAPED = rb"(?:&(?:amp;)*lt;|\\u003[cC])[^<>]{0,200}?(?:&(?:amp;)*gt;|\\u003[eE])"
_UNSEEN = rb"(?:<!--.{0,5000}?--!?>|%b|%b|%%b)*+" % (_DROPPED, _ESCAPED)
_TAG = rb"""</?[a-z](?=[^>]{0,5000}>)[^\s/>]*+(?:[^>=]*+=\s*+(?:"[^"]{0,5000}+"|'[^']{0,5000}+'|[^\s>]*+))*+[^>=]*+>"""
_MARKUP, _LENIENT = (  # tags are read twice: with quotation marks as HTML has them, and to the first '>'
    re.compile(_UNSEEN % tag, re.DOTALL | re.IGNORECASE) for tag in (_TAG, rb"<[a-z/!?][^>]{0,5000}+>")
)
_BEGINS_MARKUP = re.compile(rb"<|&(?:amp;)*lt;|\\u003c", re.IGNORECASE)
# With these and the lengths above, a page built to waste time ends in a second: 10 MB of soft hyphens took 16.
_MOST_BEGINNINGS = 8000  # of the cores; a press page has some hundreds
_MOST_CHARACTERS = 100_000  # read to spell cores; of 75 real pages half have 60 or more, one 5,500
# A reference or an escape that a word stands behind, with < for the first sign: \n, \u201e, <nbsp without a semicolon
_ESCAPE = re.compile(rb"[<\\](?:u[0-9a-f]{4}|[a-z]{1,6})\Z")
_READ_ON = (b"\\u003c", *(b"\\ud%x" % digit for digit in range(8, 12)))  # markup, and the first half of a character
_MOST_SPELLINGS = 4096
_ASCII = bytes(range(128))
_LETTERS = frozenset(string.ascii_lowercase.encode())
_SEEN_AS_THEY_ARE = {"ascii", "utf-8", "iso8859-1", "iso8859-15", "cp1252"}
_TWICE = (
    b"\xc3\x82\xc2",
    b"\xc3\xa2\xe2",
    b"\xc3\xaf\xc2",
)  # 'Â\xad', 'â€‹', 'ï¼': UTF-8 taken for cp1252, encoded again
_ONCE = {ord(char): byte for byte in range(128, 160) for char in bytes([byte]).decode("cp1252", "ignore")}


class NeededTerms(Protocol):
    """What is asked of a profile here: the judgement, which knows all of it, comes later on the journey."""

    @property
    def needed_cores(self) -> tuple[str, ...]:
        """A page that can be kept has one of them; with a star before it, perhaps in the midst of a word."""


def might_be_on_topic(page: bytes, encoding: str | None, profile: NeededTerms, hints: str = "") -> bool:
    """False only where no title or text cleaned from these bytes can hold what the profile needs.

    `hints`: what is known of the page beside its bytes, its address and the title that a feed gave it.
    """
    known, needed = fold(hints), profile.needed_cores
    if any(core.lstrip("*") in known for core in needed):
        return True
    return any(map(_search_for(needed).sees, _readings(page, encoding)))


def _readings(page: bytes, encoding: str | None) -> list[bytes]:
    """The page in each charset that something says it is in, as UTF-8; UTF-8 and Latin-1 are searched as they are."""
    readings = [page.replace(b"\0", b"") if b"\0" in page else page]
    for name in {encoding, html_body_declared_encoding(page), read_bom(page)[0]}:
        try:
            if name and codecs.lookup(name).name not in _SEEN_AS_THEY_ARE:
                readings.append(page.decode(name, "replace").encode("utf-8", "replace"))
        except (LookupError, UnicodeError):
            continue  # nobody else can read it in that charset either
    foreign = page.translate(None, _ASCII)
    if any(sign in foreign for sign in _TWICE):
        readings.append(page.decode("utf-8", "replace").translate(_ONCE).encode("latin-1", "replace"))
    return readings


class _Opening(NamedTuple):
    """The first letters of a core in a page; '' for a reference or an escape that may stand for the first of them."""

    letters: str
    anywhere: bool  # also in the midst of a word
    ending: int  # bytes of the break behind them


class _CoreSearch:
    """Where a core may begin: in plain letters up to a break (`openings`), or with its first letter in disguise."""

    def __init__(self, marked_cores: tuple[str, ...]) -> None:
        """A core with a star before it may stand in the midst of a word."""
        cores = tuple(core.lstrip("*") for core in marked_cores)
        self.cores = tuple(unicodedata.normalize("NFKD", core) for core in cores)
        cases = ((char, fold(char)) for core in cores for letter in core for char in (letter, letter.upper()))
        disguises = dict(cases) | _disguises()
        inside = [char for char, folded in disguises.items() if any(folded[0] in core for core in cores)]
        breaks = {ord(sign) for sign in "&<"} | {0xCC, 0xCD}  # the last two begin a combining mark
        breaks |= {form[0] for char in (*inside, *map(chr, INVISIBLE)) if not char.isascii() for form in _forms(char)}
        self.table = bytes(0x3C if byte in breaks else byte for byte in bytes(range(256)).lower())  # 0x3C is '<'
        openings: dict[bytes, _Opening] = {}  # as it stands in a page of breaks and small letters
        for core, marked in zip(self.cores, marked_cores, strict=True):
            for letters, ending in _openings(core):
                opening = letters.encode() + ending
                before = openings.get(opening)
                anywhere = marked.startswith("*") or (before is not None and before.anywhere)
                openings[opening] = _Opening(letters, anywhere, len(ending))
        beginnings = {core[:end] for core in cores for end in range(1, len(core) + 1)}
        first = [char for char, folded in disguises.items() if folded in beginnings]
        raw = sorted({form for char in first if not char.isascii() for form in _forms(char)})
        disguised = (*_spelt_otherwise(first, beginnings), *(form.translate(self.table) for form in raw if form[1:]))
        openings |= dict.fromkeys(disguised, _Opening("", True, 0))
        self.openings = BytesAhoCorasick(list(openings), implementation=Implementation.DFA)
        self.found = list(openings.values())
        self.whole = frozenset(self.cores)
        self.spelt = {core[:end] for core in self.cores for end in range(1, len(core))}
        self.escaped: dict[bytes, bool] = {}
        self.raw = frozenset(raw)
        self.bytes = [form for form in raw if not form[1:]]  # of Latin-1

    def sees(self, page: bytes) -> bool:
        budget = iter(range(_MOST_CHARACTERS))
        beginnings = enumerate(self._beginnings(page))
        return any(
            count > _MOST_BEGINNINGS or spelt in self.whole or self._spells(page, at, spelt, budget)
            for count, (at, spelt) in beginnings
        )

    def _beginnings(self, page: bytes) -> Iterator[tuple[int, str]]:
        """(where to read on, the plain letters of a core before it)."""
        plain, found, escaped = page.translate(self.table), self.found, self.escaped
        for number, start, end in self.openings.find_matches_as_indexes(plain, overlapping=True):
            letters, anywhere, ending = found[number]
            if start and plain[start - 1] in _LETTERS and not anywhere and not _ESCAPE.search(plain, start - 7, start):
                continue  # in the midst of a word
            if ending == 2:  # an escape: JSON has many, and few of them go on with a core
                spelling = plain[start : end + 4]
                goes_on = escaped[spelling] if spelling in escaped else self._learn(letters, spelling)
                if not goes_on:
                    continue
            if letters:
                yield end - ending, letters
            elif page[start:end] in self.raw:
                yield start, ""
            elif (reference := _reference(page, start)) is not None:
                yield reference, ""
        for byte in self.bytes:
            if byte in page:
                yield from ((match.start(), "") for match in re.finditer(re.escape(byte), page))

    def _learn(self, letters: str, spelling: bytes) -> bool:
        """Whether an escape may go on from the first letters of a core; what is known of some spellings is kept."""
        escape = spelling[len(letters) :]
        if escape.startswith(_READ_ON):
            goes_on = True
        else:
            _, folded = _spelt_on(letters, _UNIT.match(escape)[0])  # type: ignore[index]
            goes_on = folded in self.spelt or folded.startswith(self.cores)
        if len(self.escaped) >= _MOST_SPELLINGS:
            self.escaped.clear()
        self.escaped[spelling] = goes_on
        return goes_on

    def _spells(self, page: bytes, at: int, spelt: str, budget: Iterator[int]) -> bool:
        """Whether what follows `at` goes on from `spelt` to a core."""
        visited = _after_markup(page, at) if spelt else {at}
        paths = [(end, spelt) for end in visited]
        while paths:
            if next(budget, None) is None:
                return True  # nobody knows: whoever reads the page in full has a time limit
            at, spelt = paths.pop()
            if not (unit := _UNIT.match(page, at)):
                continue
            spelt, folded = _spelt_on(spelt, unit[0])
            if folded.startswith(self.cores):
                return True
            if folded in self.spelt:
                after = _after_markup(page, unit.end()) - visited
                paths += [(end, spelt) for end in after]
                visited |= after
        return False


_search_for = cache(_CoreSearch)  # made when first asked for: 60 ms


def _openings(core: str) -> Iterator[tuple[str, bytes]]:
    """(its first letters, what follows them in a page): its end, or a break."""
    plain = re.match("[\x00-\x7f]*", core)[0]  # type: ignore[index]
    yield from ((plain[:end], ending) for end in range(1, len(plain) + 1) for ending in (b"<", b"\\u"))
    if plain == core:
        yield core, b""


def _spelt_otherwise(first: Iterable[str], beginnings: Container[str]) -> Iterator[bytes]:
    """How references and escapes of a first letter begin in a page of breaks and small letters."""
    names = [name.lower() for name, value in html.entities.html5.items() if fold(value) in beginnings]
    yield from (before + name.encode() for name in ("#", *names) for before in (b"<", b"amp;"))
    codes = {f"{ord(char):04x}" if ord(char) < 0x10000 else "d8" for char in first}
    yield from (b"\\u" + code.encode() for code in codes)


def _reference(page: bytes, start: int) -> int | None:
    """Where a reference or an escape begins: &amp;amp;#77; stands for what &#77; does."""
    at = start + (4 if page.startswith(b"amp;", start) else 1)
    while at >= 4 and page.startswith(b"amp;", at - 4):
        at -= 4
    return at - 1 if at and page.startswith((b"&", b"\\"), at - 1) else None


def _after_markup(page: bytes, at: int) -> set[int]:
    """Where the text goes on; the second reading only where it can differ from the first."""
    if not _BEGINS_MARKUP.match(page, at):
        return {at}
    gap = _MARKUP.match(page, at)
    end = gap.end() if gap else at
    if page.count(b"<", at, end) == page.count(b">", at, end) and not page.startswith(b"<", end):
        return {end}
    return {end} | {other.end() for other in [_LENIENT.match(page, at)] if other}


@cache
def _disguises() -> dict[str, str]:
    """Characters that fold to other letters: capitals, full-width and mathematical letters, umlauts, ligatures."""
    kin = (chr(code) for code in range(0x80, 0x20000) if unicodedata.decomposition(chr(code)))
    folded = {char: fold(char) for char in (*string.ascii_letters, *kin, "ß", "ẞ")}
    return {char: letters for char, letters in folded.items() if letters[:1].isalnum()}


def _forms(char: str) -> Iterator[bytes]:
    yield char.encode("utf-8")
    if ord(char) < 0x100:
        yield char.encode("latin-1")


@lru_cache(16_384)
def _spelt_on(spelt: str, unit: bytes) -> tuple[str, str]:
    """With one unit more, and as cores are compared; the same few letters are spelt at nearly every beginning."""
    longer = spelt + _characters(unit)
    return longer, unicodedata.normalize("NFKD", fold(longer))


def _characters(unit: bytes) -> str:
    """A reference, an escape or a character as what it stands for, '' for what is invisible."""
    if unit.startswith(b"&") and len(unit) > 1:
        characters = html.unescape(re.sub("^&(?:amp;)+", "&", unit.decode("ascii")))
    elif unit.startswith(b"\\u"):
        pairs = unit.decode("raw_unicode_escape").encode("utf-16", "surrogatepass")
        characters = pairs.decode("utf-16", "replace")
    else:
        try:
            characters = unit.decode("utf-8")
        except UnicodeDecodeError:
            characters = unit.decode("latin-1")
    return characters.translate(INVISIBLE)


def passes(article: Article, profile: NeededTerms) -> bool:
    hints = f"{article.title_hint or ''} {unquote(article.url)}"
    return might_be_on_topic(article.html, article.encoding, profile, hints)


def prefilter(article: Article, profile: NeededTerms) -> Article | Rejected:
    """The article as it is; Rejected where the full judgement of the same bytes could not but refuse it."""
    if article.must_stay or (passes(article, profile) if article.passes is None else article.passes):
        return article
    return Rejected(Reason.OFF_TOPIC, Code.NO_MUST_TERM.of())
