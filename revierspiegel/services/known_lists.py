"""Which of the addresses that somebody knows the archive has."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from crawler.registry.owners import Owners
from crawler.registry.sources import load_registry
from db.home import archive_path, home
from db.operations.recall import KnownAddress, Recall, keep, recall_of
from db.problem import Problem
from db.store.archive import Archive
from db.store.rows import now
from pipelines.identity import normal


def addresses(path: Path) -> dict[str, str]:
    """Address → day, '' where the list does not say it. Of a list in the registry's format (address,outlet,date), or
    with an address a line. Raises Problem.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"{path.name}: not read ({error}), expected text in UTF-8 with an address a line") from error
    rows = [(number, line.strip(), "") for number, line in enumerate(lines, 1)]
    if lines and lines[0].split(",")[0] == "address":
        table = [(number, row) for number, row in enumerate(csv.reader(lines), 1) if row][1:]
        rows = [(number, row[0].strip(), row[2].strip() if len(row) > 2 else "") for number, row in table]
    for number, url, _ in rows:
        if url and not url.startswith(("http://", "https://")):
            raise Problem(f"{path.name}: line {number}: {url[:80]}, expected an address that begins with https://")
    return {url: day for _, url, day in reversed(rows) if url}


def recall(path: Path) -> Recall:
    """How many of them are articles of the archive; kept in the home for the site. Raises Problem."""
    known = recall_of(list(_looked_up(addresses(path))), now())
    if archive_path().is_file():
        keep(known, home())
    return known


def _looked_up(known: Mapping[str, str]) -> Iterator[KnownAddress]:
    owners = Owners(load_registry().sources)
    archive = Archive(archive_path(), read_only=True) if archive_path().is_file() else None
    try:
        for url, day in known.items():
            source = owners.of(url)
            article = None
            if archive:
                keys = {normal(url), owners.target(url).key}
                article = archive.look_up(list(keys), url)["article"]
            kind = str(source.kind) if source else None
            day_of = day or (article["day"] if article else None)
            yield KnownAddress(url=url, day=day_of, kind=kind, held=article is not None)
    finally:
        if archive:
            archive.close()
