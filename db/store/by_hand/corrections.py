"""Table `corrections`: a person's word on what a page says, for each key that the address, or its article, has."""

from collections.abc import Iterable
from functools import cached_property
from typing import TypedDict

from db.store.rows import Family, Row, holes

COLUMNS = ("url", "field", "value", "why", "by", "at")


class CorrectionRow(TypedDict):
    key: str
    url: str
    source: str | None
    field: str
    value: str
    why: str
    by: str | None
    at: str


class CorrectionStore(Family):
    @cached_property
    def _has_table(self) -> bool:
        return self.db.table("corrections").exists()

    def find(self, keys: Iterable[str], url: str = "") -> list[CorrectionRow]:
        """The last word on each field, under any of the keys; `url` as it was written, for the keys change with the
        registry's patterns. Nothing in an archive that does not have the table yet."""
        wanted = list(keys)
        if not self._has_table:
            return []
        sql = f"select * from corrections where key in ({holes(wanted)}) or url = ? order by at"
        by_field = {row["field"]: row for row in self._query(CorrectionRow, sql, [*wanted, url])}
        return [by_field[field] for field in sorted(by_field)]

    def every(self) -> list[Row]:
        """COLUMNS, the oldest first."""
        if not self._has_table:
            return []
        return list(self.db.query(f"select distinct {', '.join(COLUMNS)} from corrections order by at, url, field"))

    def names(self) -> frozenset[str]:
        """Keys, and addresses as they were written, on which there is a word."""
        if not self._has_table:
            return frozenset()
        rows = self.db.execute("select key from corrections union select url from corrections")
        return frozenset(name for (name,) in rows)

    def keys(self, url: str) -> list[str]:
        """All keys of the address that was corrected."""
        return [key for (key,) in self.db.execute("select distinct key from corrections where url = ?", [url])]

    def put(self, row: Row, keys: Iterable[str]) -> None:
        """`row` has source and COLUMNS. An earlier word on the field, under any of the keys, goes with its own keys."""
        with self.db.atomic():
            wanted = set(keys)
            self.forget(wanted, row["url"], [row["field"]])
            self.db.table("corrections").insert_all([row | {"key": key} for key in sorted(wanted)])

    def forget(self, keys: Iterable[str], url: str, fields: Iterable[str]) -> None:
        """What was said of the fields, under any of the keys."""
        wanted, names = list(keys), list(fields)
        urls = f"select url from corrections where key in ({holes(wanted)}) or url = ?"
        sql = f"delete from corrections where field in ({holes(names)}) and url in ({urls})"
        self._write(sql, [*names, *wanted, url])
