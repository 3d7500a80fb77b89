"""The page of an article: what it says, where from, how sure its date is, and why it is here."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from sqlite3 import Connection, Row
from typing import Any
from urllib.parse import urlencode

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request
from jinja2 import Environment
from markupsafe import Markup, escape

from db.language import t
from db.outcomes import CORRECTED, Code, as_json, from_json
from db.site import histories
from db.site.copies import marked_paragraphs
from db.site.facts.spans import Spans, fact_spans
from db.site.histories import ArticleHistory
from db.site.plugins import finders, links
from db.site.plugins.copies import CopiesOfArticle, of_article
from db.site.plugins.facts import Fact, facts
from db.site.plugins.hits import hits_in
from db.site.plugins.reading import counts, sentences
from db.weighing import weighing

# Where the date was read (articles.date_source) → how sure that makes it.
DATED = {
    "json-ld": "article.date_declared",
    "meta": "article.date_declared",
    "time": "article.date_declared",
    "feed": "article.date_of_feed",
    "text": "article.date_in_text",
    "url": "article.date_in_address",
    "script": "article.date_in_script",
    "person": "article.date_by_person",
}
ACCESS = {"teaser": "article.is_teaser", "metered": "article.is_metered", "walled": "article.is_walled"}

ARTICLE = "select * from articles where id = ?"
CAPTURES = """select archive, url, captured_at, file, article from captures
where key in (select key from article_keys where article = :id) order by archive desc"""
ALIASES = "select url, seen_at from aliases where article = ? order by seen_at, url"
DECISION = """select word, why, by, at from decisions
where key in (select key from article_keys where article = :id) or url = :url order by at desc limit 1"""
CORRECTIONS = """select field, value, why, by, max(at) as at from corrections
where key in (select key from article_keys where article = :id) or url = :url group by field order by field"""
BESIDE = """select id, title, lang, source, day from articles
where published_utc {sign}= :moment and (published_utc, id) {sign} (:moment, :id)
order by published_utc {order}, id {order} limit 1"""


@dataclass(frozen=True, slots=True)
class ArticleRows:
    """An article, and what other tables have of it; each is empty in an archive that does not have the table yet."""

    row: dict[str, Any]
    decision: Row | None
    corrections: list[Row]
    history: ArticleHistory
    links: links.ArticleLinks
    found_by: finders.FoundBy
    aliases: list[Row]
    captures: list[Row]
    earlier: Row | None  # the next one before it by date; None at the end, and where the date is not known
    later: Row | None
    copies: CopiesOfArticle | None
    fact_spans: dict[str, Spans]  # where its figures, quotes and places stand in its text


async def page(datasette: Datasette, request: Request) -> Response:
    """/article/17; with ?marked=1 the words that decided are marked, with ?marked=quotes its quotations, with ?q= those
    of a search"""
    database = datasette.get_database("archive")
    tables, number = frozenset(await database.table_names()), request.url_vars["id"]
    wanted = request.args.get("with")
    read_it = partial(read, tables=tables, number=number, wanted=wanted)
    read_rows = await database.execute_fn(read_it) if "articles" in tables else None
    if read_rows is None:
        raise NotFound(t("article.missing", id=number))
    row = read_rows.row
    words, weighed = sentences(row.get("terms")), weighing(row.get("outcomes"))
    marked_words = words if request.args.get("marked") == "1" else ()
    hits = await hits_in(datasette, request.args.get("q") or "", row["title"] or "", row["text"] or "")
    shared = read_rows.copies.shared if read_rows.copies else None
    underlined = shared.spans if shared and not (marked_words or hits) else ()
    if (underlining := request.args.get("marked")) in read_rows.fact_spans:
        underlined = read_rows.fact_spans[underlining]
    context = {
        "row": row,
        "weighing": weighed,
        "reasons": reasons(row | {"outcomes": as_json(weighed.others)} if weighed else row, read_rows.decision),
        "decision": read_rows.decision,
        "corrections": [(each, own_words(row, each["field"])) for each in read_rows.corrections],
        "terms": words,
        "history": read_rows.history,
        "marked": marked_words,
        "hits": hits,
        "copies": read_rows.copies,
        "pieces": marked_paragraphs(row["text"] or "", underlined),
        "fact_spans": read_rows.fact_spans,
        "underlining": underlining,
        "links": read_rows.links,
        "found_by": read_rows.found_by,
        "most_links": links.MOST,
        "aliases": read_rows.aliases,
        "captures": read_rows.captures,
        "captured": next((each["captured_at"] for each in read_rows.captures if each["article"]), None),
        "dated": DATED.get(row["date_source"] or "", "article.date_declared") if row["published"] else "",
        "walled": ACCESS.get(row["access"] or ""),
        "earlier": read_rows.earlier,
        "later": read_rows.later,
    }
    return Response.html(await datasette.render_template("article.html", context, request=request))


def read(connection: Connection, tables: Set[str], number: str, wanted: str | None = None) -> ArticleRows | None:
    """All at once: each time that a thread is asked costs a third of a millisecond, and a turn of everybody else."""

    def rows(table: str, sql: str, params: Sequence[Any] | Mapping[str, Any]) -> list[Row]:
        return connection.execute(sql, params).fetchall() if table in tables else []

    if not re.fullmatch(r"\d{1,18}", number) or not (found := rows("articles", ARTICLE, [int(number)])):
        return None
    row = dict(found[0])
    place = {"moment": row["published_utc"], "id": row["id"]}
    return ArticleRows(
        row,
        decision=next(iter(rows("decisions", DECISION, row)), None),
        corrections=rows("corrections", CORRECTIONS, row),
        history=histories.read(connection, tables, row["id"]),
        links=links.read(connection, tables, row["id"]),
        found_by=finders.found_by(connection, tables, row["id"], row["source"], row.get("found_via")),
        captures=rows("captures", CAPTURES, row),
        aliases=rows("aliases", ALIASES, [row["id"]]),
        earlier=next(iter(rows("articles", BESIDE.format(sign="<", order="desc"), place)), None),
        later=next(iter(rows("articles", BESIDE.format(sign=">", order="asc"), place)), None),
        copies=of_article(connection, row, wanted) if {"copies", "newsrooms"} <= tables else None,
        fact_spans=fact_spans(connection, tables, row["id"], row["text"] or ""),
    )


def reasons(row: Mapping[str, Any], decision: Row | None) -> list[Fact]:
    """Why it is here, without people's words: they are said once already."""
    stored = row.get("outcomes")
    if stored and (decision or row.get("uncorrected")):
        outcomes = [outcome for outcome in from_json(stored) if outcome.code not in CORRECTED]
        if decision:
            by = ", ".join(filter(None, [decision["by"], decision["at"][:10]]))
            word = Code.DECIDED.of(by=by, why=decision["why"])
            outcomes = [outcome for outcome in outcomes if outcome != word]
        stored = as_json(outcomes)
    return facts(stored, sentences(row["reasons"]))


