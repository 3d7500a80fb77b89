"""What waits, in which order, and that nothing waits for ever or gets lost on the way."""

import json
import os
from itertools import pairwise

from scrapy import Request
from scrapy.core.scheduler import Scheduler
from scrapy.utils.test import get_crawler
from sqlite_utils import Database

from crawler import settings
from crawler.demo.newsroom import Answer, Newsroom, feed, page
from tests.conftest import Desk
from tests.stories import FESTIVAL, SITE, TRAINING
from tests.test_crawl import DAY

SOURCE = """
[[source]]
id = "{id}"
name = "{id}"
homepage = "http://{id}.example/"
kind = "trade_press"
lang = "de"
region = "de"
"""
SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def one(room: Newsroom, url: str, number: int = 0) -> None:
    room.put(url, page(f"{SITE[0]}, Teil {number}", [f"Folge {number}. {SITE[1][0]}", *SITE[1][1:]]))


def urlset(*urls: str) -> Answer:
    locs = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    body = f"<urlset {SITEMAP}>{locs}</urlset>".encode()
    return Answer(body=body, kind="text/xml", headers={"ETag": f'"{len(body)}"'})


def index(*urls: str) -> Answer:
    locs = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return Answer(
        body=f"<sitemapindex {SITEMAP}>{locs}</sitemapindex>".encode(), kind="text/xml", headers={"ETag": '"i"'}
    )


def kept(desk: Desk) -> set[object]:
    return {row["url"] for row in desk.rows("select url from articles")}


def test_an_index_that_has_not_changed_still_leads_to_its_sitemaps(desk: Desk, newsroom: Newsroom) -> None:
    base = "http://karte.example"
    newsroom.put(f"{base}/index.xml", index(f"{base}/1.xml"))
    newsroom.put(f"{base}/1.xml", urlset(f"{base}/a"))
    for number, name in enumerate("ab"):
        one(newsroom, f"{base}/{name}", number)
    desk.registry(SOURCE.format(id="karte") + f'sitemaps = ["{base}/index.xml"]\n')
    assert desk.crawl().returncode == 0
    newsroom.put(f"{base}/1.xml", urlset(f"{base}/a", f"{base}/b"))
    assert desk.crawl().returncode == 0
    assert kept(desk) == {f"{base}/a", f"{base}/b"}
    assert [asked.status for asked in newsroom.log if asked.path == "/index.xml"] == [200, 304]


def test_every_sitemap_of_a_long_index_has_its_turn(desk: Desk, newsroom: Newsroom) -> None:
    base = "http://karte.example"
    newsroom.put(f"{base}/index.xml", index(*(f"{base}/{n}.xml" for n in range(9))))
    for n in range(9):
        newsroom.put(f"{base}/{n}.xml", urlset(f"{base}/artikel/{n}"))
        one(newsroom, f"{base}/artikel/{n}", n)
    desk.registry(SOURCE.format(id="karte") + f'sitemaps = ["{base}/index.xml"]\n')
    for _ in range(3):
        assert desk.crawl().returncode == 0
    assert len(kept(desk)) == 9
    assert desk.rows("select state, detail from source_nights where run = 1") == [
        {"state": "ok", "detail": "4 of 9 sitemaps have their turn on other nights"}
    ]


def test_a_listing_is_read_on_where_it_broke_off(desk: Desk, newsroom: Newsroom) -> None:
    base = "http://liste.example"

    def listing(*names: str) -> Answer:
        links = "".join(f'<li><a href="/m/{name}">Mitteilung {name} aus dem Rathaus</a></li>' for name in names)
        return Answer(body=f"<html><body>{links}".encode(), headers={"ETag": f'"{names}"'})

    newsroom.put(f"{base}/l", listing("a"))
    newsroom.put(f"{base}/l?s=2", listing("b"))
    newsroom.put(f"{base}/l?s=3", Answer(status=503))
    newsroom.put(f"{base}/l?s=4", listing("d"))
    for number, name in enumerate("abcde"):
        one(newsroom, f"{base}/m/{name}", number)
    text = f'listings = [{{ url = "{base}/l", link = "/m/", page = "s", first_page = 1, pages = 4 }}]\n'
    desk.registry(SOURCE.format(id="liste") + text)
    assert desk.crawl().returncode == 0
    newsroom.put(f"{base}/l?s=3", listing("c"))
    assert desk.crawl().returncode == 0
    assert kept(desk) == {f"{base}/m/{name}" for name in "abcd"}
    newsroom.log.clear()
    newsroom.put(f"{base}/l", listing("e", "a"))
    assert desk.crawl().returncode == 0
    assert f"{base}/m/e" in kept(desk)
    assert [path for path in newsroom.asked("liste.example") if path.startswith("/l")] == ["/l", "/l?s=2"]


