"""What arrives in a spreadsheet: the CSV for a German Excel, and workbooks."""

import csv
import io
import re
import shutil
import sqlite3
import subprocess
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import db.export.tables
from db.export.cells import CUT, JSON_COLUMNS, LONGEST, MOMENTS, typed
from db.export.tables import ExportError, ExportFormat, columns, export, pieces, reading
from db.export.workbooks import SHEET_ROWS
from db.language import meanings
from tests.test_exports import make_archive

HOSTILE = '=1+1\n"zwei";\tdrei\x00\x0b\r\nvier�\ufffe\U0001f5ff_x0041_'
SHOWN = '=1+1\n"zwei";\tdrei��\nvier��\U0001f5ff_x0041_'
ODD = {  # column of the first article → what is stored
    "title": HOSTILE,
    "score": 0.675,
    "words": 12,
    "published": "2025-03-03T06:00:00+02:00",
    "published_utc": "2025-03-03T04:00:00+00:00",
    "modified": "2025-07-01",
    "day": "2025-03-03",
    "month": "2025-03",
    "found_at": "1850-05-03T10:00:00Z",
    "first_seen": "soon",
    "authors": '["Änne Groß", null, "=Jo; \\ud83d Bär", 3]',
    "agencies": "[]",
    "rights": '{"tdm": [1]}',
    "terms": "no JSON",
    "identity": "00123",
    "reservation": "12345678901234567890",
    "access": "1-2",
    "date_source": "<r><t>rich</t></r>",
    "rules_version": "2",
    "page": 12345678901234567,
    "sha256": b"\x00\xff",
    "text": "wort " * 8000,
}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return make_archive(tmp_path / "archive.db", 3, **ODD)


def rows_of(path: Path, sheet: str | int = 0) -> list[list[Any]]:
    book = openpyxl.load_workbook(path)
    return [list(row) for row in (book[sheet] if isinstance(sheet, str) else book.worksheets[sheet]).iter_rows()]


def first_row(path: Path) -> dict[str, Any]:
    names, cells, *_ = rows_of(path)
    return {str(name.value): cell for name, cell in zip(names, cells, strict=True)}


def test_a_workbook_has_numbers_dates_and_words(archive: Path, tmp_path: Path) -> None:
    done = export(archive, "xlsx", out=tmp_path / "out.xlsx")
    assert (done.rows, done.expected, done.shortened) == (3, 3, 1)
    cells = first_row(tmp_path / "out.xlsx")
    values = {name: cell.value for name, cell in cells.items() if cell.value is not None}
    assert (values["id"], values["score"], values["words"]) == (1, 0.675, 12)
    assert (cells["score"].data_type, cells["title"].data_type) == ("n", "s")
    assert values["published"] == datetime(2025, 3, 3, 5)  # in Berlin
    assert values["published_utc"] == datetime(2025, 3, 3, 4)
    assert (values["modified"], values["day"]) == (datetime(2025, 7, 1), datetime(2025, 3, 3))
    assert (values["month"], values["identity"], values["access"]) == ("2025-03", "00123", "1-2")
    assert (values["found_at"], values["first_seen"]) == ("1850-05-03T10:00:00Z", "soon")
    assert (values["authors"], values["terms"]) == ("Änne Groß; =Jo; � Bär; 3", "no JSON")
    assert "agencies" not in values and values["rights"] == '{"tdm": [1]}'
    assert values["page"] == "12345678901234567"
    assert str(cells["date_source"].value) == "<r><t>rich</t></r>"
    assert values["title"].replace("_x005F_", "_") == SHOWN
    for cell in cells.values():
        assert cell.data_type != "f" and cell.hyperlink is None


