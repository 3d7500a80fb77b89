"""An article as others cite it: its references in words and as files, and what reference managers read in its page."""

import re
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request
from markupsafe import Markup, escape

from db.export.citations import as_coins, as_metadata, cite
from db.export.styles.references import references_of
from db.export.tables import TYPES, ExportFormat, pieces
from db.language import t
from db.site.answering.dispatch import Question, dispatcher_of
from db.site.answering.results import SECONDS

FORMS = {
    "ris": ExportFormat.RIS,
    "bib": ExportFormat.BIBTEX,
    "csl.json": ExportFormat.CSL,
    "en.wiki": ExportFormat.CITE_NEWS,
    "de.wiki": ExportFormat.INTERNETQUELLE,
    "wikidata": ExportFormat.WIKIDATA,
}
READ = ("en.wiki", "de.wiki", "wikidata")  # to be copied, not to be saved


async def reference(datasette: Datasette, request: Request) -> Response:
    """/archive/articles/17.ris"""
    number, ending = request.url_vars["id"], request.url_vars["ending"]
    database = datasette.get_database("archive")
    result = await database.execute("select * from articles where id = ?", [int(number)])
    if not result.rows:
        raise NotFound(t("errors.no_article", number=str(number)))
    names = await database.execute(
        "select id, name from sources where id = ? and name > ''", [result.rows[0]["source"]]
    )
    columns = [column[0] for column in result.description]
    text = "".join(pieces(FORMS[ending], columns, result.rows, outlets=dict(tuple(row) for row in names.rows)))
    how = "inline" if ending in READ else "attachment"
    headers = {"content-disposition": f'{how}; filename="revierspiegel-{number}.{ending}"'}
    return Response(text, headers=headers, content_type=f"{TYPES[FORMS[ending]]}; charset=utf-8")


async def in_words(datasette: Datasette, request: Request) -> Response:
    """/article/17/cite: a frame of the article's page, asked for where a reader opens it."""
    number, references = request.url_vars["id"], None
    if await datasette.get_database("archive").table_exists("articles"):
        references = await dispatcher_of(datasette).do(Question.TABLE, SECONDS, references_of, int(number))
    if references is None:
        raise NotFound(t("errors.no_article", number=str(number)))
    context = {"references": references, "number": number}
    return Response.html(await datasette.render_template("cite.html", context, request=request))


def embedded(row: sqlite3.Row, outlets: Mapping[str, str]) -> Markup:
    """The <meta> of an article's page.

    `=` is escaped too: no headline can put what looks like an attribute into a tag, however the page is read.
    """
    lines = [
        f'<meta name="{name}" content="{escape(content).replace("=", "&#61;")}">'
        for name, content in as_metadata(cite(dict(row), outlets))
    ]
    return Markup("\n").join(map(Markup, lines))


def coins(row: sqlite3.Row, outlets: Mapping[str, str]) -> str:
    return as_coins(cite(dict(row), outlets))


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars() -> dict[str, Callable[..., Any]]:
    return {"embedded": embedded, "coins": coins}


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [
        (r"^/article/(?P<id>\d{1,18})/cite$", in_words),
        (rf"^/archive/articles/(?P<id>\d{{1,18}})\.(?P<ending>{'|'.join(map(re.escape, FORMS))})$", reference),
    ]
