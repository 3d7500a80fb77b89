"""Work in processes of its own, so that reading a page never holds up the fetching of others."""

import os
import resource
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import Any, TypeVar

from db.outcomes import Code, Outcome

SECONDS = 60  # of CPU time, for one thing; a page of real size takes at most 1.3, 500,000 sitemap entries 10 to 25
MEMORY = 2 << 30  # bytes of address space; a worker at rest takes about 0.4 GB
TASKS = 1000  # then a process is replaced: trafilatura's caches grow with every page

# A server without threads has the libraries ready and forks the processes: each takes 10 ms instead of the 0.6 s of
# imports, and shares their memory. A fork of the crawl itself would take the reactor's open connections along.
_context = get_context("forkserver")
_context.set_forkserver_preload(["pipelines.stages", "pipelines.extraction.clean", "trafilatura"])

T = TypeVar("T")


class Lost(Exception):
    """The work ended its process."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def _prepare() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the crawl, which lets the worker finish


def _end_with_parent() -> None:
    """A parent that was killed cannot end its processes, and each would wait for work for ever, with 0.4 GB."""
    if parent := parent_process():
        parent.join()
    os._exit(1)


def _timed(seconds: int, work: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    # SIGPROF ends the process by default, also one that is caught in a C library, where no exception gets through.
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return work(*args, **kwargs)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


class Worker(Executor):
    """An executor of which each process has one thing at a time, so that it is known what a process died of.

    The futures raise Lost where the work ended its process, ran out of its time or took all memory; the next work finds
    a new process. A thread hands the work over: a busy event loop would leave a process without any for 200 ms after
    each piece. With more than one thing in a process's queue its replacement after TASKS could hang, too
    (python/cpython#115634).
    """

    def __init__(self, processes: int = 1, *, seconds: int = SECONDS, tasks: int = TASKS) -> None:
        self._seconds, self._tasks = seconds, tasks
        self._threads = ThreadPoolExecutor(processes, "worker")
        self._own = threading.local()  # of each thread its pool of one process
        self._pools: set[ProcessPoolExecutor] = set()

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """`fn`, what it is given and what it returns or raises must pickle."""
        return self._threads.submit(self._hand_over, fn, args, kwargs)

    def _hand_over(self, work: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        pool = self._pool()
        try:
            return pool.submit(_timed, self._seconds, work, args, kwargs).result()
        except BrokenProcessPool:
            self._own.pool = None
            self._pools.discard(pool)
            raise Lost(Code.WORKER_ENDED.of(seconds=float(self._seconds))) from None
        except (MemoryError, RecursionError) as error:
            raise Lost(Code.WORKER_FAILED.of(kind=type(error).__name__)) from None

    def _pool(self) -> ProcessPoolExecutor:
        pool: ProcessPoolExecutor | None = getattr(self._own, "pool", None)
        if pool is None:
            pool = ProcessPoolExecutor(1, _context, _prepare, max_tasks_per_child=self._tasks)
            self._own.pool = pool
            self._pools.add(pool)
        return pool

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        # Without waiting, a crawl that ends at once may tell of a closed pipe on its error output: at exit Python wakes
        # the thread of each pool without the lock under which that thread closes its pipe (python/cpython#125451).
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)
        for pool in list(self._pools):
            pool.shutdown(wait=wait, cancel_futures=cancel_futures)
