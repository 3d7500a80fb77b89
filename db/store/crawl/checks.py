"""Table `checks`: the last words of `sources check` on each address."""

from collections.abc import Iterable, Mapping
from typing import TypedDict

from db.store.rows import Family, Row, holes


class CheckRow(TypedDict):
    source: str
    url: str
    at: str
    works: int
    worked_at: str | None
    found: str


class CheckStore(Family):
    def every(self) -> list[CheckRow]:
        return list(self._query(CheckRow, "select * from checks"))

    def write(self, rows: Iterable[Row], addresses: Mapping[str, Iterable[str]]) -> None:
        """`addresses`: those that each source has, by its id; checks of others go."""
        with self.db.atomic():
            for source, urls in addresses.items():
                names = list(urls)
                self.db.execute(
                    f"delete from checks where source = ? and url not in ({holes(names)})", [source, *names]
                )
            self.db.table("checks").upsert_all(rows, pk=("source", "url"))
