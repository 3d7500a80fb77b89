"""Versions in the order of their dates, in whatever order their pages come."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest

from crawler.demo.newsroom import page
from db.outcomes import Code
from db.store.archive import Archive
from pipelines.article import Article, Failed, Hints, Reason, Rejected
from pipelines.stages import read_alone
from pipelines.storing.histories import says_modified
from pipelines.storing.settle import Ending, Store, settle
from tests.stories import SITE, TRAINING

TITLE, PARAGRAPHS = SITE
HINTS = Hints(hosts=frozenset({"blatt.example"}), kind="regional")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Archive(tmp_path / "archive.db") as archive:
        yield Store(archive=archive, run=None, reserved="keep", find_decision=lambda keys, url: None)


def capture(day: int, *more: str, title: str = TITLE) -> Article:
    """As a page of that day is read from a file."""
    at = datetime(2026, 3, day, 5, tzinfo=UTC)
    html = page(title, [*PARAGRAPHS, *more]).body
    return Article(source="blatt", url="http://blatt.example/a", hints=HINTS, fetched_at=at, html=html, status=200)


def put(store: Store, item: Article) -> Ending:
    outcome = read_alone(item)
    assert not isinstance(outcome, Rejected)
    return settle(item, outcome, store).ending


CAPTURES = {
    2: (),
    3: ("Die Stadt rechnet mit 115 Stellen.",),
    5: ("Die Stadt rechnet mit 95 Stellen.",),
    9: ("Die Stadt rechnet mit 95 Stellen.",),
}


@pytest.mark.parametrize("days", list(permutations(CAPTURES)))
def test_in_whatever_order_they_come(store: Store, days: tuple[int, ...]) -> None:
    endings = [put(store, capture(day, *CAPTURES[day])) for day in days]
    assert endings == [Ending.KEPT, *[Ending.AGAIN] * 3]
    db = store.archive.db
    versions = list(db.query("select * from versions order by seen_at"))
    assert [row["seen_at"][:10] for row in versions] == ["2026-03-02", "2026-03-03", "2026-03-05"]
    changes = list(db.query("select * from changes order by at"))
    assert [(row["before"], row["version"]) for row in changes] == [
        (versions[0]["id"], versions[1]["id"]),
        (versions[1]["id"], versions[2]["id"]),
    ]
    assert [json.loads(row["kinds"]) for row in changes] == [["body"], ["figure"]]
    (article,) = db.query("select text from articles")
    assert article["text"] == versions[2]["text"]
    assert list(db.query("select * from disappearances")) == []


def test_what_leaves_keeps_its_number_and_says_nothing(store: Store, tmp_path: Path) -> None:
    put(store, capture(2))
    put(store, capture(4, "Die Stadt rechnet mit 115 Stellen."))
    archive = store.archive
    before = list(archive.db.query("select * from versions"))
    article = archive.articles.get(1)
    assert article
    archive.take_out(article, "blatt.example/a", "decided", None)
    with Archive(tmp_path / "archive.db", read_only=True) as reader:
        told = [
            tuple(row.values())
            for table in ("versions", "_left_versions")
            for row in reader.db.query(f"select * from {table}")
        ]
    assert "Stellen" not in str(told)
    assert TITLE not in str(told)
    assert put(store, capture(6, "Die Stadt rechnet mit 115 Stellen.")) is Ending.KEPT
    assert list(archive.db.query("select * from versions")) == before
    assert archive.articles.get(1)
    assert len(list(archive.db.query("select * from changes"))) == 1


def test_another_article_at_its_address_is_no_version(store: Store) -> None:
    put(store, capture(2))
    title, paragraphs = TRAINING
    other = Article(
        source="blatt",
        url="http://blatt.example/a",
        hints=HINTS,
        fetched_at=datetime(2026, 3, 3, tzinfo=UTC),
        html=page(title, paragraphs, lang="en").body,
        status=200,
    )
    assert put(store, other) is Ending.AGAIN
    assert store.archive.db.table("versions").count == 1
    (look,) = store.archive.db.query("select outcome from revisits")
    assert json.loads(look["outcome"])["code"] == "another_article"


def test_a_ticker_has_versions_and_no_changes(store: Store) -> None:
    for item in (capture(2), capture(3, "Die Stadt rechnet mit 115 Stellen.")):
        outcome = read_alone(item)
        assert isinstance(outcome, Article)
        settle(item, replace(outcome, page_kind="ticker"), store)
    assert store.archive.db.table("versions").count == 2
    assert store.archive.db.table("changes").count == 0


@pytest.mark.parametrize(
    ("modified", "says"),
    [
        ("2026-03-02T18:00:00+01:00", True),
        ("2026-03-01T18:00:00+01:00", False),  # before the last look
        ("2026-03-03T05:59:58+01:00", False),  # when it is asked, whatever it says then
        ("2026-03-02", False),
        (None, False),
    ],
)
def test_what_a_page_says_of_its_changes(modified: str | None, says: bool) -> None:
    assert says_modified(modified, "2026-03-02T05:00:00+00:00", "2026-03-03T05:00:00+00:00") is says


@pytest.mark.parametrize(
    "words", ["Dieser Inhalt wurde gelöscht.", "Der Beitrag ist leider entfernt.", "This story has been removed."]
)
def test_a_page_says_that_it_has_nothing(words: str) -> None:
    html = f"<title>Blatt</title><nav><a href='/'>Start</a></nav><h1>Hoppla!</h1><p>{words}</p>".encode()
    outcome = read_alone(Article(source="blatt", url="http://blatt.example/a", html=html, status=200))
    assert isinstance(outcome, Rejected)
    assert outcome.reason is Reason.MISSING


def test_behind_a_wall_the_text_stays_whatever_the_headline_does(store: Store) -> None:
    put(store, capture(2))
    (before,) = store.archive.db.query("select text from articles")
    for day, title in ((3, TITLE), (4, f"{TITLE} im Herbst")):
        item = capture(day, title=title)
        outcome = read_alone(item)
        assert isinstance(outcome, Article)
        settle(item, replace(outcome, access="walled", text=outcome.text.split("\n\n")[0]), store)
        assert list(store.archive.db.query("select text, access from articles")) == [before | {"access": "walled"}]
    assert store.archive.db.table("versions").count == 3
    put(store, capture(5, title=f"{TITLE} im Herbst"))
    (after,) = store.archive.db.query("select title, text, access from articles")
    assert after == before | {"title": f"{TITLE} im Herbst", "access": "free"}


def test_what_our_code_cannot_read_is_left_after_some_nights(store: Store) -> None:
    put(store, capture(2))
    for day in (3, 4, 5):
        assert settle(capture(day), Failed(Code.TEXT.of(text="slip")), store).ending is Ending.FAILED
    assert list(store.archive.db.query("select due, tries from revisits")) == [{"due": "2026-03-06", "tries": 0}]
