"""No number is given twice, also in archives from before; and what leaves has its tombstone in the same transaction."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlite_utils

from db.operations.doctor import examine
from db.store.archive import Archive
from db.store.connection import Mode, connect
from db.store.migrations import migrations
from tests.blank import blank_archive
from tests.conftest import ROOT
from tests.test_archive import article
from tests.test_store import BEFORE

MIGRATION, NEXT_MIGRATION = "m030_tombstones", "m031_corrections"


def test_who_leaves_and_its_tombstone_are_one_transaction(tmp_path: Path) -> None:
    with Archive(blank_archive(tmp_path / "archive.db")) as archive:
        number, _ = archive.articles.save(article("a"), {}, "a")
        row = archive.articles.get(number)
        assert row
        with pytest.raises(sqlite3.IntegrityError):  # a refusal without an address is none
            archive.take_out(row | {"url": None}, "a", "off_topic", None)
        assert archive.articles.get(number) == row
        assert archive.db.table("tombstones").count == 0
        archive.take_out(row, "a", "off_topic", None)
        archive.take_out(row, "a", "off_topic", None)  # somebody else was quicker: it has left, once
        assert [each["why"] for each in archive.db.query("select why from tombstones")] == ["off_topic"]
        with pytest.raises(sqlite3.IntegrityError):
            archive.db.execute("insert into tombstones (key, at, how) values ('k', '2026', 'rules')")  # of which one?


def test_articles_are_deleted_in_two_places() -> None:
    """One by one, which leaves a page and its versions; and where nothing may stay, in whatever old file."""
    rooms = (ROOT / room for room in ("revierspiegel", "schedules", "crawler", "pipelines", "db"))
    files = (path for room in rooms for path in room.glob("**/*.py"))
    places = [path for path in files if "delete from articles where" in path.read_text("utf-8")]
    assert sorted(path.relative_to(ROOT).as_posix() for path in places) == [
        "db/publish/removal/erasing.py",
        "db/store/articles.py",
    ]


# archives from before


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """An archive as the version before left it, made by the demo's crawl."""
    shutil.unpack_archive(BEFORE, tmp_path / "before", filter="data")
    path = tmp_path / "before" / "archive.db"
    with sqlite_utils.Database(path) as database:
        migrations.apply(database, stop_before=MIGRATION)
    return path


def everything(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, with their rowids where they have any, and what the archive says of its tables."""
    with closing(connect(path, Mode.READ)) as connection:
        listed = connection.execute("pragma table_list").fetchall()  # schema, name, type, columns, without a rowid, …
        tables = [(name, bare) for _, name, kind, _, bare, *_ in listed if kind in ("table", "shadow")]
        rows = {
            name: connection.execute(f'select {"" if bare else "rowid, "}* from "{name}"').fetchall()
            for name, bare in tables
            if name not in ("sqlite_sequence", "_sqlite_migrations", "sqlite_schema")
        }
        words = "select type, name, tbl_name, rootpage, sql from sqlite_master where name not like 'sqlite_auto%'"
        return rows | {"words": connection.execute(words).fetchall()}


def numbers(path: Path) -> dict[str, int]:
    """The highest number of each table that has been given."""
    with closing(connect(path, Mode.READ)) as connection:
        return dict(connection.execute("select name, seq from sqlite_sequence").fetchall())


def test_an_archive_from_before_keeps_every_row_and_number(before: Path) -> None:
    old = everything(before)
    with sqlite_utils.Database(before) as database:
        migrations.apply(database, stop_before=NEXT_MIGRATION)
    new = everything(before)
    assert new.pop("tombstones") == []
    words = {name: (kind, table, page, sql) for kind, name, table, page, sql in old.pop("words")}
    for kind, name, table, number, sql in new.pop("words"):
        if table in ("tombstones", "sqlite_sequence"):
            continue
        counted = " AUTOINCREMENT" if name in ("articles", "versions", "refusals", "pages") else ""
        was = words.pop(name)
        assert (kind, table, number) == was[:3]
        assert sql == (was[3] and was[3].replace("INTEGER PRIMARY KEY", f"INTEGER PRIMARY KEY{counted}", 1))
    assert words == {}
    assert new == old
    Archive(before).close()
    assert not [finding for finding in examine(before) if finding.wrong]
    assert numbers(before) == {"articles": 33, "versions": 33, "refusals": 36, "pages": 65}
    with Archive(before) as archive:
        found = "select rowid from articles_fts where articles_fts match 'Neuland'"
        first = {"page": None, "text": "Neuland"}
        assert archive.articles.save(article("neu.example/a", **first), {}, "neu.example/a") == (34, True)
        assert archive.db.execute(found).fetchall() == [(34,)]
        assert archive.db.execute("select max(article) from _words_due").fetchone() == (34,)
        assert archive.db.execute("select count(*) from _facts").fetchone() == (34,)


EVIDENCE = {  # what is left of articles with higher numbers
    "nothing": (("",), 1),
    "what the crawls kept": (("insert into runs (id, kept) values (2, 40), (3, 3)",), 43),
    "what a killed crawl kept": (("insert into source_nights (run, source, kept) values (1, 'a', 40)",), 40),
    "a version": (("insert into versions (article, title) values (50, 'x')",), 50),
    "a key": (("insert into article_keys values ('k', 51)",), 51),
}


@pytest.mark.parametrize("what", EVIDENCE)
def test_numbers_go_on_after_the_highest_that_was_given(tmp_path: Path, what: str) -> None:
    (statements, highest), path = EVIDENCE[what], tmp_path / "archive.db"
    with sqlite_utils.Database(path) as database:
        migrations.apply(database, stop_before=MIGRATION)
        database.table("articles").insert(article("a", id=1))
        for statement in statements:
            database.execute(statement)
    Archive(path).close()
    assert numbers(path)["articles"] == highest


def test_the_files_of_the_downloads_know_numbers_too(before: Path) -> None:
    (before.parent / "exports").mkdir()
    shutil.copy(before.parent / "articles.ris", before.parent / "exports")
    with sqlite_utils.Database(before) as database:  # all that is known of the last three is in that file
        for table in ("articles where id > 30", "versions where article > 30", "article_keys where article > 30"):
            database.execute(f"delete from {table}")
        for table in ("_words_due", "runs", "source_nights"):
            database.execute(f"delete from {table}")
    Archive(before).close()
    assert numbers(before)["articles"] == 33


KILLED = """
import os, signal, sys
from sqlite_utils import Database
from db.store.migrations import migrations
with Database(sys.argv[1]) as database:
    at = sys.argv[2]
    database.conn.set_trace_callback(lambda sql: at in sql and os.kill(os.getpid(), signal.SIGKILL))
    migrations.apply(database)
"""


@pytest.mark.parametrize("at", ["update sqlite_master", "pragma schema_version =", "COMMIT"])
def test_a_kill_in_the_midst_leaves_it_as_it_was(before: Path, at: str) -> None:
    old = everything(before)
    command = [sys.executable, "-c", KILLED, before, at]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert everything(before) == old
    Archive(before).close()
    assert not [finding for finding in examine(before) if finding.wrong]
    assert numbers(before)["articles"] == 33
