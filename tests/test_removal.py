"""What is taken down is gone from every file of the home, stays away, and takes nothing else along."""

import gzip
import hashlib
import json
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from crawler.demo.newsroom import Newsroom, feed, page
from db.operations.backups.making import fault_of_backup, make_backup
from db.operations.backups.shelf import backups
from db.publish import shelf
from db.publish.package import write_package
from db.publish.removal.erasing import Order
from db.publish.removal.journal import Journal
from db.publish.removal.taking_down import carry_on, take_down
from db.publish.snapshot import publish as publish_snapshot
from db.store.archive import Archive
from db.store.connection import Mode, connect
from db.store.leaving.tombstones import How
from db.store.warc import read_page
from tests.conftest import Desk, desk_of, newsroom_of
from tests.stories import FESTIVAL, SITE, TRAINING
from tests.test_article_page import reading
from tests.test_backfill import a_list, backfill
from tests.test_queue import SOURCE

HOST = "http://blatt.example"
URL = f"{HOST}/lokales/quittenschnaps-erlaubt"
KEY = "blatt.example/lokales/quittenschnaps-erlaubt"
TITLE = "Microsoft lädt Brunhilde Quastenflosser nach Bedburg ein"
NEW_TITLE = "Microsoft lädt Brunhilde Quastenflosser nach Elsdorf aus"
WORDS = ("quittenschnaps", "quastenflosser", "zwirbelbart", "mondkalbgasse", "schabernackt", "trudelheim")
TEXT = [
    f"{SITE[1][0]} Der Zwirbelbart in der Mondkalbgasse 17 gehört dazu.",
    f"{SITE[1][1]} Das kostet 4711 Euro, sagte Brunhilde Quastenflosser.",
    "„Das ist ein Schabernackt, wie ihn Bedburg noch nie gesehen hat“, sagte Brunhilde Quastenflosser am Mittwoch.",
]
OTHER, THIRD = f"{HOST}/lokales/andere", f"{HOST}/lokales/dritte"
DAY = "Wed, 12 Mar 2025 09:30:00 +0100"


def contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """The bytes of a file as they lie there, and unpacked."""
    data = path.read_bytes()
    yield str(path), data
    if data.startswith(b"\x1f\x8b"):
        yield f"{path}!", gzip.decompress(data)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as book:
            yield from ((f"{path}!{name}", book.read(name)) for name in book.namelist())
    if data.startswith(b"SQLite format 3"):
        with closing(sqlite3.connect(path)) as db:
            for (name,) in db.execute("select name from sqlite_master where type = 'table'").fetchall():
                rows = db.execute(f'select * from "{name}"').fetchall()
                yield f"{path}:{name}", repr(rows).encode()


def naming(home: Path, *words: str) -> list[str]:
    """Where any of the words stands, in whatever case."""
    wanted = [each.lower().encode() for each in words]
    return [
        f"{where}: {word.decode()}"
        for path in sorted(home.rglob("*"))
        if path.is_file()
        for where, data in contents(path)
        for word in wanted
        if word in data.lower()
    ]


KEPT = "select * from {} where {} in (select id from articles where url not like '" + URL + "%') order by 1"


def others(home: Path) -> dict[str, list[object]]:
    """What the archive has of all other articles."""
    tables = {"articles": "id", "versions": "article", "aliases": "article", "figures": "article", "quotes": "article"}
    with closing(connect(home / "archive.db", Mode.WRITE)) as db:
        return {name: db.execute(KEPT.format(name, column)).fetchall() for name, column in tables.items()}


def check_pages(home: Path) -> None:
    """Each can be read back, also where the address was taken out of it."""
    with Archive(home / "archive.db", read_only=True) as archive:
        for number in archive.db.execute("select id from pages").fetchall():
            read_page(home / "pages", archive.pages.get(*number))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Newsroom]]:
    """A home that has all that a home may have of an article: versions, exports, backups, an audit, a decision."""
    with pytest.MonkeyPatch.context() as environment, newsroom_of(environment) as room:
        desk = desk_of(tmp_path_factory.mktemp("removal"), environment)
        link = f'<p>Mehr: <a href="/lokales/quittenschnaps-erlaubt">{TITLE}</a></p>'
        room.put(
            f"{HOST}/feed.xml",
            feed([(f"{URL}?utm_source=rss", TITLE, DAY), (OTHER, SITE[0], DAY), (THIRD, TRAINING[0], DAY)]),
        )
        room.put(f"{URL}?utm_source=rss", page(TITLE, TEXT))
        room.put(OTHER, page(*SITE, around=link))
        room.put(
            THIRD, page(f"Zwackelmann: {TRAINING[0]}", [f"Hubertus Zwackelmann. {TRAINING[1][0]}", *TRAINING[1][1:]])
        )
        desk.registry(SOURCE.format(id="blatt") + f'feeds = ["{HOST}/feed.xml"]\n')
        desk.crawl(finishing=True)
        desk.run("publish")
        room.put(THIRD, page(*TRAINING))
        make_backup(desk.home, datetime(2026, 3, 1, tzinfo=UTC))
        room.put(
            f"{URL}?utm_source=rss",
            page(NEW_TITLE, [*TEXT, "Wohnhaft in Trudelheim, heißt es nun aus dem Rathaus der Stadt."]),
        )
        desk.crawl("--revisit", finishing=True)
        desk.run("decide", URL, "keep", "--why", "the Quittenschnaps", "--by", "Holtkamp")
        desk.run("audit", "draw", "--name", "spring", "--n", "3", "--seed", "1")
        desk.run("export", "all")
        assert desk.run("publish").returncode == 0
        desk.run("backup", "--quiet")
        shutil.copytree(desk.home, desk.folder / "before", symlinks=True)
        yield desk, room


