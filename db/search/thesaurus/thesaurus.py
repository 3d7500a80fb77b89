"""The thesaurus: one concept in two languages and several words, kept as data in the TOML files beside this module."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import Any

from db import validation
from db.search.morphology import STEMMERS, folded, spelling, tokens
from db.validation import ConfigError, Reader, Tell

PATHS = tuple(sorted(Path(__file__).parent.rglob("*.toml")))
VERSION = "2"
LANGUAGES = ("de", "en", "fr", "nl")
OTHERS = ("narrower", "exact", "context")  # words of a concept that are none of its terms

APART = "…"
Phrase = tuple[str, ...]  # the words of a term, with an ellipsis where others may stand between: Stellen … streichen


class ThesaurusError(ConfigError):
    """The thesaurus cannot be used; one line for each thing wrong in it."""


@dataclass(frozen=True, slots=True)
class Concept:
    """`narrower` are found by a search for the concept, which is not found by a search for them.

    Terms that are `related` do not mean the same: they stand for one another beside other words. Those of a `topic` do
    not even that: by them only what is narrower is found, by one word alone with another such or with its `context`.
    """

    terms: tuple[tuple[str, Phrase], ...]  # language and words, in the file's order
    narrower: tuple[Phrase, ...] = ()
    exact: tuple[Phrase, ...] = ()  # meant in just this form: unions, but no union
    context: tuple[Phrase, ...] = ()
    related: bool = False
    topic: bool = False

    @property
    def name(self) -> str:
        return " ".join(self.terms[0][1])


@dataclass(frozen=True, slots=True)
class ConceptBlock:
    """Concepts, and whose glossary has their terms; none for those that are our own."""

    concepts: tuple[Concept, ...]
    glossary: str = ""
    address: str = ""
    related: bool = False
    topics: bool = False


@dataclass(frozen=True, slots=True)
class Thesaurus:
    blocks: tuple[ConceptBlock, ...]
    common: frozenset[str]
    apart: dict[str, tuple[str, ...]]  # spelling → how what is not meant begins
    within: dict[str, tuple[str, ...]]  # spelling → words that are a sort of it
    by_word: dict[str, tuple[tuple[Concept, Phrase], ...]]  # spelling of a term's first word → terms
    by_form: dict[Phrase, tuple[Concept, ...]]  # spelling of what is meant in just this form

    @property
    def concepts(self) -> Iterator[Concept]:
        return (concept for block in self.blocks for concept in block.concepts)

    def words(self) -> set[tuple[str, str]]:
        """All words of languages that there is a dictionary of, each with its language."""
        terms = (term for concept in self.concepts for term in concept.terms if term[0] in STEMMERS)
        return {(word, lang) for lang, phrase in terms for word in phrase if word != APART}


@cache
def load(paths: Sequence[Path] = PATHS) -> Thesaurus:
    """Raises ThesaurusError."""
    documents = [_read(path) for path in paths]
    blocks = tuple(block for document in documents for block in document.get("block", ()))
    by_word: dict[str, list[tuple[Concept, Phrase]]] = {}
    by_form: dict[Phrase, list[Concept]] = {}
    for concept in (concept for block in blocks for concept in block.concepts):
        for _, phrase in concept.terms:
            words = tuple(word for word in phrase if word != APART)
            for order in {words, words[::-1]} if APART in phrase else {words}:  # groundwater … sinking
                by_word.setdefault(spelling(order[0]), []).append((concept, order))
        for phrase in concept.exact:
            by_form.setdefault(tuple(map(spelling, phrase)), []).append(concept)
    apart, within = (
        {word: others for document in documents for word, others in document.get(key, {}).items()}
        for key in ("apart", "within")
    )
    return Thesaurus(
        blocks,
        frozenset(folded(word) for document in documents for word in document.get("common", "").split()),
        {spelling(word): tuple(spelling(other) for other in others) for word, others in apart.items()},
        {spelling(word): tuple(others) for word, others in within.items()},
        {word: tuple(entries) for word, entries in by_word.items()},
        {words: tuple(meant) for words, meant in by_form.items()},
    )


def _read(path: Path) -> dict[str, Any]:
    document = validation.toml(path, "put the program's own in its place", raises=ThesaurusError)
    errors: list[str] = []
    read = validation.table(document, _READERS, {"version": VERSION}, errors.append)
    if errors:
        raise ThesaurusError(path.name, errors)
    return read


def _block(value: Any, tell: Tell) -> ConceptBlock:
    read = validation.table(value, _OF_BLOCK, {"concepts": "a list of concepts"}, tell)
    if "glossary" in read and "address" not in read:
        tell("address: missing, expected where the glossary is found")
    topics = read.get("topics", False)
    if topics or read.get("related"):
        read["concepts"] = tuple(replace(concept, related=True, topic=topics) for concept in read.get("concepts", ()))
    return replace(ConceptBlock(()), **read)


def _concept(value: Any, tell: Tell) -> Concept:
    of_phrases: Reader = partial(validation.many, _phrase)
    read = validation.table(value, dict.fromkeys((*LANGUAGES, *OTHERS), of_phrases), {}, tell)
    terms = tuple((lang, phrase) for lang in LANGUAGES for phrase in read.get(lang, ()))
    if len(terms) < 2:
        tell(f"{len(terms)} of its terms can be read, expected two or more")
    return Concept(terms, *(read.get(key, ()) for key in OTHERS))


def _phrase(value: Any, tell: Tell) -> Phrase:
    parts = [tokens(part) for part in value.split(APART)] if isinstance(value, str) else []
    phrase = tuple(chain(*((APART, *part) if at else part for at, part in enumerate(parts)))) if all(parts) else ()
    if not phrase:
        tell(f"{value!r}, expected a text with a word in it")
    return phrase


def _word_lists(value: Any, tell: Tell) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        tell(f"{value!r}, expected a table of words, each with a list of words")
        return {}
    return {word: validation.many(_text, others, validation.under(tell, word)) for word, others in value.items()}


_text: Reader = partial(validation.form, validation.SOME_TEXT, "a text")
_OF_BLOCK: dict[str, Reader] = {
    "glossary": _text,
    "address": partial(validation.form, r"https://\S+", validation.ADDRESS_EXPECTED),
    "related": validation.flag,
    "topics": validation.flag,
    "concepts": partial(validation.many, _concept),
}
_READERS: dict[str, Reader] = {
    "version": partial(validation.form, re.escape(VERSION), f"{VERSION!r}, which this program reads"),
    "common": _text,
    "apart": _word_lists,
    "within": _word_lists,
    "block": partial(validation.many, _block),
}
