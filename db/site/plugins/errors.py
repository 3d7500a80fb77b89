"""What a reader is told where there is no answer: in words, as what was asked for, and nothing of the server."""

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.database import QueryInterrupted
from datasette.utils.asgi import Base400, Request
from datasette.views.base import DatasetteError

from db.language import t, translated
from db.store.connection import ArchiveError


def told(error: Exception) -> tuple[int, str]:
    """Status and words. What Datasette says is put into the reader's language where it is known (errors.toml)."""
    if isinstance(error, Base400 | DatasetteError):
        message = str(error.message if isinstance(error, DatasetteError) else error.args[0])
        status = 400 if error.status == 500 else error.status  # Datasette's own, for what a reader has asked
        if status == 404 and message in ("404", "Database not found"):
            return status, t("frame.error.no_page")
        return status, translated(message, "errors") or message
    if isinstance(error, QueryInterrupted | sqlite3.Error | ArchiveError):
        return 503, t("sql.unreadable")
    return 500, t("frame.error.ours")


def refuse_briefly(request: Request, status: int, message: str) -> Response:
    """As JSON or text."""
    if request.path.endswith(".json"):
        return Response.json({"ok": False, "error": message, "status": status, "title": None}, status=status)
    return Response.text(f"{message}\n", status=status)


async def refuse(datasette: Datasette, request: Request, status: int, message: str) -> Response:
    """As JSON, text or a page."""
    # 429 is said to 1,000 at once, and a page takes 5 ms
    if status == 429 or request.path.endswith((".json", ".csv", ".xlsx", ".jsonl", ".atom", ".ris", ".bib")):
        return refuse_briefly(request, status, message)
    context = {"error": message, "status": status}
    return Response.html(await datasette.render_template("error.html", context, request=request), status=status)


@hookimpl  # type: ignore[untyped-decorator]
def handle_exception(datasette: Datasette, request: Request, exception: Exception) -> Callable[[], Awaitable[Any]]:
    """Datasette runs its own after this, which writes the traceback of a 500 to stderr, and sends the first answer."""

    async def answer() -> Response:
        return await refuse(datasette, request, *told(exception))

    return answer


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]
def forbidden(datasette: Datasette, request: Request, message: str) -> Callable[[], Awaitable[Any]]:
    async def answer() -> Response:
        return await refuse(datasette, request, 403, translated(message, "errors") or message)

    return answer
