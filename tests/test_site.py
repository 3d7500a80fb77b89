import asyncio
import csv
import http.client
import io
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import jinja2
import lxml.html
import pytest
import sqlite_utils

from db.export.tables import columns, export, tables
from db.publish.allowed import ALLOWED
from db.site.plugins.compiled import CompiledTemplates
from db.site.serve import SITE, SiteError, close_site, make_site
from db.store.connection import ArchiveError, Mode, mode_to_read
from tests.test_exports import make_archive

NUMBER = 1200  # more than max_returned_rows: a cut shows
HOSTILE = "<script>alert(1)</script> & <img src=x onerror=alert(2)>"

Get = Callable[..., Any]
EVERY_PAGE = [
    "/",
    "/search",
    "/search?q=rechenzentr*",
    "/search?q=Zweiter&source=blatt&month=2025-03&order=newest&page=2",
    "/search?q=%3Cscript%3Ealert(5)%3C/script%3E",
    "/help",
    "/about",
    "/about/quality",
    "/sources",
    "/sources/blatt",
    "/near-misses",
    "/near-misses?page=x",
    "/coverage",
    "/figures",
    "/figures?kind=jobs&value=2500&unit=count",
    "/figures?kind=x&value=x&unit=%3Cb%3E&page=x",
    "/events",
    "/events?event=2024-02-15&days=14&fold=1",
    "/events?event=%3Cb%3E&days=x",
    "/places",
    "/places?place=%3Cb%3E&page=x",
    "/proposals",
    "/proposals?kind=%3Cb%3E&page=x",
    "/quotes",
    "/quotes?speaker=%3Cb%3E&page=x",
    "/progress",
    "/archive",
    "/archive/articles",
    "/archive/articles?_as=table",
    "/archive/articles?_search=rechenzentr*",
    "/archive/articles?source=blatt&kind=local_press",
    "/archive/articles?_facet_size=max&_sort=title",
    "/archive/articles/1",
    "/archive/refusals?reason=off_topic",
    "/archive/runs/1",
    "/archive?sql=select+title,+text+from+articles",
    "/archive?sql=select+nonsense",
    "/archive/leads",
    "/archive?_show_hidden=1",
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    hostile = {"title": HOSTILE, "text": f"{HOSTILE}\n\nZweiter Absatz", "source": "<b>", "lang": '"><script>'}
    addresses = {"url": "javascript:alert(3)", "published": "<i>", "reasons": f'["{HOSTILE}"]', "authors": "not a list"}
    addresses |= {"month": "<i>", "day": "<i>"}
    path = make_archive(tmp_path_factory.mktemp("home") / "archive.db", NUMBER, **hostile, **addresses)
    database = sqlite_utils.Database(path)
    database.table("runs").insert({"id": 1, "outcome": "no_source", "started": "2025-11-20T02:00:00Z", "sources": 2})
    database.table("sources").insert({"id": "<b>", "name": HOSTILE, "last_state": "ok", "last_success": "2025-11-20"})
    database.table("sources").insert({"id": "blatt", "name": "Musterdorfer Blatt", "last_state": "unreachable"})
    database.table("articles").update(5, {"kind": '"><script>alert(4)</script>'})
    database.close()
    return path


def getter(archive: Path) -> Iterator[Get]:
    site = make_site(archive)
    with asyncio.Runner() as runner:
        yield lambda path, **given: runner.run(site.client.get(path, **given))
    close_site(site)


@pytest.fixture(scope="module")
def get(archive: Path) -> Iterator[Get]:
    yield from getter(archive)


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_page_answers_and_runs_nothing(get: Get, path: str) -> None:
    answer = get(path)
    assert answer.status_code == (400 if "nonsense" in path else 200)
    assert '<html lang="en">' in answer.text
    assert "<script" not in re.sub(r'<script src="/static/\w+\.js" defer></script>', "", answer.text)
    assert not re.search(r"<[^>]+ (style|on\w+)=", answer.text)
    assert 'href="javascript:' not in answer.text
    assert len(answer.text) < 160_000 or "sql=" in path  # who asks for a thousand rows is given them
    assert not re.search(r'<(link|img)[^>]+(href|src)="(https?:)?//(?!localhost/)', answer.text)
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_what_an_article_says_is_shown_as_text(get: Get) -> None:
    page = get("/archive/articles/1").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<p>Zweiter Absatz</p>" in page
    assert "not a list" in page
    page = get("/archive/articles/2").text
    assert (
        '<a href="https://blatt.example/lokales/2" rel="noopener noreferrer nofollow">Read it at the publisher</a>'
        in page
    )
    assert "Änne Groß, Jo Bär" in page
    assert "<time datetime" in page and "3 March 2025, 05:00 CET" in page
    assert "<li>Microsoft und Musterdorf in einem Satz</li>" in page


def test_the_front_page_counts_and_links(get: Get) -> None:
    page = get("/").text
    assert "<b>1,200</b> articles" in page
    assert "<b>2</b> sources" in page
    assert "/archive/refusals?reason=off_topic" in page
    assert 'action="/search"' in page and 'href="/help"' in page and 'href="/downloads"' in page
    assert page.index("Rechenzentrum Nummer 1175") < page.index("Rechenzentrum Nummer 1091")
    assert "no source could be reached" in page
    assert "&#34;&gt;&lt;script&gt;alert(4)" in page
    assert "1 article without a date" in page


Counted = tuple[str | None, str | None, int]  # month, kind, number


def archive_of(path: Path, counted: Iterable[Counted]) -> Path:
    """An archive with so many articles of each month and kind."""
    make_archive(path, 0)
    database = sqlite_utils.Database(path)
    each = [(month, kind) for month, kind, number in counted for _ in range(number)]
    database.table("articles").insert_all(
        {"url": "u", "source": "blatt", "title": "t", "text": "x", "fetched_at": "2026", "identity": str(number)}
        | {"month": month, "kind": kind, "published_utc": month}
        | dict.fromkeys(("published", "day"), month and f"{month}-15")
        for number, (month, kind) in enumerate(each)
    )
    database.close()
    return path


def seen(get: Get) -> tuple[Any, dict[str, tuple[str, int]], dict[str, list[int]]]:
    """The chart's element, its links (month → address and number), and the table (month → numbers, the sum first)."""
    figure = lxml.html.fromstring(get("/").text).find_class("chart")[0]
    links = {}
    for link in figure.xpath(".//*[local-name()='svg']//*[local-name()='a']"):
        name, number = re.match(r"(\w+ \d+): (\d+) article", link.xpath("string(*[local-name()='title'])")).groups()
        month = f"{datetime.strptime(name, '%B %Y'):%Y-%m}"
        assert link.get("href") == f"/search?month={month}"
        links[month] = (link.get("href"), int(number))
    table = {row[0].text_content(): [int(cell.text) for cell in row[1:]] for row in figure.xpath(".//tbody/tr")}
    return figure, links, table


def number_behind(get: Get, address: str) -> int:
    told = lxml.html.fromstring(get(address).text).xpath("string(//h2[@id='found']/b)")
    return int(told.split()[0].replace(",", ""))


KINDS = ["regional_press", "trade_press", "national_press", "government", "company", "ngo", None, "broadcaster"]


def test_the_chart_shows_what_sql_counts(tmp_path: Path) -> None:
    months = ["2023-11", "2023-12", "2024-03", "2025-01", "2025-02"]
    counted = [(month, kind, 1 + (i * 7 + j * 3) % 9) for i, month in enumerate(months) for j, kind in enumerate(KINDS)]
    for get in getter(archive_of(tmp_path / "archive.db", [*counted, (None, "ngo", 3), ("2999-01", "ngo", 2)])):
        figure, links, table = seen(get)
        truth = {month: sum(number for each, _, number in counted if each == month) for month in months}
        assert {month: number for month, (_, number) in links.items()} == truth
        assert all(number_behind(get, address) == number for address, number in links.values())
        assert list(table) == [f"{year}-{month:02}" for year in (2023, 2024, 2025) for month in range(1, 13)][10:26]
        assert {month: row[0] for month, row in table.items() if row[0]} == truth
        assert all(row[0] == sum(row[1:]) and len(row) == 7 for row in table.values())
        assert "3 articles without a date are not in the picture" in " ".join(figure.text_content().split())
        assert "2 articles bear a date that is still to come" in " ".join(figure.text_content().split())
        shown = csv.DictReader(io.StringIO(get(figure.xpath(".//a[text()='CSV']/@href")[0]).text))
        assert sum(int(row["articles"]) for row in shown if row["month"] < "2999") == sum(truth.values())
        for address in figure.xpath(".//*[@class='legend']//a/@href"):
            assert number_behind(get, address) > 0


def test_columns_are_as_high_as_their_numbers(tmp_path: Path) -> None:
    for get in getter(
        archive_of(tmp_path / "archive.db", [("2024-01", "a", 7), ("2024-01", "b", 4), ("2024-02", "b", 1)])
    ):
        figure, _, _ = seen(get)
        rows = [
            (link.xpath("*[starts-with(@class, 'k')]/@height"), link.xpath("*[starts-with(@class, 'k')]/@y"))
            for link in figure.xpath(".//*[local-name()='svg']//*[local-name()='a']")
        ]
        labels = figure.xpath(".//*[@class='axis']//*[@text-anchor='end']/text()")
    assert labels == ["5", "10", "15"]
    unit = 160 / 15
    heights = [[float(height) for height in heights] for heights, _ in rows]
    assert heights == [
        [pytest.approx(7 * unit, abs=0.1), pytest.approx(4 * unit, abs=0.1)],
        [pytest.approx(unit, abs=0.1)],
    ]
    tops = [[float(y) for y in tops] for _, tops in rows]
    assert tops == [
        [pytest.approx(160 - 7 * unit, abs=0.1), pytest.approx(160 - 11 * unit, abs=0.1)],
        [pytest.approx(160 - unit, abs=0.1)],
    ]


def test_ten_years_are_three_of_months_and_the_rest_by_year(tmp_path: Path) -> None:
    counted = [(f"{year}-{month:02}", "ngo", month) for year in range(2015, 2025) for month in range(1, 13, 2)]
    for get in getter(archive_of(tmp_path / "archive.db", counted)):
        figure, links, table = seen(get)
        assert list(table)[:7] == [*map(str, range(2015, 2021)), "2021 until 2021-11"]
        assert list(table)[7] == "2021-12" and list(table)[-1] == "2024-11" and len(table) == 7 + 36
        assert len(links) == 18
        assert sum(row[0] for row in table.values()) == sum(number for _, _, number in counted)
        earlier = figure.find_class("earlier")[0].xpath("a/@href")
        assert [number_behind(get, address) for address in earlier] == [36] * 7


def test_one_month_is_a_picture_too(tmp_path: Path) -> None:
    for get in getter(archive_of(tmp_path / "archive.db", [("2024-05", "ngo", 1)])):
        _, links, table = seen(get)
        assert links == {"2024-05": ("/search?month=2024-05", 1)}
        assert table == {"2024-05": [1, 1]}


def test_articles_without_any_date_are_counted(tmp_path: Path) -> None:
    page = get_once(archive_of(tmp_path / "archive.db", [(None, "ngo", 4)]), "/").text
    assert "None of the 4 articles bears a date" in page
    assert "<svg" not in page


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Get]]:
    archive = make_archive(tmp_path_factory.mktemp("small") / "archive.db", 1)
    for get in getter(archive):
        yield archive, get


