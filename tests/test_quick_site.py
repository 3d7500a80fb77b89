"""What keeps the site quick where many ask at once, as far as it can be seen without a clock."""

import asyncio
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from datasette.database import Results
from datasette.facets import ColumnFacet
from datasette.utils.asgi import Request

from db.site.answering import dispatch
from db.site.answering.processes import Late
from db.site.answering.visitors import Message, Visitor, current
from db.site.database import ReadOnlyDatabase, not_in_its_order
from db.site.serve import close_site, listen, make_site
from tests.test_exports import make_archive


def test_a_site_gives_way_to_crawls_and_a_schedule_beside_it_does_not() -> None:
    """Niceness is a thread's own; and however many sites one program serves, it gives way once."""
    program = """
import os, threading
from db.site.serve import NICENESS, give_way
beside, ended = os.nice(0), threading.Event()
seen = []
schedule = threading.Thread(target=lambda: (ended.wait(), seen.append(os.nice(0))))
schedule.start()
give_way(), give_way()
ended.set()
schedule.join()
print(os.nice(0) - beside == NICENESS, seen == [beside])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "True True\n"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("quick") / "archive.db", 20)


def test_what_is_sent_waits_for_no_acknowledgement() -> None:
    """A head and a body are two packets; the second waited 40 ms on every line that was kept open."""
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()) as line:
        line.sendall(b"x")
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_facet_of_narrowed_rows_is_not_counted_in_the_order_of_its_index(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Datasette asks for it: of narrowed rows in another order, with the same result; of all rows as it is."""
    asked: list[str] = []
    execute = ReadOnlyDatabase.execute

    async def noting(database: ReadOnlyDatabase, sql: str, *arguments: object, **more: object) -> Results:
        asked.append(sql)
        return await execute(database, sql, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(ReadOnlyDatabase, "execute", noting)
    narrowed, everything = "select * from articles where kind = 'company'", "select * from articles"
    site = make_site(archive)
    try:
        for sql in (narrowed, everything):
            facet = ColumnFacet(site, Request.fake("/?_facet=source"), "archive", sql=sql)
            asyncio.run(facet.facet_results())
    finally:
        close_site(site)
    of_narrowed, of_everything = (sql for sql in asked if "as count" in sql)
    assert not_in_its_order(of_everything) == of_everything
    with closing(sqlite3.connect(archive)) as db:
        db.execute("update articles set kind = 'company' where id % 2")
        before, after = of_narrowed, not_in_its_order(of_narrowed)
        assert "idx_articles_source" in plan(db, before) and "idx_articles_source" not in plan(db, after)
        assert db.execute(before).fetchall() == db.execute(after).fetchall() != []
        db.rollback()


def plan(db: sqlite3.Connection, sql: str) -> str:
    return " ".join(row[3] for row in db.execute(f"explain query plan {sql}"))


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 as value, count(*) as count from (select 1 where 1) where 1 group by 2 order by count desc",
        "select a from b where c group by a order by count desc, value limit 3",
        "select x as value, count(*) as count from (" + "group by " * 20_000,
    ],
    ids=["another column", "no facet", "long"],
)
def test_other_statements_stay_as_they_are(sql: str) -> None:
    assert not_in_its_order(sql) == sql


def test_datasette_asks_no_process_for_a_table_s_name(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[list[str]] = []
    own = ReadOnlyDatabase.named

    async def noting(database: ReadOnlyDatabase, name: str) -> Results:
        results = await own(database, name)
        named.append([row[0] for row in results.rows])
        return results

    monkeypatch.setattr(ReadOnlyDatabase, "named", noting)
    site = make_site(archive)
    try:
        for name in ("articles", "ARTICLES", "nothing"):
            assert asyncio.run(site.permission_allowed(None, "view-table", ("archive", name), default=True))
    finally:
        close_site(site)
    assert named == [["articles"], ["articles"], []]


@pytest.mark.parametrize(("idle", "busy", "in_time"), [(0.5, 0.0, True), (0.0, 0.6, False)])
def test_a_search_has_seconds_of_the_processor_s_time(archive: Path, idle: float, busy: float, in_time: bool) -> None:
    """Beside a crawl it gets a part of a processor: what it waits for that is not held against it."""
    asyncio.run(search(archive, idle, busy, in_time))


async def search(archive: Path, idle: float, busy: float, in_time: bool) -> None:
    dispatcher = dispatch.Dispatcher(archive, most_costly=8)
    current.set(Visitor({"method": "HEAD", "client": ("203.0.113.1", 1)}, lambda: asyncio.Future[Message]()))
    try:
        async with dispatcher.session(dispatch.Question.SEARCH) as session:
            session.work = dispatch.QUICK  # of the slow lane
            assert await session.do(60, waits_and_counts, 0.0, 0.0) == "done"  # the process has loaded this file
            try:
                assert await session.do(0.25, waits_and_counts, idle, busy) == "done" and in_time
            except Late:
                assert not in_time
    finally:
        dispatcher.close()


def waits_and_counts(connection: sqlite3.Connection, idle: float, busy: float) -> str:
    time.sleep(idle)
    ends = time.process_time() + busy
    while time.process_time() < ends:
        connection.execute("with recursive n(i) as (select 1 union all select i + 1 from n limit 9999) select i from n")
    return "done"
