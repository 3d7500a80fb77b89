"""What a person types → words, phrases and fields; or what is wrong with it, in words."""

import calendar
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import chain

from db.language import t
from db.problem import Problem
from db.search.morphology import tokens
from db.store.changed import BITS
from db.store.enrichment.facts import FIGURE_KINDS
from db.written_numbers import digits

# Field → how it may be called; the first in German.
FIELDS = {
    "source": ("quelle", "outlet", "site"),
    "newsroom": ("redaktion", "voice"),
    "kind": ("art", "type"),
    "lang": ("sprache", "language"),
    "from": ("von", "ab", "since", "after"),
    "to": ("bis", "until", "before"),
    "date": ("datum", "am", "day"),
    "title": ("titel", "intitle", "headline"),
    "author": ("autor", "autorin", "by"),
    "access": ("zugang",),
    "change": ("änderung", "aenderung", "changed"),
    "role": ("rolle",),
    "registry": ("register",),
    "figure": ("zahl", "figures"),
    "speaker": ("sprecher", "sprecherin"),
    "place": ("ort",),
}
_FIELD_OF = {name: field for field, names in FIELDS.items() for name in (field, *names)}

# A quoted phrase (also „…“, “…”, »…«), or a run without space and quote; minus and field may lead, a star may follow.
_TERM = re.compile(
    r"(?P<minus>(?<![^\s(])[-−–])?(?P<name>[^\W\d_]+:(?=[^\s/:]))?"
    r'(?:["„“”«»](?P<phrase>[^"„“”«»]*)["„“”«»]?|(?P<word>[^\s"„“”«»()]+))(?P<star>\*)?'
)
_EITHER = {"OR", "ODER", "|"}
_BOTH = {"AND", "UND", "&", "+"}
_NEITHER = {"NOT", "NICHT"}
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
LONGEST = 1_000  # characters: on a page of results the query stands in each of a hundred links
MOST_WORDS = 200  # a paragraph has fewer in so many characters; a phrase of 400 words took the index a second
MOST_VALUES = 50  # of one field
CHANGED = tuple(BITS)  # of what kind of change there was one, or what was found of its page
ONLY = ("only", "nur")  # registry:only: no outlets but those of the registry
SCALES = {"": 1, "k": 10**3, "m": 10**6, "mn": 10**6, "mio": 10**6, "bn": 10**9, "mrd": 10**9}  # of a figure's value
NOTHING = ("none", "ohne")  # as in date:none: nothing is known; the first in what we write


class QueryError(Problem):
    """The query asks for nothing, or in a way that is none; the message says what to type."""


@dataclass(frozen=True, slots=True)
class Term:
    text: str
    literal: bool = False  # quoted, or with a star: taken as written
    star: bool = False
    title: bool = False  # in titles alone


@dataclass(frozen=True, slots=True)
class Filter:
    """`value` of `from` is the first day, of `to` the first day that is too late, of `date` a year, month or day.

    It is empty where nothing shall be known. Of a figure it is a kind, or a kind and a value: jobs=2500.
    """

    field: str
    value: str
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """`wanted`: one term of each group; `unwanted`: none; `filters`: of one field any, of all fields one each.

    Of several `from` and `to` the narrowest counts.
    """

    text: str = ""
    wanted: tuple[tuple[Term, ...], ...] = ()
    unwanted: tuple[Term, ...] = ()
    filters: tuple[Filter, ...] = ()


def parse(query: str) -> Query:
    """Words are all wanted, OR joins its neighbours, a minus excludes, a star completes, fields narrow.

    Raises QueryError where nothing is left to look for, for a field or day that there is not, and for too much.
    """
    check_length(query)
    wanted: list[list[Term]] = []
    unwanted: list[Term] = []
    filters: list[Filter] = []
    for match, either, excluded in _terms(query):
        item = _read(match, excluded)
        if isinstance(item, Filter):
            filters.append(item)
        elif item and excluded:
            unwanted.append(item)
        elif item and either and wanted:
            wanted[-1].append(item)
        elif item:
            wanted.append([item])
    if not wanted and not filters:
        raise QueryError(t("query.only_excludes" if unwanted else "query.no_word", query=repr(query)))
    groups = dict.fromkeys(tuple(dict.fromkeys(group)) for group in wanted)
    read = Query(query, tuple(groups), tuple(dict.fromkeys(unwanted)), tuple(dict.fromkeys(filters)))
    _check_number(read)
    return read


def check_length(query: str) -> None:
    """Raises QueryError."""
    if len(query) > LONGEST:
        raise QueryError(t("query.too_long", length=len(query), most=LONGEST))


def _check_number(query: Query) -> None:
    number = sum(len(tokens(term.text)) for term in chain(*query.wanted, query.unwanted))
    if number > MOST_WORDS:
        raise QueryError(t("query.too_many_words", number=number, most=MOST_WORDS))
    for field, values in Counter(condition.field for condition in query.filters).items():
        if values > MOST_VALUES:
            raise QueryError(t("query.too_many_values", field=field, number=values, most=MOST_VALUES))


