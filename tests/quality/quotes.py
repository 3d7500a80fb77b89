"""How well quotations with their speakers, and places, are found in articles that people labelled.

python -m tests.quality.quotes                     on our own articles, with all that is wrong
python -m tests.quality.quotes FILE.jsonl …        on others of the same format

One article a line: `id`, `lang`, `text`, `quotes` (text, speaker) and `places` ([name of the list, as written]). A
quotation is right where most of its words are found and the speaker is the same; an article before the speaker ("ein",
"the") and capitals do not count.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypedDict

from pipelines.enrichment.entities import find_places
from pipelines.enrichment.quotes import find_quotes

HERE = Path(__file__).parent
SETS = {path.stem.replace("-", " "): path for path in sorted(HERE.glob("quotes-*.jsonl"))}
SAME = 0.8  # share of the words that two texts of a quotation have in common
ARTICLES = frozenset("ein eine einer einem der die das dem den the a an mr ms mrs herr frau".split())


class LabelledQuote(TypedDict):
    text: str
    speaker: str | None


class LabelledPlaces(TypedDict):
    id: str
    lang: str
    text: str
    places: list[list[str]]


class LabelledArticle(LabelledPlaces):
    quotes: list[LabelledQuote]


class Counts(TypedDict):
    right: int
    missed: list[str]
    wrong: list[str]


def labelled(path: Path) -> list[LabelledArticle]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def same_speaker(one: str | None, other: str | None) -> bool:
    return _bare(one) == _bare(other)


def _bare(speaker: str | None) -> list[str]:
    return [word for word in (speaker or "").casefold().split() if word not in ARTICLES]


def same_words(one: str, other: str) -> bool:
    a, b = Counter(one.casefold().split()), Counter(other.casefold().split())
    total = a.total() + b.total()
    return total > 0 and 2 * (a & b).total() / total >= SAME


def quotes_of(article: LabelledArticle) -> Counts:
    left = [(quote.text, quote.speaker) for quote in find_quotes(article["text"], article["lang"])]
    counts = Counts(right=0, missed=[], wrong=[])
    for quote in article["quotes"]:
        found = next((each for each in left if same_words(each[0], quote["text"])), None)
        if found and same_speaker(found[1], quote["speaker"]):
            counts["right"] += 1
            left.remove(found)
        else:
            counts["missed"].append(f"{quote['speaker']}: {quote['text']}")
    counts["wrong"] = [f"{speaker}: {text}" for text, speaker in left]
    return counts


def places_of(article: LabelledPlaces) -> Counts:
    wanted = Counter(name for name, _ in article["places"])
    found = Counter(mention.name for mention in find_places(article["text"], article["lang"]))
    return Counts(
        right=(wanted & found).total(),
        missed=sorted((wanted - found).elements()),
        wrong=sorted((found - wanted).elements()),
    )


def f1(counts: Iterable[Counts]) -> float:
    rows = list(counts)
    right = sum(row["right"] for row in rows)
    wrong = sum(len(row["missed"]) + len(row["wrong"]) for row in rows)
    return 2 * right / (2 * right + wrong) if right else float(not wrong)


def figures(articles: Iterable[LabelledArticle]) -> dict[str, float]:
    rows = list(articles)
    return {"quotes f1": f1(map(quotes_of, rows)), "places f1": f1(map(places_of, rows))}


def report(articles: list[LabelledArticle]) -> Iterator[str]:
    for measure, value in figures(articles).items():
        yield f"  {measure:16} {value:.3f}"
    for article in articles:
        for what, counts in (("quotes", quotes_of(article)), ("places", places_of(article))):
            yield from (f"  {article['id']}: {what}: missed {each}" for each in counts["missed"])
            yield from (f"  {article['id']}: {what}: wrong  {each}" for each in counts["wrong"])


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("files", nargs="*", type=Path, default=list(SETS.values()))
    for path in cli.parse_args().files:
        sys.stdout.write(f"{path.name}: {len(labelled(path))} articles\n" + "\n".join(report(labelled(path))) + "\n")


if __name__ == "__main__":
    main()
