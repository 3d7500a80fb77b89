"""Each address of the registry asked once: what works, what has moved, what is lost, what could take its place."""

import difflib
import json
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.newsroom import Answer, Newsroom, feed
from crawler.registry import probes
from crawler.registry.editing import patched
from crawler.registry.probes import Action, Past, Probe, Proposal, State, Type
from crawler.registry.sources import FOLDER, load
from crawler.spiders import probing
from tests.conftest import Desk
from tests.test_crawl import REGISTRY, fill

TODAY = date(2025, 3, 14)
DAY = "Wed, 12 Mar {year} 09:30:00 +0100"
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def entry(name: str, places: str = "") -> str:
    return f"""
# what is said above {name} stays above it
[[source]]
id = "{name}"
name = "{name.title()}"   # its own name
homepage = "http://{name}.example/"
kind = "regional_press"
lang = "de"
region = "nrw"
{places}
"""


def items(host: str, *, year: int | None = None) -> Answer:
    """A feed of two articles of the day before yesterday, or of some year."""
    day = DAY.format(year=year or date.today().year)
    return feed([(f"http://{host}.example/{n}", f"Artikel Nummer {n}", day) for n in (1, 2)])


def sitemap(host: str, *, news: bool = False) -> Answer:
    named = "<news:news><news:title>Ein Titel</news:title></news:news>" if news else ""
    urls = f"<url><loc>http://{host}.example/1</loc><lastmod>{date.today()}</lastmod>{named}</url>"
    text = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {NEWS}>{urls}</urlset>'
    return Answer(body=text.encode(), kind="application/xml")


def html(head: str = "", body: str = "") -> Answer:
    return Answer(
        body=f"<!doctype html><html><head><title>Start</title>{head}</head><body>{body}</body></html>".encode()
    )


def checked(desk: Desk, *words: str, code: int = 0) -> dict[str, Any]:
    """What `--json` says, by source."""
    done = desk.run("sources", "check", "-s", "DOWNLOAD_DELAY=0", "--json", *words)
    assert done.returncode == code, done.stderr
    return {told["source"]: told for told in json.loads(done.stdout)}


def what(told: dict[str, Any]) -> list[tuple[str, str, str, str | None]]:
    return [(each["what"], each["key"], each["url"], each["to"]) for each in told["proposals"]]


# A check of the registry as it stands


def test_how_far_it_is_stands_on_stderr(desk: Desk, newsroom: Newsroom) -> None:
    desk.registry(entry("gut", 'feeds = ["http://gut.example/feed"]'))
    newsroom.put("http://gut.example/feed", items("gut"))
    done = desk.run("sources", "check", "-s", "DOWNLOAD_DELAY=0")
    assert done.stderr.splitlines()[-1] == "1/1 sources, 1 addresses"


