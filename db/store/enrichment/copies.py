"""Whose text stands in whose: fingerprints of texts, pairs that share words, and what follows from them.

`_paragraphs`, `prints`, `_release_runs` and `_texts` are read out of each text; `copy_edges` and `release_edges` of two
texts; and `copies` follows from the edges. `_copies_due` are the articles whose text has to be read for that.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self, TypedDict

from sqlite_utils import Database

from db.store.rows import Family, as_json, holes

STOCK = 3  # articles of a source that have a paragraph: it is no text of theirs
ALWAYS_STOCK = 20  # so many print no article again and again
COMMON = 1000  # articles that have a print, at most, for it to tell anything; a wire report is in some dozens


class PrintRow(TypedDict):
    print: int
    article: int


class CopyEdgeRow(TypedDict):
    article: int  # the smaller number of the two
    other: int
    contained: float
    share: float
    other_share: float
    alike: float


class ReleaseEdgeRow(TypedDict):
    article: int
    release: int
    share: float
    quoted_share: float


class CopyRow(TypedDict):
    article: int
    group_id: int | None
    role: str | None
    share: float | None
    matched: int | None
    release: int | None
    release_share: float | None
    release_quoted_share: float | None
    credit: str | None
    seen_at: str | None


# What of an article the copies follow from.
_READ = ("text", "source", "kind", "page_kind", "published", "agencies", "first_seen")


def _pair(first: str, second: str, more: str = "") -> str:
    return f"({first} integer, {second} integer, {more}primary key ({first}, {second})) without rowid"


_MEASURES = ("contained", "share", "other_share", "alike")  # of an edge

TABLES = (
    f"create table prints {_pair('print', 'article')}",
    "create index idx_prints_article on prints (article)",
    f"create table _paragraphs {_pair('paragraph', 'article')}",
    "create index idx__paragraphs_article on _paragraphs (article)",
    f"create table _release_runs {_pair('run', 'release')}",
    "create index idx__release_runs_release on _release_runs (release)",
    f"create table copy_edges {_pair('article', 'other', ''.join(f'{name} real not null, ' for name in _MEASURES))}",
    "create index idx_copy_edges_other on copy_edges (other)",
    f"create table release_edges {_pair('article', 'release', 'share real not null, quoted_share real not null, ')}",
    "create index idx_release_edges_release on release_edges (release)",
    "create table copies (article integer primary key, group_id integer, role text, share real, matched integer,"
    " release integer, release_share real, release_quoted_share real, credit text, seen_at text)",
    "create index idx_copies_group_id on copies (group_id)",
    "create index idx_copies_matched on copies (matched)",
    "create index idx_copies_release on copies (release)",
    "create table _texts (article integer primary key, words integer not null, credit text not null)",
    "create table _copies_due (article integer primary key)",
    "create trigger articles_copies_insert after insert on articles begin"
    " insert or ignore into _copies_due values (new.id); end",
    f"create trigger articles_copies_update after update of {', '.join(_READ)} on articles"
    f" when ({', '.join(f'old.{name}' for name in _READ)}) is not ({', '.join(f'new.{name}' for name in _READ)})"
    " begin insert or ignore into _copies_due values (new.id); end",
    "create trigger articles_copies_delete after delete on articles"
    " begin insert or ignore into _copies_due values (old.id); end",
    "insert into _copies_due select id from articles",
)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """A table of numbers that are read out of a text."""

    name: str
    number: str
    article: str = "article"
    limits: tuple[int, ...] = ()  # holders of a number with which it means something else for all of them


_PARAGRAPHS = _Numbers("_paragraphs", "paragraph", limits=(STOCK, ALWAYS_STOCK))
_PRINTS = _Numbers("prints", "print", limits=(COMMON + 1,))
_RELEASE_RUNS = _Numbers("_release_runs", "run", "release")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextNumbers:
    """What is read out of an article's own text: either prints or, of a release, runs."""

    article: int
    words: int
    credit: Sequence[str]
    prints: Collection[int] = ()
    release_runs: Collection[int] = field(default=(), repr=False)


class Shared(NamedTuple):
    article: int
    number: int  # of prints that they share
    size: int  # prints of the article


class ReadRow(NamedTuple):
    """Columns of `articles`."""

    id: int
    url: str
    text: str
    source: str
    kind: str | None
    page_kind: str | None
    published: str | None
    agencies: str | None
    first_seen: str | None


class SightingRow(NamedTuple):
    """What is known of an article that shares words with others."""

    id: int
    url: str
    source: str
    page_kind: str | None
    published: str | None
    first_seen: str | None
    words: int
    credit: str


