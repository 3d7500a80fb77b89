"""What publishers reserve and how long they want to be left alone: obeyed, and written down."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from crawler.demo.newsroom import Answer, Newsroom, feed, page
from crawler.policy.backoff import asked_to_wait
from tests.conftest import Desk
from tests.stories import SITE, TRAINING
from tests.test_crawl import DAY
from tests.test_queue import SOURCE

NOW = datetime(2026, 3, 1, 4, 15, tzinfo=UTC)


def outlet(desk: Desk, room: Newsroom, reserved: str = "") -> None:
    base = "http://blatt.example"
    room.put(f"{base}/feed.xml", feed([(f"{base}/{name}", SITE[0], DAY) for name in ("frei", "zu/a", "kopf", "seite")]))
    for name in ("frei", "zu/a"):
        room.put(f"{base}/{name}", page(f"{SITE[0]}: {name}", [f"Folge {name}.", *SITE[1]]))
    body = page(f"{SITE[0]}: kopf", ["Folge kopf.", *SITE[1]]).body
    room.put(f"{base}/kopf", Answer(body=body, headers={"tdm-reservation": "1", "Content-Usage": "train-ai=n"}))
    body = page(f"{SITE[0]}: seite", ["Folge seite.", *SITE[1]]).body
    body = body.replace(
        b"<head>", b'<head><meta content="1" name="TDM-Reservation"><meta name=robots content=noarchive>'
    )
    room.put(f"{base}/seite", Answer(body=body))
    rules = [{"location": "/zu/*", "tdm-reservation": 1, "tdm-policy": f"{base}/lizenz.json"}]
    room.put(f"{base}/.well-known/tdmrep.json", Answer(body=json.dumps(rules).encode(), kind="application/json"))
    robots = b"User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nContent-Usage: train-ai=n\nDisallow: /intern\n"
    room.put(f"{base}/robots.txt", Answer(body=robots, kind="text/plain"))
    setting = f'[manners]\nreserved = "{reserved}"\n' if reserved else ""
    desk.registry(setting + SOURCE.format(id="blatt") + f'feeds = ["{base}/feed.xml"]\n')


def test_of_what_is_reserved_only_the_record_is_kept(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom)
    assert desk.crawl().returncode == 0
    rows = {str(row["url"]).removeprefix("http://blatt.example/"): row for row in desk.rows("select * from articles")}
    assert {name: row["reservation"] for name, row in rows.items()} == {
        "frei": None,
        "zu/a": "tdmrep.json",
        "kopf": "header",
        "seite": "meta",
    }
    for name, row in rows.items():
        assert str(row["title"]).startswith(SITE[0])
        assert row["published"]
        assert bool(row["text"]) == (name == "frei")
        assert bool(row["page"]) == (name == "frei")
    assert json.loads(str(rows["kopf"]["rights"]))["content_usage"] == "train-ai=n"
    assert json.loads(str(rows["zu/a"]["rights"]))["policy"] == "http://blatt.example/lizenz.json"
    assert json.loads(str(rows["seite"]["rights"]))["noarchive"] is True
    assert desk.rows("select count(*) as n from pages") == [{"n": 1}]
    assert desk.rows("select count(*) as n from articles_fts where articles_fts match 'Spatenstich'") == [{"n": 1}]


def test_what_is_reserved_can_be_left_alone(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, "skip")
    assert desk.crawl().returncode == 0
    assert desk.rows("select url from articles") == [{"url": "http://blatt.example/frei"}]
    refused = desk.rows("select url, reason from refusals order by url")
    assert [row["reason"] for row in refused] == ["reserved"] * 3
    assert "/zu/a" not in newsroom.asked("blatt.example")


def test_who_may_can_keep_all(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, "keep")
    assert desk.crawl().returncode == 0
    assert desk.rows("select count(*) as n from articles where text != '' and page > 0") == [{"n": 4}]
    assert desk.rows("select count(*) as n from articles where reservation is not null") == [{"n": 3}]


def test_what_a_site_says_to_robots_is_kept_by_night(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom)
    assert desk.crawl().returncode == 0
    assert desk.crawl().returncode == 0
    rows = desk.rows("select * from site_rules order by run, document")
    assert [(row["run"], row["document"], row["status"]) for row in rows] == [
        (1, "robots.txt", 200),
        (1, "tdmrep.json", 200),
        (2, "robots.txt", 200),
        (2, "tdmrep.json", 200),
    ]
    assert json.loads(str(rows[0]["barred"])) == ["GPTBot"]
    assert rows[0]["content_usage"] == "train-ai=n"
    assert rows[1]["verdict"] == "nothing said"
    texts = desk.rows("select text from site_rule_texts")
    assert len(texts) == 2
    assert any("Disallow: /intern" in str(row["text"]) for row in texts)


def test_a_site_is_left_alone_for_as_long_as_it_asks(desk: Desk, newsroom: Newsroom) -> None:
    base = "http://voll.example"
    newsroom.put(f"{base}/feed.xml", feed([(f"{base}/{n}", SITE[0], DAY) for n in range(3)]))
    for n in range(3):
        newsroom.put(f"{base}/{n}", Answer(status=503, headers={"Retry-After": "3600"}))
    newsroom.put("http://frei.example/feed.xml", feed([("http://frei.example/1", TRAINING[0], DAY)]))
    newsroom.put("http://frei.example/1", page(*TRAINING))
    registry = (SOURCE.format(id=name) + f'feeds = ["http://{name}.example/feed.xml"]\n' for name in ("voll", "frei"))
    desk.registry("".join(registry))
    assert desk.crawl().returncode == 0
    assert len([path for path in newsroom.asked("voll.example") if path[1:].isdigit()]) == 1
    newsroom.log.clear()
    done = desk.crawl()
    assert done.returncode == 0, done.stderr
    assert newsroom.asked("voll.example") == []
    assert newsroom.asked("frei.example")
    state, detail = next(
        (row["state"], str(row["detail"]))
        for row in desk.rows("select * from source_nights where source = 'voll' and run = 2")
    )
    assert state == "stopped"
    assert "asks to be left alone until" in detail
    assert len(desk.rows("select * from leads where source = 'voll'")) == 3


@pytest.mark.parametrize(
    ("status", "said", "until"),
    [
        (429, "120", NOW + timedelta(minutes=2)),
        (503, format_datetime(NOW + timedelta(hours=1), usegmt=True), NOW + timedelta(hours=1)),
        (429, "99999999999999999999", None),
        (429, "9999999", NOW + timedelta(days=28)),
        (429, "soon", None),
        (429, "", None),
        (503, "-5", None),
        (200, "120", None),
        (503, format_datetime(NOW - timedelta(hours=1), usegmt=True), None),
    ],
)
def test_retry_after(status: int, said: str, until: datetime | None) -> None:
    assert asked_to_wait(status, said, NOW) == until
