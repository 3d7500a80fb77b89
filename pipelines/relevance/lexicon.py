"""Terms as people write them, and where they stand in a text.

A text and a term are runs of letters, runs of digits and signs of money; what stands between them (blanks, hyphens, full
stops, slashes) parts them and nothing more. So `data~cent*` is the run "datacent*" or the runs "data" and "cent*".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

from pipelines.folding import fold

_RUN = re.compile(r"[^\W\d_]+|\d+|[€$£]")
_TERM_RUN = re.compile(r"(?:[^\W\d_]|\*)+|\d+|[€$£]")
_CHOICE = re.compile(r"\(([^()]*)\)")
_STRANGE = re.compile(r"[\\\[\]{}^?+]")  # as if a term were a regular expression

Runs = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a text: as it compares, and where it stands in the folded text."""

    text: str
    start: int
    end: int


def runs(folded: str) -> list[Run]:
    return [Run(match[0], match.start(), match.end()) for match in _RUN.finditer(folded)]


def fault(term: str) -> str | None:
    """What keeps a term from being read, and what is expected; None where it can be."""
    outside = _CHOICE.sub("", term)
    if "(" in outside or ")" in outside:
        return " has a bracket too many, expected (this|that), not nested"
    if "|" in outside:
        return " has '|' outside brackets, expected (this|that)"
    if strange := _STRANGE.search(term):
        return f" has {strange[0]!r}, which is no sign, expected letters and * - ~ (this|that)"
    if not all(any(each.strip("*") for each in choice) for choice in choices(term)):
        return f" has no letter{' in one of its choices' if _TERM_RUN.search(outside) else ''}, expected a text"
    return None


def choices(term: str) -> Iterator[Runs]:
    """'(a|b)~c' → a c, ac, b c, bc; each as runs in which * stands for any letters."""
    parts = [part.split("|") if at % 2 else [part] for at, part in enumerate(_CHOICE.split(fold(term)))]
    told = set()
    for joined in map("".join, product(*parts)):
        gaps = joined.split("~")
        for glue in product(("", " "), repeat=len(gaps) - 1):
            text = "".join(map("".join, zip(gaps, (*glue, ""), strict=True)))
            found = tuple(_TERM_RUN.findall(text))
            if found not in told:
                told.add(found)
                yield found


@dataclass(frozen=True, slots=True)
class Phrase:
    """A term of a class, or an exception to one, from its second run on."""

    name: str
    rest: tuple[re.Pattern[str], ...]
    is_exception: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A term of the class `name` over the runs `start` to `end`."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Lexicon:
    """The terms of all classes, found in one pass over a text."""

    terms: Mapping[str, Iterable[str]]  # class → its terms
    exceptions: Mapping[str, Iterable[str]] = field(default_factory=dict)
    _known: dict[str, tuple[Phrase, ...]] = field(default_factory=dict)

    def hits(self, text: list[Run]) -> list[Hit]:
        """Every term in `text`, but where an exception of its class stands."""
        found, excepted = [], []
        for start, run in enumerate(text):
            for phrase in self._beginning(run.text):
                end = start + 1 + len(phrase.rest)
                if end <= len(text) and all(
                    pattern.fullmatch(text[start + 1 + at].text) for at, pattern in enumerate(phrase.rest)
                ):
                    (excepted if phrase.is_exception else found).append(Hit(phrase.name, start, end))
        if not excepted:
            return found
        return [hit for hit in found if not any(_overlap(hit, other) for other in excepted)]

    def _beginning(self, run: str) -> tuple[Phrase, ...]:
        """The phrases whose first run this is. Words come again: 20 µs the first time, then none."""
        if run not in self._known:
            if len(self._known) > 100_000:
                self._known.clear()
            keys = [run, *(run[:end] + "*" for end in range(1, len(run) + 1))]
            keys += ["*" + run[start:] for start in range(len(run))]
            phrases = [phrase for key in keys for phrase in self._by_first.get(key, ())]
            phrases += [phrase for first, phrase in self._by_pattern if first.fullmatch(run)]
            self._known[run] = tuple(dict.fromkeys(phrases))
        return self._known[run]

    @cached_property
    def _index(self) -> tuple[dict[str, list[Phrase]], list[tuple[re.Pattern[str], Phrase]]]:
        by_first: dict[str, list[Phrase]] = {}
        by_pattern = []
        groups = [(self.terms, False), (self.exceptions, True)]
        for name, is_exception, term in (
            (name, flag, term) for group, flag in groups for name, terms in group.items() for term in terms
        ):
            for first, *rest in choices(term):
                phrase = Phrase(name, tuple(map(_pattern, rest)), is_exception)
                if first.strip("*") and first.count("*") == (first[0] == "*") + (first[-1] == "*") < 2:
                    by_first.setdefault(first, []).append(phrase)
                else:
                    by_pattern.append((_pattern(first), phrase))
        return by_first, by_pattern

    @property
    def _by_first(self) -> dict[str, list[Phrase]]:
        return self._index[0]

    @property
    def _by_pattern(self) -> list[tuple[re.Pattern[str], Phrase]]:
        return self._index[1]


def _overlap(hit: Hit, other: Hit) -> bool:
    return hit.name == other.name and hit.start < other.end and other.start < hit.end


def _pattern(run: str) -> re.Pattern[str]:
    return re.compile(re.escape(run).replace(r"\*", r"[^\W\d_]*"))


def cores(terms: Iterable[str]) -> tuple[str, ...]:
    """The longest run of letters or digits of each choice of each term: a text with a term has one of them."""
    longest = {
        max((part for run in each for part in run.split("*")), key=len) for term in terms for each in choices(term)
    }
    return tuple(sorted(core for core in longest if not any(other in core for other in longest - {core})))
