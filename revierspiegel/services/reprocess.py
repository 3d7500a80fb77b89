"""Reading kept pages again: what the registry knows of their sources, the lock, the batches, the time that is left."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TypeVar

from crawler.registry.owners import Owners
from crawler.registry.sources import Registry, load_registry
from crawler.settings import REFUSED_PAGES_DAYS, TOPIC
from db.audit.drawing import drawn_pages
from db.days import moment
from db.home import archive_path, pages_path
from db.lock import lock_crawl
from db.problem import Problem
from db.search import vocabulary
from db.store.archive import Archive
from db.store.connection import open_to_read
from db.store.warc import Pruned, prune
from pipelines.article import Hints
from pipelines.relevance.profile import profile_of
from pipelines.storing.enrich import Tell, enrich_copies
from pipelines.storing.facts import enrich_facts
from pipelines.worker import Worker
from revierspiegel.services.earlier_versions import read_again
from revierspiegel.services.rereading import Effect, Reader, Reread, kept_pages

BATCH = 50  # pages a transaction: two seconds of reading are lost where it is killed, and read again the next time

T = TypeVar("T")


def reader_of(archive: Archive, registry: Registry, topic: str | None) -> Reader:
    """Of a source that has left the registry, the archive knows some things still."""
    past = archive.sources.every()
    hints = {row["id"]: Hints(kind=row["kind"], lang=row["lang"], access=row["access"]) for row in past}
    hints |= {source.id: source.hints() for source in registry.sources}
    return Reader(
        archive=archive,
        folder=pages_path(),
        hints=hints,
        topic=topic,
        reserved=str(registry.manners.reserved),
        find_target=Owners(registry.sources).target,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    pages: int  # how many there are
    changes: Iterator[Reread]
    archive: Archive
    dry_run: bool

    def prune(self) -> Pruned:
        """Once all is read: what the rules of today refuse has had its chance."""
        return Pruned() if self.dry_run else prune_pages(self.archive, pages_path())


@contextmanager
def reprocessing(sources: Sequence[str] = (), topic: Path | None = None, *, dry_run: bool = False) -> Iterator[Work]:
    """What becomes of each kept page; applied as it is read, unless it is a dry run.

    A dry run opens the archive to read. Raises Problem.
    """
    registry, topic_file = load_registry(), str(topic) if topic else TOPIC
    profile_of(topic_file)  # says what is wrong with it before a page is read
    open_to_read(archive_path()).close()  # says so where there is no archive
    lock = None if dry_run else lock_crawl()
    archive = Archive(archive_path(), read_only=dry_run)
    try:
        archive.check_is_current()
        check(archive, registry, sources)
        reader = reader_of(archive, registry, topic_file)
        numbers = kept_pages(archive, sources)
        changes = reader.changes(numbers)
        changes = changes if dry_run else applied(reader, changes)
        yield Work(pages=len(numbers), changes=changes, archive=archive, dry_run=dry_run)
        if not dry_run:
            with Worker() as worker:
                read_again(archive, reader.folder, reader.hints, reader.reserved, worker)
            vocabulary.take_in(archive_path())
            enrich_copies(archive.copies)
            enrich_facts(archive.facts)
    finally:
        archive.close()
        if lock:
            lock.close()


class Stage(StrEnum):
    """What can be made anew alone, from the texts that are stored."""

    FACTS = "facts"
    COPIES = "copies"


def make_anew(stage: Stage, tell: Tell) -> int:
    """Returns how many articles were read. Raises Problem."""
    open_to_read(archive_path()).close()  # says so where there is no archive
    with lock_crawl(), Archive(archive_path()) as archive:
        match stage:
            case Stage.FACTS:
                return enrich_facts(archive.facts, anew=True, tell=tell)
            case Stage.COPIES:
                return enrich_copies(archive.copies, anew=True, tell=tell).read


def check(archive: Archive, registry: Registry, sources: Sequence[str]) -> None:
    """Raises Problem for a source of which there is nothing to know."""
    ids = {source.id for source in registry.sources} | archive.pages.sources()
    if unknown := [name for name in sources if name not in ids]:
        raise Problem(f"no source '{unknown[0]}' in the registry; 'revierspiegel sources list' shows them")


def applied(reader: Reader, changes: Iterator[Reread]) -> Iterator[Reread]:
    """Each change once it is in the archive."""
    for batch in batches(changes, BATCH):
        with reader.archive.atomic():
            for change in batch:
                reader.apply(change)
        yield from batch


def batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(things)
    while batch := list(islice(left, size)):
        yield batch


def prune_pages(archive: Archive, folder: Path, days: float = REFUSED_PAGES_DAYS) -> Pruned:
    return prune(archive, folder, moment() - timedelta(days=days), drawn_pages())


class Count:
    """How far it is, in words."""

    def __init__(self, pages: int) -> None:
        self.pages, self.counts, self.others = pages, Counter[Effect](), Counter[str]()
        self.began = time.monotonic()

    def add(self, change: Reread) -> None:
        self.counts[change.what] += 1
        if change.what is Effect.REFUSED and change.kept.refusal:
            self.others[f"{change.kept.refusal['reason']} → {change.reason}"] += 1

    def line(self) -> str:
        done = self.counts.total()
        seconds = (time.monotonic() - self.began) / max(done, 1) * (self.pages - done)
        left = f"about {seconds / 60:.0f} min left" if seconds >= 90 else f"about {seconds:.0f} s left"
        return f"{done}/{self.pages} pages, {self._sum()}, {left}"

    def lines(self) -> Iterator[str]:
        """The end."""
        yield f"{self.counts.total()} pages: {self._sum()}"
        for other, count in self.others.most_common():
            yield f"refused for another reason: {count} {other}"

    def _sum(self) -> str:
        wordings = {
            Effect.IN: "come in",
            Effect.OUT: "go out",
            Effect.CHANGED: "change",
            Effect.ALIAS: "are articles already",
        }
        wordings |= {
            Effect.REFUSED: "refused for another reason",
            Effect.SAME: "stay",
            Effect.SKIPPED: "cannot be read back",
        }
        wordings |= {Effect.FAILED: "could not be read, by a fault of this program (the log has more)"}
        always = (Effect.IN, Effect.OUT, Effect.CHANGED, Effect.SAME)
        return ", ".join(
            f"{self.counts[what]} {words}" for what, words in wordings.items() if self.counts[what] or what in always
        )
