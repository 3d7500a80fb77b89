"""How many articles, and how many texts, a query finds: altogether, and of each source, kind, month and so on.

A text is a group of articles that copy one another, or an article that is in no group.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import add

from db.language import t
from db.search.query import QueryError
from db.search.ranking import ExpandedQuery, combinations, matching
from db.store.newsrooms import CHANGING, UNCHANGING, voice

FACETS = ("source", "newsroom", "kind", "lang", "access", "role", "year", "month")

BITS = 20  # of a number, for the values of a facet
MASK = (1 << BITS) - 1
FEW = 5_000  # combinations; of more all are read

Counts = dict[str, Counter[str]]  # facet → value → articles, or texts
Coded = tuple[list[str], list[int]]  # values, and for each article the place of its own among them


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
    counts = _articles(connection, query)
    articles = counts["source"].total()
    sql, params = matching(query, "x.combination, p.group_id, p.role")
    copies = connection.execute(sql, params).fetchall()
    counts["role"] = Counter(role for *_, role in copies)
    in_groups = [copy for copy in copies if copy[1] is not None]
    groups = {group for _, group, _ in in_groups}
    if folded and groups:
        _fold(connection, counts, in_groups)
    in_order = {name: _in_order(name, +counts[name]) for name in names}
    return Tally(articles, articles - len(in_groups) + len(groups), in_order)


def _articles(connection: sqlite3.Connection, query: ExpandedQuery) -> Counts:
    combinations_sql, params = combinations(query)
    # Months apart from the rest: together they make thousands of rows, which took twice as long.
    of_each = "select {0}, sum(f.number) from found as f join _combinations as c using (id) {1}"
    rest = of_each.format("'rest', source, kind, lang, access", "group by source, kind, lang, access")
    months = of_each.format("'month', month, null, null, null", "group by month")
    changing = f"where source in ({CHANGING}) group by source, month"
    newsrooms = of_each.format(f"'newsroom', {voice('c')}, null, null, null", changing)
    counts: Counts = {name: Counter() for name in FACETS}
    sql = f"with found as materialized ({combinations_sql}) {rest} union all {months} union all {newsrooms}"
    for what, value, *others, number in connection.execute(sql, params):
        if what == "rest":
            for name, each in zip(("source", "kind", "lang", "access"), (value, *others), strict=True):
                counts[name][each] += number
        else:
            counts[what][value] += number
    for month, number in counts["month"].items():
        counts["year"][month[:4]] += number
    for source, name in connection.execute(UNCHANGING):
        counts["newsroom"][name] += counts["source"][source]
    return counts


def _fold(connection: sqlite3.Connection, counts: Counts, copies: Sequence[tuple[int, int, str]]) -> None:
    """In place of the articles of a group, the group once for each value that it has.

    Column by column, each group and value as one number: of 30,000 articles 100 ms, and row by row 400.
    """
    combinations, groups, roles = zip(*copies, strict=True)
    shifted = [group << BITS for group in groups]
    for name, (values, codes) in (_coded(connection, combinations) | {"role": _of_roles(roles)}).items():
        articles = Counter(codes)
        texts = Counter([pair & MASK for pair in set(map(add, shifted, codes))])
        for code, value in enumerate(values):
            counts[name][value] -= articles[code] - texts[code]


def _of_roles(roles: Sequence[str]) -> Coded:
    values = list(dict.fromkeys(roles))
    return values, list(map(values.index, roles))


def _coded(connection: sqlite3.Connection, combinations: Sequence[int]) -> dict[str, Coded]:
    """Of each facet its values, and as their numbers what the combinations have there."""
    names = ("source", "kind", "lang", "access", "month", "year")
    wanted, conditions = set(combinations), ""
    if len(wanted) < FEW:
        conditions = f"where id in ({', '.join(map(str, wanted))})"
    sql = "select id, source, kind, lang, access, month, substr(month, 1, 4) from _combinations"
    ids, *columns = zip(*connection.execute(f"{sql} {conditions}"), strict=True)
    named = dict(zip(names, columns, strict=True)) | {"newsroom": _voices(connection, columns[0], columns[4])}
    coded = dict[str, Coded]()
    for name, column in named.items():
        code_of = {value: code for code, value in enumerate(dict.fromkeys(column))}
        code_of_id = dict(zip(ids, map(code_of.__getitem__, column), strict=True))
        coded[name] = list(code_of), list(map(code_of_id.__getitem__, combinations))
    return coded


def _voices(connection: sqlite3.Connection, sources: Sequence[str], months: Sequence[str]) -> list[str]:
    changing = f"select source, month, {voice('c')} from _combinations as c where source in ({CHANGING})"
    in_month = {(source, month): name for source, month, name in connection.execute(changing)}
    always = dict(connection.execute(UNCHANGING).fetchall())
    return [in_month.get(place) or always[place[0]] for place in zip(sources, months, strict=True)]


def _in_order(name: str, numbers: Counter[str]) -> list[tuple[str, int]]:
    if name in ("year", "month"):
        return sorted(numbers.items(), reverse=True)
    return sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))
