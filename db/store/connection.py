"""The one place that opens an archive: to write it, to read it, or as a file that nobody writes."""

import os
import shutil
import sqlite3
from contextlib import closing
from enum import StrEnum
from pathlib import Path

from sqlite_utils import Database

from db.problem import Problem
from db.store.backups.copying import copy_whole, fault_of
from db.store.migrations import migrations
from db.store.reading.authorizer import only_reads
from db.store.reading.bounds import bound
from db.store.statements import ArchiveDatabase

PATIENCE = 30.0  # seconds that somebody else's transaction is waited for


class ArchiveError(Problem):
    """The archive cannot be used; the message says what to do."""


class Mode(StrEnum):
    """Parameters of SQLite's addresses (sqlite.org/uri.html)."""

    CREATE = "mode=rwc"  # written, and made where it is missing
    WRITE = "mode=rw"
    READ = "mode=ro"
    IMMUTABLE = "immutable=1"  # SQLite looks neither for a lock nor for a write-ahead log


def connect(path: Path, mode: Mode, *, timeout: float = PATIENCE, threads: bool = False) -> sqlite3.Connection:
    """A bare connection, that looks at nothing; `threads`: others than the one that opened it may use it.

    Who reads can neither write nor attach another file, nor take more than reading/bounds.py says, whatever
    statement it is given. Raises sqlite3.Error.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=timeout, check_same_thread=not threads
    )
    if mode in (Mode.READ, Mode.IMMUTABLE):
        connection.execute("pragma query_only = on")
        bound(connection)
        connection.set_authorizer(only_reads)
    return connection


def bound_heap(most: int) -> None:
    """Bytes of SQLite's of this process, for good: a statement that wants more ends with MemoryError."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"pragma hard_heap_limit = {most}")


def open_archive(path: Path) -> ArchiveDatabase:
    """To write: made where it is missing, brought up to date where it is older. Raises ArchiveError."""
    try:
        db = ArchiveDatabase(connect(path, Mode.CREATE))
    except sqlite3.Error as error:
        raise _cannot_be_written(path, error) from error
    try:
        check_age(db, path)
        if (pending := migrations.pending(db)) and _is_worth_a_copy(db):
            _copy(db, path, pending[0].name.partition("_")[0])
        if db.journal_mode != "wal":
            db.enable_wal()
        # In WAL mode a killed process loses nothing with NORMAL; only a power cut may undo the last commits.
        db.execute("pragma synchronous = normal")
        # Pages of the log, 16 MB, before it is written back: with 1,000 every fifteenth article that was compared with
        # the others waited for that (the slowest of 20 took 10 ms of CPU, now 4); readers look through 4,096 at once.
        db.execute("pragma wal_autocheckpoint = 4000")
        migrations.apply(db)
        if pending:  # all the tables anew are 700 kB of a log that grows until the first checkpoint
            db.execute("pragma wal_checkpoint(truncate)")
    except sqlite3.Error as error:
        db.close()
        raise _cannot_be_written(path, error) from error
    except BaseException:
        db.close()
        raise
    return db


# Before the tables change, a copy is put beside the archive: a step that goes wrong can then be undone by hand.


def _is_worth_a_copy(db: Database) -> bool:
    tables = {"articles", "refusals", "pages", "leads", "decisions", "corrections", "runs"} & set(db.table_names())
    return any(db.execute(f"select exists (select 1 from {table})").fetchone()[0] for table in tables)


def copy_of(path: Path, step: str) -> Path:
    """Where the copy lies that was made before a step: archive.before-m023.db for m023."""
    return path.with_name(f"{path.stem}.before-{step}{path.suffix}")


def _copy(db: Database, path: Path, step: str) -> None:
    """One copy is kept, the newest. Raises ArchiveError where there is no room: then nothing has changed."""
    pages, size = (int(db.execute(f"pragma {name}").fetchone()[0]) for name in ("page_count", "page_size"))
    check_room(path, pages * size)
    copy = copy_of(path, step)
    part = copy.with_name(f".{copy.name}.part")
    part.unlink(missing_ok=True)
    try:
        with closing(connect(part, Mode.CREATE)) as target:
            counts = copy_whole(db.conn, target)
        with closing(connect(part, Mode.WRITE)) as copied:
            if fault := fault_of(copied, counts):
                raise sqlite3.DatabaseError(f"the copy is damaged: {fault}")
        part.replace(copy)
    except (sqlite3.Error, OSError) as error:
        raise ArchiveError(
            f"{path}: no copy of it could be made before it is brought up to date ({error}); "
            f"make room in {path.parent}, the archive is untouched"
        ) from error
    finally:
        part.unlink(missing_ok=True)
    for other in path.parent.glob(copy_of(path, "m[0-9]*").name):
        if other != copy:
            other.unlink(missing_ok=True)


