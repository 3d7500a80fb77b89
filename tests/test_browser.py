import csv
import io
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import quote_plus

import pytest
import sqlite_utils
from playwright.sync_api import Locator, Page

from db.export.bundles import make
from tests.browsing import in_chromium, walker
from tests.test_exports import make_archive
from tests.test_site import start

PAGES = {
    "front": "",
    "results": "search?q=rechenzentrum",
    "help": "help",
    "about": "about",
    "table": "archive/articles?_size=20",
    "columns": "archive/articles?_as=table&_size=20",
    "search": "archive/articles?_search=rechenzentrum+-azure&source=blatt&_size=20",
    "row": "archive/articles/1",
    "refusals": "archive/refusals",
    "tables": "archive",
    "query": "archive?sql=select+url,+title,+text+from+articles+limit+20",
    "error": "archive/articles?_search=-azure",
}
# a telephone, a tablet, a notebook, a wide desk
SCREENS: dict[int, Literal["dark", "light"]] = {390: "dark", 768: "light", 1280: "dark", 2560: "light"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    long = {
        "url": "https://blatt.example/" + "sehr-lang-" * 30,
        "title": "<script>alert(1)</script> " + "Genehmigung" * 12,
    }
    archive = make_archive(tmp_path_factory.mktemp("home") / "archive.db", 120, text="wort" * 400, **long)
    database = sqlite_utils.Database(archive)
    database.table("sources").insert({"id": "blatt", "name": "Musterdorfer Blatt", "last_state": "not_finished"})
    now = datetime.now(UTC).isoformat(timespec="seconds")
    database.table("runs").insert({"id": 1, "outcome": "running", "started": now, "sources": 2, "fetched": 12})
    database.close()
    make(archive)
    with start(archive) as server:
        assert server.stdout
        yield server.stdout.readline().strip()
        server.terminate()
        _, err = server.communicate(timeout=20)
        assert err == ""


@pytest.mark.soak
@in_chromium
def test_every_page_fits_and_is_silent(address: str) -> None:
    page, said = walker(address)
    for name, path in PAGES.items():
        answer = page.goto(address + path)
        assert answer and answer.status == (400 if name == "error" else 200), name
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        for width, scheme in SCREENS.items():
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            wide, needed, headline = page.evaluate(
                "[innerWidth, document.scrollingElement.scrollWidth, document.querySelector('h1').checkVisibility()]"
            )
            assert (wide, headline) == (width, True)
            assert needed <= width, f"{name} scrolls sideways at {width}"
            if name == "front":
                frame = page.frame_locator("iframe")
                assert frame.get_by_text("0 of 2 sources done").is_visible()
                fits = frame.locator("body").evaluate("body => body.scrollHeight <= innerHeight")
                assert fits, f"the frame is too low at {width}"
        if name != "error":  # Chromium itself reports the status of a page that is refused
            assert said == [], name
    page.close()


@in_chromium
def test_a_reader_finds_an_article_without_script(address: str) -> None:
    page, _ = walker(address, script=False)
    page.goto(address)
    page.get_by_label("Search the articles").fill('"Nummer 77"')
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Rechenzentrum Nummer 77").click()
    page.wait_for_url("**/article/77?q=*")
    assert page.get_by_text("77 Leute sahen zu").is_visible()
    page.get_by_role("link", name="Back to the results").click()
    page.get_by_role("link", name="Rechenzentrum Nummer 77").click()
    assert (
        page.get_by_role("link", name="Read it at the publisher").get_attribute("href")
        == "https://blatt.example/lokales/77"
    )
    page.goto(address + "archive/articles")
    page.get_by_text("source 2").click()
    page.get_by_role("link", name="blatt", exact=True).click()
    assert page.get_by_text("60 rows").is_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    assert download.value.suggested_filename == "articles.csv"
    with Path(download.value.path()).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == count(page, address, "source = 'blatt'") == 60
    assert {row["source"] for row in rows} == {"blatt"}
    page.close()


def count(page: Page, address: str, where: str) -> int:
    sql = quote_plus(f"select count(*) as number from articles where {where}")
    answer = page.request.get(f"{address}archive.json?sql={sql}&_shape=array")
    return int(answer.json()[0]["number"])


@in_chromium
def test_a_month_of_the_chart_leads_to_its_articles(address: str) -> None:
    page, said = walker(address, viewport=(390, 900))
    page.goto(address)
    assert page.get_by_role("group", name="Articles per month").is_visible()
    month = page.get_by_role("link", name="March 2025: 10 articles, local press 10")
    month.focus()
    month.locator(".hit").click()
    page.wait_for_url("**/search?month=2025-03")
    assert page.locator(".card").count() == count(page, address, "month = '2025-03'") == 10
    page.go_back()
    page.get_by_text("As numbers", exact=True).click()
    row = page.get_by_role("row", name="2025-03")
    assert row.get_by_role("cell").all_inner_texts() == ["10", "10"]
    assert said == []
    page.close()


def found(page: Page) -> int:
    return int(page.locator("h2#found b").inner_text().split()[0])


@in_chromium
def test_a_month_opens_into_its_days_and_closes_again_without_script(address: str) -> None:
    page, _ = walker(address, script=False)
    page.goto(f"{address}search?q=Microsoft")
    picture = page.get_by_role("group", name="Articles per")
    picture.get_by_role("link", name="March 2025").locator(".hit").click()
    page.wait_for_url("**month=2025-03")
    assert found(page) == count(page, address, "month = '2025-03'") == 10
    page.get_by_text("As numbers", exact=True).click()
    table = page.locator(".chart .downloads").get_by_role("link", name="CSV").get_attribute("href")
    numbers = page.request.get(address.rstrip("/") + str(table)).text()
    days = {row["day"]: int(row["articles"]) for row in csv.DictReader(io.StringIO(numbers))}
    sums = "select day, count(*) as articles from articles where month = '2025-03' group by day"
    truth = page.request.get(f"{address}archive.json?sql={quote_plus(sums)}&_shape=array").json()
    assert days == {row["day"]: row["articles"] for row in truth}
    assert [link.get_attribute("href") for link in picture.get_by_role("link").all()] == [
        f"/search?q=Microsoft&day={day}" for day in sorted(days)
    ]
    day = min(days)
    picture.get_by_role("link").first.locator(".hit").click()
    page.wait_for_url(f"**day={day}")
    assert found(page) == days[day]
    out = page.locator(".out").get_by_role("link")
    assert out.all_inner_texts() == ["March 2025", "2025", "all years"]
    everything = count(page, address, "text like '%Microsoft%'")
    for place, where in enumerate(["month=2025-03", "year=2025", "q=Microsoft"]):
        page.goto(f"{address}search?q=Microsoft&day={day}")
        out.nth(place).click()
        page.wait_for_url(f"**{where}")
        assert found(page) == (10, everything, everything)[place]
    page.close()


@in_chromium
def test_a_span_is_chosen_by_dragging(address: str) -> None:
    page, said = walker(address, viewport=(1280, 1200))
    page.goto(f"{address}search?q=Microsoft&source=blatt")
    columns, told = page.locator(".months .hit"), page.locator(".span")
    hint = told.inner_text()

    def drag(first: int, last: int) -> None:
        (x, y), (to, _) = (middle(columns.nth(place)) for place in (first, last))
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(to, y + 5, steps=4)

    drag(1, 3)
    number = count(page, address, "source = 'blatt' and month between '2025-02' and '2025-04'")
    assert told.inner_text().startswith(f"Articles from February 2025 to April 2025: {number}.")
    page.keyboard.press("Escape")
    page.mouse.up()
    assert told.inner_text() == hint and "from=" not in page.url
    drag(3, 1)
    page.mouse.up()
    page.wait_for_url("**/search?q=Microsoft&source=blatt&from=2025-02&to=2025-04")
    assert found(page) == number > 0
    assert page.locator(".chips li").count() == 3
    page.locator(".out").get_by_role("link", name="all years").click()
    page.wait_for_url("**/search?q=Microsoft&source=blatt")
    assert said == []
    page.close()


def middle(column: Locator) -> tuple[float, float]:
    box = column.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@in_chromium
def test_a_span_is_chosen_from_the_keyboard(address: str) -> None:
    page, said = walker(address)
    page.goto(f"{address}search?q=Microsoft&month=2025-03")
    page.get_by_role("link", name="all years").focus()
    page.keyboard.press("Tab")
    assert page.locator(".months a").last.evaluate("link => link === document.activeElement")
    page.keyboard.press("ArrowLeft")
    at = page.locator(".months a:focus .hit").get_attribute("data-at")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    assert f"to {int((at or '')[8:])} March 2025" in page.locator(".span").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=Microsoft&from=2025-03-*")
    assert f"to={at}" in page.url
    start, end = (page.url.partition(f"{name}=")[2][:10] for name in ("from", "to"))
    assert found(page) == count(page, address, f"day between '{start}' and '{end}'") > 0
    assert said == []
    page.close()


@in_chromium
def test_a_span_is_chosen_with_a_finger(address: str) -> None:
    page, said = walker(address, viewport=(390, 844), touch=True)
    page.goto(address)
    columns = page.locator(".months .hit")
    columns.first.scroll_into_view_if_needed()
    (x, y), (to, _) = (middle(columns.nth(place)) for place in (4, 6))
    session = page.context.new_cdp_session(page)
    for kind, at in [("touchStart", x), *(("touchMove", x + (to - x) * step / 4) for step in range(1, 5))]:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": at, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_url("**/search?from=2025-05&to=2025-07")
    assert found(page) == count(page, address, "month between '2025-05' and '2025-07'")
    assert said == []
    page.close()


@in_chromium
def test_what_a_browser_saves_verifies(address: str, tmp_path: Path) -> None:
    page, _ = walker(address)
    page.goto(f"{address}downloads")
    for link in page.locator("main a[href^='/downloads/']").all():
        with page.expect_download() as download:
            link.click()
        saved = download.value
        saved.save_as(tmp_path / saved.suggested_filename)
    command = page.locator("code", has_text="sha256sum").inner_text()
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(": OK\n") == len(list(tmp_path.iterdir())) - 1 > 10
    page.close()
