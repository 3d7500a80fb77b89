"""A crawl in a process of its own, and the memory that all its processes take together."""

import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import Desk

LOOK = 0.1  # seconds between two looks at the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawled:
    returncode: int
    said: str
    memory: float  # MB at the peak, of all its processes together; what they share is counted once


def watched(desk: Desk, *words: str, seconds: float) -> Crawled:
    """A crawl, its memory looked at meanwhile; it is ended, and has failed, after so many seconds."""
    said, began, peak = desk.folder / "crawl.txt", time.monotonic(), 0.0
    command = desk.command("crawl", "-s", "DOWNLOAD_DELAY=0", *words)
    with said.open("w") as out:
        child = subprocess.Popen(command, cwd=desk.folder, stdout=out, stderr=out, start_new_session=True)
    try:
        while child.poll() is None:
            assert time.monotonic() - began < seconds, f"not at its end after {seconds} s: {said.read_text('utf-8')}"
            peak = max(peak, memory(child.pid))
            time.sleep(LOOK)
    finally:
        child.kill()
        child.wait()
    return Crawled(returncode=child.returncode, said=said.read_text("utf-8"), memory=peak)


def memory(session: int) -> float:
    """MB of all processes of a session: the proportional set size. 0 where there is no /proc."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            fields = (folder / "stat").read_text().rpartition(")")[2].split()  # after the name; see proc(5)
            if int(fields[3]) == session:
                rollup = (folder / "smaps_rollup").read_text()
                total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024
