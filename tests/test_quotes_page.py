"""The page of who says what: speakers over time with their table, the quotations of one, and the files."""

import csv
import io
from pathlib import Path

from tests.browsing import in_chromium
from tests.conftest import Pick
from tests.read_articles import check_in_a_browser
from tests.test_article_page import Reader, reading, said
from tests.test_exports import make_archive

ARTICLES = {
    1: ("blatt", "local_press", "2025-03-12", "„Wir sind bereit“, sagte Landrat Jens Overath."),
    2: (
        "kurier",
        "trade_press",
        "2025-04-02",
        "Landrat Jens Overath: „Das <b>hilft</b> uns.“ „Nein“, rief ein Anwohner.",
    ),
    3: ("kurier", "trade_press", "<i>", "„Es ist laut“, klagt ein Anwohner."),
    4: ("bote", "local_press", "2026-01-07", "Ein Satz ohne ein Zitat."),
}


def test_speakers_over_time(reader: Reader) -> None:
    page = reader.page("/quotes")
    assert [said(row) for row in page.cssselect(".values > a text")] == ["Jens Overath", "ein Anwohner"]
    assert [len(row.cssselect("circle")) for row in page.cssselect(".values .dots")] == [2, 1]  # one has no day
    rows = [[said(cell) for cell in row] for row in page.cssselect(".copies-table tbody tr")]
    assert rows == [
        ["Jens Overath", "2", "2", "12 March 2025, blatt", "2 April 2025, kurier"],
        ["ein Anwohner", "2", "2", "2 April 2025, kurier", "2 April 2025, kurier"],
    ]
    assert "Wer was sagt" in said(reader.page("/quotes", "de"))


def test_a_speaker_leads_to_the_quotations(reader: Reader) -> None:
    address = reader.page("/quotes").cssselect(".values > a")[0].get("href") or ""
    page = reader.page(address.partition("#")[0])
    assert [said(quote) for quote in page.cssselect(".card blockquote")] == ["Das <b>hilft</b> uns.", "Wir sind bereit"]
    assert not page.cssselect(".card b")


def test_a_kind_of_outlet_alone(reader: Reader) -> None:
    page = reader.page("/quotes?source_kind=local_press")
    assert [said(row[0]) for row in page.cssselect("tbody tr")] == ["Jens Overath"]
    assert [said(row[1]) for row in page.cssselect("tbody tr")] == ["1"]
    asked = reader.page("/quotes?source_kind=local_press&speaker=Jens+Overath")
    assert [said(quote) for quote in asked.cssselect(".card blockquote")] == ["Wir sind bereit"]
    assert len(reader.get("/quotes.json?source_kind=local_press").json()) == 1
    assert "Who says what" in said(reader.page("/quotes?source_kind=%3Cb%3E&fold=1"))


def test_the_quotations_of_an_article_are_underlined_on_demand(reader: Reader) -> None:
    page = reader.page("/article/2")
    (link,) = [link for link in page.cssselect(".article-marks a") if "quotes" in link.get("href", "")]
    assert said(link) == "Underline its quotations (2)"
    marked = reader.page(link.get("href"))
    assert [said(mark) for mark in marked.cssselect("mark")] == ["„Das <b>hilft</b> uns.“", "„Nein“"]
    assert "Without the underlined quotations" in said(marked)
    assert not reader.page("/article/2?marked=nothing").cssselect("mark")


def test_quotations_to_take_along(reader: Reader) -> None:
    rows = list(csv.DictReader(io.StringIO(reader.get("/quotes.csv").text)))
    assert [(row["article"], row["speaker"], row["text"]) for row in rows] == [
        ("1", "Jens Overath", "Wir sind bereit"),
        ("2", "Jens Overath", "Das <b>hilft</b> uns."),
        ("2", "ein Anwohner", "Nein"),
        ("3", "ein Anwohner", "Es ist laut"),
    ]
    assert len(reader.get("/quotes.json").json()) == 4


def test_pages_of_what_is_not_there(reader: Reader, tmp_path: Path) -> None:
    for query in ("speaker=%3Cb%3E", "speaker=Niemand&page=99", "page=x"):
        assert "Who says what" in said(reader.page(f"/quotes?{query}"))
    with reading(make_archive(tmp_path / "archive.db", 1)) as other:
        assert "No quotations have been read" in said(other.page("/quotes"))


@in_chromium
def test_the_page_fits_and_keeps_nobody_out(archive: Path, pick: Pick) -> None:
    check_in_a_browser(archive, pick("quotes", "quotes?speaker=Jens+Overath"), ".values > a", "quotes")
