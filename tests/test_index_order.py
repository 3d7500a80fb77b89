"""Sitemaps of an index are read from the newest end, as far as anything tells which that is."""

from datetime import UTC, datetime

import pytest

from crawler.demo.newsroom import Newsroom
from crawler.discovery.index_order import newest_first
from crawler.discovery.leads import Lead
from db.store.archive import Archive
from db.store.rows import now
from tests.conftest import Desk
from tests.test_queue import SOURCE, index, urlset

AT = datetime(2026, 11, 28, 5, tzinfo=UTC)
BASE = "https://karte.example"


def names(*names: str, lastmod: str | None = None) -> list[Lead]:
    return [Lead(url=f"{BASE}/{name}", published=lastmod) for name in names]


def ordered(children: list[Lead], since: str | None = None) -> list[str]:
    urls, note = newest_first(children, since, AT)
    assert note is None
    return [url.removeprefix(f"{BASE}/") for url in urls]


@pytest.mark.parametrize("lastmod", [None, "2026-11-27T04:00:00+01:00", "2036-01-01", "1970-01-01"])
@pytest.mark.parametrize(
    "ascending",
    [
        ("s-2024-11.xml", "s-2024-12.xml", "s-2025-01.xml", "s-2026-11.xml"),
        ("i.xml?date=2025-10-09&unit=days&period=1", "i.xml?date=2025-10-10&unit=days&period=1"),
        ("s/2024", "s/2025", "s/2026"),
        ("s_Nov_2025.xml", "s_Dec_2025.xml", "s_Jan_2026.xml"),
        ("2025/märz.xml", "2025/april.xml", "2025/oktober.xml"),
        ("s-2026-47.xml", "s-2026-48.xml"),  # weeks
        ("s-202412.xml", "s-202501.xml", "s-202502.xml"),
        ("s-20241231.xml", "s-20250101.xml"),
        ("s?year=2025&month=9", "s?year=2025&month=10", "s?year=2026&month=1"),
        ("s?month=11&year=2025", "s?month=12&year=2025", "s?month=1&year=2026"),
        ("s-30.11.2025.xml", "s-01.12.2025.xml", "s-02.12.2025.xml"),
    ],
)
def test_names_with_dates_tell(ascending: tuple[str, ...], lastmod: str | None) -> None:
    newest = list(reversed(ascending))
    assert ordered(names(*ascending, lastmod=lastmod)) == newest
    assert ordered(names(*newest, lastmod=lastmod)) == newest


def test_dates_that_differ_tell_first() -> None:
    children = names("s-2024.xml", lastmod="2026-11-20") + names("s-2026.xml", lastmod="2026-01-01")
    assert ordered(children) == ["s-2024.xml", "s-2026.xml"]


def test_numbers_are_read_from_both_ends() -> None:
    numbered = [f"post-sitemap{number}.xml" for number in (1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9)]
    first = ["post-sitemap11.xml", "post-sitemap1.xml", "post-sitemap10.xml", "post-sitemap2.xml"]
    assert ordered(names(*numbered))[:4] == first
    assert ordered(names("a.xml", "b.xml", "c.xml")) == ["c.xml", "a.xml", "b.xml"]
    assert ordered([]) == []


def test_what_is_old_is_left_out_unless_all_is() -> None:
    children = names("a.xml", lastmod="2023-01-01") + names("b.xml", lastmod="2026-01-01")
    assert ordered(children, since="2024-01-01") == ["b.xml"]
    urls, note = newest_first(names("s-1.xml", "s-2.xml", "s-3.xml", lastmod="2019-05-02"), "2024-01-01", AT)
    assert urls == [f"{BASE}/s-{number}.xml" for number in (3, 1, 2)]
    assert str(note) == "each of 3 sitemaps says it is older than 2024-01-01; they are read all the same"


def test_what_had_news_when_it_was_read_again_is_read_the_next_night(desk: Desk, newsroom: Newsroom) -> None:
    """In the middle of twenty numbers neither end is where the news is."""
    base = "http://karte.example"
    newsroom.put(f"{base}/index.xml", index(*(f"{base}/{n}.xml" for n in range(20))))
    for n in range(20):
        newsroom.put(f"{base}/{n}.xml", urlset(f"{base}/artikel/{n}"))
    desk.registry(SOURCE.format(id="karte") + f'sitemaps = ["{base}/index.xml"]\n')
    desk.home.mkdir()
    with Archive(desk.home / "archive.db") as archive:
        archive.frontier.queue(
            [], {"url": f"{base}/9.xml", "source": "karte", "entries": 1, "news": 2, "checked_at": now()}
        )
    assert desk.crawl().returncode == 0
    read = [path for path in newsroom.asked("karte.example") if path.endswith(".xml")]
    assert read == ["/index.xml", "/19.xml", "/9.xml", "/0.xml", "/18.xml", "/1.xml"]
    news = desk.rows("select url, news from addresses where news > 0")
    assert news == [{"url": f"{base}/9.xml", "news": 1}]  # what is read for the first time has no news, but a past
    assert desk.crawl().returncode == 0
    assert desk.rows("select count(*) as n from addresses where news > 0") == [{"n": 0}]
