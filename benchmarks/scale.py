"""What a night costs at hundreds, thousands and tens of thousands of sources.

python benchmarks/scale.py night  [--sources N] [--pages N]     # the local web, then 1,000 and 10,000 by its unit costs
python benchmarks/scale.py loops  [--sources N …]               # each part of a night that goes over all sources
python benchmarks/scale.py shards [--sources N] [--pages N]     # two crawls of half the registry each, into one archive
"""

import heapq
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import click
from crawl import TICKS, Server
from landscape import MEAN_SIZE, Shape, registry
from sweeps import PARTS, sweep

from db.store.archive import Archive

COMMAND = (sys.executable, "-m", "revierspiegel")
LOOK = 0.1  # seconds between two looks at the processes
MANNERS = {"DOWNLOAD_DELAY": 0, "PAGES_PER_NIGHT": 100_000, "QUEUE_LENGTH": 100_000, "FINISHING": 0}
PLACES, DELAY, LIMIT, ANSWER = 256, 5.0, 3 * 3600, 0.5  # of crawler/settings.py; seconds until a site has answered
BUDGET = 50


class Used(NamedTuple):
    main: float  # seconds of CPU of the crawl's own process
    others: float  # of its worker
    wall: float
    memory: float  # MB at the peak, of all


class Cost(NamedTuple):
    """Of a crawl into a home."""

    used: Used
    requests: int
    pages: int  # fetched
    database: int  # bytes it has grown
    kept: int  # bytes of pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Unit costs: seconds of CPU (main process, worker), bytes of database and of kept pages."""

    start: Used  # of a night without a source
    source: tuple[float, float, float]  # a source that has nothing new: main, requests, database
    refused: tuple[float, float, float, float]  # a page: main, worker, database, kept page
    judged: tuple[float, float, float, float]
    kept: tuple[float, float, float, float]


def processes(session: int) -> Iterator[tuple[int, float, float]]:
    """(pid, seconds of CPU, MB as its share) of all processes of a session."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, StopIteration):  # it has ended meanwhile
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                rollup = (folder / "smaps_rollup").read_text()
                share = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
                yield int(folder.name), sum(map(int, fields[11:13])) / TICKS, share / 1024


def watched(command: tuple[str, ...], environment: dict[str, str], log: Path) -> Used:
    began, peak, seen = time.monotonic(), 0.0, dict[int, float]()
    with log.open("ab") as output:
        child = subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)
    while True:
        ended, status, used = os.wait4(child.pid, os.WNOHANG)
        if ended:
            break
        now = list(processes(child.pid))
        seen |= {pid: cpu for pid, cpu, _ in now}
        peak = max(peak, sum(memory for _, _, memory in now))
        time.sleep(LOOK)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise click.ClickException(f"{' '.join(command[2:])} ended with {child.returncode}:\n{log.read_text()[-2000:]}")
    others = sum(cpu for pid, cpu in seen.items() if pid != child.pid)
    # what it has waited for is counted in `used`; the worker is nobody's child that waits
    return Used(seen.get(child.pid, used.ru_utime + used.ru_stime), others, time.monotonic() - began, peak)


def size(path: Path) -> int:
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A home, its registry, and the web that its crawls ask."""

    home: Path
    proxy: str

    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        named = {"REVIERSPIEGEL_HOME": self.home, "REVIERSPIEGEL_SOURCES": self.home / "sources.toml"}
        clean |= {name: str(path) for name, path in named.items()}
        clean |= dict.fromkeys(("http_proxy", "https_proxy"), self.proxy)
        return clean | {"REVIERSPIEGEL_KNOWN": "", "REVIERSPIEGEL_CONTACT": "benchmark@revierspiegel.example"}

    def run(self, *words: str) -> Used:
        return watched((*COMMAND, *words), self.environment(), self.home / "log")

    def crawl(self) -> Cost:
        before = size(self.home / "archive.db") if (self.home / "archive.db").exists() else 0
        options = [word for name, value in MANNERS.items() for word in ("-s", f"{name}={value}")]
        used = self.run("crawl", "--quiet", *options)
        with self.rows() as db:
            requests, pages = db.execute("select requests, fetched from runs order by id desc limit 1").fetchone()
        kept = size(self.home / "pages") if (self.home / "pages").exists() else 0
        return Cost(used, requests, pages, size(self.home / "archive.db") - before, kept)

    @contextmanager
    def rows(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.home / "archive.db")) as db:
            yield db


@contextmanager
def desk_of(shape: Shape, sources: str = "") -> Iterator[Desk]:
    server = Server(shape)
    try:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            (home / "sources.toml").write_text(sources or registry(shape), "utf-8")
            yield Desk(home=home, proxy=server.proxy)
    finally:
        server.close()


def told(name: str, cost: Cost) -> None:
    used = cost.used
    click.echo(
        f"| {name} | {cost.requests} | {cost.pages} | {used.main:.1f} | {used.others:.1f} | {used.wall:.0f}"
        f" | {used.memory:.0f} | {cost.database / 1e6:.1f} | {cost.kept / 1e6:.1f} |"
    )


