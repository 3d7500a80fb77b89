"""Terms as people write them, and where they stand in a text.

A text and a term are runs of letters, runs of digits and signs of money; what stands between them (blanks, hyphens,
full stops, slashes) parts them and nothing more. So `data~cent*` is the run "datacent*" or the runs "data" and "cent*".
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import product
from typing import NamedTuple

from pipelines.folding import fold

_RUN = re.compile(r"[^\W\d_]+|\d+|[€$£]")
_TERM_RUN = re.compile(r"(?:[^\W\d_]|\*)+|\d+|[€$£]")
_CHOICE = re.compile(r"\(([^()]*)\)")
_STRANGE = re.compile(r"\\.?|[\[\]{}^?+]|\.\*|(?<=[\w*)])\$$")  # as in a regular expression; $ is a sign of money, too

SURE_PART = 4  # letters: what is shorter is on every page

Runs = tuple[str, ...]


def runs(folded: str) -> list[str]:
    return _RUN.findall(folded)


def spans(folded: str) -> list[tuple[int, int]]:
    """Where each of its runs stands."""
    return [match.span() for match in _RUN.finditer(folded)]


def fault(term: str) -> str | None:
    """What keeps a term from being read, and what is expected; None where it can be."""
    outside = _CHOICE.sub("", term)
    if "(" in outside or ")" in outside:
        return " has a bracket too many, expected (this|that), not nested"
    if "|" in outside:
        return " has '|' outside brackets, expected (this|that)"
    if strange := _STRANGE.search(term):
        return (
            f" has '{strange[0]}' as in a regular expression, expected letters and * - ~ (this|that); * is any letters"
        )
    if not all(any(each.strip("*") for each in choice) for choice in choices(term)):
        return f" has no letter{' in one of its choices' if _TERM_RUN.search(outside) else ''}, expected a text"
    return None


def choices(term: str) -> Iterator[Runs]:
    """'(a|b)~c' → a c, ac, b c, bc; each as runs in which * stands for any letters."""
    parts = [part.split("|") if at % 2 else [part] for at, part in enumerate(_CHOICE.split(fold(term)))]
    known = set()
    for joined in map("".join, product(*parts)):
        gaps = joined.split("~")
        for glue in product(("", " "), repeat=len(gaps) - 1):
            text = "".join(map("".join, zip(gaps, (*glue, ""), strict=True)))
            choice = tuple(_TERM_RUN.findall(text))
            if choice not in known:
                known.add(choice)
                yield choice


def example(term: str) -> str:
    """A text that the term matches."""
    return " ".join(run.replace("*", "") for run in next(choices(term)))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A term of a class, or an exception to one, from its second run on."""

    name: str
    rest: tuple[re.Pattern[str], ...]
    second: str  # run, where it is one without *; of the hundreds that begin with 3 few go on with 2
    is_exception: bool


class Hit(NamedTuple):
    """A term of the class `name` over the runs `start` to `end`."""

    name: str
    start: int
    end: int


Beginning = tuple[tuple[str, ...], dict[str, list[Phrase]], tuple[Phrase, ...]]


