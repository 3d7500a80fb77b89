"""Whether one reader can take the machine or the others' time: plays attacks.py while another reader asks for pages.

ulimit -v 8000000; python benchmarks/strain.py [--articles 100000] [--keep FOLDER] [--only WORD]
python benchmarks/strain.py --readers 50 [--seconds 60]     # as many readers at once, and no attack
"""

import asyncio
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import ceil
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import quote

import click
import library
from attacks import ATTACKER, ATTACKS, Attack, Statuses, Target
from servers import Site, ours, served

from db.store.connection import Mode, connect

LIMIT = 8_000_000_000  # bytes of address space of each process: whatever is tried, the machine stays
MOST_MEMORY, LONGEST_WAIT, SLOWEST = 500, 1.0, 1.5  # the goals: MB, seconds, seconds of 95 of 100 readers
EVERY = 0.05  # seconds after which the other reader asks for the next page, and between two looks at the memory
ORDINARY = (
    "/about",
    "/",
    "/article/{}",
    "/search?q={word}",
    "/feed.atom",
    "/sources",
    "/timeline",
    "/archive/articles/{}",
    "/export.csv?q=Seekabel",
    "/export.xlsx?q=Seekabel",
)


# The other reader, in a process of its own: what is measured is the site, not who strains it


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float
    page: str
    status: int | str


def ask_on(port: int, articles: int, line: Connection) -> None:
    """A page after the other, each on a connection of its own; all waits are told when asked for."""
    waits: list[Wait] = []

    async def go_on() -> None:
        number = 0
        while not line.poll():
            page, began = ORDINARY[number % len(ORDINARY)], time.perf_counter()
            status = await Target(port).ask(page.format(random.randint(1, articles), word=searched_for()))
            waits.append(Wait(time.perf_counter() - began, page, status))
            number += 1
            await asyncio.sleep(EVERY)

    while line.recv():
        asyncio.run(go_on())
        line.recv()
        line.send(waits)
        waits = []


@dataclass
class OtherReader:
    line: Connection

    def start(self) -> None:
        self.line.send(True)

    def stop(self) -> list[Wait]:
        self.line.send(True)
        waits: list[Wait] = self.line.recv()
        return waits


@contextmanager
def other_reader(port: int, articles: int) -> Iterator[OtherReader]:
    ours, its = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=ask_on, args=(port, articles, its))
    process.start()
    try:
        yield OtherReader(ours)
    finally:
        ours.send(False)
        process.join()


# Memory


@dataclass
class Memory:
    """MB at the peak: of the server's own process (RSS), and of it and all that it has started (PSS, RSS)."""

    root: int
    server: float = 0.0
    all_shared: float = 0.0
    all_resident: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        while not self.done.wait(EVERY):
            pss = rss = 0.0
            for process in [self.root, *descendants(self.root)]:
                with suppress(OSError, StopIteration):
                    kb = rollup(process)
                    pss, rss = pss + kb["Pss"], rss + kb["Rss"]
                    if process == self.root:
                        self.server = max(self.server, kb["Rss"] / 1024)
            self.all_shared, self.all_resident = max(self.all_shared, pss / 1024), max(self.all_resident, rss / 1024)


def rollup(process: int) -> dict[str, int]:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}


def descendants(process: int) -> Iterator[int]:
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from descendants(child)


@contextmanager
def watched(site: Site) -> Iterator[Memory]:
    memory = Memory(site.process.pid)
    watcher = threading.Thread(target=memory.look)
    watcher.start()
    try:
        yield memory
    finally:
        memory.done.set()
        watcher.join()


# Attacks


@dataclass(frozen=True, slots=True)
class Result:
    attack: Attack
    statuses: Statuses
    seconds: float
    memory: Memory
    waits: Sequence[Wait]

    @property
    def longest(self) -> Wait:
        return max(self.waits, key=lambda wait: wait.seconds, default=Wait(0, "", 0))

    @property
    def missed(self) -> list[str]:
        """Which goals."""
        others = Counter(wait.status for wait in self.waits if wait.status != 200)
        return [
            *["memory"] * (self.memory.all_shared > MOST_MEMORY),
            *["wait"] * (self.longest.seconds > LONGEST_WAIT),
            *["HTTP 500"] * any(status == 500 for status in [*self.statuses, *others]),
            *[f"others: {status}" for status in others],
        ]

    def line(self) -> str:
        told = ", ".join(f"{number} × {status}" for status, number in sorted(self.statuses.items(), key=str))
        memory = f"{self.memory.server:.0f} | {self.memory.all_shared:.0f} | {self.memory.all_resident:.0f}"
        wait = f"{self.longest.seconds * 1000:.0f} ({self.longest.page})"
        return f"| {self.attack.name} | {told} | {self.seconds:.1f} | {memory} | {wait} | {', '.join(self.missed)} |"


def play(attack: Attack, site: Site, other: OtherReader) -> Result:
    other.start()
    began = time.perf_counter()
    with watched(site) as memory:
        statuses = asyncio.run(attack.play(Target(site.port, ATTACKER)))
        seconds = time.perf_counter() - began
        time.sleep(0.5)  # what is left of it
    return Result(attack, statuses, seconds, memory, other.stop())


def checkpoint(archive: Path) -> tuple[int, ...]:
    """(0, 0, 0) where nobody holds an old state."""
    connection = connect(archive, Mode.WRITE, timeout=1)
    try:
        return tuple(connection.execute("pragma wal_checkpoint(truncate)").fetchone())
    finally:
        connection.close()


