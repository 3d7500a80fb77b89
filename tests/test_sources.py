import json
import re
from datetime import date
from itertools import combinations
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import crawler
from crawler.registry.owners import source_of
from crawler.registry.sources import (
    Address,
    ConfigError,
    Kind,
    Known,
    Source,
    expand,
    known_articles,
    load,
)
from pipelines.identity import bare_host, key
from tests.conftest import SHARED, needs_shared


def _source(**fields: object) -> Source:
    return Source(**{"id": "bote", "name": "B", "kind": "other", "lang": "de", "region": "nrw"} | fields)


# --- addresses ---


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("https://bote.example/{YYYY}.xml", "https://bote.example/2024.xml"),
        ("https://bote.example/?d={YYYY-MM-DD}&u=1", "https://bote.example/?d=2024-03-09&u=1"),
        ("https://bote.example/rss", "https://bote.example/rss"),
    ],
)
def test_expand(template: str, expected: str) -> None:
    assert expand(template, date(2024, 3, 9)) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://bote.example/a", "bote"),
        ("http://WWW.Bote.example:8080/a?b#c", "bote"),
        ("https://m.bote.example/a", "bote"),
        ("https://feed.bote.example/a", "bote"),
        ("https://kreis.bote.example/a", "kreisbote"),
        ("https://anderbote.example/a", None),
        ("https://welt.example/de/a", "welt-de"),
        ("https://welt.example/de", "welt-de"),
        ("https://welt.example/de/kreis/a", "welt-kreis"),
        ("https://welt.example/deutsch/a", None),
        ("https://welt.example/fr/a", None),
        ("https://welt-alt.example/a", "welt-de"),
        ("https://[welt.example/a", None),
        ("mailto:bote@bote.example", None),
        ("", None),
    ],
)
def test_the_source_of_an_address(url: str, expected: str | None) -> None:
    sources = (
        _source(homepage="https://www.bote.example/", feeds=(Address(url="https://feed.bote.example/rss"),)),
        _source(id="kreisbote", homepage="https://kreis.bote.example/"),
        _source(id="welt-de", homepage="https://welt.example/de/", hosts=("www.welt-alt.example",)),
        _source(id="welt-kreis", homepage="https://welt.example/de/kreis"),
    )
    found = source_of(url, sources)
    assert (found and found.id) == expected


# --- known articles ---


def test_known_articles_are_read_as_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "known.csv"
    path.write_text(
        'address,outlet,date\n"https://bote.example/%C3%A4,-b",bote,2024-02\n\nhttp://bote.example/c,bote,\n'
    )
    expected = (
        Known(url="https://bote.example/%C3%A4,-b", source="bote", date="2024-02"),
        Known(url="http://bote.example/c", source="bote"),
    )
    assert known_articles(path) == expected
    monkeypatch.setenv("REVIERSPIEGEL_KNOWN", str(path))
    assert known_articles() == expected
    monkeypatch.setenv("REVIERSPIEGEL_KNOWN", "")
    assert known_articles() == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["known.csv: line 1: nothing, expected the columns address,outlet,date"]),
        ("url,outlet\n", ["known.csv: line 1: url,outlet, expected the columns address,outlet,date"]),
        (
            "address,outlet,date\nbote.example/a,Der Bote,March\nhttps://bote.example/a,bote\n",
            [
                "known.csv: line 2: address: 'bote.example/a', expected an address without spaces "
                'such as "https://www.example.org/"',
                "known.csv: line 2: outlet: 'Der Bote', expected lower-case letters, digits and hyphens",
                "known.csv: line 2: date: 'March', expected YYYY, YYYY-MM, YYYY-MM-DD or nothing",
                "known.csv: line 3: 2 columns, expected 3: address,outlet,date",
            ],
        ),
    ],
)
def test_what_is_wrong_with_known_articles(tmp_path: Path, text: str, expected: list[str]) -> None:
    path = tmp_path / "known.csv"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        known_articles(path)
    assert list(caught.value.errors) == expected


# --- the registry that comes with the project ---


HERE = Path(crawler.__file__).parent


@pytest.fixture(scope="module")
def registry() -> dict[str, Source]:
    return {source.id: source for source in load(HERE / "sources.toml")}


@pytest.fixture(scope="module")
def known() -> tuple[Known, ...]:
    return known_articles(HERE / "known_articles.csv")


def test_the_registry_is_there(registry: dict[str, Source]) -> None:
    required = """land-nrw microsoft-news-de microsoft-source microsoft-source-emea it-production heise golem
        datacenter-insider it-business datacenterdynamics theregister wdr tagesschau ksta rp-online waz
        general-anzeiger-bonn radio-erft bergheim elsdorf spiegel zeit faz welt taz"""
    assert set(required.split()) <= registry.keys()
    assert {source.kind for source in registry.values()} == set(Kind)
    assert sum(bool(source.addresses) for source in registry.values()) >= 30
    assert {"none", "partial", "hard"} <= {source.access for source in registry.values()}


def test_the_registry_is_ordered_and_fits_a_screen(registry: dict[str, Source]) -> None:
    kinds = list(Kind)
    assert list(registry) == sorted(registry, key=lambda name: (kinds.index(registry[name].kind), name))
    lines = (HERE / "sources.toml").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > 140 and "evidence" not in line] == []  # an address has no line breaks


def test_a_host_belongs_to_one_source_or_is_parted_by_the_homepages_path(registry: dict[str, Source]) -> None:
    for one, other in combinations(registry.values(), 2):
        if one.own_hosts & other.own_hosts:
            assert urlsplit(one.homepage).path != urlsplit(other.homepage).path, f"{one.id} and {other.id}"


