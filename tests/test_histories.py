"""Versions in the order of their dates, in whatever order their pages come."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise, permutations
from pathlib import Path

import pytest

from crawler.demo.newsroom import page
from db.outcomes import Code
from db.store.archive import Archive
from pipelines.article import Article, Failed, Hints, Part, Reason, Rejected
from pipelines.stages import read_alone
from pipelines.storing.histories import compare_again, missing, says_modified, tomorrow, unchanged
from pipelines.storing.settle import Ending, Store, settle
from tests.blank import blank_archive
from tests.stories import SITE, TRAINING

TITLE, PARAGRAPHS = SITE
HINTS = Hints(hosts=frozenset({"blatt.example"}), kind="regional")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Archive(blank_archive(tmp_path / "archive.db")) as archive:
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


BACK_AGAIN = {2: (), 3: ("Die Stadt rechnet mit 115 Stellen.",), 5: ()}


@pytest.mark.parametrize("days", list(permutations(BACK_AGAIN)))
def test_what_was_seen_again_later_stays_the_newest(store: Store, days: tuple[int, ...]) -> None:
    for day in days:
        put(store, capture(day, *BACK_AGAIN[day]))
    versions = store.archive.versions.of(1)
    assert [(row["seen_at"][:10], "115" in (row["text"] or "")) for row in versions] == [
        ("2026-03-02", False),
        ("2026-03-03", True),
        ("2026-03-05", False),
    ]
    changes = list(store.archive.db.query("select version, before from changes order by at"))
    numbers = [row["id"] for row in versions]
    assert [(row["before"], row["version"]) for row in changes] == list(pairwise(numbers))
    (article,) = store.archive.db.query("select text from articles")
    assert article["text"] == versions[-1]["text"]


def test_what_lies_between_two_sights_of_a_version_parts_them(store: Store) -> None:
    for day, more in ((2, ()), (4, ()), (9, ("Es werden 95 Stellen.",)), (3, ("Es werden 115 Stellen.",))):
        put(store, capture(day, *more))
    versions = store.archive.versions.of(1)
    assert [row["seen_at"][8:10] for row in versions] == ["02", "03", "04", "09"]
    changes = {row["version"]: row["before"] for row in store.archive.db.query("select version, before from changes")}
    assert changes == {after["id"]: before["id"] for before, after in pairwise(versions)}


def test_a_server_that_says_unchanged_has_shown_it_again(store: Store) -> None:
    put(store, capture(2))
    revisit = store.archive.revisits.get(1)
    assert revisit
    unchanged(store.archive, revisit, "2026-03-06T05:00:00+00:00", 1, tomorrow)
    put(store, capture(4, "Die Stadt rechnet mit 115 Stellen."))
    assert [row["seen_at"][8:10] for row in store.archive.versions.of(1)] == ["02", "04", "06"]


NEXT_PAGE = '<a rel="next" href="?seite=2">weiter</a>'
REST = "Auf der zweiten Seite geht es um die Leitungen, die im Herbst zum Gelände des Rechenzentrums gebaut werden."


def part(day: int, *more: str, title: str = TITLE) -> Article:
    """The first page of an article, whose second could not be had."""
    item = capture(day)
    return replace(item, html=page(title, [*PARAGRAPHS, *more], around=NEXT_PAGE).body)


def whole(day: int, title: str = TITLE) -> Article:
    item = part(day, title=title)
    return replace(item, parts=(Part(url=f"{item.url}?seite=2", html=page(TITLE, [REST]).body),))


def test_the_rest_of_an_article_is_no_change_of_its_outlet(store: Store) -> None:
    put(store, part(2))
    assert [row["in_part"] for row in store.archive.versions.of(1)] == [1]
    put(store, whole(3))
    (version,) = store.archive.versions.of(1)
    assert (version["in_part"], version["seen_at"][8:10], version["last_seen"][8:10]) == (0, "02", "03")
    (article,) = store.archive.db.query("select text from articles")
    assert article["text"] == version["text"]
    assert article["text"].endswith(REST)
    assert put(store, part(4)) is Ending.AGAIN  # one page of it says nothing of the others
    put(store, part(5, title=f"{TITLE} im Herbst"))
    assert len(store.archive.versions.of(1)) == 1
    assert store.archive.db.table("changes").count == 0


def test_what_changes_in_a_part_is_a_change(store: Store) -> None:
    put(store, part(2))
    put(store, whole(3, title=f"{TITLE} im Herbst"))
    (change,) = store.archive.db.query("select kinds from changes")
    assert json.loads(change["kinds"]) == ["headline"]
    first, second = store.archive.versions.of(1)
    assert len(second["text"] or "") > len(first["text"] or "")
    compare_again(store.archive, 1)
    assert list(store.archive.db.query("select kinds from changes")) == [change]


def test_a_wall_that_is_back_is_a_wall(store: Store) -> None:
    put(store, capture(2))
    item = capture(3)
    outcome = read_alone(item)
    assert isinstance(outcome, Article)
    walled = replace(outcome, access="walled", text=outcome.text.split("\n\n")[0])
    settle(item, walled, store)
    archive, at = store.archive, "2026-03-{:02}T05:00:00+00:00"

    def gone_and_unchanged(day: int) -> None:
        for later in (0, 1):
            revisit = archive.revisits.get(1)
            assert revisit
            missing(archive, revisit, at.format(day + later), 404, tomorrow)
        revisit = archive.revisits.get(1)
        assert revisit
        unchanged(archive, revisit, at.format(day + 2), 1, tomorrow)

    gone_and_unchanged(4)
    revisit = archive.revisits.get(1)
    assert revisit
    missing(archive, revisit, at.format(7), 410, tomorrow)
    later = datetime(2026, 3, 8, 5, tzinfo=UTC)
    settle(replace(item, fetched_at=later), replace(walled, fetched_at=later), store)
    put(store, capture(9))
    gone_and_unchanged(10)
    found = [row["what"] for row in archive.db.query("select what from disappearances order by id")]
    assert found == ["walled", "gone", "walled", "gone", "walled", "back", "gone", "back"]
