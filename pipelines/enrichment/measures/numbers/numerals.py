"""The number that begins with a token, and the unit that does: 3,2 Mrd.; anderthalb; half a million; drei- bis …"""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from db import written_numbers
from db.number_words import ARTICLES, DOZENS
from pipelines.enrichment.measures.figure_words import FIRST_OF_UNITS, UNITS
from pipelines.enrichment.measures.numbers.tokens import Token

_MIXED = re.compile(r"(\d{1,3}(?:[.,'’\s]\d{3})+)[.,](\d{1,2})")
_SHORT_SCALES = frozenset("mrd mio mill mia bio tsd".split())
ONE = frozenset("ein eine einem einen einer eines a an one half".split()) | ARTICLES
_HALF = frozenset("halber halbe halbes halben halbem half".split())
_AND_A_HALF = frozenset((("e", "mezzo"), ("y", "medio"), ("y", "media"), ("et", "demi"), ("et", "demie")))
_SOME = frozenset("gutes knappes weiteres good further".split())
_POINT = frozenset("komma point virgule virgola coma".split())
RANGES = frozenset("bis to à – - — hasta".split())
LISTS = frozenset(
    "und oder der beziehungsweise bzw ihrer seiner unserer von of and or sowie respectively statt als plus + ,".split()
)
LINKS = RANGES | LISTS
_FRACTIONS = {"½": Decimal("0.5"), "¼": Decimal("0.25"), "¾": Decimal("0.75")}
_STEMS = {"hundert": 100, "tausend": 1000}


def number_at(tokens: Sequence[Token], at: int, lang: str) -> tuple[Decimal, int] | None:
    token = tokens[at]
    if mixed := _MIXED.fullmatch(token.text):
        whole = re.sub(r"\D", "", mixed[1])
        return _more(tokens, Decimal(f"{whole}.{mixed[2]}"), at + 1, lang)
    behind = tokens[at + 1].folded if at + 1 < len(tokens) else ""
    if token.text[0].isdecimal() and _is_alone(behind, lang):
        number = written_numbers.digits(token.text)
        return None if number is None else (number, at + 1)
    if behind in _POINT and at + 2 < len(tokens):  # drei Komma zwei Milliarden
        ones, tenths = (written_numbers.cardinal(tokens[place].text, lang) for place in (at, at + 2))
        if ones is not None and tenths is not None and tenths < 10:
            return _more(tokens, ones + tenths / 10, at + 3, lang)
    halves = [each.folded for each in tokens[at + 1 : at + 4]]
    if halves == ["and", "a", "half"] and (ones := written_numbers.cardinal(token.text, lang)):
        return _more(tokens, ones + Decimal("0.5"), at + 4, lang)  # three and a half thousand
    if token.folded == "a" and [each.folded for each in tokens[at + 1 : at + 4]] == ["quarter", "of", "a"]:
        return _more(tokens, Decimal("0.25"), at + 4, lang)
    if token.folded == "three" and [each.folded for each in tokens[at + 1 : at + 4]] == ["quarters", "of", "a"]:
        return _more(tokens, Decimal("0.75"), at + 4, lang)
    if token.folded in ONE and behind in _SOME and at + 2 < len(tokens) and tokens[at + 2].folded in DOZENS:
        return Decimal(DOZENS[tokens[at + 2].folded]), at + 3  # ein gutes Dutzend
    if token.folded in ONE and (behind in DOZENS or behind in RANGES):  # ein Dutzend, ein bis zwei
        return (Decimal(DOZENS[behind]), at + 2) if behind in DOZENS else (Decimal(1), at + 1)
    if token.folded in ONE and at + 2 < len(tokens) and (behind in _HALF or (token.folded, behind) == ("half", "a")):
        rest = tokens[at + 2]  # half a million, ein halbes Dutzend, half a gigawatt
        times = DOZENS.get(rest.folded) or written_numbers.scale(rest.text, lang)
        return (Decimal(times) / 2, at + 3) if times else (Decimal("0.5"), at + 2) if unit_at(tokens, at + 2) else None
    if behind in _FRACTIONS and tokens[at + 1].start == token.end:  # 2½ Milliarden
        number = written_numbers.digits(token.text)
        return None if number is None else _more(tokens, number + _FRACTIONS[behind], at + 2, lang)
    if token.folded in ONE and behind == "viertelmillion":
        return Decimal(250_000), at + 2
    if token.folded in ONE and behind == "viertel":
        return _more(tokens, Decimal("0.25"), at + 2, lang)
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
    if value >= 1000 and tuple(each.folded for each in tokens[end : end + 2]) in _AND_A_HALF:
        scale = written_numbers.scale(tokens[end - 1].text, lang)
        return value + (scale or Decimal(0)) / 2, end + 2  # due miliardi e mezzo
    if tokens[end - 1].folded in _SHORT_SCALES and end < len(tokens) and tokens[end].text == ".":
        end += 1
    return value, end


@lru_cache(maxsize=20_000)
def _is_alone(behind: str, lang: str) -> bool:
    """With this word behind it a number in digits is whole."""
    parts = behind in _POINT or behind in _FRACTIONS or behind in DOZENS or behind in ("and", "-")
    return not parts and not written_numbers.scale(behind, lang) and behind != "billion"


def _more(tokens: Sequence[Token], value: Decimal, at: int, lang: str) -> tuple[Decimal, int]:
    while at < len(tokens) and (times := written_numbers.scale(tokens[at].text, lang)):
        value, at = value * times, at + 1
    return value, at


def _shared_stem(tokens: Sequence[Token], at: int, lang: str) -> Decimal | None:
    """The first number of drei- bis viertausend."""
    if at + 3 >= len(tokens) or tokens[at + 1].text != "-" or tokens[at + 2].folded not in LINKS:
        return None
    value = written_numbers.cardinal(tokens[at].text, lang) or written_numbers.digits(tokens[at].text)
    if value is None:
        return None
    other = tokens[at + 3]
    if not other.text[0].isdecimal() and value < 100:
        return value * next((times for stem, times in _STEMS.items() if other.folded.endswith(stem)), 1)
    return value


def unit_at(tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    if at + 1 < len(tokens) and tokens[at].folded in ("de", "di", "d", "of"):
        at += 2 if tokens[at + 1].text in "'’" else 1
    if at >= len(tokens):
        return None
    for length in (2, 1) if tokens[at].folded in FIRST_OF_UNITS else (1,):
        words = tokens[at : at + length]
        if len(words) == length and (unit := UNITS.get(" ".join(each.folded for each in words))):
            if unit in ("m", "t", "l") and len(words[0].text) == 1 and not words[0].text.islower():
                return None
            return unit, at + length
    return None
