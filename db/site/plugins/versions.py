"""/article/17@5, a version for ever; /article/17@2026-03-01, that of a time; /article/17@5/changes, against another."""

import re
from functools import partial
from sqlite3 import Connection
from typing import Any

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils import tilde_decode
from datasette.utils.asgi import Request
from jinja2 import Environment

from db.language import moment, named, t
from db.site import version_diff
from db.site.answering.dispatch import Question, dispatcher_of
from db.site.answering.processes import Late
from db.site.histories import ArticleHistory, VersionSeen, moment_of, read, share

ARTICLE = "select * from articles where id = ?"
VERSION = "select * from versions where id = ?"
VIEWS = ("one", "two")  # columns


async def article_of(datasette: Datasette, request: Request) -> tuple[dict[str, Any], ArticleHistory]:
    """Raises NotFound, also for an article that has left: of that tombstones.py tells."""
    database, number = datasette.get_database("archive"), request.url_vars["id"]
    tables = frozenset(await database.table_names())

    def find(connection: Connection) -> tuple[dict[str, Any], ArticleHistory] | None:
        row = connection.execute(ARTICLE, [int(number)]).fetchone() if "articles" in tables else None
        return (dict(row), read(connection, tables, row["id"])) if row else None

    found = await database.execute_fn(find) if re.fullmatch(r"\d{1,18}", number) else None
    if found is None:
        raise NotFound(t("article.missing", id=number))
    return found  # type: ignore[no-any-return]


def version_of(history: ArticleHistory, asked: str, article: int) -> VersionSeen:
    """Raises NotFound."""
    version = history.of(int(asked)) if re.fullmatch(r"\d{1,18}", asked) else None
    if version is None:
        raise NotFound(t("versions.missing", id=str(article), version=asked))
    return version


def address(datasette: Datasette, article: int, version: VersionSeen, ending: str = "") -> str:
    return str(datasette.urls.path(f"/article/{article}@{version.id}{ending}"))


async def page(datasette: Datasette, request: Request) -> Response:
    row, history = await article_of(datasette, request)
    asked = tilde_decode(request.url_vars["version"].replace("+", "~2B"))  # as Datasette itself writes %2B
    if not re.fullmatch(r"\d+", asked):
        return Response.redirect(address(datasette, row["id"], at_that_time(history, asked, row["id"])))
    version = version_of(history, asked, row["id"])
    own = address(datasette, row["id"], version)
    if request.path != own:  # a number is written in one way
        return Response.redirect(own)
    database = datasette.get_database("archive")
    ask = partial(Connection.execute)
    said = await database.execute_fn(lambda connection: dict(ask(connection, VERSION, [version.id]).fetchone()))
    context = {
        "row": row,
        "said": said,
        "version": version,
        "history": history,
        "canonical": datasette.absolute_url(request, own),
        "earlier": history.versions[version.place - 2] if version.place > 1 else None,
        "later": None if version.is_newest else history.versions[version.place],
    }
    return Response.html(await datasette.render_template("version.html", context, request=request))


def at_that_time(history: ArticleHistory, asked: str, article: int) -> VersionSeen:
    """Raises NotFound, also where the article was first seen later."""
    at = moment_of(asked)
    if at is None:
        raise NotFound(t("versions.no_moment", asked=asked))
    version = history.at(at)
    if version is None:
        first = moment(history.versions[0].seen_at) if history.versions else "–"
        raise NotFound(t("versions.later", id=str(article), asked=moment(asked), first=first))
    return version


async def changes(datasette: Datasette, request: Request) -> Response:
    """?from=3: against version 3 of the article; ?view=one or two: columns. Raises Refused, TooBusy."""
    row, history = await article_of(datasette, request)
    new = version_of(history, request.url_vars["version"], row["id"])
    asked = request.args.get("from") or ""
    old = version_of(history, asked or str(new.before or ""), row["id"]) if asked or new.before else None
    if old is None or old.place >= new.place:
        raise NotFound(t("versions.nothing_before"))
    try:
        diff = await dispatcher_of(datasette).do(
            Question.TABLE, version_diff.SECONDS, version_diff.compare, row["id"], old.id, new.id
        )
    except Late:
        diff = None
    own = address(datasette, row["id"], new, "/changes")
    view = request.args.get("view")
    context = {
        "row": row,
        "old": old,
        "new": new,
        "history": history,
        "diff": diff,
        "is_counted": old.id == new.before and bool(new.kinds),
        "view": view if view in VIEWS else "",
        "own": own,
        "given": {"from": asked} if asked else {},
        "canonical": datasette.absolute_url(request, own),
    }
    return Response.html(await datasette.render_template("version_changes.html", context, request=request))


def kinds_in_words(kinds: tuple[str, ...]) -> str:
    """headline, figure or date"""
    return ", ".join(named(kind, "change") for kind in kinds)


def opened(words: str) -> str:
    """As a sentence begins; what follows keeps its capitals."""
    return words[:1].upper() + words[1:]


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    env.filters |= {"kinds_in_words": kinds_in_words, "opened": opened, "share": share}


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    of_version = r"^/article/(?P<id>[^/@]+)@(?P<version>[^/]+)"
    return [(rf"{of_version}$", page), (rf"{of_version}/changes$", changes)]
