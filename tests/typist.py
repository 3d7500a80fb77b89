"""Types commands without waiting for imports: a process that has the libraries ready and forks one for each command.

Half of the time of a short crawl are imports. The forked process is a new one in all that a command sees of itself:
its arguments, folder, environment and streams are given, none of its settings has been read, and it ends as any other.
"""

import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from importlib import import_module
from multiprocessing import forkserver
from pathlib import Path
from select import select
from typing import IO, Any

# What they import, too. None of them reads the environment; crawler.settings does, and is left to each command.
READY = (
    "crawler.spiders.backfill",
    "db.export.bundles",
    "revierspiegel.services.rereading",
    "revierspiegel.main",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.crawler",
    "scrapy.extensions.feedexport",
    "tabulate",
    "trafilatura",
)
INTEGER = 4  # bytes


class Typist:
    def __init__(self) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            words = [sys.executable, "-W", "error::ResourceWarning", __file__, str(theirs.fileno())]
            self.process = subprocess.Popen(
                words, cwd=Path(__file__).parents[1], pass_fds=[theirs.fileno()], start_new_session=True
            )

    def type(self, words: Sequence[str], folder: Path, given: str, seconds: float) -> subprocess.CompletedProcess[str]:
        """`revierspiegel` with these words, to its end. Raises TimeoutExpired; the command is ended then."""
        with ExitStack() as stack:
            said: list[IO[bytes]] = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
            said[0].write(given.encode())
            said[0].seek(0)
            ours, theirs = (stack.enter_context(end) for end in socket.socketpair())
            order = json.dumps({"words": words, "folder": str(folder), "environment": dict(os.environ)}).encode()
            socket.send_fds(self.channel, [order], [*(stream.fileno() for stream in said), theirs.fileno()])
            theirs.close()
            group = _integer(ours)
            if not select([ours], [], [], seconds)[0]:
                os.killpg(group, signal.SIGKILL)
                raise subprocess.TimeoutExpired(["revierspiegel", *words], seconds)
            code = _integer(ours)
            for stream in said[1:]:
                stream.seek(0)
            return subprocess.CompletedProcess(words, code, *(stream.read().decode() for stream in said[1:]))

    def close(self) -> None:
        self.channel.close()
        self.process.wait()


def _integer(channel: socket.socket) -> int:
    said = channel.recv(INTEGER, socket.MSG_WAITALL)
    assert len(said) == INTEGER, "the process that forks commands, or watches over one, has ended"
    return int.from_bytes(said, signed=True)


def serve(channel: socket.socket) -> None:
    """A fork watches over each command, and a fork of that becomes the command."""
    for name in READY:
        import_module(name)
    import_module("db.search.vocabulary").read_dictionaries()  # which each crawl with a new article needs: 1 s
    import_module("pipelines.worker")  # says what the server of its processes has ready
    forkserver.ensure_running()
    assert "crawler.settings" not in sys.modules
    gc.freeze()  # what is there stays; else each fork would go through all of it to take it down, 0.15 s
    watching: list[int] = []
    while True:
        order, streams, _, _ = socket.recv_fds(channel, 1 << 20, 4)
        if not order:
            return
        watching = [watch for watch in watching if os.waitpid(watch, os.WNOHANG) == (0, 0)]
        if watch := os.fork():
            watching.append(watch)
            for stream in streams:
                os.close(stream)
            continue
        channel.close()
        os.setsid()
        with socket.socket(fileno=streams.pop()) as answer:
            answer.send(os.getpid().to_bytes(INTEGER))
            if command := os.fork():
                code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
                answer.send(code.to_bytes(INTEGER, signed=True))
                os._exit(0)
        become(json.loads(order), streams)
        return


def become(order: dict[str, Any], streams: list[int]) -> None:
    """As `python -m revierspiegel` would, with the rest of this process's life."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    os.chdir(order["folder"])
    # The one that runs serves all commands. It is no child of this process, which therefore cannot ask whether it runs.
    forkserver._forkserver.ensure_running = lambda: None  # type: ignore[attr-defined]
    sys.argv = ["revierspiegel", *order["words"]]
    runpy.run_module("revierspiegel", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as orders:
        serve(orders)
