"""The page of an article, as a reader gets it."""

import asyncio
import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import lxml.html
import pytest
import sqlite_utils
from datasette.app import Datasette
from lxml.html import HtmlElement

from db.outcomes import Code, as_json
from db.site.serve import close_site, make_site
from tests.browsing import SCREENS, check_page, in_chromium, visiting
from tests.conftest import Pick
from tests.test_exports import make_archive

HOSTILE = "<script>alert(1)</script> & <img src=x onerror=alert(2)>"
REASONS = [
    "the company and a place of the story, with what is built there",
    '"Microsoft" in the title',
    '"Bau" in paragraph 1',
    '"Erft-Ort (Süd)" in paragraph 2',
]
OUTCOMES = (
    Code.TEXT.of(text=REASONS[0]),
    Code.IN_TITLE.of(word="Microsoft"),
    Code.IN_PARAGRAPH.of(word="Bau", number=1),
    Code.IN_PARAGRAPH.of(word="Erft-Ort (Süd)", number=2),
)
TERMS = json.dumps(["Microsoft", "Bau", "Erft-Ort (Süd)"])
BRACKET = as_json([Code.TEXT.of(text=HOSTILE), Code.IN_TITLE.of(word="(")])
WEIGHED = (
    (Code.IN_TITLE.of(word="Microsoft"), 1.25),
    (Code.IN_SENTENCE.of(word="Erft-Ort", number=2), 0.75),
    (Code.TOGETHER.of(word=HOSTILE, other="Bau"), -0.4),
    (Code.ALL_THE_REST.of(), 2.2),
    (Code.BASE.of(), -2.43),
)
MISS = Code.WOULD_BE_ON.of(condition=Code.IF_IN_TITLE.of(says={"en": "a place", "de": "ein Ort"}))
TEXT = "Microsoft plant den Bau einer Halle, sagen die Bauern.\n\nIn Erft-Ort (Süd) ist man MICROSOFT gegenüber offen."
ARTICLES: dict[int, dict[str, Any]] = {
    1: {
        "title": "Microsoft baut in Erft-Ort",
        "text": TEXT,
        "outcomes": as_json(OUTCOMES),
        "terms": TERMS,
        "agencies": '["dpa"]',
    },
    2: {"title": HOSTILE, "text": f"{HOSTILE}\n\nZweiter Absatz", "url": "javascript:alert(3)", "lang": '"><script>'},
    3: {"text": "", "reservation": "tdmrep.json", "words": 412},
    4: {"access": "teaser", "modified": "2025-03-03T08:00:00+01:00", "reservation": "header"},
    5: {"published": "2025-06-06", "date_source": "text", "date_precision": "day"},
    6: {"published": None, "published_utc": None, "day": None, "month": None, "date_source": None, "text": ""},
    8: {
        "score": 0.797,
        "outcomes": as_json([*(Code.WEIGHED.of(reason=reason, weight=weight) for reason, weight in WEIGHED), MISS]),
    },
    7: {"date_source": "feed", "outcomes": BRACKET, "terms": '["("]', "title": "Was ( heißt"},
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_archive(tmp_path_factory.mktemp("home") / "archive.db", 8)
    database = sqlite_utils.Database(path)
    database.table("sources").insert({"id": "kurier", "name": "Erftkurier", "last_state": "ok"})
    for number, changes in ARTICLES.items():
        facts = {"date_source": "json-ld", "date_precision": "minute", "access": "free", "rules_version": "7"}
        facts |= {"first_seen": "2025-11-19T02:00:00+00:00", "last_checked": "2025-11-20T02:00:00+00:00"}
        database.table("articles").update(number, facts | changes)
        database.table("versions").insert({"article": number, "seen_at": "2025-11-20T02:00:00+00:00", "title": "alt"})
    database.table("versions").insert({"article": 4, "seen_at": "2025-11-22T02:00:00+00:00", "title": "neu"})
    database.table("aliases").insert({"url": "https://kurier.example/amp/1", "article": 1, "seen_at": "2025-11-21"})
    database.table("article_keys").insert({"key": "kurier:4", "article": 4})
    link = {"host": "x.example", "primary_document": 0, "key": "x"}
    links = (
        {"url": "https://amt.example/plan.pdf", "text": "Der Plan", "host": "amt.example", "primary_document": 1},
        {"url": "https://kurier.example/2?x", "text": "hier", "to_article": 2},
        *({"url": f"https://x.example/{number}", "text": f"Nr. {number}"} for number in range(31)),
    )
    database.table("links").insert_all(link | {"article": 1, "to_article": None} | each for each in links)
    word = {"key": "kurier:4", "url": "https://blatt.example/lokales/4", "word": "keep", "by": "Ada"}
    database.table("decisions").insert(word | {"why": "Es geht um das Revier.", "at": "2025-11-23T10:00:00+00:00"})
    decided = Code.DECIDED.of(by="Ada, 2025-11-23", why="Es geht um das Revier.")
    reasons = (decided, Code.TEXT.of(text="no place within reach"))
    database.table("articles").update(4, {"outcomes": as_json(reasons)})
    database.close()
    return path


class Reader:
    def __init__(self, site: Datasette, runner: asyncio.Runner) -> None:
        self.site, self.runner = site, runner

    def get(self, path: str, language: str = "en") -> Any:
        return self.runner.run(self.site.client.get(path, headers={"accept-language": language}))

    def page(self, path: str, language: str = "en") -> HtmlElement:
        answer = self.get(path, language)
        assert answer.status_code == 200, answer.text
        return lxml.html.fromstring(answer.text)


@contextmanager
def reading(archive: Path) -> Iterator[Reader]:
    site = make_site(archive)
    try:
        with asyncio.Runner() as runner:
            yield Reader(site, runner)
    finally:
        close_site(site)


def said(page: HtmlElement) -> str:
    return " ".join(page.text_content().split())


def facts(page: HtmlElement) -> dict[str, str]:
    names = (said(each) for each in page.xpath("//dl[@class='facts']/dt"))
    return dict(zip(names, (said(each) for each in page.xpath("//dl[@class='facts']/dd")), strict=True))


def test_it_says_what_from_whom_and_when(reader: Reader) -> None:
    page = reader.page("/article/1")
    heading = page.xpath("//h1")[0]
    assert (said(heading), heading.get("lang")) == ("Microsoft baut in Erft-Ort", "de")
    assert page.xpath("//p[@class='meta']/a/@href") == ["/sources/kurier"]
    for each in ("Erftkurier", "2 February 2025, 05:00 CET", "Änne Groß, Jo Bär", "Agency: dpa"):
        assert each in said(page.find_class("meta")[0])
    original = page.xpath("//p[@class='article-original']/a")[0]
    assert (original.get("href"), original.get("rel")) == (
        "https://blatt.example/lokales/1",
        "noopener noreferrer nofollow",
    )
    assert [said(each) for each in page.xpath("//div[@class='article-text'][@lang='de']/p")] == TEXT.split("\n\n")
    assert not page.xpath("//mark")
    known = facts(page)
    assert known["Published"].endswith("; as the page declares it")
    assert known["First seen here"].startswith("19 November 2025")
    assert known["Last looked at"].startswith("20 November 2025")
    assert known["Other addresses"] == "https://kurier.example/amp/1"
    assert not page.find_class("history") and "Changed, says the page" not in known


def test_it_says_why_and_marks_the_words_where_asked(reader: Reader) -> None:
    why = reader.page("/article/1").find_class("article-why")[0]
    assert [said(each) for each in why.xpath("ul/li")] == REASONS
    marked = reader.page(why.xpath(".//a/@href")[0])
    assert [each.text for each in marked.xpath("//h1/mark")] == ["Microsoft"]
    text = marked.find_class("article-text")[0]
    assert [each.text for each in text.xpath(".//mark")] == ["Microsoft", "Bau", "Erft-Ort (Süd)", "MICROSOFT"]
    assert [said(each) for each in text.xpath("p")] == TEXT.split("\n\n")
    assert marked.xpath("//p[@class='article-marks']/a/@href") == ["/article/1"]
    assert not reader.page("/article/3").find_class("article-marks")  # no text, no words to mark


def test_the_sum_is_shown_with_what_it_is_made_of(reader: Reader) -> None:
    for language, seen, total, share in [
        ("en", ["+1.25", "+0.75", "−0.40", "+2.20", "−2.43"], "+1.37", "79.7\u00a0%"),
        ("de", ["+1,25", "+0,75", "−0,40", "+2,20", "−2,43"], "+1,37", "79,7\u00a0%"),
    ]:
        why = reader.page("/article/8", language).find_class("article-why")[0]
        assert [each.text for each in why.xpath(".//tbody//td")] == seen
        assert [each.text for each in why.xpath(".//tfoot//td")] == [total, share]
        assert abs(1 / (1 + math.exp(-1.37)) - 0.797) < 0.001
        assert why.xpath("string(./p)").replace("\u00a0", " ").count(share.replace("\u00a0", " ")) == 1
        assert len(why.xpath("ul/li")) == 1  # what is no part of the sum
    why = reader.page("/article/8", "de").find_class("article-why")[0]
    told = [said(each) for each in why.xpath(".//tbody//th")]
    assert told[:2] == ["„Microsoft“ in der Überschrift", "„Erft-Ort“ in Satz 2"]
    assert said(why.xpath("ul/li")[0]) == "gehörte zum Thema, wenn ein Ort in der Überschrift stünde"
    assert not reader.page("/article/1").xpath("//table")  # by earlier rules: nothing was weighed


def test_a_persons_word_is_said_once(reader: Reader) -> None:
    why = reader.page("/article/4").find_class("article-why")[0]
    assert "Kept on the decision of Ada, 23 November 2025: Es geht um das Revier." in said(why)
    assert [said(each) for each in why.xpath("ul/li")] == ["no place within reach"]


def test_versions_access_and_rights_are_told_where_there_are_any(reader: Reader) -> None:
    page = reader.page("/article/4")
    assert "behind the publisher's paywall" in said(page.find_class("message")[0])
    known = facts(page)
    assert known["Rights"] == "The publisher reserves text and data mining (HTTP header)."
    assert known["Changed, says the page"].startswith("3 March 2025")
    versions = page.xpath("//ol[@class='history']//a/@href")
    assert len(versions) == 3  # the second with what changed in it
    assert all(reader.get(address).status_code == 200 for address in versions)


def test_a_text_that_is_withheld_is_said_to_be(reader: Reader) -> None:
    page = reader.page("/article/3")
    told = said(page.find_class("message")[0])
    assert "reserves text and data mining (tdmrep.json)" in told and "412 words" in told
    assert not page.find_class("article-text")
    assert "no text of this article" in said(reader.page("/article/6").find_class("message")[0])


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (5, "6 June 2025; read from the words of the page, so less sure, the day only"),
        (6, "no date was found"),
        (7, "8 August 2025, 06:00 CEST; as the outlet's feed says"),
    ],
)
def test_how_sure_the_date_is(reader: Reader, number: int, told: str) -> None:
    assert facts(reader.page(f"/article/{number}"))["Published"] == told