def _terms(query: str) -> Iterator[tuple[re.Match[str], bool, bool]]:
    """Each with whether it may stand for the one before, and whether it is excluded."""
    either = negative = False
    for match in _TERM.finditer(query):
        word = None if match["name"] else match["word"]
        if word in _EITHER:
            either = True
        elif word in _NEITHER:
            negative = True
        elif word in _BOTH:
            negative = False
        else:
            yield match, either, negative or bool(match["minus"])
            either = negative = False


def _read(match: re.Match[str], excluded: bool) -> Term | Filter | None:
    text = match["word"] if match["phrase"] is None else match["phrase"]
    named = (match["name"] or "").removesuffix(":")
    field = _field(named, text)
    if field and field != "title":
        return Filter(field, _value(named, field, text.strip()), excluded)
    if named and not field:
        text = f"{named}:{text}"
    if not any(unicodedata.category(letter)[0] in "LN" for letter in text):
        return None  # the index makes no token of it: an emoji, a dash
    star = bool(match["star"]) or text.endswith("*")
    literal = star or match["phrase"] is not None
    return Term(text.replace("\0", " ").strip("*"), literal, star, field == "title")


def _field(name: str, text: str) -> str | None:
    """None where the colon is one of the text."""
    if not name:
        return None
    if field := _FIELD_OF.get(name.lower()):
        return field
    if name.islower() and (similar := get_close_matches(name, _FIELD_OF, 1, 0.7)):
        raise QueryError(t("query.no_field", name=name, meant=f"{similar[0]}:{text}"))
    return None


def _value(name: str, field: str, text: str) -> str:
    if not text:
        raise QueryError(t("query.says_nothing", name=name, example=f"{name}:{EXAMPLES[field]}"))
    if field in ("kind", "lang", "access", "role", "date") and text.lower() in NOTHING:
        return ""
    if field == "change" and text.lower() not in CHANGED:
        raise QueryError(t("query.no_change", said=f"{name}:{text}", known=", ".join(CHANGED)))
    if field == "registry":
        if text.lower() not in ONLY:
            raise QueryError(t("query.no_registry", said=f"{name}:{text}"))
        return ONLY[0]
    if field == "figure":
        return _figure(name, text.lower())
    if field == "role":
        return text.lower().replace("-", "_")
    if field in ("kind", "lang", "access", "change"):
        return text.lower()
    return text if field in ("source", "newsroom", "author", "speaker", "place") else _day(name, field, text)


EXAMPLES = {
    "source": "morgenblatt",
    "newsroom": '"Redaktion Musterland"',
    "kind": "government",
    "lang": "en",
    "from": "2025-03",
    "to": "2025-03-12",
    "date": "2025-03",
    "title": "Rechenzentrum",
    "author": '"Petra Muster"',
    "access": "free",
    "change": "headline",
    "role": "agency",
    "registry": "only",
    "figure": "jobs",
    "speaker": '"Petra Muster"',
    "place": "Bedburg",
}


def _figure(name: str, text: str) -> str:
    """jobs; investment=3.2bn as investment=3200000000; date=2024-05-22"""
    kind, equals, value = text.partition("=")
    if kind not in FIGURE_KINDS:
        raise QueryError(t("query.no_figure", said=f"{name}:{text}", known=", ".join(FIGURE_KINDS)))
    if not equals or (kind == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII)):
        return text
    matched = re.fullmatch(r"([\d.,]+)([a-z]*)", value.replace(" ", ""), re.ASCII)
    number = digits(matched[1]) if matched else None
    if matched is None or number is None or matched[2] not in SCALES:
        raise QueryError(t("query.no_value", said=f"{name}:{text}", name=name))
    return f"{kind}={number * SCALES[matched[2]]:f}"


def _day(name: str, field: str, text: str) -> str:
    condition = f"{name}:{text}"
    match = _DAY.fullmatch(text)
    if match is None:
        raise QueryError(t("query.no_day", said=condition, name=name))
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    if month is not None and not 1 <= month <= 12:
        raise QueryError(t("query.no_month", said=condition, year=f"{year:04}"))
    if not 1 <= year < 9999:
        raise QueryError(t("query.no_year", said=condition))
    last = calendar.monthrange(year, month)[1] if month else 31
    if day is not None and not 1 <= day <= last:
        raise QueryError(t("query.no_such_day", said=condition, month=f"{year:04}-{month:02}", last=last))
    if field == "date":
        return "-".join([f"{year:04}", *(f"{part:02}" for part in (month, day) if part)])
    if field == "from":
        return date(year, month or 1, day or 1).isoformat()
    if day:
        return date.fromordinal(date(year, month or 1, day).toordinal() + 1).isoformat()
    if month:
        return date(year + month // 12, month % 12 + 1, 1).isoformat()
    return date(year + 1, 1, 1).isoformat()


def without(query: str, fields: Collection[str]) -> str:
    """The query with nothing that these fields narrow it to; what they exclude stays.

    Who chooses one of the sources that a query names does not mean the others any more. Raises QueryError.
    """
    check_length(query)
    pieces, end = [], 0
    for match, _, excluded in _terms(query):
        item = _read(match, excluded)
        if isinstance(item, Filter) and item.field in fields and not excluded:
            pieces.append(query[end : match.start()])
            end = match.end()
    return " ".join("".join([*pieces, query[end:]]).split())
