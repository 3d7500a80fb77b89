"""Each request has a visitor (answering/visitors.py). A large answer waits in a file until its reader takes it."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, MutableMapping
from typing import IO, Any

from datasette import hookimpl
from datasette.app import Datasette

from db.site.answering.bounds import LARGE
from db.site.answering.dispatch import dispatcher_of
from db.site.answering.visitors import Visitor, current
from db.site.rendering import send_file

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class Outgoing:
    """What an application sends. A large body is kept for later, so that the application is done and gives back its
    memory, however slowly the reader takes it."""

    def __init__(self, send: Send, visitor: Visitor, datasette: Datasette) -> None:
        self.send, self.visitor, self.datasette = send, visitor, datasette
        self.start: Message | None = None
        self.file: IO[bytes] | None = None

    async def take(self, message: Message) -> None:
        """Raises TooBusy, where it is large and the client has too many of them."""
        if message["type"] == "http.response.start":
            if message["status"] == 429:
                later = (b"retry-after", str(self.visitor.retry_after).encode())
                message = {**message, "headers": [*message.get("headers", []), later]}
            self.start = message
            return
        body = message.get("body", b"")
        if len(body) > LARGE and not message.get("more_body"):
            self.visitor.cost(dispatcher_of(self.datasette).slots)
            self.file = await asyncio.to_thread(filed, body)
            return
        await self.begin()
        await self.send(message)

    async def begin(self) -> None:
        if self.start:
            self.visitor.at_the_door.close()
            start, self.start = self.start, None
            await self.send(start)

    async def finish(self) -> None:
        if self.file:
            await self.begin()
            await send_file(self.send, self.file)
            await self.send({"type": "http.response.body", "body": b""})


def filed(body: bytes) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it is given away
    file.write(body)
    file.seek(0)
    return file


@hookimpl  # type: ignore[untyped-decorator]
def asgi_wrapper(datasette: Datasette) -> Callable[[App], App]:
    def wrap(app: App) -> App:
        async def visited(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            visitor = Visitor(scope, receive, dispatcher_of(datasette).long_pages)
            token, answer = current.set(visitor), Outgoing(send, visitor, datasette)
            try:
                await visitor.come_in(dispatcher_of(datasette).door)
                await app(scope, receive, answer.take)
                await answer.finish()
            finally:
                current.reset(token)
                visitor.close()

        return visited

    return wrap


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]
def render_cell() -> Awaitable[None] | None:
    """Datasette asks it for each cell of a table: 40,000 are 2 s, in which nobody else would have a turn."""
    visitor = current.get(None)  # a page of the static site is made for nobody
    return visitor.give_way() if visitor and visitor.slice_is_over else None
