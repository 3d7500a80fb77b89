"""A web archive of what a crawl was answered fills an archive as the crawl did, row by row."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import Desk
from tests.web.box import box_of
from tests.web.press import records_of_ours, registry_of_ours
from tests.web.records import write_warc

# What differs: who led to an address; moments; numbers, for a crawl asks many hosts at once; where a page lies.
OF_THE_LISTS = {"found_via", "found_at", "first_seen"}
MOMENTS = {"fetched_at", "last_checked", "seen_at", "last_seen", "due", "checked_at", "full_at", "at"}
NUMBERS = {"id", "run", "page", "version", "part_of"}
PLACES = {"file", "offset", "length", "lead"}
BUT = OF_THE_LISTS | MOMENTS | NUMBERS | PLACES
OF_THE_SERVER = {"etag", "modified"}  # what the next request may say
OF_UNREAD_PAGES = {"title", "published"}  # as the lists said them
TABLES = {
    "articles": BUT | {"rights"},  # a crawl asks the site itself
    **dict.fromkeys(("versions", "article_keys", "aliases", "pages", "links"), BUT),
    **dict.fromkeys(("figures", "quotes", "entities", "prints", "copies", "changes"), BUT),
    "refusals": BUT | OF_UNREAD_PAGES,
    "revisits": BUT | OF_THE_SERVER,
}


def comparable(desk: Desk, table: str, but: set[str]) -> list[str]:
    """The rows of a table without some columns; articles by their addresses instead of their numbers."""
    urls = {row["id"]: row["url"] for row in desk.rows("select id, url from articles")}
    rows = ({name: row[name] for name in row.keys() - but} for row in desk.rows(f"select * from {table}"))
    named = (row | ({"article": urls[row["article"]]} if row.get("article") else {}) for row in rows)
    return sorted(json.dumps(row, sort_keys=True, ensure_ascii=False, default=str) for row in named)


def test_a_file_fills_the_archive_as_a_crawl_does(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.registry(registry_of_ours())
    with box_of(desk.folder, records_of_ours()) as box:
        done = desk.crawl(seconds=240, finishing=True)
        assert done.returncode == 0, done.stderr
        answered = {(each.host, each.path) for each in box.log if each.status == 200}
    records = [each for each in records_of_ours() if (urlsplit(each.url).hostname, each.path) in answered]
    second = Desk(desk.folder, tmp_path / "second")
    monkeypatch.setenv("REVIERSPIEGEL_HOME", str(second.home))
    second.begin()
    done = second.run("backfill", str(write_warc(tmp_path / "a.warc.gz", records)))
    assert done.returncode == 0, done.stderr

    assert len(second.rows("select * from articles")) > 10 and len(second.rows("select * from refusals")) > 20
    for table, but in TABLES.items():
        assert comparable(desk, table, but) == comparable(second, table, but), table
