"""Where hardly any article has all words of a query: the articles that have most of them."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, combinations, islice

from db.search.expansion import joined
from db.search.query import Query, Term
from db.search.search import count, search
from db.search.vocabulary import Vocabulary

FEW = 2  # articles: who finds more has an answer
MOST = 10  # articles
MOST_WORDS = 8  # each is searched for
MOST_TRIES = 20  # choices of words

Group = tuple[Term, ...]  # words, one of which is wanted


@dataclass(frozen=True, slots=True)
class PartialHit:
    """An article without the words `without`, which is none that the query finds."""

    id: int
    url: str
    title: str
    source: str
    day: str
    without: tuple[str, ...]


def in_words(connection: sqlite3.Connection, query: Query) -> Iterator[str]:
    """For a command that writes what was found, where that is next to nothing. Raises QueryError."""
    found = count(connection, query) if len(query.wanted) > 1 else FEW + 1
    if found <= FEW and (hits := with_most_words(connection, query, found)):
        yield "These articles lack a word of the query and are left out:"
        yield from (f"  {hit.url} {hit.title} (without {', '.join(hit.without)})" for hit in hits)


def with_most_words(connection: sqlite3.Connection, query: Query, found: int) -> tuple[PartialHit, ...]:
    """With as many words as possible, half of them at least; those with the rarest words first."""
    groups = joined(query.wanted, Vocabulary(connection))[:MOST_WORDS]
    if len(groups) < 2:
        return ()
    with_all = {row["id"] for row in search(connection, query, limit=max(1, found), total=found).rows}
    hits: dict[int, PartialHit] = {}
    for some in islice(_choices(connection, groups), MOST_TRIES):
        wanted = tuple(group for group in groups if group in some)
        without = tuple(term.text for term in chain(*(group for group in groups if group not in some)))
        for row in search(connection, replace(query, wanted=wanted), limit=MOST + found).rows:
            if row["id"] not in with_all:
                fields = (row["url"], row["title"] or "", row["source"], row["day"] or "")
                hits.setdefault(row["id"], PartialHit(row["id"], *fields, without))
        if len(hits) >= MOST:
            break
    return tuple(islice(hits.values(), MOST))


def _choices(connection: sqlite3.Connection, groups: list[Group]) -> Iterator[tuple[Group, ...]]:
    """Of the words that any article has."""
    numbers = {group: count(connection, Query(wanted=(group,))) for group in groups}
    rarest_first = sorted((group for group in groups if numbers[group]), key=lambda group: numbers[group])
    for size in range(min(len(rarest_first), len(groups) - 1), (len(groups) - 1) // 2, -1):
        yield from combinations(rarest_first, size)
