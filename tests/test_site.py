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
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
import sqlite_utils

from db.exports import ExportError, export, must_be_immutable, tables
from db.serve import SiteError, close_site, make_site
from tests.test_exports import make_archive

NUMBER = 3000  # more than max_returned_rows: a cut shows
HOSTILE = "<script>alert(1)</script> & <img src=x onerror=alert(2)>"

Get = Callable[[str], Any]
EVERY_PAGE = [
    "/",
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
    path = make_archive(tmp_path_factory.mktemp("home") / "archive.db", NUMBER, **hostile, **addresses)
    database = sqlite_utils.Database(path)
    database.table("runs").insert({"id": 1, "outcome": "no_source", "started": "2025-11-20T02:00:00Z", "sources": 2})
    database.table("sources").insert({"id": "<b>", "name": HOSTILE, "last_state": "ok", "last_success": "2025-11-20"})
    database.table("sources").insert({"id": "blatt", "name": "Musterdorfer Blatt", "last_state": "unreachable"})
    database.close()
    return path


def getter(archive: Path, *, immutable: bool = False) -> Iterator[Get]:
    site = make_site(archive, immutable=immutable)
    with asyncio.Runner() as runner:
        yield lambda path: runner.run(site.client.get(path))
    close_site(site)


@pytest.fixture(scope="module")
def get(archive: Path) -> Iterator[Get]:
    yield from getter(archive)


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_page_answers_and_runs_nothing(get: Get, path: str) -> None:
    answer = get(path)
    assert answer.status_code == (400 if "nonsense" in path else 200)
    assert '<html lang="en">' in answer.text
    assert "<script" not in answer.text
    assert not re.search(r"<[^>]+ (style|on\w+)=", answer.text)
    assert 'href="javascript:' not in answer.text
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
    assert "<time datetime" in page and "3 March 2025, 06:00 UTC+02:00" in page
    assert "<li>Microsoft und Musterdorf in einem Satz</li>" in page


def test_the_front_page_counts_and_links(get: Get) -> None:
    page = get("/").text
    assert "<b>3,000</b> articles" in page
    assert "<b>2</b> sources" in page
    assert "/archive/refusals?reason=off_topic" in page
    assert page.index("Rechenzentrum Nummer 2939") < page.index("Rechenzentrum Nummer 2855")
    assert "no source" in page


def test_an_empty_archive_has_every_page(tmp_path: Path) -> None:
    made = make_archive(tmp_path / "archive.db", 0)
    sqlite3.connect(tmp_path / "blank.db").close()
    for path, pages in ((made, ["/", "/archive", "/archive/articles", "/export.json"]), (tmp_path / "blank.db", ["/"])):
        for get in getter(path):
            for page in pages:
                assert get(page).status_code == 200
    assert "The archive is empty" in get_once(tmp_path / "blank.db", "/").text


def get_once(archive: Path, path: str, *, immutable: bool = False) -> Any:
    return next(answer for get in getter(archive, immutable=immutable) for answer in [get(path)])


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
        ("/archive.csv?sql=drop+table+articles", "Statement must be a SELECT"),
        ("/archive.csv?sql=select+*+from+nowhere", "no such table: nowhere"),
        ("/archive.csv", "Statement must be a SELECT"),
        ("/archive.json?_shape=array&sql=select+1+as+a,+2+as+a", "two columns are named 'a'"),
        ("/archive.json?_shape=arrayfirst&sql=select+id+from+articles", "use _shape=array"),
        ("/archive/articles.json?_shape=object", "use _shape=array"),
        ("/archive/articles.csv?_search=-azure", "add a word"),
        ("/archive/articles?_search=🙂", "type one"),
        ("/archive/articles.json?_search_title=-x", "add a word"),
        ("/archive/articles.csv?_searchmode=raw&_search=%22", "unterminated string"),
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
        missing = set(database.table(table).columns_dict) ^ set(known[table]["columns"])
        assert not missing, f"db/site/metadata.yaml: {table}: add or take out {missing}"
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
    assert not must_be_immutable(archive)
    assert len(ids(get_once(archive, "/archive/articles.csv", immutable=True))) == 4


def test_a_read_only_folder_is_read_as_it_lies(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive.db", 4)
    tmp_path.chmod(0o555)
    try:
        if os.access(tmp_path, os.W_OK):
            pytest.skip("this user may write everywhere")
        assert must_be_immutable(archive)
        assert export(archive, "csv").rows == 4
    finally:
        tmp_path.chmod(0o755)


def test_what_is_no_archive_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="run `revierspiegel crawl`"):
        must_be_immutable(tmp_path / "no.db")
    (tmp_path / "text.db").write_text("no database " * 100)
    with pytest.raises(ExportError, match="is no archive"):
        must_be_immutable(tmp_path / "text.db")
    with pytest.raises(SiteError, match=r"cannot open a path with \?"):
        make_site(tmp_path / "100%" / "archive.db")


SERVE = """
import sys
from pathlib import Path
from db.serve import SiteError, serve
try:
    serve(Path(sys.argv[1]), "127.0.0.1", int(sys.argv[2]), lambda address: print(address, flush=True))
except SiteError as error:
    sys.exit(str(error))
print("returned")
"""


def start(archive: Path, port: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SERVE, str(archive), str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_serving_ends_when_told(archive: Path, ending: signal.Signals) -> None:
    with start(archive) as server:
        assert server.stdout
        port = int(server.stdout.readline().rstrip("/\n").rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/export.csv")
        answer = connection.getresponse()
        assert answer.getheader("transfer-encoding") == "chunked"
        assert len(answer.read().splitlines()) > NUMBER
        connection.close()
        server.send_signal(ending)
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


def test_a_download_that_breaks_is_seen_to_break(archive: Path) -> None:
    """Row 2900 cannot be read: abs() of the smallest integer is an error of SQLite's."""
    number = "iif(id = 2900, abs(-9223372036854775807 - 1), id)"
    sql = f"select title, text, {number} from articles, (select 1 union select 2)"
    with start(archive) as server:
        assert server.stdout
        port = int(server.stdout.readline().rstrip("/\n").rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", f"/archive.csv?sql={quote_plus(sql)}")
        answer = connection.getresponse()
        assert answer.status == 200
        with pytest.raises(http.client.IncompleteRead):
            answer.read()
        connection.close()
        server.terminate()
        _, err = server.communicate(timeout=20)
    assert "integer overflow" in err


def test_a_reader_who_leaves_ends_the_query(archive: Path) -> None:
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n"
    with start(archive) as server:
        assert server.stdout
        port = int(server.stdout.readline().rstrip("/\n").rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", f"/archive.csv?sql={quote_plus(endless)}")
        assert connection.getresponse().read(40).startswith(b"i\r\n1\r\n2\r\n")
        connection.close()
        begun = time.monotonic()
        server.terminate()
        _, err = server.communicate(timeout=20)
    assert err == ""
    assert time.monotonic() - begun < 2.5, "the server waited for the query until its patience ended"
