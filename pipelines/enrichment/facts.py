"""What a text says, in one reading: figures, quotes, people, bodies and places; and by which rules."""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pipelines.enrichment.changes import language_of
from pipelines.enrichment.entities import EntityKind, Mention, find_entities
from pipelines.enrichment.figures import find_figures
from pipelines.enrichment.measures.figure import Figure
from pipelines.enrichment.quotes import Quote, find_quotes

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
RULES = (
    *(
        HERE / name
        for name in (
            *("facts.py", "figures.py", "quotes.py", "entities.py"),
            *(
                "names.py",
                "words.py",
                "letters.py",
                "changes.toml",
                "people.toml",
                "bodies.toml",
                "places.toml",
            ),
        )
    ),
    *(
        path
        for folder in ("measures", "measures/numbers", "direct_speech", "lists")
        for ending in ("py", "toml")
        for path in sorted((HERE / folder).glob(f"*.{ending}"))
    ),
    *(ROOT / "db" / name for name in ("written_numbers.py", "number_words.py", "normal_forms.py", "normal_forms.toml")),
)
FAR = 60  # characters between a figure and the place behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    figures: tuple[Figure, ...]
    quotes: tuple[Quote, ...]
    mentions: tuple[Mention, ...]


def read_facts(text: str, lang: str | None, published: str | None = None) -> Facts:
    lang = (lang or language_of(text))[:2].lower()
    mentions = find_entities(text, lang)
    places = [mention for mention in mentions if mention.kind is EntityKind.PLACE]
    return Facts(
        figures=with_places(find_figures(text, lang, published), places),
        quotes=find_quotes(text, lang),
        mentions=mentions,
    )


def with_places(figures: tuple[Figure, ...], places: Sequence[Mention]) -> tuple[Figure, ...]:
    if not places:
        return figures
    return tuple(
        replace(figure, place=place) if (place := place_of(figure, behind, places)) else figure
        for figure, behind in zip(figures, next_quantities(figures), strict=True)
    )


def next_quantities(figures: Sequence[Figure]) -> list[int]:
    """Of each figure where the next begins that is no day or year."""
    starts, following = [sys.maxsize] * len(figures), sys.maxsize
    for at in range(len(figures) - 1, -1, -1):
        starts[at] = following
        if figures[at].unit not in ("year", "date"):
            following = figures[at].start
    return starts


def place_of(figure: Figure, next_quantity: int, places: Sequence[Mention]) -> str | None:
    """The place behind it, before the next quantity; else the last one before it in the sentence.

    18 Hektar in Bedburg und 20 in Bergheim; In Bedburg sollen 150 Arbeitsplätze entstehen.
    """
    start, end = figure.sentence
    here = [place for place in places if start <= place.start < end]
    limit = min(next_quantity, figure.end + FAR)
    behind = [place.name for place in here if figure.end <= place.start < limit]
    before = [place.name for place in here if place.end <= figure.start]
    return behind[0] if behind else before[-1] if before else None


@cache
def facts_rules() -> str:
    """A digest of our own code and lists: nobody has to remember to count it up."""
    digest = hashlib.sha256()
    for path in RULES:
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