def measured(sources: int, pages: int) -> tuple[Units, Cost]:
    """Unit costs, from crawls in which all pages are alike and from nights on which nothing is new."""
    click.echo("| crawl | requests | pages | CPU, s | worker, s | wall, s | memory, MB | database, MB | pages, MB |")
    click.echo("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    mixed = Shape(pages=sources * pages, hosts=sources, on_topic=5, naming=15)
    with desk_of(mixed) as desk:
        told(f"{sources} sources, {pages} new pages each", night := desk.crawl())
        told(f"{sources} sources, nothing new", quiet := desk.crawl())
    hosts = max(2, sources // 8)
    with tempfile.TemporaryDirectory() as folder, closing(Archive(path := Path(folder) / "archive.db")):
        empty = size(path)
    alike = {"refused unparsed": (0, 0, 4), "judged and refused": (0, 100, 1), "kept": (100, 0, 1)}
    costs, few = {}, None
    for name, (on_topic, naming, times) in alike.items():
        number = max(hosts, sources * pages // 8) * times
        with desk_of(Shape(pages=number, hosts=hosts, on_topic=on_topic, naming=naming)) as desk:
            told(f"{hosts} sources, all pages {name}", first := desk.crawl())
            if not few:
                told(f"{hosts} sources, nothing new", few := desk.crawl())
        costs[name] = (
            (first.used.main - few.used.main) / number,
            max(0.0, first.used.others - few.used.others) / number,
            (first.database - empty) / number,
            first.kept / number,
        )
    assert few
    a_source = (quiet.used.main - few.used.main) / (sources - hosts)
    start = few.used._replace(main=few.used.main - a_source * hosts)
    source = (a_source, quiet.requests / sources, max(0, quiet.database) / sources)
    return Units(start=start, source=source, **{name.split()[0]: cost for name, cost in costs.items()}), night


class Simulated(NamedTuple):
    requests: int
    pages: int
    left: int  # new pages that wait for another night
    hours: float
    main: float  # seconds of CPU
    worker: float


def simulated(units: Units, sources: int, new: float, seed: int = 7) -> Simulated:
    """A night: each source asks again when its distance is over and its page taken in; one process takes them in.

    New pages of a source are drawn log-normally around the mean `new`, 5 % of them kept, 15 % judged.
    """
    dice = random.Random(seed)
    news = [min(BUDGET, round(dice.lognormvariate(0, 1) * new / 1.65)) for _ in range(sources)]
    documents = round(units.source[1])
    ready = [(0.0, number, documents + pages) for number, pages in enumerate(news)]
    heapq.heapify(ready)
    places = [0.0] * PLACES
    main = worker = units.start.main
    busy_main, busy_worker, requests, asked, now = units.start.main, 0.0, 0, 0, 0.0
    while ready and now < LIMIT:
        due, number, left = heapq.heappop(ready)
        now = max(due, heapq.heappop(places))
        answered = now + dice.uniform(0.2, 1.8) * ANSWER
        heapq.heappush(places, answered)
        is_page = left <= news[number]
        kind = dice.choices((units.kept, units.judged, units.refused), (5, 15, 80))[0] if is_page else None
        cpu = kind[0] if kind else units.source[0] / documents
        main = max(main, answered) + cpu
        busy_main += cpu
        if kind:
            worker = max(worker, answered) + kind[1]
            busy_worker += kind[1]
            asked += 1
        requests += 1
        if left > 1:
            heapq.heappush(ready, (max(now + DELAY, main), number, left - 1))
    hours = max(now, main, worker) / 3600
    return Simulated(requests, asked, sum(news) - asked, hours, busy_main, busy_worker)


@click.group(help=__doc__)
def cli() -> None:
    pass


@cli.command()
@click.option("--sources", default=152, show_default=True)
@click.option("--pages", default=10, show_default=True, help="New pages of a source.")
def night(sources: int, pages: int) -> None:
    """Measure a night of the local web, and reckon from its parts what other registries cost."""
    units, real = measured(sources, pages)
    click.echo(f"\nload {os.getloadavg()[0]:.1f}\n")
    click.echo("| CPU and bytes of | main, ms | worker, ms | database, bytes | page, bytes |")
    click.echo("|---|--:|--:|--:|--:|")
    click.echo(f"| a night's start | {units.start.main * 1000:.0f} | | | |")
    main, asked, grown = units.source
    click.echo(f"| a source, {asked:.1f} requests | {main * 1000:.1f} | | {grown:.0f} | |")
    for name in ("refused", "judged", "kept"):
        main, worker, database, kept = getattr(units, name)
        click.echo(f"| a page {name} | {main * 1000:.1f} | {worker * 1000:.1f} | {database:.0f} | {kept:.0f} |")
    mix = [sum(share * getattr(units, name)[column] for name, share in SHARES.items()) for column in range(4)]
    reckoned = units.start.main + sources * units.source[0] + real.pages * mix[0]
    click.echo(f"\nreckoned {reckoned:.1f} s of CPU for the night that took {real.used.main:.1f}\n")
    columns = "new pages each | requests | pages | put off | GB unpacked | CPU, s | worker, s | hours"
    click.echo(f"| sources | {columns} | database, MB | pages, MB |")
    click.echo("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for number in (152, 1000, 10_000):
        for new in (10, BUDGET * 4):
            one = simulated(units, number, new)
            grown = (number * units.source[2] + one.pages * mix[2]) / 1e6
            click.echo(
                f"| {number} | {one.pages / number:.0f} | {one.requests} | {one.pages} | {one.left}"
                f" | {one.pages * MEAN_SIZE / 1e9:.1f} | {one.main:.0f} | {one.worker:.0f} | {one.hours:.2f}"
                f" | {grown:.0f} | {one.pages * mix[3] / 1e6:.0f} |"
            )


SHARES = {"refused": 0.8, "judged": 0.15, "kept": 0.05}


@cli.command()
@click.argument("sources", nargs=-1, type=int)
def loops(sources: tuple[int, ...]) -> None:
    """CPU time of each part of a night that goes over all sources; each size in a process of its own."""
    sizes = sources or (200, 2000, 20_000)
    found = [dict(sweep(number)) for number in sizes]
    click.echo(f"| ms of CPU | {' | '.join(f'{number:,}' for number in sizes)} | ms a source, last to first |")
    click.echo(f"|---|{'--:|' * (len(sizes) + 1)}")
    for name in PARTS:
        cells = " | ".join(f"{one[name] * 1000:.0f}" for one in found)
        ratio = (found[-1][name] / sizes[-1]) / (found[0][name] / sizes[0])
        click.echo(f"| {name} | {cells} | {ratio:.1f} |")
    click.echo(f"| memory, MB | {' | '.join(str(round(one['memory'])) for one in found)} | |")


@cli.command()
@click.option("--sources", default=12, show_default=True)
@click.option("--pages", default=240, show_default=True)
def shards(sources: int, pages: int) -> None:
    """Two homes crawl half the registry each, a third reads their pages: is it the archive of one crawl?"""
    shape = Shape(pages=pages, hosts=sources, on_topic=10, naming=10)
    entries = ["[[source]]" + entry for entry in registry(shape).split("[[source]]")[1:]]
    with desk_of(shape) as whole, ExitStack() as stack:
        halves = []
        for part in (entries[: sources // 2], entries[sources // 2 :]):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            (folder / "sources.toml").write_text("".join(part), "utf-8")
            halves.append(replace(whole, home=folder))
        third = replace(whole, home=Path(stack.enter_context(tempfile.TemporaryDirectory())))
        (third.home / "sources.toml").write_text("".join(entries), "utf-8")
        for desk in (whole, *halves):
            desk.crawl()
        files = sorted(str(file) for half in halves for file in (half.home / "pages").glob("*.warc.gz"))
        third.run("backfill", *files)
        whole.run("enrich")
        compare(whole, third)


MOMENTS = {"fetched_at", "last_checked", "seen_at", "last_seen", "due", "checked_at", "full_at", "at", "first_seen"}
NUMBERS = {"id", "run", "page", "version", "part_of", "article", "matched"}
COMPARED = ("articles", "versions", "aliases", "pages", "links", "figures", "quotes", "entities", "copies", "refusals")


def compare(whole: Desk, third: Desk) -> None:
    """Rows without moments and numbers; where they differ, in which columns."""
    for table in COMPARED:
        one, other = (comparable(desk, table) for desk in (whole, third))
        different = Counter(
            name for key in one.keys() & other.keys() for name in one[key] if one[key][name] != other[key].get(name)
        )
        missing, besides = len(one.keys() - other.keys()), len(other.keys() - one.keys())
        words = ", ".join(f"{name} {number}" for name, number in sorted(different.items())) or "none"
        numbers = f"{len(one)} and {len(other)} rows, {missing} missing, {besides} besides"
        click.echo(f"{table}: {numbers}; columns that differ: {words}")
    for desk in (whole, third):
        with desk.rows() as db:
            click.echo(json.dumps(dict(db.execute("select reason, count(*) from refusals group by reason"))))


def comparable(desk: Desk, table: str) -> dict[str, dict[str, object]]:
    """Address and place among its rows → row; of articles by their addresses."""
    with desk.rows() as db:
        db.row_factory = sqlite3.Row
        urls = dict(db.execute("select id, url from articles").fetchall())
        rows = [dict(row) for row in db.execute(f"select * from {table}")]
    by_url: dict[str, deque[dict[str, object]]] = {}
    for row in rows:
        url = str(row.get("url") or urls.get(row.get("article")) or urls.get(row.get("copy")))
        by_url.setdefault(url, deque()).append({name: row[name] for name in row.keys() - MOMENTS - NUMBERS})
    return {
        f"{url} {number}": row
        for url, some in by_url.items()
        for number, row in enumerate(sorted(some, key=lambda row: json.dumps(row, sort_keys=True, default=str)))
    }


if __name__ == "__main__":
    cli()
