"""The page of names that are in no list: by what they are likely to be, with sentences, and the files."""

import csv
import io
from pathlib import Path

from tests.browsing import check_page, in_chromium, visiting
from tests.test_article_page import Reader, reading, said
from tests.test_exports import make_archive

TEXTS = (
    "Der Anlagenbauer Vortexa liefert <b>. Projektleiter Jost Hillebrand freut sich.",
    "Vortexas Hallen stehen in Bedburg. Jost Hillebrand zeigt sie.",
    "Das Werk von Vortexa wächst. Er heißt Jost Hillebrand.",
)
ARTICLES = {number: ("blatt", "local_press", f"2025-03-1{number}", text) for number, text in enumerate(TEXTS, start=1)}


def test_names_with_their_sentences(reader: Reader) -> None:
    page = reader.page("/proposals")
    assert [said(name) for name in page.cssselect(".proposal h3")] == ["Jost Hillebrand", "Vortexa"]
    assert [said(meta) for meta in page.cssselect(".proposal > .meta")] == [
        "people 3 articles 11 March 2025 to 13 March 2025",
        "companies, authorities 3 articles 11 March 2025 to 13 March 2025",
    ]
    _, vortexa = page.cssselect(".proposal")
    assert [said(mark) for mark in vortexa.cssselect("mark")] == ["Vortexa"] * 3
    assert [link.get("href") for link in vortexa.cssselect(".card a")] == ["/article/3", "/article/2", "/article/1"]
    assert not vortexa.cssselect("b")
    assert vortexa.cssselect(".meta a")[0].get("href") == "/search?q=%22Vortexa%22"
    assert "people.toml" in said(page)
    assert "Namen in keiner Liste" in said(reader.page("/proposals", "de"))


def test_names_of_a_kind(reader: Reader) -> None:
    page = reader.page("/proposals?kind=person")
    assert [said(name) for name in page.cssselect(".proposal h3")] == ["Jost Hillebrand"]
    assert [said(chip) for chip in page.cssselect(".chips a")] == ["all 2", "people 1", "companies, authorities 1"]
    for query in ("kind=%3Cb%3E", "page=99", "page=x"):
        assert len(reader.page(f"/proposals?{query}").cssselect(".proposal")) == 2
    assert not reader.page("/proposals?kind=place").cssselect(".proposal")


def test_names_to_take_along(reader: Reader) -> None:
    rows = list(csv.DictReader(io.StringIO(reader.get("/proposals.csv?kind=body").text)))
    assert rows == [
        dict(
            name="Vortexa",
            kind="body",
            articles="3",
            texts="3",
            mentions="3",
            first_day="2025-03-11",
            last_day="2025-03-13",
        )
    ]
    assert len(reader.get("/proposals.json").json()) == 2


def test_an_archive_without_any(tmp_path: Path) -> None:
    with reading(make_archive(tmp_path / "archive.db", 1)) as other:
        assert "No names have been looked for" in said(other.page("/proposals"))


@in_chromium
def test_the_page_fits_and_keeps_nobody_out(archive: Path) -> None:
    with visiting(archive) as (page, address):
        check_page(page, f"{address}proposals")
        page.locator('.chips a[href$="kind=person"]').focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**kind=person")
