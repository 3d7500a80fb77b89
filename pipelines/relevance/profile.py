"""What the archive is about: a profile of terms, read from TOML."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from db import validation
from db.language import DEFAULT, languages
from db.validation import ConfigError, guess
from pipelines.folding import fold


class ProfileError(ConfigError):
    """The profile cannot be used; one line for each thing wrong in it."""


Says = str | Mapping[str, str]  # one text for all languages, or a text for each


@dataclass(frozen=True, slots=True)
class Terms:
    """A class of terms, compiled: what they name, and what rules them out."""

    says: Says  # as it stands in a reason: "a place of the story"
    strong: bool  # a title that carries one is worth fetching first
    not_near: tuple[str, ...]  # classes beside which these terms mean something else
    pattern: re.Pattern[str]
    cores: tuple[str, ...]  # runs of letters and digits; a text with a term has one of them

    def find(self, folded: str) -> re.Match[str] | None:
        if not any(core in folded for core in self.cores):  # a tenth of the time that the pattern takes
            return None
        return next((match for match in self.pattern.finditer(folded) if match["term"]), None)


_NO_TERMS = Terms("", False, (), re.compile(""), ())  # where they cannot be read


@dataclass(frozen=True, slots=True)
class Story:
    """Classes that tell the story where they stand within reach of each other."""

    says: Says
    all: tuple[str, ...]
    any: tuple[str, ...]
    unless: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Against:
    """A title with one of `classes` and none of `unless` speaks of something else."""

    says: Says
    classes: tuple[str, ...]
    unless: tuple[str, ...]
    factor: float


@dataclass(frozen=True, slots=True)
class Profile:
    version: str
    since: date
    on: float
    mention: float
    must: tuple[str, ...]
    classes: Mapping[str, Terms]
    stories: tuple[Story, ...]
    against: tuple[Against, ...]

    @property
    def must_cores(self) -> tuple[tuple[str, ...], ...]:
        """For each must-class the runs of letters and digits of which a text that names it has one."""
        return tuple(self.classes[name].cores for name in self.must)


# The notation of terms is told at the head of topic.toml.
_SIGNS = {"*": r"[^\W_]*", " ": r"[\s.\-/_]+", "-": r"[\s.\-/_]+", "~": r"[\s.\-/_]*", "(": "(?:", ")": ")", "|": "|"}
_BEFORE, _AFTER = r"(?<![^\W_])(?<!\d[.,])", r"(?![^\W_])"
_CHOICE = re.compile(r"\(([^()]*)\)")
_LETTER = re.compile(r"[^\W_]")
_STRANGE = re.compile(r"[\\\[\]{}^?]")  # as if a term were a regular expression


def _pattern(terms: Iterable[str], but: Iterable[str]) -> re.Pattern[str]:
    """The exceptions come first: they use up the words that would otherwise be hits."""

    def source(group: Iterable[str]) -> str:
        return "|".join("".join(_SIGNS.get(sign) or re.escape(sign) for sign in fold(term)) for term in group)

    exceptions = rf"{_BEFORE}(?:{source(but)}){_AFTER}|" if but else ""
    return re.compile(rf"{exceptions}{_BEFORE}(?P<term>{source(terms)}){_AFTER}")


def _choices(term: str) -> Iterator[str]:
    """'(a|b) c' as 'a c' and 'b c'."""
    parts = enumerate(_CHOICE.split(term))
    return map("".join, product(*(part.split("|") if at % 2 else [part] for at, part in parts)))


def _fault(term: str) -> str | None:
    """What keeps a term from being read, and what is expected; None where it can be."""
    outside = _CHOICE.sub("", term)
    if "(" in outside or ")" in outside:
        return "has a bracket too many, expected (this|that), not nested"
    if "|" in outside:
        return "has '|' outside brackets, expected (this|that)"
    if strange := _STRANGE.search(term):
        return f"has {strange[0]!r}, which is no sign, expected letters and * - ~ (this|that)"
    if not all(map(_LETTER.search, _choices(term))):
        return f"has no letter{' in one of its choices' if _LETTER.search(term) else ''}, expected a text"
    return None


def _cores(terms: Iterable[str]) -> tuple[str, ...]:
    """The longest run of letters and digits of each choice of each term."""
    choices = (choice for term in terms for choice in _choices(fold(term)))
    cores = {max(re.findall(r"[^\W_]+", choice), key=len) for choice in choices}
    return tuple(sorted(core for core in cores if not any(other in core for other in cores - {core})))


@cache
def profile_of(topic: str | None) -> Profile:
    """The profile in a file, the project's own where it is None; read once a process. Raises ProfileError."""
    return load(Path(topic) if topic else None)


