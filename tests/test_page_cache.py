"""Pages of a moment ago are sent again: never of another archive, language, host or question."""

import asyncio
import fcntl
import sqlite3
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest

from db.home import state_of
from db.lock import LOCK
from db.site.answering.bounds import LARGE
from db.site.answering.lanes import Lane
from db.site.answering.visitors import Visitor, current
from db.site.plugins.page_cache import LATE, LATEST, ROOM, ArchiveState, PageCache, key_of
from db.store.changed import recalls
from tests.test_exports import make_archive
from tests.test_feeds import Get, site

Message = MutableMapping[str, Any]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return make_archive(tmp_path / "archive.db", 12)


@pytest.fixture
def get(archive: Path) -> Iterator[Get]:
    with site(archive) as getting:
        yield getting


def rename(archive: Path, title: str) -> None:
    with closing(sqlite3.connect(archive)) as connection:
        connection.execute("update articles set title = ?", [title])
        connection.commit()


@pytest.mark.parametrize("path", ["/", "/article/3", "/archive/articles", "/archive/articles.json?_size=2"])
def test_what_is_written_is_shown_at_once(archive: Path, get: Get, path: str) -> None:
    for title in ("Ein Spatenstich", "Ein Richtfest", "Eine Einweihung"):
        rename(archive, title)
        shown = get(path).text
        assert title in shown
        assert get(path).text == shown or "json" in path  # it tells how long it took


def test_each_is_in_the_language_of_its_reader(get: Get) -> None:
    for _ in range(2):
        assert 'lang="de"' in get("/help", **{"accept-language": "de"}).text[:60]
        assert 'lang="en"' in get("/help").text[:60]
        assert 'lang="de"' in get("/help", cookie="language=de").text[:60]


@pytest.mark.parametrize("path", ["/export.csv?q=Bedburg", "/export.ris", "/archive/articles.csv?id__lt=3"])
def test_small_files_are_kept_as_pages_are(get: Get, path: str) -> None:
    _, first, second = get(path), get(path), get(path)  # the first who reads makes the log of the archive
    assert "age" not in first.headers
    assert "age" in second.headers
    assert (second.content, second.headers["content-type"]) == (first.content, first.headers["content-type"])
    assert second.headers.get("content-disposition") == first.headers.get("content-disposition")


def test_workbooks_and_parts_of_files_are_made_each_time(get: Get) -> None:
    for path in ("/export.csv", "/export.csv", "/export.xlsx"):
        get(path)
    assert "age" in get("/export.csv").headers
    assert "age" not in get("/export.xlsx").headers
    assert "age" not in get("/export.csv", range="bytes=0-9").headers


def test_sql_is_asked_each_time(get: Get) -> None:
    answers = [get("/archive.json?sql=select+random()").json()["rows"] for _ in range(3)]
    assert answers[0] != answers[1] != answers[2]


# The cache alone


def quiet(archive: Path) -> ArchiveState:
    return ArchiveState(partial(state_of, archive), lambda: None, lambda: False)


async def count_calls(
    cache: PageCache,
    key: object,
    *,
    status: int = 200,
    length: int = 10,
    readers: int = 1,
    work: Callable[[], None] = lambda: None,
) -> int:
    """How often the application was asked."""
    calls = 0

    async def app(send: Any) -> None:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.01)
        work()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * length})

    async def read() -> None:
        messages: list[Message] = []
        current.set(visitor())

        async def send(message: Message) -> None:
            messages.append(message)

        await cache.answer((key,), app, send)
        assert [message["type"] for message in messages] == ["http.response.start", "http.response.body"]

    await asyncio.gather(*(read() for _ in range(readers)))
    return calls


def test_what_many_ask_for_at_once_is_made_once(archive: Path) -> None:
    cache = PageCache(quiet(archive))
    assert asyncio.run(count_calls(cache, 1, readers=20)) == 1
    assert asyncio.run(count_calls(cache, 1)) == 0
    assert asyncio.run(count_calls(cache, 2)) == 1
    rename(archive, "Ein Spatenstich")
    assert asyncio.run(count_calls(cache, 1)) == 1


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


