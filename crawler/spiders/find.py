"""Asks the finders, one request at a time each, and queues what they name. No page is fetched."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scrapy import Request
from scrapy.http import Response
from tabulate import tabulate
from twisted.python.failure import Failure

from crawler.discovery.answers.answer import FinderAnswer, FoundLead
from crawler.discovery.requests.request import Answered, FinderRequest
from crawler.frontier import asking
from crawler.frontier.finder_visit import COUNTS, FinderVisit
from crawler.frontier.findings import Intake, list_kept
from crawler.policy.answers import NotAllowed, headers_of, reason_of
from crawler.policy.site_rules import SiteRules
from crawler.registry.finders import Finder, FinderKind, load_finders
from crawler.registry.sources import load_registry
from crawler.run import start
from crawler.spiders.session import SessionSpider, UnknownSource
from db.days import day_of, moment, today
from db.outcomes import Code, as_json, from_json
from db.store.archive import Archive
from db.store.finders.books import FinderRequestRow
from db.store.finders.hosts import FoundHostRow, HostState
from db.store.rows import now
from pipelines.article import Reason
from pipelines.relevance.matching import matches, rule_of
from pipelines.relevance.profile import Profile, profile_of

logger = logging.getLogger(__name__)

LONGEST_GAP = 14  # days between two nights of a finder that are made up for
OWN_ARTICLES = 1000  # kept ones, a night
IN_VAIN = 3  # requests in a row that had no answer
ERRORS = list(range(400, 600))  # what they mean, the reader of the finder's answers knows
SETTINGS: dict[str, Any] = {  # where it differs from a crawl: it has books of its own, and no articles
    "EXTENSIONS": {"crawler.reporting.progress.FindProgress": 10},
    "ITEM_PIPELINES": {},
    "CLOSESPIDER_TIMEOUT": 55 * 60,  # seconds; then the crawl begins
}


class FindSpider(SessionSpider):
    name = "find"
    custom_settings = SETTINGS

    profile: Profile
    intake: Intake
    visits: dict[str, FinderVisit]
    outcome = "completed"

    def __init__(self, finders: str = "", since: str = "", until: str = "", dry: str = "", **facts: Any) -> None:
        """`finders`: ids parted by commas, all where empty; `since`, `until`: days; `dry`: nothing is written."""
        super().__init__(**facts)
        self.finders = load_finders()
        self.registry = load_registry()
        wanted = [name for name in finders.split(",") if name]
        try:
            self.wanted = self.finders.of(*wanted)
        except KeyError as error:
            known = ", ".join(finder.id for finder in self.finders.finders)
            raise UnknownSource(f"no finder {error}; there is {known}") from None
        self.since, self.until = since, until
        self.dry = bool(dry)
        self.night = today()
        self.not_asked: list[FinderRequestRow] = []  # where robots.txt disallows it, or cannot be had

    def open_archive(self, path: Path) -> Archive:
        if not self.dry:
            return super().open_archive(path)
        if path.exists():
            archive = Archive(path, read_only=True)
            archive.check_is_current()
            return archive
        self.nowhere = TemporaryDirectory()
        return Archive(Path(self.nowhere.name) / path.name)

    def begin(self) -> None:
        self.profile = profile_of(self.settings["TOPIC"])
        self.intake = Intake.of(self.archive, self.registry, self.settings, dry=self.dry)
        self.visits = {finder.id: self.visit(finder) for finder in self.wanted}
        if not self.dry:
            self.archive.finders.write(finder.row() for finder in self.finders.finders)
            list_kept(self.archive)

    def visit(self, finder: Finder) -> FinderVisit:
        past = self.archive.finder_books.night(finder.id, self.night)
        counts = {name: int(past[name]) if past else 0 for name in COUNTS}  # type: ignore[literal-required]
        visit = FinderVisit(
            finder=finder,
            left=finder.per_night - counts["asked"],
            days=self.days_of(finder),
            done={row["key"]: answered(row) for row in self.archive.finder_books.requests(finder.id)},
            counts=counts,
            past=past,
        )
        until = self.archive.finder_books.waits(finder.id)
        if until and until > now():
            visit.stopped, visit.waits_until = Code.STILL_LEFT_ALONE.of(until=until), until
        elif finder.is_off:
            visit.stopped = Code.PAUSED.of(why=finder.paused or Code.NO_KEY.of(name=finder.key or ""))
        elif not visit.is_left_alone(self.archive.finder_books.anything_answered(self.night)):
            visit.requests = asking.requests(finder, self.profile, self.hosts(), visit.days, visit.done, moment())
        return visit

    def days_of(self, finder: Finder) -> tuple[date, date]:
        """As asked for; else since the night before, or since the last one of this finder."""
        until = date.fromisoformat(self.until or self.night)
        if self.since:
            return asking.start_of(finder, date.fromisoformat(self.since), until), until
        last = self.archive.finder_books.last_night(finder.id, self.night)
        earliest = until - timedelta(days=LONGEST_GAP)
        before = max(date.fromisoformat(last), earliest) if last else until - timedelta(days=1)
        if finder.kind is FinderKind.WAYBACK:  # has no days of its own: it is asked for all of the story's time
            return self.profile.since, until
        return asking.start_of(finder, min(before, until), until), until

    def hosts(self) -> list[str]:
        """Those that are asked for at indexes by host: of the registry's sources, and those found on nights before."""
        own = [source.own_hosts for source in self.registry.sources if not source.paused]
        found = [row["host"] for row in self.intake.hosts.values() if is_old(row, self.night)]
        return asking.apart([*(host for hosts in own for host in sorted(hosts)), *found])

    # what a site tells robots

    def note_rules(self, source: str, rules: SiteRules) -> None:
        """What a finder's site said; it is no run, whose books are the crawls'."""
        if not self.dry:
            self.archive.site_rules.write([rules.row(source, None, self.night)])

    def wait_until(self, source: str, until: datetime, status: int) -> None:
        visit = self.visits[source]
        visit.waits_until = until.isoformat(timespec="seconds")
        visit.stopped = Code.LEFT_ALONE.of(until=visit.waits_until, status=status)

    # ask

    async def start(self) -> AsyncIterator[Any]:
        self.take_what_had_no_room()
        for visit in self.visits.values():
            self.keep_distance(visit.finder)
        for visit in self.visits.values():
            if visit.finder.kind is not FinderKind.OWN_LINKS:
                for request in self.go_on(visit):
                    yield request
        for visit in self.visits.values():
            if visit.finder.kind is FinderKind.OWN_LINKS and not visit.stopped:
                await self.read_own_links(visit)
                visit.over = True
                self.write(visit)

    async def read_own_links(self, visit: FinderVisit) -> None:
        """Of kept articles they are here: nothing is asked."""
        for row in self.archive.links.unread(visit.finder.id, OWN_ARTICLES):
            links = self.archive.links.of(row["article"])
            answer = asking.read_own(links, row["url"], denied=self.intake.denials.is_denied)
            self.take(visit, FinderRequest(key=row["key"], url=row["url"]), answer, None)
            visit.answered = True
            await asyncio.sleep(0)  # others have answers to read

    def keep_distance(self, finder: Finder) -> None:
        if self.settings.getfloat("DOWNLOAD_DELAY") > 0:
            assert self.crawler.engine
            slots = self.crawler.engine.downloader.per_slot_settings
            for host in asking.hosts_of(finder):
                slots[host] = {"delay": float(finder.distance), "concurrency": 1, "jitter": 0}

    def take_what_had_no_room(self) -> None:
        rows = self.archive.findings.without_room(self.settings.getint("FOUND_HOSTS"), self.intake.limits.found_queue)
        for row in rows:
            lead = FoundLead(url=row["url"], title=row["title"], said_date=row["said_date"])
            with self.archive.atomic():
                taken = self.intake.take(row["finder"], row["query"] or "", [lead])
            if visit := self.visits.get(row["finder"]):
                visit.found += taken
                visit.counts["queued"] += sum(match.is_queued for match in taken)

    def go_on(self, visit: FinderVisit) -> Iterator[Request]:
        """The next request of a finder, one at a time."""
        if not visit.stopped:
            wanted = next(visit.requests, None)
            if wanted and visit.left > 0:
                visit.left -= 1
                yield self.request(visit, wanted)
                return
            if wanted:
                visit.problem(wanted.url, Code.REQUESTS_USED.of(number=visit.finder.per_night))
        visit.over = True
        self.write(visit)

    def request(self, visit: FinderVisit, wanted: FinderRequest) -> Request:
        return Request(
            wanted.url,
            headers=asking.request_headers(visit.finder),
            dont_filter=True,
            callback=self.read,
            errback=self.had_no_answer,
            cb_kwargs={"visit": visit, "wanted": wanted},
            meta={
                "source": visit.finder.id,
                "hosts": asking.hosts_of(visit.finder),
                "handle_httpstatus_list": ERRORS,
                "dont_retry": True,
                "download_maxsize": self.settings.getint("DISCOVERY_MAXSIZE"),
            },
        )

    def read(self, response: Response, visit: FinderVisit, wanted: FinderRequest) -> Iterator[Request]:
        visit.answered, visit.in_vain = True, 0
        if wanted.key == asking.CRAWLS:
            answer = asking.read_crawls(response.body, response.status)
        else:
            answer = self.answer(
                visit.finder, asking.Delivered(response.url, response.body, response.status, headers_of(response))
            )
        self.take(visit, wanted, answer, response.status)
        if wanted.key == asking.CRAWLS:
            visit.requests = asking.requests(visit.finder, self.profile, self.hosts(), visit.days, visit.done, moment())
        if answer.stops and not visit.stopped:
            visit.stopped = Code.AT_ADDRESS.of(why=answer.outcome, url=wanted.url)
        elif asking.is_trouble(answer):
            visit.problem(wanted.url, answer.outcome)
        yield from self.go_on(visit)

    def answer(self, finder: Finder, page: asking.Delivered) -> FinderAnswer:
        return asking.read(finder, page, denied=self.intake.denials.is_denied, rule=rule_of(self.profile))

    def is_match(self, lead: FoundLead) -> bool:
        return matches(self.profile, lead.title, lead.sentence, lead.url)

    def take(self, visit: FinderVisit, wanted: FinderRequest, answer: FinderAnswer, status: int | None) -> None:
        """What was named, and that it was asked, in one transaction: a kill between the two can lose neither."""
        finder = visit.finder
        leads = [lead for lead in answer.leads if finder.full_text or self.is_match(lead)][: asking.most(finder)]
        visit.done[wanted.key] = Answered.of(answer, moment())
        with self.archive.atomic():
            found = self.intake.take(finder.id, wanted.query or wanted.url, leads)
            self.intake.note_captures(finder.id, answer.leads, found)
            visit.found += found
            if finder.per_night:
                visit.counts["asked"] += 1
            visit.asked += 1
            visit.counts["rows"] += answer.rows
            visit.counts["bad_lines"] += answer.bad_lines
            visit.counts["matches"] += len(found)
            visit.counts["queued"] += sum(match.is_queued for match in found)
            if not self.dry:
                self.archive.finder_books.write(request_row(finder, wanted, answer, status, len(found)))
                self.archive.finder_books.write_nights([visit.row(self.night)])

    def had_no_answer(self, failure: Failure) -> Iterator[Request]:
        request: Request = failure.request  # type: ignore[attr-defined]
        visit, wanted = request.cb_kwargs["visit"], request.cb_kwargs["wanted"]
        reason, outcome = reason_of(failure)
        not_asked = isinstance(failure.value, NotAllowed)
        if not_asked and reason is Reason.UNREACHABLE and len(asking.hosts_of(visit.finder)) == 1:
            visit.stopped = visit.stopped or Code.AT_ADDRESS.of(why=outcome, url=wanted.url)
        else:
            visit.problem(wanted.url, outcome)
        if not_asked:
            self.not_asked.append(request_row(visit.finder, wanted, FinderAnswer(outcome=outcome), None, 0))
        else:
            visit.in_vain += 1
            self.take(visit, wanted, FinderAnswer(outcome=outcome), None)
        if visit.in_vain >= IN_VAIN and not visit.stopped:
            visit.stopped = Code.PAGES_IN_VAIN.of(number=visit.in_vain, why=outcome)
        yield from self.go_on(visit)

    def write(self, visit: FinderVisit) -> None:
        if not self.dry:
            self.archive.finder_books.write_nights([visit.row(self.night)])

    def closed(self, reason: str) -> None:
        for visit in self.visits.values():
            self.write(visit)
            logger.info("%s: %s", visit.finder.id, json.dumps(visit.row(self.night), ensure_ascii=False))
        if not self.dry and any(visit.answered for visit in self.visits.values()):  # else it was our network
            for row in self.not_asked:
                self.archive.finder_books.write(row)
        self.outcome = "completed" if reason in ("finished", "closespider_timeout") else "stopped"
        self.let_go()


