"""Tables `leads` and `addresses`: what waits to be fetched; what feeds, sitemaps and listings said of themselves."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TypedDict

from db.days import moment, today
from db.outcomes import Code, Outcome
from db.store.leaving.removals import removed
from db.store.refusals import FOR_NOW, finish, page_is_read
from db.store.rows import Family, Row, chunks, holes, in_words, now

HOLDS = timedelta(days=28)

# Last those that our own code could not read and those that said no (their no ends the visit); first those that failed
# before, that carry a term, the newest.
FAILED = "coalesce(json_extract(outcome, '$.code'), '') = 'failed'"
SAID_NO = "coalesce(json_extract(outcome, '$.params.status'), 0) between 400 and 499"
ORDER = f"{FAILED}, {SAID_NO}, tries desc, on_terms desc, coalesce(as_of, date, found_at) desc, key"

TRIES = 3  # nights on which a page is asked for in vain before it is given up


class LeadRow(TypedDict):
    key: str
    source: str
    url: str
    title: str | None
    date: str | None
    found_via: str | None
    found_at: str | None
    on_terms: int
    tries: int
    tried_on: str | None
    error: str | None
    outcome: str | None
    as_of: str | None  # by when it stands in the order: its date, where that is known and can be believed


class AddressRow(TypedDict):
    url: str
    source: str | None
    etag: str | None
    modified: str | None
    checked_at: str | None
    status: int | None
    entries: int | None
    more: str | None
    read_by: str | None
    open: int | None
    back_to: str | None
    back_page: int | None
    full_at: str | None  # when it was last asked without conditions; checked_at: asked at all
    unchanged: int | None  # nights in a row on which it answered 304
    news: int | None  # leads that were new when it was last read again; of what was before, half each time


class FrontierStore(Family):
    def known(self, keys: Iterable[str]) -> dict[str, int | None]:
        """Those of the keys that need no fetching, with the article that has them; None: refused, waiting, taken down.

        A refusal for the moment holds for four weeks: what fell out of the queue may come back when there is room.
        """
        keys = list(keys)
        articles: dict[str, int | None] = dict.fromkeys(removed(self.db, keys))
        past = (moment() - HOLDS).isoformat(timespec="seconds")
        for some in chunks(keys, 400):
            placeholders = holes(some)
            refused = (
                f"select key, null from refusals where key in ({placeholders})"
                f" and (reason not in ({holes(FOR_NOW)}) or at > ?)"
            )
            for sql, values in (
                (f"select key, null from leads where key in ({placeholders})", some),
                (refused, [*some, *FOR_NOW, past]),
                (f"select key, null from decisions where word = 'drop' and key in ({placeholders})", some),
                (f"select key, article from article_keys where key in ({placeholders})", some),
            ):
                articles.update(self.db.execute(sql, values))
        return articles

    def queue(self, leads: Iterable[Row], address: Row | None = None) -> None:
        """Leads wait for a night with room; what the address said of itself is stored with them, or not at all."""
        with self.db.atomic():
            for lead in leads:
                self.db.insert("leads", lead, otherwise="ignore")
            if address:
                self.db.table("addresses").upsert(address, pk="url")

    def address(self, url: str) -> Row:
        """What a feed, sitemap or listing said of itself at the last visit, how much it listed and what it led to."""
        return next(self.db.query("select * from addresses where url = ?", [url]), {})

    def addresses(self, urls: Sequence[str]) -> dict[str, Row]:
        """As `address`, of those that were read before: url → row."""
        sql = "select * from addresses where url in ({})"
        rows = (row for some in chunks(urls, 400) for row in self.db.query(sql.format(holes(some)), list(some)))
        return {row["url"]: row for row in rows}

    def close_address(self, url: str) -> None:
        """All that a listing or an index leads to has been read."""
        self._write("update addresses set open = 0 where url = ?", [url])

    def last_listed(self) -> dict[str, str]:
        """Addresses that have listed anything: url → when they were last asked."""
        sql = "select url, checked_at from addresses where entries > 0 or coalesce(more, '[]') != '[]'"
        return dict(self.db.execute(sql).fetchall())

    def waiting(self, source: str, limit: int) -> list[Row]:
        """Leads of a source, the first first; not those whose page is here already and only has to be read."""
        sql = (
            "select * from leads where source = ? and not exists (select 1 from pages"
            f" where done = 0 and pages.source = leads.source and pages.url = leads.url) order by {ORDER} limit ?"
        )
        return list(self.db.query(sql, [source, limit]))

    def is_waiting(self, lead_key: str) -> bool:
        sql = "select exists (select 1 from leads where key = ?)"
        return bool(self.db.execute(sql, [lead_key]).fetchone()[0])

    def waiting_counts(self) -> dict[str, int]:
        """Source → how many addresses wait; those of which some do."""
        return dict(self.db.execute("select source, count(*) from leads group by source").fetchall())

    def count_waiting(self, source: str) -> int:
        return int(self.db.execute("select count(*) from leads where source = ?", [source]).fetchone()[0])

    def prefer(self, lead_key: str) -> None:
        """It waits with those that carry a term of the profile."""
        self._write("update leads set on_terms = 1 where key = ?", [lead_key])

    def drop_overflow(self, source: str, keep: int, run: int) -> int:
        """What falls out of the queue is a refusal for the budget."""
        over = f"select key from leads where source = :source order by {ORDER} limit -1 offset :keep"
        copied = (
            "insert into refusals (key, url, source, title, published, reason, detail, outcome, at, run)"
            " select key, url, source, title, date, 'budget', :detail, :outcome, :at, :run from leads"
            f" where key in ({over}) on conflict (key) do update set reason = excluded.reason,"
            " detail = excluded.detail, outcome = excluded.outcome, at = excluded.at, run = excluded.run"
        )
        full = Code.QUEUE_FULL.of(number=keep, source=source)
        params = {"source": source, "keep": keep, "run": run, "at": now()} | in_words(full)
        with self.db.atomic():
            self.db.execute(copied, params)
            return int(self.db.execute(f"delete from leads where key in ({over})", params).rowcount)

    def failed(self, lead_key: str, error: Outcome, *, counts: bool = True) -> int:
        """Note that a page could not be had tonight; returns on how many nights so far.

        `counts`: against the page; a fault of ours does not.
        """
        tried = "tries = tries + (coalesce(tried_on, '') != :night), tried_on = :night," if counts else ""
        sql = f"update leads set {tried} error = :detail, outcome = :outcome where key = :key"
        self._write(sql, {"night": today(), "key": lead_key} | in_words(error))
        row = self.db.execute("select tries from leads where key = ?", [lead_key]).fetchone()
        return int(row[0]) if row else TRIES

    def finished(self, lead_key: str, source: str, url: str) -> None:
        """It waits no longer, and its page has been read."""
        with self.db.atomic():
            finish(self.db, lead_key, source, url)

    def wait_again(self, page: Row, error: Outcome) -> None:
        """What our own code could not read waits for another night; `page` is as RefusalStore.refuse takes it."""
        lead = {name: page[name] for name in ("key", "source", "url", "title")}
        lead |= {"date": page["published"], "found_at": now(), "found_via": "its own page"}
        with self.db.atomic():
            self.db.insert("leads", lead, otherwise="ignore")
            self.failed(page["key"], error, counts=False)
            page_is_read(self.db, page["source"], page["url"])
