"""People, bodies and places of the lists, in a text; and the lists themselves."""

from math import hypot
from pathlib import Path

import pytest

from db.validation import ConfigError
from pipelines.enrichment.entities import find_bodies, find_people, find_places
from pipelines.enrichment.lists.name_lists import HERE, EntityKind, name_lists, read_list


def places(text: str, lang: str = "de") -> list[tuple[str, str]]:
    for mention in find_places(text, lang):
        assert text[mention.start : mention.end] == mention.text
    return [(mention.name, mention.text) for mention in find_places(text, lang)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Bedburgs Rat tagt.", [("Bedburg", "Bedburgs")]),
        ("Der Bedburger Rat tagt.", [("Bedburg", "Bedburger")]),
        ("KÖLN. Der Rat tagt.", [("Köln", "KÖLN")]),
        ("Im Rheinischen Revier wird gebaut.", [("Rheinisches Revier", "Rheinischen Revier")]),
        ("der nordrhein-westfälische Landtag", [("Nordrhein-Westfalen", "nordrhein-westfälische")]),
        ("in Köln-Ehrenfeld", [("Köln", "Köln")]),
        ("die Strecke Aachen–Köln", [("Aachen", "Aachen"), ("Köln", "Köln")]),
        ("im Rhein-Kreis Neuss", [("Rhein-Kreis Neuss", "Rhein-Kreis Neuss")]),
        ("in Frankfurt am Main", [("Frankfurt", "Frankfurt am Main")]),
        ("Essen (dpa) – Der Rat tagt.", [("Essen", "Essen")]),
        ("Bochum/Essen. Der Rat tagt.", [("Bochum", "Bochum"), ("Essen", "Essen")]),
        ("Er kam aus Essen. Essen fehlte ihm, das Essen auch.", [("Essen", "Essen"), ("Essen", "Essen")]),
        ("aus den Kreisen Düren und Heinsberg", [("Kreis Düren", "Düren"), ("Kreis Heinsberg", "Heinsberg")]),
        ("die nordrhein-westfälische Landesregierung", [("Nordrhein-Westfalen", "nordrhein-westfälische")]),
        ("das Forschungszentrum Jülich", [("Jülich", "Jülich")]),
        ("im Lausitzer Revier", [("Lausitz", "Lausitzer")]),
    ],
)
def test_a_place_is_found_in_its_forms(text: str, wanted: list[tuple[str, str]]) -> None:
    assert places(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "Er wohnt in der Kölner Straße.",
        "Die Bergheimer Landstraße ist gesperrt.",
        "So stand es im Kölner Stadt-Anzeiger.",
        "Die Aachener Zeitung und die Neuss-Grevenbroicher Zeitung berichten.",
        "Die Rhein-Erft Rundschau berichtet.",
        "Das sagte er bei Radio Köln.",
        "Der SV Bergheim verliert gegen den 1. FC Köln.",
        "Bayer 04 Leverkusen und Fortuna Düsseldorf spielen.",
        "Das sagte Frau Kerpen.",
        "Jost Kerpen (48) ist Landwirt. Kerpen hat den Hof geerbt.",
        "Dr. Brühl operiert.",
        "Ulrich von Kerpen schrieb das.",
        "Das Essen war gut, sagt die Köchin. Beim Essen wird geschwiegen.",
        "Der Ort Bedburg-Hau liegt am Niederrhein.",
        "Das Hambacher Schloss und das Hambacher Fest gehören zusammen.",
        "Die Müller-Bergheim GmbH liefert.",
        "Der Weg führt nach Elsdorf-Westermühlen.",
        "Frankfurt (Oder) liegt an der Grenze.",
        "Vor dem Aachener Tor und am Ende des Neurather Weges stehen Schilder an der Dresdner Straße.",
        "Das Pariser Abkommen gilt.",
        "Hannover 96 spielt gegen den Bremer SV und gegen Werder Bremen.",
        "Die Firma Bergheim & Söhne, die Spedition Kerpen und die Gärtnerei Paffendorf liefern.",
        "Pfarrer Titz und der Gastwirt Toni Brühl kamen.",
    ],
)
def test_what_is_called_like_a_place_is_none(text: str) -> None:
    assert places(text) == []


def test_a_bearer_of_a_surname_lives_in_the_town() -> None:
    assert places("Jost Kerpen wohnt in Kerpen. Kerpen sagte, in Essen sei er selten.") == [
        ("Kerpen", "Kerpen"),
        ("Essen", "Essen"),
    ]


def test_and_leads_as_the_place_before_it_is_led() -> None:
    assert places("Klaus Bergheim kam. In Düren und Bergheim gab es Feste.") == [
        ("Düren", "Düren"),
        ("Bergheim", "Bergheim"),
    ]
    assert places("Klaus Bergheim kam. Emil und Bergheim lachten.") == []


