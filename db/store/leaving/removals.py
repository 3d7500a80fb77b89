"""Tables `removals` and `_removed_keys`: what was taken down, without a word of it, and what it is known by again.

Of addresses and keys there are digests alone: who has an address can ask whether it was taken down, and nobody can
list what was.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TypedDict

from sqlite_utils import Database

from db.store.rows import Family, Row, as_json, chunks, holes

TABLES = (
    "create table if not exists removals (id integer primary key, at text not null, how text not null,"
    " why text not null, ended text, done text)",
    "create table if not exists _removed_keys (digest text primary key not null, removal integer not null)"
    " without rowid",
)


class RemovalRow(TypedDict):
    id: int
    at: str
    how: str  # block, exclude
    why: str
    ended: str | None  # None: it was broken off, and is to be given again
    done: str | None  # JSON: what has gone from where, in numbers


def digest_of(name: str) -> str:
    """Of an address, or of a key that addresses are compared by."""
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


def removed(db: Database, names: Iterable[str]) -> set[str]:
    """Those that were taken down. A key with a source before it is of what is foreign to that source."""
    by_digest: dict[str, list[str]] = {}
    for name in names:
        by_digest.setdefault(digest_of(name.partition(">")[2] or name), []).append(name)
    there = set[str]()
    for some in chunks(list(by_digest), 400):
        sql = f"select digest from _removed_keys where digest in ({holes(some)})"
        there.update(name for (digest,) in db.execute(sql, some) for name in by_digest[digest])
    return there


class RemovalStore(Family):
    additions = 0  # by this connection, which its own data_version does not tell of

    @cached_property
    def has_table(self) -> bool:
        """An archive that is only read may be older than it."""
        return self.db.table("_removed_keys").exists()

    def holds(self, names: Iterable[str]) -> bool:
        return self.has_table and bool(removed(self.db, names))

    def of(self, names: Iterable[str]) -> RemovalRow | None:
        """The last of any of the keys and addresses."""
        digests = [digest_of(name) for name in names] if self.has_table else []
        numbers = f"select removal from _removed_keys where digest in ({holes(digests)})"
        sql = f"select * from removals where id in ({numbers}) order by id desc limit 1"
        return next(self._query(RemovalRow, sql, digests), None)

    def digests(self) -> frozenset[str]:
        if not self.has_table:
            return frozenset()
        return frozenset(digest for (digest,) in self.db.execute("select digest from _removed_keys"))

    def log(self) -> Iterator[tuple[RemovalRow, frozenset[str]]]:
        """Each with its digests, the oldest first."""
        if self.has_table:
            for row in list(self._query(RemovalRow, "select * from removals order by id")):
                digests = self.db.execute("select digest from _removed_keys where removal = ?", [row["id"]])
                yield row, frozenset(digest for (digest,) in digests)

    def put(self, row: Row, digests: Iterable[str]) -> int:
        """One whose digests are there already is given again. `row` has at, how and why."""
        wanted = list(digests)
        with self.db.atomic():
            for statement in TABLES:  # a backup may be older than these tables
                self.db.execute(statement)
            known = "select max(removal) from _removed_keys where digest in (select value from json_each(?))"
            (number,) = self.db.execute(known, [as_json(wanted)]).fetchone()
            facts = {name: row.get(name) for name in ("at", "how", "why", "ended", "done")}
            if number is None:
                number = self._insert("removals", facts)
            else:
                self.db.table("removals").update(number, facts)
            self.add(int(number), wanted)
        return int(number)

    def add(self, removal: int, digests: Iterable[str]) -> None:
        """More by which it is known: other addresses have led to it."""
        sql = "insert or replace into _removed_keys (digest, removal) values (?, ?)"
        with self.db.atomic():
            self.db.conn.executemany(sql, [(digest, removal) for digest in digests])
        self.additions += 1

    def end(self, removal: int, at: str, done: str) -> None:
        self._write("update removals set ended = ?, done = ? where id = ?", [at, done, removal])
