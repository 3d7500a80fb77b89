"""A backup: the archive copied as of one moment, its pages linked, all of it looked at before it counts.

It is made under a name that begins with a dot; a kill leaves at worst that folder, which the next backup removes.
"""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from db.lock import lock_backups
from db.operations.backups.shelf import (
    ARCHIVE,
    PAGES,
    Backup,
    BackupError,
    KeptFile,
    alongside,
    backups,
    folder_of,
    last_backup,
    name_of,
    to_keep,
    write,
)
from db.store.backups.copying import Counts, copy_whole, fault_of, pages_end
from db.store.connection import Mode, connect, open_to_read

AT_ONCE = 1 << 20  # bytes
SPARE = 64 << 20  # bytes that are to stay free, for what a crawl may be writing meanwhile
HALF = "backups/.*.part"  # what a kill has left


def make_backup(home: Path, now: datetime, tell: Callable[[str], object] = lambda _: None) -> Backup:
    """Also while others write. Raises BackupError, or Busy where another backup is being made; nothing is changed then,
    and those that are there stay."""
    archive = home / ARCHIVE
    open_to_read(archive).close()  # says so where there is none
    with lock_backups():
        before = last_backup(home)
        folder = folder_of(home) / name_of(now)
        part = folder.with_name(f".{folder.name}.part")
        if folder.exists():
            raise BackupError(f"{folder}: is there already; try again in a second")
        try:
            for left in home.glob(HALF):
                shutil.rmtree(left)
            _check_room(home, before)
            (part / PAGES).mkdir(parents=True)
            backup = _fill(Backup(folder=part, at=now, counts={}, files=()), home, before, tell)
            write(backup)
            if fault := fault_of_backup(backup, quick=True):
                raise BackupError(f"{folder}: {fault}; the disk or the archive is damaged: run 'revierspiegel doctor'")
            part.rename(folder)
            sync_folder(folder.parent)
        except (OSError, sqlite3.Error) as error:
            raise BackupError(
                f"{folder}: no backup could be made ({error}); make room in {folder_of(home)} and see that it may be"
                " written to, the archive and earlier backups are untouched"
            ) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return replace(backup, folder=folder)


def thin_out(home: Path) -> list[str]:
    """Remove the backups that are no longer kept; their names. Raises Busy, OSError."""
    with lock_backups():
        there = backups(home)
        keep = to_keep(backup.at for backup in there)
        gone = [backup for backup in there if backup.at not in keep]
        for backup in gone:
            half = backup.folder.with_name(f".{backup.name}.part")
            backup.folder.rename(half)  # half of a backup must not look like one
            shutil.rmtree(half)
        return [backup.name for backup in gone]


def fault_of_backup(backup: Backup, *, quick: bool = False) -> str:
    """What is damaged in it; '' where it is sound. `quick`: files are not read again."""
    for file in backup.files:
        try:
            sound = quick or sha256(backup.folder / file.name, file.bytes) == file.sha256
            sound = sound and (backup.folder / file.name).stat().st_size >= file.bytes
        except OSError as error:
            return f"{file.name}: cannot be read ({error.strerror or error})"
        if not sound:
            return f"{file.name}: holds other bytes than were kept"
    try:
        with closing(connect(backup.folder / ARCHIVE, Mode.IMMUTABLE)) as connection:
            connection.set_authorizer(None)
            fault = fault_of(connection, backup.counts)
    except sqlite3.Error as error:
        fault = str(error)
    return f"{ARCHIVE}: {fault}" if fault else ""


