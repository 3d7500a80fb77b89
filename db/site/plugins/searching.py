"""Datasette's search box understands what `export --query` understands: words in all their forms, and fields."""

import re
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette import hookimpl
from datasette.app import Datasette
from datasette.filters import FilterArguments
from datasette.utils.asgi import BadRequest, Request

from db.language import t
from db.search import search
from db.search.query import Query, QueryError, parse
from db.site.answering.dispatch import Question, dispatcher_of
from db.site.answering.tasks import left_out

SECONDS = 3
FIELDS = "_fields"  # a search of fields alone: Datasette's own search wants a word


@hookimpl(trylast=True)  # type: ignore[untyped-decorator]  # after Datasette has registered its own escape_fts
def prepare_connection(conn: sqlite3.Connection) -> None:
    search.register(conn)
    conn.execute("pragma cache_size = -4000")  # kB, as each of the threads has one; searches have their own processes


def parsed(text: str) -> Query | None:
    try:
        return parse(text)
    except QueryError:
        return None  # who reads the request says what is wrong


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]  # inside of all others, for what they let through
def asgi_wrapper(datasette: Datasette) -> Callable[[Any], Any]:
    def wrap(app: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def searched(scope: dict[str, Any], receive: Any, send: Any) -> None:
            pairs = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
            rewritten = [(FIELDS if name == "_search" and of_fields(value) else name, value) for name, value in pairs]
            if rewritten != pairs:
                scope = {**scope, "query_string": urlencode(rewritten).encode()}
            await app(scope, receive, send)

        return searched

    return wrap


def of_fields(text: str) -> bool:
    query = parsed(text)
    return query is not None and not query.wanted


@hookimpl  # type: ignore[untyped-decorator]
def filters_from_request(
    request: Request, database: str, table: str, datasette: Datasette
) -> Callable[[], Awaitable[FilterArguments]] | None:
    """The fields of a search; its words are Datasette's."""
    alone = request.args.get(FIELDS)
    text = alone or request.args.get("_search")
    query = parsed(text) if text and request.args.get("_searchmode") != "raw" else None
    if query is None or (database, table) != ("archive", "articles"):
        return None
    filters = list(search.conditions(query, "articles"))

    async def conditions() -> FilterArguments:
        if not await datasette.get_database(database).table_exists("_fact_lines"):
            raise BadRequest(t("query.old_archive"))
        without = await dispatcher_of(datasette).do(Question.TABLE, SECONDS, left_out, query) if alone else None
        if without:
            filters.append(
                ("articles.id not in (select rowid from articles_fts where articles_fts match ?)", [without])
            )
        values = [value for _, parameters in filters for value in parameters]
        names = iter([f"field_{number}" for number in range(len(values))])
        clauses = [re.sub(r"\?", lambda hole: f":{next(names)}", clause) for clause, _ in filters]
        params = {f"field_{number}": value for number, value in enumerate(values)}
        return FilterArguments(clauses, params, [f"where {alone}"] if alone else [], {"search": alone} if alone else {})

    return conditions
