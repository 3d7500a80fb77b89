"""Counts of what a search finds, against a plain count of each article."""

import json
import random
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils

from db.search import vocabulary
from db.search.counting.facets import FACETS, tally
from db.search.query import Query
from db.search.search import ask, parse, register, search
from db.site.answering.results import find
from db.store.changed import COUNT_AGAIN, MISCOUNTED
from db.store.versions import CHANGES, What
from tests.test_exports import make_archive

ARTICLES = 240
SOURCES = ("bote", "blatt", "kurier", "haus", "funk")
ROLES = ("original", "agency", "mirror", "rewrite")
OF_ARTICLE = """select a.*, substr(a.month, 1, 4) as year, group_id, role, v.voice as newsroom from articles as a
    left join copies as p on p.article = a.id left join voices as v on v.article = a.id where a.id = ?"""
QUERIES = "|Microsoft|plant|Microsoft -plant|-plant lang:de|source:blatt|tagt from:2025-02-11|xyz".split("|")


def filled(path: Path, seed: int) -> Path:
    """Groups of up to a dozen, with copies in one outlet; and newsrooms that change in the middle of the year."""
    dice = random.Random(seed)
    database = sqlite_utils.Database(make_archive(path, ARTICLES))
    with closing(database.conn), database.atomic():
        database.table("sources").insert_all(({"id": name, "name": f"Der {name}"} for name in SOURCES), pk="id")
        claims = (("blatt", "2020", "2025-03"), ("blatt", "2025-03", None), ("kurier", "2020", None))
        database.table("newsrooms").insert_all(
            {"source": source, "name": f"Redaktion {since}", "since": since, "until": until, "evidence": "x"}
            for source, since, until in claims
        )
        for number in range(1, ARTICLES + 1):
            day = dice.choice((None, f"{dice.choice((2024, 2025))}-{dice.randint(1, 6):02}-{dice.randint(1, 28):02}"))
            row: dict[str, Any] = {
                "source": dice.choice(SOURCES),
                "kind": dice.choice(("regional_press", "company", None)),
                "lang": dice.choice(("de", "en", '","')),
                "access": dice.choice(("open", "walled", None)),
                "title": "Bericht",
                "text": dice.choice(("Microsoft baut", "Microsoft plant", "Der Rat tagt")),
                "published": day,
                "published_utc": day,
                "day": day,
                "month": day and day[:7],
            }
            database.table("articles").update(number, row)
            if dice.random() < 0.6:
                copy = {"article": number, "group_id": dice.choice((None, dice.randint(1, 20)))}
                database.table("copies").insert(copy | {"role": copy["group_id"] and dice.choice(ROLES)})
        database.execute("update copies set role = 'release_based' where group_id is null and article % 2")
        change_many(database, dice)
    vocabulary.take_in(path)
    return path


def change_many(database: sqlite_utils.Database, dice: random.Random) -> None:
    """Written, written again, and taken back, of articles that are there and of some that are not."""
    for version in range(1, ARTICLES):
        kinds = ["of another program", *dice.sample(CHANGES, dice.randint(1, 3))]
        row = {
            "article": dice.randint(1, ARTICLES + 9),
            "before": 0,
            "at": "2025",
            "kinds": json.dumps(kinds),
            "size": 0,
        }
        database.table("changes").upsert(row | {"version": dice.randint(1, version), "size": 0}, pk="version")
        found = {"article": dice.randint(1, ARTICLES + 9), "at": "2025", "what": dice.choice(list(What))}
        database.table("disappearances").insert(found | {"id": version}, replace=True)
    for number in range(60):
        database.execute("delete from changes where version = ?", [dice.randint(1, ARTICLES)])
        database.execute("delete from disappearances where id = ?", [dice.randint(1, ARTICLES)])
        database.execute("update changes set article = ? where version = ?", [number + 1, dice.randint(1, ARTICLES)])
        database.execute("insert or replace into changes select * from changes where version = ?", [number])


@pytest.fixture(scope="module", params=range(3))
def connection(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = filled(tmp_path_factory.mktemp("facets") / "archive.db", request.param)
    with closing(sqlite_utils.Database(path).conn) as connection:
        register(connection)
        yield connection


def changes_of(connection: sqlite3.Connection, article: int) -> set[str]:
    changed = connection.execute("select kinds from changes where article = ?", [article]).fetchall()
    found = connection.execute("select what from disappearances where article = ?", [article]).fetchall()
    return {kind for (kinds,) in changed for kind in json.loads(kinds) if kind in CHANGES} | {what for (what,) in found}


def text_of(row: sqlite3.Row) -> str:
    return f"g{row['group_id']}" if row["group_id"] else str(row["id"])


@pytest.mark.parametrize("text", QUERIES)
def test_values_have_as_many_articles_and_texts_as_a_plain_count_finds(connection: Any, text: str) -> None:
    query = ask(connection, parse(text) if text else Query())
    connection.row_factory = sqlite3.Row
    found = [
        connection.execute(OF_ARTICLE, [row["id"]]).fetchone() for row in search(connection, query, limit=1000).rows
    ]
    articles: defaultdict[str, Counter[str]] = defaultdict(Counter)
    texts: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in found:
        values = {name: {row[name] or ""} for name in FACETS if name != "change"}
        values |= {"role": values["role"] - {""}, "change": changes_of(connection, row["id"])}
        for name, of_article in values.items():
            for value in of_article:
                articles[name][value] += 1
                texts[name][value].add(text_of(row))
    for folded in (False, True):
        counted = tally(connection, query, FACETS, folded)
        assert counted.articles == len(found)
        assert counted.texts == len(set(map(text_of, found)))
        for name in FACETS:
            plain = {value: len(each) for value, each in texts[name].items()} if folded else articles[name]
            assert dict(counted.counts[name]) == dict(plain), (name, folded)


@pytest.mark.parametrize("kind", ["body", "gone"])
def test_a_kind_of_change_narrows_a_search_as_it_is_counted(connection: sqlite3.Connection, kind: str) -> None:
    counted = dict(tally(connection, ask(connection, "Microsoft")).counts["change"])
    found = {row["id"] for row in search(connection, f"Microsoft change:{kind}", limit=ARTICLES).rows}
    everything = {row["id"] for row in search(connection, "Microsoft", limit=ARTICLES).rows}
    assert found == {article for article in everything if kind in changes_of(connection, article)}
    assert len(found) == counted[kind] > 5


def test_kept_changes_are_those_that_there_are(connection: sqlite3.Connection) -> None:
    assert connection.execute(MISCOUNTED).fetchone()[0] == 0
    assert connection.execute("select count(*) from _changed").fetchone()[0] > 100
    kept = connection.execute("select * from _changed order by article").fetchall()
    connection.execute("savepoint again")
    for statement in COUNT_AGAIN:
        connection.execute(statement)
    assert connection.execute("select * from _changed order by article").fetchall() == kept
    connection.execute("rollback to again")
    connection.rollback()


def test_an_answer_is_of_one_moment(connection: Any) -> None:
    find(connection, parse("Microsoft"), "best", 1)
    assert connection.in_transaction
    connection.rollback()
