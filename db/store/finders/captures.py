"""Table `captures`: copies of pages that web archives have, as their indexes name them; the newest of each."""

from collections.abc import Iterable
from typing import TypedDict

from db.store.leaving.removals import removed
from db.store.rows import Family, Row

WAYBACK, COMMON_CRAWL = "wayback", "commoncrawl"
LARGEST = 10 << 20  # bytes of a packed record that is asked for


class CaptureRow(TypedDict):
    key: str  # of the address, as an article's
    archive: str  # wayback, commoncrawl
    url: str
    captured_at: str
    file: str | None  # in which its record is, where it can be cut out
    offset: int | None
    length: int | None
    tried_at: str | None  # when the record was asked for
    article: int | None  # whose text was taken from it


_NEWEST = (
    "insert into captures (key, archive, url, captured_at, file, offset, length)"
    " values (:key, :archive, :url, :at, :file, :offset, :length)"
    " on conflict (key, archive) do update set url = excluded.url, captured_at = excluded.captured_at,"
    " file = excluded.file, offset = excluded.offset, length = excluded.length, tried_at = null"
    " where excluded.captured_at > captured_at and article is null"
)
_TAKEN = (
    "update captures set article = (select id from articles join article_keys on article = id"
    " where article_keys.key = captures.key and fetched_at = captured_at)"
    " where tried_at is not null and article is null"
)
# Refused because nobody had the page any more; what the index has named since may still be had.
_GONE = (
    "select refusals.key, refusals.source, refusals.url, refusals.title, refusals.published as date"
    " from captures join refusals on refusals.key = captures.key where archive = 'commoncrawl' and file is not null"
    " and tried_at is null and refusals.reason = 'missing'"
    " and json_extract(refusals.outcome, '$.params.status') in (404, 410)"
)


class CaptureStore(Family):
    def write(self, rows: Iterable[Row]) -> None:
        """Each as CaptureRow, with `at` in place of `captured_at`, and without what became of it."""
        named = list(rows)
        gone = removed(self.db, {row["key"] for row in named})
        with self.db.atomic():
            self.db.conn.executemany(_NEWEST, [row for row in named if row["key"] not in gone])

    def to_fetch(self, key: str) -> CaptureRow | None:
        """The record of an address that was not asked for yet."""
        sql = (
            f"select * from captures where key = ? and archive = '{COMMON_CRAWL}' and file is not null"
            f" and tried_at is null and length <= {LARGEST}"
        )
        return next(self._query(CaptureRow, sql, [key]), None)

    def tried(self, key: str, at: str) -> None:
        self._write("update captures set tried_at = ? where key = ? and archive = ?", [at, key, COMMON_CRAWL])

    def dated(self, key: str, at: str) -> None:
        """As the record itself has it."""
        self._write("update captures set captured_at = ? where key = ? and archive = ?", [at, key, COMMON_CRAWL])

    def gone(self) -> list[Row]:
        """Refused addresses of which there is a record after all: key, source, url, title, date."""
        return list(self.db.query(_GONE))

    def connect(self) -> None:
        """With the articles whose text was taken from them."""
        self._write(_TAKEN)
