"""Disks that fill, turn read-only or fail to sync: what is said is clear, what was kept stays, and work goes on."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.demo.newsroom import Newsroom, feed, page
from db.operations.backups.making import fault_of_backup, make_backup
from db.operations.backups.shelf import BackupError, backups
from db.problem import Problem
from db.store.archive import Archive
from db.store.connection import ArchiveError, copy_of, is_of_storage
from db.store.warc import Pages, read_page
from tests.blank import blank_archive
from tests.conftest import ROOT, Desk
from tests.faults.kill import DAY, HOST, REGISTRY, check_archive, older_home, urls
from tests.stories import SITE
from tests.test_archive import article
from tests.test_archive import page as stored_page

NOW = datetime(2026, 11, 29, 1, 30, tzinfo=UTC)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk")


@contextmanager
def mounted(folder: Path, *words: str) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", *words, str(folder)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this machine mounts nothing: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def remount(folder: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", str(folder)], check=True)


@needs_root
def test_a_full_disk_is_told_and_goes_on_once_there_is_room(desk: Desk, newsroom: Newsroom) -> None:
    """The crawl's own disk: pages, archive, log and backups fill it, and a reader reads on."""
    items = [(f"{HOST}/lokales/{number}", f"{SITE[0]}, Folge {number}", DAY) for number in range(30)]
    newsroom.put(f"{HOST}/feed.xml", feed(items))
    for number, (url, title, _) in enumerate(items):
        filling = os.urandom(100_000).hex()
        newsroom.put(url, page(title, [f"Folge {number}. {SITE[1][0]}", *SITE[1][1:]], around=f"<!-- {filling} -->"))
    desk.registry(REGISTRY)
    with mounted(desk.home, "-t", "tmpfs", "-o", "size=4m", "tmpfs"):
        blank_archive(desk.home / "archive.db")
        full = desk.crawl(finishing=True)
        assert full.returncode == 1 and "Traceback" not in full.stderr
        assert "the crawl failed" in full.stderr or "make room" in full.stderr
        seen = urls(desk.home / "archive.db")  # by who opens it to read
        check_archive(desk.home)
        with pytest.raises(Problem, match="make room"):  # there is none even for a lock
            make_backup(desk.home, NOW)
        remount(desk.home, "size=7m")
        with pytest.raises(BackupError, match=r"67 MB are to stay free, .* make room"):
            make_backup(desk.home, NOW)
        remount(desk.home, "size=100m")
        others = desk.home / "logs" / "others"

        def fill(_: str) -> None:
            if not others.exists():
                with others.open("wb") as stream:
                    os.posix_fallocate(stream.fileno(), 0, shutil.disk_usage(desk.home).free - 500_000)

        with pytest.raises(BackupError, match=r"no backup could be made \(.*\); make room"):
            make_backup(desk.home, NOW, fill)  # others fill it meanwhile
        assert others.exists() and not list((desk.home / "backups").iterdir())
        others.unlink()
        remount(desk.home, "size=200m")
        assert desk.home.exists() and desk.crawl("-s", "PAGES_PER_NIGHT=99", finishing=True).returncode == 0
        assert seen <= urls(desk.home / "archive.db") and len(urls(desk.home / "archive.db")) == 30
        assert fault_of_backup(make_backup(desk.home, NOW)) == ""
        check_archive(desk.home)


