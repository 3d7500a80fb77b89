from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlite_utils
from playwright.sync_api import Browser, sync_playwright

from tests.test_exports import make_archive
from tests.test_site import start

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: apt-get install chromium")

PAGES = {
    "front": "",
    "table": "archive/articles",
    "columns": "archive/articles?_as=table",
    "search": "archive/articles?_search=rechenzentrum+-azure&source=blatt",
    "row": "archive/articles/1",
    "refusals": "archive/refusals",
    "tables": "archive",
    "query": "archive?sql=select+url,+title,+text+from+articles",
    "error": "archive/articles?_search=-azure",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    long = {
        "url": "https://blatt.example/" + "sehr-lang-" * 30,
        "title": "<script>alert(1)</script> " + "Genehmigung" * 12,
    }
    archive = make_archive(tmp_path_factory.mktemp("home") / "archive.db", 120, text="wort" * 400, **long)
    database = sqlite_utils.Database(archive)
    database.table("sources").insert({"id": "blatt", "name": "Musterdorfer Blatt", "last_state": "not_finished"})
    database.table("runs").insert({"id": 1, "outcome": "completed", "ended": "2025-11-20T02:47:00Z"})
    database.close()
    with start(archive) as server:
        assert server.stdout
        yield server.stdout.readline().strip()
        server.terminate()
        _, err = server.communicate(timeout=20)
        assert err == ""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_and_is_silent(browser: Browser, address: str, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(address) else said.append(request.url))
    for name, path in PAGES.items():
        answer = page.goto(address + path)
        assert answer and answer.status == (400 if name == "error" else 200), name
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), (
            f"{name} scrolls sideways at {width}"
        )
        assert page.locator("h1").is_visible()
        if name != "error":  # Chromium itself reports the status of a page that is refused
            assert said == [], name
    context.close()


def test_a_reader_finds_an_article_without_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.get_by_label("Search the articles").fill('"Nummer 77"')
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Rechenzentrum Nummer 77").click()
    assert page.get_by_text("77 Leute sahen zu").is_visible()
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
    context.close()
