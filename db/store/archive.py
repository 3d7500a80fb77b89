"""The archive: articles and their versions, refusals, the queue of leads, runs. Every method is one transaction."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlite_utils import Database

from db.days import today
from db.problem import Problem
from db.search import vocabulary
from db.store.migrations import migrations

Row = dict[str, Any]

# A refusal for one of these is about this visit or our limits: the address may be asked for again.
FOR_NOW = ("budget", "robots", "reserved")

HOLDS = timedelta(days=28)

# Pages that said no last (their no ends the visit), then those that failed before, that carry a term, the newest.
ORDER = "coalesce(error, '') like 'HTTP 4%', tries desc, on_terms desc, date is null, date desc, key"

TRIES = 3  # nights on which a page is asked for in vain before it is given up

# Nearly every page ends as a refusal: as a statement of our own it takes a fifth of the time of sqlite-utils' upsert.
_OF_THE_PAGE = ("key", "url", "source", "title", "published", "score", "reasons", "rules_version", "rights", "page")
_OF_THE_REFUSAL = (*_OF_THE_PAGE, "reason", "detail", "at", "run")
_REFUSE = (
    f"insert into refusals ({', '.join(_OF_THE_REFUSAL)}) values (:{', :'.join(_OF_THE_REFUSAL)})"
    f" on conflict (key) do update set {', '.join(f'{name} = excluded.{name}' for name in _OF_THE_REFUSAL)}"
)


class ArchiveError(Problem):
    """The archive cannot be used; the message says what to do."""


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


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
    teasers: int = 0  # pages of which the most was behind a wall
    lengths: list[int] = field(default_factory=list)  # characters of each text that could be read
    waits_until: str | None = None  # the site's own word: when it may be asked again

    @property
    def text_length(self) -> int | None:
        return round(median(self.lengths)) if self.lengths else None

    @property
    def refused(self) -> int:
        return sum(self.reasons.values())

    def refuse(self, reason: str, count: int = 1) -> None:
        self.reasons[reason] = self.reasons.get(reason, 0) + count

    def note_robots(self, site: str, verdict: str) -> None:
        self.robots = "; ".join(filter(None, [self.robots, f"{site}: {verdict}"]))


class Archive:
    """One connection to the archive of a home, brought up to date when it is opened."""

    def __init__(self, path: Path) -> None:
        try:
            self.db = Database(sqlite3.connect(path, timeout=30))
            check_age(self.db, path)
            if self.db.journal_mode != "wal":
                self.db.enable_wal()
            # In WAL mode a killed process loses nothing with NORMAL; only a power cut may undo the last commits.
            self.db.conn.execute("PRAGMA synchronous = NORMAL")
            migrations.apply(self.db)
            vocabulary.take_in_many(self.db.conn)
        except sqlite3.Error as error:
            raise ArchiveError(
                f"{path}: {error}; see that the folder may be written to and has room, "
                "or put a sound copy of the archive in its place"
            ) from error

    def close(self) -> None:
        self.db.close()

    def _insert(self, table: str, row: Row) -> int:
        return int(str(self.db.table(table).insert(row).last_pk))

    # the queue

    def known(self, keys: Iterable[str]) -> dict[str, int | None]:
        """Those of the keys that need no fetching, with the article that has them; None: refused, or waiting.

        A refusal for the moment holds for four weeks: what fell out of the queue may come back when there is room.
        """
        found: dict[str, int | None] = {}
        marks = ",".join("?" for _ in FOR_NOW)
        past = (datetime.now(UTC) - HOLDS).isoformat(timespec="seconds")
        for some in _chunks(list(keys), 400):
            holes = ",".join("?" for _ in some)
            refused = f"select key, null from refusals where key in ({holes}) and (reason not in ({marks}) or at > ?)"
            for sql, values in (
                (f"select key, null from leads where key in ({holes})", some),
                (refused, [*some, *FOR_NOW, past]),
                (f"select key, null from decisions where word = 'drop' and key in ({holes})", some),
                (f"select key, article from article_keys where key in ({holes})", some),
            ):
                found.update(self.db.execute(sql, values))
        return found

    def add_aliases(self, addresses: Iterable[tuple[str, int]]) -> None:
        """Note other addresses of articles: (url, article)."""
        sql = (
            "insert or ignore into aliases (url, article, seen_at) select :url, :article, :at"
            " where not exists (select 1 from articles where id = :article and url = :url)"
        )
        with self.db.atomic():
            for url, article in addresses:
                self.db.execute(sql, {"url": url, "article": article, "at": now()})

    def queue(self, leads: Iterable[Row], address: Row | None = None) -> None:
        """Leads wait for a night with room; what the address said of itself is stored with them, or not at all."""
        with self.db.atomic():
            self.db.table("leads").insert_all(leads, pk="key", ignore=True)
            if address:
                self.db.table("addresses").upsert(address, pk="url")

    def address(self, url: str) -> Row:
        """What a feed, sitemap or listing said of itself at the last visit, how much it listed and what it led to."""
        return next(self.db.query("select * from addresses where url = ?", [url]), {})

    def close_address(self, url: str) -> None:
        """All that a listing or an index leads to has been read."""
        with self.db.atomic():
            self.db.execute("update addresses set open = 0 where url = ?", [url])

    def waiting(self, source: str, limit: int) -> list[Row]:
        """Leads of a source, the first first; not those whose page is here already and only has to be read."""
        sql = (
            "select * from leads where source = ? and not exists (select 1 from pages"
            f" where done = 0 and pages.source = leads.source and pages.url = leads.url) order by {ORDER} limit ?"
        )
        return list(self.db.query(sql, [source, limit]))

    def count_waiting(self, source: str) -> int:
        return int(self.db.execute("select count(*) from leads where source = ?", [source]).fetchone()[0])

    def drop_overflow(self, source: str, keep: int, run: int) -> int:
        """What falls out of the queue is a refusal for the budget."""
        over = f"select key from leads where source = :source order by {ORDER} limit -1 offset :keep"
        copied = (
            "insert into refusals (key, url, source, title, published, reason, detail, at, run)"
            " select key, url, source, title, date, 'budget', :detail, :at, :run from leads"
            f" where key in ({over}) on conflict (key) do update set reason = excluded.reason,"
            " detail = excluded.detail, at = excluded.at, run = excluded.run"
        )
        given = {"source": source, "keep": keep, "run": run, "at": now()}
        given["detail"] = f"more than {keep} addresses of {source} wait"
        with self.db.atomic():
            self.db.execute(copied, given)
            return int(self.db.execute(f"delete from leads where key in ({over})", given).rowcount)

    def failed(self, lead_key: str, error: str) -> int:
        """Note that a page could not be had tonight; returns on how many nights so far."""
        sql = (
            "update leads set tries = tries + (coalesce(tried_on, '') != :night), tried_on = :night, error = :error"
            " where key = :key"
        )
        with self.db.atomic():
            self.db.execute(sql, {"night": today(), "error": error, "key": lead_key})
        row = self.db.execute("select tries from leads where key = ?", [lead_key]).fetchone()
        return int(row[0]) if row else TRIES

    # pages and what becomes of them

    def add_page(self, page: Row, parts: Iterable[int] = ()) -> int:
        with self.db.atomic():
            number = self._insert("pages", page)
            for part in parts:
                self.db.table("pages").update(part, {"part_of": number})
            return number

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
            else:
                seen = "update articles set last_checked = max(coalesce(last_checked, ''), ?) where id = ?"
                self.db.execute(seen, [article["fetched_at"], known])
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

    def refusal(self, lead_key: str) -> str:
        """Why an address was refused, in words; '' where it was not."""
        row = next(self.db.query("select reason, detail from refusals where key = ?", [lead_key]), None)
        return f"{row['reason']}: {row['detail']}" if row else ""

    def refuse(self, refused: Row, reason: str, detail: str, run: int | None) -> None:
        """`refused` has key, url, source, and as far as known title, published, score, reasons, rules_version, page."""
        with self.db.atomic():
            self._refuse(refused, reason, detail, run)

    def _refuse(self, refused: Row, reason: str, detail: str, run: int | None) -> None:
        row = {name: refused.get(name) for name in _OF_THE_PAGE}
        self.db.execute(_REFUSE, row | {"reason": reason, "detail": detail, "at": now(), "run": run})
        self._finish(refused["key"], refused["source"], refused["url"])

    def _finish(self, lead_key: str, source: str, url: str) -> None:
        """An address has become an article or a refusal: it waits no longer, and its page has been read."""
        # by its address too: the key of an address changes with the registry's patterns
        self.db.execute("delete from leads where key = ? or (source = ? and url = ?)", [lead_key, source, url])
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
        """What has left the registry waits for nothing; its row stays where the archive has anything of it."""
        holes = ",".join("?" for _ in keep)
        with self.db.atomic():
            for sql in (
                f"delete from leads where source not in ({holes})",
                f"delete from addresses where source not in ({holes})",
                f"delete from sources where id not in ({holes}) and id not in (select source from articles)"
                " and id not in (select source from refusals)",
            ):
                self.db.execute(sql, list(keep))

    def write_nights(self, run: int, night_of: str, nights: Iterable[Night]) -> None:
        """The state of the run so far, source by source; called as it goes, so that a killed run has its counts too."""
        rows, waits = [], {}
        for night in nights:
            row = {name: value for name, value in asdict(night).items() if name not in ("lengths", "waits_until")}
            row |= {"run": run, "night": night_of, "refused": night.refused, "ended": now()}
            row |= {"read": len(night.lengths), "text_length": night.text_length}
            rows.append(row | {"reasons": as_json(night.reasons)})
            waits[night.source] = night.waits_until
        totals = {name: sum(row[name] for row in rows) for name in ("listed", "new", "fetched", "kept", "refused")}
        reached = sum(row["answered"] for row in rows)
        with self.db.atomic():
            self.db.table("source_nights").upsert_all(rows, pk=("run", "source"))
            self.db.table("runs").update(run, totals | {"reached": reached, "reasons": as_json(_summed(rows))})
            for row in rows:
                change = {"last_state": row["state"], "last_detail": row["detail"]}
                if row["state"] in ("ok", "partial"):
                    change["last_success"] = row["ended"]
                if waits[row["source"]]:
                    change["waits_until"] = waits[row["source"]]
                self.db.table("sources").update(row["source"], change)

    def write_rules(self, rules: Iterable[Row]) -> None:
        """What sites said to robots; `text` is kept once, however many nights it stays the same."""
        with self.db.atomic():
            for each in rules:
                text = each["text"]
                digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() if text else None
                row = {name: value for name, value in each.items() if name != "text"}
                row |= {"barred": as_json(each["barred"]), "sha256": digest}
                self.db.table("site_rules").upsert(row, pk=("run", "site", "document"))
                if digest:
                    kept = {"sha256": digest, "text": text}
                    self.db.table("site_rule_texts").insert(kept, pk="sha256", ignore=True)

    def waits(self) -> dict[str, str]:
        """Sources that have asked to be left alone for some time yet: source → until when, in UTC."""
        return dict(self.db.execute("select id, waits_until from sources where waits_until > ?", [now()]).fetchall())

    def fetched_on(self, night: str) -> dict[str, int]:
        """Pages that were fetched on a night so far: source → number."""
        sql = "select source, sum(fetched) from source_nights where night = ? group by source"
        return dict(self.db.execute(sql, [night]).fetchall())

    def end_run(self, run: int, outcome: str, detail: str = "") -> None:
        with self.db.atomic():
            self.db.table("runs").update(run, {"ended": now(), "outcome": outcome, "detail": detail})


def check_age(db: Database, path: Path) -> None:
    """Raises ArchiveError where a newer program has written the archive."""
    if "_sqlite_migrations" not in db.table_names():
        return
    with Database(memory=True) as blank:
        known = {step.name for step in migrations.pending(blank)}
    rows = db.query("select name from _sqlite_migrations where migration_set = ?", [migrations.name])
    if newer := sorted(row["name"] for row in rows if row["name"] not in known):
        raise ArchiveError(
            f"{path}: written by a newer Revierspiegel ({newer[-1]}); update the program, the archive is untouched"
        )


def _summed(rows: Iterable[Row]) -> dict[str, int]:
    total: dict[str, int] = {}
    for row in rows:
        for reason, count in json.loads(row["reasons"]).items():
            total[reason] = total.get(reason, 0) + count
    return dict(sorted(total.items(), key=lambda pair: -pair[1]))


def _chunks(values: list[str], size: int) -> Iterable[list[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def read_only(path: Path) -> Database:
    """A reader's connection. Raises ArchiveError where there is no archive yet, or none that this program can read."""
    if not path.is_file():
        raise ArchiveError(f"{path}: there is no archive yet; run 'revierspiegel crawl' first")
    try:
        db = Database(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30))
        check_age(db, path)
    except sqlite3.Error as error:
        raise ArchiveError(f"{path}: {error}; put a sound copy of the archive in its place") from error
    if "articles" not in db.table_names():
        raise ArchiveError(f"{path}: this is no archive; run 'revierspiegel migrate', or put a sound copy in its place")
    return db


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
