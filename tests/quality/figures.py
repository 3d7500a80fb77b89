"""How well figures are read: phrases in sentences of our own, and whole articles.

A line has the fields that the command `facts` takes, and `figures`: all that there are, with `kind`, `value`, `unit`
and of a range `high`. A label may be a `doubt`, with `start` and `end`: what is read there counts neither way. In
a line with `unlabelled`, counts and heights that are `other` have no labels, and are not asked for; nor is money that
is `other`, where that is the word, or what has the unit that is named.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.enrichment.facts import read_facts
from pipelines.enrichment.measures.figure import Figure, as_told
from pipelines.enrichment.measures.figure_words import KINDS

HERE = Path(__file__).parent
SETS = {path.stem.replace("-", " "): path for path in sorted(HERE.glob("figures-*.jsonl"))}

Key = tuple[str, float | str, float | None, str]


@cache
def labels(name: str) -> tuple[Mapping[str, Any], ...]:
    return tuple(json.loads(line) for line in SETS[name].read_text("utf-8").splitlines() if line.strip())


def wanted(row: Mapping[str, Any]) -> Counter[Key]:
    sure = (each for each in row["figures"] if not each.get("doubt"))
    return Counter((each["kind"], *measured(each)) for each in sure)


def measured(label: Mapping[str, Any]) -> tuple[float | str, float | None, str]:
    """Others label square metres where the rules tell hectares: 245,000 m² are 24.5."""
    value, high, unit = label["value"], label.get("high"), label["unit"]
    if isinstance(value, str):
        return value, high, unit
    return as_told(Decimal(str(value)), None if high is None else Decimal(str(high)), unit)


@cache
def found(name: str) -> tuple[Counter[Key], ...]:
    read = (read_facts(row["text"], row["lang"], row["published"]) for row in labels(name))
    return tuple(
        Counter((str(each.kind), each.value, each.high, each.unit) for each in facts.figures if is_asked(row, each))
        for row, facts in zip(labels(name), read, strict=True)
    )


def is_asked(row: Mapping[str, Any], figure: Figure) -> bool:
    if row.get("unlabelled") and not is_labelled(figure.kind, figure.unit):
        return False
    if figure.kind == "other" and row.get("unlabelled") in ("other", figure.unit):
        return False
    doubts = (each for each in row["figures"] if each.get("doubt"))
    return not any(each["start"] < figure.end and figure.start < each["end"] for each in doubts)


def is_labelled(kind: str, unit: str) -> bool:
    """Other eyes labelled of what has no kind of its own only money and kilometres."""
    return kind != "other" or unit == "km" or KINDS.get(unit) == "investment"


def measure(name: str) -> dict[str, float]:
    """Of texts, how many are right in all; of figures, with kind, value and unit."""
    pairs = list(zip(map(wanted, labels(name)), found(name), strict=True))
    hits = sum((true & said).total() for true, said in pairs)
    said, true = (sum(each[side].total() for each in pairs) for side in (1, 0))
    whole = sum(true == said for true, said in pairs) / len(pairs)
    return {"figures f1": 2 * hits / (said + true), "figures precision": hits / said, "texts right": whole}


def wrong(name: str) -> Iterator[str]:
    for row, said in zip(labels(name), found(name), strict=True):
        true = wanted(row)
        if true != said:
            yield f"{row['text'][:120]}: missed {_told(true - said)}, too many {_told(said - true)}"


def _told(keys: Iterable[Key]) -> str:
    return (
        ", ".join(f"{kind} {value}{f' to {high}' if high else ''} {unit}" for kind, value, high, unit in keys) or "none"
    )
