"""What finders name: every match is written down first; then it is denied, its owner's, or at a host of its own."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Self

from scrapy.settings import BaseSettings

from crawler.discovery.answers.answer import FoundLead
from crawler.discovery.leads import Lead, as_of
from crawler.policy.strangers import Denials, destination
from crawler.registry.finders import load_finders
from crawler.registry.found import denied_hosts, source_id
from crawler.registry.owners import Owners
from crawler.registry.sources import Registry, Source
from db.days import day_of, moment, today
from db.outcomes import Code, Outcome, as_json
from db.store.archive import Archive
from db.store.finders.findings import REGISTRY, VIA
from db.store.finders.hosts import FoundHostRow, HostState
from db.store.rows import Row, now
from pipelines.article import Hints
from pipelines.identity import bare_host, key
from pipelines.relevance.matching import matches
from pipelines.relevance.profile import Profile


def list_kept(archive: Archive) -> None:
    """Matches with the articles that they have become; and every article that the registry has brought."""
    with archive.atomic():
        archive.findings.connect()
        of_registry = {"finder": REGISTRY, "said_date": None, "outcome": None}
        archive.findings.write(
            row | of_registry | {"article": row["id"], "host": bare_host(row["url"])}
            for row in archive.findings.kept_without()
        )


def listed_matches(profile: Profile, hints: Hints, source: str, document: str, leads: Iterable[Lead]) -> list[Row]:
    """Rows of what a document of the registry names on hosts of its source, by the rule that holds for all finders."""
    facts = {"finder": REGISTRY, "query": document, "said_date": None, "article": None, "outcome": None, "at": now()}
    return [
        facts | {"key": key(lead.url, source, hints), "url": lead.url, "title": lead.title, "host": host}
        for lead in leads
        if (host := bare_host(lead.url)) in hints.hosts and matches(profile, lead.title, lead.summary, lead.url)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    hosts: int  # new ones tonight; as many again of domains that the registry has
    queue: int  # addresses of a source that may wait
    found_queue: int  # of a found host


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An address that a finder named and that passed the rule, and what becomes of it."""

    lead: FoundLead
    key: str
    host: str
    source: str | None
    article: int | None
    outcome: Outcome

    @property
    def is_queued(self) -> bool:
        return self.outcome.code is Code.MATCH_QUEUED


