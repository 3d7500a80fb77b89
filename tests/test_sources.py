import json
import re
from datetime import date
from itertools import combinations
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import crawler
from crawler.sources import (
    Address,
    ConfigError,
    Evidence,
    Kind,
    Known,
    Listing,
    Source,
    expand,
    known_articles,
    load,
    source_of,
)
from pipelines.article import Hints
from pipelines.identity import bare_host, key

ENTRY = """
[[source]]
id = "bote"
name = "Der Bote"
homepage = "https://www.bote.example/"
kind = "regional_press"
lang = "de"
region = "nrw"
"""


@pytest.fixture
def told(tmp_path: Path):
    """The lines that loading a registry of this text ends with."""

    def lines(text: str | bytes) -> tuple[str, ...]:
        path = tmp_path / "sources.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        with pytest.raises(ConfigError) as caught:
            load(path)
        assert str(caught.value) == "\n".join(caught.value.errors)
        return caught.value.errors

    return lines


def _source(**fields: object) -> Source:
    return Source(**{"id": "bote", "name": "B", "kind": "other", "lang": "de", "region": "nrw"} | fields)


# --- reading ---


def test_an_entry_with_every_key(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        ENTRY
        + r"""
access = "partial"
feeds = ["https://feed.bote.example/rss", { url = "https://bote.example/feed", evidence = "seen" }]
sitemaps = ["https://bote.example/archiv-{YYYY}.xml"]
news_sitemaps = ["https://bote.example/neu.xml?tag={YYYY-MM-DD}"]
listings = [
  "https://bote.example/neues",
  { url = "https://bote.example/ort", evidence = "listed", link = '/a/\d+', page = "seite", first_page = 1, pages = 4 },
]
hosts = ["bote-alt.example"]
id_pattern = '-(\d+)\.html'
query_ids = ["nr"]
paused = "moves house"
""",
        encoding="utf-8",
    )
    (bote,) = load(path)
    assert bote.feeds == (
        Address(url="https://feed.bote.example/rss"),
        Address(url="https://bote.example/feed", evidence=Evidence.SEEN),
    )
    assert bote.listings == (
        Listing(url="https://bote.example/neues"),
        Listing(
            url="https://bote.example/ort",
            evidence=Evidence.LISTED,
            link=r"/a/\d+",
            page="seite",
            first_page=1,
            pages=4,
        ),
    )
    assert bote.paused == "moves house"
    assert bote.own_hosts == {"bote.example", "feed.bote.example", "bote-alt.example"}
    assert bote.addresses == (
        "https://feed.bote.example/rss",
        "https://bote.example/feed",
        f"https://bote.example/neu.xml?tag={date.today().isoformat()}",
        f"https://bote.example/archiv-{date.today().year}.xml",
        "https://bote.example/neues",
        "https://bote.example/ort",
    )
    assert bote.hints() == Hints(
        hosts=bote.own_hosts,
        id_pattern=r"-(\d+)\.html",
        query_ids=("nr",),
        kind="regional_press",
        lang="de",
        access="partial",
    )


