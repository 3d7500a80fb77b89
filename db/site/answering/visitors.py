"""One request: whose it is, whether its reader is still there, and what it holds until it is over."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import ExitStack
from contextvars import ContextVar
from typing import Any, TypeVar

from datasette.utils.asgi import Base400

from db.site.answering.lanes import Lane, Slots, client_of

SLICE = 0.005  # seconds that one page is worked on before others have their turn
SHORT_PAGE = 6  # slices

T = TypeVar("T")
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class Gone(Base400):  # type: ignore[misc]
    """The reader has hung up; nobody reads what is answered."""

    status = 499


class Visitor:
    def __init__(self, scope: MutableMapping[str, Any], receive: Receive, long_pages: Lane | None = None) -> None:
        self.client = client_of((scope.get("client") or [""])[0])
        self.receive = receive if scope["method"] == "GET" else None  # of a HEAD nobody waits for the body
        self.held = ExitStack()
        self.door: Lane | None = None
        self.at_the_door = ExitStack()  # closed as soon as others may come in
        self.leaving: asyncio.Future[None] | None = None
        self.is_costly = False
        self.retry_after = 5  # seconds, where it is told to come later
        self.long_pages = long_pages or Lane(1)
        self.has_long_page = False
        self.slices, self.slice_began = 0, time.monotonic()

    async def unless_gone(self, work: "asyncio.Future[T]") -> T:
        """Raises Gone, and cancels the work, where the reader hangs up before it is done."""
        waited_for: set[asyncio.Future[Any]] = {work}
        if self.receive:
            self.leaving = self.leaving or asyncio.ensure_future(_left(self.receive))
            waited_for.add(self.leaving)
        try:
            await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise Gone("")
            return await work
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait({work})  # it may still listen on a line that is closed next

    def cost(self, slots: Slots) -> None:
        """From now on it counts for its client, until its answer has been sent. Raises TooBusy."""
        if not self.is_costly:
            slots.take(self.client)
            self.held.callback(slots.give_back, self.client)
            self.is_costly = True

    async def come_in(self, door: Lane) -> None:
        """A thousand pages that one client asks for at once are made a few at a time."""
        self.door = door
        await door.enter(self.client)
        self.at_the_door.callback(door.leave, self.client)
        await asyncio.sleep(0)  # a thousand that are refused at once would not give way to anybody in between

    async def come_back(self) -> None:
        """After it has left the door to wait for something."""
        if self.door:
            await self.come_in(self.door)

    @property
    def slice_is_over(self) -> bool:
        """To be asked in the midst of making a page."""
        return time.monotonic() - self.slice_began > SLICE

    async def give_way(self) -> None:
        """To others. Once a page is known to be long, it is the only one of its client that is made: eight tables of
        1,000 rows, made side by side, would have eight turns of nine. Raises Gone."""
        await asyncio.sleep(0)
        self.slices += 1
        if self.slices > SHORT_PAGE and not self.has_long_page:
            await self.unless_gone(asyncio.ensure_future(self.long_pages.enter(self.client)))
            self.has_long_page = True
            self.at_the_door.callback(self._leave_long_pages)
        self.slice_began = time.monotonic()

    def _leave_long_pages(self) -> None:
        self.has_long_page = False
        self.long_pages.leave(self.client)

    def close(self) -> None:
        self.at_the_door.close()
        if self.leaving:
            self.leaving.cancel()
        self.held.close()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


current: ContextVar[Visitor] = ContextVar("visitor")
