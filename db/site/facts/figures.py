"""What articles say in figures: each value with the articles that have it, and the sentences it stands in."""

import sqlite3
from collections import Counter, defaultdict
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
where f.kind = ? and f.value = ? and f.high is ? and f.unit = ? and ? in ('', a.kind)
order by a.day is null, a.day desc, f.article, f.start"""
_LISTED = """select f.article, a.day, a.source, a.kind as source_kind, a.title, a.url, f.kind, f.value, f.high, f.unit,
f.hedge, f.place, f."by", f.text, f.sentence from figures as f join articles as a on a.id = f.article
where f.kind = ? and ? in ('', a.kind) order by a.day, f.article, f.start"""
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
    text: int  # the same for copies


@dataclass(frozen=True, slots=True)
class ValueUses:
    value: Value
    uses: tuple[ValueUse, ...]  # the earliest first, those without a day at the end

    @property
    def texts(self) -> int:
        return len({use.text for use in self.uses})

    @property
    def dated(self) -> list[ValueUse]:
        return [use for use in self.uses if use.day]

    @property
    def came_up(self) -> str:
        """The day of the first article with it; none where no day is known."""
        return next((use.day for use in self.uses if use.day), "")


class LastValue(NamedTuple):
    """What an outlet gave in its last article with a value."""

    uses: ValueUses
    use: ValueUse
    newer: ValueUses | None  # what others had given by then, and had come up later


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
    for value, high, unit, article, day, source, kind, text in rows:
        each = Value(value, high, unit)
        uses[each].append(ValueUse(article, known_day(day), source, kind, text))
    return most_first(
        ValueUses(value, tuple(sorted(each, key=lambda use: (use.day or "9999", use.article))))
        for value, each in uses.items()
    )


def most_first(values: Iterable[ValueUses]) -> list[ValueUses]:
    return sorted(values, key=lambda each: (-len(each.uses), str(each.value)))


def narrowed(values: Iterable[ValueUses], source_kind: str, folded: bool) -> list[ValueUses]:
    """Those of one kind of outlet, if there is one; `folded`: of each text the first article alone."""
    found = []
    for each in values:
        uses = [use for use in each.uses if source_kind in ("", use.kind)]
        if folded:
            uses = list({use.text: use for use in reversed(uses)}.values())[::-1]
        if uses:
            found.append(ValueUses(each.value, tuple(uses)))
    return most_first(found)


def source_kinds(values: Iterable[ValueUses]) -> list[tuple[str, int]]:
    """The kinds of outlets that give any, each with its articles; most first."""
    kind_of = {use.article: use.kind for each in values for use in each.uses if use.kind}
    return sorted(Counter(kind_of.values()).items(), key=lambda pair: (-pair[1], pair[0]))


def last_values(values: Sequence[ValueUses]) -> list[LastValue]:
    """Of each outlet, the latest first. Values that no two outlets give say nothing of others, nor do other units."""
    shared = [each for each in values if len({use.source for use in each.uses}) > 1 and each.came_up]
    unit = shared[0].value.unit if shared else ""
    shared = sorted((each for each in shared if each.value.unit == unit), key=lambda each: each.came_up)
    last: dict[str, LastValue] = {}
    for each in shared:
        for use in each.dated:
            known = last.get(use.source)
            if known is None or (use.day or "") >= (known.use.day or ""):
                last[use.source] = LastValue(each, use, None)
    outlets = [
        each._replace(newer=newest)
        if (newest := _newest(shared, each.use.day or "")) and newest.came_up > each.uses.came_up
        else each
        for each in last.values()
    ]
    return sorted(outlets, key=lambda each: (each.use.day or "", each.use.source), reverse=True)


def _newest(in_order: Sequence[ValueUses], day: str) -> ValueUses | None:
    """The last that had come up before a day."""
    return next((each for each in reversed(in_order) if each.came_up < day), None)


def known_day(day: str | None) -> str | None:
    with suppress(ValueError, TypeError):  # what a page said
        return date.fromisoformat(str(day)).isoformat()
    return None


def sentences(
    connection: sqlite3.Connection, kind: str, value: Value, page: int, source_kind: str = ""
) -> list[SentenceRow]:
    row = [kind, value.value, value.high, value.unit, source_kind, SENTENCES, (page - 1) * SENTENCES]
    return [SentenceRow(*each) for each in connection.execute(f"{_SENTENCES} limit ? offset ?", row)]


def listed(connection: sqlite3.Connection, kind: str, source_kind: str = "") -> Selection:
    """All figures of a kind, with their sentences, for a spreadsheet."""
    rows: list[Sequence[object]] = connection.execute(_LISTED, [kind, source_kind]).fetchall()
    return Selection("figures", LISTED, len(rows), iter(rows))
