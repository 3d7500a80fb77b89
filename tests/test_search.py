import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import permutations
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import sqlite_utils
from hypothesis import given
from hypothesis import strategies as st

from db.search import highlight, vocabulary
from db.search.highlight import marked, snippet
from db.search.morphology import Key, keys
from db.search.query import Filter, QueryError, Term, parse, without
from db.search.ranking import conditions
from db.search.search import by_month, count, facets, match, ranked, register, search
from db.search.taken_along import TAKEN
from db.search.thesaurus import thesaurus
from db.store.archive import Archive
from db.store.connection import ArchiveError
from db.store.migrations import migrations
from tests.blank import blank_in_memory

TEXTS = {
    1: ("Rechenzentrum in Bedburg", "Microsoft baut im Rheinischen Revier."),
    2: ("Neue Rechenzentren", "North Rhine-Westphalia welcomes the cloud, says Müller."),
    3: ("Straße gesperrt", "Die Größe der Baustelle überrascht. C++ und 50% (fünfzig)."),
    4: ("Azure wächst", "Microsoft meldet Zahlen. Neu ist wenig."),
    5: ("A data centre for the town", "Its waste heat will warm homes."),
    6: ("Stromnetzausbau verzögert sich", "Der Kohle-Ausstieg drängt, sagt Karl Mueller. Die Zentrale schweigt."),
    7: ("Konzern investiert", "Strom und Wasserstoff für Essen; wer hat schon gegessen?"),
}
FACTS = {
    1: ("erftbote", "local_press", "de", "free", "2025-03-12T08:00:00+01:00", '["Anna Groß"]'),
    2: ("erftbote", "local_press", "de", "walled", "2025-03-31", "[]"),
    3: ("blatt", "local_press", "de", "free", "2024-12-31", "[]"),
    4: ("blatt", "trade_press", "de", "free", "2025-04-01", '["Jörg Weiß"]'),
    5: ("wire", "trade_press", "en", "free", "2025-04-02", "[]"),
    6: ("blatt", "local_press", None, "free", None, None),
    7: ("wire", "trade_press", "de", "free", "2023-01-01", None),
}


def fill(database: sqlite_utils.Database) -> None:
    names = ("source", "kind", "lang", "access", "published", "authors")
    articles = database.table("articles")
    for number, (title, text) in TEXTS.items():
        row = dict(zip(names, FACTS[number], strict=True))
        day = (row["published"] or "")[:10] or None
        row |= {"published_utc": row["published"], "month": day and day[:7], "url": "https://blatt.example/"}
        row |= {"day": day} if "day" in articles.columns_dict else {}  # an older archive has none
        articles.insert({"id": number, "title": title, "text": text, **row, "identity": str(number), "fetched_at": ""})
    database.table("sources").insert({"id": "erftbote", "name": "Der Erft-Bote"}, pk="id")


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    database = blank_in_memory()
    fill(database)
    with closing(database.conn):
        assert vocabulary.catch_up(database.conn) == len(TEXTS)
        register(database.conn)
        yield database.conn


