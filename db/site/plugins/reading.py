"""How the templates show a row of the archive to a reader."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils import is_url
from jinja2 import Environment


def paragraphs(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split("\n\n") if part.strip()]


def sentences(listed: str | None) -> list[str]:
    """A JSON list as stored; anything else stands for itself."""
    try:
        found = json.loads(listed or "[]")
    except ValueError:
        return [str(listed)]
    return [str(one) for one in found] if isinstance(found, list) else [str(listed)]


def counts(listed: str | None) -> list[tuple[str, object]]:
    try:
        found = json.loads(listed or "{}")
    except ValueError:
        return []
    return list(found.items()) if isinstance(found, dict) else []


def opening(text: str | None, length: int = 240) -> str:
    """The first words, ending at a word."""
    flat = " ".join((text or "").split())
    return flat if len(flat) <= length else flat[:length].rsplit(" ", 1)[0].rstrip(" ,;:–-") + " …"


def web(address: str | None) -> str | None:
    """Only an http or https address may become a link."""
    return address if address and is_url(address) else None


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    for show in (paragraphs, sentences, counts, opening, web):
        env.filters[show.__name__] = show


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars(datasette: Datasette) -> dict[str, Callable[[], Awaitable[dict[str, Any]]]]:
    async def outlets() -> dict[str, Any]:
        database = datasette.get_database("archive")
        if not await database.table_exists("sources"):
            return {}
        return dict(tuple(row) for row in await database.execute("select id, name from sources"))

    return {"outlets": outlets}
