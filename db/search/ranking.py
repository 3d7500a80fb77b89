"""A query → the numbers of the articles that it finds, in an order: SQL for FTS5's index and the index of facts."""

import math
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from db.language import t
from db.search.expansion import Expanded, excluding, expand
from db.search.morphology import folded, tokens
from db.search.public.elsewhere import ELSEWHERE, listed_elsewhere
from db.search.query import Filter, Query, QueryError, parse
from db.search.vocabulary import Vocabulary
from db.search.wording import COMPOUND, Alternatives, Wording
from db.store.changed import BITS
from db.store.counts import COMBINED
from db.store.finders.hosts import OUTSIDE
from db.store.newsrooms import voice

TITLE_WEIGHT, TEXT_WEIGHT = 10.0, 1.0  # bm25: a word in the title says more about an article than one in its text
ALONE = 6  # forms of a word that are ranked one by one; rarer ones together
MOST_PARTS = 200  # SQLite joins at most 500 selects; a longer query is ranked as FTS5 does
LARGE = 5_000  # articles: from here on a word that most of them have is not worth a look at each
LAST = 1e-3  # of the bm25 of a topic, which adds up that of dozens of phrases
COMMON = 1e-6  # FTS5's rarity of what more than half of all articles have
LOOKS = 3_000  # of the newest articles, where many are found

BY_NUMBER = {"change", "role", "figure", "speaker", "place", ELSEWHERE}  # fields that want nothing else of an article

# The first stands for all days of the month.
COMBINATIONS = "(select *, nullif(month, '') || '-01' as day from _combinations) as c"
ONE_OF = "a.id in (select rowid from articles_fts where articles_fts match ?)"
BY_DATE = "articles as a indexed by idx_articles_published_utc"
_BM25 = (
    f"select rowid as id, bm25(articles_fts, {TITLE_WEIGHT}, {TEXT_WEIGHT}) * ? as place"
    " from articles_fts where articles_fts match ?"
)

Sql = tuple[str, list[Any]]


@dataclass(frozen=True, slots=True)
class ExpandedQuery:
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
    """`sql` gives id and place; `order` says which place is first.

    `common`: what those that come first have, newest first, as an expression of FTS5; empty where that is nothing.
    """

    sql: str
    params: list[Any]
    order: str
    common: str | None = None


def ask(connection: sqlite3.Connection, query: Query | str, *, widely: bool = True) -> ExpandedQuery:
    """`widely` as in `expand`. Raises QueryError, also where the archive is older than the search."""
    query = parse(query) if isinstance(query, str) else query
    if not connection.execute("select 1 from sqlite_master where name = '_fact_lines'").fetchone():
        raise QueryError(t("query.old_archive"))
    vocabulary = Vocabulary(connection)
    return ExpandedQuery(connection, query, vocabulary, expand(query, vocabulary, widely=widely))


def conditions(query: Query, table: str, article: str = "") -> Iterator[Sql]:
    """The fields of a query as conditions on `articles`, here called `table`; each flat, whatever number of values.

    `article`: a column that has its number, for the fields that want nothing else of it.
    """
    for field in dict.fromkeys(each.field for each in query.filters):
        for negative in (False, True):
            values = [each.value for each in query.filters if (each.field, each.negative) == (field, negative)]
            if values:
                clause, params = _condition(field, values, negative)
                clause = clause.format(table, article or f"{table}.id")
                yield (f"not coalesce({clause}, 0)" if negative else f"({clause})"), params


