"""On the public site one may ask so often, and is given no tables in bulk: all of it is in the data package."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.language import t
from db.site.answering.lanes import client_of
from db.site.limits import RateLimits
from db.site.plugins.errors import refuse_briefly
from db.site.plugins.public import is_public
from db.site.plugins.robots import PACKAGE

RATES = "240/minute;3000/hour"  # of pages of one client: a reader opens a page every few seconds
FREE = re.compile(r"/static/.*|/robots\.txt|/health|/-/health|/favicon\.ico")
# Whole tables and lists as files; what is made for one article, group or search stays.
BULK = re.compile(
    r"/export[.-].*|/archive(/[^/]+)?\.\w+"
    r"|/(figures|quotes|places|proposals|changes|near-misses|events)(-excel)?\.(csv|json|jsonl|xlsx)"
)
BULK_ARGUMENTS = {"sql", "_stream", "_where", "_through"}

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


def is_bulk(path: str, query_string: str) -> bool:
    if BULK.fullmatch(path):
        return True
    given = dict(parse_qsl(query_string, keep_blank_values=True))
    return path.startswith("/archive") and bool(BULK_ARGUMENTS & given.keys() or given.get("_size") == "max")


@hookimpl(trylast=True)  # type: ignore[untyped-decorator]  # around what works for an answer, within language and manners
def asgi_wrapper(datasette: Datasette) -> Callable[[App], App]:
    def wrap(app: App) -> App:
        limits: list[RateLimits] = []  # one, with the first request: what is no public site needs none

        async def within_limits(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            path = scope.get("path", "")
            if (
                scope["type"] != "http"
                or not is_public(datasette)
                or getattr(datasette, "prerenders", False)
                or FREE.fullmatch(path)
            ):
                await app(scope, receive, send)
                return
            if not limits:
                limits.append(RateLimits(RATES))
            request = Request(scope, receive)
            if wait := limits[0].hit(client_of((scope.get("client") or [""])[0])):
                answer = refuse_briefly(request, 429, t("public_search.too_many_pages"))
                answer.headers["retry-after"] = str(wait)
            elif is_bulk(path, request.query_string):
                package = datasette.absolute_url(request, datasette.urls.path(PACKAGE))
                answer = refuse_briefly(request, 403, t("public_search.bulk", address=package))
                answer.headers["link"] = f'<{package}>; rel="collection"'
            else:
                await app(scope, receive, send)
                return
            await answer.asgi_send(send)

        return within_limits

    return wrap
