"""Where the figures, quotations and places of an article stand in its text."""

import sqlite3
from collections.abc import Set

_ROWS = {
    "figures": ("figures", 'select start, "end", text from figures where article = ?'),
    "quotes": ("quotes", 'select start, "end", text from quotes where article = ?'),
    "places": ("entities", "select start, \"end\", text from entities where kind = 'place' and article = ?"),
}
_ENOUGH = 20  # characters of a quotation that show that it stands there: it may be in pieces

Spans = list[tuple[int, int]]


def fact_spans(connection: sqlite3.Connection, tables: Set[str], article: int, text: str) -> dict[str, Spans]:
    """None of a text that has not been read since it changed, nor where there is none."""
    return {name: _spans(connection, sql, article, text) for name, (table, sql) in _ROWS.items() if table in tables}


def _spans(connection: sqlite3.Connection, sql: str, article: int, text: str) -> Spans:
    found: Spans = []
    for start, end, words in connection.execute(f'{sql} order by start, "end" desc', [article]):
        if words and words[:_ENOUGH] in text[start:end] and (not found or start >= found[-1][1]):
            found.append((start, end))
    return found
