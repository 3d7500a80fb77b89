"""Table `refusals`: addresses that are not in the archive, and why."""

from collections.abc import Iterator
from typing import TypedDict

from sqlite_utils import Database

from db.outcomes import Code, Outcome
from db.store.leaving.removals import removed
from db.store.pages import PageRow
from db.store.rows import Family, Row, in_words, now

# A refusal for one of these is about this visit or our limits: the address may be asked for again.
FOR_NOW = ("budget", "robots", "reserved")


class RefusalRow(TypedDict):
    id: int
    source: str
    reason: str
    detail: str | None
    title: str | None
    url: str
    at: str
    published: str | None
    score: float | None
    reasons: str | None
    rules_version: str | None
    page: int | None
    run: int | None
    key: str
    rights: str | None
    outcome: str | None
    features: str | None


# Nearly every page ends as a refusal: as a statement of our own it takes a fifth of the time of sqlite-utils' upsert.
_JUDGED = ("score", "reasons", "features", "rules_version")
_OF_THE_PAGE = ("key", "url", "source", "title", "published", *_JUDGED, "rights", "page")
_OF_THE_REFUSAL = (*_OF_THE_PAGE, "reason", "detail", "outcome", "at", "run")
_REFUSE = (
    f"insert into refusals ({', '.join(_OF_THE_REFUSAL)}) values (:{', :'.join(_OF_THE_REFUSAL)})"
    f" on conflict (key) do update set {', '.join(f'{name} = excluded.{name}' for name in _OF_THE_REFUSAL)}"
)


class RefusalStore(Family):
    def refuse(self, refused: Row, reason: str, outcome: Outcome | None, run: int | None) -> None:
        """`refused` has key, url, source, and as far as known title, published, page, and what was judged.

        Of what was taken down nothing is written but that it has ended.
        """
        with self.db.atomic():
            for sql, values in _statements(self.db, refused, reason, outcome, run):
                self.db.execute(sql, values)

    def refuse_soon(self, refused: Row, reason: str, outcome: Outcome | None, run: int | None) -> None:
        """As `refuse`, with others in one transaction; killed before, the address waits as it did."""
        for sql, values in _statements(self.db, refused, reason, outcome, run):
            self.db.defer(sql, values)

    def get(self, number: int | None) -> Row | None:
        return self._get(Row, "refusals", number)

    def why(self, lead_key: str) -> str:
        """Why an address was refused, or is not asked for any more, in words; '' where it is."""
        if removed(self.db, [lead_key]):
            return str(Code.TAKEN_DOWN.of())
        row = next(self.db.query("select reason, detail from refusals where key = ?", [lead_key]), None)
        return f"{row['reason']}: {row['detail']}" if row else ""

    def page(self, lead_key: str) -> PageRow | None:
        """The kept page of a refused address."""
        sql = "select pages.* from refusals join pages on pages.id = refusals.page where key = ?"
        return next(self._query(PageRow, sql, [lead_key]), None)

    def update(self, number: int, columns: Row) -> None:
        with self.db.atomic():
            self.db.table("refusals").update(number, columns)

    def forget(self, number: int) -> None:
        self._write("delete from refusals where id = ?", [number])


def _statements(
    db: Database, refused: Row, reason: str, outcome: Outcome | None, run: int | None
) -> Iterator[tuple[str, Row]]:
    row = {name: refused.get(name) for name in _OF_THE_PAGE}
    if not removed(db, [refused["key"]]):
        yield _REFUSE, row | in_words(outcome) | {"reason": reason, "at": now(), "run": run}
    address = {name: refused[name] for name in ("key", "source", "url")}
    yield from ((sql, address) for sql in _FINISH)


# By its address too: the key of an address changes with the registry's patterns.
_PAGE_IS_READ = "update pages set done = 1 where done = 0 and source = :source and url = :url"
_FINISH = ("delete from leads where key = :key or (source = :source and url = :url)", _PAGE_IS_READ)


def finish(db: Database, lead_key: str, source: str, url: str) -> None:
    """An address has become an article or a refusal: it waits no longer, and its page has been read."""
    for sql in _FINISH:
        db.execute(sql, {"key": lead_key, "source": source, "url": url})


def page_is_read(db: Database, source: str, url: str) -> None:
    """The next run need not take it up."""
    db.execute(_PAGE_IS_READ, {"source": source, "url": url})
