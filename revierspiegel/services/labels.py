"""How well a profile judges the articles that a person has labelled."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from db.outcomes import Code, Outcome
from pipelines.relevance.judge import Verdict, verdict
from pipelines.relevance.labelled import Label, Labelled
from pipelines.relevance.profile import Profile


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled article, and what a profile makes of it."""

    article: Labelled
    verdict: Verdict

    @property
    def is_right(self) -> bool:
        return self.verdict.verdict == self.article.label.lower()

    @property
    def distance(self) -> float:
        """Between the score and the one that it should have: how confidently wrong a wrong verdict is."""
        return abs(self.verdict.score - (self.article.label is Label.ON))

    @property
    def strongest(self) -> Outcome:
        """The reason that led astray most: against the article where it is ON, else for it."""
        toward = -1 if self.article.label is Label.ON else 1
        weighed = [each for each in self.verdict.outcomes if _is_of_the_article(each)]
        return max(weighed, key=lambda each: toward * _weight(each), default=self.verdict.outcomes[0])

    def as_dict(self) -> dict[str, Any]:
        article, reason = self.article, str(self.strongest)
        told = {"title": article.title, "url": article.url, "label": str(article.label)}
        return told | {"verdict": self.verdict.verdict, "score": self.verdict.score, "reason": reason}


def _is_of_the_article(outcome: Outcome) -> bool:
    """Not the rest, nor the base."""
    reason = outcome.params.get("reason")
    return isinstance(reason, Outcome) and reason.code not in (Code.ALL_THE_REST, Code.BASE)


def _weight(outcome: Outcome) -> float:
    weight = outcome.params["weight"]
    assert isinstance(weight, float | int)
    return weight


@dataclass(frozen=True)
class Measure:
    """How the verdicts of a profile agree with a person's labels."""

    judged: Sequence[Judged]

    @cached_property
    def table(self) -> Mapping[Label, Mapping[str, int]]:
        """Label → verdict → articles."""
        count = Counter((each.article.label, str(each.verdict.verdict)) for each in self.judged)
        return {label: {other.lower(): count[label, other.lower()] for other in Label} for label in Label}

    def agreed(self, label: Label) -> int:
        return self.table[label][label.lower()]

    def labelled(self, label: Label) -> int:
        return sum(self.table[label].values())

    def said(self, label: Label) -> int:
        """Articles whose verdict it is."""
        return sum(row[label.lower()] for row in self.table.values())

    @property
    def precision(self) -> float | None:
        return share(self.agreed(Label.ON), self.said(Label.ON))

    @property
    def recall(self) -> float | None:
        return share(self.agreed(Label.ON), self.labelled(Label.ON))

    def f1(self, label: Label) -> float | None:
        return share(2 * self.agreed(label), self.said(label) + self.labelled(label))

    @cached_property
    def worst(self) -> Sequence[Judged]:
        """What is judged wrong, most confidently first."""
        return sorted((each for each in self.judged if not each.is_right), key=lambda each: -each.distance)

    def as_dict(self) -> dict[str, Any]:
        figures = {"articles": len(self.judged), "precision": self.precision, "recall": self.recall}
        figures |= {"f1": self.f1(Label.ON), "mention_f1": self.f1(Label.MENTION)}
        return figures | {"table": self.table, "worst": [each.as_dict() for each in self.worst]}


def share(part: int, whole: int) -> float | None:
    """None of nothing."""
    return round(part / whole, 3) if whole else None


def measure(articles: Iterable[Labelled], profile: Profile) -> Measure:
    return Measure([Judged(each, verdict(each.title, each.text, profile, url=each.url)) for each in articles])


MOST_WORST = 10  # told to a person; a program is given all


def as_lines(measured: Measure) -> Iterator[str]:
    """For a person."""
    agreed, said, labelled = (count(Label.ON) for count in (measured.agreed, measured.said, measured.labelled))
    yield f"precision      {_figure(measured.precision)}  of {said} judged on, {agreed} are labelled ON"
    yield f"recall         {_figure(measured.recall)}  of {labelled} labelled ON, {agreed} are judged on"
    yield f"F1 of on       {_figure(measured.f1(Label.ON))}"
    yield f"F1 of mention  {_figure(measured.f1(Label.MENTION))}"
    yield ""
    yield "label    " + "".join(label.lower().rjust(9) for label in Label)
    for label, row in measured.table.items():
        yield label.ljust(9) + "".join(str(count).rjust(9) for count in row.values())
    if measured.worst:
        yield ""
        yield f"{len(measured.worst)} judged wrong, most confidently first (score, label, verdict, title, main reason):"
    for each in measured.worst[:MOST_WORST]:
        yield f"{each.verdict.score:5.3f}  {each.article.label:7}  {each.verdict.verdict:7}  {each.article.title}"
        yield f"       {each.strongest}"
    if len(measured.worst) > MOST_WORST:
        yield f"and {len(measured.worst) - MOST_WORST} more: --json has them all"


def _figure(value: float | None) -> str:
    return "    –" if value is None else f"{value:5.3f}"
