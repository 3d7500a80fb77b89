"""The whole journey, from the command line, against outlets on this machine."""

import gzip
import json
import signal
import subprocess
import time
from itertools import pairwise

from sqlite_utils import Database

from crawler.demo.newsroom import Answer, Newsroom, feed, page, squeezed
from tests.conftest import Desk
from tests.stories import FESTIVAL, SITE, TRAINING, WINDOWS

DAY = "Wed, 12 Mar 2025 09:30:00 +0100"

REGISTRY = """
[[source]]
id = "anzeiger"
name = "Revier-Anzeiger"
homepage = "http://www.anzeiger.example/"
kind = "regional_press"
lang = "de"
region = "nrw"
feeds = ["http://www.anzeiger.example/feed.xml"]

[[source]]
id = "amt"
name = "Amt für Gutes"
homepage = "http://amt.example/"
kind = "government"
lang = "de"
region = "nrw"
listings = [{ url = "http://amt.example/presse", link = "/mitteilung/", page = "seite", first_page = 1, pages = 3 }]

[[source]]
id = "rechner"
name = "Rechner heute"
homepage = "http://rechner.example/"
kind = "trade_press"
lang = "en"
region = "int"
sitemaps = ["http://rechner.example/sitemap.xml"]
"""


def fill(room: Newsroom) -> None:
    room.put(
        "http://www.anzeiger.example/feed.xml",
        feed(
            [
                ("http://www.anzeiger.example/bedburg?utm_source=rss", SITE[0], DAY),
                ("http://www.anzeiger.example/fest", FESTIVAL[0], DAY),
                ("http://www.anzeiger.example/windows", WINDOWS[0], DAY),
                ("http://agentur.example/fremd", "Fremdes", DAY),
            ]
        ),
    )
    room.put(
        "http://www.anzeiger.example/bedburg?utm_source=rss",
        page(*SITE, canonical="http://www.anzeiger.example/lokales/bedburg"),
    )
    room.put("http://www.anzeiger.example/fest", page(*FESTIVAL))
    room.put("http://www.anzeiger.example/windows", page(*WINDOWS))
    links = "".join(f'<li><a href="/mitteilung/{n}">Mitteilung Nummer {n} des Amtes</a></li>' for n in (1, 2))
    room.put("http://amt.example/presse", Answer(body=f"<html><body><ul>{links}</ul></body></html>".encode()))
    more = '<ul><li><a href="/mitteilung/3">Mitteilung Nummer drei des Amtes</a></li></ul>'
    room.put("http://amt.example/presse?seite=2", Answer(body=f"<html><body>{more}</body></html>".encode()))
    room.put("http://amt.example/mitteilung/1", page(SITE[0], SITE[1], day="2025-03-12"))
    room.put("http://amt.example/mitteilung/2", page(*FESTIVAL))
    room.put("http://amt.example/mitteilung/3", page("Microsoft kommt nach Elsdorf", SITE[1]))
    index = (
        '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        "<sitemap><loc>http://rechner.example/2025.xml.gz</loc><lastmod>2025-03-13</lastmod></sitemap></sitemapindex>"
    )
    urls = (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        "<url><loc>http://rechner.example/training</loc><lastmod>2025-03-12</lastmod></url>"
        "<url><loc>http://rechner.example/gone</loc><lastmod>2025-03-11</lastmod></url>"
        "<url><loc>http://rechner.example/before</loc><lastmod>2019-03-11</lastmod></url></urlset>"
    )
    room.put("http://rechner.example/sitemap.xml", Answer(body=index.encode(), kind="text/xml"))
    room.put("http://rechner.example/2025.xml.gz", squeezed(Answer(body=urls.encode())))
    room.put("http://rechner.example/training", page(*TRAINING, lang="en"))


