"""A search as code that is ready to paste: what fetches the articles that it finds, in the languages of researchers."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from db.search.expansion import excluding
from db.search.query import Filter, Query
from db.search.ranking import ask, conditions

_SAFE = ":/?&=%+[]"  # of an address; no quote, blank or dollar sign, so it can stand in any string

PANDAS = """\
import pandas as pd

articles = pd.read_csv("{address}")
print(articles.groupby("month").size())
"""
R = """\
articles <- read.csv("{address}", encoding = "UTF-8")
print(table(articles$month))
"""
DUCKDB = """\
import urllib.request

import duckdb

urllib.request.urlretrieve("{address}", "articles.csv")
articles = duckdb.read_csv("articles.csv")
print(duckdb.sql("select month, count(*) as articles from articles group by month order by month"))
"""
CURL = """\
curl --fail --silent --show-error --output articles.csv "{address}"
"""
SQL = """\
select id, day, source, title, url
from articles
where {where}
order by published_utc desc, id desc
"""


@dataclass(frozen=True, slots=True)
class SearchCode:
    language: str  # as it calls itself
    text: str


def code_for(export_address: str, query: str, sql: str) -> tuple[SearchCode, ...]:
    """`export_address`: where the site gives CSV; `sql`: the same search, as `search_as_sql` gives it."""
    asked = f"?{urlencode({'q': query})}" if query else ""
    address = quote(export_address + asked, safe=_SAFE)
    languages = (("pandas", PANDAS), ("R", R), ("DuckDB", DUCKDB), ("curl", CURL))
    return (*(SearchCode(name, text.format(address=address)) for name, text in languages), SearchCode("SQL", sql))


def search_as_sql(connection: sqlite3.Connection, query: Query | None) -> str:
    """Without parameters, for the site's page of SQL; for sqlite3 too, where no name has to be spelled alike.

    Raises QueryError.
    """
    return SQL.format(where="\n  and ".join(_clauses(connection, query)) if query else "true")


def _clauses(connection: sqlite3.Connection, query: Query) -> Iterator[str]:
    expanded_query = ask(connection, query)
    in_index = "articles.id {} (\n    select rowid from articles_fts where articles_fts match {})"
    if expression := expanded_query.expanded.expression:
        yield in_index.format("in", _literal(expression))
    elif without := excluding(query, expanded_query.vocabulary):
        yield in_index.format("not in", _literal(without))
    yield from _of_sources(connection, [condition for condition in query.filters if condition.field == "source"])
    others = tuple(condition for condition in query.filters if condition.field != "source")
    for clause, values in conditions(replace(query, filters=others), "articles"):
        yield _filled(clause, values)


def _of_sources(connection: sqlite3.Connection, filters: Sequence[Filter]) -> Iterator[str]:
    """By their ids, whatever they are called by: sqlite3 cannot spell."""
    sql = "select ? union select lower(?) union select id from sources where spelling(name) = spelling(?)"
    for negative in (False, True):
        values = [condition.value for condition in filters if condition.negative is negative]
        ids = {str(row[0]) for value in values for row in connection.execute(sql, [value] * 3)}
        if ids:
            yield f"articles.source {'not ' if negative else ''}in ({', '.join(map(_literal, sorted(ids)))})"


def _filled(clause: str, values: Sequence[object]) -> str:
    """With the values in place of its question marks."""
    first, *rest = clause.split("?")
    return first + "".join(_literal(value) + part for value, part in zip(values, rest, strict=True))


def _literal(value: object) -> str:
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("\0", "").replace("'", "''") + "'"
