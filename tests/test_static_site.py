"""The public site as files: its pages, its links, its search, and that no text gets into any of them."""

import gzip
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import html

from db.publish import shelf
from db.publish.snapshot import publish
from db.site.prerender.addresses import file_of, page_of
from db.site.prerender.writing import write_static_site
from db.site.serve import SiteError
from revierspiegel.main import cli
from tests.browsing import check_page, in_chromium, walker
from tests.test_exports import make_archive

ADDRESS = "https://archive.example/revier/"
# The first seven words of the body are the extract.
TEXT = "Eins zwei drei vier fünf sechs sieben, dann Zündelwort acht neun zehn elf zwölf dreizehn vierzehn."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """With a site in `web/revier`, which the command has written twice."""
    home = tmp_path_factory.mktemp("home")
    archive = make_archive(home / "archive.db", 4, text=TEXT, access="free")
    publish(archive, home, extract_words=7, keep=3)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REVIERSPIEGEL_HOME", str(home))
        environment.setenv("REVIERSPIEGEL_CONTACT", "archiv@uni.example")
        words = ["snapshots", "static", "--out", str(home / "web" / "revier"), "--address", ADDRESS.rstrip("/")]
        for _ in range(2):
            done = CliRunner().invoke(cli, words, catch_exceptions=False)
            assert done.exit_code == 0, done.output
        yield home


@pytest.fixture(scope="module")
def folder(home: Path) -> Path:
    return home / "web" / "revier"


@pytest.mark.parametrize(
    ("link", "page", "file"),
    [
        ("/", "/", "index.html"),
        ("/article/12?q=Strom#hit-1", None, None),
        ("/article/12#links", "/article/12", "article/12.html"),
        ("/search?month=2026-09", "/articles/2026-09", "articles/2026-09.html"),
        ("/search?source=bote", "/articles/bote", "articles/bote.html"),
        ("/search?q=Strom", None, None),
        ("/figures?kind=jobs#sentences", "/figures?kind=jobs", "figures/kind-jobs.html"),
        ("/figures?kind=jobs&value=3", None, None),
        ("/downloads", "/downloads", "downloads.html"),
        ("/archive", None, None),
        ("https://blatt.example/", None, None),
        ("//blatt.example/about", None, None),
    ],
)
def test_links_lead_to_pages_and_pages_to_files(link: str, page: str | None, file: str | None) -> None:
    assert page_of(link) == page
    assert file is None or (page and file_of(page) == file)


def test_two_pages_have_two_files() -> None:
    pages = [f"/places?place={name}" for name in ("K%C3%B6ln", "K%C3%A4ln", "k-ln", "K%2Fln", "..", "%2e%2e%2f")]
    files = [file_of(page) for page in pages]
    assert len({*files, *(name.lower() for name in files)}) == len(pages)
    assert not any(".." in name for name in files)


def test_every_link_leads_to_a_file(folder: Path) -> None:
    pages = sorted(folder.rglob("*.html"))
    assert {folder / language / "article" / "4.html" for language in ("de", "en")} < set(pages)
    for page in pages:
        for target in html.document_fromstring(page.read_text("utf-8")).xpath("//@href | //@src | //@action"):
            if not target.startswith(("https://", "http://", "mailto:", "#")):
                assert (page.parent / target.partition("#")[0]).resolve().is_file(), f"{page}: {target}"
    assert "localhost" not in "".join(page.read_text("utf-8") for page in pages)
    assert f"<loc>{ADDRESS}de/article/4.html</loc>" in (folder / "sitemap.xml").read_text("utf-8")


def test_no_file_has_a_word_of_a_text(folder: Path) -> None:
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        content += gzip.decompress(content) if content.startswith(b"\x1f\x8b") else b""
        assert b"ndelwort" not in content, path


def test_other_folders_are_left_alone(home: Path, folder: Path) -> None:
    (home / "mine").mkdir()
    (home / "mine" / "letter.txt").write_text("Dear reader", "utf-8")
    for out, address, reason in (
        (home / "mine", ADDRESS, "is not empty"),
        (folder, "archive.example", "is no address"),
    ):
        done = CliRunner().invoke(cli, ["snapshots", "static", "--out", str(out), "--address", address])
        assert done.exit_code and reason in f"{done.output}{done.exception}"
    assert (home / "mine" / "letter.txt").exists() and (folder / "index.html").exists()


def test_what_is_taken_down_meanwhile_is_not_written(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "public", tmp_path / "public")
    (snapshot,) = shelf.snapshots(tmp_path)

    lines, again = list[str](), list[str]()
    before = write_static_site(tmp_path, tmp_path / "before", ADDRESS, lines.append)

    def remove_at_the_end(line: str) -> None:
        again.append(line)
        if len(again) == len(lines):
            snapshot.unlink()

    with pytest.raises(SiteError, match="withdrawn meanwhile"):
        write_static_site(tmp_path, tmp_path / "site", ADDRESS, remove_at_the_end)
    assert {path.name for path in tmp_path.iterdir()} == {"public", before.folder.name}


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@in_chromium
def test_a_reader_searches_and_reads(folder: Path) -> None:
    (folder.parent / "favicon.ico").touch()  # browsers ask for it at the root of the host
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site = f"http://127.0.0.1:{server.server_port}/"
    page, noise = walker(site, locale="de-DE")
    try:
        page.goto(f"{site}revier/")
        page.wait_for_url("**/revier/*/index.html")
        page.goto(f"{site}revier/de/index.html")
        page.get_by_role("searchbox").first.fill("Rechenzentrum")
        page.keyboard.press("Enter")
        found = page.locator("#results li")
        found.first.wait_for()
        assert found.count() == 4 and found.locator("mark").first.inner_text() == "Rechenzentrum"
        check_page(page, page.url)
        page.locator("#results a", has_text="Nummer 1").click()
        assert page.get_by_role("heading", level=1).inner_text() == "Rechenzentrum Nummer 1"
        assert "Eins zwei drei vier fünf sechs sieben" in page.locator(".article-text").inner_text()
        page.get_by_role("link", name="English").click()
        assert page.url.endswith("/revier/en/article/1.html")
        page.goto(f"{site}revier/de/search.html?q=Umspannwerk")
        page.get_by_text("Nichts gefunden").wait_for()
        assert noise == []
    finally:
        page.close()
        server.shutdown()
        server.server_close()
