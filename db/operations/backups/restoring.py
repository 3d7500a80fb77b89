"""A backup put in the place of what a home has, which is set aside and never overwritten."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from db.lock import jobs_lock, lock_backups, lock_crawl
from db.operations.backups.making import SPARE, fault_of_backup, pieces, sha256, sync_folder
from db.operations.backups.shelf import ALONGSIDE, ARCHIVE, PAGES, Backup, BackupError, KeptFile, backups, name_of, read
from db.store.connection import Mode, connect, open_to_read

STAGE = ".restore.part"
MADE_OF_IT = ("exports", ".exports")  # the files of /downloads, which the next crawl or 'export all' makes again


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    backup: Backup
    set_aside: Path | None  # where what was there lies now


def choose(home: Path, wanted: str | None) -> Backup:
    """A backup of the home by its name, any by its folder, the newest of the home where none is named.

    Raises BackupError.
    """
    if wanted is None:
        if not (there := backups(home)):
            raise BackupError(f"{home}: has no backup yet; name the folder of one: 'revierspiegel restore FOLDER'")
        return there[0]
    of_home = [backup for backup in backups(home) if backup.name == wanted]
    return of_home[0] if of_home else read(Path(wanted).absolute())


def restore(
    backup: Backup,
    home: Path,
    now: datetime,
    tell: Callable[[str], object] = lambda _: None,
    finish: Callable[[Path], object] = lambda _: None,
) -> Restored:
    """All of it is read and laid beside the archive before anything moves; given again, it ends what a kill broke off.

    `finish` is given the folder in which it is laid out.

    Raises BackupError, ArchiveError, or Busy; the home is then as it was.
    """
    with ExitStack() as stack:
        stack.enter_context(lock_crawl())
        stack.enter_context(jobs_lock("restore"))
        stack.enter_context(lock_backups())
        stage = home / STAGE
        try:
            shutil.rmtree(stage, ignore_errors=True)
            _check(backup, home)
            _lay_out(backup, stage, tell)
            open_to_read(stage / ARCHIVE).close()  # not of a newer program
            finish(stage)
            _check_unused(home / ARCHIVE)
            return Restored(backup=backup, set_aside=_exchange(stage, home, now))
        except (OSError, sqlite3.Error) as error:
            raise BackupError(
                f"{home}: {backup.name} could not be restored ({error}); mend that and give the command again"
            ) from error
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def _check(backup: Backup, home: Path) -> None:
    if fault := fault_of_backup(backup, quick=True):
        raise _damaged(backup, fault)
    free = shutil.disk_usage(home).free
    if free < backup.bytes + SPARE:
        raise BackupError(
            f"{home}: {backup.name} takes {backup.bytes / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free; make room, or"
            " set REVIERSPIEGEL_HOME to a folder on a larger disk. Nothing has been changed"
        )


def _damaged(backup: Backup, fault: str) -> BackupError:
    return BackupError(
        f"{backup.folder}: {fault}; nothing has been changed. Restore another: 'revierspiegel backup --list' names"
        " them, --check says which are sound"
    )


def _lay_out(backup: Backup, stage: Path, tell: Callable[[str], object]) -> None:
    """Copies, never links: what is written to the archive again must not reach into the backup."""
    (stage / PAGES).mkdir(parents=True)
    for number, file in enumerate(backup.files, 1):
        (stage / file.name).parent.mkdir(parents=True, exist_ok=True)
        with (stage / file.name).open("wb") as stream:
            for piece in pieces(backup.folder / file.name, file.bytes):
                stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
        if not _is_whole(stage, file):
            raise _damaged(backup, f"{file.name}: holds other bytes than were kept")
        tell(f"{number} of {len(backup.files)} files")


def _is_whole(stage: Path, file: KeptFile) -> bool:
    return sha256(stage / file.name, file.bytes) == file.sha256


def _check_unused(archive: Path) -> None:
    """Who has it open would go on with what is set aside. Its log is written back, so that it is one file."""
    if not archive.exists():
        return
    try:
        with closing(connect(archive, Mode.WRITE, timeout=1)) as connection:
            connection.execute("pragma journal_mode = delete")
    except sqlite3.OperationalError as error:
        raise BackupError(
            f"{archive}: somebody has it open ({error}); stop the site and the schedule first, nothing has been changed"
        ) from error
    except sqlite3.DatabaseError:
        return  # it is damaged, and set aside as it is


def _new_folder(home: Path, name: str) -> Path:
    """Of that name, or with a number behind it: another restore may have been killed in the same second."""
    for number in count(1):
        folder = home / (name if number == 1 else f"{name}-{number}")
        with suppress(FileExistsError):
            folder.mkdir()
            return folder
    raise AssertionError


def _exchange(stage: Path, home: Path, now: datetime) -> Path | None:
    """The archive last, and in one step: there is always one, and a crawl never begins an empty one in its place."""
    aside = _new_folder(home, f"set-aside-{name_of(now)}")
    replaced = [name for name in ALONGSIDE if (stage / name).exists()]
    for name in (*MADE_OF_IT, *replaced, PAGES):
        if os.path.lexists(home / name):
            (home / name).rename(aside / name)
        if (stage / name).exists():
            (stage / name).rename(home / name)
    for name in (f"{ARCHIVE}-wal", f"{ARCHIVE}-shm"):  # of a damaged one; SQLite would take them for the new one's
        if (home / name).exists():
            (home / name).rename(aside / name)
    if (home / ARCHIVE).exists():
        try:
            os.link(home / ARCHIVE, aside / ARCHIVE)
        except OSError:  # a file system without links
            shutil.copyfile(home / ARCHIVE, aside / ARCHIVE)
    (stage / ARCHIVE).replace(home / ARCHIVE)
    sync_folder(aside)
    sync_folder(home)
    if not any(aside.iterdir()):
        aside.rmdir()
        return None
    return aside
