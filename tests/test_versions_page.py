"""The pages of an article's versions, of what changed between them, and of what became of it."""

import re
from pathlib import Path

import lxml.html
import pytest
import sqlite_utils

from db.language import speaking
from db.site.histories import VersionSeen, moment_of, share
from db.store import versions
from db.store.archive import Archive
from tests.browsing import SCREENS, check_page, in_chromium, visiting
from tests.changed import HOSTILE, LATER, PARAGRAPHS, make_changed_archive, say
from tests.conftest import Pick
from tests.test_article_page import Reader, reading, said


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_changed_archive(tmp_path_factory.mktemp("home") / "archive.db")


def test_a_version_has_its_own_address_and_says_which_it_is(reader: Reader) -> None:
    page = reader.page("/article/1@1")
    assert said(page.xpath("//h1")[0]) == "Halle in Musterdorf genehmigt"
    assert [said(each) for each in page.xpath("//div[@class='article-text'][@lang='de']/p")] == list(PARAGRAPHS)
    assert page.xpath("//link[@rel='canonical']/@href") == ["http://localhost/article/1@1"]
    told = page.find_class("message")[0]
    assert "an older version" in said(told) and "first seen here on 27 February 2026" in said(told)
    assert told.xpath(".//a/@href") == ["/article/1@3"]
    page = reader.page("/article/1@2")
    assert "second version of three, seen on 1 March 2026, 00:30 CET" in said(page.find_class("message")[0])
    assert page.xpath("//nav[@class='article-turn']/a/@href") == ["/article/1@1", "/article/1@3"]
    assert "the newest version" in said(reader.page("/article/1@3").find_class("message")[0])
    assert "the only version" in said(reader.page("/article/8@12").find_class("message")[0])
    for number in (1, 2, 3):
        assert "original" not in said(reader.page(f"/article/1@{number}").xpath("//main")[0]).lower()


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/article/2@1", 404, "Article 2 has no version 1."),
        ("/article/1@99", 404, "Article 1 has no version 99."),
        (f"/article/1@{'9' * 30}", 404, "has no version"),
        ("/article/99@1", 404, "There is no article 99"),
        ("/article/x@1", 404, "There is no article x"),
        ("/article/1@gestern", 404, "neither the number of a version nor a moment"),
        ("/article/1@2026-02-30", 404, "neither the number of a version nor a moment"),
        ("/article/1@2026-02-26", 404, "first seen on 27 February 2026"),
        ("/article/1@1/changes", 404, "no earlier version"),
        ("/article/1@1/changes?from=3", 404, "no earlier version"),
        ("/article/1@3/changes?from=4", 404, "Article 1 has no version 4."),
    ],
)
def test_what_there_is_not_is_said_in_words(reader: Reader, path: str, status: int, told: str) -> None:
    answer = reader.get(path)
    assert answer.status_code == status
    assert told in said(lxml.html.fromstring(answer.text))


@pytest.mark.parametrize(
    ("asked", "version"),
    [
        ("2026-02-27", 1),
        ("2026-02-28", 1),
        ("2026-03-01", 2),
        ("2026-02-28T23:29:59Z", 1),
        ("2026-02-28T23:30", 2),
        ("2026-03-01T00:30:00~2B01:00", 2),
        ("2026-03-01T00:29:59+01:00", 1),
        ("2030-01-01", 3),
        ("02", 2),
    ],
)
def test_a_time_leads_to_the_version_that_held_then(reader: Reader, asked: str, version: int) -> None:
    answer = reader.get(f"/article/1@{asked}")
    assert (answer.status_code, answer.headers["location"]) == (302, f"/article/1@{version}")


def test_a_time_may_be_quoted(reader: Reader) -> None:
    answer = reader.get("/article/1@2026-03-01T00%3A30%3A00%2B01%3A00")
    while "@2026" in answer.headers["location"]:
        answer = reader.get(answer.headers["location"])
    assert answer.headers["location"] == "/article/1@2"


def test_days_end_at_midnight_in_berlin() -> None:
    assert moment_of("2026-03-01") == "2026-03-01T22:59:59+00:00"
    assert moment_of("2026-07-01") == "2026-07-01T21:59:59+00:00"
    assert moment_of("2026-07-01T12:00:00-05:00") == "2026-07-01T17:00:00+00:00"
    assert moment_of("9999-12-31") is moment_of("2026-13-01") is moment_of("") is None


