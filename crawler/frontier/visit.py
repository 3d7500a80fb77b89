"""One night's visit to one source: what is still to be asked, and what came of it."""

import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crawler.discovery.leads import Form, Lead
from crawler.registry.sources import Source, expand
from db.outcomes import Code, Outcome
from db.store.crawl.runs import Night
from pipelines.identity import bare_host

SHOWN = 5  # problems of one visit that are told one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One document to look for leads in."""

    url: str
    form: Form
    link: str | None = None  # listing: what addresses of articles look like
    page: str | None = None  # listing: the query parameter that counts its pages
    number: int = 0  # listing: which page this is
    last: int = 0  # listing: the last page to look at
    depth: int = 0  # sitemap: how many indexes stand above it
    root: str = ""  # the listing or index in the registry that led here
    resume: bool = False  # the last visit did not read all that the root leads to

    @property
    def origin(self) -> str:
        return self.root or self.url


def steps(source: Source, day: date) -> list[Step]:
    """Where leads are looked for: the fresh and small documents first."""
    documents = [Step(url=expand(feed.url, day), form=Form.FEED) for feed in source.feeds]
    documents += [Step(url=expand(sitemap.url, day), form=Form.SITEMAP) for sitemap in source.news_sitemaps]
    for listing in source.listings:
        last = listing.first_page + listing.pages - 1
        documents.append(
            Step(
                url=expand(listing.url, day),
                form=Form.LISTING,
                link=listing.link,
                page=listing.page,
                number=listing.first_page,
                last=last,
            )
        )
    return documents + [Step(url=expand(sitemap.url, day), form=Form.SITEMAP) for sitemap in source.sitemaps]


@dataclass(slots=True, kw_only=True)
class Visit:
    source: Source
    night: Night
    steps: deque[Step]
    leads: deque[dict[str, Any]] | None = None  # None: not chosen yet
    looks: deque[dict[str, Any]] | None = None  # at kept articles, likewise
    looking_at: dict[str, dict[str, Any]] = field(default_factory=dict)  # address → of those that were asked for
    chosen_keys: set[str] = field(default_factory=set)  # keys of the leads that had their turn
    only: frozenset[str] | None = None  # keys of the leads that this visit is for; None: all that wait
    room: int = 1_000_000  # pages that the night has left for it
    requests: int = 0
    pages_asked: int = 0  # pages that were asked for
    failures_in_a_row: int = 0  # how many of them in a row could not be had
    read: int = 0  # documents that could be read
    unread: set[str] = field(default_factory=set)  # origins of which a part could not be read
    problems: dict[Outcome, list[str]] = field(default_factory=dict)  # what went wrong → at which addresses
    hosts_listed: Counter[str | None] = field(default_factory=Counter)  # addresses on hosts of others; None: on its own
    notes: list[Outcome] = field(default_factory=list)  # what a reader of the counts should know, and nobody need mend
    stopped: Outcome | None = None  # why the visit ended before its time
    refused_us: bool = False  # it was stopped because the site asks to be left alone
    done: bool = False
    began: float = field(default_factory=time.monotonic)

    @property
    def hosts(self) -> frozenset[str]:
        return self.source.own_hosts

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def wait(self, until: str, status: int | None = None) -> None:
        """The site asks to be left alone until then (ISO 8601, UTC)."""
        earlier = Code.STILL_LEFT_ALONE.of(until=until)
        self.stopped = Code.LEFT_ALONE.of(until=until, status=status) if status else earlier
        self.refused_us = True

    def problem(self, url: str, what: Outcome) -> None:
        self.problems.setdefault(what, []).append(url)

    def note_hosts(self, leads: Iterable[Lead]) -> None:
        """Where the addresses lead that a document lists."""
        hosts = (bare_host(lead.url) for lead in leads)
        self.hosts_listed.update(None if host in self.hosts else host for host in hosts)

    def fully_read(self, step: Step) -> bool:
        """Whether nothing of what this step's listing or index led to is still to be read."""
        return step.origin not in self.unread and all(step.origin != other.origin for other in self.steps)

    def end(self) -> None:
        """Sum the visit up. 'not_finished' is what a visit is until it has come to its end by itself."""
        night = self.night
        if self.done and self.hosts_listed and None not in self.hosts_listed:
            self.problems.setdefault(all_elsewhere(self.hosts_listed), [])
        if self.stopped:
            night.state = "stopped" if night.answered or self.refused_us else "unreachable"
        elif not self.done:
            night.state = "not_finished"
        elif not night.answered and self.problems:
            night.state = "unreachable"
        else:
            night.state = "partial" if self.problems else "ok" if self.requests else "nothing_to_ask"
        cut_off = Code.NIGHT_OVER.of() if night.state == "not_finished" else None
        ends = [end for end in (self.stopped or cut_off,) if end]
        problems = [located(what, urls) for what, urls in list(self.problems.items())[:SHOWN]]
        if len(self.problems) > SHOWN:
            problems.append(Code.OTHER_PROBLEMS.of(number=len(self.problems) - SHOWN))
        if night.state == "nothing_to_ask":
            problems.append((Code.NOTHING_WAITS if self.source.templates else Code.NOTHING_KNOWN).of())
        night.outcomes = (*ends, *problems, *self.notes)


def located(what: Outcome, urls: list[str]) -> Outcome:
    """What went wrong, with the first of the addresses and how many more there are."""
    if len(urls) > 1:
        return Code.AT_ADDRESSES.of(why=what, url=urls[0], number=len(urls) - 1)
    return Code.AT_ADDRESS.of(why=what, url=urls[0]) if urls else what


def all_elsewhere(hosts: Counter[str | None]) -> Outcome:
    """What to do where nothing that a source lists is on a host of its own."""
    names = ", ".join(host or "" for host, _ in hosts.most_common(SHOWN))
    return Code.ALL_ELSEWHERE.of(number=hosts.total(), hosts=names)
