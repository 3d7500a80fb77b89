"""One database without an article: its rows, what others say of it, its words in the index, and the bytes of it all.

Nothing here knows which tables there are. A row with its number under `article` is its own, and so is one with its
address or key; whatever else names it is overwritten. So a table of tomorrow is erased like those of today, and a
backup of years ago without being brought up to date.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sqlite_utils import Database

from db.publish.removal.finding import FoundTraces
from db.publish.removal.schema import Schema
from db.publish.removal.traces import Marks
from db.search.morphology import folded, tokens
from db.search.thesaurus import thesaurus
from db.store.changed import RECALL
from db.store.enrichment.copies import CopyStore
from db.store.leaving.removals import RemovalStore, digest_of
from db.store.leaving.tombstones import How
from db.store.rows import Row
from db.store.statements import ArchiveDatabase

_IN = "(select value from json_each(?))"
# Of who it was that left, and what is made anew because it did.
_KEPT = ("tombstones", "removals", "_removed_keys", "_copies_due")
# What other articles and pages say themselves is theirs.
_CONTENT = frozenset("title text sentence subheads authors name word words term key digest why".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """That something be taken down."""

    how: How
    why: str
    at: str


def erase(
    db: ArchiveDatabase, found: FoundTraces, marks: Marks, order: Order, ended: str | None = None
) -> Counter[str]:
    """In one transaction; how many rows have gone from which table. `shrink` comes after it."""
    db.execute("pragma secure_delete = on")
    schema, gone = Schema(db), Counter[str]()
    with db.atomic():
        left = list(_tombstones(db, schema, found, order))
        for number in found.articles:
            if schema.has("_texts") and schema.has("copies", "group_id"):
                CopyStore(db).forget(number)
        gone.update(dict(_erase_rows(db, schema, found)))
        if schema.has("tombstones"):
            for row in left:
                db.table("tombstones").insert(row, replace=True)
        log = {"at": order.at, "how": str(order.how), "why": order.why, "ended": ended}
        RemovalStore(db).put(log, map(digest_of, marks.traces.names))
        _overwrite(db, schema, marks)
        if schema.has("_recalls"):  # pages of refusals and leads, too, that the site has kept
            db.execute(RECALL)
        for index in schema.indexes:
            db.execute(f'insert into "{index}" ("{index}") values (\'optimize\')')
        _forget_words(db, schema)
    return gone


def shrink(db: ArchiveDatabase) -> str:
    """No byte stays of what was deleted, in the file or in its log; what is in the way, where something is."""
    db.execute("vacuum")
    busy, *_ = db.execute("pragma wal_checkpoint(truncate)").fetchone()
    return "somebody reads it, and its log cannot be cut" if busy else ""


def renew_sums(db: ArchiveDatabase, sums: dict[str, str]) -> None:
    """Of other pages, out of which its address was taken: SHA-256 before → after."""
    if Schema(db).has("pages", "sha256"):
        with db.atomic():
            db.conn.executemany(
                "update pages set sha256 = ? where sha256 = ?", [(new, old) for old, new in sums.items()]
            )


def _tombstones(db: Database, schema: Schema, found: FoundTraces, order: Order) -> Iterator[Row]:
    known: dict[int, Row] = {}
    asked = [json.dumps(sorted(found.articles))]
    if schema.has("tombstones", "key"):
        sql = f"select article, url, key from tombstones where article in {_IN}"
        known |= {row["article"]: row for row in db.query(sql, asked)}
    if schema.has("articles", "identity"):
        sql = f"select id as article, url, identity as key from articles where id in {_IN}"
        known |= {row["article"]: row for row in db.query(sql, asked)}
    for row in known.values():
        facts: Row = {"at": order.at, "how": str(order.how), "why": order.why}
        if order.how is How.EXCLUDE:
            key = row["key"] if row["url"] is None else digest_of(row["key"])
            facts |= {"url": None, "key": key, "why": None}
        yield row | facts


def _erase_rows(db: ArchiveDatabase, schema: Schema, found: FoundTraces) -> Iterator[tuple[str, int]]:
    numbers, pages = json.dumps(sorted(found.articles)), json.dumps(sorted(found.pages))
    spelt, keys = json.dumps(sorted(found.traces.spellings)), json.dumps(sorted(found.traces.keys))
    foreign = "(instr(key, '>') and substr(key, instr(key, '>') + 1) in {})"
    own = f"select id from versions where article in {_IN}"
    if schema.has("_left_versions"):
        yield (
            "versions that were withdrawn",
            db.execute(f"delete from _left_versions where version in ({own})", [numbers]).rowcount,
        )
    if schema.has("articles", "id"):
        yield "articles", db.execute(f"delete from articles where id in {_IN}", [numbers]).rowcount
    for table, columns in schema.tables.items():
        if table in _KEPT or table == "articles":
            continue
        wanted, values = list[str](), list[str]()
        for column, sql, given in (
            ("article", f"article in {_IN}", [numbers]),
            ("other", f"other in {_IN}", [numbers] if "article" in columns else ["[]"]),
            ("to_article", f"to_article in {_IN}", [numbers]),
            ("url", f"url in {_IN}", [spelt]),
            ("key", f"key in {_IN} or {foreign.format(_IN)}", [keys, keys]),
        ):
            if column in columns:
                wanted, values = [*wanted, f"({sql})"], [*values, *given]
        if table == "pages":
            wanted, values = [*wanted, f"id in {_IN}"], [*values, pages]
        if wanted:
            yield table, db.execute(f'delete from "{table}" where {" or ".join(wanted)}', values).rowcount
        for column in ("matched", "release"):
            if table == "copies" and column in columns:
                db.execute(f"update copies set {column} = null where {column} in {_IN}", [numbers])
        if "page" in columns:
            db.execute(f'update "{table}" set page = null where page in {_IN}', [pages])


def _overwrite(db: ArchiveDatabase, schema: Schema, marks: Marks) -> None:
    """Addresses and headlines of it in what is told of other things: outcomes, queries, how something was found."""
    if not marks.words:
        return
    db.register_function(marks.masked, name="masked", deterministic=True)
    for table, columns in schema.tables.items():
        for column in columns if table not in _KEPT else ():
            if column not in _CONTENT:
                there = " or ".join(f'instr("{column}", ?)' for _ in marks.words)
                db.execute(
                    f'update or ignore "{table}" set "{column}" = masked("{column}")'
                    f' where typeof("{column}") = \'text\' and ({there}) and masked("{column}") != "{column}"',
                    marks.words,
                )


def _forget_words(db: ArchiveDatabase, schema: Schema) -> None:
    """What the search, and who proposes names, know of words that no article has any more."""
    if not db.execute("select 1 from sqlite_master where name = '_index_words'").fetchone():
        return
    there = {term for (term,) in db.execute("select term from _index_words")}
    always = {word for word, _ in thesaurus.load().words()}
    if schema.has("_words", "word"):
        words = {word for (word,) in db.execute("select distinct word from _words")} - always
        gone = [[word] for word in words if folded(word) not in there]
        for table in ("_words", "_word_keys"):
            db.conn.executemany(f"delete from {table} where word = ?", gone)
    for table in ("proposals", "proposal_sentences", "dismissed_names"):
        if schema.has(table, "name"):
            names = {name for (name,) in db.execute(f"select distinct name from {table}")}
            lost = [[name] for name in names if not {folded(each) for each in tokens(name)} <= there]
            db.conn.executemany(f"delete from {table} where name = ?", lost)


def damage_of(error: sqlite3.Error) -> str:
    return f"is damaged and could not be looked through ({error})"
