"""Two searches in one picture, as counts and as shares of what was listed, against SQL."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import lxml.html
import pytest
import sqlite_utils
from lxml.html import HtmlElement

from db.search import vocabulary
from db.site.comparison import ComparedMonth
from db.site.pictures.compared import draw
from tests.browsing import check_page, in_chromium, visiting
from tests.test_exports import make_archive
from tests.test_site import Get, getter

ASKED = "/search?q=Rechenzentrum&with=Kraftwerk"
HOSTILE = "<b>Kraftwerk"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By month: 2025-03 has 6 and 4, 2025-04 3 and 1; in April 500 were newly listed, in March nobody looked."""
    path = make_archive(tmp_path_factory.mktemp("home") / "archive.db", 14)
    database = sqlite_utils.Database(path)
    for number in range(1, 15):
        month = "2025-03" if number <= 10 else "2025-04"
        word = "Kraftwerk" if number in (1, 2, 3, 4, 11) else "Rechenzentrum"
        moment = {"month": month, "day": f"{month}-11", "published": f"{month}-11", "published_utc": f"{month}-11"}
        database.table("articles").update(number, moment | {"title": word, "text": f"{word} Nummer {number}"})
    database.table("copies").insert_all({"article": number, "group_id": 1, "role": "copy"} for number in (1, 2))
    database.table("sources").insert_all([{"id": "blatt"}, {"id": "kurier"}])
    runs = [{"id": 1, "kind": "crawl", "outcome": "completed"}, {"id": 2, "kind": "backfill", "outcome": "completed"}]
    database.table("runs").insert_all({"started": "2025-04-02", "sources": 2} | run for run in runs)
    night = {"night": "2025-04-02", "state": "ok", "answered": 1, "listed": 900, "new": 250}
    database.table("source_nights").insert_all(
        [night | {"run": run, "source": source} for run in (1, 2) for source in ("blatt", "kurier")]
    )
    database.close()
    vocabulary.take_in(path)
    return path


@pytest.fixture(scope="module")
def get(archive: Path) -> Iterator[Get]:
    yield from getter(archive)


def page(get: Get, address: str, status: int = 200) -> HtmlElement:
    answer = get(address)
    assert answer.status_code == status, answer.text
    return lxml.html.fromstring(answer.text)


def cells(shown: HtmlElement) -> list[list[str]]:
    return [[each.text_content() for each in row] for row in shown.xpath("//section[@class='when']//tbody/tr")]


def test_two_searches_stand_beside_each_other(get: Get) -> None:
    shown = page(get, ASKED)
    assert cells(shown) == [["2025-03", "6", "4", "–"], ["2025-04", "3", "1", "500"]]
    assert len(shown.xpath("//*[local-name()='rect'][@class='k1'][ancestor::*[@role='img']]")) == 2
    for link in shown.xpath("//section[@class='when']//tbody//td/a"):
        found = page(get, link.get("href"))
        assert found.xpath("string(//h2[@id='found']/b)").split()[0] == link.text_content()
    folded = page(get, f"{ASKED}&fold=1")
    assert cells(folded)[0] == ["2025-03", "6", "3", "–"] and "texts per month" in folded.text_content()
    narrowed = page(get, f"{ASKED}&source=blatt&as=shares")
    assert cells(narrowed)[1][3] == "250"
    assert "alle Artikel und Kraftwerk" in get("/search?with=Kraftwerk", cookies={"language": "de"}).text


def test_shares_are_of_what_was_newly_listed(get: Get) -> None:
    shown = page(get, f"{ASKED}&as=shares")
    assert cells(shown) == [["2025-03", "6", "4", "–", "–", "–"], ["2025-04", "3", "1", "500", "6.0", "2.0"]]
    (toggle,) = shown.xpath("//span[@role='group'][@aria-label='Shown as']/a/@href")
    assert toggle == ASKED
    assert page(get, toggle).xpath("//span[@aria-label='Shown as']/a/@href") == [f"{ASKED}&as=shares"]


def test_what_the_picture_shows_can_be_taken_along(get: Get) -> None:
    links = page(get, f"{ASKED}&as=shares").xpath("//section[@class='when']//p[@class='downloads']/a/@href")
    rows = [
        {
            "month": "2025-03",
            "articles": 6,
            "articles_with": 4,
            "listed": None,
            "per_1000": None,
            "per_1000_with": None,
        },
        {"month": "2025-04", "articles": 3, "articles_with": 1, "listed": 500, "per_1000": 6.0, "per_1000_with": 2.0},
    ]
    table, objects = (get(link).text for link in links)
    assert json.loads(objects) == rows
    assert list(csv.DictReader(io.StringIO(table))) == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in rows
    ]
    assert json.loads(get("/search/numbers.json?q=Kraftwerk").text)[0] == {"month": "2025-03", "articles": 4}


@pytest.mark.parametrize("other", ["sourc:blatt", '"', "-Kraftwerk", "x" * 2_000])
def test_what_is_wrong_with_the_other_search_is_said_beside_it(get: Get, other: str) -> None:
    shown = page(get, f"/search?q=Rechenzentrum&with={other}", 400)
    (field,) = shown.xpath("//input[@name='with'][@aria-invalid]")
    assert shown.get_element_by_id(field.get("aria-describedby")).get("role") == "alert"
    assert shown.xpath("string(//h2[@id='found']/b)").startswith("9 ")
    assert not [link for link in shown.xpath("//main//a/@href") if "with=" in link]
    assert get(f"/search/numbers.csv?q=Rechenzentrum&with={other}").status_code == 400
    assert len(shown.xpath("//*[@id='wrong']")) == 0


def test_a_hostile_search_stays_text(get: Get) -> None:
    assert "<b>Kraftwerk" not in get(f"/search?q={HOSTILE}&with={HOSTILE}").text


def test_slips_and_gaps_are_no_months_of_the_picture() -> None:
    found = [
        ComparedMonth(month, (1, 2), None) for month in ("<i>", "0000-13", "2020-01", "2025-01", "2025-03", "2999-01")
    ]
    picture = draw(found, "2025-06", shares=False)
    assert picture and (picture.first, picture.last) == ("2022-04", "2025-03")
    assert [each.month for each in picture.months] == ["2020-01", "2025-01", "2025-03"]
    assert picture.bars.count("<rect") == 4
    assert draw(found[:2], "2025-06", shares=True) is None


@in_chromium
def test_it_fits_and_keeps_nobody_out(archive: Path) -> None:
    with visiting(archive) as (opened, address):
        opened.goto(f"{address}search?q=Rechenzentrum")
        opened.locator(".compare summary").click()
        opened.locator("#with").fill("Kraftwerk")
        opened.keyboard.press("Enter")
        opened.wait_for_url("**with=Kraftwerk*")
        opened.locator(".fold a").first.click()
        opened.wait_for_url("**as=shares*")
        check_page(opened, opened.url)
