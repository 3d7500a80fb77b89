"""kill -9 at random moments of everything that writes, with readers on the site: what was seen kept must stay.

    python -m tests.faults.kill --times 50 --seed 1

is the whole of it, a few minutes; the suite has a handful.
"""

import argparse
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from threading import Event, Thread
from zlib import error as ZlibError

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from crawler.demo.newsroom import Newsroom, feed, page
from db.export.bundles import FileState, made, state
from db.operations.backups.making import fault_of_backup
from db.operations.backups.shelf import backups
from db.operations.doctor import examine
from db.store.archive import Archive
from db.store.backups.copying import count_rows, fault_of
from db.store.connection import Mode, connect
from db.store.warc import read_page
from tests.blank import blank_archive
from tests.conftest import ROOT, Desk, desk_of, newsroom_of, typist
from tests.stories import SITE

HOST = "http://www.anzeiger.example"
REGISTRY = f"""
[[source]]
id = "anzeiger"
name = "Revier-Anzeiger"
homepage = "{HOST}/"
kind = "regional_press"
lang = "de"
region = "nrw"
feeds = ["{HOST}/feed.xml"]
"""
DAY = "Wed, 12 Mar 2025 09:30:00 +0100"
NEW = 6  # articles that the outlet has more of before each crawl
LISTED = 40  # that its feed names
PAGES = ("/", "/search?q=Rechenzentrum", "/changes", "/archive/articles.json?_shape=array&_col=url&_size=max")
CRAWL = ("crawl", "--quiet", "-s", "DOWNLOAD_DELAY=0", "-s", "PAGES_PER_NIGHT=100000")


class Victim(StrEnum):
    CRAWL = "crawl"
    REVISIT = "revisit"
    EXPORT = "export"
    BACKUP = "backup"
    MIGRATION = "migration"
    RESTORE = "restore"


COMMANDS = {
    Victim.CRAWL: CRAWL,
    Victim.REVISIT: (*CRAWL, "--revisit"),
    Victim.EXPORT: ("export", "all"),
    Victim.BACKUP: ("backup", "--quiet"),
    Victim.MIGRATION: ("migrate",),
    Victim.RESTORE: ("restore",),  # and the folder of a backup
}


@dataclass
class Outlet:
    """It publishes more each time, or all that it has published in other words."""

    room: Newsroom
    published: list[str] = field(default_factory=list)
    words: int = 0

    def publish_more(self) -> None:
        self.published += [f"{HOST}/lokales/{len(self.published) + number}" for number in range(NEW)]
        self._print()

    def reword(self) -> None:
        self.words += 1
        self._print()

    def _print(self) -> None:
        for number, url in enumerate(self.published):
            title = f"{SITE[0]}, Folge {number}"
            first = f"Folge {number} in {self.words} Fassungen. {SITE[1][0]}"
            self.room.put(url, page(title, [first, *SITE[1][1:]]))
        items = [(url, f"{SITE[0]}, Folge {number}", DAY) for number, url in enumerate(self.published)]
        self.room.put(f"{HOST}/feed.xml", feed(items[-LISTED:]))


@dataclass
class Reader:
    """Reads the site, and the file, without end; what it has seen as kept was reported kept."""

    address: str
    archive: Path
    seen: set[str] = field(default_factory=set)
    asked: int = 0
    wrong: list[str] = field(default_factory=list)
    stop: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self.stop.set()
        self._thread.join(60)

    def _read(self) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while not self.stop.is_set():
            for path in PAGES:
                try:
                    with opener.open(f"{self.address}{path}", timeout=60) as answer:
                        answer.read()
                except urllib.error.HTTPError as error:
                    self.wrong.append(f"{path}: {error.code} {error.read()[:200]!r}")
                except OSError as error:
                    self.wrong.append(f"{path}: {error}")
                self.asked += 1
            try:
                self.seen |= urls(self.archive)
            except Exception as error:  # whatever it is, a reader must not meet it
                self.wrong.append(f"{self.archive}: {error}")
            self.stop.wait(0.05)


def urls(archive: Path) -> set[str]:
    with closing(connect(archive, Mode.READ)) as connection:  # as all of ours do
        return {url for (url,) in connection.execute("select url from articles")}