def test_no_page_keeps_another_outlets_article_out(desk: Desk, newsroom: Newsroom) -> None:
    own, copy = "http://quelle.example/original", "http://kopie.example/kopie"
    newsroom.put("http://kopie.example/feed.xml", feed([(copy, SITE[0], DAY), (own, SITE[0], DAY)]))
    newsroom.put(copy, page(*SITE, canonical=own))
    newsroom.put(own, page(*SITE))
    newsroom.put("http://quelle.example/feed.xml", feed([(own, SITE[0], DAY)]))
    registry = "".join(
        SOURCE.format(id=name) + f'feeds = ["http://{name}.example/feed.xml"]\n' for name in ("kopie", "quelle")
    )
    desk.registry(registry)
    assert desk.crawl("--source", "kopie").returncode == 0
    assert desk.rows("select url, reason from refusals") == [{"url": own, "reason": "foreign"}]
    assert desk.crawl().returncode == 0
    assert kept(desk) == {own, copy}


def test_what_is_not_asked_for_takes_nobodys_place(desk: Desk, newsroom: Newsroom) -> None:
    base = "http://blatt.example"
    urls = [*(f"{base}/a-zu/{n}" for n in range(3)), f"{base}/b-nein", f"{base}/c-frei"]
    newsroom.put(f"{base}/feed.xml", feed([(url, SITE[0], DAY) for url in urls]))
    newsroom.put(f"{base}/robots.txt", Answer(body=b"User-agent: *\nDisallow: /a-zu/\n", kind="text/plain"))
    for url in urls:
        newsroom.put(url, Answer(status=403))
    one(newsroom, f"{base}/c-frei")
    desk.registry(SOURCE.format(id="blatt") + f'feeds = ["{base}/feed.xml"]\n')
    for _ in range(2):
        assert desk.crawl("-s", "PAGES_PER_NIGHT=2").returncode == 0
    assert kept(desk) == {f"{base}/c-frei"}
    assert desk.rows("select reason, count(*) as n from refusals group by 1") == [{"reason": "robots", "n": 3}]
    assert desk.rows("select new, unasked, fetched, failed, kept from source_nights order by run") == [
        {"new": 5, "unasked": 3, "fetched": 1, "failed": 1, "kept": 0},
        {"new": 0, "unasked": 0, "fetched": 2, "failed": 1, "kept": 1},
    ]


def test_a_sick_site_is_left_alone(desk: Desk, newsroom: Newsroom) -> None:
    base = "http://blatt.example"
    items = [(f"{base}/{n}", SITE[0], DAY) for n in range(30)]
    newsroom.put(f"{base}/feed.xml", feed(items))
    for url, _, _ in items:
        newsroom.put(url, Answer(status=503))
    desk.registry(SOURCE.format(id="blatt") + f'feeds = ["{base}/feed.xml"]\n')
    assert desk.crawl().returncode == 0
    assert len({path for path in newsroom.asked("blatt.example") if path[1:].isdigit()}) == 5
    assert desk.rows("select state, detail from source_nights") == [
        {"state": "stopped", "detail": "5 pages in a row could not be had: HTTP 503"}
    ]
    assert desk.rows("select count(*) as n from leads") == [{"n": 30}]


def test_a_host_that_is_gone_does_not_hold_up_the_others(desk: Desk, newsroom: Newsroom) -> None:
    base = "http://blatt.example"
    items = [(f"http://fort.example/{n}", SITE[0], DAY) for n in range(3)] + [(f"{base}/da", SITE[0], DAY)]
    newsroom.put(f"{base}/feed.xml", feed(items))
    one(newsroom, f"{base}/da")
    desk.registry(SOURCE.format(id="blatt") + f'feeds = ["{base}/feed.xml"]\nhosts = ["fort.example"]\n')
    assert desk.crawl("-s", "PAGES_PER_NIGHT=2").returncode == 0
    assert kept(desk) == {f"{base}/da"}
    assert desk.rows("select distinct tries from leads") == [{"tries": 1}]


