"""What a search finds, as its page shows it. Found in a process of its own, like what is in tasks.py."""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from db.search.highlight import Piece, marked, snippet
from db.search.query import Query
from db.search.search import FACETS, Expansion, Order, ask, by_day, by_month, facets, search

PAGE = 20  # articles
SECONDS = 4
OPENING = 1_000  # characters of a text, of which a page shows fewer


@dataclass(frozen=True, slots=True)
class Passage:
    """Where it was found."""

    title: list[Piece]
    text: list[Piece]


@dataclass(frozen=True, slots=True)
class SearchResults:
    total: int
    rows: list[dict[str, Any]]  # of `articles`, with the beginning of the text alone
    expanded: tuple[Expansion, ...]
    passages: Mapping[int, Passage]
    counts: Mapping[str, list[tuple[str, int]]]
    days: list[tuple[str, int]]  # where all that was found lies in one month
    page: int


def find(connection: sqlite3.Connection, query: Query, order: Order, page: int) -> SearchResults:
    """Raises QueryError."""
    ends = time.monotonic() + SECONDS
    expanded_query = ask(connection, query)
    counts = facets(connection, expanded_query, FACETS)
    if len(counts["newsroom"]) > 1 and each_source_is_a_voice(connection, counts):
        counts["newsroom"] = []
    total = sum(number for _, number in counts["source"])
    days = by_day(connection, expanded_query) if len([month for month, _ in counts["month"] if month]) == 1 else []
    page = min(page, pages(total))
    hits = search(connection, expanded_query, order=order, limit=PAGE, offset=(page - 1) * PAGE, total=total)
    passages: dict[int, Passage] = {}
    for row in hits.rows if hits.marks else ():
        if time.monotonic() < ends:  # a text of 264,000 characters takes half a second; the rest are shown unmarked
            passages[row["id"]] = passage(row, hits.marks)
    rows = [{**row, "text": (row["text"] or "")[:OPENING]} for row in hits.rows]
    return SearchResults(total, rows, hits.expanded, passages, counts, days, page)


def each_source_is_a_voice(connection: sqlite3.Connection, counts: Mapping[str, list[tuple[str, int]]]) -> bool:
    """So that the list of the sources says all that a list of the newsrooms would say."""
    names = dict(connection.execute("select id, name from sources where name > ''").fetchall())
    return sorted(names.get(source, source) for source, _ in counts["source"]) == sorted(dict(counts["newsroom"]))


def passage(row: sqlite3.Row, marks: Sequence[str]) -> Passage:
    flat = " ".join((row["text"] or "").split())
    return Passage(marked(row["title"] or "", marks), snippet(flat, marks))


def pages(total: int) -> int:
    return max(1, -(-total // PAGE))


def over_time(connection: sqlite3.Connection, query: Query) -> list[tuple[str, int]]:
    """By month; by day where all of them lie in one. Raises QueryError."""
    expanded_query = ask(connection, query)
    months = by_month(connection, expanded_query)
    return by_day(connection, expanded_query) if len(months) == 1 else months
