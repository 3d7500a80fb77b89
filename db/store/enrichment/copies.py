"""Whose text stands in whose: fingerprints of texts, pairs that share words, and what follows from them.

`_paragraphs`, `prints`, `_release_runs` and `_texts` are read out of each text; `_text_edges` and `release_edges` of
two texts; and `copies` follows from the edges. `_copies_due` are the articles whose text has to be read for that.
Articles of the same words are one text: its prints and edges are there once, however many articles print it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from db.store.enrichment.copy_tables import (
    ALWAYS_STOCK,
    COMMON,
    STOCK,
    TABLES,
    CopyRow,
    ReleaseEdgeRow,
    TextEdge,
)
from db.store.rows import Family, as_json, holes
from db.store.statements import ArchiveDatabase


@dataclass(frozen=True, slots=True)
class _Numbers:
    """A table of numbers that are read out of a text."""

    name: str
    number: str
    holder: str = "article"
    articles: str = "{holders}"  # who has the texts that have it


_PARAGRAPHS = _Numbers("_paragraphs", "paragraph")
_PRINTS = _Numbers("prints", "print", "text", "select article from _texts where text in ({holders})")
_RELEASE_RUNS = _Numbers("_release_runs", "run", "release")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextNumbers:
    """What is read out of an article's own text: either prints or, of a release, runs."""

    article: int
    text: int | None  # its number, where it has prints
    words: int
    credit: Sequence[str]
    prints: Collection[int] = ()
    release_runs: Collection[int] = field(default=(), repr=False)


class Shared(NamedTuple):
    article: int
    number: int  # of prints that they share
    size: int  # prints of the article


class TextShared(NamedTuple):
    text: int
    article: int | None  # that has it, and is not due itself
    number: int  # of prints that they share
    size: int  # prints of the text


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
    text: int | None
    words: int
    credit: str


