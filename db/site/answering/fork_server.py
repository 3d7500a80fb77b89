"""Where readers' questions are answered: in processes of their own, forked one by one from this one.

Threads would share memory and Python's lock with every other reader, and nothing ends a thread inside of SQLite: one
`replace` or one `a* OR b* …` takes as long as it takes. A process has a limit of memory, is ended by its alarm wherever
it is, and its read transaction ends with it. Each is forked from this one, which has the program, the texts and the
dictionaries loaded and no threads: in 5 ms, with most of its memory shared.

Standard input is a socket, on which the site sends an end of another for each process that it wants (processes.py).
"""

import contextlib
import gc
import os
import pickle
import resource
import signal
import socket
import sqlite3
import struct
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db.home import state_of
from db.language import read_locales, speaking
from db.problem import Problem
from db.search import search, vocabulary
from db.site.answering import clock, results, tasks  # noqa: F401  # loaded here, so that no process has to load them
from db.site.answering.bounds import FILE, TooMuch
from db.store.connection import Mode, bound_heap, connect, mode_to_read

HEAP = 32 << 20  # bytes that SQLite may have: two values of the longest kind
CACHE = 8_000  # kB of it for pages of the archive
MEMORY = 200 << 20  # bytes of data of a process, with Python's; one at rest has 60 MB, most of it shared
HEAD = struct.Struct("!BdQ")  # how it went, how much work it was, and how many bytes follow
DONE, FAILED = 0, 1


@dataclass(frozen=True, slots=True)
class Task:
    """`work` is a function of a module that this process can load quickly; it is given the connection first."""

    work: Callable[..., Any]
    arguments: tuple[Any, ...]
    seconds: float
    language: str
    work_seconds: float | None = None  # of the processor's time; None: as many as it takes


@dataclass(frozen=True, slots=True)
class Setup:
    """For one process, before its first task."""

    archive: Path
    niceness: int
    is_bounded: bool  # in what it may write to the disk on its way


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the site, which closes the socket
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that end
    read_locales()
    vocabulary.read_dictionaries()  # 3 s once on a machine, for which the first searches wait
    bound_heap(HEAP)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=sys.stdin.fileno()) as control:
        while True:
            message, ends, *_ = socket.recv_fds(control, 1, 1)
            if not message:
                return
            if os.fork() == 0:
                control.close()
                answer(socket.socket(fileno=ends[0]))
                os._exit(0)
            os.close(ends[0])


def answer(channel: socket.socket) -> None:
    """Do one task after another, until the site closes its end."""
    with channel, contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        setup: Setup = receive(channel).content
        os.nice(setup.niceness)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        if setup.is_bounded:
            resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))
        send(channel, os.getpid())
        archive = OpenedArchive(setup.archive)
        while True:
            do(channel, archive, receive(channel).content)


class OpenedArchive:
    """Opened anew where it is read as a file that nobody writes, and has been written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.current: sqlite3.Connection | None = None
        self.frozen: object = None  # the state of such a file that the connection sees

    def connection(self) -> sqlite3.Connection:
        """Raises ArchiveError, sqlite3.Error."""
        if self.current is None or (self.frozen and self.frozen != state_of(self.path)):
            if self.current:
                self.current.close()
            state, mode = state_of(self.path), mode_to_read(self.path)
            self.current = connect(self.path, mode)
            self.current.row_factory = sqlite3.Row
            self.current.text_factory = lambda text: str(text, "utf-8", "replace")  # as Datasette reads them
            self.current.execute(f"pragma cache_size = -{CACHE}")
            search.register(self.current)
            self.frozen = state if mode is Mode.IMMUTABLE else None
        return self.current


def do(channel: socket.socket, archive: OpenedArchive, task: Task) -> None:
    began, how, result = time.process_time(), DONE, None
    try:
        connection = archive.connection()
        clock.start(connection, task.seconds, task.work_seconds)
        with speaking(task.language):
            result = task.work(connection, *task.arguments)
    except (MemoryError, Exception) as error:
        how, result = FAILED, sendable(error)
    clock.stop()
    if archive.current:
        archive.current.rollback()  # who rests must not hold what it has read: the log could not be written back
    work = time.process_time() - began
    try:
        send(channel, result, how, work)
    except (TypeError, AttributeError, pickle.PicklingError):
        send(channel, RuntimeError(f"{type(result).__name__}: {result}"), FAILED, work)


def sendable(error: Exception) -> Exception:
    """Without the frames that hold cursors; what nobody expects comes with its traceback in words."""
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_WRITE:  # who only reads sorts on the disk alone
        return TooMuch("bounds.disk", FILE >> 20)
    if not isinstance(error, Problem | TooMuch | sqlite3.Error | MemoryError):
        error.add_note("".join(traceback.format_exception(error)))
    return error.with_traceback(None)


@dataclass(frozen=True, slots=True)
class Message:
    how: int
    work: float  # seconds of the processor's time
    content: Any

    def packed(self) -> bytes:
        data = pickle.dumps(self.content, pickle.HIGHEST_PROTOCOL)
        return HEAD.pack(self.how, self.work, len(data)) + data


def receive(channel: socket.socket) -> Message:
    """Raises EOFError."""
    how, work, length = HEAD.unpack(_exactly(channel, HEAD.size))
    return Message(how, work, pickle.loads(_exactly(channel, length)))


def _exactly(channel: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        if not (piece := channel.recv(min(length - len(data), 1 << 20))):
            raise EOFError
        data += piece
    return bytes(data)


def send(channel: socket.socket, content: Any, how: int = DONE, work: float = 0.0) -> None:
    channel.sendall(Message(how, work, content).packed())
