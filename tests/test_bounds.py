"""What one reader asks takes neither the machine nor the others' time: bounds of memory, size, time and number."""

import asyncio
import http.client
import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from db.export.tables import ExportFormat, reading, select
from db.open_files import FILES, allow_many_files
from db.site.answering import clock, dispatch
from db.site.answering.lanes import SETTING, Lane, SettingError, TooBusy, client_of, most_costly
from db.site.answering.tasks import ROW_OF_WORKBOOK, Spool, write_selection
from db.site.answering.visitors import Message, Visitor, current
from db.store.connection import Mode, connect
from db.store.reading.bounds import LIMITS
from tests.test_exports import make_archive

NUMBER = 60
ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
LISTS = "select '[' || replace(hex(zeroblob(300000)), '0', '[],') || '0]' as x"
DEEP = "select replace(hex(zeroblob(50000)), '0', '[') as x"
LARGE = "hex(zeroblob(5000000))"  # 10 MB


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Server:
    def __init__(self, process: subprocess.Popen[str], archive: Path, port: int) -> None:
        self.process, self.archive, self.port = process, archive, port

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path: str, **headers: str) -> Answered:
        with closing(self.connection()) as connection:
            connection.request("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return Answered(answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read())

    def sql(self, sql: str, form: str = "json", **headers: str) -> Answered:
        return self.get(f"/archive{form and '.'}{form}?sql={quote_plus(sql)}", **headers)

    def open_archives(self) -> int:
        links = [link.readlink() for link in Path(f"/proc/{self.process.pid}/fd").iterdir() if link.is_symlink()]
        return sum(link == self.archive for link in links)


@contextmanager
def served(archive: Path, *options: str, **environment: str) -> Iterator[Server]:
    command = [sys.executable, "-W", "error::ResourceWarning", "-m", "revierspiegel", "serve", "--port", "0", *options]
    environment = {**os.environ, "REVIERSPIEGEL_HOME": str(archive.parent), **environment}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stderr
            line = process.stderr.readline()
            match = re.search(r":(\d+)/", line)
            assert match, line
            yield Server(process, archive, int(match[1]))
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
            assert (process.returncode, err) == (0, "")
        finally:
            process.kill()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("home") / "archive.db", NUMBER)


@pytest.fixture(scope="module")
def server(archive: Path) -> Iterator[Server]:
    with served(archive) as started:
        yield started


def test_every_connection_that_reads_has_the_limits(archive: Path) -> None:
    with reading(archive) as connection:
        assert {limit: connection.getlimit(limit) for limit in LIMITS} == LIMITS
    with closing(connect(archive, Mode.READ)) as connection, pytest.raises(sqlite3.DataError, match="too big"):
        connection.execute("select zeroblob(200000000)").fetchall()


# One get took 23 GB
@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("select zeroblob(200000000)", "too big|too large|larger"),
        ("select group_concat(hex(zeroblob(500000))) from articles", "too big|too large|larger"),
        ("select randomblob(11000000), randomblob(11000000), randomblob(11000000), randomblob(11000000)", "memory"),
        (f"select {', '.join(['x'] * 40)} from (select {LARGE} as x)", "memory"),
    ],
)
@pytest.mark.parametrize("form", ["json", "csv", ""])
def test_oom_one_get(server: Server, sql: str, says: str, form: str) -> None:
    answer = server.sql(sql, form)
    assert answer.status == 400
    assert re.search(says, answer.text)


def in_time(server: Server, sql: str, form: str, **headers: str) -> Answered:
    """Asked again while the machine is so busy with others that SQLite has no time for it in its seconds."""
    ends = time.monotonic() + 60
    while True:
        answer = server.sql(sql, form, **headers)
        if not re.search("took too long|dauerte zu lange", answer.text) or time.monotonic() > ends:
            return answer


