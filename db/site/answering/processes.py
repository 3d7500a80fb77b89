"""The processes in which readers' questions are answered, seen from the site; fork_server.py is their side."""

import asyncio
import atexit
import os
import pickle
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from select import select
from typing import Any

from db.site.answering.clock import GRACE
from db.site.answering.fork_server import DONE, HEAD, Message, Setup, Task

COMMAND = "from db.site.answering.fork_server import main; main()"


class Ended(Exception):
    """The process ended before it had an answer: it had used up its memory."""


class Late(Exception):
    """The work was not done in its time."""


class ForkServer:
    """One for all sites of this program; it starts with the first process that is wanted."""

    def __init__(self) -> None:
        ours, its = socket.socketpair()
        with its:
            self.process = subprocess.Popen([sys.executable, "-c", COMMAND], stdin=its.fileno())
        self.control = ours

    def fork(self) -> socket.socket:
        """Our end of the line to a new process. Raises OSError where the server is gone."""
        ours, its = socket.socketpair()
        with its:
            try:
                socket.send_fds(self.control, [b"+"], [its.fileno()])
            except BaseException:
                ours.close()
                raise
        return ours

    def close(self) -> None:
        """Its processes end as their lines are closed."""
        self.control.close()
        self.process.wait()


class Process:
    """Does one task after another. No thread waits for it: a busy event loop would keep that from going on for 5 ms
    each time that it has received something."""

    def __init__(self) -> None:
        self.line = fork()
        self.line.setblocking(False)
        self.id = 0  # until it has said so
        self.work = 0.0  # seconds of the processor's time that its tasks have taken

    @classmethod
    async def start(cls, setup: Setup) -> "Process":
        """Raises Ended."""
        process = cls()
        try:
            process.id = await process._ask(setup)
        except BaseException:
            process.end()
            raise
        return process

    async def do(self, task: Task) -> Any:
        """Raises what the work raises, Ended, Late."""
        ends = time.monotonic() + task.seconds
        try:
            async with asyncio.timeout(task.seconds + 2 * GRACE):  # its own alarm comes before
                return await self._ask(task)
        except (sqlite3.OperationalError, Ended, TimeoutError) as error:
            out_of_work = task.work_seconds and isinstance(error, Ended)  # or of memory, as will be seen in time
            if str(error) == "interrupted" or time.monotonic() > ends or out_of_work:
                raise Late from error
            raise

    async def _ask(self, content: Setup | Task) -> Any:
        try:
            await asyncio.get_running_loop().sock_sendall(self.line, Message(DONE, 0.0, content).packed())
            how, work, length = HEAD.unpack(await self._receive(HEAD.size))
            answer = pickle.loads(await self._receive(length))
        except ConnectionError as error:
            raise Ended from error
        self.work += work
        if how != DONE:
            raise answer
        return answer

    async def _receive(self, length: int) -> bytearray:
        """Raises Ended."""
        data, got = bytearray(length), 0
        while got < length:
            some = await asyncio.get_running_loop().sock_recv_into(self.line, memoryview(data)[got:])
            if not some:
                raise Ended
            got += some
        return data

    def is_alive(self) -> bool:
        """Of one at rest, which has nothing to say."""
        return not select([self.line], [], [], 0)[0]

    def end(self) -> None:
        """Whatever it is doing."""
        if self.id:
            with suppress(ProcessLookupError):
                os.kill(self.id, signal.SIGKILL)
        self.line.close()


_server: ForkServer | None = None


def prepare() -> ForkServer:
    """The one fork server of this program; it takes a third of a second to start."""
    global _server
    _server = _server or ForkServer()
    return _server


def fork() -> socket.socket:
    global _server
    with suppress(OSError):
        return prepare().fork()
    close()  # somebody has ended it
    _server = None
    return prepare().fork()


@atexit.register
def close() -> None:
    if _server:
        _server.close()
