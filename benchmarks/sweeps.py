"""The parts of a night that go over all sources, each in turn on as many invented ones as asked for."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from scrapy import Request
from scrapy.core.scheduler import Scheduler
from scrapy.utils.test import get_crawler

from crawler import settings
from crawler.discovery.leads import Lead
from crawler.frontier.queue import Queue
from crawler.frontier.visit import Step, Visit, steps
from crawler.registry.owners import Owners
from crawler.registry.sources import Source, load_registry
from db.export.bundles import READY, make
from db.operations import status
from db.operations.health import refresh
from db.store.archive import Archive
from db.store.crawl.runs import Night
from pipelines.relevance.profile import profile_of

LEADS = 5  # of a source
NIGHTS = 7
PARTS = (
    "registry read",
    "run begun, sources no longer there forgotten",
    "owners of hosts",
    "leads taken into the queue",
    "tonight's pages chosen",
    "a request of each through the scheduler",
    "books written, all changed",
    "books written, nothing changed",
    "health",
    "status",
    "export",
)


def entries(number: int) -> str:
    return "".join(
        f'[[source]]\nid = "outlet-{n}"\nname = "Outlet {n}"\nhomepage = "http://www.outlet-{n}.example/"\n'
        f'kind = "regional_press"\nlang = "de"\nregion = "nrw"\nfeeds = ["http://www.outlet-{n}.example/feed.xml"]\n\n'
        for n in range(number)
    )


def sweep(number: int) -> Iterator[tuple[str, float]]:
    """(part, seconds of CPU), and at the end ("memory", MB); in a process of its own."""
    done = subprocess.run([sys.executable, __file__, str(number)], stdout=subprocess.PIPE, text=True, check=True)
    yield from json.loads(done.stdout).items()


def leads_of(source: Source) -> list[Lead]:
    return [
        Lead(url=f"{source.homepage}artikel/{n}.html", title=f"Rat von {source.name} streitet", published="2026-11-01")
        for n in range(LEADS)
    ]


def through_the_scheduler(number: int) -> None:
    """As the night has them: one request a source, of which more wait than the downloader has places for."""
    crawler = get_crawler(settings_dict={key: value for key, value in vars(settings).items() if key.isupper()})
    crawler.engine = SimpleNamespace(downloader=SimpleNamespace(slots={}, get_slot_key=slot))  # type: ignore[assignment]
    scheduler = Scheduler.from_crawler(crawler)
    scheduler.open(None)  # type: ignore[arg-type]
    for n in range(number):
        scheduler.enqueue_request(Request(f"http://www.outlet-{n}.example/", dont_filter=True))
    while scheduler.next_request():
        pass


def slot(request: Request) -> str:
    return str(request.url)


def timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def parts(number: int, home: Path) -> Iterator[tuple[str, float]]:
    path, day = home / "sources.toml", date(2026, 11, 29)
    path.write_text(entries(number), "utf-8")
    yield PARTS[0], timed(partial(load_registry, path))
    sources = {source.id: source for source in load_registry(path).sources}
    archive = Archive(home / "archive.db")
    run = 0

    def begin() -> None:
        nonlocal run
        rows = [source.row() for source in sources.values()]
        run = archive.runs.begin(rows, kind="crawl", sources=number, version="1", rules_version="1")
        archive.newsrooms.write(list(sources), [], [])
        archive.sources.forget(set(sources))

    yield PARTS[1], timed(begin)
    yield PARTS[2], timed(lambda: [Owners(sources.values()).of("http://www.outlet-0.example/a")])
    hints = {name: source.hints() for name, source in sources.items()}
    facts = {"registry": sources, "hints": hints, "run": run, "length": 1000, "pages": 50}
    queue = Queue(archive=archive, profile=profile_of(None), **facts)  # type: ignore[arg-type]
    visits = [Visit(source=s, night=Night(source=s.id, state="ok"), steps=steps_of(s, day)) for s in sources.values()]

    def take() -> None:
        for visit in visits:
            archive.frontier.queue(queue.take(visit, leads_of(visit.source), "feed"))

    yield PARTS[3], timed(take)
    yield PARTS[4], timed(lambda: [queue.choose(visit) for visit in visits])
    yield PARTS[5], timed(partial(through_the_scheduler, number))
    yield from of_the_books(archive, run, visits, day)
    archive.close()
    yield PARTS[10], timed(partial(make, home / "archive.db", READY))
    yield "memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def steps_of(source: Source, day: date) -> deque[Step]:
    return deque(steps(source, day))


def of_the_books(archive: Archive, run: int, visits: list[Visit], day: date) -> Iterator[tuple[str, float]]:
    def write(night: date) -> None:
        for visit in visits:
            visit.night.listed, visit.night.answered, visit.night.lengths = LEADS, True, [2000] * LEADS
        archive.frontier.waiting_counts()
        archive.runs.write_nights(run, night.isoformat(), [visit.night for visit in visits])

    def write_nothing() -> None:
        archive.frontier.waiting_counts()
        assert len({visit.source.id: repr(visit.night) for visit in visits}) == len(visits)
        archive.runs.write_nights(run, day.isoformat(), [])

    yield PARTS[6], timed(partial(write, day))
    yield PARTS[7], timed(write_nothing)
    archive.runs.end(run, "completed")
    for ago in range(1, NIGHTS):
        run = archive.runs.begin([], kind="crawl", sources=len(visits), version="1", rules_version="1")
        write(day - timedelta(days=ago))
        archive.runs.end(run, "completed")
    yield PARTS[8], timed(partial(refresh, archive, day.isoformat()))
    with patch.dict(os.environ, {"REVIERSPIEGEL_HOME": str(archive.path.parent)}):
        yield PARTS[9], timed(status.read_status)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(json.dumps(dict(parts(int(sys.argv[1]), Path(folder)))))


if __name__ == "__main__":
    main()
