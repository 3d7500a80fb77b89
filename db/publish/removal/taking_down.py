"""An article taken down: out of the archive first, so that no page shows it, then out of every file of the home.

Who calls it holds the locks of the crawl and of the backups. Killed at any time, it goes on when it is given again.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from db.export.bundles import folder_of as exports_of
from db.export.bundles import make as make_exports
from db.operations.backups.making import sha256
from db.operations.backups.shelf import ARCHIVE, MANIFEST, PAGES, BackupError, read, write
from db.publish import shelf
from db.publish.removal.erasing import Order, damage_of, erase, renew_sums, shrink
from db.publish.removal.files import FileKind, Homes, empty_lines, overwrite, still_names
from db.publish.removal.finding import FoundTraces, find, names_with, other_titles
from db.publish.removal.journal import NAME, Journal
from db.publish.removal.public import outdated_copies, withdraw_public
from db.publish.removal.records import Place, sweep_records
from db.publish.removal.traces import Marks, Traces
from db.store.backups.copying import count_rows
from db.store.connection import Mode, connect, open_archive
from db.store.leaving.removals import RemovalRow, RemovalStore, digest_of
from db.store.leaving.tombstones import How
from db.store.rows import now
from db.store.statements import ArchiveDatabase

Tell = Callable[[str], object]
Republish = Callable[[], object]
HALVES = (  # what a kill has left, and what is made of an archive that was set aside
    *(".restore.part", "backups/.*.part", "public/.snapshot.part*", "public/packages/.*"),
    *("set-aside-*/exports", "set-aside-*/.exports"),
)


@dataclass(slots=True, kw_only=True)
class TakenDown:
    """What has gone from where, in numbers; `left` names what could not be reached in the home."""

    articles: tuple[int, ...] = ()
    how: str = ""
    rows: dict[str, int] = field(default_factory=dict)  # of the archive, by table
    pages: int = 0  # records of kept pages, each file once
    other_pages: int = 0  # pages of others, out of which its address was taken
    databases: int = 0  # beside the archive: backups, homes set aside
    files: int = 0  # others, in which its address was overwritten
    backups: tuple[str, ...] = ()
    exports: bool = False
    snapshots: tuple[str, ...] = ()  # that were public, and are no more
    packages: tuple[str, ...] = ()  # likewise
    left: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    def line(self) -> str:
        """For a person."""
        what = f"article {', '.join(map(str, self.articles))}" if self.articles else "no article"
        exports = ", the files of the downloads" if self.exports else ""
        if self.snapshots or self.packages:
            exports += f"; {len(self.snapshots)} public snapshots and {len(self.packages)} data packages withdrawn"
        return (
            f"{what} taken down: {sum(self.rows.values())} rows, {self.pages} kept pages, {self.databases} other"
            f" databases ({len(self.backups)} backups), {self.files} files{exports}"
        )

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def foresee(home: Path, names: Iterable[str]) -> tuple[FoundTraces, int]:
    """What a removal would be about, and in how many databases of the home it stands; nothing is changed."""
    known, traces, number = frozenset(names), Traces(), 0
    here = FoundTraces()
    for path in Homes(home).of(FileKind.DATABASE):
        with suppress(sqlite3.Error), closing(_reading(path)) as db:
            found = find(db, known)
            number += bool(found.articles or found.pages)
            traces |= found.traces
            here = found if path == home / ARCHIVE else here
    return replace(here, traces=here.traces | traces), number


def take_down(home: Path, names: Iterable[str], order: Order, tell: Tell, republish: Republish) -> TakenDown:
    """`names`: the address and the keys that it is compared by. Raises ArchiveError, OSError, sqlite3.Error."""
    journal = begin(home, frozenset(names), order)
    return carry_on(home, journal, tell, republish)


def begin(home: Path, names: frozenset[str], order: Order) -> Journal:
    """All that it is known by in any database of the home, and where its pages lie: written down before any goes."""
    traces = Traces(frozenset(name for name in names if "://" in name), frozenset(n for n in names if "://" not in n))
    paths = Homes(home, frozenset([shelf.folder_of(home)])).of(FileKind.DATABASE)
    places = set[Place]()
    for _ in range(2):  # what one of them knows, another may know by another name
        for path in paths:
            with suppress(sqlite3.Error), closing(_reading(path)) as db:
                found = find(db, traces.names)
                traces |= found.traces
                places.update(_places(db, path, found))
    with closing(_reading(home / ARCHIVE)) as db:
        found = find(db, traces.names)
        traces = replace(traces, titles=traces.titles - other_titles(db, traces.titles, found))
    journal = Journal(path=home / NAME, order=order, traces=traces, articles=found.articles, places=frozenset(places))
    journal.write()
    return journal


def carry_on(home: Path, journal: Journal, tell: Tell, republish: Republish) -> TakenDown:
    """`republish` makes a snapshot of the archive as it is now."""
    marks, order, done = Marks(journal.traces), journal.order, TakenDown(how=str(journal.order.how))
    with closing(open_archive(home / ARCHIVE)) as db:
        found = find(db, journal.traces.names)
        done.articles, done.rows = tuple(sorted(found.articles)), dict(+erase(db, found, marks, order))
        left = [f"{ARCHIVE}: {why}"] if (why := shrink(db)) else []
    tell("the archive no longer has it")
    for pattern in HALVES:
        for path in home.glob(pattern):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() and not path.is_symlink() else path.unlink()
    public = withdraw_public(home, marks, order, republish)
    done.snapshots, done.packages = public.snapshots, public.packages
    left += public.left
    tell("nothing that is public has it")
    if exports_of(home / ARCHIVE).is_symlink():
        make_exports(home / ARCHIVE)
        done.exports = True
        tell("the files of the downloads are made anew")
    else:  # what a kill has left of the first ones
        shutil.rmtree(home / ".exports", ignore_errors=True)
    outdated = outdated_copies(home, marks)
    left += [f"{path.relative_to(home)}: has it; delete it, or write it again" for path in sorted(outdated)]
    spared = frozenset((home / ARCHIVE, home / NAME, shelf.folder_of(home), *outdated))
    left += _sweep(Homes(home, spared), journal, done, tell)
    with closing(open_archive(home / ARCHIVE)) as db:
        naming = _still_naming(Homes(home, frozenset((home / NAME, *outdated))), marks, order.how)
        left += [f"{path.relative_to(home)}: still names it" for path in naming]
        done.left = tuple(left)
        number = (RemovalStore(db).of(journal.traces.names) or {"id": 0})["id"]
        RemovalStore(db).end(number, now(), json.dumps(_numbers(done)))
        db.execute("pragma wal_checkpoint(truncate)")
    journal.forget()
    return done


def take_down_again(tree: Path, log: Iterable[tuple[RemovalRow, frozenset[str]]]) -> int:
    """In a backup that is laid out to be restored: what has been taken down since; how many removals that was."""
    number = 0
    for row, digests in log:
        with closing(open_archive(tree / ARCHIVE)) as db:
            if digests <= RemovalStore(db).digests():
                continue
            names = names_with(db, partial(is_of, digests))
            RemovalStore(db).put(dict(row), digests)
            db.execute("pragma journal_mode = delete")
        if names:
            order = Order(how=How(row["how"]), why=row["why"], at=row["at"])
            journal = begin(tree, names, order)
            with closing(open_archive(tree / ARCHIVE)) as db:
                erase(db, find(db, journal.traces.names), Marks(journal.traces), order, order.at)
                shrink(db)
                db.execute("pragma journal_mode = delete")
            _sweep(Homes(tree, frozenset((tree / ARCHIVE, tree / NAME))), journal, TakenDown(), lambda _: None)
            journal.forget()
        number += 1
    return number


def is_of(digests: frozenset[str], name: str) -> bool:
    """Also by the key of a tombstone that is a digest itself."""
    return digest_of(name) in digests or name in digests


def _sweep(homes: Homes, journal: Journal, done: TakenDown, tell: Tell) -> list[str]:
    """Everything but the archive itself, which is told the new sums of pages at the end."""
    marks, left = Marks(journal.traces), list[str]()

    def note(sums: Mapping[str, str]) -> None:
        nonlocal journal
        journal = journal.with_sums(sums)
        journal.write()

    files = list(homes.files())
    swept = sweep_records(iter(path for path, kind in files if kind is FileKind.RECORDS), journal.places, marks, note)
    done.pages, done.other_pages = swept.blanked, swept.masked
    left += swept.unread
    tell(f"{swept.blanked} kept pages are blank")
    with closing(open_archive(homes.root / ARCHIVE)) as db:
        renew_sums(db, dict(journal.sums))
    for path in [path for path, kind in files if kind is FileKind.DATABASE]:
        try:
            done.databases += _erase_copy(path, journal, marks)
        except sqlite3.Error as error:
            left.append(f"{path.relative_to(homes.root)}: {damage_of(error)}")
        tell(f"{path.relative_to(homes.root)} is looked through")
    for path in [path for path, kind in files if kind is FileKind.OTHER and path.name != MANIFEST]:
        emptied = empty_lines(path, marks, journal.articles) if path.suffix == ".jsonl" else 0
        done.files += bool(overwrite(path, marks) or emptied)
    sums = _Sums()
    for manifest in sorted(homes.root.glob(f"backups/[0-9]*/{MANIFEST}")):
        if _renew_manifest(manifest.parent, sums):
            done.backups = (*done.backups, manifest.parent.name)
    return left


def _erase_copy(path: Path, journal: Journal, marks: Marks) -> bool:
    """A backup's archive, or another that lies in the home; whether it had anything of it. Nobody else writes it."""
    with closing(ArchiveDatabase(connect(path, Mode.WRITE))) as db:
        found = find(db, journal.traces.names)
        if "articles" not in db.table_names():
            return False
        erase(db, found, marks, journal.order, journal.order.at)
        renew_sums(db, dict(journal.sums))
        shrink(db)
        return bool(found.articles or found.pages)


