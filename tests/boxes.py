"""A small internet at real addresses: recorded pages, ours or the shared ones, behind a proxy that can misbehave."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.demo.newsroom import Answer
from tests.conftest import SHARED, Desk

PRESSBOX = SHARED / "pressbox" / "pressbox.py"
LOOK = 0.1  # seconds between two looks at the memory


@dataclass(frozen=True, slots=True)
class Box:
    log: Path

    def asked(self) -> list[dict[str, Any]]:
        """Every request so far: at, host, method, path, agent, conditional, status."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def forget(self) -> None:
        os.truncate(self.log, 0)


@contextmanager
def pressbox(
    folder: Path,
    corpus: Iterable[Path],
    *,
    labels: Path | None = None,
    faults: Mapping[str, Mapping[str, object]] | None = None,
) -> Iterator[Box]:
    """The box as the proxy of all that is started meanwhile; its own memory and time are not the crawl's."""
    box = Box(folder / "pressbox.jsonl")
    ca, said = folder / "ca.pem", folder / "pressbox.txt"
    command = [sys.executable, str(PRESSBOX), "--port", "0", "--ca", str(ca), "--log", str(box.log)]
    for each in corpus:
        command += ["--corpus", str(each)]
    if labels:
        command += ["--labels", str(labels)]
    if faults:
        (folder / "faults.json").write_text(json.dumps(faults), "utf-8")
        command += ["--faults", str(folder / "faults.json")]
    with said.open("w") as out, pytest.MonkeyPatch.context() as environment:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)  # it complains of who hangs up
        try:
            ends = time.monotonic() + 30
            while "http://" not in said.read_text():
                assert child.poll() is None
                assert time.monotonic() < ends
                time.sleep(0.05)
            address = "http://" + said.read_text().split("http://")[1].strip()
            for name in ("http_proxy", "https_proxy"):
                environment.setenv(name, address)
                environment.delenv(name.upper(), raising=False)
            for name in ("no_proxy", "NO_PROXY"):
                environment.delenv(name, raising=False)
            environment.setenv("SSL_CERT_FILE", str(ca))
            yield box
        finally:
            child.kill()
            child.wait()


def record(path: Path, pages: Mapping[str, Answer]) -> Path:
    """Pages by address, as a WARC file."""
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        for url, page in pages.items():
            headers = StatusAndHeaders("200 OK", [("Content-Type", page.kind)], protocol="HTTP/1.1")
            each = writer.create_warc_record(url, "response", payload=BytesIO(page.body), http_headers=headers)
            writer.write_record(each)
            each.raw_stream.close()  # warcio leaves that to the collector
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawled:
    returncode: int
    said: str
    seconds: float
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
    return Crawled(
        returncode=child.returncode, said=said.read_text("utf-8"), seconds=time.monotonic() - began, memory=peak
    )


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
