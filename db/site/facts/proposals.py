"""Names that recur in articles and are in no list, each with sentences: for a person to decide."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from db.export.tables import Selection
from db.site.facts.figures import known_day
from db.site.facts.places import PlaceSentence

PAGE = 25
UNKNOWN = "unknown"  # the kind of what may be anything
KINDS = ("person", "body", "place", UNKNOWN)
LISTED = tuple("name kind articles texts mentions first_day last_day".split())
_ORDER = "order by texts desc, articles desc, mentions desc, name"
_OF_KIND = "where :kind is null or coalesce(kind, 'unknown') = :kind"
_SENTENCES = """select p.article, p.name, p.sentence, a.day, a.source, a.title, a.lang
from proposal_sentences as p join articles as a on a.id = p.article where p.name = ?
order by a.day is null, a.day desc, p.article desc"""


class ProposedName(NamedTuple):
    name: str
    kind: str | None
    articles: int
    texts: int  # copies folded
    mentions: int
    first_day: str | None
    last_day: str | None
    sentences: Sequence[PlaceSentence] = ()


def count(connection: sqlite3.Connection) -> dict[str, int]:
    """By kind."""
    return dict(connection.execute("select coalesce(kind, 'unknown'), count(*) from proposals group by 1").fetchall())


def proposals(connection: sqlite3.Connection, kind: str | None, page: int) -> list[ProposedName]:
    sql = f"select {_columns()} from proposals {_OF_KIND} {_ORDER} limit :size offset :start"
    values = {"kind": kind, "size": PAGE, "start": (page - 1) * PAGE}
    found = [ProposedName(*row) for row in connection.execute(sql, values).fetchall()]
    return [
        each._replace(
            first_day=known_day(each.first_day),
            last_day=known_day(each.last_day),
            sentences=[PlaceSentence(*row) for row in connection.execute(_SENTENCES, [each.name])],
        )
        for each in found
    ]


def listed(connection: sqlite3.Connection, kind: str | None) -> Selection:
    sql = f"select {_columns()} from proposals {_OF_KIND} {_ORDER}"
    rows: list[Sequence[object]] = connection.execute(sql, {"kind": kind}).fetchall()
    return Selection("proposals", LISTED, len(rows), iter(rows))


def _columns() -> str:
    return ", ".join(LISTED)
