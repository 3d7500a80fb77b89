"""Files of web archives → the archive: many processes read, a file each, and one writes."""

import shutil
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from crawler.policy.strangers import Denials
from crawler.registry.finders import load_finders
from crawler.registry.found import denied_hosts, with_found
from crawler.registry.owners import Owners
from crawler.registry.sources import Registry, load_registry
from crawler.webarchive.locations import known_as
from crawler.webarchive.one_file import Briefing, Digests, FileRead, read_file
from crawler.webarchive.rights import AskedSites, AskSites
from crawler.webarchive.writing import Writer
from db.home import archive_path, home, make_home
from db.lock import lock_crawl
from db.problem import Problem
from db.store.archive import Archive
from db.store.rows import as_json
from pipelines.relevance.profile import profile_of
from pipelines.storing.keys import renew_keys
from pipelines.storing.persons_words import PersonsWords
from pipelines.storing.settle import Ending, Settled

TRIES = 3  # then a file is set aside
WAITING = 2  # files that are read and wait until those before them are stored
COUNTED = ("fetched", "kept", "again", "refused", "failed")  # columns of the run

Tell = Callable[[str], None]


@dataclass(slots=True, kw_only=True)
class Filled:
    """What came of the files."""

    files: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    aside: list[str] = field(default_factory=list)  # files that could not be read, each with the reason
    began: float = field(default_factory=time.monotonic)

    def count(self, settled: Settled) -> None:
        again = settled.ending in (Ending.ALIAS, Ending.AGAIN)
        self.counts["again" if again else settled.ending.value] += 1
        self.counts["fetched"] += 1
        if settled.ending is Ending.REFUSED:
            self.reasons[str(settled.reason)] += 1

    def progress(self, files: int) -> str:
        """Of so many files."""
        seconds = time.monotonic() - self.began
        left = seconds / self.files * (files - self.files)
        rest = f", about {left / 60:.0f} min left" if left >= 90 else f", about {left:.0f} s left" if left else ""
        return f"{self.files}/{files} files, {self.line()}, {self.counts['responses'] / seconds:.0f} responses/s{rest}"

    def line(self) -> str:
        names = ("responses", "at no source", "no page", "kept", "again", "refused", "failed", "taken down")
        told = (name for name in names if self.counts[name] or name not in ("failed", "taken down"))
        return ", ".join(f"{self.counts[name]} {name}" for name in told)


def read_files(
    executor: Executor, files: Iterable[str], briefing: Briefing, ahead: int
) -> Iterator[tuple[str, FileRead | BaseException]]:
    """Each file, or what it failed of the third time. In their order, so that the same files make the same archive,
    row by row, whoever reads them and however often one is lost. Raises Problem where nobody is left to read.
    """
    begun, left = deque[tuple[str, Future[FileRead]]](), iter(files)
    try:
        while True:
            begun.extend(
                (path, executor.submit(read_file, path, briefing)) for path in islice(left, ahead - len(begun))
            )
            if not begun:
                return
            path, future = begun.popleft()
            for _ in range(TRIES - 1):
                if future.exception() is None:
                    break
                future = executor.submit(read_file, path, briefing)
            yield path, future.exception() or future.result()
    except CancelledError:
        raise Problem("the scheduler is gone; give the command again to go on: files that are done stay so") from None


def downloads() -> Path:
    return home() / "downloads"


def denials_of(registry: Registry, archive: Archive) -> Denials:
    return Denials(load_finders().denied, (*registry.denied, *denied_hosts(archive.found_hosts.every())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """How files are read."""

    topic: str | None
    version: str
    again: bool = False  # also those that are done
    any_host: bool = False  # pages at hosts that no source owns, too
    ask: AskSites | None = None  # of sites that gave an article, what they reserve
    at_a_time: int = 2  # files that the executor reads side by side


def fill(files: Sequence[str], executor: Executor, how: Filling, tell: Tell) -> Filled:
    """Raises Problem; sqlite3.Error or OSError where archive or disk cannot be written: what was written stays."""
    make_home()
    registry, profile = load_registry(), profile_of(how.topic)
    filled = Filled()
    with lock_crawl(), Archive(archive_path()) as archive:
        sources = with_found({source.id: source for source in registry.sources}, archive.found_hosts.every())
        owners = Owners(sources.values())
        renew_keys(archive, {name: source.hints() for name, source in sources.items()}, owners.target)
        names = {path: known_as(path) for path in files}
        rules = profile.version + " at any host" * how.any_host
        unread = [path for path in files if how.again or not archive.archive_files.is_read(*names[path], rules)]
        if len(unread) < len(files):
            tell(f"{len(files) - len(unread)} files are done already; --again reads them once more")
        number = archive.runs.begin(
            [source.row() for source in sources.values()],
            kind="backfill",
            sources=0,
            version=how.version,
            rules_version=profile.version,
        )
        briefing = Briefing(
            owners=owners,
            topic=how.topic,
            reserved=str(registry.manners.reserved),
            decided=PersonsWords(archive).on(),
            kept=Digests(archive.articles.every_key()),
            removed=archive.removals.digests(),
            downloads=str(downloads()),
            denials=denials_of(registry, archive) if how.any_host else None,
        )
        sites = AskedSites(ask=how.ask, reserved=briefing.reserved)
        writer = Writer(archive, number, briefing, sites)
        try:
            for path, content in read_files(executor, unread, briefing, how.at_a_time + WAITING):
                filled.files += 1
                if isinstance(content, BaseException):
                    filled.aside.append(f"{path}: set aside after {TRIES} tries ({content})")
                    continue
                filled.counts += content.counts
                sites.ask_for(content.captures)
                with archive.atomic():  # all of a file, or nothing
                    for capture in content.captures:
                        filled.count(writer.settle(capture))
                    reasons = {"reasons": as_json(dict(filled.reasons.most_common()))}
                    archive.runs.note_counts(number, {name: filled.counts[name] for name in COUNTED} | reasons)
                    archive.archive_files.note(*names[path], rules, number)
                    sites.write(archive, number)
                for damage in content.damages:
                    tell(damage)
                tell(filled.progress(len(unread)))
        finally:
            writer.pages.close()
            shutil.rmtree(downloads(), ignore_errors=True)  # also what a killed worker has left
        archive.runs.end(number, "completed")
    return filled
