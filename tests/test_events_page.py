"""The page of events: who reported when, who did not as far as it was watched, the picture, and the files."""

import csv
import io
import sqlite3
from datetime import date
from pathlib import Path

import pytest

from db.site.events import Event
from db.site.facts.event_reports import Silence, event_reports
from db.site.facts.figures import Value, ValueUse, ValueUses
from db.site.pictures.values import LINE, ROW, draw_delays
from tests.browsing import in_chromium
from tests.conftest import Pick
from tests.read_articles import archive_of, check_in_a_browser
from tests.test_article_page import Reader, reading, said
from tests.test_exports import make_archive

TEXT = "Microsoft baut in Bedburg."
ARTICLES = {
    1: ("blatt", "local_press", "2026-03-12", TEXT),
    2: ("kurier", "trade_press", "2026-03-14", TEXT),
    3: ("kurier", "trade_press", "2026-03-15", TEXT),
    4: ("bote", "local_press", "2026-03-18", TEXT),
    5: ("funk", "broadcaster", "2026-07-09", TEXT),
    6: ("blatt", "local_press", "2026-03-11", TEXT),
}
SOURCES = ("blatt", "bote", "funk", "kurier", "still", "fern", "halb")
EVENTS = (
    Event(date(2026, 3, 12), date(2026, 3, 12), {"en": "Ground is broken", "de": "Spatenstich"}, ()),
    Event(date(2026, 7, 1), date(2026, 7, 31), {"en": "Land is bought", "de": "Landkauf"}, ()),
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = archive_of(tmp_path_factory.mktemp("home"), ARTICLES)
    with sqlite3.connect(path) as connection:
        for number, (_, _, day, _) in ARTICLES.items():
            precision, hour = ("day", "00") if number == 1 else ("minute", "09")
            utc = f"{day}T{hour}:00:00+00:00" if number != 1 else f"{day}T00:00:00+00:00"
            connection.execute(
                "update articles set published_utc = ?, date_precision = ?, date_source = 'json-ld' where id = ?",
                (utc, precision, number),
            )
        connection.executemany("insert into copies (article, group_id, role) values (?, 2, 'original')", [(2,), (3,)])
        connection.executemany(
            "insert into sources (id, kind) values (?, 'local_press')", [(name,) for name in SOURCES]
        )
        for run, night in enumerate(("2026-03-13", "2026-03-14", "2026-03-15", "2026-03-16"), 1):
            connection.execute(
                "insert into runs (id, started, outcome, kind) values (?, ?, 'completed', 'crawl')", (run, night)
            )
            states = {"still": "ok", "halb": "ok" if run < 3 else "partial", "fern": "unreachable", "bote": "ok"}
            connection.executemany(
                "insert into source_nights (run, source, night, state) values (?, ?, ?, ?)",
                [(run, source, night, state) for source, state in states.items()],
            )
    connection.close()
    return path


def test_who_reported_and_who_did_not(archive: Path) -> None:
    connection = sqlite3.connect(archive)
    ground, land = event_reports(connection, EVENTS, 3)
    fortnight = event_reports(connection, EVENTS, 14)[0]
    connection.close()
    assert [(each.first.source, each.delay, each.articles, each.texts) for each in ground.outlets()] == [
        ("blatt", 0, 1, 1),
        ("kurier", 2, 2, 1),
    ]
    assert (len(ground.articles), ground.texts, ground.voices, ground.nights) == (3, 2, 2, 4)
    assert {each.source: (each.silence, each.nights) for each in ground.silent} == {
        "bote": (Silence.SILENT, 4),
        "still": (Silence.SILENT, 4),
        "halb": (Silence.IN_PART, 2),
        "fern": (Silence.NOT_WATCHED, 0),
        "funk": (Silence.NOT_WATCHED, 0),
    }
    assert [(each.first.source, each.delay) for each in land.outlets()] == [("funk", None)]
    assert {each.silence for each in land.silent} == {Silence.NOT_WATCHED}  # no night after it yet
    assert [each.first.source for each in fortnight.outlets()] == ["blatt", "kurier", "bote"]


def test_without_hosts_that_the_registry_does_not_have(archive: Path) -> None:
    connection = sqlite3.connect(archive)
    connection.execute("create temp table found_hosts as select 'kurier' as source, 'new' as state")
    (ground,) = event_reports(connection, EVENTS[:1], 3, registry_only=True)
    connection.close()
    assert [each.first.source for each in ground.outlets()] == ["blatt"]


def test_two_events_of_a_day_have_addresses_of_their_own(archive: Path) -> None:
    connection = sqlite3.connect(archive)
    keys = [each.key for each in event_reports(connection, (EVENTS[0], EVENTS[0]), 3)]
    connection.close()
    assert keys == ["2026-03-12", "2026-03-12-2"]


def test_outlets_of_an_event(reader: Reader) -> None:
    (row,) = [row for row in reader.page("/events").cssselect("tbody tr") if "12 March 2026" in said(row)]
    assert [said(cell) for cell in row[1:]] == ["2", "2", "3", "2", "12 March 2026, blatt", "the same day", "2"]
    (link,) = row.cssselect("th a")
    page = reader.page(link.get("href").partition("#")[0])
    first, second = ([said(cell) for cell in row] for row in page.cssselect("section[aria-labelledby=event] tbody tr"))
    assert (first[0], first[3], second[0], second[3:]) == ("blatt", "the same day", "kurier", ["2 days", "2", "1"])
    told = said(page)
    assert "2 outlets were silent" in told and "2 outlets were not watched then" in told
    assert "halb, local press: 2 of 4 nights" in told
    german = said(reader.page("/events?event=2026-03-12&days=14&fold=1", "de"))
    assert "2 Medien wurden zum Teil beobachtet" not in german and "Redaktion" in german


def test_a_row_of_the_picture_leads_to_its_outlets(reader: Reader) -> None:
    rows = reader.page("/events").cssselect(".values > a")
    assert [row.get("href") for row in rows] == ["/events?event=2026-03-12#event"]
    dots = reader.page("/events").cssselect(".values .dots a")
    assert [(dot.get("href"), dot.get("tabindex")) for dot in dots] == [
        (f"/article/{each}", "-1") for each in (1, 2, 3)
    ]


def test_events_to_take_along(reader: Reader) -> None:
    rows = list(csv.DictReader(io.StringIO(reader.get("/events.csv?days=7").text)))
    of_event = {row["source"]: row for row in rows if row["event"] == "2026-03-12"}
    assert set(of_event) == set(SOURCES)
    assert (of_event["kurier"]["state"], of_event["kurier"]["delay_days"], of_event["kurier"]["texts"]) == (
        "reported",
        "2",
        "1",
    )
    assert (of_event["still"]["state"], of_event["fern"]["state"]) == ("silent", "not_watched")
    assert len(reader.get("/events.json").json()) == len(rows)


def test_pages_of_what_is_not_there(reader: Reader, tmp_path: Path) -> None:
    for query in ("event=x", "event=2026-03-12&days=5", "days=%3Cb%3E&fold=x"):
        assert "Who reported when" in said(reader.page(f"/events?{query}"))
    with reading(make_archive(tmp_path / "archive.db", 1)) as other:
        assert "Ground is broken" in said(other.page("/events"))


def test_dots_stand_in_the_column_of_their_day() -> None:
    uses = tuple(
        ValueUse(number, day, "blatt", None, number) for number, day in enumerate(("2026-03-12", "2026-03-15"), 1)
    )
    picture = draw_delays([ValueUses(Value("x", None, ""), uses)], [date(2026, 3, 12)], 3)
    assert picture
    assert [(dot.x, dot.y) for dot in picture.rows[0].dots] == [(13.25, LINE), (86.75, LINE)]
    assert ([tick.at for tick in picture.ticks], picture.height) == (["+0", "+1", "+2", "+3"], ROW)
    assert draw_delays([], [], 3) is None


@in_chromium
def test_the_page_fits_and_keeps_nobody_out(archive: Path, pick: Pick) -> None:
    check_in_a_browser(archive, pick("events", "events?event=2026-03-12&days=14&fold=1"), ".values > a", "event")
