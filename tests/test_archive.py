import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database

from db.days import day_of
from db.home import HomeError, make_home
from db.lock import Busy, lock_crawl
from db.store.archive import Archive
from db.store.connection import ArchiveError
from db.store.migrations import migrations
from db.store.warc import PageError, Pages, StoredPage, read_page


@pytest.fixture
def archive(tmp_path: Path):  # type: ignore[no-untyped-def]
    opened = Archive(tmp_path / "archive.db")
    yield opened
    opened.close()


def article(identity: str, **facts: object) -> dict[str, object]:
    row = {"url": f"https://{identity}", "source": "blatt", "title": "Titel", "text": "Text über Grüße", "page": None}
    return row | {"identity": identity, "fetched_at": "2025-01-01", "sha256": "x"} | facts


def test_from_blank_to_now(archive: Archive) -> None:
    tables = {"articles", "aliases", "article_keys", "versions", "refusals", "pages", "leads", "runs", "source_nights"}
    assert tables | {"sources", "addresses", "articles_fts"} <= set(archive.db.table_names())
    assert archive.db.journal_mode == "wal"
    assert migrations.pending(archive.db) == []


def test_an_archive_from_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    Archive(path).close()
    with Database(path) as db:
        row = {"migration_set": "revierspiegel", "name": "m999_tomorrow", "applied_at": "2030-01-01"}
        db.table("_sqlite_migrations").insert(row)
    before = path.read_bytes()
    with pytest.raises(ArchiveError, match=r"newer Revierspiegel \(m999_tomorrow\); update the program"):
        Archive(path)
    assert path.read_bytes() == before


def test_what_is_no_archive_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    path.write_bytes(b"no database at all, but long enough to be taken for one" * 100)
    with pytest.raises(ArchiveError, match="file is not a database"):
        Archive(path)


def test_refusals_are_written_together_before_whatever_follows(archive: Archive) -> None:
    leads = [{"key": f"blatt.example/{n}", "url": f"https://blatt.example/{n}", "source": "blatt"} for n in "abc"]
    archive.frontier.queue(leads)

    def ended() -> tuple[int, int]:
        with Archive(archive.path, read_only=True) as reader:
            sql = "select (select count(*) from refusals), (select count(*) from leads)"
            refused, waiting = reader.db.execute(sql).fetchone()
            return refused, waiting

    archive.refusals.refuse_soon(leads[0], "off_topic", None, 1)
    assert ended() == (0, 3)  # a kill now: the address waits as before
    archive.db.execute("pragma query_only = on")  # as a full disk does
    with pytest.raises(sqlite3.OperationalError):
        archive.frontier.prefer("blatt.example/b")
    archive.db.execute("pragma query_only = off")
    with pytest.raises(ZeroDivisionError), archive.atomic():
        archive.refusals.refuse_soon(leads[1], "off_topic", None, 1)
        raise ZeroDivisionError
    assert ended() == (1, 2)  # what another transaction loses is its own
    archive.write_deferred()
    assert ended() == (2, 1)
    with pytest.raises(UnicodeError):
        archive.refusals.refuse_soon(leads[2] | {"title": "\ud800"}, "off_topic", None, 1)
    archive.refusals.refuse_soon(leads[2], "off_topic", None, 1)
    archive.close()
    assert ended() == (3, 0)


def test_one_article_under_many_keys(archive: Archive) -> None:
    first, new = archive.articles.save(
        article("blatt.example/a"), {"blatt.example/b": "https://blatt.example/b"}, "blatt.example/b"
    )
    assert new
    again, new = archive.articles.save(
        article("blatt.example/b"), {"blatt.example/c": "https://blatt.example/c"}, "blatt.example/c"
    )
    assert (again, new) == (first, False)
    assert archive.frontier.known(["blatt.example/a", "blatt.example/b", "blatt.example/c", "blatt.example/d"]) == {
        "blatt.example/a": first,
        "blatt.example/b": first,
        "blatt.example/c": first,
    }
    urls = {row["url"] for row in archive.db.query("select url from aliases")}
    assert urls == {"https://blatt.example/b", "https://blatt.example/c"}
    assert archive.db.table("versions").count == 1


