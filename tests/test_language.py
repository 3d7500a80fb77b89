"""The languages of the site: which one is spoken, how it writes, and that no text stands anywhere but in its files."""

import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lxml.html
import pytest
import sqlite_utils
from datasette.app import Datasette
from datasette.filters import Filters

from crawler.registry.sources import Kind
from db.export.tables import columns, tables
from db.language import (
    TEXTS,
    catalogue,
    choose,
    day,
    find,
    languages,
    locale,
    meanings,
    moment,
    month,
    named,
    number,
    percent,
    short_month,
    signed,
    speaking,
    t,
    titled,
    translated,
)
from db.operations.health import Health
from db.outcomes import Code, as_json
from db.publish.allowed import SNAPSHOT
from db.publish.derived import TABLES
from db.site.serve import SITE, close_site, make_site
from pipelines.article import Reason, Word
from tests.conftest import ROOT
from tests.test_exports import make_archive
from tests.test_site import Get, getter

TEMPLATES = sorted((SITE / "templates").glob("*.html"))
SAME_IN_ALL = {
    "Revierspiegel",
    "CSV",
    "XLSX",
    "JSON",
    "RIS",
    "BibTeX",
    "CSL-JSON",
    "Atom",
    "JSON Feed",
    "SHA-256",
    "ID",
    "SQL",
}


@pytest.mark.parametrize(
    ("wanted", "accepted", "chosen"),
    [
        (None, "", "en"),
        (None, "de-DE,de;q=0.9,en;q=0.8", "de"),
        (None, "fr, en;q=0.5, de;q=0.7", "de"),
        (None, "de;q=0, en", "en"),
        (None, "nl", "en"),
        ("de", "en", "de"),
        ("xx", "de", "de"),
        ("../../etc", "en", "en"),
        (None, ";;,=,q=;de;q=x", "en"),
    ],
)
def test_the_readers_word_comes_first(wanted: str | None, accepted: str, chosen: str) -> None:
    assert choose(wanted, accepted) == chosen


def test_days_and_numbers_as_people_write_them() -> None:
    assert (day("2026-11-27"), moment("2026-11-27T05:12:00+00:00")) == (
        "27 November 2026",
        "27 November 2026, 06:12 CET",
    )
    assert (month("2026-03"), number(1234567), number(1234.5)) == ("March 2026", "1,234,567", "1,234.5")
    with speaking("de"):
        assert (day("2026-11-27"), month("2026-03")) == ("27. November 2026", "März 2026")
        assert moment("2026-11-27T05:12:00+00:00") == "27. November 2026, 06:12 Uhr MEZ"
        assert (number(1234567), number(1234.5)) == ("1.234.567", "1.234,5")
        assert t("front.articles", number=1234) == "1.234 Artikel"
        assert [short_month(f"2026-{each:02}") for each in (3, 5, 9)] == ["Mär", "Mai", "Sep"]
        assert (number(-1234), number(12.0), number(0.123456)) == ("-1.234", "12,0", "0,123456")
        assert moment("2026-07-01T22:30:00Z") == "2. Juli 2026, 00:30 Uhr MESZ"
    assert [short_month(f"2026-{each:02}") for each in (3, 5, 9)] == ["Mar", "May", "Sep"]
    assert (signed(1.2), signed(-0.4), signed(-0.0), percent(0.797)) == ("+1.20", "−0.40", "+0.00", "79.7\u00a0%")
    with speaking("de"):
        assert (signed(1234.5), signed(-0.125), percent(1.0)) == ("+1234,50", "−0,12", "100,0\u00a0%")
    assert (day("soon"), day(None), month("2026-13")) == ("soon", "", "2026-13")
    assert (named("trade_press", "kind"), named("sky_writing", "kind"), named(None, "kind")) == (
        "trade press",
        "sky writing",
        "",
    )


def test_one_is_not_many_and_nothing_slips_into_a_text() -> None:
    assert (t("front.articles", number=1), t("front.articles", number=0)) == ("1 article", "0 articles")
    assert t("front.number.articles", number=2) == "<b>2</b> articles"
    assert "&lt;i&gt;" in t("about.refused_lead", number=1, table="<i>")
    with pytest.raises(KeyError, match="no such text"):
        t("front.nowhere")


def test_each_language_has_the_plural_forms_that_it_needs() -> None:
    for name in languages():
        forms = {*locale(name).plural_form.tags, "other"}
        several = {key: text.keys() for key, text in catalogue(name).items() if isinstance(text, dict)}
        assert {key: set(keys) for key, keys in several.items() if set(keys) != forms} == {}


def test_every_language_has_the_same_texts_with_the_same_places() -> None:
    first, *others = (catalogue(name) for name in languages())
    for other in others:
        assert set(first) == set(other)
        for key, text in first.items():
            assert type(text) is type(other[key]), key
            assert places(text) == places(other[key]), key
            assert other[key], key


