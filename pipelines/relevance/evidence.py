"""What in an article speaks for the story or against it: a fixed set of features, each between 0 and 1.

A thing is a class of the profile, or all classes of a role together. What is looked at: where each thing stands (title,
lead, body, address), in how much of the text, how near it stands to those who act and to where they act, how the story
runs through the text, and which words of the model's list are there. Distances count in sentences, never in lines.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from db.search.morphology import LONGEST, STEMMERS
from db.search.vocabulary import dictionary
from pipelines.folding import fold
from pipelines.relevance.lexicon import Hit, Lexicon, runs, spans
from pipelines.relevance.sentences import sentences

TITLE, ADDRESS = -2, -1  # lines beside the sentences, which are counted from 0
LEAD = 3  # sentences
BESIDE_TITLE = 2  # sentences that the title stands beside
MOST_SENTENCES = 1000  # of a text; a live blog of a day has some 400
NEARNESS = ((0, 1.0), (1, 0.7), (3, 0.45))  # sentences apart → what it is worth
FAR = 0.2  # anywhere in the article
SHORTEST_PART = 5  # letters of a word of the list that begins or ends a compound
IN_BODY = 0.6  # what a word of the list is worth there; in the title 1


class Role(StrEnum):
    """What the things of a class are in the story."""

    SUBJECT = "subject"  # who it is about, by name
    BYNAME = "byname"  # the same, as papers paraphrase it
    PLACE = "place"  # where it happens
    AROUND = "around"  # the region, the country, their governments
    OBJECT = "object"  # what is built there
    THEME = "theme"  # what else belongs to it
    AGAINST = "against"  # what it may be instead


WHO = "who"  # by name or paraphrased
ANCHORS = (WHO, Role.SUBJECT, Role.BYNAME, Role.PLACE, Role.AROUND)  # whose nearness to other things tells most
THREADS = (WHO, Role.PLACE, Role.OBJECT)  # how they run through the text tells what it is about


@dataclass(slots=True)
class Places:
    """Where a thing stands: its first term in each line; and a bit for each of these lines that is a sentence."""

    hits: dict[int, Hit] = field(default_factory=dict)  # line → hit, in the order of the lines
    sentences: int = 0

    @property
    def title(self) -> bool:
        return TITLE in self.hits

    def first(self) -> "Spot":
        return Spot(*next(iter(self.hits.items())))

    def first_in_text(self) -> "Spot":
        """Else in the title or the address."""
        return next((Spot(line, hit) for line, hit in self.hits.items() if line >= 0), self.first())


class Spot(NamedTuple):
    """A hit in a line."""

    line: int  # see ArticleEvidence.lines
    hit: Hit


@dataclass(frozen=True, slots=True)
class ArticleEvidence:
    features: Mapping[str, float]
    places: Mapping[str, Places]
    lines: Mapping[int, str]  # the sentences from 0 on; TITLE; ADDRESS
    words: Mapping[str, str]  # word of the list → as the article spells the first that counts for it

    def as_written(self, spot: Spot) -> str:
        """The characters that the hit covers."""
        text, hit = self.lines[spot.line], spot.hit
        folded, written = _spans(text)
        if len(folded) == len(written):  # else a soft hyphen parts a word as it is written
            return text[written[hit.start][0] : written[hit.end - 1][1]]
        start, end = folded[hit.start][0], folded[hit.end - 1][1]
        ends = list(accumulate(map(_width, text)))
        return text[bisect_right(ends, start) : bisect_right(ends, end - 1) + 1]


def evidence(
    title: str | None,
    text: str | None,
    url: str | None,
    lexicon: Lexicon,
    roles: Mapping[str, Role],
    vocabulary: frozenset[str] = frozenset(),
) -> ArticleEvidence:
    """`roles`: class → role; `vocabulary`: words of the model's list, folded."""
    body = tuple(sentences(text or "")[:MOST_SENTENCES])
    lines = {TITLE: title or "", ADDRESS: address_words(url)} | dict(enumerate(body))
    places = _places(lines, lexicon, roles)
    features: dict[str, float] = {}
    for thing, where in places.items():
        features.update(_standing(thing, where, len(body)))
    features.update(_nearness(places, roles))
    features.update(_flow(places, len(body)))
    words, worth = _words(title or "", body, vocabulary)
    features.update(worth)
    return ArticleEvidence(features, places, lines, words)


def address_words(url: str | None) -> str:
    """Host and path of an address as words."""
    parts = urlsplit(url or "")
    return re.sub(r"[-_/+]", " ", f"{parts.hostname or ''} {unquote(parts.path)}").strip()


def _places(lines: Mapping[int, str], lexicon: Lexicon, roles: Mapping[str, Role]) -> dict[str, Places]:
    things = {name: tuple(_things(name, role)) for name, role in roles.items()}
    places: dict[str, Places] = {}
    for line, text in lines.items():
        for hit in lexicon.hits(runs(fold(text))):
            for thing in things[hit.name]:
                where = places.get(thing)
                if where is None:
                    where = places[thing] = Places()
                if line not in where.hits:
                    where.hits[line] = hit
                    where.sentences |= 1 << line if line >= 0 else 0
    return places


def _things(name: str, role: Role) -> Iterator[str]:
    yield name
    yield f"any {role}"
    if role in (Role.SUBJECT, Role.BYNAME):
        yield f"any {WHO}"


def _standing(thing: str, where: Places, count: int) -> Iterator[tuple[str, float]]:
    """Where a thing stands, and in how much of the text."""
    yield f"named: {thing}", 1.0
    if where.title:
        yield f"title: {thing}", 1.0
    if ADDRESS in where.hits:
        yield f"address: {thing}", 1.0
    if where.sentences & ((1 << LEAD) - 1):
        yield f"lead: {thing}", 1.0
    if where.sentences:
        yield f"share: {thing}", min(1.0, 2 * where.sentences.bit_count() / count)


