"""The pages of what has been published, and how a state and a search are cited."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from db.days import today
from db.publish.package import DESCRIPTOR, packages_of, withdraw
from db.publish.snapshot import publish
from db.site.public.serving import make_public_site
from db.site.serve import close_site
from tests.browsing import check_page, in_chromium, visiting
from tests.conftest import Pick
from tests.test_article_page import Reader, facts, reading, said
from tests.test_derived import filled_archive


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = filled_archive(tmp_path_factory.mktemp("home") / "archive.db")
    with closing(Database(path)) as db:
        db.table("runs").insert({"id": 9, "ended": "2025-06-30T03:00:00+00:00", "rules_version": "12", "kind": "crawl"})
    return path


@pytest.fixture(scope="module")
def snapshots(archive: Path) -> list[Path]:
    """The first is kept no more."""
    first, second = (publish(archive, archive.parent, extract_words=7, keep=9).path for _ in range(2))
    first.unlink()
    return [first, second]


@pytest.fixture(scope="module")
def public(snapshots: list[Path]) -> Iterator[Reader]:
    site = make_public_site(snapshots[1].parents[1])
    with asyncio.Runner() as runner:
        yield Reader(site, runner)
    close_site(site)


def test_each_snapshot_has_a_page_for_good(public: Reader, snapshots: list[Path]) -> None:
    first, second = (path.stem for path in snapshots)
    assert public.get("/downloads").headers["location"] == "/snapshots"
    links = public.page("/snapshots").xpath("//main//table//th/a/@href")
    assert links == [f"/snapshots/{second}", f"/snapshots/{first}"]
    page = public.page(f"/snapshots/{second}")
    assert facts(page)["Articles"] == "31" and facts(page)["Rules"] == "12"
    cited = said(page.find_class("citation")[0])
    assert f"snapshot {second}, rules 12. http://localhost/snapshots/{second}" in cited
    described = json.loads(page.xpath("//script[@type='application/ld+json']")[0].text)
    assert (described["@type"], described["identifier"]) == ("Dataset", second)
    assert [each["contentUrl"] for each in described["distribution"]] == [f"http://localhost/snapshots/{second}.db"]
    file = public.get(f"/snapshots/{second}.db")
    assert hashlib.sha256(file.content).digest() == hashlib.sha256(snapshots[1].read_bytes()).digest()
    gone = public.page(f"/snapshots/{first}")
    assert "The file is kept no more" in said(gone) and public.get(f"/snapshots/{first}.db").status_code == 404
    assert public.get("/snapshots/revierspiegel-1999-01-01").status_code == 404


def test_a_package_is_one_click_away(public: Reader, snapshots: list[Path]) -> None:
    """Of the first of the month."""
    files = public.page(f"/snapshots/{snapshots[0].stem}").xpath("//section[@aria-labelledby='package']//th/a/@href")
    month = snapshots[0].stem.removeprefix("revierspiegel-")[:7]
    assert files[0] == f"/snapshots/{month}/{DESCRIPTOR}" and f"/snapshots/{month}/articles.csv" in files
    assert f"/snapshots/{month}/revierspiegel-{month}.zip" in files
    package = public.get(files[0])
    assert package.headers["content-type"].startswith("application/json")
    assert package.json()["name"] == snapshots[0].stem
    assert package.headers["etag"] and package.headers["tdm-reservation"] == "0"
    assert public.get("/about").headers["tdm-reservation"] == "1"
    for path in (f"/snapshots/{month}/nothing.csv", "/snapshots/1999-01/articles.csv"):
        assert public.get(path).status_code == 404


def test_a_package_that_was_withdrawn_says_so(archive: Path, tmp_path: Path) -> None:
    home = shutil.copytree(archive.parent, tmp_path / "home")
    shown = publish(home / "archive.db", home, extract_words=7, keep=9).path
    withdraw(packages_of(shown.parent) / shown.stem.removeprefix("revierspiegel-")[:7], "Withdrawn: somebody asked.")
    with reading(shown) as reader:
        assert "Withdrawn: somebody asked." in said(reader.page(f"/snapshots/{shown.stem}"))


def test_the_about_page_says_what_the_whole_is(public: Reader, archive: Path, snapshots: list[Path]) -> None:
    blocks = public.page("/about").xpath("//script[@type='application/ld+json']")
    assert [json.loads(block.text)["identifier"] for block in blocks] == [snapshots[1].stem]
    with reading(archive) as private:
        assert not private.page("/about").xpath("//script[@type='application/ld+json']")


def test_a_search_is_cited_with_query_day_and_state(public: Reader, archive: Path, snapshots: list[Path]) -> None:
    cited = said(public.page("/search?q=Nummer7").find_class("citation")[0])
    assert cited == (
        f"Revierspiegel, search for “Nummer7”, one article, in the snapshot {snapshots[1].stem} (rules 12), asked on"
        f" {today()}. http://localhost/search?q=Nummer7"
    )
    with reading(archive) as private:
        cited = said(private.page("/search?q=Bergheim", "de").find_class("citation")[0])
    assert cited == (
        "Revierspiegel, Suche nach „Bergheim“, 24 Artikel, im Archiv nach dem Lauf vom 2025-06-30 (Regeln 12), gefragt"
        f" am {today()}."
    )


@in_chromium
def test_pages_fit_and_keep_nobody_out(snapshots: list[Path], pick: Pick) -> None:
    with visiting(snapshots[1]) as (page, address):
        for path in pick("snapshots", f"snapshots/{snapshots[0].stem}"):
            check_page(page, address + path)
