"""Copies folded: counts of articles and of texts, the pages of groups, and two texts side by side."""

import csv
import io
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils

from db.search import search as searching
from db.search import vocabulary
from db.search.counting.facets import tally
from db.search.search import ask, by_day, count, facets, search, search_folded
from db.site.answering.results import Print, find
from db.site.copies import Member, compare, first_sight, marked_paragraphs
from db.site.counts import days_by
from db.site.pictures.lineage import draw
from db.store.archive import Archive
from pipelines.storing.enrich import enrich_copies
from tests.browsing import check_page, in_chromium, visiting
from tests.conftest import Pick
from tests.test_article_page import Reader, reading, said
from tests.test_exports import make_archive

HOSTILE = "<script>alert(1)</script>"
WORDS = """
Turm Garten Kessel Laterne Muschel Pfeffer Quitte Rasen Sichel Tonne Ufer Vogel Wolke Ziegel Amboss Birke Dachs Eimer
Fichte Gabel Hafen Igel Jacke Kanne Leiter Mantel Nadel Ofen Pumpe Rinde Segel Trommel Urne Vase Wiese Zange
""".split()


def story(seed: int, length: int = 90) -> str:
    """Words in an order of its own, in paragraphs of thirty; no two stories share five in a row."""
    step = (1, 5, 7, 11, 13, 17)[seed % 6]
    listed = [
        f"{WORDS[(seed * 3 + place * step) % 36]}{'' if place < 36 else 'n' if place < 72 else 's'}"
        for place in range(length)
    ]
    return "\n\n".join(" ".join(listed[start : start + 30]) for start in range(0, length, 30))


WIRE = f"Microsoft baut ein Rechenzentrum. {story(1)}"
RELEASE = f"Microsoft teilt mit: {story(3)}"
ALONE = f"Microsoft plant. {story(2)}"
SOURCES = ("agentur", "blatt", "kurier", "bote", "haus")
# number → source, published, title, text, other columns
ARTICLES: dict[int, tuple[str, str | None, str, str, dict[str, Any]]] = {
    1: ("agentur", "2025-03-12T08:00:00+01:00", "Rechenzentrum: der Bericht", WIRE, {"agencies": '["dpa"]'}),
    2: ("blatt", "2025-03-12T10:30:00+01:00", HOSTILE, WIRE, {"agencies": '["dpa"]', "lang": '"><i>'}),
    3: ("kurier", "2025-03-13", "Rechenzentrum bei uns", WIRE.rpartition("\n\n")[0], {"kind": "trade_press"}),
    4: ("kurier", "2025-04-02T06:00:00+02:00", "Noch einmal", f"{WIRE}\n\n{story(4, 20)}", {"terms": '["Microsoft"]'}),
    5: ("bote", "2025-03-20T06:00:00+01:00", "Etwas anderes", ALONE, {}),
    6: ("haus", "2025-03-01T06:00:00+01:00", "Mitteilung", RELEASE, {"page_kind": "release", "kind": "company"}),
    7: (
        "bote",
        "2025-03-02T06:00:00+01:00",
        "Das Haus teilt mit",
        f"{RELEASE.rpartition(chr(10))[0]}\n\n{story(5, 40)}",
        {},
    ),
    8: ("bote", None, "Ohne Text", "", {}),
}


def filled(path: Path) -> Path:
    make_archive(path, len(ARTICLES))
    with closing(sqlite_utils.Database(path).conn) as connection:
        database = sqlite_utils.Database(connection)
        for name in SOURCES:
            database.table("sources").insert({"id": name, "name": f"Der {name.title()}"}, pk="id")
        claims = [
            {"source": name, "name": "Redaktion Revier", "since": "2020", "evidence": "x"}
            for name in ("blatt", "kurier")
        ]
        database.table("newsrooms").insert_all(claims)
        for number, (source, published, title, text, others) in ARTICLES.items():
            row = {"source": source, "published": published, "title": title, "text": text, "agencies": "[]"}
            row |= {"day": published and published[:10], "month": published and published[:7]}
            row |= {
                "published_utc": published,
                "date_source": published and "json-ld",
                "url": f"https://x.example/{number}",
            }
            database.table("articles").update(number, row | others)
    with Archive(path) as opened:
        assert enrich_copies(opened.copies).changed == 5
    vocabulary.take_in(path)
    return path


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("home") / "archive.db")


