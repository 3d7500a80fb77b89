"""Versions in the order of their dates, in whatever order their pages come."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest

from crawler.demo.newsroom import page
from db.store.archive import Archive
from pipelines.article import Article, Hints, Rejected
from pipelines.stages import read_alone
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