def test_a_town_elsewhere() -> None:
    assert places("In Rath bei Bedburg, nicht im Düsseldorfer Stadtteil Rath.") == [
        ("Rath", "Rath"),
        ("Bedburg", "Bedburg"),
        ("Düsseldorf", "Düsseldorfer"),
    ]
    assert places("Die Schule in Bergheim bei Salzburg ist klein. In Bergheim wird gewandert.") == []
    both = places("Bergheim an der Erft hat in Bergheim an der Sieg Freunde. Bergheim lädt ein.")
    assert both == [("Bergheim", "Bergheim")] * 2


def test_essen_means_nothing_else_in_english() -> None:
    assert places("Essen objected.", "en") == [("Essen", "Essen")]


def people(text: str) -> list[tuple[str, str]]:
    return [(mention.name, mention.text) for mention in find_people(text, "de")]


def test_people() -> None:
    assert people("Wüsts Plan: Hendrik Wüst reist.") == [("Hendrik Wüst", "Wüsts"), ("Hendrik Wüst", "Hendrik Wüst")]
    assert people("Peter Wüst wohnt hier. Wüst ist Landwirt.") == []
    assert people("Smith und Heller kamen.") == []
    assert people("Landrat Rock und Brad Smith kamen. Smith sprach.") == [
        ("Frank Rock", "Rock"),
        ("Brad Smith", "Brad Smith"),
        ("Brad Smith", "Smith"),
    ]


def test_bodies() -> None:
    text = "Der Microsoft-Sprecher und Microsofts Partner hörten Musik von Maria Verdi, sagte ver.di zur Meta-Analyse."
    assert [(mention.name, mention.text) for mention in find_bodies(text, "de")] == [
        ("Microsoft", "Microsoft"),
        ("Microsoft", "Microsofts"),
        ("Verdi", "ver.di"),
    ]


def test_the_lists_that_come_with_the_program() -> None:
    lists = name_lists()
    assert len([place for place in lists.places if place.at]) >= 60
    names = {place.name for place in lists.places}
    assert all(not place.of or place.of in names for place in lists.places)


def test_positions_and_numbers_of_places() -> None:
    places = name_lists().places
    numbers = [place.wikidata for place in places if place.wikidata]
    points = [place.at for place in places if place.at]
    assert len(numbers) >= 100
    assert len(set(numbers)) == len(numbers)
    assert len(set(points)) == len(points)
    nearby = [place for place in places if place.of or place.kind in ("county", "mine")]
    towns = places[: [place.name for place in places].index("Berlin")]  # those of the land come first
    for place in (*nearby, *towns):
        if place.at:
            assert 50.3 < place.at[0] < 52.6, place.name
            assert 5.8 < place.at[1] < 9.5, place.name
    at = {place.name: place.at for place in places}
    for place in places:  # a district lies no farther than a dozen kilometres from its town
        if place.of and place.at:
            assert hypot(place.at[0] - at[place.of][0], (place.at[1] - at[place.of][1]) * 0.63) < 0.11, place.name


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        ("place", "place = 3", "place: one table, expected a list of them: [[place]]"),
        ("place", "", "no entry, expected at least one [[place]]"),
        ("place", '[[place]]\nkind = "town"', "place 1: name: missing, expected a name"),
        ("place", '[[place]]\nname = "X"\nkind = "twon"', "place X: kind: 'twon' is none of district, town,"),
        ("place", '[[place]]\nname = "X"\nkind = "town"\nat = [91, 0]', "place X: at: [91, 0], expected latitude"),
        (
            "place",
            '[[place]]\nname = "X"\nkind = "town"\nwikidata = "365"',
            "place X: wikidata: '365', expected",
        ),
        ("body", '[[body]]\nname = "X"\nvariant = ["Y"]', "body X: variant: unknown key; did you mean 'variants'?"),
        ("body", '[[body]]\nname = "X"\n[[body]]\nname = "X"', "body X: name: twice in the list, expected once"),
        (
            "person",
            '[[person]]\nname = "X"\nroles = [{ role = "Y", since = 2024-02-01, until = 2024-01-01 }]',
            "person X: roles: 1: until: 2024-01-01 is before since, expected a later day",
        ),
    ],
)
def test_errors_of_a_list(tmp_path: Path, kind: str, text: str, wanted: str) -> None:
    path = tmp_path / "list.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        read_list(path, EntityKind(kind))
    assert any(error.startswith(f"list.toml: {wanted}") for error in caught.value.errors), caught.value.errors


def test_a_missing_list_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="it comes with the program"):
        name_lists(tmp_path)


def test_an_error_in_what_is_beside_the_places(tmp_path: Path) -> None:
    for name in ("people.toml", "bodies.toml", "places.toml"):
        (tmp_path / name).write_text((HERE / name).read_text("utf-8").replace("stations =", "statoins ="), "utf-8")
    with pytest.raises(ConfigError, match="others: statoins: unknown key; did you mean 'stations'"):
        name_lists(tmp_path)