def test_what_an_article_says_runs_nothing(reader: Reader) -> None:
    for path in ("/article/2", "/article/2?marked=1", "/article/7?marked=1", "/article/8"):
        text = reader.get(path).text
        assert "<script" not in text.replace('<script src="/static/copy.js" defer></script>', "")
        assert "<img" not in text
        assert 'href="javascript:' not in text
        assert not re.search(r"<[^>]+ (style|on\w+)=", text)
    page = reader.page("/article/2")
    assert said(page.xpath("//h1")[0]) == HOSTILE
    assert [said(each) for each in page.xpath("//div[@class='article-text']/p")] == [HOSTILE, "Zweiter Absatz"]
    assert not page.xpath("//h1/@lang")  # what the page gave is no language
    assert said(page.find_class("article-original")[0]) == "javascript:alert(3)"
    assert [each.text for each in reader.page("/article/7?marked=1").xpath("//h1/mark")] == ["("]


def test_one_article_leads_to_the_next_by_date(reader: Reader, archive: Path) -> None:
    database = sqlite_utils.Database(archive)
    sql = "select id from articles where published_utc is not null order by published_utc, id"
    order = [number for (number,) in database.execute(sql)]
    database.close()
    address, seen = f"/article/{order[0]}", []
    assert not reader.page(address).xpath("//a[@rel='prev']")
    while address:
        seen.append(int(address.rpartition("/")[2]))
        page = reader.page(address)
        assert page.xpath("//a[@rel='prev']/@href") == [f"/article/{number}" for number in seen[-2:-1]]
        address = next(iter(page.xpath("//a[@rel='next']/@href")), "")
    assert seen == order
    assert not reader.page("/article/6").find_class("article-turn")  # without a date there is no next


