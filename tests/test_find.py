"""Finders are asked; what they name is written down and queued, and the next crawl fetches a little of each host."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.demo.newsroom import Answer, Newsroom, feed, page
from db.days import moment
from tests.conftest import Desk, ahead
from tests.stories import FESTIVAL, SITE, TRAINING
from tests.test_crawl import DAY
from tests.test_links import with_links
from tests.test_queue import SOURCE

GAL = "http://list.example"
WIKI = "http://wiki.example"
FINDERS = f"""
[[finder]]
id = "gal"
kind = "gal"
name = "List"
homepage = "{GAL}/"
address = "{GAL}/{{minute}}.gal.json.gz"
minutes = [1]
other_minutes = []
distance = 5
per_night = 800
since = 2020-01-01
terms = {{ says = {{ en = "free", de = "frei" }} }}
citation = {{ en = "List", de = "Liste" }}

[[finder]]
id = "links"
kind = "links"
name = "Wiki"
homepage = "{WIKI}/"
distance = 5
per_night = 20
again = 7
since = 2001-01-01
terms = {{ says = {{ en = "free", de = "frei" }} }}
citation = {{ en = "Wiki", de = "Wiki" }}
pages = ["{WIKI}/wiki/Revier"]

[[finder]]
id = "own-links"
kind = "own-links"
name = "Own"
homepage = "{WIKI}/"
distance = 0
per_night = 0
per_page = 20
since = 2001-01-01
terms = {{ says = {{ en = "free", de = "frei" }} }}
citation = {{ en = "Own", de = "Eigene" }}

[[denied]]
why = {{ en = "an aggregator", de = "ein Sammler" }}
hosts = ["sammler.example"]
"""
BASE = "http://blatt.example"


OWN = (
    (
        "Microsoft und die Erft: Was der Bau in Bergheim bedeutet",
        [
            "Wer in Bergheim aus dem Fenster sieht, sieht bald Kräne: Microsoft will im Norden der Kreisstadt "
            "Hallen für ein Rechenzentrum errichten, und die Nachbarn haben viele Fragen an den Konzern.",
            "Ein Verein von Anwohnern verlangt ein Gutachten über das Grundwasser im Rheinischen Revier. Der Rat der "
            "Stadt hat das Thema für seine nächste Sitzung vorgesehen.",
        ],
    ),
    (
        "Strom für Microsoft: Neue Leitung nach Elsdorf geplant",
        [
            "Für das geplante Rechenzentrum von Microsoft in Elsdorf braucht es eine Leitung mit 380 Kilovolt. Das "
            "hat der Netzbetreiber am Montag vor dem Kreistag dargelegt.",
            "Die Trasse soll an der Autobahn entlang führen. Landwirte aus dem Rheinischen Revier fürchten um ihre "
            "Äcker und wollen Einwendungen erheben.",
        ],
    ),
)


def story(number: int) -> tuple[str, list[str]]:
    title, paragraphs = SITE
    return f"{title}, Teil {number}", [f"Folge {number}. {paragraphs[0]}", *paragraphs[1:]]


def listed(*rows: tuple[str, str]) -> Answer:
    lines = [
        json.dumps({"date": "2026-11-20T08:00:00Z", "url": url, "title": title, "lang": "de"}) for url, title in rows
    ]
    return Answer(body=gzip.compress("\n".join(lines).encode()), kind="application/gzip")


@pytest.fixture
def finders(desk: Desk, newsroom: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A paper in the registry, and the finders that name these (address, title) in one file of tonight."""
    monkeypatch.setenv("REVIERSPIEGEL_DAYS_AHEAD", ahead())
    (tmp_path / "finders.toml").write_text(FINDERS, "utf-8")
    monkeypatch.setenv("REVIERSPIEGEL_FINDERS", str(tmp_path / "finders.toml"))
    newsroom.put(f"{BASE}/feed.xml", feed([(f"{BASE}/a", SITE[0], DAY)]))
    newsroom.put(f"{BASE}/a", page(*SITE))
    newsroom.put(f"{WIKI}/wiki/Revier", page("Revier", ["Das Revier liegt an der Erft."]))
    desk.registry(SOURCE.format(id="blatt") + f'feeds = ["{BASE}/feed.xml"]\n')

    def put(*rows: tuple[str, str]) -> None:
        newsroom.put(f"{GAL}/{moment():%Y%m%d}000100.gal.json.gz", listed(*rows))

    return put


