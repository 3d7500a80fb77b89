"""When an article was first seen and last looked at, and how exactly it is known when it was published."""

import pytest
from sqlite_utils import Database

from crawler.demo.newsroom import Newsroom, page
from pipelines.dates import fineness
from tests.conftest import Desk
from tests.stories import SITE
from tests.test_decide import BASE, crawled, outlet

LONG_AGO = "2020-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("published", "known"),
    [
        ("2025-03-12", "day"),
        ("2025-03-12T00:00:00+01:00", "day"),
        ("2025-03-12T00:00:00+00:00", "day"),
        ("2025-03-12T00:00:01+01:00", "second"),
        ("2025-03-12T09:30:00+01:00", "minute"),
        ("2025-03-12T00:30:00+01:00", "minute"),
        ("2025-03-12T09:30:27+01:00", "second"),
    ],
)
def test_how_exactly_a_date_is_known(published: str, known: str) -> None:
    assert fineness(published) == known


def test_what_was_seen_first_stays_and_every_look_is_noted(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, a=page(*SITE, canonical=f"{BASE}/a"), b=page("Microsoft in Elsdorf", SITE[1], day=None))
    crawled(desk)
    dated, other = desk.rows("select * from articles order by url")
    assert dated["first_seen"] == dated["found_at"]
    assert dated["last_checked"] == dated["fetched_at"]
    assert dated["date_precision"] == "minute"
    assert str(other["published"])[:10] == "2025-03-12"  # the feed's word, not the crawl's
    with Database(desk.home / "archive.db") as db:
        db.execute("update articles set first_seen = ?, last_checked = ?", [LONG_AGO, LONG_AGO])
    outlet(desk, newsroom, teilen=page(*SITE, canonical=f"{BASE}/a"))
    crawled(desk)
    assert desk.rows("select again from source_nights where run = 2") == [{"again": 1}]
    again, other = desk.rows("select * from articles order by url")
    assert again["first_seen"] == LONG_AGO
    assert str(again["last_checked"]) > "2026"
    assert other["last_checked"] == LONG_AGO