def ago(seconds: int) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="seconds")


# moments: seconds ago, when the test runs
@pytest.mark.parametrize(
    ("run", "told", "running"),
    [
        ({"outcome": "running", "started": 1000, "sign": 60}, "1 of 2 sources done", True),
        ({"outcome": "running", "started": 5, "sign": None}, "just begun", True),
        ({"outcome": "running", "started": 1000, "sign": 130}, "interrupted", False),
        ({"outcome": "running", "started": 200, "sign": None}, "interrupted", False),
        ({"outcome": "running", "started": None, "sign": None}, "interrupted", False),
        ({"outcome": "completed", "started": 1000, "ended": 900}, "completed", False),
        ({"outcome": "failed", "detail": "disk <b>full</b>", "ended": 900}, "disk &lt;b&gt;full", False),
    ],
)
def test_a_run_is_told_as_it_is(small: tuple[Path, Get], run: dict[str, object], told: str, running: bool) -> None:
    archive, get = small
    run = {name: ago(value) if isinstance(value, int) else value for name, value in run.items()}
    facts = {"id": 1, "sources": 2, "fetched": 412, "kept": 23, "refused": 389, "ended": None, "detail": None, **run}
    night = {"run": 1, "source": "blatt", "state": "ok", "ended": facts.pop("sign", None)}
    database = sqlite_utils.Database(archive)
    database.table("source_nights").upsert_all(
        [night, night | {"source": "b", "state": "not_finished"}], pk=("run", "source")
    )
    database.table("runs").upsert(facts, pk="id")
    database.close()
    frame, front = get("/progress").text, get("/").text
    assert told in frame
    assert ('<meta http-equiv="refresh" content="10">' in frame) == running
    assert ("412 pages read, 23 articles kept, 389 pages refused" in frame) == running
    assert ('src="/progress"' in front) == running
    assert (told in front) != running
    assert "refresh" not in front


