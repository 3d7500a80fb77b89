"""Whose turn it is: so many pieces of work at once, and one reader with many does not hold up the others."""

import asyncio
import os
from collections import Counter, deque
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from typing import NoReturn

from datasette.utils.asgi import Base400

from db.language import t
from db.problem import Problem

SETTING = "REVIERSPIEGEL_COSTLY_PER_CLIENT"


class TooBusy(Base400):  # type: ignore[misc]
    """The reader has as much costly work under way as one may have, or it has not had its turn in time."""

    status = 429


class Lane:
    """`size` turns at once, `each` of one client. Of those that wait, each client has the next in turn."""

    def __init__(self, size: int, each: int | None = None) -> None:
        self.free, self.each = size, each or size
        self.running: Counter[str] = Counter()
        self.waiting: dict[str, deque[asyncio.Future[None]]] = {}  # in the order in which they are next

    async def enter(self, client: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.setdefault(client, deque()).append(turn)
        self._go_on()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave(client)
            raise

    def number_waiting(self, client: str) -> int:
        return sum(not turn.done() for turn in self.waiting.get(client, ()))

    def leave(self, client: str) -> None:
        self.free += 1
        self.running[client] -= 1
        if not self.running[client]:
            del self.running[client]
        self._go_on()

    def _go_on(self) -> None:
        for client in list(self.waiting):
            queue = self.waiting[client]
            while queue and queue[0].done():  # cancelled
                queue.popleft()
            if queue and self.free and self.running[client] < self.each:
                queue.popleft().set_result(None)
                self.free -= 1
                self.running[client] += 1
                self.waiting[client] = self.waiting.pop(client)  # the last in turn
            if not queue:
                del self.waiting[client]


class SettingError(Problem):
    """The message says what is expected."""


def most_costly() -> int:
    """Raises SettingError."""
    setting = os.environ.get(SETTING) or "8"
    if not setting.isdecimal() or not int(setting):
        raise SettingError(f"{SETTING}={setting}: expected a whole number from 1 on")
    return int(setting)


class Slots:
    """How much costly work one client may have under way."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken: Counter[str] = Counter()

    def take(self, client: str) -> None:
        """Raises TooBusy."""
        if self.taken[client] >= self.most:
            self.refuse()
        self.taken[client] += 1

    def refuse(self) -> NoReturn:
        raise TooBusy(t("bounds.busy", most=self.most))

    def give_back(self, client: str) -> None:
        self.taken[client] -= 1
        if not self.taken[client]:
            del self.taken[client]


def client_of(address: str) -> str:
    """An IPv6 network of 64 bits is one client: a household has that many addresses."""
    with suppress(ValueError):
        parsed = ip_address(address.partition("%")[0])
        if isinstance(parsed, IPv6Address):
            mapped = parsed.ipv4_mapped
            return str(mapped) if mapped else f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return address