def found(connection: sqlite3.Connection, query: str) -> set[int]:
    ids = {row["id"] for row in search(connection, query, limit=100).rows}
    assert count(connection, query) == len(ids)
    assert {row["id"] for row in search(connection, query, order="newest", limit=100).rows} == ids
    return ids


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
        ("Strasse", {3}),
        ("STRASSE", {3}),
        ("Straße", {3}),
        ("Groesse", {3}),
        ("title:azure", {4}),
        ("titel:microsoft", set()),
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


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("Rechenzentrums", {1, 2, 5}),
        ("RECHENZENTRUM", {1, 2, 5}),
        ("data centers", {1, 2, 5}),
        ("Data Centre", {1, 2, 5}),
        ("data -rechenzentrum", {5}),
        ('"data centre"', {5}),
        ("Zentrum", {1, 2}),
        ("Müller", {2, 6}),
        ("Muller", {2, 6}),
        ("Mueller", {2, 6}),
        ("Abwärme", {5}),
        ("Abwaerme", {5}),
        ("Investition", {7}),
        ("investment", {7}),
        ("Netzausbau", {6}),
        ("Stromnetz", {6}),
        ("Kohleausstieg", {6}),
        ("Kohle-Ausstieg", {6}),
        ("Strom", {6, 7}),
        ("Wasser", set()),
        ("Essen", {7}),
        ("NRW", {2}),
        ("Rheinische Revier", {1}),
        ("the waste heat of the data centre", {5}),
        ("der", {3, 6}),
        ("title:Zentrum", {1, 2}),
        ("Rechnung", set()),
    ],
)
def test_a_word_is_found_in_its_other_forms(connection: sqlite3.Connection, query: str, ids: set[int]) -> None:
    assert found(connection, query) == ids


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("source:blatt", {3, 4, 6}),
        ("quelle:Blatt", {3, 4, 6}),
        ('source:"der erft-bote"', {1, 2}),
        ("source:blatt source:wire microsoft OR data", {4, 5}),
        ("-source:blatt", {1, 2, 5, 7}),
        ("lang:en", {5}),
        ("-lang:de", {5, 6}),
        ("kind:trade_press -azure", {5, 7}),
        ("access:walled", {2}),
        ("author:gross", {1}),
        ('author:"Joerg Weiss"', {4}),
        ("from:2025", {1, 2, 4, 5}),
        ("from:2025-03 to:2025-03", {1, 2}),
        ("to:2024-12", {3, 7}),
        ("to:2025-03-12", {1, 3, 7}),
        ("von:2025-03-13 bis:2025-04-01", {2, 4}),
        ("source:wire title:data", {5}),
        ("date:2025", {1, 2, 4, 5}),
        ("datum:2025-03", {1, 2}),
        ("date:2025-03-12 OR date:2025-04-02", {1, 5}),
        ("date:none", {6}),
        ("-date:none microsoft", {1, 4}),
        ("-date:2025", {3, 6, 7}),
        ("lang:none OR lang:en", {5, 6}),
        ("from:2025 from:2025-04", {4, 5}),
        ("to:2025-03-30 to:2024", {3, 7}),
        ("-from:2025", {3, 6, 7}),
    ],
)
def test_fields_narrow(connection: sqlite3.Connection, query: str, ids: set[int]) -> None:
    assert found(connection, query) == ids


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from:2025-13", "from:2025-13 is no month; they go from 2025-01 to 2025-12"),
        ("to:2025-02-29", "to:2025-02-29 is no day; 2025-02 has 28"),
        ("from:yesterday", "from:yesterday is no day; write a year, a month or a day"),
        ("sourc:blatt", "sourc: is no field; did you mean source:blatt?"),
        ('source:""', "source: says nothing; write as in source:"),
        ("from:0000", "from:0000 is no year"),
    ],
)
def test_a_wrong_query_says_what_is_wrong(query: str, said: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(query)
    assert str(raised.value).startswith(said)


def test_a_query_is_read_into_words_and_fields() -> None:
    query = parse('Rechenzentrum OR data* -"am Ort" titel:Strom bis:2025-12 https://x.example/y Microsoft: 12:30')
    assert query.wanted[0] == (Term("Rechenzentrum"), Term("data", literal=True, star=True))
    assert query.wanted[1] == (Term("Strom", title=True),)
    assert [each[0].text for each in query.wanted[2:]] == ["https://x.example/y", "Microsoft:", "12:30"]
    assert query.unwanted == (Term("am Ort", literal=True),)
    assert query.filters == (Filter("to", "2026-01-01"),)


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ('Strom quelle:"Der Erft-Bote" source:blatt Netz', "Strom Netz"),
        ('-source:blatt NOT source:wire "source:x y"', '-source:blatt NOT source:wire "source:x y"'),
        ("date:2025 from:2025-03 title:Strom", "from:2025-03 title:Strom"),
        ("source:blatt", ""),
    ],
)
def test_a_choice_takes_the_place_of_others_of_its_field(query: str, left: str) -> None:
    assert without(query, {"source", "date"}) == left


