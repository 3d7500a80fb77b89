"""The benchmarks run to their end and see every page. What they measure is no matter of the tests."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import click
import pytest

from benchmarks import against

pytestmark = pytest.mark.soak

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def run(folder: Path, name: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(BENCHMARKS / name), *words],
        capture_output=True,
        text=True,
        timeout=180,
        cwd=folder,
        check=False,
    )


def test_both_crawls_see_all_pages(tmp_path: Path) -> None:
    ended = run(tmp_path, "crawl.py", "--pages", "20", "--hosts", "2", "--runs", "1", "--naming", "5")
    assert ended.returncode == 0, ended.stderr
    assert len(re.findall(r"20 pages in 20 requests", ended.stdout)) == 2
    assert re.search(r"^\| ratio \| \d+\.\d\d ", ended.stdout, re.MULTILINE)


@pytest.mark.skipif(not (BENCHMARKS.parent / ".git").exists(), reason="no clone: there is no commit to compare with")
def test_a_commit_runs_its_own_tree_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(against.tempfile, "tempdir", str(tmp_path))
    with against.checked_out("HEAD", rooms=("db",)) as tree:  # to compile one of them takes a test long enough
        assert re.fullmatch("crawl at [0-9a-f]{7}", tree.name)
        assert tree.folder.is_relative_to(tmp_path)
        assert list(tree.folder.glob("db/**/*.pyc"))
        where = [tree.python, "-c", "import revierspiegel; print(revierspiegel.__file__)"]
        said = subprocess.check_output(where, cwd=tree.folder, env=os.environ | tree.environment(), text=True)
        assert Path(said.strip()).is_relative_to(tree.folder)
    worktrees = subprocess.check_output(["git", "worktree", "list"], cwd=BENCHMARKS, text=True)
    assert str(tmp_path) not in worktrees
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(click.ClickException, match="no-such-commit"), against.checked_out("no-such-commit"):
        pass


def test_every_page_of_the_site_answers(tmp_path: Path) -> None:
    ended = run(tmp_path, "site.py", "--articles", "12", "--rounds", "1", "--plain", "0", "--keep", str(tmp_path))
    assert ended.returncode == 0, ended.stderr
    pages = re.findall(r"^\| ([^|]+) \| \d+ \| \d+ \| \d+ \|", ended.stdout, re.MULTILINE)
    assert {"front", "article", "search: word of 60 %, best", "timeline", "sources", "feed", "table"} <= set(pages)
    assert "HTTP" not in ended.stdout
    assert re.search(r"^\| /export\.csv \|", ended.stdout, re.MULTILINE)
    with closing(sqlite3.connect(tmp_path / "12" / "archive.db")) as db:
        assert db.execute("select count(*) from articles").fetchone()[0] == 13  # one was added, as a crawl adds it


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder in which benchmarks keep an archive for each other."""
    return str(tmp_path_factory.mktemp("library"))


ATTACKS = ("zeroblob of 200 MB", "a query of colons", "parentheses", "timelines", "six workbooks", "long headers")


def test_attacks_are_played_while_somebody_reads(tmp_path: Path, library: str) -> None:
    only = [word for name in ATTACKS for word in ("--only", name)]
    ended = run(tmp_path, "strain.py", "--articles", "60", "--keep", library, *only)
    assert "Traceback" not in ended.stderr
    played = re.findall(r"^\| ([^|]+) \| (\d+ × [^|]+) \| [\d.]+ \|.*\| \d+ \(/.*\) \| ([^|]*) \|$", ended.stdout, re.M)
    assert {name for name, _, _ in played} == set(ATTACKS), ended.stdout
    assert not [line for line in played if "500" in line[1] or line[2] not in ("", "wait")]  # others use the machine
    assert "checkpoint of the log afterwards: (0, 0, 0)" in ended.stdout
    assert f"{len(ATTACKS)} attacks, " in ended.stdout


def test_many_read_at_once(tmp_path: Path, library: str) -> None:
    words = ("--readers", "4", "--seconds", "1")
    ended = run(tmp_path, "strain.py", "--articles", "60", "--keep", library, *words)
    assert "Traceback" not in ended.stderr, ended.stderr
    assert "not 200: none" in ended.stdout
    assert re.search(r"^article: \d+ times, p50", ended.stdout, re.MULTILINE)


@pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not installed")
def test_readers_are_measured_beside_a_crawl(tmp_path: Path, library: str) -> None:
    words = ("--articles", "60", "--keep", library, "--readers", "2", "--pages", "20", "--quiet", "1")
    ended = run(tmp_path, "beside_crawl.py", *words)
    assert "Traceback" not in ended.stderr, ended.stderr
    assert len(re.findall(r"p99 [\d.]+ s, .*not 200: 0, timeouts: 0, broken: 0", ended.stdout)) == 2, ended.stdout
    assert re.search(r"^crawl beside them: [\d.]+ s, .* times as long$", ended.stdout, re.MULTILINE)


def test_every_reader_is_given_what_wastes_time(tmp_path: Path) -> None:
    ended = run(tmp_path, "hostile.py", "--size", "2000")  # so little says nothing of the ratio
    assert "Traceback" not in ended.stderr
    readers = re.findall(r"^\| (\w+) \| `.+` \| [\d,]+ \| \d+\.\d{3} \| \d+\.\d \|$", ended.stdout, re.MULTILINE)
    assert set(readers) == {
        "prefilter",
        "rights",
        "feed",
        "listing",
        "list",
        "RIS",
        "BibTeX",
        "page",
        "snippet",
        "figures",
        "quotes",
        "places",
    }


def test_two_versions_are_compared_to_the_end(tmp_path: Path) -> None:
    ended = run(tmp_path, "changes.py", "--words", "300", "--runs", "2")
    assert ended.returncode == 0, ended.stderr
    assert len(re.findall(r"^hostile: .+ ms", ended.stdout, re.MULTILINE)) == 6
    assert re.search(r"^word diff +\d+\.\d\d ms", ended.stdout, re.MULTILINE)


def test_files_are_read_bare_and_in_full(tmp_path: Path) -> None:
    words = ("--pages", "40", "--files", "2", "--runs", "1", "--on-topic", "10", "--no-dask")
    ended = run(tmp_path, "backfill.py", *words)
    assert ended.returncode == 0, ended.stderr
    assert set(re.findall(r"^\| (.+?) \| \d+ \(", ended.stdout, re.MULTILINE)) == {
        f"{name}, {number}" for name in ("bare", "backfill") for number in ("1 process", "2 processes")
    }


def test_parts_of_a_night_are_timed_at_each_size(tmp_path: Path) -> None:
    ended = run(tmp_path, "scale.py", "loops", "20", "40")
    assert ended.returncode == 0, ended.stderr
    assert len(re.findall(r"^\| [^|]+ \| \d+ \| \d+ \| \d+\.\d \|$", ended.stdout, re.MULTILINE)) == 11


def test_two_shards_make_the_archive_of_one_crawl(tmp_path: Path) -> None:
    ended = run(tmp_path, "scale.py", "shards", "--sources", "2", "--pages", "20")
    assert ended.returncode == 0, ended.stderr
    same = "2 and 2 rows, 0 missing, 0 besides; columns that differ:"
    assert f"articles: {same} found_at 2, found_via 2, rights 2\n" in ended.stdout
    assert f"versions: {same} none\n" in ended.stdout
    assert "refusals: 18 and 2 rows, 16 missing, 0 besides; columns that differ: none\n" in ended.stdout
