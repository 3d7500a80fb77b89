"""How long the pages of the site take, beside plain Datasette on the same file; the CSV beside the sqlite3 shell.

python benchmarks/site.py [--articles 10000,100000,1000000] [--keep FOLDER] [--rounds N] [--plain N]
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import cycle, islice
from math import ceil
from pathlib import Path
from statistics import median
from urllib.parse import quote, urlencode

import click
import library
from servers import PIECE, Answer, Site, ours, plain, served

from db.export.tables import reading
from db.search.search import count
from db.store.archive import Archive

LINUX = sys.platform == "linux"
SECONDS = 0.02  # between two looks at the memory
TIMES = 3  # that a whole CSV is read in each way, where pages are asked for as often
MANY_ROWS = 300_000  # from here on once: it takes a minute each

RARE, TENTH = ("Seekabel", "Kampfmittel", "Feldhamster"), ("Bedburg", "Bergheim", "Grundwasser", "Abwärme")
MANY, NEARLY_ALL = ("Rechenzentrum",), ("Microsoft",)
SAID = ('place:"Ort 20"', 'speaker:"Person 3"', "figure:jobs=300", 'Bedburg place:"Ort 3"', "Bedburg figure:jobs")


@dataclass(frozen=True, slots=True)
class Page:
    """`ours` and `plain` are addresses, asked for in turn; `plain` those by which Datasette gives the same alone."""

    name: str
    ours: tuple[str, ...]
    plain: tuple[str, ...] = ()
    goal: int | None = None  # ms that 95 of 100 answers stay below, at 100,000 articles


def search(name: str, words: Iterable[str], goal: int, **narrowed: str) -> Iterator[Page]:
    """Best and newest first."""
    words = tuple(words)
    for order in ("best", "newest"):
        sort = {"_sort_desc": "published_utc"} if order == "newest" else {}
        asked = (urlencode({"q": word, "order": order} | narrowed) for word in words)
        of_table = (urlencode({"_search": word} | narrowed | sort) for word in words)
        yield Page(
            f"search: {name}, {order}",
            tuple(f"/search?{arguments}" for arguments in asked),
            () if "fold" in narrowed else tuple(f"/archive/articles?{arguments}" for arguments in of_table),
            goal,
        )


def pages(articles: int) -> list[Page]:
    numbers = range(1, articles + 1, max(1, articles // 97))
    rows = tuple(f"/archive/articles/{n}" for n in numbers)
    outlet = library.outlets()[0].id
    spring = {"kind": "government", "published__gte": "2025-03", "published__lt": "2025-07"}
    return [
        Page("front", ("/",), ("/",), 40),
        Page("article", tuple(f"/article/{n}" for n in numbers), rows, 40),
        *search("rare word", RARE, 150),
        *search("word of up to 10 %", TENTH, 150),
        *search("word of 60 %", MANY, 400),
        *search("word of nearly all", NEARLY_ALL, 400),
        *search("two words, 10 %", (f"Microsoft {word}" for word in TENTH), 150),
        *search("phrase", ('"Rheinischen Revier"', '"Strukturwandel im Revier"'), 150),
        *search("10 %, narrowed", TENTH, 150, lang="en"),
        *search("nearly all, narrowed", NEARLY_ALL, 400, kind="regional_press"),
        *search("10 %, copies folded", TENTH, 150, fold="1"),
        *search("60 %, copies folded", MANY, 400, fold="1"),
        *search("nearly all, copies folded", NEARLY_ALL, 400, fold="1"),
        Page(
            "search: a place, a speaker, a figure", tuple(f"/search?{urlencode({'q': each})}" for each in SAID), (), 150
        ),
        Page("search: nearly all, what they say counted", ("/search?q=Microsoft&facts=1",)),
        Page("search: a word mistyped", ("/search?q=Rechenzentum", "/search?q=Mircosoft"), (), 150),
        Page("figures", ("/figures?kind=jobs", "/figures?kind=area&source_kind=government")),
        Page("quotes", ("/quotes",)),
        Page("places", ("/places",)),
        Page("events", ("/events", "/events?days=14")),
        Page("search: nothing asked, copies folded", ("/search?fold=1",), (), 400),
        Page("groups of copies", ("/copies",)),
        Page("changes", ("/changes", "/changes?page=50")),
        Page("changes of a kind", ("/changes?kind=figure", "/changes?kind=walled")),
        Page(
            "search: fields alone",
            ("/search?q=kind:government+from:2025-03+to:2025-06",),
            (f"/archive/articles?{urlencode(spring | {'_sort_desc': 'published_utc'})}",),
            150,
        ),
        Page("search: nothing asked", ("/search",), ("/archive/articles?_sort_desc=published_utc",), 400),
        Page("search: page 50 of nearly all", ("/search?q=Microsoft&page=50",), (), 400),
        Page("timeline", ("/timeline",)),
        Page("timeline of a year", ("/timeline?year=2025",)),
        Page("sources", ("/sources",), ("/archive/sources",)),
        Page("a source", (f"/sources/{outlet}",), (f"/archive/sources/{outlet}",)),
        Page("about", ("/about",)),
        Page("help", ("/help",)),
        Page("downloads", ("/downloads",)),
        Page("feed", ("/feed.atom",)),
        Page("feed of a search", tuple(f"/feed.atom?{urlencode({'q': word})}" for word in TENTH)),
        Page("database", ("/archive",), ("/archive",)),
        Page("table", ("/archive/articles",), ("/archive/articles",)),
        Page("table, _search of 10 %", *both(f"/archive/articles?_search={quote(word)}" for word in TENTH)),
        Page("table, _search of nearly all", *both(["/archive/articles?_search=Microsoft"])),
        Page("row", rows, rows),
    ]


def both(addresses: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The same of ours and of plain Datasette."""
    same = tuple(addresses)
    return same, same


