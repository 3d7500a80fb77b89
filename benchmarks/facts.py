"""How long it takes to read out of an article what it says: figures, quotes, people, bodies and places.

python -m benchmarks.facts            the labelled articles: half a minute
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence

from pipelines.enrichment.changes import language_of
from pipelines.enrichment.entities import find_entities
from pipelines.enrichment.facts import read_facts
from pipelines.enrichment.figures import find_figures
from pipelines.enrichment.quotes import find_quotes
from tests.quality import copies, figures

WORDS = 400  # of an article
GOAL = 300  # articles a second and core

Article = tuple[str, str]  # text, language


def articles() -> list[Article]:
    """Invented news of all kinds, and what is dense with figures: one in every twelve words."""
    rows = [*copies.labels("copies"), *figures.labels("figures articles")]
    return [(row["text"], row.get("lang") or language_of(row["text"])) for row in rows]


def rate(read: Callable[[str, str], object], texts: Sequence[Article], rounds: int) -> float:
    """Articles of 400 words a second of CPU."""
    for text, lang in texts:
        read(text, lang)
    words, began = sum(len(text.split()) for text, _ in texts), time.process_time()
    for _ in range(rounds):
        for text, lang in texts:
            read(text, lang)
    return words * rounds / WORDS / (time.process_time() - began)


def main() -> int:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--rounds", type=int, default=20)
    given = cli.parse_args()
    texts = articles()
    parts: dict[str, Callable[[str, str], object]] = {
        "figures": lambda text, lang: find_figures(text, lang, "2026-03-10"),
        "quotes": find_quotes,
        "people, bodies, places": find_entities,
        "all": lambda text, lang: read_facts(text, lang, "2026-03-10"),
    }
    rates = {name: rate(read, texts, given.rounds) for name, read in parts.items()}
    for name, each in rates.items():
        sys.stdout.write(f"{name:24} {each:8.0f} articles a second, {1000 / each:.2f} ms each\n")
    if rates["all"] < GOAL:
        sys.stdout.write(f"the goal is missed: {GOAL} articles of {WORDS} words a second\n")
    return int(rates["all"] < GOAL)


if __name__ == "__main__":
    raise SystemExit(main())
