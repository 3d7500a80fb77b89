"""The tables, one step each. A step is never edited once it is released: write the next one."""

from sqlite_utils import Database, Migrations

migrations = Migrations("revierspiegel")

FTS_COLUMNS = ("title", "text")


@migrations()
def m001_articles(db: Database) -> None:
    db.table("articles").create(
        {
            "id": int,
            "url": str,  # as found and fetched
            "source": str,
            "title": str,
            "authors": str,  # JSON list of persons
            "published": str,  # ISO 8601 with the page's own offset, or a bare day
            "published_utc": str,  # for sorting
            "month": str,  # YYYY-MM of `published`, as the page counts days
            "text": str,
            "kind": str,  # kind of source: government, trade_press, …
            "page_kind": str,
            "lang": str,
            "access": str,
            "score": float,
            "reasons": str,  # JSON list of sentences
            "verdict": str,
            "rules_version": str,
            "agencies": str,  # JSON list
            "date_source": str,
            "modified": str,
            "canonical_url": str,
            "final_url": str,
            "identity": str,
            "found_via": str,
            "found_at": str,
            "fetched_at": str,
            "words": int,
            "sha256": str,  # of title and text
            "page": int,
            "run": int,
        },
        pk="id",
        not_null={"url", "source", "title", "text", "identity", "fetched_at"},
    )
    db.table("articles").create_index(["identity"], unique=True)
    db.table("articles").create_index(["published_utc"])
    db.table("articles").create_index(["source"])


@migrations()
def m002_aliases(db: Database) -> None:
    """`article_keys` is what addresses are compared by: an outlet's id of an article, or an address in normal form."""
    db.table("aliases").create(
        {"url": str, "article": int, "seen_at": str}, pk="url", foreign_keys=[("article", "articles")]
    )
    db.table("aliases").create_index(["article"])
    db.table("article_keys").create({"key": str, "article": int}, pk="key", foreign_keys=[("article", "articles")])
    db.table("article_keys").create_index(["article"])


@migrations()
def m003_versions(db: Database) -> None:
    """`text` holds what a later version replaced; the current text stands in `articles`."""
    db.table("versions").create(
        {"id": int, "article": int, "seen_at": str, "title": str, "text": str, "sha256": str, "page": int},
        pk="id",
        foreign_keys=[("article", "articles")],
    )
    db.table("versions").create_index(["article"])


@migrations()
def m004_refusals(db: Database) -> None:
    db.table("refusals").create(
        {
            "id": int,
            "source": str,
            "reason": str,
            "detail": str,
            "title": str,
            "url": str,
            "at": str,
            "published": str,
            "score": float,
            "reasons": str,
            "rules_version": str,
            "page": int,
            "run": int,
            "key": str,  # what the address is compared by
        },
        pk="id",
        not_null={"url", "source", "reason", "at"},
    )
    db.table("refusals").create_index(["key"], unique=True)
    db.table("refusals").create_index(["source", "reason"])
    db.table("refusals").create_index(["url"])


@migrations()
def m005_pages(db: Database) -> None:
    """`done` is 0 until the page has become an article or a refusal: a killed crawl picks it up from here."""
    db.table("pages").create(
        {
            "id": int,
            "source": str,
            "url": str,
            "final_url": str,
            "fetched_at": str,
            "status": int,
            "file": str,
            "offset": int,
            "length": int,
            "sha256": str,
            "done": int,
            "lead": str,  # JSON: what is known of the lead, for picking up
        },
        pk="id",
        defaults={"done": 0},
    )
    db.table("pages").create_index(["done"])


@migrations()
def m006_leads(db: Database) -> None:
    """The queue: addresses that wait for a night with room, or for another try."""
    db.table("leads").create(
        {
            "key": str,
            "source": str,
            "url": str,
            "title": str,
            "date": str,
            "found_via": str,
            "found_at": str,
            "on_terms": int,  # 1: title, summary or address carries a term of the profile
            "tries": int,  # nights on which the page was asked for in vain
            "tried_on": str,  # the last of these nights
            "error": str,  # of the last try
        },
        pk="key",
        defaults={"on_terms": 0, "tries": 0},
    )
    db.table("leads").create_index(["source"])


@migrations()
def m007_runs(db: Database) -> None:
    db.table("runs").create(
        {
            "id": int,
            "started": str,
            "ended": str,
            "outcome": str,  # running, completed, no_source, stopped, failed, killed
            "detail": str,
            "sources": int,
            "reached": int,
            "listed": int,
            "new": int,
            "fetched": int,
            "kept": int,
            "refused": int,
            "reasons": str,  # JSON: refusals by reason
            "version": str,
            "rules_version": str,
        },
        pk="id",
    )
    db.table("source_nights").create(
        {
            "run": int,
            "source": str,
            "night": str,  # the day in Berlin on which the run began
            "state": str,  # ok, partial, unreachable, stopped, not_finished
            "detail": str,
            "robots": str,
            "listed": int,
            "new": int,
            "answered": int,
            "fetched": int,
            "kept": int,
            "again": int,  # turned out to be an article that is kept already
            "refused": int,
            "waiting": int,
            "reasons": str,
            "ended": str,
        },
        pk=("run", "source"),
        foreign_keys=[("run", "runs")],
    )
    db.table("source_nights").create_index(["source", "night"])


@migrations()
def m008_sources(db: Database) -> None:
    """The registry as the last run read it."""
    db.table("sources").create(
        {
            "id": str,
            "name": str,
            "homepage": str,
            "kind": str,
            "lang": str,
            "region": str,
            "access": str,
            "paused": str,
            "addresses": str,  # JSON list
            "last_success": str,
            "last_state": str,
            "last_detail": str,
        },
        pk="id",
    )
    db.table("addresses").create(
        {
            "url": str,
            "source": str,
            "etag": str,
            "last_modified": str,
            "checked_at": str,
            "status": int,
            "entries": int,
            "more": str,  # JSON: the sitemaps that an index names
            "read_by": str,  # profile and patterns that it was read by: others may find more in it
            "open": int,  # 1: further pages of the listing, or sitemaps of the index, are still to be read
        },
        pk="url",
    )


@migrations()
def m009_search(db: Database) -> None:
    """Müller is found by Muller; the triggers keep the index in step with every insert, update and delete."""
    db.table("articles").enable_fts(
        FTS_COLUMNS, fts_version="FTS5", tokenize="unicode61 remove_diacritics 2", create_triggers=True
    )
