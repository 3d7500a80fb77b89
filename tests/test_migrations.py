"""Archives of earlier versions come to today's tables with all that they hold, also where that is broken off."""

import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlite_utils import Database

from db.operations.backups.making import fault_of_backup, make_backup
from db.operations.doctor import examine
from db.operations.upkeep import bring_up_to_date
from db.store.archive import Archive
from db.store.backups.copying import Counts, count_rows, fault_of
from db.store.connection import ArchiveError, Mode, connect
from db.store.migrations import migrations
from tests.blank import blank_archive
from tests.conftest import ROOT
from tests.test_backups import NOW

VERSIONS = sorted((ROOT / "tests" / "archives").glob("*.tar.xz"))
EACH = 4  # of the steps to come, each so many-th is broken off
# What nobody can find anywhere else; all other tables are made from these, or from pages.
ORIGINALS = "articles aliases refusals pages leads runs source_nights sources decisions job_runs".split()


def unpacked(version: Path, folder: Path) -> Path:
    with tarfile.open(version) as tar:
        tar.extract("archive.db", folder, filter="data")
    return folder / "archive.db"


def rows(archive: Path) -> Counts:
    with closing(connect(archive, Mode.WRITE)) as connection:
        counts = count_rows(connection)
        assert fault_of(connection, counts) == ""
    return {table: counts.get(table, 0) for table in ORIGINALS}


def tables(archive: Path) -> set[str]:
    with closing(connect(archive, Mode.WRITE)) as connection:
        names = connection.execute("select type || ' ' || name from sqlite_master")
        return {name for (name,) in names}


@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.name.partition(".")[0])
def test_an_archive_of_an_earlier_version_is_brought_up_to_date(version: Path, tmp_path: Path) -> None:
    archive = unpacked(version, tmp_path)
    before = rows(archive)
    assert fault_of_backup(make_backup(tmp_path, NOW)) == ""  # the program before the steps can be gone back to
    with Archive(blank_archive(tmp_path / "blank.db")) as blank:
        to_come = [step.name for step in migrations._migrations][::EACH]
        steps = blank.steps()

    broken = []
    for step in migrations._migrations:
        if step.name in to_come and not _is_taken(archive, step.name):
            with breaking_off(archive, step.name), pytest.raises(ArchiveError, match="broken off"):
                Archive(archive).close()
            assert rows(archive) == before  # and a reader of the file finds it whole
            broken.append(step.name)
    assert len(broken) == len([name for name in to_come if int(name[1:4]) > int(version.name[1:4])])
    assert bring_up_to_date(archive, print) == steps
    assert rows(archive) == before and tables(archive) == tables(tmp_path / "blank.db")
    assert not [finding for finding in examine(archive) if finding.wrong]


@contextmanager
def breaking_off(archive: Path, step: str) -> Iterator[None]:
    """At the end of the step, before it is entered as taken."""
    with closing(connect(archive, Mode.WRITE)) as connection, connection:
        migrations.ensure_migrations_table(Database(connection))
        entered = f"before insert on _sqlite_migrations when new.name = '{step}'"
        connection.execute(f"create trigger breaks {entered} begin select raise(abort, 'broken off'); end")
    yield
    with closing(connect(archive, Mode.WRITE)) as connection, connection:
        connection.execute("drop trigger breaks")


def _is_taken(archive: Path, step: str) -> bool:
    with closing(connect(archive, Mode.WRITE)) as connection:
        return bool(connection.execute("select 1 from _sqlite_migrations where name = ?", [step]).fetchone())
