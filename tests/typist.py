"""Types commands without waiting for imports: a process that has the libraries ready and forks one for each command.

Half of the time of a short crawl are imports. The forked process is a new one in all that a command sees of itself:
its arguments, folder, environment and streams are given, none of its settings has been read, and it ends as any other,
but that nothing is taken down that was there before it.
"""

import atexit
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from importlib import import_module
from multiprocessing import forkserver, resource_tracker, util
from pathlib import Path
from select import select
from typing import IO, Any, NoReturn

REHEARSED = "tests.rehearsed"
INTEGER = 4  # bytes
PAUSE = 0.005  # seconds between two looks at what a command has done
MOST_FILES = 256  # that the process which forks commands has open when it begins


class Typist:
    def __init__(self) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            words = [sys.executable, "-W", "error::ResourceWarning", "-m", "tests.typist", str(theirs.fileno())]
            # A command's workers have this environment, not the command's: no newsroom that has closed since.
            lasting = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
            self.process = subprocess.Popen(
                words, cwd=Path(__file__).parents[1], env=lasting, pass_fds=[theirs.fileno()], start_new_session=True
            )

    def type(
        self,
        words: Sequence[str],
        folder: Path,
        given: str = "",
        seconds: float = 90,
        *,
        environment: Mapping[str, str] = os.environ,
        kill_when: Callable[[], bool] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """`revierspiegel` with these words, to its end or a kill -9. Raises TimeoutExpired; then it is ended, too."""
        with ExitStack() as stack:
            streams: list[IO[bytes]] = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
            streams[0].write(given.encode())
            streams[0].seek(0)
            ours, theirs = (stack.enter_context(end) for end in socket.socketpair())
            order = json.dumps({"words": words, "folder": str(folder), "environment": dict(environment)}).encode()
            socket.send_fds(self.channel, [order], [*(stream.fileno() for stream in streams), theirs.fileno()])
            theirs.close()
            group = _integer(ours)
            ends = time.monotonic() + seconds
            while not select([ours], [], [], PAUSE if kill_when else seconds)[0]:
                is_late = time.monotonic() >= ends
                if is_late or (kill_when and kill_when()):
                    with suppress(ProcessLookupError):  # it has just ended
                        os.killpg(group, signal.SIGKILL)
                    if is_late:
                        raise subprocess.TimeoutExpired(["revierspiegel", *words], seconds)
                    break
            code = _integer(ours)
            for stream in streams[1:]:
                stream.seek(0)
            return subprocess.CompletedProcess(words, code, *(stream.read().decode() for stream in streams[1:]))

    def close(self) -> None:
        self.channel.close()
        self.process.wait()


def _integer(channel: socket.socket) -> int:
    received = channel.recv(INTEGER, socket.MSG_WAITALL)
    assert len(received) == INTEGER, "the process that forks commands, or watches over one, has ended"
    return int.from_bytes(received, signed=True)


def serve(channel: socket.socket) -> None:
    """A fork becomes the command; how it ended is told once it has, whatever else has been ordered meanwhile."""
    import_module(REHEARSED)
    resource_tracker.ensure_running()
    spawn, util.spawnv_passfds = util.spawnv_passfds, fork_passfds
    forkserver.ensure_running()  # for the workers of the commands: a fork of this process, which has rehearsed
    util.spawnv_passfds = spawn
    running: dict[int, tuple[int, socket.socket]] = {}  # by a pipe that ends with it: the process, and who waits
    while True:
        for ready in select([channel, *running], [], [])[0]:
            if ready is not channel:
                command, answer = running.pop(ready)
                os.close(ready)
                with answer, suppress(OSError):  # nobody may wait any more
                    code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
                    answer.send(code.to_bytes(INTEGER, signed=True))
                continue
            order, streams, _, _ = socket.recv_fds(channel, 1 << 20, 4)
            if not order:
                return
            answer, (ours, its) = socket.socket(fileno=streams.pop()), os.pipe()
            if command := os.fork():
                for number in (*streams, its):
                    os.close(number)
                running[ours] = (command, answer)
                continue
            os.setsid()
            answer.send(os.getpid().to_bytes(INTEGER))
            for held in (channel, answer, *(waits for _, waits in running.values())):
                held.close()
            for number in (ours, *running):
                os.close(number)
            become(json.loads(order), streams)


def fork_passfds(path: str, words: list[str], passed: list[int]) -> int:
    """What multiprocessing would start as a process with these words, `python -c CODE`."""
    if process := os.fork():
        return process
    before = 2  # the streams stay
    for number in [*sorted(passed), MOST_FILES]:
        os.closerange(before + 1, number)
        before = number
    try:
        exec(words[-1], {})
    finally:
        os._exit(1)


def become(order: dict[str, Any], streams: list[int]) -> NoReturn:
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
    code: object = None
    try:
        runpy.run_module("revierspiegel", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
        code = 1
    leave(code)


def leave(code: object) -> NoReturn:
    """As Python does, but for taking down all modules: for that each page of them would be copied, 0.17 s a command.

    What the command has left open is told of (ResourceWarning) where no variable of a module holds it.
    """
    if not isinstance(code, int | None):
        print(code, file=sys.stderr)  # noqa: T201
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    gc.collect()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code or 0)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as orders:
        serve(orders)