@pytest.fixture(scope="module")
def connection(archive: Path) -> Iterator[Any]:
    with closing(sqlite_utils.Database(archive).conn) as connection:
        searching.register(connection)
        yield connection


def test_articles_and_texts_are_counted(connection: Any) -> None:
    query = ask(connection, "Microsoft")
    counted = tally(connection, query)
    assert (counted.articles, counted.texts) == (7, 4)
    roles = [("agency", 2), ("mirror", 1), ("release_based", 1), ("shortened", 1)]
    assert counted.counts["role"] == roles
    assert dict(counted.counts["source"]) == {"agentur": 1, "blatt": 1, "kurier": 2, "bote": 2, "haus": 1}
    folded = facets(connection, query, folded=True)
    assert dict(folded["source"]) == {"agentur": 1, "blatt": 1, "kurier": 1, "bote": 2, "haus": 1}
    assert dict(folded["newsroom"]) == {"Der Agentur": 1, "Redaktion Revier": 1, "Der Bote": 2, "Der Haus": 1}
    assert dict(folded["month"]) == {"2025-03": 4, "2025-04": 1}
    assert dict(folded["year"]) == {"2025": 4}
    assert dict(folded["role"]) == {"agency": 1, "mirror": 1, "release_based": 1, "shortened": 1}


@pytest.mark.parametrize(
    "query", ["Microsoft", "source:kurier", "Microsoft from:2025-03-13", "-role:mirror", "lang:de"]
)
def test_each_value_has_as_many_texts_as_a_search_for_it_finds(connection: Any, query: str) -> None:
    folded = tally(connection, ask(connection, query), folded=True)
    for name in ("source", "newsroom", "kind", "role", "month"):
        for value, number in folded.counts[name]:
            field = "date" if name == "month" else name
            narrowed = ask(connection, f'{query} {field}:"{value or "none"}"')
            assert tally(connection, narrowed).texts == number, (name, value)
            found = search_folded(narrowed, "newest", 20, 0, count(connection, narrowed))
            assert len(found.rows) == number


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("role:agency", {1, 2}),
        ("rolle:Agency", {1, 2}),
        ("role:release-based", {7}),
        ("role:agency role:shortened", {1, 2, 3}),
        ("Microsoft -role:agency", {3, 4, 5, 6, 7}),
        ("Microsoft role:none", {5, 6}),
        ("Microsoft rolle:ohne", {5, 6}),
        ("role:nobody", set()),
    ],
)
def test_a_role_narrows_a_search(connection: Any, query: str, ids: set[int]) -> None:
    assert {row["id"] for row in search(connection, query).rows} == ids
    assert {row["id"] for row in search(connection, query, order="newest").rows} == ids
    assert count(connection, query) == len(ids)


@pytest.mark.parametrize("at_first", [1, 3])  # of one it has to read on
def test_of_each_text_the_first_hit_is_shown(connection: Any, at_first: int) -> None:
    query = ask(connection, "Microsoft")
    newest = search_folded(query, "newest", 20, 0, 7, at_first)
    assert [row["id"] for row in newest.rows] == [4, 5, 7, 6]
    assert [row["id"] for row in search_folded(query, "newest", 2, 2, 7, at_first).rows] == [7, 6]
    best = [row["id"] for row in search_folded(query, "best", 20, 0, 7).rows]
    assert len(best) == 4
    assert [row["id"] for row in search_folded(query, "best", 2, 1, 7).rows] == best[1:3]
    found = find(connection, query.query, "newest", 1, folded=True)
    assert found.prints == {4: Print(1, 4, 2)}


def test_days_and_weeks_can_count_texts(connection: Any) -> None:
    assert dict(by_day(connection, "Microsoft", folded=True))["2025-03-12"] == 1
    assert dict(by_day(connection, "Microsoft"))["2025-03-12"] == 2
    today = date(2026, 1, 1)
    texts = days_by(connection, "source", today, folded=True)
    assert {day.isoformat(): dict(sources) for day, sources in texts.days.items()} == {
        "2025-03-01": {"haus": 1},
        "2025-03-02": {"bote": 1},
        "2025-03-12": {"agentur": 1},
        "2025-03-20": {"bote": 1},
    }
    assert (days_by(connection, "source", today).undated, texts.undated) == (1, 1)


