"""What the site's pages link to take along: all that they show a part of, in the order that was chosen there."""

import csv
import io
import json
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lxml.html
import openpyxl
import pytest

from db.export.workbooks import SHEET_ROWS
from tests.test_exports import make_archive
from tests.test_feeds import Get, site

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    late = {"published_utc": "2026-01-01T00:00:00Z", "text": "Nichts weiter. " * 40 + "Solarpark", "score": 0.675}
    archive = make_archive(tmp_path_factory.mktemp("home") / "archive.db", 40, **late)
    with sqlite3.connect(archive) as connection:
        connection.execute("update articles set title = 'Ein Solarpark für Musterdorf' where id = 7")
        connection.execute(
            "create table many as with recursive n as (select 1 as i union all select i + 1 from n"
            f" where i < {SHEET_ROWS}) select i from n"
        )
    connection.close()
    return archive


@pytest.fixture(scope="module")
def get(archive: Path) -> Iterator[Get]:
    with site(archive) as getting:
        yield getting


def book(answer: Any) -> Any:
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
    assert int(answer.headers["content-length"]) == len(answer.content)
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def ids(answer: Any) -> list[int]:
    if answer.content.startswith(b"PK"):
        return [row[0] for row in book(answer).worksheets[0].iter_rows(min_row=2, values_only=True)]
    if answer.text.startswith("["):
        return [row["id"] for row in answer.json()]
    if answer.text.startswith("{"):
        return [json.loads(line)["id"] for line in answer.text.splitlines()]
    delimiter = ";" if answer.text.startswith("\ufeff") else ","
    return [int(row[0]) for row in list(csv.reader(io.StringIO(answer.text, newline=""), delimiter=delimiter))[1:]]


def links(get: Get, path: str, xpath: str) -> list[str]:
    return lxml.html.fromstring(get(path).text).xpath(xpath)


TAKE = "//section[@aria-labelledby='take']/p[1]/a[contains('CSV XLSX JSON', text())]/@href"


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("/search?q=solarpark", [7, 1]),
        ("/search?q=solarpark&order=best", [7, 1]),
        ("/search?q=solarpark&order=newest", [1, 7]),
        ("/search?source=blatt", [22, 10, 34]),
        ("/search", [1, 23, 11]),
    ],
)
def test_the_order_of_a_search_is_that_of_its_exports(get: Get, path: str, first: list[int]) -> None:
    shown = [
        int(link.partition("?")[0].rpartition("/")[2]) for link in links(get, path, "//li[@class='card']/h3/a/@href")
    ]
    taken = links(get, path, TAKE)
    assert len(taken) == 3
    for link in taken:
        found = ids(get(link))
        assert found[: len(shown)] == shown
        assert shown[: len(first)] == first


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("_sort_desc=id&_size=3", list(range(40, 0, -1))),
        ("_sort=id&_size=3&_next=3&_as=table", list(range(1, 41))),
        ("_sort=id&id__gt=38", [39, 40]),
        ("_size=3", None),  # the order that the table has by itself
    ],
)
def test_the_order_of_a_table_is_that_of_its_files(get: Get, arguments: str, expected: list[int] | None) -> None:
    page = f"/archive/articles?{arguments}"
    files = links(get, page, "//p[@class='downloads']/a[contains(@href, '_dl=1')]/@href")
    shown = [
        int(link.partition("?")[0].rpartition("/")[2]) for link in links(get, page, "//li[@class='card']/h3/a/@href")
    ]
    assert len(files) == 4
    for link in files:
        found = ids(get(link))
        assert found == expected if expected else (len(found) == 40 and found[:3] == shown)


def test_a_workbook_of_a_search_and_of_a_table(get: Get) -> None:
    answer = get("/export.xlsx?q=solarpark&order=newest")
    assert answer.headers["content-disposition"] == 'attachment; filename="revierspiegel-articles.xlsx"'
    made = book(answer)
    assert made.sheetnames == ["articles", "Columns"]
    names, first, second = made["articles"].iter_rows(values_only=True)
    assert (first[0], first[names.index("score")], second[0]) == (1, 0.675, 7)
    german = book(get("/export.xlsx?table=refusals", **{"accept-language": "de"}))
    assert german.sheetnames == ["refusals", "Spalten"]
    assert german["refusals"].max_row == 4
    shown = get("/archive/articles.xlsx?source=blatt&_sort_desc=id")
    assert shown.headers["content-disposition"] == 'attachment; filename="articles.xlsx"'
    assert ids(shown) == list(range(40, 0, -2))
    assert book(shown)["Columns"].max_row == book(shown)["articles"].max_column + 1


def test_what_cannot_be_a_workbook_is_said(get: Get, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for path in ("/export.xlsx?table=many", "/archive/many.xlsx"):
        refused = get(path)
        assert refused.status_code == 400
        assert "more rows than a sheet of Excel holds (1,048,576): take CSV" in refused.text
    assert get("/export.xlsx?table=nothing").status_code == 400
    assert get("/export.xlsx?q=-x").status_code == 400
    assert get("/archive/nothing.xlsx").status_code == 404
    assert list(tmp_path.iterdir()) == []