class Written:
    """An archive that a crawl writes into all the time, and a cache of its pages; each takes `took` seconds."""

    def __init__(self, took: float = 4.0) -> None:
        self.writes, self.recalls, self.goes_on, self.clock, self.took = count(), 0, True, Clock(), took
        state = ArchiveState(lambda: next(self.writes), lambda: self.recalls, lambda: self.goes_on)
        self.cache = PageCache(state, self.clock)

    def calls(self, readers: int = 1) -> int:
        return asyncio.run(count_calls(self.cache, 1, readers=readers, work=self.work))

    def work(self) -> None:
        self.clock.now += self.took


def test_while_a_crawl_writes_a_page_may_be_late() -> None:
    archive = Written()
    assert (archive.calls(), archive.calls(readers=9)) == (1, 0)
    archive.clock.now += LATE - 4.1
    assert archive.calls() == 0
    archive.clock.now += 0.2
    assert archive.calls(readers=9) == 1  # one has it made, and the others are sent the one before
    archive.clock.now += LATEST + 0.1
    assert archive.calls(readers=9) == 1  # all wait for it


def test_what_is_made_soon_is_late_for_a_moment_only() -> None:
    archive = Written(took=0.1)
    assert archive.calls() == 1
    archive.clock.now += 1.8
    assert archive.calls() == 0
    archive.clock.now += 0.3
    assert archive.calls() == 1


def test_what_was_recalled_is_not_shown_again() -> None:
    archive = Written()
    assert (archive.calls(), archive.calls()) == (1, 0)
    archive.recalls += 1
    assert (archive.calls(), archive.calls()) == (1, 0)
    archive.goes_on = False
    assert (archive.calls(), archive.calls()) == (1, 1)


def test_a_late_page_says_how_old_it_is() -> None:
    archive = Written()
    archive.calls()
    archive.clock.now += 3.5
    sent: list[Message] = []

    async def ask() -> None:
        async def send(message: Message) -> None:
            sent.append(message)

        await archive.cache.answer((1,), cast(Any, None), send)

    asyncio.run(ask())
    assert (b"age", b"7") in sent[0]["headers"]


@contextmanager
def crawled(archive: Path) -> Iterator[None]:
    with (archive.parent / LOCK).open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


WORDS = {
    "decided": "insert into decisions (key, url, word, why, at) values ('x', 'https://x.example/', 'keep', 'y', '')",
    "dismissed": "insert into dismissed_names values ('Guten Morgen', 'no name', '2026-11-29')",
    "corrected": "update articles set title = 'Ein Spatenstich' where id = 3",
    "left": "delete from articles where id = 3",
}


@pytest.mark.parametrize("statement", WORDS.values(), ids=WORDS)
def test_what_has_changed_or_left_is_told_during_a_crawl(archive: Path, get: Get, statement: str) -> None:
    def pages() -> list[str]:
        return [get(path).text for path in ("/", "/archive/articles")]

    with crawled(archive), closing(sqlite3.connect(archive)) as connection:
        shown = pages()
        connection.execute("insert into addresses (url, source) values ('https://x.example/', 'x')")
        connection.commit()
        assert pages() == shown  # what takes no page back
        connection.execute("update articles set last_checked = '2026-11-29' where id = 3")
        connection.commit()
        assert pages() == shown
        before = recalls(connection)
        connection.execute(statement)
        connection.commit()
        assert recalls(connection) > before
        assert get("/article/3").status_code == (404 if "delete" in statement else 200)
        assert statement.startswith("insert") or pages() != shown
        assert "age" not in get("/sources").headers


def test_errors_are_not_kept(archive: Path) -> None:
    cache = PageCache(quiet(archive))
    assert asyncio.run(count_calls(cache, 1, status=404, readers=5)) == 5
    assert asyncio.run(count_calls(cache, 1)) == 1
    assert cache.in_the_making == {}


def test_who_waits_for_a_page_lets_others_in(archive: Path) -> None:
    asyncio.run(check_the_door(PageCache(quiet(archive))))