def test_the_index_follows_every_change(archive: Archive) -> None:
    known, _ = archive.articles.save(article("a"), {}, "a")
    found = "select count(*) from articles_fts where articles_fts match ?"
    assert archive.db.execute(found, ["grusse"]).fetchone()[0] == 0
    assert archive.db.execute(found, ["grüße"]).fetchone()[0] == 1
    archive.db.table("articles").update(known, {"text": "etwas anderes"})
    assert archive.db.execute(found, ["grüße"]).fetchone()[0] == 0
    archive.db.table("articles").delete(known)
    assert archive.db.execute(found, ["anderes"]).fetchone()[0] == 0


def test_refusals_for_now_and_for_good(archive: Archive) -> None:
    for name, reason in (("a", "off_topic"), ("b", "budget"), ("c", "robots"), ("d", "unreachable")):
        archive.refusals.refuse({"key": name, "url": name, "source": "blatt"}, reason, None, 1)
    assert set(archive.frontier.known("abcd")) == set("abcd")
    archive.db.execute("update refusals set at = '2020-01-01'")  # four weeks later
    assert set(archive.frontier.known("abcd")) == {"a", "d"}


def test_half_a_transaction_is_none(archive: Archive) -> None:
    archive.frontier.queue([{"key": "a", "url": "a", "source": "blatt"}])
    with pytest.raises(sqlite3.IntegrityError):
        archive.articles.save(article("a", title=None), {}, "a")
    assert archive.frontier.count_waiting("blatt") == 1
    assert archive.frontier.known(["a"]) == {"a": None}


def page(number: int) -> StoredPage:
    return StoredPage(
        source="blatt",
        url=f"https://blatt.example/{number}",
        final_url=f"https://blatt.example/{number}",
        fetched_at="2025-03-12T08:30:00+00:00",
        status=200,
        headers=(("Content-Type", "text/html; charset=latin-1"), ("Content-Encoding", "gzip"), ("Set-Cookie", "x=1")),
        body=f"<p>Grüße Nummer {number}</p>".encode("latin-1"),
        lead={"found_via": "x"},
    )


def test_pages_come_back_as_they_were_kept(archive: Archive, tmp_path: Path) -> None:
    pages = Pages(archive, tmp_path / "pages", run=7)
    assert not (tmp_path / "pages").exists()  # a night without pages leaves no file
    ids = [pages.add(page(number)) for number in range(3)]
    pages.close()
    rows = archive.pages.unfinished()
    assert [row["id"] for row in rows] == ids
    for number, row in enumerate(rows):
        body, kind = read_page(tmp_path / "pages", row)
        assert body == page(number).body
        assert kind == "text/html; charset=latin-1"
    assert b"Set-Cookie" not in (tmp_path / "pages" / rows[0]["file"]).read_bytes()
    archive.refusals.refuse({"key": "k", "url": rows[0]["url"], "source": "blatt"}, "off_topic", None, 1)
    assert [row["id"] for row in archive.pages.unfinished()] == ids[1:]


def test_a_page_that_is_gone_is_said(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(PageError, match="no page at 5"):
        read_page(tmp_path, {"file": "gone.warc.gz", "offset": 5})
    (tmp_path / "half.warc.gz").write_bytes(b"\x1f\x8b\x08half")
    with pytest.raises(PageError):
        read_page(tmp_path, {"file": "half.warc.gz", "offset": 0})


def test_a_home_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("REVIERSPIEGEL_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(HomeError, match=r"nothing can be written here .*; make room, or set REVIERSPIEGEL_HOME"):
        make_home()


def test_one_crawl_at_a_time(home: Path) -> None:
    held = lock_crawl()
    with pytest.raises(Busy, match=r"a crawl is already running \(process \d+\)"):
        lock_crawl()
    held.close()
    lock_crawl().close()


@pytest.mark.parametrize(
    ("published", "day"),
    [
        ("2025-03-31T22:30:00Z", "2025-04-01"),
        ("2025-03-31T22:30:00+02:00", "2025-03-31"),
        ("2025-03-31T22:30:00", "2025-03-31"),
        ("2025-03-31", "2025-03-31"),
        (None, None),
    ],
)
def test_a_day_is_one_in_berlin(published: str | None, day: str | None) -> None:
    assert day_of(published) == day
