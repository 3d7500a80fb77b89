"""How many articles, and how many texts, a query finds: altogether, and of each source, kind, month and so on.

A text is a group of articles that copy one another, or an article that is in no group.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from db.language import t
from db.search.query import QueryError
from db.search.ranking import ExpandedQuery, combinations, matching
from db.store.changed import BITS
from db.store.counts import COMBINED
from db.store.newsrooms import CHANGING, UNCHANGING, voice

FACETS = ("source", "newsroom", "kind", "lang", "access", "role", "change", "year", "month")

Counts = dict[str, Counter[str]]  # facet → value → articles, or texts
Member = tuple[int, tuple[int, ...]]  # of a group: the article's combination, and the numbers of its other values

CHANGES_OF_COPY = "coalesce((select kinds from _changed as c where c.article = p.article), 0)"


@dataclass(frozen=True, slots=True)
class Tally:
    articles: int
    texts: int
    counts: dict[str, list[tuple[str, int]]]  # most first, years and months newest first


def tally(
    connection: sqlite3.Connection, query: ExpandedQuery, names: Sequence[str] = FACETS, folded: bool = False
) -> Tally:
    """`folded`: of each value the texts are counted that have an article with it, so not all of them sum up."""
    if unknown := set(names) - set(FACETS):
        raise QueryError(t("query.no_facet", name=sorted(unknown)[0], known=", ".join(FACETS)))
    values = _Values()
    articles = _count_articles(connection, query, values)
    _count_changes(connection, query, values)
    groups = _count_roles(connection, query, values, folded)
    texts = articles - sum(map(len, groups)) + len(groups)
    if folded:
        values.fold(group for group in groups if len(group) > 1)
    counts = values.counts()
    return Tally(articles, texts, {name: _in_order(name, counts[name]) for name in names})


class _Values:
    """The values of all facets, each by a number; and how many have it.

    Of 30,000 articles in groups the numbers are folded in 10 ms; each group and value as a pair took 150.
    """

    def __init__(self) -> None:
        self.number_of: defaultdict[tuple[str, str], int] = defaultdict()
        self.number_of.default_factory = self.number_of.__len__
        self.having: Counter[int] = Counter()
        self.of_combination: dict[int, tuple[int, ...]] = {}

    def numbered(self, facet: str, column: Sequence[str]) -> list[int]:
        numbers = {value: self.number_of[facet, value] for value in dict.fromkeys(column)}
        return list(map(numbers.__getitem__, column))

    def of_changes(self, kinds: int) -> tuple[int, ...]:
        return tuple(self.number_of["change", kind] for kind, bit in BITS.items() if kinds & bit)

    def fold(self, groups: Iterable[Sequence[Member]]) -> None:
        """In place of the articles of a group, the group once for each value that it has."""
        last, again, of_combination = [-1] * len(self.number_of), [0] * len(self.number_of), self.of_combination
        for group, members in enumerate(groups):
            for combination, others in members:
                for value in of_combination.get(combination, ()) + others:
                    if last[value] == group:
                        again[value] += 1
                    else:
                        last[value] = group
        self.having.subtract(dict(enumerate(again)))

    def counts(self) -> Counts:
        counts: Counts = {name: Counter() for name in FACETS}
        for (facet, value), number in self.number_of.items():
            counts[facet][value] = self.having[number]
        return counts


def _count_articles(connection: sqlite3.Connection, query: ExpandedQuery, values: _Values) -> int:
    """By all that is kept of an article. Returns how many there are."""
    sql, params = combinations(query)
    wanted = _lists("c.id", "f.number", *(f"c.{name}" for name in COMBINED))
    sql = f"with found as materialized ({sql}) select {wanted} from found as f join _combinations as c using (id)"
    ids, numbers, *columns = _read_lists(connection, sql, params)
    named = dict(zip(COMBINED, columns, strict=True))
    named["year"] = [month[:4] for month in named["month"]]
    named["newsroom"] = _voices(connection, named["source"], named["month"])
    numbered = [values.numbered(facet, column) for facet, column in named.items()]
    having = [0] * len(values.number_of)
    for column in numbered:
        for value, number in zip(column, numbers, strict=True):
            having[value] += number
    values.having.update(dict(enumerate(having)))
    values.of_combination = dict(zip(ids, zip(*numbered, strict=True), strict=True))
    return sum(numbers)


def _count_changes(connection: sqlite3.Connection, query: ExpandedQuery, values: _Values) -> None:
    (changes,) = _read_lists(connection, *matching(query, _lists("k.kinds")))
    for kinds, number in Counter(changes).items():
        for value in values.of_changes(kinds):
            values.having[value] += number


def _count_roles(
    connection: sqlite3.Connection, query: ExpandedQuery, values: _Values, with_changes: bool
) -> Collection[Sequence[Member]]:
    """Returns the groups, with those of their articles that are found."""
    columns = _lists("p.group_id", "x.combination", "p.role", CHANGES_OF_COPY if with_changes else "0")
    groups, combinations, roles, changes = _read_lists(connection, *matching(query, columns))
    for role, number in Counter(roles).items():
        values.having[values.number_of["role", role]] += number
    pairs = list(zip(roles, changes, strict=True))
    others = {pair: (values.number_of["role", pair[0]], *values.of_changes(pair[1])) for pair in set(pairs)}
    members = defaultdict[int, list[Member]](list)
    for group, combination, pair in zip(groups, combinations, pairs, strict=True):
        if group is not None:
            members[group].append((combination, others[pair]))
    return members.values()


def _lists(*columns: str) -> str:
    """Each column as a list in JSON: to hand all rows over one by one took four times as long."""
    return ", ".join(f"json_group_array({column})" for column in columns)


def _read_lists(connection: sqlite3.Connection, sql: str, params: Sequence[Any]) -> list[list[Any]]:
    return list(map(json.loads, connection.execute(sql, params).fetchone()))


def _voices(connection: sqlite3.Connection, sources: Sequence[str], months: Sequence[str]) -> list[str]:
    changing = f"select source, month, {voice('c')} from _combinations as c where source in ({CHANGING})"
    in_month = {(source, month): name for source, month, name in connection.execute(changing)}
    always = dict(connection.execute(UNCHANGING).fetchall())
    return [in_month.get(place) or always.get(place[0], place[0]) for place in zip(sources, months, strict=True)]


def _in_order(name: str, numbers: Counter[str]) -> list[tuple[str, int]]:
    pairs = (+numbers).items()
    if name in ("year", "month"):
        return sorted(pairs, reverse=True)
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
