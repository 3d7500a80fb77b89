"""What a person types → articles, best first or newest first; counted by source, kind, month and so on."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from db.search.counting.facets import FACETS, tally
from db.search.expansion import Expansion
from db.search.morphology import spelling
from db.search.query import LONGEST, Query, QueryError, parse
from db.search.ranking import ExpandedQuery, Ids, ask, best, conditions, first, matching, newest
from db.search.taken_along import TAKEN
from db.search.vocabulary import APART

__all__ = [
    "FACETS",
    "ExpandedQuery",
    "Expansion",
    "Hits",
    "Query",
    "QueryError",
    "ask",
    "by_day",
    "by_month",
    "conditions",
    "count",
    "facets",
    "match",
    "parse",
    "ranked",
    "register",
    "search",
]

Order = Literal["best", "newest"]

GROUP = "(select group_id from copies where article = a.id)"
AT_FIRST = 3  # articles that are looked at for each text that is shown: of most groups one is found
MORE = 3  # times as many after that, where there are too few texts among them


@dataclass(frozen=True, slots=True)
class Hits:
    """`rows` are columns of `articles`, a part of the `total`; `marks` are what `marked` and `snippet` want."""

    total: int
    rows: list[sqlite3.Row]
    expanded: tuple[Expansion, ...]
    marks: tuple[str, ...]


def _expanded_query(connection: sqlite3.Connection, query: ExpandedQuery | Query | str) -> ExpandedQuery:
    return query if isinstance(query, ExpandedQuery) else ask(connection, query)


def search(
    connection: sqlite3.Connection,
    query: ExpandedQuery | Query | str,
    *,
    order: Order = "best",
    limit: int = 20,
    offset: int = 0,
    total: int | None = None,
) -> Hits:
    """Who asks for facets, too, expands once, by `ask(connection, query)`, and knows the total. Raises QueryError."""
    expanded_query = _expanded_query(connection, query)
    if total is None:
        total = count(connection, expanded_query)
    ids = (best if order == "best" else newest)(expanded_query)
    quick = first(expanded_query, ids, offset + limit, total)
    found = _of_articles(connection, quick, limit, offset) if quick else []
    if len(found) < limit:
        found = _of_articles(connection, ids, limit, offset)
    return _hits(expanded_query, total, found)


def search_folded(
    query: ExpandedQuery, order: Order, limit: int, offset: int, total: int, at_first: int = AT_FIRST
) -> Hits:
    """The same with one article of each text, the one that comes first; limit and offset are of texts."""
    ids = (best if order == "best" else newest)(query)
    looks = (offset + limit) * at_first
    quick = first(query, ids, looks, total)
    found = _of_texts(query.connection, quick, limit, offset, looks) if quick else []
    if len(found) < limit:
        found = _of_texts(query.connection, ids, limit, offset, looks)
    return _hits(query, total, found)


def _hits(query: ExpandedQuery, total: int, articles: Sequence[int]) -> Hits:
    return Hits(total, _rows(query.connection, articles), query.expanded.expansions, marks_of(query))


def marks_of(query: ExpandedQuery) -> tuple[str, ...]:
    """What `db.search.highlight` marks in what was found."""
    of_each = ([f"{each.text}*"] if each.star else each.text.split(APART) for each in query.expanded.phrases)
    return tuple(dict.fromkeys(chain(*of_each)))


def _of_articles(connection: sqlite3.Connection, ids: Ids, limit: int, offset: int) -> list[int]:
    sql = f"select id from ({ids.sql}) order by {ids.order} limit ? offset ?"
    return [article for (article,) in connection.execute(sql, [*ids.params, limit, offset])]


def _of_texts(connection: sqlite3.Connection, ids: Ids, limit: int, offset: int, looks: int) -> list[int]:
    """Reads on until there are enough: to find the first of all groups took as long as the whole search."""
    some = f"select id, place from ({ids.sql}) order by {ids.order} limit ?"
    sql = f"select a.id, {GROUP} from ({some}) as a order by {ids.order}"
    while True:
        first_of: dict[int, int] = {}
        number = 0
        for number, (article, group) in enumerate(connection.execute(sql, [*ids.params, looks]), 1):  # noqa: B007
            first_of.setdefault(group or article, article)
        if number < looks or len(first_of) >= offset + limit:
            return list(first_of.values())[offset : offset + limit]
        looks *= MORE


def _rows(connection: sqlite3.Connection, articles: Sequence[int]) -> list[sqlite3.Row]:
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    rows = cursor.execute(f"select * from articles where id in ({', '.join('?' * len(articles))})", articles)
    found = {row["id"]: row for row in rows}
    return [found[article] for article in articles if article in found]


def match(connection: sqlite3.Connection, query: ExpandedQuery | Query | str) -> str | None:
    """The FTS5 expression of the words; None where there are fields only. Raises QueryError."""
    return _expanded_query(connection, query).expanded.expression


def count(connection: sqlite3.Connection, query: ExpandedQuery | Query | str) -> int:
    """How many articles there are, where it can be asked of the index alone: a gap between it and the articles shows.

    Raises QueryError.
    """
    expanded_query = _expanded_query(connection, query)
    expression = expanded_query.expanded.expression
    if expression and not expanded_query.query.filters:
        sql, params = "select count(*) from articles_fts where articles_fts match ?", [expression]
    else:
        sql, params = matching(expanded_query, "count(*)")
    return int(connection.execute(sql, params).fetchone()[0])


def ranked(
    connection: sqlite3.Connection, query: ExpandedQuery | Query | str, order: Order = "best"
) -> Iterator[sqlite3.Row]:
    """All that are found, with the columns that are taken along of `articles`. Raises QueryError."""
    ids = (best if order == "best" else newest)(_expanded_query(connection, query))
    sql = f"select {TAKEN} from ({ids.sql}) as found join articles using (id) order by {ids.order}"
    rows: Iterator[sqlite3.Row] = connection.execute(sql, ids.params)
    return rows


def facets(
    connection: sqlite3.Connection,
    query: ExpandedQuery | Query | str,
    names: Sequence[str] = FACETS,
    folded: bool = False,
) -> dict[str, list[tuple[str, int]]]:
    """How many of the articles found have which value; see `tally`. Raises QueryError."""
    return tally(connection, _expanded_query(connection, query), names, folded).counts


def by_month(
    connection: sqlite3.Connection, query: ExpandedQuery | Query | str, folded: bool = False
) -> list[tuple[str, int]]:
    """Articles or texts found, month by month, the first first; those without a day are left out."""
    return [pair for pair in reversed(facets(connection, query, ["month"], folded)["month"]) if pair[0]]


def by_day(
    connection: sqlite3.Connection, query: ExpandedQuery | Query | str, folded: bool = False
) -> list[tuple[str, int]]:
    """Articles or texts found, day by day, the first first; those without a day are left out. Raises QueryError."""
    number = f"count(distinct coalesce({GROUP}, a.id))" if folded else "count(*)"
    sql, params = matching(_expanded_query(connection, query), f"a.day, {number}")
    return [(day, number) for day, number in connection.execute(f"{sql} group by 1 order by 1", params) if day]


LONGEST_NAMES = 10_000  # characters that `spelling` is given; the authors of an article have fewer


def register(connection: sqlite3.Connection) -> None:
    """Give SQL the functions that Datasette's search calls, so that the site and the exports find the same.

    SQLite says "string or blob too big" where they are given too much.
    """
    connection.create_function("escape_fts", 1, lambda query: _match_or_nothing(connection, query), deterministic=True)
    connection.create_function("spelling", 1, lambda text: spelling(_short(text, LONGEST_NAMES)), deterministic=True)


def _short(text: object, most: int) -> str:
    """Of an exception inside a function of SQL nothing is left but its kind: this one becomes "too big"."""
    given = "" if text is None else str(text)
    if len(given) > most:
        raise OverflowError
    return given


def _match_or_nothing(connection: sqlite3.Connection, query: object) -> str:
    """A query for nothing finds nothing."""
    try:
        return match(connection, _short(query, LONGEST)) or '""'
    except QueryError:
        return '""'
