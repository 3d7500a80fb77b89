"""The page of places: a map of the region with its table, the sentences of a place, and the files."""

import csv
import io
from pathlib import Path

import pytest

from db.site.facts.places import LARGEST, PlaceUse, draw_map
from tests.browsing import in_chromium
from tests.conftest import Pick
from tests.read_articles import check_in_a_browser
from tests.test_article_page import Reader, reading, said
from tests.test_exports import make_archive

ARTICLES = {
    1: ("blatt", "local_press", "2025-03-12", "In Bedburg wird gebaut. Auch in <b>Kaster</b> und in Köln."),
    2: ("kurier", "trade_press", "2025-04-02", "Bedburgs Rat tagt, der Bedburger Rat."),
    3: ("kurier", "trade_press", "<i>", "Bedburg und Berlin."),
}


def test_a_map_and_a_table(reader: Reader) -> None:
    page = reader.page("/places")
    assert [said(dot) for dot in page.cssselect(".place-map a title")] == [
        "Bedburg: 3 articles",
        "Kaster: 1 article",
        "Köln: 1 article",
    ]
    rows = [[said(cell) for cell in row] for row in page.cssselect(".copies-table tbody tr")]
    assert rows[0] == ["Bedburg", "3", "3", "12 March 2025", "2 April 2025", "–"]
    assert ["Berlin", "1", "1", "–", "–", "–"] in rows
    assert ["Kaster", "1", "1", "12 March 2025", "12 March 2025", "Bedburg"] in rows
    assert "Alle Orte" in said(reader.page("/places", "de"))
    folded = reader.page("/places?fold=1").cssselect(".place-map a")
    assert (said(folded[0]), folded[0].get("href")) == ("Bedburg: 3 texts", "/places?place=Bedburg&fold=1#sentences")


def test_a_place_leads_to_its_sentences(reader: Reader) -> None:
    address = reader.page("/places").cssselect(".place-map a")[0].get("href") or ""
    page = reader.page(address.partition("#")[0])
    assert [said(mark) for mark in page.cssselect(".card mark")] == ["Bedburg", "Bedburgs", "Bedburg"]
    assert not reader.page("/places?place=Kaster").cssselect(".card b")


def test_the_places_of_an_article_are_underlined_on_demand(reader: Reader) -> None:
    assert [said(mark) for mark in reader.page("/article/2?marked=places").cssselect("mark")] == [
        "Bedburgs",
        "Bedburger",
    ]


def test_places_to_take_along(reader: Reader) -> None:
    rows = list(csv.DictReader(io.StringIO(reader.get("/places.csv").text)))
    assert (rows[0]["name"], rows[0]["kind"], rows[0]["articles"]) == ("Bedburg", "town", "3")
    assert float(rows[0]["latitude"]) == pytest.approx(50.9926)


def test_pages_of_what_is_not_there(reader: Reader, tmp_path: Path) -> None:
    for query in ("place=%3Cb%3E", "place=Niemand&page=99", "page=x"):
        assert "Where the articles play" in said(reader.page(f"/places?{query}"))
    with reading(make_archive(tmp_path / "archive.db", 1)) as other:
        assert "No places have been read" in said(other.page("/places"))


def test_the_map_has_a_dot_for_each_place_within_it() -> None:
    def use(name: str, at: tuple[float, float] | None, articles: int) -> PlaceUse:
        latitude, longitude = at or (None, None)
        return PlaceUse(name, "town", None, None, latitude, longitude, articles, articles, None, None)

    found = [use("Berlin", (52.5, 13.4), 9), use("Bedburg", (50.99, 6.57), 4), use("Land", None, 2)]
    found += [use("K", (51, 6.96), 1), use("Kaster", (51.0, 6.55), 1)]
    drawn = draw_map(found)
    assert drawn
    assert [(dot.use.name, dot.radius, dot.is_left) for dot in drawn.dots] == [
        ("Bedburg", LARGEST, False),
        ("K", LARGEST / 2, True),
        ("Kaster", LARGEST / 2, False),
    ]
    assert [dot.is_named for dot in drawn.dots] == [True, True, False]  # Kaster would stand in the name of Bedburg
    assert drawn.dots[0].x < drawn.dots[1].x
    assert draw_map(found[:1]) is None


@in_chromium
def test_the_page_fits_and_keeps_nobody_out(archive: Path, pick: Pick) -> None:
    check_in_a_browser(archive, pick("places", "places?place=Bedburg"), ".place-map a", "sentences")
