"""How the terms of a profile fare in labelled articles, and which words it lacks."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from justext import get_stoplist

from pipelines.folding import fold
from pipelines.relevance.evidence import WORD_FORM, address_words, lemmas
from pipelines.relevance.labelled import Label, Labelled, labels_beside, read_labels
from pipelines.relevance.lexicon import Lexicon, choices, runs
from pipelines.relevance.profile import Profile, ProfileError, load
from pipelines.relevance.sentences import sentences

FEWEST = 5  # articles with a term or a word, ON and OFF together, from which something is said of it
CARRIES = 0.8  # share of ON, were there as many articles OFF as ON
SPLITS = (0.4, 0.6)
SURE = 6.63  # of Dunning's log-likelihood: one word in a hundred gets there by chance, so the counts are told
SHORTEST = 4  # letters of a word that is suggested

Counts = Mapping[Label, int]  # articles


@dataclass(frozen=True, slots=True)
class Use:
    """In how many articles of each label a term or a word stands."""

    name: str
    counts: Counts
    class_name: str = ""  # of a term

    def as_dict(self) -> dict[str, Any]:
        counts = {label.lower(): self.counts[label] for label in Label}
        return ({"class": self.class_name, "term": self.name} if self.class_name else {"word": self.name}) | counts


@dataclass(frozen=True, slots=True)
class Check:
    """What labelled articles say of the terms of a profile."""

    profile: Profile
    labels: Counts
    never: Sequence[Use]  # hit in no article
    carry: Sequence[Use]  # hit mostly in ON
    split: Sequence[Use]  # hit in ON and OFF alike

    def as_dict(self) -> dict[str, Any]:
        uses = {"never": self.never, "carry": self.carry, "split": self.split}
        counts = {"classes": len(self.profile.classes), "terms": len(_terms(self.profile))}
        labels = {label.lower(): self.labels[label] for label in Label}
        return counts | {"labels": labels} | {name: [use.as_dict() for use in each] for name, each in uses.items()}


def check(path: Path, label_paths: Sequence[Path]) -> Check:
    """Raises ProfileError, also where a term can match nothing; ConfigError where labels cannot be read."""
    profile = load(path)
    if errors := list(_dead(profile)):
        raise ProfileError(path.name, errors)
    articles = read_labels(label_paths or labels_beside(path))
    labels = Counter(each.label for each in articles)
    uses = list(_uses(profile, articles))
    never = [use for use in uses if articles and not any(use.counts.values())]
    often = [(use, _lean(use.counts, labels)) for use in uses if _on_and_off(use.counts) >= FEWEST]
    carry = [use for use, lean in often if lean >= CARRIES]
    split = [use for use, lean in often if SPLITS[0] <= lean <= SPLITS[1]]
    return Check(profile, labels, never, _by_count(carry), _by_count(split))


def _by_count(uses: Iterable[Use]) -> list[Use]:
    return sorted(uses, key=lambda use: -_on_and_off(use.counts))


def _terms(profile: Profile) -> list[tuple[str, str]]:
    """(class, term)"""
    return [(name, term) for name, each in profile.classes.items() for term in each.terms]


def _dead(profile: Profile) -> Iterator[str]:
    """Terms that can match nothing: an exception of their class covers all that they could."""
    for name, each in profile.classes.items():
        for number, term in enumerate(each.terms, 1):
            lexicon = Lexicon({name: [term]}, {name: each.exceptions})
            if not any(lexicon.hits(runs(text)) for text in _spelt(term)):
                why = "can match nothing: an exception of the class covers it"
                yield f"class: {name}: terms: {number}: {term!r} {why}, expected it in one of terms and except"


def _spelt(term: str) -> Iterator[str]:
    """Texts that the term should match: * once as nothing, once as letters."""
    for choice in choices(term):
        for letters in ("", "xyz"):
            yield " ".join(filter(None, (run.replace("*", letters) for run in choice)))


def _uses(profile: Profile, articles: Iterable[Labelled]) -> Iterator[Use]:
    """Of each term of the profile, in its order."""
    terms = {str(number): each for number, each in enumerate(_terms(profile))}
    exceptions = {key: profile.classes[name].exceptions for key, (name, _) in terms.items()}
    lexicon = Lexicon({key: [term] for key, (_, term) in terms.items()}, exceptions)
    seen: Counter[tuple[str, Label]] = Counter()
    for each in articles:
        hits = {hit.name for line in _zones(each) for hit in lexicon.hits(runs(fold(line)))}
        seen.update((key, each.label) for key in hits)
    for key, (name, term) in terms.items():
        yield Use(term, {label: seen[key, label] for label in Label}, name)


def _zones(article: Labelled) -> list[str]:
    """What is looked at for terms, as the judgement cuts it."""
    return [article.title, address_words(article.url), *sentences(article.text)]


def _on_and_off(counts: Counts) -> int:
    return counts[Label.ON] + counts[Label.OFF]


def _lean(counts: Counts, labels: Counts) -> float:
    """The share of ON among articles with it, were there as many articles OFF as ON."""
    on, off = (counts[label] / max(labels[label], 1) for label in (Label.ON, Label.OFF))
    return on / (on + off)


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Words of no class that tell ON from OFF, the surest first."""

    on: Sequence[Use]  # that speak for it
    off: Sequence[Use]  # that speak against it

    def as_dict(self) -> dict[str, Any]:
        return {"on": [use.as_dict() for use in self.on], "off": [use.as_dict() for use in self.off]}


def suggest(path: Path, label_paths: Sequence[Path]) -> Suggestions:
    """Raises ProfileError, ConfigError."""
    profile = load(path)
    articles = read_labels(label_paths or labels_beside(path))
    labels = Counter(each.label for each in articles)
    seen = Counter((lemma, each.label) for each in articles for lemma in _unclassed(each, profile.lexicon))
    words = [Use(word, {label: seen[word, label] for label in Label}) for word in {word for word, _ in seen}]
    often = [(_surprise(use.counts, labels), use) for use in words if _on_and_off(use.counts) >= FEWEST]
    sure = sorted((each for each in often if each[0] >= SURE), key=lambda each: (-each[0], each[1].name))
    leaning = [(use, _lean(use.counts, labels)) for _, use in sure]
    on, off = [use for use, lean in leaning if lean > 0.5], [use for use, lean in leaning if lean < 0.5]
    return Suggestions(on, off)


def _unclassed(article: Labelled, lexicon: Lexicon) -> set[str]:
    """The lemmas of the words that are part of no hit."""
    words: set[str] = set()
    for line in [article.title, *sentences(article.text)]:
        line_runs = runs(fold(line))
        covered = {run for hit in lexicon.hits(line_runs) for run in line_runs[hit.start : hit.end]}
        words |= {word for word in WORD_FORM.findall(line) if fold(word) not in covered}
    return {lemma for word in words for lemma in lemmas(word) if len(lemma) >= SHORTEST} - common_words()


@cache
def common_words() -> frozenset[str]:
    """Which no story can be told by: und, with, würde."""
    return frozenset(fold(word) for name in ("German", "English") for word in get_stoplist(name))


def _surprise(counts: Counts, labels: Counts) -> float:
    """Dunning's log-likelihood (1993) of the word being as frequent in ON as in OFF."""
    total, articles = _on_and_off(counts), _on_and_off(labels)
    result = 0.0
    for label in (Label.ON, Label.OFF):
        for seen, share in ((counts[label], total), (labels[label] - counts[label], articles - total)):
            if seen:
                result += 2 * seen * math.log(seen * articles / (labels[label] * share))
    return result
