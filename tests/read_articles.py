"""Archives of articles whose figures, quotations and places have been read, and what their pages have in common."""

from collections.abc import Mapping
from pathlib import Path

import sqlite_utils

from db.store.archive import Archive
from pipelines.storing.facts import enrich_facts
from pipelines.storing.proposals import enrich_names
from tests.browsing import check_page, visiting
from tests.test_exports import make_archive

ArticleColumns = tuple[str, str, str, str]  # source, its kind, day, text


def archive_of(folder: Path, articles: Mapping[int, ArticleColumns]) -> Path:
    path = make_archive(folder / "archive.db", len(articles))
    database = sqlite_utils.Database(path)
    for number, (source, kind, day, text) in articles.items():
        columns = {"source": source, "kind": kind, "day": day, "text": text, "lang": "de", "published": day}
        database.table("articles").update(number, columns)
    database.close()
    with Archive(path) as opened:
        enrich_facts(opened.facts)
        enrich_names(opened.proposals)
    return path


def check_in_a_browser(archive: Path, paths: tuple[str, ...], link: str, anchor: str) -> None:
    """The pages fit and keep nobody out; by keyboard alone the first `link` of the picture leads to `anchor`."""
    with visiting(archive) as (page, address):
        for path in paths:
            check_page(page, address + path)
        page.locator(link).first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**#{anchor}")
