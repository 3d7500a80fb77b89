"""Where a search finds nothing: what may have been meant, what each word finds, who wrote under that name."""

import sqlite3
from contextlib import closing
from random import Random

import pytest

from db.search.hints.most_words import in_words
from db.search.hints.nothing_found import Counted, Offer, SearchHints, hints
from db.search.hints.typos import similar
from db.search.query import parse
from db.search.search import count
from db.search.vocabulary import Vocabulary

TEXTS = {
    1: {
        "title": "Rechenzentrum in Rommerskirchen",
        "text": "Die Landrätin begrüßt das Umspannwerk. Hendrik Wüst kommt.",
        "authors": '["Josef Quadflieg"]',
    },
    2: {
        "title": "Umspannwerk am Netz",
        "text": "In Rommerskirchen läuft ein Rechenzentrum, sagt Wüst. Strom des Rechenzentrums.",
        "authors": '["Josef Quadflieg", "Änne Groß"]',
    },
    3: {"title": "Ein Umspanwerk", "text": "So stand es da."},
    **{number: {"title": f"Umspannwerk {number - 4}", "text": "Noch eines in Bergheim."} for number in range(4, 14)},
}


def hinted(connection: sqlite3.Connection, query: str) -> SearchHints:
    return hints(connection, parse(query), count(connection, query))


def offered(connection: sqlite3.Connection, query: str) -> list[str]:
    return [offer.put_into(query) for offer in hinted(connection, query).offers]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Rommerskrichen", "Rommerskirchen"),
        ("rommerskrichen", "Rommerskirchen"),
        ("Romerskrichen", "Rommerskirchen"),
        ("Landrätinn", "Landrätin"),
        ("Rechenzentum", "Rechenzentrum"),
        ("Wüts", "Wüst"),
        ("Brgehim", "Bergheim"),
        ("wsüts", "Wüst"),
        ("Rechenzentum Rommerskrichen -Azure", "Rechenzentrum Rommerskirchen -Azure"),
        ("title:Rechenzentum", "title:Rechenzentrum"),
        ('"Landrätin begrüsst das Umspanwrk"', '"Landrätin begrüsst das Umspannwerk"'),
        ("Umspanwerk", "Umspannwerk"),  # stands in an article, but ten times as often the right way
    ],
)
def test_a_typo_is_offered_as_the_archive_has_the_word(connection: sqlite3.Connection, typed: str, meant: str) -> None:
    assert offered(connection, typed)[0] == meant


@pytest.mark.parametrize(
    "typed", ["Rechenzentren", "Quadflieg", "Bergheim", "Xyz", "Wal", "Rommerskrich*", "B59", "2025"]
)
def test_what_is_no_typo_gets_no_offer(connection: sqlite3.Connection, typed: str) -> None:
    assert offered(connection, typed) == []


def test_of_the_forms_of_a_word_one_is_offered(connection: sqlite3.Connection) -> None:
    assert offered(connection, "Rechenzetrum") == ["Rechenzentrum"]


def test_an_offer_says_how_many_it_finds_and_leaves_fields_alone(connection: sqlite3.Connection) -> None:
    query = "Umspanwrk source:Umspanwrk OR Rommerskrichen"
    offer = Offer((("Umspanwrk", "Umspannwerk"),), 3)
    assert offer.put_into(query) == "Umspannwerk source:Umspanwrk OR Rommerskrichen"
    assert hinted(connection, "Rommerskrichen").offers[0].articles == 2


def test_each_word_is_counted_alone(connection: sqlite3.Connection) -> None:
    found = hinted(connection, 'Bergheim Landrätin "stand es" Zauber* source:blatt')
    assert found.alone == (
        Counted("Bergheim", 10),
        Counted("Landrätin", 1),
        Counted('"stand es"', 1),
        Counted("Zauber*", 0),
    )
    assert hinted(connection, "Zauberei").alone == ()
    assert hinted(connection, "Landrätin source:kurier").without_limits == 1


def test_an_author_typed_as_words_leads_to_the_field(connection: sqlite3.Connection) -> None:
    assert hinted(connection, "quadflieg").authors == (Counted("author:quadflieg", 2),)
    assert hinted(connection, "Josef Quadflieg").authors == (Counted('author:"Josef Quadflieg"', 2),)
    assert hinted(connection, "Gross Bergheim").authors == (Counted("author:Gross", 1),)
    assert hinted(connection, "Rechenzentum").authors == hinted(connection, "Quadf").authors == ()
    for each in hinted(connection, "Josef Quadflieg").authors:
        assert count(connection, each.query) == each.articles


def test_of_many_words_those_that_are_close_are_found(connection: sqlite3.Connection) -> None:
    random = Random(7)
    words = {"".join(random.choices("abcdeghiklmnorstu", k=random.randint(4, 16))) for _ in range(2_000)}
    with closing(sqlite3.connect(":memory:")) as many:
        connection.backup(many)
        many.executemany("insert or ignore into _word_keys values (?, 's', ?)", [(word, word) for word in words])
        assert similar(Vocabulary(many), {"Rommerskrichen": 1}) == {"Rommerskrichen": ["Rommerskirchen"]}


def test_articles_with_most_of_the_words_are_offered_the_rarest_first(connection: sqlite3.Connection) -> None:
    three = hinted(connection, "Landrätin Rechenzentrum Zauberei").partial
    assert [(hit.id, hit.without) for hit in three] == [(1, ("Zauberei",))]
    two = hinted(connection, "Bergheim Landrätin").partial
    assert len(two) == 10
    assert (two[0].id, two[0].without) == (1, ("Bergheim",))
    assert {hit.without for hit in two[1:]} == {("Landrätin",)}


def test_one_word_of_three_is_not_most_of_them(connection: sqlite3.Connection) -> None:
    assert hinted(connection, "Landrätin Zauberei Hexenwerk").partial == ()
    assert hinted(connection, "Zauberei Hexenwerk").partial == hinted(connection, "Landrätin").partial == ()


def test_what_was_found_or_is_kept_out_is_no_partial_hit(connection: sqlite3.Connection) -> None:
    assert count(connection, "Wüst Landrätin") == 1
    assert [hit.id for hit in hinted(connection, "Wüst Landrätin").partial] == [2]
    assert hinted(connection, "Wüst Landrätin -Netz").partial == ()
    assert hinted(connection, "Wüst Zauberei source:nirgends").partial == ()


def test_a_command_says_it_in_words(connection: sqlite3.Connection) -> None:
    said = list(in_words(connection, parse("Wüst Landrätin")))
    assert said[0].endswith("are left out:")
    assert [line.split(" (")[1] for line in said[1:]] == ["without Landrätin)"]
    assert list(in_words(connection, parse("Wüst"))) == list(in_words(connection, parse("Bergheim Umspannwerk"))) == []
