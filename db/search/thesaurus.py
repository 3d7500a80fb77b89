"""The thesaurus: one concept in two languages and several words, kept as data in thesaurus.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from db.search.morphology import folded, spelling, tokens
from db.validation import ConfigError

PATH = Path(__file__).with_name("thesaurus.toml")
VERSION = "1"
LANGUAGES = ("de", "en")

Phrase = tuple[str, ...]  # the words of a term


class ThesaurusError(ConfigError):
    """The thesaurus cannot be used."""


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
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThesaurusError(str(path), [f"cannot be read ({error}); put the program's own in its place"]) from error
    if table.get("version") != VERSION:
        raise ThesaurusError(str(path), [f"version: {table.get('version')!r}; this program reads version {VERSION!r}"])
    concepts = tuple(_concept(path, entry) for entry in table.get("concept", []))
    by_word: dict[str, list[tuple[Concept, Phrase]]] = {}
    for concept in concepts:
        for _, phrase in concept.terms:
            by_word.setdefault(spelling(phrase[0]), []).append((concept, phrase))
    return Thesaurus(
        concepts,
        frozenset(folded(word) for word in table.get("common", "").split()),
        {spelling(word): tuple(spelling(other) for other in others) for word, others in table.get("apart", {}).items()},
        {spelling(word): tuple(others) for word, others in table.get("within", {}).items()},
        {word: tuple(entries) for word, entries in by_word.items()},
    )


def _concept(path: Path, entry: dict[str, Any]) -> Concept:
    if unknown := set(entry) - set(LANGUAGES):
        wrong = f"concept: {min(unknown)!r} is no language; a concept has {LANGUAGES}"
        raise ThesaurusError(str(path), [wrong])
    terms = tuple((lang, tuple(tokens(term))) for lang in LANGUAGES for term in entry.get(lang, []))
    if len(terms) < 2 or not all(phrase for _, phrase in terms):
        wrong = f"concept: {entry}: a concept has two terms or more, each with a word in it"
        raise ThesaurusError(str(path), [wrong])
    return Concept(terms)
