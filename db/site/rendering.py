"""Long pages are made and sent bit by bit, and whoever else asks something has a turn in between."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import IO, Any, cast

from jinja2 import Template

from db.site.database import reading

PIECE = 256 * 1024  # bytes; each waits for a turn among all that are answered
LONG = 20  # slices
SLICE = 0.005  # seconds that one page is worked on before others have their turn


class Turns:
    """Of the event loop; to be asked in the midst of long work."""

    def __init__(self) -> None:
        self.since = time.monotonic()
        self.given = 0

    @property
    def is_over(self) -> bool:
        return time.monotonic() - self.since > SLICE

    async def give(self) -> None:
        await asyncio.sleep(0)
        self.since = time.monotonic()
        self.given += 1


class PatientTemplate(Template):
    """What takes long is made one after the other: eight tables of 1,000 rows would have eight turns of each nine."""

    async def render_async(self, *args: Any, **kwargs: Any) -> str:
        turns, pieces, token = Turns(), [], reading.set(None)  # what a template asks it asks as a page
        long_work: asyncio.Lock = cast(Any, self.environment).long_work
        try:
            async with AsyncExitStack() as stack:
                async for piece in self.generate_async(*args, **kwargs):
                    pieces.append(piece)
                    if turns.is_over:
                        await turns.give()
                        if turns.given == LONG:
                            await stack.enter_async_context(long_work)
        finally:
            reading.reset(token)
        return "".join(pieces)


async def send_file(send: Callable[[dict[str, Any]], Awaitable[None]], file: IO[bytes]) -> None:
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
