"""The page of all changes: newest first, narrowed by kind, outlet and month, as a file and as a feed."""

import csv
import io
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from lxml.html import HtmlElement

from db.export import changes
from db.export.changes import ChangeFilter, facets, numbers, page_of
from db.export.tables import reading as reading_archive
from db.search.search import search
from db.store.archive import Archive
from db.store.changed import written
from db.store.versions import What
from tests.browsing import check_page, in_chromium, visiting
from tests.changed import make_changed_archive, say
from tests.conftest import Pick
from tests.test_article_page import Reader, reading, said
from tests.test_exports import make_archive


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_changed_archive(tmp_path_factory.mktemp("home") / "archive.db")


def listed(page: HtmlElement) -> list[str]:
    return [str(each) for each in page.xpath("//li[@class='card']/h3/a/@href")]


def test_changes_and_disappearances_come_newest_first(reader: Reader) -> None:
    page = reader.page("/changes")
    assert listed(page) == [
        *("/article/1@3/changes", "/article/7", "/article/7", "/article/6", "/article/5", "/article/4"),
        "/article/1@2/changes",
    ]
    last = said(page.xpath("//li[@class='card']")[-1])
    for each in ("Erftkurier", "1 March 2026, 00:30 CET", "figure or date", "Headline before: Halle in Musterdorf"):
        assert each in last
    assert "before: 300 → now: 2.500" in last
    assert page.xpath("//header//nav/a[@aria-current='page']/@href") == ["/changes"]
    assert "Was sich seitdem geändert hat" in said(reader.page("/changes", "de"))


def test_form_and_tickers_are_counted_and_left_out_until_asked_for(reader: Reader) -> None:
    page = reader.page("/changes")
    (hint,) = page.xpath("//p[@class='hint']")
    assert "2 are left out, of form alone or of tickers" in said(hint)
    page = reader.page(hint.xpath("a/@href")[0])
    assert "9 changes" in said(page.xpath("//h2[@id='found']")[0])
    assert {"/article/2@5/changes", "/article/3@7/changes"} <= set(listed(page))
    assert all(reader.get(address).status_code == 200 for address in listed(page))
    assert page.xpath("//p[@class='hint']/a/@href") == ["/changes"]
    assert listed(reader.page("/changes?kind=ticker")) == ["/article/3@7/changes"]


def test_each_value_narrows_to_as_many_as_it_says_and_they_combine(reader: Reader) -> None:
    seen, ways = set[str](), ["/changes", "/changes?all=1"]
    while ways:
        way = ways.pop()
        page = reader.page(way)
        narrow = page.xpath("//aside[@class='narrow']//li")
        seen.add(way)
        for each in narrow:
            (to,) = each.xpath("a/@href")
            if to in seen or each.xpath("a[@aria-current]"):
                continue
            found = int(said(each.xpath("span")[-1]))
            assert len(listed(reader.page(to))) == found, (way, to)
            if len(parse_qsl(urlsplit(to).query)) < 3:
                ways.append(to)
    assert any("kind=gone" in way and "source=kurier" in way for way in seen)
    page = reader.page("/changes?kind=gone&source=kurier&month=2026-03")
    assert listed(page) == ["/article/7"]
    assert said(page.xpath("//ul[@class='chips']/li")[0]).startswith("kind of change: gone")
    assert "There are none of that kind." in said(reader.page("/changes?source=niemand"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("change:headline", {1}),
        ("änderung:figure", {1}),
        ("change:gone", {4, 7}),
        ("change:gone change:moved", {4, 5, 7}),
        ("Musterdorf -change:gone change:walled", {6}),
        ("change:gone source:kurier", {7}),
        ("change:cosmetic date:2025", {1, 2}),
    ],
)
def test_articles_are_found_by_what_changed_in_them(archive: Path, query: str, found: set[int]) -> None:
    with reading_archive(archive) as connection:
        hits = search(connection, query)
        assert ({row["id"] for row in hits.rows}, hits.total) == (found, len(found))


def test_a_search_can_be_narrowed_by_a_change(reader: Reader) -> None:
    (way,) = reader.page("/changes?kind=gone&source=kurier").xpath("//a[starts-with(@href, '/search?change')]/@href")
    page = reader.page(way)
    assert listed(page) == ["/article/7"]
    assert "change: gone" in said(page.find_class("chips")[0])
    assert "no such kind of change" in reader.get("/search?q=change:colour").text


