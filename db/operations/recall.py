"""How many addresses of a list that somebody knows are in the archive: a check of another kind than the overlap.

What the last check gave is kept beside the archive, for the page of the coverage.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from db.days import half_year
from db.operations.coverage import wilson

NAME = "known.json"  # of the file in the home


@dataclass(frozen=True, slots=True)
class KnownAddress:
    url: str
    day: str | None  # YYYY, YYYY-MM or YYYY-MM-DD, as the list says or the archive knows
    kind: str | None  # of the outlet; None of a host that the registry does not have
    held: bool


@dataclass(frozen=True, slots=True)
class RecallPart:
    """Of a half-year or kind of outlet, with Wilson's interval of 95 %."""

    name: str | None
    given: int
    found: int
    recall: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Recall:
    at: str  # UTC
    given: int
    found: int
    recall: float | None
    low: float | None
    high: float | None
    half_years: tuple[RecallPart, ...]
    kinds: tuple[RecallPart, ...]


def recall_of(addresses: Sequence[KnownAddress], at: str) -> Recall:
    whole = _part(None, addresses)
    return Recall(
        at=at,
        given=whole.given,
        found=whole.found,
        recall=whole.recall,
        low=whole.low,
        high=whole.high,
        half_years=_parts(addresses, lambda each: half_year(each.day)),
        kinds=_parts(addresses, lambda each: each.kind),
    )


def keep(recall: Recall, home: Path) -> None:
    beside = home / f".{NAME}"
    beside.write_text(json.dumps(asdict(recall)), "utf-8")
    beside.replace(home / NAME)


def kept(home: Path) -> Recall | None:
    """None where no list was ever checked, or what was kept is of another version."""
    try:
        last = json.loads((home / NAME).read_text("utf-8"))
        last |= {name: tuple(RecallPart(**part) for part in last[name]) for name in ("half_years", "kinds")}
        return Recall(**last)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def as_lines(recalled: Recall) -> Iterator[str]:
    """Told to a person."""
    if not recalled.given:
        yield "known      no addresses given"
        return
    yield f"known      {recalled.found} of {recalled.given} addresses are here: {_share(recalled)}"
    for label, parts in (("half-year", recalled.half_years), ("outlets", recalled.kinds)):
        for part in parts:
            name = part.name or ("unknown" if parts is recalled.half_years else "in no registry")
            yield f"{label:10} {name}: {part.found} of {part.given}, {_share(part)}"


def _share(part: Recall | RecallPart) -> str:
    return f"{part.recall or 0:.0%} ({part.low or 0:.0%} to {part.high or 0:.0%})"


def _part(name: str | None, addresses: Sequence[KnownAddress]) -> RecallPart:
    found = sum(each.held for each in addresses)
    share = wilson(found, len(addresses))
    numbers = (share.estimate, share.low, share.high) if share else (None, None, None)
    return RecallPart(name, len(addresses), found, *numbers)


def _parts(addresses: Sequence[KnownAddress], name: Callable[[KnownAddress], str | None]) -> tuple[RecallPart, ...]:
    groups: defaultdict[str | None, list[KnownAddress]] = defaultdict(list)
    for each in addresses:
        groups[name(each)].append(each)
    return tuple(_part(key, groups[key]) for key in sorted(groups, key=lambda key: (key is None, key or "")))
