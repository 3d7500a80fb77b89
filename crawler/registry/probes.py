"""What probing its addresses says of a source, and what to change in the registry for it; pure."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import chain
from typing import Any
from urllib.parse import urljoin, urlsplit

from protego import Protego
from scrapy import Selector

from crawler.discovery import documents
from crawler.discovery.encodings import decoded
from crawler.discovery.leads import Form, Found, Unreadable, address
from crawler.registry.sources import Evidence, Source
from pipelines.identity import bare_host

FORMS = {"feeds": Form.FEED, "news_sitemaps": Form.SITEMAP, "listings": Form.LISTING, "sitemaps": Form.SITEMAP}
GONE = (404, 410)
NO = (401, 403, 451)
STALE = timedelta(days=365)  # a list whose newest entry is older has been left behind
LISTING_MIN = 5  # links that make an outlet's homepage worth reading as a listing


class Type(StrEnum):
    """What a document is, whatever was expected of it."""

    RSS = "rss"
    ATOM = "atom"
    RDF = "rdf"
    JSON_FEED = "json feed"  # the crawler does not read it
    SITEMAP = "sitemap"
    SITEMAP_INDEX = "sitemap index"
    NEWS_SITEMAP = "news sitemap"
    LISTING = "listing"
    HTML = "html"
    OTHER = "other"


ROOTS = {"rss": Type.RSS, "feed": Type.ATOM, "rdf": Type.RDF, "sitemapindex": Type.SITEMAP_INDEX}
KEYS = {Type.NEWS_SITEMAP: "news_sitemaps", Type.SITEMAP: "sitemaps", Type.SITEMAP_INDEX: "sitemaps"}
KEYS |= {Type.LISTING: "listings"} | dict.fromkeys((Type.RSS, Type.ATOM, Type.RDF), "feeds")
FRESH = (Type.RSS, Type.ATOM, Type.RDF, Type.NEWS_SITEMAP)  # what a feed is good for
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
    reserved: bool | None = None  # text and data mining; None: nothing was said
    problem: str | None = None
    moved_to: str | None = None  # by permanent redirects

    @property
    def works(self) -> bool:
        """Something could be read; a news sitemap, which holds two days, may be empty."""
        return self.entries is not None and (self.entries > 0 or self.type is Type.NEWS_SITEMAP)

    def facts(self) -> dict[str, Any]:
        return asdict(self) | {"works": self.works}


class What(StrEnum):
    ADD = "add"
    REMOVE = "remove"
    MOVE = "move"
    EVIDENCE = "evidence"
    WATCH = "watch"  # the last two are for a person to decide, and never written
    PAUSE = "pause"


REMARKS = (What.WATCH, What.PAUSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    source: str
    what: What
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
class Lost:
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
    lost: tuple[Lost, ...] = ()
    rules: tuple[dict[str, Any], ...] = ()  # what its sites tell robots

    def as_dict(self) -> dict[str, Any]:
        return {
            "source": self.source.id,
            "state": self.state,
            "detail": self.detail,
            "addresses": [probe.facts() for probe in self.probes],
            "proposals": [asdict(each) for each in self.proposals],
            "lost": [asdict(each) for each in self.lost],
            "rules": list(self.rules),
        }


def known(source: Source) -> Iterator[tuple[Probe, str | None, Evidence | None]]:
    """The addresses of the registry, not asked for yet, with link pattern and evidence; as the crawler reads them."""
    for key in FORMS:
        for each in getattr(source, key):
            probe = Probe(source=source.id, url=each.url, key=key, asked=False, problem="not asked for")
            yield probe, getattr(each, "link", None), each.evidence


# What a document says


def read(
    probe: Probe, body: bytes, url: str, *, link: str | None, encoding: str | None
) -> tuple[Probe, tuple[str, ...]]:
    """The probe with what the document says, and the sitemaps that it leads to."""
    head = documents.head_of(body)
    try:
        found = documents.read(body, url, expected=FORMS[probe.key], link=link, encoding=encoding)
    except Unreadable as error:
        return replace(probe, type=type_of(head, None), problem=str(error)), ()
    many = max(len(found.leads), 1)
    probe = replace(
        probe,
        type=type_of(head, found),
        entries=found.listed + len(found.more),
        newest=max((lead.date[:10] for lead in found.leads if lead.date), default=None),
        with_title=round(sum(bool(lead.title) for lead in found.leads) / many, 2),
        with_date=round(sum(bool(lead.date) for lead in found.leads) / many, 2),
        problem=found.problem,
    )
    return (probe if probe.works or probe.problem else replace(probe, problem="it has no entries")), found.more


def type_of(head: str, found: Found | None) -> Type:
    """`found`: what could be read of it, None where nothing could."""
    root = documents.ROOT.search(documents.COMMENT.sub("", head))
    name = (root[1] or root[2]).lower() if root else ""
    if name in ROOTS:
        return ROOTS[name]
    if found and found.kind is Form.LISTING:
        return Type.LISTING
    if name == "html":
        return Type.HTML
    if found:
        named = any(lead.title for lead in found.leads)  # only news have titles in a sitemap
        empty = not found.listed and "/sitemap-news/" in head
        return Type.NEWS_SITEMAP if named or empty else Type.SITEMAP
    return Type.JSON_FEED if "//jsonfeed.org/version/" in head else Type.OTHER


# Where an outlet's feeds and sitemaps may lie

HEAD = 500_000  # bytes of a homepage; its links to feeds stand in its head
FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")
# Feeds of what readers write; 'kommentare' alone may well be the outlet's own opinion pages.
COMMENTS = re.compile(r"\bcomments\b|kommentar-?feed|kommentare zu", re.I)
USUAL_FEEDS = ("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed/", "rss/", "index.rss")
USUAL_SITEMAPS = ("sitemap.xml", "sitemap_index.xml", "sitemap-index.xml", "sitemap.xml.gz")
USUAL_NEWS = ("sitemap-news.xml", "news-sitemap.xml", "sitemap_news.xml", "news_sitemap.xml")


def named_by_robots(text: str, url: str) -> Iterator[tuple[str, str]]:
    """(key, address) of each `Sitemap:` line; those that are named for their news first."""
    lines = filter(None, (address(line, url) for line in Protego.parse(text).sitemaps))
    keys = {line: "news_sitemaps" if "news" in urlsplit(line).path.lower() else "sitemaps" for line in lines}
    return ((key, line) for line, key in sorted(keys.items(), key=lambda each: each[1]))


def named_by_page(html: bytes, url: str, encoding: str | None) -> Iterator[tuple[str, str]]:
    """(key, address) of each feed that a page declares as its alternate; JSON, which is only told of, last."""
    page = Selector(text=decoded(html[:HEAD], encoding))
    links = [link.attrib for link in page.css("link[rel~=alternate i][type][href]")]
    of_type = {kind: [link for link in links if link["type"].partition(";")[0].strip() == kind] for kind in FEED_TYPES}
    for link in chain.from_iterable(of_type.values()):
        found = address(link["href"], url)
        if found and not COMMENTS.search(f"{found} {link.get('title', '')}"):
            yield "feeds", found


def usual(folder: str) -> Iterator[tuple[str, str]]:
    """(key, address) of what lies below the outlet's own folder on most sites that have it."""
    for key, names in (("feeds", USUAL_FEEDS), ("news_sitemaps", USUAL_NEWS), ("sitemaps", USUAL_SITEMAPS)):
        yield from ((key, urljoin(folder, name)) for name in names)


