"""The archive: articles and their versions, refusals, the queue of leads, runs. Every method is one transaction."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from db.migrations import migrations
from db.problem import Problem

Row = dict[str, Any]

# A refusal for one of these is about this visit or our limits: the address may be asked for again.
FOR_NOW = ("budget", "robots")

TRIES = 3  # nights on which a page is asked for in vain before it is given up


class ArchiveError(Problem):
    """The archive cannot be used; the message says what to do."""


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def berlin_day() -> str:
    """The night of a crawl is named by its day in Berlin."""
    return datetime.now(ZoneInfo("Europe/Berlin")).date().isoformat()


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@dataclass(slots=True, kw_only=True)
class Night:
    """What one run saw of one source; counted up as the run goes."""

    source: str
    state: str = "not_finished"  # ok, partial, unreachable, stopped, not_finished
    detail: str = ""
    robots: str = ""
    listed: int = 0
    new: int = 0
    answered: bool = False  # the source said anything at all
    fetched: int = 0  # pages asked for and answered
    kept: int = 0
    again: int = 0  # turned out to be an article that is kept already
    reasons: dict[str, int] = field(default_factory=dict)  # refusals by reason
    waiting: int = 0

    @property
    def refused(self) -> int:
        return sum(self.reasons.values())


class Archive:
    """One connection to the archive of a home, brought up to date when it is opened."""

    def __init__(self, path: Path) -> None:
        try:
            self.db = Database(sqlite3.connect(path, timeout=30))
            self._check_age(path)
            if self.db.journal_mode != "wal":
                self.db.enable_wal()
            # In WAL mode a killed process loses nothing with NORMAL; only a power cut may undo the last commits.
            self.db.conn.execute("PRAGMA synchronous = NORMAL")
            migrations.apply(self.db)
        except sqlite3.Error as error:
            raise ArchiveError(
                f"{path}: {error}; see that the folder may be written to and has room, "
                "or put a sound copy of the archive in its place"
            ) from error

    def _check_age(self, path: Path) -> None:
        if "_sqlite_migrations" not in self.db.table_names():
            return
        with Database(memory=True) as blank:
            known = {step.name for step in migrations.pending(blank)}
        rows = self.db.query("select name from _sqlite_migrations where migration_set = ?", [migrations.name])
        if newer := sorted(row["name"] for row in rows if row["name"] not in known):
            raise ArchiveError(
                f"{path}: written by a newer Revierspiegel ({newer[-1]}); update the program, the archive is untouched"
            )

    def close(self) -> None:
        self.db.close()

    def _insert(self, table: str, row: Row) -> int:
        """The id of the new row."""
        return int(str(self.db.table(table).insert(row).last_pk))

    # the queue

    def known(self, keys: Iterable[str]) -> dict[str, int | None]:
        """Those of the keys that need no fetching, with the article that has them; None: refused, or waiting."""
        found: dict[str, int | None] = {}
        marks = ",".join("?" for _ in FOR_NOW)
        for some in _chunks(list(keys), 400):
            holes = ",".join("?" for _ in some)
            for sql, values in (
                (f"select key, null from leads where key in ({holes})", some),
                (
                    f"select key, null from refusals where key in ({holes}) and reason not in ({marks})",
                    [*some, *FOR_NOW],
                ),
                (f"select key, article from article_keys where key in ({holes})", some),
            ):
                found.update(self.db.execute(sql, values))
        return found

    def add_aliases(self, addresses: Iterable[tuple[str, int]]) -> None:
        """Note other addresses of articles: (url, article)."""
        rows = [{"url": url, "article": article, "seen_at": now()} for url, article in addresses]
        with self.db.atomic():
            self.db.table("aliases").insert_all(rows, pk="url", ignore=True)
            self.db.execute("delete from aliases where url = (select url from articles where id = aliases.article)")

    def close_address(self, url: str) -> None:
        """All that a listing or an index leads to has been read."""
        with self.db.atomic():
            self.db.execute("update addresses set open = 0 where url = ?", [url])

    def queue(self, leads: Iterable[Row], address: Row | None = None) -> None:
        """Leads wait for a night with room; what the address said of itself is stored with them, or not at all."""
        with self.db.atomic():
            self.db.table("leads").insert_all(leads, pk="key", ignore=True)
            if address:
                self.db.table("addresses").upsert(address, pk="url")

    def address(self, url: str) -> Row:
        """ETag and Last-Modified of the last visit to a feed, sitemap or listing, and how much it listed."""
        rows = self.db.query("select * from addresses where url = ?", [url])
        return next(rows, {})

    def waiting(self, source: str, limit: int = -1, skip: int = 0) -> list[Row]:
        """Leads of a source: those that failed before, then those that carry a term of the profile, then the newest."""
        sql = (
            "select * from leads where source = ? order by tries desc, on_terms desc, date is null, date desc, key"
            " limit ? offset ?"
        )
        return list(self.db.query(sql, [source, limit, skip]))

    def count_waiting(self, source: str) -> int:
        return int(self.db.execute("select count(*) from leads where source = ?", [source]).fetchone()[0])

    def drop_overflow(self, source: str, keep: int, run: int) -> int:
        """What falls out of the queue is a refusal for the budget; it may come back when it is listed anew."""
        rows = self.waiting(source, skip=keep)
        with self.db.atomic():
            for row in rows:
                self._refuse(row, "budget", f"more than {keep} addresses of {source} wait", run)
        return len(rows)

    def failed(self, lead_key: str, error: str) -> int:
        """Note that a page could not be had; returns on how many nights so far. A night is a run of the crawl."""
        with self.db.atomic():
            self.db.execute("update leads set tries = tries + 1, error = ? where key = ?", [error, lead_key])
        row = self.db.execute("select tries from leads where key = ?", [lead_key]).fetchone()
        return int(row[0]) if row else TRIES

    # pages and what becomes of them

    def add_page(self, page: Row) -> int:
        with self.db.atomic():
            return self._insert("pages", page)

    def unfinished_pages(self) -> list[Row]:
        """Pages that were kept when a crawl was killed before they were read."""
        return list(self.db.query("select * from pages where done = 0 order by id"))

    def drop_page(self, page: int) -> None:
        """A kept page that cannot be read back is forgotten; its address is fetched again."""
        with self.db.atomic():
            self.db.table("pages").delete(page)

    def save(self, article: Row, keys: Mapping[str, str], lead_key: str) -> tuple[int, bool]:
        """Store an article under its identity, or its addresses as more of the same article's. Returns (id, is new)."""
        with self.db.atomic():
            found = self.article_of([article["identity"], *keys])
            known = int(found["id"]) if found else 0
            new = not known
            if new:
                known = self._insert("articles", article)
                version = {name: article[name] for name in ("title", "sha256", "page")}
                self.db.table("versions").insert(version | {"article": known, "seen_at": article["fetched_at"]})
            rows = [{"key": key, "article": known} for key in (article["identity"], *keys)]
            self.db.table("article_keys").insert_all(rows, pk="key", ignore=True)
            self.add_aliases((url, known) for url in {*keys.values(), article["url"]})
            self._finish(lead_key, article["source"], article["url"])
            self.db.execute("delete from refusals where key = ?", [lead_key])
        return known, new

    def article_of(self, keys: list[str]) -> Row | None:
        """Id, title and text of the article that has one of the keys."""
        holes = ",".join("?" for _ in keys)
        wanted = f"select article from article_keys where key in ({holes})"
        return next(self.db.query(f"select id, title, text from articles where id in ({wanted}) limit 1", keys), None)

    def refuse(self, refused: Row, reason: str, detail: str, run: int) -> None:
        """`refused` has key, url, source, and as far as known title, published, score, reasons, rules_version, page."""
        with self.db.atomic():
            self._refuse(refused, reason, detail, run)

    def _refuse(self, refused: Row, reason: str, detail: str, run: int) -> None:
        columns = ("key", "url", "source", "title", "published", "score", "reasons", "rules_version", "page")
        row = {name: refused.get(name) for name in columns}
        self.db.table("refusals").upsert(row | {"reason": reason, "detail": detail, "at": now(), "run": run}, pk="key")
        self._finish(refused["key"], refused["source"], refused["url"])

    def _finish(self, lead_key: str, source: str, url: str) -> None:
        """An address has become an article or a refusal: it waits no longer, and its page has been read."""
        self.db.execute("delete from leads where key = ?", [lead_key])
        self.db.execute("update pages set done = 1 where done = 0 and source = ? and url = ?", [source, url])

    # runs

    def begin_run(self, registry: Iterable[Row], **facts: Any) -> int:
        """Write the registry and a new row of `runs`. Whatever still says 'running' was killed: we hold the lock."""
        with self.db.atomic():
            self.bury_runs()
            rows = list(registry)
            self.db.table("sources").upsert_all(rows, pk="id")
            return self._insert("runs", {"started": now(), "outcome": "running", **facts})

    def bury_runs(self, detail: str = "") -> None:
        """Whatever says 'running' while nobody holds the lock was killed. It ended when it last wrote its books."""
        sql = (
            "update runs set outcome = 'killed', detail = ?, ended = coalesce("
            " (select max(ended) from source_nights where run = runs.id), started) where outcome = 'running'"
        )
        with self.db.atomic():
            self.db.execute(sql, [detail])

    def forget_sources(self, keep: set[str]) -> None:
        """Sources that have left the registry and never gave anything leave the table too."""
        holes = ",".join("?" for _ in keep)
        with self.db.atomic():
            self.db.execute(
                f"delete from sources where id not in ({holes}) and id not in (select source from articles)"
                " and id not in (select source from refusals)",
                list(keep),
            )

    def write_nights(self, run: int, nights: Iterable[Night]) -> None:
        """The state of the run so far, source by source; called as it goes, so that a killed run has its counts too."""
        rows = []
        for night in nights:
            row = asdict(night) | {"run": run, "night": berlin_day(), "refused": night.refused, "ended": now()}
            rows.append(row | {"reasons": as_json(night.reasons)})
        totals = {name: sum(row[name] for row in rows) for name in ("listed", "new", "fetched", "kept", "refused")}
        reached = sum(row["answered"] for row in rows)
        with self.db.atomic():
            self.db.table("source_nights").upsert_all(rows, pk=("run", "source"))
            self.db.table("runs").update(run, totals | {"reached": reached, "reasons": as_json(_summed(rows))})
            for row in rows:
                change = {"last_state": row["state"], "last_detail": row["detail"]}
                if row["state"] in ("ok", "partial"):
                    change["last_success"] = row["ended"]
                self.db.table("sources").update(row["source"], change)

    def end_run(self, run: int, outcome: str, detail: str = "") -> None:
        with self.db.atomic():
            self.db.table("runs").update(run, {"ended": now(), "outcome": outcome, "detail": detail})


