"""Number words of French, Italian, Spanish and Dutch, of one word: quarante-cinq, centocinquanta, doscientos,
vijfentwintig. What stands in several words, `written_numbers.read` puts together.
"""

from collections.abc import Callable
from functools import cache

Numbers = dict[str, int]

LANGUAGES = frozenset(("fr", "it", "es", "nl"))
THOUSANDS = {"it": "mila", "nl": "duizend"}  # in the middle of a word

DOZENS = {  # after an article they are numbers: une centaine, een dozijn
    "dutzend": 12, "dozen": 12, "douzaine": 12, "dozzina": 12, "docena": 12, "dozijn": 12,
    "dizaine": 10, "decina": 10, "decena": 10, "tiental": 10, "quinzaine": 15, "vingtaine": 20, "ventina": 20,
    "veintena": 20, "twintigtal": 20, "trentaine": 30, "trentina": 30, "quarantaine": 40, "quarantina": 40,
    "cinquantaine": 50, "cinquantina": 50, "soixantaine": 60, "sessantina": 60, "centaine": 100, "centinaio": 100,
    "centenar": 100, "honderdtal": 100, "millier": 1000, "migliaio": 1000, "millar": 1000, "duizendtal": 1000,
}  # fmt: skip
ARTICLES = frozenset("un une una uno een".split())  # of themselves no numbers


def number_word(word: str, lang: str) -> int | None:
    """`word` in small letters; None of a language that is not known here."""
    known = _of(lang)
    head, thousand, rest = word.partition(THOUSANDS.get(lang, " "))
    if thousand and head and head in known and (not rest or rest in known):
        return known[head] * 1000 + known.get(rest, 0)
    return known.get(word.replace("-", " "))


@cache
def _of(lang: str) -> Numbers:
    makers: dict[str, Callable[[], Numbers]] = {"fr": _french, "it": _italian, "es": _spanish, "nl": _dutch}
    return makers[lang]() if lang in makers else {}


def _numbered(words: str, first: int = 1, step: int = 1) -> Numbers:
    return {word: first + step * at for at, word in enumerate(words.split())}


def _french() -> Numbers:
    small = _numbered("un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize")
    teens = {"dix sept": 17, "dix huit": 18, "dix neuf": 19}
    tens = _numbered("vingt trente quarante cinquante soixante", 20, 10) | {"quatre vingt": 80, "septante": 70}
    tens |= {"huitante": 80, "nonante": 90}
    words = small | teens | tens | {"quatre vingts": 80, "cent": 100, "mille": 1000}
    for ten, n in tens.items():
        rests = small | teens if ten in ("soixante", "quatre vingt") else {w: m for w, m in small.items() if m < 10}
        words |= {f"{ten} {rest}": n + m for rest, m in rests.items()}
        words |= {f"{ten} et {rest}": n + m for rest, m in rests.items() if m in (1, 11)}
    return {word: n for word, n in words.items() if n != 1}


def _italian() -> Numbers:
    small = _numbered(
        "uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici "
        "diciassette diciotto diciannove"
    )
    tens = _numbered("venti trenta quaranta cinquanta sessanta settanta ottanta novanta", 20, 10)
    words = small | tens
    for ten, n in tens.items():
        words |= {(ten[:-1] if m in (1, 8) else ten) + one: n + m for one, m in small.items() if m < 10}
        words[f"{ten}tré"] = n + 3
    below = dict(words)
    for one, n in ({"": 1} | {w: m for w, m in small.items() if 1 < m < 10}).items():
        words |= {f"{one}cento{rest}": n * 100 + m for rest, m in ({"": 0} | below).items()}
        words |= {f"{one}cent{rest}": n * 100 + m for rest, m in below.items() if rest.startswith("ott")}
    words |= {"mille": 1000} | _with_rests({"mille": 1000}, words)
    return {word: n for word, n in words.items() if n != 1}


def _spanish() -> Numbers:
    words = _numbered(
        "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
        "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete "
        "veintiocho veintinueve"
    )
    words |= _numbered("treinta cuarenta cincuenta sesenta setenta ochenta noventa", 30, 10) | {"veintiún": 21}
    words |= {"cien": 100, "ciento": 100, "mil": 1000}
    stems = {"dos": 2, "tres": 3, "cuatro": 4, "seis": 6, "sete": 7, "ocho": 8, "nove": 9}
    for end in ("cientos", "cientas"):
        words |= {f"{stem}{end}": n * 100 for stem, n in stems.items()} | {f"quin{end[1:]}": 500}
    return {word: n for word, n in words.items() if n != 1}


def _dutch() -> Numbers:
    small = _numbered(
        "een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien "
        "achttien negentien"
    )
    tens = _numbered("twintig dertig veertig vijftig zestig zeventig tachtig negentig", 20, 10)
    words = small | tens
    for ten, n in tens.items():
        words |= {f"{one}{'ën' if one.endswith('e') else 'en'}{ten}": n + m for one, m in small.items() if 0 < m < 10}
    hundreds = {f"{'' if n == 1 else one}honderd": n * 100 for one, n in small.items() if n < 20 and n != 10}
    words |= hundreds | _with_rests(hundreds, words)
    return {word: n for word, n in (words | {"duizend": 1000}).items() if n != 1}


def _with_rests(heads: Numbers, rests: Numbers) -> Numbers:
    return {head + rest: n + m for head, n in heads.items() for rest, m in rests.items() if m < n}