def find(desk: Desk, *words: str) -> dict[str, dict[str, object]]:
    desk.begin()
    done = desk.run("find", "-s", "DOWNLOAD_DELAY=0", "--json", *words)
    assert done.returncode == 0, done.stderr
    return {row["finder"]: row for row in map(json.loads, done.stdout.splitlines())}


def tonight() -> tuple[str, str]:
    """A few requests in place of a hundred, for what has been since yesterday."""
    return "--since", f"{moment():%Y-%m-%d}"


def kept(desk: Desk) -> set[object]:
    return {row["url"] for row in desk.rows("select url from articles")}


def outcomes(desk: Desk) -> dict[object, str]:
    rows = desk.rows("select url, outcome from findings where finder = 'gal'")
    return {row["url"]: json.loads(str(row["outcome"]))["code"] for row in rows}


def put_pages(room: Newsroom, host: str, numbers: range) -> list[tuple[str, str]]:
    for number in numbers:
        room.put(f"http://{host}/{number}", page(*story(number)))
    return [(f"http://{host}/{number}", story(number)[0]) for number in numbers]


def test_what_is_named_is_written_down_queued_and_fetched(
    desk: Desk, newsroom: Newsroom, finders: Callable[..., None]
) -> None:
    strange = [(f"http://erft.example/{number}", own[0]) for number, own in enumerate(OWN, 1)]
    for (url, _), own in zip(strange, OWN, strict=True):
        named = page(*own).body.replace(b"<title>", b'<meta property="og:site_name" content="Der Erftbote"><title>')
        newsroom.put(url, Answer(body=named))
    newsroom.put("http://fest.example/1", page(*FESTIVAL))
    newsroom.put("http://heise.blatt.example/7", page(*TRAINING, lang="en"))
    finders(
        *strange,
        ("http://fest.example/1", FESTIVAL[0]),
        ("http://www.sammler.example/x", SITE[0]),
        ("http://erft.example:8443/x", SITE[0]),
        ("http://192.168.0.1/x", SITE[0]),
        (f"{BASE}/b", SITE[0]),
        ("http://heise.blatt.example/7", TRAINING[0]),
    )
    newsroom.put(f"{BASE}/b", page(*story(9)))
    done = find(desk)
    assert {name: row["state"] for name, row in done.items()} == {
        "gal": "ok",
        "links": "ok",
        "own-links": "nothing_to_ask",
    }
    assert (done["gal"]["rows"], done["gal"]["matches"], done["gal"]["queued"]) == (8, 7, 4)
    assert outcomes(desk) == {
        "http://erft.example/1": "match_queued",
        "http://erft.example/2": "match_queued",
        "http://www.sammler.example/x": "host_denied",
        "http://erft.example:8443/x": "port",
        "http://192.168.0.1/x": "not_public",
        f"{BASE}/b": "match_queued",
        "http://heise.blatt.example/7": "match_queued",
    }
    asked = len(newsroom.log)
    assert newsroom.asked("list.example")[0] == "/robots.txt"
    assert not newsroom.asked("erft.example")
    again = find(desk)
    assert {path for path in (each.path for each in newsroom.log[asked:])} <= set()
    assert again["gal"]["matches"] == 7  # of the night
    assert desk.crawl().returncode == 0
    found = {f"{BASE}/a", f"{BASE}/b", "http://erft.example/1", "http://erft.example/2", "http://heise.blatt.example/7"}
    assert kept(desk) == found
    assert newsroom.asked("erft.example")[:2] == ["/robots.txt", "/.well-known/tdmrep.json"]
    assert not newsroom.asked("sammler.example")
    assert desk.rows("select name from sources where id = 'erft-example'") == [{"name": "Der Erftbote"}]
    assert desk.rows("select citation from finders where id = 'gal'") == [{"citation": '{"en": "List", "de": "Liste"}'}]
    hosts = {row["host"]: (row["source"], row["state"]) for row in desk.rows("select * from found_hosts")}
    assert hosts == {"erft.example": ("erft-example", "seen"), "heise.blatt.example": ("blatt", "promoted")}
    (row,) = desk.rows("select * from findings where finder = 'gal' and url = 'http://erft.example/1'")
    assert row["article"] and row["said_date"] == "2026-11-20T08:00:00+00:00" and row["title"] == OWN[0][0]
    (article,) = desk.rows("select * from articles where url = 'http://erft.example/1'")
    assert (article["source"], article["kind"], article["found_via"]) == ("erft-example", "other", "finder gal")
    of_registry = desk.rows("select url, query, article from findings where finder = 'registry'")
    assert [(row["url"], row["query"]) for row in of_registry] == [(f"{BASE}/a", f"{BASE}/feed.xml")]
    assert of_registry[0]["article"]
    assert desk.run("doctor").returncode == 0


