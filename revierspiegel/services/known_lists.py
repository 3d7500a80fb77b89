"""Which of the addresses that somebody knows the archive has."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from crawler.discovery.address_lists import Entry, read
from crawler.registry.owners import Owners
from crawler.registry.sources import load_registry
from db.home import archive_path, home
from db.operations.recall import KnownAddress, Recall, keep, recall_of
from db.store.archive import Archive
from db.store.rows import now
from pipelines.identity import normal


def recall(path: Path, tell: Callable[[str], object]) -> Recall:
    """How many of them are articles of the archive; kept in the home for the site. `tell`: of each line that holds no
    address. Raises Problem."""
    entries = read(path)
    for entry in entries:
        if entry.problem:
            tell(f"{path.name}: line {entry.line}: {entry.problem}; left out")
    known = recall_of(list(_looked_up(entries)), now())
    if archive_path().is_file():
        keep(known, home())
    return known


def _looked_up(entries: Iterable[Entry]) -> Iterator[KnownAddress]:
    owners = Owners(load_registry().sources)
    archive = Archive(archive_path(), read_only=True) if archive_path().is_file() else None
    try:
        for url, day in ((entry.url, entry.date) for entry in entries if entry.url):
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
