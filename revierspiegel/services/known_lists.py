"""Which of the addresses that somebody knows the archive has."""

import csv
from dataclasses import dataclass
from pathlib import Path

from crawler.registry.owners import source_of
from crawler.registry.sources import load_registry
from db.home import archive_path
from db.operations.coverage import wilson
from db.problem import Problem
from db.store.archive import Archive
from pipelines.identity import key, normal


@dataclass(frozen=True, slots=True)
class Recall:
    given: int
    found: int
    recall: float | None
    low: float | None
    high: float | None


def addresses(path: Path) -> list[str]:
    """Of a list in the registry's format (address,outlet,date), or with an address a line. Raises Problem."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"{path.name}: not read ({error}), expected text in UTF-8 with an address a line") from error
    rows = [(number, line.strip()) for number, line in enumerate(lines, 1)]
    if lines and lines[0].split(",")[0] == "address":
        rows = [(number, row[0].strip()) for number, row in enumerate(csv.reader(lines), 1) if row][1:]
    for number, url in rows:
        if url and not url.startswith(("http://", "https://")):
            raise Problem(f"{path.name}: line {number}: {url[:80]}, expected an address that begins with https://")
    return list(dict.fromkeys(url for _, url in rows if url))


def recall(path: Path) -> Recall:
    """How many of them are articles of the archive, with Wilson's interval of 95 %. Raises Problem."""
    urls = addresses(path)
    found = sum(_held(urls)) if archive_path().is_file() else 0
    share = wilson(found, len(urls))
    return Recall(len(urls), found, *((share.estimate, share.low, share.high) if share else (None, None, None)))


def as_line(recalled: Recall) -> str:
    if recalled.recall is None or recalled.low is None or recalled.high is None:
        return "known      no addresses given"
    share = f"{recalled.recall:.0%} ({recalled.low:.0%} to {recalled.high:.0%})"
    return f"known      {recalled.found} of {recalled.given} addresses are here: {share}"


def _held(urls: list[str]) -> list[bool]:
    registry = load_registry()
    with Archive(archive_path(), read_only=True) as archive:
        held = []
        for url in urls:
            source = source_of(url, registry.sources)
            keys = [normal(url), *([key(url, source.id, source.hints())] if source else [])]
            held.append(archive.look_up(keys, url)["article"] is not None)
    return held