def is_old(row: FoundHostRow, night: str) -> bool:
    """A second `find` in a night asks what the first has asked, and that is nothing."""
    return row["state"] != HostState.DENIED and (day_of(row["first_found"]) or "") < night


def answered(row: FinderRequestRow) -> Answered:
    return Answered(
        code=from_json(row["outcome"])[0].code, at=datetime.fromisoformat(row["asked_at"]), go_on=row["go_on"]
    )


def request_row(
    finder: Finder, wanted: FinderRequest, answer: FinderAnswer, status: int | None, matches: int
) -> FinderRequestRow:
    return FinderRequestRow(
        finder=finder.id,
        key=wanted.key,
        url=wanted.url,
        asked_at=now(),
        status=status,
        rows=answer.rows,
        bad_lines=answer.bad_lines,
        matches=matches,
        go_on=answer.go_on,
        detail=str(answer.outcome),
        outcome=as_json(answer.outcome) or "",
    )


def find(overrides: Mapping[str, Any], finders: Sequence[str], **arguments: str) -> list[FinderVisit]:
    """Ask the finders; returns what came of each. Raises what is wrong with home, registry, finders, archive."""
    spider = start("find", overrides, finders=",".join(finders), **arguments)
    return list(spider.visits.values())


def as_table(visits: Sequence[FinderVisit]) -> list[str]:
    """What came of each finder, in lines."""
    rows = [visit.as_dict() for visit in visits]
    columns = ("finder", "state", *COUNTS)
    lines = tabulate([[row[name] for name in columns] for row in rows], columns, "plain").splitlines()
    return lines + [f"{row['finder']}: {row['detail']}" for row in rows if row["detail"]]