def test_a_name_that_an_outlet_removed_is_in_no_new_snapshot(filled: tuple[Desk, Newsroom]) -> None:
    home = filled[0].home
    public = shelf.current(home)
    assert public and public.stem.endswith("-2")
    assert naming(home, "zwackelmann")
    assert not [where for where, data in contents(public) if b"zwackelmann" in data.lower()]


def test_nothing_of_it_is_left_in_any_file(filled: tuple[Desk, Newsroom]) -> None:
    desk, _ = filled
    full = naming(desk.home, *WORDS)
    places = ("archive.db", "backups", "pages/run-000002", ".exports", "logs", "audits", "public/rev", "public/pack")
    for place in places:
        assert [each for each in full if f"home/{place}" in each], place
    before, (number,) = (
        others(desk.home),
        [row["id"] for row in desk.rows("select id from articles where identity = ?", KEY)],
    )
    foreseen = json.loads(desk.run("remove", URL, "--why", "asked to", "--dry-run", "--json").stdout)
    assert (foreseen["articles"], foreseen["pages"], foreseen["databases"]) == ([number], 2, 5)
    assert naming(desk.home, *WORDS) == full

    done = desk.run("remove", URL, "--why", "asked to", "--exclude", "--json")
    assert done.returncode == 0, done.stderr
    (removed,) = json.loads(done.stdout)
    assert removed["articles"] == [number] and len(removed["backups"]) == 2 and removed["left"] == []
    assert naming(desk.home, *WORDS) == []
    assert others(desk.home) == before
    assert desk.run("doctor").returncode == 0 and desk.run("backup", "--check").returncode == 0
    check_pages(desk.home)
    (public,) = shelf.snapshots(desk.home)
    assert public == shelf.current(desk.home)
    assert [path.name for path in desk.home.glob("public/packages/*/*")] == ["WITHDRAWN.txt"]
    (tombstone,) = desk.rows("select * from tombstones")
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    facts = {"article": number, "url": None, "key": digest, "how": "exclude", "why": None}
    assert tombstone == facts | {"at": tombstone["at"]}
    (log,) = desk.rows("select how, why, ended is not null as ended from removals")
    assert log == {"how": "exclude", "why": "asked to", "ended": 1}
    with reading(desk.home / "archive.db") as reader:
        assert reader.get(f"/article/{number}").status_code == 404
        assert digest not in reader.get("/archive/tombstones").text
        assert "Quastenflosser" not in reader.get("/search?q=Bedburg").text
        assert "4711" not in reader.get("/downloads/articles.csv").text


def test_it_never_comes_again(filled: tuple[Desk, Newsroom], tmp_path: Path) -> None:
    """Neither by its feed nor a list nor a kept file, nor by another address that gives its own as its own."""
    desk, room = filled
    room.log.clear()
    other = f"{HOST}/amp/17"
    room.put(other, page(TITLE, TEXT, canonical=URL))
    room.put(f"{HOST}/feed.xml", feed([(URL, TITLE, DAY), (other, "Microsoft", DAY), (OTHER, SITE[0], DAY)]))
    assert desk.crawl(finishing=True).returncode == 0
    told = backfill(desk, "--urls", a_list(tmp_path, f"{URL}?utm_source=x"))
    assert "taken down" in told
    assert room.asked("blatt.example").count("/amp/17") == 1
    assert not [path for path in room.asked("blatt.example") if "quittenschnaps" in path]
    assert "0 kept" in desk.run("backfill", str(desk.folder / "before" / "pages")).stderr
    shutil.rmtree(desk.home / "logs")  # they name what was on the list, as it was written there
    assert naming(desk.home, *WORDS) == []
    assert desk.crawl(finishing=True).returncode == 0
    assert room.asked("blatt.example").count("/amp/17") == 1
    assert desk.run("doctor").returncode == 0
    assert "taken down" in desk.run("explain", URL).stdout