class CopyStore(Family):
    @classmethod
    def in_memory(cls, articles: Iterable[ReadRow]) -> Self:
        """For articles that are in no archive."""
        db = Database(memory=True)
        db.execute(f"create table articles ({', '.join(ReadRow._fields)}, primary key (id))")
        for statement in TABLES:
            db.execute(statement)
        db.conn.executemany(f"insert into articles values ({holes(ReadRow._fields)})", articles)
        return cls(db)

    # What is to be read

    def due(self) -> list[int]:
        return [article for (article,) in self.db.execute("select article from _copies_due order by article")]

    def done(self, articles: Iterable[int]) -> None:
        with self.db.atomic():
            self.db.conn.executemany("delete from _copies_due where article = ?", [[article] for article in articles])

    def articles(self) -> list[int]:
        return [article for (article,) in self.db.execute("select id from articles order by id")]

    def read(self, article: int) -> ReadRow | None:
        sql = f"select {', '.join(ReadRow._fields)} from articles where id = ?"
        row = self.db.execute(sql, [article]).fetchone()
        return row and ReadRow(*row)

    # Of one text

    def set_paragraphs(self, article: int, paragraphs: Collection[int]) -> None:
        """Others are due where it depends on this article whether a paragraph of theirs is text."""
        self._replace(_PARAGRAPHS, article, paragraphs)

    def set_text(self, text: TextNumbers) -> None:
        with self.db.atomic():
            self._replace(_PRINTS, text.article, text.prints)
            self._replace(_RELEASE_RUNS, text.article, text.release_runs)
            row = [text.article, text.words, as_json(text.credit)]
            self.db.execute("insert or replace into _texts values (?, ?, ?)", row)

    def _replace(self, table: _Numbers, article: int, numbers: Collection[int]) -> None:
        sql = f"select {table.number} from {table.name} where {table.article} = ?"
        before = {number for (number,) in self.db.execute(sql, [article])}
        new, old = sorted(set(numbers) - before), sorted(before - set(numbers))
        delete = f"delete from {table.name} where {table.number} = ? and {table.article} = ?"
        with self.db.atomic():
            self.db.conn.executemany(f"insert into {table.name} values (?, ?)", [(number, article) for number in new])
            self.db.conn.executemany(delete, [(number, article) for number in old])
            self._others_are_due(table, new, table.limits)
            self._others_are_due(table, old, [limit - 1 for limit in table.limits])

    def _others_are_due(self, table: _Numbers, numbers: Sequence[int], holders: Sequence[int]) -> None:
        """Who has one of the numbers, where so many have it now."""
        if numbers and holders:
            at_limit = (
                f"select {table.number} from {table.name} where {table.number} in (select value from json_each(?))"
                f" group by 1 having count(*) in ({holes(holders)})"
            )
            sql = f"insert or ignore into _copies_due select {table.article} from {table.name}"
            self.db.execute(f"{sql} where {table.number} in ({at_limit})", [as_json(numbers), *holders])

    def holders(self, article: int) -> dict[int, int]:
        """How many articles have each of its paragraphs."""
        sql = "select paragraph, (select count(*) from _paragraphs as every where every.paragraph = own.paragraph)"
        return dict(self.db.execute(f"{sql} from _paragraphs as own where article = ?", [article]).fetchall())

    # Of two texts

    def sharing(self, article: int) -> list[Shared]:
        """Articles that have prints of it."""
        sql = (
            "with common as (select print from prints"
            " where print in (select print from prints where article = :article)"
            " group by print having count(*) between 2 and :most),"
            " found as (select article, count(*) as number from prints where print in common group by article)"
            " select article, number, (select count(*) from prints where prints.article = found.article)"
            " from found where article != :article"
        )
        return [Shared(*row) for row in self.db.execute(sql, {"article": article, "most": COMMON})]

    def releases_sharing(self, article: int) -> list[Shared]:
        """Releases that have prints of it; the size is its own."""
        sql = (
            "select release, count(*), (select count(*) from prints where article = :article) from _release_runs"
            " where run in (select print from prints where article = :article) group by release"
        )
        return [Shared(*row) for row in self.db.execute(sql, {"article": article})]

    def sharing_with_release(self, release: int) -> list[Shared]:
        """Articles with prints that the release has."""
        sql = (
            "with found as (select article, count(*) as number from prints"
            " where print in (select run from _release_runs where release = ?) group by article)"
            " select article, number, (select count(*) from prints where prints.article = found.article) from found"
        )
        return [Shared(*row) for row in self.db.execute(sql, [release])]

    def set_edges(self, article: int, edges: Iterable[CopyEdgeRow], overlaps: Iterable[ReleaseEdgeRow]) -> None:
        """In the place of all that there were of the article, or the release."""
        with self.db.atomic():
            self._drop_edges(article)
            self.add_edges(edges)
            self.add_overlaps(overlaps)

    def _drop_edges(self, article: int) -> None:
        for table, other in (("copy_edges", "other"), ("release_edges", "release")):
            self.db.execute(f"delete from {table} where article = ? or {other} = ?", [article, article])

    def add_edges(self, edges: Iterable[CopyEdgeRow]) -> None:
        sql = "insert into copy_edges values (:article, :other, :contained, :share, :other_share, :alike)"
        self.db.conn.executemany(sql, edges)

    def add_overlaps(self, overlaps: Iterable[ReleaseEdgeRow]) -> None:
        sql = "insert into release_edges values (:article, :release, :share, :quoted_share)"
        self.db.conn.executemany(sql, overlaps)

    # All anew

    def load_paragraphs(self, rows: Iterable[tuple[int, int]]) -> None:
        """(paragraph, article) of all articles."""
        self._load(_PARAGRAPHS, rows)

    def stock(self) -> dict[int, int]:
        """Of each paragraph that is stock, how many articles have it."""
        sql = "select paragraph, count(*) from _paragraphs group by paragraph having count(*) >= ?"
        return dict(self.db.execute(sql, [STOCK]).fetchall())

    def load_texts(self, texts: Iterable[TextNumbers]) -> None:
        """Of all articles."""
        self.db.execute("delete from _texts")
        self._load(_RELEASE_RUNS, ())
        releases: list[tuple[int, int]] = []
        self._load(_PRINTS, self._prints_of(texts, releases))
        self.db.conn.executemany("insert into _release_runs values (?, ?)", sorted(releases))

    def _prints_of(self, texts: Iterable[TextNumbers], releases: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        for text in texts:
            row = [text.article, text.words, as_json(text.credit)]
            self.db.execute("insert into _texts values (?, ?, ?)", row)
            releases += [(number, text.article) for number in text.release_runs]
            for number in text.prints:
                yield number, text.article

    def _load(self, table: _Numbers, rows: Iterable[tuple[int, int]]) -> None:
        """In their order: as they come they took 63 s instead of 8."""
        self.db.execute(f"delete from {table.name}")
        self.db.execute("create temp table _loaded (number integer, article integer)")
        self.db.conn.executemany("insert into _loaded values (?, ?)", rows)
        self.db.execute(f"insert or ignore into {table.name} select number, article from _loaded order by 1, 2")
        self.db.execute("drop table _loaded")

    def drop_every_edge(self) -> None:
        for table in ("copy_edges", "release_edges"):
            self.db.execute(f"delete from {table}")

    def every_print(self) -> Iterator[tuple[int, int]]:
        """(print, article), in their order."""
        yield from self.db.execute("select print, article from prints order by print, article")

    def sizes(self) -> dict[int, int]:
        """How many prints each article has."""
        return dict(self.db.execute("select article, count(*) from prints group by article").fetchall())

    def releases(self) -> list[int]:
        return [release for (release,) in self.db.execute("select distinct release from _release_runs order by 1")]

    # What follows

    def edges(self) -> Iterator[CopyEdgeRow]:
        return self._query(CopyEdgeRow, "select * from copy_edges order by article, other")

    def overlaps(self) -> Iterator[ReleaseEdgeRow]:
        return self._query(ReleaseEdgeRow, "select * from release_edges order by article, release")

    def sightings(self) -> Iterator[SightingRow]:
        """Of all that have edges."""
        rows = self.db.execute(
            "select id, url, source, page_kind, published, first_seen, _texts.words, credit"
            " from articles join _texts on _texts.article = articles.id where id in (select article from copy_edges"
            " union select other from copy_edges union select article from release_edges"
            " union select release from release_edges)"
        )
        return (SightingRow(*row) for row in rows)

    def put(self, rows: Iterable[CopyRow]) -> int:
        """All there is; returns how many rows have changed."""
        wanted = {row["article"]: row for row in rows}
        stored = {row["article"]: row for row in self._query(CopyRow, "select * from copies")}
        changed = [row for article, row in wanted.items() if stored.get(article) != row]
        gone = [[article] for article in stored.keys() - wanted.keys()]
        with self.db.atomic():
            self.db.conn.executemany("delete from copies where article = ?", gone)
            names = ", ".join(f":{name}" for name in CopyRow.__annotations__)
            self.db.conn.executemany(f"insert or replace into copies values ({names})", changed)
        return len(changed) + len(gone)

    def every(self) -> Iterator[CopyRow]:
        return self._query(CopyRow, "select * from copies order by article")

    def forget(self, article: int) -> None:
        """The article leaves. What follows for others of its group is made anew by the next `put`; until then nobody
        names it."""
        with self.db.atomic():
            for table in (_PARAGRAPHS, _PRINTS, _RELEASE_RUNS):
                self._replace(table, article, ())
            self._drop_edges(article)
            for table_name in ("_texts", "copies", "_copies_due"):
                self.db.execute(f"delete from {table_name} where article = ?", [article])
            for statement in _UNNAMED:
                self.db.execute(statement, {"article": article})


_UNNAMED = (
    "update copies set matched = null where matched = :article",
    "update copies set release = null, release_share = null, release_quoted_share = null where release = :article",
    "update copies set group_id = (select min(article) from copies where group_id = :article)"
    " where group_id = :article",
    "update copies set group_id = null, role = null, share = null, matched = null"
    " where group_id in (select group_id from copies group by group_id having count(*) = 1)",
    "delete from copies where group_id is null and release is null",
)
