"""Table `found_hosts`: hosts that the registry does not know, and at which a finder has named an address."""

import json
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import TypedDict

from db import outcomes
from db.days import moment
from db.outcomes import Code
from db.store.rows import Family, as_json, now

REFUSALS = 5  # of a host with no article, after which it waits
WAITS = timedelta(days=90)
SEEN = 2  # kept articles, none of them a copy
ONLY_COPIES = 3  # kept articles, each of them another's text without a credit


class HostState(StrEnum):
    NEW = "new"
    SEEN = "seen"
    PROMOTED = "promoted"  # a source of the registry has it
    DENIED = "denied"


class FoundHostRow(TypedDict):
    host: str
    source: str  # its id for ever, also where an entry of the registry takes it over
    state: str
    finder: str | None
    first_found: str
    why: str | None
    name: str | None  # of the outlet, as the finder has it
    lang: str | None
    waits_until: str | None  # it gave refusals only, and is left alone until then
    proposal: str | None  # what a person may want to do about it, as JSON


# Sources of hosts that finders have led to and that the registry does not have.
OUTSIDE = "select source from found_hosts group by source having sum(state = 'promoted') = 0"

# What a page was refused for counts since the host last waited; what had no room in the queue was not asked.
_IN_VAIN = (
    "update found_hosts set waits_until = :until where state in ('new', 'seen') and coalesce(waits_until, '') <= :now"
    " and not exists (select 1 from articles where articles.source = found_hosts.source)"
    " and :most <= (select count(*) from refusals where refusals.source = found_hosts.source"
    " and reason != 'budget' and at > coalesce(found_hosts.waits_until, ''))"
)
_COPY = "exists (select 1 from copies where copies.article = articles.id and role != 'original')"
_SEEN = (
    "update found_hosts set state = 'seen' where state = 'new'"
    " and :most <= (select count(*) from articles where articles.source = found_hosts.source)"
    f" and not exists (select 1 from articles where articles.source = found_hosts.source and {_COPY})"
)
_CREDITED = "coalesce(copies.credit, '[]') not in ('', '[]')"
_A_COPY = f"(copies.role = 'mirror' or copies.role = 'shortened') and not ({_CREDITED})"
_ONLY_COPIES = (
    "select host, found_hosts.proposal, count(*) as number,"
    " (select json_group_array(distinct source) from articles as copied where copied.id in"
    " (select matched from copies join articles on articles.id = copies.article"
    " where articles.source = found_hosts.source)) as sources"
    " from found_hosts join articles on articles.source = found_hosts.source"
    " left join copies on copies.article = articles.id where state in ('new', 'seen')"
    f" group by host having count(*) >= {ONLY_COPIES} and sum(coalesce({_A_COPY}, 0)) = count(*)"
)


def proposed(row: FoundHostRow) -> str:
    """In English words; '' where nothing is."""
    return "; ".join(map(str, outcomes.from_json(row["proposal"])))


class FoundHostStore(Family):
    def every(self) -> list[FoundHostRow]:
        return list(self._query(FoundHostRow, "select * from found_hosts order by first_found, host"))

    def undecided(self) -> list[FoundHostRow]:
        return [row for row in self.every() if row["state"] in (HostState.NEW, HostState.SEEN)]

    def get(self, host: str) -> FoundHostRow | None:
        return next(self._query(FoundHostRow, "select * from found_hosts where host = ?", [host]), None)

    def put(self, row: FoundHostRow) -> None:
        with self.db.atomic():
            self.db.table("found_hosts").upsert(dict(row), pk="host")

    def call(self, source: str, name: str) -> None:
        """As a page of the outlet calls it, where a person has not."""
        with self.db.atomic():
            unnamed = "state in ('new', 'seen') and name is not ?"
            if self._write(f"update found_hosts set name = ? where source = ? and {unnamed}", [name, source, name]):
                self.db.execute("update sources set name = ? where id = ?", [name, source])

    def hand_over(self, hosts: Iterable[str]) -> None:
        """To the registry, which has them now."""
        sql = "update found_hosts set state = 'promoted' where state in ('new', 'seen') and host in"
        self._write(f"{sql} (select value from json_each(?))", [as_json(list(hosts))])

    def judge(self) -> None:
        """By what their pages have become so far: who is seen, and who waits."""
        with self.db.atomic():
            self._write(_SEEN, {"most": SEEN})
            self._propose()
            until = (moment() + WAITS).isoformat(timespec="seconds")
            self._write(_IN_VAIN, {"until": until, "now": now(), "most": REFUSALS})

    def _propose(self) -> None:
        """Hosts that only copy: a person may want to deny them."""
        proposals = {
            row["host"]: outcomes.as_json(
                Code.ONLY_COPIES.of(number=row["number"], sources=", ".join(json.loads(row["sources"])))
            )
            for row in self.db.query(_ONLY_COPIES)
        }
        for row in self.every():
            if row["proposal"] != proposals.get(row["host"]):
                self._write(
                    "update found_hosts set proposal = ? where host = ?", [proposals.get(row["host"]), row["host"]]
                )
