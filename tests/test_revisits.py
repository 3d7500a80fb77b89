"""Kept articles are looked at again on later nights: what has changed, what is gone, and what is back."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlite_utils import Database

from crawler.demo.newsroom import Answer, Newsroom, page
from crawler.frontier.revisits import delay, next_look
from db.days import moment
from db.store.versions import What
from pipelines.storing.looks import event, what_of_address
from tests.conftest import Desk, ahead
from tests.stories import FESTIVAL, SITE, TRAINING
from tests.test_decide import decide, outlet
from tests.test_queue import SITEMAP

BASE = "http://blatt.example"


@pytest.fixture
def night(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """A crawl, so many days after the first."""

    def crawl(days: float, *words: str) -> None:
        monkeypatch.setenv("REVIERSPIEGEL_DAYS_AHEAD", ahead(days))
        done = desk.crawl(*words)
        assert done.returncode == 0, done.stderr

    monkeypatch.setenv("REVIERSPIEGEL_DAYS_AHEAD", ahead())
    yield crawl
    assert desk.run("doctor").returncode == 0


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
    night(3)  # in the evening the look before was of the second day, and the next is due on the third
    assert state(desk, "a") == ["gone"]
    night(3, "--revisit")
    assert state(desk, "a") == ["gone"]
    newsroom.put(f"{BASE}/a", page(*SITE))
    night(8)
    assert (state(desk, "a"), state(desk, "b")) == (["gone", "back"], ["gone"])
    assert len(desk.rows("select * from versions")) == 2
    assert desk.rows("select * from refusals") == []


def story(number: int, *more: str) -> tuple[str, list[str]]:
    """An article of its own on the topic."""
    title, paragraphs = SITE
    return f"{title}, Teil {number}", [f"Folge {number}. {paragraphs[0]}", *paragraphs[1:], *more]


def walled(number: int) -> Answer:
    """The lead, with what says that the rest is paid for."""
    title, paragraphs = story(number)
    answer = page(title, paragraphs[:1])
    closed = b'"@type": "NewsArticle", "isAccessibleForFree": false,'
    offer = "<div class='paywall'><p>Jetzt weiterlesen mit dem Digitalabo.</p></div></article>"
    body = answer.body.replace(b'"@type": "NewsArticle",', closed).replace(b"</article>", offer.encode())
    return Answer(body=body)


def led_to(path: str) -> Answer:
    return Answer(status=301, headers={"Location": f"{BASE}{path}"})


def test_what_has_not_changed_elsewhere_is_no_word_on_it(
    desk: Desk, newsroom: Newsroom, night: Callable[..., None]
) -> None:
    old = {"Last-Modified": "Sun, 01 Mar 2026 05:00:00 GMT"}
    outlet(desk, newsroom, a=replace(page(*SITE), headers=old))
    night(0)
    night(1)
    newsroom.put(f"{BASE}/a", Answer(status=302, headers={"Location": f"{BASE}/suche"}))
    newsroom.put(f"{BASE}/suche", replace(page(*TRAINING, lang="en"), headers=old))
    night(1.3, "--revisit")  # the conditions of the request go along with the redirect, and are met
    assert state(desk) == []
    assert desk.rows("select fetched, again, failed from source_nights where run = 3") == [
        {"fetched": 1, "again": 0, "failed": 1}
    ]
    night(2, "--revisit")
    assert state(desk) == ["gone"]


def test_a_fortnight(desk: Desk, newsroom: Newsroom, night: Callable[..., None]) -> None:
    """What becomes of articles: each at its own address; a night is killed, and rules change between two."""
    names = "wall moved home said trouble other off ticker".split()
    pages = {name: page(*story(number)) for number, name in enumerate(names)}
    pages |= {"regional/section": page(*story(20))}
    outlet(desk, newsroom, **pages)
    night(0)
    assert len(desk.rows("select * from articles")) == len(pages)
    newsroom.put(f"{BASE}/", page("Blatt", ["Willkommen beim Blatt."]))
    newsroom.put(f"{BASE}/regional", page("Regional", ["Alles aus der Region."]))
    newsroom.put(f"{BASE}/another", page(*TRAINING, lang="en"))
    newsroom.put(f"{BASE}/wall", walled(0))
    newsroom.put(f"{BASE}/moved", led_to("/another"))
    newsroom.put(f"{BASE}/home", led_to("/"))
    newsroom.put(f"{BASE}/regional/section", led_to("/regional"))
    gone = "<h1>Artikel nicht mehr verfügbar</h1><p>Der gesuchte Artikel ist leider nicht mehr verfügbar.</p>"
    newsroom.put(f"{BASE}/said", Answer(body=f"<title>Nicht gefunden</title>{gone}".encode()))
    newsroom.put(f"{BASE}/trouble", Answer(status=500))
    newsroom.put(f"{BASE}/other", page(*FESTIVAL))
    first = story(6)[1][0].replace("Microsoft", "Die Firma").replace("Softwarekonzern ", "")
    newsroom.put(f"{BASE}/off", page("Firma baut", [first, *FESTIVAL[1]]))
    night(1, "-s", "RETRY_ENABLED=0")
    expected = {"wall": ["walled"], "moved": ["moved"], "home": ["gone"], "regional/section": ["gone"]}
    expected |= {"said": ["gone"], "trouble": [], "other": [], "off": [], "ticker": []}
    assert {name: state(desk, name) for name in pages} == expected
    counted = desk.rows("select fetched, again, failed, kept, refused from source_nights where run = 2")
    assert counted == [{"fetched": 9, "again": 8, "failed": 1, "kept": 0, "refused": 0}]
    looks = "select outcome from revisits where article = (select id from articles where url = ?)"
    assert json.loads(str(desk.rows(looks, f"{BASE}/other")[0]["outcome"]))["code"] == "another_article"
    (wall,) = desk.rows("select * from articles where url = ?", f"{BASE}/wall")
    assert (wall["access"], "Annegret Holtkamp" in str(wall["text"])) == ("teaser", True)
    assert json.loads(str(desk.rows("select kinds from changes where article = ?", wall["id"])[0]["kinds"])) == [
        "access"
    ]
    assert len(desk.rows("select * from articles")) == len(pages)
    assert "0 go out" in desk.run("reprocess").stdout
    assert desk.rows("select access from articles where url = ?", f"{BASE}/wall") == [{"access": "teaser"}]
    versions = desk.rows("select * from versions")
    assert len(versions) == len(pages) + 2  # behind the wall, and what has left the topic

    for name in pages:
        newsroom.put(f"{BASE}/{name}", pages[name])
    os.environ["REVIERSPIEGEL_DAYS_AHEAD"] = ahead(2)
    desk.crawl_and_kill(lambda: bool(desk.rows("select 1 from disappearances where what = 'back'")))
    for days in (2, 3, 4, 7, 8, 14):
        night(days)
        if days == 4:
            with Database(desk.home / "archive.db") as db:  # as other rules would have left them
                db.execute("update versions set rules = 'others', text = 'Anzeige. ' || text")
    expected |= {name: [*expected[name], "back"] for name in ("wall", "moved", "home", "said", "regional/section")}
    assert {name: state(desk, name) for name in pages} == expected
    assert desk.rows("select access from articles where url = ?", f"{BASE}/wall") == [{"access": "free"}]
    ids = [row["id"] for row in versions]
    assert [row["id"] for row in desk.rows("select id from versions order by id")][: len(ids)] == ids
    assert len(desk.rows("select * from versions")) == len(ids) + 2  # both are as they were, which is another version
    assert desk.rows("select * from refusals") == []


def test_the_rest_of_an_article_that_was_kept_in_part(
    desk: Desk, newsroom: Newsroom, night: Callable[..., None]
) -> None:
    title, paragraphs = SITE
    rest = "Auf der zweiten Seite geht es um die Leitungen, die im Herbst zum Gelände des Rechenzentrums gebaut werden."
    outlet(desk, newsroom, a=page(title, paragraphs, around='<a rel="next" href="?seite=2">weiter</a>'))
    night(0)
    assert desk.rows("select in_part from versions") == [{"in_part": 1}]
    newsroom.put(f"{BASE}/a?seite=2", page(title, [rest]))
    night(1)
    assert desk.rows("select * from changes") == []
    ((version,), (article,)) = desk.rows("select * from versions"), desk.rows("select * from articles")
    assert (version["in_part"], str(version["text"]).endswith(rest)) == (0, True)
    assert (article["text"], article["page"]) == (version["text"], version["page"])
    assert "0 change" in desk.run("reprocess", "--dry-run").stdout
    night(3)
    assert len(desk.rows("select * from versions")) == 1


def test_other_rules_make_no_version(desk: Desk, newsroom: Newsroom, night: Callable[..., None]) -> None:
    outlet(desk, newsroom, a=page(*story(1)), b=page(*story(2)), c=page(*story(3)))
    night(0)
    with Database(desk.home / "archive.db") as db:  # as other rules would have left them
        for table in ("articles", "versions"):
            db.execute(f"update {table} set text = 'Anzeige. ' || text, title = 'Anders'")
        db.execute("update versions set rules = 'others'")
        db.execute("update versions set page = null where article = 3")
    newsroom.put(f"{BASE}/b", page(*story(2, "Ein neuer Absatz über die Hallen in Bergheim.")))
    night(1)
    assert [row["article"] for row in desk.rows("select article from versions order by id")] == [1, 2, 3, 2]
    (change,) = desk.rows("select * from changes")
    assert (change["article"], json.loads(str(change["kinds"]))) == (2, ["body"])
    first, second = desk.rows("select title, text, rules from versions where article = 2 order by id")
    assert first["rules"] == second["rules"] != "others"
    assert (first["title"], "Anzeige" in str(first["text"])) == (second["title"], False)
    (look,) = desk.rows("select outcome from revisits where article = 3")
    assert json.loads(str(look["outcome"]))["code"] == "not_comparable"
    assert desk.run("reprocess").returncode == 0
    assert len(desk.rows("select * from versions")) == 4
    same = desk.rows("select a.text = v.text as same from articles as a join versions as v on v.page = a.page")
    assert same == [{"same": 1}, {"same": 1}]


def test_what_is_dropped_comes_back_with_its_history(
    desk: Desk, newsroom: Newsroom, night: Callable[..., None]
) -> None:
    outlet(desk, newsroom, a=page(*story(1)), b=page(*story(2)))
    night(0)
    newsroom.put(f"{BASE}/a", page(*story(1, "Ein neuer Absatz über die Hallen in Bergheim.")))
    desk.run("decide", f"{BASE}/b", "--set", "title=Ein anderer Titel", "--why", "so it is")
    night(1)
    tables = ("articles", "versions", "changes", "article_keys")
    before = {table: desk.rows(f"select * from {table}") for table in tables}
    assert len(before["versions"]) == 3  # what a person corrects is no version
    decide(desk, "a", "drop")
    assert desk.run("doctor").returncode == 0
    (left,) = desk.rows(
        "select article, group_concat(text) as text, count(*) as number from versions where article = 1"
    )
    assert left == {"article": 1, "text": None, "number": 2}
    assert len(desk.rows("select * from changes")) == 1
    night(2)
    assert "it is in the archive now" in decide(desk, "a", "--undo")
    after = {table: desk.rows(f"select * from {table}") for table in tables}
    assert after["versions"] == before["versions"]
    assert after["changes"] == before["changes"]
    assert {row["id"] for row in after["articles"]} == {1, 2}
    night(3)
    again = desk.rows("select * from versions")
    assert [row | {"last_seen": None} for row in again] == [row | {"last_seen": None} for row in before["versions"]]


def test_a_site_says_what_has_changed(desk: Desk, newsroom: Newsroom, night: Callable[..., None]) -> None:
    """By the dates of a sitemap, and with 304."""

    def listed(days: int) -> None:
        entries = "".join(
            f"<url><loc>{BASE}/{name}</loc><lastmod>{day}</lastmod></url>"
            for name, day in (("a", "2099-01-01"), ("b", "2025-06-01"), ("c", at(days)))
        )
        newsroom.put(f"{BASE}/map.xml", Answer(body=f"<urlset {SITEMAP}>{entries}</urlset>".encode(), kind="text/xml"))

    def at(days: int) -> str:
        return (moment() + timedelta(days=days)).date().isoformat()

    outlet(desk, newsroom, f'sitemaps = ["{BASE}/map.xml"]\n')
    for number, name in enumerate("abc"):
        answer = page(*story(number))
        newsroom.put(f"{BASE}/{name}", Answer(body=answer.body, headers={"ETag": f'"{number}"'}))
    listed(0)
    night(0)
    assert len(desk.rows("select * from articles")) == 3
    night(1)
    night(3)
    newsroom.log.clear()
    listed(2)  # from the third night: the fifth
    night(5)
    assert [asked.path for asked in newsroom.log if len(asked.path) == 2] == ["/c"]
    (asked,) = [asked for asked in newsroom.log if len(asked.path) == 2]
    assert (asked.conditional, asked.status) == (True, 304)
    assert desk.rows("select again from source_nights where run = 4") == [{"again": 1}]
    assert len(desk.rows("select * from versions")) == 3
    night(9)
    assert [asked.status for asked in newsroom.log if len(asked.path) == 2][1:] == [200, 200, 200]  # once in seven days


def test_looks_take_a_third_of_a_night_unless_all_are_asked_for(
    desk: Desk, newsroom: Newsroom, night: Callable[..., None]
) -> None:
    outlet(desk, newsroom, **{f"a{number}": page(*story(number)) for number in range(7)})
    night(0)
    night(1, "-s", "PAGES_PER_NIGHT=6")
    night(1, "-s", "PAGES_PER_NIGHT=6", "--revisit")
    night(1, "-s", "PAGES_PER_NIGHT=3", "--revisit")
    assert [row["again"] for row in desk.rows("select again from source_nights order by run")] == [0, 2, 6, 3]
    assert desk.rows("select min(looks) as least, sum(looks) as all_ from revisits") == [{"least": 1, "all_": 11}]


def test_young_articles_are_looked_at_once_more(desk: Desk, newsroom: Newsroom, night: Callable[..., None]) -> None:
    def hours_ago(hours: int) -> str:
        return (moment() - timedelta(hours=hours)).isoformat(timespec="seconds")

    title, paragraphs = story(1)
    outlet(desk, newsroom, a=page(title, paragraphs, day=hours_ago(3)), b=page(*story(2)))
    night(0)
    newsroom.log.clear()
    newsroom.put(f"{BASE}/a", page(title, [*paragraphs, "Ein Satz kam hinzu."], day=hours_ago(3)))
    night(0.1, "--young")
    night(0.2, "--young")
    assert [path for path in newsroom.asked("blatt.example") if len(path) == 2] == ["/a"]
    assert [row["kind"] for row in desk.rows("select kind from runs")] == ["crawl", "young", "young"]
    assert len(desk.rows("select * from versions")) == 3
    assert desk.rows("select last_state from sources") == [{"last_state": "ok"}]


def test_a_killed_night_loses_nothing(desk: Desk, newsroom: Newsroom, night: Callable[..., None]) -> None:
    pages = {f"a{number}": page(*story(number)) for number in range(6)}
    outlet(desk, newsroom, **pages)
    night(0)
    for number in range(6):
        newsroom.put(f"{BASE}/a{number}", page(*story(number, f"Ein neuer Absatz, der {number}. von allen.")))

    os.environ["REVIERSPIEGEL_DAYS_AHEAD"] = ahead(1)
    desk.crawl_and_kill(lambda: bool(desk.rows("select count(*) as n from changes")[0]["n"]))
    night(1)
    assert len(desk.rows("select * from versions")) == 12
    assert len(desk.rows("select * from changes")) == 6
    assert len(desk.rows("select distinct text from versions")) == 12
    night(1, "--revisit")
    assert len(desk.rows("select * from versions")) == 12


def test_when_it_is_looked_at() -> None:
    first = "2026-03-01T04:30:00+00:00"
    distances = (1, 3, 7, 30, 90)

    def after(day: int, changed: bool = False) -> str | None:
        return next_look(first, f"2026-03-{day:02}T04:20:00+00:00", changed, distances)

    assert [after(1), after(2), after(3)] == ["2026-03-02", "2026-03-04", "2026-03-04"]
    assert after(4) in ("2026-03-08", "2026-03-09")
    assert after(10, changed=True) == "2026-03-11"
    assert next_look(first, "2026-09-01T04:20:00+00:00", False, distances) is None
    nights = {delay(f"2026-03-01T04:30:{second:02}+00:00", 90) for second in range(60)}
    assert nights == set(range(13))


@pytest.mark.parametrize(
    ("asked", "there", "what"),
    [
        ("/region/koeln/a-1.html", "/", What.GONE),
        ("/region/koeln/a-1.html", "/region/koeln/", What.GONE),
        ("/region/koeln/a-1.html", "/suche?q=a", What.GONE),
        ("/region/koeln/a-1.html", "/404.html", What.GONE),
        ("/region/koeln/a-1.html", "/abo/angebot", What.WALLED),
        ("/region/koeln/a-1.html", "/region/koeln/b-2.html", None),
        ("/a-1", "/b-2", None),
    ],
)
def test_where_an_address_leads(asked: str, there: str, what: What | None) -> None:
    assert what_of_address(f"{BASE}{asked}", f"{BASE}{there}") is what


def test_what_is_new_of_its_being_there() -> None:
    assert event(None, None) is None
    assert event(None, What.GONE) is What.GONE
    assert event(What.GONE, What.GONE) is None
    assert event(What.GONE, None) is What.BACK
    assert event(What.BACK, None) is None
    assert event(What.BACK, What.GONE) is What.GONE