def wanted(key: str, found: Collection[Probe]) -> bool:
    """Whether another address of this key is worth a request: one that is fresh and one that is whole are enough.

    So is one under the name of a whole sitemap, whatever it turned out to be.
    """
    enough = WHOLE if key == "sitemaps" else FRESH
    some = [probe for probe in found if probe.works and probe.entries]
    return not any(probe.type in enough or probe.key == key == "sitemaps" for probe in some)


def worth(found: Sequence[Probe]) -> list[Probe]:
    """What looking has found; the homepage's own links only where nothing tells of fresh articles."""
    some = [probe for probe in found if probe.works and probe.entries]
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
) -> tuple[Lost, ...]:
    """`past` by address. Who says 'not now', and what was not asked for, is not lost."""
    told = []
    for probe in probes:
        worked_at = past.get(probe.url, Past()).worked_at
        if worked_at and probe.asked and not probe.works and state is not State.WAITING and probe.status != 429:
            told.append(Lost(source=source.id, url=probe.url, why=probe.problem or "", worked_at=worked_at))
    if not told and last_success and state is State.UNREACHABLE:
        why = next((probe.problem for probe in probes if probe.asked and probe.problem), "no answer")
        told.append(Lost(source=source.id, url=None, why=why, worked_at=last_success))
    return tuple(told)


