"""Backups: whole while others write, looked at before they count, kept for days, weeks and months, and put back."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from db.lock import Busy, lock_backups, lock_crawl
from db.operations.backups.making import fault_of_backup, make_backup, sha256, thin_out
from db.operations.backups.restoring import choose, restore
from db.operations.backups.shelf import Backup, BackupError, backups, folder_of, last_backup, to_keep
from db.store.archive import Archive
from db.store.connection import ArchiveError, Mode, connect
from db.store.warc import Pages, prune, read_page
from revierspiegel.main import cli
from tests.blank import blank_archive
from tests.test_archive import page
from tests.test_pages import BEFORE, all_sound, fill

NOW = datetime(2026, 11, 29, 1, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def filled(home: Path) -> Iterator[Path]:
    """A home with two runs of six pages, half of them articles'."""
    home.mkdir()
    with Archive(blank_archive(home / "archive.db")) as archive:
        fill(archive, home / "pages", runs=2, each=6)
    yield home


def articles(home: Path) -> list[object]:
    with Archive(home / "archive.db", read_only=True) as archive:
        return [row["url"] for row in archive.db.query("select url from articles order by id")]


def check_pages(home: Path) -> None:
    with Archive(home / "archive.db", read_only=True) as archive:
        all_sound(archive, home / "pages")


def add_page(archive: Archive, run: int) -> None:
    with closing(Pages(archive, archive.path.with_name("pages"), run)) as pages:
        pages.add(page(run * 1000 + 999))


def test_a_year_of_backups_leaves_days_weeks_and_months() -> None:
    kept: set[datetime] = set()
    for night in range(400):
        kept = to_keep(kept | {NOW + timedelta(days=night)})
    ages = sorted((NOW + timedelta(days=399) - at).days for at in kept)
    assert ages[:7] == list(range(7))
    assert 20 <= len(kept) <= 7 + 3 + 12 and 300 <= ages[-1] <= 366
    assert len({(at.year, at.month) for at in kept}) == 12
    # A machine that was off loses none of them, and several of one day are one
    assert to_keep(kept | {NOW + timedelta(days=900)}) >= {max(kept), NOW + timedelta(days=900)}
    day = {NOW + timedelta(hours=hours) for hours in range(12)}
    assert to_keep(day) == {max(day)}
    assert to_keep([]) == set()


def test_a_backup_is_whole_while_a_crawl_writes(filled: Path) -> None:
    stop, began, failed = Event(), Event(), list[Exception]()

    def crawl() -> None:
        try:
            with lock_crawl(), Archive(filled / "archive.db") as archive:
                pages = Pages(archive, filled / "pages", 3)
                for number in range(3000, 10**6):
                    pages.add(page(number))
                    archive.frontier.db.execute("update addresses set unchanged = 1")
                    began.set()
                    if stop.is_set():
                        break
                pages.close()
        except Exception as error:
            failed.append(error)

    writer = Thread(target=crawl)
    writer.start()
    began.wait(20)
    made = make_backup(filled, NOW)
    stop.set()
    writer.join(20)
    assert not failed and not made.missing and made.counts["pages"] > 12
    assert fault_of_backup(made) == ""
    assert [file.name for file in made.files] == ["archive.db", *(f"pages/run-00000{n}.warc.gz" for n in (1, 2, 3))]
    assert not list(made.folder.glob("*-wal")) and not list(folder_of(filled).glob(".*"))
    empty = filled.with_name("empty")
    os.environ["REVIERSPIEGEL_HOME"] = str(empty)  # undone with the fixture of the home
    restored = restore(read_anew(made), empty, NOW)
    assert restored.set_aside is None and articles(empty) == articles(filled)
    check_pages(empty)
    assert (empty / "pages" / "run-000003.warc.gz").stat().st_size == made.files[-1].bytes  # not what came after


def read_anew(backup: Backup) -> Backup:
    return choose(Path("/nowhere"), str(backup.folder))


def test_a_home_is_set_aside_and_never_overwritten(filled: Path) -> None:
    (filled / "contact").write_text("archive@blatt.example\n")
    labels = filled / "audits" / "spring" / "labels-A.jsonl"
    labels.parent.mkdir(parents=True)
    labels.write_text("{}\n")
    make_backup(filled, NOW)
    before = articles(filled)
    labels.write_text("{}\n{}\n")
    (filled / "contact").write_text("other@blatt.example\n")
    with Archive(filled / "archive.db") as archive:
        archive.articles._write("delete from articles where id > 2")
        add_page(archive, run=3)
        with pytest.raises(BackupError, match=r"somebody has it open .*stop the site and the schedule first"):
            restore(choose(filled, None), filled, LATER)
    with Archive(filled / "archive.db", read_only=True), pytest.raises(BackupError, match="stop the site"):
        restore(choose(filled, None), filled, LATER)
    assert len(articles(filled)) == 2
    restored = restore(choose(filled, "2026-11-29T013000Z"), filled, LATER)
    assert articles(filled) == before
    check_pages(filled)
    assert (filled / "contact").read_text() == "archive@blatt.example\n"
    aside = restored.set_aside
    assert aside and aside.name == "set-aside-2026-11-29T013500Z"
    assert len(articles(aside)) == 2 and (aside / "contact").read_text() == "other@blatt.example\n"
    assert labels.read_text() == "{}\n" and (aside / labels.relative_to(filled)).read_text() == "{}\n{}\n"
    assert {path.name for path in aside.iterdir()} >= {"archive.db", "pages", "contact"}
    assert not (filled / ".restore.part").exists() and last_backup(filled)
    with Archive(filled / "archive.db") as archive:  # what is written from now on does not reach into the backup
        add_page(archive, run=2)
    assert fault_of_backup(choose(filled, None)) == ""