def test_from_press_site_to_archive(desk: Desk, newsroom: Newsroom) -> None:
    fill(newsroom)
    desk.registry(REGISTRY)
    done = desk.crawl()
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""

    kept = {row["url"]: row for row in desk.rows("select * from articles")}
    assert set(kept) == {
        "http://www.anzeiger.example/bedburg?utm_source=rss",
        "http://amt.example/mitteilung/1",
        "http://amt.example/mitteilung/3",
        "http://rechner.example/training",
    }
    bedburg = kept["http://www.anzeiger.example/bedburg?utm_source=rss"]
    assert bedburg["title"] == SITE[0]
    assert bedburg["text"] == "\n\n".join(SITE[1])
    assert bedburg["published"] == "2025-03-12T09:30:00+01:00"
    assert bedburg["published_utc"] == "2025-03-12T08:30:00+00:00"
    assert (bedburg["source"], bedburg["kind"], bedburg["month"]) == ("anzeiger", "regional_press", "2025-03")
    assert json.loads(str(bedburg["reasons"]))
    assert kept["http://amt.example/mitteilung/1"]["published"] == "2025-03-12"

    refused = {row["url"]: row["reason"] for row in desk.rows("select url, reason from refusals")}
    assert refused == {
        "http://www.anzeiger.example/fest": "off_topic",
        "http://www.anzeiger.example/windows": "off_topic",
        "http://agentur.example/fremd": "foreign",
        "http://amt.example/mitteilung/2": "off_topic",
        "http://rechner.example/gone": "missing",
    }
    assert desk.rows("select count(*) as n from leads") == [{"n": 0}]
    aliases = desk.rows("select url from aliases")
    assert aliases == [{"url": "http://www.anzeiger.example/lokales/bedburg"}]
    nights = {row["source"]: row for row in desk.rows("select * from source_nights")}
    counts = ("listed", "kept", "refused", "unasked")  # unasked: a link to somebody else's page
    assert [nights["anzeiger"][name] for name in counts] == [4, 1, 2, 1]
    assert (nights["rechner"]["listed"], nights["rechner"]["state"]) == (3, "ok")
    run = desk.rows("select * from runs")[0]
    assert (run["outcome"], run["kept"], run["refused"], run["unasked"], run["reached"]) == ("completed", 4, 4, 1, 3)
    assert desk.rows("select count(*) as n from articles_fts where articles_fts match 'Spatenstich'") == [{"n": 3}]


RULES = ["/robots.txt", "/.well-known/tdmrep.json"]  # what every site is asked for before anything else


def test_robots_come_first_and_nothing_is_fetched_twice(desk: Desk, newsroom: Newsroom) -> None:
    fill(newsroom)
    newsroom.put(
        "http://amt.example/robots.txt", Answer(body=b"User-agent: *\nDisallow: /mitteilung/2\n", kind="text/plain")
    )
    desk.registry(REGISTRY)
    assert desk.crawl().returncode == 0
    for host in ("www.anzeiger.example", "amt.example", "rechner.example"):
        assert newsroom.asked(host)[0] == "/robots.txt"
    assert "/mitteilung/2" not in newsroom.asked("amt.example")
    assert desk.rows("select reason from refusals where url like '%/2'") == [{"reason": "robots"}]
    assert "agentur.example" not in {asked.host for asked in newsroom.log}
    assert {asked.agent for asked in newsroom.log} == {newsroom.log[0].agent}
    assert "tests@revierspiegel.example" in newsroom.log[0].agent

    newsroom.log.clear()
    assert desk.crawl().returncode == 0
    assert newsroom.asked("www.anzeiger.example") == [*RULES, "/feed.xml"]
    assert [asked.status for asked in newsroom.log if asked.path == "/feed.xml"] == [304]
    assert not [path for path in newsroom.asked("amt.example") if path.startswith("/mitteilung")]
    assert desk.rows("select count(*) as n from articles") == [{"n": 4}]
    assert desk.rows("select listed from source_nights where run = 2 and source = 'anzeiger'") == [{"listed": 4}]


