"""Responses a second of `backfill` from files of web archives, against a reader that keeps nothing: bare FastWARC.

python benchmarks/backfill.py [--pages N] [--files N] [--runs N] [--on-topic PERCENT] [--like WARC] [--no-dask]
"""

import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import click
from fastwarc.warc import ArchiveIterator, WarcRecordType
from landscape import LAYOUTS, Shape, hosts, layout, page, registry, sizes, stories
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

BARE = """
import sys, time
from concurrent.futures import ProcessPoolExecutor
from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.parse.encoding import bytes_to_str, detect_encoding

def read(path):
    number = length = 0
    for record in ArchiveIterator(open(path, "rb"), record_types=WarcRecordType.response):
        body = record.reader.read()
        length += len(bytes_to_str(body, detect_encoding(body)))
        number += 1
    return number

processes, *paths = sys.argv[1:]
began = time.monotonic()
with ProcessPoolExecutor(int(processes)) as pool:
    number = sum(pool.map(read, paths))
print(number / (time.monotonic() - began), "responses/s")
"""


SECONDS = 0.2  # between two looks at the memory
MEMORY = ("readers", "writer")
DASK_WORKERS: list[int] = []  # pids, while they run


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    responses: float  # a second, by its own clock: without the start of Python and the end of the command
    readers: float = 0.0  # MB at the peak, of the largest process that reads
    writer: float = 0.0


def pages_of(shape: Shape, like: Path | None) -> Iterator[tuple[str, bytes]]:
    """(address, page). `like`: off topic, the pages of a web archive in turn instead of invented ones."""
    left = sizes(LAYOUTS * shape.hosts)
    layouts = {host: [layout(random.Random(host), left.pop()) for _ in range(LAYOUTS)] for host in hosts(shape)}
    recorded = cycle(recorded_pages(like)) if like else None
    for number, story in enumerate(stories(shape)):
        is_on_topic = "Microsoft" in story.title
        if recorded and not is_on_topic:
            yield story.url, next(recorded)
        else:
            yield story.url, page(story, layouts[story.host][number % LAYOUTS]).body


def recorded_pages(path: Path) -> list[bytes]:
    with path.open("rb") as stream:
        return [each.reader.read() for each in ArchiveIterator(stream, record_types=WarcRecordType.response)]


