"""Table `tombstones`: what left, by the number that it had, so that whoever cites it is told. No content of it."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypedDict

from sqlite_utils import Database

from db.store.rows import Row, holes, now


class How(StrEnum):
    """By what an article left."""

    DECIDED = "decided"  # a person's word
    RULES = "rules"  # those of a later program, or of another profile
    BLOCK = "block"  # taken down: its page says so
    EXCLUDE = "exclude"  # taken down without a word: no address, no reason, and `key` is a digest of it


SHOWN = f"how != '{How.EXCLUDE}'"  # to readers, in lists and counts


class TombstoneRow(TypedDict):
    article: int
    url: str | None
    key: str
    at: str
    how: str
    why: str | None  # a person's own words, or the reason of the refusal as a code


def leave_tombstone(db: Database, article: Row, how: How, why: str) -> None:
    """`article` has id, url and identity. Part of the transaction in which it leaves."""
    row = {"article": article["id"], "url": article["url"], "key": article["identity"]}
    db.table("tombstones").insert(row | {"at": now(), "how": str(how), "why": why})


def take_back(db: Database, keys: Sequence[str]) -> int | None:
    """The number of what left under one of the keys and comes back now; its tombstone goes.

    Not where it was taken down. Part of the transaction in which it comes.
    """
    sql = f"select max(article) from tombstones where key in ({holes(keys)}) and how in (?, ?)"
    (number,) = db.execute(sql, [*keys, How.DECIDED, How.RULES]).fetchone()
    if number is None:
        return None
    db.execute("delete from tombstones where article = ?", [number])
    return int(number)
