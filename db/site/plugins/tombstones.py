"""What a reader is told of an article that has left, at each address that it had: when, how and why; nothing of it."""

import re
from collections.abc import Awaitable, Callable

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.filters import FilterArguments
from datasette.utils.asgi import Request

from db.days import day_of
from db.language import day, named, t
from db.store.leaving.tombstones import SHOWN, How

ADDRESS = re.compile(r"/(?:article|archive/articles)/(?P<id>\d{1,18})(?:@[^/]*(?:/changes)?)?(?P<ending>\.[\w.]+)?")
# What is excluded is not there, and never was: HTTP 404, as of any number that was not given.
TOLD = {
    How.DECIDED: (410, "tombstone.decided"),
    How.RULES: (410, "tombstone.rules"),
    How.BLOCK: (451, "tombstone.block"),
}
TOMBSTONE = "select * from tombstones where article = ?"
BACK = "select article from article_keys where key = ?"


async def told(datasette: Datasette, request: Request) -> Response | None:
    """None where the address is of no article that has left."""
    address = ADDRESS.fullmatch(request.scope.get("route_path", request.path))
    database = datasette.get_database("archive")
    if not address or not await database.table_exists("tombstones"):
        return None
    row = (await database.execute(TOMBSTONE, [int(address["id"])])).first()
    if row is None or row["how"] not in TOLD:
        return None
    status, key = TOLD[row["how"]]
    why = row["why"] or ""
    if not why:  # as a snapshot has it
        key = "tombstone.block_unsaid" if row["how"] == How.BLOCK else "tombstone.unsaid"
    reason, meaning = named(why, "reason"), named(why, "meaning")
    sentence = t(key, day=day(day_of(row["at"])), why=why, reason=reason, meaning=meaning)
    line = f"{t('tombstone.title', id=str(row['article']))}. {sentence}"
    if (address["ending"] or "").endswith(".json"):
        error = {"ok": False, "error": line, "status": status, "title": None}
        return Response.json(error | dict(row), status=status)
    if address["ending"]:
        return Response.text(f"{line}\n", status=status)
    back = (await database.execute(BACK, [row["key"]])).first()
    context = {"row": row, "sentence": sentence, "back": back and back["article"], "status": status}
    return Response.html(await datasette.render_template("tombstone.html", context, request=request), status=status)


@hookimpl  # type: ignore[untyped-decorator]
def filters_from_request(database: str, table: str) -> FilterArguments | None:
    return FilterArguments([SHOWN]) if (database, table) == ("archive", "tombstones") else None


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]  # before errors.py, which answers everything
def handle_exception(
    datasette: Datasette, request: Request, exception: Exception
) -> Callable[[], Awaitable[Response | None]] | None:
    """Whoever looks for an article, ours or Datasette's, says that it is not found; only then is this asked."""
    if getattr(exception, "status", None) != 404:
        return None

    async def answer() -> Response | None:
        return await told(datasette, request)

    return answer
