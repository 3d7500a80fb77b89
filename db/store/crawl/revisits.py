"""Table `revisits`: when the page of each kept article is to be looked at again, and what came of the last look."""

from collections.abc import Iterable
from typing import TypedDict

from db.outcomes import Outcome
from db.store.rows import Family, Row, in_words


class RevisitRow(TypedDict):
    article: int
    source: str
    due: str | None  # the night, a day in Berlin; None: all looks have been taken
    looks: int  # how often it was looked at since it came
    tries: int  # nights on which it was asked for in vain since
    checked_at: str | None  # when it was last looked at
    etag: str | None
    modified: str | None  # as the server says, for conditional requests
    full_at: str | None  # when it was last asked without conditions
    unchanged: int | None  # nights in a row on which it answered 304
    missing_at: str | None  # when it was first not found, and was not found since
    detail: str | None
    outcome: str | None


_LOOKS = (
    "select revisits.*, a.url, a.title, a.published, a.published_utc, a.date_source, a.uncorrected, a.found_via,"
    " a.found_at, a.fetched_at, a.access from revisits join articles as a on a.id = revisits.article"
    " where revisits.source = ?"
)
# The newest change most; what a site says has changed is due, too.
_DUE = f"{_LOOKS} and due <= ? order by a.fetched_at desc, article limit ?"
# Where all are asked for, in several runs: first those that were not looked at for longest.
_ALL = f"{_LOOKS} order by revisits.checked_at, article limit ?"
_YOUNG = f"{_LOOKS} and looks = 0 and tries = 0 and a.fetched_at >= ? and a.published_utc >= ? order by article limit ?"


class RevisitStore(Family):
    """The rows for a look are those of `revisits` with what its request and its reading need of the article."""

    def due(self, source: str, night: str, limit: int) -> list[Row]:
        return list(self.db.query(_DUE, [source, night, limit]))

    def due_counts(self, night: str) -> dict[str, int]:
        """Source → how many of its articles are due; those of which some are."""
        sql = "select source, count(*) from revisits where due <= ? group by source"
        return dict(self.db.execute(sql, [night]).fetchall())

    def all_of(self, source: str, limit: int) -> list[Row]:
        return list(self.db.query(_ALL, [source, limit]))

    def young(self, source: str, fetched_since: str, published_since: str, limit: int) -> list[Row]:
        """Not looked at since they came."""
        return list(self.db.query(_YOUNG, [source, fetched_since, published_since, limit]))

    def get(self, article: int) -> Row | None:
        """With the moment at which its article was first fetched."""
        sql = "select revisits.*, a.fetched_at from revisits join articles as a on a.id = article where article = ?"
        return next(self.db.query(sql, [article]), None)

    def plan(self, article: int, columns: Row) -> None:
        """`columns`: those that change."""
        changed = ", ".join(f"{name} = :{name}" for name in columns)
        self._write(f"update revisits set {changed} where article = :article", columns | {"article": article})

    def looked(self, article: int, at: str, due: str | None, outcome: Outcome | None, columns: Row) -> None:
        """Its page has answered: that counts as a look, whatever it said."""
        seen = "update articles set last_checked = max(coalesce(last_checked, ''), ?) where id = ?"
        row = {"due": due, "tries": 0, "checked_at": at} | in_words(outcome) | columns
        with self.db.atomic():
            self.db.execute(seen, [at, article])
            self.db.table("revisits").update(article, row)
            self.db.execute("update revisits set looks = looks + 1 where article = ?", [article])

    def failed(self, article: int, outcome: Outcome) -> int:
        """It could not be had tonight; on how many nights so far."""
        sql = "update revisits set tries = tries + 1, detail = :detail, outcome = :outcome where article = :article"
        self._write(sql, {"article": article} | in_words(outcome))
        return int(self.db.execute("select tries from revisits where article = ?", [article]).fetchone()[0])

    def hurry(self, night: str, changed: Iterable[tuple[int, str]]) -> None:
        """(article, moment at which it changed, as its site says): it is due now, unless it was looked at since."""
        sql = (
            "update revisits set due = ?1 where article = ?2 and coalesce(due, '9') > ?1"
            " and substr(coalesce(checked_at, ''), 1, length(?3)) < ?3"
        )
        with self.db.atomic():
            for article, moment in changed:
                self.db.execute(sql, [night, article, moment])