def test_each_address_is_told_as_it_is(desk: Desk, newsroom: Newsroom) -> None:
    one = 'feeds = ["http://{0}.example/feed"]'
    names = "gut umgezogen fort leer html verboten nein weg vorbehalt kaputt".split()
    desk.registry("".join(entry(name, one.format(name)) for name in names))
    for name in names:
        if name != "weg":
            newsroom.put(f"http://{name}.example/feed", items(name))
    newsroom.put("http://umgezogen.example/feed", Answer(status=301, headers={"Location": "/neu.xml"}))
    newsroom.put("http://umgezogen.example/neu.xml", items("umgezogen"))
    newsroom.put("http://fort.example/feed", Answer(status=410))
    newsroom.put("http://leer.example/feed", feed([]))
    newsroom.put("http://html.example/feed", html())
    newsroom.put("http://verboten.example/robots.txt", Answer(body=b"User-agent: *\nDisallow: /feed\n"))
    newsroom.put("http://nein.example/feed", Answer(status=403))
    news = items("vorbehalt")
    newsroom.put(
        "http://vorbehalt.example/feed", Answer(body=news.body, kind=news.kind, headers={"tdm-reservation": "1"})
    )
    broken = items("kaputt").body.replace(b"</channel></rss>", b"")
    newsroom.put("http://kaputt.example/feed", Answer(body=broken, kind=news.kind))

    told = checked(desk)
    assert {name: each["state"] for name, each in told.items()} == dict.fromkeys(names, "failing") | {
        "gut": "ok",
        "umgezogen": "ok",
        "vorbehalt": "ok",
        "kaputt": "ok",
        "weg": "unreachable",
    }
    answers = {name: each["addresses"][0] for name, each in told.items()}
    gut = answers["gut"]
    assert {
        name: gut[name] for name in ("type", "entries", "with_title", "with_date", "robots", "status", "works")
    } == {
        "type": "rss",
        "entries": 2,
        "with_title": 1.0,
        "with_date": 1.0,
        "robots": "allowed",
        "status": 200,
        "works": True,
    }
    assert gut["newest"].endswith("-03-12")
    assert (gut["reserved"], answers["vorbehalt"]["reserved"]) == (None, True)
    assert answers["umgezogen"]["moved_to"] == "http://umgezogen.example/neu.xml"
    assert (answers["html"]["type"], answers["html"]["reachable"]) == ("html", True)
    assert "titled 'Start'" in answers["html"]["problem"]
    assert (answers["verboten"]["robots"], answers["weg"]["robots"]) == ("disallowed", "unknown")
    assert (answers["leer"]["entries"], answers["leer"]["problem"]) == (0, "it has no entries")
    assert "XML breaks off" in answers["kaputt"]["problem"]

    address = "http://{0}.example/feed"
    verified = {name: [("evidence", "feeds", address.format(name), None)] for name in ("gut", "vorbehalt")}
    watched = {name: [("watch", "feeds", address.format(name), None)] for name in ("leer", "html", "fort")}
    assert {name: what(each) for name, each in told.items()} == verified | watched | {
        "umgezogen": [("move", "feeds", address.format("umgezogen"), "http://umgezogen.example/neu.xml")],
        "verboten": [("pause", "feeds", address.format("verboten"), None)],
        "nein": [("pause", "feeds", address.format("nein"), None)],
        "weg": [],
        "kaputt": [
            ("evidence", "feeds", address.format("kaputt"), None),
            ("watch", "feeds", address.format("kaputt"), None),
        ],
    }
    assert newsroom.asked("nein.example").count("/feed") == 1
    assert set(newsroom.asked("nein.example")) == {"/robots.txt", "/.well-known/tdmrep.json", "/feed"}
    assert "/feed" not in newsroom.asked("verboten.example")

    told = checked(desk)  # the second look at what is gone
    assert what(told["fort"]) == [("remove", "feeds", "http://fort.example/feed", None)]
    assert not any(each["lost"] for each in told.values())
    assert desk.rows("select count(*) as n from runs") == [{"n": 0}]


def test_only_the_checks_are_written_and_each_page_but_the_lists_is_left_alone(desk: Desk, newsroom: Newsroom) -> None:
    fill(newsroom)
    desk.registry(REGISTRY)
    told = checked(desk)
    assert {name: each["state"] for name, each in told.items()} == {"anzeiger": "ok", "amt": "ok", "rechner": "ok"}
    index = told["rechner"]["addresses"][0]
    assert (index["type"], index["entries"], index["newest"]) == ("sitemap index", 1, "2025-03-12")
    assert (told["amt"]["addresses"][0]["type"], told["amt"]["addresses"][0]["entries"]) == ("listing", 2)
    rules = ["/robots.txt", "/.well-known/tdmrep.json"]
    assert newsroom.asked("amt.example") == [*rules, "/presse"]
    assert newsroom.asked("rechner.example") == [*rules, "/sitemap.xml", "/2025.xml.gz"]
    assert [rule["document"] for rule in told["amt"]["rules"]] == ["robots.txt", "tdmrep.json"]
    tables = ("runs", "sources", "addresses", "leads", "pages", "articles", "refusals")
    assert [desk.rows(f"select count(*) as n from {table}")[0]["n"] for table in tables] == [0] * len(tables)
    rows = desk.rows("select * from checks order by url")
    assert [(row["works"], row["at"] == row["worked_at"]) for row in rows] == [(1, True)] * 3
    assert json.loads(str(rows[0]["found"]))["entries"] == 2


