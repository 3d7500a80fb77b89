import pytest

from crawler.discovery.documents import read_listing
from crawler.discovery.leads import Lead, Unreadable

URL = "https://www.stadt.example/aktuelles/?page=0"
LISTING = """<!doctype html><html><head><title>Aktuelles</title><base href="/aktuelles/"></head><body>
<header><a href="/ein-wort-vom-buergermeister-1">Ein Wort vom Bürgermeister der Stadt</a></header>
<nav><a href="/leben-wohnen-bauen-und-mehr">Leben, Wohnen, Bauen und mehr</a></nav>
<main><h1>Aktuelles aus dem Rathaus der Stadt</h1>
<article><a href="a-12345"><img alt="Bagger"></a><header><span>Bauen</span><h2><a href="a-12345">Spatenstich für
<em>das</em> Rechenzentrum</a></h2></header><p>Die Bagger rollen.</p>
<time datetime="2026-11-21T08:00:00+01:00">heute</time>
<footer><a href="a-12345#mehr">mehr</a> <a href="/tag/bauen-und-wohnen">Bauen</a></footer></article>
<ul><li><time>20.11.2026</time> <a href="/aktuelles/neues-vom-ausbau-der-bahn">Neues vom Ausbau der Bahn</a></li>
<li><a href="https://www.stadt.example/aktuelles/12346">Kurz</a></li>
<li><a href="anlage-zum-plan-12347.pdf">Anlage zum Bebauungsplan (PDF, 2 MB)</a></li>
<li><a href="https://fremd.example/ein-langer-weg-nach-haus">Ein langer Weg nach Haus, anderswo</a></li>
<li><a href="javascript:alert(12345)">Ein Fenster, das nirgends hinführt</a></li></ul>
<h3>Strom für die Halle am Tagebau</h3><p>Ein Kabel. <a href="?id=77">mehr</a></p>
<h3>Wasser aus dem See</h3><p>Eine Pumpe. <a href="?id=78">Weiterlesen</a></p>
<a href="wasser">Zwischen Tagebau und Acker: wie das Wasser in den See kommt</a>
</main>
<footer><a href="/impressum-der-stadt-und-datenschutz">Impressum der Stadt und Datenschutz</a></footer></body>"""


def test_listing_without_a_pattern_takes_what_looks_like_an_article() -> None:
    found = read_listing(LISTING.encode(), URL)
    by_url = {lead.url.removeprefix("https://www.stadt.example/aktuelles/"): lead for lead in found.leads}
    assert set(by_url) == {"a-12345", "neues-vom-ausbau-der-bahn", "?id=77", "wasser"}
    assert (found.listed, found.problem) == (4, None)
    teaser = by_url["a-12345"]
    assert (teaser.title, teaser.published) == ("Spatenstich für das Rechenzentrum", "2026-11-21T08:00:00+01:00")
    assert teaser.summary is not None
    assert "Die Bagger rollen." in teaser.summary
    assert by_url["neues-vom-ausbau-der-bahn"].published == "2026-11-20"
    assert by_url["?id=77"].title == "Strom für die Halle am Tagebau"
    assert found.leads[0] is by_url["?id=77"]  # what has no date is as new as the night that found it
    assert next(lead for lead in found.leads if lead.published) is teaser


def test_listing_with_a_pattern_takes_what_matches() -> None:
    found = read_listing(LISTING.encode(), URL, link=r"/aktuelles/(\?id=)?\d+$")
    assert found.leads == (
        Lead(url="https://www.stadt.example/aktuelles/12346", title="Kurz"),
        Lead(
            url="https://www.stadt.example/aktuelles/?id=77",
            title="Strom für die Halle am Tagebau",
            summary="Ein Kabel. mehr",
        ),
        Lead(
            url="https://www.stadt.example/aktuelles/?id=78",
            title="Wasser aus dem See",
            summary="Eine Pumpe. Weiterlesen",
        ),
    )
    assert read_listing(LISTING.encode(), URL, link="fremd").leads[0].url.startswith("https://fremd.example/")
    assert len(read_listing(LISTING.encode(), URL, link="stadt", limit=2).leads) == 2


def test_a_link_in_a_long_text_is_not_called_by_the_heading_of_the_text() -> None:
    link = "<a href='/neues-vom-ausbau-der-bahn'>was gestern im Rat geschah</a>"
    page = f"<main><article><h1>Diese Seite selbst</h1><p>{'Text ' * 400}{link}</article>"
    found = read_listing(page.encode(), URL)
    assert [lead.title for lead in found.leads] == ["was gestern im Rat geschah"]


@pytest.mark.parametrize("link", [None, "/meldung/"])
def test_a_page_without_articles_says_so(link: str | None) -> None:
    found = read_listing(b"<html><body><a href='/login'>Anmelden</a></body></html>", URL, link=link)
    assert (found.leads, found.listed) == ((), 0)
    assert str(found.problem) in ("no link looks like an article", "no link matches /meldung/")


@pytest.mark.parametrize("body", [b"{}", b"\x00", b"<!-- -->", b"<?php", b"<", b"nur Text"])
def test_what_is_no_page(body: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^listing: (empty|this is no HTML page)$"):
        read_listing(body, URL)


def test_encoding_of_the_header() -> None:
    body = "<li><a href='/meldung/1'>Łódź baut ein Rechenzentrum</a>".encode("iso-8859-2")
    assert (
        read_listing(body, URL, encoding="iso-8859-2", link="meldung").leads[0].title == "Łódź baut ein Rechenzentrum"
    )
