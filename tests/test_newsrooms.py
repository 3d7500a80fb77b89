"""Publishers and newsrooms: as the registry has them, as the archive keeps them, and counts of voices by them."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.registry.claims import Claim, holding
from crawler.registry.sources import ConfigError, Source, load
from db.export.tables import export
from db.search.search import facets, register, search
from db.store.archive import Archive
from tests.test_exports import make_archive
from tests.test_site import get_once

ENTRY = """
[[source]]
id = "bote"
name = "Erft-Bote"
homepage = "https://erft-bote.example/"
"""
SHOWN = 'evidence = "https://fachblatt.example/1"'


def read(tmp_path: Path, lines: str) -> Source:
    path = tmp_path / "sources.toml"
    path.write_text(ENTRY + lines, encoding="utf-8")
    return load(path)[0]


def errors(tmp_path: Path, lines: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, lines)
    return [error.removeprefix("sources.toml: bote: ") for error in caught.value.errors]


def test_one_claim_or_several_are_read(tmp_path: Path) -> None:
    source = read(
        tmp_path,
        f"""publisher = {{ name = "Haus Erft", since = "1999", {SHOWN} }}
newsroom = [
  {{ name = "Mantel West", since = "2015-09", {SHOWN} }},
  {{ name = "Mantel Ost", since = "2026-04", {SHOWN} }},
]
""",
    )
    assert source.publisher == (Claim(name="Haus Erft", since="1999", evidence="https://fachblatt.example/1"),)
    assert [(claim.name, claim.since, claim.until) for claim in source.newsroom] == [
        ("Mantel West", "2015-09", "2026-04"),
        ("Mantel Ost", "2026-04", None),
    ]
    months = ("2015-08", "2015-09", "2026-03", "2026-04", "2031-01")
    assert [holding(source.newsroom, month) for month in months] == [
        None,
        "Mantel West",
        "Mantel West",
        "Mantel Ost",
        "Mantel Ost",
    ]
    assert source.row()["publisher"] == "Haus Erft"


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (
            'newsroom = "Mantel West"',
            ["newsroom: 'Mantel West', expected a table with name, since, evidence, or a list of them"],
        ),
        (
            f'newsroom = {{ name = "Mantel West", {SHOWN} }}',
            ['newsroom: since: missing, expected a year or a month such as "2022" or "2022-03"'],
        ),
        (
            'newsroom = [{ name = "Mantel West", since = "2022" }]',
            ['newsroom: 1: evidence: missing, expected an address without spaces such as "https://www.example.org/"'],
        ),
        (
            f'publisher = {{ name = "Haus", since = "2022-13", {SHOWN} }}',
            ['publisher: since: \'2022-13\', expected a year or a month such as "2022" or "2022-03"'],
        ),
        (
            f'publisher = {{ name = "Haus", since = "2022-03", until = "2022", {SHOWN} }}',
            ["publisher: until: '2022', expected a later one than since, '2022-03'"],
        ),
        (
            f'publisher = [{{ name = "A", since = "2022", {SHOWN} }}, {{ name = "B", since = "2021-05", {SHOWN} }}]',
            ["publisher: 2: since: '2021-05', expected a later one than that before, '2022'"],
        ),
        (
            f'newsroom = {{ name = "A", since = "2022", from = "Köln", {SHOWN} }}',
            ["newsroom: from: unknown key, expected one of name, since, until, evidence"],
        ),
    ],
)
def test_a_claim_that_is_none_is_told_with_what_is_expected(tmp_path: Path, lines: str, wrong: list[str]) -> None:
    assert errors(tmp_path, lines) == wrong


def claim(source: str, name: str, since: str, until: str | None = None) -> dict[str, str | None]:
    return {"source": source, "name": name, "since": since, "until": until, "evidence": "https://fachblatt.example/1"}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """36 articles of 2025, three a month: `kurier` those with odd numbers, `blatt` the others; one without a day."""
    path = make_archive(tmp_path / "archive.db", 36, day=None, month=None, published=None, published_utc=None)
    with Archive(path) as opened:
        opened.runs.begin([{"id": "blatt", "name": "Das Blatt"}, {"id": "kurier", "name": "Der Kurier"}], kind="crawl")
        newsrooms = [claim("kurier", "Das Blatt", "2025-07", "2025-12"), claim("kurier", "Mantel Ost", "2025-12")]
        opened.newsrooms.write(["blatt", "kurier"], [claim("blatt", "Haus Erft", "2025")], newsrooms)
    return path


def counted(archive: Path) -> dict[str, int]:
    with closing(sqlite3.connect(archive)) as connection:
        return dict(connection.execute("select voice, count(*) from voices group by 1").fetchall())


def test_each_article_counts_by_the_newsroom_of_its_month(archive: Path) -> None:
    with closing(sqlite3.connect(archive)) as connection:
        register(connection)
        by_voice = dict(facets(connection, "source:blatt OR source:kurier", ["newsroom"])["newsroom"])
        by_word = dict(facets(connection, "Rechenzentrum", ["newsroom"])["newsroom"])
        found = {name: search(connection, f'newsroom:"{name}"').total for name in by_voice}
        beside = search(connection, 'redaktion:"das blatt" Rechenzentrum').total
        monthly = connection.execute(
            "select voices.source, month, voice, count(*) from articles join voices on article = id group by 1, 2"
        ).fetchall()
    assert sum(by_voice.values()) == 36
    assert by_voice == by_word == found == counted(archive)
    assert beside == by_voice["Das Blatt"]
    for source, month, voice, _ in monthly:
        if source == "blatt":
            assert voice == "Das Blatt"
        elif month is None:  # as of now
            assert voice == "Mantel Ost"
        else:
            expected = "Der Kurier" if month < "2025-07" else "Das Blatt" if month < "2025-12" else "Mantel Ost"
            assert voice == expected, month


def test_a_corrected_registry_counts_anew(archive: Path) -> None:
    with Archive(archive) as opened:
        opened.newsrooms.write(["kurier"], [], [claim("kurier", "Mantel Ost", "2020")])
    assert counted(archive) == {"Das Blatt": 18, "Mantel Ost": 18}


def test_what_leaves_the_registry_keeps_its_claims_while_it_has_articles(archive: Path) -> None:
    with Archive(archive) as opened:
        opened.newsrooms.write(["weg"], [claim("weg", "Haus Weg", "2020")], [])
        opened.sources.forget({"blatt"})
        left = opened.db.execute("select source from publishers union select source from newsrooms").fetchall()
    assert sorted(left) == [("blatt",), ("kurier",)]


def test_exports_have_publisher_and_newsroom(archive: Path, tmp_path: Path) -> None:
    rows = {}
    for query in (None, "Rechenzentrum"):
        export(archive, "json", query=query, out=tmp_path / "out.json")
        rows[query] = {row["id"]: row for row in json.loads((tmp_path / "out.json").read_text())}
    assert rows[None] == rows["Rechenzentrum"]
    december = {
        number: (row["publisher"], row["newsroom"]) for number, row in rows[None].items() if row["month"] == "2025-12"
    }
    assert december == {11: (None, "Mantel Ost"), 23: (None, "Mantel Ost"), 35: (None, "Mantel Ost")}
    assert {row["publisher"] for row in rows[None].values() if row["source"] == "blatt"} == {"Haus Erft"}


def test_a_source_page_shows_the_claims_with_their_evidence(archive: Path) -> None:
    with Archive(archive) as opened:
        opened.sources.write([{"id": "kurier", "newsroom": "Mantel Ost"}])
    paths = ("/sources/kurier", "/sources", "/search?newsroom=Das+Blatt", "/search")
    page, listed, narrow, everything = (get_once(archive, path).text for path in paths)
    assert page.index("Mantel Ost") < page.index("Das Blatt")
    assert "since December 2025" in page and "from July 2025 until December 2025" in page
    assert page.count('<a href="https://fachblatt.example/1"') == 2
    assert "Mantel Ost" in listed
    assert "<b>24 articles</b>" in narrow
    assert 'id="by-newsroom"' in everything


def test_the_list_of_newsrooms_is_left_out_where_it_is_that_of_the_sources(tmp_path: Path) -> None:
    page = get_once(make_archive(tmp_path / "archive.db", 6), "/search").text
    assert 'id="by-source"' in page and 'id="by-newsroom"' not in page
