"""What two texts share, word for word."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, count, repeat
from operator import sub

from pipelines.enrichment.overlaps.fingerprints import LENGTH, text_number

# Of the words of the shorter text, in runs of five. Of runs themselves half a copied text has less: each piece that was
# copied loses four at its end, and one pair of fifteen was missed.
ONE_TEXT = 0.5
AKIN = 0.35  # of the shingles of the smaller text: a pair is kept; parts of a digest share less with one another


@dataclass(frozen=True)
class ComparedText:
    """The own text of an article, ready to be compared. Runs are told apart by Python's own hash: none is stored."""

    text: int  # its number
    words: tuple[int, ...]

    @classmethod
    def of(cls, words: Sequence[int]) -> "ComparedText":
        return cls(text_number(words), tuple(words))

    @cached_property
    def runs(self) -> list[int]:
        return list(map(hash, zip(*(self.words[start:] for start in range(LENGTH)), strict=False)))

    @cached_property
    def distinct(self) -> frozenset[int]:
        return frozenset(self.runs)

    @cached_property
    def pairs(self) -> frozenset[tuple[int, int]]:
        """Of neighbouring words."""
        return frozenset(zip(self.words, self.words[1:], strict=False))


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


def edge(one: ComparedText, other: ComparedText) -> Edge | None:
    """None where they share too little to matter."""
    common = one.distinct & other.distinct
    contained = len(common) / max(1, min(len(one.distinct), len(other.distinct)))
    if contained < AKIN:
        return None
    if one.text > other.text:
        one, other = other, one
    alike = _alike(one, other) if contained >= ONE_TEXT else 0.0
    return Edge(one.text, other.text, round(contained, 4), _share(one, common), _share(other, common), alike)


def _alike(one: ComparedText, other: ComparedText) -> float:
    common = len(one.pairs & other.pairs)
    return round(common / max(len(one.pairs), len(other.pairs)), 4) if common else 0.0


def _share(text: ComparedText, common: Set[int]) -> float:
    """Of the words, those in a shingle that is in both."""
    if len(common) == len(text.distinct):
        return 1.0
    starts = list(compress(count(), map(common.__contains__, text.runs)))
    covered: int = sum(map(min, map(sub, starts[1:], starts), repeat(LENGTH))) + LENGTH * bool(starts)
    return round(covered / max(1, len(text.words)), 4)
