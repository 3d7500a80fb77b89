"""The lists of people, bodies and places (`people.toml`, `bodies.toml`, `places.toml`): read, checked, and as forms.

A list with something wrong in it is not used: one line says for each thing what it is and what is expected.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from db import validation
from db.validation import Reader, Tell

HERE = Path(__file__).parents[1]
REMEDY = "it comes with the program: install it again"
_WORD = re.compile(r"[^\W_]+")
_ADJECTIVE_ENDINGS = ("", "e", "er", "es", "en", "em", "s", "n")


class EntityKind(StrEnum):
    PERSON = "person"
    BODY = "body"
    PLACE = "place"


class PlaceKind(StrEnum):
    DISTRICT = "district"
    TOWN = "town"
    COUNTY = "county"
    REGION = "region"
    LAND = "land"
    COUNTRY = "country"
    MINE = "mine"


class Gender(StrEnum):
    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    role: str
    of: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedName:
    """One thing that has a name; which fields count depends on its kind."""

    entity: EntityKind
    name: str
    variants: tuple[str, ...] = ()
    wikidata: str = ""
    alone: bool = True
    # people
    gender: Gender | None = None
    roles: tuple[Office, ...] = ()
    # places
    kind: PlaceKind | None = None
    of: str = ""
    at: tuple[float, float] | None = None
    surname: bool = False
    near: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    # places and bodies
    not_before: tuple[str, ...] = ()

    @property
    def last_name(self) -> str:
        return self.name.split()[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsBeside:
    """Words beside the name of a place that make it something else; `leads` make it one, `bearers` a surname."""

    streets: frozenset[str]
    things: frozenset[str]
    papers: frozenset[str]
    stations: frozenset[str]
    clubs: frozenset[str]
    leads: frozenset[str]
    bearers: frozenset[str]


@dataclass(frozen=True, slots=True)
class NameForm:
    """One spelling of a name: its tokens after the first, and what stands between them."""

    entry: ListedName
    tokens: tuple[str, ...]
    gaps: tuple[str, ...]
    is_surname: bool = False
    is_adjective: bool = False  # Bedburger


@dataclass(frozen=True, slots=True)
class NameLists:
    people: tuple[ListedName, ...]
    bodies: tuple[ListedName, ...]
    places: tuple[ListedName, ...]
    neighbours: WordsBeside
    forms: dict[str, tuple[NameForm, ...]]  # by the first token, the longest first


# -- reading

_text = partial(validation.form, validation.SOME_TEXT, "some text")
_texts = partial(validation.some, _text)
_REQUIRED = {"name": "a name"}


def _point(value: Any, tell: Tell) -> tuple[float, float]:
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(type(number) in (int, float) for number in value)
        or not (abs(value[0]) <= 90 and abs(value[1]) <= 180)
    ):
        tell(f"{value!r}, expected latitude and longitude such as [50.99, 6.57]")
        return 0.0, 0.0
    return float(value[0]), float(value[1])


def _office(value: Any, tell: Tell) -> Office:
    readers: dict[str, Reader] = {"role": _text, "of": _text, "since": validation.day, "until": validation.day}
    read = validation.table(value, readers, {"role": "an office such as Landrat"}, tell)
    if "since" in read and "until" in read and read["since"] > read["until"]:
        tell(f"until: {read['until']} is before since, expected a later day")
    return Office(**{"role": "", **read})


_item = partial(validation.form, r"Q[1-9]\d*", "a number of Wikidata such as Q365")
_OF_PERSON: dict[str, Reader] = {
    "name": _text,
    "wikidata": _item,
    "variants": _texts,
    "gender": partial(validation.choice, Gender),
    "alone": validation.flag,
    "roles": partial(validation.some, _office),
}
_OF_BODY: dict[str, Reader] = {"name": _text, "variants": _texts, "wikidata": _item, "not_before": _texts}
_OF_PLACE: dict[str, Reader] = _OF_BODY | {
    "kind": partial(validation.choice, PlaceKind),
    "of": _text,
    "at": _point,
    "surname": validation.flag,
    "alone": validation.flag,
    "near": _texts,
    "elsewhere": _texts,
}


def read_list(path: Path, kind: EntityKind) -> tuple[tuple[ListedName, ...], dict[str, Any]]:
    """The entries of a list, and what else its file has. Raises ConfigError."""
    found = validation.toml(path, REMEDY)
    errors: list[str] = []
    entries: list[ListedName] = []
    readers = {EntityKind.PERSON: _OF_PERSON, EntityKind.BODY: _OF_BODY, EntityKind.PLACE: _OF_PLACE}[kind]
    required = _REQUIRED | ({"kind": "what it is: " + ", ".join(PlaceKind)} if kind is EntityKind.PLACE else {})
    given = found.pop(kind.value, [])
    if not isinstance(given, list):
        raise validation.ConfigError(path.name, [f"{kind}: one table, expected a list of them: [[{kind}]]"])
    for number, value in enumerate(given, 1):
        name = value.get("name", number) if isinstance(value, dict) else number
        tell = validation.under(errors.append, f"{kind} {name}")
        read = validation.table(value, readers, required, tell)
        if any(entry.name == name for entry in entries):
            tell("name: twice in the list, expected once")
        entries.append(ListedName(entity=kind, **{"name": "", "alone": kind is not EntityKind.PERSON, **read}))
    if not entries:
        errors.append(f"no entry, expected at least one [[{kind}]]")
    if kind is not EntityKind.PLACE:
        errors += [validation.unknown(key, [kind]) for key in found]
    if errors:
        raise validation.ConfigError(path.name, errors)
    return tuple(entries), found


def _neighbours(file: str, found: dict[str, Any]) -> WordsBeside:
    errors: list[str] = []
    keys = ("streets", "things", "papers", "stations", "clubs", "leads", "bearers")
    words: dict[str, Reader] = {
        key: partial(validation.form, validation.SOME_TEXT, "words parted by blanks") for key in keys
    }
    errors += [validation.unknown(key, ["place", "others"]) for key in found if key != "others"]
    tell = validation.under(errors.append, "others")
    read = validation.table(found.get("others", {}), words, dict.fromkeys(keys, "words parted by blanks"), tell)
    if errors:
        raise validation.ConfigError(file, errors)
    return WordsBeside(**{key: frozenset(text.casefold().split()) for key, text in read.items()})


@cache
def name_lists(folder: Path = HERE) -> NameLists:
    """Raises ConfigError."""
    people, _ = read_list(folder / "people.toml", EntityKind.PERSON)
    bodies, _ = read_list(folder / "bodies.toml", EntityKind.BODY)
    places, others = read_list(folder / "places.toml", EntityKind.PLACE)
    forms: dict[str, list[NameForm]] = {}
    for entry in (*people, *bodies, *places):
        for first, form in _forms(entry):
            forms.setdefault(first, []).append(form)
    return NameLists(
        people=people,
        bodies=bodies,
        places=places,
        neighbours=_neighbours("places.toml", others),
        forms={first: tuple(sorted(found, key=lambda form: -len(form.tokens))) for first, found in forms.items()},
    )


# -- forms


def _forms(entry: ListedName) -> Iterator[tuple[str, NameForm]]:
    for name in (entry.name, *entry.variants):
        is_adjective = entry.entity is EntityKind.PLACE and name.endswith("er") and name != entry.name  # Dresdner
        for spelling in _inflected(name):
            yield _form(entry, spelling, is_adjective=is_adjective and spelling == name)
        if entry.kind in (PlaceKind.TOWN, PlaceKind.DISTRICT) and not name.endswith("er"):
            yield _form(entry, f"{name}er", is_adjective=True)
        if entry.entity is EntityKind.PLACE and len(name) > 3:  # KÖLN. Der Rat hat …
            yield _form(entry, name.upper())
    if entry.entity is EntityKind.PERSON:
        for name in (entry.name, *entry.variants):
            for spelling in _inflected(name.split()[-1]):
                yield _form(entry, spelling, is_surname=True)


def _inflected(name: str) -> Iterator[str]:
    if "*" in name:
        head, *rest = name.split(" ")
        tails = list(_inflected(" ".join(rest))) if rest else [""]
        for ending in _ADJECTIVE_ENDINGS if head.endswith("*") else ("",):
            yield from (f"{head.removesuffix('*')}{ending} {tail}".strip() for tail in tails)
        return
    yield name
    if name[-1:].isalpha() and name[-1:].casefold() not in "szxß":
        yield f"{name}s"


def _form(
    entry: ListedName, spelling: str, *, is_surname: bool = False, is_adjective: bool = False
) -> tuple[str, NameForm]:
    found = list(_WORD.finditer(spelling))
    gaps = tuple(spelling[one.end() : other.start()] for one, other in pairwise(found))
    tokens = tuple(match[0] for match in found)
    return tokens[0], NameForm(entry, tokens[1:], gaps, is_surname, is_adjective)
