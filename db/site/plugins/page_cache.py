"""A page or small file that was made a moment ago is sent again, as long as nothing has been written into the archive.

What many ask for at once is made once: the front page takes 20 ms, the timeline 50. While a crawl writes, several times
a second, a page may be LATE: it does not tell yet what has come since. Then one reader has it made anew, and the others
are sent the one before; what took long to make may be later than what is soon made anew. What has changed or left, or
what a person has decided, is told at once (`recalls`).
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from datasette import hookimpl
from datasette.app import Datasette

from db.home import state_of
from db.language import language
from db.site.answering.bounds import LARGE
from db.site.answering.visitors import current

SECONDS = 60  # pages tell minutes
PATIENCE = 10  # seconds that others wait for one in the making: a page takes less, a file of all articles more
LATE, LATEST = 60, 90  # seconds at most: from then on it is made anew; until then others are sent it meanwhile
SHARE = 20  # times as long as it took to make, which is longer where many ask: most of the time is left for others
ROOM = 16 << 20  # bytes
MOST_LARGE = 1000  # readers may make addresses up
PAGES = re.compile(
    r"/|/(search|timeline|sources|help|archive|article|copies|near-misses|changes|coverage|figures|quotes|places|proposals)(/[^.]*(\.(json|csv))?)?"
    r"|/export[-a-z]*\.(?!xlsx)[a-z.]+"
)
OF_READERS = {"sql", "_where"}  # SQL may ask for the time, or for chance
OF_ONE_READER = (b"if-none-match", b"if-modified-since", b"authorization", b"range")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class KeptPage:
    messages: tuple[Message, Message]
    state: object  # of the archive
    recalls: object
    began: float  # when it was begun to be made
    took: float  # seconds


@dataclass(frozen=True, slots=True)
class ArchiveState:
    """What is asked of the archive before a page is sent again."""

    state: Callable[[], object]  # another once anything has been written
    recalls: Callable[[], object]  # another once pages of before are wrong; None: not known
    is_written: Callable[[], bool]  # by somebody who goes on writing


class PageCache:
    def __init__(self, archive: ArchiveState, clock: Callable[[], float] = time.monotonic) -> None:
        self.archive, self.clock = archive, clock
        self.kept: OrderedDict[Key, KeptPage] = OrderedDict()  # the one that was not wanted for the longest first
        self.bytes = 0
        self.large: set[Key] = set()  # answers that turned out too large to be kept
        self.in_the_making: dict[Key, asyncio.Event] = {}

    async def answer(self, key: Key, app: Callable[[Send], Awaitable[None]], send: Send) -> None:
        if key in self.large:
            await app(send)
            return
        page, made = self.find(key), None
        if not page and (made := self.in_the_making.get(key)):
            current.get().at_the_door.close()  # who only waits must not keep others out
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await made.wait()
            page = self.find(key)
        if page:
            start, body = page.messages
            await send({**start, "headers": [*start.get("headers", []), (b"age", b"%d" % self.age(page))]})
            await send(body)
        elif made:  # the one that was waited for is not to be kept
            await current.get().come_back()
            await app(send)
        else:
            made = self.in_the_making[key] = asyncio.Event()
            try:
                await app(self.keeping(key, made, send))
            finally:
                self.done(key, made)

    def keeping(self, key: Key, made: asyncio.Event, send: Send) -> Send:
        state, recalls, began = self.archive.state(), self.archive.recalls(), self.clock()
        held, length = list[Message](), 0

        async def kept_and_sent(message: Message) -> None:
            nonlocal length
            if self.in_the_making.get(key) is not made:
                await send(message)
                return
            held.append(message)
            length += len(message.get("body", b""))
            is_whole = message["type"] == "http.response.body" and not message.get("more_body")
            if length > LARGE:
                self.remember_large(key)
            elif is_whole:
                body = b"".join(each.get("body", b"") for each in held)
                held[1:] = [{"type": "http.response.body", "body": body}]
                self.keep(key, KeptPage((held[0], held[1]), state, recalls, began, self.clock() - began))
            else:
                return  # others would wait for as long as its first reader takes to read it, piece by piece
            self.done(key, made)
            for each in held:
                await send(each)

        return kept_and_sent

    def remember_large(self, key: Key) -> None:
        """It is not kept, so nobody need wait for it."""
        if len(self.large) == MOST_LARGE:
            self.large.clear()
        self.large.add(key)

    def done(self, key: Key, made: asyncio.Event) -> None:
        if self.in_the_making.get(key) is made:
            del self.in_the_making[key]
        made.set()

    def find(self, key: Key) -> KeptPage | None:
        page = self.kept.get(key)
        if page is None or not (self.is_exact(page) or self.may_be_late(key, page)):
            return None
        self.kept.move_to_end(key)
        return page

    def age(self, page: KeptPage) -> float:
        return self.clock() - page.began

    def is_exact(self, page: KeptPage) -> bool:
        return self.age(page) < SECONDS and page.state == self.archive.state()

    def may_be_late(self, key: Key, page: KeptPage) -> bool:
        latest = LATEST if key in self.in_the_making else LATE
        return (
            self.age(page) < min(1, SHARE * page.took / LATE) * latest
            and self.archive.is_written()
            and page.recalls is not None
            and page.recalls == self.archive.recalls()
        )

    def keep(self, key: Key, page: KeptPage) -> None:
        start, body = page.messages
        length, names = len(body.get("body", b"")), {name.lower() for name, _ in start.get("headers", [])}
        if start["status"] != 200 or b"set-cookie" in names:
            return
        self.forget(key)
        self.kept[key] = page
        self.bytes += length
        while self.bytes > ROOM:
            self.forget(next(iter(self.kept)))

    def forget(self, key: Key) -> None:
        if page := self.kept.pop(key, None):
            self.bytes -= len(page.messages[1].get("body", b""))


def shown_by(datasette: Datasette) -> ArchiveState:
    """Of the file that is shown now: on the public site that becomes another."""

    def state() -> object:
        path = datasette.get_database("archive").path
        return path, state_of(Path(path))

    def recalls() -> object:
        return datasette.get_database("archive").recalls()

    def is_written() -> bool:
        return bool(datasette.get_database("archive").is_written())

    return ArchiveState(state, recalls, is_written)


def key_of(scope: MutableMapping[str, Any]) -> Key | None:
    """All that an answer depends on, but for the archive; None for what is not to be kept."""
    query = scope.get("query_string", b"").decode("latin-1")
    is_page = scope["type"] == "http" and scope["method"] == "GET" and PAGES.fullmatch(scope["path"])
    if not is_page or OF_READERS & dict(parse_qsl(query, keep_blank_values=True)).keys():
        return None
    headers = dict(scope["headers"])
    if any(headers.get(name) for name in OF_ONE_READER):
        return None
    raw = scope.get("raw_path") or scope["path"]
    return raw, query, scope.get("scheme"), headers.get(b"host"), language(), b"cookie" in headers


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]  # next to the application: the language has been chosen
def asgi_wrapper(datasette: Datasette) -> Callable[[App], App]:
    def wrap(app: App) -> App:
        caches: list[PageCache] = []  # one, with the first request: Datasette wraps before it has its databases

        async def cached(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            key = key_of(scope)
            if key is None:
                await app(scope, receive, send)
            else:
                if not caches:
                    caches.append(PageCache(shown_by(datasette)))
                await caches[0].answer(key, lambda sent: app(scope, receive, sent), send)

        return cached

    return wrap
