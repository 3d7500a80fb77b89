"""A list of queries → how many articles and texts each finds, month by month; or the articles themselves."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from db.export.tables import ExportError, Selection, columns, counted, outlets
from db.problem import Problem
from db.search.counting.facets import tally
from db.search.query import Query, parse
from db.search.search import ask, count, facets, ranked
from db.store.finders.catalogue import cited

COUNTS = ("query_name", "query", "month", "articles", "texts", "all_articles", "all_texts")
LONGEST_NAME = 200  # characters


@dataclass(frozen=True, slots=True)
class ListedQuery:
    name: str  # the query itself, where the list has no other
    query: Query


def read_list(path: Path) -> tuple[ListedQuery, ...]:
    """One query a line, or a name, a tab and a query; lines that begin with # are comments.

    Raises ExportError, which names the line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = error.object[: error.start].count(b"\n") + 1
        raise ExportError(f"{path}:{place}: is not UTF-8; save the file as UTF-8") from error
    except OSError as error:
        raise ExportError(f"{path}: cannot be read ({error.strerror})") from error
    listed = list[ListedQuery]()
    line_of = dict[str, int]()
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        query = _read_line(line, f"{path}:{number}")
        if query.name in line_of:
            raise ExportError(f"{path}:{number}: {query.name!r} stands in line {line_of[query.name]}; give it a name")
        line_of[query.name] = number
        listed.append(query)
    if not listed:
        raise ExportError(f"{path}: has no query; write one a line")
    return tuple(listed)


def _read_line(line: str, where: str) -> ListedQuery:
    name, tab, query = line.partition("\t")
    name, query = (name.strip(), query.strip()) if tab else (line.strip(), line.strip())
    if not name or not query:
        raise ExportError(f"{where}: is no name, tab and query; leave out the tab, or write both")
    if len(name) > LONGEST_NAME and tab:
        raise ExportError(f"{where}: the name has {len(name)} characters, {LONGEST_NAME} at most")
    try:
        return ListedQuery(name, parse(query))
    except Problem as error:
        raise ExportError(f"{where}: {query[:60]}: {error}") from error


def select_counts(connection: sqlite3.Connection, queries: Sequence[ListedQuery]) -> Selection:
    """A row for each query and month with articles; that without a month has those without a day.

    Of a query that finds nothing there is one row.
    """
    rows = [row for query in queries for row in _counts(connection, query)]
    return Selection("queries", COUNTS, len(rows), iter(rows), finders=cited(connection))


def _counts(connection: sqlite3.Connection, listed: ListedQuery) -> Iterator[tuple[str | int | None, ...]]:
    expanded = ask(connection, listed.query)
    tallied = tally(connection, expanded, ["month"])
    texts = dict(facets(connection, expanded, ["month"], folded=True)["month"])
    months = sorted(tallied.counts["month"]) or [("", 0)]
    for month, articles in months:
        everything = (tallied.articles, tallied.texts)
        yield listed.name, listed.query.text, month or None, articles, texts.get(month, 0), *everything


def select_hits(connection: sqlite3.Connection, queries: Sequence[ListedQuery]) -> Selection:
    """The articles that each query finds, best first, with the name of the query before them."""
    expected = sum(count(connection, listed.query) for listed in queries)
    rows = ((listed.name, *row) for listed in queries for row in ranked(connection, listed.query))
    names = ("query_name", *columns(connection, "articles"))
    return Selection("articles", names, expected, counted(rows, expected), outlets(connection), cited(connection))
