"""How the templates show a row of the archive to a reader."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils import is_url
from jinja2 import Environment

from db.language import language

OF_THE_ARTICLE = {"title", "text", "subheads"}  # columns in the language that the row names
IN_ENGLISH = {"detail", "last_detail", "health_detail", "reasons", "verdict"}  # what the archive says in words


def paragraphs(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split("\n\n") if part.strip()]


def sentences(listed: str | None) -> list[str]:
    """A JSON list as stored; anything else stands for itself."""
    try:
        values = json.loads(listed or "[]")
    except ValueError:
        return [str(listed)]
    return [str(sentence) for sentence in values] if isinstance(values, list) else [str(listed)]


def counts(listed: str | None) -> list[tuple[str, object]]:
    try:
        numbers = json.loads(listed or "{}")
    except ValueError:
        return []
    return list(numbers.items()) if isinstance(numbers, dict) else []


def opening(text: str | None, length: int = 240) -> str:
    """The first words, ending at a word."""
    flat = " ".join((text or "").split())
    return flat if len(flat) <= length else flat[:length].rsplit(" ", 1)[0].rstrip(" ,;:–-") + " …"


def web(address: str | None) -> str | None:
    """Only an http or https address may become a link."""
    return address if address and is_url(address) else None


def in_language(tag: str | None) -> dict[str, str]:
    """For xmlattr; nothing where it is no tag of a language: it comes from a page."""
    return {"lang": tag} if tag and re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", tag) else {}


def spoken(column: str, row: Any) -> dict[str, str]:
    """For xmlattr: the language of a cell, where it is known to be another than the page's."""
    try:
        tag = "en" if column in IN_ENGLISH else row["lang"] if column in OF_THE_ARTICLE else None
    except (KeyError, IndexError):  # a query need not ask for it
        return {}
    return in_language(tag) if tag != language() else {}


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    for show in (paragraphs, sentences, counts, opening, web, in_language, spoken):
        env.filters[show.__name__] = show


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars(datasette: Datasette) -> dict[str, Callable[[], Awaitable[dict[str, Any]]]]:
    async def outlets() -> dict[str, Any]:
        database = datasette.get_database("archive")
        if not await database.table_exists("sources"):
            return {}
        sql = "select id, name from sources"
        return dict(await database.kept("outlets", lambda connection: dict(map(tuple, connection.execute(sql)))))

    return {"outlets": outlets}
