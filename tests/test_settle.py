"""One end for every page: nothing is fetched of which nobody knows what has become."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from crawler.demo.newsroom import Answer, Newsroom, feed, page
from db.outcomes import Code
from db.store.archive import Archive
from db.store.connection import is_of_storage
from db.store.crawl.runs import Night
from db.store.rows import now
from pipelines.article import Article, Failed, Hints, Reason, Rejected
from pipelines.storing.settle import Ending, Store, settle
from tests.blank import blank_archive
from tests.conftest import Desk
from tests.stories import SITE, WINDOWS
from tests.test_archive import article
from tests.test_crawl import DAY
from tests.test_queue import SOURCE

BASE = "http://blatt.example"
# the process that types the commands lies in this folder, and finds its neighbours
LOST = {"SPIDER_MIDDLEWARES": json.dumps({"tests.faulty.LosesPages": 1})}
SLIP = {"ITEM_PIPELINES": json.dumps({"tests.faulty.HasASlip": 1})}


def outlet(desk: Desk, room: Newsroom, pages: dict[str, Answer]) -> None:
    room.put(f"{BASE}/feed.xml", feed([(f"{BASE}{path}", SITE[0], DAY) for path in pages]))
    for path, answer in pages.items():
        room.put(f"{BASE}{path}", answer)
    desk.registry(SOURCE.format(id="blatt") + f'feeds = ["{BASE}/feed.xml"]\n')


def night(desk: Desk) -> dict[str, object]:
    return desk.rows("select * from source_nights order by run desc limit 1")[0]


def ends(row: dict[str, object]) -> list[object]:
    return [row[name] for name in ("fetched", "kept", "again", "refused", "failed", "unasked")]


def crawl_with(desk: Desk, changed: dict[str, str]) -> object:
    return desk.crawl(*(word for name, value in changed.items() for word in ("-s", f"{name}={value}")))


def test_every_page_that_is_fetched_has_one_end(desk: Desk, newsroom: Newsroom) -> None:
    away = Answer(status=302, headers={"Location": "http://anderswo.example/a"})
    outlet(
        desk,
        newsroom,
        {
            "/kept": page(*SITE, canonical=f"{BASE}/kept"),
            "/again": page(*SITE, canonical=f"{BASE}/kept"),
            "/off": page(*WINDOWS),
            "/gone": Answer(status=404),
            "/later": Answer(status=500),
            "/empty": Answer(body=b" "),
            "/film": Answer(body=b"%PDF", kind="application/pdf"),
            "/away": away,
            "/zu/1": page(*SITE),
            "/zu/2": page(*SITE),
        },
    )
    newsroom.put(f"{BASE}/robots.txt", Answer(body=b"User-agent: *\nDisallow: /zu/\n", kind="text/plain"))
    assert desk.crawl().returncode == 0
    assert ends(night(desk)) == [8, 1, 1, 4, 2, 2]
    assert desk.rows("select fetched, kept, again, refused, failed, unasked from runs") == [
        {"fetched": 8, "kept": 1, "again": 1, "refused": 4, "failed": 2, "unasked": 2}
    ]
    assert desk.run("doctor").returncode == 0


def test_a_page_that_ends_nowhere_is_told_by_the_run_and_by_the_doctor(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, {"/gut": page(*SITE), "/kaputt": page(*SITE, day="2025-03-13")})
    done = crawl_with(desk, LOST)
    assert done.returncode == 1
    assert "+1 of blatt" in done.stderr
    assert desk.rows("select outcome, kept from runs") == [{"outcome": "failed", "kept": 1}]
    sick = desk.run("doctor")
    assert sick.returncode == 1
    assert "nights: pages fetched and pages that ended do not agree: +1 of blatt in run 1" in sick.stdout
    assert desk.rows("select url from leads") == [{"url": f"{BASE}/kaputt"}]
    assert desk.crawl().returncode == 0
    assert desk.rows("select count(*) as n from articles") == [{"n": 2}]


def test_a_slip_of_ours_is_no_word_on_the_page(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, {"/gut": page(*SITE), "/kaputt": page(*SITE, day="2025-03-13")})
    for number in range(1, 5):  # on more nights than a page is asked for in vain
        assert crawl_with(desk, SLIP).returncode == 0
        assert ends(night(desk))[4] == 1
        assert night(desk)["state"] == "partial"
        assert "AttributeError" in str(night(desk)["detail"])
        assert desk.rows("select count(*) as n from refusals") == [{"n": 0}]
        assert len([path for path in newsroom.asked("blatt.example") if path == "/kaputt"]) == number
    log = next((desk.home / "logs").glob("crawl-*.log")).read_text("utf-8")
    assert "Traceback" in log
    (health,) = desk.rows("select health, health_detail from sources")
    assert health["health"] == "failing"
    assert "AttributeError" in str(health["health_detail"])
    assert desk.crawl().returncode == 0
    assert desk.rows("select count(*) as n from articles") == [{"n": 2}]
    assert desk.rows("select count(*) as n from leads") == [{"n": 0}]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    archive = Archive(blank_archive(tmp_path_factory.mktemp("settle") / "archive.db"))
    yield Store(archive=archive, run=None, reserved="keep", find_decision=lambda keys, url: None)
    archive.close()


ANY = st.text(st.characters(), max_size=40)  # lone surrogates, NUL and control characters too


@given(title=ANY, text=ANY, canonical=st.none() | ANY, author=ANY, detail=ANY, number=st.integers(0))
def test_whatever_text_a_page_carries_its_end_can_be_stored(
    store: Store, title: str, text: str, canonical: str | None, author: str, detail: str, number: int
) -> None:
    hints = Hints(hosts=frozenset({"blatt.example"}))
    now, outcome = datetime.now(UTC), Code.TEXT.of(text=detail)
    item = Article(source="blatt", url=f"{BASE}/{number}", hints=hints, title_hint=title, fetched_at=now)
    facts = {
        "canonical_url": canonical,
        "title": title,
        "text": text,
        "authors": (author,),
        "outcomes": (outcome,),
        "terms": (detail,),
    }
    read = replace(item, **facts)
    assert settle(item, Rejected(Reason.TOO_SHORT, outcome, read), store).ending in (Ending.REFUSED, Ending.AGAIN)
    assert settle(item, Failed(outcome), store).ending is Ending.FAILED
    assert settle(item, read, store).ending in (Ending.KEPT, Ending.ALIAS, Ending.AGAIN)


def test_a_title_of_a_megabyte_can_be_stored(store: Store) -> None:
    long = Article(source="blatt", url=f"{BASE}/lang", title="Bedburg \udcff\0" * 100_000, fetched_at=datetime.now(UTC))
    assert settle(long, Rejected(Reason.TOO_SHORT, None, long), store).ending is Ending.REFUSED
    assert settle(long, long, store).ending is Ending.KEPT


@pytest.mark.parametrize(
    ("error", "storage"),
    [
        (sqlite3.OperationalError("database or disk is full"), True),
        (sqlite3.DatabaseError("database disk image is malformed"), True),
        (OSError(28, "No space left on device"), True),
        (sqlite3.IntegrityError("NOT NULL constraint failed"), False),
        (sqlite3.DataError("string or blob too big"), False),
        (sqlite3.ProgrammingError("type 'list' is not supported"), False),
        (AttributeError("text"), False),
    ],
)
def test_only_what_the_disk_refuses_ends_the_run(error: Exception, storage: bool) -> None:
    assert is_of_storage(error) is storage


OTHER = "http://andere.example"


def two_outlets(desk: Desk, newsroom: Newsroom) -> None:
    """One has a page that a killed crawl kept and did not read, and another that waits."""
    outlet(desk, newsroom, {"/gut": page(*SITE), "/wartet": page(*SITE)})
    newsroom.put(f"{OTHER}/feed.xml", feed([(f"{OTHER}/a", SITE[0], DAY)]))
    newsroom.put(f"{OTHER}/a", page(*SITE))
    registry = SOURCE.format(id="blatt") + f'feeds = ["{BASE}/feed.xml"]\n'
    desk.registry(registry + SOURCE.format(id="andere") + f'feeds = ["{OTHER}/feed.xml"]\n')
    assert desk.crawl("--source", "blatt", "-s", "PAGES_PER_NIGHT=1").returncode == 0
    with Database(desk.home / "archive.db") as db:
        db.execute("update pages set done = 0")


def test_a_page_of_a_killed_crawl_is_read_and_its_source_left_alone(desk: Desk, newsroom: Newsroom) -> None:
    two_outlets(desk, newsroom)
    asked = len(newsroom.asked("blatt.example"))
    assert desk.crawl("--source", "andere").returncode == 0
    assert len(newsroom.asked("blatt.example")) == asked
    nights = {str(row["source"]): row for row in desk.rows("select * from source_nights where run = 2")}
    assert ends(nights["blatt"])[:3] == [1, 0, 1]
    assert ends(nights["andere"])[:2] == [1, 1]
    assert desk.run("doctor").returncode == 0


def test_a_list_of_addresses_is_read_beside_a_page_of_a_killed_crawl(desk: Desk, newsroom: Newsroom) -> None:
    two_outlets(desk, newsroom)
    (desk.folder / "list.txt").write_text(f"{OTHER}/a\n")
    done = desk.run("backfill", "-s", "DOWNLOAD_DELAY=0", "--urls", str(desk.folder / "list.txt"))
    assert done.returncode == 0, done.stderr
    assert desk.rows("select count(*) as n from articles where source = 'andere'") == [{"n": 1}]


def test_a_cache_that_says_304_to_all_loses_no_article(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, {"/a": Answer(status=304), "/b": Answer(status=301)})
    assert desk.crawl().returncode == 0
    assert ends(night(desk)) == [2, 0, 0, 0, 2, 0]
    for path in ("/a", "/b"):
        newsroom.put(f"{BASE}{path}", page(*SITE, canonical=f"{BASE}{path}"))
    assert desk.crawl().returncode == 0
    assert desk.rows("select count(*) as n from articles") == [{"n": 2}]


def test_rules_that_were_not_sent_allow_nothing(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, {"/a": page(*SITE)})
    newsroom.put(f"{BASE}/robots.txt", Answer(status=304))
    desk.crawl()
    assert "/a" not in newsroom.asked("blatt.example")
    assert (night(desk)["state"], night(desk)["detail"]) != ("ok", "")
    assert "robots.txt: HTTP 304" in str(night(desk)["detail"])


def test_a_fault_of_ours_is_no_try_of_the_page(store: Store) -> None:
    item = Article(source="blatt", url=f"{BASE}/fehler")
    for _ in range(4):
        assert settle(item, Failed(Code.TEXT.of(text="AttributeError")), store).ending is Ending.FAILED
    (row,) = store.archive.db.query("select tries, outcome from leads where url = ?", [item.url])
    assert row["tries"] == 0
    assert "failed" in row["outcome"]


def test_a_run_that_was_killed_knows_what_was_under_way(tmp_path: Path) -> None:
    with Archive(blank_archive(tmp_path / "archive.db")) as archive:
        run = archive.runs.begin([{"id": "blatt", "name": "Blatt"}], sources=1)
        archive.runs.write_nights(run, "2026-01-01", [Night(source="blatt", fetched=5, kept=2)])
        archive.runs.bury()
        (row,) = archive.runs.nights(run)
        assert [row[name] for name in ("fetched", "kept", "failed")] == [5, 2, 3]


def test_a_killed_run_has_in_its_books_what_it_kept_and_refused_after_it_wrote_them(tmp_path: Path) -> None:
    with Archive(blank_archive(tmp_path / "archive.db")) as archive:
        registry = [{"id": name, "name": name} for name in ("blatt", "funk")]
        before = archive.runs.begin(registry, sources=2)
        old, _ = archive.articles.save(article("funk.example/old", source="funk", run=before), {}, "old")
        archive.runs.end(before, "ok")
        run = archive.runs.begin(registry, sources=2)
        archive.articles.update(old, {"last_checked": now()})
        archive.runs.write_nights(run, "2026-01-01", [Night(source="blatt", fetched=2, kept=1, reasons={"robots": 1})])
        for name, source in (("a", "blatt"), ("b", "blatt"), ("c", "funk")):
            archive.articles.save(article(f"{source}.example/{name}", source=source, run=run), {}, name)
        for key, reason in (("a", "off_topic"), ("b", "off_topic"), ("c", "robots")):
            row = {"key": key, "url": f"https://blatt.example/{key}", "source": "blatt"}
            archive.refusals.refuse(row, reason, None, run)
        archive.runs.bury()
        blatt, funk = archive.runs.nights(run)
        names = ("fetched", "kept", "again", "refused", "failed", "unasked")
        assert [[row[name] for name in names] for row in (blatt, funk)] == [[4, 2, 0, 2, 0, 1], [2, 1, 1, 0, 0, 0]]
        assert json.loads(blatt["reasons"]) == {"off_topic": 2, "robots": 1}
        totals = archive.runs.get(run)
        assert totals and totals["fetched"] == 6 and totals["kept"] == 3


def test_a_killed_run_that_asked_no_source_keeps_its_counts_and_has_no_nights(tmp_path: Path) -> None:
    """As one that reads files: what it stored and what it counted of a file is one transaction."""
    with Archive(blank_archive(tmp_path / "archive.db")) as archive:
        run = archive.runs.begin([{"id": "blatt", "name": "blatt"}], kind="backfill", sources=0)
        archive.articles.save(article("blatt.example/a", source="blatt", run=run), {}, "a")
        archive.runs.note_counts(run, {"fetched": 9, "kept": 1, "refused": 8})
        archive.runs.bury()
        row = archive.runs.get(run)
        assert row and [row[name] for name in ("outcome", "fetched", "kept", "refused")] == ["killed", 9, 1, 8]
        assert not archive.runs.nights(run) and not archive.sources.every()[0]["last_state"]


def test_what_was_weighed_is_kept_with_an_article_and_with_a_refusal(tmp_path: Path) -> None:
    article = Article(source="blatt", url=f"{BASE}/a", title="Titel", text="Ein Text.", fetched_at=datetime.now(UTC))
    weighed = replace(article, score=0.4, features={"title: place": 1.25, "lead: company": -0.5}, rules_version="1")
    with Archive(blank_archive(tmp_path / "archive.db")) as archive:
        store = Store(archive=archive, run=None, reserved="keep", find_decision=lambda keys, url: None)
        settle(weighed, weighed, store)
        for path, refused in [("/b", weighed), ("/c", replace(weighed, features={}))]:
            other = replace(refused, url=f"{BASE}{path}")
            settle(other, Rejected(Reason.MENTION, Code.JUDGED.of(reasons=(), score=0.4), other), store)
        rows = [*archive.db.query("select score, features, rules_version from articles")]
        rows += archive.db.query("select score, features, rules_version from refusals order by url")
    in_order = '{"lead: company": -0.5, "title: place": 1.25}'
    assert [row["features"] for row in rows] == [in_order, in_order, None]
    assert {(row["score"], row["rules_version"]) for row in rows} == {(0.4, "1")}
