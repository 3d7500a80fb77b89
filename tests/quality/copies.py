"""How well copies are found: pairs of articles of one text, roles, and what is taken from press releases.

A line of the labels has the fields of the command `copies`, and what is true: `group` (any name; null where alone),
`role`, `release` (its url), `release_share`, `release_quoted_share` and `made_by`.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Any

from pipelines.enrichment.copies import is_release
from revierspiegel.services.copies import copies_of

HERE = Path(__file__).parent
SETS = {path.stem.replace("_", " "): path for path in sorted(HERE.glob("copies*.jsonl"))}

Row = dict[str, Any]
TRUTH = ("group", "role", "release", "release_share", "release_quoted_share", "made_by")


@cache
def labels(name: str) -> tuple[Row, ...]:
    return tuple(json.loads(line) for line in SETS[name].read_text("utf-8").splitlines() if line.strip())


@cache
def found(name: str) -> tuple[Row, ...]:
    return tuple(found_in(labels(name)))


def found_in(rows: Sequence[Row]) -> list[Row]:
    """What the command says of the articles, without what is true of them."""
    given = ({name: value for name, value in row.items() if name not in TRUTH} for row in rows)
    return copies_of(json.dumps(row) for row in given)


def pairs(rows: Sequence[Row], groups: Iterable[str | None]) -> set[tuple[str, str]]:
    """Of articles in one group; releases are in none."""
    named = [
        (row["url"], group)
        for row, group in zip(rows, groups, strict=True)
        if group is not None and not is_release(row["kind"], row["page_kind"])
    ]
    return {(a, b) for (a, one), (b, other) in combinations(sorted(named), 2) if one == other}


def shares(row: Row) -> tuple[float, float]:
    return row.get("release_share") or 0.0, row.get("release_quoted_share") or 0.0


def figures(rows: Sequence[Row], found: Sequence[Row]) -> dict[str, float]:
    """Each from 0 to 1, more is better."""
    true, said = (pairs(rows, (row["group"] for row in each)) for each in (rows, found))
    roles = [row["role"] == got["role"] for row, got in zip(rows, found, strict=True) if row["role"]]
    errors = [
        abs(shares(row)[0] - shares(got)[0])
        for row, got in zip(rows, found, strict=True)
        if row["release_share"] is not None or got["release_share"] is not None
    ]
    hits = len(true & said)
    return {
        "pair precision": hits / len(said) if said else 1.0,
        "pair recall": hits / len(true) if true else 1.0,
        "roles": fmean(roles) if roles else 1.0,
        "release shares": 1 - fmean(errors) if errors else 1.0,
    }


def wrong(rows: Sequence[Row], found: Sequence[Row]) -> list[str]:
    """In words."""
    true, said = (pairs(rows, (row["group"] for row in each)) for each in (rows, found))
    told = [f"no pair: {a} and {b}" for a, b in sorted(said - true)]
    told += [f"not found: {a} and {b}" for a, b in sorted(true - said)]
    for row, got in zip(rows, found, strict=True):
        if row["role"] and row["role"] != got["role"]:
            told.append(f"{row['url']}: {got['role']}, expected {row['role']}")
        if abs(shares(row)[0] - shares(got)[0]) > 0.04:
            told.append(f"{row['url']}: share {shares(got)[0]:.2f}, expected {shares(row)[0]:.2f}")
    return told