async def check_the_door(cache: PageCache) -> None:
    door, is_made, inside = Lane(2), asyncio.Event(), []

    async def app(send: Any) -> None:
        inside.append(sum(door.running.values()))
        current.get().at_the_door.close()  # as who waits for an answer of the archive
        await is_made.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * (LARGE + 1)})

    async def read() -> None:
        current.set(visitor())
        await current.get().come_in(door)
        await cache.answer(("large",), app, nothing)
        current.get().close()

    readers = [asyncio.ensure_future(read()) for _ in range(10)]
    await asyncio.sleep(0.01)
    other = visitor()
    async with asyncio.timeout(1):
        await other.come_in(door)
    other.close()
    is_made.set()
    await asyncio.gather(*readers)
    assert len(inside) == 10
    assert max(inside) <= 2  # of what is not kept each is made, but not all at once
    assert (door.free, door.waiting) == (2, {})


def visitor() -> Visitor:
    return Visitor({"method": "GET", "client": ("127.0.0.1", 1)}, never)


async def nothing(message: Message) -> None:
    pass


async def never() -> Message:
    return await asyncio.Future[Message]()


@pytest.mark.parametrize("length", [10, LARGE])
def test_nobody_waits_for_a_reader_who_does_not_read(archive: Path, length: int) -> None:
    asyncio.run(check_the_others(PageCache(quiet(archive)), length))


async def check_the_others(cache: PageCache, length: int) -> None:
    async def app(send: Any) -> None:  # a line at a time, as Datasette sends CSV
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for more in (True, True, False):
            await send({"type": "http.response.body", "body": b"x" * length, "more_body": more})

    async def never_taken(message: Message) -> None:
        await asyncio.Future[None]()

    async def read(send: Any) -> None:
        current.set(visitor())
        await cache.answer((1,), app, send)

    slow = asyncio.ensure_future(read(never_taken))
    await asyncio.sleep(0)
    async with asyncio.timeout(1):
        await read(nothing)
    slow.cancel()
    assert [key in cache.kept for key in [(1,)]] == [length == 10]


def test_who_knows_that_an_answer_is_large_waits_for_no_other(archive: Path) -> None:
    cache = PageCache(quiet(archive))
    assert asyncio.run(count_calls(cache, 1, length=LARGE + 1)) == 1
    assert asyncio.run(count_calls(cache, 1, length=LARGE + 1, readers=3)) == 3
    assert (cache.large, cache.in_the_making) == ({(1,)}, {})


def test_the_room_is_bounded(archive: Path) -> None:
    cache = PageCache(quiet(archive))
    for number in range(2 * ROOM // 200_000):
        assert asyncio.run(count_calls(cache, number, length=200_000)) == 1
    assert ROOM - 200_000 <= cache.bytes <= ROOM
    assert cache.bytes == sum(len(page.messages[1]["body"]) for page in cache.kept.values())
    assert asyncio.run(count_calls(cache, 0)) == 1  # it had to make room
    assert asyncio.run(count_calls(cache, 1, length=300_000)) == asyncio.run(count_calls(cache, 1, length=300_000)) == 1


def scope(path: str, query: str = "", method: str = "GET", **headers: str) -> Message:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "scheme": "http",
        "headers": [(name.encode(), text.encode()) for name, text in headers.items()],
    }


def test_what_tells_one_page_from_another() -> None:
    pages = [
        scope("/"),
        scope("/search"),
        scope("/search", "q=a"),
        scope("/", host="a.example"),
        scope("/", cookie="language=en"),
        scope("/") | {"scheme": "https"},
    ]
    assert len({key_of(page) for page in pages}) == len(pages) and None not in map(key_of, pages)
    for none in (
        scope("/", method="HEAD"),
        scope("/progress"),
        scope("/about"),
        scope("/downloads"),
        scope("/export.xlsx"),
        scope("/archive.json", "sql=select+1"),
        scope("/archive", "%73ql=select+1"),
        scope("/archive/articles", "_where=random()"),
        scope("/", **{"if-none-match": '"a"'}),
        scope("/", authorization="x"),
    ):
        assert key_of(none) is None
