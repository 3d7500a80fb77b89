"""The same search in the table's view, in its JSON and CSV, in SQL and in exports."""

import asyncio
import csv
import io
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
import sqlite_utils

from db.export.tables import ExportFormat, export
from db.search import vocabulary
from db.site.serve import close_site, make_site
from db.store.migrations import migrations
from tests.test_search import fill

Get = Callable[[str], Any]
QUERIES = [
    "Rechenzentrums",
    "data centers source:erftbote",
    "source:blatt",
    "-source:blatt",
    "source:wire -data",
    "from:2025-03 to:2025-03",
    "date:2025-03",
    "Microsoft date:none",
    "lang:none",
    "from:2025 from:2025-04",
    'author:"Joerg Weiss"',
    "author:gross microsoft",
    "title:zentrum -cloud",
    "Kohleausstieg OR Abwärme",
    "xylophon",
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("home") / "archive.db"
    database = sqlite_utils.Database(path)
    database.enable_wal()
    migrations.apply(database)
    fill(database)
    database.close()
    vocabulary.take_in(path)
    return path


@pytest.fixture(scope="module")
def get(archive: Path) -> Iterator[Get]:
    site = make_site(archive)
    with asyncio.Runner() as runner:
        yield lambda path: runner.run(site.client.get(path))
    close_site(site)


@pytest.mark.parametrize("query", QUERIES)
def test_all_doors_lead_to_the_same(get: Get, archive: Path, tmp_path: Path, query: str) -> None:
    asked = quote_plus(query)
    out = tmp_path / "found.csv"
    export(archive, ExportFormat.CSV, query=query, out=out)
    ids = sorted(int(row["id"]) for row in csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    page = get(f"/archive/articles.json?_search={asked}").json()
    assert (page["filtered_table_rows_count"], sorted(row[0] for row in page["rows"])) == (len(ids), ids)
    lines = get(f"/archive/articles.csv?_search={asked}")
    assert sorted(int(row["id"]) for row in csv.DictReader(io.StringIO(lines.text))) == ids
    whole = get(f"/export.json?q={asked}").json()
    assert sorted(row["id"] for row in whole) == ids
    shown = get(f"/archive/articles?_search={asked}")
    assert shown.status_code == 200
    assert 'type="search"' in shown.text


def test_a_search_by_fields_keeps_them_in_its_links(get: Get) -> None:
    page = get("/archive/articles.json?_search=source%3Ablatt&_size=1&_sort=id").json()
    assert [row[0] for row in page["rows"]] == [3]
    following = get(page["next_url"].removeprefix("http://localhost"))
    assert [row[0] for row in following.json()["rows"]] == [4]


def test_a_search_shows_what_came_a_moment_ago(get: Get, archive: Path) -> None:
    """As it is written at once; in its other forms once who stored it has taken its words in."""
    with closing(sqlite3.connect(archive)) as writer, writer:
        writer.execute(
            "insert into articles (id, url, source, title, text, identity, fetched_at)"
            " values (8, 'u', 'blatt', 'Tagebaue', 'Das Wort war noch nicht da.', 'x', '')"
        )

    def found(query: str) -> list[int]:
        return [row[0] for row in get(f"/archive/articles.json?_search={query}").json()["rows"]]

    try:
        assert found("Tagebaue") == [8]
        vocabulary.take_in(archive)
        assert found("Tagebau") == [8]
    finally:
        with closing(sqlite3.connect(archive)) as writer, writer:
            writer.execute("delete from articles where id = 8")


def test_what_is_wrong_with_a_query_is_said(get: Get) -> None:
    for form in (".json", ".csv"):
        answer = get(f"/archive/articles{form}?_search=from:2025-13")
        assert answer.status_code == 400
        assert "is no month" in answer.text