def test_a_search_says_both_numbers(reader: Reader) -> None:
    page = reader.page("/search?q=Microsoft")
    assert said(page.get_element_by_id("found")) == "7 articles, 4 texts"
    assert "also in 2 papers" in said(page)
    folded = reader.page("/search?q=Microsoft&fold=1")
    assert said(folded.get_element_by_id("found")) == "4 texts of 7 articles"
    assert len(folded.cssselect(".card")) == 4
    links = [link.get("href") for link in folded.cssselect(".narrow section li a")]
    assert links
    assert all("fold=1" in link for link in links)
    assert reader.get("/search/numbers.csv?q=Microsoft&fold=1").text == "month,texts\r\n2025-03,4\r\n2025-04,1\r\n"
    assert "fold" not in folded.cssselect("#take ~ p a")[0].get("href")  # exports have all articles
    assert said(reader.page("/search?q=plant").get_element_by_id("found")) == "1 article"


def test_front_and_timeline_say_both_numbers(reader: Reader) -> None:
    assert [said(each) for each in reader.page("/").cssselect(".numbers a")][:2] == [
        "8 articles",
        "5 texts, copies folded",
    ]
    assert "7 articles, 4 texts" in said(reader.page("/timeline"))
    folded = reader.page("/timeline?fold=1&by=source")
    assert "Texts per week" in said(folded)
    assert [link.get("href")[-7:] for link in folded.cssselect(".counts th a[href*=search]")] == ["&fold=1"] * 3
    taken = reader.get(folded.xpath("string(//a[text()='CSV']/@href)"))
    assert taken.text.splitlines()[:2] == ["week,source,texts", "2025-02-24,bote,1"]


def test_an_article_says_whose_copy_it_is(reader: Reader) -> None:
    page = reader.page("/article/4")
    (section,) = page.cssselect("section.copies")
    assert "Its text is in 4 articles. First, as far as known: Der Agentur, 12 March 2025, 08:00 CET." in said(section)
    assert [said(each) for each in section.cssselect("tbody td:nth-child(2)")] == ["agency"] * 2 + [
        "shortened",
        "the same text",
    ]
    marks = page.cssselect("mark.shared")
    assert len(marks) == 3
    assert said(marks[0]).startswith("Microsoft baut ein Rechenzentrum.")
    assert story(4, 20) not in " ".join(map(said, marks))
    assert not reader.page("/article/4?with=none").cssselect("mark")
    assert not reader.page("/article/4?marked=1").cssselect("mark.shared")
    assert reader.page("/article/4?with=5").cssselect("mark.shared")  # no copy of it: the usual one
    assert not reader.page("/article/5").cssselect("section.copies")


def test_an_article_says_what_it_takes_from_a_release(reader: Reader) -> None:
    page = reader.page("/article/7")
    assert "61.2 % of its words stand in a release of Der Haus" in said(page)
    assert page.cssselect("mark.shared")
    assert page.cssselect('a[href="/article/7/with/6"]')


def test_two_texts_stand_side_by_side(reader: Reader) -> None:
    page = reader.page("/article/1/with/4")
    assert "in runs of 5 words or more" in said(page)
    assert [said(each) for each in page.cssselect(".pair header > p:last-child")] == [
        "100.0 % of its words are in the other.",
        "82.5 % of its words are in the other.",
    ]
    assert len(page.cssselect("mark.shared")) == 6
    assert "in runs of 8 words or more" in said(reader.page("/article/6/with/7"))
    assert said(reader.page("/article/1/with/5")).count("0.0 % of its words") == 2
    assert "no text of it" in said(reader.page("/article/1/with/8"))
    for address in ("/article/1/with/99", "/article/1/with/x", "/article/1/with/9999999999999999999"):
        assert reader.get(address).status_code == 404


def test_a_group_is_shown_with_its_table(reader: Reader) -> None:
    page = reader.page("/copies/1")
    rows = [[said(cell) for cell in row] for row in page.cssselect(".copies-table tbody tr")]
    assert rows[1] == [
        "12 March 2025, 10:30 CET",
        "Der Blatt",
        "Redaktion Revier",
        HOSTILE,
        "agency (dpa)",
        "100.0 %",
        "Der Agentur",
    ]
    assert [row[1] for row in rows] == ["Der Agentur", "Der Blatt", "Der Kurier", "Der Kurier"]
    assert [link.get("href") for link in page.cssselect(".lineage a")] == [
        f"/article/{number}" for number in (1, 2, 3, 4)
    ]
    assert page.cssselect('a[href="/article/1/with/4"]')
    listed = csv.DictReader(io.StringIO(reader.get("/copies/1.csv").text))
    assert [row["newsroom"] for row in listed] == ["", *["Redaktion Revier"] * 3]
    for address in ("/copies/2", "/copies/x", "/copies/9999999999999999999"):
        assert reader.get(address).status_code == 404