class CopyStore(Family):
    def __init__(self, db: ArchiveDatabase, common: int = COMMON) -> None:
        """`common`: see there. Each number of holders with which a number means something else for all of them."""
        super().__init__(db)
        self.common = common
        self._limits = {_PARAGRAPHS: (STOCK, ALWAYS_STOCK), _PRINTS: (common + 1,)}

    @classmethod
    def in_memory(cls, articles: Iterable[ReadRow], common: int = COMMON) -> Self:
        """For articles that are in no archive."""
        db = ArchiveDatabase()
        db.execute(f"create table articles ({', '.join(ReadRow._fields)}, primary key (id))")
        for statement in TABLES:
            db.execute(statement)
        db.conn.executemany(f"insert into articles values ({holes(ReadRow._fields)})", articles)
        return cls(db, common)

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
            self._replace(_RELEASE_RUNS, text.article, text.release_runs)
            before = self.text_of(text.article)
            row = [text.article, text.text, text.words, as_json(text.credit)]
            self.db.execute("insert or replace into _texts values (?, ?, ?, ?)", row)
            if text.text is not None:
                self._replace(_PRINTS, text.text, text.prints)
            if before != text.text:
                self._drop_text(before)

    def text_of(self, article: int) -> int | None:
        row = self.db.execute("select text from _texts where article = ?", [article]).fetchone()
        return None if row is None or row[0] is None else int(row[0])

    def _drop_text(self, text: int | None) -> None:
        """Unless another article has it."""
        if text is not None and not self.db.execute("select 1 from _texts where text = ?", [text]).fetchone():
            self._replace(_PRINTS, text, ())
            self._drop_edges(text)

    def _replace(self, table: _Numbers, holder: int, numbers: Collection[int]) -> None:
        sql = f"select {table.number} from {table.name} where {table.holder} = ?"
        before = {number for (number,) in self.db.execute(sql, [holder])}
        new, old = sorted(set(numbers) - before), sorted(before - set(numbers))
        delete = f"delete from {table.name} where {table.number} = ? and {table.holder} = ?"
        limits = self._limits.get(table, ())
        with self.db.atomic():
            self.db.conn.executemany(f"insert into {table.name} values (?, ?)", [(number, holder) for number in new])
            self.db.conn.executemany(delete, [(number, holder) for number in old])
            self._others_are_due(table, new, limits)
            self._others_are_due(table, old, [limit - 1 for limit in limits])

    def _others_are_due(self, table: _Numbers, numbers: Sequence[int], holders: Sequence[int]) -> None:
        """Who has one of the numbers, where so many have it now. Of 50,000 that have it no more are counted."""
        if numbers and holders:
            some = f"select 1 from {table.name} where {table.number} = value limit {max(holders) + 1}"
            counted = f"(select count(*) from ({some})) in ({holes(holders)})"
            at_limit = f"select value from json_each(?) where {counted}"
            those = f"select {table.holder} from {table.name} where {table.number} in ({at_limit})"
            sql = f"insert or ignore into _copies_due {table.articles.format(holders=those)}"
            self.db.execute(sql, [as_json(numbers), *holders])

    def holders(self, article: int) -> dict[int, int]:
        """Of its paragraphs that are stock, how many articles have each, as far as that matters."""
        some = f"select 1 from _paragraphs as every where every.paragraph = own.paragraph limit {ALWAYS_STOCK}"
        sql = f"select paragraph, (select count(*) from ({some})) as number from _paragraphs as own where article = ?"
        return dict(self.db.execute(f"select * from ({sql}) where number >= {STOCK}", [article]).fetchall())

    # Of two texts

    def sharing(self, text: int) -> list[TextShared]:
        """Texts that have prints of it."""
        sql = (
            "with common as (select print from prints as own where text = :text and (select count(*) from"
            " (select 1 from prints where prints.print = own.print limit :most + 1)) between 2 and :most),"
            " found as (select text, count(*) as number from prints where print in common group by text)"
            " select text, (select article from _texts where _texts.text = found.text"
            " and article not in (select article from _copies_due) limit 1),"
            " number, (select count(*) from prints where prints.text = found.text) from found where text != :text"
        )
        return [TextShared(*row) for row in self.db.execute(sql, {"text": text, "most": self.common})]

    def releases_sharing(self, article: int) -> list[Shared]:
        """Releases that have prints of it; the size is its own."""
        sql = (
            "select release, count(*), (select count(*) from prints where text = :text) from _release_runs"
            " where run in (select print from prints where text = :text) group by release"
        )
        return [Shared(*row) for row in self.db.execute(sql, {"text": self.text_of(article)})]

    def sharing_with_release(self, release: int) -> list[Shared]:
        """Articles with prints that the release has."""
        sql = (
            "with found as (select text, count(*) as number from prints"
            " where print in (select run from _release_runs where release = ?) group by text)"
            " select article, number, (select count(*) from prints where prints.text = found.text)"
            " from found join _texts on _texts.text = found.text"
        )
        return [Shared(*row) for row in self.db.execute(sql, [release])]

    def set_edges(self, text: int, edges: Iterable[TextEdge]) -> None:
        """In the place of all that there were of the text."""
        with self.db.atomic():
            self._drop_edges(text)
            self.add_edges(edges)

    def set_overlaps(self, article: int, overlaps: Iterable[ReleaseEdgeRow]) -> None:
        """In the place of all that there were of the article, or the release."""
        with self.db.atomic():
            self._drop_overlaps(article)
            self.add_overlaps(overlaps)

    def _drop_edges(self, text: int) -> None:
        self.db.execute("delete from _text_edges where text = ? or other = ?", [text, text])

    def _drop_overlaps(self, article: int) -> None:
        self.db.execute("delete from release_edges where article = ? or release = ?", [article, article])

    def add_edges(self, edges: Iterable[TextEdge]) -> None:
        sql = "insert into _text_edges values (?, ?, ?, ?, ?, ?)"
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
        loaded = set[int | None]()
        for text in texts:
            row = [text.article, text.text, text.words, as_json(text.credit)]
            self.db.execute("insert into _texts values (?, ?, ?, ?)", row)
            releases += [(number, text.article) for number in text.release_runs]
            if text.text is not None and text.text not in loaded:
                loaded.add(text.text)
                for number in text.prints:
                    yield number, text.text

    def _load(self, table: _Numbers, rows: Iterable[tuple[int, int]]) -> None:
        """In their order: as they come they took 63 s instead of 8."""
        self.db.execute(f"delete from {table.name}")
        self.db.execute("create temp table _loaded (number integer, article integer)")
        self.db.conn.executemany("insert into _loaded values (?, ?)", rows)
        self.db.execute(f"insert or ignore into {table.name} select number, article from _loaded order by 1, 2")
        self.db.execute("drop table _loaded")

    def drop_every_edge(self) -> None:
        for table in ("_text_edges", "release_edges"):
            self.db.execute(f"delete from {table}")

    def sharing_a_print(self) -> Iterator[tuple[int, int]]:
        """Pairs of texts, the smaller number first, once for each print that both have; not for those that tell
        nothing."""
        telling = "select print from prints group by print having count(*) between 2 and ?"
        sql = (
            "select one.text, other.text from prints as one"
            " cross join prints as other on other.print = one.print and other.text > one.text"
        )
        yield from self.db.execute(f"{sql} where one.print in ({telling})", [self.common])

    def sizes(self) -> dict[int, int]:
        """How many prints each text has."""
        return dict(self.db.execute("select text, count(*) from prints group by text").fetchall())

    def article_of_text(self) -> dict[int, int]:
        """One that has it, of each text."""
        return dict(self.db.execute("select text, article from _texts where text is not null").fetchall())

    def with_stock(self) -> frozenset[int]:
        """Articles with paragraphs that are stock."""
        stock = f"select paragraph from _paragraphs group by paragraph having count(*) >= {STOCK}"
        sql = f"select distinct article from _paragraphs where paragraph in ({stock})"
        return frozenset(article for (article,) in self.db.execute(sql))

    def releases(self) -> list[int]:
        return [release for (release,) in self.db.execute("select distinct release from _release_runs order by 1")]

    # What follows

    def edges(self) -> Iterator[TextEdge]:
        return (TextEdge(*row) for row in self.db.execute("select * from _text_edges order by text, other"))

    def overlaps(self) -> Iterator[ReleaseEdgeRow]:
        return self._query(ReleaseEdgeRow, "select * from release_edges order by article, release")

    def sightings(self) -> Iterator[SightingRow]:
        """Of all whose text has edges or is another's, too."""
        rows = self.db.execute(
            "select id, url, source, page_kind, published, first_seen, _texts.text, _texts.words, credit"
            " from _texts join articles on articles.id = _texts.article"
            " where _texts.text in (select text from _text_edges union select other from _text_edges"
            " union select text from _texts where text is not null group by text having count(*) > 1)"
            " or id in (select article from release_edges union select release from release_edges)"
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
        """The article leaves. What follows for others of its group is made anew by the next `put`, and it is due until
        then; nobody names it."""
        with self.db.atomic():
            text = self.text_of(article)
            for table in (_PARAGRAPHS, _RELEASE_RUNS):
                self._replace(table, article, ())
            self._drop_overlaps(article)
            for table_name in ("_texts", "copies"):
                self.db.execute(f"delete from {table_name} where article = ?", [article])
            self._drop_text(text)
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
