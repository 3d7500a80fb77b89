"""What two texts share, word for word."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from pipelines.enrichment.overlaps.fingerprints import LENGTH

# Of the words of the shorter text, in runs of five. Of runs themselves half a copied text has less: each piece that was
# copied loses four at its end, and one pair of fifteen was missed.
ONE_TEXT = 0.5
AKIN = 0.35  # of the shingles of the smaller text: a pair is kept; parts of a digest share less with one another


@dataclass(frozen=True)
class ComparedText:
    """The own text of an article, ready to be compared. Runs are told apart by Python's own hash: none is stored."""

    words: Sequence[int]

    @cached_property
    def pairs(self) -> list[int]:
        """Of neighbouring words."""
        return list(map(hash, zip(self.words, self.words[1:], strict=False)))

    @cached_property
    def runs(self) -> list[int]:
        """Of five words: two pairs and a word, which is a third quicker than all five."""
        return list(map(hash, zip(self.pairs, self.pairs[2:], self.words[4:], strict=False)))

    @cached_property
    def distinct_pairs(self) -> frozenset[int]:
        return frozenset(self.pairs)

    @cached_property
    def distinct(self) -> frozenset[int]:
        return frozenset(self.runs)


@dataclass(frozen=True, slots=True)
class Edge:
    """Two texts, the one of the lower number first, and what they share."""

    text: int
    other: int
    contained: float  # of the distinct shingles of the text that has fewer
    share: float  # of the words of the text
    other_share: float
    alike: float  # share of its pairs of neighbouring words that the other has, of the longer; 0 where not one text

    def of(self, text: int | None) -> float:
        """The share of its words that stand in the other."""
        return self.share if text == self.text else self.other_share


SAME = Edge(0, 0, 1.0, 1.0, 1.0, 1.0)  # of two articles of the same words


class PairShares(NamedTuple):
    """Of an edge: see there."""

    contained: float
    share: float
    other_share: float
    alike: float


def shares(one: ComparedText, other: ComparedText) -> PairShares | None:
    """None where they share too little to matter."""
    flags = _present(one, other)
    contained = _shared(one, other, flags) / max(1, min(len(one.distinct), len(other.distinct)))
    if contained < AKIN:
        return None
    alike = _alike(one, other) if contained >= ONE_TEXT else 0.0
    return PairShares(round(contained, 4), _share(one, flags), _share(other, _present(other, one)), alike)


def _present(text: ComparedText, other: ComparedText) -> bytes:
    """Of each of its runs whether the other has it, 1 or 0."""
    return bytes(map(other.distinct.__contains__, text.runs))


def _shared(one: ComparedText, other: ComparedText, flags: bytes) -> int:
    """Distinct runs."""
    return sum(flags) if len(one.runs) == len(one.distinct) else len(one.distinct & other.distinct)


def _share(text: ComparedText, flags: bytes) -> float:
    """Of the words, those in a run that the other has."""
    covered = int.from_bytes(flags, "little")
    for _ in range(LENGTH - 1):
        covered |= covered << 8  # a byte a word: each covers the next, too
    return round(covered.bit_count() / max(1, len(text.words)), 4)


def _alike(one: ComparedText, other: ComparedText) -> float:
    less, more = sorted((one.distinct_pairs, other.distinct_pairs), key=len)
    return round(sum(map(more.__contains__, less)) / max(1, len(more)), 4)