def write_files(folder: Path, files: int, shape: Shape, like: Path | None) -> list[Path]:
    paths = [folder / f"{number}.warc.gz" for number in range(files)]
    pages = pages_of(shape, like)
    for path in paths:
        with path.open("wb") as stream:
            writer = WARCWriter(stream, gzip=True)
            for url, body in islice(pages, shape.pages // files):
                sent = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
                record = writer.create_warc_record(url, "response", payload=BytesIO(body), http_headers=sent)
                writer.write_record(record)
                record.raw_stream.close()
    return paths


def bare(paths: list[Path], processes: int) -> Rate:
    said = subprocess.check_output([sys.executable, "-c", BARE, str(processes), *map(str, paths)], text=True)
    return Rate(responses=float(said.split()[0]))


def backfill(paths: list[Path], shape: Shape, words: tuple[str, ...]) -> Rate:
    """Into a new home. Fails unless exactly the pages on the topic were kept."""
    with tempfile.TemporaryDirectory() as folder:
        sources, home = Path(folder) / "sources.toml", Path(folder) / "home"
        sources.write_text(registry(shape), "utf-8")
        environment = os.environ | {"REVIERSPIEGEL_HOME": str(home), "REVIERSPIEGEL_SOURCES": str(sources)}
        command = [sys.executable, "-m", "revierspiegel", "backfill", *map(str, paths), *words]
        log, readers, writer = Path(folder) / "log", 0.0, 0.0
        with log.open("wb") as output:
            child = subprocess.Popen(
                command, stderr=output, env=environment | {"REVIERSPIEGEL_KNOWN": ""}, start_new_session=True
            )
            while child.poll() is None:
                readers = max(readers, *(peak(pid) for pid in readers_of(child.pid)), 0.0)
                writer = max(writer, peak(child.pid))
                time.sleep(SECONDS)
        said = log.read_text("utf-8")
        if child.returncode:
            raise click.ClickException(said[-2000:])
        with closing(sqlite3.connect(home / "archive.db")) as db:
            (kept,) = db.execute("select count(*) from articles").fetchone()
        if kept != (wanted := shape.of(shape.on_topic)):
            raise click.ClickException(f"{kept} articles were kept of {wanted} on the topic:\n{said[-2000:]}")
    return Rate(responses=float(re.findall(r"([\d.]+) responses/s", said)[-1]), readers=readers, writer=writer)


def readers_of(writer: int) -> list[int]:
    """Processes of its pool: children of the server of forks; those of Dask."""
    pools = [pid for pid, parent in parents().items() if parent == writer]
    return [pid for pid, parent in parents().items() if parent in pools] + DASK_WORKERS


def parents() -> dict[int, int]:
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            found[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    return found


def peak(pid: int) -> float:
    """MB of memory at the peak so far; 0 of a process that has ended."""
    with suppress(OSError):
        line = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        return int(line[1]) / 1024 if line else 0.0
    return 0.0


@contextmanager
def dask(workers: int) -> Iterator[str]:
    """Address of a scheduler on this machine."""
    here = ("--host", "127.0.0.1", "--no-dashboard")
    with ExitStack() as stack:
        scheduler = stack.enter_context(process("distributed.cli.dask_scheduler", *here, "--port", "0"))
        address = wait_for(scheduler, r"Scheduler at: +(\S+)")
        for _ in range(workers):
            words = ("distributed.cli.dask_worker", address, *here, "--nthreads", "1", "--no-nanny")
            worker = stack.enter_context(process(*words, "--memory-limit", "600MB"))
            wait_for(worker, "(Registered) to")
            DASK_WORKERS.append(worker.pid)
        try:
            yield address
        finally:
            DASK_WORKERS.clear()


@contextmanager
def process(*words: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-m", *words], stderr=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def wait_for(child: subprocess.Popen[str], pattern: str) -> str:
    assert child.stderr
    for line in child.stderr:
        if match := re.search(pattern, line):
            return match[1]
    raise click.ClickException("Dask does not start")


def cells(values: Iterable[float], form: str) -> str:
    some = list(values)
    return f"{median(some):{form}} ({min(some):{form}} to {max(some):{form}})"


def report(measured: dict[str, list[Rate]]) -> Iterator[str]:
    yield "| | responses/s | of bare, one process | a reader's memory at the peak, MB | the writer's |"
    yield "|---|---|---|---|---|"
    first = measured["bare, 1 process"]
    for name, some in measured.items():
        ratios = (one.responses / other.responses for one, other in zip(some, first, strict=True))
        memory = [cells((getattr(one, what) for one in some), ".0f") if some[0].writer else "" for what in MEMORY]
        columns = (cells((one.responses for one in some), ".0f"), cells(ratios, ".2f"), *memory)
        yield f"| {name} | {' | '.join(columns)} |"
    if "Dask, 2 workers" in measured:
        pairs = zip(measured["Dask, 2 workers"], measured["backfill, 2 processes"], strict=True)
        yield f"\nDask against the pool: {cells((one.responses / other.responses for one, other in pairs), '.2f')}"


@click.command()
@click.option("--pages", default=8_000, show_default=True)
@click.option("--files", default=4, show_default=True)
@click.option("--runs", default=3, show_default=True)
@click.option("--on-topic", default=1, show_default=True, help="Percent of the pages.")
@click.option("--like", type=click.Path(exists=True, path_type=Path), help="A web archive of the pages off topic.")
@click.option("--no-dask", is_flag=True)
def main(pages: int, files: int, runs: int, on_topic: int, like: Path | None, no_dask: bool) -> None:
    """Measure `backfill` of files against FastWARC that reads, detects the charset and decodes."""
    shape = Shape(pages=pages, hosts=40, on_topic=on_topic, naming=0)
    measured: dict[str, list[Rate]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, nullcontext("") if no_dask else dask(2) as scheduler:
        paths = write_files(Path(folder), files, shape, like)
        size = sum(path.stat().st_size for path in paths)
        click.echo(f"{pages} responses in {files} files, {size / 1e6:.0f} MB packed, {on_topic} % on the topic")
        arms: dict[str, Callable[[], Rate]] = {
            "bare, 1 process": partial(bare, paths, 1),
            "bare, 2 processes": partial(bare, paths, 2),
            "backfill, 1 process": partial(backfill, paths, shape, ("--processes", "1")),
            "backfill, 2 processes": partial(backfill, paths, shape, ("--processes", "2")),
        }
        if scheduler:
            arms["Dask, 2 workers"] = partial(backfill, paths, shape, ("--scheduler", scheduler))
        for number in range(1, runs + 1):
            for name, arm in list(arms.items())[:: 1 if number % 2 else -1]:
                one = arm()
                measured[name].append(one)
                click.echo(f"run {number}: {name:22} {one.responses:6.0f} responses/s  load {os.getloadavg()[0]:.1f}")
    for line in report({name: measured[name] for name in arms}):
        click.echo(line)


if __name__ == "__main__":
    main()