# Measuring


@dataclass(frozen=True, slots=True)
class Rounds:
    """How often each page is asked for; plain Datasette takes seconds for a table that it suggests facets of."""

    ours: int
    plain: int


def ask_all(wanted: Sequence[Page], site: Site, datasette: Site, rounds: Rounds) -> dict[str, tuple[list[Answer], ...]]:
    """Each page once unmeasured, then all in turn, so that whatever else the machine does meets all of them."""
    answers_of: dict[str, tuple[list[Answer], ...]] = {page.name: ([], []) for page in wanted}
    sides = ((site, rounds.ours), (datasette, rounds.plain))
    for number in range(-1, max(rounds.ours, rounds.plain)):
        for page in wanted:
            for (server, times), addresses, answers in zip(
                sides, (page.ours, page.plain), answers_of[page.name], strict=True
            ):
                if addresses and max(number, 0) < times:
                    answer = server.ask(addresses[max(number, 0) % len(addresses)])
                    answers.extend([answer] if number >= 0 else [])
    return answers_of


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[ceil(share * len(ordered)) - 1]


def cells(answers: Sequence[Answer]) -> list[str]:
    """p50, p95 in ms, median kB; or what went wrong."""
    if not answers:
        return ["", "", ""]
    times = [answer.milliseconds for answer in answers]
    wrong = [answer.status for answer in answers if answer.status != 200]
    size = f"{median(answer.bytes for answer in answers) / 1000:.0f}"
    failures = f" (HTTP {wrong[0]}, {len(wrong)} of {len(answers)})" if wrong else ""
    return [f"{percentile(times, 0.5):.0f}", f"{percentile(times, 0.95):.0f}{failures}", size]


