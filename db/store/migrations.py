"""The tables, one step each. A step is never edited once it is released: write the next one here."""

from sqlite_utils import Database

from db.store import changed, newsrooms
from db.store.crawl import alarms, archive_files, faults
from db.store.enrichment import copy_tables, extracts, facts, places, proposals
from db.store.finders import findings
from db.store.leaving import removals
from db.store.steps import numbers, old_copies, texts_of_versions
from db.store.steps.first_migrations import FTS_COLUMNS as FTS_COLUMNS
from db.store.steps.first_migrations import migrations as migrations


@migrations()
def m025_fresh_leads(db: Database) -> None:
    """When a lead is from, for the order; when an address was last asked in full, and how often it said 304."""
    db.table("leads").add_column("as_of", str)
    db.execute(
        "update leads set as_of = case when date is null then found_at"
        " when substr(date, 1, 10) <= date(found_at, '+1 day') then date else date(found_at, '-30 days') end"
    )
    db.table("addresses").add_column("full_at", str)
    db.table("addresses").add_column("unchanged", int)
    db.table("addresses").add_column("news", int)
    db.execute("update addresses set full_at = checked_at, unchanged = 0")


@migrations()
def m026_endings(db: Database) -> None:
    """fetched = kept + again + refused + failed; unknown of runs before. `unasked`: refused without a request."""
    for name in ("failed", "unasked"):
        db.table("source_nights").add_column(name, int)
    for name in ("again", "failed", "unasked"):
        db.table("runs").add_column(name, int)


@migrations()
def m028_key_rules(db: Database) -> None:
    """By which rules the keys of addresses were made: see pipelines/storing/keys.py."""
    db.execute("create table _key_rules (rules integer)")


@migrations()
def m029_names(db: Database) -> None:
    """A document's own word on when it changed, by the name that articles have for it."""
    db.execute("alter table addresses rename column last_modified to modified")


@migrations()
def m030_tombstones(db: Database) -> None:
    """What left, and the number that it had: see db/store/leaving/tombstones.py. No number is given twice any more."""
    columns = "url TEXT, key TEXT NOT NULL, at TEXT NOT NULL, how TEXT NOT NULL, why TEXT"
    # Without a rowid no number is made up where none is given.
    db.execute(f"create table tombstones (article INTEGER PRIMARY KEY, {columns}) without rowid")
    db.table("tombstones").create_index(["key"])
    numbers.count_on(db)


@migrations()
def m031_corrections(db: Database) -> None:
    """A person's word on what a page says; and beside the article, what the page itself says there, as JSON."""
    columns = {"key": str, "url": str, "source": str, "field": str, "value": str, "why": str, "by": str, "at": str}
    needed = {"key", "url", "field", "value", "why", "at"}
    db.table("corrections").create(columns, pk=("key", "field"), not_null=needed)
    db.table("corrections").create_index(["url"])
    db.table("articles").add_column("uncorrected", str)


@migrations()
def m032_features(db: Database) -> None:
    """What each feature adds to the sum of which the score is made, as JSON; null where nothing was weighed."""
    for table in ("articles", "refusals"):
        db.table(table).add_column("features", str)
    # Near misses are read from its end; without it all refusals are sorted.
    near = "features is not null and reason in ('mention', 'off_topic')"
    db.execute(f"create index idx_refusals_near on refusals (score, id) where {near}")


@migrations()
def m033_versions(db: Database) -> None:
    """Each version with its own text; what changed from one to the next; what became of pages; when to look again."""
    for name in ("authors", "access", "page_kind", "lang", "rules"):
        db.table("versions").add_column(name, str)
    texts_of_versions.fill(db)
    db.table("changes").create(
        {"version": int, "article": int, "before": int, "at": str, "kinds": str, "size": float},
        pk="version",
        not_null={"article", "before", "at", "kinds", "size"},
        foreign_keys=[("version", "versions"), ("article", "articles"), ("before", "versions")],
    )
    db.table("changes").create_index(["at"])
    db.table("changes").create_index(["article"])
    db.table("disappearances").create(
        {"id": int, "article": int, "at": str, "what": str, "url": str, "detail": str, "outcome": str},
        pk="id",
        not_null={"article", "at", "what"},
        foreign_keys=[("article", "articles")],
    )
    db.table("disappearances").create_index(["article"])
    columns: dict[str, type] = {
        "article": int,
        "source": str,
        "due": str,
        "looks": int,
        "tries": int,
        "checked_at": str,
    }
    columns |= {"checked_at": str, "etag": str, "modified": str, "full_at": str, "unchanged": int, "missing_at": str}
    db.table("revisits").create(
        columns | {"detail": str, "outcome": str},
        pk="article",
        not_null={"source", "looks", "tries"},
    )
    db.table("revisits").create_index(["source", "due"])
    db.execute(
        "insert into revisits (article, source, due, looks, tries, checked_at)"
        " select id, source, date(fetched_at, '+1 day'), 0, 0, last_checked from articles"
    )
    # What a version of an article that left has said: out of every reader's sight until the article comes back.
    db.execute("create table _left_versions (version integer primary key, title text, text text, authors text)")


