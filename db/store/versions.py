"""Tables `versions`, `changes` and `disappearances`: what articles have said, and what became of them."""

import json
from enum import StrEnum
from typing import TypedDict

from sqlite_utils import Database

from db.outcomes import Outcome
from db.store.rows import Family, Row, as_json, in_words


class VersionRow(TypedDict):
    """As the page has it: what a person corrects makes no version."""

    id: int
    article: int
    seen_at: str
    title: str
    text: str | None  # '' where it is withheld; None of an article that has left
    sha256: str
    page: int | None
    authors: str | None
    access: str | None
    page_kind: str | None
    lang: str | None
    rules: str | None  # by which the page was read; None: before there was such a column
    last_seen: str | None  # when it was last found unchanged
    in_part: int | None  # 1: the article has more pages, which could not be had


class ChangeRow(TypedDict):
    version: int
    article: int
    before: int  # the version before
    at: str
    kinds: str  # JSON
    size: float


class What(StrEnum):
    """What became of an article at its publisher."""

    GONE = "gone"
    MOVED = "moved"  # its address leads to another article
    WALLED = "walled"
    BACK = "back"


# Kinds of change from one version to the next, as `changes.kinds` has them.
CHANGES = ("headline", "lead", "figure", "name", "body", "correction", "author", "access", "cosmetic")


class DisappearanceRow(TypedDict):
    id: int
    article: int
    at: str
    what: str
    url: str | None
    detail: str | None
    outcome: str | None


class VersionStore(Family):
    def of(self, article: int) -> list[VersionRow]:
        """In the order in which they were seen."""
        return list(self._query(VersionRow, "select * from versions where article = ? order by seen_at, id", [article]))

    def around(self, article: int, at: str) -> tuple[VersionRow | None, VersionRow | None]:
        """The version that held at a moment, and the next after it."""
        before = after = None
        for version in self.of(article):
            if version["seen_at"] <= at:
                before = version
            elif after is None:
                after = version
        return before, after

    def of_page(self, article: int, page: int | None) -> VersionRow | None:
        sql = "select * from versions where article = ? and page = ? order by seen_at desc, id desc limit 1"
        return next(self._query(VersionRow, sql, [article, page]), None)

    def read_by_others(self, rules: str) -> list[int]:
        """Articles with several versions of which other rules have read one whose page is kept."""
        sql = (
            "select article from versions where article in (select id from articles) group by article"
            " having count(*) > 1 and sum(page is not null and coalesce(rules, '') != ?) order by article"
        )
        return [article for (article,) in self.db.execute(sql, [rules])]

    def add(self, version: Row) -> int:
        with self.db.atomic():
            return self._insert("versions", version)

    def update(self, version: int, columns: Row) -> None:
        with self.db.atomic():
            self.db.table("versions").update(version, columns)

    def seen(self, version: int, at: str) -> None:
        """It was found unchanged."""
        self._write("update versions set last_seen = max(coalesce(last_seen, ''), ?) where id = ?", [at, version])

    def put_change(self, change: Row) -> None:
        """In the place of an earlier one: a version that came later may lie between the two."""
        with self.db.atomic():
            self.db.table("changes").upsert(change, pk="version")

    def now_follows(self, version: int, before: int) -> None:
        self._write("update changes set before = ? where version = ?", [before, version])

    def drop_change(self, version: int) -> None:
        self._write("delete from changes where version = ?", [version])

    def state(self, article: int) -> What | None:
        """What was last found of it; None where it has always been there."""
        sql = "select what from disappearances where article = ? order by at desc, id desc limit 1"
        row = self.db.execute(sql, [article]).fetchone()
        return What(row[0]) if row else None

    def is_walled(self, article: int) -> bool:
        """Whether it was behind a wall when it was last there."""
        sql = "select what from disappearances where article = ? and what in (?, ?) order by at desc, id desc limit 1"
        row = self.db.execute(sql, [article, What.WALLED, What.BACK]).fetchone()
        return row is not None and row[0] == What.WALLED

    def note(self, article: int, at: str, what: What, url: str | None, outcome: Outcome | None) -> None:
        row = {"article": article, "at": at, "what": str(what), "url": url} | in_words(outcome)
        with self.db.atomic():
            self._insert("disappearances", row)


OF_THE_SIGHT = ("seen_at", "last_seen", "page")  # all else of a version is what the rules read


def version_of(article: Row) -> Row:
    """A row of `versions` of what `article` has: its page's own words, whatever a person says."""
    same = {name: article.get(name) for name in ("text", "sha256", "page", "access", "lang")}
    uncorrected = json.loads(article.get("uncorrected") or "{}")
    own = {name: uncorrected.get(name, article.get(name)) for name in ("title", "page_kind")}
    authors = as_json(uncorrected["authors"]) if "authors" in uncorrected else article.get("authors")
    at = article["fetched_at"]
    return {"seen_at": at, "last_seen": at, "authors": authors} | own | same


def own_title(article: Row) -> str:
    """As the page has it, whatever a person says."""
    return str(json.loads(article.get("uncorrected") or "{}").get("title", article["title"]))


# An article that leaves. These are part of the transaction in which it does, or comes back.

_SAID = ("title", "text", "authors")  # what a version shows


def withdraw(db: Database, article: int) -> None:
    """Its versions stay under their numbers, and what they said is where nobody who reads sees it."""
    names = ", ".join(_SAID)
    db.execute(
        f"insert or replace into _left_versions (version, {names}) select id, {names} from versions where article = ?",
        [article],
    )
    db.execute("update versions set title = '', text = null, authors = null where article = ?", [article])


def come_back(db: Database, article: int, version: Row) -> None:
    """Its history, as it was; `version` is what it says now, by the rules of today."""
    said = ", ".join(f"{name} = left.{name}" for name in _SAID)
    db.execute(f"update versions set {said} from _left_versions as left where version = id and article = ?", [article])
    own = "select id from versions where article = ?"
    db.execute(f"delete from _left_versions where version in ({own})", [article])
    last = db.execute(f"{own} order by seen_at desc, id desc limit 1", [article]).fetchone()
    if last is None:  # it left before there was a history of what leaves
        db.table("versions").insert(version | {"article": article})
    elif version["page"] is not None:
        reading = {name: value for name, value in version.items() if name not in OF_THE_SIGHT}
        db.execute(
            f"update versions set {', '.join(f'{name} = :{name}' for name in reading)} where id = :id and page = :page",
            reading | {"id": last[0], "page": version["page"]},
        )


def erase(db: Database, article: int) -> None:
    db.execute("delete from _left_versions where version in (select id from versions where article = ?)", [article])
    for table in ("changes", "disappearances", "versions"):
        db.execute(f"delete from {table} where article = ?", [article])