def check_room(path: Path, size: int) -> None:
    """Raises ArchiveError where a copy of so many bytes does not fit beside the archive."""
    needed = size + size // 10  # what is written to the log while the tables change
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise ArchiveError(
            f"{path}: a copy is made before it is brought up to date, which takes {needed / 1e6:.0f} MB, and "
            f"{free / 1e6:.0f} MB are free; make room in {path.parent}, the archive is untouched"
        )


def _cannot_be_written(path: Path, error: sqlite3.Error) -> ArchiveError:
    return ArchiveError(
        f"{path}: {error}; see that the folder may be written to and has room, "
        "or put a sound copy of the archive in its place"
    )


def open_to_read(path: Path) -> ArchiveDatabase:
    """Raises ArchiveError where there is no archive yet, or none that this program can read."""
    mode = mode_to_read(path)
    try:
        db = ArchiveDatabase(connect(path, mode), recursive_triggers=False)
    except sqlite3.Error as error:
        raise ArchiveError(f"{path}: {error}; put a sound copy of the archive in its place") from error
    try:
        check_age(db, path)
        if "articles" not in db.table_names():
            raise ArchiveError(
                f"{path}: this is no archive; run 'revierspiegel migrate', or put a sound copy in its place"
            )
    except sqlite3.Error as error:
        db.close()
        raise ArchiveError(f"{path}: {error}; put a sound copy of the archive in its place") from error
    except BaseException:
        db.close()
        raise
    return db


def mode_to_read(path: Path) -> Mode:
    """IMMUTABLE where it can only be read as a file that nobody writes. Raises ArchiveError where it cannot be read.

    A file in WAL mode needs its -shm beside it. Where nothing can be written that is only there while a writer is,
    and SQLite says "attempt to write a readonly database".
    """
    if not path.is_file():
        raise ArchiveError(f"{path}: there is no archive yet; run 'revierspiegel crawl' first")
    try:
        with closing(connect(path, Mode.READ)) as connection:
            connection.execute("select count(*) from sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        log = path.with_name(f"{path.name}-wal")
        may_be_read = os.access(path, os.R_OK) and not os.access(path.parent, os.W_OK)
        if not may_be_read or (log.is_file() and log.stat().st_size):
            raise ArchiveError(f"{path}: cannot be read ({error}); make it and its folder yours") from error
        return Mode.IMMUTABLE
    except sqlite3.DatabaseError as error:
        raise ArchiveError(
            f"{path}: is no archive ({error}); put a sound copy of it in its place, or set REVIERSPIEGEL_HOME"
        ) from error
    return Mode.READ


def check_age(db: Database, path: Path) -> None:
    """Raises ArchiveError where a newer program has written the archive."""
    if "_sqlite_migrations" not in db.table_names():
        return
    with Database(memory=True) as blank:
        step_names = {step.name for step in migrations.pending(blank)}
    rows = db.query("select name from _sqlite_migrations where migration_set = ?", [migrations.name])
    if newer := sorted(row["name"] for row in rows if row["name"] not in step_names):
        raise ArchiveError(
            f"{path}: written by a newer Revierspiegel ({newer[-1]}); update the program, the archive is untouched"
        )


def check_is_current(db: Database, path: Path) -> None:
    """Raises ArchiveError where the archive is older than the program: who only reads cannot bring it up to date."""
    if older := migrations.pending(db):
        raise ArchiveError(
            f"{path}: of an older version ({older[0].name} is to come); run 'revierspiegel migrate' first"
        )


def is_of_storage(error: BaseException) -> bool:
    """Whether the disk or the file of the archive is to blame: what SQLite refuses of a single row (types, lengths,
    constraints) says nothing of them."""
    return isinstance(error, OSError | sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError
