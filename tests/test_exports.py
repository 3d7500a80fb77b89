import csv
import io
import json
import re
import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import Literal

import bibtexparser
import pytest
import rispy
import sqlite_utils
from hypothesis import given
from hypothesis import strategies as st

from db.export.tables import ExportError, ExportFormat, columns, export, pieces, reading, select, write
from db.search import vocabulary
from db.search.search import QueryError
from tests.blank import blank_archive
from tests.conftest import Desk, own_home

DICTIONARY = Path(__file__).parents[1] / "docs" / "data.md"
LINE_BREAKS = "Vier\u2028Zeilen\u2029in\x85einem\nSatz"


def make_archive(path: Path, articles: int = 3, **first: object) -> Path:
    """An archive of invented outlets; `first` replaces columns of the first article."""
    database = sqlite_utils.Database(blank_archive(path))
    rows = (
        {
            "id": number,
            "url": f"https://blatt.example/lokales/{number}",
            "source": ("blatt", "kurier")[number % 2],
            "title": f"Rechenzentrum Nummer {number}",
            "authors": '["Änne Groß", "Jo Bär"]',
            "published": f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}T06:00:00+02:00",
            "published_utc": f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}T04:00:00Z",
            "day": f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}",
            "month": f"2025-{number % 12 + 1:02}",
            "text": f"Microsoft baut in Musterdorf.\n\nDer Rat hat „zugestimmt“, {number} Leute sahen zu.",
            "kind": "local_press",
            "page_kind": "article",
            "lang": "de",
            "score": 0.9,
            "reasons": '["Microsoft und Musterdorf in einem Satz"]',
            "verdict": "on",
            "agencies": "[]",
            "identity": f"blatt:{number}",
            "fetched_at": "2025-11-20T02:00:00Z",
            **(first if number == 1 else {}),
        }
        for number in range(1, articles + 1)
    )
    database.table("articles").insert_all(rows)
    for number, reason in enumerate(["off_topic", "off_topic", "too_short"]):
        url = f"https://blatt.example/x/{number}"
        row = {"key": url, "url": url, "source": "blatt", "reason": reason, "at": "2025-11-20T02:00:00Z"}
        database.table("refusals").insert(row)
    database.close()
    vocabulary.take_in(path)
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return make_archive(tmp_path / "archive.db")


