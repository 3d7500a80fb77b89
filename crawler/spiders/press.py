"""All papers, one spider: of each source its feeds, sitemaps and listings, then tonight's pages, one at a time."""

import json
import logging
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler import discover
from crawler.answers import declared, facts_of, header, is_no, reason_of, was_asked
from crawler.leads import Form, Found, Lead, Unreadable
from crawler.sources import known_articles, load
from crawler.visit import Step, Visit, steps
from db.archive import TRIES, Archive, Night, Row, berlin_day, now
from db.home import lock_crawl
from db.pages import PageError, read_page
from db.problem import Problem
from pipelines import topic
from pipelines.article import Article, Reason
from pipelines.beside import Beside, Lost
from pipelines.identity import bare_host, key, normal

logger = logging.getLogger(__name__)

INDEXES = 2  # an index of indexes is as deep as real ones go
BIG = 1 << 20  # bytes of a feed or sitemap that is worth a trip to the worker process; below, parsing takes < 50 ms


def rank(profile: topic.Profile, lead: Lead) -> tuple[bool, str]:
    """Leads that carry a term of the profile first, then the newest."""
    return topic.mentions(profile, lead.title, lead.summary, lead.url), lead.date or ""


class UnknownSource(Problem):
    """A source that was asked for is not in the registry."""


