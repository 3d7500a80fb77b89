"""The same in other words: two words for a compound, the other language, a sort for its kind; and what is not."""

import sqlite3

import pytest

from db.search.highlight import marked
from db.search.search import search

TEXTS = {
    1: "Die Brücke wird bis Ostern saniert.",
    2: "Die Brücke bleibt. Im Rathaus sagt man seit Jahren, die Schule werde saniert.",
    3: "Der Konzern streicht weitere 900 Stellen.",
    4: {"lang": "en", "text": "The company will cut a further 900 jobs."},
    5: "Ein Verkehrsgutachten liegt vor.",
    6: {"lang": "en", "text": "A traffic study is out."},
    7: "Die IGBCE fordert mehr.",
    8: {"lang": "en", "text": "Unions in the European Union ask for more."},
    9: "Der Bebauungsplan liegt aus, das OVG prüft die Bechsteinfledermaus.",
    10: {"lang": "en", "text": "The binding land-use plan went to the Higher Administrative Court."},
    11: "Wasser steht im Grund und Boden. Der Rat tagt.",
    12: {"lang": "en", "text": "Councillors meet. The union of states stays."},
    13: "Der Bedarf an Strom steigt, versiegelte Böden fehlen, ein geplantes Werk auch.",
    14: {"lang": "en", "text": "The demand for electricity may reach 1.2 GW."},
    15: "Die Grundwasserstände sinken. Es sind 1200 Megawatt.",
    16: {"lang": "en", "text": "Groundwater keeps sinking."},
    17: {"lang": "fr", "text": "Un centre de données ouvre."},
    18: {"lang": "nl", "text": "Een datacentrum in de buurt."},
}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("Brückensanierung", {1}),
        ("Stellenabbau", {3, 4}),
        ("job cuts", {3, 4}),
        ("Verkehrsgutachten", {5, 6}),
        ("traffic study", {5, 6}),
        ("Gewerkschaft", {7, 8}),
        ("unions", {7, 8, 12}),  # typed, it is a word like any other
        ("IGBCE", {7}),
        ("European Union", {8}),
        ("Fledermaus", {9}),
        ("B-Plan", {9, 10}),
        ("local development plan", {9, 10}),
        ("Oberverwaltungsgericht", {9, 10}),
        ("court", {9, 10}),
        ("Grundwasser", {15, 16}),
        ("Stadtrat", {11, 12}),
        ("council", {11, 12}),
        ("Strombedarf", {13, 14}),
        ("electricity demand", {13, 14}),
        ("Bodenversiegelung", {13}),
        ("sinking groundwater", {15, 16}),
        ("1200 MW", {14, 15}),
        ("1,2 Gigawatt", {14, 15}),
        ("Dachbegrünung", set()),
    ],
)
def test_it_is_found_in_other_words(connection: sqlite3.Connection, query: str, ids: set[int]) -> None:
    assert {row["id"] for row in search(connection, query).rows} == ids


def test_words_apart_are_marked_each(connection: sqlite3.Connection) -> None:
    found = search(connection, "Brückensanierung")
    assert "Brücke … saniert" in {form for each in found.expanded for form in each.forms}
    assert [word for word, is_hit in marked(found.rows[0]["text"], found.marks) if is_hit] == ["Brücke", "saniert"]


def test_words_of_a_rare_concept_are_looked_for_one_by_one(connection: sqlite3.Connection) -> None:
    """Typed apart, and together a concept that no article has: those that have both come last."""
    assert {row["id"] for row in search(connection, "council decision").rows} == set()
    assert {row["id"] for row in search(connection, "study traffic").rows} == {5, 6}
    assert [row["id"] for row in search(connection, "energy use").rows] == []


def test_two_words_are_one_concept_by_another_word_for_one(connection: sqlite3.Connection) -> None:
    assert {row["id"] for row in search(connection, "Verkehr study").rows} == {5, 6}
    assert {row["id"] for row in search(connection, "council Bebauungsplan").rows} == set()


def test_neighbours_have_words_for_it(connection: sqlite3.Connection) -> None:
    assert {row["id"] for row in search(connection, "Rechenzentrum").rows} == {17, 18}
    assert {row["id"] for row in search(connection, "centre de données").rows} == {17, 18}
