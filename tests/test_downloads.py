import asyncio
import csv
import hashlib
import json
import re
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import lxml.html
import pytest

from crawler.demo.newsroom import Newsroom
from db.export.bundles import MANIFEST, READY, SUMS, FileState, Made, columns_file, folder_of, made, make, state
from db.export.tables import ExportError, columns, reading
from db.language import languages
from db.site.serve import close_site, make_site
from tests.conftest import Desk, own_home
from tests.test_crawl import REGISTRY, fill
from tests.test_exports import make_archive
from tests.test_feeds import Get, site

NAMES = [*(ready.name for ready in READY), *map(columns_file, languages())]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return make_archive(tmp_path / "archive.db", 40)


def read(archive: Path) -> Made:
    found = made(archive)
    assert found is not None
    return found


def test_everything_is_there_counted_and_hashed(archive: Path) -> None:
    files = make(archive)
    folder = folder_of(archive)
    assert [file.name for file in files] == NAMES
    assert sorted(path.name for path in folder.iterdir()) == sorted([*NAMES, MANIFEST, SUMS])
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    for told, file in zip(manifest["files"], files, strict=True):
        data = (folder / file.name).read_bytes()
        assert (told["bytes"], told["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        assert told.get("rows") == file.rows
    counted = {file.table: file.rows for file in files}
    assert counted == {"articles": 40, "refusals": 3, "links": 0, "source_nights": 0, "sources": 0, None: None}
    with (folder / "articles.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 40
    check = subprocess.run(["sha256sum", "-c", "--strict", SUMS], cwd=folder, capture_output=True, check=False)
    assert check.returncode == 0, check.stderr
    found = read(archive)
    assert [state(found.folder, file) for file in found.files] == [FileState.WHOLE] * len(files)


def test_the_data_dictionary_goes_along(archive: Path) -> None:
    make(archive)
    english, german = (
        json.loads((folder_of(archive) / columns_file(name)).read_text("utf-8")) for name in ("en", "de")
    )
    with reading(archive) as connection:
        assert list(english["articles"]) == list(german["articles"]) == list(columns(connection, "articles"))
    assert english["articles"]["title"] == "Headline, as the page gives it"
    assert german["articles"]["title"] == "Überschrift, wie die Seite sie angibt"


def test_the_newest_take_the_place_of_those_before(archive: Path) -> None:
    make(archive)
    before = read(archive)
    kept_open = (before.folder / "articles.csv").open("rb")
    make(archive)
    after = read(archive)
    assert after.folder != before.folder and not before.folder.exists()
    assert [path for path in after.folder.parent.iterdir() if path.is_dir()] == [after.folder]
    with kept_open:
        assert kept_open.read().startswith(b"id,url")
    assert str(folder_of(archive).readlink()) == f".exports/{after.folder.name}"  # the home may be moved


def test_a_reader_never_sees_half(archive: Path) -> None:
    make(archive)
    stop = threading.Event()

    def make_again() -> None:
        while not stop.is_set():
            make(archive)

    maker = threading.Thread(target=make_again)
    maker.start()
    try:
        for _ in range(50):
            manifest = json.loads((folder_of(archive) / MANIFEST).read_text("utf-8"))
            assert [file["name"] for file in manifest["files"]] == NAMES
            assert read(archive).files[0].rows == 40
    finally:
        stop.set()
        maker.join()


def test_what_fails_leaves_those_before(archive: Path) -> None:
    make(archive)
    before = read(archive)
    with sqlite3.connect(archive) as connection:
        connection.execute("drop table source_nights")
    connection.close()
    with pytest.raises(ExportError, match="no table 'source_nights'"):
        make(archive)
    assert read(archive) == before
    assert [path for path in before.folder.parent.iterdir() if path.is_dir()] == [before.folder]


def test_a_folder_of_somebody_else_is_left_alone(archive: Path) -> None:
    folder_of(archive).mkdir()
    (folder_of(archive) / "mine.txt").write_text("mine")
    with pytest.raises(ExportError, match="move it away"):
        make(archive)
    assert (folder_of(archive) / "mine.txt").read_text() == "mine"
    assert made(archive) is None


def test_a_killed_maker_leaves_those_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = make_archive(tmp_path / "archive.db", 600, text="x" * 3000)
    make(archive)
    before = read(archive)
    Desk(tmp_path, own_home(tmp_path, monkeypatch)).kill(
        lambda: len(list((tmp_path / ".exports").iterdir())) >= 3, "export", "all"
    )
    assert read(archive) == before
    make(archive)
    assert [path for path in (tmp_path / ".exports").iterdir() if path.is_dir()] == [read(archive).folder]


@pytest.fixture
def get(archive: Path) -> Iterator[Get]:
    with site(archive) as getting:
        yield getting


def test_the_page_lists_what_there_is(archive: Path, get: Get) -> None:
    assert "No files have been made yet" in get("/downloads").text
    assert get("/downloads/articles.csv").status_code == 404
    make(archive)
    page = lxml.html.fromstring(get("/downloads").text)
    links = page.xpath("//table//a/@href")
    assert links == [f"/downloads/{name}" for name in NAMES]
    assert page.xpath("//p/a[starts-with(@href, '/downloads/')]/@href") == [
        f"/downloads/{SUMS}",
        f"/downloads/{MANIFEST}",
    ]
    for link in links:
        assert get(link).status_code == 200
    assert get("/downloads/nothing.csv").status_code == 404
    assert get("/downloads/..%2Farchive.db").status_code in (302, 404)  # Datasette writes % otherwise


def test_the_page_speaks_german(archive: Path, get: Get) -> None:
    german = {"accept-language": "de"}
    assert "Noch sind keine Dateien erstellt." in get("/downloads", **german).text
    make(archive)
    folder = folder_of(archive)
    (folder / "articles.json").write_text("[]")
    (folder / "articles.bib").unlink()
    page = lxml.html.fromstring(get("/downloads", **german).text)
    told = [" ".join(cell.text_content().split()) for cell in page.xpath("//tbody/tr/td")]
    assert "Alle Artikel mit allen Spalten, für Programme" in told
    assert "Was die Spalten all dieser Dateien bedeuten, auf Deutsch" in told
    assert any(re.fullmatch(r"\d+,\d kB", cell) for cell in told) and not any(
        "." in cell for cell in told if "kB" in cell
    )
    assert [state.text for state in page.find_class("state")] == ["ist nicht mehr, was geschrieben wurde", "fehlt"]
    assert "Eine Datei nichts.csv gibt es nicht" in get("/downloads/nichts.csv", **german).text


def test_what_is_missing_or_was_changed_is_not_offered(archive: Path, get: Get) -> None:
    make(archive)
    folder = folder_of(archive)
    (folder / "articles.csv").unlink()
    data = (folder / "articles.ris").read_bytes()
    (folder / "articles.ris").write_bytes(data.replace(b"NEWS", b"BOOK"))  # of the same size
    page = lxml.html.fromstring(get("/downloads").text)
    assert page.xpath("//table//a/@href") == [
        f"/downloads/{name}" for name in NAMES if name not in ("articles.csv", "articles.ris")
    ]
    assert [state.text for state in page.find_class("state")] == ["is missing", "is not what was written"]
    assert get("/downloads/articles.csv").status_code == get("/downloads/articles.ris").status_code == 410


def test_a_download_can_be_resumed(archive: Path, get: Get) -> None:
    make(archive)
    path = folder_of(archive) / "articles.json"
    data = path.read_bytes()
    whole = get("/downloads/articles.json")
    assert whole.content == data
    assert whole.headers["content-length"] == str(len(data))
    assert whole.headers["etag"] == f'"{hashlib.sha256(data).hexdigest()}"'
    assert whole.headers["content-disposition"] == 'attachment; filename="articles.json"'
    etag = whole.headers["etag"]
    assert get("/downloads/articles.json", **{"if-none-match": etag}).status_code == 304
    length = len(data)
    for asked, start, end in [("100-", 100, length), ("0-0", 0, 1), ("5-9", 5, 10), ("-7", length - 7, length)]:
        part = get("/downloads/articles.json", **{"range": f"bytes={asked}", "if-range": etag})
        assert (part.status_code, part.content) == (206, data[start:end])
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{len(data)}"
        assert part.headers["content-length"] == str(end - start)
    for other in ({"range": "bytes=5-9", "if-range": '"other"'}, {"range": "bytes=0-1,4-5"}, {"range": "lines=1-2"}):
        assert get("/downloads/articles.json", **other).content == data
    beyond = get("/downloads/articles.json", range=f"bytes={len(data)}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(data)}")


def test_what_has_not_changed_is_not_sent_again(archive: Path, get: Get) -> None:
    make(archive)
    changed = datetime.fromisoformat(read(archive).at)
    for name in ("articles.csv", MANIFEST, SUMS):
        first = get(f"/downloads/{name}")
        assert parsedate_to_datetime(first.headers["last-modified"]) == changed
        known = get(f"/downloads/{name}", **{"if-modified-since": first.headers["last-modified"]})
        assert (known.status_code, known.content) == (304, b"")
        assert known.headers["etag"] == first.headers["etag"]
        for other in ("Mon, 01 Jan 2001 00:00:00 GMT", "yesterday"):
            assert get(f"/downloads/{name}", **{"if-modified-since": other}).content == first.content
        both = {"if-none-match": '"other"', "if-modified-since": first.headers["last-modified"]}
        assert get(f"/downloads/{name}", **both).status_code == 200  # the tag counts
        part = get(f"/downloads/{name}", **{"range": "bytes=0-3", "if-range": first.headers["last-modified"]})
        assert (part.status_code, part.content) == (206, first.content[:4])


def test_sha256sums_of_saved_names(archive: Path, get: Get, tmp_path: Path) -> None:
    """As `curl -OJ` names them, with the command that the page gives."""
    make(archive)
    folder = tmp_path / "saved"
    folder.mkdir()
    page = lxml.html.fromstring(get("/downloads").text)
    links = page.xpath("//a[starts-with(@href, '/downloads/')]/@href")
    for link in links:
        answer = get(link)
        name = re.fullmatch('attachment; filename="([^"]+)"', answer.headers["content-disposition"])
        assert name
        (folder / name[1]).write_bytes(answer.content)
    (command,) = page.xpath("//code[contains(., 'sha256sum')]/text()")
    done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(": OK\n") == len(links) - 1
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    assert {file["name"] for file in manifest["files"]} == {path.name for path in folder.iterdir()} - {MANIFEST, SUMS}


def test_texts_that_were_cut_are_counted_on_the_page(archive: Path, get: Get) -> None:
    with sqlite3.connect(archive) as connection:
        connection.execute("update articles set text = ? where id in (3, 4)", ["wort " * 8000])
    connection.close()
    make(archive)
    assert {file.name: file.shortened for file in read(archive).files if file.shortened is not None} == {
        "articles.xlsx": 2,
        "articles-excel.csv": 2,
    }
    assert get("/downloads").text.count("2 texts are longer than a cell of Excel and were cut.") == 2


def test_head_says_all_but_the_content(archive: Path) -> None:
    make(archive)
    made_site = make_site(archive)
    with asyncio.Runner() as runner:
        answer = runner.run(made_site.client.head("/downloads/articles.csv"))
    close_site(made_site)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) == (folder_of(archive) / "articles.csv").stat().st_size


def test_references_of_an_article_and_of_a_search(archive: Path, get: Get) -> None:
    assert get("/archive/articles/7.ris").text.startswith("TY  - NEWS\r\nID  - kurier2025-7\r\n")
    assert get("/archive/articles/7.bib").text.startswith("@article{kurier2025-7,")
    assert [item["id"] for item in get("/archive/articles/7.csl.json").json()] == ["kurier2025-7"]
    assert get("/archive/articles/7.csl.json").headers["content-type"].startswith("application/vnd.citationstyles")
    assert get("/archive/articles/7.json?_shape=array").status_code == 200  # Datasette's own
    assert get("/archive/articles/99.ris").status_code == 404
    assert get("/export.bib?q=Nummer+7").text.count("@article{") == 1
    assert get("/export.ris").text.count("TY  - ") == len(get("/export.csl.json").json()) == 40
    assert get("/export.ris?table=refusals").status_code == 400
    excel = get("/export-excel.csv?table=refusals")
    assert excel.content.startswith("\ufeff".encode()) and excel.text.count("\r\n") == 4
    assert excel.headers["content-disposition"] == 'attachment; filename="revierspiegel-refusals-excel.csv"'


def test_the_page_of_an_article_can_be_cited(get: Get) -> None:
    page = lxml.html.fromstring(get("/archive/articles/7").text)
    metadata = {meta.get("name"): meta.get("content") for meta in page.xpath("/html/head/meta[@name]")}
    assert metadata["z:itemType"] == "newspaperArticle"
    assert metadata["citation_title"] == "Rechenzentrum Nummer 7"
    assert metadata["citation_public_url"] == "https://blatt.example/lokales/7"
    (coins,) = page.find_class("Z3988")
    assert "rft.title=Rechenzentrum+Nummer+7" in coins.get("title")
    links = [link for link in page.xpath("//a/@href") if link.endswith((".ris", ".bib", ".csl.json"))]
    assert len(links) == 3
    for link in links:
        assert get(link).status_code == 200


def test_a_crawl_makes_the_files_and_survives_where_it_cannot(newsroom: Newsroom, desk: Desk) -> None:
    fill(newsroom)
    desk.registry(REGISTRY)
    assert desk.crawl(finishing=True).returncode == 0
    assert [file.rows for file in read(desk.home / "archive.db").files][:2] == [4, 4]
    (desk.home / "exports").unlink()
    (desk.home / "exports").mkdir()
    assert desk.crawl(finishing=True).returncode == 0
    log = "".join(path.read_text("utf-8") for path in (desk.home / "logs").iterdir())
    assert "The files of /downloads were not made" in log and "move it away" in log
    done = desk.run("export", "all")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    (desk.home / "exports").rmdir()
    done = desk.run("export", "all")
    assert done.returncode == 0 and f"They are in {desk.home / 'exports'}" in done.stderr
    for words in (["ris", "--excel"], ["all", "--query", "x"]):
        assert desk.run("export", *words).returncode == 2
    assert desk.run("export", "csv", "--excel").stdout.startswith("\ufeffid;")
    assert desk.run("export", "bibtex", "--query", "Elsdorf").stdout.startswith("@")