def _summed(rows: Iterable[Row]) -> dict[str, int]:
    total: dict[str, int] = {}
    for row in rows:
        for reason, count in json.loads(row["reasons"]).items():
            total[reason] = total.get(reason, 0) + count
    return dict(sorted(total.items(), key=lambda pair: -pair[1]))


def _chunks(values: list[str], size: int) -> Iterable[list[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def read_only(path: Path) -> Database:
    """A reader's connection; raises ArchiveError where there is no archive yet."""
    if not path.is_file():
        raise ArchiveError(f"{path}: there is no archive yet; run 'revierspiegel crawl' first")
    return Database(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30))


def look_up(path: Path, keys: list[str], url: str) -> Row:
    """What the archive knows of an address: the article, the refusal, the waiting lead (each a row or None)."""
    with closing(read_only(path).conn) as conn:
        db = Database(conn)
        holes = ",".join("?" for _ in keys)
        article = db.query(
            "select * from articles where url = ? or id in (select article from aliases where url = ?)"
            f" or id in (select article from article_keys where key in ({holes}))",
            [url, url, *keys],
        )
        refusal = db.query(f"select * from refusals where key in ({holes}) or url = ?", [*keys, url])
        lead = db.query(f"select * from leads where key in ({holes}) or url = ?", [*keys, url])
        return {"article": next(article, None), "refusal": next(refusal, None), "waiting": next(lead, None)}
