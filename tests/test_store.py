"""One opener and one writer: who only reads can change nothing, and a step of the tables leaves a copy behind."""

import asyncio
import csv
import hashlib
import io
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from crawler.demo.newsroom import Newsroom
from db.export.tables import export
from db.lock import lock_crawl
from db.operations.upkeep import bring_up_to_date, may_be_written
from db.search import vocabulary
from db.search.morphology import keys
from db.site.serve import close_site, make_site
from db.store.archive import Archive
from db.store.connection import ArchiveError, Mode, check_room, connect, copy_of, mode_to_read
from db.store.migrations import migrations
from revierspiegel.commands.asking import prepare_archive
from tests.conftest import ROOT, Desk
from tests.test_crawl import REGISTRY, fill
from tests.test_exports import make_archive
from tests.test_site import EVERY_PAGE

BEFORE = ROOT / "tests" / "archives" / "m022.tar.xz"  # an archive of the demo's, with what was exported from it
WRITES = (
    "delete from articles",
    "insert into runs (started) values ('2026-01-01')",
    "update articles set title = 'x'",
    "create table more (id integer)",
    "create temp table more (id integer)",
    "create view more as select 1",
    "drop table refusals",
    "alter table runs add column more text",
    "insert into articles_fts (articles_fts) values ('rebuild')",
    "attach database '{other}' as other",
    "vacuum into '{other}'",
    "vacuum",
    "reindex",
    "analyze",
    "pragma query_only = off",
    "pragma writable_schema = on",
    "pragma journal_mode = delete",
    "pragma user_version = 7",
    "pragma wal_checkpoint(truncate)",
)


@contextmanager
def site_of(archive: Path) -> Iterator[Callable[[str], Any]]:
    site = make_site(archive)
    try:
        with asyncio.Runner() as runner:
            yield lambda path: runner.run(site.client.get(path))
    finally:
        close_site(site)


def add_article(archive: Path, number: int, title: str) -> None:
    with closing(sqlite3.connect(archive)) as writer, writer:
        writer.execute(
            "insert into articles (id, url, source, title, text, identity, fetched_at)"
            " values (?, 'u', 'blatt', ?, 'Ein Text.', ?, '2025-01-01')",
            [number, title, str(number)],
        )


def older(path: Path, articles: int = 1) -> Path:
    """An archive of a version before today's."""
    with Database(path) as db:
        db.enable_wal()
        migrations.apply(db, stop_before="m021_days_and_counts")
        same = {"url": "u", "source": "blatt", "title": "Rechenzentrum", "text": "Text", "fetched_at": "2025-01-01"}
        db.table("articles").insert_all({"id": n, "identity": str(n), **same} for n in range(articles))
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# one writer