@pytest.mark.parametrize("step", ["pages", "archive.db"])
def test_a_restore_that_was_broken_off_is_given_again(filled: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make_backup(filled, NOW)
    before = articles(filled)
    with Archive(filled / "archive.db") as archive:
        archive.articles._write("delete from articles where id > 2")
    rename, replace = Path.rename, Path.replace

    def broken(move: Callable[[Path, Path], Path]) -> Callable[[Path, Path], Path]:
        def moving(path: Path, target: Path) -> Path:
            if path.parent.name == ".restore.part" and path.name == step:
                raise OSError(errno.EIO, "power cut")
            return move(path, target)

        return moving

    monkeypatch.setattr(Path, "rename", broken(rename))
    monkeypatch.setattr(Path, "replace", broken(replace))
    with pytest.raises(BackupError, match=r"could not be restored .* give the command again"):
        restore(choose(filled, None), filled, LATER)
    assert len(articles(filled)) == 2  # there always is an archive
    monkeypatch.undo()
    monkeypatch.setenv("REVIERSPIEGEL_HOME", str(filled))
    restore(choose(filled, None), filled, LATER + timedelta(minutes=1))
    assert articles(filled) == before
    check_pages(filled)
    assert len(list(filled.glob("set-aside-*/pages/run-000001.warc.gz"))) >= 1


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def other_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    copy = path.with_name("copy")
    copy.write_bytes(data)
    copy.replace(path)


@pytest.mark.parametrize(
    ("name", "damage", "says"),
    [
        ("archive.db", truncated, "archive.db: "),
        ("archive.db", other_byte, "archive.db: "),
        ("archive.db", Path.unlink, "archive.db: cannot be read"),
        ("pages/run-000002.warc.gz", other_byte, "run-000002.warc.gz: holds other bytes than were kept"),
        ("pages/run-000002.warc.gz", Path.unlink, "run-000002.warc.gz: cannot be read"),
        ("manifest.json", truncated, "is no backup"),
    ],
)
def test_a_damaged_backup_is_refused(filled: Path, name: str, damage: Callable[[Path], object], says: str) -> None:
    made = make_backup(filled, NOW)
    damage(made.folder / name)
    with pytest.raises(BackupError, match=f"(?s){says}.*revierspiegel backup --list"):
        restore(choose(filled, str(made.folder)), filled, LATER)
    assert len(articles(filled)) == 6 and not list(filled.glob("set-aside*"))
    check_pages(filled)


def test_of_a_newer_program_none_is_restored(filled: Path) -> None:
    with Archive(filled / "archive.db") as archive:
        row = {"migration_set": "revierspiegel", "name": "m999_tomorrow", "applied_at": "2030-01-01"}
        archive.db.table("_sqlite_migrations").insert(row)
    with pytest.raises(ArchiveError, match="written by a newer Revierspiegel"):
        make_backup(filled, NOW)
    with closing(connect(filled / "archive.db", Mode.WRITE)) as connection, connection:
        connection.execute("delete from _sqlite_migrations where name = 'm999_tomorrow'")
    made = make_backup(filled, NOW)
    with closing(connect(made.folder / "archive.db", Mode.WRITE)) as connection, connection:
        name = "update _sqlite_migrations set name = 'm999_tomorrow' where name = 'm024_job_runs'"
        connection.execute(name)
    sealed_anew(made)
    with pytest.raises(ArchiveError, match="written by a newer Revierspiegel"):
        restore(choose(filled, None), filled, LATER)
    assert len(articles(filled)) == 6


def sealed_anew(backup: Backup) -> None:
    manifest = json.loads((backup.folder / "manifest.json").read_text())
    for file in manifest["files"]:
        path = backup.folder / file["name"]
        file |= {"bytes": path.stat().st_size, "sha256": sha256(path, path.stat().st_size)}
    (backup.folder / "manifest.json").write_text(json.dumps(manifest))


def test_no_room_no_home_no_turn(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with lock_backups(), pytest.raises(Busy, match=rf"a backup is already being made .*process {os.getpid()}"):
        make_backup(filled, NOW)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(
        BackupError, match=r"a backup takes . MB, 67 MB are to stay free, and there are 1 MB; make room"
    ):
        make_backup(filled, NOW)
    monkeypatch.undo()
    monkeypatch.setenv("REVIERSPIEGEL_HOME", str(filled))
    made = make_backup(filled, NOW)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(BackupError, match=r"are free; make room, or .* Nothing has been changed"):
        restore(made, filled, LATER)
    with pytest.raises(ArchiveError, match="there is no archive yet"):
        make_backup(filled / "nowhere", NOW)
    assert [each.name for each in backups(filled)] == ["2026-11-29T013000Z"]


def test_on_another_disk_pages_are_copied_once(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link, linked = os.link, list[str]()

    def link_here(source: Path, target: Path) -> None:
        if source.parent == filled / "pages":
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        linked.append(Path(source).name)
        link(source, target)

    monkeypatch.setattr(os, "link", link_here)
    for path in (filled / "pages").iterdir():
        os.utime(path, (NOW.timestamp() - 60,) * 2)
    first = make_backup(filled, NOW)
    assert not linked and not (first.folder / "pages/run-000001.warc.gz").samefile(filled / "pages/run-000001.warc.gz")
    damaged = first.folder / "pages/run-000001.warc.gz"
    with damaged.open("r+b") as stream:
        stream.write(b"other bytes")
    os.utime(damaged, (NOW.timestamp() - 60,) * 2)
    second = make_backup(filled, LATER)
    assert sorted(linked) == ["run-000001.warc.gz", "run-000002.warc.gz"]
    assert second.files[1:] == first.files[1:]  # by the sums of then, for pages are not read again
    assert fault_of_backup(second) == "pages/run-000001.warc.gz: holds other bytes than were kept"


def test_a_pruning_meanwhile_takes_nothing_away(filled: Path) -> None:
    pruned = []

    def prune_before_the_copy(step: str) -> None:
        if step == "copying the archive":
            with Archive(filled / "archive.db") as archive:
                pruned.append(prune(archive, filled / "pages", BEFORE).pages)

    made = make_backup(filled, NOW, prune_before_the_copy)
    assert pruned == [6]
    names = [f"pages/run-00000{number}-1.warc.gz" for number in (1, 2)]
    assert [file.name for file in made.files[1:]] == names and not made.missing
    assert sorted(path.name for path in (made.folder / "pages").iterdir()) == [Path(name).name for name in names]


def test_pages_that_are_gone_are_told_and_the_rest_is_kept(filled: Path) -> None:
    (filled / "pages" / "run-000001.warc.gz").unlink()
    (folder_of(filled) / ".2026-01-01T013000Z.part" / "pages").mkdir(parents=True)  # a kill has left it
    (folder_of(filled) / "2026-01-02T013000Z").mkdir()  # a stranger's
    made = make_backup(filled, NOW)
    assert made.missing == ("pages/run-000001.warc.gz",)
    assert fault_of_backup(made) == ""
    assert [path.name for path in folder_of(filled).glob(".*")] == [] and backups(filled) == [made]


def test_a_copy_that_is_not_what_was_there_is_no_backup(filled: Path) -> None:
    def lose_a_row(_: str) -> None:
        for copy in folder_of(filled).glob(".*/archive.db"):
            with closing(connect(copy, Mode.WRITE)) as connection, connection:
                connection.execute("delete from pages where id = 12")

    with pytest.raises(BackupError, match=r"archive\.db: pages has 11 rows, not 12"):
        make_backup(filled, NOW, lose_a_row)
    check_pages(filled)
    assert not backups(filled) and not list(folder_of(filled).iterdir())


def test_the_commands(filled: Path) -> None:
    def output(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli, words, catch_exceptions=False)
        assert done.exit_code == code
        return done.output

    assert "There is no backup in" in output("backup", "--list")
    made = json.loads(output("backup", "--json"))
    assert (made["articles"], made["files"], made["removed"], made["missing"]) == (6, 3, [], [])
    assert output("backup", "--list").startswith(f"{made['name']}  6 articles  3 files, ")
    assert json.loads(output("backup", "--check", "--json"))["fault"] == ""
    other_byte(Path(made["folder"]) / "pages" / "run-000001.warc.gz")
    for more in ((), ("--quiet",)):
        assert "holds other bytes than were kept" in output("backup", "--check", *more, code=1)
    shutil.rmtree(made["folder"])
    output("backup", "--quiet")
    restored = json.loads(output("restore", "--json"))
    assert restored["home"] == str(filled)
    assert "Next: 'revierspiegel doctor'" in output("restore")


def test_thinning_out_takes_whole_backups(filled: Path) -> None:
    made = [make_backup(filled, NOW + timedelta(hours=hours)) for hours in range(3)]
    assert thin_out(filled) == [made[1].name, made[0].name]
    assert backups(filled) == made[2:]
    with Archive(made[2].folder / "archive.db", read_only=True) as archive:
        row = archive.pages.get(1)
    assert row and read_page(made[2].folder / "pages", row)