class PressSpider(Spider):
    name = "press"

    profile: topic.Profile
    lock: IO[str]
    archive: Archive
    run: int
    beside: Beside
    outcome: str  # once the run has ended
    detail: str

    def __init__(self, sources: str = "", **facts: Any) -> None:
        """`sources`: ids parted by commas; all that are not paused where empty."""
        super().__init__(**facts)
        self.registry = {source.id: source for source in load()}
        wanted = [name for name in sources.split(",") if name] or [s.id for s in self.registry.values() if not s.paused]
        if unknown := [name for name in wanted if name not in self.registry]:
            raise UnknownSource(f"no source '{unknown[0]}' in the registry; 'revierspiegel sources list' shows them")
        self.hints = {source.id: source.hints() for source in self.registry.values()}
        day = date.fromisoformat(berlin_day())
        self.visits = {
            name: Visit(source=source, night=Night(source=name), steps=deque(steps(source, day)))
            for name in wanted
            for source in (self.registry[name],)
        }
        self.broken = ""  # what ended the run before its time

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider: Self = super().from_crawler(crawler, *args, **kwargs)
        spider.profile = topic.load(Path(crawler.settings["TOPIC"]) if crawler.settings["TOPIC"] else None)
        spider.lock = lock_crawl()
        spider.archive = Archive(Path(crawler.settings["ARCHIVE"]))
        spider.run = spider.archive.begin_run(
            [source.row() for source in spider.registry.values()],
            sources=len(spider.visits),
            version=crawler.settings["VERSION"],
            rules_version=spider.profile.version,
        )
        spider.archive.forget_sources(set(spider.registry))
        spider.beside = Beside()
        return spider

    def night(self, source: str) -> Night:
        """The books of a source; also of one that is not visited but had a page left from a killed crawl."""
        if source not in self.visits:
            self.visits[source] = Visit(
                source=self.registry[source], night=Night(source=source), steps=deque(), done=True
            )
        return self.visits[source].night

    def end(self, reason: str) -> None:
        """The last word of the run: what it was, and everything closed."""
        self.outcome, self.detail = "completed", ""
        if self.broken:
            self.outcome, self.detail = "failed", self.broken
        elif reason not in ("finished", "closespider_timeout"):
            self.outcome, self.detail = "stopped", reason
        elif self.visits and not self.anything_answered():
            self.outcome, self.detail = "no_source", "no source could be reached"
        try:
            self.archive.end_run(self.run, self.outcome, self.detail)
        except sqlite3.Error as error:  # the disk is full: the next run will find this one unfinished
            logger.error("The end of the run could not be written: %s", error)
        finally:
            self.beside.close()
            self.archive.close()
            self.lock.close()

    # find

    async def start(self) -> AsyncIterator[Any]:
        for row in self.archive.unfinished_pages():
            if article := self.taken_up(row):
                yield article
        self.queue_known()
        for visit in list(self.visits.values()):
            for request in self.go_on(visit):
                yield request

    def taken_up(self, row: Row) -> Article | None:
        """A page that a killed crawl had kept and not read."""
        if row["source"] not in self.registry:
            return None
        try:
            body, _ = read_page(Path(self.settings["PAGES"]), row)
        except PageError as error:
            self.archive.drop_page(row["id"])
            logger.warning("%s", error)
            return None
        lead = json.loads(row["lead"])
        return Article(
            source=row["source"],
            url=row["url"],
            hints=self.hints[row["source"]],
            found_via=lead["found_via"],
            found_at=datetime.fromisoformat(lead["found_at"]) if lead["found_at"] else None,
            title_hint=lead["title_hint"],
            date_hint=lead["date_hint"],
            encoding=lead["encoding"],
            final_url=row["final_url"],
            fetched_at=datetime.fromisoformat(row["fetched_at"]),
            status=row["status"],
            html=body,
            page=row["id"],
        )

    def queue_known(self) -> None:
        """Feeds show two weeks, and the story is years long: the articles that we know of come first."""
        by_source: dict[str, list[Lead]] = {}
        for known in known_articles():
            by_source.setdefault(known.source, []).append(Lead(url=known.url, date=known.date))
        for source, leads in by_source.items():
            if source in self.visits:
                self.archive.queue(self.take_leads(self.visits[source], leads, "known", on_terms=True))

    def take_leads(self, visit: Visit, leads: list[Lead], found_via: str, *, on_terms: bool = False) -> list[Row]:
        """New leads as rows for the queue; an address on somebody else's host is refused at once."""
        source, hints = visit.source, self.hints[visit.source.id]
        by_key = {key(lead.url, source.id, hints): lead for lead in reversed(leads)}
        known = self.archive.known(by_key)
        self.archive.add_aliases(
            (by_key[name].url, article)
            for name, article in known.items()
            if article and name != normal(by_key[name].url, hints.query_ids)
        )
        rows = []
        for name, lead in by_key.items():
            if name in known:
                continue
            row = {
                "key": name,
                "source": source.id,
                "url": lead.url,
                "title": lead.title,
                "date": lead.date,
                "found_via": found_via,
                "found_at": now(),
                "on_terms": int(on_terms or rank(self.profile, lead)[0]),
            }
            if bare_host(lead.url) in hints.hosts:
                rows.append(row)
            else:
                self.refuse(visit, row, Reason.FOREIGN, f"leads to {bare_host(lead.url)}")
        visit.night.new += len(rows)
        return rows

    def go_on(self, visit: Visit) -> Iterator[Request]:
        """The next request of a visit: documents first, then tonight's pages; none where the visit is over."""
        if visit.seconds() > self.settings.getfloat("SOURCE_SECONDS") and not visit.stopped:
            visit.stopped = f"time is up after {visit.seconds() / 60:.0f} minutes"
        if visit.stopped or self.broken:
            pass
        elif visit.steps:
            yield self.ask_step(visit, visit.steps.popleft())
            return
        else:
            if visit.leads is None:
                visit.leads = self.choose(visit)
            if visit.leads:
                yield self.ask_page(visit, visit.leads.popleft())
                return
        visit.done = not self.broken
        visit.end()

    def choose(self, visit: Visit) -> deque[Row]:
        source, limit = visit.source.id, self.settings.getint("PAGES_PER_NIGHT")
        dropped = self.archive.drop_overflow(source, self.settings.getint("QUEUE_LENGTH"), self.run)
        if dropped:
            visit.night.reasons[Reason.BUDGET] = visit.night.reasons.get(Reason.BUDGET, 0) + dropped
        return deque(self.archive.waiting(source, limit))

    def request(self, visit: Visit, url: str, **facts: Any) -> Request:
        meta = {"source": visit.source.id, "hosts": self.hints[visit.source.id].hosts} | facts.pop("meta", {})
        return Request(url, meta=meta, dont_filter=True, **facts)

    def ask_step(self, visit: Visit, step: Step) -> Request:
        last = self.archive.address(step.url)
        headers = {"If-None-Match": last.get("etag"), "If-Modified-Since": last.get("last_modified")}
        if last.get("open"):
            headers = {}  # "not modified" would hide what was not read the last time
        return self.request(
            visit,
            step.url,
            headers={name: value for name, value in headers.items() if value},
            meta={"handle_httpstatus_list": [304], "download_maxsize": self.settings.getint("DISCOVERY_MAXSIZE")},
            callback=self.read_step,
            errback=self.step_failed,
            cb_kwargs={"visit": visit, "step": step},
        )

    async def read_step(self, response: Response, visit: Visit, step: Step) -> AsyncIterator[Request]:
        visit.read += 1
        if response.status == 304:
            visit.night.listed += self.archive.address(step.url).get("entries") or 0
        else:
            try:
                found = await self.find(response, step)
            except (Unreadable, Lost) as error:
                visit.problem(step.url, str(error))
                visit.unread.add(step.origin)
            else:
                self.take_found(visit, step, response, found)
        if visit.fully_read(step):
            self.archive.close_address(step.origin)
        for request in self.go_on(visit):
            yield request

    async def find(self, response: Response, step: Step) -> Found:
        read = partial(
            discover.read,
            response.body,
            response.url,
            expected=step.form,
            rank=partial(rank, self.profile),
            since=self.profile.since.isoformat(),
            encoding=declared(response),
            link=step.link,
        )
        return await self.beside.run(read) if len(response.body) > BIG else read()

    def take_found(self, visit: Visit, step: Step, response: Response, found: Found) -> None:
        if found.problem and (found.listed or not step.root):  # a listing may end before its last page
            visit.problem(step.url, found.problem)
        visit.night.listed += found.listed
        rows = self.take_leads(visit, list(found.leads), step.url)
        following = self.following(step, found, bool(rows))
        visit.steps.extendleft(reversed(following))
        address = {
            "url": step.url,
            "source": visit.source.id,
            "etag": header(response, "ETag"),
            "last_modified": header(response, "Last-Modified"),
            "checked_at": now(),
            "status": response.status,
            "entries": found.listed,
            "open": int(bool(following) and not step.root),
        }
        self.archive.queue(rows, address)

    def following(self, step: Step, found: Found, news: bool) -> list[Step]:
        """The sitemaps of an index, or the next page of a listing that has news or was not read to its end before."""
        if found.more and step.depth < INDEXES:
            children = found.more[: self.settings.getint("SITEMAPS_PER_NIGHT")]
            return [Step(url=url, form=Form.SITEMAP, depth=step.depth + 1, root=step.origin) for url in children]
        if step.page and step.number < step.last and (news or self.archive.address(step.origin).get("open")):
            url = discover.page_url(step.url, step.page, step.number + 1)
            return [replace(step, url=url, number=step.number + 1, root=step.origin)]
        return []

    def step_failed(self, failure: Failure) -> Iterator[Request]:
        visit, step = facts_of(failure)
        self.take_no(visit, failure, step.url)
        visit.unread.add(step.origin)
        if not visit.stopped:
            visit.problem(step.url, reason_of(failure)[1])
        yield from self.go_on(visit)

    def take_no(self, visit: Visit, failure: Failure, url: str) -> None:
        """A site that says no, and a network that is not there, end the visit for the night."""
        if is_no(failure) or not (was_asked(failure) or self.anything_answered()):
            visit.stopped = f"{reason_of(failure)[1]} ({url})"

    def anything_answered(self) -> bool:
        return any(visit.night.answered for visit in self.visits.values())

    # fetch

    def ask_page(self, visit: Visit, lead: Row) -> Request:
        facts = {"visit": visit, "lead": lead}
        return self.request(visit, lead["url"], callback=self.read_response, errback=self.page_failed, cb_kwargs=facts)

    def read_response(self, response: Response, visit: Visit, lead: Row) -> Iterator[Any]:
        yield from self.go_on(visit)  # the next request waits its distance while this page is read
        visit.night.fetched += 1
        kind = header(response, "Content-Type") or ""
        if kind and "html" not in kind.lower():
            self.refuse(visit, lead, Reason.NOT_HTML, kind)
            return
        yield Article(
            source=visit.source.id,
            url=lead["url"],
            hints=self.hints[visit.source.id],
            found_via=lead["found_via"],
            found_at=datetime.fromisoformat(lead["found_at"]),
            title_hint=lead["title"],
            date_hint=lead["date"],
            final_url=response.url,
            fetched_at=datetime.now(UTC),
            status=response.status,
            encoding=declared(response),
            html=response.body,
        )

    def page_failed(self, failure: Failure) -> Iterator[Request]:
        visit, lead = facts_of(failure)
        reason, detail = reason_of(failure)
        if not was_asked(failure):
            visit.problem(lead["url"], detail)
        elif reason not in (Reason.UNREACHABLE, Reason.FORBIDDEN):
            self.refuse(visit, lead, reason, detail)
        elif self.archive.failed(lead["key"], detail) >= TRIES:
            self.refuse(visit, lead, reason, f"{detail}, on {TRIES} nights")
        visit.night.fetched += isinstance(failure.value, HttpError)
        self.take_no(visit, failure, lead["url"])
        yield from self.go_on(visit)

    def refuse(self, visit: Visit, lead: Row, reason: Reason, detail: str) -> None:
        self.archive.refuse(lead | {"published": lead["date"]}, reason, detail, self.run)
        visit.night.reasons[reason] = visit.night.reasons.get(reason, 0) + 1