class _Sums(dict[tuple[int, int, int], str]):
    """Of the first bytes of a file, by its inode and their number: one that many backups name is read once."""

    def of(self, path: Path, size: int) -> str:
        facts = path.stat()
        key = facts.st_dev, facts.st_ino, size
        if key not in self:
            self[key] = sha256(path, size)
        return self[key]


def _renew_manifest(folder: Path, sums: _Sums) -> bool:
    """Of a backup: its counts and sums, where they are others now. Its parts are on the disk by then."""
    try:
        backup = read(folder)
        with closing(connect(folder / ARCHIVE, Mode.WRITE)) as connection:
            counts = count_rows(connection)
    except (BackupError, sqlite3.Error):
        return False
    files = []
    for file in backup.files:
        path = folder / file.name
        size = path.stat().st_size if not file.name.startswith(f"{PAGES}/") else file.bytes
        files.append(replace(file, bytes=size, sha256=sums.of(path, size)))
    renewed = replace(backup, counts=counts, files=tuple(files))
    if renewed == backup:
        return False
    part = folder / f".{MANIFEST}.part"
    part.unlink(missing_ok=True)
    write(renewed, part.name)
    part.replace(folder / MANIFEST)
    return True


def _places(db: Database, path: Path, found: FoundTraces) -> Iterator[Place]:
    """Where the records of its pages lie, beside that database."""
    if found.pages:
        sql = "select file, offset from pages where id in (select value from json_each(?))"
        for name, offset in db.execute(sql, [json.dumps(sorted(found.pages))]):
            yield str(path.parent / PAGES / name), int(offset)


def _still_naming(homes: Homes, marks: Marks, how: How) -> Iterator[Path]:
    """A tombstone that says so names the address, and nothing else does."""
    titles = Marks(replace(marks.traces, addresses=frozenset()))
    for path, kind in homes.files():
        looked_for = titles if how is How.BLOCK and kind is FileKind.DATABASE else marks
        if still_names(path, kind, looked_for):
            yield path


def _numbers(done: TakenDown) -> dict[str, object]:
    return {
        "rows": sum(done.rows.values()),
        "pages": done.pages,
        "databases": done.databases,
        "files": done.files,
        "left": len(done.left),
    }


def _reading(path: Path) -> Database:
    """Without the bounds of readers: it is this program that asks."""
    connection = connect(path, Mode.WRITE)
    connection.execute("pragma query_only = on")
    return Database(connection)
