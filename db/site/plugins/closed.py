"""Which methods and addresses there are: the archive is read, and what Datasette tells of itself is not for readers."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from datasette import NotFound, Response, hookimpl

from db.language import t

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

ALLOWED = {"allow": "GET, HEAD, OPTIONS"}
# Threads, plugins, versions, settings, paths; databases of Datasette's own; and any name that is written in disguise.
CLOSED = r"^/(-|_internal|_memory|:memory:)([/.].*)?$", r"^/[^/]*~"


@hookimpl  # type: ignore[untyped-decorator]
def asgi_wrapper() -> Callable[[App], App]:
    def wrap(app: App) -> App:
        async def wrapped(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            method = scope.get("method", "GET")
            if method == "OPTIONS":
                await Response("", status=204, headers=dict(ALLOWED)).asgi_send(send)
            elif method not in ("GET", "HEAD"):
                await Response.text(f"{t('frame.error.only_read')}\n", status=405, headers=dict(ALLOWED)).asgi_send(
                    send
                )
            elif method == "HEAD":
                await head(app, scope, send)
            else:
                await app(scope, receive, send)

        return wrapped

    return wrap


async def head(app: App, scope: MutableMapping[str, Any], send: Send) -> None:
    """Who asks for the head alone has left once it is there: nothing is streamed to nobody."""
    begun = asyncio.Event()

    async def receive() -> Message:
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.start":
            begun.set()
        await send(message)

    await app(scope, receive, send_head)


def missing() -> None:
    raise NotFound("404")


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(pattern, missing) for pattern in CLOSED]
