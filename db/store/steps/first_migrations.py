"""The tables, one step each, to the first 24; migrations.py goes on."""

from sqlite_utils import Database, Migrations

from db.days import day_of
from db.store import counts
from db.store.steps import outcomes

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
            **dict.fromkeys(("sources", "reached", "listed", "new", "fetched", "kept", "refused"), int),
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
            **dict.fromkeys(("listed", "new", "answered", "fetched", "kept"), int),
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


@migrations()
def m010_rights(db: Database) -> None:
    """What the publisher reserves, as it said so when the page was fetched."""
    db.table("articles").add_column("reservation", str)  # where it was said: tdmrep.json, header, meta
    db.table("articles").add_column("rights", str)  # JSON: all that was said
    db.table("refusals").add_column("rights", str)


@migrations()
def m011_site_rules(db: Database) -> None:
    """What each site's robots.txt and tdmrep.json said, night by night; a text that stays the same is kept once."""
    db.table("site_rules").create(
        {
            "run": int,
            "source": str,
            "night": str,
            "site": str,  # https://www.example.org
            "document": str,  # robots.txt, tdmrep.json
            "status": int,  # HTTP; none where there was no answer
            "verdict": str,  # in words
            "crawl_delay": float,  # seconds
            "reserved": int,  # 1: a reservation for all of the site; 0: an explicit permission; none: nothing said
            "content_usage": str,  # rule of robots.txt (AIPREF), as it stands there
            "barred": str,  # JSON list: names of other robots that are kept out, a sign of what the publisher wants
            "sha256": str,  # of the text, in `site_rule_texts`
            "at": str,
        },
        pk=("run", "site", "document"),
        foreign_keys=[("run", "runs")],
    )
    db.table("site_rules").create_index(["source", "night"])
    db.table("site_rule_texts").create({"sha256": str, "text": str}, pk="sha256")


@migrations()
def m012_health(db: Database) -> None:
    """What a night must say so that a source can be compared with its own past."""
    db.table("runs").add_column("kind", str, not_null_default="crawl")  # crawl, backfill
    for name in ("read", "teasers", "text_length"):  # pages that were cleaned; walled ones of them; median characters
        db.table("source_nights").add_column(name, int)
    for name in ("health", "health_detail", "health_since", "waits_until"):
        db.table("sources").add_column(name, str)


@migrations()
def m013_checks(db: Database) -> None:
    """The last words of `sources check` on each address; `worked_at` outlives a check that failed."""
    db.table("checks").create(
        {"source": str, "url": str, "at": str, "works": int, "worked_at": str, "found": str},  # found: JSON
        pk=("source", "url"),
    )


@migrations()
def m014_looking_back(db: Database) -> None:
    """How far back a sitemap or listing was read by a backfill, YYYY-MM-DD, and where in a listing it goes on."""
    db.table("addresses").add_column("back_to", str)
    db.table("addresses").add_column("back_page", int)


@migrations()
def m015_decisions(db: Database) -> None:
    """A person's word on an address, stronger than any rule."""
    db.table("decisions").create(
        {"key": str, "url": str, "source": str, "word": str, "why": str, "by": str, "at": str},  # word: keep, drop
        pk="key",
        not_null={"url", "word", "why", "at"},
    )
    db.table("decisions").create_index(["url"])


@migrations()
def m016_moments(db: Database) -> None:
    """When the article was first seen and last looked at, apart from what the page says of itself."""
    db.table("articles").add_column("first_seen", str)  # UTC: when it was found, or fetched, for the first time
    db.table("articles").add_column("last_checked", str)  # UTC: when its page was last looked at
    db.table("articles").add_column("date_precision", str)  # of `published`: second, minute, day, none where unknown
    db.execute(
        "update articles set first_seen = min(coalesce(found_at, fetched_at), fetched_at), last_checked = fetched_at,"
        " date_precision = case when published is null then null when length(published) = 10 then 'day'"
        " when substr(published, 12, 8) = '00:00:00' then 'day'"
        " when substr(published, 18, 2) = '00' then 'minute' else 'second' end"
    )


@migrations()
def m017_parts(db: Database) -> None:
    """A further page of an article is read with its first, whose number this is; 0 until that is kept, too."""
    db.table("pages").add_column("part_of", int)
    db.table("pages").create_index(["part_of"])


@migrations()
def m018_expectations(db: Database) -> None:
    """What a usual night of a source is (JSON), and for how many nights it has been failing or blocked."""
    db.table("sources").add_column("expected", str)
    db.table("sources").add_column("bad_nights", int)


@migrations()
def m019_words(db: Database) -> None:
    """What a search knows of the words of the archive. Words are taken in later: see db/search/vocabulary.py."""
    for statement in (
        "create table _words (word text, lang text, primary key (word, lang)) without rowid",
        # why: s spelling, l lemma, k its stem, u stem of a word in no dictionary, r root, h head, m modifier
        "create table _word_keys (key text, why text, word text, primary key (key, why, word)) without rowid",
        "create index idx_word_keys_word on _word_keys (word)",
        "create virtual table _index_words using fts5vocab(articles_fts, row)",
        # A trigger cannot read German, but it can note what is to be read, whoever writes.
        "create table _words_due (article integer primary key)",
        "create trigger articles_words_insert after insert on articles begin"
        " insert or ignore into _words_due values (new.id); end",
        "create trigger articles_words_update after update of title, text, lang on articles begin"
        " insert or ignore into _words_due values (new.id); end",
        "insert into _words_due select id from articles",
        # Fields and facets of a search, without a look at the texts: 33 ms a facet of 100,000 articles, not 130.
        "create index idx_articles_facts on articles (id, source, kind, lang, month, access, published, published_utc)",
    ):
        db.execute(statement)


@migrations()
def m020_subheads(db: Database) -> None:
    """Those of the paragraphs in `text` that are subheads: JSON list."""
    db.table("articles").add_column("subheads", str)


@migrations()
def m021_days_and_counts(db: Database) -> None:
    """The day in Berlin; and how many articles there are of which sort."""
    db.table("articles").add_column("day", str)
    db.register_function(day_of, deterministic=True)
    db.execute("update articles set day = day_of(published) where published is not null")
    for statement in (
        *counts.TABLES,
        *counts.COUNT_AGAIN,
        *counts.TRIGGERS,
        "drop index idx_articles_facts",
        f"create index idx_articles_facts on articles (id, {counts.NAMES}, day, published_utc, date_source)",
        "create index idx_articles_run on articles (run, published_utc)",  # feeds: `run` lies behind the text
        "create index idx_refusals_reason on refusals (reason, source)",
    ):
        db.execute(statement)


@migrations()
def m022_rules_of_words(db: Database) -> None:
    """By which rules the words were read: see db/search/vocabulary.py."""
    db.execute("create table _words_rules (rules text)")


@migrations()
def m023_outcomes(db: Database) -> None:
    """Facts as codes with parameters, in JSON beside their English words: see db/outcomes.py."""
    outcomes.add(db)


@migrations()
def m024_job_runs(db: Database) -> None:
    """What the schedule did: see db/store/crawl/job_runs.py."""
    columns = {"job": str, "due": str, "started": str, "ended": str, "outcome": str, "detail": str}
    needed = {"job", "due", "started", "outcome", "detail"}
    db.table("job_runs").create(columns, pk=("job", "started"), not_null=needed)