def _nearness(places: Mapping[str, Places], roles: Mapping[str, Role]) -> Iterator[tuple[str, float]]:
    role_of = {thing: roles.get(thing) or thing.removeprefix("any ") for thing in places}
    for anchor in ANCHORS:
        here = places.get(f"any {anchor}")
        if not here:
            continue
        own = {WHO: (Role.SUBJECT, Role.BYNAME)}.get(anchor, (anchor,))
        widened = around(here)
        for thing, there in places.items():
            role = role_of[thing]
            if role in own or role == WHO:
                continue
            yield f"near: {anchor} + {thing}", near(here, widened, there)


Around = tuple[tuple[int, float, int], ...]  # distance, what it is worth, the sentences so far from a thing


def around(one: Places) -> Around:
    return tuple((distance, worth, _widened(one.sentences, distance)) for distance, worth in NEARNESS)


def near(one: Places, widened: Around, other: Places) -> float:
    """1 in one sentence or one title, less the more sentences lie between. The title stands beside BESIDE_TITLE.

    `widened`: what is around the one, worked out once for all others.
    """
    if one.title and other.title:
        return NEARNESS[0][1]
    beside = (1 << BESIDE_TITLE) - 1
    for distance, worth, sentences_there in widened:
        if sentences_there & other.sentences:
            return worth
        if distance == 1 and ((one.title and other.sentences & beside) or (other.title and one.sentences & beside)):
            return worth
    return NEARNESS[-1][1] if one.title or other.title else FAR


def meeting(one: Places, other: Places, worth: float) -> tuple[Spot, Spot]:
    """The first hits of both that are as near as `near` says."""
    pairs = (
        (Spot(*here), Spot(*there))
        for here in one.hits.items()
        for there in other.hits.items()
        if _worth(here[0], there[0]) == worth
    )
    return next(pairs)


def _worth(line: int, other: int) -> float:
    """Of hits in these lines; `near` is the most that any two are worth."""
    if line == other and line != ADDRESS:
        return NEARNESS[0][1]
    if TITLE in (line, other):
        return NEARNESS[1][1] if 0 <= max(line, other) < BESIDE_TITLE else NEARNESS[-1][1]
    if ADDRESS in (line, other):
        return FAR
    return next((worth for distance, worth in NEARNESS if abs(line - other) <= distance), FAR)


def _widened(sentences: int, distance: int) -> int:
    for _ in range(distance):
        sentences |= sentences << 1 | sentences >> 1
    return sentences


def _flow(places: Mapping[str, Places], count: int) -> Iterator[tuple[str, float]]:
    """How the story runs through the text: whether from the opening, the title or the first sentence; in how many
    sentences, from where on, how far, or in one alone."""
    nothing = Places()
    things = {name: places.get(f"any {name}", nothing).sentences for name in (*THREADS, Role.AROUND, Role.THEME)}
    who, place, built, around, theme = things.values()
    threads = {name: things[name] for name in THREADS}
    threads["story"] = (who & (place | built | around)) | (place & (built | theme)) | (built & around)
    threads["thread"] = who | place | built
    titled = {name for name in THREADS if places.get(f"any {name}", nothing).title}
    opening = {name for name, bits in threads.items() if bits & 1} | titled | ({"thread"} if titled else set())
    for name, bits in threads.items():
        if name in opening:
            yield f"flow: {name}, in the opening", 1.0
        if not bits:
            yield f"flow: no {name}", 1.0
            continue
        first, last = (bits & -bits).bit_length() - 1, bits.bit_length() - 1
        yield f"flow: {name}, share", min(1.0, 2 * bits.bit_count() / count)
        yield f"flow: {name}, begins late", first / count
        yield f"flow: {name}, span", (last - first + 1) / count
        if bits.bit_count() == 1:
            yield f"flow: {name}, once", 1.0


def _words(title: str, lines: tuple[str, ...], vocabulary: frozenset[str]) -> tuple[dict[str, str], dict[str, float]]:
    spelt: dict[str, str] = {}
    worth: dict[str, float] = {}
    if vocabulary:
        for value, line in ((1.0, title), *((IN_BODY, line) for line in lines)):
            for word in WORD_FORM.findall(line):
                for listed in listed_words(word, vocabulary):
                    spelt.setdefault(listed, word)
                    worth.setdefault(f"word: {listed}", value)
    return spelt, worth


WORD_FORM = re.compile(r"[^\W\d_]{3,}")


@lru_cache(100_000)
def listed_words(word: str, vocabulary: frozenset[str]) -> tuple[str, ...]:
    """The words of the list that `word` is a form of, or a compound with."""
    forms = lemmas(word)
    parts = {
        part
        for form in forms
        for length in range(SHORTEST_PART, len(form))
        for part in (form[:length], form[-length:])
        if part in vocabulary
    }
    return tuple(sorted(parts | (forms & vocabulary)))


@lru_cache(100_000)
def lemmas(word: str) -> frozenset[str]:
    """Folded: as each dictionary has the word, or as it is spelt; of whatever language the text is."""
    if len(word) > LONGEST:
        return frozenset()
    dictionaries = filter(None, map(dictionary, STEMMERS))
    known = [lemma for each in dictionaries if (lemma := each.lemma(word))]
    return frozenset(map(fold, known or [word]))


@lru_cache(64)  # an article's reasons quote the same few lines again and again
def _spans(text: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Where its runs stand: as it is folded, and as it is written."""
    return spans(fold(text)), spans(text)


@lru_cache(4096)
def _width(char: str) -> int:
    return len(fold(char))
