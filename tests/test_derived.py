"""What is counted of texts that are not given away, and that no count tells of one article."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from db.publish.counting import TEXTS, CountedArticle, counted_articles, place_counts
from db.publish.derived import TABLES, derive
from db.store.connection import Mode, connect
from tests.blank import blank_archive

SOURCES = ("bote", "kurier", "stimme", "blatt")
# Of the March of each source six articles; the agency's text is in all of them, in no other words.
AGENCY = "Ein Sprecher nannte den Fahrplan ehrgeizig"
SAID = "Wir bauen was die Region braucht sagte er"  # by one person, and printed by all
SECRET = "Bagger ruhen nachts"


def fill(db: Database) -> None:
    articles, copies = [], []
    for number in range(1, 25):
        begin = ("Das", "Ein", "Kein")[number % 3]
        source, text = SOURCES[number % 4], f"{begin} Rechenzentrum in Bergheim wächst.\n{SAID}\nTeil {number}"
        if number % 4 == 3 or number in (4, 5, 6, 8, 9):  # all of one source, and five of the others
            text += f"\n{SECRET}"
        articles.append(_article(number, source, "2025-03", text))
    for number in range(25, 31):
        articles.append(_article(number, SOURCES[number % 4], "2025-04", AGENCY))
        copies.append({"article": number, "group_id": 25, "role": "agency", "share": 1.0})
    articles.append(_article(31, "bote", "2025-04", "Das Rechenzentrum kam später", "2025-06-02T00:00:00+00:00"))
    db.table("articles").insert_all(articles)
    db.execute("delete from copies")
    db.table("copies").insert_all(copies)
    entity = {
        "kind": "place",
        "name": "Bergheim",
        "text": "Bergheim",
        "start": 0,
        "end": 8,
        "sentence": "",
        "rules_version": "",
    }
    db.table("entities").insert_all([{"article": number} | entity for number in (1, 1, 2, 5)])
    db.table("changes").insert_all(
        [
            {
                "version": 1,
                "article": 1,
                "before": 0,
                "at": "2025-05-01",
                "kinds": '["headline","figure"]',
                "size": 0.1,
            },
            {"version": 2, "article": 5, "before": 0, "at": "2025-05-02", "kinds": '["headline"]', "size": 0.1},
        ]
    )
    nights = [("2025-03-01", 1, "ok"), ("2025-03-01", 2, "failed"), ("2025-03-02", 3, "ok"), ("2025-04-01", 4, "ok")]
    db.table("source_nights").insert_all(
        {"run": run, "source": "bote", "night": night, "state": state, "listed": 5, "new": 2, "fetched": 2, "kept": 1}
        for night, run, state in nights
    )


def _article(number: int, source: str, month: str, text: str, first_seen: str = "2025-04-20T03:00:00+00:00") -> dict:
    address = f"https://{source}.example/{number}"
    return {
        "id": number,
        "url": address,
        "identity": address,
        "source": source,
        "title": f"Nummer{number}",
        "text": text,
        "month": month,
        "day": f"{month}-05",
        "fetched_at": first_seen,
        "first_seen": first_seen,
        "words": len(text.split()),
    }


def filled_archive(path: Path) -> Path:
    with closing(Database(blank_archive(path))) as db:
        fill(db)
        db.conn.commit()
    return path


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled_archive(tmp_path_factory.mktemp("home") / "archive.db")


def derived(archive: Path, day: str) -> sqlite3.Connection:
    snapshot = sqlite3.connect(":memory:")
    with closing(connect(archive, Mode.READ)) as source:
        snapshot.execute("create table articles (id integer primary key)")
        snapshot.executemany("insert into articles values (?)", source.execute("select id from articles"))
        derive(source, snapshot, day)
    return snapshot


@pytest.fixture(scope="module")
def snapshot(archive: Path) -> Iterator[sqlite3.Connection]:
    with closing(derived(archive, "2025-06-30")) as connection:
        yield connection


def rows(snapshot: sqlite3.Connection, sql: str) -> list[tuple[object, ...]]:
    return snapshot.execute(sql).fetchall()


def test_a_term_is_counted_where_five_texts_of_a_month_have_it(snapshot: sqlite3.Connection) -> None:
    of_term = "select period, source, articles, texts from term_counts where term = '{}' order by 2"
    counts = rows(snapshot, of_term.format("bergheim"))
    assert counts == [("2025-03", source, 6, 6) for source in sorted(SOURCES)]
    # where fewer of a source have it, they go with the month
    some = rows(snapshot, of_term.format("bagger"))
    assert some == [("2025-03", "", 5, 5), ("2025-03", "blatt", 6, 6)]
    assert all(texts >= TEXTS for (texts,) in rows(snapshot, "select texts from term_counts"))
    ngrams = rows(snapshot, "select n, period, articles from ngram_counts where ngram = 'rechenzentrum in bergheim'")
    assert ngrams == [(3, "2025-03", 6)] * 4
    assert not rows(snapshot, "select * from ngram_counts where ngram like '%wachst teil%'")  # over the end of a line


def test_what_few_texts_or_sources_have_is_not_named(snapshot: sqlite3.Connection) -> None:
    """However many print a text of an agency."""
    named = {term for (term,) in rows(snapshot, "select term from term_counts")}
    assert not named & {"sprecher", "fahrplan", "ehrgeizig", "nummer7", "7", "spater"}
    assert not rows(snapshot, "select * from ngram_counts where ngram like '%fahrplan%'")


def test_what_all_have_taken_over_is_no_run(snapshot: sqlite3.Connection) -> None:
    """Else the sentence could be put together."""
    named = {term for (term,) in rows(snapshot, "select term from term_counts")}
    assert named >= {"bauen", "region", "braucht"}
    assert not rows(snapshot, "select * from ngram_counts where ngram like '%bauen%' or ngram like '%region%'")


def test_counts_are_those_of_the_archive(archive: Path, snapshot: sqlite3.Connection) -> None:
    with closing(connect(archive, Mode.READ)) as source:
        by_month = "select month, source, count(*), sum(words) from articles group by 1, 2 order by 1, 2"
        counted = rows(snapshot, "select month, source, articles, words from text_counts order by 1, 2")
        assert counted == rows(source, by_month)
    assert rows(snapshot, "select sum(texts), sum(counted) from text_counts where month = '2025-04'") == [(5, 0)]
    assert rows(snapshot, "select * from entity_counts") == [
        ("place", "Bergheim", "2025-03", "kurier", 2, 2),
        ("place", "Bergheim", "2025-03", "stimme", 1, 1),
    ]
    assert rows(snapshot, "select month, kind, changes, articles from change_counts") == [
        ("2025-05", "figure", 1, 1),
        ("2025-05", "headline", 2, 2),
    ]
    assert rows(snapshot, "select sum(articles), min(share), max(releases) from share_counts") == [(6, 1.0, 0)]
    assert rows(snapshot, "select month, nights, missed, listed, new, kept from night_counts") == [
        ("2025-03", 2, 1, 15, 6, 3),
        ("2025-04", 1, 0, 5, 2, 1),
    ]
    assert {name for (name,) in rows(snapshot, "select name from sqlite_master where type = 'table'")} == {
        "articles",
        *TABLES,
    }


def test_words_are_counted_once_their_month_has_ended(archive: Path) -> None:
    with closing(derived(archive, "2025-04-30")) as early:
        assert rows(early, "select count(*) from term_counts") == [(0,)]
        assert rows(early, "select sum(articles), sum(counted) from text_counts") == [(31, 0)]


ENTERED = st.tuples(
    st.integers(0, 30),  # text
    st.sampled_from(SOURCES),
    st.sampled_from(("", "2024-12", "2025-01", "2025-02")),
    st.sampled_from(("2025-01", "2025-02", "2025-03")),
)


@given(st.lists(ENTERED, max_size=60))
def test_no_count_and_no_difference_of_two_is_of_few_texts(entered: list[tuple[int, str, str, str]]) -> None:
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.execute("create table articles (id integer primary key, source, month, words, first_seen)")
        memory.execute("create table copies (article, group_id)")
        for number, (text, source, month, seen) in enumerate(entered, start=100):
            memory.execute("insert into articles values (?, ?, ?, 9, ?)", [number, source, month, seen])
            memory.execute("insert into copies values (?, ?)", [number, text])
        everything = frozenset(range(100, 100 + len(entered)))
        months = [counted_articles(memory, everything, month) for month in ("2025-02", "2025-03", "2025-04")]
    before: dict[object, frozenset[int]] = {}
    for articles in months:
        counted = [article for article in articles if article.places]
        assert all(count.texts >= TEXTS for count in place_counts(counted))
        here = {place: frozenset(_at(counted, place)) for place in {_own(article) for article in counted}}
        text_of = {article.id: article.text for article in counted}
        for place, ids in here.items():
            assert before.get(place, frozenset()) <= ids
            came = {text_of[article] for article in ids - before.get(place, frozenset())}
            assert not came or len(came) >= TEXTS
        assert before.keys() <= here.keys()
        before = here


def _own(article: CountedArticle) -> object:
    return next(place for place in article.places if place)


def _at(articles: list[CountedArticle], place: object) -> Iterator[int]:
    return (article.id for article in articles if _own(article) == place)