@pytest.mark.parametrize("query", ["", "  ", '"', '""', "*", "🙂", "-", "--", "OR", "NOT", "()", "^"])
def test_a_query_without_a_word_says_so(query: str) -> None:
    with pytest.raises(QueryError, match="holds no word: type one"):
        parse(query)


@pytest.mark.parametrize("query", ["-azure", 'NOT azure -"x y"'])
def test_a_query_that_only_excludes_says_so(query: str) -> None:
    with pytest.raises(QueryError, match="only excludes: add a word"):
        parse(query)


@given(
    st.text(st.sampled_from(list("ab-*\"'():^+{}.,„“ORNT \x00%ß🙂\u0301")) | st.characters(codec="utf-8"), max_size=30)
)
def test_nothing_that_is_typed_is_an_error_of_sql(connection: sqlite3.Connection, query: str) -> None:
    try:
        found(connection, query)
    except QueryError as error:
        assert "is no" in str(error) or "word" in str(error) or "says nothing" in str(error)


def test_a_paragraph_can_be_pasted(connection: sqlite3.Connection) -> None:
    assert found(connection, "Straße bedburg " * 66) == set()
    assert found(connection, " OR ".join(["Straße", *(f"w{number}" for number in range(110))])) == {3}
    assert found(connection, "microsoft " + "-bedburg " * 110) == {4}


TOO_MUCH = {
    "The query has 5,001 characters, and at most 1,000 are looked for": "(" * 5000 + "a",
    "The query has 300 words, and at most 200 are looked for": " ".join(map(chr, range(0x4E00, 0x4E00 + 300))),
    "The query has 401 words": "a:" * 400 + "a",
    "The query has 490 words": '"' + "a " * 490 + '"',
    "source: has 51 values, and a query takes at most 50 of a field": " ".join(f"source:s{n}" for n in range(51)),
}