@contextmanager
def served(desk: Desk) -> Iterator[str]:
    with Popen(desk.command("serve", "--port", "0"), cwd=desk.folder, stderr=PIPE, text=True) as server:
        try:
            assert server.stderr
            line = server.stderr.readline()
            while "The archive is at " not in line:
                assert line, "the site has ended"
                line = server.stderr.readline()
            yield line.split("The archive is at ")[1].split()[0].rstrip("/")
        finally:
            server.kill()


@dataclass
class Trial:
    desk: Desk
    outlet: Outlet
    reader: Reader
    random: Random
    longest: dict[Victim, float]  # seconds that a command is given at most before it is killed
    killed: Counter[Victim] = field(default_factory=Counter)
    too_late: Counter[Victim] = field(default_factory=Counter)  # had ended by then
    checked: int = 0  # the last page that was read back

    def strike(self, victim: Victim) -> None:
        if victim in (Victim.MIGRATION, Victim.RESTORE):
            (self._strike_migration if victim is Victim.MIGRATION else self._strike_restore)()
            return
        if victim is Victim.CRAWL:
            self.outlet.publish_more()
        if victim is Victim.REVISIT:
            self.outlet.reword()
        self._kill(victim)
        self.check()

    def _kill(self, victim: Victim, *words: str) -> None:
        ends = time.monotonic() + self.random.uniform(0, self.longest[victim])
        words = (*COMMANDS[victim], *words)
        done = typist().type(words, self.desk.folder, kill_when=lambda: time.monotonic() >= ends)
        (self.killed if done.returncode == -9 else self.too_late)[victim] += 1
        assert done.returncode in (0, -9), done.stderr

    def _strike_migration(self) -> None:
        """Of an archive of an earlier version, in a home of its own, with who reads the file."""
        with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as environment:
            home = older_home(Path(folder))
            environment.setenv("REVIERSPIEGEL_HOME", str(home))
            before = urls(home / "archive.db")
            reader = Reader(self.reader.address, home / "archive.db")
            self._kill(Victim.MIGRATION)
            check_archive(home)
            again = typist().type(COMMANDS[Victim.MIGRATION], Path(folder), "", 120)
            reader.end()
            assert again.returncode == 0, again.stderr
            assert not reader.wrong, reader.wrong[0]
            assert urls(home / "archive.db") == before
            check_archive(home)
            assert not [finding for finding in examine(home / "archive.db") if finding.wrong]
            assert not list(home.glob(".*.part"))

    def _strike_restore(self) -> None:
        """Into a home of its own, which nobody reads meanwhile: there always is an archive in it, and none is lost."""
        if not backups(self.desk.home):
            assert typist().type(COMMANDS[Victim.BACKUP], self.desk.folder, "", 120).returncode == 0
        with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as environment:
            home = older_home(Path(folder))
            environment.setenv("REVIERSPIEGEL_HOME", str(home))
            backup = backups(self.desk.home)[0].folder
            before, after = urls(home / "archive.db"), urls(backup / "archive.db")
            self._kill(Victim.RESTORE, str(backup))
            check_archive(home)
            assert urls(home / "archive.db") in (before, after)
            again = typist().type([*COMMANDS[Victim.RESTORE], str(backup)], Path(folder), "", 120)
            assert again.returncode == 0, again.stderr
            assert urls(home / "archive.db") == after and not (home / ".restore.part").exists()
            check_archive(home)
            check_pages(home, 0)
            aside = [path for path in home.glob("set-aside-*/archive.db") if urls(path) == before]
            assert aside

    def check(self) -> None:
        """Right after the kill, before anything has been mended."""
        home = self.desk.home
        assert not self.reader.wrong, self.reader.wrong[0]
        assert self.reader.seen <= urls(home / "archive.db")
        check_archive(home)
        wrong = [f"{each.what}: {each.wrong}" for each in examine(home / "archive.db") if each.wrong]
        assert not wrong
        self.checked = check_pages(home, self.checked)
        for backup in backups(home):
            assert fault_of_backup(backup) == ""
        if bundle := made(home / "archive.db"):
            assert {state(bundle.folder, file) for file in bundle.files} == {FileState.WHOLE}

    def finish(self) -> None:
        """The next run goes on, and has all."""
        for victim in (Victim.CRAWL, Victim.REVISIT, Victim.EXPORT, Victim.BACKUP):
            done = typist().type(COMMANDS[victim], self.desk.folder, "", 300)
            assert done.returncode == 0, done.stderr
        self.reader.end()
        self.check()
        check_pages(self.desk.home, 0)
        # what fell out of the feed before any crawl had seen it is known to nobody
        assert urls(self.desk.home / "archive.db") >= set(self.outlet.published[-LISTED:])
        assert self.desk.rows("select count(*) as n from pages where done = 0") == [{"n": 0}]
        assert not list((self.desk.home / "backups").glob(".*"))


