"""/search: what it finds, counts and offers, against SQL."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

import lxml.html
import pytest
import sqlite_utils

from db.search import vocabulary
from db.search.expansion import Expansion
from db.site.answering.results import SearchResults
from db.store.migrations import migrations
from tests.test_exports import make_archive
from tests.test_site import Get, getter

NUMBER = 60
HOSTILE = "<img src=x onerror=alert(1)> Rechenzentrum"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_archive(tmp_path_factory.mktemp("search") / "archive.db", NUMBER, title=HOSTILE)
    database = sqlite_utils.Database(path)
    for number in range(1, NUMBER + 1):
        year = 2024 + number % 3
        change: dict[str, Any] = {
            "published": f"{year}-{number % 12 + 1:02}-11T08:00:00+01:00",
            "published_utc": f"{year}-{number % 12 + 1:02}-11T07:00:00+00:00",
            "day": f"{year}-{number % 12 + 1:02}-11",
            "month": f"{year}-{number % 12 + 1:02}",
            "kind": "trade_press" if number % 5 == 0 else "regional_press",
            "access": "teaser" if number % 7 == 0 else "free",
        }
        if number % 4 == 0:
            change |= {"lang": "en", "title": f"Data centres, part {number}", "text": "Microsoft builds data centres."}
        if number == 11:
            change |= {"published": None, "published_utc": None, "day": None, "month": None}
        if number == 12:
            change |= {"title": "Ein Umspannwerk", "text": f"{'Vorab steht hier etwas. ' * 30}Nun das Zauberwort hier."}
        database.table("articles").update(number, change)
    database.table("sources").insert_all([{"id": "blatt", "name": "Musterdorfer Blatt"}, {"id": "kurier"}])
    database.close()
    vocabulary.take_in(path)
    return path


@pytest.fixture(scope="module")
def get(archive: Path) -> Iterator[Get]:
    yield from getter(archive)


def seen(get: Get, address: str) -> Any:
    answer = get(address)
    assert answer.status_code == 200, answer.text
    return lxml.html.fromstring(answer.text)


def total(page: Any) -> int:
    told = page.xpath("string(//h2[@id='found']/b)")
    return int(told.split()[0].replace(",", "")) if told else 0


def rows(archive: Path, where: str) -> set[int]:
    database = sqlite_utils.Database(archive)
    found = {row["id"] for row in database.query(f"select id from articles where {where}")}
    database.close()
    return found


def shown(page: Any) -> list[int]:
    addresses = page.xpath("//ol[@class='cards']//h3/a/@href")
    return [int(address.partition("?")[0].rpartition("/")[2]) for address in addresses]


def test_without_a_query_all_articles_are_there_newest_first(get: Get, archive: Path) -> None:
    page = seen(get, "/search")
    assert total(page) == NUMBER
    database = sqlite_utils.Database(archive)
    newest = [row["id"] for row in database.query("select id from articles order by published_utc desc, id desc")]
    database.close()
    walked = [*shown(page), *shown(seen(get, "/search?page=2")), *shown(seen(get, "/search?page=3"))]
    assert walked == newest
    assert shown(seen(get, "/search?page=99")) == walked[-20:]
    assert page.xpath("//a[@rel='next']/@href") == ["/search?page=2"]
    assert shown(seen(get, "/search?page=-1")) == shown(seen(get, "/search?page=x")) == walked[:20]


def test_every_value_of_every_list_leads_to_as_many(get: Get) -> None:
    page = seen(get, "/search?q=Microsoft")
    checked = 0
    for entry in page.xpath("//aside[@id='narrow']//li"):
        number = int(entry.xpath("string(span[last()])").replace(",", ""))
        links = entry.xpath("a/@href")
        if links:
            assert total(seen(get, links[0])) == number, entry.text_content()
            checked += 1
    assert checked >= 2 + 2 + 2 + 3 + 2


def test_every_month_of_the_picture_leads_to_its_articles(get: Get) -> None:
    page = seen(get, "/search?q=Microsoft&source=blatt")
    links = page.xpath("//*[local-name()='svg']//*[local-name()='a']")
    numbers = [int(re.search(r": (\d+) article", link.text_content())[1]) for link in links]  # type: ignore[index]
    assert sum(numbers) == total(page) > 0
    assert [total(seen(get, link.get("href"))) for link in links] == numbers
    year = seen(get, "/search?q=Microsoft&source=blatt&year=2025")
    assert {link.get("href")[-7:-3] for link in year.xpath("//*[local-name()='svg']//*[local-name()='a']")} == {"2025"}


def test_a_month_narrows_a_query_with_days_of_its_own(get: Get, archive: Path) -> None:
    asked = quote_plus("Microsoft von:2025-02 bis:2025-06-30")
    page = seen(get, f"/search?q={asked}&month=2025-05")
    assert total(page) == len(rows(archive, "month = '2025-05' and text like '%Microsoft%'")) > 0
    assert total(seen(get, f"/search?q={asked}&month=2025-08")) == 0
    assert total(seen(get, f"/search?q={asked}&year=2025")) == total(seen(get, f"/search?q={asked}"))


def test_what_is_offered_is_what_is_shown(get: Get, archive: Path) -> None:
    page = seen(get, "/search?q=Microsoft&source=blatt&year=2025&lang=de")
    wanted = rows(archive, "source = 'blatt' and month like '2025%' and lang = 'de' and text like '%Microsoft%'")
    assert total(page) == len(wanted) > 3
    offered = {link.text: link.get("href") for link in page.xpath("//section[@aria-labelledby='take']//a")}
    table = csv.DictReader(io.StringIO(get(offered["CSV"]).text, newline=""))
    assert {int(row["id"]) for row in table} == wanted
    assert {row["id"] for row in get(offered["JSON"]).json()} == wanted
    assert get(offered["RIS"]).text.count("TY  -") == len(wanted)
    assert len(get(offered["JSON Feed"]).json()["items"]) == len(wanted)
    assert parse_qs(urlsplit(offered["Atom"]).query)["q"] == ["Microsoft source:blatt lang:de date:2025"]


def test_hits_are_marked_and_what_was_looked_for_is_told(get: Get) -> None:
    page = seen(get, "/search?q=Rechenzentren")
    assert "Rechenzentrum" in page.xpath("//h3//mark/text()")
    assert "Rechenzentrum" in page.xpath("string(//details[@class='expanded'])")
    english = seen(get, "/search?q=Rechenzentren&lang=en")
    assert "data centres" in [text.lower() for text in english.xpath("//mark/text()")]
    passage = seen(get, "/search?q=Zauberwort").xpath("//p[@class='opening']")[0]
    assert passage.xpath("mark/text()") == ["Zauberwort"]
    assert len(passage.text_content()) < 350 and passage.text_content().startswith("…")
    german = get("/search?q=Rechenzentren", headers={"accept-language": "de"}).text
    assert "(andere Formen)" in german and "(other forms)" not in german
    exactly = seen(get, f"/search?q={quote_plus(chr(34) + 'Rechenzentrum' + chr(34))}")
    assert not exactly.xpath("//details[@class='expanded']")


def test_a_headline_is_text_also_where_it_is_marked(get: Get) -> None:
    answer = get("/search?q=onerror").text
    assert "<img" not in answer and "&lt;img src=x <mark>onerror</mark>=alert(1)&gt;" in answer


def test_titles_are_in_their_own_language(get: Get) -> None:
    page = seen(get, "/search?lang=en")
    assert set(page.xpath("//ol[@class='cards']//h3/@lang")) == {"en"}
    assert set(seen(get, "/search?lang=de").xpath("//p[@class='opening']/@lang")) == {"de"}


def test_the_order_is_the_readers(get: Get, archive: Path) -> None:
    best = seen(get, "/search?q=Umspannwerk+OR+Rechenzentrum&order=best")
    assert shown(best)[0] == 12  # the rarer word, in the headline
    newest = shown(seen(get, "/search?q=Microsoft&order=newest"))
    database = sqlite_utils.Database(archive)
    dates = {row["id"]: row["published_utc"] or "" for row in database.query("select id, published_utc from articles")}
    database.close()
    assert [dates[number] for number in newest] == sorted((dates[number] for number in newest), reverse=True)
    assert "order=newest" in seen(get, "/search?q=Microsoft&order=newest").xpath("string(//a[@rel='next']/@href)")


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("?q=sourc:blatt", "did you mean source"),
        ("?q=from:2025-13", "is no month"),
        ("?q=-azure", "only excludes"),
        ("?q=%F0%9F%99%82", "holds no word"),
        ("?month=tomorrow", "is no day"),
    ],
)
def test_what_is_wrong_with_a_query_is_said_beside_it(get: Get, asked: str, why: str) -> None:
    answer = get(f"/search{asked}")
    page = lxml.html.fromstring(answer.text)
    assert answer.status_code == 400
    assert why in page.xpath("string(//*[@role='alert'])")
    assert page.xpath("//input[@name='q']/@aria-invalid") == ["true"]
    assert not page.xpath("//ol[@class='cards']")


def test_nothing_found_says_what_to_do(get: Get) -> None:
    page = seen(get, "/search?q=Microsoft&source=nirgends")
    assert total(page) == 0
    assert page.xpath("//main//p/a[@href='/search?q=Microsoft']")
    assert "Try fewer words" in seen(get, "/search?q=Kleinkaliber").text_content()


def test_what_may_have_been_meant_is_offered_as_a_link(get: Get) -> None:
    page = seen(get, "/search?q=Umspanwrk&year=2024")
    offers = page.xpath("//p[contains(@class, 'offers')]/a")
    assert [offer.text for offer in offers] == ["Umspannwerk"]
    assert total(page) == 0
    assert total(seen(get, offers[0].get("href"))) == 1
    assert "year=2024" in offers[0].get("href")
    german = get("/search?q=Umspanwrk", headers={"accept-language": "de"})
    assert "Meinten Sie" in german.text
    assert not seen(get, "/search?q=Microsoft").xpath("//p[contains(@class, 'offers')]")


def test_nothing_found_says_what_each_word_finds_alone(get: Get) -> None:
    page = seen(get, f"/search?q={quote_plus('Zauberwort Microsoft Kleinkaliber')}&source=blatt")
    alone = page.xpath("//ul[@aria-labelledby='alone']/li")
    assert " ".join(alone[0].text_content().split()) == "Zauberwort (1 article)"
    assert alone[2].text_content().startswith("Kleinkaliber (0 articles)")
    for each in alone[:2]:
        number = each.xpath("string(span)").strip("()").split()[0]
        assert total(seen(get, each.xpath("string(a/@href)"))) == int(number)


def test_articles_with_most_of_the_words_stand_below_and_are_not_counted(get: Get) -> None:
    page = seen(get, f"/search?q={quote_plus('Zauberwort Kleinkaliber')}")
    assert total(page) == 0
    hits = page.xpath("//section[@class='partial']/ul/li")
    assert len(hits) == 1
    assert "without Kleinkaliber" in hits[0].text_content()
    assert get(hits[0].xpath("string(a/@href)")).status_code == 200
    german = get(f"/search?q={quote_plus('Zauberwort Kleinkaliber')}", headers={"accept-language": "de"})
    assert "Mit den meisten der Wörter" in german.text
    assert "ohne Kleinkaliber" in german.text
    assert not seen(get, "/search?q=Microsoft").xpath("//section[@class='partial']")


def test_an_author_typed_as_words_leads_to_the_field(get: Get, archive: Path) -> None:
    link = seen(get, f"/search?q={quote_plus('Änne Groß')}").xpath("//p[@class='by-author']/a")[0]
    assert link.text == 'author:"Änne Groß"'
    assert total(seen(get, link.get("href"))) == len(rows(archive, "authors like '%Änne Groß%'")) > 0


def test_an_archive_from_before_the_search_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    database = sqlite_utils.Database(path)
    migrations.apply(database, stop_before="m019_words")
    database.table("articles").insert(
        {"id": 1, "title": "Rechenzentrum", "identity": "1", "url": "u", "source": "blatt", "text": ""}
        | {"fetched_at": ""}
    )
    database.close()
    for get in getter(path):
        for address in ("/search", "/search?q=Strom", "/archive/articles?_search=Strom", "/export.csv?q=Strom"):
            answer = get(address)
            assert answer.status_code == 400 and "revierspiegel migrate" in answer.text, address


def test_a_blank_archive_can_be_asked(tmp_path: Path) -> None:
    sqlite_utils.Database(tmp_path / "archive.db").vacuum()
    for get in getter(tmp_path / "archive.db"):
        assert [get(address).status_code for address in ("/search", "/search?q=Strom")] == [200, 200]


def test_the_examples_of_the_help_page_are_queries(get: Get) -> None:
    links = seen(get, "/help").xpath("//table[@class='examples']//th/a/@href")
    assert len(links) >= 15
    assert [link for link in links if get(link).status_code != 200] == []


def test_about_counts_what_was_refused(get: Get, archive: Path) -> None:
    page = seen(get, "/about")
    counted = {row.xpath("string(th)"): row.xpath("string(td[1])") for row in page.xpath("//table//tbody/tr")}
    assert counted == {"off the topic": "2", "too short": "1"}
    assert page.xpath("string(//table//tbody/tr[1]/td[3])").startswith("Too little of it speaks for the topic")


@pytest.mark.parametrize(
    ("contact", "link"),
    [
        ("archiv@blatt.example", "mailto:archiv@blatt.example"),
        ("https://blatt.example/archiv", "https://blatt.example/archiv"),
        ("javascript:alert(1)", None),
    ],
)
def test_about_says_whom_to_write_to(get: Get, monkeypatch: pytest.MonkeyPatch, contact: str, link: str | None) -> None:
    monkeypatch.setenv("REVIERSPIEGEL_CONTACT", contact)
    section = seen(get, "/about").xpath("//section[@aria-labelledby='contact']")[0]
    assert contact in section.text_content()
    assert section.xpath(".//a/@href") == ([link] if link else [])


def test_what_was_looked_for_is_said_once() -> None:
    expanded = tuple(
        Expansion(word, forms, "") for word, forms in (("a", ("x", "y")), ("b", ("y", "z")), ("c", ("x",)))
    )
    assert SearchResults(0, 0, [], expanded, {}, {}, [], 1, 1, {}).forms == [["x", "y"], ["z"]]
