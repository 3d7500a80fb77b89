"""What is said beside the number of a search whose nights have gaps; on its page and in the manifest."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import lxml.html
import pytest
from click.testing import CliRunner

from db.export.bundles import folder_of, make
from db.search.hints.missing_nights import missing_nights, watched_sources
from db.search.query import parse
from revierspiegel.main import cli
from tests.read_articles import archive_of
from tests.test_site import Get, getter

ARTICLES = {
    1: ("blatt", "local_press", "2026-03-12", "Bagger in Bedburg."),
    2: ("bote", "blog", "2026-04-02", "Bagger."),
}
A_RUN = "insert into runs (id, started, outcome, kind) values (?, ?, 'completed', ?)"
A_NIGHT = "insert into source_nights (run, source, night, state) values (?, ?, ?, ?)"
FIRST = date(2026, 3, 1)
NIGHTS = 60  # to 29 April; none from 11 to 14 April


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = archive_of(tmp_path_factory.mktemp("home"), ARTICLES)
    with sqlite3.connect(path) as connection:
        connection.executemany(
            "insert into sources (id, name, kind) values (?, ?, ?)",
            [("blatt", "Das Blatt", "local_press"), ("bote", "Der Bote", "blog"), ("neu", "", "blog")],
        )
        for run in range(1, NIGHTS + 1):
            night = (FIRST + timedelta(run - 1)).isoformat()
            if "2026-04-11" <= night <= "2026-04-14":
                continue
            kind = "backfill" if run == 5 else "crawl"
            connection.execute(A_RUN, (run, night, kind))
            states = {"blatt": "unreachable" if run in (3, 6, 9, 12) else "partial", "bote": "ok"}
            states |= {"neu": "nothing_to_ask"} if run > 31 else {}
            connection.executemany(A_NIGHT, [(run, source, night, state) for source, state in states.items()])
        connection.execute(A_RUN, (99, "2026-03-03", "crawl"))
        connection.execute(A_NIGHT, (99, "blatt", "2026-03-03", "ok"))
    connection.close()
    return path


@pytest.mark.parametrize(
    ("query", "gaps"),
    [
        ("Bagger", [("neu", 4, 29), ("blatt", 8, 60)]),  # three faults, one night of a backfill, four without a run
        ("Bagger date:2026-03", [("blatt", 4, 31)]),
        ("Bagger date:2026-03-06", [("blatt", 1, 1)]),
        ("Bagger from:2026-03-15 to:2026-04-10", []),
        ("Bagger date:2026-04", [("blatt", 4, 29), ("bote", 4, 29), ("neu", 4, 29)]),
        ("Bagger date:2026", [("neu", 4, 29), ("blatt", 8, 60)]),
        ("Bagger date:2026-04 source:blatt", [("blatt", 4, 29)]),
        ('Bagger date:2026-04 source:"das blatt"', [("blatt", 4, 29)]),
        ("Bagger date:2026-04 -source:blatt kind:blog", [("bote", 4, 29), ("neu", 4, 29)]),
        ("Bagger to:2026-02", []),
        ("Bagger date:none source:bote", []),
    ],
)
def test_a_gap_is_more_than_a_tenth_of_the_nights(archive: Path, query: str, gaps: list[tuple[str, int, int]]) -> None:
    connection = sqlite3.connect(archive)
    missing = missing_nights(watched_sources(connection), parse(query))
    connection.close()
    assert [(gap.source, gap.missed, gap.nights) for gap in (missing.gaps if missing else ())] == gaps


@pytest.fixture(scope="module")
def get(archive: Path) -> Iterator[Get]:
    yield from getter(archive)


@pytest.mark.parametrize("lang", ["en", "de"])
@pytest.mark.parametrize("found", [True, False])
def test_the_page_says_so_and_leads_to_the_calendar(get: Get, lang: str, found: bool) -> None:
    word = "Bagger" if found else "Nirgends"
    page = lxml.html.fromstring(get(f"/search?q={word}&month=2026-03", headers={"accept-language": lang}).text)
    (said,) = page.cssselect(".missing-nights")
    text = " ".join(said.text_content().split())
    assert {"en": "1 of 2 sources", "de": "1 von 2 Quellen"}[lang] in text
    assert "Das Blatt (4 " in text
    assert [link.get("href") for link in said.cssselect("a")] == ["/sources/blatt", "/sources?nights=90#calendar"]
    quiet = get(f"/search?q={word}&from=2026-03-15&to=2026-04-10", headers={"accept-language": lang}).text
    assert "missing-nights" not in quiet


def test_the_manifest_has_them(archive: Path) -> None:
    make(archive)
    manifest = json.loads((folder_of(archive) / "manifest.json").read_text("utf-8"))
    assert manifest["missing_nights"] == {
        "first": "2026-03-01",
        "last": "2026-04-29",
        "sources": 3,
        "gaps": [{"source": "neu", "missed": 4, "nights": 29}, {"source": "blatt", "missed": 8, "nights": 60}],
    }


def test_an_export_says_so(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIERSPIEGEL_HOME", str(archive.parent))
    for query, number in (("Bagger date:2026-03", 2), ("Bagger from:2026-03-15 to:2026-04-10", 1)):
        done = CliRunner().invoke(cli, ["export", "csv", "--query", query])
        assert done.exit_code == 0
        assert len(done.stderr.splitlines()) == number
        assert ("1 of 2 sources" in done.stderr and "blatt (4 of 31 nights)" in done.stderr) is (number == 2)
