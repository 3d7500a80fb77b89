import asyncio
import os

import pytest

from pipelines import worker
from pipelines.article import Reason, Rejected
from pipelines.worker import Beside, Lost


def refuse() -> None:
    raise Rejected(Reason.TOO_SHORT, "12 characters")


def die() -> None:
    os._exit(3)


def take_all_memory() -> int:
    return len(bytes(8 << 30))


def count_in_c() -> int:
    return sum(range(1 << 40))


async def journey() -> None:
    worker = Beside()
    try:
        assert await worker.run(os.getpid) != os.getpid()
        with pytest.raises(Rejected) as refused:
            await worker.run(refuse)
        assert (refused.value.reason, refused.value.detail) == (Reason.TOO_SHORT, "12 characters")
        with pytest.raises(Lost, match="MemoryError"):
            await worker.run(take_all_memory)
        with pytest.raises(Lost, match="more than"):
            await worker.run(die)
        assert await worker.run(abs, -1) == 1  # a new worker has taken over
    finally:
        worker.close()


def test_work_beside_the_reactor_comes_back_or_is_lost_alone() -> None:
    asyncio.run(journey())


async def too_long() -> None:
    worker = Beside(seconds=1)
    try:
        with pytest.raises(Lost, match="more than 1 s"):
            await worker.run(count_in_c)
    finally:
        worker.close()


def test_work_that_takes_too_long_is_ended() -> None:
    asyncio.run(too_long())
    assert worker.SECONDS >= 10