def check_archive(home: Path) -> None:
    with closing(connect(home / "archive.db", Mode.WRITE)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert not fault_of(connection, count_rows(connection))
    for copy in home.glob("archive.before-*.db"):
        with closing(connect(copy, Mode.WRITE)) as connection:
            assert not fault_of(connection, count_rows(connection))


def check_pages(home: Path, after: int) -> int:
    """Each page that a row names is read back, and each file as any reader of WARC does, to its last whole record."""
    with Archive(home / "archive.db", read_only=True) as archive:
        rows = list(archive.db.query("select * from pages where id > ? order by id", [after]))
        counts = dict(archive.db.execute("select file, count(*) from pages group by file").fetchall())
    for row in rows:
        read_page(home / "pages", row)  # type: ignore[arg-type]
    for name in {row["file"] for row in rows}:
        assert whole_records(home / "pages" / name) >= counts[name]
    return max([after, *(row["id"] for row in rows)])


def whole_records(path: Path) -> int:
    whole = 0
    with path.open("rb") as stream, suppress(ArchiveLoadFailed, EOFError, OSError, ZlibError):
        for record in ArchiveIterator(stream):
            record.content_stream().read()
            whole += 1
    return whole


def older_home(folder: Path) -> Path:
    with tarfile.open(ROOT / "tests" / "archives" / "m022.tar.xz") as tar:
        tar.extract("archive.db", folder / "home", filter="data")
    return folder / "home"


@contextmanager
def trial(folder: Path, seed: int, longest: float) -> Iterator[Trial]:
    with pytest.MonkeyPatch.context() as environment, newsroom_of(environment) as room:
        desk = desk_of(folder, environment)
        desk.registry(REGISTRY)
        desk.home.mkdir(parents=True)
        blank_archive(desk.home / "archive.db")
        outlet = Outlet(room)
        outlet.publish_more()
        assert typist().type(CRAWL, folder, "", 120).returncode == 0
        with served(desk) as address:
            reader = Reader(address, desk.home / "archive.db")
            yield Trial(desk, outlet, reader, Random(seed), dict.fromkeys(Victim, longest))
            reader.end()


def measure(of: Trial) -> None:
    """Kills fall anywhere in a command, and a little behind it."""
    for victim in (Victim.CRAWL, Victim.REVISIT, Victim.EXPORT, Victim.BACKUP):
        of.outlet.publish_more()
        began = time.monotonic()
        assert typist().type(COMMANDS[victim], of.desk.folder, "", 300).returncode == 0
        of.longest[victim] = 1.1 * (time.monotonic() - began)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as environment:
        environment.setenv("REVIERSPIEGEL_HOME", str(older_home(Path(folder))))
        began = time.monotonic()
        assert typist().type(COMMANDS[Victim.MIGRATION], Path(folder), "", 300).returncode == 0
        of.longest[Victim.MIGRATION] = 1.1 * (time.monotonic() - began)
        began = time.monotonic()
        words = [*COMMANDS[Victim.RESTORE], str(backups(of.desk.home)[0].folder)]
        assert typist().type(words, Path(folder), "", 300).returncode == 0
        of.longest[Victim.RESTORE] = 1.1 * (time.monotonic() - began)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=50)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    with TemporaryDirectory() as folder, trial(Path(folder), given.seed, 0) as of:
        measure(of)
        victims = [list(Victim)[number % len(Victim)] for number in range(given.times)]
        of.random.shuffle(victims)
        for number, victim in enumerate(victims, 1):
            of.strike(victim)
            print(f"{number}/{given.times} {victim}", file=sys.stderr)  # noqa: T201
        of.finish()
        for victim in Victim:
            seconds = f"at 0 to {of.longest[victim]:.1f} s"
            print(f"{victim}: {of.killed[victim]} killed {seconds}, {of.too_late[victim]} had ended")  # noqa: T201
        articles, asked = len(urls(of.desk.home / "archive.db")), of.reader.asked
        print(f"{articles} articles, all that were seen; {asked} answers of the site, none wrong")  # noqa: T201
    typist().close()


if __name__ == "__main__":
    main()
