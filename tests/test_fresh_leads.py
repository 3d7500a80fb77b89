"""By when leads stand in the order: what is fresh is asked first and does not fall out, whatever dates say of it."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from crawler.demo.newsroom import Newsroom, feed
from crawler.discovery.leads import Choice, Lead, as_of, choose
from db.store.archive import Archive
from tests.blank import blank_archive
from tests.conftest import Desk
from tests.test_queue import SOURCE, kept, one

NOW = datetime(2026, 11, 28, 5, tzinfo=UTC)


@pytest.mark.parametrize("archive", [False, True])
def test_what_is_believed_of_a_date(archive: bool) -> None:
    for known in ("2026-11-29", "2026-11-27T08:00:00+01:00", "2019-01-01"):
        assert as_of(known, NOW, archive=archive) == known
    for future in ("2026-11-30", "2036-03-12T08:30:00+00:00"):
        assert as_of(future, NOW, archive=archive) == "2026-10-29T05:00:00+00:00"
    undated = as_of(None, NOW, archive=archive)
    assert undated == ("2026-10-29T05:00:00+00:00" if archive else "2026-11-28T05:00:00+00:00")


def test_a_document_keeps_the_fresh_ones() -> None:
    days = (None, "2036-01-01", "2026-11-27", "2024-03-01", "2026-11-20")
    leads = [Lead(url=f"https://blatt.example/{day}", published=day) for day in days]
    kept, listed, _ = choose(leads, Choice(limit=4, at=NOW))
    assert [lead.published for lead in kept] == [None, "2026-11-27", "2026-11-20", "2036-01-01"]
    assert listed == 5
    kept, _, _ = choose(leads, Choice(limit=3, at=NOW), archive=True)
    assert [lead.published for lead in kept] == ["2026-11-27", "2026-11-20", None]


def test_the_queue_keeps_them_too(tmp_path: Path) -> None:
    archive = Archive(blank_archive(tmp_path / "archive.db"))
    days = (None, "2036-01-01", "2026-11-27", "2024-03-01", "2026-11-20")
    rows = [
        {
            "key": str(day),
            "url": f"https://blatt.example/{day}",
            "source": "blatt",
            "date": day,
            "as_of": as_of(day, NOW),
        }
        for day in days
    ]
    archive.frontier.queue(rows)
    archive.frontier.queue([{"key": "old", "url": "x", "source": "blatt", "found_at": "2026-11-26T05:00:00+00:00"}])
    order = ["None", "2026-11-27", "old", "2026-11-20", "2036-01-01", "2024-03-01"]
    assert [row["key"] for row in archive.frontier.waiting("blatt", 9)] == order
    assert archive.frontier.drop_overflow("blatt", 5, 1) == 1
    assert [row["key"] for row in archive.frontier.waiting("blatt", 9)] == order[:5]
    archive.close()


def test_dates_of_the_future_take_nobodys_place(desk: Desk, newsroom: Newsroom) -> None:
    base = "http://blatt.example"
    lately = format_datetime(datetime.now(UTC) - timedelta(days=14))
    events = [(f"{base}/termin/{n}", f"Termin {n}", "Wed, 12 Mar 2036 08:30:00 +0000") for n in range(9)]
    news = [(f"{base}/neu/{n}", f"Sitzung {n}", lately) for n in range(3)]
    newsroom.put(f"{base}/feed.xml", feed([*events, *news]))
    for number, (url, _, _) in enumerate(news):
        one(newsroom, url, number)
    desk.registry(SOURCE.format(id="blatt") + f'feeds = ["{base}/feed.xml"]\n')
    assert desk.crawl("-s", "PAGES_PER_NIGHT=3").returncode == 0
    assert kept(desk) == {url for url, _, _ in news}