@pytest.mark.parametrize(("said", "query"), TOO_MUCH.items())
def test_a_query_that_asks_for_too_much_says_so(said: str, query: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(query)
    assert str(raised.value).startswith(said)
    if len(query) > 1000:
        with pytest.raises(QueryError, match="characters"):
            without(query, {"source"})


@pytest.mark.parametrize("field", ["source", "kind", "lang", "access", "author", "date", "from", "to"])
@pytest.mark.parametrize("minus", ["", "-"])
def test_many_values_of_a_field_are_one_condition(connection: sqlite3.Connection, field: str, minus: str) -> None:
    """SQLite takes no expression deeper than 1,000, and the site allows less; by authors alone it grows with them."""
    values = [f"{2000 + number}" if field in ("date", "from", "to") else f"v{number}" for number in range(50)]
    (clause, params), *others = conditions(parse(" ".join(f"{minus}{field}:{value}" for value in values)), "a")
    assert not others and clause.count(" or ") <= (49 if field == "author" else 1)
    assert connection.execute(f"select count(*) from articles as a where {clause}", params).fetchone()


def test_a_chain_of_colons_is_looked_for_as_it_is_written(connection: sqlite3.Connection) -> None:
    """Each of its words would be asked of the vocabulary: 12 seconds for 20,000 of them."""

    def statements(query: str) -> int:
        asked: list[str] = []
        connection.set_trace_callback(asked.append)
        search(connection, query)
        connection.set_trace_callback(None)
        return len([sql for sql in asked if not sql.startswith("--")])  # those are FTS5's own

    assert statements("a:" * 199 + "a") <= statements("a:" * 40 + "a") < 20


def test_a_title_weighs_more_than_a_text(connection: sqlite3.Connection) -> None:
    assert [row["id"] for row in search(connection, "bedburg OR microsoft").rows] == [1, 4]
    with closing(connection.cursor()) as cursor:
        names = [column[0] for column in cursor.execute(f"select {TAKEN} from articles limit 0").description]
    rows = [dict(zip(names, row, strict=True)) for row in ranked(connection, "bedburg OR microsoft")]
    assert [row["id"] for row in rows] == [1, 4]


def test_the_newest_come_first_where_asked(connection: sqlite3.Connection) -> None:
    first = search(connection, "Rechenzentrum", order="newest", limit=2)
    assert ([row["id"] for row in first.rows], first.total) == ([5, 2], 3)
    rest = search(connection, "Rechenzentrum", order="newest", limit=2, offset=2)
    assert ([row["id"] for row in rest.rows], rest.total) == ([1], 3)


def test_what_was_looked_for_besides_is_told(connection: sqlite3.Connection) -> None:
    told = {each.why: each.forms for each in search(connection, "Rechenzentrum").expanded}
    assert told == {"other forms": ("Rechenzentren",), "the same in other words: Rechenzentrum": ("data centre",)}
    told = {each.word: each.why for each in search(connection, "heat of homes").expanded}
    assert told["of"] == "too common, left out"
    assert search(connection, '"Rechenzentrum"').expanded == ()


def test_found_articles_are_counted_by_what_they_are(connection: sqlite3.Connection) -> None:
    assert facets(connection, "Rechenzentrum") == {
        "source": [("erftbote", 2), ("wire", 1)],
        "newsroom": [("Der Erft-Bote", 2), ("wire", 1)],
        "kind": [("local_press", 2), ("trade_press", 1)],
        "lang": [("de", 2), ("en", 1)],
        "access": [("free", 2), ("walled", 1)],
        "role": [],
        "change": [],
        "year": [("2025", 3)],
        "month": [("2025-04", 1), ("2025-03", 2)],
    }
    assert facets(connection, "source:blatt", ["year"]) == {"year": [("2025", 1), ("2024", 1), ("", 1)]}
    assert by_month(connection, "source:blatt") == [("2024-12", 1), ("2025-04", 1)]
    with pytest.raises(QueryError, match="colour cannot be counted by; choose of: source, newsroom"):
        facets(connection, "source:blatt", ["colour"])


def test_hits_are_marked(connection: sqlite3.Connection) -> None:
    marks = search(connection, "Müller cloud").marks
    assert marked(TEXTS[2][1], marks) == [
        ("North Rhine-Westphalia welcomes the ", False),
        ("cloud", True),
        (", says ", False),
        ("Müller", True),
        (".", False),
    ]
    assert marked("A data centre.", ["data centre", "cent*"]) == [("A ", False), ("data centre", True), (".", False)]
    assert marked("Zentren", ["zent*"]) == [("Zentren", True)]
    assert marked("nichts", []) == [("nichts", False)]


def test_a_snippet_shows_the_most_hits() -> None:
    text = (
        "Ein Rechenzentrum. " + "Nichts davon. " * 40 + "Das Rechenzentrum heizt mit Abwärme. " + "Nichts davon. " * 40
    )
    pieces = snippet(text, ["Rechenzentrum", "Abwärme"], 100)
    assert [piece for piece, hit in pieces if hit] == ["Rechenzentrum", "Abwärme"]
    assert (pieces[0], pieces[-1]) == (("… ", False), (" …", False))
    assert len("".join(piece for piece, _ in pieces)) < 110
    assert snippet("kurz", ["x"]) == [("kurz", False)]
    assert snippet("", ["x"]) == []


def lines_run(work: Callable[[], object]) -> int:
    """Lines of highlight.py that are run: what work costs, whatever else the machine does."""
    number = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal number
        number += event == "line"
        return trace if frame.f_code.co_filename == highlight.__file__ else None

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(None)
    return number


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("das ist der Tag ", ["d*"]),
        ("das ist der Tag ", ["das ist der " * 10 + "x", "ist*", "tag"]),
        ("das ", [f"d{letter}*" for letter in "abcdefghij"]),
        ("d" * 300 + " ", ["d*"]),
    ],
)
def test_a_snippet_costs_as_much_as_its_text_is_long(text: str, forms: list[str]) -> None:
    """Each hit was once looked at for each other: 52 s for a text of 264,000 characters."""
    once, four_times = (lines_run(partial(snippet, text * number, forms)) for number in (200, 800))
    assert four_times < 4.1 * once


