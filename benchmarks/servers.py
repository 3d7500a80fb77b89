"""The servers that are asked: ours, and a plain Datasette, each in a process of its own."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import click

PATIENCE = 300  # seconds for one answer
PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Site:
    process: subprocess.Popen[str]
    port: int
    started: float  # seconds until it answered

    def ask(self, address: str) -> "Answer":
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as wire:
            wire.connect()
            began = time.perf_counter()
            wire.request("GET", address)
            answer = wire.getresponse()
            length = len(answer.read())
            return Answer((time.perf_counter() - began) * 1000, length, answer.status)

    def read(self, address: str) -> int:
        """Bytes of an answer that is not kept; http.client raises IncompleteRead where it breaks off."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as wire:
            wire.request("GET", address)
            answer = wire.getresponse()
            if answer.status != 200:
                raise click.ClickException(f"{address}: HTTP {answer.status}: {answer.read(500)!r}")
            length, piece = 0, bytearray(PIECE)
            while some := answer.readinto(piece):
                length += some
            return length

    def memory(self) -> float:
        """MB, the proportional set size."""
        rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024


@dataclass(frozen=True, slots=True)
class Answer:
    milliseconds: float
    bytes: int
    status: int


@contextmanager
def served(command: Sequence[str], home: Path) -> Iterator[Site]:
    """A server in a process of its own; its address is what it says on stderr."""
    began = time.perf_counter()
    environment = os.environ | {"REVIERSPIEGEL_HOME": str(home), "REVIERSPIEGEL_CONTACT": "benchmark@archive.example"}
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment, cwd=home
    )
    assert process.stderr
    try:
        line = ""
        while not (port := re.search(r"http://127\.0\.0\.1:(\d+)", line)):
            line = process.stderr.readline()
            if not line:
                raise click.ClickException(f"{' '.join(command)} ended with {process.wait()}")
        started = time.perf_counter() - began
        threading.Thread(target=process.stderr.read, daemon=True).start()  # lest it wait for a reader
        yield Site(process, int(port[1]), started)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def ours(home: Path) -> list[str]:
    return [sys.executable, "-m", "revierspiegel", "serve", "--port", "0"]


def plain(home: Path) -> list[str]:
    return [sys.executable, "-m", "datasette", "serve", str(home / "archive.db"), "--port", "0"]
