"""After an update that makes keys in another way, nothing that is known is fetched or stored again."""

from sqlite_utils import Database

from crawler.demo.newsroom import Newsroom, feed, page
from pipelines.identity import KEY_RULES
from tests.conftest import Desk
from tests.stories import FESTIVAL, SITE
from tests.test_crawl import DAY
from tests.test_queue import SOURCE

BASE = "http://amt.example"
KEPT = f"{BASE}/x.html;jsessionid=ABC.internet001"
REFUSED = f"{BASE}/fest?maca=de-rss"
DROPPED = f"{BASE}/nie?ocid=1"


def as_before(desk: Desk, newsroom: Newsroom) -> None:
    """An archive as the version before left it: its keys have sessions and campaigns in them."""
    desk.registry(SOURCE.format(id="amt") + f'feeds = ["{BASE}/feed.xml"]\n')
    newsroom.put(f"{BASE}/feed.xml", feed([(url, SITE[0], DAY) for url in (KEPT, REFUSED, DROPPED)]))
    newsroom.put(KEPT, page(*SITE))
    for url in (REFUSED, DROPPED):
        newsroom.put(url, page(*FESTIVAL))
    assert desk.crawl().returncode == 0
    with Database(desk.home / "archive.db") as db:
        db.execute("delete from _key_rules")
        db.execute("delete from addresses")
        db.execute("update article_keys set key = 'amt.example/x.html;jsessionid=ABC.internet001'")
        db.execute("update refusals set key = 'amt.example/fest?maca=de-rss' where url = ?", [REFUSED])
        db.execute("delete from refusals where url = ?", [DROPPED])
        decided = {"url": DROPPED, "source": "amt", "word": "drop", "why": "x", "at": "2026-01-01T00:00:00+00:00"}
        db.table("decisions").insert(decided | {"key": "amt.example/nie?ocid=1"})
        corrected = {name: decided[name] for name in ("url", "source", "why", "at")} | {"key": "amt.example/nie?ocid=1"}
        for field, value in (("kind", "release"), ("title", "Nie")):
            db.table("corrections").insert(corrected | {"field": field, "value": value})
        for at, number in (("2026-01-01", 1), ("2026-01-02", 2)):
            lead = {"key": f"amt.example/wartet?ito={number}", "url": f"{BASE}/wartet?ito={number}", "source": "amt"}
            db.table("leads").insert(lead | {"found_at": f"{at}T05:00:00+00:00", "found_via": "x"})


def test_the_next_crawl_knows_what_the_last_one_knew(desk: Desk, newsroom: Newsroom) -> None:
    as_before(desk, newsroom)
    other_session = f"{BASE}/x.html;jsessionid=DEF.internet992"
    again = [other_session, f"{BASE}/fest?maca=de-other", f"{BASE}/nie", f"{BASE}/wartet"]
    newsroom.put(f"{BASE}/feed.xml", feed([(url, SITE[0], DAY) for url in again]))
    for url in (*again, f"{BASE}/wartet?ito=2"):
        newsroom.put(url, page(*SITE))
    newsroom.log.clear()
    assert desk.crawl().returncode == 0
    asked = [path for path in newsroom.asked("amt.example") if not path.endswith((".txt", ".json", ".xml"))]
    assert asked == ["/wartet?ito=2"]  # the two that waited for one article are one
    assert desk.rows("select count(*) as n from articles where url = ?", KEPT) == [{"n": 1}]
    assert {row["key"] for row in desk.rows("select key from refusals")} >= {"amt.example/fest"}


def test_migrate_does_it_too_and_once(desk: Desk, newsroom: Newsroom) -> None:
    as_before(desk, newsroom)
    for _ in range(2):
        assert desk.run("migrate").returncode == 0
        keys = {row["key"] for row in desk.rows("select key from article_keys")}
        assert keys == {"amt.example/x.html", "amt.example/x.html;jsessionid=ABC.internet001"}
        assert desk.rows("select rules from _key_rules") == [{"rules": KEY_RULES}]
        assert [row["key"] for row in desk.rows("select key from leads")] == ["amt.example/wartet"]
        old_and_new = ["amt.example/nie", "amt.example/nie?ocid=1"]
        assert [row["key"] for row in desk.rows("select key from decisions")] == old_and_new
        for field in ("kind", "title"):
            rows = desk.rows("select key from corrections where field = ? order by key", field)
            assert [row["key"] for row in rows] == old_and_new
