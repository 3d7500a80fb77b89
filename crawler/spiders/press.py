"""All papers, one spider: of each source its feeds, sitemaps and listings, then tonight's pages, one at a time."""

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from scrapy import Request
from twisted.python.failure import Failure

from crawler.discovery.leads import Lead
from crawler.frontier.elsewhere import place
from crawler.frontier.findings import Intake
from crawler.frontier.queue import Queue
from crawler.frontier.revisits import Looking
from crawler.frontier.room import PageLimits, rooms
from crawler.frontier.visit import Visit, steps
from crawler.policy.answers import is_away, is_no, reason_of
from crawler.policy.site_rules import SiteRules
from crawler.registry.claims import rows_of
from crawler.registry.found import with_found
from crawler.registry.owners import Owners
from crawler.registry.sources import Source, known_articles, load, load_registry, manners
from crawler.spiders.looking import LookingSpider
from crawler.spiders.session import named_sources
from db.days import today
from db.operations.health import refresh
from db.outcomes import Code, Outcome, fault
from db.store.connection import is_of_storage
from db.store.crawl.runs import Night
from db.store.finders.findings import VIA
from db.store.pages import PageRow
from db.store.rows import Row
from db.store.warc import PageError, read_page
from pipelines.article import Article, Rejected
from pipelines.relevance.profile import Profile, profile_of
from pipelines.storing.keys import renew_keys
from pipelines.storing.links import LinkTarget
from pipelines.storing.rows import of_page, parts_of
from pipelines.storing.settle import Ending, Settled

logger = logging.getLogger(__name__)

ARTICLES = ("article", "release", "interview", "commentary", "ticker")  # kinds of pages that health looks at