def test_it_does_not_run_beside_a_crawl(desk: Desk, newsroom: Newsroom) -> None:
    desk.registry(REGISTRY)
    newsroom.put("http://amt.example/robots.txt", Answer(body=b"", seconds=60))
    beside: list[str] = []

    def started() -> bool:
        if "/robots.txt" not in newsroom.asked("www.anzeiger.example"):
            return False
        done = desk.run("sources", "check")
        beside.append(done.stderr)
        return done.returncode == 1

    desk.crawl_and_kill(started)
    assert "a crawl is already running" in beside[0]


# Looking for addresses


def test_what_a_site_names_is_looked_for_where_nothing_works(desk: Desk, newsroom: Newsroom) -> None:
    desk.registry("".join(map(entry, ("verlinkt", "robots", "ueblich", "liste"))))
    comments = '<link rel="alternate" type="application/rss+xml" title="Start » Kommentar-Feed" href="/c/feed">'
    alternate = '<link rel="alternate" type="application/atom+xml" href="/nachrichten.atom">'
    newsroom.put("http://verlinkt.example/", html(comments + alternate))
    newsroom.put("http://verlinkt.example/c/feed", items("verlinkt"))
    newsroom.put("http://verlinkt.example/nachrichten.atom", items("verlinkt"))
    named = ("http://[kaputt", "http://fremd.example/sitemap.xml", "/karte.xml", "/karte-news.xml")
    rules = "".join(f"Sitemap: {each}\n" for each in named)
    newsroom.put("http://robots.example/robots.txt", Answer(body=rules.encode()))
    newsroom.put("http://robots.example/", Answer(status=404))
    newsroom.put("http://robots.example/karte.xml", sitemap("robots"))
    newsroom.put("http://robots.example/karte-news.xml", sitemap("robots", news=True))
    newsroom.put("http://ueblich.example/", html())
    newsroom.put("http://ueblich.example/rss.xml", Answer(status=301, headers={"Location": "/alle.rss"}))
    newsroom.put("http://ueblich.example/alle.rss", items("ueblich"))
    links = "".join(f'<li><a href="/ein-langer-titel-{n}">Ein Artikel mit der Nummer {n}</a></li>' for n in range(6))
    newsroom.put("http://liste.example/", html(body=f"<main><ul>{links}</ul></main>"))

    told = checked(desk)
    assert {each["state"] for each in told.values()} == {"none"}
    assert {name: what(each) for name, each in told.items()} == {
        "verlinkt": [("add", "feeds", "http://verlinkt.example/nachrichten.atom", None)],
        "robots": [
            ("add", "news_sitemaps", "http://robots.example/karte-news.xml", None),
            ("add", "sitemaps", "http://robots.example/karte.xml", None),
        ],
        "ueblich": [("add", "feeds", "http://ueblich.example/alle.rss", None)],
        "liste": [("add", "listings", "http://liste.example/", None)],
    }
    assert all(probe["found"] for each in told.values() for probe in each["addresses"])
    assert "fremd.example" not in {asked.host for asked in newsroom.log}
    assert "/c/feed" not in newsroom.asked("verlinkt.example")
    assert newsroom.asked("robots.example")[-2:] == ["/karte-news.xml", "/karte.xml"]  # and nothing after them
    assert desk.rows("select count(*) as n from checks") == [{"n": 0}]


def test_a_feed_left_behind_and_a_thin_homepage_are_told_of_and_not_proposed(desk: Desk, newsroom: Newsroom) -> None:
    desk.registry(entry("alt") + entry("duenn"))
    newsroom.put("http://alt.example/", html())
    newsroom.put("http://alt.example/feed", items("alt", year=2019))
    link = '<a href="/ein-sehr-langer-titel-1">Ein Artikel mit einem recht langen Titel</a>'
    newsroom.put("http://duenn.example/", html(body=f"<main>{link}</main>"))
    told = checked(desk)
    assert [(each["what"], each["why"]) for name in told for each in told[name]["proposals"]] == [
        ("watch", "found, but not proposed: newest of 2019-03-12"),
        ("watch", "found, but not proposed: fewer than 5 links look like articles"),
    ]


