"""Readers of the site while a crawl writes into the same archive: how long they wait, and how much longer it takes.

python benchmarks/beside_crawl.py [--articles 100000] [--readers 50] [--pages 5000] [--keep FOLDER]

The crawl keeps no distance between its requests, so that it writes as fast as it can; it runs once alone, and once
while wrk reads with readers.lua until it has ended. All share this machine: the site, the crawl, the server of the
pages that are crawled, and the readers.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import library
from crawl import Measured, Server, measure
from landscape import Shape, registry
from servers import Site, ours, served

HERE = Path(__file__).parent
SLOWEST, SLOWED = 1.5, 1.3  # the goals: seconds of 95 of 100 readers, and how many times as long the crawl may take
PATIENCE = 20  # seconds, after which wrk counts a reader as one who has given up
LONGEST = 600  # seconds that wrk may read, should the crawl not end
ANSWERS = re.compile(r"p50 .*|Requests/sec: .*")


@dataclass(frozen=True, slots=True)
class Landscape:
    """The pages to crawl, the server that has them, and what a crawl is told of both."""

    shape: Shape
    server: Server
    folder: Path

    def crawl(self, home: Path) -> Measured:
        sources = self.folder / "sources.toml"
        sources.write_text(registry(self.shape), "utf-8")
        limits = {"DOWNLOAD_DELAY": 0, "PAGES_PER_NIGHT": self.shape.pages, "QUEUE_LENGTH": self.shape.pages}
        limits["FINISHING"] = 0  # as in schedules/jobs.toml
        options = [word for name, value in limits.items() for word in ("-s", f"{name}={value}")]
        command = [sys.executable, "-m", "revierspiegel", "crawl", *options]
        return measure(command, self.environment(home, sources), self.server, self.folder / "crawl.log")

    def environment(self, home: Path, sources: Path) -> Mapping[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        return (
            own
            | dict.fromkeys(("http_proxy", "https_proxy"), self.server.proxy)
            | {
                "REVIERSPIEGEL_HOME": str(home),
                "REVIERSPIEGEL_SOURCES": str(sources),
                "REVIERSPIEGEL_KNOWN": "",
                "REVIERSPIEGEL_CONTACT": "benchmark@revierspiegel.example",
            }
        )


@dataclass
class Readers:
    """wrk, until it is ended; it tells then."""

    site: Site
    number: int
    articles: int

    def __enter__(self) -> "Readers":
        options = ["--threads", "2", "--connections", str(self.number), "--duration", f"{LONGEST}s"]
        options += ["--timeout", f"{PATIENCE}s", "--script", str(HERE / "readers.lua")]
        self.process = subprocess.Popen(
            ["wrk", *options, f"http://127.0.0.1:{self.site.port}"],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"ARTICLES": str(self.articles)},
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()

    def told(self) -> list[str]:
        self.process.send_signal(signal.SIGINT)
        output, _ = self.process.communicate(timeout=60)
        return ANSWERS.findall(output)


def copied(home: Path, folder: Path) -> Path:
    """What is crawled into it must not stay in the archive that others use again."""
    folder.mkdir()
    shutil.copyfile(home / "archive.db", folder / "archive.db")
    return folder


@click.command()
@click.option("--articles", default=100_000, show_default=True)
@click.option("--readers", default=50, show_default=True)
@click.option("--pages", default=5000, show_default=True, help="That are crawled, of 40 hosts; 5 % are on the topic.")
@click.option("--quiet", default=20.0, show_default=True, help="Seconds for which they read before, without a crawl.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="A folder for archives, to use again.")
def main(articles: int, readers: int, pages: int, quiet: float, keep: Path | None) -> None:
    """End with 1 where a goal is missed."""
    shape = Shape(pages=pages, hosts=min(40, max(1, pages // 10)), on_topic=5, naming=0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = library.made((keep or folder).absolute(), articles)
        landscape = Landscape(shape, Server(shape), folder)
        try:
            alone = landscape.crawl(copied(home, folder / "alone"))
            click.echo(f"crawl of {pages} pages alone: {alone.wall:.1f} s, {alone.cpu:.1f} s CPU")
            beside_home = copied(home, folder / "beside")
            with served(ours(beside_home), beside_home) as site:
                with Readers(site, readers, articles) as first:
                    time.sleep(quiet)
                    click.echo(f"{readers} readers without a crawl: {'; '.join(first.told())}")
                with Readers(site, readers, articles) as reading:
                    beside = landscape.crawl(beside_home)
                    told = reading.told()
        finally:
            landscape.server.close()
    ratio, said = beside.wall / alone.wall, "; ".join(told)
    click.echo(f"{readers} readers meanwhile: {said}; load {os.getloadavg()[0]:.1f}")
    click.echo(f"crawl beside them: {beside.wall:.1f} s, {beside.cpu:.1f} s CPU, {ratio:.2f} times as long")
    p95, wrong = re.search(r"p95 ([\d.]+) s", said), re.search(r"not 200: (\d+), timeouts: (\d+), broken: (\d+)", said)
    assert p95 and wrong, said
    sys.exit(0 if float(p95[1]) < SLOWEST and not any(map(int, wrong.groups())) and ratio <= SLOWED else 1)


if __name__ == "__main__":
    main()