def test_all_groups_are_listed_and_narrowed(reader: Reader) -> None:
    page = reader.page("/copies")
    assert said(page.get_element_by_id("found")) == "1 group, 4 articles"
    assert [said(each) for each in page.cssselect(".card h3")] == ["Rechenzentrum: der Bericht"]
    assert said(page.cssselect(".card .meta")[0]).startswith(
        "Der Agentur 12 March 2025, 08:00 CET 4 articles3 outlets2 newsrooms"
    )
    for narrowed, number in (
        ("?agency=dpa&source=blatt&year=2025", 1),
        ("?source=bote", 0),
        ("?page=99&order=newest", 1),
    ):
        assert len(reader.page(f"/copies{narrowed}").cssselect(".card")) == number
    rows = reader.get("/copies.json").json()
    assert [(row["group_id"], row["articles"], row["sources"], row["newsrooms"]) for row in rows] == [(1, 4, 3, 2)]
    assert reader.get("/copies.json?source=bote").json() == []
    assert reader.get("/copies-excel.csv?year=2025").text.startswith("\ufeff")


def test_an_empty_archive_has_no_groups(tmp_path: Path) -> None:
    with reading(make_archive(tmp_path / "archive.db")) as reader:
        assert "No two articles share their text." in said(reader.page("/copies"))


def test_runs_in_common_are_cut_at_paragraphs() -> None:
    text, other = "eins zwei drei vier fünf sechs\n\nsieben acht", "null eins zwei drei vier fünf sechs sieben acht"
    shared = compare(text, other, 5)
    assert shared is not None
    assert shared.share == 1
    assert marked_paragraphs(text, shared.spans) == [
        [("eins zwei drei vier fünf sechs", True)],
        [("sieben acht", True)],
    ]
    assert marked_paragraphs(text, [(5, 9)])[0] == [("eins ", False), ("zwei", True), (" drei vier fünf sechs", False)]
    assert compare("wort " * 30_000, "", 5) is None


def member_at(article: int, seen_at: str | None) -> Member:
    """Of a group of which nothing else is known."""
    names = (
        "group",
        "role",
        "share",
        "matched",
        "release",
        "release_share",
        "release_quoted_share",
        "title",
        "lang",
        "newsroom",
    )
    unknown: dict[str, Any] = dict.fromkeys(names)
    return Member(article=article, seen=first_sight(seen_at), source="blatt", credit=(), **unknown)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2025-03-12T08:00:00+01:00", "2025-03-12T08:00:00+01:00"),
        ("2025-03-12T08:00:00+01:00", "2025-03-12T08:20:00+01:00"),
        ("2025-03-12T08:00:00+01:00", "2025-03-12T19:00:00+01:00"),
        ("2025-03-12", "2025-03-14"),
        ("2025-03-29T22:00:00+01:00", "2025-04-02T06:00:00+02:00"),
        ("2025-03-12", "2025-06-01"),
        ("2024-12-31", "2026-02-01"),
        ("2010-03-12", "2025-06-01"),
    ],
)
def test_every_span_of_time_has_an_axis(first: str, last: str) -> None:
    picture = draw([member_at(1, first), member_at(2, last), member_at(3, None)], {2: 1})
    assert picture is not None
    assert [dot.before for dot in picture.dots] == [None, (picture.dots[0].x, picture.dots[0].y)]
    assert 1 <= len(picture.ticks) <= 7 or last.startswith("2025-06-01")
    assert all(0 <= tick.x <= 100 for tick in picture.ticks)
    assert picture.ticks[0].begins
    assert draw([member_at(3, "gestern")], {}) is None


@in_chromium
def test_pages_of_copies_keep_nobody_out(archive: Path, pick: Pick) -> None:
    with visiting(archive) as (page, address):
        for path in pick(
            "search?q=Microsoft&fold=1",
            "timeline?fold=1",
            "article/4",
            "article/1/with/4",
            "copies",
            "copies/1",
        ):
            check_page(page, address + path)
        page.goto(f"{address}search?q=Microsoft")
        page.keyboard.press("Tab")
        switch = page.locator(".fold a").first
        switch.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**fold=1")
        page.goto(f"{address}copies/1")
        dot = page.locator(".lineage a").nth(3)
        dot.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/article/4")