def test_who_asks_to_be_left_alone_is(desk: Desk, newsroom: Newsroom) -> None:
    desk.registry(entry("ruhe", 'feeds = ["http://ruhe.example/1", "http://ruhe.example/2"]') + entry("gut"))
    newsroom.put("http://ruhe.example/1", items("ruhe"))
    newsroom.put("http://gut.example/", html())
    checked(desk)
    newsroom.put("http://ruhe.example/1", Answer(status=429, headers={"Retry-After": "3600"}))
    newsroom.log.clear()
    ruhe = checked(desk)["ruhe"]
    assert (ruhe["state"], ruhe["lost"], ruhe["proposals"][1:]) == ("waiting", [], [])
    assert "left alone until" in ruhe["addresses"][1]["problem"]
    assert (ruhe["addresses"][1]["asked"], newsroom.asked("ruhe.example")[-1]) == (False, "/1")


# What is written


def test_changes_are_shown_as_a_patch_and_written_where_they_are_wanted(desk: Desk, newsroom: Newsroom) -> None:
    places = """feeds = ["http://alpha.example/feed"]   # kept
listings = [
  # the second page is never worth it
  { url = "http://alpha.example/presse", link = '/m/' },
  { url = "http://alpha.example/weg", evidence = "seen" }, # gone
]"""
    text = "# the head\n" + entry("alpha", places) + entry("beta") + "\n# the end\n"
    desk.registry(text)
    file = desk.folder / "sources.toml"
    newsroom.put("http://alpha.example/feed", Answer(status=308, headers={"Location": "http://alpha.example/neu"}))
    newsroom.put("http://alpha.example/neu", items("alpha"))
    newsroom.put("http://alpha.example/presse", html(body='<a href="/m/1">Mitteilung eins</a>'))
    newsroom.put("http://beta.example/", html('<link rel="alternate" type="application/rss+xml" href="/rss.php?a=1">'))
    newsroom.put("http://beta.example/rss.php?a=1", items("beta"))

    done = desk.run("sources", "check", "-s", "DOWNLOAD_DELAY=0")
    assert done.returncode == 0, done.stderr
    assert file.read_text("utf-8") == text
    table, _, patch = done.stdout.partition("\n--- ")
    assert [line.split()[:3] for line in table.splitlines()[1:5]] == [
        ["alpha", "yes", "rss"],
        ["alpha", "yes", "listing"],
        ["alpha", "no", "-"],
        ["beta", "found", "rss"],
    ]
    assert "# alpha: watch: http://alpha.example/weg: HTTP 404" in table
    assert '+feeds = [{ url = "http://alpha.example/neu", evidence = "verified" }]   # kept' in patch.splitlines()
    assert "-" + places.splitlines()[3] in patch.splitlines()

    done = desk.run("sources", "check", "-s", "DOWNLOAD_DELAY=0", "--write")
    assert done.returncode == 0, done.stderr
    assert "changed as shown" in done.stderr
    written = file.read_text("utf-8")
    changed = [line for line in difflib.ndiff(text.splitlines(), written.splitlines()) if line[0] in "-+"]
    assert changed == [
        '- feeds = ["http://alpha.example/feed"]   # kept',
        '+ feeds = [{ url = "http://alpha.example/neu", evidence = "verified" }]   # kept',
        "-   { url = \"http://alpha.example/presse\", link = '/m/' },",
        '+   { url = "http://alpha.example/presse", link = \'/m/\', evidence = "verified" },',
        '-   { url = "http://alpha.example/weg", evidence = "seen" }, # gone',
        "+ feeds = [",
        '+   { url = "http://beta.example/rss.php?a=1", evidence = "verified" },',
        "+ ]",
    ]
    alpha, beta = load(file)
    assert [each.url for each in alpha.feeds] == ["http://alpha.example/neu"]
    assert [each.url for each in beta.feeds] == ["http://beta.example/rss.php?a=1"]
    assert [each.name for each in desk.folder.glob(".sources*")] == []


