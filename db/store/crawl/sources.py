"""Table `sources`: the registry as the last run read it, with how each source fares."""

import json
from collections.abc import Iterable
from typing import TypedDict

from db.store.rows import Family, Row, now


class SourceRow(TypedDict):
    id: str
    name: str | None
    homepage: str | None
    kind: str | None
    lang: str | None
    region: str | None
    access: str | None
    paused: str | None
    addresses: str | None
    last_success: str | None
    last_state: str | None
    last_detail: str | None
    health: str | None
    health_detail: str | None
    health_since: str | None
    waits_until: str | None
    expected: str | None
    bad_nights: int | None
    last_outcomes: str | None
    health_outcome: str | None
    publisher: str | None
    newsroom: str | None
    rights: str | None  # of its texts; see crawler/registry/publishing.py


class SourceStore(Family):
    def every(self) -> list[SourceRow]:
        return list(self._query(SourceRow, "select * from sources order by id"))

    def add(self, row: Row) -> None:
        with self.db.atomic():
            self.db.table("sources").upsert(row, pk="id")

    def write(self, rows: Iterable[Row]) -> None:
        """`rows` have `id` and the columns that change; of sources that are there."""
        with self.db.atomic():
            for row in rows:
                self.db.table("sources").update(row["id"], row)

    def waits(self) -> dict[str, str]:
        """Sources that have asked to be left alone for some time yet: source → until when, in UTC."""
        return dict(self.db.execute("select id, waits_until from sources where waits_until > ?", [now()]).fetchall())

    def forget(self, keep: set[str]) -> None:
        """What has left the registry waits for nothing; its row stays where the archive has anything of it."""
        others = "not in (select value from json_each(?))"  # parameters of their own would end at 32,766 sources
        names = json.dumps(sorted(keep))
        with self.db.atomic():
            for sql in (
                f"delete from leads where source {others}",
                f"delete from addresses where source {others}",
                f"update revisits set due = null where source {others}",
                f"delete from sources where id {others} and id not in (select source from articles)"
                " and id not in (select source from refusals)",
                f"delete from publishers where source {others} and source not in (select id from sources)",
                f"delete from newsrooms where source {others} and source not in (select id from sources)",
            ):
                self.db.execute(sql, [names])