def places(text: object) -> set[str]:
    texts = text.values() if isinstance(text, dict) else [text] if isinstance(text, str) else []
    return {name for each in texts for _, name, _, _ in string.Formatter().parse(each) if name}


def test_every_column_has_its_meaning_in_every_language(tmp_path: Path) -> None:
    database = sqlite_utils.Database(make_archive(tmp_path / "archive.db", 0))
    for name, made_of in TABLES.items():  # which only a snapshot has
        database.execute(f"create table {name} ({made_of})")
    database.execute(f"create table snapshot ({', '.join(SNAPSHOT)})")
    database.table("articles").add_column("extract", str)
    there = {name: set(columns(database.conn, name)) for name in tables(database.conn)}
    database.close()
    for name in languages():
        assert there.keys() == meanings(name).keys()
        for table, meant in meanings(name).items():
            assert meant["title"] and meant["description"], table
            if "columns" in meant:  # the crawler's own tables have none
                assert meant["columns"].keys() == there[table], f"{TEXTS / name / 'data.toml'}: {table}"
    with speaking("de"):
        assert (titled("source_nights"), titled("sqlite_stat1")) == ("Quellen Nacht für Nacht", "sqlite stat1")


def test_what_the_archive_holds_has_a_name() -> None:
    values: dict[str, Any] = {"reason": Reason, "meaning": Reason, "kind": Kind, "word": Word}
    values |= {"health": [health.replace(" ", "_") for health in Health]}
    values |= {"comparison": [key for key, _, _ in Filters([]).lookups()]}
    missing = [f"names.{group}.{value}" for group, each in values.items() for value in each]
    assert [key for key in missing if not find(key)] == []


def test_what_datasette_says_is_known_by_its_words() -> None:
    sentence = "_size must be <= {most}"
    assert translated(sentence, "errors") == sentence
    with speaking("de"):
        assert translated(sentence, "errors") == "_size darf höchstens {most} sein"
        assert translated("Anything else", "errors") is None


def test_every_text_is_used() -> None:
    code = [*TEMPLATES, *SITE.parent.glob("**/*.py"), *ROOT.glob("schedules/*.py")]
    said = "\n".join(path.read_text("utf-8") for path in code)
    whole = set(re.findall(r"""["']((?:\w+)(?:\.\w+)+)["']""", said))
    begun = set(re.findall(r'"((?:\w+\.)+\w*)" ~ ', said))  # t("sources." ~ name), t("timeline.by_" ~ each)
    begun |= {"names.", "data.", "outcomes."}  # named, meanings, say
    begun |= {f"{group}." for group in re.findall(r'translated\(\w+, "(\w+)"\)', said)}
    unused = [key for key in catalogue("en") if key not in whole and not key.startswith(tuple(begun))]
    assert not unused, f"no template and no plugin asks for these; take them out of {TEXTS}: {unused}"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Datasette]:
    site = make_site(make_archive(tmp_path_factory.mktemp("empty") / "archive.db", 0))
    yield site
    close_site(site)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_text_stands_in_a_template(path: Path, empty: Datasette) -> None:
    found = list(texts(empty, path.read_text("utf-8")))
    assert not found, f"{path.name}: move to {TEXTS}: {found}"


def texts(site: Datasette, source: str) -> list[str]:
    """What a reader would read of a template, as it is without its data."""
    source = re.sub(r"{% block body_class %}.*?{% endblock %}", "", source)
    data = "\0".join(token for _, kind, token in site.jinja_env.lex(source) if kind == "data")
    attributes = re.findall(r'\b(?:aria-label|title|placeholder|alt|label)="([^"\0]*)', data)
    bare = re.sub(r"<style.*?</style>|<code>[^<]*</code>|<[^>]*>|&\w+;", "\0", data, flags=re.DOTALL)
    words = [piece.strip(" \n,.;:·/()–") for piece in [*bare.split("\0"), *attributes]]
    return [word for word in words if re.search(r"[^\W\d_]{2}", word) and word not in SAME_IN_ALL]


@pytest.fixture(scope="module")
def get(tmp_path_factory: pytest.TempPathFactory) -> Get:
    yield from getter(make_archive(tmp_path_factory.mktemp("language") / "archive.db", 3))


def test_the_switch_is_remembered_and_leads_back(get: Get) -> None:
    page = get("/search?q=Rechenzentrum&source=blatt").text
    assert '<html lang="en">' in page
    switch = re.search(r'href="(/language/de\?to=[^"]+)"', page)
    assert switch
    answer = get(switch[1])
    assert (answer.status_code, answer.headers["location"]) == (302, "/search?q=Rechenzentrum&source=blatt")
    assert "language=de" in answer.headers["set-cookie"] and "SameSite=lax" in answer.headers["set-cookie"]
    assert get("/language/xx").status_code == 404


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/%5Cevil.example", "x", "", "/%0d%0ax: y"])
def test_the_switch_leads_nowhere_else(get: Get, to: str) -> None:
    assert get(f"/language/de?to={to}").headers["location"] == "/"