@pytest.mark.parametrize("form", [ExportFormat.CSV, ExportFormat.JSON, ExportFormat.JSONL])
def test_every_row_is_written_and_counted(tmp_path: Path, form: ExportFormat) -> None:
    archive = make_archive(tmp_path / "archive.db", 3000, text=LINE_BREAKS)
    out = tmp_path / f"articles.{form}"
    exported = export(archive, form, out=out)
    assert (exported.rows, exported.expected, exported.path) == (3000, 3000, out)
    assert exported.sha256 == sha256(out.read_bytes()).hexdigest()
    text = out.read_bytes().decode()
    if form is ExportFormat.CSV:
        read = list(csv.DictReader(io.StringIO(text, newline="")))
        assert read[0]["authors"] == '["Änne Groß", "Jo Bär"]'
    else:
        read = json.loads(text) if form is ExportFormat.JSON else [json.loads(line) for line in text.splitlines()]
        assert read[0]["authors"] == ["Änne Groß", "Jo Bär"]
        assert read[0]["final_url"] is None
    assert [int(row["id"]) for row in read] == list(range(1, 3001))
    assert read[0]["text"] == LINE_BREAKS
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_nothing_to_export_is_still_well_formed(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive.db", 0)
    texts = {}
    for form in ExportFormat:
        export(archive, form, out=tmp_path / "out")
        texts[form] = (tmp_path / "out").read_text("utf-8", "replace")
    assert texts[ExportFormat.CSV].startswith("id,url,source,title")
    assert json.loads(texts[ExportFormat.JSON]) == []
    assert json.loads(texts[ExportFormat.CSL]) == []
    assert texts[ExportFormat.EXCEL].startswith("\ufeffid;url;source;title")
    assert texts[ExportFormat.JSONL] == texts[ExportFormat.RIS] == texts[ExportFormat.BIBTEX] == ""


def test_standard_output_is_utf8(archive: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    exported = export(archive, "jsonl")
    written = capfdbinary.readouterr().out
    assert exported.sha256 == sha256(written).hexdigest()
    assert "Änne Groß".encode() in written


CITED = {
    ExportFormat.RIS: lambda text: rispy.loads(text),
    ExportFormat.BIBTEX: lambda text: bibtexparser.parse_string(text).entries,
    ExportFormat.CSL: json.loads,
}


@pytest.mark.parametrize("form", list(CITED))
def test_every_article_becomes_a_reference(tmp_path: Path, form: ExportFormat) -> None:
    archive = make_archive(tmp_path / "archive.db", 300, title=f"{LINE_BREAKS} TY  - }} {{")
    out = tmp_path / "out"
    exported = export(archive, form, out=out)
    assert (exported.rows, exported.expected) == (300, 300)
    assert len(CITED[form](out.read_bytes().decode())) == 300
    assert export(archive, form, query="Nummer 12", out=out).rows == 1
    with pytest.raises(ExportError, match="only articles can be cited"):
        export(archive, form, "refusals", out=out)


# cell, what a German Excel is given
CELLS = [
    ("=1+1", "'=1+1"),
    ('=HYPERLINK("https://x.example")', '\'=HYPERLINK("https://x.example")'),
    ("+49 221 1234", "'+49 221 1234"),
    ("-Azure", "'-Azure"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("\tcmd", "'\tcmd"),
    ("\r=1", "'\n=1"),
    (" =1", "' =1"),
    ("＝1", "'＝1"),
    ("-3.5", "'-3.5"),
    ("+3,5", "'+3,5"),
    (-3, "-3"),
    (0.9, "0,9"),
    (1e-7, "1e-07"),
    (float("inf"), ""),
    (10**15, "'1000000000000000"),
    ("7", "7"),
    ("007", "'007"),
    ("2025-03", "'2025-03"),
    ("1-2", "'1-2"),
    ("Montag, 3. März 2025", "'Montag, 3. März 2025"),
    ("Apr 5", "'Apr 5"),
    ("10:30 Uhr", "'10:30 Uhr"),
    ("1.234,50 €", "'1.234,50 €"),
    ("1e5", "'1e5"),
    ("Wahr", "'Wahr"),
    ("#NV", "'#NV"),
    ("Mai", "Mai"),
    ("2025 wird gebaut", "2025 wird gebaut"),
    (None, ""),
    ("2025-03-03T06:00:00+02:00", "2025-03-03T06:00:00+02:00"),
    ("Größe; „hier“\nzweite Zeile", "Größe; „hier“\nzweite Zeile"),
    ("1 = 1", "1 = 1"),
    (b"\x00", "AA=="),
]


LETTERS = st.text(st.sampled_from(list('a,;"\n\r\t =')) | st.characters(codec="utf-8"))


@given(st.lists(st.none() | st.integers() | st.floats() | LETTERS, min_size=1))
def test_csv_is_written_as_pythons_own_writer_does(cells: list[object]) -> None:
    names = [f"column_{number}" for number in range(len(cells))]
    expected = io.StringIO()
    csv.writer(expected).writerows([names, cells])
    assert "".join(pieces(ExportFormat.CSV, names, [cells])) == expected.getvalue()


@pytest.mark.parametrize(("cell", "given"), CELLS)
def test_no_cell_is_run_by_a_spreadsheet(cell: object, given: str) -> None:
    text = "".join(pieces(ExportFormat.EXCEL, ["a", "b"], [[cell, 7]]))
    assert text.startswith("\ufeffa;b\r\n")
    assert list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1] == [given, "7"]
    plain = "".join(pieces(ExportFormat.CSV, ["a"], [[cell]]))
    if isinstance(cell, str):
        assert list(csv.reader(io.StringIO(plain, newline="")))[1] == [cell]


def test_a_text_longer_than_a_cell_of_excel_says_so(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive.db", 2, text="wort " * 8000)
    export(archive, ExportFormat.EXCEL, out=tmp_path / "out.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text("utf-8-sig"), newline=""), delimiter=";"))
    assert len(rows) == 2
    assert len(rows[0]["text"]) < 32_767 and rows[0]["text"].endswith("whole in CSV and JSON]")


def test_a_killed_export_leaves_nothing_under_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = make_archive(tmp_path / "archive.db", 5_000, text="x" * 3000)
    desk, out = Desk(tmp_path, own_home(tmp_path, monkeypatch)), tmp_path / "out.json"
    desk.kill(lambda: any(tmp_path.glob(".out.json.*")), "export", "json", "--out", str(out))
    assert not out.exists()
    assert export(archive, "json", out=out).rows == 5_000


def test_the_data_dictionary_has_every_column(archive: Path) -> None:
    """A column that was promised once stays: take none out of docs/data.md."""
    told = re.findall(r"^\| `(\w+)` \| .+ \| \d+\.\d+\.\d+ \|$", DICTIONARY.read_text("utf-8"), re.MULTILINE)
    with reading(archive) as connection:
        assert sorted(told) == sorted(columns(connection, "articles"))


def test_a_query_gives_best_first(tmp_path: Path) -> None:
    late = {"published_utc": "2026-01-01T00:00:00Z", "text": "Nichts weiter. " * 40 + "Solarpark"}
    archive = make_archive(tmp_path / "archive.db", 40, **late)
    with sqlite3.connect(archive) as connection:
        connection.execute("update articles set title = 'Ein Solarpark für Musterdorf' where id = 7")
    connection.close()

    def exported(query: str | None, order: Literal["newest"] | None) -> list[int]:
        export(archive, "json", query=query, order=order, out=tmp_path / "out.json")
        return [row["id"] for row in json.loads((tmp_path / "out.json").read_text())]

    assert (exported("solarpark", None), exported("solarpark", "newest")) == ([7, 1], [1, 7])
    assert exported(None, None) == list(range(1, 41))
    assert exported(None, "newest")[:3] == [1, 23, 11]
    with pytest.raises(ExportError, match="only articles can be put in an order"):
        export(archive, "json", "refusals", order="newest")


@pytest.mark.parametrize(
    "table", ["articles_fts", "articles_fts_data", "sqlite_master", "_sqlite_migrations", 'a"; drop']
)
def test_internal_tables_are_not_exported(archive: Path, table: str) -> None:
    with pytest.raises(ExportError, match=r"choose one of: .*articles, .*refusals"):
        export(archive, "csv", table)


def test_what_is_wrong_is_said(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no form of export; choose one of: csv, json, jsonl"):
        export(archive, "xml")
    with pytest.raises(ExportError, match="only articles can be searched"):
        export(archive, "csv", "refusals", "solar")
    with pytest.raises(QueryError, match="add a word"):
        export(archive, "csv", query="-solar")
    with pytest.raises(ExportError, match="run 'revierspiegel crawl'"):
        export(tmp_path / "no.db", "csv")
    with pytest.raises(ExportError, match="folder that exists"):
        export(archive, "csv", out=tmp_path / "no" / "out.csv")
    (tmp_path / "text.db").write_text("no database " * 100)
    with pytest.raises(ExportError, match="is no archive"):
        export(tmp_path / "text.db", "csv")


def test_a_short_export_never_takes_its_final_name(archive: Path, tmp_path: Path) -> None:
    """An index entry without its article: three are counted, two come."""
    connection = sqlite3.connect(archive)
    connection.execute("drop trigger articles_ad")
    connection.execute("delete from articles where id = 2")
    connection.commit()
    connection.close()
    out = tmp_path / "out.json"
    out.write_text("the one from yesterday")
    with pytest.raises(ExportError, match="2 rows came where 3 were counted"):
        export(archive, "json", query="Microsoft", out=out)
    assert out.read_text() == "the one from yesterday"
    assert list(tmp_path.glob(".out*")) == []


def test_an_export_sees_one_moment(archive: Path) -> None:
    with reading(archive) as connection:
        selection = select(connection)
        writer = sqlite3.connect(archive)
        writer.execute("delete from articles where id > 1")
        writer.commit()
        writer.close()
        assert len(list(selection.rows)) == selection.expected == 3


def test_the_archive_cannot_be_written_through_it(archive: Path) -> None:
    with reading(archive) as connection, pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        connection.execute("delete from articles")


def test_what_is_written_is_counted(archive: Path) -> None:
    out = io.BytesIO()
    with reading(archive) as connection:
        assert write(ExportFormat.CSV, select(connection, "refusals"), out).rows == 3
    assert out.getvalue().count(b"\r\n") == 4


def test_cells_that_json_and_csv_do_not_know() -> None:
    row = [b"\x00\xff", float("inf"), None, "not json"]
    names = ["a", "b", "c", "reasons"]
    assert json.loads("".join(pieces(ExportFormat.JSONL, names, [row]))) == {
        "a": {"$base64": True, "encoded": "AP8="},
        "b": None,
        "c": None,
        "reasons": "not json",
    }
    assert "".join(pieces(ExportFormat.CSV, names, [row])) == "a,b,c,reasons\r\nAP8=,inf,,not json\r\n"
    with pytest.raises(ExportError, match="two columns are named 'a'"):
        list(pieces(ExportFormat.JSON, ["a", "a"], []))
