"""Which articles are counted, and where, so that no count tells of one article: neither a small one, nor the
difference of two snapshots.

Articles are counted in batches of at least five texts that came into the archive in one month, which has ended: a batch
is of one source and one month; what is too little for that goes with the rest of its month, of its year, of all. So
each snapshot has the counts of the one before, or those and at least five texts more. Copies are one text.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

TEXTS = 5  # that each published number stands for, and each term
SOURCES = 3  # that have a term

_ARTICLES = """
    select articles.id, coalesce(group_id, articles.id), source, coalesce(month, ''), coalesce(words, 0),
        substr(first_seen, 1, 7)
    from articles left join copies on copies.article = articles.id order by 2, 1
"""


class CountPlace(NamedTuple):
    """What is counted together."""

    period: str  # YYYY-MM, YYYY, or '' for all
    source: str  # '' for all


CountPlaces = tuple[CountPlace | None, ...]  # from the finest to all; None: too little of its batch is there


@dataclass(frozen=True, slots=True)
class CountedArticle:
    id: int
    text: int  # copies have the same
    source: str
    month: str
    words: int
    entered: str  # month
    places: CountPlaces = ()  # none: waits for others

    @property
    def own_places(self) -> tuple[CountPlace, ...]:
        year = CountPlace(self.month[:4], "")
        return CountPlace(self.month, self.source), CountPlace(self.month, ""), year, CountPlace("", "")


class PlaceCount(NamedTuple):
    place: CountPlace
    articles: int
    texts: int


def counted_articles(archive: sqlite3.Connection, published: frozenset[int], this_month: str) -> list[CountedArticle]:
    """Those `published`, text by text; places have those that came before this month."""
    read = (CountedArticle(*row) for row in archive.execute(_ARTICLES))
    articles = [article for article in read if article.id in published]
    level_of = _levels([article for article in articles if article.entered and article.entered < this_month])
    return [_placed(article, level_of.get(article.id)) for article in articles]


def _placed(article: CountedArticle, level: int | None) -> CountedArticle:
    places: CountPlaces = () if level is None else (*[None] * level, *article.own_places[level:])
    return replace(article, places=places)


def _levels(articles: Sequence[CountedArticle]) -> dict[int, int]:
    """The finest place of each article's batch, by its id; none of those that are too few for any."""
    level_of: dict[int, int] = {}
    rest = articles
    for level in range(4):
        batches = defaultdict[tuple[str, CountPlace], list[CountedArticle]](list)
        for article in rest:
            batches[article.entered, article.own_places[level]].append(article)
        rest = []
        for batch in batches.values():
            if text_number(batch) >= TEXTS:
                level_of.update((article.id, level) for article in batch)
            else:
                rest += batch
    return level_of


def text_number(articles: Iterable[CountedArticle]) -> int:
    """Of texts: articles that copy one another are one."""
    return len({article.text for article in articles})


def passes(articles: Sequence[CountedArticle]) -> bool:
    """Whether it is in enough texts, and of enough sources, to be named."""
    return text_number(articles) >= TEXTS and len({article.source for article in articles}) >= SOURCES


def place_counts(articles: Sequence[CountedArticle]) -> Iterator[PlaceCount]:
    """Each article in one place at most: the finest in which there are enough texts. The last few are in none."""
    rest = articles
    for level in range(4):
        if len(rest) < TEXTS:
            return
        by_place = defaultdict[CountPlace, list[CountedArticle]](list)
        later: list[CountedArticle] = []
        for article in rest:
            place = article.places[level]
            if place is None:
                later.append(article)
            else:
                by_place[place].append(article)
        for place, together in by_place.items():
            if len(together) >= TEXTS and (texts := text_number(together)) >= TEXTS:
                yield PlaceCount(place, len(together), texts)
            else:
                later += together
        rest = later