def test_ordinals_are_words() -> None:
    def called(place: int, number: int) -> str:
        return VersionSeen(1, "2026-03-01", "", None, None, place, number).name

    assert (called(1, 3), called(2, 3), called(14, 31)) == (
        "first seen",
        "second version of three",
        "a later version of 31",
    )
    with speaking("de"):
        assert (called(1, 3), called(12, 12)) == ("zuerst gesehen", "zwölfte Fassung von zwölf")
    assert [share(size) for size in (None, 0.0, 0.001, 0.256)] == [
        "",
        "",
        "under 1 % of the words",
        "26\u00a0% of the words",
    ]


def test_the_article_lists_its_versions_and_what_became_of_it(reader: Reader) -> None:
    (history,) = reader.page("/article/1").find_class("history")
    assert [said(each).partition(" 2026")[0] for each in history] == [
        "First seen 27 February",
        "Second version of three 1 March",
        "Third version of three 6 March",
    ]
    assert "Headline, figure or date, text, note on a correction, form, 26 % of the words" in said(history[1]).replace(
        "\u00a0", " "
    )
    assert history.xpath(".//a/@href") == [
        "/article/1@1",
        *("/article/1@2", "/article/1@2/changes"),
        *("/article/1@3", "/article/1@3/changes"),
    ]
    assert not reader.page("/article/8").find_class("history")
    page = reader.page("/article/4")
    assert said(page.find_class("message")[0]) == "On 3 March 2026 it was no longer at its publisher's address."
    assert "Gone 3 March 2026" in said(page.find_class("history")[0]) and "404" in said(page.find_class("history")[0])
    page = reader.page("/article/5", "de")
    assert "führt seine Adresse zu einem anderen Artikel" in said(page.find_class("message")[0])
    assert page.xpath("//p[@class='message']/a/@href") == ["https://kurier.example/neu"]
    assert "Bezahlschranke" in said(reader.page("/article/6", "de").find_class("message")[0])
    page = reader.page("/article/7")
    assert not page.find_class("message")  # it is back
    assert [said(each).split(" ")[0] for each in page.find_class("history")[0]] == ["First", "Gone", "Back"]


def test_a_change_shows_figures_words_and_paragraphs(reader: Reader) -> None:
    page = reader.page("/article/1@2/changes")
    for each in page.find_class("unseen"):
        each.drop_tree()
    (figure,) = page.xpath("//ul[@class='diff-figures']/li")
    assert said(figure) == "300 → 2.500"
    assert (said(figure.xpath("del")[0]), said(figure.xpath("ins")[0])) == ("300", "2.500")
    assert said(page.find_class("diff-title")[0]) == "Halle in Musterdorf genehmigt Rat stimmt für die große Halle"
    (table,) = page.find_class("diff-two")
    assert [said(each) for each in table.xpath(".//th[@scope='col']")] == [
        "First seen on 27 February 2026, 05:00 CET",
        "Second version of three, seen on 1 March 2026, 00:30 CET",
    ]
    rows = [[said(cell) for cell in row.xpath("td")] for row in table.xpath("tbody/tr")]
    assert rows[0] == [PARAGRAPHS[0], LATER[0]]
    assert rows[1] == [PARAGRAPHS[6], f"Paragraph moved (before: paragraph 7){PARAGRAPHS[6]}"]
    assert ["", f"New paragraph{LATER[6]}"] in rows
    assert [f"Paragraph taken out{PARAGRAPHS[5]}", ""] in rows
    assert [[said(each) for each in table.xpath(f".//{name}")] for name in ("del", "ins")] == [
        ["300", PARAGRAPHS[5]],
        ["2.500", "viele", LATER[6]],
    ]
    (form,) = page.find_class("diff-form")  # no word of it is marked in the text
    assert said(form) == "1 change of form alone dreihundert → 300"
    assert form.tag == "details" and form.get("open") is None


def test_a_change_is_read_in_one_column_too(reader: Reader) -> None:
    page = reader.page("/article/1@2/changes?view=one")
    assert not page.find_class("diff-two")
    first = page.find_class("diff-one")[0].xpath(".//p")[0]
    assert "Saal" in said(first)
    assert [said(each) for each in first.xpath("del | ins")] == ["taken out: 300", "put in: 2.500"]
    two = reader.page("/article/1@2/changes?view=two", "de")
    assert not two.find_class("diff-one") and "gestrichen: 300" in said(two)


