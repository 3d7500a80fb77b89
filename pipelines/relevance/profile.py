"""What the archive is about: a profile of terms, read from TOML."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from db import validation
from db.language import DEFAULT, languages
from db.validation import ConfigError, Reader, Tell, guess
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
        return " has a bracket too many, expected (this|that), not nested"
    if "|" in outside:
        return " has '|' outside brackets, expected (this|that)"
    if strange := _STRANGE.search(term):
        return f" has {strange[0]!r}, which is no sign, expected letters and * - ~ (this|that)"
    if not all(map(_LETTER.search, _choices(term))):
        return f" has no letter{' in one of its choices' if _LETTER.search(term) else ''}, expected a text"
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
    document = validation.toml(path, "name a profile with --topic", raises=ProfileError)
    errors: list[str] = []
    values = validation.table(document, _readers(document.get("class")), _REQUIRED, errors.append)
    on, mention = values.get("thresholds", (0.0, 0.0))
    if errors:
        raise ProfileError(path.name, errors)
    return Profile(
        version=values["version"],
        since=values["since"],
        on=on,
        mention=mention,
        must=values["must"],
        classes=values["class"],
        stories=values["story"],
        against=values.get("against", ()),
    )


def _readers(classes: Any) -> dict[str, Reader]:
    """What each key of a profile is read by; `classes`: the table of them as it stands in the file."""
    names = partial(validation.some, partial(_class_name, list(classes) if isinstance(classes, dict) else []))
    return {
        "version": _text,
        "since": validation.day,
        "must": names,
        "thresholds": _thresholds,
        "class": partial(_classes, names),
        "story": partial(validation.some, partial(_story, names)),
        "against": partial(validation.many, partial(_against, names)),
    }


def _class_name(classes: list[str], value: Any, tell: Tell) -> str:
    if value not in classes:
        tell(f"{value!r} is no class, expected one of {', '.join(classes)}{guess(str(value), classes)}")
    return str(value)


def _thresholds(value: Any, tell: Tell) -> tuple[float, float]:
    readers: dict[str, Reader] = {"on": validation.fraction, "mention": validation.fraction}
    read = validation.table(value, readers, dict.fromkeys(readers, validation.FRACTION_EXPECTED), tell)
    on, mention = read.get("on", 0.0), read.get("mention", 0.0)
    if read.keys() == readers.keys() and not 0 < mention <= on:
        tell(f"mention: {mention}, expected more than 0 and at most on, which is {on}")
    return on, mention


def _classes(names: Reader, value: Any, tell: Tell) -> dict[str, Terms]:
    if not isinstance(value, dict):
        tell(f"{value!r}, expected tables [class.NAME]")
        return {}
    return {name: _class(names, entry, validation.under(tell, name)) for name, entry in value.items()}


def _class(names: Reader, value: Any, tell: Tell) -> Terms:
    terms = partial(validation.some, _term)
    readers: dict[str, Reader] = {"says": _says, "strong": validation.flag, "not_near": names}
    read = validation.table(value, readers | {"terms": terms, "except": terms}, _CLASS_REQUIRED, tell)
    included, excluded = (list(filter(None, read.get(key, ()))) for key in ("terms", "except"))
    return Terms(
        says=read.get("says", ""),
        strong=read.get("strong", False),
        not_near=read.get("not_near", ()),
        pattern=_pattern(included, excluded),
        cores=_cores(included),
    )


def _term(value: Any, tell: Tell) -> str:
    """'' where it cannot be read."""
    fault = _fault(value) if isinstance(value, str) else ", expected a text"
    if fault:
        tell(f"{value!r}{fault}")
    return "" if fault else value


def _story(names: Reader, value: Any, tell: Tell) -> Story:
    readers: dict[str, Reader] = {"says": _says, "weight": validation.fraction}
    read = validation.table(value, readers | dict.fromkeys(("all", "any", "unless"), names), _STORY_REQUIRED, tell)
    return Story(**(_NO_STORY | read))


def _against(names: Reader, value: Any, tell: Tell) -> Against:
    readers: dict[str, Reader] = {"says": _says, "factor": validation.fraction}
    read = validation.table(value, readers | dict.fromkeys(("classes", "unless"), names), _AGAINST_REQUIRED, tell)
    return Against(**(_NO_AGAINST | read))


def _says(value: Any, tell: Tell) -> Says:
    """One text, or { en = "…", de = "…" }, of which English is the archive's own."""
    if not isinstance(value, dict):
        return str(_text(value, tell))
    readers: dict[str, Reader] = dict.fromkeys(languages(), _text)
    return validation.table(value, readers, {DEFAULT: "a text"}, tell)


_text: Reader = partial(validation.form, validation.SOME_TEXT, "a text")
# what is not given, and what is wrong
_NO_STORY: dict[str, Any] = {"says": "", "all": (), "any": (), "unless": (), "weight": 1.0}
_NO_AGAINST: dict[str, Any] = {"says": "", "classes": (), "unless": (), "factor": 1.0}
_CLASS_NAMES = "a list of classes"
_REQUIRED = {
    "version": "a text",
    "since": validation.DAY_EXPECTED,
    "must": _CLASS_NAMES,
    "thresholds": "a table with on and mention",
    "class": "tables [class.NAME]",
    "story": "tables [[story]]",
}
_CLASS_REQUIRED = {"says": "a text", "terms": "a list of terms"}
_STORY_REQUIRED = {"says": "a text", "all": _CLASS_NAMES}
_AGAINST_REQUIRED = {"says": "a text", "factor": validation.FRACTION_EXPECTED, "classes": _CLASS_NAMES}


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
