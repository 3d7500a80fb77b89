"""A command as a child process: what it says on stderr goes on to ours, and its time ends."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Protocol

TAIL = 4096  # bytes of stderr that are remembered
SHOWN = 500  # characters of an error that are: a registry may have a hundred wrong lines
HELD_OPEN = 1.0  # seconds: a grandchild that was left behind may hold stderr open


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildExit:
    code: int  # below zero: ended by that signal
    in_time: bool = True
    error: str = ""  # what stderr ends with: the last error, else the last line


class Running(Protocol):
    """A command under way."""

    def wait(self, limit: timedelta | None = None) -> ChildExit: ...

    def end(self) -> int: ...


Start = Callable[[Sequence[str], float, IO[str] | None], Running]  # a command, its patience, its lock


class Child:
    """One child. It has a session of its own: Ctrl-C is for us, who end it in order, and its children are one group."""

    def __init__(self, command: Sequence[str], patience: float, lock: IO[str] | None) -> None:
        """`patience`: seconds in which it may end by itself when it is asked to. With a lock it is a job: the lock is
        its own too, and its stderr is overheard; else it has ours, and draws its progress where that is a terminal."""
        self._patience, self._tail = patience, b""
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE if lock else None,
            start_new_session=True,
            pass_fds=[lock.fileno()] if lock else [],
        )
        self._reader = threading.Thread(target=self._pass_on, daemon=True)
        if lock:
            self._reader.start()

    def wait(self, limit: timedelta | None = None) -> ChildExit:
        """Wait until it has ended; past the limit it and its children are ended."""
        in_time = True
        try:
            code = self._process.wait(limit.total_seconds() if limit else None)
        except subprocess.TimeoutExpired:
            in_time, code = False, self.end()
        if self._reader.ident:
            self._reader.join(HELD_OPEN)
        return ChildExit(code=code, in_time=in_time, error=last_error(self._tail.decode("utf-8", "replace")))

    def end(self) -> int:
        """Ask it to end, and after a while end it with all its children; returns its exit code."""
        self._process.send_signal(signal.SIGINT)
        try:
            code = self._process.wait(self._patience)
        except subprocess.TimeoutExpired:
            code = -signal.SIGKILL
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # also those that it has left behind
        self._process.wait()
        return code

    def _pass_on(self) -> None:
        stream = self._process.stderr
        assert stream
        with stream:
            while piece := os.read(stream.fileno(), TAIL):
                self._tail = (self._tail + piece)[-TAIL:]
                with suppress(OSError, ValueError):  # nobody reads our stderr any more
                    sys.stderr.buffer.write(piece)
                    sys.stderr.flush()


def last_error(stderr: str) -> str:
    """On one line. A command of ours begins an error with the word; of anything else the last line says most."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    begins = [place for place, line in enumerate(lines) if line.startswith("Error: ")]
    words = "; ".join(lines[begins[-1] if begins else -1 :])
    return words if len(words) <= SHOWN else f"{words[:SHOWN]} …"