def test_little_of_each_new_host_and_of_all(
    desk: Desk, newsroom: Newsroom, finders: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        row
        for name in "abc"
        for row in put_pages(newsroom, f"{name}.example", range(20 * ord(name), 20 * ord(name) + 6))
    ]
    finders(*rows)
    limits = ["-s", "FOUND_HOSTS=2"]
    assert find(desk, *tonight(), *limits)["gal"]["queued"] == 12
    assert {row["host"] for row in desk.rows("select host from found_hosts")} == {"a.example", "b.example"}
    assert [code for code in outcomes(desk).values()].count("no_room_for_host") == 6
    assert desk.crawl(finishing=True).returncode == 0
    assert desk.crawl(finishing=True).returncode == 0  # the same night
    articles = "select source, count(*) as n from articles where kind = 'other' group by source"
    assert {row["source"]: row["n"] for row in desk.rows(articles)} == {"a-example": 3, "b-example": 3}
    monkeypatch.setenv("REVIERSPIEGEL_DAYS_AHEAD", ahead(1))
    find(desk, *limits, "--finder", "gal")
    assert len(desk.rows("select host from found_hosts")) == 3
    assert desk.crawl("-s", "FOUND_PAGES_ALL=4", finishing=True).returncode == 0
    pages = desk.rows("select sum(fetched) as n from source_nights where run = 3 and source like '%-example'")
    assert pages == [{"n": 4}]


def test_a_host_that_gives_refusals_only_waits(
    desk: Desk, newsroom: Newsroom, finders: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(f"http://leer.example/{number}", story(number)[0]) for number in range(8)]
    for url, _ in rows:
        newsroom.put(url, page(*FESTIVAL))
    finders(*rows)
    find(desk, *tonight())
    for night in range(4):
        monkeypatch.setenv("REVIERSPIEGEL_DAYS_AHEAD", ahead(night))
        assert desk.crawl().returncode == 0
    assert len([path for path in newsroom.asked("leer.example") if path[1:].isdigit()]) == 6
    (host,) = desk.rows("select state, waits_until from found_hosts")
    assert host["state"] == "new" and host["waits_until"]
    monkeypatch.setenv("REVIERSPIEGEL_DAYS_AHEAD", ahead(95))
    assert desk.crawl().returncode == 0
    assert len([path for path in newsroom.asked("leer.example") if path[1:].isdigit()]) == 8


def test_what_leads_on_to_a_source_is_the_sources(desk: Desk, newsroom: Newsroom, finders: Callable[..., None]) -> None:
    for name, target in (("1", f"{BASE}/b"), ("2", "http://other.example/b")):
        newsroom.put(f"http://erft.example/{name}", Answer(status=301, headers={"Location": target}))
        newsroom.put(target, page(*OWN[0]))
    finders(*((f"http://erft.example/{name}", SITE[0]) for name in "12"))
    find(desk, *tonight(), "--finder", "gal")
    for _ in range(2):
        assert desk.crawl().returncode == 0
    assert kept(desk) == {f"{BASE}/a", f"{BASE}/b"}
    assert not newsroom.asked("other.example")


