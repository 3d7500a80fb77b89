"""What was refused as a mention or as off the topic: the nearest to it first, and what would have put it there."""

import shlex
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from db.days import day_of
from db.export.tables import Selection
from db.outcomes import Code, Outcome, say
from db.weighing import Weight, weighing

PAGE = 25
STRONGEST = 4  # reasons of each that its page shows
COLUMNS = ("url", "title", "source", "day", "score", "reasons", "decision", "why")

# Word for word the condition of the index, which SQLite would pass over for that on reasons, and then sort.
_NEAR = """refusals indexed by idx_refusals_near
where features is not null and reason in ('mention', 'off_topic')"""
COUNT = f"select count(*) from {_NEAR}"
LISTED = f"""select url, title, source, published, reason, score, outcome from {_NEAR}
order by score desc, id desc limit :limit offset :offset"""


@dataclass(frozen=True, slots=True)
class NearMiss:
    url: str
    title: str | None
    source: str
    day: str | None
    reason: str
    score: float
    weights: tuple[Weight, ...]  # the heaviest first
    condition: Outcome | None  # what would have put it on the topic, where one thing would

    @property
    def command(self) -> str:
        """What takes it into the archive."""
        return f'revierspiegel decide {shlex.quote(self.url)} keep --why "…"'


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute(COUNT).fetchone()[0])


def page_of(connection: sqlite3.Connection, number: int) -> list[NearMiss]:
    return list(_read(connection, PAGE, (number - 1) * PAGE))


def selection(connection: sqlite3.Connection) -> Selection:
    """All of them for a spreadsheet, in the reader's language. A person fills in the last two columns, which
    `decide --from` reads."""
    rows = (
        (miss.url, miss.title, miss.source, miss.day, miss.score, _in_words(miss), None, None)
        for miss in _read(connection, -1, 0)
    )
    return Selection("near_misses", COLUMNS, count(connection), rows)


def _read(connection: sqlite3.Connection, limit: int, offset: int) -> Iterator[NearMiss]:
    cursor = connection.execute(LISTED, {"limit": limit, "offset": offset})
    names = [column[0] for column in cursor.description]
    return (_near_miss(dict(zip(names, row, strict=True))) for row in cursor)


def _near_miss(row: Mapping[str, Any]) -> NearMiss:
    day = None
    with suppress(ValueError, OverflowError):  # what a page or a feed said
        day = day_of(row["published"])
    weighed = weighing(row["outcome"])
    conditions = (each for each in (weighed.others if weighed else ()) if each.code is Code.WOULD_BE_ON)
    return NearMiss(
        url=row["url"],
        title=row["title"],
        source=row["source"],
        day=day,
        reason=row["reason"],
        score=row["score"],
        weights=weighed.strongest if weighed else (),
        condition=next(conditions, None),
    )


def _in_words(miss: NearMiss) -> str:
    weights = [Code.WEIGHED.of(reason=weight.reason, weight=weight.value) for weight in miss.weights]
    return say([*weights, *filter(None, [miss.condition])])
