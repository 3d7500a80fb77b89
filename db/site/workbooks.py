"""A workbook for a reader: made before it is sent, for it is a zip, as long as the reader waits for it."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from datasette.utils.asgi import Request

from db.export.tables import ExportError, Selection, reading, workbook
from db.export.workbooks import Workbook
from db.language import language

SECONDS = 30.0  # that SQLite may take until the next rows are there; how long the reader takes is not counted

AskRows = Callable[[sqlite3.Connection], Selection]


async def workbook_for(archive: Path, request: Request, ask: AskRows) -> Workbook:
    """Raises sqlite3.Error, ExportError, QueryError."""
    watch = _Watch()
    reader_left = asyncio.ensure_future(until_disconnect(request))
    reader_left.add_done_callback(lambda _: watch.nobody_waits.set())
    try:
        return await asyncio.to_thread(_make, archive, ask, watch)
    finally:
        watch.nobody_waits.set()
        reader_left.cancel()


async def until_disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class _Watch:
    def __init__(self) -> None:
        self.deadline = time.monotonic() + SECONDS
        self.nobody_waits = threading.Event()

    def is_over(self) -> bool:
        return time.monotonic() > self.deadline or self.nobody_waits.is_set()

    def over(self, rows: Iterator[sqlite3.Row]) -> Iterator[sqlite3.Row]:
        for row in rows:
            if self.nobody_waits.is_set():
                raise ExportError("nobody waits for it any more")
            yield row
            self.deadline = time.monotonic() + SECONDS


def _make(archive: Path, ask: AskRows, watch: _Watch) -> Workbook:
    with reading(archive) as connection:
        connection.set_progress_handler(watch.is_over, 10_000)
        asked = ask(connection)
        return workbook(replace(asked, rows=watch.over(asked.rows)), [language()])
