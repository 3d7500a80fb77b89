"""What readers do in the reading room, in a browser: look around, search, narrow, take away; and whom it keeps out."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import quote_plus

import lxml.etree
import pytest
import sqlite_utils
from playwright.sync_api import Download, Page

from db.search import vocabulary
from tests.browsing import AXE, VIOLATIONS, in_chromium, walker
from tests.test_exports import make_archive
from tests.test_site import start

PAGES = {
    "front": "",
    "search": "search?q=Rechenzentren&source=blatt&year=2025",
    "days": "search?q=Rechenzentren&month=2025-06",
    "compared": "search?q=Rechenzentren&with=Microsoft&as=shares",
    "wrong": "search?q=sourc:x",
    "nothing": "search?q=Kleinkaliber",
    "meant": "search?q=Rechenzentum+Zauberei&source=blatt",
    "article": "article/3?marked=1",
    "timeline": "timeline",
    "outlets": "timeline?by=source",
    "downloads": "downloads",
    "help": "help",
    "about": "about",
    "sources": "sources",
    "source": "sources/blatt",
    "table": "archive/articles?_as=table&_size=10",
    "filtered": "archive/refusals?reason=off_topic",
    "row": "archive/runs/1",
    "article's row": "archive/articles/3",
    "tables": "archive",
    "query": "archive?sql=select+url,+title+from+articles",
}


PAGES_TO_READ = ("front", "days", "article", "timeline", "downloads", "help", "about", "sources")
# 24 pixels (WCAG 2.5.8), also where a line is excepted there
TARGETS = (
    "header a, header button, .card h3 a, .out a, .narrow a, .pages a, .chips a, .states a, .filter a, summary,"
    " .calendar tbody a, footer p:last-child a"
)
SMALL = """targets => [...document.querySelectorAll(targets)].filter(each => each.checkVisibility())
    .filter(each => Math.round(each.getBoundingClientRect().height) < 24).map(each => each.outerHTML)"""
SCREENS: dict[int, Literal["light", "dark"]] = {390: "dark", 1280: "light"}
PAGE_WEIGHT = 160_000  # bytes, uncompressed; what is static comes once for all pages


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    archive = make_archive(tmp_path_factory.mktemp("home") / "archive.db", 120)
    database = sqlite_utils.Database(archive)
    for number in range(1, 121):
        change = {"kind": ("regional_press", "trade_press", "government")[number % 3]}
        if number % 4 == 0:
            change |= {"lang": "en", "title": f"Data centres, part {number}", "text": "Microsoft builds data centres."}
        if number == 51:
            change |= {"title": "Der Bürgermeister hat Sorgen", "text": "Es geht um den Verbrauch des Grundwassers."}
        database.table("articles").update(number, change)
    health = {"health": "blocked", "health_detail": "says no on 4 nights", "bad_nights": 4}
    database.table("sources").insert({"id": "blatt", "name": "Musterdorfer Blatt", "addresses": "[]"} | health)
    ended = {"started": "2026-11-20T03:15:00+00:00", "ended": "2026-11-20T03:40:00+00:00"}
    database.table("runs").insert({"id": 1, "outcome": "completed", "kind": "crawl", "sources": 1} | ended)
    night = {"run": 1, "source": "blatt", "night": "2026-11-20", "state": "stopped", "detail": "HTTP 403"}
    others = [f"blatt-{number}" for number in range(8)]
    database.table("sources").insert_all(
        {"id": name, "name": f"Blatt {name}", "addresses": "[]", "health": "well"} for name in others
    )
    database.table("source_nights").insert_all(
        [night, *(night | {"source": name, "state": "ok", "detail": "", "listed": 9} for name in others)],
        pk=("run", "source"),
    )
    database.close()
    vocabulary.take_in(archive)
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("REVIERSPIEGEL_DEMO", "1")  # its note stands on every page
    with start(archive) as server:
        monkeypatch.undo()
        assert server.stdout
        yield server.stdout.readline().strip()
        server.terminate()
        _, err = server.communicate(timeout=20)
        assert err == ""


# WCAG 2.2 AA and good practice, as far as a program can tell
@pytest.mark.soak
@in_chromium
def test_nobody_is_kept_out(address: str) -> None:
    page, said = walker(address, locale="de-DE")
    found = []
    for name, path in PAGES.items():
        answer = page.goto(address + path)
        assert answer and len(answer.body()) < PAGE_WEIGHT, f"{name} weighs {len(answer.body())} bytes"
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'; style-src 'self';" in policy and "unsafe" not in policy
        assert page.locator("script:not([src]), style, [style], [onclick]").count() == 0, f"{name} has script or style"
        assert page.evaluate("document.documentElement.lang") == "de"
        page.evaluate(AXE)
        for width, scheme in SCREENS.items():
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), f"{name} scrolls at {width}"
            found += [f"{name} at {width}: {each}" for each in page.evaluate(VIOLATIONS)]
            if width == 390 and name in PAGES_TO_READ:
                found += [f"{name}: too small to be clicked: {each}" for each in page.evaluate(SMALL, TARGETS)]
        if name != "wrong":  # Chromium itself reports the status of a page that is refused
            assert said == [], name
        said.clear()
    page.close()
    assert not found, "\n".join(found)


@in_chromium
def test_arriving_and_looking_around(address: str) -> None:
    page, said = walker(address, locale="en-GB", script=False)
    page.goto(address)
    page.keyboard.press("Tab")
    assert page.get_by_role("link", name="To the content").bounding_box()["x"] > 0  # type: ignore[index]
    names = ("Search", "Timeline", "Sources", "About", "All tables")
    for name in names:
        page.goto(address)
        page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()
        here = page.get_by_role("navigation", name="Main").locator("[aria-current=page]")
        assert here.inner_text() == name
        assert page.locator("h1").is_visible()
    page.goto(address)
    assert "1 blocked" not in page.title()
    page.locator(".states").get_by_role("link", name="blocked 1").click()
    page.wait_for_url("**/sources?state=blocked")
    page.get_by_role("link", name="Deutsch").click()
    page.wait_for_url("**/sources?state=blocked")
    assert page.get_by_role("heading", level=1).inner_text() == "Wie es um die Quellen steht"
    page.get_by_role("link", name="Startseite").or_(page.get_by_role("link", name="Revierspiegel")).first.click()
    assert page.get_by_text("120 Artikel", exact=True).is_visible()
    assert said == []
    page.close()


@pytest.mark.parametrize("script", [False, pytest.param(True, marks=pytest.mark.soak)])
@in_chromium
def test_an_inflected_word_finds_and_opens_an_article(
    address: str,
    script: bool,
) -> None:
    page, said = walker(address, locale="de-DE", viewport=(390, 900), script=script)
    page.goto(address)
    page.get_by_label("Artikel suchen").fill("Grundwasser Sorge")
    page.get_by_role("button", name="Suchen").click()
    assert page.locator("h2#found b").inner_text() == "1 Artikel"
    assert "Grundwassers" in page.locator("mark").all_inner_texts()
    page.get_by_role("link", name="Der Bürgermeister hat Sorgen").click()
    page.wait_for_url("**/article/51?q=*")
    assert page.get_by_text("Es geht um den Verbrauch des Grundwassers.").is_visible()
    assert said == []
    page.close()


@pytest.mark.parametrize("script", [True, pytest.param(False, marks=pytest.mark.soak)])
@in_chromium
def test_what_was_narrowed_is_what_is_taken_away(address: str, script: bool) -> None:
    page, said = walker(address, locale="en-GB", viewport=(1280, 1000), script=script)
    page.goto(f"{address}search")
    page.get_by_label("Search the articles").fill("Rechenzentren")
    page.get_by_role("button", name="Search").click()
    page.locator("#narrow").get_by_role("link", name="government").click()
    page.get_by_role("group", name="Articles per month").get_by_role("link", name="June 2025").locator(".hit").click()
    page.wait_for_url("**month=2025-06*")
    assert "kind=government" in page.url
    number = int(page.locator("h2#found b").inner_text().split()[0])
    where = "kind = 'government' and month = '2025-06' and (title like '%Rechenzentr%' or title like '%data centre%')"
    wanted = ids(page, address, where)
    assert number == len(wanted) > 0
    assert {row["id"] for row in taken(page, "CSV")} == {str(each) for each in wanted}
    assert {row["id"] for row in taken(page, "JSON")} == wanted
    page.locator(".chips").get_by_role("link", name="June 2025").click()
    assert page.locator(".chips li").count() == 1
    assert int(page.locator("h2#found b").inner_text().split()[0]) > number
    assert said == []
    page.close()


def ids(page: Page, address: str, where: str) -> set[int]:
    sql = quote_plus(f"select id from articles where {where}")
    return {row["id"] for row in page.request.get(f"{address}archive.json?sql={sql}&_shape=array").json()}


def taken(page: Page, form: str) -> list[dict[str, object]]:
    with page.expect_download() as download:
        page.locator("#narrow").get_by_role("link", name=form, exact=True).click()
    with Path(download.value.path()).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream)) if form == "CSV" else json.load(stream)


def text(download: Download) -> str:
    return Path(download.path()).read_text("utf-8")


@pytest.mark.parametrize("script", [False, pytest.param(True, marks=pytest.mark.soak)])
@in_chromium
def test_an_article_is_cited(address: str, script: bool) -> None:
    page, said = walker(address, locale="de-DE", script=script)
    page.goto(f"{address}article/51")
    taken = {}
    for form in ("RIS", "BibTeX", "CSL-JSON"):
        with page.expect_download() as download:
            page.locator(".article-cite").get_by_role("link", name=form, exact=True).click()
        taken[form] = text(download.value)
        assert "Der Bürgermeister hat Sorgen" in taken[form] and "https://blatt.example/lokales/51" in taken[form]
    assert taken["RIS"].startswith("TY  -")
    assert json.loads(taken["CSL-JSON"])[0]["title"] == "Der Bürgermeister hat Sorgen"
    assert page.locator("span.Z3988").count() == 1
    assert said == []
    page.close()


@pytest.mark.parametrize("script", [True, pytest.param(False, marks=pytest.mark.soak)])
@in_chromium
def test_a_search_is_followed(address: str, script: bool) -> None:
    page, said = walker(address, locale="en-GB", script=script)
    page.goto(f"{address}search?q=Grundwasser&source=kurier")
    feed = page.locator("#narrow").get_by_role("link", name="Atom").get_attribute("href") or ""
    offered = page.locator("head link[rel=alternate][href*='q=']").get_attribute("href")
    assert feed == offered
    answer = page.request.get(address.rstrip("/") + feed)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    atom = "{http://www.w3.org/2005/Atom}"
    entries = lxml.etree.fromstring(answer.body()).findall(f"{atom}entry")
    number = page.locator("h2#found b").inner_text()
    assert number == f"{len(entries)} article" == "1 article"
    assert [entry.findtext(f"{atom}title") for entry in entries] == ["Der Bürgermeister hat Sorgen"]
    assert said == []
    page.close()


@in_chromium
def test_what_is_printed_says_where_it_is_from(address: str) -> None:
    page, _ = walker(address)
    page.emulate_media(color_scheme="dark")
    page.goto(f"{address}article/51")
    assert not page.locator(".printed").is_visible()
    page.emulate_media(media="print", color_scheme="dark")
    assert f"{address}article/51" in page.locator(".printed").inner_text()
    original = page.locator(".article-original a").evaluate("link => getComputedStyle(link, '::after').content")
    assert "https://blatt.example/lokales/51" in original
    assert page.get_by_text("Es geht um den Verbrauch des Grundwassers.").is_visible()
    assert [each for each in page.locator("nav, form, .article-cite").all() if each.is_visible()] == []
    assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()


@pytest.mark.parametrize("nights", [28, pytest.param(90, marks=pytest.mark.soak)])
@in_chromium
def test_night_grid_shows_the_oldest_390(address: str, nights: int) -> None:
    """It showed the oldest first, and last night only to who scrolled."""
    page, _ = walker(address, viewport=(390, 844), script=False)
    page.goto(f"{address}sources?nights={nights}")
    region, strip = page.locator(".calendar .scroll"), page.locator(".calendar tbody svg").first
    assert page.locator(".calendar thead text").first.text_content() == "20.11."
    shown, cell = region.bounding_box(), strip.locator("path").bounding_box()  # of the one night that there was
    label = page.locator(".calendar tbody th").first.bounding_box()
    assert shown and cell and label
    assert label["x"] + label["width"] <= cell["x"] and cell["x"] + cell["width"] <= shown["x"] + shown["width"]
    page.close()


# What screen readers jump between; sections and regions have names of their own.
LANDMARKS = """() => [...document.querySelectorAll("body > header, main, body > footer, nav, form[role], aside")]
    .filter(each => each.checkVisibility()).map(each => each.tagName + (each.ariaLabel ?? ""))"""


@in_chromium
def test_the_header_is_one_line_and_the_rest_behind_a_menu(address: str) -> None:
    page, _ = walker(address, locale="de-DE", script=False)
    links = page.get_by_role("navigation", name="Hauptmenü")
    for width in (390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{address}article/3")
        top, kinds = page.locator(".top").bounding_box(), page.evaluate(LANDMARKS)
        assert top and top["height"] < 70, f"at {width}"
        assert len(kinds) == len(set(kinds)), kinds
        assert links.is_visible() == (width == 1280)
        if width < 1280:
            page.locator(".menu summary").press("Enter")
        links.get_by_role("link", name="Zeitleiste").click()
        page.wait_for_url("**/timeline")
    page.close()


@in_chromium
def test_lists_of_sources_are_narrowed_by_typing(address: str) -> None:
    page, said = walker(address, locale="de-DE")
    page.goto(f"{address}sources")
    field, rows = page.get_by_label("Liste durch Tippen eingrenzen"), page.locator(".sources tr:visible")
    assert rows.count() == 18
    field.fill("músterd")
    assert rows.count() == 2
    assert page.locator(".narrowing [role=status]").inner_text() == "1 von 9"
    page.evaluate(AXE)
    assert page.evaluate(VIOLATIONS) == []
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Musterdorfer Blatt"
    field.press("Escape")
    assert rows.count() == 18 and field.input_value() == ""
    assert said == []
    page.close()


@in_chromium
def test_a_narrow_screen_shows_what_matters_first_without_script(address: str) -> None:
    page, _ = walker(address, viewport=(390, 900), script=False)
    page.goto(f"{address}sources")
    assert page.locator(".sources tr:visible").count() == 18 and page.locator(".narrowing").count() == 0
    page.goto(f"{address}archive/articles?_as=table&_size=1")
    cells, more = page.locator(".grid tbody td:visible"), page.locator(".columns-menu summary")
    shown = cells.evaluate_all("cells => cells.map(cell => cell.dataset.column)")
    assert 4 <= len(shown) <= 8 and "title" in shown
    more.click()
    assert cells.count() > len(shown)
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.locator(".grid thead th:visible").count() > 30
    more.click()
    assert page.locator(".grid thead th:visible").count() == 8
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{address}timeline")
    for each in (page.locator(".timeline-axis text").first, page.locator(".timeline-picture a .hit").last):
        box = each.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390
    page.close()
