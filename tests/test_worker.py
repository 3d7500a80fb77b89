import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from db.outcomes import Code
from pipelines import worker
from pipelines.article import Reason, Rejected
from pipelines.worker import Lost, Worker


def refuse() -> Rejected:
    return Rejected(Reason.TOO_SHORT, Code.TOO_SHORT.of(number=12))


def die() -> None:
    os._exit(3)


def take_all_memory() -> int:
    return len(bytes(8 << 30))


def count_in_c() -> int:
    return sum(range(1 << 40))


def slip() -> None:
    raise AttributeError("a slip of ours")


def test_work_comes_back_or_is_lost_alone() -> None:
    with Worker() as executor:
        assert executor.submit(os.getpid).result() != os.getpid()
        assert executor.submit(refuse).result() == Rejected(Reason.TOO_SHORT, Code.TOO_SHORT.of(number=12))
        with pytest.raises(AttributeError, match="a slip of ours"):
            executor.submit(slip).result()
        with pytest.raises(Lost, match="MemoryError"):
            executor.submit(take_all_memory).result()
        with pytest.raises(Lost, match="more than"):
            executor.submit(die).result()
        assert executor.submit(abs, -1).result() == 1  # a new process has taken over


def test_work_that_takes_too_long_is_ended() -> None:
    with Worker(seconds=1) as executor, pytest.raises(Lost, match="more than 1 s"):
        executor.submit(count_in_c).result()
    assert worker.SECONDS >= 10


def test_processes_are_replaced_and_work_side_by_side() -> None:
    with Worker(2, tasks=2) as executor:
        processes = [future.result() for future in [executor.submit(os.getpid) for _ in range(9)]]
    assert len(set(processes)) >= 5


ORPHAN = """
import os, sys
from pipelines.worker import Worker
worker = Worker()
print(worker.submit(os.getpid).result(), flush=True)
sys.stdin.read()
"""


def test_after_a_shutdown_nothing_is_left_that_could_tell_of_a_closed_pipe_at_exit() -> None:
    before = set(threading.enumerate())
    executor = Worker(2)
    assert [future.result() for future in [executor.submit(max, 1, 2) for _ in range(4)]] == [2] * 4
    assert set(threading.enumerate()) > before
    executor.shutdown()
    assert not set(threading.enumerate()) - before


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are looked up in /proc")
def test_a_process_ends_with_the_crawl_that_was_killed() -> None:
    command = [sys.executable, "-c", ORPHAN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        process = int(parent.stdout.readline())
        assert lives(process)
        parent.kill()
    ends = time.monotonic() + 30
    while lives(process):
        assert time.monotonic() < ends, "it outlives its crawl"
        time.sleep(0.2)


def lives(process: int) -> bool:
    status = Path(f"/proc/{process}/status")  # see proc(5); one that nobody has buried yet is a zombie
    return status.exists() and "State:\tZ" not in status.read_text()
