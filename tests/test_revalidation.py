"""Documents are asked for only if they have changed, but for servers that say 304 for ever."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlite_utils import Database

from crawler.demo.newsroom import Answer, Newsroom, feed
from crawler.frontier.revalidation import unchanged, validators
from tests.conftest import Desk
from tests.stories import SITE
from tests.test_crawl import DAY
from tests.test_queue import SOURCE, kept, one

NOW = datetime(2026, 11, 28, 5, tzinfo=UTC)
YESTERDAY = (NOW - timedelta(days=1)).isoformat()
CONDITIONS = {"If-None-Match": '"1"', "If-Modified-Since": "Sat, 21 Nov 2026 08:00:00 GMT"}


@pytest.mark.parametrize(
    ("nights", "usual_news", "days", "conditional"),
    [
        (0, 0.0, 1, True),
        (1, 5.0, 1, True),
        (2, 5.0, 2, False),  # there is news on most nights, and two without are strange
        (2, 0.0, 2, True),
        (6, 0.0, 6.9, True),
        (6, 0.0, 7, False),  # once a week in any case
        (0, 5.0, 7, False),
        (0, 5.0, None, False),
    ],
)
def test_when_conditions_are_sent(nights: int, usual_news: float, days: float | None, conditional: bool) -> None:
    last = {"etag": '"1"', "modified": CONDITIONS["If-Modified-Since"], "unchanged": nights}
    last |= {"full_at": (NOW - timedelta(days=days)).isoformat() if days else None}
    assert validators(last, usual_news=usual_news, at=NOW) == (CONDITIONS if conditional else {})


def test_nights_are_counted_and_not_requests() -> None:
    assert unchanged({}, NOW) == 1
    assert unchanged({"unchanged": 1, "checked_at": YESTERDAY}, NOW) == 2
    assert unchanged({"unchanged": 2, "checked_at": NOW.isoformat()}, NOW) == 2
    assert unchanged({"unchanged": 0, "checked_at": NOW.isoformat()}, NOW) == 1


def outlet(desk: Desk, newsroom: Newsroom) -> str:
    """A source whose feed has its ETag for ever, and grows all the same."""
    base = "http://starr.example"
    desk.registry(SOURCE.format(id="starr") + f'feeds = ["{base}/feed.xml"]\n')
    grown(newsroom, base, 1)
    return base


def grown(newsroom: Newsroom, base: str, items: int) -> None:
    listed = feed([(f"{base}/{number}", SITE[0], DAY) for number in range(items)])
    newsroom.put(f"{base}/feed.xml", Answer(body=listed.body, kind=listed.kind, headers={"ETag": '"immer"'}))
    for number in range(items):
        one(newsroom, f"{base}/{number}", number)


def asked(newsroom: Newsroom) -> list[tuple[bool, int]]:
    return [(each.conditional, each.status) for each in newsroom.log if each.path == "/feed.xml"]


def night_passes(desk: Desk, days: int = 1) -> None:
    with Database(desk.home / "archive.db") as db:
        for column in ("checked_at", "full_at"):
            db.execute(f"update addresses set {column} = strftime('%Y-%m-%dT%H:%M:%S+00:00', {column}, '-{days} days')")
        db.execute(f"update source_nights set night = date(night, '-{days} days')")


def test_a_server_that_says_304_for_ever_is_asked_in_full(desk: Desk, newsroom: Newsroom) -> None:
    base = outlet(desk, newsroom)
    desk.crawl()
    grown(newsroom, base, 3)
    for _ in range(3):
        night_passes(desk)
        desk.crawl()
    # there was 1 new a night, so two nights of 304 are strange: but the median of three nights is none
    assert asked(newsroom) == [(False, 200), (True, 304), (True, 304), (True, 304)]
    night_passes(desk, days=4)
    desk.crawl()
    assert asked(newsroom)[-1] == (False, 200)  # a week has passed
    assert len(kept(desk)) == 3
    night_passes(desk)
    desk.crawl()
    assert asked(newsroom)[-1] == (True, 304)


def test_sooner_where_there_used_to_be_news(desk: Desk, newsroom: Newsroom) -> None:
    base = outlet(desk, newsroom)
    desk.crawl()
    with Database(desk.home / "archive.db") as db:
        (night,) = db.query("select * from source_nights")
        (run,) = db.query("select * from runs")
        for number in range(100, 105):  # five nights before, each with news
            db.table("runs").insert(run | {"id": number})
            db.table("source_nights").insert(night | {"run": number, "night": f"2025-01-{number - 99:02}", "new": 4})
    grown(newsroom, base, 3)
    for _ in range(3):
        night_passes(desk)
        desk.crawl()
    assert asked(newsroom) == [(False, 200), (True, 304), (True, 304), (False, 200)]
    assert len(kept(desk)) == 3


def test_304_to_a_request_without_conditions_is_a_fault(desk: Desk, newsroom: Newsroom) -> None:
    base = "http://leer.example"
    newsroom.put(f"{base}/feed.xml", Answer(status=304))
    desk.registry(SOURCE.format(id="leer") + f'feeds = ["{base}/feed.xml"]\n')
    desk.crawl()
    detail = f"HTTP 304 to a request without conditions: nothing was read ({base}/feed.xml)"
    assert desk.rows("select state, detail from source_nights") == [{"state": "partial", "detail": detail}]
