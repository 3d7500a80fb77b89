"""Hosts that finders have led to, as sources of a run: one a host, without feeds, under a name that stays."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import tomlkit

from crawler.registry.sources import Denied, Kind, Source
from db.store.finders.hosts import FoundHostRow, HostState

UNKNOWN = "unknown"  # region of a found host


def source_id(host: str, taken: Collection[str]) -> str:
    """erft.example → erft-example, that of no other source."""
    name = re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-")
    return next(each for each in (name, *(f"{name}-{n}" for n in range(2, len(taken) + 3))) if each not in taken)


def with_found(registry: Mapping[str, Source], rows: Iterable[FoundHostRow]) -> dict[str, Source]:
    """The registry with a source for each found host; a subdomain of a source's is one of its own hosts."""
    sources = dict(registry)
    taken = {host for source in registry.values() for host in source.own_hosts}
    for row in rows:
        if row["state"] == HostState.DENIED or row["host"] in taken:
            continue
        owner = sources.get(row["source"])
        sources[row["source"]] = replace(owner, hosts=(*owner.hosts, row["host"])) if owner else found_source(row)
    return sources


def found_source(row: FoundHostRow) -> Source:
    return Source(
        id=row["source"],
        name=row["name"] or row["host"],
        homepage=f"https://{row['host']}/",
        kind=Kind.OTHER,
        lang=row["lang"] or "de",
        region=UNKNOWN,
        hosts=(row["host"],),
    )


def denied_hosts(rows: Iterable[FoundHostRow]) -> tuple[Denied, ...]:
    """As the registry's own are."""
    return tuple(Denied(host=row["host"], why=row["why"] or "") for row in rows if row["state"] == HostState.DENIED)


def entry(source: Source) -> str:
    """A found host as an entry of the registry's file."""
    table = tomlkit.table()
    table.update({"id": source.id, "name": source.name, "homepage": source.homepage, "kind": source.kind.value})
    table.update({"lang": source.lang, "region": source.region})
    return f"\n[[source]]\n{table.as_string()}"
