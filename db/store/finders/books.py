"""Tables `finder_nights` and `finder_requests`: what finders were asked, and what came of it."""

from collections.abc import Iterable, Iterator
from typing import TypedDict

from db.store.rows import Family, Row


class FinderNightRow(TypedDict):
    finder: str
    night: str
    state: str  # ok, partial, stopped, unreachable, off, nothing_to_ask, not_finished
    asked: int
    rows: int
    bad_lines: int
    matches: int
    queued: int
    detail: str
    outcomes: str
    waits_until: str | None
    ended: str


class FinderRequestRow(TypedDict):
    """What became of a question when it was last asked."""

    finder: str
    key: str  # by which the finder's requests know it again
    url: str
    asked_at: str
    status: int | None
    rows: int
    bad_lines: int
    matches: int
    go_on: str | None
    detail: str
    outcome: str


class FinderBookStore(Family):
    def write(self, request: FinderRequestRow) -> None:
        with self.db.atomic():
            self.db.table("finder_requests").upsert(dict(request), pk=("finder", "key"))

    def requests(self, finder: str) -> Iterator[FinderRequestRow]:
        sql = "select * from finder_requests where finder = ?"
        yield from self._query(FinderRequestRow, sql, [finder])

    def write_nights(self, rows: Iterable[Row]) -> None:
        with self.db.atomic():
            self.db.table("finder_nights").upsert_all(rows, pk=("finder", "night"))

    def night(self, finder: str, night: str) -> FinderNightRow | None:
        sql = "select * from finder_nights where finder = ? and night = ?"
        return next(self._query(FinderNightRow, sql, [finder, night]), None)

    def anything_answered(self, night: str) -> bool:
        sql = "select exists (select 1 from finder_nights where night = ? and asked > 0)"
        return bool(self.db.execute(sql, [night]).fetchone()[0])

    def last_night(self, finder: str, before: str) -> str | None:
        """On which it was asked all that there was to ask; a day."""
        sql = "select max(night) from finder_nights where finder = ? and night < ? and state = 'ok'"
        row = self.db.execute(sql, [finder, before]).fetchone()
        return None if row[0] is None else str(row[0])

    def waits(self, finder: str) -> str | None:
        """Until when it has asked to be left alone, UTC."""
        sql = "select max(waits_until) from finder_nights where finder = ?"
        row = self.db.execute(sql, [finder]).fetchone()
        return None if row[0] is None else str(row[0])