@migrations()
def m034_copies(db: Database) -> None:
    """Whose text stands in whose: see db/store/enrichment/copies.py."""
    for statement in copy_tables.TABLES:
        db.execute(statement)


@migrations()
def m035_newsrooms(db: Database) -> None:
    """Whose a source is and whose pages it has: see db/store/newsrooms.py. The next crawl writes what is known."""
    columns = {"source": str, "name": str, "since": str, "until": str, "evidence": str}
    needed = {"name", "since", "evidence"}
    for table in newsrooms.TABLES:
        db.table(table).create(
            columns, pk=("source", "since"), not_null=needed, foreign_keys=[("source", "sources", "id")]
        )
    for name in ("publisher", "newsroom"):  # now
        db.table("sources").add_column(name, str)
    db.execute(newsrooms.VIEW)


@migrations()
def m036_listed_changes(db: Database) -> None:
    """What the list of all changes is read by, newest first: see db/export/changes.py."""
    db.table("disappearances").create_index(["at"])
    db.execute("create index idx_versions_tickers on versions (seen_at, article) where page_kind = 'ticker'")


@migrations()
def m037_finders(db: Database) -> None:
    """What finders were asked, what they named, and the hosts that they led to: see db/store/finders/."""
    columns: dict[str, type] = {"key": str, "finder": str, "query": str, "url": str, "title": str, "said_date": str}
    columns |= {"first_at": str, "last_at": str, "article": int, "outcome": str, "host": str}
    needed = {"key", "finder", "url", "first_at", "last_at", "host"}
    db.table("findings").create(columns, pk=("key", "finder"), not_null=needed)
    db.table("findings").create_index(["article"])
    db.table("findings").create_index(["host"])
    columns = {"host": str, "source": str, "state": str, "finder": str, "first_found": str, "why": str}
    columns |= {"name": str, "lang": str, "waits_until": str}
    db.table("found_hosts").create(columns, pk="host", not_null={"host", "source", "state", "first_found"})
    columns = {"finder": str, "night": str, "state": str, "asked": int, "rows": int, "bad_lines": int, "matches": int}
    columns |= {"queued": int, "detail": str, "outcomes": str, "waits_until": str, "ended": str}
    db.table("finder_nights").create(columns, pk=("finder", "night"), not_null=columns.keys() - {"waits_until"})
    columns = {"finder": str, "key": str, "url": str, "asked_at": str, "status": int, "rows": int, "bad_lines": int}
    columns |= {"matches": int, "go_on": str, "detail": str, "outcome": str}
    db.table("finder_requests").create(columns, pk=("finder", "key"), not_null=columns.keys() - {"status", "go_on"})


@migrations()
def m038_facts(db: Database) -> None:
    """What articles say, read out of their texts: see db/store/enrichment/facts.py."""
    for statement in facts.TABLES:
        db.execute(statement)


@migrations()
def m039_links(db: Database) -> None:
    """Where the texts of kept articles link to: see db/store/enrichment/links.py. `reprocess` fills it."""
    columns: dict[str, type] = {"article": int, "url": str, "host": str, "text": str, "to_article": int}
    columns |= {"primary_document": int, "key": str}
    db.table("links").create(
        columns,
        pk=("article", "url"),
        not_null=columns.keys() - {"to_article"},
        foreign_keys=[("article", "articles"), ("to_article", "articles")],
    )
    db.table("links").create_index(["key"])
    db.table("links").create_index(["to_article"])
    db.table("links").create_index(["host"])


@migrations()
def m040_spans_of_versions(db: Database) -> None:
    """When a version was last found unchanged; whether its article has more pages, which could not be had."""
    db.table("versions").add_column("last_seen", str)
    db.table("versions").add_column("in_part", int)
    texts_of_versions.fill_last_seen(db)


@migrations()
def m041_finder_entries(db: Database) -> None:
    """What finders are called, and how they are cited: see db/store/finders/catalogue.py. The next `find` writes it."""
    columns = {"id": str, "name": str, "homepage": str, "citation": str, "terms": str, "terms_url": str}
    db.table("finders").create(columns, pk="id", not_null={"name", "citation", "terms"})


