"""What a person types → articles, best first or newest first; counted by source, kind, month and so on."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from db.language import t
from db.search.expansion import Expansion
from db.search.morphology import spelling
from db.search.query import LONGEST, Query, QueryError, parse
from db.search.ranking import ExpandedQuery, Ids, ask, best, combinations, conditions, first, matching, newest
from db.store.newsrooms import CHANGING, TAKEN, UNCHANGING, voice

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

FACETS = ("source", "newsroom", "kind", "lang", "access", "year", "month")

Order = Literal["best", "newest"]


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
    rows = _rows(connection, quick, limit, offset) if quick else []
    if len(rows) < limit:
        rows = _rows(connection, ids, limit, offset)
    marks = tuple(f"{phrase.text}*" if phrase.star else phrase.text for phrase in expanded_query.expanded.phrases)
    return Hits(total, rows, expanded_query.expanded.expansions, marks)


def _rows(connection: sqlite3.Connection, ids: Ids, limit: int, offset: int) -> list[sqlite3.Row]:
    some = f"select id, place from ({ids.sql}) order by {ids.order} limit ? offset ?"
    sql = f"select articles.* from ({some}) as found join articles using (id) order by {ids.order}"
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    return cursor.execute(sql, [*ids.params, limit, offset]).fetchall()


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
    connection: sqlite3.Connection, query: ExpandedQuery | Query | str, names: Sequence[str] = FACETS
) -> dict[str, list[tuple[str, int]]]:
    """How many of the articles found have which value: most first, years and months newest first."""
    if unknown := set(names) - set(FACETS):
        raise QueryError(t("query.no_facet", name=sorted(unknown)[0], known=", ".join(FACETS)))
    combinations_sql, params = combinations(_expanded_query(connection, query))
    # Months apart from the rest: together they make thousands of rows, which took twice as long.
    of_each = "select {0}, sum(f.number) from found as f join _combinations as c using (id) {1}"
    rest = of_each.format("'rest', source, kind, lang, access", "group by source, kind, lang, access")
    months = of_each.format("'month', month, null, null, null", "group by month")
    changing = f"where source in ({CHANGING}) group by source, month"
    newsrooms = of_each.format(f"'newsroom', {voice('c')}, null, null, null", changing)
    counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    sql = f"with found as materialized ({combinations_sql}) {rest} union all {months} union all {newsrooms}"
    for what, value, *others, number in connection.execute(sql, params):
        if what == "rest":
            for name, each in zip(("source", "kind", "lang", "access"), (value, *others), strict=True):
                counts[name][each] += number
        else:
            counts[what][value] += number
    for month, number in counts["month"].items():
        counts["year"][month[:4]] += number
    for source, name in connection.execute(UNCHANGING):
        counts["newsroom"][name] += counts["source"][source]
    counts["newsroom"] = +counts["newsroom"]
    return {name: _in_order(name, counts[name]) for name in names}


def _in_order(name: str, numbers: Counter[str]) -> list[tuple[str, int]]:
    if name in ("year", "month"):
        return sorted(numbers.items(), reverse=True)
    return sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))


def by_month(connection: sqlite3.Connection, query: ExpandedQuery | Query | str) -> list[tuple[str, int]]:
    """Articles found, month by month, the first first; those without a day are left out."""
    return [pair for pair in reversed(facets(connection, query, ["month"])["month"]) if pair[0]]


def by_day(connection: sqlite3.Connection, query: ExpandedQuery | Query | str) -> list[tuple[str, int]]:
    """Articles found, day by day, the first first; those without a day are left out. Raises QueryError."""
    sql, params = matching(_expanded_query(connection, query), "a.day, count(*)")
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