@pytest.mark.parametrize("form", ["json", ""])
def test_an_answer_has_a_bound_and_is_never_short(server: Server, form: str) -> None:
    large = in_time(server, f"select {LARGE} from articles limit 2", form)
    assert large.status == 400 and "The answer is larger than 16 MB" in large.text
    german = in_time(server, f"select {LARGE} from articles limit 2", form, accept_language="de")
    assert german.status == 400 and re.search(r"Antwort ist gr(ö|\\u00f6)(ß|\\u00df)er als 16 MB", german.text)
    many = in_time(server, f"select {', '.join(['id'] * 60)} from articles, (select 1 from articles limit 20)", form)
    assert many.status == 400 and re.search("more than 50,000 cells", many.text)


def test_a_stream_has_a_bound_and_is_never_short(server: Server) -> None:
    large = server.sql(f"select {LARGE} from articles limit 11", "csv")
    assert large.status == 400 and "The answer is larger than 100 MB" in large.text
    whole = server.sql(f"select {LARGE} from articles limit 2", "csv")
    assert whole.status == 200 and len(whole.body) == int(whole.headers["content-length"]) > 20_000_000


def test_what_fails_on_its_way_is_an_error_and_no_short_file(server: Server) -> None:
    """Row 50 cannot be read: abs() of the smallest integer is an error of SQLite's."""
    sql = f"select {LARGE}, iif(id = 5, abs(-9223372036854775807 - 1), id) from articles where id < 6"
    answer = server.sql(sql, "csv")
    assert answer.status == 400 and len(answer.body) < 1000


def test_json_in_cells_has_a_bound(server: Server) -> None:
    large = server.get(f"/archive.json?_json=x&sql={quote_plus(LISTS)}")
    assert large.status == 400 and "JSON in cells is larger than 1,024 kB" in large.text
    deep = server.get(f"/archive.json?_json=x&sql={quote_plus(DEEP)}")
    assert deep.status == 400 and "nested too deeply" in deep.text
    assert server.sql(DEEP).status == 200  # as text


def test_what_is_sorted_has_a_bound(server: Server) -> None:
    rows = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 900)"
    answer = server.sql(f"{rows} select length(x) from (select hex(zeroblob(500000)) || i as x from n) order by x desc")
    assert answer.status == 400 and re.search("more than 512 MB on the disk|too long|too slow|seconds", answer.text)


# Three requests stopped everybody for 45 seconds
@pytest.mark.parametrize("function", ["escape_fts", "spelling"])
def test_sql_function_past_the_limit(server: Server, function: str) -> None:
    answer = server.sql(f"select {function}(replace(hex(zeroblob(1000000)), '0', 'a '))")
    assert answer.status == 400 and re.search("too big|too large|larger", answer.text)
    assert json.loads(server.sql(f"select {function}(null), {function}('Größe')").body)["rows"]


def test_what_sqlite_cannot_be_interrupted_in_is_ended(server: Server) -> None:
    assert server.sql("select instr(zeroblob(10000000), zeroblob(5000000) || x'01')", "csv").status == 400
    assert server.get("/search?q=Rechenzentrum").status == 200


@pytest.mark.soak
def test_a_client_has_so_much_costly_work_and_pages_besides(archive: Path) -> None:
    with served(archive, "--trusted-proxy", "127.0.0.1", **{SETTING: "2"}) as server, ThreadPoolExecutor(8) as others:
        costly = [
            others.submit(server.sql, ENDLESS, form, x_forwarded_for=f"203.0.113.{number}, 198.51.100.7")
            for number, form in enumerate(["csv", "csv", "csv", "csv", "json", "json"])
        ]
        somebody_else = others.submit(server.sql, ENDLESS, "csv", x_forwarded_for="198.51.100.7, 198.51.100.8")
        for path in ("/", "/about", "/article/1", "/search?q=Rechenzentrum", "/archive/articles", "/archive/runs"):
            assert server.get(path, x_forwarded_for="198.51.100.7").status == 200
        answers = [each.result() for each in costly]
        statuses = [answer.status for answer in answers]  # on a busy machine one may come when another has ended
        assert set(statuses) == {400, 429} and statuses.count(400) >= 2
        busy = next(answer for answer in answers if answer.status == 429)
        assert int(busy.headers["retry-after"]) > 0 and "2 searches, queries or exports under way" in busy.text
        assert somebody_else.result().status == 400
        assert server.sql("select 1", "csv", x_forwarded_for="198.51.100.7").status == 200  # they have ended