@migrations()
def m042_proposals(db: Database) -> None:
    """What a person may want to do about a found host: see db/store/finders/hosts.py."""
    db.table("found_hosts").add_column("proposal", str)


@migrations()
def m043_captures(db: Database) -> None:
    """Copies of pages that web archives have: see db/store/finders/captures.py."""
    columns: dict[str, type] = {"key": str, "archive": str, "url": str, "captured_at": str, "file": str, "offset": int}
    columns |= {"length": int, "tried_at": str, "article": int}
    db.table("captures").create(
        columns,
        pk=("key", "archive"),
        not_null={"key", "archive", "url", "captured_at"},
        foreign_keys=[("article", "articles")],
    )
    db.table("captures").create_index(["article"])


@migrations()
def m044_texts(db: Database) -> None:
    """Prints and edges of texts instead of articles: see db/store/enrichment/copies.py. `enrich` fills them."""
    old_copies.drop(db)
    for statement in copy_tables.TABLES:
        db.execute(statement)


@migrations()
def m045_faults(db: Database) -> None:
    """What our own code could not do: see db/store/crawl/faults.py."""
    db.execute(faults.TABLE)


@migrations()
def m046_places(db: Database) -> None:
    """The list of places, and where they lie: see db/store/enrichment/places.py. `enrich` writes it."""
    db.execute(places.TABLE)


@migrations()
def m047_leads_by_address(db: Database) -> None:
    """An address that is read leaves the queue: not after a look at all that wait of its source."""
    db.execute("drop index idx_leads_source")
    db.table("leads").create_index(["source", "url"])


@migrations()
def m048_changed(db: Database) -> None:
    """For the search, which changes each article has had: see db/store/changed.py."""
    for statement in (changed.KINDS, *changed.COUNT_AGAIN, *changed.KINDS_TRIGGERS):
        db.execute(statement)


@migrations()
def m049_fact_lines(db: Database) -> None:
    """What the search counts of an article's figures, quotations and places: see db/store/enrichment/facts.py."""
    for statement in facts.LINES:
        db.execute(statement)


@migrations()
def m050_changes_written(db: Database) -> None:
    """Whether /changes has to be counted anew: see db/store/changed.py."""
    for statement in (*changed.WRITTEN, *changed.WRITTEN_TRIGGERS):
        db.execute(statement)


@migrations()
def m051_proposals_of_names(db: Database) -> None:
    """Names that are in no list: see db/store/enrichment/proposals.py. `enrich` fills them."""
    for statement in proposals.TABLES:
        db.execute(statement)


@migrations()
def m052_alarms(db: Database) -> None:
    """What an operator has been told: see db/store/crawl/alarms.py."""
    for statement in alarms.TABLES:
        db.execute(statement)


@migrations()
def m053_requests(db: Database) -> None:
    """How many requests a run has sent, whatever for; unknown of runs before."""
    db.table("runs").add_column("requests", int)


@migrations()
def m054_dismissed_names(db: Database) -> None:
    """Names that a person has dismissed: see db/store/enrichment/proposals.py."""
    db.execute(proposals.DISMISSED)


@migrations()
def m055_archive_files(db: Database) -> None:
    """Files of web archives that need not be read again: see db/store/crawl/archive_files.py."""
    db.execute(archive_files.TABLE)


@migrations()
def m056_rights_and_extracts(db: Database) -> None:
    """What may be shown of a source's texts, and what is: see db/store/enrichment/extracts.py."""
    db.table("sources").add_column("rights", str)
    db.execute(extracts.TABLE)


@migrations()
def m057_removals(db: Database) -> None:
    """What was taken down: see db/store/leaving/removals.py. A removal may have come before, in a backup."""
    for statement in removals.TABLES:
        db.execute(statement)


@migrations()
def m058_recalls(db: Database) -> None:
    """Whether pages that the site has kept may still be shown while a crawl writes: see db/store/changed.py."""
    for statement in (*changed.RECALLS, *changed.RECALL_TRIGGERS):
        db.execute(statement)


@migrations()
def m059_articles_by_finder(db: Database) -> None:
    """How many articles of a night only a finder has named, without a look at all: for the share of the timeline."""
    db.execute(findings.INDEX)


@migrations()
def m060_recalls_of_dismissed_names(db: Database) -> None:
    """A name that a person has dismissed leaves the page of proposals at once: see db/store/changed.py."""
    for statement in changed.DISMISSED_RECALL_TRIGGERS:
        db.execute(statement)
