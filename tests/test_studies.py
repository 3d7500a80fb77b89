"""What researchers take along: samples that are drawn alike again, counts of a list of queries."""

import csv
import io
import json
import sqlite3
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from db.export.bundles import folder_of, make
from db.export.studies.query_lists import read_list
from db.export.studies.samples import Drawing, SamplePlan, allocate, draw, read_plan
from db.export.tables import ExportError
from revierspiegel.main import cli
from tests.conftest import own_home
from tests.test_exports import make_archive
from tests.test_feeds import site


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 articles of two sources in twelve months; 3 of them copies of article 2, one without a day."""
    archive = make_archive(tmp_path_factory.mktemp("studies") / "archive.db", 60)
    with sqlite3.connect(archive) as connection:
        rows = [(article, 2, "original" if article == 2 else "agency", 1.0, 2) for article in (2, 4, 26, 28)]
        connection.executemany(
            "insert into copies (article, group_id, role, share, matched) values (?, ?, ?, ?, ?)", rows
        )
        connection.execute("update articles set day = null, month = null where id = 7")
    connection.close()
    return archive


def run(archive: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[str, str]:
    own_home(archive.parent, monkeypatch)
    done = CliRunner().invoke(cli, ["export", *words])
    assert done.exit_code == 0, done.output
    return done.stdout_bytes.decode(), done.stderr


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_shares_are_proportional_and_nobody_is_left_out() -> None:
    sizes = {("a",): 700, ("b",): 250, ("c",): 45, ("d",): 5}
    assert allocate(sizes, 20) == {("a",): 13, ("b",): 5, ("c",): 1, ("d",): 1}
    assert allocate(sizes, 4) == dict.fromkeys(sizes, 1)
    assert allocate(sizes, 1000) == sizes
    strata = {number: ("ab"[number % 5 == 0],) for number in range(100)}
    drawn = draw(strata, SamplePlan(10, ("source",), 3))
    assert Counter(strata[article] for article in drawn.weights) == {("a",): 8, ("b",): 2}
    assert sum(drawn.weights.values()) == pytest.approx(100)
    assert drawn == draw(dict(reversed(strata.items())), SamplePlan(10, ("source",), 3))
    grown = draw(strata | {number: ("a",) for number in range(100, 104)}, SamplePlan(10, ("source",), 3))
    assert len(grown.weights.keys() & drawn.weights.keys()) >= 8  # an archive that has grown gives much the same


def test_each_has_the_same_chance_where_there_are_too_many_strata() -> None:
    strata = {number: (str(number // 2),) for number in range(30)}
    draws = [draw(strata, SamplePlan(6, ("month",), seed)) for seed in range(300)]
    assert {each.drawing for each in draws} == {Drawing.SYSTEMATIC}
    assert {weight for each in draws for weight in each.weights.values()} == {5.0}
    times = Counter(article for each in draws for article in each.weights)
    assert len(times) == 30 and min(times.values()) > 35 and max(times.values()) < 90  # 60 expected


def test_a_sample_drawn_again_is_the_same_file(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("csv", "--sample", "12", "--by", "source,month", "--seed", "7")
    (first, told), (again, _) = run(archive, monkeypatch, *words), run(archive, monkeypatch, *words)
    rows = rows_of(first)
    assert first == again and first != run(archive, monkeypatch, *words[:-1], "8")[0]
    assert "12 of 57 texts in 13 strata (source, month), seed 7; more strata than texts" in told
    assert {row["sample_seed"] for row in rows} == {"7"} and list(rows[0])[-2:] == ["sample_seed", "sample_weight"]
    everything = rows_of(run(archive, monkeypatch, "csv", "--sample", "500", "--by", "kind")[0])
    assert [row["sample_weight"] for row in everything] == ["1.0"] * 57
    assert [row["id"] for row in everything if row["group_id"]] == ["2"]  # its first stands for the group
    searched = rows_of(run(archive, monkeypatch, "csv", "--sample", "500", "--query", "from:2025-03-10")[0])
    assert [row["id"] for row in searched if row["group_id"]] == ["4"]  # the first of those that are found
    with site(archive) as get:
        answer = get("/export.csv?sample=12&by=source&by=month&seed=7")
        assert answer.text == first and "revierspiegel-sample.csv" in answer.headers["content-disposition"]
        assert get("/export.csv?sample=12&by=weather").status_code == 400
        assert get("/export.csv?sample=12&table=refusals").status_code == 400
    make(archive)
    manifest = json.loads((folder_of(archive) / "manifest.json").read_text())
    [told] = [file["sample"] for file in manifest["files"] if "sample" in file]
    assert told | {"by": 0} == {
        "size": 200,
        "by": 0,
        "seed": 7,
        "drawing": "stratified",
        "drawn": 57,
        "of_texts": 57,
        "strata": 13,
    }


@pytest.mark.parametrize("words", [("0", "", 1), ("x", "", 1), ("5", "weather", 1), ("5", "", -1), ("9" * 20, "", 1)])
def test_what_is_no_sample_is_said(words: tuple[str, str, int]) -> None:
    with pytest.raises(ExportError):
        read_plan(*words)


def test_a_list_of_queries_is_counted(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = tmp_path / "queries.txt"
    listed.write_text("\ufeff# what we ask\n\nall\tMicrosoft\r\nsource:blatt Microsoft\nnothing\tSolarpark\n", "utf-8")
    rows = rows_of(run(archive, monkeypatch, "csv", "--queries", str(listed))[0])
    of_all = [row for row in rows if row["query_name"] == "all"]
    assert sum(int(row["articles"]) for row in of_all) == 60 == int(of_all[0]["all_articles"])
    assert (of_all[0]["all_texts"], of_all[0]["month"], of_all[0]["articles"]) == ("57", "", "1")
    [march] = [row for row in of_all if row["month"] == "2025-03"]
    assert (march["articles"], march["texts"]) == ("5", "4")
    assert {row["all_articles"] for row in rows if row["query_name"] == "source:blatt Microsoft"} == {"30"}
    assert [row["articles"] for row in rows if row["query_name"] == "nothing"] == ["0"]
    hits = rows_of(run(archive, monkeypatch, "csv", "--queries", str(listed), "--hits")[0])
    assert Counter(row["query_name"] for row in hits) == {"all": 60, "source:blatt Microsoft": 30}
    out = tmp_path / "counts.xlsx"
    run(archive, monkeypatch, "xlsx", "--queries", str(listed), "--out", str(out))
    book = openpyxl.load_workbook(out)
    assert book.worksheets[0].max_row == len(rows) + 1
    assert book.worksheets[1]["B2"].value.startswith("Name of the query")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"Strom\n-solar\n", "list.txt:2: -solar: "),
        (b"Strom\n\tsolar\n", "list.txt:2: is no name, tab and query"),
        (b"Strom\n# x\nStrom\n", "list.txt:3: 'Strom' stands in line 1"),
        (b"Strom\nGr\xfcn\n", "list.txt:2: is not UTF-8"),
        (b"# nothing\n", "list.txt: has no query"),
    ],
)
def test_what_is_wrong_with_a_list_is_said(tmp_path: Path, text: bytes, told: str) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(text)
    with pytest.raises(ExportError, match=told.replace("(", r"\(")):
        read_list(path)
