"""What every answer says to browsers and robots: no script but our own, nothing from elsewhere, not for indexing."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette

from db.site.plugins.public import is_public
from db.site.plugins.robots import PACKAGE

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Callable[[], Awaitable[Message]], Send], Awaitable[None]]

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, noarchive",
    "tdm-reservation": "1",  # the texts are their publishers', who alone can allow mining
}
PUBLIC = {name: value for name, value in HEADERS.items() if name != "x-robots-tag"}  # its pages are to be found
FRESH = {"cache-control": "public, max-age=300"}  # a snapshot is a day's; a proxy may answer for it this long
OF_ONE_READER = ("/search", "/language/", "/-/")  # what is limited by reader, or tells how the site is


@hookimpl(trylast=True)  # type: ignore[untyped-decorator]  # around all others, and what they refuse
def asgi_wrapper(datasette: Datasette) -> Callable[[App], App]:
    def wrap(app: App) -> App:
        async def wrapped(
            scope: MutableMapping[str, Any], receive: Callable[[], Awaitable[Message]], send: Send
        ) -> None:
            async def send_with_headers(message: Message) -> None:
                if message["type"] == "http.response.start":
                    said = headers_of(scope, message["status"]) if is_public(datasette) else HEADERS
                    kept = [pair for pair in message.get("headers", []) if pair[0].lower().decode() not in HEADERS]
                    message = {**message, "headers": [*kept, *raw(said)]}
                await send(message)

            await app(scope, receive, send_with_headers)

        return wrapped

    return wrap


def headers_of(scope: Mapping[str, Any], status: int) -> Mapping[str, str]:
    """Of an answer of the public site."""
    path, headers = scope["path"], dict(PUBLIC)
    if path.startswith(PACKAGE):
        headers["tdm-reservation"] = "0"  # it is made to be counted
    if status == 200 and scope["method"] in ("GET", "HEAD") and not path.startswith(OF_ONE_READER):
        headers |= FRESH
    return headers


def raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]
