"""How well figures are read: phrases in sentences of our own, and whole articles.

A line has the fields that the command `facts` takes, and `figures`: all that there are, with `kind`, `value`, `unit`
and of a range `high`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.enrichment.facts import read_facts

HERE = Path(__file__).parent
SETS = {path.stem.replace("-", " "): path for path in sorted(HERE.glob("figures-*.jsonl"))}

Key = tuple[str, float | str, float | None, str]


@cache
def labels(name: str) -> tuple[Mapping[str, Any], ...]:
    return tuple(json.loads(line) for line in SETS[name].read_text("utf-8").splitlines() if line.strip())


def wanted(row: Mapping[str, Any]) -> Counter[Key]:
    return Counter((each["kind"], each["value"], each.get("high"), each["unit"]) for each in row["figures"])


@cache
def found(name: str) -> tuple[Counter[Key], ...]:
    read = (read_facts(row["text"], row["lang"], row["published"]) for row in labels(name))
    return tuple(
        Counter((str(each.kind), each.value, each.high, each.unit) for each in facts.figures) for facts in read
    )


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
