"""The first half of a visit: feeds, sitemaps and listings are asked for, read, and what they lead to is queued."""

import json
from abc import ABC, abstractmethod
from asyncio import get_running_loop
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.discovery import documents
from crawler.discovery.leads import Discovery, Form, Unreadable
from crawler.discovery.markup import unpacks_to_more
from crawler.frontier.findings import listed_matches
from crawler.frontier.queue import Queue, carries_term
from crawler.frontier.revalidation import is_conditional, unchanged, validators
from crawler.frontier.visit import Step, Visit
from crawler.policy.answers import declared, facts_of, header, reason_of
from crawler.spiders.session import SessionSpider
from db.days import moment
from db.outcomes import Code
from db.store.rows import Row, as_json, now
from pipelines.identity import bare_host
from pipelines.relevance.profile import Profile
from pipelines.worker import Lost

INDEXES = 2  # an index of indexes is as deep as real ones go
BIG = 1 << 20  # bytes of an unpacked document that is worth a trip to the worker; below, parsing takes < 50 ms


class FindingSpider(SessionSpider, ABC):
    """What spiders of press sites share; the second half, pages, is theirs."""

    profile: Profile
    queue: Queue

    @abstractmethod
    def go_on(self, visit: Visit) -> Iterator[Request]:
        """The next request of a visit, if any."""

    @abstractmethod
    def stop_on_refusal(self, visit: Visit, failure: Failure, url: str) -> None:
        """What the lack of an answer means for the visit."""

    def request(self, visit: Visit, url: str, **facts: Any) -> Request:
        visit.requests += 1
        meta = {"source": visit.source.id, "hosts": visit.hosts} | facts.pop("meta", {})
        return Request(url, meta=meta, dont_filter=True, **facts)

    def ask_step(self, visit: Visit, step: Step) -> Request:
        last = self.archive.frontier.address(step.url)
        if not step.root and last.get("open"):
            step = replace(step, resume=True)
        headers = {}  # "not modified" would hide what was not read the last time, or read with other eyes
        if not step.resume and last.get("read_by") == self.reading(step):
            usual = self.usual_news.get(visit.source.id, 0)
            headers = validators(last, usual_news=usual, at=moment())
        return self.request(
            visit,
            step.url,
            headers=headers,
            meta={"handle_httpstatus_list": [304], "download_maxsize": self.settings.getint("DISCOVERY_MAXSIZE")},
            callback=self.read_step,
            errback=self.step_failed,
            cb_kwargs={"visit": visit, "step": step},
        )

    @cached_property
    def usual_news(self) -> dict[str, float]:
        return self.archive.runs.usual_news()

    def since(self) -> str:
        """What is older is of no interest: YYYY-MM-DD."""
        return self.profile.since.isoformat()

    def reading(self, step: Step) -> str:
        return f"{self.profile.version} {self.since()} {step.form} {step.link or ''}"

    async def read_step(self, response: Response, visit: Visit, step: Step) -> AsyncIterator[Request]:
        visit.read += 1
        if response.status == 304 and not is_conditional(response.request):
            visit.problem(step.url, Code.UNASKED_304.of())
            visit.unread.add(step.origin)
        elif response.status == 304:
            self.take_unchanged(visit, step)
        else:
            try:
                discovery = await self.find(response, step)
            except (Unreadable, Lost) as error:
                visit.problem(step.url, error.outcome)
                visit.unread.add(step.origin)
            else:
                self.take_discovery(visit, step, response, discovery)
        if visit.fully_read(step):
            self.archive.frontier.close_address(step.origin)
        for request in self.go_on(visit):
            yield request

    def take_unchanged(self, visit: Visit, step: Step) -> None:
        """What the document listed when it was last read, it lists still."""
        last = self.archive.frontier.address(step.url)
        visit.night.listed += last.get("entries") or 0
        counts = {"unchanged": unchanged(last, moment()), "news": self.news_of(step, 0)}
        self.archive.frontier.queue([], {"url": step.url, "checked_at": now()} | counts)
        self.lead_on(visit, step, json.loads(last.get("more") or "[]"), news=False)

    async def find(self, response: Response, step: Step) -> Discovery:
        read = partial(
            documents.read,
            response.body,
            response.url,
            expected=step.form,
            rank=partial(carries_term, self.profile),
            since=self.since(),
            encoding=declared(response),
            link=step.link,
        )
        if not unpacks_to_more(response.body, BIG):
            return read()
        return await get_running_loop().run_in_executor(self.worker, read)

    def take_discovery(self, visit: Visit, step: Step, response: Response, discovery: Discovery) -> None:
        # Where all of it is somebody else's, it is read in full every night: each of them has to say so.
        strange = bool(discovery.leads) and not any(bare_host(lead.url) in visit.hosts for lead in discovery.leads)
        sound = not discovery.problem or bool(
            step.root and not discovery.listed
        )  # a listing may end before its last page
        if discovery.problem and not sound:
            visit.problem(step.url, discovery.problem)
        if discovery.note:
            visit.notes.append(Code.AT_ADDRESS.of(why=discovery.note, url=step.url))
        visit.night.listed += discovery.listed
        archive = discovery.kind is Form.SITEMAP
        visit.note_hosts(discovery.leads)
        rows = self.queue.take(visit, list(discovery.leads), step.url, archive=archive)
        leads_on = self.lead_on(visit, step, discovery.more, news=self.is_news(step, discovery, rows))
        address = {
            "url": step.url,
            "source": visit.source.id,
            "etag": header(response, "ETag") if sound and not strange else None,
            "modified": header(response, "Last-Modified") if sound and not strange else None,
            "checked_at": now(),
            "unchanged": 0,
            "news": self.news_of(step, len(rows)),
            "status": response.status,
            "entries": discovery.listed,
            "more": as_json(discovery.more),
            "read_by": self.reading(step),
            "open": int(leads_on and not step.root),
        }
        if not is_conditional(response.request):
            address["full_at"] = address["checked_at"]
        address |= self.note_on(step, sound)
        source = visit.source
        named = listed_matches(self.profile, self.queue.hints[source.id], source.id, step.url, discovery.leads)
        with self.archive.atomic():
            self.archive.frontier.queue(rows, address)
            self.archive.findings.write(named)

    def is_news(self, step: Step, discovery: Discovery, rows: list[Row]) -> bool:
        """Whether the next page of a listing is worth a look."""
        return bool(rows)

    def note_on(self, step: Step, sound: bool) -> Row:
        """What else the books say of a document that was read."""
        return {}

    def news_of(self, step: Step, new: int) -> int:
        """New leads of a document that was read before, half of those of the last time at least."""
        last = self.archive.frontier.address(step.url)
        return max(new, (last.get("news") or 0) // 2) if last.get("entries") else 0

    def lead_on(self, visit: Visit, step: Step, more: Sequence[str], *, news: bool) -> bool:
        """Whether there is more to read: sitemaps of an index, the next page of a listing with news or half read."""
        steps = []
        if more and step.depth < INDEXES:
            steps = [replace(step, url=url, form=Form.SITEMAP, depth=step.depth + 1) for url in self.turns(visit, more)]
        elif step.page and step.number < step.last and (news or step.resume):
            url = documents.page_url(step.url, step.page, step.number + 1)
            steps = [replace(step, url=url, number=step.number + 1)]
        visit.steps.extendleft(replace(following, root=step.origin) for following in reversed(steps))
        return bool(steps)

    def turns(self, visit: Visit, more: Sequence[str]) -> list[str]:
        """Tonight's sitemaps of an index.

        The newest; those that had news when they were last read again; and of the others those not read for longest.
        """
        room = self.settings.getint("SITEMAPS_PER_NIGHT")
        if len(more) <= room:
            return list(more)
        visit.notes.append(Code.SITEMAPS_IN_TURN.of(number=len(more) - room, of=len(more)))
        past = self.archive.frontier.addresses(more)
        fresh = sorted((url for url in more if past.get(url, {}).get("news")), key=lambda url: -past[url]["news"])
        first = list(dict.fromkeys([*more[:1], *fresh[: (room - 1) // 2], *more]))[: room - room // 2]
        others = [url for url in more if url not in first]
        others.sort(key=lambda url: past.get(url, {}).get("checked_at") or "")
        return first + others[: room // 2]

    def step_failed(self, failure: Failure) -> Iterator[Request]:
        visit, step = facts_of(failure)
        self.stop_on_refusal(visit, failure, step.url)
        visit.unread.add(step.origin)
        if not visit.stopped:
            visit.problem(step.url, reason_of(failure)[1])
        yield from self.go_on(visit)