def test_a_feed_names_what_others_have_found(desk: Desk, newsroom: Newsroom, finders: Callable[..., None]) -> None:
    newsroom.put(f"{BASE}/b", page(*story(1)))
    finders((f"{BASE}/b", story(1)[0]))
    find(desk, *tonight())
    assert desk.crawl().returncode == 0
    both = "select finder from findings where url = ? order by finder"
    assert [row["finder"] for row in desk.rows(both, f"{BASE}/b")] == ["gal"]
    items = [
        (f"{BASE}/a", SITE[0], DAY),
        (f"{BASE}/b?utm_source=rss", story(1)[0], DAY),
        (f"{BASE}/c", FESTIVAL[0], DAY),
    ]
    newsroom.put(f"{BASE}/feed.xml", feed(items))
    newsroom.put(f"{BASE}/c", page(*FESTIVAL))
    assert desk.crawl().returncode == 0
    sql = "select count(*) as n, count(distinct article) as articles from findings where finder = 'registry'"
    assert desk.rows(sql) == [{"n": 2, "articles": 2}]


def test_a_find_that_was_killed_goes_on_where_it_was(
    desk: Desk, newsroom: Newsroom, finders: Callable[..., None]
) -> None:
    finders(*put_pages(newsroom, "erft.example", range(1, 3)))
    words = ("find", "-s", "DOWNLOAD_DELAY=0", "--finder", "gal")
    desk.kill(lambda: len(newsroom.asked("list.example")) >= 12, *words)
    known = {row["url"] for row in desk.rows("select url from finder_requests")}
    assert len(known) >= 5
    begun = len(newsroom.asked("list.example"))
    assert find(desk, "--finder", "gal")["gal"]["queued"] == 2
    again = newsroom.asked("list.example")[begun:]
    assert not {f"{GAL}{path}" for path in again} & known


def test_a_dry_run_writes_nothing(desk: Desk, newsroom: Newsroom, finders: Callable[..., None]) -> None:
    finders(*put_pages(newsroom, "erft.example", range(1, 3)))
    done = desk.run("find", "-s", "DOWNLOAD_DELAY=0", "--dry-run", *tonight())
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["http://erft.example/1", "http://erft.example/2"]
    assert not (desk.home / "archive.db").exists()
    assert find(desk, *tonight())["gal"]["queued"] == 2


def test_a_finder_that_fails_is_a_row_and_ends_no_night(
    desk: Desk, newsroom: Newsroom, finders: Callable[..., None]
) -> None:
    newsroom.put(f"{WIKI}/wiki/Revier", Answer(status=503))
    finders(*put_pages(newsroom, "erft.example", range(1, 3)))
    done = find(desk, *tonight())
    assert (done["links"]["state"], done["gal"]["queued"]) == ("stopped", 2)
    states = {row["finder"]: row["state"] for row in desk.rows("select finder, state from finder_nights")}
    assert states == {"gal": "ok", "links": "stopped", "own-links": "nothing_to_ask"}
    rules = "select source, site, verdict, run from site_rules where document = 'robots.txt' order by site"
    assert desk.rows(rules) == [
        {"source": "gal", "site": GAL, "verdict": "no rules", "run": None},
        {"source": "links", "site": WIKI, "verdict": "no rules", "run": None},
    ]
    asked = len(newsroom.log)
    assert find(desk, "--finder", "links")["links"]["state"] == "stopped"
    assert len(newsroom.log) == asked
    del newsroom.hosts["list.example"]
    assert (
        find(desk, "--finder", "gal", "--since", "2026-01-01", "--until", "2026-01-01")["gal"]["state"] == "unreachable"
    )


