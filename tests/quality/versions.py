"""How often the kinds of change are right, on pairs of versions that people labelled.

python -m tests.quality.versions                     on our own pairs, with every pair that is told otherwise
python -m tests.quality.versions FILE.jsonl …        on others of the same format

One pair a line: `id`, `lang`, `old` and `new` (title, text, authors, access, page_kind), `kinds` ([]: the same
version), `why`.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypedDict

from pipelines.enrichment.changes import ChangeKind, Reading, compare

OWN = Path(__file__).with_suffix(".jsonl")
SETS = {path.stem.replace("_", " "): path for path in sorted(OWN.parent.glob("versions*.jsonl"))}


class Side(TypedDict):
    title: str
    text: str
    authors: list[str]
    access: str
    page_kind: str


class Pair(TypedDict):
    id: str
    lang: str
    old: Side
    new: Side
    kinds: list[str]
    why: str


def pairs(path: Path = OWN) -> list[Pair]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def reading(side: Side, lang: str) -> Reading:
    return Reading(
        title=side["title"],
        text=side["text"],
        authors=tuple(side.get("authors", ())),
        access=side.get("access"),
        page_kind=side.get("page_kind"),
        lang=lang,
    )


def told(pair: Pair) -> set[str]:
    change = compare(reading(pair["old"], pair["lang"]), reading(pair["new"], pair["lang"]))
    return set(map(str, change.kinds)) if change else set()


def figures(labelled: Iterable[Pair]) -> dict[str, float]:
    """`kinds right`: pairs of which all kinds are right; `each kind`: of single kinds named or told, those in both."""
    rows = [(set(pair["kinds"]), told(pair)) for pair in labelled]
    named = sum(len(kinds | found) for kinds, found in rows)
    return {
        "kinds right": sum(kinds == found for kinds, found in rows) / len(rows),
        "each kind": sum(len(kinds & found) for kinds, found in rows) / named if named else 1.0,
    }


def report(labelled: list[Pair]) -> Iterator[str]:
    for measure, value in figures(labelled).items():
        yield f"  {measure:16} {value:.3f}"
    for kind in ChangeKind:
        rows = [(kind in pair["kinds"], kind in told(pair)) for pair in labelled]
        labels, all_told, both = sum(a for a, _ in rows), sum(b for _, b in rows), sum(a and b for a, b in rows)
        yield f"  {kind:16} labelled {labels}, told {all_told}, both {both}"
    for pair in labelled:
        if told(pair) != set(pair["kinds"]):
            wanted = " ".join(pair["kinds"]) or "nothing"
            yield f"  {pair['id']}: {pair['why']}: {wanted}; told: {' '.join(sorted(told(pair))) or 'nothing'}"


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("files", nargs="*", type=Path, default=[OWN])
    for path in cli.parse_args().files:
        sys.stdout.write(f"{path.name}: {len(pairs(path))} pairs\n" + "\n".join(report(pairs(path))) + "\n")


if __name__ == "__main__":
    main()