def test_every_homepage_and_listing_is_its_sources_own(registry: dict[str, Source]) -> None:
    for source in registry.values():
        assert source_of(source.homepage, registry.values()) is source
        for listing in source.listings:
            assert source_of(listing.url, registry.values()) is source


def test_every_known_article_is_its_sources_own(registry: dict[str, Source], known: tuple[Known, ...]) -> None:
    assert known
    assert [(article.source, article.url) for article in known] == sorted({(a.source, a.url) for a in known})
    for article in known:
        assert source_of(article.url, registry.values()) is registry[article.source], article.url
        assert bare_host(article.url) in registry[article.source].own_hosts


@needs_shared("corpus/topic-dev.jsonl")
def test_what_is_labelled_on_topic_is_known_and_nothing_else_that_is_labelled(known: tuple[Known, ...]) -> None:
    labels = SHARED / "corpus" / "topic-dev.jsonl"
    rows = [json.loads(line) for line in labels.read_text(encoding="utf-8").splitlines() if line]
    wanted = {row["url"] for row in rows if row["label"] == "ON" and not row["mirror"]}
    assert {a.url for a in known} & {row["url"] for row in rows} == wanted


def test_id_patterns_find_the_ids_of_the_known_articles(registry: dict[str, Source], known: tuple[Known, ...]) -> None:
    found: dict[tuple[str, str], str] = {}
    for article in known:
        if pattern := registry[article.source].id_pattern:
            number = re.search(pattern, article.url)
            assert number, article.url
            assert found.setdefault((article.source, number.group(1)), article.url) == article.url


@pytest.mark.parametrize(
    ("path", "expected", "sources"),
    [
        ("/nrw/ort/ein-titel_aid-107148717?output=amp", "107148717", "rp-online general-anzeiger-bonn wz erft-kurier"),
        ("/ort/titel-mit-2024-744948", "744948", "ksta rundschau-online"),
        ("/ort/titel-1-1105971/?cb=1-23456#k", "1105971", "ksta rundschau-online"),
        ("/ort/titel-mit-2024", None, "ksta rundschau-online"),
        (
            "/titel-a-033d79cc8bf94fcc45c4cf9beb1a52f7/",
            "033d79cc8bf94fcc45c4cf9beb1a52f7",
            "datacenter-insider it-business",
        ),
        ("/artikel/titel-mit-5-zahlen-1906353.html", "1906353", "radio-erft news894 radio-hagen"),
        ("/politik/article241918114/Titel.html", "241918114", "waz nrz otz"),
        ("/rathaus/aktuell/1973/titel", "1973", "elsdorf"),
        ("/news/titel-2403-183285.html", "183285", "golem"),
        ("/news/Titel-9658929.html?seite=all", "9658929", "heise"),
        ("/Leben/Familie/Aktuelles/Der-Titel-2024.html", "Der-Titel-2024", "bedburg"),
        ("/news/wfg-aktuell/316-26-titel", "316", "wfg-rhein-erft"),
        ("/ort/titel-mit-2024-w876709-2001195551/", "2001195551", "ruhrnachrichten"),
        (
            "/a/titel-a-60a0111a-c2d2-46c8-9e93-b16a374e6ba8#ref=rss",
            "60a0111a-c2d2-46c8-9e93-b16a374e6ba8",
            "spiegel",
        ),
        ("/wirtschaft/titel--mit-2024-33420056.html?utm_source=x", "33420056", "stern"),
        ("/nachrichten/id_101072480/titel-2024.html", "101072480", "t-online"),
        ("/deals/titel_id_92942238.html", "92942238", "focus"),
        ("/artikel/474126.titel-2024.html", "474126", "junge-welt"),
        ("/unternehmen/it/titel/21145110.html", "21145110", "wiwo"),
        ("/de/titel-2024/a-65464327?maca=de-rss", "65464327", "dw dw-en"),
        ("/politik/Titel-article24075843.html", "article24075843", "n-tv"),
        ("/politik/Titel-id30134161.html", "id30134161", "n-tv"),
        ("/news,142489.html", "142489", "winfuture"),
        ("/2024/titel/", None, "ruhrnachrichten spiegel stern t-online focus wiwo winfuture ruhrbarone tixio"),
        ("/ein-titel-mit-ki/247034/", "247034", "ruhrbarone vodafone-live"),
        ("/en/article/300330022853490", "300330022853490", "sipoch"),
        ("/860550-titel-mit-2024.html", "860550", "tixio"),
    ],
)
def test_id_patterns_read_the_address(
    registry: dict[str, Source], path: str, expected: str | None, sources: str
) -> None:
    for name in sources.split():
        found = re.search(registry[name].id_pattern or "", f"https://bote.example{path}")
        assert (found and found.group(1)) == expected, name


def test_links_of_listings_find_known_articles(registry: dict[str, Source], known: tuple[Known, ...]) -> None:
    tried = set()
    for article in known:
        links = [listing.link for listing in registry[article.source].listings if listing.link]
        if any(re.search(link, article.url) for link in links):
            tried.add(article.source)
    assert tried >= {"elsdorf", "ksta", "rp-online", "nrw-global-business", "region-koeln-bonn", "rwe", "crn-de"}


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("wirtschaft-elsdorf", "http://bote.example/aktuelles?newsartikelId=12&utm_source=x"),
        ("it-production", "https://bote.example/?p=4711&utm_source=x"),
        ("rhein-kreis-neuss", "https://bote.example/bi/to0050.asp?__ktonr=34877&utm_source=x"),
    ],
)
def test_query_ids_keep_articles_apart(registry: dict[str, Source], source: str, url: str) -> None:
    hints = registry[source].hints()
    assert key(url, source, hints) == key(url.removesuffix("&utm_source=x"), source, hints)
    assert key(url, source, hints) != key(url.partition("?")[0], source, hints)
