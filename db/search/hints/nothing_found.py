"""Where a search finds nothing, or next to nothing: what may have been meant, and what each word finds alone."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, product

from db.search.expansion import joined
from db.search.hints.most_words import FEW, MOST_WORDS, PartialHit, with_most_words
from db.search.hints.typos import similar
from db.search.morphology import folded, spelling, tokens
from db.search.query import FIELDS, Query, QueryError, Term, parse
from db.search.search import count
from db.search.vocabulary import Vocabulary

MOST_OFFERS = 3
AS_OFTEN = 10  # times: a word that few articles have may be a slip for one that so many times as many have

_NO_VALUE = "|".join([r"(?<![\w:])", *(f"(?<={name}:)" for name in ("title", *FIELDS["title"]))])  # of another field


@dataclass(frozen=True, slots=True)
class Offer:
    """`words`: as typed, and as the archive has them; `articles` are those that have them."""

    words: tuple[tuple[str, str], ...]
    articles: int

    def put_into(self, query: str) -> str:
        for typed, meant in self.words:
            query = re.sub(rf"(?:{_NO_VALUE}){re.escape(typed)}(?!\w)", meant, query)
        return query


@dataclass(frozen=True, slots=True)
class Counted:
    """A query that finds so many articles."""

    query: str
    articles: int


@dataclass(frozen=True, slots=True)
class SearchHints:
    offers: tuple[Offer, ...]
    alone: tuple[Counted, ...]  # each of several words
    authors: tuple[Counted, ...]  # whose names were typed
    without_limits: int  # articles that the words find without the fields
    partial: tuple[PartialHit, ...]  # none of what was found


def hints(connection: sqlite3.Connection, query: Query, found: int) -> SearchHints:
    vocabulary = Vocabulary(connection)
    terms = list(dict.fromkeys(chain(*joined(query.wanted, vocabulary))))[:MOST_WORDS]
    alone = [(term, count(connection, Query(_typed(term), ((term,),)))) for term in terms]
    return SearchHints(
        tuple(_offers(vocabulary, query, found, alone)),
        tuple(Counted(_typed(term), articles) for term, articles in alone) if len(alone) > 1 else (),
        tuple(_authors(connection, terms)),
        count(connection, replace(query, filters=())) if query.wanted and query.filters else 0,
        with_most_words(connection, query, found),
    )


def _typed(term: Term) -> str:
    text = f"{term.text}*" if term.star else f'"{term.text}"' if term.literal else term.text
    return f"title:{text}" if term.title else text


def _offers(vocabulary: Vocabulary, query: Query, found: int, alone: list[tuple[Term, int]]) -> Iterator[Offer]:
    """The query with other words in place of those that hardly any article has, where that finds more."""
    least = {}
    for term, articles in alone:
        words = [] if term.star else tokens(term.text)
        for word in words:
            number = articles if len(words) == 1 else vocabulary.articles_with(folded(word))
            if number <= FEW:
                least[word] = max(1, AS_OFTEN * number)
    others = similar(vocabulary, least)
    offers = []
    for choice in list(product(*others.values()))[: 2 * MOST_OFFERS] if others else ():
        offer = Offer(tuple(zip(others, choice, strict=True)), 0)
        try:
            offers.append(replace(offer, articles=count(vocabulary.connection, parse(offer.put_into(query.text)))))
        except QueryError:  # what was put in made a field or a word too many of it
            continue
    better = [offer for offer in offers if offer.articles > found]
    yield from (better or ([] if found else offers[:1]))[:MOST_OFFERS]


def _authors(connection: sqlite3.Connection, terms: list[Term]) -> Iterator[Counted]:
    """All words as one name, or each, where somebody is called so who has written an article."""
    words = [term.text for term in terms if not term.star and not term.title]
    names = [" ".join(words), *words] if len(words) > 1 else words
    sql = "select authors, count(*) from articles where authors > '' group by 1"
    numbers = dict.fromkeys(names, 0)
    whole = set()  # names, not beginnings: Wal is no Walter
    for authors, articles in connection.execute(sql) if numbers else ():
        written = spelling(authors)
        for name in numbers:
            if spelling(name) in written:
                numbers[name] += articles
                if f" {' '.join(tokens(spelling(name)))} " in f" {' '.join(tokens(written))} ":
                    whole.add(name)
    for name in filter(whole.__contains__, numbers):
        yield Counted(f'author:"{name}"' if len(tokens(name)) > 1 else f"author:{name}", numbers[name])
        if name == names[0]:
            return
