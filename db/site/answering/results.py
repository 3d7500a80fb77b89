"""What a search finds, as its page shows it. Found in a process of its own, like what is in tasks.py."""

import sqlite3
import time
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from db.search.counting.facets import FACETS, tally
from db.search.counting.fact_facets import FEW, tally_facts
from db.search.highlight import Piece, Span, marked, snippet, spans
from db.search.hints import most_words, nothing_found
from db.search.hints.nothing_found import SearchHints
from db.search.query import Query
from db.search.search import (
    ExpandedQuery,
    Expansion,
    Order,
    ask,
    by_day,
    by_month,
    marks_of,
    search,
    search_folded,
)
from db.store.finders.catalogue import outside

PAGE = 20  # articles
SECONDS = 4
OPENING = 1_000  # characters of a text, of which a page shows fewer


@dataclass(frozen=True, slots=True)
class Passage:
    """Where it was found."""

    title: list[Piece]
    text: list[Piece]


@dataclass(frozen=True, slots=True)
class Print:
    """The group of an article that is shown: how often its text is in the archive, and at how many other sources."""

    group: int
    articles: int
    others: int


@dataclass(frozen=True, slots=True)
class SearchResults:
    articles: int
    texts: int
    rows: list[dict[str, Any]]  # of `articles`, with the beginning of the text alone
    expanded: tuple[Expansion, ...]
    passages: Mapping[int, Passage]
    counts: Mapping[str, list[tuple[str, int]]]
    days: list[tuple[str, int]]  # where all that was found lies in one month
    page: int
    last_page: int
    prints: Mapping[int, Print]  # by article
    outside_registry: int = 0  # articles at hosts that it does not have
    has_facts: bool = True  # whether what they say has been counted, too
    hints: SearchHints | None = None  # where there is nothing, or next to nothing

    @property
    def forms(self) -> list[list[str]]:
        """What was looked for besides what was typed, each once: three compounds may have a part in common."""
        first: dict[str, int] = {}
        for place, each in enumerate(self.expanded):
            for form in each.forms:
                first.setdefault(form, place)
        return [[form for form, at in first.items() if at == place] for place in sorted({*first.values()})]


def find(
    connection: sqlite3.Connection, query: Query, order: Order, page: int, folded: bool = False, facts: bool = False
) -> SearchResults:
    """`folded`: of each text one article is shown, and texts are counted; `facts`: what they say is counted however
    many there are. Raises QueryError.
    """
    ends = time.monotonic() + SECONDS
    of_one_moment(connection)
    expanded_query = ask(connection, query)
    tallied = tally(connection, expanded_query, FACETS, folded)
    counts = tallied.counts
    if len(counts["newsroom"]) > 1 and each_source_is_a_voice(connection, counts):
        counts["newsroom"] = []
    facts = facts or tallied.articles <= FEW
    counts |= tally_facts(connection, expanded_query, folded) if facts else {}
    in_one_month = len([month for month, _ in counts["month"] if month]) == 1
    days = by_day(connection, expanded_query, folded) if in_one_month else []
    last = pages(tallied.texts if folded else tallied.articles)
    page = min(page, last)
    offset = (page - 1) * PAGE
    if folded:
        hits = search_folded(expanded_query, order, PAGE, offset, tallied.articles)
    else:
        hits = search(connection, expanded_query, order=order, limit=PAGE, offset=offset, total=tallied.articles)
    passages: dict[int, Passage] = {}
    for row in hits.rows if hits.marks else ():
        if time.monotonic() < ends:  # a text of 264,000 characters takes half a second; the rest are shown unmarked
            passages[row["id"]] = passage(row, hits.marks)
    rows = [{**row, "text": (row["text"] or "")[:OPENING]} for row in hits.rows]
    return SearchResults(
        tallied.articles,
        tallied.texts,
        rows,
        hits.expanded,
        passages,
        counts,
        days,
        page,
        last,
        prints(connection, [row["id"] for row in rows]),
        of_sources(counts["source"], outside(connection)),
        facts,
        _hints(connection, query, tallied.articles) if page == 1 else None,
    )


def _hints(connection: sqlite3.Connection, query: Query, found: int) -> SearchHints | None:
    wanted = query.wanted and found <= most_words.FEW
    return nothing_found.hints(connection, query, found) if wanted else None


def of_one_moment(connection: sqlite3.Connection) -> None:
    """What is read from here on fits together, whatever is written meanwhile."""
    if not connection.in_transaction:
        connection.execute("begin")


def of_sources(counts: Sequence[tuple[str, int]], sources: Set[str]) -> int:
    return sum(number for source, number in counts if source in sources)


def prints(connection: sqlite3.Connection, articles: Sequence[int]) -> dict[int, Print]:
    """Of those that are in a group."""
    sql = f"""select own.article, own.group_id, count(*), count(distinct a.source) - 1
        from copies as own join copies as other on other.group_id = own.group_id
        join articles as a indexed by idx_articles_facts on a.id = other.article
        where own.article in ({", ".join("?" * len(articles))}) group by own.article"""
    return {article: Print(*row) for article, *row in connection.execute(sql, articles)}


def each_source_is_a_voice(connection: sqlite3.Connection, counts: Mapping[str, list[tuple[str, int]]]) -> bool:
    """So that the list of the sources says all that a list of the newsrooms would say."""
    names = dict(connection.execute("select id, name from sources where name > ''").fetchall())
    return sorted(names.get(source, source) for source, _ in counts["source"]) == sorted(dict(counts["newsroom"]))


def passage(row: sqlite3.Row, marks: Sequence[str]) -> Passage:
    flat = " ".join((row["text"] or "").split())
    return Passage(marked(row["title"] or "", marks), snippet(flat, marks))


def pages(total: int) -> int:
    return max(1, -(-total // PAGE))


def over_time(connection: sqlite3.Connection, query: Query, folded: bool = False) -> list[tuple[str, int]]:
    """By month; by day where all of them lie in one. Raises QueryError."""
    of_one_moment(connection)
    expanded_query = ask(connection, query)
    months = by_month(connection, expanded_query, folded)
    return by_day(connection, expanded_query, folded) if len(months) == 1 else months


def spans_of(connection: sqlite3.Connection, query: Query, texts: Sequence[str]) -> list[list[Span]]:
    """Where in each of the texts the words of a search stand; related ones where no other does. Raises QueryError."""
    narrow = _spans_of(ask(connection, query, widely=False), texts)
    return narrow if any(narrow) else _spans_of(ask(connection, query), texts)


def _spans_of(asked: ExpandedQuery, texts: Sequence[str]) -> list[list[Span]]:
    marks = marks_of(asked)
    return [spans(text, marks) for text in texts]
