"""Long pages are made and sent bit by bit, and whoever else asks something has a turn in between."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import IO, Any

from jinja2 import Template

PIECE = 64 * 1024  # bytes
SLICE = 0.005  # seconds that one page is worked on before others have their turn


class Turns:
    """Of the event loop; to be asked in the midst of long work."""

    def __init__(self) -> None:
        self.since = time.monotonic()

    @property
    def is_over(self) -> bool:
        return time.monotonic() - self.since > SLICE

    async def give(self) -> None:
        await asyncio.sleep(0)
        self.since = time.monotonic()


class PatientTemplate(Template):
    async def render_async(self, *args: Any, **kwargs: Any) -> str:
        turns, pieces = Turns(), []
        async for piece in self.generate_async(*args, **kwargs):
            pieces.append(piece)
            if turns.is_over:
                await turns.give()
        return "".join(pieces)


async def send_file(send: Callable[[dict[str, Any]], Awaitable[None]], file: IO[bytes]) -> None:
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