@pytest.mark.soak
def test_who_is_told_to_wait_is_told_so_as_asked_for(archive: Path) -> None:
    with served(archive, **{SETTING: "1"}) as server, ThreadPoolExecutor(3) as others:
        answers = list(others.map(server.sql, [ENDLESS] * 3, ["json"] * 3))
    busy = next(answer for answer in answers if answer.status == 429)
    told = json.loads(busy.text)
    assert (told["ok"], told["status"]) == (False, 429)
    assert "1 searches, queries or exports under way" in told["error"]
    assert int(busy.headers["retry-after"]) > 0


def test_workbooks_hold_up_no_other_export(archive: Path) -> None:
    asyncio.run(check_workbooks(dispatch.Dispatcher(archive, most_costly=8, patience=0.01, turn=0.05)))


async def check_workbooks(dispatcher: dispatch.Dispatcher) -> None:
    room = dispatch.ROOMS[dispatch.Question.WORKBOOK]
    for number in range(room.quick):
        await dispatcher.lanes[dispatch.Question.WORKBOOK][0].enter(f"198.51.100.{number}")
    current.set(Visitor({"method": "HEAD", "client": ("203.0.113.1", 1)}, lambda: asyncio.Future[Message]()))
    async with dispatcher.session(dispatch.Question.EXPORT) as session:
        await session.begin()
    with pytest.raises(TooBusy, match="has not had its turn"):
        async with dispatcher.session(dispatch.Question.WORKBOOK) as session:
            await session.begin()
    assert dispatcher.lanes[dispatch.Question.WORKBOOK][0].number_waiting("203.0.113.1") == 0


def test_a_large_workbook_is_not_begun_in_a_moment(archive: Path, tmp_path: Path) -> None:
    with reading(archive) as connection:
        connection.row_factory = None
        connection.rollback()
        spool = Spool(tmp_path / "spool", 1 << 20, "bounds.export")
        for work, is_begun in ((5.0, True), (NUMBER * ROW_OF_WORKBOOK / 2, False)):
            clock.start(connection, 60, work)
            try:
                with nullcontext() if is_begun else pytest.raises(sqlite3.OperationalError, match="interrupted"):
                    assert write_selection(connection, ExportFormat.XLSX, select, spool)
            finally:
                clock.stop()
                connection.rollback()


@pytest.mark.soak
def test_without_a_proxy_nobody_says_who_they_are(archive: Path) -> None:
    with served(archive, **{SETTING: "1"}) as server, ThreadPoolExecutor(3) as others:
        costly = [others.submit(server.sql, ENDLESS, "csv", x_forwarded_for=f"203.0.113.{n}") for n in range(3)]
        assert {each.result().status for each in costly} == {400, 429}


def checkpoint(archive: Path) -> tuple[int, int, int]:
    """(0, 0, 0) where nobody reads an old state of the archive."""
    with closing(sqlite3.connect(archive)) as connection:
        connection.execute("update articles set words = coalesce(words, 0) + 1")
        connection.commit()
        busy: tuple[int, int, int] = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
        return busy


# The transaction of a broken download stayed until the cycle collector came by
def test_transaction_stays_after_broken_download(server: Server) -> None:
    assert server.get("/export.csv").status == 200
    before = server.open_archives()
    for _ in range(3):
        with closing(server.connection()) as connection:
            connection.request("GET", f"/archive.csv?sql={quote_plus(ENDLESS)}")
            assert connection.sock
            time.sleep(0.2)  # it has begun
    wait_for(lambda: checkpoint(server.archive) == (0, 0, 0))
    assert server.open_archives() == before