DEMO = 'role="note"><b>Example:</b> these articles and outlets are invented. Run <code>revierspiegel run</code> for'


def test_an_example_says_so_on_every_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: tuple[Path, Get]
) -> None:
    pages = ("/", "/archive", "/archive/articles", "/archive/articles/1", "/archive?sql=select+1", "/nowhere")
    assert not any(DEMO in small[1](path).text for path in pages)
    monkeypatch.setenv("REVIERSPIEGEL_DEMO", "1")
    for get in getter(make_archive(tmp_path / "archive.db", 1)):
        assert [path for path in pages if DEMO not in get(path).text] == []


def test_the_colours_of_the_chart_stand_out() -> None:
    css = (SITE / "static" / "site.css").read_text()
    for scheme in css.split("@media (prefers-color-scheme: dark)")[:2]:
        paper = luminance(re.findall(r"--paper: #(\w{6})", scheme)[0])
        colours = [luminance(colour) for colour in re.findall(r"--k\d: #(\w{6})", scheme)]
        assert len(set(colours)) == 6
        for colour in colours:
            assert (max(colour, paper) + 0.05) / (min(colour, paper) + 0.05) >= 3  # WCAG 1.4.11


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_front_page_names_the_sources_that_fare_worst(tmp_path: Path) -> None:
    path = make_archive(tmp_path / "archive.db", 3)
    database = sqlite_utils.Database(path)
    fares = ["well", "failing", "blocked", "quiet", "failing", "silent", "failing", "blocked", "paused"]
    database.table("sources").insert_all(
        {"id": f"s{number}", "name": f"Blatt {number}", "health": health, "health_detail": f"Grund {number}"}
        | {"bad_nights": 5, "paused": "asked" if health == "paused" else None}
        for number, health in enumerate(fares)
    )
    database.close()
    section = lxml.html.fromstring(get_once(path, "/").text).xpath("//section[@aria-labelledby='fares']")[0]
    counted = {link.text_content(): link.get("href") for link in section.xpath("ul[@class='states']//a")}
    assert counted["failing 3"] == "/sources?state=failing" and counted["blocked 2"] and counted["well 1"]
    worst = section.xpath("ul[@class='worst']/li")
    assert [each.xpath("string(a)") for each in worst] == [f"Blatt {number}" for number in (2, 7, 5, 1, 4)]
    assert "Grund 2" in worst[0].text_content()
    assert "1 more needs a hand" in section.text_content()


