"""Table `faults`: what our own code could not do with what is kept, until it has gone well again."""

from typing import TypedDict

from db.outcomes import Outcome
from db.store.rows import Family, in_words, now

TABLE = (
    "create table faults (step text primary key not null, first_at text not null, at text not null,"
    " times integer not null, detail text not null, outcome text not null)"
)


class FaultRow(TypedDict):
    step: str
    first_at: str
    at: str
    times: int
    detail: str
    outcome: str


class FaultStore(Family):
    def note(self, step: str, outcome: Outcome) -> None:
        sql = (
            "insert into faults values (:step, :at, :at, 1, :detail, :outcome)"
            " on conflict (step) do update set at = :at, times = times + 1, detail = :detail, outcome = :outcome"
        )
        self._write(sql, {"step": step, "at": now()} | in_words(outcome))

    def every(self) -> list[FaultRow]:
        return list(self._query(FaultRow, "select * from faults order by step"))

    def over(self, step: str) -> None:
        """It has gone well."""
        self._write("delete from faults where step = ?", [step])