def test_an_unknown_access_is_no_hint(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(ENTRY)
    assert load(path)[0].hints().access is None


def test_the_environment_names_another_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "own.toml"
    path.write_text(ENTRY)
    monkeypatch.setenv("REVIERSPIEGEL_SOURCES", str(path))
    assert [source.id for source in load()] == ["bote"]
    monkeypatch.setenv("REVIERSPIEGEL_SOURCES", "")
    assert len(load()) > 1


# --- errors ---


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ('kind = "regional"', "bote: kind: 'regional' is none of government, "),
        ('kind = "regional_pres"', "; did you mean 'regional_press'?"),
        ("kind = 3", "bote: kind: 3 is none of government, "),
        ('access = "partly"', "bote: access: 'partly' is none of none, partial, hard, unknown"),
        ('lang = "german"', "bote: lang: 'german', expected an ISO 639-1 code such as \"de\""),
        ('name = " "', "bote: name: ' ', expected the outlet's name"),
        ("region = []", 'bote: region: [], expected a region such as "nrw"'),
        ('feed = ["https://bote.example/rss"]', "bote: feed: unknown key; did you mean 'feeds'?"),
        ("colour = 1", "bote: colour: unknown key, expected one of id, name, homepage, kind, "),
        ('homepage = "bote.example"', "bote: homepage: 'bote.example', expected an address without spaces such as "),
        ('homepage = "ftp://bote.example/"', "bote: homepage: 'ftp://bote.example/', expected an address"),
        ('homepage = "https:///neues"', "bote: homepage: 'https:///neues', expected an address"),
        ('homepage = "https://bote.example/a b"', "bote: homepage: 'https://bote.example/a b', expected an address"),
        ('homepage = "https://bote.example:x/"', "bote: homepage: 'https://bote.example:x/', expected an address"),
        ('homepage = "https://[bote/"', "bote: homepage: 'https://[bote/', expected an address"),
        ('feeds = "https://bote.example/rss"', "bote: feeds: 'https://bote.example/rss', expected a list: [ … ]"),
        ("feeds = [7]", "bote: feeds: 1: 7, expected a table with url"),
        ('feeds = [{ evidence = "seen" }]', "bote: feeds: 1: url: missing, expected an address"),
        (
            'feeds = [{ url = "https://bote.example/rss", evidence = "sene" }]',
            "bote: feeds: 1: evidence: 'sene' is none of verified, listed, seen, inferred; did you mean 'seen'?",
        ),
        (
            'sitemaps = ["https://bote.example/{YYMM}.xml"]',
            "bote: sitemaps: 1: 'https://bote.example/{YYMM}.xml' holds {YYMM}, expected no template but {YYYY} and ",
        ),
        ("listings = [{ pages = 1, page = 'p' }]", "bote: listings: 1: url: missing, expected an address"),
        (
            'listings = [{ url = "https://bote.example/", page = "p", first_page = -1 }]',
            "bote: listings: 1: first_page: -1, expected a whole number from 0 to 100",
        ),
        (
            'listings = [{ url = "https://bote.example/", page = "p", pages = 0 }]',
            "bote: listings: 1: pages: 0, expected a whole number from 1 to 100",
        ),
        (
            'listings = [{ url = "https://bote.example/", page = "p", pages = true }]',
            "bote: listings: 1: pages: True, expected a whole number from 1 to 100",
        ),
        (
            'listings = [{ url = "https://bote.example/", pages = 2 }]',
            "bote: listings: 1: page: missing, expected the query parameter that counts the pages",
        ),
        (
            "listings = [{ url = 'https://bote.example/', link = '/a(' }]",
            "bote: listings: 1: link: '/a(': missing ), unterminated subpattern",
        ),
        (
            "id_pattern = '[0-9'",
            "bote: id_pattern: '[0-9': unterminated character set at position 0, expected a regular",
        ),
        (r"id_pattern = '\d+'", r"bote: id_pattern: '\\d+' has 0 groups, expected exactly 1"),
        ("id_pattern = '(a)(b)'", "bote: id_pattern: '(a)(b)' has 2 groups, expected exactly 1; write (?:…)"),
        ("id_pattern = ''", "bote: id_pattern: '', expected a regular expression"),
        ('hosts = ["https://bote.example"]', "bote: hosts: 1: 'https://bote.example', expected a host in lower case"),
        ('query_ids = ["a=b"]', "bote: query_ids: 1: 'a=b', expected a query parameter such as"),
        ("paused = true", "bote: paused: True, expected a text that says why"),
        (
            'feeds = ["https://bote.example/rss"]\nsitemaps = ["https://bote.example/rss"]',
            "bote: https://bote.example/rss stands 2 times (in bote), expected once",
        ),
    ],
)
def test_one_thing_wrong_is_told_in_one_line(told, change: str, expected: str) -> None:
    key = change.partition(" =")[0]
    (line,) = told("".join(f"{kept}\n" for kept in ENTRY.splitlines() if not kept.startswith(f"{key} =")) + change)
    assert line.startswith("sources.toml: bote: ")
    assert expected in line


