"""What the tests share: a home of their own, a newsroom on this machine, and the command line as a person types it."""

import atexit
import gc
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from sqlite_utils import Database

from crawler.demo.newsroom import Newsroom
from db.days import BERLIN
from db.search import vocabulary
from db.search.search import register
from tests.blank import FOLDER, blank_archive, blank_in_memory
from tests.typist import Typist

if TYPE_CHECKING:
    from tests.test_article_page import Reader

# Some machines forbid it (Python's own image for containers): then each of the hundreds of processes of the tests
# compiles our sources anew, which takes as long again as the imports themselves.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A fit of so little is no quicker with a thread a core: they wait for each other, with five times the CPU time.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

# Each test writes an archive of its own, and each commit to it waits for the disk: half of the time of some tests. What
# they keep is read by nobody afterwards, so it may lie in memory where there is plenty.
IN_MEMORY, PLENTY = Path("/dev/shm"), 4 << 30  # bytes; a run takes less than one
if "TMPDIR" not in os.environ and IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > PLENTY:
    os.environ["TMPDIR"] = tempfile.tempdir = str(IN_MEMORY)

if FOLDER not in os.environ:  # by the first process of a run
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="revierspiegel-tests-")
    atexit.register(shutil.rmtree, os.environ[FOLDER], ignore_errors=True)

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


def needs_shared(name: str) -> pytest.MarkDecorator:
    """For what is added where others' recorded pages lie beside the project; ours are tested everywhere."""
    return pytest.mark.skipif(not (SHARED / name).exists(), reason=f"an addition: ../shared/{name} is not at hand")


# How long an example takes is no matter of the tests. `make soak` draws many more of them.
settings.register_profile("few", deadline=None, max_examples=30)
settings.register_profile("many", deadline=None, max_examples=400)
settings.load_profile("few")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return own_home(tmp_path / "home", monkeypatch)


def own_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the command line finds in its environment: this home, no registry, profile or articles but ours."""
    monkeypatch.setenv("REVIERSPIEGEL_HOME", str(folder))
    monkeypatch.setenv("REVIERSPIEGEL_CONTACT", "tests@revierspiegel.example")
    for name in ("REVIERSPIEGEL_TOPIC", "REVIERSPIEGEL_SOURCES", "REVIERSPIEGEL_ALLOW_LOOPBACK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REVIERSPIEGEL_KNOWN", "")
    return folder


@pytest.fixture
def newsroom(monkeypatch: pytest.MonkeyPatch) -> Iterator[Newsroom]:
    with newsroom_of(monkeypatch) as room:
        yield room


@contextmanager
def newsroom_of(environment: pytest.MonkeyPatch) -> Iterator[Newsroom]:
    with closing(Newsroom()) as room:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            environment.setenv(name, room.proxy)
        for name in ("no_proxy", "NO_PROXY"):
            environment.delenv(name, raising=False)
        yield room


@cache
def typist() -> Typist:
    return Typist()


# What takes longest comes first, lest one worker is left with it.
LONG = (
    "reading_room browser demo find hostile decide bounds removal publish check bad_input crawl schedule judge"
    " public_search answer_service corrections recorded_web cli audit"
).split()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    first = {f"test_{name}": at for at, name in enumerate(LONG)}
    items.sort(key=lambda item: first.get(item.path.stem, len(LONG)))


def pytest_collection_finish() -> None:
    """What was imported stays: from here on it is not looked through for what can be thrown away."""
    gc.freeze()


@pytest.fixture(scope="module")
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the ARTICLES of the module, with what is read out of their texts."""
    from tests.read_articles import archive_of

    return archive_of(tmp_path_factory.mktemp("home"), request.module.ARTICLES)


@pytest.fixture(scope="module")
def connection(request: pytest.FixtureRequest) -> Iterator[sqlite3.Connection]:
    """To an archive in memory that can be searched, of the module's TEXTS: each a German one, or columns."""
    database = blank_in_memory()
    for number, text in request.module.TEXTS.items():
        url = f"https://blatt.example/{number}"
        row = {"id": number, "url": url, "identity": url, "title": "", "authors": "[]", "lang": "de", "source": "blatt"}
        columns = {"text": text} if isinstance(text, str) else text
        database.table("articles").insert(row | columns | {"fetched_at": ""})
    with closing(database.conn):
        vocabulary.catch_up(database.conn)
        register(database.conn)
        yield database.conn


