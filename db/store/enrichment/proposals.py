"""Names that recur in articles and are in no list: tables `proposals` and `proposal_sentences`, for a person to decide.

`_unlisted_names` has those of each article; `_names_read` says by which rules it was read.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypedDict, get_type_hints

from db.store.enrichment.read_by_rules import ReadByRules, statements

LEAST = 3  # articles: below, a name is as often a slip as one of the story
MOST = 1_000  # proposals: more than a person looks through
SENTENCES = 3  # of each


class ProposalRow(TypedDict):
    name: str
    kind: str | None
    articles: int
    texts: int
    mentions: int
    first_day: str | None
    last_day: str | None


class ProposalSentenceRow(TypedDict):
    name: str
    article: int
    sentence: str


class DismissedNameRow(TypedDict):
    name: str
    why: str
    at: str


class UnlistedNameRow(NamedTuple):
    name: str
    kind: str | None
    mentions: int
    start: int


class NamePlace(NamedTuple):
    """Where a name stands first in an article."""

    article: int
    text: str
    start: int


TABLES = (
    "create table _unlisted_names (name text not null, article integer not null, kind text, mentions integer not null,"
    " start integer not null, primary key (name, article)) without rowid",
    "create index idx_unlisted_names_article on _unlisted_names (article)",
    "create table proposals (name text primary key not null, kind text, articles integer not null,"
    " texts integer not null, mentions integer not null, first_day text, last_day text)",
    "create table proposal_sentences (name text not null, article integer not null references articles (id),"
    " sentence text not null, primary key (name, article))",
    "create index idx_proposal_sentences_article on proposal_sentences (article)",
    *statements("_names_read", ("_unlisted_names", "proposal_sentences"), "articles_named"),
)
DISMISSED = "create table dismissed_names (name text primary key not null, why text not null, at text not null)"
# Vortexas counts as Vortexa, where that is written, too.
_STEMS = """select name, case when name glob '*s' and exists (select 1 from _unlisted_names as shorter
where shorter.name = substr(written.name, 1, length(written.name) - 1)) then substr(name, 1, length(name) - 1)
else name end as stem from (select distinct name from _unlisted_names) as written"""
_DAY = "case when a.day glob '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]' then a.day end"
_COUNTED = f"""with stems as materialized ({_STEMS})
select stem as name, case max(sum(n.kind is 'person'), sum(n.kind is 'body'), sum(n.kind is 'place')) when 0 then null
when sum(n.kind is 'person') then 'person' when sum(n.kind is 'place') then 'place' else 'body' end as kind,
count(distinct n.article) as articles, count(distinct coalesce(c.group_id, n.article)) as texts,
sum(n.mentions) as mentions, min({_DAY}) as first_day, max({_DAY}) as last_day
from stems join _unlisted_names as n using (name) join articles as a on a.id = n.article
left join copies as c on c.article = n.article
where stem not in (select name from dismissed_names)
group by stem having count(distinct n.article) >= ?
order by texts desc, articles desc, mentions desc, name limit ?"""
_NEWEST = """select max(n.article), a.text, n.start
from (select article, start from _unlisted_names where name in (?, ? || 's') order by article desc limit 30) as n
join articles as a on a.id = n.article left join copies as c on c.article = n.article
group by coalesce(c.group_id, n.article) order by 1 desc limit ?"""


class ProposalStore(ReadByRules):
    read_table = "_names_read"

    def put(self, article: int, rules: str, names: Iterable[UnlistedNameRow]) -> None:
        """All that it has, in the place of what there was."""
        with self.db.atomic():
            self.db.execute("delete from _unlisted_names where article = ?", [article])
            self.db.conn.executemany(
                "insert into _unlisted_names (name, kind, mentions, start, article) values (?, ?, ?, ?, ?)",
                [(*name, article) for name in names],
            )
            self.db.execute("insert or replace into _names_read values (?, ?)", [article, rules])

    def counted(self, least: int, most: int = -1) -> list[ProposalRow]:
        """Names of so many articles at least; those of most texts come first, copies counted once."""
        return list(self._query(ProposalRow, _COUNTED, [least, most]))

    def newest(self, name: str) -> Iterator[NamePlace]:
        """In the newest articles of different texts."""
        return (NamePlace(*row) for row in self.db.execute(_NEWEST, [name, name, SENTENCES]).fetchall())

    def dismiss(self, row: DismissedNameRow) -> bool:
        """It is not proposed again. False where no article has the name."""
        with self.db.atomic():
            known = "select 1 from _unlisted_names where name = :name union select 1 from proposals where name = :name"
            if not self.db.execute(known, {"name": row["name"]}).fetchone():
                return False
            self.db.execute("insert or replace into dismissed_names values (:name, :why, :at)", dict(row))
            for table in ("proposals", "proposal_sentences"):
                self.db.execute(f"delete from {table} where name = ?", [row["name"]])
        return True

    def dismissed(self) -> list[DismissedNameRow]:
        return list(self._query(DismissedNameRow, "select * from dismissed_names order by at desc, name"))

    def restore(self, name: str) -> bool:
        """False where it has not been dismissed."""
        return bool(self._write("delete from dismissed_names where name = ?", [name]))

    def replace(self, rows: Sequence[ProposalRow], sentences: Iterable[ProposalSentenceRow]) -> None:
        with self.db.atomic():
            for table, kind, new in (
                ("proposals", ProposalRow, rows),
                ("proposal_sentences", ProposalSentenceRow, sentences),
            ):
                names = list(get_type_hints(kind))
                self.db.execute(f"delete from {table}")
                holes = ", ".join(f":{name}" for name in names)
                self.db.conn.executemany(f"insert into {table} values ({holes})", new)
