"""What finders have led to, as a reader sees it: told, cited in what is taken along, and left out where asked."""

import json
import sqlite3
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import sqlite_utils
from click.testing import CliRunner

from db.export.bundles import make
from db.export.tables import export
from db.search import vocabulary
from db.search.query import QueryError, parse
from db.search.search import count
from db.site.counts import days_by, nights_by
from db.store.finders.catalogue import cited, names
from revierspiegel.main import cli
from tests.browsing import check_page, in_chromium, visiting
from tests.conftest import Pick
from tests.test_article_page import Reader, facts, reading, said
from tests.test_exports import make_archive

FINDER = {
    "id": "gal",
    "name": "Weltliste",
    "homepage": "https://liste.example/",
    "citation": json.dumps({"en": "The list, https://liste.example", "de": "Die Liste, https://liste.example"}),
    "terms": json.dumps({"en": "cite it", "de": "zu nennen"}),
    "terms_url": "https://liste.example/terms",
}
FOUND = {"host": "erft.example", "source": "erft-example", "state": "new", "finder": "gal"}
DAY = "2026-03-03T02:00:00+00:00"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 8 articles two are at a found host, and one of the registry's was named by the finder, too."""
    path = make_archive(tmp_path_factory.mktemp("home") / "archive.db", 8)
    database = sqlite_utils.Database(path)
    database.table("finders").insert(FINDER)
    database.table("found_hosts").insert(FOUND | {"first_found": DAY, "name": "Der Erftbote"})
    for name in ("blatt", "erft-example"):
        database.table("sources").insert({"id": name, "name": name.title(), "kind": "other"}, ignore=True)
    database.table("sources").update("erft-example", {"name": "Der Erftbote"})
    finding = {"url": "x", "host": "x", "first_at": DAY, "last_at": DAY}
    for article, finder in ((1, "gal"), (2, "gal"), (3, "gal"), (3, "registry")):
        row = finding | {"key": str(article), "finder": finder, "article": article}
        database.table("findings").insert(row | ({"first_at": "2026-03-01T02:00:00+00:00"} if finder != "gal" else {}))
    for article in (1, 2):
        changes = {"source": "erft-example", "found_via": "finder gal", "kind": "other"}
        database.table("articles").update(article, changes)
    for article in (1, 2, 3):
        row = {"article": article, "seen_at": DAY, "title": "neu", "text": "neu", "sha256": "x"}
        version = database.table("versions").insert(row).last_pk
        change = {"version": version, "article": article, "before": version, "at": DAY, "kinds": '["figure"]'}
        database.table("changes").insert(change | {"size": 0.1})
    run = {"id": 1, "started": DAY, "outcome": "completed", "kind": "crawl"}
    database.table("runs").insert(run)
    for source in ("blatt", "erft-example"):
        night = {
            "run": 1,
            "night": "2026-03-03",
            "source": source,
            "state": "ok",
            "answered": 1,
            "listed": 10,
            "new": 5,
        }
        database.table("source_nights").insert(night | {"kept": 2, "outcomes": "[]"})
    database.close()
    vocabulary.take_in(path)
    return path


# --- asking for the registry's alone ---


@pytest.mark.parametrize(("query", "number"), [("registry:only", 6), ("register:nur", 6), ("-registry:only", 2)])
def test_a_search_leaves_them_out(archive: Path, query: str, number: int) -> None:
    with sqlite3.connect(archive) as connection:
        from db.search import search

        search.register(connection)
        assert count(connection, query) == number


def test_there_is_nothing_else_to_ask_of_the_registry() -> None:
    with pytest.raises(QueryError, match="write registry:only"):
        parse("registry:all")