@dataclass(frozen=True)
class Lexicon:
    """The terms of all classes, found in one pass over a text."""

    terms: Mapping[str, Iterable[str]]  # class → its terms
    exceptions: Mapping[str, Iterable[str]] = field(default_factory=dict)
    _known: dict[str, Beginning] = field(default_factory=dict)

    def hits(self, text: list[str]) -> list[Hit]:
        """Every term in `text`, but where an exception of its class stands."""
        hits: list[Hit] = []
        excepted: list[Hit] = []
        for start, run in enumerate(text):
            names, by_second, others = self._known.get(run) or self._beginning(run)
            hits += [Hit(name, start, start + 1) for name in names]
            if not (by_second or others):
                continue
            second = by_second.get(text[start + 1], ()) if start + 1 < len(text) else ()
            for phrase in (*second, *others):
                end = start + 1 + len(phrase.rest)
                if len(text) < end:
                    continue
                for pattern, other in zip(phrase.rest, text[start + 1 : end], strict=True):
                    if not pattern.fullmatch(other):
                        break
                else:
                    (excepted if phrase.is_exception else hits).append(Hit(phrase.name, start, end))
        if not excepted:
            return hits
        return [hit for hit in hits if not any(_overlap(hit, other) for other in excepted)]

    def _beginning(self, run: str) -> Beginning:
        """The classes that this run alone names, and the phrases that it begins. Words come again: 20 µs, then none."""
        if len(self._known) > 100_000:
            self._known.clear()
        by_first, by_pattern, inner = self._index
        keys = [run, *(run[:end] + "*" for end in range(1, len(run) + 1)), *("*" + run[at:] for at in range(len(run)))]
        phrases = [phrase for key in keys for phrase in by_first.get(key, ())]
        if inner.search(run):
            phrases += [phrase for first, phrase in by_pattern if first.fullmatch(run)]
        names = dict.fromkeys(phrase.name for phrase in phrases if not phrase.rest and not phrase.is_exception)
        by_second: dict[str, list[Phrase]] = {}
        others = []
        for phrase in dict.fromkeys(phrase for phrase in phrases if phrase.rest or phrase.is_exception):
            if phrase.second:
                by_second.setdefault(phrase.second, []).append(phrase)
            else:
                others.append(phrase)
        self._known[run] = tuple(names), by_second, tuple(others)
        return self._known[run]

    @cached_property
    def _index(self) -> tuple[dict[str, list[Phrase]], list[tuple[re.Pattern[str], Phrase]], re.Pattern[str]]:
        """By a first run with at most one *; by any other; and what one of these others has in its midst."""
        by_first: dict[str, list[Phrase]] = {}
        by_pattern = []
        inner = set()
        groups = [(self.terms, False), (self.exceptions, True)]
        for name, is_exception, term in (
            (name, flag, term) for group, flag in groups for name, terms in group.items() for term in terms
        ):
            for first, *rest in choices(term):
                second = rest[0] if rest and "*" not in rest[0] else ""
                phrase = Phrase(name, tuple(map(_pattern, rest)), second, is_exception)
                if first.strip("*") and first.count("*") == (first[0] == "*") + (first[-1] == "*") < 2:
                    by_first.setdefault(first, []).append(phrase)
                else:
                    by_pattern.append((_pattern(first), phrase))
                    inner.add(max(first.split("*"), key=len))
        return by_first, by_pattern, re.compile("|".join(map(re.escape, sorted(inner))) or r"(?!)")


def _overlap(hit: Hit, other: Hit) -> bool:
    return hit.name == other.name and hit.start < other.end and other.start < hit.end


@cache
def _pattern(run: str) -> re.Pattern[str]:
    return re.compile(re.escape(run).replace(r"\*", r"[^\W\d_]*"))


def cores(terms: Iterable[str], uses: Mapping[str, int]) -> tuple[str, ...]:
    """The rarest letters or digits of each choice of each term: a text with a term has one of them.

    `uses`: how many terms of the profile have the part; what few have is what few pages have. "rhein erft": "erft".
    A star before a core: it may stand in the midst of a word.
    """
    rarest = [
        min(_parts(each), key=lambda part: (len(part.text) < SURE_PART, uses.get(part.text, 0), -len(part.text)))
        for term in terms
        for each in choices(term)
    ]
    marked = {part.text if part.begins_run else f"*{part.text}" for part in rarest}
    return tuple(sorted(core for core in marked if not any(_within(core, other) for other in marked - {core})))


def _within(core: str, other: str) -> bool:
    """Whether what has `core` has `other` anyway."""
    return other[1:] in core if other.startswith("*") else core.startswith(other)


def uses_of(terms: Iterable[str]) -> Counter[str]:
    """Part of a term → terms that have it."""
    return Counter(text for term in terms for text in {part.text for each in choices(term) for part in _parts(each)})


class _Part(NamedTuple):
    """Letters or digits between the stars of a run."""

    text: str
    begins_run: bool


def _parts(choice: Runs) -> list[_Part]:
    return [_Part(text, run.startswith(text)) for run in choice for text in run.split("*") if text]