def test_no_page_of_the_site_writes(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive.db", 5)
    add_article(archive, 99, "Tagebaue")
    before = digest(archive), archive.stat().st_mtime_ns
    with closing(sqlite3.connect(archive)) as watch:  # it keeps the log open: what is written lies there
        assert vocabulary.is_due(watch)
        version = watch.execute("pragma data_version").fetchone()
        log = archive.with_name("archive.db-wal")
        with site_of(archive) as get:
            for path in (*EVERY_PAGE, "/search?q=Tagebau", "/feed.atom?q=Tagebau", "/export.csv?q=Tagebau"):
                assert get(path).status_code < 500, path
        assert watch.execute("pragma data_version").fetchone() == version
        assert vocabulary.is_due(watch)
        assert not log.stat().st_size
    assert (digest(archive), archive.stat().st_mtime_ns) == before


@pytest.mark.parametrize("statement", WRITES)
def test_who_reads_is_denied_to_write(tmp_path: Path, statement: str) -> None:
    archive, other = make_archive(tmp_path / "archive.db", 2), tmp_path / "other.db"
    before = digest(archive)
    with closing(connect(archive, Mode.READ)) as connection:
        with pytest.raises(sqlite3.DatabaseError, match=r"not authorized|authorization denied|readonly"):
            connection.execute(statement.format(other=other)).fetchall()
        assert connection.execute("select count(*) from articles").fetchone() == (2,)
    assert not other.exists()
    assert digest(archive) == before


def test_the_site_has_no_connection_that_writes(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive.db", 2)
    site = make_site(archive)
    database = site.get_database("archive")
    try:
        with asyncio.Runner() as runner:
            for statement in ("delete from articles", "pragma query_only = off"):
                with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
                    runner.run(database.execute_fn(lambda connection, sql=statement: connection.execute(sql)))
            with pytest.raises(Exception, match="the site only reads"):
                runner.run(database.execute_write("delete from articles"))
            assert runner.run(database.execute("select count(*) from articles")).first()[0] == 2
    finally:
        close_site(site)


def test_the_site_serves_while_somebody_writes_and_after(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive.db", 2)

    def count() -> int:
        return len(get("/archive/articles.json?_shape=array").json())

    with site_of(archive) as get:
        with closing(sqlite3.connect(archive)) as writer:
            writer.execute("begin immediate")
            writer.execute("delete from articles where id = 1")
            assert count() == 2
            writer.commit()
            assert count() == 1
        assert count() == 1


def test_a_copy_that_nobody_has_open_is_served(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "home.db", 3)
    copy = tmp_path / "copy" / "archive.db"
    copy.parent.mkdir()
    shutil.copyfile(archive, copy)
    assert copy.read_bytes()[18] == 2  # in WAL mode, and its log is not here
    with site_of(copy) as get:
        assert get("/search?q=Rechenzentren").status_code == 200
    assert export(copy, "csv", out=tmp_path / "out.csv").rows == 3


# Run as somebody who may not write: everything that is imported late has been imported by a first round.
AS_NOBODY = """
import asyncio, os, sqlite3, sys, time
from pathlib import Path
from db.problem import Problem
from db.operations.upkeep import may_be_written
from db.site.serve import close_site, make_site
from db.store.connection import mode_to_read

def titles(archive):
    mode = mode_to_read(archive)
    site = make_site(archive)
    with asyncio.Runner() as runner:
        yield mode.name, runner.run(site.client.get("/archive/articles.json?_shape=array&_search=Rechenzentren")).json()
        yield mode.name, runner.run(site.client.get("/archive/articles.json?_shape=array&_search=Umspannwerk")).json()
    close_site(site)

warm, archive, change = map(Path, sys.argv[1:])
list(titles(warm))
if os.getuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
print("may be written:", may_be_written(archive))
try:
    reader = titles(archive)
    print(*((mode, len(rows)) for mode, rows in [next(reader)]))
    change.touch()
    while change.exists():
        time.sleep(0.01)
    print(*((mode, len(rows)) for mode, rows in [next(reader)]))
    list(reader)
except Problem as problem:
    print(problem)
"""


@pytest.fixture
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which somebody else may read and not write."""
    folder = Path(subprocess.run(["mktemp", "-d"], check=True, capture_output=True, text=True).stdout.strip())
    for name in ("warm", "archive"):
        (folder / name).mkdir()
        make_archive(folder / name / "archive.db", 3)
    (folder / "signals").mkdir()
    (folder / "signals").chmod(0o777)
    folder.chmod(0o755)
    yield folder
    (folder / "archive").chmod(0o755)
    shutil.rmtree(folder)


def as_nobody(folder: Path) -> subprocess.Popen[str]:
    paths = (folder / "warm" / "archive.db", folder / "archive" / "archive.db", folder / "signals" / "change")
    command = [sys.executable, "-c", AS_NOBODY, *map(str, paths)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(path: Path, child: subprocess.Popen[str]) -> None:
    while not path.exists():
        if child.poll() is not None:
            raise AssertionError(child.communicate())
        time.sleep(0.01)


def test_a_folder_that_may_not_be_written_to_is_served_and_kept_up_with(closed: Path) -> None:
    (closed / "archive").chmod(0o555)
    child = as_nobody(closed)
    change = closed / "signals" / "change"
    wait_for(change, child)
    (closed / "archive").chmod(0o755)
    add_article(closed / "archive" / "archive.db", 99, "Ein Umspannwerk")  # and nobody has it open any more
    (closed / "archive").chmod(0o555)
    change.unlink()
    out, errors = child.communicate(timeout=60)
    assert out.splitlines() == ["may be written: False", "('IMMUTABLE', 3)", "('IMMUTABLE', 1)"], errors


def test_what_cannot_be_read_there_is_said_in_one_line(closed: Path) -> None:
    archive = closed / "archive" / "archive.db"
    with closing(sqlite3.connect(archive)) as writer, writer:
        writer.execute("pragma wal_autocheckpoint = 0")
        writer.execute("update articles set title = 'x'")
        writer.commit()
        shutil.copyfile(archive.with_name("archive.db-wal"), closed / "log")  # as a killed crawl leaves it
    shutil.copyfile(closed / "log", archive.with_name("archive.db-wal"))
    (closed / "archive").chmod(0o555)
    child = as_nobody(closed)
    out, errors = child.communicate(timeout=60)
    assert len(out.splitlines()) == 2, errors
    assert "archive.db: cannot be read (" in out and "make it and its folder yours" in out


def test_what_is_refused_is_closed(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive.db", 1)
    with Database(archive) as db:
        row = {"migration_set": "revierspiegel", "name": "m999_tomorrow", "applied_at": "2030-01-01"}
        db.table("_sqlite_migrations").insert(row)
    nothing = tmp_path / "nothing.db"
    nothing.write_bytes(b"")
    opened = len(list(Path("/proc/self/fd").iterdir()))
    for path, read_only in ((archive, True), (archive, False), (nothing, True)):
        with pytest.raises(ArchiveError):
            Archive(path, read_only=read_only)
    assert len(list(Path("/proc/self/fd").iterdir())) == opened


def test_a_command_that_repairs_waits_for_no_crawl(desk: Desk) -> None:
    desk.home.mkdir(parents=True)
    make_archive(desk.home / "archive.db", 5)
    before = digest(desk.home / "archive.db")
    with lock_crawl():
        done = desk.run("doctor", "--repair")
        assert done.returncode == 1
        assert "a crawl is already running" in done.stderr and done.stderr.count("\n") == 1
    assert digest(desk.home / "archive.db") == before
    assert desk.run("doctor", "--repair").returncode == 0


def test_an_older_archive_is_migrated_by_nobody_else_while_a_crawl_runs(desk: Desk) -> None:
    desk.home.mkdir(parents=True)
    archive = older(desk.home / "archive.db")
    before = digest(archive)
    with lock_crawl():
        done = desk.run("migrate")
        assert done.returncode == 1 and "a crawl is already running" in done.stderr
        prepare_archive()  # as `serve` and `run` do before they serve it as it is
        assert digest(archive) == before
    prepare_archive()
    assert desk.rows("select * from _words_due") == []
    assert (desk.home / "archive.before-m021.db").is_file()


def test_a_repair_takes_words_in(desk: Desk) -> None:
    desk.home.mkdir(parents=True)
    add_article(make_archive(desk.home / "archive.db", 1), 99, "Tagebaue")
    assert desk.rows("select * from _words_due")
    assert desk.run("doctor", "--repair").returncode == 0
    assert not desk.rows("select * from _words_due")


def test_a_dry_run_changes_nothing(desk: Desk) -> None:
    desk.home.mkdir(parents=True)
    archive = make_archive(desk.home / "archive.db", 3)
    before = digest(archive)
    assert desk.run("reprocess", "--dry-run").returncode == 0
    assert digest(archive) == before


def test_a_dry_run_on_an_older_archive_names_the_remedy(desk: Desk) -> None:
    desk.home.mkdir(parents=True)
    archive = older(desk.home / "archive.db")
    before = digest(archive)
    done = desk.run("reprocess", "--dry-run")
    assert done.returncode == 1
    assert "of an older version" in done.stderr and "run 'revierspiegel migrate' first" in done.stderr
    assert done.stderr.count("\n") == 1
    assert digest(archive) == before
    assert [path.name for path in desk.home.glob("*.db")] == ["archive.db"]


def test_a_crawl_takes_in_the_words_of_what_it_stored(desk: Desk, newsroom: Newsroom) -> None:
    """And into the archive that ARCHIVE names, all of it."""
    desk.registry(REGISTRY)
    fill(newsroom)
    other = desk.folder / "elsewhere" / "other.db"
    other.parent.mkdir()
    done = desk.crawl("-s", f"ARCHIVE={other}", finishing=True)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^anzeiger +ok", done.stderr, re.M)
    assert not (desk.home / "archive.db").exists() and not (desk.home / "exports").exists()
    assert (other.parent / "exports" / "articles.csv").is_file()
    with Archive(other, read_only=True) as archive:
        kept = archive.db.execute("select count(*) from articles").fetchone()[0]
        assert kept and archive.runs.last(1)[0]["kept"] == kept
        assert not vocabulary.is_due(archive.db.conn)
        assert archive.db.execute("select count(*) from _words").fetchone()[0]
    log = next((desk.home / "logs").glob("crawl-*.log")).read_text("utf-8")
    assert f"The search has read the words of {kept} articles" in log


# before the tables change


def test_a_copy_is_made_before_the_first_step(tmp_path: Path) -> None:
    path = older(tmp_path / "archive.db", 3)
    earlier = copy_of(path, "m019")
    earlier.write_bytes(b"of the time before")
    Archive(path).close()
    copy = tmp_path / "archive.before-m021.db"
    assert copy_of(path, "m021") == copy
    assert sorted(each.name for each in tmp_path.glob("*.db")) == ["archive.before-m021.db", "archive.db"]
    with Database(copy) as db:
        assert db.table("articles").count == 3
        assert next(step.name for step in migrations.pending(db)) == "m021_days_and_counts"
        assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
    before = digest(copy)
    Archive(path).close()  # there is no step to take any more
    assert digest(copy) == before


def test_no_copy_of_an_archive_that_is_new_or_has_nothing(tmp_path: Path) -> None:
    Archive(tmp_path / "archive.db").close()
    Archive(older(tmp_path / "empty.db", 0)).close()
    assert sorted(each.name for each in tmp_path.glob("*.db")) == ["archive.db", "empty.db"]


FULL = """
import resource, sys
from pathlib import Path
from db.problem import Problem
from db.store.archive import Archive
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
try:
    Archive(Path(sys.argv[1]))
except Problem as problem:
    print(problem)
"""


def test_where_the_copy_does_not_fit_nothing_is_changed(tmp_path: Path) -> None:
    path = older(tmp_path / "archive.db", 100)
    before = digest(path)
    done = subprocess.run([sys.executable, "-c", FULL, path], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1, done.stderr
    assert "no copy of it could be made before it is brought up to date" in done.stdout
    assert f"make room in {tmp_path}, the archive is untouched" in done.stdout
    assert digest(path) == before
    assert [each.name for each in tmp_path.iterdir() if each.name.endswith((".db", ".part"))] == ["archive.db"]


def test_free_disk_is_looked_at(tmp_path: Path) -> None:
    check_room(tmp_path / "archive.db", 1000)
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(ArchiveError, match=rf"are free; make room in {tmp_path}, the archive is untouched"):
        check_room(tmp_path / "archive.db", 2 * free)


@pytest.fixture(scope="module")
def version_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(BEFORE) as tar:
        tar.extractall(folder, filter="data")
    return folder


# What a later version writes otherwise in rows that it finds: table → columns. None so far.
CHANGED: dict[str, set[str]] = {}


@pytest.mark.parametrize("table", ["articles", "refusals", "sources", "source_nights"])
def test_an_archive_of_the_version_before_answers_alike(version_before: Path, tmp_path: Path, table: str) -> None:
    archive = Path(shutil.copy(version_before / "archive.db", tmp_path))
    bring_up_to_date(archive, print)
    with closing(connect(version_before / "archive.db", Mode.READ)) as old, Archive(archive, read_only=True) as new:
        new.check_is_current()
        columns = [row[1] for row in old.execute(f"pragma table_info({table})")]
        same = ", ".join(f'"{name}"' for name in columns if name not in CHANGED.get(table, ()))
        sql = f"select {same} from {table} order by rowid"
        rows = old.execute(sql).fetchall()
        assert rows and new.db.execute(sql).fetchall() == rows
    out = tmp_path / "out.csv"
    export(archive, "csv", table, out=out)
    assert narrowed(out.read_text("utf-8"), columns) == (version_before / f"{table}.csv").read_text("utf-8")


def narrowed(text: str, columns: list[str]) -> str:
    """The CSV without the columns that a later version has added at the end of a table."""
    out = io.StringIO()
    ending = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator=ending)
    rows = csv.DictReader(io.StringIO(text, newline=""))
    assert list(rows.fieldnames or ())[: len(columns)] == columns
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize(
    ("form", "name"), [("json", "articles.json"), ("jsonl", "articles.jsonl"), ("bibtex", "articles.bib")]
)
def test_exports_of_the_version_before(version_before: Path, tmp_path: Path, form: str, name: str) -> None:
    archive = Path(shutil.copy(version_before / "archive.db", tmp_path))
    bring_up_to_date(archive, print)
    export(archive, form, out=tmp_path / name)
    before, after = ((folder / name).read_text("utf-8") for folder in (version_before, tmp_path))
    if form == "bibtex":
        assert after == before
        return
    old = json.loads(before) if form == "json" else [json.loads(line) for line in before.splitlines()]
    new = json.loads(after) if form == "json" else [json.loads(line) for line in after.splitlines()]
    assert old and [list({key: row[key] for key in old[0]}.items()) for row in new] == [
        list(row.items()) for row in old
    ]


def test_the_version_before_is_searched_in_all_forms(version_before: Path, tmp_path: Path) -> None:
    archive = Path(shutil.copy(version_before / "archive.db", tmp_path))
    bring_up_to_date(archive, print)
    with closing(connect(archive, Mode.READ)) as connection:
        assert not vocabulary.is_due(connection)
    with site_of(archive) as get:
        found = [
            get(f"/archive/articles.json?_shape=array&_search={word}").json()
            for word in ("Rechenzentrum", "Rechenzentrums")
        ]
    ids = [sorted(row["id"] for row in rows) for rows in found]
    assert ids[0] and ids[0] == ids[1]


# the words of the search


SAMPLE = "Rechenzentren Bürgermeisterin investierten Abwärmenutzung Kohleausstiegs Straßen Förderung".split()
KEYS = (4, "2.0.0 3.1.1", "17935b4c26d193d4")  # RULES, the libraries' versions, the keys of the sample by these


def test_other_keys_want_another_number() -> None:
    """Where the keys of any word become others, RULES is raised: archives then read their words again."""
    german = vocabulary.dictionary("de")
    found = sorted((str(why), key) for word in SAMPLE for why, key in keys(word, german))
    behind = " ".join(version(name) for name in vocabulary.BEHIND)
    said = hashlib.sha256(repr(found).encode()).hexdigest()[:16]
    now = (vocabulary.RULES, behind, said)
    assert now == KEYS, "where our own rules are others raise vocabulary.RULES; then write this into KEYS"


def test_the_rules_of_the_words_are_numbered() -> None:
    assert vocabulary.rules().startswith(f"rules {vocabulary.RULES} simplemma ")
    source = (ROOT / "db" / "search" / "morphology.py").read_bytes()
    assert hashlib.sha256(source).hexdigest()[:16] not in vocabulary.rules()


def test_may_be_written_is_about_the_folder_too(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive.db", 1)
    assert may_be_written(archive)
    assert mode_to_read(archive) is Mode.READ
    assert not may_be_written(tmp_path / "none" / "archive.db")