def test_a_source_that_is_renamed_loses_nothing(desk: Desk, newsroom: Newsroom) -> None:
    base = "http://blatt.example"
    items = [(f"{base}/{n}", SITE[0], DAY) for n in range(3)]
    newsroom.put(f"{base}/feed.xml", feed(items))
    for n, (url, _, _) in enumerate(items):
        one(newsroom, url, n)
    registry = SOURCE.format(id="blatt") + f'feeds = ["{base}/feed.xml"]\n'
    desk.registry(registry)
    assert desk.crawl("-s", "PAGES_PER_NIGHT=1").returncode == 0
    desk.registry(registry.replace('id = "blatt"', 'id = "neu"'))
    assert desk.crawl().returncode == 0
    assert len(kept(desk)) == 3


def test_a_mended_pattern_reads_a_listing_anew(desk: Desk, newsroom: Newsroom) -> None:
    base = "http://amt.example"
    link = '<a href="/m/1">Mitteilung Nummer eins des Amtes</a>'
    newsroom.put(f"{base}/l", Answer(body=f"<html><body>{link}".encode(), headers={"ETag": '"1"'}))
    one(newsroom, f"{base}/m/1")
    registry = SOURCE.format(id="amt") + f'listings = [{{ url = "{base}/l", link = "/meldung/" }}]\n'
    desk.registry(registry)
    assert desk.crawl().returncode == 0
    assert kept(desk) == set()
    desk.registry(registry.replace("/meldung/", "/m/"))
    assert desk.crawl().returncode == 0
    assert kept(desk) == {f"{base}/m/1"}


def test_known_articles_with_half_a_date_and_half_a_character(desk: Desk, newsroom: Newsroom) -> None:
    known = desk.folder / "known.csv"
    known.write_text("address,outlet,date\nhttp://blatt.example/alt,blatt,2024-03\n", "utf-8")
    answer = page(*SITE, day=None)
    author = b'"headline": ' + json.dumps(SITE[0]).encode() + b', "author": {"name": "Anna \\ud83d Beispiel"}'
    newsroom.put(
        "http://blatt.example/alt",
        Answer(body=answer.body.replace(b'"headline": ' + json.dumps(SITE[0]).encode(), author)),
    )
    desk.registry(SOURCE.format(id="blatt"))
    os.environ["REVIERSPIEGEL_KNOWN"] = str(known)
    assert desk.crawl().returncode == 0
    assert desk.rows("select title, published, found_via from articles") == [
        {"title": SITE[0], "published": None, "found_via": "known"}
    ]


def test_crawl_delay_of_one_host_is_the_longest_that_it_asks_for(desk: Desk, newsroom: Newsroom) -> None:
    newsroom.put(
        "http://www.blatt.example/robots.txt", Answer(body=b"User-agent: *\nCrawl-delay: 1.2", kind="text/plain")
    )
    newsroom.put("http://blatt.example/robots.txt", Answer(body=b"User-agent: *\nCrawl-delay: 0.1", kind="text/plain"))
    newsroom.put("http://lahm.example/robots.txt", Answer(body=b"User-agent: *\nCrawl-delay: 9000", kind="text/plain"))
    newsroom.put("http://lahm.example/feed.xml", feed([]))
    urls = ["http://blatt.example/a", "http://www.blatt.example/b", "http://www.blatt.example/c"]
    newsroom.put("http://www.blatt.example/feed.xml", feed([(url, FESTIVAL[0], DAY) for url in urls]))
    for url in urls:
        newsroom.put(url, page(*TRAINING))
    desk.registry(
        SOURCE.format(id="blatt")
        + 'feeds = ["http://www.blatt.example/feed.xml"]\n'
        + SOURCE.format(id="lahm")
        + 'feeds = ["http://lahm.example/feed.xml"]\n'
    )
    assert desk.crawl().returncode == 0
    times = [asked.at for asked in newsroom.log if "blatt" in asked.host]
    assert all(later - earlier > 1.1 for earlier, later in pairwise(times[1:]))
    assert newsroom.asked("lahm.example") == ["/robots.txt"]
    state = desk.rows("select detail, robots from source_nights where source = 'lahm'")[0]
    assert "a Crawl-delay of 9000 s" in str(state["detail"])


