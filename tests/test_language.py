"""The languages of the site: which one is spoken, how it writes, and that no text stands anywhere but in its files."""

import re
import string
from pathlib import Path

import pytest
from datasette.app import Datasette

from db.language import TEXTS, catalogue, choose, day, languages, moment, month, named, number, speaking, t
from db.serve import SITE, close_site, make_site
from tests.test_exports import make_archive
from tests.test_site import Get, getter

TEMPLATES = sorted((SITE / "templates").glob("*.html"))
# Their texts are still to be moved.
ENGLISH_ONLY = {"downloads.html"}
SAME_IN_ALL = {"Revierspiegel", "CSV", "JSON", "RIS", "BibTeX", "CSL-JSON", "Atom", "JSON Feed", "SHA-256", "ID", "SQL"}


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
        "27 November 2026, 05:12 UTC",
    )
    assert (month("2026-03"), number(1234567), number(1234.5)) == ("March 2026", "1,234,567", "1,234.5")
    with speaking("de"):
        assert (day("2026-11-27"), month("2026-03")) == ("27. November 2026", "März 2026")
        assert (number(1234567), number(1234.5)) == ("1.234.567", "1.234,5")
        assert t("front.articles", number=1234) == "1.234 Artikel"
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


def test_every_text_is_used() -> None:
    code = [*TEMPLATES, *(SITE / "plugins").glob("*.py"), SITE.parent / "language.py"]
    said = "\n".join(path.read_text("utf-8") for path in code)
    whole = set(re.findall(r'"((?:\w+)(?:\.\w+)+)"', said))
    begun = set(re.findall(r'"((?:\w+\.)+)" ~ ', said)) | {"names."}  # t("sources." ~ name), named(group)
    unused = [key for key in catalogue("en") if key not in whole and not key.startswith(tuple(begun))]
    assert not unused, f"no template and no plugin asks for these; take them out of {TEXTS}: {unused}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_text_stands_in_a_template(path: Path, tmp_path: Path) -> None:
    site = make_site(make_archive(tmp_path / "archive.db", 0))
    found = list(texts(site, path.read_text("utf-8")))
    close_site(site)
    assert not found or path.name in ENGLISH_ONLY, f"{path.name}: move to {TEXTS}: {found}"


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


@pytest.mark.parametrize("path", [*PAGES, "/archive/articles/1", "/archive?sql=select+1", "/nowhere", "/progress"])
def test_every_page_is_there_in_german(tmp_path: Path, path: str) -> None:
    for get in getter(make_archive(tmp_path / "archive.db", 3)):
        german = get(path, headers={"accept-language": "de"})
        english = get(path, headers={"accept-language": "de", "cookie": "language=en"})
        assert '<html lang="de">' in german.text and '<html lang="en">' in english.text
        assert german.text != english.text
        assert "accept-language" in german.headers["vary"]