@needs_root
@pytest.mark.skipif(not shutil.which("mkfs.ext4"), reason="needs a file system of its own")
def test_a_disk_that_turns_read_only_under_an_open_writer(tmp_path: Path) -> None:
    """As ext4 does where the disk fails: SQLite and files say so, readers go on, and what was kept is there after."""
    image = tmp_path / "disk"
    image.write_bytes(b"")
    os.truncate(image, 64 << 20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    home = tmp_path / "disk-home"
    with mounted(home, "-o", "loop", str(image)):
        archive = Archive(blank_archive(home / "archive.db"))
        pages = Pages(archive, home / "pages", 1)
        row = pages.add(stored_page(1))
        archive.articles.save(article("blatt.example/1", page=row), {}, "1")
        os.sync()
        subprocess.run(["mount", "-o", "remount,abort", str(home)], check=True)
        with pytest.raises(sqlite3.OperationalError) as refused:
            archive.articles.save(article("blatt.example/2", page=row), {}, "2")
        assert is_of_storage(refused.value)
        with pytest.raises(OSError, match="Read-only file system"):
            pages.add(stored_page(2))
        assert urls(home / "archive.db") == {"https://blatt.example/1"}
        with pytest.raises((BackupError, ArchiveError), match=r"(?i)read-only|readonly|disk I/O error"):
            make_backup(home, NOW)
        with suppress(OSError):  # what it still had to write
            pages.close()
        archive.close()
    with mounted(home, "-o", "loop", str(image)):
        assert urls(home / "archive.db") == {"https://blatt.example/1"}
        check_archive(home)
        with Archive(home / "archive.db") as archive:
            kept = archive.pages.get(row)
            assert kept and read_page(home / "pages", kept)[0] == stored_page(1).body
            archive.articles.save(article("blatt.example/2", page=row), {}, "2")


SYNC_FAILS = """
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
static int fails(void) { errno = EIO; return -1; }
int fsync(int file) { return fails(); }
int fdatasync(int file) { return fails(); }
"""

UNDER_IT = """
import sqlite3, sys
from datetime import UTC, datetime
from pathlib import Path
from db.operations.backups.making import make_backup
from db.problem import Problem
from db.store.archive import Archive
from db.store.connection import is_of_storage
from tests.test_archive import article
older, young = map(Path, sys.argv[1:])
try:
    with Archive(young / "archive.db") as archive:
        archive.articles.save(article("blatt.example/2"), {}, "2")
except sqlite3.OperationalError as error:
    print("not kept:", is_of_storage(error), error)
for what in (lambda: Archive(older / "archive.db"), lambda: make_backup(young, datetime(2026, 11, 29, tzinfo=UTC))):
    try:
        what()
    except Problem as problem:
        print(str(problem).replace("\\n", "|"))
"""


@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler")
def test_a_sync_that_fails_is_told_and_nothing_is_changed(tmp_path: Path) -> None:
    library = tmp_path / "sync.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(library)], input=SYNC_FAILS.encode(), check=True
    )
    older, young = older_home(tmp_path / "older"), tmp_path / "young"
    young.mkdir()
    with Archive(blank_archive(young / "archive.db")) as archive:
        archive.articles.save(article("blatt.example/1"), {}, "1")
    before = urls(older / "archive.db")
    environment = os.environ | {"LD_PRELOAD": str(library), "REVIERSPIEGEL_HOME": str(young)}
    done = subprocess.run(
        [sys.executable, "-c", UNDER_IT, str(older), str(young)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    article_refused, migration, backup = done.stdout.splitlines()
    assert article_refused == "not kept: True disk I/O error"
    assert "no copy of it could be made before it is brought up to date (disk I/O error)" in migration
    assert "the archive is untouched" in migration
    assert "no backup could be made (disk I/O error); make room" in backup
    assert not copy_of(older / "archive.db", "m023").exists() and not backups(young)
    assert urls(older / "archive.db") == before
    assert urls(young / "archive.db") == {"https://blatt.example/1"}
    check_archive(young)
    with Archive(older / "archive.db"):  # and once it goes again
        pass
    assert urls(older / "archive.db") == before


WITHOUT_ROOM = """
import resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from db.operations.backups.making import make_backup
from db.problem import Problem
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    make_backup(Path(sys.argv[1]), datetime(2026, 11, 29, 12, tzinfo=UTC))
except Problem as problem:
    print(problem)
"""


def test_a_backup_that_finds_no_room_leaves_those_before(home: Path) -> None:
    home.mkdir()
    blank_archive(home / "archive.db")
    first = make_backup(home, NOW)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_ROOM, str(home)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "no backup could be made (" in done.stdout and "the archive and earlier backups are untouched" in done.stdout
    assert backups(home) == [first] and fault_of_backup(first) == ""
    assert [path.name for path in (home / "backups").iterdir()] == [first.name]
    assert fault_of_backup(make_backup(home, NOW + timedelta(hours=1))) == ""