def test_a_page_that_was_kept_is_read_and_not_fetched(desk: Desk, newsroom: Newsroom) -> None:
    url = "http://blatt.example/a"
    newsroom.put("http://blatt.example/feed.xml", feed([(url, SITE[0], DAY)]))
    newsroom.put(url, page(*SITE))
    desk.registry(SOURCE.format(id="blatt") + 'feeds = ["http://blatt.example/feed.xml"]\n')
    assert desk.crawl().returncode == 0
    with Database(desk.home / "archive.db") as db:  # as a kill between keeping and reading leaves it
        lead = {"key": "blatt.example/a", "url": url, "source": "blatt", "found_at": "2025-01-01", "found_via": "x"}
        db.table("leads").insert(lead)
        for table in ("articles", "article_keys", "versions", "aliases"):
            db.execute(f"delete from {table}")
        db.execute("update pages set done = 0")
    newsroom.log.clear()
    assert desk.crawl().returncode == 0
    assert "/a" not in newsroom.asked("blatt.example")
    assert kept(desk) == {url}
    assert desk.rows("select count(*) as n from leads") == [{"n": 0}]


def test_an_address_may_be_long(desk: Desk, newsroom: Newsroom) -> None:
    urls = [f"http://blatt.example/a?lang={'x' * 2500}", "http://blatt.example/b"]
    newsroom.put("http://blatt.example/feed.xml", feed([(url, SITE[0], DAY) for url in urls]))
    for number, url in enumerate(urls):
        one(newsroom, url, number)
    desk.registry(SOURCE.format(id="blatt") + 'feeds = ["http://blatt.example/feed.xml"]\n')
    assert desk.crawl().returncode == 0
    assert kept(desk) == set(urls)
    assert desk.rows("select state from source_nights") == [{"state": "ok"}]


def test_an_empty_answer_is_a_bad_moment_and_not_the_page(desk: Desk, newsroom: Newsroom) -> None:
    newsroom.put("http://blatt.example/feed.xml", feed([("http://blatt.example/a", SITE[0], DAY)]))
    newsroom.put("http://blatt.example/a", Answer())
    desk.registry(SOURCE.format(id="blatt") + 'feeds = ["http://blatt.example/feed.xml"]\n')
    assert desk.crawl().returncode == 0
    assert desk.rows("select error from leads") == [{"error": "an empty answer"}]
    one(newsroom, "http://blatt.example/a")
    assert desk.crawl().returncode == 0
    assert kept(desk) == {"http://blatt.example/a"}


def test_two_editions_on_one_host_take_each_its_own(desk: Desk, newsroom: Newsroom) -> None:
    urls = ["http://blatt.example/de/a", "http://blatt.example/en/b", "http://blatt.example/c"]
    newsroom.put("http://blatt.example/feed.xml", feed([(url, SITE[0], DAY) for url in urls]))
    newsroom.put("http://blatt.example/en.xml", feed([(url, SITE[0], DAY) for url in urls[:2]]))
    for number, url in enumerate(urls):
        one(newsroom, url, number)
    registry = "".join(
        SOURCE.format(id="blatt").replace('"blatt"', f'"{name}"').replace("blatt.example/", f"blatt.example/{folder}")
        + f'feeds = ["http://blatt.example/{file}"]\n'
        for name, folder, file in (("de", "de/", "feed.xml"), ("en", "en/", "en.xml"))
    )
    desk.registry(registry)
    assert desk.crawl().returncode == 0
    found = {row["url"]: row["source"] for row in desk.rows("select url, source from articles")}
    assert found == {urls[0]: "de", urls[1]: "en", urls[2]: "de"}
    asked = [path for path in newsroom.asked("blatt.example") if path in ("/de/a", "/en/b", "/c")]
    assert len(asked) == 3


def test_where_there_are_more_sources_than_places_they_take_turns() -> None:
    """And the next is found without a look at all that wait: with 10,000 of them Scrapy's own queue took 2 ms."""
    ours = {name: value for name, value in vars(settings).items() if name.isupper()}
    scheduler = Scheduler.from_crawler(get_crawler(settings_dict=ours))
    scheduler.open(None)  # type: ignore[arg-type]
    asked = []
    for host in ("a", "b", "c"):
        scheduler.enqueue_request(Request(f"http://{host}.example/0", dont_filter=True))
    for number in range(1, 5):
        request = scheduler.next_request()
        assert request
        asked.append(request.url)
        scheduler.enqueue_request(request.replace(url=f"{request.url[:-1]}{number}"))
    assert [url[len("http://")] for url in asked] == ["a", "b", "c", "a"]