def test_what_was_cut_is_named(archive: Path, tmp_path: Path) -> None:
    with sqlite3.connect(archive) as connection:
        connection.execute("update articles set text = ? where id = 2", ["x" * LONGEST])
        connection.execute("update articles set text = ? where id = 3", ["\U0001f5ff" * (LONGEST // 2 + 1)])
    connection.close()
    done = export(archive, "xlsx", out=tmp_path / "out.xlsx")
    assert done.shortened == 2
    told = [[cell.value for cell in row] for row in rows_of(tmp_path / "out.xlsx", "Shortened")]
    assert told == [["id", "Row", "Column", "Characters"], [1, 2, "text", 40_000], [3, 4, "text", LONGEST // 2 + 1]]
    names, *articles = rows_of(tmp_path / "out.xlsx")
    place = [cell.value for cell in names].index("text")
    cut, whole, *_ = (row[place].value for row in articles)
    assert whole == "x" * LONGEST
    assert cut.startswith("wort wort") and cut.endswith("whole in CSV and JSON]") and len(cut) < LONGEST
    shortened: list[Any] = []
    (cells,) = typed(["url"], [["x" * 40_000]], shortened)
    assert (shortened.pop().first, cells[0]) == (cells[0], "x" * 32_000 + CUT)
    text = "".join(pieces(ExportFormat.EXCEL, ["id", "text"], [[7, "=" + "x" * LONGEST]], shortened=shortened))
    assert (shortened[0].first, shortened[0].length) == (7, LONGEST + 1)
    assert len(next(csv.reader(io.StringIO(text.splitlines()[1]), delimiter=";"))[1]) < LONGEST


def test_the_meanings_go_along(archive: Path, tmp_path: Path) -> None:
    export(archive, "xlsx", out=tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert book.sheetnames == ["articles", "Columns", "Spalten", "Shortened"]
    english, german = (
        {row[0].value: row for row in book[name].iter_rows(min_row=2)} for name in ("Columns", "Spalten")
    )
    with reading(archive) as connection:
        assert list(english) == list(german) == list(columns(connection, "articles"))
    assert english["title"][1].value == "Headline, as the page gives it"
    assert german["title"][1].value == "Überschrift, wie die Seite sie angibt"
    assert english["published"][2].value == "A day, or a moment by Berlin's clock"
    assert english["published_utc"][2].value == "A moment in UTC"
    export(archive, "xlsx", "refusals", out=tmp_path / "out.xlsx")
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").sheetnames == ["refusals", "Columns", "Spalten"]


def test_every_table_can_be_a_workbook(archive: Path, tmp_path: Path) -> None:
    with reading(archive) as connection:
        names = db.export.tables.tables(connection)
    for name in names:
        export(archive, "xlsx", name, out=tmp_path / "out.xlsx")
        assert zipfile.ZipFile(tmp_path / "out.xlsx").testzip() is None
    assert export(archive, "xlsx", query="Nummer 2", out=tmp_path / "out.xlsx").rows == 1
    assert not list(tmp_path.glob(".out*"))


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive.db", 0)
    with sqlite3.connect(archive) as connection:
        connection.execute(
            "create table many as"
            " with recursive n as (select 1 as i union all select i + 1 from n where i < ?) select i from n",
            [SHEET_ROWS],
        )
    connection.close()
    with pytest.raises(ExportError, match=r"1,048,576\): take CSV"):
        export(archive, "xlsx", "many", out=tmp_path / "out.xlsx")
    assert not list(tmp_path.glob("*out*"))


def test_columns_that_tell_a_time_are_known() -> None:
    """By their meanings: a new one has to be added to MOMENTS."""
    times = re.compile(r"(The same |Since |Until )?([Ww]hen|[Mm]oment|(The )?[Dd]ay)\b")
    told = {
        name: meaning
        for table in meanings("en").values()
        for name, meaning in table.get("columns", {}).items()
        if times.match(meaning)
    }
    assert {"published", "published_utc", "day", "night", "waits_until", "at"} <= told.keys()
    assert told.keys() - MOMENTS == set()


def test_what_is_no_list_stays_as_it_is() -> None:
    names = sorted(JSON_COLUMNS)
    for stored in ("[" * 20_000, "NaN", "[NaN]", '{"a": 1}', '[["a"]]', "[1", "9" * 5000):
        (cells,) = typed(names, [[stored] * len(names)], [])
        assert set(cells) == {stored}
        assert "".join(pieces(ExportFormat.JSONL, ["authors"], [[stored]])).startswith('{"authors": ')


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not there")
def test_excel_de_decimal_point(archive: Path, tmp_path: Path) -> None:
    export(archive, ExportFormat.EXCEL, out=tmp_path / "out.csv")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    german = "--infilter=CSV:59,34,76,1,,1031,false,true"
    command = ["soffice", profile, "--headless", german, "--convert-to", "xlsx", "--outdir", tmp_path, "out.csv"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    assert len(rows_of(tmp_path / "out.xlsx")) == 4
    cells = first_row(tmp_path / "out.xlsx")
    values = {name: cell.value for name, cell in cells.items()}
    assert (cells["score"].data_type, values["score"], values["words"]) == ("n", 0.675, 12)
    assert (values["published"], values["published_utc"]) == (datetime(2025, 3, 3, 5), datetime(2025, 3, 3, 4))
    assert (values["modified"], values["day"]) == (datetime(2025, 7, 1), datetime(2025, 3, 3))
    assert (values["month"], values["identity"], values["access"]) == ("'2025-03", "'00123", "'1-2")
    assert (values["reservation"], values["page"]) == ("'12345678901234567890", "'12345678901234567")
    assert (values["authors"], values["rights"]) == ("Änne Groß; =Jo; � Bär; 3", '{"tdm": [1]}')
    assert values["title"].replace("_x005F_", "_").endswith(SHOWN[-9:]) and values["title"].startswith("'=1+1\n")
    assert {cell.data_type for cell in cells.values()} <= {"n", "s", "d"}
