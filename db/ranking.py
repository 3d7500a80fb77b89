"""A query → the numbers of the articles that it finds, in an order: SQL for FTS5's index and the index of facts."""

import math
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from db.expand import Expanded, Group, Wording, excluding, expand
from db.query import Query, parse
from db.vocabulary import Vocabulary
from db.words import folded, tokens

TITLE_WEIGHT, TEXT_WEIGHT = 10.0, 1.0  # bm25: a word in the title says more about an article than one in its text
ALONE = 6  # forms of a word that are ranked one by one; rarer ones together
MOST_PARTS = 200  # SQLite joins at most 500 selects; a longer query is ranked as FTS5 does
LARGE = 5_000  # articles: from here on a word that most of them have is not worth a look at each
COMMON = 1e-6  # FTS5's rarity of what more than half of all articles have

FACTS = "articles as a indexed by idx_articles_facts"
_BM25 = (
    f"select rowid as id, bm25(articles_fts, {TITLE_WEIGHT}, {TEXT_WEIGHT}) * ? as place"
    " from articles_fts where articles_fts match ?"
)

Sql = tuple[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, with what it means in this archive."""

    connection: sqlite3.Connection
    query: Query
    vocabulary: Vocabulary
    expanded: Expanded

    def articles_with(self, phrase: Wording) -> int:
        words = tokens(phrase.text)
        if len(words) == 1 and not phrase.star:
            return self.vocabulary.articles_with(folded(words[0]))
        sql = "select count(*) from articles_fts where articles_fts match ?"
        return int(self.connection.execute(sql, [str(phrase)]).fetchone()[0])


@dataclass(frozen=True, slots=True)
class Ids:
    """`sql` gives id and place; `order` says which place is first."""

    sql: str
    given: list[Any]
    order: str


def ask(connection: sqlite3.Connection, query: Query | str) -> Asked:
    """Raises QueryError."""
    query = parse(query) if isinstance(query, str) else query
    vocabulary = Vocabulary(connection)
    return Asked(connection, query, vocabulary, expand(query, vocabulary))


def where(asked: Asked) -> Sql:
    """On articles as `a`."""
    clauses, given = ["a.id is not null"], []
    if asked.expanded.expression:
        clauses.append("a.id in (select rowid from articles_fts where articles_fts match ?)")
        given.append(asked.expanded.expression)
    elif without := excluding(asked.query, asked.vocabulary):
        clauses.append("a.id not in (select rowid from articles_fts where articles_fts match ?)")
        given.append(without)
    for clause, values in conditions(asked.query):
        clauses.append(clause)
        given.extend(values)
    return " and ".join(clauses), given


_CLAUSES = {
    "from": "{0}.published >= ?",
    "to": "{0}.published < ?",
    # by its short name, or by the name on its front page
    "source": "{0}.source in (?, lower(?), (select id from sources where spelling(name) = spelling(?)))",
    "author": "(select instr(spelling(b.authors), spelling(?)) > 0 from articles as b where b.id = {0}.id)",
}


def conditions(query: Query, table: str = "a") -> Iterator[Sql]:
    """The fields of a query as conditions on `articles`, here called `table`."""
    for field in dict.fromkeys(each.field for each in query.filters):
        for negative in (False, True):
            values = [each.value for each in query.filters if (each.field, each.negative) == (field, negative)]
            if values:
                one = _CLAUSES.get(field, f"{{0}}.{field} = ?").format(table)
                clause = " or ".join([one] * len(values))
                given = [value for value in values for _ in range(one.count("?"))]
                yield (f"not coalesce({clause}, 0)" if negative else f"({clause})"), given


def newest(asked: Asked) -> Ids:
    condition, given = where(asked)
    # in the order of its index SQLite stops at the last that is shown; for fields it would have to read each article
    rows = FACTS if asked.query.filters else "articles as a indexed by idx_articles_published_utc"
    return Ids(f"select a.id, a.published_utc as place from {rows} where {condition}", given, "place desc, id desc")


def best(asked: Asked) -> Ids:
    """By bm25, which in FTS5 takes each form of a word for a word of its own: a rare form would count for most.

    Here each form's bm25 is brought to the rarity of the word as a whole.
    """
    expanded = asked.expanded
    if expanded.expression is None:
        return newest(asked)
    everything = int(asked.connection.execute("select count(*) from articles").fetchone()[0])
    groups = [(group, _sizes(asked, group)) for either in expanded.wanted for group in either]
    if everything > LARGE:
        telling = [(group, sizes) for group, sizes in groups if _rarity(sum(sizes.values()), everything) > COMMON]
        if not telling:
            return _in_titles(asked)
        if len(telling) < len(groups) and all(len(either) == 1 for either in expanded.wanted):
            groups = telling
    parts = [part for group, sizes in groups for part in _parts(group, sizes, everything)]
    if len(parts) > MOST_PARTS:
        parts = [(expanded.expression, 1.0)]
    given = [value for expression, factor in parts for value in (factor, expression)]
    select, wanted = _BM25, ""
    if len(expanded.wanted) > 1 or asked.query.unwanted or asked.query.filters:
        condition, values = where(asked)
        wanted = f"with wanted as materialized (select a.id from {FACTS} where {condition}) "
        # with a plus, lest SQLite ask the index anew for each of them
        select, given = f"{_BM25} and +rowid in wanted", [*values, *given]
    if len(parts) == 1:  # with a sum SQLite would ask for the bm25 where there is none any more
        return Ids(wanted + select, given, "place, id desc")
    scores = " union all ".join([select] * len(parts))
    return Ids(f"{wanted}select id, sum(place) as place from ({scores}) group by id", given, "place, id desc")


def _in_titles(asked: Asked) -> Ids:
    """Words that most articles have say nothing of any: those with one in the title first, then the newest."""
    condition, given = where(asked)
    title = " OR ".join(f"title : {group}" for either in asked.expanded.wanted for group in either if not group.title)
    told = "0" if not title else "a.id in (select rowid from articles_fts where articles_fts match ?)"
    place = f"({told}) || coalesce(a.published_utc, '')"
    titles = [title] if title else []
    return Ids(
        f"select a.id, {place} as place from {FACTS} where {condition}", [*titles, *given], "place desc, id desc"
    )


def _sizes(asked: Asked, group: Group) -> dict[Wording, int]:
    """Of those that there are, the most frequent first."""
    sizes = {phrase: asked.articles_with(phrase) for phrase in group.phrases}
    return {phrase: size for phrase, size in sorted(sizes.items(), key=lambda pair: -pair[1]) if size}


def _parts(group: Group, sizes: dict[Wording, int], everything: int) -> Iterator[tuple[str, float]]:
    """Expressions that together find what the group finds, each with a factor for its bm25."""
    if not sizes:
        yield str(group), 1.0
        return
    present = list(sizes)
    rarity = _rarity(sum(sizes.values()), everything)
    for phrase in present[:ALONE]:
        yield str(Group((phrase,), group.title)), phrase.weight * rarity / _rarity(sizes[phrase], everything)
    rest = present[ALONE:]
    for weight in sorted({phrase.weight for phrase in rest}):
        same = tuple(phrase for phrase in rest if phrase.weight == weight)
        usual = sum(_rarity(sizes[phrase], everything) for phrase in same) / len(same)
        yield str(Group(same, group.title)), weight * rarity / usual


def _rarity(found: int, everything: int) -> float:
    """As FTS5 counts it; an index that has more than there is is for the count to find."""
    found = min(found, everything)
    value = math.log((everything - found + 0.5) / (found + 0.5))
    return max(value, COMMON)