PAGES = ["/", "/search", "/search?q=Rechenzentrum", "/help", "/about", "/sources", "/archive", "/archive/articles"]


@pytest.mark.parametrize(
    "path", [*PAGES, "/archive/articles/1", "/downloads", "/archive?sql=select+1", "/nowhere", "/progress"]
)
def test_every_page_is_there_in_german(get: Get, path: str) -> None:
    german = get(path, headers={"accept-language": "de"})
    english = get(path, headers={"accept-language": "de", "cookie": "language=en"})
    assert '<html lang="de">' in german.text and '<html lang="en">' in english.text
    assert german.text != english.text
    assert "accept-language" in german.headers["vary"]


def german(get: Get, path: str) -> Any:
    return lxml.html.fromstring(get(path, headers={"accept-language": "de"}).text)


def spoken(page: Any, path: str) -> list[tuple[str, str]]:
    """(language, text) of each element there."""
    return [(each.xpath("string(ancestor-or-self::*[@lang][1]/@lang)"), said(each)) for each in page.xpath(path)]


def said(element: Any) -> str:
    return " ".join(element.text_content().split())


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Get]:
    reasons = (Code.IN_TITLE.of(word="Microsoft"), Code.TEXT.of(text="a sentence of another time"))
    english = {"title": "Ground is broken", "text": "Microsoft builds.", "lang": "en", "outcomes": as_json(reasons)}
    archive = make_archive(tmp_path_factory.mktemp("spoken") / "archive.db", 3, **english)
    database = sqlite_utils.Database(archive)
    database.table("sources").insert({"id": "blatt", "last_state": "partial", "last_detail": "HTTP 500"})
    database.close()
    yield from getter(archive)


@pytest.mark.parametrize("path", ["/article/1", "/archive/articles/1"])
def test_each_piece_of_an_article_says_its_language(reading: Get, path: str) -> None:
    page = german(reading, path)
    assert spoken(page, "//h1") == [("en", "Ground is broken")]
    assert ("en", "Microsoft builds.") in spoken(page, "//main//p")
    why = [("de", "„Microsoft“ in der Überschrift"), ("en", "a sentence of another time")]
    assert [each for each in spoken(page, "//main//li") if each in why] == why
    assert spoken(german(reading, path.replace("1", "2")), "//h1") == [("de", "Rechenzentrum Nummer 2")]


def test_a_table_speaks_german_around_its_cells(reading: Get) -> None:
    page = german(reading, "/archive/articles?_as=table&source__contains=a&_sort=id&_where=id+%3C+9")
    assert spoken(page, "//h1") == [("de", "Artikel")]
    told = said(page.find_class("found")[0])
    assert "1 Zeile source enthält a; id < 9; sortiert nach id" in told, told
    (cells,) = page.xpath("//tbody/tr[td[@data-column='id'] = '2']") or page.xpath("//tbody/tr")[:1]
    assert {each.get("data-column"): each.get("lang") for each in cells}["reasons"] == "en"
    assert page.xpath("string(//th[.='lang']/@title)") == "Sprache, ISO 639-1"
    assert ("de", "Sprache, ISO 639-1") in spoken(page, "//dd")
    facets = [said(each) for each in german(reading, "/archive/sources").xpath("//div[@class='facets']//li/a")]
    assert "hat zum Teil geantwortet" in facets
    query = german(reading, "/archive?sql=select+title,+lang+from+articles+order+by+id")
    assert spoken(query, "//td[@data-column='title']")[0] == ("en", "Ground is broken")


@pytest.mark.parametrize(
    ("path", "lang", "message"),
    [
        ("/nowhere", "de", "Unter dieser Adresse gibt es keine Seite."),
        ("/archive/nowhere", "de", "Eine solche Tabelle gibt es nicht"),
        ("/archive/articles/99", "de", "Eine solche Zeile gibt es nicht"),
        ("/archive/articles?_sort=nix", "de", "_sort=nix: Eine solche Spalte gibt es nicht; es gibt: id, "),
        ("/archive/articles?_where=nix", "de", "Eine Spalte nix gibt es nicht: Die Seite"),
        ("/article/99", "de", "Einen Artikel 99 gibt es im Archiv nicht."),
    ],
)
def test_what_cannot_be_answered_is_told_in_german(reading: Get, path: str, lang: str, message: str) -> None:
    ((spoke, told),) = spoken(german(reading, path), "//p[@class='message']")
    assert (spoke, told[: len(message)]) == (lang, message)
