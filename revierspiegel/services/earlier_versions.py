"""The earlier versions of articles by the rules of today, so that their changes are the outlets' and not our rules'."""

from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path

from db.store.archive import Archive
from pipelines.article import Hints, as_far_as_read
from pipelines.stages import read_alone
from pipelines.storing import histories
from pipelines.storing.looks import says
from pipelines.storing.reading_rules import reading_rules
from pipelines.storing.rows import kept_page
from pipelines.worker import Lost


def read_again(archive: Archive, folder: Path, hints: Mapping[str, Hints], reserved: str, executor: Executor) -> int:
    """Of articles with several; what other rules have read and is kept no more stays as it is. How many were read."""
    number = 0
    for article in archive.versions.read_by_others(reading_rules()):
        row = archive.articles.get(article) or {}
        with archive.atomic():
            for version in archive.versions.of(article):
                page = kept_page(archive, folder, version["page"], hints.get(row["source"], Hints()))
                if page is None or version["rules"] == reading_rules():
                    continue
                try:
                    result = as_far_as_read(executor.submit(read_alone, page).result())
                except Lost:
                    continue
                if result and result.text:
                    histories.revise(archive, version, says(result, reserved))
                    number += 1
            histories.compare_again(archive, article)
    return number
