"""Datasette's search box understands what `export --query` understands."""

import sqlite3

from datasette import hookimpl

from db import search


@hookimpl(trylast=True)  # type: ignore[untyped-decorator]  # after Datasette has registered its own escape_fts
def prepare_connection(conn: sqlite3.Connection) -> None:
    search.register(conn)