def table(wanted: Sequence[Page], answers_of: dict[str, tuple[list[Answer], ...]]) -> Iterator[str]:
    yield "| page | p50, ms | p95, ms | kB | goal for p95 | plain Datasette: p50 | p95 | kB |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for page in wanted:
        mine, theirs = answers_of[page.name]
        missed = page.goal is not None and percentile((one.milliseconds for one in mine), 0.95) > page.goal
        goal = "" if page.goal is None else f"{page.goal}{', missed' if missed else ''}"
        yield f"| {' | '.join([page.name, *cells(mine), goal, *cells(theirs)])} |"


def once(site: Site, home: Path, articles: int) -> Iterator[str]:
    """What happens once only: after a start, after a write; and the memory while a CSV streams."""
    yield f"start to first answer possible: {site.started * 1000:.0f} ms"
    yield f"first search (Bedburg) after it: {site.ask('/search?q=Bedburg').milliseconds:.0f} ms"
    yield f"first front page after it: {site.ask('/').milliseconds:.0f} ms"
    yield f"first timeline after it: {site.ask('/timeline').milliseconds:.0f} ms"
    with closing(Archive(home / "archive.db")) as archive:
        library.add(archive, str(time.time_ns()))
    yield f"first timeline after a new article: {site.ask('/timeline').milliseconds:.0f} ms"
    yield f"first search after it: {site.ask('/search?q=Bergheim').milliseconds:.0f} ms"
    if LINUX:
        tenth = f"/archive/articles.csv?id__lte={articles // 10}"
        before, one = site.memory(), peak(site, lambda: site.read(tenth))
        ten = peak(site, lambda: site.read("/archive/articles.csv"))
        yield (
            f"memory (PSS) of the server: {before:.0f} MB before, {one:.0f} MB at the peak while a tenth of the "
            f"articles streams as CSV, {ten:.0f} MB while all do"
        )


def peak(site: Site, work: Callable[[], object]) -> float:
    most, done = site.memory(), threading.Event()

    def look() -> None:
        nonlocal most
        while not done.wait(SECONDS):
            most = max(most, site.memory())

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return most


@dataclass(frozen=True, slots=True)
class Speed:
    name: str
    seconds: float
    bytes: int

    def line(self, rows: int, shell: "Speed", goal: float | None) -> str:
        ratio = shell.seconds / self.seconds
        wanted = "" if goal is None else f"{goal}{', missed' if ratio < goal else ''}"
        speed = f"{rows / self.seconds:,.0f} | {self.bytes / self.seconds / 1e6:.0f}"
        return f"| {self.name} | {speed} | {self.bytes / 1e6:.1f} | {ratio:.2f} | {wanted} |"


def csv_speeds(site: Site, home: Path, most: int) -> Iterator[str]:
    """Rows a second of the whole archive, in each way in turn; the median of at most so many times."""
    file = home / "archive.db"
    with closing(sqlite3.connect(file)) as db:
        rows: int = db.execute("select count(*) from articles").fetchone()[0]
        names = [row[0] for row in db.execute("select name from pragma_table_info('articles')")]
    short = ", ".join(name for name in names if name != "text")
    export = [sys.executable, "-m", "revierspiegel", "export", "csv"]
    ways: dict[str, Callable[[], int]] = {
        SHELL: lambda: piped(shell(file, f"select {', '.join(names)} from articles"), home),
        "/export.csv": lambda: site.read("/export.csv"),
        "/archive/articles.csv": lambda: site.read("/archive/articles.csv"),
        "revierspiegel export csv": lambda: piped(export, home),
        f"{SHELL}, without text": lambda: piped(shell(file, f"select {short} from articles"), home),
        "/archive/articles.csv?_nocol=text": lambda: site.read("/archive/articles.csv?_nocol=text"),
        "/archive.csv?sql=…, without text": lambda: site.read(
            f"/archive.csv?{urlencode({'sql': f'select {short} from articles'})}"
        ),
    }
    times_of: dict[str, list[float]] = {name: [] for name in ways}
    size = {}
    times = min(most, TIMES if rows <= MANY_ROWS else 1)
    for name, way in islice(cycle(ways.items()), times * len(ways)):
        began = time.perf_counter()
        size[name] = way()
        times_of[name].append(time.perf_counter() - began)
    yield "| CSV of all articles | rows/s | MB/s | MB | of the shell's speed | goal |"
    yield "|---|--:|--:|--:|--:|--:|"
    with_text = [Speed(name, median(times_of[name]), size[name]) for name in ways]
    for some, goal in ((with_text[:4], 0.15), (with_text[4:], 0.5)):
        for number, speed in enumerate(some):
            yield speed.line(rows, some[0], goal if number else None)
    yield ""
    yield f"the median of {times}; load at the end {os.getloadavg()[0]:.1f}"


