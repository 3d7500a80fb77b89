"""Taking an article down: the keys that the registry gives its address, the locks, and what is made anew after it."""

import sqlite3
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from crawler.registry.owners import source_of
from crawler.registry.sources import load_registry
from db.home import archive_path, home
from db.lock import lock_backups, lock_crawl
from db.outcomes import LONGEST
from db.problem import Problem
from db.publish.removal.erasing import Order
from db.publish.removal.finding import FoundTraces, names_with
from db.publish.removal.journal import Journal
from db.publish.removal.taking_down import TakenDown, Tell, carry_on, foresee, take_down, take_down_again
from db.publish.snapshot import publish
from db.store.archive import Archive
from db.store.connection import ArchiveError, open_to_read
from db.store.leaving.removals import RemovalStore
from db.store.leaving.tombstones import How
from db.store.rows import now
from db.validation import web_address
from pipelines.identity import key, normal
from pipelines.storing.enrich import enrich_few

NOT_REACHED = (
    "copies of the home or of its backups on other machines (restic, rclone, disks)",
    "sites as files and data packages outside of the home, until they are written again",
    "files that readers have downloaded",
    "web archives (archive.org, Common Crawl), and the publisher's own page",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What a removal would do."""

    articles: tuple[int, ...]
    pages: int
    databases: int
    addresses: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def names_of(url: str) -> frozenset[str]:
    """The address and all that it may be compared by. Raises Problem where it is none."""
    wrong: list[str] = []
    web_address((), url, wrong.append)
    if wrong:
        raise Problem(wrong[0])
    source = source_of(url, load_registry().sources)
    names = {url, normal(url)} | ({key(url, source.id, source.hints())} if source else set())
    if not {"/", "?"} & set(normal(url)):
        raise Problem(f"{url}: is the front page of a site, and no article; name the article's own address")
    return frozenset(names)


def stored_names(url: str) -> frozenset[str]:
    """With those of the archive that are the same but for campaigns, sessions and other views."""
    names, meant = names_of(url), normal(url)
    host = meant.partition("/")[0]
    with closing(open_to_read(archive_path())) as db:
        return names | names_with(db, lambda name: host in name and "://" in name and normal(name) == meant)


def dry_run(url: str) -> Foreseen:
    found, databases = foresee(home(), stored_names(url))
    return _foreseen(found, databases)


def _foreseen(found: FoundTraces, databases: int) -> Foreseen:
    return Foreseen(
        articles=tuple(sorted(found.articles)),
        pages=len(found.pages),
        databases=databases,
        addresses=tuple(sorted(found.traces.addresses)),
    )


def remove(url: str, how: How, why: str, tell: Tell) -> list[TakenDown]:
    """One that was broken off is ended first. Raises Problem."""
    names, words = stored_names(url), " ".join(why.split())[:LONGEST]
    settings, done = load_registry().publishing, []
    republish = partial(publish, archive_path(), home(), extract_words=settings.extract_words, keep=settings.keep)
    with closing(lock_crawl()), lock_backups():
        if journal := Journal.read(home()):
            tell("a removal was broken off, and is ended first")
            done.append(carry_on(home(), journal, tell, republish))
        if not (journal and names & journal.traces.names and journal.order.how is how):
            done.append(take_down(home(), names, Order(how=how, why=words, at=now()), tell, republish))
        with Archive(archive_path()) as archive:
            enrich_few(archive.copies)  # of whose group it was
    for each in done:
        each.elsewhere = NOT_REACHED
    return done


def take_down_since(tree: Path) -> int:
    """In a backup that is laid out to be restored: what this home has taken down, which the backup may not know."""
    log = []
    with suppress(ArchiveError, sqlite3.Error), closing(open_to_read(archive_path())) as db:
        log = list(RemovalStore(db).log())
    return take_down_again(tree, log)