def test_an_empty_archive_has_every_page(tmp_path: Path) -> None:
    made = make_archive(tmp_path / "archive.db", 0)
    sqlite3.connect(tmp_path / "blank.db").close()
    for path, pages in (
        (made, ["/", "/search", "/about", "/help", "/archive", "/archive/articles", "/export.json"]),
        (tmp_path / "blank.db", ["/", "/search", "/about", "/help"]),
    ):
        for get in getter(path):
            for page in pages:
                assert get(page).status_code == 200
    assert "The archive is empty" in get_once(tmp_path / "blank.db", "/").text


def get_once(archive: Path, path: str) -> Any:
    return next(answer for get in getter(archive) for answer in [get(path)])


def ids(answer: Any) -> list[int]:
    """The ids of an export, whichever form it has."""
    assert answer.status_code == 200, answer.text
    kind = answer.headers["content-type"].split(";")[0]
    if kind == "text/csv":
        return [int(row["id"]) for row in csv.DictReader(io.StringIO(answer.text, newline=""))]
    return [
        row["id"]
        for row in (answer.json() if kind == "application/json" else map(json.loads, answer.text.splitlines()))
    ]


SQL = "select * from articles order by published_utc desc"


@pytest.mark.parametrize(
    "path",
    [
        "/archive/articles.csv",
        "/archive/articles.csv?_size=max",
        "/archive/articles.csv?_stream=1",
        "/archive/articles.csv?_stream=1&_size=20&_labels=on&_dl=1",
        "/archive/articles.json?_shape=array",
        "/archive/articles.json?_shape=array&_nl=on",
        f"/archive.csv?sql={quote_plus(SQL)}",
        f"/archive.csv?sql={quote_plus(SQL)}&_size=max",
        f"/archive.json?sql={quote_plus(SQL)}&_shape=array",
        f"/archive.json?sql={quote_plus(SQL)}&_shape=array&_nl=on",
        "/export.csv",
        "/export.json",
        "/export.jsonl?table=articles",
    ],
)
def test_a_download_holds_every_row(get: Get, path: str) -> None:
    assert sorted(ids(get(path))) == list(range(1, NUMBER + 1))