ENDINGS = (".ris", ".bib", ".csl.json", ".en.wiki", ".de.wiki", ".wikidata")


def test_it_can_be_cited_and_taken_as_a_row(reader: Reader) -> None:
    page = reader.page("/article/1")
    assert page.xpath("//meta[@name='citation_title']/@content") == ["Microsoft baut in Erft-Ort"]
    assert "rft.title=Microsoft+baut" in page.xpath("//span[@class='Z3988']/@title")[0]
    links = page.xpath("//p[@class='article-cite' or @class='article-raw']/a/@href")
    assert links == [f"/archive/articles/1{ending}" for ending in (*ENDINGS, "")]
    assert all(reader.get(link).status_code == 200 for link in links)
    row = reader.page("/archive/articles/1")
    assert row.xpath("//p[@class='article-read']/a/@href") == ["/article/1"]


@pytest.mark.parametrize("number", ["99", "abc", "9" * 30, "1.5", "-1"])
def test_what_is_not_here_is_said_in_a_sentence(reader: Reader, number: str) -> None:
    answer = reader.get(f"/article/{number}")
    assert answer.status_code == 404
    assert f"There is no article {number} in the archive." in answer.text
    assert f"Einen Artikel {number} gibt es im Archiv nicht." in reader.get(f"/article/{number}", "de").text