def strain(home: Path, articles: int, only: Sequence[str]) -> bool:
    attacks = [attack for attack in ATTACKS if not only or any(word in attack.name for word in only)]
    missed = []
    with served(limited(ours(home)), home) as site, other_reader(site.port, articles) as other:
        asyncio.run(warm_up(Target(site.port)))
        click.echo(
            "| attack | answers | s | server, RSS in MB | all, PSS | all, RSS | longest wait of others, ms | missed |\n"
            "|---|---|--:|--:|--:|--:|---|---|"
        )
        for attack in attacks:
            result = play(attack, site, other)
            click.echo(result.line())
            missed += [result] if result.missed else []
        click.echo(f"\ncheckpoint of the log afterwards: {checkpoint(home / 'archive.db')}")
    click.echo(f"{len(attacks)} attacks, {len(missed)} over a goal; load {os.getloadavg()[0]:.1f}")
    return not missed


async def warm_up(target: Target) -> None:
    for page in ORDINARY:
        await target.ask(page.format(1, word=searched_for()))


def limited(command: Sequence[str]) -> list[str]:
    program = (
        f"import os, resource, sys; resource.setrlimit(resource.RLIMIT_AS, ({LIMIT}, {LIMIT}));"
        " os.execv(sys.argv[1], sys.argv[1:])"
    )
    return [sys.executable, "-c", program, *command]


# Readers


WORDS = "Bedburg Bergheim Grundwasser Abwärme Rechenzentrum Umspannwerk Kampfmittel Seekabel Feldhamster".split()


def searched_for() -> str:
    """Now and then what others look for, too; else two parts of a compound, of which there are 3,000."""
    words = WORDS if random.random() < 0.5 else [random.choice(library.MODIFIERS) + random.choice(library.HEADS)]
    return quote(random.choice(words))


def mix(articles: int) -> tuple[str, str]:
    """Kind and address: 40 % articles, 25 % the front page, 20 % searches, 10 % facets and the timeline, 5 % files."""
    number = random.randint(1, articles)
    kinds = {
        "article": f"/article/{number}",
        "front": "/",
        "search": f"/search?q={searched_for()}",
        "facets": random.choice(
            (
                f"/search?q={searched_for()}&kind=government",
                "/archive/articles?_facet=lang&kind=company",
                f"/archive/articles?source={random.choice(library.outlets()).id}",
                "/timeline",
                f"/timeline?year={random.choice((2024, 2025, 2026))}",
            )
        ),
        "CSV": random.choice(
            (
                f"/export.csv?q={random.choice(('Seekabel', 'Kampfmittel'))}",
                f"/archive/articles.csv?id__lt={number}&id__gt={number - 90}",
            )
        ),
    }
    kind = random.choices(list(kinds), (40, 25, 20, 10, 5))[0]
    return kind, kinds[kind]


async def read_on(target: Target, articles: int, ends: float, waits: list[Wait]) -> None:
    while (began := time.perf_counter()) < ends:
        kind, page = mix(articles)
        status = await target.ask(page)
        waits.append(Wait(time.perf_counter() - began, kind, status))


async def read_together(target: Target, articles: int, readers: int, seconds: float) -> list[Wait]:
    waits: list[Wait] = []
    ends = time.perf_counter() + seconds
    await asyncio.gather(*(read_on(target, articles, ends, waits) for _ in range(readers)))
    return waits


def crowd(home: Path, articles: int, readers: int, seconds: float) -> bool:
    with served(limited(ours(home)), home) as site:
        asyncio.run(read_together(Target(site.port), articles, 2, min(5, seconds)))
        with watched(site) as memory:
            waits = asyncio.run(read_together(Target(site.port), articles, readers, seconds))
    wrong = Counter(wait.status for wait in waits if wait.status != 200)
    click.echo(f"{readers} readers for {seconds:.0f} s: {len(waits)} pages, {len(waits) / seconds:.0f} a second")
    for kind in ("article", "front", "search", "facets", "CSV", ""):
        click.echo(times([wait for wait in waits if kind in ("", wait.page)], kind or "all"))
    click.echo(
        f"not 200: {dict(wrong) or 'none'}; memory at the peak: server {memory.server:.0f} MB (RSS), "
        f"all {memory.all_shared:.0f} MB (PSS); load {os.getloadavg()[0]:.1f}"
    )
    return percentile(waits, 0.95) < SLOWEST and not wrong


def times(waits: Sequence[Wait], kind: str) -> str:
    p50, p95, longest = (percentile(waits, share) for share in (0.5, 0.95, 1))
    return f"{kind}: {len(waits)} times, p50 {p50:.2f} s, p95 {p95:.2f} s, longest {longest:.2f} s"


def percentile(waits: Sequence[Wait], share: float) -> float:
    ordered = sorted(wait.seconds for wait in waits)
    return ordered[ceil(share * len(ordered)) - 1] if ordered else 0.0


@click.command()
@click.option("--articles", default=100_000, show_default=True)
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="A folder for archives, to use again.")
@click.option("--only", multiple=True, help="Attacks whose name holds this; may be said several times.")
@click.option("--readers", default=0, help="So many at once, in place of attacks.")
@click.option("--seconds", default=60.0, show_default=True, help="For which they read.")
def main(articles: int, keep: Path | None, only: tuple[str, ...], readers: int, seconds: float) -> None:
    """End with 1 where a goal is missed."""
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    with tempfile.TemporaryDirectory() as passing:
        home = library.made((keep or Path(passing)).absolute(), articles)
        kept = crowd(home, articles, readers, seconds) if readers else strain(home, articles, only)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
