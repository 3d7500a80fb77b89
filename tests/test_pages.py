"""Pruning: what was refused long ago goes, what an article needs stays, and a kill costs nothing."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db.store.archive import Archive
from db.store.rows import Row
from db.store.warc import PageError, Pages, prune, read_page
from tests.blank import blank_archive
from tests.conftest import ROOT
from tests.test_archive import article, page

OLD, YOUNG = "2025-03-12T08:30:00+00:00", "2025-09-01T00:00:00+00:00"
BEFORE = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = Archive(blank_archive(tmp_path / "archive.db"))
    yield opened
    opened.close()


def fill(archive: Archive, folder: Path, runs: int, each: int) -> None:
    """Of each run's pages every second is an article's, the others were refused when they were fetched."""
    for run in range(1, runs + 1):
        pages = Pages(archive, folder, run)
        for number in range(run * 1000, run * 1000 + each):
            kept, url = pages.add(page(number)), page(number).url
            row = {"key": url, "url": url, "source": "blatt", "page": kept}
            if number % 2:
                archive.articles.save(article(url, page=kept, fetched_at=OLD), {}, url)
            else:
                archive.refusals.refuse(row, "off_topic", None, run)
        pages.close()
    archive.db.execute("update refusals set at = ?", [OLD])
    archive.db.execute("update pages set done = 1")


def rows(archive: Archive) -> list[Row]:
    return list(archive.db.query("select * from pages order by id"))


def all_sound(archive: Archive, folder: Path) -> None:
    for row in rows(archive):
        assert read_page(folder, row)[0] == page(int(row["url"].rpartition("/")[2])).body


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_old_refusals_go_and_articles_stay(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    fill(archive, folder, runs=2, each=6)
    refusals = [row["id"] for row in archive.db.query("select id from refusals order by id")]
    archive.db.execute("update refusals set at = ? where id = ?", [YOUNG, refusals[0]])  # refused anew, by other rules
    (part,) = (row["id"] for row in rows(archive) if row["url"].endswith("/2000"))
    (first,) = (row["id"] for row in rows(archive) if row["url"].endswith("/2001"))
    archive.db.execute("update pages set part_of = ? where id = ?", [first, part])  # an article's second page
    (version,) = (row["id"] for row in rows(archive) if row["url"].endswith("/2002"))
    archive.db.table("versions").insert({"article": 1, "page": version})
    before = sum(path.stat().st_size for path in folder.iterdir())

    assert prune(archive, folder, BEFORE, [row["id"] for row in rows(archive)]).pages == 0  # spared
    done = prune(archive, folder, BEFORE)
    assert done.pages == 3
    assert done.bytes == before - sum(path.stat().st_size for path in folder.iterdir())
    left = {row["url"].rpartition("/")[2] for row in rows(archive)}
    assert left == {"1000", "1001", "1003", "1005", "2000", "2001", "2002", "2003", "2005"}
    all_sound(archive, folder)
    assert names(folder) == {"run-000001-1.warc.gz", "run-000002-1.warc.gz"}
    pages = [row["page"] for row in archive.db.query("select page from refusals where id != ?", [refusals[0]])]
    assert sorted(page is None for page in pages) == [False, False, True, True, True]
    assert prune(archive, folder, BEFORE).pages == 0
    archive.db.execute("update refusals set at = ?", [OLD])
    assert prune(archive, folder, BEFORE).pages == 1
    assert names(folder) == {"run-000001-2.warc.gz", "run-000002-1.warc.gz"}


def test_young_and_unread_pages_stay_and_a_file_without_any_goes(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    fill(archive, folder, runs=3, each=1)  # one page each, refused
    archive.db.execute("update pages set fetched_at = ? where file = 'run-000001.warc.gz'", [YOUNG])
    archive.db.execute("update pages set done = 0 where file = 'run-000002.warc.gz'")
    assert prune(archive, folder, BEFORE).pages == 1
    assert names(folder) == {"run-000001.warc.gz", "run-000002.warc.gz"}
    all_sound(archive, folder)


def test_a_broken_file_is_left_as_it_is(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    fill(archive, folder, runs=2, each=4)
    broken = folder / "run-000001.warc.gz"
    broken.write_bytes(broken.read_bytes()[:-100])
    content = broken.read_bytes()
    assert prune(archive, folder, BEFORE).pages == 2
    assert broken.read_bytes() == content
    assert names(folder) == {"run-000001.warc.gz", "run-000002-1.warc.gz"}
    with pytest.raises(PageError):
        read_page(folder, rows(archive)[3])
    broken.unlink()
    assert prune(archive, folder, BEFORE).pages == 0
    assert len(rows(archive)) == 6


def test_a_kill_between_the_steps_leaves_a_file_too_many(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    fill(archive, folder, runs=1, each=4)
    old, new = folder / "run-000001.warc.gz", folder / "run-000001-1.warc.gz"
    new.write_bytes(old.read_bytes()[:300])  # killed while it wrote the new file: nothing refers to it
    aside = shutil.copy(old, tmp_path / "aside")
    assert prune(archive, folder, BEFORE).pages == 2
    assert names(folder) == {new.name}
    shutil.copy(aside, old)  # killed before the old one went
    (folder / "run-000009.warc.gz").write_bytes(b"x")  # of a run that the archive does not know: a restored archive's
    assert prune(archive, folder, BEFORE).pages == 0
    assert names(folder) == {new.name, "run-000009.warc.gz"}
    all_sound(archive, folder)


PRUNE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from db.store.archive import Archive
from db.store.warc import prune
prune(Archive(Path(sys.argv[1])), Path(sys.argv[2]), datetime(2025, 6, 1, tzinfo=UTC))
"""


@pytest.mark.soak
def test_kill_it_at_any_moment(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    fill(archive, folder, runs=60, each=6)
    killed = 0
    for step in (0, 20, 60, 90):
        goal = len(rows(archive)) - step
        child = subprocess.Popen([sys.executable, "-c", PRUNE, tmp_path / "archive.db", folder], cwd=ROOT)
        ends = time.monotonic() + 30
        while len(rows(archive)) > goal - 1 and child.poll() is None:
            assert time.monotonic() < ends
            time.sleep(0.002)
        child.kill()
        killed += child.wait() != 0
        all_sound(archive, folder)
    assert killed
    prune(archive, folder, BEFORE)
    assert len(rows(archive)) == 180
    assert names(folder) == {row["file"] for row in rows(archive)}
    all_sound(archive, folder)