class PressSpider(LookingSpider):
    name = "press"
    kind = "crawl"  # of run

    profile: Profile
    queue: Queue
    run: int
    outcome: str  # once the run has ended
    detail: Outcome | None

    def __init__(self, sources: str = "", looking: str = Looking.DUE, **facts: Any) -> None:
        """`sources`: ids parted by commas; all that are not paused where empty. `looking`: at which kept articles."""
        super().__init__(**facts)
        self.looking = Looking(looking)
        if self.looking is Looking.YOUNG:
            self.kind = "young"
        self.registry = {source.id: source for source in load()}
        self.reserved = manners().reserved
        self.named = [name for name in sources.split(",") if name]
        wanted = self.named or [s.id for s in self.registry.values() if not s.paused]
        self.hints = {source.id: source.hints() for source in self.registry.values()}
        self.day = today()  # the night is named by the day on which the run began
        self.visits = {name: self.visit(self.registry[name]) for name in wanted if name in self.registry}
        self.rules: list[Row] = []  # of sites, that are not in the books yet
        self.answered = False  # by any site
        self.broken: Outcome | None = None  # what ended the run before its time

    def visit(self, source: Source) -> Visit:
        first = [] if self.looking is Looking.YOUNG else steps(source, date.fromisoformat(self.day))
        return Visit(source=source, night=Night(source=source.id), steps=deque(first))

    def begin(self) -> None:
        self.profile = profile_of(self.settings["TOPIC"])
        self.queue_gone_pages()
        self.add_found_hosts()
        renew_keys(self.archive, self.hints, self.find_target)
        self.run = self.archive.runs.begin(
            [source.row() for source in self.registry.values()],
            kind=self.kind,
            sources=len(self.visits),
            version=self.settings["VERSION"],
            rules_version=self.profile.version,
        )
        self.write_claims()
        self.archive.sources.forget(set(self.registry))
        self.plan_looks(self.day)
        if self.looking is Looking.YOUNG:  # nothing else is asked for
            for visit in self.visits.values():
                self.choose_looks(visit)
                visit.leads, visit.only = deque(), frozenset()
            self.visits = {name: visit for name, visit in self.visits.items() if visit.looks}
        self.queue = Queue(
            archive=self.archive,
            profile=self.profile,
            registry=self.registry,
            hints=self.hints,
            run=self.run,
            length=self.settings.getint("QUEUE_LENGTH"),
            pages=self.settings.getint("PAGES_PER_NIGHT"),
        )

    def add_found_hosts(self) -> None:
        """To the registry of this run; those with something to ask for are visited, of those that are named if any."""
        self.archive.found_hosts.hand_over(host for source in self.registry.values() for host in source.own_hosts)
        self.archive.found_hosts.judge()
        rows, known = self.archive.found_hosts.every(), frozenset(self.registry)
        self.registry = with_found(self.registry, rows)
        self.hints = {source.id: source.hints() for source in self.registry.values()}
        for visit in self.visits.values():
            visit.source = self.registry[visit.source.id]
        wanted = [name for name in named_sources(",".join(self.named), self.registry) if name not in known]
        if self.looking is not Looking.NONE:
            limits = {name: self.settings.getint(f"FOUND_PAGES_{name.upper()}") for name in ("new", "seen", "all")}
            given = rooms(self.archive, rows, PageLimits(**limits), self.day, self.named)
            for source in wanted or [name for name in given if name not in known]:
                self.visits[source] = self.visit(self.registry[source])
                self.visits[source].room = given.get(source, 0)

    @cached_property
    def owners(self) -> Owners:
        return Owners(self.registry.values())

    @cached_property
    def intake(self) -> Intake:
        """Of what found pages give as their own addresses."""
        return Intake.of(self.archive, load_registry(), self.settings)

    def place(self, article: Article) -> Article | Rejected:
        return place(article, self.intake) if (article.found_via or "").startswith(f"{VIA} ") else article

    def find_target(self, url: str) -> LinkTarget:
        return self.owners.target(url)

    def write_claims(self) -> None:
        sources = self.registry.values()
        self.archive.newsrooms.write(
            list(self.registry),
            [row for source in sources for row in rows_of(source.id, source.publisher)],
            [row for source in sources for row in rows_of(source.id, source.newsroom)],
        )

    def night(self, source: str) -> Night:
        """The books of a source; also of one that is not visited but had a page left from a killed crawl."""
        if source not in self.visits:
            self.visits[source] = Visit(
                source=self.registry[source], night=Night(source=source), steps=deque(), done=True
            )
        return self.visits[source].night

    def note_rules(self, source: str, rules: SiteRules) -> None:
        """What a site's robots.txt or tdmrep.json said; the ledger writes it down."""
        if rules.document == "robots.txt" and source in self.registry:
            self.night(source).note_robots(rules.site, rules.verdict)
        self.rules.append(rules.row(source, self.run, self.day))

    def wait_until(self, source: str, until: datetime, status: int) -> None:
        """The site has said when it may be asked again."""
        if source not in self.registry:
            self.no_records = True
            return
        moment = until.isoformat(timespec="seconds")
        self.night(source).waits_until = moment
        self.visits[source].wait(moment, status)

    def end(self, reason: str) -> None:
        """The last word of the run: what it was, and everything closed."""
        self.outcome, self.detail = "completed", None
        if self.broken:
            self.outcome, self.detail = "failed", self.broken
        elif reason not in ("finished", "closespider_timeout"):
            self.outcome, self.detail = "stopped", Code.TEXT.of(text=reason)
        elif any(visit.requests for visit in self.visits.values()) and not self.answered:
            self.outcome, self.detail = "no_source", Code.NO_SOURCE.of()
        elif sums := self.pages_without_end():
            self.outcome, self.detail = "failed", Code.WITHOUT_END.of(sums=sums)
        try:
            self.archive.runs.end(self.run, self.outcome, self.detail)
            refresh(self.archive, self.day)
        except sqlite3.Error as error:  # the disk is full: the next run will find this one unfinished
            logger.error("The end of the run could not be written: %s", error)
        finally:
            self.let_go()

    def pages_without_end(self) -> str:
        """How many of which source, "+1 of heise"; '' where each page that was fetched has ended once."""
        numbers = {name: visit.night.without_end for name, visit in self.visits.items()}
        return ", ".join(f"{number:+} of {name}" for name, number in numbers.items() if number)

    # find

    async def start(self) -> AsyncIterator[Any]:
        for source, until in self.archive.sources.waits().items():
            if source in self.visits:
                self.visits[source].wait(until)
        self.prepare()
        visits = list(self.visits.values())  # before pages of others come to their end: those are not visited
        for row in self.archive.pages.unfinished():
            if article := self.load_unfinished(row):
                self.night(article.source).fetched += 1  # by the run that was killed; it ends in this one
                yield article
        for visit in visits:
            for request in self.go_on(visit):
                yield request

    def load_unfinished(self, row: PageRow) -> Article | None:
        """A page that a killed crawl had kept and not read."""
        if row["source"] not in self.registry:
            return None
        try:
            body, _ = read_page(Path(self.settings["PAGES"]), row)
            parts = parts_of(self.archive, Path(self.settings["PAGES"]), row["id"])
        except PageError as error:
            self.archive.pages.forget(row["id"])
            logger.warning("%s", error)
            return None
        return replace(of_page(row, body, self.hints[row["source"]]), parts=parts)

    def prepare(self) -> None:
        """Feeds show two weeks, and the story is years long: the articles that we know of come first."""
        by_source: dict[str, list[Lead]] = {}
        for article in known_articles():
            day = article.date if article.date and len(article.date) == 10 else None
            by_source.setdefault(article.source, []).append(Lead(url=article.url, published=day))
        for source, leads in by_source.items():
            if source in self.visits:
                self.archive.frontier.queue(self.queue.take(self.visits[source], leads, "known", on_terms=True))

    def go_on(self, visit: Visit) -> Iterator[Request]:
        """The next request of a visit: documents first, then tonight's pages; none where the visit is over.

        Raises nothing: the page that was just fetched must come to its end, whatever is wrong with the next.
        """
        try:
            if not visit.stopped and not self.broken and (request := self.next_request(visit)):
                if visit.seconds() <= self.settings.getfloat("SOURCE_SECONDS"):
                    yield request
                    return
                visit.stopped = Code.TIME_UP.of(seconds=round(visit.seconds(), 1))
        except Exception as error:  # a slip of ours ends the visit to this source, and no other
            if is_of_storage(error):
                self.break_off(error)
            else:
                logger.exception("%s: the visit ends, by a fault of this program", visit.source.id)
                visit.stopped = Code.FAILED.of(why=fault(error))
        visit.done = not self.broken
        visit.end()

    def next_request(self, visit: Visit) -> Request | None:
        if visit.steps:
            return self.ask_step(visit, visit.steps.popleft())
        self.choose_looks(visit)
        first = self.looking is Looking.ALL  # before what is new; else it is looked at kept articles last
        if first and visit.looks:
            return self.ask_look(visit, visit.looks.popleft())
        if not visit.leads:
            visit.leads = self.queue.choose(visit)
        if visit.leads:
            return self.ask_page(visit, visit.leads.popleft())
        return self.ask_look(visit, visit.looks.popleft()) if visit.looks else None

    def stop_on_refusal(self, visit: Visit, failure: Failure, url: str) -> None:
        """A site that says no, and a network that is not there, end the visit for the night."""
        if not visit.stopped and (is_no(failure) or (is_away(failure) and not self.answered)):
            visit.stopped = Code.AT_ADDRESS.of(why=reason_of(failure)[1], url=url)

    # what the pipeline tells

    def count(self, settled: Settled) -> None:
        """What has become of an article, counted once."""
        article, night = settled.article, self.night(settled.article.source)
        match settled.ending:
            case Ending.KEPT:
                night.kept += 1
            case Ending.ALIAS | Ending.AGAIN:
                night.again += 1
            case Ending.REFUSED:
                night.refuse(settled.reason or "", asked=True)
            case Ending.FAILED:
                night.failed += 1
                self.visits[article.source].problem(article.url, settled.outcome or Code.TEXT.of(text=""))
        # What a source shows of its articles, on the topic or not: its health is judged by that.
        judged = settled.ending is Ending.REFUSED and article.verdict and article.page_kind in ARTICLES
        if judged or settled.ending is Ending.KEPT:
            night.lengths.append(len(article.text))
            night.teasers += article.access in ("teaser", "walled")

    def break_off(self, error: BaseException | None) -> None:
        """The archive or the disk cannot be written: the run ends here, and what waits is taken up by the next."""
        if not self.broken:
            self.broken = fault(error)
            logger.error("The crawl stops: %s", self.broken)
            assert self.crawler.engine
            self._closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="failed"))