@pytest.mark.parametrize("key", ["id", "name", "homepage", "kind", "lang", "region"])
def test_a_missing_key_is_named(told, key: str) -> None:
    (line,) = told(re.sub(rf"(?m)^{key} = .*\n", "", ENTRY))
    assert line.startswith(f"sources.toml: {'entry 1' if key == 'id' else 'bote'}: {key}: missing, expected ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["sources.toml: source: no entry, expected at least one [[source]]"]),
        ("source = []", ["sources.toml: source: no entry, expected at least one [[source]]"]),
        ("source = [5]", ["sources.toml: entry 1: 5, expected a table with id, name, homepage, kind, lang, region"]),
        (
            ENTRY.replace("[[source]]", "[[sources]]"),
            [
                "sources.toml: sources: unknown key, expected source; did you mean 'source'?",
                "sources.toml: source: no entry, expected at least one [[source]]",
            ],
        ),
        (ENTRY + ENTRY, ["sources.toml: bote: id: stands in entries 1 and 2, expected one entry for each id"]),
        (
            ENTRY.encode("utf-8") + 'region = "Köln"'.encode("latin-1"),
            [f"sources.toml: byte {len(ENTRY) + 11}: not UTF-8, expected a TOML file in UTF-8"],
        ),
    ],
)
def test_a_file_that_is_no_registry(told, text: str | bytes, expected: list[str]) -> None:
    assert list(told(text)) == expected


def test_what_is_no_toml_is_told_with_its_line(told) -> None:
    (line,) = told(ENTRY + "feeds = [\n  https://bote.example/rss\n]\n")
    assert re.fullmatch(r"sources\.toml: line 10, column \d+: .+, expected TOML", line)


def test_everything_wrong_is_told_at_once(told) -> None:
    second = ENTRY.replace("bote", "blatt").replace('"de"', '"xyz"') + "feeds = [1, 'x']\n"
    lines = told(ENTRY.replace("homepage", "home_page") + second)
    assert [line.split(", expected")[0] for line in lines] == [
        "sources.toml: bote: home_page: unknown key; did you mean 'homepage'?",
        "sources.toml: bote: homepage: missing",
        "sources.toml: blatt: lang: 'xyz'",
        "sources.toml: blatt: feeds: 1: 1",
        "sources.toml: blatt: feeds: 2: 'x'",
    ]


def test_a_missing_file_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read .*set REVIERSPIEGEL_SOURCES to one or unset it"):
        load(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match=r"none\.csv: cannot be read .*set REVIERSPIEGEL_KNOWN to one or unset it"):
        known_articles(tmp_path / "none.csv")


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
    assert [line for line in lines if len(line) > 140] == []


def test_a_host_belongs_to_one_source_or_is_parted_by_the_homepages_path(registry: dict[str, Source]) -> None:
    for one, other in combinations(registry.values(), 2):
        if one.own_hosts & other.own_hosts:
            assert urlsplit(one.homepage).path != urlsplit(other.homepage).path, f"{one.id} and {other.id}"


def test_a_source_without_addresses_has_a_known_article(registry: dict[str, Source], known: tuple[Known, ...]) -> None:
    told = {article.source for article in known}
    assert [source.id for source in registry.values() if not source.addresses and source.id not in told] == []


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


def test_the_known_articles_are_those_labelled_on_topic(known: tuple[Known, ...]) -> None:
    labels = Path(__file__).parents[1].parent / "shared" / "corpus" / "topic-dev.jsonl"
    if not labels.exists():
        pytest.skip("the labelled articles are not on this machine")
    rows = [json.loads(line) for line in labels.read_text(encoding="utf-8").splitlines() if line]
    assert {a.url for a in known} == {row["url"] for row in rows if row["label"] == "ON" and not row["mirror"]}


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