@dataclass(slots=True, kw_only=True)
class Intake:
    """Of one run; where it is dry, nothing is written."""

    archive: Archive
    registry: Mapping[str, Source]
    denials: Denials
    limits: Limits
    hosts: dict[str, FoundHostRow]  # that were found so far
    dry: bool = False
    owners: Owners = field(init=False)
    hints: dict[str, Hints] = field(init=False)
    waiting: dict[str, int] = field(init=False)  # source → addresses
    taken: set[str] = field(init=False)  # ids of sources
    room: dict[bool, int] = field(init=False)  # for new hosts, where the registry has their domain and where not
    queued: set[str] = field(default_factory=set)  # keys, of this run

    @classmethod
    def of(cls, archive: Archive, registry: Registry, settings: BaseSettings, *, dry: bool = False) -> Self:
        hosts = archive.found_hosts.every()
        return cls(
            archive=archive,
            registry={source.id: source for source in registry.sources},
            denials=Denials(load_finders().denied, (*registry.denied, *denied_hosts(hosts))),
            limits=Limits(
                hosts=settings.getint("FOUND_HOSTS"),
                queue=settings.getint("QUEUE_LENGTH"),
                found_queue=settings.getint("FOUND_QUEUE"),
            ),
            hosts={row["host"]: row for row in hosts},
            dry=dry,
        )

    def __post_init__(self) -> None:
        self.owners = Owners(self.registry.values())
        self.hints = {source.id: source.hints() for source in self.registry.values()}
        self.waiting = self.archive.frontier.waiting_counts()
        self.taken = {*self.registry, *(row["source"] for row in self.hosts.values())}
        tonight = [row for row in self.hosts.values() if row["finder"] and day_of(row["first_found"]) == today()]
        known = Counter(row["source"] in self.registry for row in tonight)
        self.room = {each: self.limits.hosts - known[each] for each in (True, False)}

    def take(self, finder: str, query: str, leads: Iterable[FoundLead]) -> list[Match]:
        """In one transaction with what the caller writes of the answer."""
        by_key: dict[str, tuple[FoundLead, str, Source | None, Outcome | None]] = {}
        for lead in leads:
            place = destination(lead.url, self.denials, self.owners)
            owner = place.source
            name = self.key_of(lead.url, owner)
            by_key.setdefault(name, (lead, place.host, owner, place.refused))
        known = self.archive.frontier.known(by_key)
        found = []
        for name, (lead, host, owner, refused) in by_key.items():
            source: str | None = owner.id if owner else None
            outcome = refused or self.known(name, known) or (self.paused(owner) if owner else None)
            if outcome is None:
                source, outcome = self.queue(finder, lead, host, owner)
            match = Match(lead=lead, key=name, host=host, source=source, article=known.get(name), outcome=outcome)
            if match.is_queued:
                self.queued.add(name)
            found.append(match)
        if not self.dry:
            self.write(finder, query, found)
        return found

    def note_captures(self, archive: str, leads: Iterable[FoundLead], found: Iterable[Match]) -> None:
        """Copies that a web archive has of addresses that are known; `found`: what `take` made of the leads."""
        keys = {match.lead.url: match.key for match in found}
        by_key = {
            keys.get(lead.url) or self.key_of(lead.url, self.owners.of(lead.url)): lead
            for lead in leads
            if lead.capture
        }
        known = self.archive.frontier.known(by_key)
        if not self.dry:
            self.archive.captures.write(
                asdict(lead.capture) | {"key": name, "archive": archive, "url": lead.url}
                for name, lead in by_key.items()
                if lead.capture and name in known
            )

    def key_of(self, url: str, owner: Source | None) -> str:
        return key(url, owner.id, self.hints[owner.id]) if owner else key(url, "", Hints())

    def known(self, name: str, known: Mapping[str, int | None]) -> Outcome | None:
        if article := known.get(name):
            return Code.MATCH_KEPT.of(article=article)
        return Code.MATCH_KNOWN.of() if name in known or name in self.queued else None

    def paused(self, owner: Source) -> Outcome | None:
        return Code.MATCH_PAUSED.of(source=owner.id, why=owner.paused) if owner.paused else None

    def queue(self, finder: str, lead: FoundLead, host: str, owner: Source | None) -> tuple[str | None, Outcome]:
        """At its owner's, where there is room; a host that nobody has seen is written down as found."""
        own = owner is not None and host in owner.own_hosts
        found = None if own else self.hosts.get(host) or self.admit(finder, lead, host, owner)
        if not own and found is None:
            return None, Code.NO_ROOM_FOR_HOST.of()
        source = owner.id if owner else found["source"] if found else ""
        most = self.limits.queue if owner else self.limits.found_queue
        if self.waiting.get(source, 0) >= most:
            return source, Code.QUEUE_FULL.of(number=most, source=source)
        self.waiting[source] = self.waiting.get(source, 0) + 1
        return source, Code.MATCH_QUEUED.of(source=source)

    def admit(self, finder: str, lead: FoundLead, host: str, owner: Source | None) -> FoundHostRow | None:
        """None where there is no room for another tonight. A subdomain of a source's is the source's."""
        if self.room[owner is not None] <= 0:
            return None
        self.room[owner is not None] -= 1
        row = FoundHostRow(
            host=host,
            source=owner.id if owner else source_id(host, self.taken),
            state=HostState.PROMOTED if owner else HostState.NEW,
            finder=finder,
            first_found=now(),
            why=f"a subdomain of {owner.id}" if owner else None,
            name=lead.outlet if lead.outlet and "." not in lead.outlet else None,
            lang=lead.lang,
            waits_until=None,
            proposal=None,
        )
        self.taken.add(row["source"])
        self.hosts[host] = row
        if not self.dry:
            self.archive.found_hosts.put(row)
        return row

    def write(self, finder: str, query: str, found: Sequence[Match]) -> None:
        at = now()
        self.archive.findings.write(
            {
                "key": match.key,
                "finder": finder,
                "query": query,
                "url": match.lead.url,
                "title": match.lead.title,
                "said_date": match.lead.said_date,
                "at": at,
                "article": match.article,
                "outcome": as_json(match.outcome),
                "host": match.host,
            }
            for match in found
        )
        self.archive.frontier.queue([lead_of(finder, match, at) for match in found if match.is_queued])


def lead_of(finder: str, match: Match, at: str) -> Row:
    """A finder's date is when it saw the page, or a guess: no date of publication."""
    facts = {"key": match.key, "source": match.source, "url": match.lead.url, "title": match.lead.title, "date": None}
    return facts | {"found_via": f"{VIA} {finder}", "found_at": at, "as_of": as_of(None, moment()), "on_terms": 1}