def test_downloads_hold_what_the_page_shows(get: Get) -> None:
    asked = "_search=rechenzentrum+-sahen+OR+12&source=blatt&_sort=id"
    shown = get(f"/archive/articles.json?{asked}&_size=1000&_shape=objects").json()
    assert shown["filtered_table_rows_count"] == len(shown["rows"]) or shown["next_url"]
    for form in ("csv?", "json?_shape=array&"):
        found = ids(get(f"/archive/articles.{form}{asked}"))
        assert len(found) == shown["filtered_table_rows_count"]
        assert found[: len(shown["rows"])] == [row["id"] for row in shown["rows"]]


def test_the_search_box_and_the_export_find_the_same(get: Get) -> None:
    for query in ('"Rechenzentrum Nummer 12"', "Nummer -12 -13", "rechenzentr*", "Zweiter OR Absatz", "North-Rhine:x"):
        box = ids(get(f"/archive/articles.csv?_search={quote_plus(query)}"))
        assert sorted(box) == sorted(ids(get(f"/export.csv?q={quote_plus(query)}")))


def test_a_page_that_was_asked_for_stays_a_page(get: Get) -> None:
    assert len(list(csv.reader(io.StringIO(get("/archive/articles.csv?_size=7").text, newline="")))) == 8
    page = get("/archive/articles.json?_size=7&_shape=objects").json()
    assert len(page["rows"]) == 7 and page["next_url"]


def test_parameters_and_json_columns(get: Get) -> None:
    sql = quote_plus("select id, authors from articles where id = :id")
    answer = get(f"/archive.json?sql={sql}&id=2&_shape=array&_json=authors")
    assert answer.json() == [{"id": 2, "authors": ["Änne Groß", "Jo Bär"]}]
    assert get("/export.json?table=refusals&q=").json()[0]["reason"] == "off_topic"
    assert get("/export.csv").headers["content-disposition"] == 'attachment; filename="revierspiegel-articles.csv"'


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/archive.csv?sql=drop+table+articles", "A query begins with select"),
        ("/archive.csv?sql=select+*+from+nowhere", "There is no table nowhere"),
        ("/archive.csv", "A query begins with select"),
        ("/archive.json?_shape=array&sql=select+1+as+a,+2+as+a", "two columns are named 'a'"),
        ("/archive.json?_shape=arrayfirst&sql=select+id+from+articles", "use _shape=array"),
        ("/archive/articles.json?_shape=object", "use _shape=array"),
        ("/archive/articles.csv?_search=-azure", "add a word"),
        ("/archive/articles?_search=🙂", "type one"),
        ("/archive/articles.json?_search_title=-x", "add a word"),
        ("/archive/articles.csv?_searchmode=raw&_search=%22", "The words looked for cannot be read"),
        ("/export.csv?table=articles_fts", "choose one of"),
        ("/export.json?table=refusals&q=x", "only articles can be searched"),
        ("/export.json?q=-x", "add a word"),
    ],
)
def test_what_cannot_be_answered_is_refused(get: Get, path: str, why: str) -> None:
    answer = get(path)
    assert answer.status_code == 400
    assert why in answer.text.replace("&#39;", "'")


def test_nothing_is_written_and_the_file_is_not_offered(get: Get) -> None:
    assert get("/archive.db").status_code == 403
    assert get("/archive/nowhere").status_code == 404
    assert get("/archive/articles/999999").status_code == 404
    assert get("/robots.txt").text == "User-agent: *\nDisallow: /\n"


def test_an_empty_search_shows_everything(get: Get) -> None:
    answer = get("/archive/articles?_search=+&source=blatt")
    assert (answer.status_code, answer.headers["location"]) == (302, "/archive/articles?source=blatt")


