"""A glance at the raw page: most pages of a press site are off topic, and need not be kept or cleaned to know it.

A page can only be kept if it names what the profile needs, so that a core of such a term is on it, perhaps in
disguise: broken by tags, comments or invisible characters, spelt in references, escapes or full-width letters. Most
pages have none, so one pattern looks through the bytes for what may be the beginning of a core, and only there the page
is read as markup.
"""

import codecs
import html
import html.entities
import re
import string
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Protocol
from urllib.parse import unquote

import re2
from w3lib.encoding import html_body_declared_encoding, read_bom

from db.normal_forms import INVISIBLE
from db.outcomes import Code
from pipelines.article import Article, Reason, Rejected
from pipelines.folding import fold

_UNIT = re.compile(  # what stands for one character
    rb"""&(?:amp;)*(?:\#(?:[0-9]+|[xX][0-9a-fA-F]+);?|[a-zA-Z][a-zA-Z0-9]*;?) | [\xc2-\xdf][\x80-\xbf]
    | [\xe0-\xef][\x80-\xbf]{2} | [\xf0-\xf4][\x80-\xbf]{3} | (?:\\u[dD][89abAB]\w\w)?\\u[0-9a-fA-F]{4} | .""",
    re.DOTALL | re.VERBOSE,
)
_CP1252 = [bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256)]
_FURTHER = b"(?:%b)" % "|".join(map(re.escape, _CP1252[0x80:0xC0])).encode()
_OTHER_UNITS = (  # the same bytes in cp1252; a character in UTF-8 that was taken for cp1252 and encoded again: 'Â\xad'
    re.compile(rb"[\x80-\xff]"),
    re.compile(rb"\xc3(?:[\x82-\x9f]%b|[\xa0-\xaf]%b{2}|[\xb0-\xb4]%b{3})" % (_FURTHER, _FURTHER, _FURTHER)),
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
_ESCAPED_BEGINS = rb"&(?:amp;)*lt;|\\u003c"
_MARKUP_BEGINS = re.compile(rb"<[a-z/!?]|" + _ESCAPED_BEGINS, re.IGNORECASE)
# But for </h1> to </h6> and </p>: "… nimmt Bewerbungen an</h3>" begins no village. A browser begins a new line there,
# also where nothing is open that could end (HTML, 13.2.6.4.7); only libxml2 would join the halves of such a word.
_GOES_ON_BEHIND = rb"<(?:[a-z!?]|/(?:[^hp]|p[^>]|h(?:[^1-6]|[1-6][^>])))|" + _ESCAPED_BEGINS
# Before a word: what is no letter, or a reference or an escape: \n, \u201e, &nbsp without a semicolon
_LONGEST_ESCAPE = 7
_BEFORE = rb"(?:\A|[^a-z]|[&\\](?:u[0-9a-f]{4}|[a-z]{1,6}))"
# With these and the lengths above, a page built to waste time ends in a second: 10 MB of soft hyphens took 16.
_MOST_BEGINNINGS = 4000  # of cores; of 61 real pages one has 14 on average
_MOST_CHARACTERS = 100_000  # read to spell cores
_MEMORY = 32 << 20  # bytes at most for the states of the pattern, which are made when a page needs them
_AS_THEY_ARE = {"ascii", "utf-8", "iso8859-1", "cp1252"}
_DROPPED_CODES = [code for code in (*range(0x80), *range(0xFDD0, 0xFDF0)) if not html.unescape(f"&#{code};")]


class NeededTerms(Protocol):
    """What is asked of a profile here: the judgement, which knows all of it, comes later on the journey."""

    @property
    def needed_cores(self) -> tuple[str, ...]:
        """A page that can be kept has one of them; with a star before it, perhaps in the midst of a word."""


def might_be_on_topic(page: bytes, encoding: str | None, profile: NeededTerms, hints: str = "") -> bool:
    """False only where no title or text of these bytes, as a browser shows them, can hold what the profile needs.

    `hints`: what is known of the page beside its bytes, its address and the title that a feed gave it.
    """
    known, needed = fold(hints), profile.needed_cores
    if any(core.lstrip("*") in known for core in needed):
        return True
    return any(map(_search_for(needed).sees, _readings(page, encoding)))


def _readings(page: bytes, encoding: str | None) -> Iterator[bytes]:
    """The page in each charset that something says it is in, as UTF-8; UTF-8 and cp1252 are searched as they are."""
    yield page.replace(b"\0", b"") if b"\0" in page else page
    for name in {encoding, html_body_declared_encoding(page), read_bom(page)[0]}:
        try:
            if name and codecs.lookup(name).name not in _AS_THEY_ARE:
                yield page.decode(name, "replace").encode("utf-8", "replace")
        except (LookupError, UnicodeError):
            continue  # nobody else can read it in that charset either


class _CoreSearch:
    def __init__(self, marked_cores: tuple[str, ...]) -> None:
        """A core with a star before it may stand in the midst of a word."""
        self.cores = tuple(_decomposed(core.lstrip("*")) for core in marked_cores)
        self.spelt = {core[:end] for core in self.cores for end in range(1, len(core))}
        options = re2.Options()
        options.encoding, options.case_sensitive, options.max_mem = re2.Options.Encoding.LATIN1, False, _MEMORY
        self.beginning = re2.compile(b"|".join(self._beginnings(marked_cores)), options)

    def sees(self, page: bytes) -> bool:
        at, budget = 0, iter(range(_MOST_CHARACTERS))
        for _ in range(_MOST_BEGINNINGS):
            begins = self.beginning.search(page, at)
            if begins is None:
                return False
            at = begins.start() + 1
            last = at + _LONGEST_ESCAPE if page[at - 1] in b"&\\" else at
            if any(self._spells(page, first, budget) for first in range(at - 1, last + 1)):
                return True
        return True

    def _spells(self, page: bytes, at: int, budget: Iterator[int]) -> bool:
        """Whether a core begins at `at`."""
        paths, visited = [(at, "")], {at}
        while paths:
            if next(budget, None) is None:
                return True  # nobody knows: whoever reads the page in full has a time limit
            at, before = paths.pop()
            others = _OTHER_UNITS if page[at : at + 1] >= b"\x80" else ()
            for unit in filter(None, (each.match(page, at) for each in (_UNIT, *others))):
                spelt, folded = _spelt_on(before, unit[0])
                if folded.startswith(self.cores):
                    return True
                if folded in self.spelt:
                    after = _after_markup(page, unit.end()) - visited
                    paths += [(end, spelt) for end in after]
                    visited |= after
        return False

    def _beginnings(self, marked_cores: Iterable[str]) -> Iterator[bytes]:
        """Patterns of how a core may begin: its letters up to its end, to markup, or to what is spelt otherwise."""
        anywhere: dict[str, bool] = {}  # the first plain letters of a core → also in the midst of a word
        for core, marked in zip(self.cores, marked_cores, strict=True):
            plain = re.match("[\x00-\x7f]*", core)[0]  # type: ignore[index]
            for end in range(1, len(plain) + 1):
                anywhere[plain[:end]] = marked.startswith("*") or anywhere.get(plain[:end], False)
        whole = anywhere.keys() & set(self.cores)
        begun = anywhere.keys() - whole
        umlauts = {each for each in begun if each[-1] in "aou" and self._goes_on(each + "e")}  # ö is folded to oe
        followed = [(whole, b""), (begun, _GOES_ON_BEHIND), (umlauts, _spelt_otherwise("\u0308", ()))]
        for letters, (chars, names) in _disguises("".join(self.cores)).items():
            spelt = _spelt_otherwise(chars, names)
            followed.append(({each for each in begun if self._goes_on(each + letters)}, spelt))
            if letters and self._goes_on(letters):
                yield spelt
        for beginnings, follows in followed:
            for before, some in (
                (_BEFORE, {each for each in beginnings if not anywhere[each]}),
                (b"", {each for each in beginnings if anywhere[each]}),
            ):
                if some:
                    yield before + _one_of(each.encode() for each in some) + b"(?:%b)" % follows

    def _goes_on(self, letters: str) -> bool:
        return letters in self.spelt or letters.startswith(self.cores)


_search_for = cache(_CoreSearch)  # made when first asked for: 0.2 s


def _one_of(literals: Iterable[bytes]) -> bytes:
    return b"(?:%b)" % b"|".join(map(re2.escape, sorted(literals)))


def _spelt_otherwise(chars: Iterable[str], names: Iterable[bytes]) -> bytes:
    """Pattern of characters as they stand in a page in other ways than plain letters: bytes, references, escapes."""
    some = sorted(chars)
    raw = [form for char in some if not char.isascii() for form in _forms(char)]
    escapes = [char.encode("utf-16-be").hex("|", 2).replace("|", "\\u").encode() for char in some]
    decimal, hexadecimal = (_one_of([form % ord(char) for char in some]) for form in (b"%d", b"%x"))
    references = [
        rb"#0*%b(?:[^0-9]|\z)" % decimal,
        rb"#x0*%b(?:[^0-9a-f]|\z)" % hexadecimal,
        *map(re2.escape, sorted(names)),
    ]
    return b"|".join([*map(re2.escape, raw), rb"\\u" + _one_of(escapes), b"&(?:amp;)*(?:%b)" % b"|".join(references)])


def _after_markup(page: bytes, at: int) -> set[int]:
    """Where the text goes on; the second reading only where it can differ from the first."""
    if not _MARKUP_BEGINS.match(page, at):
        return {at}
    gap = _MARKUP.match(page, at)
    end = gap.end() if gap else at
    if page.count(b"<", at, end) == page.count(b">", at, end) and not page.startswith(b"<", end):
        return {end}
    return {end} | {other.end() for other in [_LENIENT.match(page, at)] if other}


def _disguises(cores: str) -> dict[str, tuple[set[str], set[bytes]]]:
    """Letters → characters that are folded to them, and names of those; '' → those that nobody sees."""
    chars = {*string.ascii_letters, *cores, *cores.upper()}
    beyond = map(chr, range(0x80, 0x20000))
    chars |= {char for char in beyond if unicodedata.decomposition(char) or char != char.casefold()}
    folded = [(char, _decomposed(fold(char))) for char in chars]
    folded += [(char, "") for char in (*map(chr, INVISIBLE), *map(chr, _DROPPED_CODES))]
    disguises = defaultdict[str, tuple[set[str], set[bytes]]](lambda: (set(), set()))
    for char, letters in folded:
        if not letters or letters[0] in cores:
            disguises[letters][0].add(char)
    for name, value in html.entities.html5.items():
        if (letters := _decomposed(fold(value))) in disguises:
            disguises[letters][1].add(name.encode())
    return disguises


def _forms(char: str) -> Iterator[bytes]:
    """In UTF-8, encoded twice, and in cp1252."""
    yield (once := char.encode())
    yield "".join(_CP1252[byte] for byte in once).encode()
    if char in _CP1252:
        yield bytes([_CP1252.index(char)])


@lru_cache(16_384)
def _spelt_on(spelt: str, unit: bytes) -> tuple[str, str]:
    """With one unit more, and as cores are compared; the same few letters are spelt at nearly every beginning."""
    longer = spelt + _characters(unit)
    return longer, _decomposed(fold(longer))


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFKD", text)


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
            characters = "".join(_CP1252[byte] for byte in unit)
        if len(characters) > 1:
            characters = bytes(map(_CP1252.index, characters)).decode("utf-8", "replace")
    return characters.translate(INVISIBLE)


def passes(article: Article, profile: NeededTerms) -> bool:
    hints = f"{article.title_hint or ''} {unquote(article.url)}"
    return might_be_on_topic(article.html, article.encoding, profile, hints)


def prefilter(article: Article, profile: NeededTerms) -> Article | Rejected:
    """The article as it is; Rejected where the full judgement of the same bytes could not but refuse it."""
    if article.must_stay or (passes(article, profile) if article.passes is None else article.passes):
        return article
    return Rejected(Reason.OFF_TOPIC, Code.NO_MUST_TERM.of())