def test_an_empty_file_is_an_archive_without_the_article(tmp_path: Path) -> None:
    sqlite_utils.Database(tmp_path / "archive.db").execute("pragma user_version = 1").connection.close()
    with reading(tmp_path / "archive.db") as reader:
        assert reader.get("/article/1").status_code == 404


def test_it_speaks_german(reader: Reader) -> None:
    page = reader.page("/article/5", "de")
    for each in ("Warum er hier steht", "Beim Verlag lesen", "aus dem Text der Seite gelesen", "Zitieren:"):
        assert each in said(page)
    assert not re.search(r"article\.\w+", said(page))


def test_it_says_why_in_german_where_it_knows_the_rules(reader: Reader) -> None:
    why = reader.page("/article/1", "de").find_class("article-why")[0]
    told = [(each.get("lang"), said(each)) for each in why.xpath("ul/li")]
    assert told == [
        ("en", REASONS[0]),  # no rule of ours says that
        (None, "„Microsoft“ in der Überschrift"),
        (None, "„Bau“ in Absatz 1"),
        (None, "„Erft-Ort (Süd)“ in Absatz 2"),
    ]
    assert not reader.page("/article/1").xpath("//ul/li[@lang]")
    assert "Aufgenommen auf Entscheidung von Ada, 23. November 2025:" in said(reader.page("/article/4", "de"))
    assert facts(reader.page("/article/4", "de"))["Rechte"].endswith("Text- und Data-Mining vor (im HTTP-Header).")


def test_it_gives_its_reference_in_words_and_its_address(reader: Reader) -> None:
    about = reader.page("/article/2").xpath("//section[@aria-labelledby='about']")[0]
    assert said(about.xpath(".//code[@id='address']")[0]) == "http://localhost/article/2"
    (frame,) = about.xpath(".//details/iframe[@loading='lazy']")
    page = reader.page(frame.get("src"))
    styles = dict(zip(map(said, page.xpath("//dt")), map(said, page.xpath("//dd")), strict=True))
    assert list(styles) == ["APA (7)", "Chicago (16, author-date)", "ISO 690"]
    assert all(HOSTILE in text for text in styles.values())
    assert page.xpath("//a/@href") == ["/article/2"]
    assert reader.get("/article/99/cite").status_code == 404


