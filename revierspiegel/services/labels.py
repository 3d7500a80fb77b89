"""Articles that a person has labelled, and how well a profile judges them."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from db.outcomes import Code, Outcome
from db.validation import ConfigError, choice, under, unopened
from pipelines.relevance.judge import Verdict, read_line, verdict
from pipelines.relevance.profile import Profile


class Label(StrEnum):
    """What a person says of an article; in small letters the verdict that agrees with it."""

    ON = "ON"
    MENTION = "MENTION"
    OFF = "OFF"


@dataclass(frozen=True, slots=True)
class Labelled:
    title: str
    text: str
    url: str | None
    label: Label
    event: str  # articles with the same one tell of the same thing
    is_gist: bool = False  # no whole article


def read_labels(paths: Iterable[Path]) -> list[Labelled]:
    """JSON lines with `label`, `title` and `text`. Raises ConfigError: all wrong lines of a file at once."""
    return [each for path in paths for each in parse(_lines(path), path.name)]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8-sig").split("\n")
    except OSError as error:
        raise ConfigError(path.name, [unopened(path, error, "name it with --labels")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(path.name, [f"byte {error.start}: not UTF-8, expected JSON lines in UTF-8"]) from error


def parse(lines: Iterable[str], name: str) -> list[Labelled]:
    """`name` stands in the errors. Raises ConfigError."""
    errors: list[str] = []
    labelled = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        tell = under(errors.append, f"line {number}")
        row = read_line(line)
        if "error" in row:
            tell(row["error"])
        elif row["label"] is None:
            tell(f"label: missing, expected one of {', '.join(Label)}")
        elif label := choice(Label, row["label"], under(tell, "label")):
            more = json.loads(line)
            event = str(more.get("event") or f"{name} {number}")
            labelled.append(
                Labelled(row["title"] or "", row["text"] or "", row["url"], Label(label), event, bool(more.get("gist")))
            )
    if not errors and not labelled:
        errors.append("is empty, expected JSON lines with label, title and text")
    if errors:
        raise ConfigError(name, errors)
    return labelled


def labels_beside(profile: Path) -> list[Path]:
    """heide.jsonl beside heide.toml; else what lies in `labels/` beside it; may be none."""
    own = profile.with_suffix(".jsonl")
    return [own] if own.is_file() else sorted(profile.with_name("labels").glob("*.jsonl"))


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
