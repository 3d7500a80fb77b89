"""Asks each discovery address of the registry once, and looks for others where none works. No article is fetched."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any
from urllib.parse import urljoin

from scrapy import Request, signals
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.discovery.markup import unpacks_to_more
from crawler.policy.answers import NOT_THE_SITE, NotAllowed, declared, header, headers_of, reason_of
from crawler.policy.site_rules import SiteRules
from crawler.registry import probes
from crawler.registry.owners import source_of
from crawler.registry.probes import Checked, Past, Probe, State, Type
from crawler.registry.sources import Source, expand, load
from crawler.run import start
from crawler.spiders import probing
from crawler.spiders.base import BIG
from crawler.spiders.session import SessionSpider, named_sources
from db.days import today
from db.outcomes import Code
from db.store.rows import as_json, now
from pipelines.article import Reason, Rights
from pipelines.identity import bare_host
from pipelines.intake.rights import with_headers, with_page
from pipelines.worker import Lost

logger = logging.getLogger(__name__)

PERMANENT = (301, 308)
SETTINGS: dict[str, Any] = {  # where a check differs from a crawl: it keeps no books of runs, and no articles
    "EXTENSIONS": {"crawler.reporting.progress.CheckProgress": 10},
    "ITEM_PIPELINES": {},
}


@dataclass(slots=True, kw_only=True)
class CheckVisit:
    """What is asked of one source, and what has come of it so far."""

    source: Source
    probes: dict[str, Probe]  # of the registry, by address
    candidates: list[Probe] = field(default_factory=list)
    todo: int = 0  # requests that may still be made
    answered: bool = False
    waits: str = ""  # until when the site asks to be left alone
    over: str = ""  # why the visit ended before its time
    done: bool = False
    began: float = field(default_factory=time.monotonic)

    def every(self) -> tuple[Probe, ...]:
        registered = (
            probe if probe.asked else replace(probe, problem=self.over or probe.problem)
            for probe in self.probes.values()
        )
        return (*registered, *probes.worth(self.candidates))


class CheckSpider(SessionSpider):
    name = "check"
    custom_settings = SETTINGS

    past: dict[str, dict[str, Past]]  # source → address → what is known of it
    last_success: dict[str, str | None]

    def __init__(self, sources: str = "", paused: str = "", **facts: Any) -> None:
        """`sources`: ids parted by commas, all where empty; `paused`: those that are paused are asked too."""
        super().__init__(**facts)
        self.registry = load()
        by_id = {source.id: source for source in self.registry}
        named = named_sources(sources, by_id) or list(by_id)
        self.today = date.fromisoformat(today())
        self.wanted = [by_id[name] for name in named]
        self.visits = {
            source.id: CheckVisit(
                source=source, probes={probe.url: probe for probe, _, _ in probes.addresses_of(source)}
            )
            for source in self.wanted
            if paused or not source.paused
        }
        self.rules: list[SiteRules] = []
        self.outcome = ""  # once it has ended: completed, no_source, stopped

    def begin(self) -> None:
        self.remember()
        self.crawler.signals.connect(self.note_answer, signal=signals.response_received)
        self.crawler.signals.connect(self.end, signal=signals.spider_closed)

    def remember(self) -> None:
        """What the last check said of each address; what crawls have read where there was none."""
        crawled = self.archive.frontier.last_listed()
        checked = {
            (row["source"], row["url"]): Past(worked_at=row["worked_at"], status=json.loads(row["found"])["status"])
            for row in self.archive.checks.every()
        }
        self.past = {
            source.id: {
                url: checked.get((source.id, url)) or Past(worked_at=crawled.get(expand(url, self.today)))
                for url in source.templates
            }
            for source in self.wanted
        }
        listed = self.archive.runs.sources_that_listed()  # before, a night on which nothing was asked was a success
        self.last_success = {
            row["id"]: row["last_success"] for row in self.archive.sources.every() if row["id"] in listed
        }
        for source, until in self.archive.sources.waits().items():
            if source in self.visits:
                self.visits[source].waits = until

    # what the middlewares and the downloader tell

    def note_rules(self, source: str, rules: SiteRules) -> None:
        self.rules.append(rules)

    def rules_of(self, source: Source) -> list[SiteRules]:
        """What its sites say; a site that two sources share is asked by one of them."""
        return [rules for rules in self.rules if bare_host(rules.site) in source.own_hosts]

    def wait_until(self, source: str, until: datetime, status: int) -> None:
        self.visits[source].waits = until.isoformat(timespec="seconds")

    def note_answer(self, response: Response, request: Request) -> None:
        if response.status < 500 and response.status not in NOT_THE_SITE:
            self.visits[request.meta["source"]].answered = True

    # ask

    async def start(self) -> AsyncIterator[Any]:
        # All sources at once and one address of each at a time, as the downloader's distance has it.
        visits = list(self.visits.values())
        ended = await asyncio.gather(*map(self.visit, visits), return_exceptions=True)
        for visit, error in zip(visits, ended, strict=True):
            if error:  # a fault of ours that one source has brought to light is told of it, and of no other
                visit.over = f"{type(error).__name__}: {error}"
                logger.error("%s: %s", visit.source.id, visit.over, exc_info=error)
        for request in list[Any]():  # Scrapy wants a generator
            yield request

    async def visit(self, visit: CheckVisit) -> None:
        try:
            await self.ask_all(visit)
        finally:
            visit.done = True

    async def ask_all(self, visit: CheckVisit) -> None:
        addresses = list(probes.addresses_of(visit.source))
        for left, (probe, link, _) in zip(range(len(addresses), 0, -1), addresses, strict=True):
            visit.todo = left
            if self.is_over(visit):
                return
            visit.probes[probe.url], _ = await self.ask(visit, probe, link)
        # Who says no is asked for what the registry names, once each, and for nothing else.
        refused = any(probe.status in probes.NO for probe in visit.probes.values())
        if not refused and not any(probe.works for probe in visit.probes.values()):
            await self.search(visit)

    def is_over(self, visit: CheckVisit) -> bool:
        """Whether nothing more may be asked of the source, and why."""
        seconds = time.monotonic() - visit.began
        refused = any(probe.status == 429 for probe in (*visit.probes.values(), *visit.candidates))
        if visit.waits:
            visit.over = f"it asks to be left alone until {visit.waits}"
        elif refused:
            visit.over = "it asks for fewer requests (HTTP 429)"
        elif seconds > self.settings.getfloat("SOURCE_SECONDS"):
            visit.over = f"time is up after {seconds / 60:.0f} minutes"
        return bool(visit.over)

    async def search(self, visit: CheckVisit) -> None:
        """Look for a feed or a news sitemap, and for a sitemap: where the site names them, then in the usual places."""
        if self.is_over(visit):
            return
        home = Probe(source=visit.source.id, url=visit.source.homepage, key="listings", found=True)
        home, response = await self.ask(visit, home, None)
        visit.candidates.append(home)
        places = list(self.places(visit, response))
        seen = {expand(url, self.today) for url in visit.source.templates}
        for left, (key, url) in zip(range(len(places), 0, -1), places, strict=True):
            visit.todo = left
            last = visit.candidates[-1]
            if self.is_over(visit) or last.status in probes.NO or not (last.reachable or last.robots == "disallowed"):
                return
            if url in seen or not self.is_own(visit.source, url) or not probes.wanted(key, visit.candidates):
                continue
            seen.add(url)
            probe, _ = await self.ask(visit, Probe(source=visit.source.id, url=url, key=key, found=True), None)
            visit.candidates.append(probe)

    def places(self, visit: CheckVisit, home: Response | None) -> Iterator[tuple[str, str]]:
        for rules in self.rules_of(visit.source):
            if rules.document == "robots.txt":
                yield from probing.named_by_robots(rules.text, rules.site)
        if home is not None:
            yield from probing.named_by_page(home.body, home.url, declared(home))
        root = urljoin(home.url if home is not None else visit.source.homepage, "/")
        yield from probing.usual(probes.folder_of(visit.source, root, shared=not self.is_own(visit.source, root)))

    def is_own(self, source: Source, url: str) -> bool:
        """On one of its own hosts, and not within what another source has of that host."""
        return bare_host(url) in source.own_hosts and source_of(url, self.registry) in (source, None)

    async def ask(self, visit: CheckVisit, probe: Probe, link: str | None) -> tuple[Probe, Response | None]:
        """The probe with what came of it. Of an index the first sitemap too, for the index itself holds no entries."""
        result = replace(probe, asked=True, problem=None)
        response, result = await self.fetch(visit, result, expand(probe.url, self.today))
        if response is None or response.status >= 400:
            return result, response
        result, more = await self.read(visit, result, response, link)
        if result.type is Type.SITEMAP_INDEX and more and not self.is_over(visit):
            answer, child = await self.fetch(visit, replace(result, problem=None), more[0])
            if answer is not None and answer.status < 400:
                child, _ = await self.read(visit, child, answer, None)
            problem = f"its sitemap {more[0]}: {child.problem}" if child.problem else None
            shown = {name: getattr(child, name) for name in ("newest", "with_title", "with_date", "elsewhere")}
            result = replace(result, problem=result.problem or problem, **shown)
        return result, response

    async def fetch(self, visit: CheckVisit, probe: Probe, url: str) -> tuple[Response | None, Probe]:
        meta = {
            "source": visit.source.id,
            "hosts": visit.source.own_hosts,
            "download_maxsize": self.settings.getint("DISCOVERY_MAXSIZE"),
        }
        assert self.crawler.engine
        try:
            response = await self.crawler.engine.download_async(Request(url, meta=meta, dont_filter=True))
        except Exception as error:  # whatever a network can do: the address is told, and the others are asked
            return None, not_had(probe, error, answered=visit.answered)
        status = response.status
        return response, replace(
            probe,
            reachable=status < 500 and status not in NOT_THE_SITE,
            status=status,
            robots="allowed",
            reserved=rights_of(response).reserved,
            problem=f"HTTP {status}" if status >= 400 else None,
            moved_to=moved_to(response),
        )

    async def read(
        self, visit: CheckVisit, probe: Probe, response: Response, link: str | None
    ) -> tuple[Probe, tuple[str, ...]]:
        work = partial(probing.read, probe, response.body, response.url)
        work = partial(work, link=link, encoding=declared(response), hosts=visit.source.own_hosts)
        try:
            if not unpacks_to_more(response.body, BIG):
                return work()
            return await asyncio.get_running_loop().run_in_executor(self.worker, work)
        except Lost as error:
            return replace(probe, type=Type.OTHER, problem=str(error)), ()

    # tell

    def end(self, reason: str) -> None:
        try:
            if self.visits and not any(visit.answered for visit in self.visits.values()):
                self.outcome = "no_source"
            else:
                self.outcome = "completed" if reason in ("finished", "closespider_timeout") else "stopped"
                self.write()
        finally:
            self.let_go()

    def write(self) -> None:
        at = now()
        rows = []
        for visit in self.visits.values():
            for probe in visit.probes.values():
                facts = {name: value for name, value in probe.facts().items() if name not in ("source", "url")}
                before = self.past[visit.source.id][probe.url].worked_at
                row = {"source": visit.source.id, "url": probe.url, "at": at, "works": int(probe.works)}
                row |= {"worked_at": at if probe.works else before, "found": as_json(facts)}
                rows += [row] if probe.asked else []
        self.archive.checks.write(rows, {visit.source.id: visit.probes for visit in self.visits.values()})

    def checked(self) -> Iterator[Checked]:
        """What came of it, source by source; nothing is proposed, or lost, where the network itself was away."""
        registered = {url for source in self.registry for url in source.templates}
        for source in self.wanted:
            visit = self.visits.get(source.id)
            if visit is None:
                yield Checked(source=source, state=State.PAUSED, detail=source.paused or "", probes=())
                continue
            answers, past = visit.every(), self.past[source.id]
            state = probes.state_of(source, answers, answered=visit.answered, waits=visit.waits)
            result = Checked(
                source=source, state=state, detail=visit.over, probes=answers, rules=as_rows(self.rules_of(source))
            )
            if self.outcome != "no_source":
                result = replace(
                    result,
                    proposals=probes.propose(source, answers, past, registered=registered, today=self.today),
                    lost=probes.lost(source, state, answers, past, self.last_success.get(source.id)),
                )
            yield result


def not_had(probe: Probe, error: Exception, *, answered: bool) -> Probe:
    """What a failed request says of the address."""
    reason, outcome = reason_of(Failure(error))  # type: ignore[no-untyped-call]
    robots = "allowed"
    if isinstance(error, NotAllowed) and reason is not Reason.FOREIGN:
        robots = "disallowed" if reason is Reason.ROBOTS else "unknown"
    detail = str(outcome)
    if outcome.code in (Code.LEADS_TO, Code.LEADS_NOWHERE):
        detail = f"{detail}, which is no host of this source"
    elif reason is Reason.TOO_LARGE:
        detail = "larger than a list of articles may be"
    return replace(probe, reachable=answered and reason is not Reason.UNREACHABLE, robots=robots, problem=detail)


def rights_of(response: Response) -> Rights:
    rights = with_headers(response.meta.get("rights") or Rights(), headers_of(response))
    return with_page(rights, response.body) if "html" in (header(response, "Content-Type") or "") else rights


def moved_to(response: Response) -> str | None:
    """Where permanent redirects have led; a redirect for now, and what comes after it, moves nothing."""
    urls = [*response.meta.get("redirect_urls", ()), response.url]
    moved = None
    for reason, url in zip(response.meta.get("redirect_reasons", ()), urls[1:], strict=False):
        if reason not in PERMANENT:
            break
        moved = url
    return moved


def as_rows(rules: Sequence[SiteRules]) -> tuple[dict[str, Any], ...]:
    rows = ({name: value for name, value in asdict(site_rules).items() if name != "text"} for site_rules in rules)
    return tuple(row | {"verdict": site_rules.verdict} for row, site_rules in zip(rows, rules, strict=True))


def check_sources(sources: Sequence[str], overrides: Mapping[str, Any], *, paused: bool) -> tuple[list[Checked], str]:
    """Check; returns what came of each source, and the outcome. Raises what is wrong with home, registry, archive."""
    spider = start("check", overrides, sources=",".join(sources), paused="yes" if paused else "")
    return list(spider.checked()), spider.outcome