def test_every_table_and_column_is_explained(tmp_path: Path) -> None:
    path = make_archive(tmp_path / "archive.db", 0)
    site = make_site(path)
    known = site.metadata("tables", database="archive")
    close_site(site)
    database = sqlite_utils.Database(path)
    for table in tables(database.conn):
        if known[table].get("hidden"):
            continue
        there = {*columns(database.conn, table), *ALLOWED.get(table, ())}  # of the archive, and of a snapshot
        missing = there ^ set(known[table]["columns"])
        assert not missing, f"db/site/metadata.yaml: {table}: add or take out {missing}"
    own = "select name from sqlite_master where type = 'table' and name glob '_*'"
    assert {name for (name,) in database.execute(own) if not known.get(name, {}).get("hidden")} == set()
    database.close()


def test_readers_see_what_a_writer_writes(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive.db", 5)
    stop = threading.Event()
    written = 5

    def crawl() -> None:
        nonlocal written
        database = sqlite_utils.Database(archive)
        while not stop.is_set():
            written += 1
            row = {"id": written, "url": "u", "source": "s", "title": "t", "text": "x", "identity": str(written)}
            database.table("articles").insert({**row, "fetched_at": "2025"})
        database.close()

    writer = threading.Thread(target=crawl)
    for get in getter(archive):
        writer.start()
        counts = [len(ids(get("/export.csv"))) for _ in range(20)]
        stop.set()
        writer.join()
        assert counts == sorted(counts)
        assert len(ids(get("/archive/articles.csv"))) == written > counts[0]


def test_an_archive_that_nobody_writes_is_served(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive.db", 4)
    assert mode_to_read(archive) is Mode.READ
    assert len(ids(get_once(archive, "/archive/articles.csv"))) == 4


def test_a_read_only_folder_is_read_as_it_lies(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive.db", 4)
    tmp_path.chmod(0o555)
    try:
        if os.access(tmp_path, os.W_OK):
            pytest.skip("this user may write everywhere")
        assert mode_to_read(archive) is Mode.IMMUTABLE
        assert export(archive, "csv").rows == 4
    finally:
        tmp_path.chmod(0o755)


def test_what_is_no_archive_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="run 'revierspiegel crawl'"):
        mode_to_read(tmp_path / "no.db")
    (tmp_path / "text.db").write_text("no database " * 100)
    with pytest.raises(ArchiveError, match="is no archive"):
        mode_to_read(tmp_path / "text.db")
    with pytest.raises(SiteError, match=r"cannot open a path with \?"):
        make_site(tmp_path / "100%" / "archive.db")


SERVE = """
import sys
from pathlib import Path
from db.site.serve import SiteError, serve
try:
    serve(Path(sys.argv[1]), "127.0.0.1", int(sys.argv[2]), lambda address: print(address, flush=True))
except SiteError as error:
    sys.exit(str(error))
print("returned")
"""


@contextmanager
def start(archive: Path, port: int = 0) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(archive), str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    ) as server:
        try:
            yield server
        finally:
            server.kill()


def test_serving_ends_when_told(archive: Path) -> None:
    with start(archive) as server:
        assert server.stdout
        port = int(server.stdout.readline().rstrip("/\n").rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/export.csv")
        answer = connection.getresponse()
        body = answer.read()
        assert len(body) == int(answer.getheader("content-length", ""))
        assert len(body.splitlines()) > NUMBER
        connection.close()
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=20)
    assert (server.returncode, out, err) == (0, "returned\n", "")


def test_a_taken_port_is_said(archive: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, start(archive, port := taken.getsockname()[1]) as server:
        _, err = server.communicate(timeout=20)
    assert server.returncode == 1
    assert (
        err
        == f"127.0.0.1:{port}: cannot be served there (Address already in use); choose another with --host or --port\n"
    )


def test_the_site_starts_without_a_library_of_units() -> None:
    program = "import sys, db.site.serve; print('datasette.vendored.pint.registry' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_templates_are_compiled_once(tmp_path: Path) -> None:
    kept = CompiledTemplates()
    kept.directory = str(tmp_path / "kept")
    templates = jinja2.Environment(loader=jinja2.DictLoader({"a.html": "{{ 6 * 7 }}"}), bytecode_cache=kept)
    assert templates.get_template("a.html").render() == "42"
    assert len(list((tmp_path / "kept").iterdir())) == 1
    assert kept.get_bucket(templates, "a.html", None, "{{ 6 * 7 }}").code
    assert kept.get_bucket(templates, "a.html", None, "{{ 6 * 8 }}").code is None
    kept.directory = "/proc/none/kept"  # nobody may write there
    assert templates.overlay().get_template("a.html").render() == "42"
