"""The tables of a database file, of whatever age: those whose rows can be asked and written like any other's."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from sqlite_utils import Database


class Schema:
    def __init__(self, db: Database) -> None:
        self.db = db

    @cached_property
    def tables(self) -> Mapping[str, tuple[str, ...]]:
        """Name → columns; neither SQLite's own nor what lies below a virtual table."""
        rows = self.db.execute("select name, sql from sqlite_master where type = 'table'").fetchall()
        virtual = tuple(f"{name}_" for name, sql in rows if sql and sql.lower().startswith("create virtual"))
        ordinary = [
            name
            for name, sql in rows
            if sql and not sql.lower().startswith("create virtual") and not name.startswith(("sqlite_", *virtual))
        ]
        return {name: tuple(row[1] for row in self.db.execute(f'pragma table_info("{name}")')) for name in ordinary}

    @cached_property
    def indexes(self) -> list[str]:
        """Full-text indexes."""
        sql = (
            "select name from sqlite_master where type = 'table' and sql like '%using fts5%' and sql not like '%vocab%'"
        )
        return [name for (name,) in self.db.execute(sql)]

    def has(self, table: str, *columns: str) -> bool:
        return set(columns) <= set(self.tables.get(table, ())) and table in self.tables

    def with_column(self, column: str) -> Iterator[str]:
        return (table for table, columns in self.tables.items() if column in columns)