SHELL = "sqlite3 -csv" if shutil.which("sqlite3") else "Python's sqlite3 and csv (there is no sqlite3 program)"
_BY_PYTHON = """
import csv, sqlite3, sys
sys.stdout.reconfigure(encoding="utf-8", newline="")
csv.writer(sys.stdout).writerows(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]))
"""


def shell(file: Path, sql: str) -> list[str]:
    if program := shutil.which("sqlite3"):
        return [program, "-readonly", "-csv", str(file), sql]
    return [sys.executable, "-c", _BY_PYTHON, str(file), sql]


def piped(command: Sequence[str], home: Path) -> int:
    """Bytes that a program writes."""
    environment = os.environ | {"REVIERSPIEGEL_HOME": str(home)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, bufsize=0
    ) as process:
        length, out = 0, process.stdout
        while out and (piece := out.read(PIECE)):
            length += len(piece)
    if process.returncode:
        raise click.ClickException(f"{' '.join(command[:4])} ended with {process.returncode}")
    return length


# The whole


def hit_shares(home: Path) -> str:
    with reading(home / "archive.db") as connection:
        everything = connection.execute("select count(*) from articles").fetchone()[0]
        words = (*RARE, *TENTH, *MANY, *NEARLY_ALL, '"Rheinischen Revier"')
        return ", ".join(f"{word} {count(connection, word) / everything:.2%}" for word in words)


def measure(home: Path, articles: int, rounds: Rounds) -> Iterator[str]:
    size = (home / "archive.db").stat().st_size / 1e9
    shape = library.Shape.of(articles)
    yield f"## {articles:,} articles of about {shape.length:,} characters, {shape.refusals:,} refusals, {size:.1f} GB"
    yield f"found: {hit_shares(home)}"
    yield ""
    wanted = pages(articles)
    before = os.getloadavg()[0]
    with served(ours(home), home) as site:
        yield from (f"- {line}" for line in once(site, home, articles))
        yield ""
        with served(plain(home), home) as datasette:
            answers = ask_all(wanted, site, datasette, rounds)
        yield from table(wanted, answers)
        yield ""
        times = f"{rounds.ours} times each, of plain Datasette {rounds.plain}"
        yield f"{times}; load before {before:.1f}, at the end {os.getloadavg()[0]:.1f}"
        yield ""
        yield from csv_speeds(site, home, rounds.ours)


@click.command()
@click.option("--articles", "sizes", default="10000,100000,1000000", show_default=True)
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="A folder for archives, to use again.")
@click.option("--rounds", default=30, show_default=True, help="How often each page is asked for.")
@click.option("--plain", "plain_rounds", default=5, show_default=True, help="How often plain Datasette is.")
def main(sizes: str, keep: Path | None, rounds: int, plain_rounds: int) -> None:
    """Measure the site and its CSV."""
    if not LINUX:
        click.echo("memory is read from /proc, which only Linux has: not measured here")
    for articles in map(int, sizes.split(",")):
        with tempfile.TemporaryDirectory() as passing:
            home = library.made((keep or Path(passing)).absolute(), articles)
            for line in measure(home, articles, Rounds(rounds, plain_rounds)):
                click.echo(line)


if __name__ == "__main__":
    main()
