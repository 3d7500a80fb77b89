"""What all families of tables share: how a row is given, and how values are written in it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, TypeVar, cast

from db import outcomes
from db.days import moment
from db.outcomes import Outcome
from db.store.statements import ArchiveDatabase

Row = dict[str, Any]
R = TypeVar("R")


class Family:
    """Tables that are written together. Each method is one transaction, and part of the caller's inside `atomic`."""

    def __init__(self, db: ArchiveDatabase) -> None:
        self.db = db

    def _insert(self, table: str, row: Row) -> int:
        return self.db.insert(table, row)

    def _query(self, kind: type[R], sql: str, values: Sequence[Any] = ()) -> Iterator[R]:
        """Whole rows of a table, as `kind` has its columns."""
        return cast(Iterator[R], self.db.query(sql, values))

    def _get(self, kind: type[R], table: str, number: int | str | None) -> R | None:
        return next(self._query(kind, f"select * from {table} where id = ?", [number]), None)

    def _write(self, sql: str, values: Sequence[Any] | Row = ()) -> int:
        """Rows that have changed."""
        with self.db.atomic():
            return int(self.db.execute(sql, values).rowcount)


def now() -> str:
    return moment().isoformat(timespec="seconds")


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def in_words(outcome: Outcome | None) -> Row:
    """The two columns of an outcome: `detail`, its English words, and `outcome`, itself."""
    detail, stored = _told(outcome) if outcome is None or outcome.params else _told_once(outcome)
    return {"detail": detail, "outcome": stored}


def _told(outcome: Outcome | None) -> tuple[str, str | None]:
    return str(outcome or ""), outcomes.as_json(outcome)


_told_once = cache(_told)  # what most pages end with has no parameters


def holes(values: Sequence[Any]) -> str:
    """As many question marks, for `in (…)`."""
    return ",".join("?" for _ in values)


def chunks(values: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))
