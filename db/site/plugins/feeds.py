"""/feed.atom and /feed.json, of everything or of a search (?q=); /changes.atom and /changes-feed.json, of what changed.

/versions.atom is an earlier address of the same.
"""

import asyncio
import hashlib
from datetime import datetime
from pathlib import Path

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import BadRequest, Request

from db.export.changes import ChangeFilter
from db.export.feeds import Feed, as_atom, as_json_feed, changed, newest
from db.export.tables import reading
from db.language import t
from db.search.query import parse
from db.site.answering.dispatch import dispatcher_of, kind_of_search
from db.site.answering.processes import Late
from db.site.answering.results import SECONDS
from db.site.files import http_date, is_known
from db.site.full_text.asking import ask_for
from db.site.plugins.changes import ChangeArguments
from db.site.views import errors_in_words

TYPES = {"atom": "application/atom+xml", "json": "application/feed+json"}


def read(archive: Path, asked: ChangeFilter | None) -> Feed:
    """`asked`: of changes; None for what is new."""
    with reading(archive) as connection:
        return newest(connection) if asked is None else changed(connection, asked)


async def feed(datasette: Datasette, request: Request) -> Response:
    """Raises Refused, TooBusy, Gone, BadRequest."""
    what, form = request.url_vars["what"], request.url_vars["form"]
    database = datasette.get_database("archive")
    query = (request.args.get("q") or "").strip() or None
    with errors_in_words(request.path):
        try:
            if query and what == "feed":
                found = (await ask_for(datasette, parse(query))).query
                document = await dispatcher_of(datasette).do(kind_of_search(found), SECONDS, newest, query, found)
            else:
                asked = None if what == "feed" else ChangeArguments.of(request).asked
                document = await asyncio.to_thread(read, Path(database.path), asked)
        except Late as error:
            raise BadRequest(t("search.too_long", number=SECONDS)) from error
    base = datasette.absolute_url(request, datasette.urls.instance())
    own = datasette.absolute_url(request, request.url)
    body = as_atom(document, base, own) if form == "atom" else as_json_feed(document, base, own)
    changed = datetime.fromisoformat(document.updated)
    headers = {
        "etag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "last-modified": http_date(changed),
    }
    if is_known(request, headers["etag"], changed):
        return Response("", status=304, headers=headers, content_type=TYPES[form])
    return Response(body, headers=headers, content_type=f"{TYPES[form]}; charset=utf-8")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, object]]:
    return [
        (r"^/(?P<what>feed|changes-feed)\.(?P<form>json)$", feed),
        (r"^/(?P<what>feed|changes|versions)\.(?P<form>atom)$", feed),
    ]
