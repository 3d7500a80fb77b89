"""The sum of which a score is made, as the outcomes of a verdict tell it: what was seen, and what it weighs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from db.outcomes import Code, Outcome, from_json


@dataclass(frozen=True, slots=True)
class Weight:
    reason: Outcome
    value: float  # above 0 it speaks for the topic


@dataclass(frozen=True, slots=True)
class Weighing:
    weights: tuple[Weight, ...]  # what speaks for the topic most, what against it, all the rest, the base
    others: tuple[Outcome, ...]  # what is no part of the sum: a person's word, what would have put it on the topic

    @property
    def sum(self) -> float:
        """The logarithm of the odds."""
        return round(sum(weight.value for weight in self.weights), 2)

    @property
    def strongest(self) -> tuple[Weight, ...]:
        """Those that were seen in this article alone, the heaviest first."""
        always = (Code.ALL_THE_REST, Code.BASE)
        seen = (weight for weight in self.weights if weight.reason.code not in always)
        return tuple(sorted(seen, key=lambda weight: -abs(weight.value)))


def weighing(stored: str | None) -> Weighing | None:
    """Of `outcomes` of an article or `outcome` of a refusal; None where nothing was weighed, as by earlier rules."""
    try:
        outcomes = tuple(_reasons(from_json(stored)))
    except ValueError:  # somebody has written into the archive
        return None
    weights = tuple(filter(None, map(_weight, outcomes)))
    return Weighing(weights, tuple(each for each in outcomes if not _weight(each))) if weights else None


def _reasons(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """A refusal has its reasons inside of one outcome."""
    for outcome in outcomes:
        reasons = outcome.params.get("reasons")
        if outcome.code is Code.JUDGED and isinstance(reasons, tuple):
            yield from reasons
        else:
            yield outcome


def _weight(outcome: Outcome) -> Weight | None:
    reason, value = outcome.params.get("reason"), outcome.params.get("weight")
    if outcome.code is Code.WEIGHED and isinstance(reason, Outcome) and isinstance(value, int | float):
        return Weight(reason, value)
    return None