def test_a_night_has_a_budget_and_terms_come_first(desk: Desk, newsroom: Newsroom) -> None:
    items = [
        (f"http://www.anzeiger.example/n{n}", f"Meldung {n}", f"Wed, 12 Mar 2025 09:{n:02}:00 +0100") for n in range(8)
    ]
    items.append(("http://www.anzeiger.example/alt", "Microsoft in Bedburg", "Mon, 03 Feb 2025 09:00:00 +0100"))
    newsroom.put("http://www.anzeiger.example/feed.xml", feed(items))
    for url, title, _ in items:
        newsroom.put(url, page(title, FESTIVAL[1]))
    newsroom.put("http://www.anzeiger.example/alt", page(*SITE))
    desk.registry(REGISTRY.split('[[source]]\nid = "amt"')[0])
    words = ("-s", "PAGES_PER_NIGHT=3", "-s", "QUEUE_LENGTH=5")
    assert desk.crawl(*words).returncode == 0
    assert newsroom.asked("www.anzeiger.example")[3:] == ["/alt", "/n7", "/n6"]
    assert desk.rows("select reason, count(*) as n from refusals group by reason order by 1") == [
        {"reason": "budget", "n": 4},
        {"reason": "off_topic", "n": 2},
    ]
    assert desk.rows("select waiting from source_nights") == [{"waiting": 2}]
    assert desk.crawl(*words).returncode == 0
    assert [path for path in newsroom.asked("www.anzeiger.example") if path in ("/n5", "/n4")] == ["/n5", "/n4"]


def test_what_fails_is_tried_on_three_nights(desk: Desk, newsroom: Newsroom) -> None:
    fill(newsroom)
    newsroom.put("http://www.anzeiger.example/fest", Answer(status=503))
    desk.registry(REGISTRY)
    for night in (1, 2, 3):
        assert desk.crawl("--source", "anzeiger").returncode == 0
        reasons = desk.rows("select reason, detail from refusals where url like '%fest'")
        assert bool(reasons) == (night == 3)
        assert desk.crawl("--source", "anzeiger").returncode == 0  # once more the same night is no other night
        with Database(desk.home / "archive.db") as db:
            db.execute("update leads set tried_on = ?", [f"2026-01-0{night}"])
    assert reasons == [{"reason": "unreachable", "detail": "HTTP 503, on 3 nights"}]
    newsroom.log.clear()
    assert desk.crawl("--source", "anzeiger").returncode == 0
    assert "/fest" not in newsroom.asked("www.anzeiger.example")


def test_one_article_under_two_addresses_is_one(desk: Desk, newsroom: Newsroom) -> None:
    registry = REGISTRY.split('[[source]]\nid = "amt"')[0] + "id_pattern = '_aid-(\\d+)'\n"
    one, other = "http://www.anzeiger.example/a/titel_aid-77", "http://www.anzeiger.example/b/neuer-titel_aid-77"
    newsroom.put("http://www.anzeiger.example/feed.xml", feed([(one, SITE[0], DAY)]))
    newsroom.put(one, page(*SITE))
    newsroom.put(other, page(*SITE))
    desk.registry(registry)
    assert desk.crawl().returncode == 0
    newsroom.put("http://www.anzeiger.example/feed.xml", feed([(other, SITE[0], DAY), (one, SITE[0], DAY)]))
    assert desk.crawl().returncode == 0
    assert desk.rows("select url, identity from articles") == [{"url": one, "identity": "anzeiger#77"}]
    assert desk.rows("select url from aliases") == [{"url": other}]
    assert "/b/neuer-titel_aid-77" not in newsroom.asked("www.anzeiger.example")


def test_a_canonical_address_that_articles_share_swallows_none(desk: Desk, newsroom: Newsroom) -> None:
    urls = [f"http://www.anzeiger.example/{name}" for name in "abc"]
    newsroom.put("http://www.anzeiger.example/feed.xml", feed([(url, SITE[0], DAY) for url in urls]))
    shared = "http://www.anzeiger.example/nachrichten/"
    newsroom.put(urls[0], page(*SITE, canonical=shared))
    newsroom.put(urls[1], page(*TRAINING, canonical=shared))  # another article
    newsroom.put(urls[2], page("Spatenstich in Bedburg", SITE[1], canonical=shared))  # the first under a new title
    desk.registry(REGISTRY.split('[[source]]\nid = "amt"')[0])
    assert desk.crawl().returncode == 0
    assert desk.rows("select title from articles order by 1") == [{"title": SITE[0]}, {"title": TRAINING[0]}]
    assert desk.rows("select again from source_nights") == [{"again": 1}]


