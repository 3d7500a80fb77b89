"""The figures of what is read out of shut/facts.jsonl and shut/facts_phrases.jsonl. It prints totals and never a text:
whoever writes the rules can measure on articles that they have not seen.

python -m tests.quality.shut_facts [FILE.jsonl …]

A figure is right with its kind, value, unit and high, where it stands; a quotation with its speaker, where it overlaps;
a place with its name. What the labels call doubtful counts neither way; what they call optional is no miss.
Counts and heights that are `other` have no labels, so that finding them is neither right nor wrong; nor has money that
is `other`, or have kilometres, in a file that labels none at all.
"""

import json
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipelines.enrichment.entities import EntityKind
from pipelines.enrichment.facts import Facts, read_facts
from pipelines.enrichment.measures.figure_words import KINDS
from tests.quality.figures import is_labelled, measured
from tests.quality.quotes import same_speaker
from tests.quality.shut import SHUT

FILES = tuple(
    SHUT / f"facts{name}{of}.jsonl" for of in ("", "_new_eyes", "_other_writers") for name in ("", "_phrases")
)
OTHERS = ("money", "km")  # of what has no kind of its own
THINGS = ("figures", "quotes", "places")

Label = dict[str, Any]
Said = dict[str, Any]


def report(files: Sequence[Path] = FILES) -> Iterator[str]:
    for file in files:
        counts: dict[str, Counter[str]] = {thing: Counter() for thing in THINGS}
        articles = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        others = {
            others_of(label["unit"]) for each in articles for label in each["figures"] if label["kind"] == "other"
        }
        for article in articles:
            facts = read_facts(article["text"], article["lang"], article["published"])
            for thing in THINGS:
                if thing in article:
                    counts[thing] += compared(thing, article[thing], said_of(facts, thing), others=others)
        yield file.stem
        for thing, count in counts.items():
            if count:
                yield from told(thing, count)


def said_of(facts: Facts, thing: str) -> list[Said]:
    places = [each for each in facts.mentions if each.kind is EntityKind.PLACE]
    found = {"figures": facts.figures, "quotes": facts.quotes, "places": places}[thing]
    return [{name: getattr(each, name) for name in each.__dataclass_fields__} for each in found]


def compared(
    thing: str, labels: Sequence[Label], said: Sequence[Said], *, others: Collection[str] = OTHERS
) -> Counter[str]:
    """right, missed, wrong: each label has one find at most, and each find one label.

    But a quotation that joins the pieces of one sentence is the find of each of its pieces.
    """
    left, count = list(said), Counter[str]()
    for label in labels:
        finds = said if thing == "quotes" else left
        match = next((each for each in finds if overlaps(label, each) and is_right(thing, label, each)), None)
        if match is not None and match in left:
            left.remove(match)
        if label.get("doubt"):
            left = [each for each in left if not overlaps(label, each)]
        elif match is not None:
            count["right"] += 1
        elif not label.get("optional"):
            count["missed"] += 1
    if thing == "figures":
        left = [each for each in left if is_labelled(each["kind"], each["unit"])]
        asked = [each["kind"] != "other" or others_of(each["unit"]) in others for each in left]
        left = [
            each
            for each, is_asked in zip(left, asked, strict=True)
            if is_asked or any(overlaps(x, each) for x in labels)
        ]
    if thing == "quotes":  # a find may join the pieces of one sentence
        left = [each for each in left if not any(overlaps(x, each) and is_right(thing, x, each) for x in labels)]
    count["wrong"] = len(left)
    return count


def others_of(unit: str) -> str:
    return "money" if KINDS.get(unit) == "investment" else unit


def overlaps(label: Label, said: Said) -> bool:
    return bool(label["start"] < said["end"] and said["start"] < label["end"])


def is_right(thing: str, label: Label, said: Said) -> bool:
    if thing == "quotes":
        return any(same_speaker(name, said["speaker"]) for name in (label["speaker"], *label.get("speaker_alt", ())))
    if thing == "places":
        return bool(label["name"] == said["name"])
    return label["kind"] == said["kind"] and measured(label) == tuple(said[name] for name in ("value", "high", "unit"))


def told(thing: str, count: Counter[str]) -> Iterator[str]:
    labels = count["right"] + count["missed"]
    precision, recall = count["right"] / max(1, count["right"] + count["wrong"]), count["right"] / max(1, labels)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    yield f"  {thing:8} f1 {f1:.3f}  precision {precision:.3f}  recall {recall:.3f}  of {labels}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(report([Path(name) for name in sys.argv[1:]] or FILES)) + "\n")
