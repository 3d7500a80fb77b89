"""Lists of all articles, by month and by source, for readers without a search."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

_COLUMNS = "id, source, title, lang, published, day, page_kind, access, text"
_BY_MONTH = (
    f"select {_COLUMNS}, substr(day, 1, 7) as list from articles where day != '' order by list, day desc, id desc"
)
_BY_SOURCE = f"select {_COLUMNS}, source as list from articles order by list, day desc, id desc"


@dataclass(frozen=True, slots=True)
class ArticleList:
    name: str  # 2026-09, or the id of a source
    is_month: bool
    rows: Sequence[Mapping[str, Any]]  # newest first


def article_numbers(connection: sqlite3.Connection) -> list[int]:
    return [number for (number,) in connection.execute("select id from articles order by id")]


def article_lists(connection: sqlite3.Connection) -> list[ArticleList]:
    return [
        ArticleList(name, sql is _BY_MONTH, list(rows))
        for sql in (_BY_MONTH, _BY_SOURCE)
        for name, rows in groupby(_rows(connection, sql), key=lambda row: row["list"])
    ]


def _rows(connection: sqlite3.Connection, sql: str) -> list[dict[str, Any]]:
    found = connection.execute(sql)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found]
