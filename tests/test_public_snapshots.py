"""The site of a snapshot: pages that make sense without texts, no others; and the next snapshot, unnoticed."""

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.publish.shelf import current
from db.publish.snapshot import publish
from db.site.plugins.public import OPEN
from db.site.public import snapshots
from db.site.public.serving import make_public_site
from db.site.public.snapshots import NothingPublishedError, Switch, snapshot_of
from db.site.serve import NAME, close_site
from db.store.archive import Archive
from db.store.connection import ArchiveError
from tests.changed import PARAGRAPHS, make_changed_archive
from tests.test_article_page import Reader


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_changed_archive(tmp_path_factory.mktemp("home") / "archive.db")
    with Archive(path) as opened:
        opened.db.execute("update articles set access = 'free', kind = 'regional_press'")
        opened.articles.update(1, {"text": "\n\n".join(PARAGRAPHS), "title": "Rat stimmt für die große Halle"})
        opened.db.table("runs").insert({"id": 1, "started": "2026-03-06T04:00:00+00:00", "outcome": "completed"})
        said = {"article": 2, "start": 0, "end": 9, "rules_version": "1", "sentence": PARAGRAPHS[1]}
        figure = {"kind": "jobs", "value": 300, "unit": "persons", "text": "300 Menschen"}
        opened.db.table("figures").insert(said | figure)
        opened.db.table("entities").insert(said | {"kind": "place", "name": "Bedburg", "text": "Bedburg"})
        opened.db.table("places").insert({"name": "Bedburg", "kind": "town"})
        left = {"article": 99, "key": "99", "url": "https://blatt.example/99", "at": "2026-03-07T04:00:00+00:00"}
        opened.db.table("tombstones").insert(left | {"how": "block", "why": "Letter of 3 March"})
    publish(path, path.parent, extract_words=7, keep=9)
    return path


@pytest.fixture(scope="module")
def reader(archive: Path) -> Iterator[Reader]:
    site = make_public_site(archive.parent)
    with asyncio.Runner() as runner:
        yield Reader(site, runner)
    close_site(site)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/search", "/search?q=Musterdorf", "/timeline", "/sources", "/sources/blatt", "/changes", "/copies"),
        *(
            "/figures",
            "/figures?kind=jobs&value=300&unit=persons",
            "/places",
            "/places?place=Bedburg",
            "/events",
            "/about",
            "/about/quality",
            "/about/quality.csv",
            "/help",
            "/article/1",
            "/article/1/cite",
            "/feed.atom",
        ),
        *("/timeline.svg", "/archive/articles/1.ris", "/-/health", "/runs/1", "/article/4"),
    ],
)
def test_pages_without_texts_are_there(reader: Reader, path: str) -> None:
    answer = reader.get(path)
    assert answer.status_code == 200
    assert PARAGRAPHS[1][:40] not in answer.text
    assert "Änne Groß sprach" not in answer.text
    if answer.headers["content-type"].startswith("text/html") and not path.endswith("cite"):
        assert closed_links(answer.text) == []


def closed_links(page: str) -> list[str]:
    addresses = re.findall(r'(?:href|src|action|formaction)="(/[^"?#]*)', page)
    return [address for address in addresses if not OPEN.fullmatch(address)]


def test_what_was_taken_down_says_so_without_a_reason(reader: Reader) -> None:
    answer = reader.get("/article/99")
    assert answer.status_code == 451 and "taken down on 7 March 2026" in answer.text
    assert "Letter" not in answer.text and "blatt.example/99" not in answer.text
    assert closed_links(answer.text) == []


@pytest.mark.parametrize(
    "path",
    [
        *("/archive", "/archive/articles", "/archive/articles/1", "/archive.json?sql=select+1", "/export.csv"),
        "/quotes",
        *("/proposals", "/near-misses", "/article/1/with/2", "/-/metrics"),
        *("/coverage", "/search/code", "/progress", "/archive.db"),
    ],
)
def test_all_else_is_not(reader: Reader, path: str) -> None:
    assert reader.get(path).status_code in (403, 404)  # in bulk; or not at all


def test_an_article_is_shown_by_its_extract_and_leads_to_its_publisher(reader: Reader) -> None:
    page = reader.get("/article/1").text
    assert "Der Rat von Musterdorf hat am Montag …" in page
    assert 'href="https://blatt.example/lokales/1"' in page
    version = reader.get("/article/1@2/changes")
    assert (version.status_code, version.headers["location"]) == (302, "/article/1")
    found = reader.get("/search?q=Musterdorf").text
    assert "/article/1" in found
    assert "Initiative" not in reader.get("/search?q=Initiative").text.partition("<main")[2].partition("/article/")[2]


def test_the_next_snapshot_is_shown_and_the_one_before_is_closed(archive: Path) -> None:
    home = archive.parent
    site = make_public_site(home)
    now = [1000.0]
    with asyncio.Runner() as runner:
        switch = Switch(site, home, NAME, lambda: now[0])

        async def titles_while(change: object) -> set[str]:
            async def ask() -> str:
                answer = await site.client.get("/article/2")
                assert answer.status_code == 200
                return str(re.search(r"<h1[^>]*>(.*?)</h1>", answer.text)[1])  # type: ignore[index]

            early = [asyncio.ensure_future(ask()) for _ in range(5)]
            await asyncio.sleep(0)
            switch.look()
            late = [asyncio.ensure_future(ask()) for _ in range(5)]
            return {*await asyncio.gather(*early, *late), *[await ask()]}

        for number in range(3):
            before = site.databases[NAME]
            with Archive(archive) as opened:
                opened.articles.update(2, {"title": f"Titel {number}"})
            path = publish(archive, home, extract_words=7, keep=9).path
            now[0] += snapshots.SECONDS
            assert f"Titel {number}" in runner.run(titles_while(path))
            assert site.databases[NAME].archive == path == current(home)
        opened_before = before._all_file_connections[0]
        opened_before.execute("select 1")
        now[0] += snapshots.LINGERING + 1
        switch.look()
        with pytest.raises(sqlite3.ProgrammingError):
            opened_before.execute("select 1")
        (home / "public" / "current").write_text("revierspiegel-1999-01-01.db\n")
        now[0] += snapshots.SECONDS
        switch.look()  # stays with what it has
        assert site.databases[NAME].archive == path
    switch.close()
    close_site(site)


def test_what_is_no_snapshot_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(NothingPublishedError, match="revierspiegel publish"):
        snapshot_of(tmp_path)
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "revierspiegel-2026-03-01.db").write_bytes(b"no database at all")
    (tmp_path / "public" / "current").write_text("revierspiegel-2026-03-01.db\n")
    with pytest.raises(ArchiveError):
        snapshot_of(tmp_path)