@pytest.fixture(scope="module")
def reader(archive: Path) -> Iterator["Reader"]:
    """Of the site of the module's archive."""
    from tests.test_article_page import reading

    with reading(archive) as reader:
        yield reader


Pick = Callable[..., tuple[str, ...]]


@pytest.fixture(params=["one", pytest.param("all", marks=pytest.mark.soak)])
def pick(request: pytest.FixtureRequest) -> Pick:
    """Of these pages, whose parts are alike: the last in `make test`, all in `make soak`."""
    return lambda *paths: paths[-1:] if request.param == "one" else paths


@pytest.fixture(scope="session")
def chromium() -> Iterator[None]:
    from tests.browsing import open_chromium  # which most tests do without

    with open_chromium():
        yield


def pytest_sessionfinish() -> None:
    if typist.cache_info().currsize:
        typist().close()


def ahead(days: float = 0) -> str:
    """REVIERSPIEGEL_DAYS_AHEAD for tests of nights: from three in the morning on, so that none ends while they run."""
    return str(_until_three() + days)


@cache
def _until_three() -> float:
    """In days. Once, since the clock is to go on between two commands."""
    now = datetime.now(BERLIN)
    three = (now + timedelta(days=1)).replace(hour=3, minute=0, second=0, microsecond=0)
    return (three - now.astimezone(UTC)) / timedelta(days=1)


class Desk:
    """The command line in a process of its own."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder, self.home = folder, home

    def registry(self, text: str) -> None:
        path = self.folder / "sources.toml"
        path.write_text(text, "utf-8")
        os.environ["REVIERSPIEGEL_SOURCES"] = str(path)  # undone with the fixture

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-W", "error::ResourceWarning", "-m", "revierspiegel", *words]

    def run(self, *words: str, given: str = "", seconds: float = 90) -> subprocess.CompletedProcess[str]:
        return typist().type(words, self.folder, given, seconds)

    def begin(self) -> None:
        """With an archive that has nothing in it, as to make one takes longer than most commands."""
        if not (archive := self.home / "archive.db").exists():
            self.home.mkdir(parents=True, exist_ok=True)
            blank_archive(archive)

    def crawl(self, *words: str, seconds: float = 90, finishing: bool = False) -> subprocess.CompletedProcess[str]:
        """As the schedule crawls: what `enrich`, `prune` and `export` do is left to their jobs, unless `finishing`.

        The archive is there before; `run` with "crawl" has it made.
        """
        return self._fetch("crawl", words, seconds, finishing)

    def backfill(self, *words: str) -> subprocess.CompletedProcess[str]:
        """From sites, likewise."""
        return self._fetch("backfill", words, 90, False)

    def _fetch(
        self, command: str, words: Sequence[str], seconds: float, finishing: bool
    ) -> subprocess.CompletedProcess[str]:
        if not any(word.startswith("ARCHIVE=") for word in words):
            self.begin()
        settings = ("-s", "DOWNLOAD_DELAY=0", "-s", f"FINISHING={finishing}")
        return self.run(command, *settings, *words, seconds=seconds)

    def crawl_and_kill(self, when: Callable[[], bool]) -> None:
        """kill -9 as soon as `when` says so."""
        self.kill(when, "crawl", "-s", "DOWNLOAD_DELAY=0")

    def kill(self, when: Callable[[], bool], *words: str) -> None:
        done = typist().type(words, self.folder, kill_when=when)
        assert done.returncode == -signal.SIGKILL, f"it ended before it could be killed\n{done.stderr}"

    def rows(self, sql: str, *values: object) -> list[dict[str, object]]:
        with Database(self.home / "archive.db") as db:
            return list(db.query(sql, values))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return desk_of(tmp_path, monkeypatch)


def desk_of(folder: Path, environment: pytest.MonkeyPatch) -> Desk:
    home = own_home(folder / "home", environment)
    environment.setenv("REVIERSPIEGEL_SOURCES", "")
    return Desk(folder, home)