def _condition(field: str, values: list[str], negative: bool) -> Sql:
    """That a row has one of the values, but from the latest day and to the earliest.

    {0} stands for its table, {1} for the number of its article.
    """
    holes = ", ".join("?" * len(values))
    match field:
        case "from":
            return "{0}.day >= ?", [min(values) if negative else max(values)]
        case "to":
            return "{0}.day < ?", [max(values) if negative else min(values)]
        case "date":  # the beginning of a day; that of a day that is not known is empty, too
            lengths = sorted({max(len(value), 1) for value in values})
            starts = " or ".join(f"substr(coalesce({{0}}.day, ''), 1, {length}) in ({holes})" for length in lengths)
            return starts, values * len(lengths)
        case "source":  # by its short name, or by the name on its front page
            named = f"select id from sources where spelling(name) in ({', '.join(['spelling(?)'] * len(values))})"
            ids = [*values, *map(str.lower, values)]
            return f"{{0}}.source in ({holes}, {holes}) or {{0}}.source in ({named})", [*ids, *values]
        case "newsroom":
            return f"spelling({voice('{0}')}) in ({', '.join(['spelling(?)'] * len(values))})", list(values)
        case "change":
            return "{1} in (select article from _changed where kinds & ?)", [sum({BITS[value] for value in values})]
        case "role":
            known = [f"{{1}} in (select article from copies where role in ({holes}))"]
            none = ["{1} not in (select article from copies where role is not null)"] if "" in values else []
            return " or ".join([*known, *none]), list(values)
        case "registry":
            return f"{{0}}.source not in ({OUTSIDE})", []
        case "figure":
            return _with_figures(values)
        case "speaker":
            return _with_speakers(values)
        case "place":
            spelled = ", ".join(["spelling(?)"] * len(values))
            named = f"select name from places where spelling(name) in ({spelled})"
            named = f"{named} union values {', '.join(['(?)'] * len(values))}"
            return f"{{1}} in (select article from entities where kind = 'place' and name in ({named}))", values * 2
        case field if field == ELSEWHERE:
            return "{1} in (select value from json_each(?))", values
        case "author":
            written = " or ".join(["instr(spelling(b.authors), spelling(?)) > 0"] * len(values))
            return f"(select {written} from articles as b where b.id = {{0}}.id)", list(values)
        case _:
            return f"coalesce({{0}}.{field}, '') in ({holes})", list(values)


def _with_figures(values: list[str]) -> Sql:
    """Of a range either end is a value."""
    clauses, params = list[str](), list[Any]()
    for kind, equals, value in (each.partition("=") for each in values):
        clauses.append("kind = ? and (value = ? or high = ?)" if equals else "kind = ?")
        params += [kind, value, value] if equals else [kind]
    return f"{{1}} in (select article from figures where {' or '.join(clauses)})", params


def _with_speakers(values: list[str]) -> Sql:
    """By the whole name; where nobody is called so, by a part of it."""
    called = "select speaker, spelling(speaker) as key from quotes where speaker is not null group by 1"
    one = (
        "key = spelling(?) or instr(key, spelling(?)) > 0 and not exists (select 1 from called where key = spelling(?))"
    )
    named = f"select speaker from called where {' or '.join([one] * len(values))}"
    said = f"with called as materialized ({called}) select article from quotes where speaker in ({named})"
    return f"{{1}} in ({said})", [each for value in values for each in (value, value, value)]


def matching(expanded_query: ExpandedQuery, columns: str) -> Sql:
    """`columns` of the articles found: x.article and x.combination, of `articles` (as `a`) what its index has, and of
    `copies` (as `p`), `_changed` (as `k`) or `_fact_lines` (as `l`), where only those are found that have a role,
    changes or lines.

    In the order that is always the fastest: the words, copies or changes, then the few bytes of `_facts`, the articles
    last if at all.
    """
    query, expression = expanded_query.query, expanded_query.expanded.expression
    tables, clauses, params = {"x.article": "_facts as x"}, ["true"], list[Any]()
    if "p." in columns:
        tables = {"p.article": "copies as p", **tables}
        clauses = ["p.role is not null"]
    if "k." in columns:
        tables = {"k.article": "_changed as k", **tables}
    if expression:
        tables = {"f.rowid": "articles_fts as f", **tables}
        clauses, params = ["articles_fts match ?", *clauses], [expression]
    elif without := excluding(query, expanded_query.vocabulary):
        clauses.append("x.article not in (select rowid from articles_fts where articles_fts match ?)")
        params.append(without)
    fine = {condition.field for condition in query.filters if not _of_combinations(condition)}
    if rough := list(conditions(_narrowed(query, lambda field: field not in fine), "c")):
        where = " and ".join(clause for clause, _ in rough)
        clauses.append(f"x.combination in (select id from {COMBINATIONS} where {where})")
        params += [value for _, values in rough for value in values]
    if fine - BY_NUMBER or "a." in columns:
        tables["a.id"] = "articles as a indexed by idx_articles_facts"
    if "l." in columns:
        tables["l.article"] = "_fact_lines as l"
    for clause, values in conditions(_narrowed(query, lambda field: field in fine), "a", "x.article"):
        clauses.append(clause)
        params += values
    if expression and not any("x." in each for each in (columns, *clauses)):
        del tables["x.article"]  # what the index has is in `_facts`
    (key, first_table), *others = tables.items()
    joined = "".join(f" cross join {table} on {other} = {key}" for other, table in others)
    return f"select {columns} from {first_table}{joined} where {' and '.join(clauses)}", params


