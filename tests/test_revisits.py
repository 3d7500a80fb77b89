"""Kept articles are looked at again on later nights: what has changed, what is gone, and what is back."""

import json
from collections.abc import Callable

import pytest

from crawler.demo.newsroom import Answer, Newsroom, page
from tests.conftest import Desk
from tests.stories import SITE, TRAINING
from tests.test_decide import outlet

BASE = "http://blatt.example"


@pytest.fixture
def night(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A crawl, so many days after the first."""

    def crawl(days: float, *words: str) -> None:
        monkeypatch.setenv("REVIERSPIEGEL_DAYS_AHEAD", str(days))
        done = desk.crawl(*words)
        assert done.returncode == 0, done.stderr
        assert desk.run("doctor").returncode == 0

    return crawl


def edited(story: tuple[str, list[str]], old: str, new: str) -> Answer:
    title, paragraphs = story
    return page(title, [text.replace(old, new) for text in paragraphs])


def state(desk: Desk, name: str = "a") -> list[str]:
    sql = "select what from disappearances where article = (select id from articles where url = ?) order by id"
    return [str(row["what"]) for row in desk.rows(sql, f"{BASE}/{name}")]


def test_a_change_is_a_version_and_the_same_is_none(desk: Desk, newsroom: Newsroom, night: Callable[..., None]) -> None:
    outlet(desk, newsroom, a=page(*SITE), b=page(*TRAINING, lang="en"))
    night(0)
    newsroom.put(f"{BASE}/a", edited(SITE, "3,2 Milliarden", "3,4 Milliarden"))
    night(1)
    versions = desk.rows("select * from versions where article = (select id from articles where url = ?)", f"{BASE}/a")
    assert ["3,2" in str(each["text"]) for each in versions] == [True, False]
    (change,) = desk.rows("select * from changes")
    assert (change["version"], change["before"]) == (versions[1]["id"], versions[0]["id"])
    assert json.loads(str(change["kinds"])) == ["figure"]
    (article,) = desk.rows("select * from articles where url = ?", f"{BASE}/a")
    assert (article["text"], article["page"]) == (versions[1]["text"], versions[1]["page"])
    assert len(desk.rows("select rowid from articles_fts where articles_fts match '\"3,4 Milliarden\"'")) == 1
    (source_night,) = desk.rows("select fetched, kept, again from source_nights where run = 2")
    assert source_night == {"fetched": 2, "kept": 0, "again": 2}
    assert len(desk.rows("select * from versions")) == 3
    assert len(desk.rows("select * from pages")) == 3  # what has not changed is not kept again
    night(2)
    assert desk.rows("select fetched from source_nights where run = 3") == [{"fetched": 1}]  # it may change again


def test_what_is_not_found_is_gone_the_second_time(desk: Desk, newsroom: Newsroom, night: Callable[..., None]) -> None:
    outlet(desk, newsroom, a=page(*SITE), b=page(*TRAINING, lang="en"))
    night(0)
    newsroom.put(f"{BASE}/a", Answer(status=404))
    newsroom.put(f"{BASE}/b", Answer(status=410))
    night(1)
    night(1.2, "--revisit")
    assert (state(desk, "a"), state(desk, "b")) == ([], ["gone"])
    night(2)
    assert state(desk, "a") == ["gone"]
    night(2, "--revisit")
    assert state(desk, "a") == ["gone"]
    newsroom.put(f"{BASE}/a", page(*SITE))
    night(8)
    assert (state(desk, "a"), state(desk, "b")) == (["gone", "back"], ["gone"])
    assert len(desk.rows("select * from versions")) == 2
    assert desk.rows("select * from refusals") == []