def test_a_registry_that_cannot_be_written_is_one_line(desk: Desk, newsroom: Newsroom) -> None:
    desk.registry(entry("gut", 'feeds = ["http://gut.example/feed"]'))
    newsroom.put("http://gut.example/feed", items("gut"))
    (desk.folder / ".sources.toml.draft").mkdir()  # in its way; the tests may run as root, whom no mode stops
    done = desk.run("sources", "check", "-s", "DOWNLOAD_DELAY=0", "--write")
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if "cannot be written" in line] == done.stderr.splitlines()[-1:]
    assert "REVIERSPIEGEL_SOURCES" in done.stderr


# For cron


def test_a_source_that_dies_is_lost_until_the_registry_says_otherwise(desk: Desk, newsroom: Newsroom) -> None:
    lives = entry("lebt", 'feeds = ["http://lebt.example/feed"]')
    desk.registry(lives + entry("stirbt", 'feeds = ["http://stirbt.example/f"]'))
    newsroom.put("http://lebt.example/feed", items("lebt"))
    newsroom.put("http://stirbt.example/f", items("stirbt"))
    checked(desk)
    worked_at = desk.rows("select worked_at from checks where source = 'stirbt'")

    newsroom.put("http://stirbt.example/f", Answer(status=500))
    done = desk.run("sources", "check", "-s", "DOWNLOAD_DELAY=0")
    assert done.returncode == 1
    lost = [line for line in done.stderr.splitlines() if "no longer works" in line]
    assert [line.partition(" (")[0] for line in lost] == ["stirbt: http://stirbt.example/f no longer works: HTTP 500"]
    assert desk.rows("select worked_at from checks where source = 'stirbt' and not works") == worked_at

    before, away = desk.rows("select * from checks"), dict(newsroom.hosts)
    newsroom.hosts.clear()
    done = desk.run("sources", "check", "-s", "DOWNLOAD_DELAY=0", "--json", "--write")
    assert done.returncode == 1
    assert "no source could be reached" in done.stderr
    told = json.loads(done.stdout)
    assert [(each["state"], each["proposals"], each["lost"]) for each in told] == [("unreachable", [], [])] * 2
    assert desk.rows("select * from checks") == before

    newsroom.hosts.update(away)
    desk.registry(lives + entry("stirbt"))
    assert [each["lost"] for each in checked(desk).values()] == [[], []]
    assert desk.rows("select source from checks") == [{"source": "lebt"}]


def test_what_crawls_have_read_counts_where_there_was_no_check(desk: Desk, newsroom: Newsroom) -> None:
    fill(newsroom)
    desk.registry(REGISTRY)
    assert desk.crawl().returncode == 0
    newsroom.put("http://amt.example/presse", Answer(status=404))
    del newsroom.hosts["rechner.example"]
    told = checked(desk, code=1)
    assert [(lost["url"], lost["why"]) for each in told.values() for lost in each["lost"]] == [
        ("http://amt.example/presse", "HTTP 404"),
        ("http://rechner.example/sitemap.xml", "robots.txt: HTTP 502"),
    ]


def test_paused_sources_are_asked_only_where_that_is_said(desk: Desk, newsroom: Newsroom) -> None:
    desk.registry(entry("still", 'feeds = ["http://still.example/feed"]\npaused = "so it is"') + entry("gut"))
    newsroom.put("http://still.example/feed", items("still"))
    newsroom.put("http://gut.example/", html())
    told = checked(desk, "--source", "still", "--source", "gut")["still"]
    assert (told["state"], told["detail"], told["addresses"]) == ("paused", "so it is", [])
    assert newsroom.asked("still.example") == []
    told = checked(desk, "--paused")["still"]
    assert (told["state"], told["addresses"][0]["works"], told["proposals"]) == ("ok", True, [])


def test_what_is_asked_for_wrongly_is_one_line(desk: Desk) -> None:
    desk.registry(entry("gut"))
    for words in (("--source", "gud"), ("-s", "DOWNLOAD_DELAY=soon")):
        done = desk.run("sources", "check", *words)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)


# Pure


def probe(url: str = "http://gut.example/feed", **facts: Any) -> Probe:
    given: dict[str, Any] = {"key": "feeds", "reachable": True, "status": 200, "type": Type.RSS, "entries": 2} | facts
    return Probe(source="gut", url=url, **given)