def test_a_wall_that_makes_a_version_is_listed_once(tmp_path: Path) -> None:
    archive = make_changed_archive(tmp_path / "archive.db")
    at = "2026-03-10T04:00:00+00:00"
    with Archive(archive) as opened:
        say(opened, 8, at, text="Microsoft baut in Musterdorf, Nummer 8.", access="walled")
        opened.versions.note(8, at, What.WALLED, None, None)
        say(opened, 9, at, text="Microsoft baut in Musterdorf – Nummer 9.")
        opened.versions.note(9, at, What.BACK, None, None)
    with reading(archive) as reader:
        first, second = (said(card) for card in reader.page("/changes").xpath("//li[@class='card']")[:2])
        assert "access" in second and "behind a paywall" in second
        assert "back" in first and "form" in first
        kinds = {kind: len(listed(reader.page(f"/changes?kind={kind}"))) for kind in ("walled", "access", "back")}
        assert kinds == {"walled": 2, "access": 1, "back": 2}
    with closing(sqlite3.connect(archive)) as connection:
        counted = dict(facets(numbers(connection), ChangeFilter()).by["kind"])
        assert {kind: counted[kind] for kind in kinds} == kinds
        for asked in (ChangeFilter(), ChangeFilter(with_quiet=True), *map(ChangeFilter, kinds)):
            assert facets(numbers(connection), asked).total == len(page_of(connection, asked, -1))


@pytest.mark.parametrize("seed", range(3))
def test_what_changes_the_counts_is_noted(tmp_path: Path, seed: int) -> None:
    dice, noted = random.Random(seed), 0
    with closing(sqlite3.connect(make_changed_archive(tmp_path / "archive.db"))) as connection:
        columns = ", ".join(row[1] for row in connection.execute("pragma table_info(articles)") if row[1] != "id")
        writes = (
            "insert or replace into changes values (:n, :n % 11, 1, :at, :kinds, 0)",
            "update changes set kinds = :kinds where version = :n",
            "update changes set at = :at where article = :n",
            "delete from changes where version = :n",
            "insert into disappearances (article, at, what) values (:n % 11, :at, :what)",
            "update disappearances set what = :what where article = :n",
            "delete from disappearances where id = :n",
            "insert into versions (article, seen_at, page_kind) values (:n % 11, :at, 'ticker')",
            "update versions set page_kind = :page_kind, seen_at = :at where id = :n",
            "delete from versions where id = :n",
            "delete from articles where id = :n",
            f"insert or ignore into articles (id, {columns}) select :n, {columns} from articles limit 1",
            "update or ignore articles set id = :n where id = :n % 7",
            "update articles set source = :source where id = :n",
            "update articles set title = :source where id = :n",
        )
        for _ in range(300):
            values = {"n": dice.randint(1, 20), "at": f"2026-{dice.choice(('03', '04'))}-10T05:00:00+00:00"}
            values |= {"kinds": dice.choice(('["body"]', '["lead"]')), "what": dice.choice(("gone", "back"))}
            values |= {"page_kind": dice.choice(("ticker", "article")), "source": dice.choice(("kurier", "blatt"))}
            before = numbers(connection), written(connection)
            connection.execute(dice.choice(writes), values)
            after = numbers(connection), written(connection)
            assert before[0] == after[0] or before[1] < after[1]
            noted += before[0] != after[0]
        assert noted > 20
        before = written(connection)
        connection.execute("update articles set title = 'anders', score = 1")
        connection.execute("insert into versions (article, seen_at, page_kind) values (3, '2026', 'article')")
        assert written(connection) == before


def test_articles_take_along_what_has_changed(reader: Reader) -> None:
    told = {row["id"]: row["changes"] for row in reader.get("/export.json").json()}
    assert {number: kinds for number, kinds in told.items() if kinds} == {
        1: ["body", "correction", "cosmetic", "figure", "headline"],
        2: ["cosmetic"],
    }


def test_months_are_those_of_berlin(reader: Reader) -> None:
    page = reader.page("/changes?month=2026-03&kind=headline")
    assert listed(page) == ["/article/1@2/changes"]  # in UTC it was still February
    assert not listed(reader.page("/changes?month=2026-02"))


