"""Finders that answer nonsense, or name what nobody should ask for: counted and worded, and no harm done."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from crawler.demo.newsroom import Answer, Newsroom, page
from db.days import today
from tests.conftest import Desk
from tests.test_find import FINDERS, GAL, WIKI, find, listed, outcomes, story
from tests.test_queue import SOURCE

MANY = 10_000  # 100,000 took 12.7 s and 166 MB; a find of ten thousand takes a test long enough


@pytest.fixture
def minute(desk: Desk, newsroom: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], None]:
    """What the list of one minute of yesterday answers."""
    (tmp_path / "finders.toml").write_text(FINDERS, "utf-8")
    monkeypatch.setenv("REVIERSPIEGEL_FINDERS", str(tmp_path / "finders.toml"))
    newsroom.put(f"{WIKI}/wiki/Revier", page("Revier", ["Das Revier liegt an der Erft."]))
    desk.registry(SOURCE.format(id="blatt"))

    def put(answer: Answer) -> None:
        at = f"{date.fromisoformat(today()) - timedelta(days=1):%Y%m%d}100100"
        newsroom.put(f"{GAL}/{at}.gal.json.gz", answer)

    return put


def test_addresses_that_nobody_should_ask_for(desk: Desk, newsroom: Newsroom, minute: Callable[[Answer], None]) -> None:
    newsroom.put("http://blatt2.example/7", page(*story(7)))
    harm = {
        "http://127.0.0.1:22/x": "port",
        "http://10.0.0.1/x": "not_public",
        "http://0x7f000001/x": "not_public",
        "http://[::1]/x": "not_public",
        "http://localhost/x": "not_public",
        "http://drucker.local/x": "not_public",
        "http://169.254.169.254/latest/meta-data": "not_public",
        "http://erft.example:8080/x": "port",
        "http://sammler.example/x": "host_denied",
        "http://m.sammler.example./y": "host_denied",
    }
    unread = ["http://name:secret@erft.example/x", "ftp://erft.example/x", "javascript:alert(1)", "//", "http://", ""]
    amp = "https://blatt2-example.cdn.ampproject.org/c/blatt2.example/7"
    minute(listed(*((url, story(number)[0]) for number, url in enumerate([*harm, *unread, amp]))))
    done = find(desk, "--finder", "gal")["gal"]
    assert (done["bad_lines"], done["queued"]) == (len(unread), 1)
    named = outcomes(desk)
    assert named == {
        **harm,
        "http://blatt2.example/7": "match_queued",
    }
    words = desk.rows("select detail from finder_requests where matches > 0")
    assert words and all(row["detail"] for row in words)
    assert desk.crawl().returncode == 0
    asked = {each.host for each in newsroom.log} - {"list.example", "wiki.example", "blatt.example"}
    assert asked == {"blatt2.example"}
    assert [row["url"] for row in desk.rows("select url from articles")] == ["http://blatt2.example/7"]


def test_too_many_addresses_of_one_host(desk: Desk, minute: Callable[[Answer], None]) -> None:
    title = story(1)[0]
    minute(listed(*((f"http://viel.example/{number}", title) for number in range(MANY))))
    done = find(desk, "--finder", "gal")["gal"]
    assert (done["rows"], done["matches"], done["queued"]) == (MANY, MANY, 100)
    assert Counter(outcomes(desk).values()) == {"match_queued": 100, "queue_full": MANY - 100}
    assert desk.rows("select count(*) as n from leads") == [{"n": 100}]
    assert find(desk, "--finder", "gal")["gal"]["state"] == "ok"
    assert desk.rows("select count(*) as n from leads") == [{"n": 100}]


def test_too_many_hosts(desk: Desk, minute: Callable[[Answer], None]) -> None:
    title = story(1)[0]
    minute(listed(*((f"http://h{number}.example/1", title) for number in range(MANY))))
    assert find(desk, "--finder", "gal")["gal"]["queued"] == 20
    assert desk.rows("select count(*) as n from found_hosts") == [{"n": 20}]
