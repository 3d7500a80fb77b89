"""What holds on the public site alone: robots, mining, sitemaps, linked data, bulk, limits, and whom to write to."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from db.site.limits import RateLimits
from db.site.plugins import bulk, robots
from db.site.plugins.bulk import is_bulk
from db.site.public.serving import serve_public
from db.site.public.snapshots import SnapshotDatabase
from db.site.serve import SiteError, close_site, make_site
from tests.test_article_page import Reader
from tests.test_exports import make_archive

SITEMAP = {"s": robots.NAMESPACE}


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory, runner: asyncio.Runner) -> Iterator[tuple[Reader, Reader]]:
    """Of a public site, and of one that has the texts."""
    archive = make_archive(tmp_path_factory.mktemp("home") / "archive.db", 5, title='"</script><b> & Rat')
    sites = make_site(archive, SnapshotDatabase), make_site(archive)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REVIERSPIEGEL_CONTACT", "archiv@uni.example")
        yield Reader(sites[0], runner), Reader(sites[1], runner)
    for site in sites:
        close_site(site)


@pytest.fixture
def public(readers: tuple[Reader, Reader]) -> Reader:
    return readers[0]


@pytest.fixture
def private(readers: tuple[Reader, Reader]) -> Reader:
    return readers[1]


def test_help_says_what_can_be_asked_here(public: Reader, private: Reader) -> None:
    assert "full texts that are not shown" in public.get("/help").text
    assert "full texts that are not shown" not in private.get("/help").text


def test_robots_find_articles_and_are_sent_to_the_package(public: Reader, private: Reader) -> None:
    told = public.get("/robots.txt").text
    assert "Sitemap: http://localhost/sitemap.xml" in told and "Disallow: /archive\n" in told
    assert "http://localhost/snapshots" in told
    assert private.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
    assert "x-robots-tag" not in public.get("/").headers and private.get("/").headers["x-robots-tag"]


@pytest.mark.parametrize(
    ("path", "kept"),
    [("/", True), ("/article/1", True), ("/article/99", False), ("/search?q=Rat", False), ("/-/health", False)],
)
def test_a_proxy_may_keep_what_is_not_one_readers(public: Reader, private: Reader, path: str, kept: bool) -> None:
    assert ("public" in public.get(path).headers.get("cache-control", "")) == kept
    assert "public" not in private.get(path).headers.get("cache-control", "")


def test_mining_is_reserved_but_of_the_package(public: Reader) -> None:
    rules = public.get("/.well-known/tdmrep.json").json()
    assert [(each["location"], each["tdm-reservation"]) for each in rules] == [("/snapshots*", 0), ("/", 1)]
    page = public.page("/about")
    assert public.get("/about").headers["tdm-reservation"] == "1"
    assert page.xpath("//meta[@name='tdm-reservation']/@content") == ["1"]


def test_the_sitemap_has_every_article_and_is_parted(
    public: Reader, private: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ElementTree.fromstring(public.get("/sitemap.xml").text)
    places = [each.text or "" for each in whole.findall("s:url/s:loc", SITEMAP)]
    articles = {f"http://localhost/article/{number}" for number in range(1, 6)}
    assert articles <= {*places} and "http://localhost/about" in places
    assert {each.text for each in whole.findall("s:url/s:lastmod", SITEMAP)} == {"2025-11-20"}
    assert private.get("/sitemap.xml").status_code == 404
    monkeypatch.setattr(robots, "MOST", 2)
    index = ElementTree.fromstring(public.get("/sitemap.xml").text)
    parts = [each.text or "" for each in index.findall("s:sitemap/s:loc", SITEMAP)]
    listed = [
        each.text
        for part in parts
        for each in ElementTree.fromstring(public.get(part.removeprefix("http://localhost")).text).findall(
            "s:url/s:loc", SITEMAP
        )
    ]
    assert len(parts) == 4 and {*listed} >= articles and public.get("/sitemap-4.xml").status_code == 404


def test_the_page_of_an_article_says_whose_it_is(public: Reader, private: Reader) -> None:
    page = public.page("/article/1")
    (block,) = page.xpath("//script[@type='application/ld+json']/text()")
    told = json.loads(block)
    article = told["mainEntity"]
    assert (told["@type"], told["url"]) == ("WebPage", "http://localhost/article/1")
    assert article["@type"] == "NewsArticle" and article["url"] == "https://blatt.example/lokales/1"
    assert article["headline"] == '"</script><b> & Rat'
    assert [each["name"] for each in article["author"]] == ["Änne Groß", "Jo Bär"]
    assert "isAccessibleForFree" not in article and "zugestimmt" not in block
    assert not private.page("/article/1").xpath("//script[@type='application/ld+json']")


@pytest.mark.parametrize(
    ("path", "closed"),
    [
        ("/export.csv?q=Rat", True),
        ("/export-excel.csv", True),
        ("/archive/articles.json", True),
        ("/archive/articles.csv?_stream=1", True),
        ("/archive.json?sql=select+1", True),
        ("/archive?sql=select+1", True),
        ("/archive/articles?_size=max", True),
        ("/archive/articles?_where=1", True),
        ("/figures.csv", True),
        ("/changes-excel.csv", True),
        ("/archive/articles", False),
        ("/archive/articles/1", False),
        ("/archive/articles/1.ris", False),
        ("/search/numbers.csv?q=Rat", False),
        ("/search?q=sql", False),
        ("/feed.atom", False),
        ("/snapshots/2026-11/articles.csv", False),
    ],
)
def test_tables_are_not_given_out_in_bulk(path: str, closed: bool) -> None:
    where, _, query = path.partition("?")
    assert is_bulk(where, query) == closed


def test_who_wants_all_is_told_where_it_is(public: Reader, private: Reader) -> None:
    answer = public.get("/archive/articles.json")
    assert answer.status_code == 403 and "http://localhost/snapshots" in answer.json()["error"]
    assert answer.headers["link"].startswith("<http://localhost/snapshots>")
    assert private.get("/archive/articles.json").status_code == 200


def test_every_page_says_whom_to_write_to(public: Reader, private: Reader) -> None:
    for path in ("/", "/about", "/search", "/article/1", "/article/99"):
        for language, says in (("en", "Is something here yours"), ("de", "Gehört Ihnen etwas hier")):
            page = public.get(path, language).text
            assert says in page, path
            assert 'href="mailto:archiv@uni.example?subject=' in page
            assert f"localhost{path}".replace("/", "%2F") in page or f"localhost{path}" in page
    assert "mailto:archiv@uni.example?subject=" not in private.get("/").text


def test_without_somebody_to_write_to_nothing_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIERSPIEGEL_CONTACT", "")
    monkeypatch.setenv("REVIERSPIEGEL_HOME", str(tmp_path))
    with pytest.raises(SiteError, match="REVIERSPIEGEL_CONTACT"):
        serve_public(tmp_path, "127.0.0.1", 0)


def test_who_asks_for_page_after_page_is_told_to_come_later(
    tmp_path: Path, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "RATES", "3/minute")
    site = make_site(make_archive(tmp_path / "archive.db"), SnapshotDatabase)
    reader = Reader(site, runner)
    assert [reader.get("/about").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = reader.get("/about.json")
    assert answer.status_code == 429 and 30 < int(answer.headers["retry-after"]) <= 60
    assert "content-security-policy" in answer.headers
    assert reader.get("/static/site.css").status_code == reader.get("/robots.txt").status_code == 200
    close_site(site)


def test_spans_of_time_move_on_and_clients_are_told_apart() -> None:
    limits = RateLimits("2/minute;3/hour")
    assert [limits.hit("one") for _ in range(2)] == [0, 0]
    assert 30 < limits.hit("one") <= 60 and limits.hit("other") == 0
