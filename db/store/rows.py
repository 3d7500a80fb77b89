"""What all families of tables share: how a row is given, and how values are written in it."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database

from db import outcomes
from db.outcomes import Outcome

Row = dict[str, Any]


class Family:
    """Tables that are written together. Each method is one transaction, and part of the caller's inside `atomic`."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def _insert(self, table: str, row: Row) -> int:
        return int(str(self.db.table(table).insert(row).last_pk))

    def _get(self, table: str, number: int | str | None) -> Row | None:
        return next(self.db.query(f"select * from {table} where id = ?", [number]), None)

    def _write(self, sql: str, values: Sequence[Any] | Row = ()) -> int:
        """Rows that have changed."""
        with self.db.atomic():
            return int(self.db.execute(sql, values).rowcount)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def in_words(outcome: Outcome | None) -> Row:
    """The two columns of an outcome: `detail`, its English words, and `outcome`, itself."""
    return {"detail": str(outcome or ""), "outcome": outcomes.as_json(outcome)}


def holes(values: Sequence[Any]) -> str:
    """As many question marks, for `in (…)`."""
    return ",".join("?" for _ in values)


def chunks(values: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))
