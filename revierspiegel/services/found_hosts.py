"""A person's word on hosts that finders have led to."""

from collections.abc import Iterator
from contextlib import contextmanager

from crawler.registry.editing import registry_file
from crawler.registry.editing import write as write_registry
from crawler.registry.found import entry, found_source, source_id
from crawler.registry.owners import source_of
from crawler.registry.sources import load
from db.home import archive_path, make_home
from db.lock import lock_crawl
from db.problem import Problem
from db.store.archive import Archive
from db.store.finders.hosts import FoundHostRow, HostState, proposed
from db.store.rows import now
from pipelines.identity import bare_host


@contextmanager
def opened() -> Iterator[Archive]:
    make_home()
    with lock_crawl(), Archive(archive_path()) as archive:
        yield archive


def name_of(host: str) -> str:
    """As the table has it; an address will do."""
    name = bare_host(host if "://" in host else f"//{host}")
    if "." not in name:
        raise Problem(f"{host}: expected a host such as erft-anzeiger.de")
    return name


def promote(host: str, why: str | None) -> str:
    """Returns what was done."""
    name = name_of(host)
    with opened() as archive:
        row = archive.found_hosts.get(name)
        if row is None:
            raise Problem(
                f"{name}: no finder has led to this host; write an entry of the registry, see docs/sources.md"
            )
        owner = source_of(f"https://{name}/", load())
        if owner is None:
            file = registry_file()
            write_registry(file, file.read_text("utf-8").rstrip("\n") + "\n" + entry(found_source(row)))
        archive.found_hosts.put(row | {"state": HostState.PROMOTED, "why": why, "waits_until": None, "proposal": None})
    warning = f"; it was proposed as {proposed(row)}" if row["proposal"] else ""
    if owner:
        return f"{name}: {owner.id} of the registry has it{warning}"
    check = f"'sources check --source {row['source']}' looks for its feeds"
    return f"{name}: {row['source']} in {file}{warning}; {check}"


def deny(host: str, why: str) -> str:
    """Returns what was done. What waits of it leaves the queue; kept articles stay."""
    name = name_of(host)
    registry = load()
    if owner := source_of(f"https://{name}/", registry):
        raise Problem(f"{name}: {owner.id} of the registry has it; pause it there, or take it out")
    with opened() as archive:
        row = archive.found_hosts.get(name)
        taken = {*(source.id for source in registry), *(each["source"] for each in archive.found_hosts.every())}
        new = FoundHostRow(
            host=name,
            source=source_id(name, taken),
            state=HostState.DENIED,
            finder=None,
            first_found=now(),
            why=why,
            name=None,
            lang=None,
            waits_until=None,
            proposal=None,
        )
        archive.found_hosts.put((row | {"state": HostState.DENIED, "why": why, "proposal": None}) if row else new)
    return f"{name}: no finder's word leads there any more"
