"""Table `decisions`: a person's word on an address, keep or drop, for each key that it, or its article, has."""

from collections.abc import Iterable
from typing import TypedDict

from db.store.rows import Family, Row, holes

FIELDS = ("url", "word", "why", "by", "at")


class DecisionRow(TypedDict):
    key: str
    url: str
    source: str | None
    word: str
    why: str
    by: str | None
    at: str


class DecisionStore(Family):
    def find(self, keys: Iterable[str], url: str = "") -> DecisionRow | None:
        """The last word on any of the keys; `url` as it was written, for the keys change with the registry's
        patterns."""
        wanted = list(keys)
        sql = f"select * from decisions where key in ({holes(wanted)}) or url = ? order by at desc limit 1"
        return next(self._query(DecisionRow, sql, [*wanted, url]), None)

    def every(self) -> list[Row]:
        """FIELDS, the oldest first."""
        return list(self.db.query(f"select distinct {', '.join(FIELDS)} from decisions order by at, url"))

    def names(self) -> frozenset[str]:
        """Keys, and addresses as they were written, on which there is a word."""
        rows = self.db.execute("select key from decisions union select url from decisions")
        return frozenset(name for (name,) in rows)

    def keys(self, url: str) -> list[str]:
        """All keys of the address that a word was given on."""
        return [key for (key,) in self.db.execute("select key from decisions where url = ?", [url])]

    def put(self, row: Row, keys: Iterable[str]) -> None:
        """`row` has source and FIELDS. An earlier word on any of the keys is taken back with all of its own."""
        with self.db.atomic():
            wanted = set(keys)
            while earlier := self.find(wanted, row["url"]):
                self.forget(earlier["url"])
            self.db.table("decisions").insert_all([row | {"key": key} for key in sorted(wanted)])

    def forget(self, url: str) -> None:
        self._write("delete from decisions where url = ?", [url])