def _fill(backup: Backup, home: Path, before: Backup | None, tell: Callable[[str], object]) -> Backup:
    """Pages first: those that a pruning takes away meanwhile are then there, whichever of them the archive names."""
    part = backup.folder
    for live in (home / PAGES).glob("*.warc.gz"):
        _place(live, part / PAGES / live.name, before)
    tell("copying the archive")
    counts = _copy(home / ARCHIVE, part / ARCHIVE)
    files, missing = [_sealed(part, ARCHIVE)], []
    with closing(connect(part / ARCHIVE, Mode.IMMUTABLE)) as copy:
        ends = pages_end(copy)
    for number, (name, end) in enumerate(ends.items(), 1):
        file = f"{PAGES}/{name}"
        if not (part / file).exists():
            _place(home / file, part / file, before)  # begun, or written anew, since
        if not (part / file).exists() or (part / file).stat().st_size < end:
            missing.append(file)
            continue
        files.append(_known(part, file, end, before) or _sealed(part, file, end))
        tell(f"{number} of {len(ends)} files of pages")
    for unnamed in {each.name for each in (part / PAGES).iterdir()} - {Path(file.name).name for file in files}:
        (part / PAGES / unnamed).unlink()
    for path in alongside(home):
        name = path.relative_to(home).as_posix()
        (part / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, part / name)
        files.append(_sealed(part, name))
    sync_folder(part / PAGES)
    sync_folder(part)
    return replace(backup, counts=counts, files=tuple(files), missing=tuple(missing))


def _copy(archive: Path, target: Path) -> Counts:
    with closing(connect(archive, Mode.WRITE)) as source, closing(connect(target, Mode.CREATE)) as copy:
        return copy_whole(source, copy)


def _place(live: Path, target: Path, before: Backup | None) -> None:
    """A second name for the file, which is only ever written on at its end; a copy where the backups lie on another
    disk, and there a second name for the copy of the backup before."""
    with suppress(FileNotFoundError):  # a pruning was faster
        try:
            os.link(live, target)
        except FileNotFoundError:
            raise
        except OSError:
            if before and _is_as_before(live, before, f"{PAGES}/{live.name}"):
                os.link(before.folder / PAGES / live.name, target)
            else:
                shutil.copy2(live, target)  # with its time, by which the next backup knows it


def _is_as_before(live: Path, before: Backup, name: str) -> bool:
    then, now = before.folder / name, live.stat()
    return then.exists() and then.stat().st_size == now.st_size and now.st_mtime < before.at.timestamp()


def _known(part: Path, name: str, end: int, before: Backup | None) -> KeptFile | None:
    """What the backup before has read of the same file is not read again: years of pages lie beside the night's."""
    if before is None or not (then := before.folder / name).exists():
        return None
    known = next((file for file in before.files if (file.name, file.bytes) == (name, end)), None)
    unchanged = (part / name).stat().st_mtime < before.at.timestamp() and then.samefile(part / name)
    return known if unchanged else None


def _sealed(part: Path, name: str, end: int | None = None) -> KeptFile:
    """On the disk for good, with its sum."""
    path = part / name
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
    size = path.stat().st_size if end is None else end
    return KeptFile(name=name, bytes=size, sha256=sha256(path, size))


def pieces(path: Path, size: int) -> Iterator[bytes]:
    """So many bytes of a file from its beginning. Raises OSError."""
    with path.open("rb") as stream:
        while size > 0 and (piece := stream.read(min(AT_ONCE, size))):
            size -= len(piece)
            yield piece


def sha256(path: Path, size: int) -> str:
    digest = hashlib.sha256()
    for piece in pieces(path, size):
        digest.update(piece)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """The names in it are on the disk."""
    listing = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(listing)
    finally:
        os.close(listing)


def _check_room(home: Path, before: Backup | None) -> None:
    """Raises BackupError where the archive does not fit once more, nor its pages where they cannot be linked."""
    folder = folder_of(home)
    folder.mkdir(exist_ok=True)
    needed = sum(path.stat().st_size for path in home.glob(f"{ARCHIVE}*") if path.name in (ARCHIVE, f"{ARCHIVE}-wal"))
    if folder.stat().st_dev != home.stat().st_dev:
        there = {Path(file.name).name for file in before.files} if before else set()
        needed += sum(path.stat().st_size for path in (home / PAGES).glob("*.warc.gz") if path.name not in there)
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE:
        raise BackupError(
            f"{folder}: a backup takes {needed / 1e6:.0f} MB, {SPARE / 1e6:.0f} MB are to stay free, and there are"
            f" {free / 1e6:.0f} MB; make room, or make the folder a link to a larger disk. Earlier backups stay"
        )