def test_what_stayed_is_folded_and_all_changes_are_one(reader: Reader) -> None:
    page = reader.page("/article/1@3/changes")
    assert said(page.find_class("diff-two")[0].xpath(".//summary")[0]) == "6 unchanged paragraphs"
    (since_first,) = page.xpath("//a[contains(@href, 'from=')]/@href")
    page = reader.page(since_first)
    assert "17" in said(page.find_class("diff-two")[0]) and "2.500" in said(page.find_class("diff-figures")[0])
    assert page.xpath("//p[@class='diff-views']/a/@href") == [
        "/article/1@3/changes?from=1&view=two",
        "/article/1@3/changes?from=1&view=one",
    ]


def test_what_is_not_counted_is_shown_and_said(reader: Reader) -> None:
    page = reader.page("/article/3@7/changes")
    assert "tickers are never listed" in said(page.find_class("message")[0])
    assert "11" in said(page.find_class("diff-two")[0])
    assert "The text says the same as before." in said(reader.page("/article/2@5/changes"))


def test_nothing_of_a_page_runs(reader: Reader) -> None:
    for path in ("/article/1@2", "/article/1@2/changes"):
        text = reader.get(path).text
        assert "<script" not in text and "&lt;script&gt;" in text
        assert not re.search(r"<[^>]+ (style|on\w+)=", text)


def test_of_an_article_that_has_left_nobody_sees_a_version(tmp_path: Path) -> None:
    path = make_changed_archive(tmp_path / "archive.db")
    database = sqlite_utils.Database(path)
    with database.conn:
        versions.withdraw(database, 1)
        database.execute("delete from articles where id = 1")
        row = {"article": 1, "key": "blatt:1", "url": "https://blatt.example/1", "at": "2026-03-09T04:00:00+00:00"}
        database.table("tombstones").insert(row | {"how": "decided", "why": "off the story"})
    database.close()
    with reading(path) as reader:
        for address in ("/article/1@1", "/article/1@2026-03-01", "/article/1@2026-03-01T00:00:00.5Z"):
            answer = reader.get(address)
            assert answer.status_code == 410, address
            assert "off the story" in answer.text and "Halle" not in answer.text
        assert reader.get("/article/1@2/changes").status_code == 410
        assert "Halle" not in reader.get("/changes?all=1").text
        assert "/article/1" not in reader.get("/changes.atom").text


def test_withheld_and_long_texts(tmp_path: Path) -> None:
    path = make_changed_archive(tmp_path / "archive.db")
    with Archive(path) as archive:
        last = say(archive, 8, "2026-03-09T04:00:00+00:00", text="", title=HOSTILE, authors="[]", access="walled")
    with reading(path) as reader:
        page = reader.page(f"/article/8@{last}/changes")
        assert "only headline, authors and access are compared" in said(page)
        assert "before: Änne Groß → now: none" in said(page) and "now: behind a paywall" in said(page)
        with Archive(path) as archive:
            columns = {"title": "Rat stimmt für die große Halle", "text": LATER[0], "access": "teaser"}
            teaser = say(archive, 1, "2026-03-09T04:00:00+00:00", **columns)
        page = reader.page(f"/article/1@{teaser}/changes")  # what a wall hides was not taken out
        assert "now: teaser only" in said(page) and not page.find_class("diff-two")
        assert "no text of this article" in said(reader.page(f"/article/8@{last}"))


CHANGES = "article/1@2/changes"


@in_chromium
def test_it_fits_and_keeps_nobody_out(archive: Path, pick: Pick) -> None:
    with visiting(archive) as (page, address):
        others = ("article/1", "article/1@1", "article/4", f"{CHANGES}?view=two")
        for path in pick(*others, CHANGES):
            check_page(page, address + path)
        for width in SCREENS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.locator(".diff-one").is_visible() is (width == 390)
            assert page.locator(".diff-two").is_visible() is not (width == 390)
        page.get_by_role("link", name=re.compile("in one column|in einer Spalte")).focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**view=one")
        assert page.locator(".diff-one").is_visible()
