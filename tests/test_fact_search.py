"""Searched and counted by what articles say: kinds of figures and values, speakers, places."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.search.counting.fact_facets import FEW, tally_facts
from db.search.query import QueryError, parse
from db.search.ranking import ask
from db.search.search import count, ranked, register
from db.site.answering import results
from db.site.plugins.search_page import SearchArguments
from db.store.archive import Archive
from tests.read_articles import archive_of
from tests.test_article_page import Reader, reading, said
from tests.test_exports import make_archive

ARTICLES = {
    1: ("blatt", "local_press", "2025-03-12", "Rund 300 Arbeitsplätze sollen in Bedburg entstehen."),
    2: ("kurier", "trade_press", "2025-04-02", "„Wir sind bereit“, sagte Landrat Jens Overath in Köln."),
    3: ("kurier", "trade_press", "2025-04-03", "„Wir sind bereit“, sagte Landrat Jens Overath in Köln."),
    4: ("bote", "local_press", "2025-04-04", "Microsoft investiert 3,2 bis 3,3 Milliarden Euro in Bedburg."),
    5: ("bote", "local_press", "2025-04-05", "„Es ist laut“, klagt ein Anwohner. 2.500 Stellen sind es nicht."),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = archive_of(tmp_path_factory.mktemp("home"), ARTICLES)
    with sqlite3.connect(path) as connection:
        group = [(2, 2, "original"), (3, 2, "mirror")]
        connection.executemany("insert into copies (article, group_id, role) values (?, ?, ?)", group)
    connection.close()
    return path


@pytest.fixture(scope="module")
def connection(archive: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(archive)
    connection.row_factory = sqlite3.Row
    register(connection)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("place:Bedburg", {1, 4}),
        ("ort:bedburg", {1, 4}),
        ("place:koeln place:Bedburg", {1, 2, 3, 4}),
        ("place:Nirgendwo", set()),
        ("-place:Bedburg", {2, 3, 5}),
        ('speaker:"Jens Overath"', {2, 3}),
        ("sprecher:overath", {2, 3}),
        ('-speaker:"ein Anwohner" -place:Köln', {1, 4}),
        ("figure:jobs", {1, 5}),
        ("zahl:jobs=300", {1}),
        ("figure:jobs=2.500", {5}),
        ("figure:jobs=2.5k", {5}),
        ("figure:investment=3.2bn", {4}),
        ("figure:investment=3,3mrd", {4}),
        ("figure:investment=3300mio", {4}),
        ("figure:investment=3", set()),
        ("figure:jobs=300 figure:investment -source:blatt", {4}),
        ("figure:jobs place:Bedburg", {1}),
    ],
)
def test_what_they_say_narrows(connection: sqlite3.Connection, query: str, ids: set[int]) -> None:
    assert {row["id"] for row in ranked(connection, query)} == ids
    assert count(connection, query) == len(ids)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("figure:houses", "figure:houses: there is no such kind of figure; choose one of: investment, jobs"),
        ("zahl:jobs=many", "zahl:jobs=many: the value is no number; write as in zahl:jobs=2500"),
        ("figure:jobs=", "figure:jobs=: the value is no number"),
        ("figure:date=2024-13", "figure:date=2024-13: the value is no number"),
    ],
)
def test_a_figure_that_there_is_not_says_so(query: str, words: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(query)
    assert str(raised.value).startswith(words)


def test_articles_and_texts_are_counted_by_what_they_say(connection: sqlite3.Connection) -> None:
    everything = ask(connection, "from:2025")
    assert tally_facts(connection, everything) == {
        "figure": [("jobs", 2), ("investment", 1)],
        "speaker": [("Jens Overath", 2), ("ein Anwohner", 1)],
        "place": [("Bedburg", 2), ("Köln", 2)],
    }
    folded = tally_facts(connection, everything, folded=True)
    assert (folded["speaker"], folded["place"]) == (
        [("Jens Overath", 1), ("ein Anwohner", 1)],
        [("Bedburg", 2), ("Köln", 1)],
    )
    assert tally_facts(connection, ask(connection, "place:Nirgendwo"))["figure"] == []


def test_every_value_leads_to_as_many(archive: Path) -> None:
    with reading(archive) as reader:
        for fold in ("", "&fold=1"):
            page = reader.page(f"/search?q=from:2025{fold}")
            for name, values in (("figure", 2), ("speaker", 2), ("place", 2)):
                entries = page.xpath(f"//section[@aria-labelledby='by-{name}']//li")
                assert len(entries) == values
                for entry in entries:
                    (link,) = entry.xpath("a/@href")
                    found = said(reader.page(link).get_element_by_id("found"))
                    assert found.startswith(f"{entry.xpath('string(span)')} "), link


def test_chips_say_what_was_chosen(archive: Path) -> None:
    with reading(archive) as reader:
        chips = said(reader.page("/search?figure=jobs%3D300&place=Bedburg", "de").cssselect(".chips")[0])
    assert "Zahl: Arbeitsplätze = 300" in chips and "Ort: Bedburg" in chips


def test_of_many_they_are_counted_when_asked(archive: Path, tmp_path: Path) -> None:
    connection = sqlite3.connect(shutil.copy(archive, tmp_path))
    connection.row_factory = sqlite3.Row
    register(connection)
    columns = "url, identity, month, title, text, source, fetched_at"
    more = [(f"https://blatt.example/{number}", "2025-01") for number in range(FEW)]
    connection.executemany(f"insert into articles ({columns}) values (?1, ?1, ?2, '', '', '', '')", more)
    answer = results.find(connection, parse("from:2025"), "newest", 1)
    assert (answer.has_facts, answer.counts.get("place")) == (False, None)
    asked = results.find(connection, parse("from:2025"), "newest", 1, facts=True)
    assert (asked.has_facts, asked.counts["place"]) == (True, [("Bedburg", 2), ("Köln", 2)])
    connection.close()
    assert SearchArguments("", {}, None, 1, facts=True).address(place="Bedburg") == "?facts=1&place=Bedburg"


def test_lines_go_with_their_article(archive: Path, tmp_path: Path) -> None:
    path = archive_of(tmp_path, ARTICLES)
    with Archive(path) as opened:
        opened.facts.put(1, "9", {"figures": [], "quotes": [], "entities": []})
        opened.db.execute("delete from articles where id = 4")
        lines = dict(opened.db.execute("select article, lines from _fact_lines").fetchall())
    assert sorted(lines) == [2, 3, 5]
    assert sorted(lines[5].split("\n")) == ["figure jobs", "speaker ein Anwohner"]


def test_an_archive_without_facts_counts_none(tmp_path: Path) -> None:
    with reading(make_archive(tmp_path / "archive.db", 2)) as reader:
        assert not Reader.page(reader, "/search").xpath("//section[@aria-labelledby='by-place']")