def _narrowed(query: Query, wanted: Callable[[str], bool]) -> Query:
    return replace(query, filters=tuple(condition for condition in query.filters if wanted(condition.field)))


def _of_combinations(condition: Filter) -> bool:
    """A day is finer than the month that a combination has, unless a month begins with it."""
    if condition.field in ("from", "to"):
        return condition.value.endswith("-01")
    return condition.field in (*COMBINED, "newsroom", "registry") or (
        condition.field == "date" and len(condition.value) <= len("2025-03")
    )


def combinations(expanded_query: ExpandedQuery) -> Sql:
    """Id and number of the kept combinations of source, kind, month and so on that the articles found have."""
    query = expanded_query.query
    if expanded_query.expanded.expression or query.unwanted or not all(map(_of_combinations, query.filters)):
        sql, params = matching(expanded_query, "x.combination as id, count(*) as number")
        return f"{sql} group by 1", params
    rough = list(conditions(query, "c"))
    where = " and ".join(["number", *(clause for clause, _ in rough)])
    return f"select id, number from {COMBINATIONS} where {where}", [value for _, params in rough for value in params]


def everything(connection: sqlite3.Connection) -> int:
    return int(connection.execute("select coalesce(sum(number), 0) from _combinations").fetchone()[0])


def newest(expanded_query: ExpandedQuery) -> Ids:
    expression = expanded_query.expanded.expression
    if expanded_query.query.filters or not expression:
        sql, params = matching(expanded_query, "x.article as id, a.published_utc as place")
        only_excludes = expanded_query.query.unwanted and not expression
        return Ids(sql, params, "place desc, id desc", None if only_excludes else expression or "")
    # in the order of its index SQLite stops at the last that is shown
    sql = f"select a.id, a.published_utc as place from {BY_DATE} where {ONE_OF}"
    return Ids(sql, [expression], "place desc, id desc")


def first(expanded_query: ExpandedQuery, ids: Ids, shown: int, total: int) -> Ids | None:
    """The same from the newest articles alone, where these may do for `shown`.

    To sort all that have a word that most have took 180 ms of 100,000. Not to be asked for one by one: where few are
    found FTS5 reads on to the next, 20 ms for each.
    """
    if ids.common is None or not shown <= total or shown * everything(expanded_query.connection) > LOOKS * total:
        return None
    clauses = [
        f"a.published_utc > coalesce((select published_utc from {BY_DATE} order by 1 desc limit 1 offset {LOOKS}), '')",
        *([ONE_OF] if ids.common else []),
    ]
    params: list[Any] = [ids.common] if ids.common else []
    for clause, values in conditions(expanded_query.query, "a"):
        clauses.append(clause)
        params += values
    sql = f"select a.id, a.published_utc as place from {BY_DATE} where {' and '.join(clauses)}"
    return Ids(sql, params, "place desc, id desc")


