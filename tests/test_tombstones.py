"""A number stands for one article, for ever: what leaves is told where it was, and nothing else gets its number."""

from pathlib import Path

import lxml.html
import pytest
import sqlite_utils

from crawler.demo.newsroom import Newsroom, page
from db.language import find
from db.store.leaving.tombstones import How
from tests.conftest import Desk
from tests.stories import SITE, TRAINING
from tests.test_article_page import Reader, reading, said
from tests.test_backfill import a_list, backfill
from tests.test_decide import decide, outlet
from tests.test_exports import make_archive
from tests.test_queue import SOURCE, one
from tests.test_reprocess import profile, reprocess

BASE = "http://blatt.example"


# what leaves, and what comes after it


def test_id_used_again(desk: Desk, newsroom: Newsroom, tmp_path: Path) -> None:
    """A new article never gets the number of one that left; one that comes back has its own again."""
    for number in range(5):
        one(newsroom, f"{BASE}/{number}", number)
    desk.registry(SOURCE.format(id="blatt"))
    backfill(desk, "--urls", a_list(tmp_path, *(f"{BASE}/{number}" for number in range(4))))
    (last,) = desk.rows("select id, url, identity from articles order by id desc limit 1")
    assert last["id"] == 4
    done = desk.run("decide", str(last["url"]), "drop", "--why", "an  advertisement", "--by", "Holtkamp")
    assert "article 4 has left the archive" in done.stderr
    backfill(desk, "--urls", a_list(tmp_path, f"{BASE}/4"))
    assert desk.rows("select id from articles where url = ?", f"{BASE}/4") == [{"id": 5}]
    (tombstone,) = desk.rows("select * from tombstones")
    assert str(tombstone.pop("at"))[:2] == "20"
    known = {"article": 4, "url": last["url"], "key": last["identity"]}
    assert tombstone == known | {"how": "decided", "why": "an advertisement"}
    assert desk.run("export", "csv", "--table", "tombstones").stdout.splitlines()[0] == "article,url,key,at,how,why"
    assert "archive    4 articles, 1 that left, 1 refusals" in desk.run("status").stdout
    assert desk.run("doctor").returncode == 0
    with reading(desk.home / "archive.db") as reader:
        gone = reader.get("/article/4")
        assert (gone.status_code, "decision: an advertisement" in gone.text) == (410, True)
        assert "/article/5" not in gone.text  # that is another article
        assert "AN  - 5" in reader.get("/archive/articles/5.ris").text
        feed = reader.get("/feed.atom").text
        assert ":article/5<" in feed and ":article/4<" not in feed

    assert "it is in the archive now" in desk.run("decide", str(last["url"]), "--undo").stderr
    (back,) = desk.rows("select id from articles where url = ?", last["url"])
    assert back["id"] == 4
    assert desk.rows("select article from tombstones") == []
    assert desk.rows("select id, article from versions where article = 4") == [{"id": 4, "article": 4}]
    assert desk.run("doctor").returncode == 0
    with reading(desk.home / "archive.db") as reader:
        assert reader.get("/article/4").status_code == 200


def test_what_other_rules_take_out_has_a_tombstone_and_what_they_change_keeps_its_number(
    desk: Desk, newsroom: Newsroom
) -> None:
    old = page(*TRAINING, lang="en", day="2024-02-05T10:00:00+01:00")
    outlet(desk, newsroom, a=page(*SITE), b=old)
    assert desk.crawl().returncode == 0
    numbers = desk.rows("select url, id from articles where url like '%/a'")
    (left,) = desk.rows("select id from articles where url like '%/b'")
    with sqlite_utils.Database(desk.home / "archive.db") as db:
        db.execute("update articles set title = 'Anders'")
    rules = profile(desk, "since = 2024-01-01", "since = 2025-01-01")
    assert "1 go out, 1 change" in reprocess(desk, "--dry-run", "--topic", rules)
    assert desk.rows("select * from tombstones") == []
    assert "1 go out, 1 change" in reprocess(desk, "--topic", rules)
    assert desk.rows("select url, id from articles") == numbers
    facts = {"article": left["id"], "url": f"{BASE}/b", "how": "rules", "why": "too_old"}
    assert desk.rows("select article, url, how, why from tombstones") == [facts]
    decide(desk, "b", "keep")  # it comes in again under its number, and leaves again
    assert desk.rows("select id from articles where url like '%/b'") == [left]
    assert desk.rows("select * from tombstones") == []
    decide(desk, "b", "drop")
    rows = desk.rows("select article, how, why from tombstones order by article")
    assert rows == [{"article": left["id"], "how": "decided", "why": "so it is"}]


