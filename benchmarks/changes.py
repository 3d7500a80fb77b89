"""How long two versions of an article take to be compared: the word diff of a page, and the kinds of change.

python benchmarks/changes.py             1,100 words, 200 runs: some seconds
python benchmarks/changes.py --words 400

The texts are made up of the words of our labelled pairs. Seven edits: a figure, a word, a dash, a paragraph told anew,
one cut, one moved, a note put at the end. Then texts that nobody writes: what the diff does with them has to end.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))

from db.word_diff import diff
from pipelines.enrichment.changes import Reading, compare
from tests.quality import versions

LONGEST = 20_000  # words


def sentences() -> list[str]:
    texts = (pair["old"]["text"] for pair in versions.pairs() if pair["lang"] == "de")
    return sorted({f"{each.strip(' .')}." for text in texts for each in text.replace("\n", " ").split(". ")})


def article(words: int, dice: random.Random) -> list[str]:
    """Paragraphs of four sentences, until there are so many words."""
    known, paragraphs = sentences(), list[str]()
    while sum(len(text.split()) for text in paragraphs) < words:
        paragraphs.append(" ".join(dice.sample(known, 4)))
    return paragraphs


def edited(paragraphs: list[str], dice: random.Random) -> list[str]:
    new = list(paragraphs)
    new[1] = f"Es sind 2.500 Stellen – nicht mehr. {new[1]}"
    new[3] = new[3].replace(" der ", " dieser ", 1)
    new[4] = " ".join(dice.sample(sentences(), 4))
    new.append(new.pop(5))
    del new[6]
    return [*new, "Anmerkung der Redaktion: In einer früheren Version fehlte eine Zahl."]


def milliseconds(run: Callable[[], object], runs: int) -> list[float]:
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        run()
        took.append((time.perf_counter() - began) * 1000)
    return took


def hostile(dice: random.Random) -> dict[str, tuple[str, str]]:
    words = [f"wort{letter}{at}" for at in range(100) for letter in "abcdefghijklmnopqrstuvwxyz"]
    one, other = ([dice.choice(words) for _ in range(LONGEST)] for _ in "ab")
    lines = ["\n\n".join(" ".join(side[at : at + 20]) for at in range(0, LONGEST, 20)) for side in (one, other)]
    return {
        "one paragraph": (" ".join(one), " ".join(other)),
        "one word": ("der " * LONGEST, "die der " * (LONGEST // 2)),
        "two words": (" ".join(dice.choices("ab", k=LONGEST)), " ".join(dice.choices("ab", k=LONGEST))),
        "600 of two words": (" ".join(dice.choices("ab", k=600)), " ".join(dice.choices("ab", k=600))),
        "paragraphs of 20": (lines[0], lines[1]),
        "paragraphs of 1": ("\n\n".join(one), "\n\n".join(other)),
    }


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--words", type=int, default=1100)
    cli.add_argument("--runs", type=int, default=200)
    given = cli.parse_args()
    dice = random.Random(1)
    before = article(given.words, dice)
    old, new = "\n\n".join(before), "\n\n".join(edited(before, dice))
    reading = Reading(title="Titel", text=old, lang="de")
    other = Reading(title="Anderer Titel", text=new, lang="de")
    for name, run in {
        "word diff": lambda: diff(old, new),
        "kinds": lambda: compare(reading, other),
        "kinds, the same version": lambda: compare(reading, reading),
    }.items():
        first, *took = milliseconds(run, given.runs + 1)
        late = quantiles(took, n=20)[-1]
        sys.stdout.write(f"{name:24} {median(took):7.2f} ms   p95 {late:7.2f}   first {first:7.1f}\n")
    for name, (one, two) in hostile(dice).items():
        (took_once,) = milliseconds(lambda one=one, two=two: diff(one, two), 1)  # type: ignore[misc]
        sys.stdout.write(f"hostile: {name:16} {took_once:6.0f} ms, up to {LONGEST} words\n")


if __name__ == "__main__":
    main()
