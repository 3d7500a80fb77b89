"""Articles in several pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.demo.newsroom import Answer, Newsroom, feed, page
from pipelines.intake.pagination import Further, further
from tests.conftest import Desk
from tests.stories import SITE
from tests.test_crawl import DAY
from tests.test_queue import SOURCE

HERE = "https://blatt.example/nrw/microsoft-bedburg-123456.html"
NEXT = '<a href="{0}">1</a><a class=x rel="next" href="{0}">weiter</a>'


@pytest.mark.parametrize(
    ("url", "html", "found"),
    [
        (HERE, f'<link rel="next" href="{HERE}?seite=2">', Further(f"{HERE}?seite=2", False)),
        (HERE, '<link href="?page=2" rel=next>', Further(f"{HERE}?page=2", False)),
        (
            "https://blatt.example/a/b/",
            NEXT.format("/a/b/seite-2/"),
            Further("https://blatt.example/a/b/seite-2/", False),
        ),
        ("https://blatt.example/a/b", NEXT.format("/a/b/2"), Further("https://blatt.example/a/b/2", False)),
        (
            "https://blatt.example/a-1.html",
            NEXT.format("/a-2.html"),
            Further("https://blatt.example/a-2.html", False),
        ),
        (f"{HERE}?seite=2", NEXT.format("?seite=3"), Further(f"{HERE}?seite=3", False)),
        (HERE, NEXT.format("?seite=2") + '<a href="?seite=all">Alles</a>', Further(f"{HERE}?seite=all", True)),
        (
            "https://blatt.example/a/b",
            NEXT.format("/a/b/seite-2") + "<a href='/a/b/komplettansicht'>Auf einer Seite</a>",
            Further("https://blatt.example/a/b/komplettansicht", True),
        ),
        (f"{HERE}?seite=all", NEXT.format("?seite=2"), None),
        (HERE, '<a href="?seite=all">Alles</a>', None),  # nothing says that there is more of it
        (HERE, NEXT.format("https://blatt.example/nrw/ein-anderer-artikel-123457.html"), None),
        (HERE, NEXT.format("https://anderswo.example/nrw/microsoft-bedburg-123456.html?seite=2"), None),
        (HERE, NEXT.format("?seite=4"), None),
        (HERE, NEXT.format("javascript:next()"), None),
        (HERE, "<p>rel next</p>", None),
    ],
)
def test_where_an_article_goes_on(url: str, html: str, found: Further | None) -> None:
    assert further(f"<html><head></head><body>{html}</body>".encode(), url) == found


@given(st.binary(max_size=300), st.text(max_size=60))
def test_no_page_is_too_strange(junk: bytes, href: str) -> None:
    further(b'<a rel="next" href="' + href.encode("utf-8", "replace") + b'">' + junk, HERE)


def part(number: int, last: int) -> Answer:
    links = f'<a rel="next" href="?seite={number + 1}">weiter</a>' if number < last else ""
    text = [f"Auf der Seite Nummer {number} geht es um das Gelände und die Leitungen des Rechenzentrums im Revier."]
    return page(SITE[0], [*(SITE[1] if number == 1 else []), *text], around=links)


def test_an_article_in_pages_is_read_to_its_end(desk: Desk, newsroom: Newsroom) -> None:
    base = "http://blatt.example/artikel"
    newsroom.put("http://blatt.example/feed.xml", feed([(base, SITE[0], DAY)]))
    newsroom.put(base, part(1, 3))
    newsroom.put(f"{base}?seite=2", part(2, 3))
    newsroom.put(f"{base}?seite=3", part(3, 3))
    desk.registry(SOURCE.format(id="blatt") + 'feeds = ["http://blatt.example/feed.xml"]\n')
    assert desk.crawl().returncode == 0
    text = str(desk.rows("select text from articles")[0]["text"])
    assert [text.count(f"Seite Nummer {number}") for number in (1, 2, 3)] == [1, 1, 1]
    assert text.count(SITE[1][0]) == 1
    assert desk.rows("select fetched, kept from source_nights") == [{"fetched": 1, "kept": 1}]  # one article
    assert desk.rows("select count(*) as n from pages where part_of is not null") == [{"n": 2}]
    assert desk.rows("select count(*) as n from leads") == [{"n": 0}]


def test_a_page_that_has_it_all_is_taken_instead(desk: Desk, newsroom: Newsroom) -> None:
    base = "http://blatt.example/artikel"
    newsroom.put("http://blatt.example/feed.xml", feed([(base, SITE[0], DAY)]))
    first = part(1, 2).body.replace(b"</main>", b'<a href="?seite=all">Alles auf einer Seite</a></main>')
    newsroom.put(base, Answer(body=first))
    newsroom.put(f"{base}?seite=all", page(SITE[0], [*SITE[1], "Und so endet der Bericht, auf einer einzigen Seite."]))
    desk.registry(SOURCE.format(id="blatt") + 'feeds = ["http://blatt.example/feed.xml"]\n')
    assert desk.crawl().returncode == 0
    text = str(desk.rows("select text from articles")[0]["text"])
    assert text.endswith("auf einer einzigen Seite.")
    assert text.count(SITE[1][0]) == 1
    assert "/artikel?seite=2" not in newsroom.asked("blatt.example")


def test_a_part_that_cannot_be_had_leaves_the_article_as_it_is(desk: Desk, newsroom: Newsroom) -> None:
    base = "http://blatt.example/artikel"
    newsroom.put("http://blatt.example/feed.xml", feed([(base, SITE[0], DAY), ("http://blatt.example/b", "b", DAY)]))
    newsroom.put(base, part(1, 3))
    newsroom.put("http://blatt.example/b", page(f"{SITE[0]}, noch einmal", ["Neu.", *SITE[1]]))
    desk.registry(SOURCE.format(id="blatt") + 'feeds = ["http://blatt.example/feed.xml"]\n')
    assert desk.crawl().returncode == 0
    assert desk.rows("select count(*) as n from articles") == [{"n": 2}]
    detail = str(desk.rows("select detail from source_nights")[0]["detail"])
    assert "goes on at http://blatt.example/artikel?seite=2, which could not be had: HTTP 404" in detail