def best(expanded_query: ExpandedQuery) -> Ids:
    """By bm25, which in FTS5 takes each form of a word for a word of its own: a rare form would count for most.

    Here each form's bm25 is brought to the rarity of the word as a whole.
    """
    expanded = expanded_query.expanded
    if expanded.expression is None:
        if (listed := listed_elsewhere(expanded_query.query)) is None:
            return newest(expanded_query)
        sql, params = matching(expanded_query, "x.article")
        in_order = f"select value as id, key as place from json_each(?) where value in ({sql})"
        return Ids(in_order, [listed, *params], "place, id desc")
    number = everything(expanded_query.connection)
    groups = [(group, _sizes(expanded_query, group)) for either in expanded.wanted for group in either]
    if number > LARGE:
        selective = [(group, sizes) for group, sizes in groups if _rarity(sum(sizes.values()), number) > COMMON]
        if not selective:
            return _in_titles(expanded_query)
        if len(selective) < len(groups) and all(len(either) == 1 for either in expanded.wanted):
            groups = selective
    parts = [part for group, sizes in groups for part in _parts(group, sizes, number)]
    if len(parts) > MOST_PARTS:
        parts = [(expanded.expression, 1.0)]
    params = [value for expression, factor in parts for value in (factor, expression)]
    select, with_clause = _BM25, ""
    if len(expanded.wanted) > 1 or expanded_query.query.unwanted or expanded_query.query.filters:
        ids, values = matching(expanded_query, "x.article")
        with_clause = f"with wanted as materialized ({ids}) "
        # with a plus, lest SQLite ask the index anew for each of them
        select, params = f"{_BM25} and +rowid in wanted", [*values, *params]
    if len(parts) == 1:  # with a sum SQLite would ask for the bm25 where there is none any more
        return Ids(with_clause + select, params, "place, id desc")
    scores = " union all ".join([select] * len(parts))
    return Ids(f"{with_clause}select id, sum(place) as place from ({scores}) group by id", params, "place, id desc")


def _in_titles(expanded_query: ExpandedQuery) -> Ids:
    """Words that most articles have say nothing of any: those with one in the title first, then the newest."""
    groups = [group for either in expanded_query.expanded.wanted for group in either]
    title = " OR ".join(f"title : {group}" for group in groups if not group.title)
    if not title:
        return newest(expanded_query)
    in_title = "x.article in (select rowid from articles_fts where articles_fts match ?)"
    sql, params = matching(expanded_query, f"x.article as id, ({in_title}) || coalesce(a.published_utc, '') as place")
    return Ids(sql, [title, *params], "place desc, id desc", f"({title}) AND ({expanded_query.expanded.expression})")


def _sizes(expanded_query: ExpandedQuery, group: Alternatives) -> dict[Wording, int]:
    """Of those that there are, the most frequent first."""
    sizes = {phrase: expanded_query.articles_with(phrase) for phrase in group.phrases}
    return {phrase: size for phrase, size in sorted(sizes.items(), key=lambda pair: -pair[1]) if size}


def _parts(group: Alternatives, sizes: dict[Wording, int], everything: int) -> Iterator[tuple[str, float]]:
    """Expressions that together find what the group finds, each with a factor for its bm25."""
    if group.each:
        yield f"title : ({group.all_of_them})" if group.title else group.all_of_them, COMPOUND
    if group.topics:
        yield str(Alternatives((), group.title, topics=group.topics)), LAST
    if not sizes and group.phrases:
        yield str(Alternatives(group.phrases, group.title)), 1.0
        return
    present = list(sizes)
    rarity = _rarity(sum(sizes.values()), everything)
    for phrase in present[:ALONE]:
        yield str(Alternatives((phrase,), group.title)), phrase.weight * rarity / _rarity(sizes[phrase], everything)
    rest = present[ALONE:]
    for weight in sorted({phrase.weight for phrase in rest}):
        same = tuple(phrase for phrase in rest if phrase.weight == weight)
        usual = sum(_rarity(sizes[phrase], everything) for phrase in same) / len(same)
        yield str(Alternatives(same, group.title)), weight * rarity / usual


def _rarity(articles: int, everything: int) -> float:
    """As FTS5 counts it; an index that has more than there is is for the count to find."""
    articles = min(articles, everything)
    value = math.log((everything - articles + 0.5) / (articles + 0.5))
    return max(value, COMMON)
