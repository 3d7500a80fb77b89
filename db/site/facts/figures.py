"""What articles say in figures: each value with the articles that have it, and the sentences it stands in."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from db.export.tables import Selection
from db.store.enrichment.facts import FIGURE_KINDS

VALUES = 12  # rows of the picture: the values that most articles have
SENTENCES = 50  # a page

_VALUES = """select f.value, f.high, f.unit, f.article, a.day, a.source, a.kind, coalesce(c.group_id, f.article) as text
from figures as f join articles as a on a.id = f.article left join copies as c on c.article = f.article
where f.kind = ? group by 1, 2, 3, 4"""
_SENTENCES = """select f.article, f.text, f.hedge, f.place, f."by", f.sentence, a.day, a.source, a.title, a.lang
from figures as f join articles as a on a.id = f.article
where f.kind = ? and f.value = ? and f.high is ? and f.unit = ?
order by a.day is null, a.day desc, f.article, f.start"""
_LISTED = """select f.article, a.day, a.source, a.kind as source_kind, a.title, a.url, f.kind, f.value, f.high, f.unit,
f.hedge, f.place, f."by", f.text, f.sentence from figures as f join articles as a on a.id = f.article
where f.kind = ? order by a.day, f.article, f.start"""
LISTED = tuple("article day source source_kind title url kind value high unit hedge place by text sentence".split())


class Value(NamedTuple):
    value: float | str  # of a date a day
    high: float | None
    unit: str


class ValueUse(NamedTuple):
    """An article that has a value."""

    article: int
    day: str | None
    source: str
    kind: str | None  # of the source


@dataclass(frozen=True, slots=True)
class ValueUses:
    value: Value
    uses: tuple[ValueUse, ...]  # the earliest first, those without a day at the end
    texts: int  # articles, copies folded

    @property
    def dated(self) -> list[ValueUse]:
        return [use for use in self.uses if use.day]


class SentenceRow(NamedTuple):
    article: int
    text: str
    hedge: str | None
    place: str | None
    by: str | None
    sentence: str
    day: str | None
    source: str
    title: str
    lang: str | None

    @property
    def parts(self) -> tuple[str, str, str]:
        return parted(self.sentence, self.text)


def parted(sentence: str, words: str) -> tuple[str, str, str]:
    """What stands before the words, they, and what is behind them."""
    before, words, behind = sentence.partition(words)
    return before, words, behind


def kinds(connection: sqlite3.Connection) -> dict[str, int]:
    """How many articles have a figure of each kind."""
    rows = dict(connection.execute("select kind, count(distinct article) from figures group by kind").fetchall())
    return {kind: rows[kind] for kind in FIGURE_KINDS if kind in rows}


def values(connection: sqlite3.Connection, kind: str) -> list[ValueUses]:
    """The value that most articles have comes first."""
    return uses_by_value(connection.execute(_VALUES, [kind]))


def uses_by_value(rows: Iterable[tuple[Any, ...]]) -> list[ValueUses]:
    """The value that most articles have comes first.

    `rows`: (value, high, unit, article, day, source, its kind, number of the text)
    """
    uses: defaultdict[Value, list[ValueUse]] = defaultdict(list)
    texts: defaultdict[Value, set[int]] = defaultdict(set)
    for value, high, unit, article, day, source, kind, text in rows:
        each = Value(value, high, unit)
        uses[each].append(ValueUse(article, known_day(day), source, kind))
        texts[each].add(text)
    by_value = [
        ValueUses(value, tuple(sorted(each, key=lambda use: (use.day or "9999", use.article))), len(texts[value]))
        for value, each in uses.items()
    ]
    return sorted(by_value, key=lambda each: (-len(each.uses), str(each.value)))


def known_day(day: str | None) -> str | None:
    with suppress(ValueError, TypeError):  # what a page said
        return date.fromisoformat(str(day)).isoformat()
    return None


def sentences(connection: sqlite3.Connection, kind: str, value: Value, page: int) -> list[SentenceRow]:
    row = [kind, value.value, value.high, value.unit, SENTENCES, (page - 1) * SENTENCES]
    return [SentenceRow(*each) for each in connection.execute(f"{_SENTENCES} limit ? offset ?", row)]


def listed(connection: sqlite3.Connection, kind: str) -> Selection:
    """All figures of a kind, with their sentences, for a spreadsheet."""
    rows: list[Sequence[object]] = connection.execute(_LISTED, [kind]).fetchall()
    return Selection("figures", LISTED, len(rows), iter(rows))
