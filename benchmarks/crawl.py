"""Time, CPU time and memory of the crawl against a spider that only downloads the same pages, or the crawl of a commit.

python benchmarks/crawl.py [--against COMMIT] [--pages N] [--hosts N] [--runs N] [--on-topic PERCENT] [--naming PERCENT]
    [--night]
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import mean, median

import click
from against import HERE as OURS
from against import Checkout, checked_out
from landscape import Shape, fill, hosts, registry, serve

from crawler.demo.newsroom import Newsroom

HERE = Path(__file__).parent
SECONDS = 0.2  # between two looks at the memory
LINUX = sys.platform == "linux"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    wall: float  # seconds
    cpu: float  # seconds, of the process and all its children
    memory: float  # MB at the peak, of all processes together, what they share counted once; 0 where it is not known
    server: float  # CPU time of the server, as a share of the wall time
    pages: int  # different ones that the server has given out
    requests: int


class Server:
    """The landscape in a process of its own."""

    def __init__(self, shape: Shape) -> None:
        context = get_context("spawn")
        self.wire: Connection
        self.wire, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(shape, theirs), daemon=True)
        self.process.start()
        self.proxy: str = self.wire.recv()

    def requests(self) -> tuple[int, int]:
        """(different pages, requests for pages) since the last time."""
        self.wire.send(True)
        different, all_of_them = self.wire.recv()
        return different, all_of_them

    def cpu(self) -> float:
        return _cpu(self.process.pid or 0) if LINUX else 0.0

    def close(self) -> None:
        self.wire.send(False)
        self.process.join()


def _stat(pid: int | str) -> list[str]:
    """The fields of /proc/<pid>/stat after the name, which may hold blanks; see proc(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _cpu(pid: int) -> float:
    return sum(map(int, _stat(pid)[11:13])) / TICKS


def _memory(session: int) -> float:
    """MB of all processes of a session: the proportional set size."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            if int(_stat(folder.name)[3]) == session:
                rollup = (folder / "smaps_rollup").read_text()
                total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def measure(
    command: list[str], environment: dict[str, str], server: Server, log: Path, tree: Path = OURS.folder
) -> Measured:
    server.requests()
    before, began, peak = server.cpu(), time.monotonic(), 0.0
    with log.open("ab") as output:
        child = subprocess.Popen(
            command, cwd=tree, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    while True:
        ended, status, used = os.wait4(child.pid, os.WNOHANG)
        if ended:
            break
        peak = max(peak, _memory(child.pid)) if LINUX else 0.0
        time.sleep(SECONDS)
    wall = time.monotonic() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise click.ClickException(f"{' '.join(command[:3])} ended with {child.returncode}:\n{log.read_text()[-2000:]}")
    different, requests = server.requests()
    return Measured(
        wall=wall,
        cpu=used.ru_utime + used.ru_stime,
        memory=peak,
        server=(server.cpu() - before) / wall,
        pages=different,
        requests=requests,
    )


def crawl_of(
    tree: Checkout, night: bool, shape: Shape, server: Server, folder: Path, environment: dict[str, str]
) -> Measured:
    home = folder / "home"
    (folder / "sources.toml").write_text(registry(shape), "utf-8")
    environment = environment | tree.environment()
    environment |= {
        "REVIERSPIEGEL_HOME": str(home),
        "REVIERSPIEGEL_SOURCES": str(folder / "sources.toml"),
        "REVIERSPIEGEL_KNOWN": "",
        "REVIERSPIEGEL_CONTACT": "benchmark@revierspiegel.example",
    }
    limits = {"DOWNLOAD_DELAY": 0, "PAGES_PER_NIGHT": shape.pages, "QUEUE_LENGTH": shape.pages}
    limits |= {"FINISHING": 0} if night else {}  # as in schedules/jobs.toml
    options = [word for name, value in limits.items() for word in ("-s", f"{name}={value}")]
    measured = measure(tree.command("crawl", *options), environment, server, folder / "crawl.log", tree.folder)
    check_books(shape, home)
    return measured


def check_books(shape: Shape, home: Path) -> None:
    """Every page has come to its end, and to the right one."""
    with closing(sqlite3.connect(home / "archive.db")) as db:  # whatever version of the program has written it
        kept, refused = db.execute("select sum(kept), sum(refused) from source_nights").fetchone()
    wanted = shape.of(shape.on_topic)
    if (kept, refused) != (wanted, shape.pages - wanted):
        raise click.ClickException(f"{kept} of {wanted} pages on the topic were kept, {refused} of the others refused")


def crawl_of_bare_spider(shape: Shape, server: Server, folder: Path, environment: dict[str, str]) -> Measured:
    sitemaps = " ".join(f"http://{host}/sitemap.xml" for host in hosts(shape))
    command = [sys.executable, str(HERE / "bare.py"), str(folder / "bare.log"), sitemaps]
    return measure(command, environment, server, folder / "bare.log")


Crawl = Callable[[Shape, Server, Path, dict[str, str]], Measured]


def run_all(crawls: dict[str, Crawl], shape: Shape, runs: int) -> dict[str, list[Measured]]:
    """The crawls in turn, each first every other time, so that whatever else the machine does meets both."""
    measured: dict[str, list[Measured]] = {name: [] for name in crawls}
    server = Server(shape)
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment |= dict.fromkeys(("http_proxy", "https_proxy"), server.proxy)
    try:
        for number in range(1, runs + 1):
            for name, crawl in list(crawls.items())[:: 1 if number % 2 else -1]:
                load = os.getloadavg()[0]
                with tempfile.TemporaryDirectory() as folder:
                    one = crawl(shape, server, Path(folder), environment)
                measured[name].append(one)
                click.echo(
                    f"run {number}: {name:11}  {one.wall:6.1f} s  {one.cpu:6.1f} s CPU  {one.memory:4.0f} MB"
                    f"  {one.pages} pages in {one.requests} requests  server at {one.server:.0%}"
                    f"  load before {load:.1f}"
                )
    finally:
        server.close()
    return measured


def cells(values: Iterable[float], form: str) -> str:
    some = list(values)
    return f"{median(some):{form}} ({min(some):{form}} to {max(some):{form}})"


def table(measured: dict[str, list[Measured]]) -> Iterable[str]:
    yield "| | wall time, s | CPU time, s | memory at the peak, MB | CPU of the server |"
    yield "|---|---|---|---|---|"
    for name, some in measured.items():
        columns = (
            cells((one.wall for one in some), ".1f"),
            cells((one.cpu for one in some), ".1f"),
            cells((one.memory for one in some), ".0f") if LINUX else "not measured here",
            cells((one.server for one in some), ".0%") if LINUX else "not measured here",
        )
        yield f"| {name} | {' | '.join(columns)} |"
    first, second = measured.values()
    ratios = (
        cells((getattr(b, what) / getattr(a, what) for a, b in zip(first, second, strict=True)), ".2f")
        for what in ("wall", "cpu", *(("memory",) if LINUX else ()))
    )
    yield f"| ratio | {' | '.join(ratios)} | |"


def size_of_pages(shape: Shape) -> str:
    room = Newsroom()
    fill(room, Shape(pages=min(shape.pages, 500), hosts=shape.hosts, on_topic=shape.on_topic, naming=shape.naming))
    room.close()
    sizes = sorted(len(room.answer(host, path, {}).body) for host in room.hosts for path in room.hosts[host])
    sizes = sizes[2 * len(room.hosts) :]  # robots.txt and the sitemaps are smaller than any page
    tenths = [sizes[len(sizes) * n // 10] for n in (1, 5, 9)]
    return f"mean {mean(sizes) / 1000:.0f} kB; a tenth below, half below, nine tenths below: " + ", ".join(
        f"{size / 1000:.0f} kB" for size in tenths
    )


@click.command()
@click.option("--pages", default=10_000, show_default=True)
@click.option("--hosts", "number_of_hosts", default=40, show_default=True)
@click.option("--runs", default=5, show_default=True)
@click.option("--on-topic", default=5.0, show_default=True, help="Percent of the pages.")
@click.option("--naming", default=0.0, show_default=True, help="Percent: off topic, but with the company beside it.")
@click.option("--against", metavar="COMMIT", help="The crawl as it was, instead of a spider that only downloads.")
@click.option("--night", is_flag=True, help="As the schedule runs it: what follows a crawl are jobs of their own.")
def main(
    pages: int, number_of_hosts: int, runs: int, on_topic: float, naming: float, against: str | None, night: bool
) -> None:
    """Measure the crawl against a spider that only downloads, or against the crawl of another commit."""
    shape = Shape(pages=pages, hosts=number_of_hosts, on_topic=on_topic, naming=naming)
    click.echo(f"{pages} pages on {number_of_hosts} hosts, {on_topic:g} % on the topic; {size_of_pages(shape)}")
    if not LINUX:
        click.echo("memory is read from /proc, which only Linux has: not measured here")
    if against:
        with checked_out(against) as before:
            measured = run_all({tree.name: partial(crawl_of, tree, night) for tree in (before, OURS)}, shape, runs)
    else:
        measured = run_all({"bare spider": crawl_of_bare_spider, "crawl": partial(crawl_of, OURS, night)}, shape, runs)
    for line in table(measured):
        click.echo(line)
    if short := [name for name, some in measured.items() if any(one.pages != pages for one in some)]:
        raise click.ClickException(f"not all pages were seen by: {', '.join(short)}")


if __name__ == "__main__":
    main()