def test_exports_leave_them_out(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIERSPIEGEL_HOME", str(archive.parent))
    for words, rows in (([], 8), (["--registry-only"], 6), (["--registry-only", "--query", "source:erft-example"], 0)):
        done = CliRunner().invoke(cli, ["export", "jsonl", *words])
        assert done.exit_code == 0, done.output
        assert len(done.stdout.splitlines()) == rows
    done = CliRunner().invoke(cli, ["export", "csv", "--registry-only", "--table", "sources"])
    assert done.exit_code != 0
    done = CliRunner().invoke(cli, ["export", "all", "--registry-only"])
    assert done.exit_code == 2


def test_the_switch_of_search_and_timeline(reader: Reader) -> None:
    switch = reader.page("/search").xpath("//span[@class='fold'][@aria-label='Which outlets are counted']/a/@href")
    assert switch == ["/search?registry=only", "/sources#finders"]
    page = reader.page("/search?registry=only", "de")
    assert said(page.xpath("//h2[@id='found']")[0]).startswith("6 Artikel")
    assert "/export.csv?q=registry%3Aonly&order=newest" in page.xpath("//section[@aria-labelledby='take']//a/@href")
    page = reader.page("/timeline?registry=only")
    assert page.xpath("//div[@aria-label='Which outlets are counted']/a[@aria-current]/@href") == [
        "/timeline?registry=only"
    ]
    bars = reader.get("/search/numbers.csv?registry=only").text.splitlines()[1:]
    assert sum(int(line.split(",")[1]) for line in bars) == 6


def test_the_switch_of_the_front_page(reader: Reader) -> None:
    page = reader.page("/")
    switch = page.xpath("//p[@aria-label='Which outlets are counted']/a/@href")
    assert switch == ["/?registry=only", "/sources#finders"]
    assert said(page.xpath("//ul[@class='numbers']/li")[0]) == "8 articles"
    assert len(page.xpath("//section[@aria-labelledby='newest']//li[@class='card']")) == 8
    page = reader.page("/?registry=only", "de")
    assert said(page.xpath("//ul[@class='numbers']/li")[0]) == "6 Artikel"
    assert len(page.xpath("//section[@aria-labelledby='newest']//li[@class='card']")) == 6
    assert "/search?registry=only" in page.xpath("//section[@aria-labelledby='newest']//p[@class='more']/a/@href")
    links = page.xpath("//section[@aria-labelledby='by-month']//*[local-name()='a']/@href")
    assert len([link for link in links if "registry=only" in link]) == len(links) >= 6


def test_the_switch_of_changes(reader: Reader) -> None:
    page = reader.page("/changes")
    assert said(page.xpath("//h2[@id='found']")[0]).startswith("3 ")
    switch = page.xpath("//span[@class='fold'][@aria-label='Which outlets are counted']/a/@href")
    assert switch == ["/changes?registry=only"]
    page = reader.page("/changes?registry=only", "de")
    assert said(page.xpath("//h2[@id='found']")[0]).startswith("1 ")
    assert "/changes.csv?registry=only" in page.xpath("//a/@href")
    for more, rows in (("", 1), ("&source=kurier", 1), ("&source=erft-example", 0)):
        assert len(reader.get(f"/changes.csv?registry=only{more}").text.splitlines()) == rows + 1
    assert len(reader.get("/changes-feed.json?registry=only").json()["items"]) == 1


def test_the_switch_of_copies(archive: Path, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "copies.db") as copied, sqlite3.connect(archive) as connection:
        connection.backup(copied)
        sql = "insert into copies (article, group_id, role, seen_at) values (?, 1, 'original', ?)"
        copied.executemany(sql, [(article, DAY) for article in (1, 2, 3, 4)])
    with reading(tmp_path / "copies.db") as reader:
        page = reader.page("/copies")
        assert said(page.xpath("//h2[@id='found']")[0]) == "1 group, 4 articles"
        switch = page.xpath("//span[@class='fold'][@aria-label='Which outlets are counted']/a/@href")
        assert switch == ["/copies?registry=only"]
        page = reader.page("/copies?registry=only", "de")
        assert said(page.xpath("//h2[@id='found']")[0]).endswith("2 Artikel")
        assert "/copies.csv?registry=only" in page.xpath("//a/@href")
        assert len(reader.get("/copies.csv?registry=only&source=erft-example").text.splitlines()) == 1


def test_found_hosts_are_in_counts_and_in_no_share(archive: Path) -> None:
    with sqlite3.connect(archive) as connection:
        connection.row_factory = sqlite3.Row
        today = date(2026, 11, 28)
        for only, number in ((False, 8), (True, 6)):
            counts = days_by(connection, "source", today, registry_only=only)
            assert sum(sum(day.values()) for day in counts.days.values()) + counts.undated + counts.guessed == number
        assert [row["source"] for row in nights_by(connection, "source")] == ["blatt"]
        assert [(row["new"], row["kept"]) for row in nights_by(connection, "kind")] == [(5, 2)]


def test_an_archive_without_the_tables_still_counts(archive: Path, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "older.db") as older, sqlite3.connect(archive) as connection:
        connection.backup(older)
        for table in ("found_hosts", "findings", "finders", "links"):
            older.execute(f"drop table {table}")
        older.row_factory = sqlite3.Row
        assert len(nights_by(older, "source")) == 2
        assert cited(older) == [] and names(older) == {}
    with reading(tmp_path / "older.db") as reader:
        for path in ("/article/1", "/timeline", "/sources", "/sources/blatt", "/downloads", "/coverage"):
            reader.page(path)


# --- telling ---


def test_an_article_says_through_whom_it_was_found(reader: Reader) -> None:
    page = reader.page("/article/1")
    assert said(page.xpath("//a[@class='outlet']")[0]) == "Der Erftbote"
    (told,) = page.xpath("//p[contains(@class, 'article-found')]")
    assert said(told) == "Found through Weltliste on 3 March 2026; not in the registry."
    page = reader.page("/article/1", "de")
    (told,) = page.xpath("//p[contains(@class, 'article-found')]")
    assert said(told) == "Gefunden über Weltliste am 3. März 2026; nicht im Register."
    page = reader.page("/article/3")
    assert not page.xpath("//p[contains(@class, 'article-found')]")
    assert facts(page)["Named by"] == "the registry, 1 March 2026; Weltliste, 3 March 2026"
    assert "das Register, 1. März 2026" in facts(reader.page("/article/3", "de"))["Wer ihn nannte"]


def test_the_pages_of_sources_cite_finders_and_say_what_is_no_source(reader: Reader) -> None:
    page = reader.page("/sources", "de")
    (row,) = page.xpath("//section[@aria-labelledby='finders']//tbody/tr")
    assert [said(cell) for cell in row][:4] == ["Weltliste", "3", "3", "Die Liste, https://liste.example"]
    assert "https://liste.example" in row.xpath(".//a/@href")
    (tagged,) = page.xpath("//table[@class='fares']//th[span[@class='tag']]")
    assert said(tagged) == "Der Erftbote nicht im Register"
    page = reader.page("/sources/erft-example")
    assert "Not in the registry: found through Weltliste on 3 March 2026." in said(page)
    assert "Not in the registry" not in said(reader.page("/sources/blatt"))


def test_what_is_taken_along_cites_them(archive: Path, reader: Reader, tmp_path: Path) -> None:
    make(archive)
    manifest = json.loads((archive.parent / "exports" / "manifest.json").read_text("utf-8"))
    assert [(each["name"], each["citation"]["de"]) for each in manifest["cite"]] == [
        ("Weltliste", "Die Liste, https://liste.example")
    ]
    export(archive, "xlsx", out=tmp_path / "out.xlsx")
    for book in (tmp_path / "out.xlsx", archive.parent / "exports" / "articles.xlsx"):
        sheet = openpyxl.load_workbook(book)["Finders"]
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert rows[1] == ["Weltliste", "The list, https://liste.example", "cite it", "https://liste.example/terms"]
    assert "The list, https://liste.example" in said(reader.page("/downloads"))


@in_chromium
def test_the_pages_fit_and_keep_nobody_out(archive: Path, pick: Pick) -> None:
    with visiting(archive) as (page, address):
        others = ("", "article/1", "sources", "search", "timeline", "changes", "downloads")
        for path in pick(*others, "sources/erft-example"):
            check_page(page, address + path)