def test_kill_in_mid_crawl_loses_and_doubles_nothing(desk: Desk, newsroom: Newsroom) -> None:
    items = [(f"http://www.anzeiger.example/bedburg-{n}", f"{SITE[0]}, Teil {n}", DAY) for n in range(25)]
    newsroom.put("http://www.anzeiger.example/feed.xml", feed(items))
    for url, title, _ in items:
        newsroom.put(url, page(title, [f"Folge {title}. {SITE[1][0]}", *SITE[1][1:]]))
    desk.registry(REGISTRY.split('[[source]]\nid = "amt"')[0])
    for pages in (4, 12):
        desk.crawl_and_kill(lambda: len(newsroom.asked("www.anzeiger.example")) > pages)  # noqa: B023
        assert desk.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    done = desk.crawl()
    assert done.returncode == 0, done.stderr
    assert desk.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert desk.rows("select count(*) as n, count(distinct title) as titles from articles") == [{"n": 25, "titles": 25}]
    assert desk.rows("select outcome from runs order by id") == [
        {"outcome": "killed"},
        {"outcome": "killed"},
        {"outcome": "completed"},
    ]
    assert desk.rows("select count(*) as n from pages where done = 0") == [{"n": 0}]


def test_pages_are_kept_as_they_came(desk: Desk, newsroom: Newsroom) -> None:
    fill(newsroom)
    desk.registry(REGISTRY)
    assert desk.crawl().returncode == 0
    pages = desk.rows("select * from pages order by id")
    urls = {row["url"] for row in pages}
    assert "http://www.anzeiger.example/fest" not in urls  # off topic at first sight
    assert "http://www.anzeiger.example/windows" in urls
    record = pages[0]
    raw = (desk.home / "pages" / str(record["file"])).read_bytes()
    start = int(str(record["offset"]))
    text = gzip.decompress(raw[start : start + int(str(record["length"]))])
    assert text.startswith(b"WARC/1.0\r\n")
    assert b"WARC-Type: response" in text
    answer = newsroom.hosts["www.anzeiger.example"]["/bedburg?utm_source=rss"]
    assert isinstance(answer, Answer)
    assert any(answer.body in gzip.decompress(raw[int(str(p["offset"])) :][: int(str(p["length"]))]) for p in pages)


def test_crawl_delay_is_kept_and_one_thing_is_asked_at_a_time(desk: Desk, newsroom: Newsroom) -> None:
    fill(newsroom)
    robots = Answer(body=b"User-agent: *\nCrawl-delay: 1.5\n", kind="text/plain")
    newsroom.put("http://www.anzeiger.example/robots.txt", robots)
    desk.registry(REGISTRY)
    assert desk.crawl("--source", "anzeiger").returncode == 0
    times = [asked.at for asked in newsroom.log]
    assert len(times) == 6
    assert all(later - earlier > 1.45 for earlier, later in pairwise(times))


def test_ctrl_c_ends_in_order(desk: Desk, newsroom: Newsroom) -> None:
    fill(newsroom)
    newsroom.put("http://www.anzeiger.example/fest", Answer(seconds=3))
    desk.registry(REGISTRY)
    command = desk.command("crawl", "-s", "DOWNLOAD_DELAY=0")
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not any(asked.path == "/feed.xml" for asked in newsroom.log):
        time.sleep(0.02)
        assert child.poll() is None
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=30)
    assert child.returncode == 1, said
    assert "Traceback" not in said
    assert desk.rows("select outcome from runs") == [{"outcome": "stopped"}]
    assert desk.crawl().returncode == 0
    assert desk.rows("select count(*) as n from articles") == [{"n": 4}]
