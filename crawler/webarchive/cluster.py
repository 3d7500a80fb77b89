"""Workers on other machines: Dask's executor in the place of our processes."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib.metadata import version

from db.problem import Problem

SECONDS = 30  # to wait for a scheduler, and for its workers


@contextmanager
def cluster(address: str, tell: Callable[[str], None]) -> Iterator[tuple[Executor, int]]:
    """The executor, and how many things are done at a time. Raises Problem where there is none, or no worker.

    Each submission counts as new (`pure`): by default the same call again gives the old error without running. Whoever
    submits counts the tries, and gives arguments by position: Dask takes some keywords for its own.
    """
    try:
        from distributed import Client
    except ImportError:
        raise Problem("--scheduler needs Dask: pip install '.[cluster]'") from None
    try:
        client = Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise Problem(f"{address}: no scheduler of Dask answers ({error}); start one with 'dask scheduler'") from None
    try:
        threads = client.nthreads()
        if not threads:
            raise Problem(f"{address}: the scheduler has no workers; start some with 'dask worker {address}'")
        own = version("revierspiegel")
        for worker, other in client.run(version, "revierspiegel").items():
            if other != own:
                raise Problem(f"{worker}: has Revierspiegel {other}, expected {own} as here")
        tell(f"{len(threads)} workers of Dask, dashboard at {client.dashboard_link}")
        yield client.get_executor(pure=False, retries=0), sum(threads.values())
    finally:
        client.close()
