"""When two spellings say the same: typography, hyphens, abbreviations, numbers in digits or in words.

A text is taken as a row of atoms: words folded, numbers as values ("300" for dreihundert), months, weekdays and scales
as such ("~m3", "~w1", "~e9"). `key` joins them, so that Data-Center, DataCenter and "Data Center" have one key.
"""

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

from db import written_numbers

# What no reader sees: NUL, soft hyphen, zero-width and direction marks.
_MARKS = "\0\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
INVISIBLE = dict.fromkeys(map(ord, _MARKS + "\u2066\u2067\u2068\u2069"))


class _Spellings(TypedDict):
    same: dict[str, str]
    variants: dict[str, str]
    months: dict[str, int]
    weekdays: dict[str, int]
    quantities: dict[str, str]


_SPELLINGS: _Spellings = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))  # type: ignore[assignment]
_DATES = {word: f"~m{at}" for word, at in _SPELLINGS["months"].items()} | {
    word: f"~w{at}" for word, at in _SPELLINGS["weekdays"].items()
}
_WEEKDAY = re.compile(
    f"({'|'.join(_SPELLINGS['weekdays'])})(s?)(?=morgen|vormittag|mittag|nachmittag|abend|nacht|s$)(.*)"
)
_VARIANT = re.compile("|".join(_SPELLINGS["variants"]))

_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
# NFKC would make m2 of m² and 21⁄2 of 2½
_KEPT = str.maketrans({"²": "\ue002", "³": "\ue003"})
_BACK = str.maketrans({"\ue002": "²", "\ue003": "³"})
_SPECIAL = re.compile(f"[{''.join(map(chr, INVISIBLE))}²³½¼¾]")
_FRACTION = re.compile(r"(\d*)\s?([½¼¾])")
_FRACTIONS = {"½": "5", "¼": "25", "¾": "75"}
_ABBREVIATED = re.compile(r"\b([zZ])\.\s?(B)\.|\b([dD])\.\s?(h)\.|\b([uU])\.\s?(a)\.")

_MILLIONS = re.compile(r"([€$£] ?\d+(?:[.,]\d+)*) ?m\b")

_ATOM = re.compile(
    r"(?P<date>\d{1,2}\.\d{1,2}\.(?:19|20)\d\d)"
    r"|\d{1,3}(?:[.,'’ ]\d{3})+(?!\d)|\d+(?:[.,:]\d+)?(?:(?:st|nd|rd|th)\b)?"
    r"|[^\W\d_]+[²³]?|[%€$£§²³?&]"
)
_FIGURE = re.compile(r"[\d~]")
_SHORTEST_VARIANT = 6


def visible(text: str) -> str:
    """As a reader sees it: without marks that nobody sees, and white space as one blank."""
    if _SPECIAL.search(text):  # str.translate is slow in texts with umlauts
        text = text.translate(INVISIBLE).translate(_KEPT)
        text = _FRACTION.sub(lambda found: f"{found[1] or 0},{_FRACTIONS[found[2]]}", text)
        return " ".join(unicodedata.normalize("NFKC", text).translate(_BACK).split())
    return " ".join(unicodedata.normalize("NFKC", text).split())


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    folded = word.casefold().translate(_FOLDED)
    if folded.isascii():
        return folded
    return "".join(letter for letter in unicodedata.normalize("NFD", folded) if not unicodedata.combining(letter))


def atoms(text: str) -> list[str]:
    """Of a word, or of several: then numbers that take several words are one."""
    seen = _ABBREVIATED.sub(lambda found: "".join(filter(None, found.groups())) + " ", visible(text))
    seen = _MILLIONS.sub(r"\1 million", seen.replace("per cent", "percent"))
    parts = [found[0] for found in _ATOM.finditer(seen)]
    row: list[str] = []
    at = 0
    while at < len(parts):
        if number := written_numbers.read(parts[at : at + 6]):
            row.append(_plain(number[0]))
            at += number[1]
        else:
            row += _atom(parts[at])
            at += 1
    return row


@lru_cache(maxsize=50_000)
def word_atoms(word: str) -> tuple[str, ...]:
    return tuple(atoms(word))


@lru_cache(maxsize=50_000)
def word_key(word: str) -> str:
    """Equal for two spellings of a word; '' for what is mark alone."""
    return joined(word_atoms(word))


def key(text: str) -> str:
    """Of a paragraph: of each of its words."""
    return "".join(map(word_key, text.split()))


def same(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether two rows of words say the same, be it in another number of words: 2.000.000 €, zwei Millionen Euro."""
    before, after = atoms(" ".join(old)), atoms(" ".join(new))
    if joined(before) == joined(after):
        return True
    # €3.2bn, 3.2 billion euros: only the order differs
    return 1 < len(before) <= 3 and any(map(_FIGURE.match, before)) and sorted(before) == sorted(after)


def is_figure(atom: str) -> bool:
    """A number, a date, or a word such as half."""
    return _FIGURE.match(atom) is not None


def joined(row: Sequence[str]) -> str:
    """Words without what parts them; numbers apart, for 3-4 is not 34."""
    return "".join(f"|{atom}|" if atom[0].isdigit() else atom for atom in row)


def _atom(part: str) -> tuple[str, ...]:
    if _ATOM.fullmatch(part) and part[0].isdigit() and part.count(".") == 2 and len(part.rpartition(".")[2]) == 4:
        day, month, year = part.split(".")
        return str(int(day)), f"~m{int(month)}", year
    if (value := written_numbers.digits(part)) is not None:
        return (_plain(value),)
    folded = fold(part)
    if part[0].isupper():
        if date := _DATES.get(folded):
            return (date,)
        if found := _WEEKDAY.fullmatch(folded):
            return (_DATES[found[1]], *filter(None, (found[3].removeprefix("s"),)))
    if (nth := written_numbers.ordinal(part)) is not None:
        return (str(nth),)
    if times := written_numbers.scale(part):
        return (f"~e{len(str(times)) - 1}" if times >= 1000 else "100",)
    if quantity := _SPELLINGS["quantities"].get(folded):
        return (f"~{quantity}",)
    folded = _SPELLINGS["same"].get(folded, folded)
    if folded.endswith("str") and len(folded) > len("str"):  # Hauptstr.
        folded += "asse"
    if len(folded) >= _SHORTEST_VARIANT:
        folded = _VARIANT.sub(lambda found: _SPELLINGS["variants"][found[0]], folded)
    return (folded,)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