def propose(
    source: Source, probes: Sequence[Probe], past: Mapping[str, Past], *, taken: Collection[str], today: date
) -> tuple[Proposal, ...]:
    """What to change; `past` by address, `taken` all addresses of the registry, which has each of them once."""
    if source.paused:
        return ()
    evidence = {probe.url: each for probe, _, each in known(source)}
    own = [probe for probe in probes if not probe.found and probe.asked]
    some = any(probe.works for probe in own)
    names = set(taken)
    told: list[Proposal] = []
    for probe in own:
        if probe.works:
            told += _of_sound(probe, evidence.get(probe.url), names, today)
        elif probe.reachable:  # what cannot be reached says nothing of the registry
            told.append(_of_failing(probe, past.get(probe.url, Past()), some, today))
        names.update(each.to for each in told if each.to)
    for probe in worth([probe for probe in probes if probe.found]):
        told += _of_found(probe, names, today)
    pauses = [each for each in told if each.what is What.PAUSE]
    return tuple(each for each in told if each not in pauses[1:])


def _say(probe: Probe, what: What, why: str, *, key: str = "", url: str = "", to: str | None = None) -> Proposal:
    return Proposal(source=probe.source, what=what, key=key or probe.key, url=url or probe.url, why=why, to=to)


def _of_sound(probe: Probe, evidence: Evidence | None, taken: Collection[str], today: date) -> Iterator[Proposal]:
    if probe.moved_to and "{" in probe.url:
        yield _say(probe, What.WATCH, f"has moved to {probe.moved_to}, and its template must be written by hand")
    elif probe.moved_to in taken:
        yield _say(probe, What.REMOVE, f"has moved to {probe.moved_to}, which the registry has already")
    elif probe.moved_to:
        yield _say(probe, What.MOVE, f"has moved to {probe.moved_to} for good", to=probe.moved_to)
    elif evidence is not Evidence.VERIFIED and not is_stale(probe, today):
        yield _say(probe, What.EVIDENCE, f"works: {probe.type}, {probe.entries} entries")
    if probe.problem:
        yield _say(probe, What.WATCH, f"can be read, but {probe.problem}")
    if is_stale(probe, today):
        yield _say(probe, What.WATCH, f"works, but its newest entry is of {probe.newest}")


def _of_failing(probe: Probe, past: Past, others_work: bool, today: date) -> Proposal:
    problem = probe.problem or "it has no entries"
    if probe.status in GONE and past.status in GONE:
        return _say(probe, What.REMOVE, f"{problem}, now and at the check before")
    if probe.status in GONE:
        return _say(probe, What.WATCH, f"{problem}; taken out where the next check finds the same")
    if (probe.status in NO or probe.robots == "disallowed") and not others_work:
        return _say(probe, What.PAUSE, f'{problem}; unless another address is known: paused = "{problem} ({today})"')
    return _say(probe, What.WATCH, problem)


def _of_found(probe: Probe, taken: Collection[str], today: date) -> Iterator[Proposal]:
    url = probe.moved_to or probe.url
    if url in taken or probe.type is None:
        return
    few = probe.type is Type.LISTING and (probe.entries or 0) < LISTING_MIN
    if few or is_stale(probe, today):
        why = f"newest of {probe.newest}" if not few else f"fewer than {LISTING_MIN} links look like articles"
        yield _say(probe, What.WATCH, f"found, but not proposed: {why}", url=url)
    else:
        why = f"found: {probe.type}, {probe.entries} entries, newest of {probe.newest or 'an unknown day'}"
        yield _say(probe, What.ADD, why, key=KEYS[probe.type], url=url)


def is_stale(probe: Probe, today: date) -> bool:
    return bool(probe.newest and probe.newest < (today - STALE).isoformat())


def folder_of(source: Source, root: str, *, shared: bool) -> str:
    """Where the usual places are looked for: a homepage with a path has them below it where its host is `shared`."""
    return f"{source.homepage.rstrip('/')}/" if shared and bare_host(root) == bare_host(source.homepage) else root
