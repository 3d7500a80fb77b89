"""The figures of the judgement on shut/topic.jsonl, beside those of a keyword filter. It prints totals and
never an article: whoever writes terms or labels for learning can measure on what nobody of them has seen.

python -m tests.quality.shut_topic
"""

import re
import sys
from collections.abc import Iterator

from pipelines.relevance.judge import Verdict
from pipelines.relevance.labelled import Label, Labelled, read_labels
from pipelines.relevance.profile import profile_of
from revierspiegel.services.labels import Judged, Measure, measure, share
from tests.quality.shut import SHUT

ARTICLES = SHUT / "topic.jsonl"
HARD = 110  # the first lines: articles that were written to be hard
NEWEST = 54  # the last lines
COMPANY = re.compile("microsoft", re.IGNORECASE)
PLACE = re.compile("bedburg|bergheim|elsdorf|grevenbroich|nrw|nordrhein|north rhine|revier", re.IGNORECASE)


def by_keywords(articles: list[Labelled]) -> Measure:
    """The company, and a place or the state: on; nothing is a mention."""

    def verdict(article: Labelled) -> Verdict:
        text = f"{article.title}\n{article.text}"
        return Verdict("on" if COMPANY.search(text) and PLACE.search(text) else "off", 0.0, (), "keywords")

    return Measure([Judged(each, verdict(each)) for each in articles])


def by_weights(articles: list[Labelled]) -> Measure:
    return measure(articles, profile_of(None))


def figures(measured: Measure) -> dict[str, float | None]:
    table = measured.table
    return {
        "articles": len(measured.judged),
        "f1": measured.f1(Label.ON),
        "precision": measured.precision,
        "recall": measured.recall,
        "f1 of mention": measured.f1(Label.MENTION),
        "mention as on": share(table[Label.MENTION]["on"], measured.labelled(Label.MENTION)),
        "off as mention": share(table[Label.OFF]["mention"], measured.labelled(Label.OFF)),
        "off as on": share(table[Label.OFF]["on"], measured.labelled(Label.OFF)),
    }


def report() -> Iterator[str]:
    articles = read_labels([ARTICLES])
    ways = {"keywords": by_keywords(articles).judged, "weights": by_weights(articles).judged}
    groups = {"hard": slice(HARD), "others": slice(HARD, None), "newest": slice(-NEWEST, None), "all": slice(None)}
    for name, some in groups.items():
        for way, judged in ways.items():
            yield f"{name}, {way}"
            for measure_name, value in figures(Measure(judged[some])).items():
                yield f"  {measure_name:16} {f'{value:.3f}' if isinstance(value, float) else value}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(report()) + "\n")