def test_links_of_pages_and_of_kept_articles(desk: Desk, newsroom: Newsroom, finders: Callable[..., None]) -> None:
    title, _ = story(1)
    put_pages(newsroom, "erft.example", range(1, 3))
    around = f'<p>Quelle: <a href="http://erft.example/1">{title}</a></p><a href="http://fest.example/1">Ein Fest</a>'
    newsroom.put(f"{WIKI}/wiki/Revier", page("Revier", ["Das Revier liegt an der Erft."], around=around))
    related = f'<aside><h2>Mehr</h2><ul><li><a href="http://erft.example/1">{title}</a></li></ul></aside>'
    newsroom.put(
        f"{BASE}/a",
        with_links(page(*SITE, around=related), {"den Behörden vor": "http://erft.example/2/microsoft-bergheim"}),
    )
    newsroom.put("http://erft.example/2/microsoft-bergheim", page(*story(2)))
    finders()
    assert desk.crawl().returncode == 0
    done = find(desk, *tonight())
    assert (done["links"]["queued"], done["own-links"]["queued"]) == (1, 1)
    assert desk.crawl().returncode == 0
    assert kept(desk) == {f"{BASE}/a", "http://erft.example/1", "http://erft.example/2/microsoft-bergheim"}
    asked = desk.rows("select url from finder_requests where finder = 'own-links'")
    assert asked == [{"url": f"{BASE}/a"}]  # its text, and not what stands beside it


def test_a_person_promotes_and_denies_hosts(desk: Desk, newsroom: Newsroom, finders: Callable[..., None]) -> None:
    finders(*put_pages(newsroom, "erft.example", range(1, 5)), *put_pages(newsroom, "rur.example", range(5, 7)))
    find(desk, *tonight())
    assert desk.run("sources", "deny", "rur.example", "--why", "ein Spiegel").returncode == 0
    assert desk.run("sources", "promote", "erft.example").returncode == 0
    assert "erft-example" in desk.run("sources", "list").stdout
    assert desk.crawl().returncode == 0
    assert {str(url)[:19] for url in kept(desk)} == {f"{BASE}/a"[:19], "http://erft.example"}
    assert len(kept(desk)) == 5
    assert not newsroom.asked("rur.example")
    states = {row["host"]: row["state"] for row in desk.rows("select host, state from found_hosts")}
    assert states == {"erft.example": "promoted", "rur.example": "denied"}
    failed = desk.run("sources", "promote", "nie.example")
    assert failed.returncode == 1 and "nie.example" in failed.stderr


def test_a_found_host_is_a_source_that_can_be_named(
    desk: Desk, newsroom: Newsroom, finders: Callable[..., None]
) -> None:
    finders(*put_pages(newsroom, "erft.example", range(1, 6)), *put_pages(newsroom, "rur.example", range(6, 8)))
    find(desk, "--finder", "gal")
    assert desk.crawl("--source", "erft-example", finishing=True).returncode == 0
    assert desk.crawl("--source", "erft-example", finishing=True).returncode == 0
    assert len(kept(desk)) == 3  # the room of a new host, in two crawls of a night
    assert not newsroom.asked("rur.example") and not newsroom.asked("blatt.example")
    failed = desk.crawl("--source", "nie-example", finishing=True)
    assert failed.returncode == 1 and "nie-example" in failed.stderr


