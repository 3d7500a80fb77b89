"""What probing its addresses says of a source, and what to change in the registry for it; pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from crawler.registry.sources import Evidence, Source
from pipelines.identity import bare_host

ADDRESS_KEYS = ("feeds", "news_sitemaps", "listings", "sitemaps")
GONE = (404, 410)
NO = (401, 403, 451)
STALE = timedelta(days=365)  # a list whose newest entry is older has been left behind
LISTING_MIN = 5  # links that make an outlet's homepage worth reading as a listing


class Type(StrEnum):
    """What a document is, whatever was expected of it."""

    RSS = "rss"
    ATOM = "atom"
    RDF = "rdf"
    JSON_FEED = "json feed"
    SITEMAP = "sitemap"
    SITEMAP_INDEX = "sitemap index"
    NEWS_SITEMAP = "news sitemap"
    LISTING = "listing"
    HTML = "html"
    OTHER = "other"


KEYS = {Type.NEWS_SITEMAP: "news_sitemaps", Type.SITEMAP: "sitemaps", Type.SITEMAP_INDEX: "sitemaps"}
KEYS |= {Type.LISTING: "listings"} | dict.fromkeys((Type.RSS, Type.ATOM, Type.RDF, Type.JSON_FEED), "feeds")
FRESH = (Type.RSS, Type.ATOM, Type.RDF, Type.JSON_FEED, Type.NEWS_SITEMAP)  # what a feed is good for
WHOLE = (Type.SITEMAP, Type.SITEMAP_INDEX)


class State(StrEnum):
    OK = "ok"
    PARTIAL = "partial"  # not all addresses work
    FAILING = "failing"  # none works
    NONE = "none"  # the registry has none
    UNREACHABLE = "unreachable"
    WAITING = "waiting"  # the site asks to be left alone for a while
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One address, asked for once."""

    source: str
    url: str  # as the registry has it, with its templates
    key: str  # of the registry, under which it stands or would stand: feeds, news_sitemaps, listings, sitemaps
    found: bool = False  # by looking; the registry does not have it
    asked: bool = True
    reachable: bool = False
    status: int | None = None
    robots: str = "unknown"  # allowed, disallowed
    type: Type | None = None
    entries: int | None = None  # None: it could not be read
    newest: str | None = None  # day of the newest entry
    with_title: float = 0.0  # share of the entries, 0 to 1
    with_date: float = 0.0
    elsewhere: str | None = None  # the hosts that all entries lead to, where none is the source's own
    reserved: bool | None = None  # text and data mining; None: nothing was said
    problem: str | None = None
    moved_to: str | None = None  # by permanent redirects

    @property
    def works(self) -> bool:
        """Something of its own could be read; a news sitemap, which holds two days, may be empty."""
        read = self.entries is not None and (self.entries > 0 or self.type is Type.NEWS_SITEMAP)
        return read and not self.elsewhere

    def facts(self) -> dict[str, Any]:
        return asdict(self) | {"works": self.works}


class Action(StrEnum):
    ADD = "add"
    REMOVE = "remove"
    MOVE = "move"
    EVIDENCE = "evidence"
    WATCH = "watch"  # the last two are for a person to decide, and never written
    PAUSE = "pause"


