"""What the public file holds: an allow-list of tables and columns. What is not named here is never written into it.

Of an article's text there is the extract, or all of it where its rights allow that (`articles.text`). There is no
sentence, no quotation, no text of a version, no page, no refusal and nothing that a person has written of an article.
"""

from db.store.enrichment.extracts import IS_OPEN
from db.store.leaving import tombstones

_OF_TEXT = "article kind value high unit hedge place by rules_version"  # `value` and `high` are numbers or days
ALLOWED: dict[str, tuple[str, ...]] = {
    name: tuple(columns.split())
    for name, columns in {
        "articles": "id url source title authors published published_utc month text kind page_kind lang access score"
        " verdict rules_version agencies date_source modified canonical_url final_url found_at fetched_at words run"
        " reservation first_seen last_checked date_precision day extract",
        "aliases": "url article seen_at",
        "changes": "version article before at kinds size",
        "copies": "article group_id role share matched release release_share release_quoted_share credit seen_at",
        "disappearances": "id article at what url",
        "entities": "id article kind name rules_version",
        "figures": f"id {_OF_TEXT}",
        "finders": "id name homepage citation terms terms_url",
        "found_hosts": "host source state finder first_found name lang",
        "links": "article url host to_article primary_document",
        "newsrooms": "source name since until evidence",
        "places": "name kind part_of wikidata latitude longitude",
        "publishers": "source name since until evidence",
        "quotes": "id article speaker rules_version",
        "release_edges": "article release share quoted_share",
        "runs": "id started ended outcome sources reached listed new fetched kept refused reasons version rules_version"
        " kind again failed unasked requests",
        "source_nights": "run source night state listed new answered fetched kept again refused waiting reasons ended"
        " read teasers failed unasked",
        "sources": "id name homepage kind lang region access paused publisher newsroom rights",
        "tombstones": "article at how",
        "versions": "id article seen_at title access page_kind lang rules last_seen in_part",
        "_text_edges": "text other contained share other_share alike",
        "_texts": "article text words",
    }.items()
}
SNAPSHOT = "name made_at until program rules_version articles sources extract_words".split()
# Made of the tables above by the archive's own rules, so that its site and its search work on the public file.
MADE = frozenset(
    "_changed _changes_written _combinations _fact_lines _facts _facts_read _index_words _recalls _sqlite_migrations"
    " _word_keys _words _words_due _words_rules articles_fts articles_fts_config articles_fts_data articles_fts_docsize"
    " articles_fts_idx sqlite_sequence sqlite_stat1".split()
)
# Names and addresses: eight words of one may stand in a text, and are none of it.
NAMES = frozenset(
    f"{table}.{column}"
    for table, columns in ALLOWED.items()
    for column in columns
    if column in ("url", "canonical_url", "final_url", "homepage", "terms_url", "evidence", "host")
    or table in ("sources", "finders", "found_hosts", "places", "publishers", "newsrooms")
)
# Shown as words of the article: its headline, and what `rights` and the extract allow.
SHOWN = frozenset(("articles.title", "articles.text", "articles.extract", "versions.title"))
# Lists of words that are read from a page: chance may put eight of its text in a row. Then the cell is left empty.
LISTS = ("articles.authors", "articles.agencies", "copies.credit")

# A text that somebody else wrote first is not the source's to give away.
_IS_OWN = "coalesce((select role from copies where article = articles.id), 'original') = 'original'"
_MAY = f"""exists (select 1 from sources where id = articles.source and (rights in ('cc0', 'cc-by', 'cc-by-sa')
or rights = 'release' and articles.page_kind = 'release')) and {_IS_OWN} and {IS_OPEN}"""
_EXTRACT = "extract((select words from extracts where article = articles.id))"
_SHORT = "length(trim(speaker)) - length(replace(trim(speaker), ' ', '')) < 7 and speaker not like '%-%-%-%'"
# Columns that are not taken as they are.
TAKEN_AS = {
    "articles.text": f"iif({_MAY}, text, {_EXTRACT})",
    "articles.extract": _EXTRACT,
    "quotes.speaker": f"iif({_SHORT}, speaker, null)",  # as the text has it, which may be a whole clause
    # A headline that names what the newest version does not name any more is gone with it.
    "versions.title": "(select iif(still_says(versions.title, articles.title || ' ' || articles.text), versions.title,"
    " null) from articles where id = versions.article)",
}
_OF_ARTICLES = "article in (select id from articles)"
# Rows that are left out. Nothing is said of what was taken down without a word.
ONLY = {
    "tombstones": tombstones.SHOWN,
    "aliases": _OF_ARTICLES,
    "links": _OF_ARTICLES,
    **dict.fromkeys(("changes", "copies", "disappearances", "entities", "figures", "quotes", "versions"), _OF_ARTICLES),
    "_texts": _OF_ARTICLES,
    "release_edges": f"{_OF_ARTICLES} and release in (select id from articles)",
    "_text_edges": "text in (select text from _texts) and other in (select text from _texts)",
}
