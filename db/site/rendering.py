"""Long pages are made and sent bit by bit, and whoever else asks something has a turn in between."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import IO, Any

from jinja2 import Template

from db.site.answering.visitors import current
from db.site.database import reading

PIECE = 256 * 1024  # bytes; each waits for a turn among all that are answered


class PatientTemplate(Template):
    async def render_async(self, *args: Any, **kwargs: Any) -> str:
        pieces, visitor, token = [], current.get(None), reading.set(None)  # what a template asks it asks as a page
        try:
            async for piece in self.generate_async(*args, **kwargs):
                pieces.append(piece)
                if visitor and visitor.slice_is_over:  # a page of the static site is made for nobody
                    await visitor.give_way()
        finally:
            reading.reset(token)
        return "".join(pieces)


async def send_file(send: Callable[[dict[str, Any]], Awaitable[None]], file: IO[bytes]) -> None:
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
