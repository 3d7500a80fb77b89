"""The figures of the judgement on shut/topic.jsonl, beside those of a keyword filter. It prints totals and
never an article: whoever writes terms or labels for learning can measure on what nobody of them has seen.

python -m tests.quality.shut_topic
"""

import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

from pipelines.relevance.judge import verdict
from pipelines.relevance.profile import load
from tests.quality.gate import lines
from tests.quality.shut import SHUT

Row = dict[str, Any]
HARD = "e"  # what the numbers of the articles begin with that were to be hard
COMPANY = re.compile("microsoft", re.IGNORECASE)
PLACE = re.compile("bedburg|bergheim|elsdorf|grevenbroich|nrw|nordrhein|north rhine|revier", re.IGNORECASE)


def by_keywords(row: Row) -> str:
    """The company, and a place or the state: on; nothing is a mention."""
    text = f"{row['title']}\n{row['text']}"
    return "on" if COMPANY.search(text) and PLACE.search(text) else "off"


def by_weights(row: Row) -> str:
    return verdict(row["title"], row["text"], load(), url=row["url"]).verdict


def figures(rows: list[Row], judge: Callable[[Row], str]) -> dict[str, float]:
    said = [(row["label"].lower(), judge(row)) for row in rows]
    return {
        "articles": len(said),
        "f1": _f1(said, "on"),
        "precision": _share(said, lambda label, word: word == "on", lambda label, word: label == "on"),
        "recall": _share(said, lambda label, word: label == "on", lambda label, word: word == "on"),
        "f1 of mention": _f1(said, "mention"),
        "mention as on": _share(said, lambda label, word: label == "mention", lambda label, word: word == "on"),
        "off as mention": _share(said, lambda label, word: label == "off", lambda label, word: word == "mention"),
        "off as on": _share(said, lambda label, word: label == "off", lambda label, word: word == "on"),
    }


Test = Callable[[str, str], bool]


def _share(said: list[tuple[str, str]], of: Test, so: Test) -> float:
    whole = [pair for pair in said if of(*pair)]
    return sum(so(*pair) for pair in whole) / max(len(whole), 1)


def _f1(said: list[tuple[str, str]], word: str) -> float:
    right = sum(label == verdict_word == word for label, verdict_word in said)
    return 2 * right / max(sum((label == word) + (verdict_word == word) for label, verdict_word in said), 1)


def report() -> Iterator[str]:
    rows = lines(SHUT / "topic.jsonl")
    groups = {
        "hard": [row for row in rows if row["id"].startswith(HARD)],
        "others": [row for row in rows if not row["id"].startswith(HARD)],
        "all": rows,
    }
    for name, mine in groups.items():
        for way, judge in (("keywords", by_keywords), ("weights", by_weights)):
            yield f"{name}, {way}"
            for measure, value in figures(mine, judge).items():
                yield f"  {measure:16} {value if isinstance(value, int) else f'{value:.3f}'}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(report()) + "\n")
