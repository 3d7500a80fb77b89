"""How many pages of found hosts a night has room for: little of each, and little of all."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from db.store.archive import Archive
from db.store.finders.hosts import FoundHostRow, HostState
from db.store.rows import now


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLimits:
    """Pages a night."""

    new: int
    seen: int
    all: int

    def of(self, state: str) -> int:
        return self.seen if state == HostState.SEEN else self.new


def rooms(
    archive: Archive, rows: Iterable[FoundHostRow], limits: PageLimits, night: str, only: Collection[str] = ()
) -> dict[str, int]:
    """Source → pages that may be asked for tonight; only those with something to ask for. Those seen come first.

    `only`: sources that are named; all where it is empty.
    """
    hosts = [row for row in rows if row["state"] in (HostState.NEW, HostState.SEEN)]
    spent = archive.runs.fetched_on(night)
    left = limits.all - sum(spent.get(row["source"]) or 0 for row in hosts)
    wanted = archive.frontier.waiting_counts()
    for source, due in archive.revisits.due_counts(night).items():
        wanted[source] = wanted.get(source, 0) + due
    given: dict[str, int] = {}
    for row in sorted(hosts, key=lambda row: (row["state"] == HostState.NEW, row["first_found"], row["host"])):
        source = row["source"]
        pages = min(limits.of(row["state"]) - (spent.get(source) or 0), wanted.get(source, 0), left)
        if pages > 0 and (row["waits_until"] or "") <= now() and (not only or source in only):
            given[source] = pages
            left -= pages
    return given
