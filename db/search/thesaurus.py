"""The thesaurus: one concept in two languages and several words, kept as data in thesaurus.toml."""

import re
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from db import validation
from db.search.morphology import folded, spelling, tokens
from db.validation import ConfigError, Reader, Tell

PATH = Path(__file__).with_name("thesaurus.toml")
VERSION = "1"
LANGUAGES = ("de", "en")

Phrase = tuple[str, ...]  # the words of a term


class ThesaurusError(ConfigError):
    """The thesaurus cannot be used; one line for each thing wrong in it."""


@dataclass(frozen=True, slots=True)
class Concept:
    terms: tuple[tuple[str, Phrase], ...]  # language and words, in the file's order

    @property
    def name(self) -> str:
        return " ".join(self.terms[0][1])


@dataclass(frozen=True, slots=True)
class Thesaurus:
    concepts: tuple[Concept, ...]
    common: frozenset[str]
    apart: dict[str, tuple[str, ...]]  # spelling → how what is not meant begins
    within: dict[str, tuple[str, ...]]  # spelling → words that are a sort of it
    by_word: dict[str, tuple[tuple[Concept, Phrase], ...]]  # spelling of a term's first word → terms

    def words(self) -> set[tuple[str, str]]:
        """All words, each with its language."""
        return {(word, lang) for concept in self.concepts for lang, phrase in concept.terms for word in phrase}


@cache
def load(path: Path = PATH) -> Thesaurus:
    """Raises ThesaurusError."""
    document = validation.toml(path, "put the program's own in its place", raises=ThesaurusError)
    errors: list[str] = []
    read = validation.table(document, _READERS, {"version": VERSION, "concept": "tables [[concept]]"}, errors.append)
    if errors:
        raise ThesaurusError(path.name, errors)
    concepts: tuple[Concept, ...] = read["concept"]
    by_word: dict[str, list[tuple[Concept, Phrase]]] = {}
    for concept in concepts:
        for _, phrase in concept.terms:
            by_word.setdefault(spelling(phrase[0]), []).append((concept, phrase))
    apart, within = (read.get(key, {}) for key in ("apart", "within"))
    return Thesaurus(
        concepts,
        frozenset(folded(word) for word in read.get("common", "").split()),
        {spelling(word): tuple(spelling(other) for other in others) for word, others in apart.items()},
        {spelling(word): tuple(others) for word, others in within.items()},
        {word: tuple(entries) for word, entries in by_word.items()},
    )


def _concept(value: Any, tell: Tell) -> Concept:
    read = validation.table(value, dict.fromkeys(LANGUAGES, partial(validation.many, _phrase)), {}, tell)
    terms = tuple((lang, phrase) for lang in LANGUAGES for phrase in read.get(lang, ()))
    if len(terms) < 2:
        tell(f"{len(terms)} of its terms can be read, expected two or more")
    return Concept(terms)


def _phrase(value: Any, tell: Tell) -> Phrase:
    phrase = tuple(tokens(value)) if isinstance(value, str) else ()
    if not phrase:
        tell(f"{value!r}, expected a text with a word in it")
    return phrase


def _word_lists(value: Any, tell: Tell) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        tell(f"{value!r}, expected a table of words, each with a list of words")
        return {}
    return {word: validation.many(_text, others, validation.under(tell, word)) for word, others in value.items()}


_text: Reader = partial(validation.form, validation.SOME_TEXT, "a text")
_READERS: dict[str, Reader] = {
    "version": partial(validation.form, re.escape(VERSION), f"{VERSION!r}, which this program reads"),
    "common": _text,
    "apart": _word_lists,
    "within": _word_lists,
    "concept": partial(validation.many, _concept),
}
