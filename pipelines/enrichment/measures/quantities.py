"""Numbers of a sentence with the units that they are given in: 3,2 Mrd. €, zwei bis drei Hektar, 20 bzw. 50 MW."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from db import written_numbers
from db.number_words import ARTICLES, DOZENS
from pipelines.enrichment.measures.figure_words import (
    FIRST_OF_UNITS,
    HEDGES,
    KINDS,
    LAST_OF_HEDGES,
    LONGEST_HEDGE,
    UNITS,
)

LEAST_POUNDS = 1000  # fewer may be a weight
_TENS = frozenset(  # with a hyphen behind they are one word: forty-five, quatre-vingt-dix
    "twenty thirty forty fifty sixty seventy eighty ninety dix vingt trente quarante cinquante soixante quatre".split()
)
_TOKEN = re.compile(
    r"\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,:]\d+)*"
    r"|[kK]?[mM][23](?!\w)|[^\W\d_]+|[^\w\s]",
)
_MIXED = re.compile(r"(\d{1,3}(?:[.,'’\s]\d{3})+)[.,](\d{1,2})")
_COMMA = re.compile(r"\d+,\d{3}")
_MEASURED = frozenset(unit for unit, kind in KINDS.items() if kind != "investment")
_HYPHENS = frozenset("-‑–")
_YEAR = re.compile(r"(?:19|20)\d\d")
_NUMBERING = frozenset(
    "§ §§ nr nummer no. no s. seite seiten page pages art artikel article abs absatz paragraf paragraph kapitel "
    "chapter platz rang tel telefon phone fax plz raum zimmer halle gate linie bus kw version ausgabe heft az tor "
    "gleis fig figure abb tabelle tab section flug iso din en top postfach bahnsteig band teil "
    "kilometer room floor autobahn bundesstraße landesstraße landstraße kreisstraße straße motorway highway route "
    "junction ausfahrt".split()
)
_DETERMINERS = frozenset("der die das dem den des am im zum vom beim".split())
_VAGUE = frozenset("mehrere mehreren einige einigen paar several few many viele".split())
_SHORT_SCALES = frozenset("mrd mio mill mia bio tsd".split())
_ONE = frozenset("ein eine einem einen einer eines a an one half".split()) | ARTICLES
_HALF = frozenset("halber halbe halbes halben halbem half".split())
_POINT = frozenset("komma point virgule virgola coma".split())
_RANGES = frozenset("bis to à – - — hasta".split())
_LISTS = frozenset(
    "und oder beziehungsweise bzw ihrer seiner unserer of and or sowie respectively statt als plus + ,".split()
)
_OUT_OF = frozenset((("of", "the"), ("of", "its"), ("of", "their")))  # two of its three sites
_THEN = frozenset(
    "vielleicht maybe perhaps später dann schließlich langfristig künftig heute jetzt now later then eventually".split()
)
_FRACTIONS = {"½": Decimal("0.5"), "¼": Decimal("0.25"), "¾": Decimal("0.75")}
_STEMS = {"hundert": 100, "tausend": 1000}
_RISES = re.compile(r"(?i)\b(?:rose|rise[sn]?|grew|grow\w*|increas\w*|rais\w*|jump\w*|cut|fell)\b")
_DECADES = frozenset("er ers".split())


class Token(NamedTuple):
    text: str
    folded: str
    start: int
    end: int
    glued: bool  # by a hyphen to the one before: Hektar in 20-Hektar-Fläche


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    value: Decimal
    high: Decimal | None = None
    unit: str | None = None
    hedge: str | None = None
    first: int  # tokens: of the number, without its hedge
    last: int  # the one after number and unit
    before: int  # the first of the hedge
    noun: int  # where a noun may begin: behind the last of a list
    glued: bool = False  # to the number before: 300 in 200–300


def tokens_of(text: str, start: int, end: int) -> list[Token]:
    """A hyphen between two letters or digits is no token of its own."""
    matches = _TOKEN.finditer(text, start, end)
    new = tuple.__new__  # what Token() calls, in half the time: there are tens of thousands a second
    tokens = [new(Token, (word := match[0], word.lower(), match.start(), match.end(), False)) for match in matches]
    joints = [at for at in range(1, len(tokens) - 1) if tokens[at].text in _HYPHENS and _joins(tokens, at)]
    for at in reversed(joints):
        before, behind = tokens[at - 1], tokens[at + 1]
        if before.folded.split("-")[0] in _TENS and behind.text.islower():
            tokens[at - 1 : at + 2] = [_one_word(text, before.start, behind.end)]
        else:
            tokens[at : at + 2] = [behind._replace(glued=True)]
    return tokens


def _one_word(text: str, start: int, end: int) -> Token:
    return Token(text[start:end], text[start:end].lower(), start, end, glued=False)


def _joins(tokens: Sequence[Token], at: int) -> bool:
    before, hyphen, behind = tokens[at - 1 : at + 2]
    joined = before.end == hyphen.start and hyphen.end == behind.start and behind.text[0].isalnum()
    return joined and (hyphen.text != "–" or before.text[-1].isdecimal())


@lru_cache(maxsize=100_000)
def may_begin(word: str, lang: str) -> bool:
    """Whether a number may begin with it."""
    return word[0].isdecimal() or word.casefold() in _ONE or written_numbers.cardinal(word, lang) is not None


def quantities(tokens: Sequence[Token], lang: str, text: str) -> Iterator[Quantity]:
    """In their order; a list of numbers with one unit gives several."""
    at = 0
    while at < len(tokens):
        if not may_begin(tokens[at].text, lang) or (row := _row(tokens, at, lang, text)) is None:
            at += 1
            continue
        yield from row
        at = row[-1].last


def _row(tokens: Sequence[Token], at: int, lang: str, text: str) -> list[Quantity] | None:
    """A number, with those that share its unit."""
    first = _quantity(tokens, at, lang, text)
    if first is None:
        return None
    row = [first]
    while len(row) < 5:
        found = _next_of_row(tokens, row[-1], lang, text)
        if found is None:
            break
        link, other = found
        if link in _RANGES:
            ranged = _ranged(row[-1], other)
            if ranged is None:
                break
            row[-1] = ranged
        else:
            row.append(other)
    if row == [first] and first.unit is None and tokens[at].folded in _ONE and first.value == 1:
        return None
    return shared(row)


def _next_of_row(tokens: Sequence[Token], last: Quantity, lang: str, text: str) -> tuple[str, Quantity] | None:
    at = last.last
    if at >= len(tokens):
        return None
    link = tokens[at].folded
    before = tokens[last.before - 1].folded if last.before else ""
    rises = link == "auf" and "von" in (
        before,
        tokens[last.before - 2].folded if last.before > 1 else "",
    )  # von 300 auf 2.500 Stellen
    between = before in ("zwischen", "between", "entre", "tra") and link in ("und", "and", "y", "e")
    if tokens[at].glued and tokens[at].text[0].isdecimal():
        link = "-"
    elif (link not in _RANGES | _LISTS and not rises) or (last.unit and link not in _RANGES and not between):
        return None
    else:
        at += 1
        if at < len(tokens) and (link, tokens[at].folded) in _OUT_OF:
            at += 1
    if at < len(tokens) and tokens[at].text == "." and link == "bzw":
        at += 1
    if at < len(tokens) and tokens[at].folded in _THEN and link not in _RANGES:
        at += 1  # anfangs 60, später 180 Megawatt
    at = _after_hedge(tokens, at)
    if at < len(tokens) and tokens[at].folded in _SIGNS:
        at += 1
    if at >= len(tokens) or not may_begin(tokens[at].text, lang):
        return None
    other = _quantity(tokens, at, lang, text, after=True)
    if other is None or (
        link == "to" and before == "from" and _RISES.search(text, tokens[0].start, tokens[at].start - 5)
    ):
        return None if other is None else (",", other) if other.unit else None
    return ("bis" if between else link), other


def _after_hedge(tokens: Sequence[Token], at: int) -> int:
    for length in range(LONGEST_HEDGE, 0, -1):
        if " ".join(token.folded for token in tokens[at : at + length]) in HEDGES:
            return at + length
    return at


def _ranged(low: Quantity, high: Quantity) -> Quantity | None:
    if low.high is not None or (low.unit not in (None, high.unit) and not high.glued):
        return None  # 3,2 Milliarden Euro bis 2025
    value = low.value
    if value < high.value and (low.unit is None or high.glued):  # zwei bis drei Milliarden
        value *= _step(high.value, value)
    if high.value <= value:
        return None
    return replace(low, value=value, high=high.value, unit=high.unit or low.unit, last=high.last, noun=high.last)


def shared(row: list[Quantity]) -> list[Quantity]:
    """What stands behind the last, unit or noun, belongs to all."""
    if len(row) == 1:
        return row
    last = row[-1]
    return [
        replace(
            each,
            noun=last.last,
            unit=each.unit or last.unit,
            value=each.value if each.unit else each.value * _step(last.value, each.value),
        )
        for each in row
    ]


def _step(large: Decimal, small: Decimal) -> int:
    """Of zwei oder drei Milliarden the first is billions, too."""
    for step in (10**12, 10**9, 10**6):
        if large >= step and small < 1000:
            return step
    return 1


def _quantity(tokens: Sequence[Token], at: int, lang: str, text: str, *, after: bool = False) -> Quantity | None:
    token = tokens[at]
    if not after and _is_no_number(tokens, at, text):
        return None
    read = _number(tokens, at, lang)
    if read is None:
        return None
    value, end = read
    first, unit = at, None
    if at and tokens[at - 1].folded in _SIGNS:
        unit = UNITS[tokens[at - 1].folded]
        first = at - 1
        if first and tokens[first - 1].text in ("US", "us"):
            first -= 1
        if (
            end < len(tokens)
            and tokens[end].text in ("m", "M", "b", "B", "k")
            and tokens[end].start == tokens[end - 1].end
        ):
            value, end = value * {"m": 10**6, "b": 10**9, "k": 1000}[tokens[end].folded], end + 1
    if found := _unit(tokens, end):
        if lang == "de" and found[0] in _MEASURED and _COMMA.fullmatch(token.text):
            value /= 1000  # 42,195 km
        unit, end = unit or found[0], found[1]
    elif end < len(tokens) and tokens[end].start == tokens[end - 1].end and tokens[end].text[0].isalpha():
        return None  # 3D, 5G, 365er
    if unit == "GBP" and tokens[end - 1].folded in ("pound", "pounds", "pfund") and value < LEAST_POUNDS:
        return None
    before = _hedge(tokens, first)
    hedge = " ".join(each.folded for each in tokens[before:first]).strip(" .") or None
    return Quantity(
        value=value, unit=unit, hedge=hedge, first=first, last=end, noun=end, before=before, glued=token.glued
    )


_SIGNS = frozenset("€ $ £ ¥ eur usd gbp chf jpy cny sek".split())


def _is_no_number(tokens: Sequence[Token], at: int, text: str) -> bool:
    token = tokens[at]
    if at > 1 and tokens[at - 1].folded == "in" and tokens[at - 2].folded in ("one", "two", "nine"):
        return True  # one in ten
    if not token.text[0].isdecimal():
        return token.glued or (at > 0 and tokens[at - 1].folded in _VAGUE)
    if token.start and (text[token.start - 1].isalnum() or text[token.start - 1] in "/_#@"):
        return True  # G20, 02271/12345
    if ":" in token.text or (token.text.count(".") > 1 and not written_numbers.digits(token.text)):
        return True
    if token.text[0] == "0" and len(token.text) > 1 and token.text[1].isdecimal():
        return True
    if at + 1 < len(tokens) and tokens[at + 1].text == "/" and tokens[at + 1].start == token.end:
        return True
    if not at:
        return False
    before = tokens[at - 1]
    if before.folded in _DETERMINERS and at + 2 < len(tokens) and tokens[at + 1].text == ".":
        return True  # der 50. Berlin-Marathon
    if before.folded in _VAGUE:
        return True
    if len(before.text) == 1 and before.text.isupper() and _unit(tokens, at + 1) is None:
        return True  # A 61
    if token.glued and before.text[-1].isalpha():
        return True  # GPT-4
    if before.text == "+" and before.end == token.start:
        return at < 2 or not tokens[at - 2].text[0].isdecimal()  # +49
    if before.text == "." and at > 1 and tokens[at - 2].end == before.start:
        before = tokens[at - 2]
    return before.folded in _NUMBERING and _unit(tokens, at + 1) is None


def _number(tokens: Sequence[Token], at: int, lang: str) -> tuple[Decimal, int] | None:
    token = tokens[at]
    if mixed := _MIXED.fullmatch(token.text):
        whole = re.sub(r"\D", "", mixed[1])
        return _more(tokens, Decimal(f"{whole}.{mixed[2]}"), at + 1, lang)
    behind = tokens[at + 1].folded if at + 1 < len(tokens) else ""
    if behind in _POINT and at + 2 < len(tokens):  # drei Komma zwei Milliarden
        ones, tenths = (written_numbers.cardinal(tokens[place].text, lang) for place in (at, at + 2))
        if ones is not None and tenths is not None and tenths < 10:
            return _more(tokens, ones + tenths / 10, at + 3, lang)
    halves = [each.folded for each in tokens[at + 1 : at + 4]]
    if halves == ["and", "a", "half"] and (ones := written_numbers.cardinal(token.text, lang)):
        return _more(tokens, ones + Decimal("0.5"), at + 4, lang)  # three and a half thousand
    if token.folded in _ONE and (behind in DOZENS or behind in _RANGES):  # ein Dutzend, ein bis zwei
        return (Decimal(DOZENS[behind]), at + 2) if behind in DOZENS else (Decimal(1), at + 1)
    if token.folded in _ONE and at + 2 < len(tokens) and (behind in _HALF or (token.folded, behind) == ("half", "a")):
        rest = tokens[at + 2]  # half a million, ein halbes Dutzend, half a gigawatt
        times = DOZENS.get(rest.folded) or written_numbers.scale(rest.text, lang)
        return (Decimal(times) / 2, at + 3) if times else (Decimal("0.5"), at + 2) if _unit(tokens, at + 2) else None
    if behind in _FRACTIONS and tokens[at + 1].start == token.end:  # 2½ Milliarden
        number = written_numbers.digits(token.text)
        return None if number is None else _more(tokens, number + _FRACTIONS[behind], at + 2, lang)
    if token.folded in _ONE and behind == "viertelmillion":
        return Decimal(250_000), at + 2
    if stem := _shared_stem(tokens, at, lang):
        return stem, at + 2
    row = [each.text for each in tokens[at : at + 6]]
    read = written_numbers.read(row, lang)
    if read is None:
        return None
    value, length = read
    end = at + length
    if end < len(tokens) and tokens[end].folded in DOZENS:
        return value * DOZENS[tokens[end].folded], end + 1
    if tokens[end - 1].folded in _SHORT_SCALES and end < len(tokens) and tokens[end].text == ".":
        end += 1
    return value, end


def _more(tokens: Sequence[Token], value: Decimal, at: int, lang: str) -> tuple[Decimal, int]:
    while at < len(tokens) and (times := written_numbers.scale(tokens[at].text, lang)):
        value, at = value * times, at + 1
    return value, at


def _shared_stem(tokens: Sequence[Token], at: int, lang: str) -> Decimal | None:
    """The first number of drei- bis viertausend."""
    if at + 3 >= len(tokens) or tokens[at + 1].text != "-" or tokens[at + 2].folded not in _RANGES | _LISTS:
        return None
    value = written_numbers.cardinal(tokens[at].text, lang) or written_numbers.digits(tokens[at].text)
    if value is None:
        return None
    other = tokens[at + 3]
    if not other.text[0].isdecimal() and value < 100:
        return value * next((times for stem, times in _STEMS.items() if other.folded.endswith(stem)), 1)
    return value


def _unit(tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    if at >= len(tokens):
        return None
    if tokens[at].folded in ("de", "di", "d", "of") and at + 1 < len(tokens):
        at += 2 if tokens[at + 1].text in "'’" else 1
    for length in (2, 1) if tokens[at].folded in FIRST_OF_UNITS else (1,):
        words = tokens[at : at + length]
        if len(words) == length and (unit := UNITS.get(" ".join(each.folded for each in words))):
            if unit in ("m", "t", "l") and len(words[0].text) == 1 and not words[0].text.islower():
                return None
            return unit, at + length
    return None


def _hedge(tokens: Sequence[Token], at: int) -> int:
    """Where the hedge before a number begins."""
    if at and tokens[at - 1].text == "." and at > 1 and tokens[at - 2].folded in HEDGES:
        at -= 1
    if not at or tokens[at - 1].folded not in LAST_OF_HEDGES:
        return at
    for length in range(LONGEST_HEDGE, 0, -1):
        words = tokens[max(at - length, 0) : at]
        if len(words) == length and " ".join(each.folded for each in words).strip(" .") in HEDGES:
            return at - length
    return at


def is_year(token: Token) -> bool:
    return _YEAR.fullmatch(token.text) is not None