REMARKS = (Action.WATCH, Action.PAUSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    source: str
    what: Action
    key: str
    url: str
    why: str
    to: str | None = None  # where it has moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of an address from before."""

    worked_at: str | None = None
    status: int | None = None  # of the check before


@dataclass(frozen=True, slots=True, kw_only=True)
class LostAddress:
    """What worked before and no longer does."""

    source: str
    url: str | None  # None: the source as a whole
    why: str
    worked_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    source: Source
    state: State
    detail: str  # what ended the visit before its time, or why there was none
    probes: tuple[Probe, ...]
    proposals: tuple[Proposal, ...] = ()
    lost: tuple[LostAddress, ...] = ()
    rules: tuple[dict[str, Any], ...] = ()  # what its sites tell robots

    def as_dict(self) -> dict[str, Any]:
        return {
            "source": self.source.id,
            "state": self.state,
            "detail": self.detail,
            "addresses": [probe.facts() for probe in self.probes],
            "proposals": [asdict(proposal) for proposal in self.proposals],
            "lost": [asdict(address) for address in self.lost],
            "rules": list(self.rules),
        }


def addresses_of(source: Source) -> Iterator[tuple[Probe, str | None, Evidence | None]]:
    """The addresses of the registry, not asked for yet, with link pattern and evidence; as the crawler reads them."""
    for key in ADDRESS_KEYS:
        for address in getattr(source, key):
            probe = Probe(source=source.id, url=address.url, key=key, asked=False, problem="not asked for")
            yield probe, getattr(address, "link", None), address.evidence


def wanted(key: str, candidates: Collection[Probe]) -> bool:
    """Whether another address of this key is worth a request: one that is fresh and one that is whole are enough.

    So is one under the name of a whole sitemap, whatever it turned out to be.
    """
    enough = WHOLE if key == "sitemaps" else FRESH
    some = [probe for probe in candidates if probe.works and probe.entries]
    return not any(probe.type in enough or probe.key == key == "sitemaps" for probe in some)


def worth(candidates: Sequence[Probe]) -> list[Probe]:
    """What looking has found; the homepage's own links only where nothing tells of fresh articles."""
    some = [probe for probe in candidates if probe.works and probe.entries]
    return [probe for probe in some if probe.type is not Type.LISTING or wanted("feeds", some)]


# What to make of it


def state_of(source: Source, probes: Sequence[Probe], *, answered: bool, waits: str) -> State:
    if waits:
        return State.WAITING
    if not answered:
        return State.UNREACHABLE
    own = [probe.works for probe in probes if not probe.found]
    if not own:
        return State.NONE
    return State.OK if all(own) else State.PARTIAL if any(own) else State.FAILING


def lost(
    source: Source, state: State, probes: Sequence[Probe], past: Mapping[str, Past], last_success: str | None
) -> tuple[LostAddress, ...]:
    """`past` by address. Who says 'not now', what was not asked for, and what only leads elsewhere, is not lost."""
    lost_addresses = []
    for probe in probes:
        worked_at = past.get(probe.url, Past()).worked_at
        silent = probe.asked and not probe.works and not probe.elsewhere and probe.status != 429
        if worked_at and silent and state is not State.WAITING:
            lost_addresses.append(
                LostAddress(source=source.id, url=probe.url, why=probe.problem or "", worked_at=worked_at)
            )
    if not lost_addresses and last_success and state is State.UNREACHABLE:
        why = next((probe.problem for probe in probes if probe.asked and probe.problem), "no answer")
        lost_addresses.append(LostAddress(source=source.id, url=None, why=why, worked_at=last_success))
    return tuple(lost_addresses)


def propose(
    source: Source, probes: Sequence[Probe], past: Mapping[str, Past], *, registered: Collection[str], today: date
) -> tuple[Proposal, ...]:
    """What to change; `past` by address, `taken` all addresses of the registry, which has each of them once."""
    if source.paused:
        return ()
    evidence = {probe.url: each for probe, _, each in addresses_of(source)}
    own = [probe for probe in probes if not probe.found and probe.asked]
    some = any(probe.works for probe in own)
    names = set(registered)
    proposals: list[Proposal] = []
    for probe in own:
        if probe.works:
            proposals += _of_sound(probe, evidence.get(probe.url), names, today)
        elif probe.reachable:  # what cannot be reached says nothing of the registry
            proposals.append(_of_failing(probe, past.get(probe.url, Past()), some, today))
        names.update(proposal.to for proposal in proposals if proposal.to)
    for probe in worth([probe for probe in probes if probe.found]):
        proposals += _of_found(probe, names, today)
    pauses = [proposal for proposal in proposals if proposal.what is Action.PAUSE]
    return tuple(proposal for proposal in proposals if proposal not in pauses[1:])


def _proposal(probe: Probe, what: Action, why: str, *, key: str = "", url: str = "", to: str | None = None) -> Proposal:
    return Proposal(source=probe.source, what=what, key=key or probe.key, url=url or probe.url, why=why, to=to)


def _of_sound(probe: Probe, evidence: Evidence | None, registered: Collection[str], today: date) -> Iterator[Proposal]:
    if probe.moved_to and "{" in probe.url:
        yield _proposal(probe, Action.WATCH, f"has moved to {probe.moved_to}, and its template must be written by hand")
    elif probe.moved_to in registered:
        yield _proposal(probe, Action.REMOVE, f"has moved to {probe.moved_to}, which the registry has already")
    elif probe.moved_to:
        yield _proposal(probe, Action.MOVE, f"has moved to {probe.moved_to} for good", to=probe.moved_to)
    elif evidence is not Evidence.VERIFIED and not is_stale(probe, today):
        yield _proposal(probe, Action.EVIDENCE, f"works: {probe.type}, {probe.entries} entries")
    if probe.problem:
        yield _proposal(probe, Action.WATCH, f"can be read, but {probe.problem}")
    if is_stale(probe, today):
        yield _proposal(probe, Action.WATCH, f"works, but its newest entry is of {probe.newest}")


def _of_failing(probe: Probe, past: Past, others_work: bool, today: date) -> Proposal:
    problem = probe.problem or "it has no entries"
    if probe.status in GONE and past.status in GONE:
        return _proposal(probe, Action.REMOVE, f"{problem}, now and at the check before")
    if probe.status in GONE:
        return _proposal(probe, Action.WATCH, f"{problem}; taken out where the next check finds the same")
    if (probe.status in NO or probe.robots == "disallowed") and not others_work:
        return _proposal(
            probe, Action.PAUSE, f'{problem}; unless another address is known: paused = "{problem} ({today})"'
        )
    return _proposal(probe, Action.WATCH, problem)


def _of_found(probe: Probe, registered: Collection[str], today: date) -> Iterator[Proposal]:
    url = probe.moved_to or probe.url
    if url in registered or probe.type is None:
        return
    few = probe.type is Type.LISTING and (probe.entries or 0) < LISTING_MIN
    if few or is_stale(probe, today):
        why = f"newest of {probe.newest}" if not few else f"fewer than {LISTING_MIN} links look like articles"
        yield _proposal(probe, Action.WATCH, f"found, but not proposed: {why}", url=url)
    else:
        why = f"found: {probe.type}, {probe.entries} entries, newest of {probe.newest or 'an unknown day'}"
        yield _proposal(probe, Action.ADD, why, key=KEYS[probe.type], url=url)


def is_stale(probe: Probe, today: date) -> bool:
    return bool(probe.newest and probe.newest < (today - STALE).isoformat())


def folder_of(source: Source, root: str, *, shared: bool) -> str:
    """Where the usual places are looked for: a homepage with a path has them below it where its host is `shared`."""
    return f"{source.homepage.rstrip('/')}/" if shared and bare_host(root) == bare_host(source.homepage) else root
