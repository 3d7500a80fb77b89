"""How well places are found: sentences and short articles of our own, each with all the places that it names.

python -m tests.quality.places      what is wrong

A line has `id`, `lang`, `text` and `places` ([name of the list, as written]), as the articles with quotations have.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.quality.quotes import LabelledPlaces, f1, places_of

HERE = Path(__file__).parent
SETS = {path.stem.replace("-", " "): path for path in sorted(HERE.glob("places-*.jsonl"))}


def labelled(name: str) -> list[LabelledPlaces]:
    return [json.loads(line) for line in SETS[name].read_text("utf-8").splitlines() if line.strip()]


def measure(name: str) -> dict[str, float]:
    return {"places f1": f1(map(places_of, labelled(name)))}


def wrong(name: str) -> Iterator[str]:
    for text in labelled(name):
        counts = places_of(text)
        if counts["missed"] or counts["wrong"]:
            yield f"{text['id']} {text['text'][:120]}: missed {counts['missed']}, too many {counts['wrong']}"


if __name__ == "__main__":
    for each in SETS:
        sys.stdout.write("\n".join([each, *wrong(each)]) + "\n")