@pytest.mark.parametrize("asked", ["kind=x", "month=2026", "month=2026-13", "month=0000-01"])
def test_what_cannot_be_asked_is_said(reader: Reader, asked: str) -> None:
    for path in ("/changes", "/changes.csv", "/changes.atom"):
        answer = reader.get(f"{path}?{asked}")
        assert answer.status_code == 400
        assert "choose one of" in answer.text or "is no month" in answer.text


def test_the_list_is_taken_along_as_it_is_narrowed(reader: Reader) -> None:
    rows = list(csv.DictReader(io.StringIO(reader.get("/changes.csv").text)))
    assert len(rows) == 7 and tuple(rows[0]) == changes.COLUMNS
    last = rows[-1]
    assert (last["version"], last["before"], last["article"]) == ("2", "1", "1")
    assert (last["title_before"], last["outlet"]) == ("Halle in Musterdorf genehmigt", "Erftkurier")
    told = reader.get("/changes.json?kind=moved").json()
    assert [(row["kinds"], row["led_to"], row["version"]) for row in told] == [
        (["moved"], "https://kurier.example/neu", None)
    ]
    assert len(reader.get("/changes.json?all=1").json()) == 9
    assert reader.get("/changes-excel.csv?source=kurier").content.startswith(b"\xef\xbb\xbf")
    feed = reader.get("/changes-feed.json?kind=gone").json()
    assert [item["url"] for item in feed["items"]] == ["http://localhost/article/7", "http://localhost/article/4"]


def test_every_column_is_explained() -> None:
    text = (Path(__file__).parents[1] / "docs" / "data.md").read_text("utf-8")
    section = text.partition("`/changes.csv` and `/changes.json`")[2]
    assert [name for name in changes.COLUMNS if f"`{name}`" not in section.partition("\n## ")[0]] == []


def test_many_are_shown_page_by_page(tmp_path: Path) -> None:
    path = make_archive(tmp_path / "archive.db", 4)
    with Archive(path) as archive:
        for number in range(60):
            what = What.BACK if number % 2 else What.GONE
            archive.versions.note(
                1 + number % 4, f"2026-03-{number % 28 + 1:02}T04:{number:02}:00+00:00", what, None, None
            )
    with reading(path) as reader:
        seen, way = list[str](), "/changes"
        while way:
            page = reader.page(way)
            seen += [str(each) for each in page.xpath("//li[@class='card']//time/@datetime")]
            way = next(iter(page.xpath("//a[@rel='next']/@href")), "")
        assert seen == sorted(seen, reverse=True) and len(set(seen)) == 60
        assert len(listed(reader.page("/changes?page=99"))) == 10


def test_an_archive_without_changes_says_so(tmp_path: Path) -> None:
    with reading(make_archive(tmp_path / "archive.db", 0)) as reader:
        assert "There are none yet" in said(reader.page("/changes"))
    sqlite3.connect(tmp_path / "old.db").execute("pragma user_version = 1").connection.close()
    with reading(tmp_path / "old.db") as reader:
        assert "There are none yet" in said(reader.page("/changes"))


@pytest.mark.parametrize("asked", [ChangeFilter(), ChangeFilter(with_quiet=True), ChangeFilter(month="2026-03")])
def test_the_newest_are_read_from_the_end_of_an_index(archive: Path, asked: ChangeFilter) -> None:
    with closing(sqlite3.connect(archive)) as connection:
        statements = list[str]()
        connection.set_trace_callback(statements.append)
        page_of(connection, asked, 25)
        (statement,) = statements
        plan = " ".join(row[3] for row in connection.execute(f"explain query plan {statement}"))
        assert facets(numbers(connection), asked).total == len(page_of(connection, asked, -1))
    assert "idx_changes_at" in plan and "idx_disappearances_at" in plan
    assert ("idx_versions_tickers" in plan) is asked.with_quiet
    assert "SCAN c" not in plan and "SCAN d" not in plan and "SCAN v" not in plan


@in_chromium
def test_it_fits_keeps_nobody_out_and_needs_no_mouse(archive: Path, pick: Pick) -> None:
    with visiting(archive) as (page, address):
        for path in pick("changes", "changes?source=niemand", "changes?all=1&kind=figure"):
            check_page(page, address + path)
        page.goto(f"{address}changes")
        page.locator(".narrow a[href*='kind=gone']").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**kind=gone")
        assert page.locator(".card").count() == 2