def test_sql_knows_the_function_of_the_search_box(connection: sqlite3.Connection) -> None:
    sql = "select rowid from articles_fts where articles_fts match escape_fts(?)"
    assert connection.execute(sql, ["microsoft -azure"]).fetchall() == [(1,)]
    assert {row[0] for row in connection.execute(sql, ["Rechenzentrums"])} == {1, 2, 5}
    assert connection.execute(sql, [""]).fetchall() == []
    assert connection.execute(sql.replace("where articles_fts", "where title"), ["microsoft OR azure"]).fetchall() == [
        (4,)
    ]


def test_words_are_known_whoever_writes(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    database = sqlite_utils.Database(path)
    migrations.apply(database)
    fill(database)
    database.close()
    vocabulary.take_in(path)
    with closing(sqlite3.connect(path)) as by_hand:
        assert not vocabulary.is_due(by_hand)
        assert found(by_hand, "Serverfarmen") == {1, 2, 5}
        with by_hand:
            by_hand.execute("update articles set title = 'Die Serverfarm' where id = 3")
            by_hand.execute("delete from articles where id = 2")
        assert vocabulary.is_due(by_hand)
        assert found(by_hand, '"Serverfarm"') == {3}
    vocabulary.take_in(path)
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as reader:
        assert not vocabulary.is_due(reader)
        assert found(reader, "Serverfarmen") == {1, 3, 5}


def test_words_are_read_again_by_other_rules(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive.db")
    fill(archive.db)
    vocabulary.catch_up(archive.db.conn)
    vocabulary.take_in(tmp_path / "archive.db")
    whole = set(archive.db.execute("select * from _word_keys"))
    with archive.db.conn as connection:
        connection.execute("update _words_rules set rules = 'of yesterday'")
        connection.execute("delete from _word_keys where why = 'l'")
    assert set(archive.db.execute("select * from _word_keys")) < whole
    vocabulary.take_in(tmp_path / "archive.db")
    assert set(archive.db.execute("select * from _word_keys")) == whole
    assert found(archive.db.conn, "Rechenzentrums") == {1, 2, 5}
    archive.close()


def test_words_are_kin_as_german_has_them() -> None:
    german = vocabulary.dictionary("de")
    assert german is not None
    same = [("Bürgermeisterin", "Bürgermeister"), ("Ärztin", "Arzt"), ("Protest", "protestieren")]
    for one, other in same:
        roots = [{key for why, key in keys(word, german) if why == Key.ROOT} for word in (one, other)]
        assert roots[0] & roots[1], (one, other)
    assert not {key for why, key in keys("Termin", german) if "person" in key}
    heads = {key for why, key in keys("Fernwärmenetz", german) if why == Key.HEAD}
    assert {"Netz", "Wärmenetz"} <= heads


def test_an_older_archive_is_read_once_it_is_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    database = sqlite_utils.Database(path)
    migrations.apply(database, stop_before="m019_words")
    fill(database)
    same = {"source": "blatt", "url": "u", "text": "Die Häuser stehen leer.", "fetched_at": ""}
    many = range(10, 11 + 500)
    database.table("articles").insert_all({"id": n, "title": f"Nummer {n}", "identity": str(n), **same} for n in many)
    database.close()
    archive = Archive(path)
    vocabulary.take_in(path)
    assert not vocabulary.is_due(archive.db.conn)
    assert found(archive.db.conn, "Haus -Nummer") == set()
    assert count(archive.db.conn, "Haus") == len(many)
    archive.close()


def test_who_may_not_write_searches_with_the_words_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"could not be taken in .*; see that it may be written to"):
        vocabulary.take_in(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()
    database = sqlite_utils.Database(memory=True)
    migrations.apply(database)
    fill(database)
    with closing(database.conn) as connection:
        assert vocabulary.is_due(connection)
        assert found(connection, "Rechenzentrums") == set()
        assert found(connection, "Strasse") == {3}


def test_much_to_read_is_read_in_turns(connection: sqlite3.Connection) -> None:
    database = sqlite_utils.Database(memory=True)
    migrations.apply(database)
    fill(database)
    with closing(database.conn) as fresh:
        assert vocabulary.catch_up(fresh, seconds=0) == 0
        said: list[tuple[int, int]] = []
        assert vocabulary.catch_up(fresh, report=lambda read, total: said.append((read, total))) == len(TEXTS)
        assert said == [(len(TEXTS), len(TEXTS))]


def test_the_thesaurus_is_sound() -> None:
    known = thesaurus.load()
    concepts = list(known.concepts)
    assert len(concepts) > 600
    assert {lang for concept in concepts for lang, _ in concept.terms} == set(thesaurus.LANGUAGES)
    twice = [concept.name for concept in concepts if len(concept.terms) != len(set(concept.terms))]
    assert not twice, "a term twice in one concept"
    of_each = [frozenset(concept.terms) for concept in concepts]
    assert not [
        concept.name
        for concept, terms in zip(concepts, of_each, strict=True)
        if sum(
            terms <= others and (one.related, one.topic) == (concept.related, concept.topic)
            for one, others in zip(concepts, of_each, strict=True)
        )
        > 1
    ], "all terms of a concept stand in another, too"
    assert {concept.related for block in known.blocks for concept in block.concepts if block.glossary} == {False}
    topics = [concept for concept in concepts if concept.topic]
    assert len(topics) > 300
    twofold = [
        (concept.name, some)
        for concept in topics
        for some, said in permutations((*concept.narrower, *concept.context), 2)
        if set(some) - {thesaurus.APART} <= set(said) and said in concept.narrower
    ]
    assert not twofold, "what stands in another thing that is said would make one thing two"
    fields = {block.glossary for block in known.blocks if block.glossary}
    assert len(fields) >= 10
    assert not [concept.name for concept in concepts for _, phrase in concept.terms if len("".join(phrase)) < 2]


def test_related_words_stand_for_one_another_beside_other_words_alone(connection: sqlite3.Connection) -> None:
    def related(query: str) -> list[str]:
        return [each.word for each in search(connection, query).expanded if each.why.startswith("related words")]

    assert found(connection, "Statistik") == found(connection, "Statistik Microsoft") == {4}  # meldet Zahlen
    assert related("Statistik") == ["Statistik"]
    assert related("Zahlen") == related("Baustelle") == []  # of one word that any article has
    assert found(connection, "Umleitung Größe") == {3}
    assert related("Umleitung Größe")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "version: missing, expected 2"),
        (
            'version = "2"\n[[block]]\nconcepts = [{ xx = ["a"] }]',
            "1: xx: unknown key, expected one of de, en",
        ),
        ('version = "2"\n[[block]]\nconcepts = [{ de = ["Wort"] }]', "1: 1 of its terms can be read, expected two"),
        ('version = "2"\n[[block]]\nglossary = "X"\nconcepts = []', "address: missing, expected where the glossary is"),
        ('version = "1"', "version: '1', expected '2', which this program reads"),
        ("version", "expected TOML"),
    ],
)
def test_a_faulty_thesaurus_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "thesaurus.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(thesaurus.ThesaurusError) as raised:
        thesaurus.load((path,))
    assert path.name in str(raised.value)
    assert said in str(raised.value)


def test_fields_alone_have_no_words(connection: sqlite3.Connection) -> None:
    assert match(connection, "source:blatt") is None
    assert match(connection, "Azure source:blatt") == '"Azure"'