# what a reader is told


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_archive(tmp_path_factory.mktemp("left") / "archive.db", 3)
    same = {"key": "blatt:9", "at": "2026-03-01T23:30:00+00:00", "url": "https://blatt.example/9"}
    rows = [("decided", "<b>Werbung</b>"), ("rules", "too_short"), ("block", "Auf Verlangen"), ("exclude", None)]
    with sqlite_utils.Database(path) as database:
        database.table("tombstones").insert_all(
            same | {"article": 4 + n, "how": how, "why": why, "key": f"blatt:{4 + n}"}
            for n, (how, why) in enumerate(rows)
        )
        database.table("article_keys").insert({"key": "blatt:5", "article": 3})
        database.execute("update sqlite_sequence set seq = 7")
    return path


@pytest.mark.parametrize(
    ("number", "status", "english", "german"),
    [
        (4, 410, "on 2 March 2026, on a person's decision: <b>Werbung</b>", "am 2. März 2026 herausgenommen, weil"),
        (5, 410, "refuse it: too short. Too little text to judge by.", "zu kurz. Zu wenig Text für ein Urteil."),
        (6, 451, "It was taken down on 2 March 2026: Auf Verlangen", "Er wurde am 2. März 2026 gesperrt: Auf"),
    ],
)
@pytest.mark.parametrize("place", ["article", "archive/articles"])
def test_its_pages_say_when_how_and_why(
    reader: Reader, place: str, number: int, status: int, english: str, german: str
) -> None:
    for language, told, name in (("en", english, "is no longer in"), ("de", german, "ist nicht mehr im")):
        answer = reader.get(f"/{place}/{number}", language)
        assert answer.status_code == status
        shown = lxml.html.fromstring(answer.text)
        (message,) = shown.find_class("message")
        assert told in said(message)
        assert said(shown.xpath("//h1")[0]).startswith(f"Art{'icle' if language == 'en' else 'ikel'} {number} {name}")
        assert "/archive/tombstones" in shown.xpath("//main//a/@href")
        assert ("https://blatt.example/9" in answer.text) == (status == 410)
        assert ("/article/3" in shown.xpath("//main//a/@href")) == (number == 5)


def test_programs_are_told_too(reader: Reader) -> None:
    for ending in ("ris", "bib"):
        answer = reader.get(f"/archive/articles/5.{ending}")
        assert (answer.status_code, answer.headers["content-type"]) == (410, "text/plain; charset=utf-8")
        assert answer.text.startswith("Article 5 is no longer in the archive. It was taken out on 2 March 2026")
    for ending in ("json", "csl.json", "json?_shape=array"):
        answer = reader.get(f"/archive/articles/5.{ending}")
        assert answer.status_code == 410
        facts = {"ok": False, "status": 410, "article": 5, "how": "rules", "why": "too_short"}
        assert facts.items() <= answer.json().items()


def test_what_is_excluded_was_never_there(reader: Reader) -> None:
    for place in ("article/{}", "archive/articles/{}", "archive/articles/{}.ris", "archive/articles/{}.json"):
        never, excluded = (reader.get(f"/{place.format(number)}") for number in (77, 7))
        assert never.status_code == excluded.status_code == 404
        assert never.text.replace("77", "7") == excluded.text.replace("77", "7")


def test_how_many_left_is_on_the_page_about_the_archive(reader: Reader, tmp_path: Path) -> None:
    shown = reader.page("/about")
    (section,) = shown.xpath("//section[@aria-labelledby='left']")
    assert said(section).startswith("Taken out again 3 articles were taken out of the archive again.")
    assert [said(each) for each in section.xpath(".//li")] == [
        "taken down: 1",
        "a person's decision: 1",
        "later rules: 1",
    ]
    assert all(reader.get(address).status_code == 200 for address in section.xpath(".//a/@href"))
    assert "sqlite_sequence" not in reader.get("/archive").text
    with reading(make_archive(tmp_path / "archive.db", 1)) as other:
        assert "No article was taken out of the archive." in other.get("/about").text


def test_every_way_out_has_a_name() -> None:
    assert [how for how in How if not find(f"names.how.{how}")] == []