@pytest.mark.soak
def test_of_what_nobody_waits_for_nothing_is_left(archive: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(archive)) as connection:
        endless = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 500000) select i from n"
        connection.executescript(f"create table many as {endless}")
    with served(archive, TMPDIR=str(tmp_path)) as server:
        for path in ("/archive/many.xlsx", "/export.xlsx?table=many"):
            with closing(server.connection()) as connection:
                connection.request("GET", path)
                wait_for(lambda: bool(list(tmp_path.glob("*/*/*"))))  # it has begun
            wait_for(lambda: not list(tmp_path.glob("*/*")))
    assert list(tmp_path.iterdir()) == []


def wait_for(reached: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not reached() and time.monotonic() < ends:
        time.sleep(0.01)
    assert reached()


def test_a_slow_reader_holds_no_transaction(server: Server) -> None:
    with closing(server.connection()) as connection:
        connection.request("GET", f"/archive.csv?sql={quote_plus(f'select {LARGE}, id from articles limit 5')}")
        answer = connection.getresponse()
        assert checkpoint(server.archive) == (0, 0, 0)
        assert len(answer.read()) > 50_000_000


def test_who_has_answered_holds_no_transaction(server: Server) -> None:
    for path in ("/search?q=Rechenzentrum", "/archive/articles?_size=5", "/export.csv", "/feed.atom?q=Rechenzentrum"):
        assert server.get(path).status == 200
        assert checkpoint(server.archive) == (0, 0, 0)


def test_a_head_has_the_length_alone(server: Server) -> None:
    with closing(server.connection()) as connection:
        connection.request("HEAD", "/export.csv")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
        assert int(answer.getheader("content-length", "")) == len(server.get("/export.csv").body)


def test_processes_end_with_the_site(archive: Path) -> None:
    with served(archive) as server:
        assert server.get("/search?q=Rechenzentrum").status == 200
        children = descendants(server.process.pid)
        assert children
    wait_for(lambda: not any(Path(f"/proc/{child}/cmdline").exists() for child in children))


def descendants(process: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *descendants(child)]
    return found


# Whose turn it is


@pytest.mark.parametrize(("each", "order"), [(2, "AABABAB"), (1, "AABABAB")])
def test_who_has_much_to_ask_does_not_hold_up_the_others(each: int, order: str) -> None:
    asyncio.run(check_turns(each, order))


async def check_turns(each: int, order: str) -> None:
    lane, done = Lane(1, each), []

    async def work(client: str) -> None:
        await lane.enter(client)
        done.append(client)
        await asyncio.sleep(0)
        lane.leave(client)

    await asyncio.gather(*(work(client) for client in "AAAABBB"))
    assert "".join(done) == order
    assert (lane.free, lane.running, lane.waiting) == (1, {}, {})


def test_one_client_has_its_share_of_a_lane_alone() -> None:
    asyncio.run(check_share())


async def check_share() -> None:
    lane = Lane(3, 2)
    turns = {name: [asyncio.ensure_future(lane.enter(name)) for _ in range(3)] for name in "AB"}
    await asyncio.sleep(0)
    assert [turn.done() for turn in turns["A"]] == [True, True, False]
    assert [turn.done() for turn in turns["B"]] == [True, False, False]
    turns["A"][2].cancel()  # who hangs up while waiting is not waited for
    lane.leave("A")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [turn.done() for turn in turns["B"]] == [True, True, False]
    turns["B"][2].cancel()


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_a_client_is_an_address_or_a_network_of_one_household(address: str, client: str) -> None:
    assert client_of(address) == client


@pytest.mark.parametrize("setting", ["0", "-1", "many", "1.5"])
def test_the_setting_is_checked(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv(SETTING, setting)
    with pytest.raises(SettingError, match=f"{SETTING}={re.escape(setting)}: expected"):
        most_costly()


def run_serve(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "revierspiegel", "serve", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_proxy_is_an_address() -> None:
    refused = run_serve("--trusted-proxy", "proxy.example")
    assert refused.returncode == 2 and "expected an address or a network" in refused.stderr


def test_a_process_may_have_more_files_open_than_usual() -> None:
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(before, 512), most))
    allow_many_files()
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))
    assert allowed == (FILES if most < 0 else min(most, FILES), most)
