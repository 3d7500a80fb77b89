"""What a night says to the operator: in the books, at the end of a crawl, in the check and in the log."""

import pytest
from sqlite_utils import Database

from crawler.demo.newsroom import Answer, Newsroom, feed, page
from crawler.run import as_table
from tests.conftest import Desk
from tests.stories import SITE
from tests.test_check import checked
from tests.test_crawl import DAY
from tests.test_queue import SOURCE, urlset

BASE = "http://blatt.example"


def entry(name: str, addresses: str = "") -> str:
    return SOURCE.format(id=name) + addresses


def fed(name: str) -> str:
    return entry(name, f'feeds = ["http://{name}.example/feed.xml"]\n')


def items(*urls: str) -> Answer:
    return feed([(url, SITE[0], DAY) for url in urls])


def night(desk: Desk, source: str) -> tuple[object, str]:
    (row,) = desk.rows("select state, detail from source_nights where source = ? order by run desc limit 1", source)
    return row["state"], str(row["detail"])


def test_a_source_that_lists_only_another_host_says_so(desk: Desk, newsroom: Newsroom) -> None:
    newsroom.put(f"{BASE}/feed.xml", items(*(f"http://news.blatt.example/{n}" for n in range(4))))
    desk.registry(fed("blatt"))
    remedy = "lead to news.blatt.example: if that is its own, add it to `hosts`"
    for _ in range(2):  # also where all of them are known refusals, and nothing has changed
        done = desk.crawl()
        assert night(desk, "blatt") == ("partial", f"all 4 addresses that it lists {remedy}")
        assert f"blatt: all 4 addresses that it lists {remedy}" in done.stderr + done.stdout
    (probe,) = checked(desk)["blatt"]["addresses"]
    assert (probe["works"], probe["elsewhere"]) == (False, "news.blatt.example")
    assert "add it to `hosts`" in probe["problem"]  # and it is not lost, for it never was there

    desk.registry(entry("blatt", f'feeds = ["{BASE}/feed.xml"]\nhosts = ["news.blatt.example"]\n'))
    newsroom.put("http://news.blatt.example/1", page(*SITE))
    desk.crawl()
    assert night(desk, "blatt") == ("ok", "")


def test_one_own_address_is_enough_to_be_its_own(desk: Desk, newsroom: Newsroom) -> None:
    newsroom.put(f"{BASE}/feed.xml", items("http://fremd.example/1", "http://fremd.example/2"))
    newsroom.put(f"{BASE}/s.xml", urlset(f"{BASE}/a"))
    newsroom.put(f"{BASE}/a", page(*SITE))
    desk.registry(entry("blatt", f'feeds = ["{BASE}/feed.xml"]\nsitemaps = ["{BASE}/s.xml"]\n'))
    desk.crawl()
    assert night(desk, "blatt") == ("ok", "")


def test_a_source_with_nothing_to_ask_is_not_ok_and_not_lost(desk: Desk, newsroom: Newsroom) -> None:
    newsroom.put("http://lebt.example/feed.xml", items("http://lebt.example/1"))
    newsroom.put("http://lebt.example/1", page(*SITE))
    desk.registry(entry("still") + fed("lebt"))
    done = desk.crawl()
    assert night(desk, "still") == ("nothing_to_ask", "nothing to ask: no feed, sitemap or listing is known")
    assert "nothing to ask of (1): still" in done.stderr + done.stdout
    (source,) = desk.rows("select last_state, last_success, health from sources where id = 'still'")
    assert source == {"last_state": "nothing_to_ask", "last_success": None, "health": "known only"}
    with Database(desk.home / "archive.db") as db:  # as an older version wrote it
        db.execute("update sources set last_success = '2026-01-01T00:00:00+00:00' where id = 'still'")
    assert checked(desk)["still"]["lost"] == []


def rows(**states: str) -> list[dict[str, object]]:
    counts = dict.fromkeys(("listed", "new", "fetched", "kept", "again", "refused", "failed", "unasked"), 0)
    return [
        {"source": name, "state": state, "detail": f"of {name}", "waiting": 3 * name.endswith("_waits")} | counts
        for name, state in states.items()
    ]


@pytest.mark.parametrize("state", ["unreachable", "nothing_to_ask"])
def test_each_source_stands_once_in_the_table(state: str) -> None:
    lines = as_table(rows(gut="ok", fort=state, fort_waits=state, krank="partial"))
    names = [word.strip(",:") for line in lines for word in line.split() if not line.startswith("krank: ")]
    assert [names.count(name) for name in ("gut", "fort", "fort_waits", "krank")] == [1, 1, 1, 1]
    assert lines[-1] == "krank: of krank"


def test_the_log_names_pages_and_sources(desk: Desk, newsroom: Newsroom) -> None:
    newsroom.put(f"{BASE}/feed.xml", items(f"{BASE}/a"))
    newsroom.put(f"{BASE}/a", page(*SITE))
    desk.registry(fed("blatt"))
    desk.crawl()
    (log,) = (desk.home / "logs").glob("crawl-*.log")
    text = log.read_text("utf-8")
    assert f"blatt: HTTP 200 {BASE}/a\n" in text
    assert "blatt: ok, listed 1, new 1, fetched 1, kept 1, again 0, refused 0, failed 0, waiting 0\n" in text
    assert "Dumping Scrapy stats" not in text
    assert "downloader/" not in text
