"""The registry: how it is read, what is told of one that is wrong, and that ours holds what is known of the outlets."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

import crawler
from crawler.policy.strangers import Denials, destination
from crawler.registry.finders import load_finders
from crawler.registry.owners import Owners, source_of
from crawler.registry.sources import (
    Address,
    ConfigError,
    Denied,
    Evidence,
    Kind,
    Listing,
    Manners,
    Registry,
    Reserved,
    Source,
    denied_by,
    known_articles,
    load,
    load_registry,
    manners,
)
from db.outcomes import Code
from db.store.archive import Archive
from pipelines.article import Hints
from pipelines.identity import bare_host
from revierspiegel.services.explain import explain
from tests.conftest import ROOT, SHARED, needs_shared

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
        (
            'rights = "releases"',
            "bote: rights: 'releases' is none of press, release, cc0, cc-by, cc-by-sa; did you mean 'release'?",
        ),
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


@pytest.mark.parametrize("key", ["id", "name", "homepage"])
def test_a_missing_key_is_named(told, key: str) -> None:
    (line,) = told(re.sub(rf"(?m)^{key} = .*\n", "", ENTRY))
    assert line.startswith(f"sources.toml: {'entry 1' if key == 'id' else 'bote'}: {key}: missing, expected ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["sources.toml: source: no entry, expected at least one [[source]]"]),
        ("source = []", ["sources.toml: source: no entry, expected at least one [[source]]"]),
        ("source = [5]", ["sources.toml: entry 1: 5, expected a table with id, name, homepage"]),
        (
            ENTRY.replace("[[source]]", "[[sources]]"),
            [
                "sources.toml: sources: unknown key; did you mean 'source'?",
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


# --- manners ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Reserved.METADATA_ONLY),
        ("[manners]\n", Reserved.METADATA_ONLY),
        ('[manners]\nreserved = "metadata-only"\n', Reserved.METADATA_ONLY),
        ('[manners]\nreserved = "skip"\n', Reserved.SKIP),
        ('[manners]\nreserved = "keep"\n', Reserved.KEEP),
    ],
)
def test_what_a_reservation_means_is_a_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: Reserved
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text + ENTRY)
    assert manners(path) == load_registry(path).manners == Manners(reserved=expected)
    monkeypatch.setenv("REVIERSPIEGEL_SOURCES", str(path))
    assert manners().reserved is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[manners]\nreserved = "metadata"\n',
            "manners: reserved: 'metadata' is none of metadata-only, skip, keep; did you mean 'metadata-only'?",
        ),
        ("[manners]\nreserved = true\n", "manners: reserved: True is none of metadata-only, skip, keep"),
        ('[manners]\nreserve = "skip"\n', "manners: reserve: unknown key; did you mean 'reserved'?"),
        ("manners = 3\n", "manners: 3, expected a table with reserved"),
        ("[manner]\n", "manner: unknown key; did you mean 'manners'?"),
        ("[colours]\n", "colours: unknown key, expected one of source, manners, publishing, denied"),
        ("[publishing]\nextract_words = 31\n", "publishing: extract_words: 31, expected a whole number from 0 to 30"),
        ("[publishing]\nwords = 7\n", "publishing: words: unknown key, expected one of extract_words, keep"),
    ],
)
def test_what_is_wrong_with_manners(told, text: str, expected: str) -> None:
    assert told(text + ENTRY) == (f"sources.toml: {expected}",)


# --- denied ---

DENIED = """
[[denied]]
host = "spiegelbild.example"
why = "a clone of Der Bote"
"""


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://spiegelbild.example/a", "a clone of Der Bote"),
        ("http://WWW.Spiegelbild.example:8080/a", "a clone of Der Bote"),
        ("https://m.spiegelbild.example./", "a clone of Der Bote"),
        ("https://blatt.spiegelbild.example/a", "a clone of Das Blatt"),
        ("https://m.blatt.spiegelbild.example/a", "a clone of Das Blatt"),
        ("https://keinspiegelbild.example/a", None),
        ("https://example/a", None),
        ("https://[spiegelbild.example/", None),
        ("", None),
    ],
)
def test_denied_hosts_take_their_subdomains_along(tmp_path: Path, url: str, why: str | None) -> None:
    path = tmp_path / "own.toml"
    longer = DENIED.replace("spiegelbild", "www.blatt.spiegelbild").replace("Der Bote", "Das Blatt")
    path.write_text(DENIED + longer + ENTRY)
    registry = load_registry(path)
    assert registry.denied == (
        Denied(host="spiegelbild.example", why="a clone of Der Bote"),
        Denied(host="blatt.spiegelbild.example", why="a clone of Das Blatt"),
    )
    found = denied_by(url, registry)
    assert (found and found.why) == why


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ('homepage = "https://www.spiegelbild.example/"', "homepage: spiegelbild.example"),
        ('feeds = ["https://feed.spiegelbild.example/rss"]', "feeds: feed.spiegelbild.example"),
        ('listings = [{ url = "https://m.spiegelbild.example/" }]', "listings: m.spiegelbild.example"),
        ('hosts = ["alt.spiegelbild.example"]', "hosts: alt.spiegelbild.example"),
    ],
)
def test_a_denied_host_is_no_source(told, change: str, place: str) -> None:
    key = change.partition(" =")[0]
    entry = "".join(f"{kept}\n" for kept in ENTRY.splitlines() if not kept.startswith(f"{key} ="))
    expected = f"bote: {place}, expected no [[denied]] host: spiegelbild.example is a clone of Der Bote"
    assert told(f"{entry}{change}\n{DENIED}") == (f"sources.toml: {expected}",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[[denied]]\nhost = "a.example"\n', "denied: 1: why: missing, expected the end of the sentence"),
        ('[[denied]]\nwhy = "a clone"\n', "denied: 1: host: missing, expected a host in lower case"),
        ('[[denied]]\nhost = "a.example"\nwhy = ""\n', "denied: 1: why: '', expected the end of the sentence"),
        (
            '[[denied]]\nhost = "https://a.example/"\nwhy = "a clone"\n',
            "denied: 1: host: 'https://a.example/', expected a host in lower case",
        ),
        (
            DENIED + '[[denied]]\nhost = "*.example"\nwhy = "a clone"\n',
            "denied: 2: host: '*.example', expected a host in lower case",
        ),
        (
            '[[denied]]\nhost = "beispiel"\nwhy = "a clone"\n',
            "denied: 1: host: 'beispiel', expected a host in lower case",
        ),
        ('[[denied]]\nhost = "a.example"\nwhy = "a"\nwhen = 1\n', "denied: 1: when: unknown key"),
        ('[denied]\nhost = "a.example"\n', "denied: one table, expected a list of them: [[ … ]]"),
        ("denied = [4]\n", "denied: 1: 4, expected a table with host, why"),
        (DENIED + DENIED, "denied: spiegelbild.example stands 2 times, expected once"),
    ],
)
def test_what_is_wrong_with_a_denied_host(told, text: str, expected: str) -> None:
    (line,) = told(text + ENTRY)
    assert line.startswith(f"sources.toml: {expected}")


def test_explain_says_why_a_host_is_never_taken(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "own.toml"
    path.write_text(DENIED + ENTRY)
    monkeypatch.setenv("REVIERSPIEGEL_SOURCES", str(path))
    home.mkdir()
    Archive(home / "archive.db").close()
    told = explain("https://m.spiegelbild.example/microsoft")
    assert told["answer"] == "never taken: spiegelbild.example is a clone of Der Bote"
    assert told["source"] is None


# --- our own, and what is known of the outlets ---

FINDERS = Path(crawler.__file__).with_name("finders.toml")
CANDIDATES = SHARED / "research" / "sources.yaml"
LABELS = SHARED / "corpus" / "topic-dev.jsonl"
DOCS = ROOT / "docs" / "sources.md"
KINDS_OF_ADDRESS = {"feeds": "feeds", "sitemaps": "sitemaps", "news_sitemaps": "news_sitemaps", "listing": "listings"}

needs_candidates = needs_shared("research/sources.yaml")
needs_labels = needs_shared("corpus/topic-dev.jsonl")


@pytest.fixture(scope="module")
def ours() -> Registry:
    return load_registry(Path(crawler.__file__).with_name("sources.toml"))


@pytest.fixture(scope="module")
def left_out() -> set[str]:
    """Ids and hosts in the table of docs/sources.md that says what is not in the registry, and why."""
    table = DOCS.read_text(encoding="utf-8").partition("## Left out")[2].partition("\n## ")[0]
    return set(re.findall(r"(?m)^\| `([^`]+)` \| \S", table))


def candidates() -> list[dict[str, Any]]:
    return yaml.safe_load(CANDIDATES.read_text(encoding="utf-8"))


def on_topic() -> list[str]:
    rows = map(json.loads, LABELS.read_text(encoding="utf-8").splitlines())
    return [row["url"] for row in rows if row["label"] == "ON" and not row["mirror"]]


def test_every_discovery_address_of_ours_has_its_evidence(ours: Registry) -> None:
    found = [each for source in ours.sources for key in KINDS_OF_ADDRESS.values() for each in getattr(source, key)]
    assert len(found) > 200
    assert [each.url for each in found if each.evidence is None] == []


def test_the_comment_says_where_nothing_leads_to_articles(ours: Registry) -> None:
    text = Path(crawler.__file__).with_name("sources.toml").read_text(encoding="utf-8")
    said = re.findall(r'(?m)^# (known articles only|no address known)\b.*\n\[\[source\]\]\nid = "(.+)"$', text)
    comments = {name: comment for comment, name in said}
    known = {article.source for article in known_articles(Path(crawler.__file__).with_name("known_articles.csv"))}
    assert comments == {
        source.id: "known articles only" if source.id in known else "no address known"
        for source in ours.sources
        if not source.addresses
    }


def test_ours_says_what_a_reservation_means_and_whom_it_denies(ours: Registry) -> None:
    assert ours.manners.reserved is Reserved.METADATA_ONLY
    found = denied_by("http://subader.de/wirtschaft/a-100.html", ours)
    assert found and found.why == "a clone of tagesschau"
    assert denied_by("https://front-1.europe-west3.run.app/region/a-1", ours)


@pytest.mark.parametrize("url", ["https://news.yahoo.com/a-1.html", "https://www.pressreader.com/germany/blatt/1"])
def test_portals_for_known_articles_are_sources_to_which_no_finder_leads(ours: Registry, url: str) -> None:
    source = source_of(url, ours.sources)
    assert source and not source.addresses
    found = destination(url, Denials(load_finders(FINDERS).denied, ours.denied), Owners(ours.sources))
    assert found.refused and found.refused.code is Code.HOST_DENIED


@pytest.mark.parametrize(
    ("url", "name", "evidence"),
    [
        ("https://www.bundesregierung.de/service/rss/breg-de/1151244/feed.xml", "bundesregierung", Evidence.VERIFIED),
        ("https://www.news4teachers.de/feed/", "news4teachers", Evidence.VERIFIED),
        ("https://www.otz.de/rss", "otz", Evidence.SEEN),
        ("https://www.theguardian.com/technology/rss", "guardian", Evidence.LISTED),
        ("https://www.schwaebische.de/arc/outboundfeeds/rss/", "schwaebische", Evidence.INFERRED),
        ("https://feed.rundschau-online.de/feed/rss/region/index.rss", "rundschau-online", Evidence.INFERRED),
    ],
)
def test_evidence_says_no_more_than_was_seen(ours: Registry, url: str, name: str, evidence: Evidence) -> None:
    (source,) = (source for source in ours.sources if source.id == name)
    assert Address(url=url, evidence=evidence) in source.feeds


def test_an_outlet_that_has_moved_is_the_same_source(ours: Registry) -> None:
    found = source_of("https://capacityglobal.com/news/a-b", ours.sources)
    assert found and found.id == "capacity"


@needs_candidates
def test_every_candidate_is_a_source_or_left_out_with_a_reason(ours: Registry, left_out: set[str]) -> None:
    registry = {source.id: source for source in ours.sources}
    names = [candidate["id"] for candidate in candidates()]
    assert [name for name in names if (name in registry) == (name in left_out)] == []
    for candidate in candidates():
        if source := registry.get(candidate["id"]):
            row = source.row() | {"paywall": source.access}
            same = ("name", "homepage", "kind", "lang", "region", "paywall")
            assert {key: row[key] for key in same} == {key: candidate[key] for key in same}


@needs_candidates
def test_every_address_of_a_candidate_is_taken_or_left_out_with_a_reason(ours: Registry, left_out: set[str]) -> None:
    taken = {url for source in ours.sources for url in source.templates}
    for candidate in candidates():
        urls = {each["url"] for key in KINDS_OF_ADDRESS for each in candidate.get(key, ())}
        assert candidate["id"] in left_out or urls - left_out <= taken, candidate["id"]


@needs_candidates
def test_no_address_of_ours_is_trusted_less_than_its_evidence_allows(ours: Registry) -> None:
    evidence = {
        each["url"]: Evidence(each["evidence"])
        for candidate in candidates()
        for key in KINDS_OF_ADDRESS
        for each in candidate.get(key, ())
    }
    doubted = {"https://feed.rundschau-online.de/feed/rss/region/index.rss"}  # an audit since has found no feed
    best_first = list(Evidence)
    for source in ours.sources:
        for key in KINDS_OF_ADDRESS.values():
            for each in getattr(source, key):
                if each.url in evidence.keys() - doubted:
                    assert best_first.index(each.evidence) <= best_first.index(evidence[each.url]), each.url


@needs_candidates
def test_every_mirror_and_clone_is_denied(ours: Registry) -> None:
    head = CANDIDATES.read_text(encoding="utf-8").partition("never to take as sources:")[2].partition("Places of")[0]
    hosts = re.findall(r"(?<![\w.-])(?:\*\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)", re.sub(r"\([^)]*\)", "", head))
    assert len(hosts) >= 12
    assert {each.host for each in ours.denied} >= set(hosts)


@needs_labels
def test_every_host_of_an_article_on_the_story_is_a_sources_own(ours: Registry, left_out: set[str]) -> None:
    hosts = {bare_host(url) for url in on_topic()}
    assert hosts - {host for source in ours.sources for host in source.own_hosts} - left_out == set()


@needs_labels
def test_every_mirror_of_an_article_on_the_story_is_denied(ours: Registry) -> None:
    rows = map(json.loads, LABELS.read_text(encoding="utf-8").splitlines())
    assert [row["url"] for row in rows if row["mirror"] and not denied_by(row["url"], ours)] == []


# Forms that an outlet's ids are known to have, in any address.
IDS = re.compile(r"_aid-\d+|-a-[0-9a-f]{32}|article\d{6,}|/artikel/[^/]*-\d+\.html|_arid,\d+|-\d{4}-\d{5,}\.html")


@needs_labels
def test_id_patterns_find_the_ids_in_addresses_of_the_story(ours: Registry) -> None:
    owners = {host: source for source in ours.sources for host in source.own_hosts}
    tried = set()
    for url in on_topic():
        source = owners[bare_host(url)]
        if source.id_pattern or IDS.search(url):
            assert re.search(source.id_pattern or "$^", url), url
            tried.add(source.id)
    assert len(tried) >= 20


# --- docs/sources.md ---


def test_the_five_lines_in_the_docs_are_a_source(tmp_path: Path) -> None:
    text = DOCS.read_text(encoding="utf-8")
    example = re.search(r"(?s)## Add a source in five lines.*?```toml\n(.+?)```", text)
    assert example
    assert len(example.group(1).splitlines()) == 5
    path = tmp_path / "sources.toml"
    path.write_text(example.group(1), encoding="utf-8")
    (source,) = load(path)
    assert source.addresses
    assert (source.kind, source.lang, source.region) == (Kind.OTHER, "de", "de")
    assert source.homepage.endswith(".example/")


def test_every_toml_example_in_the_docs_loads(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    for example in re.findall(r"(?s)```toml\n(.+?)```", DOCS.read_text(encoding="utf-8")):
        path.write_text(example if "[[source]]" in example else example + ENTRY, encoding="utf-8")
        assert load_registry(path)


def test_every_key_and_value_is_in_the_docs() -> None:
    text = DOCS.read_text(encoding="utf-8")
    entry = Source(id="bote", name="B", homepage="https://bote.example/")
    keys = [*entry.row(), "feeds", "news_sitemaps", "sitemaps", "listings", "hosts", "id_pattern", "query_ids"]
    words = {*keys, "link", "page", "first_page", "pages", *Kind, *Evidence, *Reserved, "none", "partial", "hard"}
    assert [word for word in sorted(words - {"addresses"}) if f"`{word}`" not in text] == []


# --- what may be shown ---


@pytest.mark.parametrize(
    ("said", "rights"),
    [
        ('kind = "regional_press"', "press"),
        ('kind = "company"', "release"),
        ('kind = "municipality"', "release"),
        ('kind = "company"\nrights = "press"', "press"),
        ('kind = "other"\nrights = "cc-by"', "cc-by"),
    ],
)
def test_what_may_be_shown_of_a_source_goes_by_its_kind(tmp_path: Path, said: str, rights: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(ENTRY.replace('kind = "regional_press"', said))
    registry = load_registry(path)
    assert registry.sources[0].row()["rights"] == rights
    assert (registry.publishing.extract_words, registry.publishing.keep) == (7, 30)
