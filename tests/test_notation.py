"""Numbers and compounds however they are written, in queries and in articles."""

import sqlite3

import pytest

from db.notation import parted, together
from db.search.search import count, search

TEXTS = {
    1: "Rund 1.400.000 Liter am Tag, an der B 59.",
    2: "Some 1,400,000 litres a day.",
    3: "Es sind 1 400 000 Liter und 3200 Stellen, an der B59.",
    4: "Halle 1 hat 400 Plätze, Halle 000 keinen. Die B steht. Es sind 59.",
    5: "Die RB38 fährt, die A 61 ist gesperrt. 2025 wird gebaut.",
    6: "Bagger stehen still. A data centre is built.",
    7: "Another data centre.",
    8: "Die Strom- und Gasnetze gehören der Stadt. Ein KI- und Robotiklabor entsteht.",
    9: "Das Bildungs- oder Forschungszentrum kommt. Strom und Kabelnetze fehlen, Telefonnetz auch.",
    11: "Es kostet 3,2 Milliarden Euro, auf 22 Hektar, und braucht 600 MVA.",
    12: "Some €3.2bn for 22 hectares and 600MVA.",
    13: "Zwei Milliarden für 100.000 Menschen, die 47 Dezibel messen.",
    14: "2 Mrd. sollten es sein, 3,2 Milliarden Euro wurden es, seit 2024 200 MW.",
    15: "Am Netz sind 1.200 MW.",
    10: "Ein Fern- und Nahwärmenetz. Auf dem RWE- und Gemeindegelände wird gebaut. Strom und Wasser fehlen.",
}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        *((query, {1, 2, 3}) for query in ("1400000", "1.400.000", "1,400,000", "1 400 000", "1\u202f400\u202f000")),
        ("1400000 Liter", {1, 2, 3}),
        ("1 400 000 Liter", {1, 2, 3}),
        ("1,4 Mio. Liter", {1, 2, 3}),
        ("Liter 1 400 000 Stellen", {3}),
        ("3.200", {3}),
        ("3 200 Stellen", {3}),
        ("B59", {1, 3}),
        ("B 59", {1, 3}),
        ("b59", {1, 3}),
        ("Liter -B59", {2}),
        ('"B 59"', {1}),
        ("title:B59", set()),
        ("A61", {5}),
        ("RB 38", set()),  # two words
        ("RB38", {5}),
        ("2025", {5}),
        ("400", {1, 2, 3, 4}),
        ("Stromnetz", {8, 9}),
        ("Stromnetze", {8, 9}),
        ("Telefonnetz", {9}),
        ("Bildungszentrum", {9}),
        ("KI-Labor", {8}),
        ("RWE-Gelände", {10}),
        ("Fernwärmenetz", {10}),
        ("Gasnetz", {8}),
        ("Wasserlabor", set()),
        ("Bagger OR Kohle data centre", {6}),
        *(
            (query, {11, 12, 14})
            for query in ("3,2 Mrd", "3.2bn", "€3.2bn", "3,2 Mrd. Euro", "3.2 billion euros", "3200 Mio")
        ),
        *((query, {11, 12}) for query in ("22 ha", "22 Hektar", "22ha", "600 MVA", "600MVA")),
        *((query, {13}) for query in ("100000 people", "47 dB")),
        *((query, {13, 14}) for query in ("2 Mrd. Euro", "two billion")),  # to the index 3,2 is a 3 and a 2
        ("200 MW", {14}),
        ("22 Euro", {11}),
        ("2 ha", set()),
    ],
)
def test_it_is_found_however_it_is_written(connection: sqlite3.Connection, query: str, ids: set[int]) -> None:
    assert {row["id"] for row in search(connection, query).rows} == ids
    assert count(connection, query) == len(ids)


def test_what_was_looked_for_is_told_and_marked(connection: sqlite3.Connection) -> None:
    hits = search(connection, "1400000")
    assert [(each.forms, each.why) for each in hits.expanded] == [(("1 400 000",), "written with a blank or point")]
    assert "1 400 000" in hits.marks


def test_what_is_no_number_stays_as_it_is() -> None:
    assert [parted(word) for word in ("Strom", "0221", "123", "CO2", "B59a", "1" * 20)] == [
        [],
        [],
        [],
        ["CO 2"],
        [],
        [],
    ]
    assert [together(words) for words in (["0", "200"], ["20", "25"], ["RWE", "2025"], ["B"], ["b", "59"])] == [1] * 5
