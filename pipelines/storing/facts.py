"""What the articles of the archive say, brought up to date: figures, quotes, people, bodies and places."""

import logging
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from math import inf
from operator import itemgetter

from db.store.enrichment.facts import FactStore, Fields
from db.store.enrichment.places import PlaceRow
from db.store.enrichment.read_by_rules import ReadByRules, SaidRow
from pipelines.enrichment.entities import Mention
from pipelines.enrichment.facts import Facts, facts_rules, read_facts
from pipelines.enrichment.lists.name_lists import name_lists
from pipelines.enrichment.quotes import Quote
from pipelines.relevance.sentences import spans
from pipelines.storing.enrich import Tell

logger = logging.getLogger(__name__)

BATCH = 100  # articles a transaction: what is read again where it is killed


def enrich_facts(
    store: FactStore, *, anew: bool = False, seconds: float = inf, tell: Tell = lambda read, of: None
) -> int:
    """See read_due."""
    rules = facts_rules()

    def read(row: SaidRow) -> None:
        store.put(row.id, rules, as_rows(row.text, read_facts(row.text, row.lang, row.published)))

    if anew:
        store.forget_rules()
    if store.due(rules):
        store.put_places(place_rows())
    return read_due(store, rules, read, seconds=seconds, tell=tell)


def read_due(
    store: ReadByRules,
    rules: str,
    read: Callable[[SaidRow], None],
    *,
    seconds: float = inf,
    tell: Tell = lambda read, of: None,
) -> int:
    """Of the articles that are due, as far as the time goes; returns how many were read. Killed, it goes on there.

    One that cannot be read, by a fault of ours, stops no other: the first such error is raised at the end, and the
    article stays due.
    """
    done, began, due = 0, time.monotonic(), store.due(rules)
    left, first_error = iter(due), None
    while time.monotonic() - began < seconds and (batch := list(islice(left, BATCH))):
        with store.db.atomic():
            for row in store.read(batch):
                try:
                    read(row)
                except Exception as error:
                    logger.exception("What article %d says was not read", row.id)
                    first_error = first_error or error
        done += len(batch)
        tell(done, len(due))
    if first_error:
        raise first_error
    return done


def place_rows() -> list[PlaceRow]:
    return [
        PlaceRow(
            name=place.name,
            kind=str(place.kind),
            part_of=place.of or None,
            wikidata=place.wikidata or None,
            latitude=place.at[0] if place.at else None,
            longitude=place.at[1] if place.at else None,
        )
        for place in name_lists().places
    ]


def as_rows(text: str, facts: Facts) -> dict[str, list[Fields]]:
    """By table."""
    figures: list[Fields] = [
        {**asdict(figure), "sentence": text[figure.sentence[0] : figure.sentence[1]]} for figure in facts.figures
    ]
    return {
        "figures": figures,
        "quotes": list(_with_sentences(text, facts.quotes)),
        "entities": list(_with_sentences(text, facts.mentions)),
    }


def _with_sentences(text: str, things: Sequence[Quote] | Sequence[Mention]) -> Iterator[Fields]:
    parts = spans(text) if things else []
    for thing in things:
        yield {**asdict(thing), "sentence": text[slice(*around(parts, thing.start, thing.end))]}


def around(sentences: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """From the beginning of the sentence in which something begins to the end of that in which it ends."""
    first = max(bisect_right(sentences, start, key=itemgetter(0)) - 1, 0)
    last = max(bisect_right(sentences, end - 1, key=itemgetter(0)) - 1, first)
    return sentences[first][0], max(sentences[last][1], end)
