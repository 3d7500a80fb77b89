"""Inner parts of compounds, and nouns with their verbs; and what only looks like their kin."""

import sqlite3

import pytest

from db.search.search import search

TEXTS = {
    1: "Das Hochbauamt sagt nichts.",
    2: "Im Tiefbauamt brennt Licht, der Wohnungsbau stockt.",
    3: "Der Braunkohletagebau endet, der Maschinenbau wächst, am Tagebaurand steht ein Bauer.",
    4: "Der Abbau geht weiter.",
    5: "Das Kraftwerk steht.",
    6: "Das Handwerk klagt.",
    7: "Die Stadt beantragt Geld.",
    8: "Der Bauantrag liegt vor. Die Planung ruht.",
    9: "Man plant den Verkauf.",
    10: "Das Land verkaufte und prüfte. Sie vertragen sich.",
    11: "Ein Vertrag über eine Wohnung. Die Prüfungen dauern.",
    12: "Hier wohnen Leute. Der Rat hat beschlossen.",
    13: "Der Beschluss fiel, die Klage kommt.",
}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("Bau", {1, 2, 8}),
        ("Amt", set()),
        ("Tagebau", {3}),
        ("Kraftwerk", {5}),
        ("Handwerk", {6}),
        ("Antrag", {7, 8}),
        ("beantragen", {7, 8}),
        ("beantragt", {7, 8}),
        ("Planung", {8, 9}),
        ("geplant", {8, 9}),
        ("verkaufen", {9, 10}),
        ("Verkauf", {9, 10}),
        ("Prüfung", {10, 11}),
        ("Beschluss", {12, 13}),
        ("beschließen", {12, 13}),
        ("klagen", {6, 13}),
        ("Vertrag", {11}),
        ("Wohnung", {2, 11}),
        ("wohnen", {12}),
    ],
)
def test_kin_is_found_and_no_false_kin(connection: sqlite3.Connection, query: str, ids: set[int]) -> None:
    assert {row["id"] for row in search(connection, query).rows} == ids
