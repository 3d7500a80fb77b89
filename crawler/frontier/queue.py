"""The queue of a run: what is found waits here for its turn, refused where it is somebody else's."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from crawler.discovery.leads import Lead, as_of
from crawler.frontier.visit import Visit
from crawler.registry.owners import Owners
from crawler.registry.sources import Source
from db.days import in_utc, moment, today
from db.outcomes import Code, Outcome
from db.store.archive import Archive
from db.store.finders.findings import VIA
from db.store.rows import Row, now
from pipelines.article import Hints, Reason
from pipelines.identity import bare_host, key, normal
from pipelines.relevance.profile import Profile, mentions


def carries_term(profile: Profile, lead: Lead) -> bool:
    """Whether a lead carries a term of the profile: such leads come first."""
    return mentions(profile, lead.title, lead.summary, lead.url)


def changes_of(known_keys: Mapping[str, int | None], leads: Mapping[str, Lead]) -> Iterator[tuple[int, str]]:
    """Kept articles of which a document says when they were changed: in UTC, or as a bare day."""
    now = moment().isoformat()
    for name, article in known_keys.items():
        if article and (modified := leads[name].modified):
            modified = modified if len(modified) == 10 else in_utc(modified) or ""
            if modified <= now:
                yield article, modified


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    archive: Archive
    profile: Profile
    registry: Mapping[str, Source]
    hints: Mapping[str, Hints]
    run: int
    length: int  # addresses a source that may wait
    pages: int  # of a source and night
    owners: Owners = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "owners", Owners(self.registry.values()))

    def take(
        self, visit: Visit, leads: Iterable[Lead], found_via: str, *, on_terms: bool = False, archive: bool = False
    ) -> list[Row]:
        """New leads as rows for the queue; an address on somebody else's host is refused at once.

        `archive`: of a sitemap, where what has no date is not fresh.
        """
        source, hints = visit.source.id, self.hints[visit.source.id]
        by_key: dict[str, Lead] = {}
        for lead in reversed(list(leads)):
            host = bare_host(lead.url)
            own = host in hints.hosts
            if own and self.owners.shares(host) and self.is_anothers(lead.url, source):
                continue  # two editions on one host: each takes its own, and nothing is asked for twice
            name = key(lead.url, source, hints)
            by_key[name if own else f"{source}>{name}"] = lead  # what is foreign to one may be another's own
        known_keys = self.archive.frontier.known(by_key)
        self.archive.articles.add_aliases(
            (by_key[name].url, article)
            for name, article in known_keys.items()
            if article and name != normal(by_key[name].url, hints.query_ids)
        )
        self.archive.revisits.hurry(today(), changes_of(known_keys, by_key))
        rows = []
        for name, lead in by_key.items():
            if name in known_keys:
                continue
            row = {
                "key": name,
                "source": source,
                "url": lead.url,
                "title": lead.title,
                "date": lead.published,
                "found_via": found_via,
                "found_at": now(),
                "as_of": as_of(lead.published, moment(), archive=archive),
                "on_terms": int(on_terms or carries_term(self.profile, lead)),
            }
            if bare_host(lead.url) in hints.hosts:
                rows.append(row)
            else:
                self.refuse(visit, row, Reason.FOREIGN, Code.LEADS_TO.of(host=bare_host(lead.url)), asked=False)
        visit.night.new += len(rows)
        return rows

    def is_anothers(self, url: str, source: str) -> bool:
        owner = self.owners.of(url)
        return owner is not None and owner.id != source

    def choose(self, visit: Visit) -> deque[Row]:
        """Tonight's next pages. What robots.txt disallows was not asked for, and makes room for others."""
        source = visit.source.id
        if visit.leads is None:
            dropped = self.archive.frontier.drop_overflow(source, self.length, self.run)
            if dropped:
                visit.night.refuse(Reason.BUDGET, dropped, asked=False)
        room = min(self.pages, visit.room) - visit.pages_asked - len(visit.looks or ())
        most = room + len(visit.chosen_keys) if visit.only is None else -1
        rows = self.archive.frontier.waiting(source, most) if room > 0 else []
        wanted = [row for row in rows if visit.only is None or row["key"] in visit.only]
        chosen = [row for row in wanted if row["key"] not in visit.chosen_keys][: max(room, 0)]
        visit.chosen_keys.update(row["key"] for row in chosen)
        return deque(chosen)

    def refuse(self, visit: Visit, lead: Row, reason: Reason, outcome: Outcome, *, asked: bool) -> None:
        self.archive.refusals.refuse(lead | {"published": lead["date"]}, reason, outcome, self.run)
        visit.night.refuse(reason, asked=asked)

    def hand_over(self, visits: Mapping[str, Visit], lead: Row, url: str) -> None:
        """What a finder has named, and what leads on to a source of the registry, is that source's."""
        owner = self.owners.of(url)
        of_finder = (lead["found_via"] or "").startswith(f"{VIA} ")
        if of_finder and owner and owner.id != lead["source"] and owner.id in visits:
            found = Lead(url=url, title=lead["title"])
            self.archive.frontier.queue(self.take(visits[owner.id], [found], lead["found_via"], on_terms=True))
