"""Work beside the reactor: in a worker process, so that reading a page never holds up the fetching of others."""

import asyncio
import resource
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

SECONDS = 60  # of CPU time, for one thing; a page of real size takes at most 1.3, 500,000 sitemap entries 10 to 25
MEMORY = 2 << 30  # bytes of address space; a worker at rest takes about 0.4 GB
TASKS = 1000  # then the worker is replaced: trafilatura's caches grow with every page

T = TypeVar("T")


class Lost(Exception):
    """The work ended its worker; says how."""


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the crawl, which lets the worker finish


def _timed(seconds: int, work: Callable[..., T], *given: Any) -> T:
    # SIGPROF ends the process by default, also one that is caught in a C library, where no exception gets through.
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return work(*given)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


class Beside:
    """One worker process. One thing at a time, so that it is known what a worker died of.

    A thread hands the work over: a busy event loop would leave the worker without any for 200 ms after each piece.
    """

    def __init__(self, seconds: int = SECONDS) -> None:
        self._seconds = seconds
        self._turns = ThreadPoolExecutor(1, "beside")
        self._done = 0
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, work: Callable[..., T], *given: Any) -> T:
        """What `work` returns or raises; both must pickle. Raises Lost where it ends its worker or takes all memory."""
        return await asyncio.get_running_loop().run_in_executor(self._turns, self._hand_over, work, *given)

    def _hand_over(self, work: Callable[..., T], *given: Any) -> T:
        if self._pool is None or self._done >= TASKS:
            self._end_worker()
            # spawn: a fork would take the reactor's open connections along
            self._pool, self._done = ProcessPoolExecutor(1, get_context("spawn"), _limit), 0
        self._done += 1
        try:
            return self._pool.submit(_timed, self._seconds, work, *given).result()
        except BrokenProcessPool:
            self._pool = None
            raise Lost(f"it took more than {self._seconds} s to read, or more memory than there is") from None
        except (MemoryError, RecursionError) as error:
            raise Lost(f"{type(error).__name__} while reading it") from None

    def _end_worker(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def close(self) -> None:
        self._turns.shutdown(wait=False, cancel_futures=True)
        self._end_worker()
