"""What the archive is about: a profile of terms, read from TOML."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from db import validation
from db.language import DEFAULT, languages
from db.validation import ConfigError, Reader, Tell
from pipelines.folding import fold
from pipelines.relevance import model
from pipelines.relevance.evidence import Role
from pipelines.relevance.lexicon import Lexicon, cores, fault, runs, uses_of
from pipelines.relevance.model import Model


class ProfileError(ConfigError):
    """The profile cannot be used; one line for each thing wrong in it."""


Says = str | Mapping[str, str]  # one text for all languages, or a text for each


@dataclass(frozen=True, slots=True)
class TermClass:
    """Terms that name one thing."""

    role: Role
    says: Says  # as it stands in a reason: "a place of the story"
    strong: bool  # a title that carries one is worth fetching first
    terms: tuple[str, ...]
    exceptions: tuple[str, ...]  # phrases in which a term names something else
    confirms: bool = False  # beside who it is about, it makes a title one of the story


@dataclass(frozen=True, eq=False)
class Profile:
    version: str
    since: date
    classes: Mapping[str, TermClass]
    model: Model

    @property
    def rules_version(self) -> str:
        """Of terms and weights: kept with every verdict."""
        return f"{self.version}/{self.model.version}"

    @cached_property
    def lexicon(self) -> Lexicon:
        exceptions = {name: each.exceptions for name, each in self.classes.items() if each.exceptions}
        return Lexicon({name: each.terms for name, each in self.classes.items()}, exceptions)

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        return {name: each.role for name, each in self.classes.items()}

    def named(self, *roles: Role, strong: bool = False) -> tuple[str, ...]:
        """The classes with one of `roles`; `strong`: of these those that are."""
        return tuple(name for name, each in self.classes.items() if each.role in roles and (each.strong or not strong))

    @cached_property
    def needs(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """What an article has to name to be on the topic: one of these alternatives; of each part of it one class.

        Its subject by name; or a strong place with a by-name or what is built; or a strong by-name and where it is.
        """
        paraphrased = self.named(Role.PLACE, strong=True), self.named(Role.BYNAME, Role.OBJECT)
        by_nickname = self.named(Role.BYNAME, strong=True), self.named(Role.PLACE, Role.AROUND)
        alternatives = ((self.named(Role.SUBJECT, strong=True),), paraphrased, by_nickname)
        return tuple(each for each in alternatives if all(each))

    @cached_property
    def confirming(self) -> tuple[str, ...]:
        """What makes a title that names who it is about one of the story; where no class says so, where it happens."""
        said = tuple(name for name, each in self.classes.items() if each.confirms)
        return said or self.named(Role.PLACE, Role.AROUND)

    @cached_property
    def needed_cores(self) -> tuple[str, ...]:
        """Letters or digits of which a text that names what `needs` asks for has one: of the strong part of each.

        By-names and buildings are on every page: to look for them in its bytes would cost time and refuse nothing.
        """
        return self._cores(name for strong, *_ in self.needs for name in strong)

    @cached_property
    def strong_cores(self) -> re.Pattern[str]:
        """Found in each text with a strong term, once it is folded."""
        strong = self._cores(name for name, each in self.classes.items() if each.strong)
        return re.compile("|".join(re.escape(core.lstrip("*")) for core in strong) or "(?!)")

    def _cores(self, names: Iterable[str]) -> tuple[str, ...]:
        uses = uses_of(term for each in self.classes.values() for term in each.terms)
        return cores((term for name in names for term in self.classes[name].terms), uses)


OWN = Path(__file__).with_name("topic.toml")


def profile_of(topic: str | None) -> Profile:
    """The profile in a file, else as `load` finds it; read once a process. Raises ProfileError."""
    return _read_once(topic or os.environ.get("REVIERSPIEGEL_TOPIC") or str(OWN))


def load(path: Path | None = None, *, weights: Path | None = None) -> Profile:
    """The profile at `path`, else at REVIERSPIEGEL_TOPIC, else the project's own. Raises ProfileError.

    `weights`: in place of those that it names.
    """
    path = path or Path(os.environ.get("REVIERSPIEGEL_TOPIC") or OWN)
    document = validation.toml(path, "name a profile with --topic", raises=ProfileError)
    errors: list[str] = []
    values = validation.table(document, _READERS, _REQUIRED, errors.append)
    if not errors:
        errors += _missing_roles(values["class"])
    if errors:
        raise ProfileError(path.name, errors)
    named = path.parent / values["weights"] if "weights" in values else model.DEFAULT_WEIGHTS
    profile = Profile(values["version"], values["since"], values["class"], model.load(weights or named))
    if not profile.needs:
        wanted = 'expected strong = true in a class with role = "subject"'
        raise ProfileError(
            path.name, [f"class: no subject or place is strong, {wanted}: nothing could be on the topic"]
        )
    return profile


@cache
def _read_once(path: str) -> Profile:
    return load(Path(path))


def _missing_roles(classes: Mapping[str, TermClass]) -> Iterable[str]:
    roles = {each.role for each in classes.values()}
    for role in (Role.SUBJECT, Role.PLACE):
        if role not in roles:
            yield f'class: no class has the role {role}, expected at least one with role = "{role}"'


def _classes(value: Any, tell: Tell) -> dict[str, TermClass]:
    if not isinstance(value, dict) or not value:
        tell(f"{value!r}, expected tables [class.NAME]")
        return {}
    return {name: _class(entry, validation.under(tell, name)) for name, entry in value.items()}


def _class(value: Any, tell: Tell) -> TermClass:
    read = validation.table(value, _CLASS_READERS, _CLASS_REQUIRED, tell)
    return TermClass(
        role=read.get("role") or Role.THEME,
        says=read.get("says", ""),
        strong=read.get("strong", False),
        terms=tuple(filter(None, read.get("terms", ()))),
        exceptions=tuple(filter(None, read.get("except", ()))),
        confirms=read.get("confirms", False),
    )


def _term(value: Any, tell: Tell) -> str:
    """'' where it cannot be read."""
    wrong = fault(value) if isinstance(value, str) else ", expected a text"
    if wrong:
        tell(f"{value!r}{wrong}")
    return "" if wrong else value


def _says(value: Any, tell: Tell) -> Says:
    """One text, or { en = "…", de = "…" }, of which English is the archive's own."""
    if not isinstance(value, dict):
        return str(_text(value, tell))
    readers: dict[str, Reader] = dict.fromkeys(languages(), _text)
    return validation.table(value, readers, {DEFAULT: "a text"}, tell)


_text: Reader = partial(validation.form, validation.SOME_TEXT, "a text")
_terms: Reader = partial(validation.some, _term)
_READERS: dict[str, Reader] = {"version": _text, "since": validation.day, "weights": _text, "class": _classes}
_REQUIRED = {"version": "a text", "since": validation.DAY_EXPECTED, "class": "tables [class.NAME]"}
_CLASS_READERS: dict[str, Reader] = {
    "role": partial(validation.choice, Role),
    "says": _says,
    "strong": validation.flag,
    "confirms": validation.flag,
    "terms": _terms,
    "except": _terms,
}
_CLASS_REQUIRED = {"role": f"one of {', '.join(Role)}", "says": "a text", "terms": "a list of terms"}


def mentions(profile: Profile, *texts: str | None) -> bool:
    """Whether a title, a summary or an address carries a strong term; for the order of the queue, not for refusing."""
    folded = (fold(unquote(text)) for text in texts if text)
    hits = (hit for text in folded if profile.strong_cores.search(text) for hit in profile.lexicon.hits(runs(text)))
    return any(profile.classes[hit.name].strong for hit in hits)
