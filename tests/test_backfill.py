"""Looking back: lists of addresses, sitemaps and listings of years past; night by night until all is read."""

import json
from pathlib import Path

from crawler.demo.newsroom import Answer, Newsroom
from tests.conftest import Desk
from tests.stories import SITE
from tests.test_crawl import REGISTRY, fill
from tests.test_queue import SOURCE, index, kept, one, urlset

BASE = "http://karte.example"


def backfill(desk: Desk, *words: str) -> str:
    done = desk.backfill(*words)
    assert done.returncode == 0, done.stderr
    return done.stderr


def a_list(tmp_path: Path, *urls: str) -> str:
    path = tmp_path / "list.csv"
    path.write_text("Title,Url\n" + "".join(f"x,{url}\n" for url in urls), "utf-8")
    return str(path)


def test_a_list_is_read_and_nothing_else(desk: Desk, newsroom: Newsroom, tmp_path: Path) -> None:
    fill(newsroom)
    one(newsroom, "http://www.anzeiger.example/alt", 7)
    desk.registry(REGISTRY)
    urls = a_list(
        tmp_path, "http://www.anzeiger.example/alt", "http://amt.example/mitteilung/1", "http://fern.example/x"
    )
    told = backfill(desk, "--urls", urls)
    assert kept(desk) == {"http://www.anzeiger.example/alt", "http://amt.example/mitteilung/1"}
    assert "http://fern.example/x: no source of the registry" in told
    assert "/feed.xml" not in newsroom.asked("www.anzeiger.example")
    assert newsroom.asked("rechner.example") == []
    assert desk.rows("select kind from runs") == [{"kind": "backfill"}]
    assert desk.rows("select found_via from articles limit 1") == [{"found_via": "list list.csv"}]

    newsroom.log.clear()
    told = backfill(desk, "--urls", urls)
    assert newsroom.log == []
    assert "http://www.anzeiger.example/alt: article" in told


def test_a_list_goes_on_the_next_night(desk: Desk, newsroom: Newsroom, tmp_path: Path) -> None:
    for number in range(5):
        one(newsroom, f"{BASE}/{number}", number)
    desk.registry(SOURCE.format(id="karte"))
    urls = a_list(tmp_path, *(f"{BASE}/{number}" for number in range(5)))
    backfill(desk, "--urls", urls, "-s", "PAGES_PER_NIGHT=2")
    assert len(kept(desk)) == 2
    backfill(desk, "--urls", urls, "-s", "PAGES_PER_NIGHT=2")
    assert len(kept(desk)) == 2, "the night's budget was spent"
    assert desk.rows("select outcome from runs order by id desc limit 1") == [{"outcome": "completed"}]
    with_room = backfill(desk, "--urls", urls, "-s", "PAGES_PER_NIGHT=4")
    assert len(kept(desk)) == 4, with_room
    assert desk.rows("select count(*) as n from leads") == [{"n": 1}]


def test_sitemaps_are_read_back_in_turns_and_once(desk: Desk, newsroom: Newsroom) -> None:
    years = [f"{BASE}/{number}.xml" for number in range(5)]
    newsroom.put(f"{BASE}/index.xml", index(*years))
    for number, year in enumerate(years):
        newsroom.put(year, urlset(f"{BASE}/microsoft-bedburg-{number}"))
        one(newsroom, f"{BASE}/microsoft-bedburg-{number}", number)
    desk.registry(SOURCE.format(id="karte") + f'sitemaps = ["{BASE}/index.xml"]\n')
    back = ("--since", "2024-02-01", "-s", "SITEMAPS_PER_NIGHT=2")
    for night, expected in enumerate((2, 4, 5), 1):
        newsroom.log.clear()
        backfill(desk, *back)
        assert len(kept(desk)) == expected, night
        assert len([path for path in newsroom.asked("karte.example") if path[1:2].isdigit()]) == min(
            2, expected - 2 * night + 2
        )
    newsroom.log.clear()
    backfill(desk, *back)
    assert [path for path in newsroom.asked("karte.example") if path[1:2].isdigit()] == []
    details = [json.loads(json.dumps(row)) for row in desk.rows("select detail from source_nights order by run")]
    assert "3 of 5 sitemaps are left for other nights" in details[0]["detail"]


def listing(*numbers: int) -> Answer:
    links = "".join(f'<li><a href="/bericht/{n}">Bericht Nummer {n} aus dem Revier</a></li>' for n in numbers)
    return Answer(body=f"<html><body><ul>{links}</ul></body></html>".encode())


def test_a_listing_is_read_to_its_end_and_goes_on_where_it_was_left(desk: Desk, newsroom: Newsroom) -> None:
    newsroom.put(f"{BASE}/liste", listing(0))
    for number in range(1, 8):
        newsroom.put(f"{BASE}/liste?seite={number}", listing(min(number, 5)))  # the last page answers for all others
    for number in range(6):
        one(newsroom, f"{BASE}/bericht/{number}", number)
    desk.registry(
        SOURCE.format(id="karte") + f'listings = [{{ url = "{BASE}/liste", link = "/bericht/", page = "seite" }}]\n'
    )
    back = ("--since", "2024-02-01", "-s", "LISTING_PAGES_PER_NIGHT=3")
    backfill(desk, *back)
    assert len(kept(desk)) == 3
    backfill(desk, *back)
    assert len(kept(desk)) == 6
    backfill(desk, *back)
    newsroom.log.clear()
    backfill(desk, *back)
    assert [path for path in newsroom.asked("karte.example") if "liste" in path] == []
    assert len(kept(desk)) == 6


def test_before_the_archive_begins_there_is_nothing_to_look_for(desk: Desk, newsroom: Newsroom) -> None:
    desk.registry(SOURCE.format(id="karte") + f'sitemaps = ["{BASE}/index.xml"]\n')
    done = desk.run("backfill", "--since", "2001-01-01")
    assert (done.returncode, "the archive begins on 2024-01-01" in done.stderr) == (1, True), done.stderr
    assert desk.run("backfill").returncode == 2


def test_pages_that_were_gone_may_come_again(desk: Desk, newsroom: Newsroom, tmp_path: Path) -> None:
    desk.registry(SOURCE.format(id="karte"))
    newsroom.put(f"{BASE}/", Answer())
    told = backfill(desk, "--urls", a_list(tmp_path, f"{BASE}/weg"))
    assert desk.rows("select reason from refusals") == [{"reason": "missing"}]
    told = backfill(desk, "--urls", a_list(tmp_path, f"{BASE}/weg"))
    assert f"{BASE}/weg: refused before (missing: HTTP 404)" in told


def test_the_schedule_does_not_take_a_backfill_for_a_night(desk: Desk, newsroom: Newsroom, tmp_path: Path) -> None:
    from schedules.history import read

    desk.registry(SOURCE.format(id="karte"))
    one(newsroom, f"{BASE}/1")
    backfill(desk, "--urls", a_list(tmp_path, f"{BASE}/1"))
    assert read() == ([], [])
    assert SITE[0] in str(desk.rows("select title from articles"))
