"""How long it takes to find who copies whom: a night's grouping from stored fingerprints, and one article more.

python -m benchmarks.copies                     100,000 articles of 320 words, a quarter of them copies: about 5 minutes
python -m benchmarks.copies --articles 10000    a first look
"""

import argparse
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from db.store.archive import Archive
from pipelines.storing import enrich

WORDS, LENGTH, PARAGRAPHS = 20_000, 320, 8
ONE_BY_ONE = 300
GROUPING_SECONDS, MEMORY, ARTICLE_SECONDS = 30.0, 400.0, 0.010  # the goals; MB
SYLLABLES = "ba der kol mi nau rin sta tu vel wor zen gra lich fen os ter".split()


class Press:
    """Invented articles; every fourth is made from an earlier one."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        make = random.Random(1)
        self.words = ["".join(make.choices(SYLLABLES, k=make.randint(1, 4))) for _ in range(WORDS)]
        self.totals, total = list[float](), 0.0

        for rank in range(WORDS):  # few words are common, as in every language
            self.totals.append(total := total + 1 / (rank + 3))

    def text(self) -> list[list[str]]:
        size = LENGTH // PARAGRAPHS
        return [self.random.choices(self.words, cum_weights=self.totals, k=size) for _ in range(PARAGRAPHS)]

    def copy(self, source: list[list[str]]) -> list[list[str]]:
        match self.random.choice(["whole", "cut", "lead", "edited"]):
            case "cut":
                return source[: self.random.randint(3, PARAGRAPHS)]
            case "lead":
                return self.text()[:2] + source[2:]
            case "edited":
                return [
                    [word if self.random.random() > 0.05 else self.random.choice(self.words) for word in paragraph]
                    for paragraph in source
                ]
        return source

    def articles(self, number: int) -> Iterator[list[list[str]]]:
        kept: list[list[list[str]]] = []
        for place in range(number):
            if place % 4 == 3 and kept:
                yield self.copy(self.random.choice(kept))
                continue
            text = self.text()
            kept.append(text)
            del kept[:-2000]
            yield text


def fill(path: Path, number: int, seed: int, first: int = 1) -> None:
    with Archive(path) as archive:
        for (name,) in archive.db.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            if "_copies_" not in name:  # the index of the search is no matter here
                archive.db.execute(f"drop trigger {name}")
        rows = (
            {
                "id": place,
                "url": f"https://blatt{place % 150}.example/{place}",
                "source": f"blatt{place % 150}",
                "title": "Ein Artikel",
                "text": "\n\n".join(" ".join(paragraph) for paragraph in text),
                "published": f"2026-{place % 12 + 1:02}-{place % 28 + 1:02}",
                "identity": f"blatt:{place}",
                "fetched_at": "2026-11-01T02:00:00Z",
            }
            for place, text in enumerate(Press(seed).articles(number), start=first)
        )
        archive.db.table("articles").insert_all(rows, batch_size=1000)


def timed(step: str, path: str) -> None:
    """In a process of its own: what it takes, and the most memory it had."""
    with Archive(Path(path)) as archive:
        store, cpu, wall = archive.copies, time.process_time(), time.monotonic()
        match step:
            case "read":
                with store.db.atomic():
                    enrich.read_all(store, lambda read, of: None)
                    store.done(store.due())
            case "group":
                with store.db.atomic():
                    enrich.compare_all(store)
                store.put(enrich.rows(store))
            case "night":
                enrich.enrich_copies(store)
            case "one by one":
                due, spent = store.due(), []
                store.done(due)
                for article in due:
                    archive.db.execute("insert into _copies_due values (?)", [article])
                    began = time.process_time()
                    enrich.read_due(store, [article], lambda read, of: None)
                    spent.append(time.process_time() - began)
                spent.sort()
                sys.stdout.write(f"{spent[len(spent) // 2] * 1000:.2f} {spent[len(spent) * 95 // 100] * 1000:.2f} ")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        sys.stdout.write(f"{time.process_time() - cpu:.2f} {time.monotonic() - wall:.2f} {memory:.0f}\n")


def run(step: str, path: Path) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.copies", "--step", step, "--archive", str(path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True)
    return [float(number) for number in done.stdout.split()]


def main() -> int:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--articles", type=int, default=100_000)
    cli.add_argument("--step", help=argparse.SUPPRESS)
    cli.add_argument("--archive", help=argparse.SUPPRESS)
    given = cli.parse_args()
    if given.step:
        timed(given.step, given.archive)
        return 0
    with TemporaryDirectory() as folder:
        path = Path(folder) / "archive.db"
        fill(path, given.articles, seed=7)
        lines = [("all read anew", *run("read", path)), ("grouped from stored prints", *run("group", path))]
        grouping, memory = lines[1][1], lines[1][3]
        fill(path, 500, seed=8, first=given.articles + 1)
        lines.append(("a night of 500 articles", *run("night", path)))
        fill(path, ONE_BY_ONE, seed=9, first=given.articles + 501)
        median, p95, *_ = run("one by one", path)
        with Archive(path, read_only=True) as archive:
            groups, copies = archive.db.execute("select count(distinct group_id), count(*) from copies").fetchone()
    for name, cpu, wall, peak in lines:
        sys.stdout.write(f"{name:28} {cpu:7.1f} s CPU {wall:7.1f} s {peak:5.0f} MB\n")
    sys.stdout.write(f"one article: median {median:.1f} ms, p95 {p95:.1f} ms CPU; {copies} copies in {groups} groups\n")
    missed = grouping > GROUPING_SECONDS or memory > MEMORY or p95 > ARTICLE_SECONDS * 1000
    if missed:
        sys.stdout.write("a goal is missed: 30 s CPU, 400 MB, 10 ms\n")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
