"""Who says what: speakers with their quotations over time."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from db.export.tables import Selection
from db.site.facts.figures import ValueUses, uses_by_value

QUOTES = 50  # a page

_SPEAKERS = """select q.speaker, null, '', q.article, a.day, a.source, a.kind, coalesce(c.group_id, q.article)
from quotes as q join articles as a on a.id = q.article left join copies as c on c.article = q.article
where q.speaker is not null group by q.speaker, q.article"""
_QUOTES = """select q.article, q.text, a.day, a.source, a.title, a.lang
from quotes as q join articles as a on a.id = q.article
where q.speaker = ? and ? in ('', a.kind) order by a.day is null, a.day desc, q.article, q.start"""
_LISTED = """select q.article, a.day, a.source, a.kind as source_kind, a.title, a.url, q.speaker, q.text, q.sentence
from quotes as q join articles as a on a.id = q.article where ? in ('', a.kind) order by a.day, q.article, q.start"""
_NUMBER = """select count(*) from quotes as q join articles as a on a.id = q.article
where q.speaker = ? and ? in ('', a.kind)"""
LISTED = tuple("article day source source_kind title url speaker text sentence".split())


class QuoteCard(NamedTuple):
    article: int
    text: str
    day: str | None
    source: str
    title: str
    lang: str | None


def speakers(connection: sqlite3.Connection) -> list[ValueUses]:
    """Each as a value of the articles that quote them; whom most articles quote comes first."""
    return uses_by_value(connection.execute(_SPEAKERS))


def quotes_of(connection: sqlite3.Connection, speaker: str, page: int, source_kind: str = "") -> list[QuoteCard]:
    row = [speaker, source_kind, QUOTES, (page - 1) * QUOTES]
    return [QuoteCard(*each) for each in connection.execute(f"{_QUOTES} limit ? offset ?", row)]


def count_of(connection: sqlite3.Connection, speaker: str, source_kind: str = "") -> int:
    return int(connection.execute(_NUMBER, [speaker, source_kind]).fetchone()[0])


def listed(connection: sqlite3.Connection, source_kind: str = "") -> Selection:
    """All quotations, for a spreadsheet."""
    rows: list[Sequence[object]] = connection.execute(_LISTED, [source_kind]).fetchall()
    return Selection("quotes", LISTED, len(rows), iter(rows))
