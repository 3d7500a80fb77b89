"""Whoever reads files of web archives, and whoever is killed meanwhile: the archive is that of one process."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.conftest import Desk, desk_of
from tests.test_backfill_as_crawl import comparable
from tests.web.press import records_of_ours, registry_of_ours
from tests.web.records import write_warc

FILES = 6
OF_THE_RUN = {"at", "run", "file", "offset", "length"}  # a second one goes on where the first was killed
TABLES = "articles versions article_keys aliases refusals pages figures quotes entities links _archive_files".split()
SOON = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "3s"}  # it is known that the scheduler is gone


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archives")
    records = records_of_ours()[::2]  # as quick as it goes
    for number in range(FILES):
        write_warc(folder / f"{number}.warc.gz", records[number::FILES])
    return folder


def desk_in(folder: Path, environment: pytest.MonkeyPatch) -> Desk:
    folder.mkdir(exist_ok=True)
    desk = desk_of(folder, environment)
    desk.registry(registry_of_ours())
    desk.begin()
    return desk


@pytest.fixture(scope="module")
def of_one(archives: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The archive that one process makes."""
    with pytest.MonkeyPatch.context() as environment:
        desk = desk_in(tmp_path_factory.mktemp("one"), environment)
        done = desk.run("backfill", "--processes", "1", str(archives))
        assert done.returncode == 0, done.stderr
        return tables(desk)


def tables(desk: Desk) -> dict[str, list[str]]:
    return {table: comparable(desk, table, OF_THE_RUN) for table in TABLES}


@contextmanager
def process(*words: str) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen([sys.executable, "-m", *words], stderr=subprocess.PIPE, text=True, env=os.environ | SOON)
    with child:
        try:
            yield child
        finally:
            child.kill()


def wait_for(child: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """Until it says so."""
    said = []
    assert child.stderr
    for line in child.stderr:
        said.append(line)
        if match := re.search(pattern, line):
            return match
    raise AssertionError("".join(said))


@contextmanager
def dask(workers: int) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """Address of a scheduler on this machine; its process, and those of its workers."""
    here = ("--host", "127.0.0.1", "--no-dashboard")
    with ExitStack() as stack:
        scheduler = stack.enter_context(process("distributed.cli.dask_scheduler", *here, "--port", "0"))
        address = wait_for(scheduler, r"Scheduler at: +(\S+)")[1]
        words = ("distributed.cli.dask_worker", address, *here, "--no-nanny", "--nthreads", "1")
        all_workers = [stack.enter_context(process(*words)) for _ in range(workers)]
        for worker in all_workers:
            wait_for(worker, "Registered to")
        yield address, [scheduler, *all_workers]


def child_that_reads(writer: subprocess.Popen[str]) -> int:
    """A process of its pool: a fork of the server of forks, which is its child."""
    (server, *_), readers = children(writer.pid, "forkserver"), list[int]()
    while not readers:
        readers = children(server)
    return readers[0]


def children(parent: int, word: str = "") -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_child = (folder / "stat").read_text().rpartition(")")[2].split()[1] == str(parent)
            if is_child and word in (folder / "cmdline").read_text():
                found.append(int(folder.name))
    return found


@pytest.mark.soak
def test_a_kill_loses_nothing_and_doubles_nothing(
    archives: Path, of_one: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dask(2) as (address, (scheduler, worker, _)):
        ends = {"process": 0, "writer": -9, "worker": 0, "scheduler": 1}
        for victim, code in ends.items():
            desk = desk_in(tmp_path / victim, monkeypatch)
            words = ("backfill", str(archives), *(("--scheduler", address) if victim != "process" else ()))
            with process("revierspiegel", *words) as writer:
                wait_for(writer, f"1/{FILES} files")
                if victim == "process":
                    os.kill(child_that_reads(writer), signal.SIGKILL)
                else:
                    {"writer": writer, "worker": worker, "scheduler": scheduler}[victim].kill()
                said = writer.communicate(timeout=60)[1]
            assert writer.returncode == code, said
            if code:
                assert desk.rows("select count(*) as n from _archive_files")[0]["n"] in range(1, FILES), said
                again = desk.run("backfill", str(archives))
                assert again.returncode == 0 and "are done already" in again.stderr, again.stderr
            else:
                assert f"{FILES}/{FILES} files" in said
            assert tables(desk) == of_one, victim