def load(path: Path | None = None) -> Profile:
    """The profile at `path`, else at REVIERSPIEGEL_TOPIC, else the project's own. Raises ProfileError."""
    path = path or Path(os.environ.get("REVIERSPIEGEL_TOPIC") or Path(__file__).with_name("topic.toml"))
    table = validation.toml(path, "name a profile with --topic", raises=ProfileError, ahead="is no TOML in UTF-8: ")
    return _Reading(path.name).profile(table)


class _Reading:
    """Reads a profile and collects what is wrong with it, so that one look shows all of it."""

    def __init__(self, file: str) -> None:
        self.file, self.errors = file, list[str]()

    def wrong(self, where: str, what: str) -> None:
        self.errors.append(f"{where}: {what}")

    def keys(self, where: str, table: dict[str, Any], allowed: Iterable[str]) -> None:
        for key in table.keys() - set(allowed):
            self.wrong(where, f"{key}: is not known, expected one of {', '.join(allowed)}{guess(key, allowed)}")

    def value(self, where: str, table: dict[str, Any], key: str, kind: type, default: Any = None) -> Any:
        value = table.get(key, default)
        right = type(value) is kind  # true is an int, and a time of day is a date: neither is meant
        if not right or value == "":
            state = "is missing" if value is None else f"is {value!r}"
            self.wrong(where, f"{key}: {state}, expected {_KINDS[kind]}")
            return {str: "", float: 0.0, bool: False, date: date.min, dict: {}, list: []}[kind]
        return value

    def fraction(self, where: str, table: dict[str, Any], key: str, default: float | None = None) -> float:
        value = float(
            self.value(where, {k: float(v) if type(v) is int else v for k, v in table.items()}, key, float, default)
        )
        if not 0 <= value <= 1:
            self.wrong(where, f"{key}: is {value}, expected a number from 0 to 1")
        return value

    def says(self, where: str, table: dict[str, Any]) -> Says:
        """One text, or { en = "…", de = "…" }, of which English is the archive's own."""
        texts = table.get("says")
        if not isinstance(texts, dict):
            return str(self.value(where, table, "says", str))
        self.keys(f"{where}: says", texts, languages())
        for name in dict.fromkeys((DEFAULT, *texts)):
            self.value(f"{where}: says", texts, name, str)
        return {name: str(text) for name, text in texts.items()}

    def words(self, where: str, table: dict[str, Any], key: str, *, needed: bool = False) -> tuple[str, ...]:
        words = self.value(where, table, key, list, None if needed else [])
        if key in table and not words and isinstance(table[key], list):
            self.wrong(where, f"{key}: is empty, expected at least one")
        for word in words:
            if not isinstance(word, str):
                self.wrong(where, f"{key}: {word!r} is no text, expected one")
        return tuple(word for word in words if isinstance(word, str))

    def names(
        self, where: str, table: dict[str, Any], key: str, *, classes: Iterable[str], needed: bool = False
    ) -> tuple[str, ...]:
        names = self.words(where, table, key, needed=needed)
        for name in names:
            if name not in classes:
                self.wrong(
                    where, f"{key}: {name!r} is no class, expected one of {', '.join(classes)}{guess(name, classes)}"
                )
        return names

    def profile(self, table: dict[str, Any]) -> Profile:
        self.keys("the file", table, ("version", "since", "must", "thresholds", "class", "story", "against"))
        version = self.value("the file", table, "version", str)
        since = self.value("the file", table, "since", date)
        classes = self.value("the file", table, "class", dict)
        terms = {name: self.terms(name, entry, classes) for name, entry in classes.items()}
        must = self.names("the file", table, "must", classes=classes, needed=True)
        thresholds = self.value("the file", table, "thresholds", dict)
        self.keys("thresholds", thresholds, ("on", "mention"))
        on, mention = (self.fraction("thresholds", thresholds, key) for key in ("on", "mention"))
        if on and "mention" in thresholds and not 0 < mention <= on:
            self.wrong("thresholds", f"mention: is {mention}, expected more than 0 and at most on, which is {on}")
        stories = [self.story(n, entry, classes) for n, entry in self.entries(table, "story", needed=True)]
        against = [self.against(n, entry, classes) for n, entry in self.entries(table, "against")]
        if self.errors:
            raise ProfileError(self.file, self.errors)
        return Profile(version, since, on, mention, must, terms, tuple(stories), tuple(against))

    def entries(self, table: dict[str, Any], key: str, *, needed: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
        if isinstance(table.get(key), dict):
            self.wrong("the file", f"{key}: is one table, expected a list of them: write [[{key}]]")
            return
        entries = self.value("the file", table, key, list, None if needed else [])
        for number, entry in enumerate(entries, 1):
            if isinstance(entry, dict):
                yield f"{key} {number}", entry
            else:
                self.wrong(f"{key} {number}", f"is {entry!r}, expected a table [[{key}]]")

    def terms(self, name: str, entry: Any, classes: Iterable[str]) -> Terms:
        where = f"class.{name}"
        if not isinstance(entry, dict):
            self.wrong(where, f"is {entry!r}, expected a table [class.{name}]")
            return _NO_TERMS
        self.keys(where, entry, ("says", "terms", "except", "strong", "not_near"))
        terms, but = self.words(where, entry, "terms", needed=True), self.words(where, entry, "except")
        faults = [(key, term, _fault(term)) for key, group in (("terms", terms), ("except", but)) for term in group]
        if wrong := [f"{key}: {term!r} {fault}" for key, term, fault in faults if fault]:
            for what in wrong:
                self.wrong(where, what)
            return _NO_TERMS
        says, strong = self.says(where, entry), self.value(where, entry, "strong", bool, False)
        not_near = self.names(where, entry, "not_near", classes=classes)
        return Terms(says, strong, not_near, _pattern(terms, but), _cores(terms))

    def story(self, where: str, entry: dict[str, Any], classes: Iterable[str]) -> Story:
        self.keys(where, entry, ("says", "all", "any", "unless", "weight"))
        says, weight = self.says(where, entry), self.fraction(where, entry, "weight", 1.0)
        together = self.names(where, entry, "all", classes=classes, needed=True)
        either, unless = (self.names(where, entry, key, classes=classes) for key in ("any", "unless"))
        return Story(says, together, either, unless, weight)

    def against(self, where: str, entry: dict[str, Any], classes: Iterable[str]) -> Against:
        self.keys(where, entry, ("says", "classes", "unless", "factor"))
        says, factor = self.says(where, entry), self.fraction(where, entry, "factor")
        about = self.names(where, entry, "classes", classes=classes, needed=True)
        return Against(says, about, self.names(where, entry, "unless", classes=classes), factor)


_KINDS = {
    str: "a text", bool: "true or false", dict: "a table", list: "a list",
    float: "a number from 0 to 1", date: "a day such as 2024-01-01",
}  # fmt: skip


def none_of(things: Sequence[Says]) -> Says:
    """ "a place" and "the sum" → "no place and no sum"; "ein Ort" und "eine Summe" → "kein Ort und keine Summe"."""
    langs = dict.fromkeys(name for says in things if isinstance(says, Mapping) for name in says)
    texts = {name: _none_of([_in(says, name) for says in things], name) for name in langs}
    return texts or _none_of([_in(says, DEFAULT) for says in things], DEFAULT)


def _none_of(texts: Sequence[str], name: str) -> str:
    match name:
        case "en":
            return " and ".join("no " + re.sub(r"^(?:an?|the) ", "", text) for text in texts)
        case "de":
            return " und ".join(f"k{text}" if re.match("eine? ", text) else f"nichts von {text}" for text in texts)
    return ", ".join(texts)


def _in(says: Says, name: str) -> str:
    return says if isinstance(says, str) else says.get(name, says.get(DEFAULT, ""))


def mentions(profile: Profile, *texts: str | None) -> bool:
    """Whether a title, a summary or an address carries a strong term; for the order of the queue, not for refusing."""
    folded = [fold(unquote(text)) for text in texts if text]
    return any(terms.find(text) for terms in profile.classes.values() if terms.strong for text in folded)
