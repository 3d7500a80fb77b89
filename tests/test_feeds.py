import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils
from lxml import etree

from db.export.changes import ChangeFilter
from db.export.feeds import ATOM, FeedError, as_atom, as_json_feed, changed, in_full, newest, opening
from db.export.tables import reading
from db.search.search import QueryError
from db.site.serve import close_site, make_site
from tests.changed import make_changed_archive
from tests.test_exports import make_archive

HOSTILE = "<script>alert(1)</script> & \x00\x08\x1b]]> \ufffe\u2028 „Größe“"
BASE = "http://127.0.0.1:8001/"
OWN = f"{BASE}feed.atom"
Get = Callable[..., Any]


def names(element: Any, path: str) -> list[str]:
    return [str(found.text) for found in element.findall(path, {"a": ATOM})]


@contextmanager
def site(archive: Path) -> Iterator[Get]:
    made = make_site(archive)
    with asyncio.Runner() as runner:
        yield lambda path, **headers: runner.run(made.client.get(path, headers=headers))
    close_site(made)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = make_archive(tmp_path / "archive.db", 60, title=HOSTILE, text=f"{HOSTILE} {'wort ' * 99}\n\nZweiter")
    database = sqlite_utils.Database(path)
    database.table("sources").insert({"id": "blatt", "name": "Musterdorfer Blatt"})
    database.table("runs").insert({"id": 1, "started": "2025-11-20T02:00:00+00:00"})
    database.execute("update articles set run = 1 where id > 1")
    late = {"run": 2, "published": "2019-05-01", "published_utc": "2019-04-30T22:00:00+00:00", "authors": "[]"}
    database.table("articles").update(1, late | {"final_url": "https://blatt.example/größe 1"})
    database.table("articles").update(2, {"published": None, "published_utc": None})
    database.execute("insert into articles_fts(articles_fts) values('rebuild')")
    database.close()
    return path


def test_the_feed_is_well_formed_and_complete(archive: Path) -> None:
    with reading(archive) as connection:
        feed = newest(connection)
    root = etree.fromstring(as_atom(feed, BASE, OWN))
    assert len(names(root, "a:entry")) == len(feed.entries) == 50
    for entry in [root, *root.findall("a:entry", {"a": ATOM})]:
        assert names(entry, "a:id")[0].startswith("tag:")
        assert len(names(entry, "a:title")) == len(names(entry, "a:updated")) == len(names(entry, "a:id")) == 1
    ids = names(root, "a:entry/a:id")
    assert len(set(ids)) == 50
    assert "127.0.0.1" not in " ".join([*names(root, "a:id"), *ids])
    last = root.findall("a:entry", {"a": ATOM})[-1]  # a find of the latest crawl, and the oldest of these
    assert names(last, "a:title") == ["<script>alert(1)</script> & ]]> „Größe“"]
    assert names(last, "a:author/a:name") == ["kurier"]  # no person is named
    assert names(last, "a:published") == ["2019-05-01T00:00:00+02:00"]
    assert [link.get("href") for link in last.findall("a:link", {"a": ATOM})] == [
        "https://blatt.example/gr%C3%B6%C3%9Fe%201",
        f"{BASE}article/1",
    ]
    (summary,) = names(last, "a:summary")
    assert len(summary) <= 300 and summary.endswith("wort…") and "Zweiter" not in summary
    dated = [entry.published for entry in feed.entries if entry.published]
    assert dated == sorted(dated, reverse=True)


def test_json_feed_has_the_same(archive: Path) -> None:
    with reading(archive) as connection:
        feed = newest(connection)
    told = json.loads(as_json_feed(feed, BASE, f"{BASE}feed.json"))
    assert told["version"] == "https://jsonfeed.org/version/1.1"
    assert told["feed_url"] == f"{BASE}feed.json"
    assert [item["id"] for item in told["items"]] == [entry.id for entry in feed.entries]
    item = told["items"][-1]
    assert item["external_url"] == "https://blatt.example/gr%C3%B6%C3%9Fe%201"
    assert item["url"] == f"{BASE}article/1"
    assert item["content_text"].endswith("…")
    undated = [item for item in told["items"] if item["url"].endswith("/2")]
    assert undated and "date_published" not in undated[0]


