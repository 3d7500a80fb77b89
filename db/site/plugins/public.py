"""Which addresses the public site has: pages that make sense without texts. All else is not found there, but for
lists in bulk (bulk.py)."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette

from db.site.public.snapshots import SnapshotDatabase

OPEN = re.compile(
    r"/|/(search|timeline|sources|changes|copies|figures|places|events|about|help|downloads)"
    r"|/front\.(svg|png)|/(search|timeline|sources|figures|places|events|changes|copies/\d{1,18})\.(svg|png)"
    r"|/search/numbers\.(csv|json)|/copies/\d{1,18}(-excel)?\.(csv|json)|/(changes|feed|versions)\.atom|/(changes-feed|feed)\.json"
    r"|/sources/[^/]+|/copies/\d{1,18}|/article/\d{1,18}(/cite)?|/archive/articles/\d{1,18}\.[\w.]+"
    r"|/runs(/\d{1,9})?|/downloads/.+|/snapshots(/.+)?|/static/.+|/language/[\w-]+|/-/health|/health|/robots\.txt"
    r"|/about/quality(\.csv)?|/sitemap(-\d{1,4})?\.xml|/\.well-known/.+|/favicon\.ico"
)
VERSION = re.compile(r"/article/(?P<id>\d{1,18})@.*")  # feeds name them, and references that were made elsewhere
NOWHERE = "/-/closed"  # closed.py answers that it is not found

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


def is_public(site: Datasette) -> bool:
    return isinstance(site.databases.get("archive"), SnapshotDatabase)


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars(datasette: Datasette) -> dict[str, Any]:
    return {"is_public": is_public(datasette)}


@hookimpl  # type: ignore[untyped-decorator]
def asgi_wrapper(datasette: Datasette) -> Callable[[App], App]:
    def wrap(app: App) -> App:
        async def open_only(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and is_public(datasette) and not OPEN.fullmatch(scope["path"]):
                if version := VERSION.fullmatch(scope["path"]):
                    article = datasette.urls.path(f"/article/{version['id']}")
                    await Response.redirect(article).asgi_send(send)
                    return
                scope = {**scope, "path": NOWHERE, "raw_path": NOWHERE.encode()}
            await app(scope, receive, send)

        return open_only

    return wrap