@pytest.mark.parametrize(
    ("body", "key", "kind", "entries"),
    [
        (b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="/1"/></entry></feed>', "feeds", "atom", 1),
        (b'<rdf:RDF xmlns:rdf="x" xmlns="y"><item><link>/1</link></item></rdf:RDF>', "feeds", "rdf", 1),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', "feeds", "json feed", 0),
        (f"<urlset {NEWS}></urlset>".encode(), "news_sitemaps", "news sitemap", 0),
        (b"<urlset></urlset>", "sitemaps", "sitemap", 0),
        (b"http://gut.example/1\nhttp://gut.example/2\n", "sitemaps", "sitemap", 2),
        (
            b"<sitemapindex><sitemap><loc>http://gut.example/1.xml</loc></sitemap></sitemapindex>",
            "sitemaps",
            "sitemap index",
            1,
        ),
        (sitemap("gut").body, "feeds", "sitemap", 1),
        (b"\x00\x01\x02", "feeds", "other", None),
        (b"", "feeds", "other", None),
        (b"<html><body>nothing</body></html>", "listings", "listing", 0),
    ],
)
def test_what_a_document_is(body: bytes, key: str, kind: str, entries: int | None) -> None:
    given = {"link": None, "encoding": None, "hosts": frozenset({"gut.example"})}
    read, _ = probing.read(probe(key=key, entries=None), body, "http://gut.example/feed", **given)
    assert (read.type, read.entries) == (kind, entries)
    assert read.works == (bool(entries) or kind == "news sitemap")


def proposed(desk: Desk, given: list[Probe], **past: Past) -> list[tuple[Action, str | None]]:
    source = load()[0]
    registered = {each.url for each in given} | {"http://gut.example/other"}
    proposals = probes.propose(
        source, given, {given[0].url: past.get("past", Past())}, registered=registered, today=TODAY
    )
    return [(each.what, each.to) for each in proposals]


def test_proposals_weigh_what_is_known(desk: Desk) -> None:
    desk.registry(entry("gut", 'feeds = [{ url = "http://gut.example/feed", evidence = "verified" }]'))
    assert proposed(desk, [probe()]) == []
    assert proposed(desk, [probe(newest="2019-01-01")]) == [(Action.WATCH, None)]
    assert proposed(desk, [probe(moved_to="http://gut.example/other")]) == [(Action.REMOVE, None)]
    moved = [probe(moved_to="http://gut.example/x"), probe("http://gut.example/2", moved_to="http://gut.example/x")]
    assert proposed(desk, moved) == [(Action.MOVE, "http://gut.example/x"), (Action.REMOVE, None)]
    assert (
        proposed(desk, [probe("http://gut.example/{YYYY}", moved_to="http://gut.example/2025")])[0][0] is Action.WATCH
    )
    gone = probe(status=404, entries=None)
    assert proposed(desk, [gone], past=Past(status=404)) == [(Action.REMOVE, None)]
    assert proposed(desk, [gone], past=Past(status=500)) == [(Action.WATCH, None)]
    no = probe(status=403, entries=None)
    assert proposed(desk, [no]) == [(Action.PAUSE, None)]
    assert proposed(desk, [no, probe("http://gut.example/2")])[0] == (Action.WATCH, None)
    assert proposed(desk, [probe(asked=False, entries=None)]) == []


def test_only_what_worked_can_be_lost(desk: Desk) -> None:
    desk.registry(entry("gut", 'feeds = ["http://gut.example/feed"]'))
    source, failing = load()[0], probe(status=404, entries=None, problem="HTTP 404")
    worked = {failing.url: Past(worked_at="2025-03-01")}

    def lost(each: Probe, past: dict[str, Past], state: State = State.FAILING, success: str | None = None) -> list[str]:
        return [one.url or "all" for one in probes.lost(source, state, [each], past, success)]

    assert lost(failing, worked) == [failing.url]
    assert lost(failing, {}) == []
    assert lost(probe(), worked) == []
    assert lost(probe(status=429, entries=None), worked) == []
    assert lost(probe(asked=False, entries=None), worked) == []
    assert lost(failing, worked, State.WAITING) == []
    assert lost(failing, {}, State.UNREACHABLE, "2025-03-01") == ["all"]
    assert lost(failing, {}, State.FAILING, "2025-03-01") == []


def proposal(what: Action, url: str, *, source: str = "eins", key: str = "feeds", to: str | None = None) -> Proposal:
    return Proposal(source=source, what=what, key=key, url=url, why="", to=to)


def test_a_patch_changes_the_lines_concerned_and_no_other(tmp_path: Path) -> None:
    text = entry(
        "eins", 'feeds = [\n  "http://eins.example/a", # a\n  # about b\n  "http://eins.example/b"\n]'
    ) + entry("zwei")
    assert patched(text, []) == text
    remarks = [proposal(Action.WATCH, "http://eins.example/a"), proposal(Action.PAUSE, "http://eins.example/b")]
    assert patched(text, remarks) == text
    assert (
        patched(text, [proposal(Action.REMOVE, "http://eins.example/c"), proposal(Action.ADD, "x", source="drei")])
        == text
    )

    wanted = [
        proposal(Action.REMOVE, "http://eins.example/a"),
        proposal(Action.MOVE, "http://eins.example/b", to="http://eins.example/c"),
        proposal(Action.ADD, "http://eins.example/d"),
        proposal(Action.ADD, "http://eins.example/n.xml", key="news_sitemaps"),
        proposal(Action.ADD, "http://zwei.example/f", source="zwei"),
        proposal(Action.ADD, 'http://zwei.example/s?a="', source="zwei", key="sitemaps"),
    ]
    first, second = tomllib.loads(patched(text, wanted))["source"]
    assert [each["url"] for each in first["feeds"]] == ["http://eins.example/c", "http://eins.example/d"]
    assert [each["url"] for each in first["news_sitemaps"]] == ["http://eins.example/n.xml"]
    assert [each["url"] for each in second["sitemaps"]] == ['http://zwei.example/s?a="']
    told = [line for line in text.splitlines() if line.startswith(("#", "id", "name", "[["))]
    assert [line for line in patched(text, wanted).splitlines() if line in told] == told

    only = entry("eins", 'feeds = ["http://eins.example/a"]\nid_pattern = "(1)"') + entry("zwei")
    left = patched(only, [proposal(Action.REMOVE, "http://eins.example/a")])
    assert left == only.replace('feeds = ["http://eins.example/a"]\n', "")


def test_addresses_may_stand_in_tables_of_their_own() -> None:
    text = entry("eins", '[[source.feeds]]\nurl = "http://eins.example/a"') + entry("zwei")
    wanted = [
        proposal(Action.EVIDENCE, "http://eins.example/a"),
        proposal(Action.ADD, "http://eins.example/b"),
        proposal(Action.ADD, "http://eins.example/s", key="sitemaps"),
    ]
    first = tomllib.loads(patched(text, wanted))["source"][0]
    assert [tuple(each.values()) for each in first["feeds"]] == [
        ("http://eins.example/a", "verified"),
        ("http://eins.example/b", "verified"),
    ]
    assert first["sitemaps"] == [{"url": "http://eins.example/s", "evidence": "verified"}]


def test_the_registry_of_ours_is_left_as_it_is_by_no_proposal() -> None:
    file = FOLDER / "sources.toml"
    text = file.read_text("utf-8")
    assert patched(text, []) == text
    wanted = [
        Proposal(source=source.id, what=Action.ADD, key=key, url=f"https://new.example/{source.id}/{key}", why="")
        for source in load(file)
        for key in probes.ADDRESS_KEYS
    ]
    after = patched(text, wanted)
    kept = [line for line in difflib.ndiff(text.splitlines(), after.splitlines()) if line.startswith("- ")]
    assert [line for line in kept if not re.search(r"= \[.*\]$|^- \s+\{.*\}$", line)] == []
    added = {
        source["id"]: [source[key][-1]["url"] for key in probes.ADDRESS_KEYS]
        for source in tomllib.loads(after)["source"]
    }
    assert added == {
        source.id: [f"https://new.example/{source.id}/{key}" for key in probes.ADDRESS_KEYS] for source in load(file)
    }
