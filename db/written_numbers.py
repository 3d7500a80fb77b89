"""Numbers as texts write them: digits with their separators, number words, millions and more."""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cache, lru_cache

from db.number_words import ARTICLES, LANGUAGES, number_word

LONGEST = 40  # characters of a number; what is longer is none

_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,'’\s]\d{3})+")
_BARE = re.compile(r"\d+(?:[.,:]\d+)?")
_INFLECTED = re.compile(r"te[nrsm]?$")

_SCALES = {
    "hundred": 2, "thousand": 3, "hundert": 2, "tausend": 3, "tsd": 3,
    "mio": 6, "mill": 6, "million": 6, "millionen": 6, "millions": 6, "mn": 6,
    "mrd": 9, "mia": 9, "milliarde": 9, "milliarden": 9, "bn": 9, "mld": 9, "mln": 6, "mil": 3, "mila": 3,
    "millón": 6, "millones": 6, "milione": 6, "milioni": 6, "miljoen": 6, "milhões": 6, "milionów": 6, "miljoner": 6,
    "miliardo": 9, "miliardi": 9, "milliard": 9, "milliards": 9, "miljard": 9, "bilhões": 9, "miliardy": 9,
    "miliardów": 9, "miljarder": 9, "milliarder": 9, "milyar": 9, "milyon": 6,
}  # fmt: skip
_BILLIONS = {
    "billion": 12,
    "billionen": 12,
    "billions": 12,
    "bio": 12,
    "trillion": 18,
    "trillionen": 18,
    "trillions": 18,
}
_ENGLISH_BILLIONS = {12: 9, 18: 12}  # German counts on where English begins
_ENGLISH = frozenset("hundred thousand million millions billion billions trillion trillions bn mn".split())
_SCALES_OF = {  # elsewhere cents are money
    "fr": {"cent": 2, "cents": 2, "mille": 3},
    "nl": {"honderd": 2, "duizend": 3},
}
_AND = frozenset("and und et y".split())
_GENITIVES = {"zweier": 2, "dreier": 3}  # in small letters: ein Dreier is none
_ONE = frozenset("ein eine einem einen einer eines a an one".split()) | ARTICLES


@lru_cache(maxsize=5_000)
def digits(text: str, *, decimal: str | None = None) -> Decimal | None:
    """2.500, 2,500 and 2 500 are thousands: exactly three digits after every separator; 2,5 and 2.50 are not.

    `decimal`: the sign that is known to be no separator, a comma in 1,234 Milliarden.
    """
    text = text.strip()
    if len(text) > LONGEST:
        return None
    if _THOUSANDS.fullmatch(text) and re.findall(r"\D", text) != [decimal]:
        return Decimal(re.sub(r"\D", "", text))
    return Decimal(re.sub("[,:]", ".", text)) if _BARE.fullmatch(text) else None


@lru_cache(maxsize=5_000)
def cardinal(word: str, lang: str | None = None) -> Decimal | None:
    """Of one word: zweitausendfünfhundert, anderthalb, twenty-five. 'ein' and 'a' are articles, not numbers."""
    if lang in LANGUAGES:
        abroad = number_word(word.casefold(), lang)
        return None if abroad is None else Decimal(abroad)
    if lang != "en" and word in _GENITIVES:
        return Decimal(_GENITIVES[word])
    folded = word.casefold().translate(_FOLDED)
    if lang != "en" and folded != "ein" and (german := _german(folded)) is not None:
        return german
    found = None if lang == "de" else _english().get(folded.replace("-", ""))
    return None if found is None else Decimal(found)


@lru_cache(maxsize=5_000)
def ordinal(word: str, lang: str | None = None) -> int | None:
    """The number of dritten, zwanzigste, third or 3rd."""
    folded = word.casefold().translate(_FOLDED)
    if found := re.fullmatch(r"(\d{1,6})(?:st|nd|rd|th)", folded):
        return int(found[1])
    if lang != "en" and (found_number := _ordinals().get(_INFLECTED.sub("te", folded))):
        return found_number
    return None if lang == "de" else _english_ordinals().get(folded.replace("-", ""))


@lru_cache(maxsize=5_000)
def scale(word: str, lang: str | None = None) -> Decimal | None:
    """What Mio., Milliarden or bn multiply by. In German texts a billion in small letters is an English one."""
    bare = word.rstrip(".")
    folded = bare.casefold()
    if power := _BILLIONS.get(folded):
        english = lang == "en" or (lang in (None, "de") and bare.islower())
        return Decimal(10) ** (_ENGLISH_BILLIONS[power] if english else power)
    powers = _SCALES_OF.get(lang or "", _SCALES)
    power = powers.get(folded) or _SCALES.get(folded)
    return Decimal(10) ** power if power else None


