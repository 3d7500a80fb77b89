"""The timeline: its pictures against the numbers, its events, and what is first after each."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils
from lxml.html import HtmlElement

from db.export import tables
from db.language import languages
from db.search import search
from db.site.counts import Counts, count
from db.site.events import EventsError, load
from db.site.pictures.charts import periods, scale
from db.site.pictures.timeline import draw
from db.store.archive import Archive
from db.store.crawl.runs import Night
from tests.browsing import check_page, in_chromium, visiting
from tests.test_article_page import HOSTILE, Reader, reading, said
from tests.test_exports import make_archive

KINDS = ["regional_press", "trade_press", "government", "company", "ngo", "broadcaster", "national_press", None]
ANNOUNCED = "2024-02-15"  # the first of the events
FIRST, BARE = "Der erste Bericht", "Nur mit Tag"


def articles() -> Iterator[dict[str, Any]]:
    """More in some weeks than in others; all told the hour."""
    for number in range(300):
        day = date(2024, 1, 29) + timedelta((number * number) % 640)
        yield {"published": f"{day}T09:{number % 60:02}:00+01:00", "kind": KINDS[(number * 7 + number // 9) % 8]}


EDGES: list[dict[str, Any]] = [
    {"published": "2024-12-30T00:05:00+01:00", "kind": "ngo"},  # a Monday: the week of which most is in the next year
    {"published": "2025-01-05T23:55:00+01:00", "kind": "ngo"},
    {"published": "2024-02-14T23:59:00+01:00", "kind": "ngo", "title": "Am Abend davor"},
    {"published": "2024-02-15T06:01:00+01:00", "kind": "ngo", "title": FIRST, "source": "kurier"},
    {"published": "2024-02-15", "kind": "ngo", "title": BARE, "date_precision": "day"},
]
OUTSIDE: list[dict[str, Any]] = [
    *({"published": "2024-02-15T05:00:00+01:00", "date_source": name} for name in ("text", "url", "script")),
    {"published": None},
    {"published": "<i>"},
    {"published": "2999-01-01T00:00:00+01:00"},
]


def write(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    make_archive(path, 0)
    database = sqlite_utils.Database(path)
    database.table("sources").insert({"id": "kurier", "name": HOSTILE, "last_state": "ok"})
    add(database, rows)
    database.close()
    return path


def add(database: sqlite_utils.Database, rows: Iterable[dict[str, Any]]) -> None:
    known = database.table("articles").count
    facts = {"source": "blatt", "title": HOSTILE, "text": "x", "fetched_at": "2026", "kind": "ngo"}
    facts |= {"date_source": "json-ld", "date_precision": "minute", "url": "https://blatt.example/"}
    for number, row in enumerate(rows, known + 1):
        utc = database.execute("select strftime('%Y-%m-%dT%H:%M:%S+00:00', ?)", [row["published"]]).fetchone()[0]
        if len(row["published"] or "") == 10:
            utc = f"{date.fromisoformat(row['published']) - timedelta(1)}T23:00:00+00:00"  # midnight in Berlin
        day = row["published"] and row["published"][:10]
        facts |= {"identity": str(number), "published_utc": utc, "day": day, "month": day and day[:7]}
        database.table("articles").insert(facts | row)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("home") / "archive.db", [*articles(), *EDGES, *OUTSIDE])


def monday(written: str) -> str:
    day = date.fromisoformat(written[:10])
    return str(day - timedelta(day.weekday()))


def table(figure: HtmlElement) -> dict[str, list[int]]:
    return {said(row[0]): [int(said(cell).replace(",", "")) for cell in row[1:]] for row in figure.xpath(".//tbody/tr")}


def test_the_picture_shows_what_sql_counts(reader: Reader) -> None:
    figure = reader.page("/timeline").find_class("timeline-figure")[0]
    truth = Counter(monday(row["published"]) for row in [*articles(), *EDGES])
    shown = table(figure)
    assert {week: row[0] for week, row in shown.items()} == truth
    assert all(row[0] == sum(row[1:]) and len(row) == 7 for row in shown.values())  # 5 kinds and the rest
    links = {}
    for link in figure.xpath(".//*[local-name()='a'][*[@class='hit']]"):
        first, last = re.fullmatch(r"/search\?from=(\S+)&to=(\S+)", link.get("href")).groups()
        assert date.fromisoformat(last) - date.fromisoformat(first) == timedelta(6)
        links[first] = int(re.search(r": (\d+) articles?: ", link.xpath("string(*[local-name()='title'])"))[1])
    assert links == truth
    rows = list(csv.DictReader(io.StringIO(reader.get(figure.xpath(".//a[text()='CSV']/@href")[0]).text)))
    summed: Counter[str] = Counter()
    for row in rows:
        summed[row["week"]] += int(row["articles"])
    assert summed.pop("2998-12-31") == 1  # the one that is still to come
    assert summed == truth


def test_outlet_by_outlet(reader: Reader) -> None:
    [address] = reader.page("/timeline?year=2025").xpath("//div[@class='filter']/a[text()='by outlet']/@href")
    assert address == "/timeline?year=2025&by=source"
    page = reader.page("/timeline?by=source")
    weeks: Counter[str] = Counter()
    outlets: Counter[str] = Counter()
    for row in [*articles(), *EDGES]:
        if monday(row["published"]):
            weeks[monday(row["published"])] += 1
            outlets[row.get("source", "blatt")] += 1
    figure = page.find_class("timeline-figure")[0]
    shown = table(figure)
    assert {week: row[0] for week, row in shown.items()} == weeks
    heads = [said(head) for head in figure.xpath(".//thead//th")][2:]
    assert dict(zip(heads, [sum(row[place + 1] for row in shown.values()) for place in range(2)], strict=True)) == {
        "blatt": outlets["blatt"],
        HOSTILE: outlets["kurier"],
    }
    shares = page.xpath("//section[@aria-labelledby='outlets']//tbody/tr")
    assert [(said(row[0]), int(said(row[1]).replace(",", ""))) for row in shares] == [
        ("blatt", outlets["blatt"]),
        (HOSTILE, outlets["kurier"]),
    ]
    assert reader.get(page.xpath("//section[@aria-labelledby='outlets']//a[text()='CSV']/@href")[0]).status_code == 200


def test_a_column_leads_to_its_articles(archive: Path) -> None:
    """And to those of its days whose date is less sure."""
    weeks = Counter(monday(row["published"]) for row in [*articles(), *EDGES])
    weeks[monday(ANNOUNCED)] += 3
    with tables.reading(archive) as connection:
        for week, number in weeks.items():
            sunday = date.fromisoformat(week) + timedelta(6)
            assert search.count(connection, f"from:{week} to:{sunday}") == number, week


def test_what_is_not_in_the_picture_is_told(reader: Reader) -> None:
    figure = reader.page("/timeline").find_class("timeline-figure")[0]
    assert "3 articles are not in the picture, for their dates had to be read" in said(figure)
    assert "2 articles without a date are not in the picture" in said(figure)
    assert "1 article bears a date that is still to come" in said(figure)
    [address] = figure.xpath(".//p/a[contains(@href, 'date_source__in')]/@href")
    path, _, asked = address.partition("?")
    assert reader.get(f"{path}.json?{asked}&_size=0").json()["filtered_table_rows_count"] == 3


def test_a_year_alone(reader: Reader) -> None:
    page = reader.page("/timeline?year=2025")
    assert page.xpath("//div[@class='filter']/a[@aria-current]/text()") == ["2025", "by kind of outlet"]
    shown = table(page.find_class("timeline-figure")[0])
    assert sum(row[0] for row in shown.values()) == sum(
        (row["published"] or "").startswith("2025") for row in [*articles(), *EDGES]
    )
    assert min(shown) == "2024-12-30"
    for nonsense in ("2031", "x", "-1"):
        assert not reader.page(f"/timeline?year={nonsense}").xpath("//a[@aria-current][text()='2025']")


def test_columns_are_as_high_as_their_numbers() -> None:
    day = date(2024, 3, 4)
    counts = Counts({day: {"a": 3}, day + timedelta(3): {"b": 4}, day + timedelta(7): {"b": 1}}, 0, 0, 0)
    picture = draw(counts, [], (day, day + timedelta(7)))
    assert picture.legend.kinds == ("b", "a")
    assert [bar.numbers for bar in picture.bars] == [(4, 3), (1, 0)]
    unit = picture.height / 8
    assert picture.lines == tuple((value, picture.height - value * unit) for value in (2, 4, 6, 8))
    assert [bar.segments for bar in picture.bars] == [
        ((0, picture.height - 4 * unit, 4 * unit), (1, picture.height - 7 * unit, 3 * unit)),
        ((0, picture.height - unit, unit),),
    ]


def test_more_than_three_years_are_shown_by_month() -> None:
    days = {date(2020, 1, 1) + timedelta(40 * number): {"a": 1} for number in range(50)}
    picture = draw(Counts(days, 0, 0, 0), load(), (date(2020, 1, 1), date(2025, 5, 14)))
    assert (picture.step, len(picture.bars), picture.total, picture.earlier) == ("month", 65, 50, 0)
    assert [bar.first.day for bar in picture.bars] == [1] * 65
    assert [tick.begins for tick in picture.ticks if tick.begins] == ["2020", "2021", "2022", "2023", "2024", "2025"]
    long = draw(Counts({date(1990, 1, 1): {"a": 2}, **days}, 0, 0, 0), [], (date(1990, 1, 1), date(2025, 5, 14)))
    assert (len(long.bars), long.total, long.earlier) == (240, 50, 2)


def test_weeks_begin_on_monday_and_cover_every_day() -> None:
    weeks = list(periods(date(2023, 12, 1), date(2025, 2, 1), "week"))
    assert all(first.weekday() == 0 and last - first == timedelta(6) for first, last in weeks)
    assert all(after[0] - before[1] == timedelta(1) for before, after in pairwise(weeks))


def test_events_that_stand_close_are_numbered_above_each_other() -> None:
    events = [event for event in load() if event.first.year == 2024]
    picture = draw(Counts({date(2026, 1, 1): {"a": 1}}, 0, 0, 0), events, (date(2020, 1, 1), date(2026, 1, 1)))
    assert len({flag.lane for flag in picture.flags}) > 1
    for lane in {flag.lane for flag in picture.flags}:
        places = [flag.x for flag in picture.flags if flag.lane == lane]
        assert all(after - before >= 3 for before, after in pairwise(places))


@pytest.mark.parametrize(
    ("most", "expected"), [(0, (1, 1)), (1, (1, 1)), (4, (4, 1)), (5, (6, 2)), (21, (30, 10)), (999, (1000, 500))]
)
def test_the_axis_ends_at_a_round_number(most: int, expected: tuple[float, float]) -> None:
    assert scale(most) == expected


def test_counting_needs_a_day() -> None:
    rows = [("2024-02-15", None, 0, 2), ("2024-02", "a", 0, 1), (None, "a", 0, 4), ("2024-02-15", "a", 1, 8)]
    counts = count(rows, date(2024, 2, 15))
    assert counts.days == {date(2024, 2, 15): {"": 2}}
    assert (counts.undated, counts.guessed, counts.to_come) == (5, 8, 0)
    assert count(rows, date(2024, 2, 14)).to_come == 2


# Events


def event(page: HtmlElement, title: str) -> HtmlElement:
    return next(each for each in page.xpath("//ol[@class='timeline-events']/li") if title in said(each.find("h3")))


def test_what_was_published_around_an_event_and_what_first(reader: Reader) -> None:
    told = event(reader.page("/timeline"), "15 February 2024")
    [around] = told.xpath("p/a[starts-with(@href, '/search')]")
    assert around.get("href") == "/search?from=2024-02-12&to=2024-02-18"
    days = [f"2024-02-{day}" for day in range(12, 19)]
    number = sum((row["published"] or "")[:10] in days for row in [*articles(), *EDGES])
    assert said(around) == f"{number} articles"
    first, bare = told.xpath("p[starts-with(., 'First') or starts-with(., 'Only')]")
    assert said(first) == f"First report: {HOSTILE}, 15 February 2024, 06:01 CET: {FIRST}"
    assert said(bare) == f"Only the day is known, so it may have been earlier: blatt, 15 February 2024: {BARE}"
    assert first.xpath("a/@href") == ["/article/304"]
    assert reader.get("/article/304").status_code == 200


def test_of_a_month_nothing_is_first(reader: Reader) -> None:
    told = said(event(reader.page("/timeline"), "August 2024"))
    assert re.search(r"\d+ articles in this month", told)
    assert "First report" not in told


def test_where_only_days_are_known_that_is_said(tmp_path: Path) -> None:
    bare = {"published": "2024-02-16", "date_precision": "day", "title": BARE}
    with reading(write(tmp_path / "archive.db", [bare])) as reader:
        page = reader.page("/timeline")
        told = said(event(page, "15 February 2024"))
        assert f"First report, of which only the day is known: blatt, 16 February 2024: {BARE}" in told
        assert "No articles from 15 March 2024 to 21 March 2024" in said(event(page, "18 March 2024"))


def test_the_numbers_above_the_columns_are_those_of_the_events(reader: Reader) -> None:
    page = reader.page("/timeline")
    flags = page.xpath("//*[@class='timeline-flag']/@href")
    assert flags and {flag.lstrip("#") for flag in flags} <= set(page.xpath("//li/@id"))


def test_the_events_of_the_project_have_evidence() -> None:
    events = load()
    assert events[0].written == ANNOUNCED and "2026-03-12" in [event.written for event in events]
    assert list(events) == sorted(events, key=lambda event: event.first)
    for each in events:
        assert each.evidence and set(each.titles) == set(languages()), each


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("a: 1", "holds a dict, expected a list of events"),
        ("- [", "cannot be read"),
        ("- x", "entry 1: 'x', expected a table with date, title, evidence"),
        ("- {date: 2024-02-30}", "entry 1: date: 2024-02-30, expected a day or a month as in 2024-02-15 or 2024-02"),
        ("- {date: 2024}", "entry 1: date: 2024, expected a day or a month"),
        ("- {title: {en: Spade}}", "entry 1: title: de: missing, expected a line in this language"),
        ("- {title: {en: Spade, de: [3]}}", "entry 1: title: de: ['3'], expected a line in this language"),
        ("- {evidence: []}", "entry 1: evidence: is empty, expected at least one"),
        ("- {evidence: [javascript:1]}", "entry 1: evidence: 1: 'javascript:1', expected an address"),
        ("- {day: 2024-02-15}", "entry 1: day: unknown key, expected one of date, title, evidence"),
    ],
)
def test_what_is_wrong_with_an_event_is_told(tmp_path: Path, text: str, wrong: str) -> None:
    path = tmp_path / "events.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(EventsError, match=re.escape(f"events.yaml: {wrong}")):
        load(path)


# Shares


def test_shares_are_those_of_the_nights(tmp_path: Path) -> None:
    named = {"published": "2026-01-09T08:00:00+01:00", "source": "kurier", "found_via": "finder gal", "run": 1}
    path = write(tmp_path / "archive.db", [{"published": "2026-01-10T08:00:00+01:00"}, named])
    archive = Archive(path)
    for day, kind, new, kept, answered in [
        ("2026-01-09", "crawl", 100, 4, True),  # one of them no listing of the source had, a finder named it
        ("2026-01-10", "crawl", 60, 1, True),
        ("2026-01-10", "backfill", 5000, 900, True),
        ("2026-01-11", "crawl", 700, 0, False),
        ("2026-03-01", "crawl", 0, 0, True),
    ]:
        run = archive.runs.begin([{"id": "kurier", "name": "Kurier"}], kind=kind)
        night = Night(source="kurier", state="ok", listed=new * 2, new=new, answered=answered, kept=kept)
        archive.runs.write_nights(run, day, [night])
        archive.runs.end(run, "completed")
    archive.runs.write_nights(archive.runs.begin([], kind="crawl"), "2026-03-02", [night])  # it is under way
    archive.close()
    with reading(path) as reader:
        page = reader.page("/timeline")
        [section] = page.xpath("//section[@aria-labelledby='share']")
        rows = [[said(cell) for cell in row] for row in section.xpath(".//tbody/tr")]
        assert rows == [
            ["2026-01", "2", "1", "320", "160", "4", "2.5 %", "2"],
            ["2026-02", "no source was read in this month: no share", "0"],
            ["2026-03", "1", "1", "0", "0", "0", "–", "0"],
        ]
        assert "Before January 2026 no source was read" in said(section)
        assert len(section.xpath(".//*[@class='timeline-none']")) == 2
        shown = list(csv.DictReader(io.StringIO(reader.get(section.xpath(".//a[text()='CSV']/@href")[0]).text)))
        assert [(row["month"], row["new"], row["kept"], row["per_cent"]) for row in shown] == [
            ("2026-01", "160", "4", "2.5"),
            ("2026-03", "0", "0", ""),
        ]


def test_an_archive_without_nights_has_no_share(reader: Reader) -> None:
    assert not reader.page("/timeline").xpath("//section[@aria-labelledby='share']")


# The page


def test_an_empty_archive_has_no_picture(tmp_path: Path) -> None:
    sqlite_utils.Database(tmp_path / "nothing.db").execute("pragma user_version = 1").connection.close()
    for path in (write(tmp_path / "archive.db", []), tmp_path / "nothing.db"):
        with reading(path) as reader:
            page = reader.page("/timeline")
            assert "The archive has no articles yet." in said(page)
            assert not page.xpath("//svg") and not page.xpath("//main//a[starts-with(@href, '/')]")
            assert "First report" not in said(page)
    with reading(write(tmp_path / "undated.db", [{"published": None}, {"published": None}])) as reader:
        assert "None of the 2 articles bears a date" in said(reader.page("/timeline"))


def test_what_has_been_written_since_is_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "archive.db", [{"published": "2025-01-10T08:00:00+01:00"}])
    with reading(path) as reader:
        for number in (1, 2, 3):
            assert sum(row[0] for row in table(reader.page("/timeline")).values()) == number
            database = sqlite_utils.Database(path)
            add(database, [{"published": "2025-01-12T08:00:00+01:00"}])
            database.close()


def test_nothing_in_it_runs(reader: Reader) -> None:
    for language in languages():
        answer = reader.get("/timeline", language)
        assert "<script" not in answer.text and "<img" not in answer.text
        assert not re.search(r"<[^>]+ (style|on\w+)=", answer.text)
        assert len(answer.text) < 150_000


def test_it_speaks_german(reader: Reader) -> None:
    page = reader.page("/timeline", "de")
    for each in ("Zeitleiste", "Artikel je Woche", "Die Ereignisse", "Erster Bericht:", "Belege:", "Spatenstich"):
        assert each in said(page)
    assert not re.search(r"timeline\.\w+", said(page))


@in_chromium
def test_it_fits_and_keeps_nobody_out(archive: Path) -> None:
    with visiting(archive) as (page, address):
        check_page(page, f"{address}timeline")
        page.locator(".timeline-flag text").first.click()
        assert page.url.endswith("#event-1")