@in_chromium
def test_it_fits_and_keeps_nobody_out(archive: Path, pick: Pick) -> None:
    with visiting(archive) as (page, address):
        for path in pick("article/2", "article/3", "article/4", "article/8", "article/1?marked=1"):
            check_page(page, address + path)
        for width in SCREENS:
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{address}article/1?marked=1")
            page.locator(".article-words summary").click()
            frame = page.frame_locator("iframe.fitted")
            copy = frame.get_by_role("button").first
            copy.click()
            assert frame.get_by_role("status").first.inner_text() in ("Kopiert.", "Copied.")
            marked = page.locator("iframe").evaluate("frame => frame.contentWindow.getSelection().toString()")
            assert marked.startswith("Gro")
            assert frame.locator("html").evaluate("page => page.scrollHeight <= innerHeight")
            page.get_by_role("button", name=re.compile("adresse kopieren|copy this address", re.I)).click()
            assert page.evaluate("getSelection().toString()") == page.url.partition("?")[0]


def test_it_says_what_it_links_to_and_what_links_to_it(reader: Reader) -> None:
    page = reader.page("/article/1", "de")
    (section,) = page.xpath("//section[@aria-labelledby='links-to']")
    assert said(section.find("h2")) == "Links im Text: 33"
    here, plan, *others = section.xpath("./ul/li")
    assert here.xpath("./a/@href") == ["/article/2"] and said(here).endswith("auch hier")
    assert said(plan) == "Der Plan amt.example Primärdokument" and plan.xpath("./a/@rel")
    assert len(others) == 28 and section.xpath("./p/a/@href") == ["/archive/links?article=1"]
    (section,) = reader.page("/article/2").xpath("//section[@aria-labelledby='linked-from']")
    assert said(section.find("h2")) == "Linked from 1 article"
    assert section.xpath(".//a/@href") == ["/article/1"]
    assert not reader.page("/article/3").xpath("//section[starts-with(@aria-labelledby, 'link')]")


def test_the_words_that_were_searched_are_marked_each_leading_to_the_next(reader: Reader) -> None:
    page = reader.page("/article/1?q=Bau+OR+baut+microsoft")
    hits = page.xpath("//a[@class='hit']")
    assert [said(hit) for hit in hits] == ["Microsoft", "Bau", "MICROSOFT"]
    assert [hit.get("href") for hit in hits] == ["#hit-2", "#hit-3", "#hit-1"]
    assert [hit.get("id") for hit in hits] == ["hit-1", "hit-2", "hit-3"]
    assert [said(mark) for mark in page.xpath("//h1/mark")] == ["Microsoft", "baut"]
    bar = page.xpath("//p[@class='article-hits']")[0]
    assert said(bar).startswith("Bau OR baut microsoft: 3 hits in the text First hit Back to the results")
    assert bar.xpath("a/@href") == ["#hit-1", "/search?q=Bau+OR+baut+microsoft", "/article/1"]
    assert "Zurück zu den Ergebnissen" in said(reader.page("/article/1?q=Bau", "de"))


@pytest.mark.parametrize("query", ["", "source:kurier", "title:(", "%22", HOSTILE])
def test_an_article_is_shown_whatever_was_searched(query: str, reader: Reader) -> None:
    page = reader.page(f"/article/1?{urlencode({'q': query})}")
    assert not page.xpath("//a[@class='hit']") and not page.xpath("//article//script[text()='alert(1)']")
    assert page.xpath("//div[contains(@class, 'article-text')]/p")


def test_results_lead_to_articles_with_their_words_marked(reader: Reader) -> None:
    (found,) = reader.page("/search?q=Bauern&lang=de").xpath("//li[@class='card']//h3/a/@href")
    assert found == "/article/1?q=Bauern+lang%3Ade"
    assert [said(hit) for hit in reader.page(found).xpath("//a[@class='hit']")] == ["Bauern"]
    (plain, *_) = reader.page("/search?source=kurier").xpath("//li[@class='card']//h3/a/@href")
    assert "?" not in plain