def test_whose_own_address_is_elsewhere_is_that_hosts(
    desk: Desk, newsroom: Newsroom, finders: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    goals = {
        "registry": f"{BASE}/b",
        "unknown": "http://rur.example/artikel",
        "kept": f"{BASE}/a",
        "another": f"{BASE}/a",  # which has another text: the page is mistaken
        "denied": "http://sammler.example/x",
        "private": "http://192.168.0.1/x",
        "port": "http://rur.example:8443/x",
        "shut": "http://zu.example/x",
        "round": "http://kreis.example/1",
        "dropped": f"{BASE}/c",  # by a person
    }
    texts = {name: story(10 * number) for number, name in enumerate(goals, 1)}
    texts["kept"], texts["another"] = SITE, OWN[0]
    for name, goal in goals.items():
        newsroom.put(f"http://{name}.example/1", page(*texts[name], canonical=goal))
    for name in ("registry", "unknown", "shut"):
        newsroom.put(goals[name], page(*texts[name]))
    newsroom.put(goals["round"], page(*texts["round"], canonical="http://round.example/1"))
    newsroom.put("http://zu.example/robots.txt", Answer(body=b"User-agent: *\nDisallow: /\n", kind="text/plain"))
    finders(*((f"http://{name}.example/1", texts[name][0]) for name in goals))
    assert desk.crawl().returncode == 0  # what the registry has is there
    assert desk.run("decide", goals["dropped"], "drop", "--why", "ein Nachdruck").returncode == 0
    for night in range(3):
        monkeypatch.setenv("REVIERSPIEGEL_DAYS_AHEAD", ahead(night))
        find(desk, "--finder", "gal")
        assert desk.crawl().returncode == 0
    assert kept(desk) == {
        *(f"{BASE}/a", f"{BASE}/b", "http://rur.example/artikel"),
        *(f"http://{name}.example/1" for name in ("another", "private", "port", "kreis")),
    }
    others = "select url, (select url from articles where id = article) as of from aliases order by url"
    assert {(row["url"], row["of"]) for row in desk.rows(others)} == {
        ("http://kept.example/1", f"{BASE}/a"),
        ("http://registry.example/1", f"{BASE}/b"),
        ("http://unknown.example/1", "http://rur.example/artikel"),
        ("http://round.example/1", "http://kreis.example/1"),
    }
    refused = {row["url"]: row["reason"] for row in desk.rows("select url, reason from refusals")}
    assert refused == {
        "http://denied.example/1": "foreign",
        "http://dropped.example/1": "decided",
        f"{BASE}/c": "decided",
        "http://shut.example/1": "foreign",
        "http://zu.example/x": "robots",
    }
    assert not newsroom.asked("sammler.example") and not newsroom.asked("192.168.0.1")
    assert newsroom.asked("rur.example")[0] == "/robots.txt" and not newsroom.asked("rur.example:8443")
    hosts = {row["host"]: row["state"] for row in desk.rows("select host, state from found_hosts")}
    assert {"rur.example", "kreis.example", "zu.example"} <= hosts.keys()
    gal = "select url from findings where finder = 'gal' and article is not null"
    assert {"http://registry.example/1", "http://unknown.example/1"} <= {row["url"] for row in desk.rows(gal)}


def test_a_host_that_only_copies_is_proposed_as_a_mirror(
    desk: Desk, newsroom: Newsroom, finders: Callable[..., None]
) -> None:
    texts = [SITE, *OWN]
    newsroom.put(f"{BASE}/feed.xml", feed([(f"{BASE}/{number}", text[0], DAY) for number, text in enumerate(texts)]))
    rows = []
    for number, (title, paragraphs) in enumerate(texts):
        newsroom.put(f"{BASE}/{number}", page(title, paragraphs, day="2025-03-12T09:30:00+01:00"))
        for host, first in (("spiegelei", ""), ("nachdruck", "Bedburg (dpa) - ")):
            url = f"http://{host}.example/{number}"
            newsroom.put(url, page(title, [first + paragraphs[0], *paragraphs[1:]], day="2025-03-13T09:30:00+01:00"))
            rows.append((url, title))
    finders(*rows)
    assert desk.crawl(finishing=True).returncode == 0
    find(desk, "--finder", "gal")
    assert desk.crawl(finishing=True).returncode == 0
    assert len(kept(desk)) == 9
    hosts = {row["host"]: row for row in desk.rows("select * from found_hosts")}
    assert {host: row["state"] for host, row in hosts.items()} == {
        "spiegelei.example": "new",
        "nachdruck.example": "new",
    }
    assert json.loads(str(hosts["spiegelei.example"]["proposal"])) == {
        "code": "only_copies",
        "params": {"number": 3, "sources": "blatt"},
    }
    assert hosts["nachdruck.example"]["proposal"] is None
    (line,) = [line for line in desk.run("sources", "list").stdout.splitlines() if "spiegelei.example" in line]
    assert "found, new" in line and "a mirror: all 3 articles" in line
    assert "a mirror" in desk.run("sources", "promote", "spiegelei.example").stderr
    assert desk.run("sources", "deny", "nachdruck.example", "--why", "ein Nachdruck").returncode == 0
    assert {row["proposal"] for row in desk.rows("select proposal from found_hosts")} == {None}