def test_ids_are_the_same_wherever_and_whenever_it_is_built(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    for base in (BASE, "https://archive.example.org/"):
        with reading(archive) as connection:
            feed = newest(connection)
        built.append(names(etree.fromstring(as_atom(feed, base, OWN)), "a:entry/a:id"))
    database = sqlite_utils.Database(archive)
    database.table("runs").insert({"id": 2, "started": "2025-11-21T02:00:00+00:00"})
    database.close()
    with reading(archive) as connection:
        assert [entry.id for entry in newest(connection).entries] == built[0] == built[1]
    other = make_archive(archive.with_name("other.db"), 1)
    with reading(other) as connection:
        assert newest(connection).entries[0].id.split(":article")[0] != built[0][0].split(":article")[0]
    monkeypatch.setenv("REVIERSPIEGEL_AUTHORITY", "archive.example.org,2026")
    with reading(archive) as connection:
        assert newest(connection).entries[-1].id == "tag:archive.example.org,2026:article/1"
    for wrong in ("http://127.0.0.1:8001", "localhost", "archive.example.org,soon"):
        monkeypatch.setenv("REVIERSPIEGEL_AUTHORITY", wrong)
        with reading(archive) as connection, pytest.raises(FeedError, match="expected a host or mail address"):
            newest(connection)


def test_a_search_is_a_feed_of_its_own(archive: Path) -> None:
    with reading(archive) as connection:
        found, everything = newest(connection, '"Nummer 12" OR Zweiter'), newest(connection)
        assert [entry.page for entry in found.entries] == ["article/12", "article/1"]
        assert found.id != everything.id
        assert newest(connection, "Nummer").id != found.id
        with pytest.raises(QueryError):
            newest(connection, "-x")


def test_changes_tell_what_has_changed_and_gone(tmp_path: Path) -> None:
    with reading(make_archive(tmp_path / "empty.db", 0)) as connection:
        feed = changed(connection, ChangeFilter())
        assert feed.entries == ()
        assert etree.fromstring(as_atom(feed, BASE, OWN)).tag == f"{{{ATOM}}}feed"
    with reading(make_changed_archive(tmp_path / "archive.db")) as connection:
        entries = changed(connection, ChangeFilter()).entries
        with_quiet = changed(connection, ChangeFilter(with_quiet=True))
        gone = changed(connection, ChangeFilter(kind="gone"))
    assert [entry.page for entry in entries] == [
        *("article/1@3/changes", "article/7", "article/7", "article/6", "article/5", "article/4"),
        "article/1@2/changes",
    ]
    assert entries[-1].id.endswith(":article/1/version/2") and entries[1].id.endswith(":article/7/disappearance/5")
    assert (entries[-1].title, entries[-1].updated) == ("Rat stimmt für die große Halle", "2026-02-28T23:30:00+00:00")
    assert entries[-1].opening.startswith("Headline, figure or date, text, note on a correction, form. Der Rat von")
    assert len(with_quiet.entries) == 9 and len(gone.entries) == 2
    assert len({with_quiet.id, gone.id, feed.id}) == 3
    (first, *_) = etree.fromstring(as_atom(gone, BASE, OWN)).findall("a:entry", {"a": ATOM})
    assert [each.get("label") for each in first.findall("a:category", {"a": ATOM})] == ["Erftkurier", "gone"]


def test_feeds_answer_304_until_something_is_new(archive: Path) -> None:
    with site(archive) as get:
        for path in (
            "/feed.atom",
            "/feed.json",
            "/feed.atom?q=Nummer",
            "/versions.atom",
            "/changes-feed.json?kind=gone",
        ):
            first = get(path)
            assert first.status_code == 200
            assert first.headers["content-type"].startswith(("application/atom+xml", "application/feed+json"))
            assert first.headers["last-modified"].endswith(" GMT")
            etag = first.headers["etag"]
            for known in (etag, f'W/"a", {etag}'):
                again = get(path, **{"if-none-match": known})
                assert (again.status_code, again.content) == (304, b"")
            assert get(path, **{"if-modified-since": first.headers["last-modified"]}).status_code == 304
            assert get(path, **{"if-modified-since": "Mon, 01 Jan 1969 00:00:00 GMT"}).status_code == 200
            assert get(path, **{"if-modified-since": "nonsense"}).status_code == 200
        etag = get("/feed.atom").headers["etag"]
        database = sqlite_utils.Database(archive)
        database.table("articles").update(50, {"title": "Ganz neu"})
        database.close()
        assert get("/feed.atom", **{"if-none-match": etag}).status_code == 200
        assert get("/feed.atom?q=-x").status_code == 400
        assert get("/feed.atom?q=+").status_code == 200


def test_feed_leads_to_raw_row(archive: Path) -> None:
    """No more: to the page on which an article is read."""
    with site(archive) as get:
        entry = etree.fromstring(get("/feed.atom").content).find("a:entry", {"a": ATOM})
        item = get("/feed.json").json()["items"][0]
        here = entry.find("a:link[@rel='related']", {"a": ATOM})
        assert (here.get("title"), here.get("href")) == ("In the archive", item["url"])
        assert item["url"].endswith(f"/article/{item['id'].rpartition('/')[2]}")
        assert get("/article/" + item["url"].rpartition("/")[2]).status_code == 200


def test_a_feed_names_its_own_address(archive: Path) -> None:
    with site(archive) as get:
        for path in (
            "/feed.atom",
            "/changes.atom",
            "/versions.atom",
            "/feed.atom?q=Nummer%2012+OR+%22gr%C3%BC%C3%9Fe%22",
        ):
            (own,) = etree.fromstring(get(path).content).findall("a:link[@rel='self']", {"a": ATOM})
            assert own.get("href") == f"http://localhost{path}"
            assert own.get("type") == "application/atom+xml"


def test_an_empty_feed_is_as_old_as_the_last_crawl(tmp_path: Path) -> None:
    path = make_archive(tmp_path / "archive.db", 0)
    with site(path) as get:
        for feed in ("/feed.atom", "/versions.atom", "/feed.atom?q=nichts"):
            root = etree.fromstring(get(feed).content)
            assert names(root, "a:entry") == []
            assert names(root, "a:updated")[0][:4] >= "2025"  # no crawl yet: now
        assert get("/feed.json").json()["items"] == []
        database = sqlite_utils.Database(path)
        database.table("runs").insert(
            {"id": 1, "started": "2025-11-20T02:00:00+00:00", "ended": "2025-11-20T02:30:00Z"}
        )
        assert names(etree.fromstring(get("/feed.atom").content), "a:updated") == ["2025-11-20T02:30:00+00:00"]
        database.table("runs").insert({"id": 2, "started": "2025-11-21T02:00:00+00:00"})
        database.close()
        empty = get("/feed.atom?q=nichts")
        assert names(etree.fromstring(empty.content), "a:updated") == ["2025-11-21T02:00:00+00:00"]
        assert empty.headers["last-modified"] == "Fri, 21 Nov 2025 02:00:00 GMT"


def test_an_entry_whose_date_nobody_can_read_is_not_of_1970(archive: Path) -> None:
    database = sqlite_utils.Database(archive)
    database.execute("update articles set fetched_at = 'soon', first_seen = '2025-11-20T02:00:00Z' where id < 5")
    database.execute("update articles set fetched_at = '', first_seen = null where id > 40")
    database.conn.commit()
    database.close()
    with reading(archive) as connection:
        feed = newest(connection)
    assert {entry.updated[:4] for entry in feed.entries} | {feed.updated[:4]} >= {"2025"}
    assert "1970" not in as_atom(feed, BASE, OWN).decode()


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2025-11-20T06:00:00+01:00", "2025-11-20T06:00:00+01:00"),
        ("2025-11-20", "2025-11-20T00:00:00+01:00"),
        ("2025-07-01", "2025-07-01T00:00:00+02:00"),
        ("2025-11-20T06:00:00Z", "2025-11-20T06:00:00+00:00"),
        ("2025", None),
        ("<i>", None),
        (None, None),
    ],
)
def test_moments_are_written_in_full(moment: str | None, expected: str | None) -> None:
    assert in_full(moment) == expected


def test_an_opening_is_the_first_paragraph() -> None:
    assert opening("\n\nErster  Satz.\nWeiter.\n\nZweiter.") == "Erster Satz. Weiter."
    assert opening("") == opening(None) == ""
    assert len(opening("a" * 1000)) == 300
    assert os.linesep not in opening("a b " * 200)
