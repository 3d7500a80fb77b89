"""Numbers of a sentence with the units that they are given in: 3,2 Mrd. €, zwei bis drei Hektar, 20 bzw. 50 MW."""

import re
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from db import written_numbers
from pipelines.enrichment.letters import Remembered
from pipelines.enrichment.measures.figure_words import (
    FIRST_OF_HEDGES,
    HEDGES,
    KINDS,
    LAST_OF_HEDGES,
    LONGEST_HEDGE,
    UNITS,
)
from pipelines.enrichment.measures.numbers.numerals import LINKS, ONE, RANGES, number_at, unit_at
from pipelines.enrichment.measures.numbers.tokens import Token, is_year

LEAST_POUNDS = 1000  # fewer may be a weight
_COMMA = re.compile(r"\d+,\d{3}")
_MEASURED = frozenset(unit for unit, kind in KINDS.items() if kind != "investment")
_NUMBERING = frozenset(
    "§ §§ nr nummer no. no s. seite seiten page pages art artikel article abs absatz paragraf paragraph kapitel "
    "chapter platz rang tel telefon phone fax plz raum zimmer halle gate linie bus kw version ausgabe heft az tor "
    "gleis fig figure abb tabelle tab section flug iso din en top postfach bahnsteig band teil "
    "kilometer room floor autobahn bundesstraße landesstraße landstraße kreisstraße straße motorway highway route "
    "junction ausfahrt".split()
)
_DETERMINERS = frozenset("der die das dem den des am im zum vom beim".split())
_VAGUE = frozenset("mehrere mehreren einige einigen paar several few many viele".split())
_OUT_OF = frozenset((("of", "the"), ("of", "its"), ("of", "their")))  # two of its three sites
_THEN = frozenset(
    "insgesamt mal vielleicht maybe perhaps gar sogar even später dann schließlich langfristig künftig heute jetzt now"
    " later then eventually".split()
)
_RISES = re.compile(r"(?i)\b(?:rose|rise[sn]?|grew|grow\w*|increas\w*|rais\w*|jump\w*|cut|fell)\b")
_WHOLES = frozenset("ten hundred zehn hundert 10 100".split())
_BEFORE_WHOLES = frozenset("out neun acht sieben sechs nine eight seven six".split())


class Quantity(NamedTuple):
    value: Decimal
    first: int  # tokens: of the number, without its hedge
    last: int  # the one after number and unit
    before: int  # the first of the hedge
    noun: int  # where a noun may begin: behind the last of a list
    high: Decimal | None = None
    unit: str | None = None
    hedge: str | None = None
    glued: bool = False  # to the number before: 300 in 200–300


@lru_cache(maxsize=20)
def beginnings(lang: str) -> Remembered[bool]:
    """Of words of a language, whether a number may begin with them."""

    def begins(word: str) -> bool:
        return word[0].isdecimal() or word.casefold() in ONE or written_numbers.cardinal(word, lang) is not None

    return Remembered(begins)


def may_begin(word: str, lang: str) -> bool:
    return beginnings(lang)[word]


def quantities(tokens: Sequence[Token], lang: str, text: str, taken: Collection[int] = ()) -> Iterator[Quantity]:
    """In their order, but none of the tokens that are `taken`; a list of numbers with one unit gives several."""
    end, begins = 0, beginnings(lang)
    for at in [at for at, token in enumerate(tokens) if begins[token.text]]:
        if at >= end and at not in taken and (row := _row(tokens, at, lang, text)):
            yield from row
            end = row[-1].last


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
        if link in RANGES:
            ranged = _ranged(row[-1], other)
            if ranged is None:
                break
            row[-1] = ranged
        else:
            row.append(other)
    if row == [first] and first.unit is None and tokens[at].folded in ONE and first.value == 1:
        return None
    return shared(row)


