"""Tables `alarms` and `letters`: what an operator has been told, and when."""

from collections.abc import Iterable
from typing import TypedDict

from db.store.rows import Family

TABLES = (
    "create table alarms (cause text not null, first_at text not null, last_at text not null, told_at text,"
    " times integer not null, over_at text, detail text not null, outcome text not null,"
    " primary key (cause, first_at))",
    "create table letters (week text primary key not null, sent_at text not null)",
)


class AlarmRow(TypedDict):
    """One time that something was wrong: until `over_at`, or still. Moments are ISO 8601 in UTC."""

    cause: str
    first_at: str
    last_at: str
    told_at: str | None  # last
    times: int  # how often it was told
    over_at: str | None
    detail: str
    outcome: str


class LetterRow(TypedDict):
    week: str  # of the calendar, as 2026-W48
    sent_at: str


class AlarmStore(Family):
    def put(self, rows: Iterable[AlarmRow]) -> None:
        with self.db.atomic():
            self.db.table("alarms").upsert_all(map(dict, rows), pk=("cause", "first_at"))

    def latest(self) -> list[AlarmRow]:
        """Of each cause the last time, the oldest first."""
        if not self.db.table("alarms").exists():  # only read, and not written by this program yet
            return []
        newest = "select cause, max(first_at) from alarms group by cause"
        return list(
            self._query(AlarmRow, f"select * from alarms where (cause, first_at) in ({newest}) order by first_at")
        )

    def letter_of(self, week: str) -> bool:
        """Whether that week's letter has been sent."""
        return bool(self.db.execute("select exists (select 1 from letters where week = ?)", [week]).fetchone()[0])

    def note_letter(self, letter: LetterRow) -> None:
        with self.db.atomic():
            self.db.table("letters").upsert(dict(letter), pk="week")