def read(words: Sequence[str], lang: str | None = None) -> tuple[Decimal, int] | None:
    """The number at the beginning of `words` and how many of them it takes: 3,2 Mrd.; two hundred and six.

    A scale alone ("Millionen für Bedburg") is no number.
    """
    if not words:
        return None
    first = words[0]
    scaled = len(words) > 1 and scale(words[1], lang) is not None
    value = digits(first, decimal=("." if words[1].casefold() in _ENGLISH else ",") if scaled else None)
    if value is None:
        value = cardinal(first, lang)
    at = 1
    if value is None:
        if first.casefold() not in _ONE or len(words) == 1:
            return None
        value = Decimal(1)
        if words[1].casefold() in ("halbe", "half"):
            value, at = Decimal("0.5"), 2
        if at == len(words) or scale(words[at], lang) is None:
            return None
    return _scaled(value, words, at, lang)


def _scaled(value: Decimal, words: Sequence[str], at: int, lang: str | None) -> tuple[Decimal, int]:
    """With the scales and smaller numbers that follow."""
    total, spelt = Decimal(0), not words[0][0].isdigit()
    while at < len(words):
        times = scale(words[at], lang)
        if times is not None:
            if total and times > total:  # three thousand two hundred million
                value, total = total + value, Decimal(0)
            value, at = value * times, at + 1
            continue
        on = at + (words[at].casefold() in _AND)
        more = cardinal(words[on], lang) if spelt and value >= 20 and on < len(words) else None
        if more is None or more >= _step(value):
            break
        if value >= 1000:
            total, value = total + value, Decimal(0)
        value, at = value + more, on + 1
    return total + value, at


def _step(value: Decimal) -> int:
    """What is smaller can be counted on: two hundred and six, twenty five."""
    return next((step for step in (1_000_000, 1000, 100, 10) if value % step == 0), 0)


def _german(folded: str) -> Decimal | None:
    if folded in ("anderthalb", "eineinhalb"):
        return Decimal("1.5")
    if folded.endswith("einhalb"):
        whole = _below_thousand().get(folded.removesuffix("einhalb"))
        return None if whole is None else whole + Decimal("0.5")
    thousands, parted, rest = folded.partition("tausend")
    known = _below_thousand()
    if not parted:
        return Decimal(known[folded]) if folded in known else None
    rest = rest.removeprefix("und")
    if (thousands and thousands not in known) or (rest and rest not in known):
        return None
    return Decimal((known[thousands] if thousands else 1) * 1000 + (known[rest] if rest else 0))


@cache
def _below_thousand() -> dict[str, int]:
    ones = {word: at for at, word in enumerate("ein zwei drei vier fuenf sechs sieben acht neun".split(), 1)}
    words = ones | {"eins": 1, "zwo": 2, "null": 0, "zehn": 10, "elf": 11, "zwoelf": 12, "sechzehn": 16, "siebzehn": 17}
    words |= {f"{word}zehn": 10 + ones[word] for word in ("drei", "vier", "fuenf", "acht", "neun")}
    for at, ten in enumerate("zwanzig dreissig vierzig fuenfzig sechzig siebzig achtzig neunzig".split(), 2):
        words |= {ten: at * 10} | {f"{word}und{ten}": at * 10 + one for word, one in ones.items()}
    rests = {"": 0} | words
    hundreds = {"": 1} | {word: n for word, n in words.items() if 0 < n < 20 and n != 10}
    for word, n in hundreds.items():
        words |= {f"{word}hundert{und}{rest}": n * 100 + m for rest, m in rests.items() for und in ("", "und")}
    return words


@cache
def _ordinals() -> dict[str, int]:
    odd = {"erste": 1, "dritte": 3, "siebte": 7, "achte": 8}
    return {
        f"{word}{'te' if n < 20 else 'ste'}": n for word, n in _below_thousand().items() if 1 < n < 100 and n != 8
    } | odd


@cache
def _english() -> dict[str, int]:
    small = (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen"
    )
    words = {word: at for at, word in enumerate(small.split())}
    ones = {word: n for word, n in words.items() if 0 < n < 10}
    for at, ten in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2):
        words |= {ten: at * 10} | {f"{ten}{word}": at * 10 + n for word, n in ones.items()}
    return words | {"hundred": 100, "thousand": 1000, "dozen": 12}


@cache
def _english_ordinals() -> dict[str, int]:
    odd = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth"}
    words = {}
    for word, n in _english().items():
        end = next((each for each in odd if word.endswith(each)), "")
        stem = word.removesuffix(end) + odd[end] if end else re.sub("y$", "ie", re.sub("ve$", "f", word)) + "th"
        words[stem] = n
    return {word: n for word, n in words.items() if 0 < n < 100}