def _next_of_row(tokens: Sequence[Token], last: Quantity, lang: str, text: str) -> tuple[str, Quantity] | None:
    at = last.last
    if at >= len(tokens) or not (tokens[at].glued or tokens[at].folded in LINKS or tokens[at].folded == "auf"):
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
    elif (link not in LINKS and not rises) or (last.unit and link not in RANGES and not between):
        return None
    elif link == "der" and not tokens[last.first].text[0].isdecimal():
        return None  # zwei der 300 Tonnen schweren Geräte
    else:
        at += 1
        if at < len(tokens) and (link, tokens[at].folded) in _OUT_OF:
            at += 1
    if at < len(tokens) and tokens[at].text == "." and link == "bzw":
        at += 1
    if at < len(tokens) and tokens[at].folded in _THEN and link not in RANGES:
        at += 1  # anfangs 60, später 180 Megawatt; 50 oder gar 60
    at = _after_hedge(tokens, at)
    if at < len(tokens) and tokens[at].folded in _SIGNS:
        at += 1
    if at >= len(tokens) or not may_begin(tokens[at].text, lang):
        return None
    other = _quantity(tokens, at, lang, text, after=True)
    if other and not other.unit and is_year(tokens[at]) and _ends(tokens, other.last):  # 120 bis 2030
        return None
    if other is None or (
        link == "to" and before == "from" and _RISES.search(text, tokens[0].start, tokens[at].start - 5)
    ):
        return None if other is None else (",", other) if other.unit else None
    return ("bis" if between else link), other


def _ends(tokens: Sequence[Token], at: int) -> bool:
    return at >= len(tokens) or not tokens[at].text[0].isalpha()


def _after_hedge(tokens: Sequence[Token], at: int) -> int:
    if at >= len(tokens) or tokens[at].folded not in FIRST_OF_HEDGES:
        return at
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
    return low._replace(value=value, high=high.value, unit=high.unit or low.unit, last=high.last, noun=high.last)


def shared(row: list[Quantity]) -> list[Quantity]:
    """What stands behind the last, unit or noun, belongs to all."""
    if len(row) == 1:
        return row
    last = row[-1]
    return [
        each._replace(
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
    read = number_at(tokens, at, lang)
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
    if lang == "en" and unit is None and _is_million(tokens, end):
        value, end = value * 10**6, end + 1
    if found := unit_at(tokens, end):
        if lang == "de" and found[0] in _MEASURED and _COMMA.fullmatch(token.text):
            value /= 1000  # 42,195 km
        unit, end = unit or found[0], found[1]
    elif end < len(tokens) and tokens[end].start == tokens[end - 1].end and tokens[end].text[0].isalpha():
        return None  # 3D, 5G, 365er
    if unit == "GBP" and tokens[end - 1].folded in ("pound", "pounds", "pfund") and value < LEAST_POUNDS:
        return None
    before = _hedge(tokens, first)
    hedge = None
    if before < first:
        hedge = " ".join(each.folded for each in tokens[before:first]).strip(" .") or None
    return Quantity(
        value=value, unit=unit, hedge=hedge, first=first, last=end, noun=end, before=before, glued=token.glued
    )


def _is_million(tokens: Sequence[Token], at: int) -> bool:
    """1.2m are millions where no height follows."""
    if at >= len(tokens) or tokens[at].text != "m" or tokens[at].start != tokens[at - 1].end:
        return False
    behind = tokens[at + 1] if at + 1 < len(tokens) else None
    is_money = "." in tokens[at - 1].text or any(
        token.folded in _SIGNS for token in tokens[: at - 1]
    )  # €34m, then 900m
    return is_money and not (behind and (behind.folded in _LENGTHS or behind.glued))


_LENGTHS = frozenset("tall high wide long deep thick above below from away by x of".split())
_SIGNS = frozenset("€ $ £ ¥ eur usd gbp chf jpy cny sek".split())


def _is_no_number(tokens: Sequence[Token], at: int, text: str) -> bool:
    token = tokens[at]
    if at > 1 and tokens[at - 1].folded == "in" and tokens[at - 2].folded in ("one", "two", "nine"):
        return True  # one in ten
    if at > 2 and token.folded in _WHOLES and tokens[at - 1].folded in ("of", "von"):
        return tokens[at - 2].folded in _BEFORE_WHOLES  # nine out of ten, neun von zehn
    if at + 3 < len(tokens) and tokens[at + 3].folded.endswith(("fache", "fachen")) and tokens[at + 1].text == "-":
        return True  # das Drei- bis Vierfache
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
    if len(before.text) == 1 and before.text.isupper() and unit_at(tokens, at + 1) is None:
        return True  # A 61
    if token.glued and before.text[-1].isalpha():
        return True  # GPT-4
    if before.text == "+" and before.end == token.start:
        return at < 2 or not tokens[at - 2].text[0].isdecimal()  # +49
    if before.text == "." and at > 1 and tokens[at - 2].end == before.start:
        before = tokens[at - 2]
    return before.folded in _NUMBERING and unit_at(tokens, at + 1) is None


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