def test_a_backup_from_elsewhere_does_not_bring_it_back(filled: tuple[Desk, Newsroom]) -> None:
    desk, _ = filled
    newest = sorted((desk.folder / "before" / "backups").iterdir())[-1]
    done = desk.run("restore", str(newest))
    assert done.returncode == 0, done.stderr
    for aside in desk.home.glob("set-aside-*"):
        shutil.rmtree(aside)
    assert naming(desk.home, *WORDS) == []
    assert desk.run("doctor").returncode == 0


@pytest.mark.soak
@pytest.mark.parametrize("step", (-1, 3, 5))
def test_one_that_was_broken_off_is_ended(filled: tuple[Desk, Newsroom], tmp_path: Path, step: int) -> None:
    """The address stays in its tombstone, and in nothing else."""
    home = tmp_path / "home"
    shutil.copytree(filled[0].folder / "before", home, symlinks=True)
    told = list[str]()
    aside = home / "set-aside-2026-11-01T000000Z"
    for name in ("pages", ".exports"):
        shutil.copytree(home / name, aside / name)
    shutil.copy(home / "archive.db", aside / "archive.db")
    if step < 0:
        (home / "exports").unlink()  # the first were broken off, too
    publish = partial(publish_snapshot, home / "archive.db", home, extract_words=7, keep=30)

    def tell(line: str) -> None:
        told.append(line)
        if len(told) == step + 1:
            raise KeyboardInterrupt

    def broken_off() -> None:
        raise KeyboardInterrupt

    order = Order(how=How.BLOCK, why="asked to", at="2026-11-29T09:00:00+00:00")
    with pytest.raises(KeyboardInterrupt):
        take_down(home, {URL, KEY}, order, tell, publish if step >= 0 else broken_off)
    with closing(connect(home / "archive.db", Mode.WRITE)) as db:
        assert db.execute("select count(*) from articles where identity = ?", [KEY]).fetchone() == (0,)
    journal = Journal.read(home)
    assert journal and carry_on(home, journal, lambda _: None, publish).left == ()
    named = naming(home, *WORDS)
    assert {re.sub(r"^.*/home/", "", each) for each in named if ":tombstones:" in each} == {
        f"{place}archive.db:tombstones: quittenschnaps"
        for place in ("", f"{aside.name}/", *(f"backups/{each.name}/" for each in (home / "backups").iterdir()))
    }
    assert all("archive.db" in each for each in named) and len(named) == 2 * 4
    assert shelf.current(home) == shelf.snapshots(home)[-1] and not (aside / ".exports").exists()
    for backup in backups(home):
        assert fault_of_backup(backup) == ""
    check_pages(home)


def test_a_package_in_the_home_is_told_and_left_whole(filled: tuple[Desk, Newsroom], tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(filled[0].folder / "before", home, symlinks=True)
    public = shelf.current(home)
    assert public
    write_package(public, home / "mine" / "package")
    before = {path.name: path.read_bytes() for path in (home / "mine" / "package").iterdir()}
    publish = partial(publish_snapshot, home / "archive.db", home, extract_words=7, keep=30)
    order = Order(how=How.EXCLUDE, why="asked to", at="2026-11-29T09:00:00+00:00")
    left = take_down(home, {URL, KEY}, order, lambda _: None, publish).left
    assert left == ("mine/package: has it; delete it, or write it again",)
    assert {path.name: path.read_bytes() for path in (home / "mine" / "package").iterdir()} == before


def test_what_is_no_article_is_taken_down_too(desk: Desk, newsroom: Newsroom, tmp_path: Path) -> None:
    """A refused page leaves with its record; an address that nobody has seen is never asked for."""
    newsroom.put(f"{HOST}/fest", page(*FESTIVAL))
    newsroom.put(f"{HOST}/nie", page(*SITE))
    desk.registry(SOURCE.format(id="blatt"))
    backfill(desk, "--urls", a_list(tmp_path, f"{HOST}/fest"))
    assert len(desk.rows("select * from refusals")) == 1
    [before] = desk.rows("select number from _recalls")
    for name in ("fest", "nie"):
        assert "no article taken down" in desk.run("remove", f"{HOST}/{name}", "--why", "asked to").stderr
    assert naming(desk.home, "blatt.example/fest") == [] and desk.rows("select * from refusals") == []
    [after] = desk.rows("select number from _recalls")  # the site does not show what it has kept of them any more
    assert after["number"] > before["number"]
    newsroom.log.clear()
    assert "taken down" in backfill(desk, "--urls", a_list(tmp_path, f"{HOST}/fest", f"{HOST}/nie"))
    assert newsroom.asked("blatt.example") == []
    assert desk.rows("select article from tombstones") == []
    front = desk.run("remove", f"{HOST}/", "--why", "asked to")
    assert front.returncode == 1 and "is the front page of a site" in front.stderr
    never = desk.run("decide", f"{HOST}/nie", "keep", "--why", "after all")
    assert never.returncode == 1 and "was taken down" in never.stderr