def own_words(row: Mapping[str, Any], field: str) -> str:
    """What the page itself says where a person has corrected it; '' for nothing."""
    column = {"author": "authors", "kind": "page_kind"}.get(field, field)
    value = dict(counts(row.get("uncorrected"))).get(column)
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def copy_address(capture: Row) -> str | None:
    """Where a person finds the copy; of Common Crawl the line of its index, for it shows no pages."""
    if not re.match(r"https?://", capture["url"]):
        return None
    if capture["archive"] == "wayback":
        return f"https://web.archive.org/web/{re.sub(r'[^0-9]', '', capture['captured_at'])[:14]}/{capture['url']}"
    crawl = re.match(r"crawl-data/(CC-MAIN-\d{4}-\d\d)/", capture["file"] or "")
    wanted = urlencode({"url": capture["url"], "output": "json"})
    return f"https://index.commoncrawl.org/{crawl[1]}-index?{wanted}" if crawl else None


def marked(text: str | None, words: Sequence[str]) -> Markup:
    """The text, escaped, with the words in <mark>; whole words, for 'Bau' is none of the word 'Bauer'."""
    text = text or ""
    if not words:
        return escape(text)
    longest_first = sorted(words, key=len, reverse=True)
    wanted = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
    parts = wanted.split(text)
    return Markup("").join(Markup("<mark>{}</mark>").format(part) if at % 2 else part for at, part in enumerate(parts))


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    env.filters |= {"marked": marked, "copy_address": copy_address}


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/article/(?P<id>[^/@]+)$", page)]
