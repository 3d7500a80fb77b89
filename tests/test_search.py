import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
import sqlite_utils
from hypothesis import given
from hypothesis import strategies as st

from db.migrations import migrations
from db.search import QueryError, match, ranked, register

TEXTS = {
    1: ("Rechenzentrum in Bedburg", "Microsoft baut im Rheinischen Revier."),
    2: ("Neue Rechenzentren", "North Rhine-Westphalia welcomes the cloud, says Müller."),
    3: ("Straße gesperrt", "Die Größe der Baustelle überrascht. C++ und 50% (fünfzig)."),
    4: ("Azure wächst", "Microsoft meldet Zahlen. Neu ist wenig."),
}


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    database = sqlite_utils.Database(memory=True)
    migrations.apply(database)
    same = {"source": "blatt", "url": "https://blatt.example/", "fetched_at": ""}
    database.table("articles").insert_all(
        {"id": id, "title": title, "text": text, "identity": str(id), **same} for id, (title, text) in TEXTS.items()
    )
    with closing(database.conn):
        yield database.conn


def found(connection: sqlite3.Connection, query: str) -> set[int]:
    return {
        row[0]
        for row in connection.execute("select rowid from articles_fts where articles_fts match ?", [match(query)])
    }


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("microsoft", {1, 4}),
        ("microsoft bedburg", {1}),
        ("microsoft AND bedburg", {1}),
        ("microsoft -azure", {1}),
        ("microsoft NOT azure", {1}),
        ("-azure microsoft", {1}),
        ("bedburg OR azure", {1, 4}),
        ("bedburg ODER azure", {1, 4}),
        ("microsoft bedburg OR azure", {1, 4}),
        ("OR azure", {4}),
        ("azure OR", {4}),
        ('"im rheinischen"', {1}),
        ("„im rheinischen“", {1}),
        ('"rheinischen im"', set()),
        ('microsoft -"im rheinischen"', {4}),
        ('"im rheinischen', {1}),
        ("Rechenzentr*", {1, 2}),
        ('"rechenzentr"*', {1, 2}),
        ("Rechenzentr", set()),
        ("North Rhine-Westphalia", {2}),
        ("Müller", {2}),
        ("Muller", {2}),
        ("Mueller", {2}),
        ("Strasse", {3}),
        ("STRASSE", {3}),
        ("Straße", {3}),
        ("Groesse", {3}),
        ("neue", {2}),
        ("title:azure", set()),
        ("(microsoft) bedburg)", {1}),
        ("microsoft 🙂", {1, 4}),
        ("C++", {3}),
        ("50%", {3}),
        ("near", set()),
        ("NEAR(microsoft azure)", set()),
    ],
)
def test_what_is_typed_finds_what_is_meant(connection: sqlite3.Connection, query: str, ids: set[int]) -> None:
    assert found(connection, query) == ids


@pytest.mark.parametrize("query", ["", "  ", '"', '""', "*", "🙂", "-", "--", "OR", "NOT", "()", "^"])
def test_a_query_without_a_word_says_so(query: str) -> None:
    with pytest.raises(QueryError, match="holds no word: type one"):
        match(query)


@pytest.mark.parametrize("query", ["-azure", 'NOT azure -"x y"'])
def test_a_query_that_only_excludes_says_so(query: str) -> None:
    with pytest.raises(QueryError, match="only excludes: add a word"):
        match(query)


@given(
    st.text(st.sampled_from(list("ab-*\"'():^+{}.,„“ORNT \x00%ß🙂\u0301")) | st.characters(codec="utf-8"), max_size=30)
)
def test_nothing_that_is_typed_is_an_error_of_sql(connection: sqlite3.Connection, query: str) -> None:
    try:
        found(connection, query)
    except QueryError as error:
        assert "word" in str(error)


def test_a_whole_page_can_be_pasted(connection: sqlite3.Connection) -> None:
    assert found(connection, "Straße bedburg " * 1000) == set()
    assert found(connection, "Straße OR " * 1000) == {3}
    assert found(connection, "microsoft " + "-bedburg " * 1000) == {4}


def test_a_title_weighs_more_than_a_text(connection: sqlite3.Connection) -> None:
    assert [row["id"] for row in with_names(connection, "bedburg OR microsoft")] == [1, 4]


def with_names(connection: sqlite3.Connection, query: str) -> list[dict[str, object]]:
    names = [column[0] for column in connection.execute("select * from articles limit 0").description]
    return [dict(zip(names, row, strict=True)) for row in ranked(connection, query)]


def test_sql_knows_the_function_of_the_search_box(connection: sqlite3.Connection) -> None:
    register(connection)
    sql = "select rowid from articles_fts where articles_fts match escape_fts(?)"
    assert connection.execute(sql, ["microsoft -azure"]).fetchall() == [(1,)]
    assert connection.execute(sql.replace("where articles_fts", "where title"), ["microsoft OR azure"]).fetchall() == [
        (4,)
    ]
