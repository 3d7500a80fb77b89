"""Looking back: a person's own list of addresses, or the sitemaps and listings of years past."""

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.discovery.address_lists import Entry, read
from crawler.discovery.documents import page_url
from crawler.discovery.leads import Discovery, Lead
from crawler.frontier.revisits import Looking
from crawler.frontier.visit import Step, Visit
from crawler.registry.owners import Owners
from crawler.registry.sources import Source, expand
from crawler.spiders.press import PressSpider
from db.outcomes import Code
from db.problem import Problem
from db.store.rows import Row
from pipelines.identity import key
from pipelines.relevance.profile import profile_of


class BackfillSpider(PressSpider):
    """Within the budgets of a night; what has no room tonight goes on where the same command is given again.

    With `urls`, a file, its addresses are queued and asked for, and nothing else. With `back`, YYYY-MM-DD, sitemaps and
    listings are read to that day: each child sitemap, and each page of a listing, once.
    """

    name = "backfill"
    kind = "backfill"

    def __init__(self, urls: str = "", back: str = "", **facts: Any) -> None:
        self.back = back
        self.entries = read(Path(urls)) if urls else ()
        self.list_name = Path(urls).name
        self.listed: dict[str, list[Entry]] = {}  # source → those of its addresses that are in the list
        self.skipped: list[tuple[str, str]] = []  # (address, what became of it), where nothing is asked for
        self.pages: dict[str, list[set[str]]] = {}  # listing → addresses of articles, page by page
        super().__init__(looking=Looking.NONE, **facts)
        if urls:
            self.visits = self.visits_of_list()
        else:
            self.visits = {name: visit for name, visit in self.visits.items() if visit.steps}

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        begins = profile_of(crawler.settings["TOPIC"]).since.isoformat()
        if kwargs.get("back") and kwargs["back"] < begins:
            raise Problem(
                f"--since {kwargs['back']}: the archive begins on {begins}; "
                "set `since` in the topic's profile to an earlier day first"
            )
        return super().from_crawler(crawler, *args, **kwargs)

    def visit(self, source: Source) -> Visit:
        visit = super().visit(source)
        # a news sitemap shows two days, a feed two weeks: there is nothing to look back on
        fresh = {
            expand(address.url, date.fromisoformat(self.day)) for address in (*source.feeds, *source.news_sitemaps)
        }
        visit.steps = deque(step for step in visit.steps if self.back and step.url not in fresh)
        return visit

    def visits_of_list(self) -> dict[str, Visit]:
        owners = Owners(self.registry.values())
        for entry in self.entries:
            source = owners.of(entry.url) if entry.url else None
            if not entry.url:
                self.skipped.append((f"line {entry.line}", entry.problem or "no address"))
            elif source is None:
                self.skipped.append(
                    (entry.url, "no source of the registry is at this host; add it to the registry first")
                )
            elif source.paused:
                self.skipped.append((entry.url, f"{source.id} is paused: {source.paused}"))
            elif source.id in self.visits:
                self.listed.setdefault(source.id, []).append(entry)
        return {name: self.visits[name] for name in self.listed}

    def prepare(self) -> None:
        fetched = self.archive.runs.fetched_on(self.day)
        for name, visit in self.visits.items():
            visit.steps = deque(self.left_off(step) for step in visit.steps if not self.is_read(step.url))
            visit.room = max(self.settings.getint("PAGES_PER_NIGHT") - (fetched.get(name) or 0), 0)
            if self.entries:
                self.queue_list(visit, self.listed[name])

    def left_off(self, step: Step) -> Step:
        """A listing goes on at the page that the last night did not come to: what is new since has moved all on."""
        number = self.archive.frontier.address(step.url).get("back_page") if step.page else None
        return turned(step, number) if number else step

    def queue_list(self, visit: Visit, entries: Sequence[Entry]) -> None:
        source, hints = visit.source.id, self.hints[visit.source.id]
        leads = [
            Lead(url=entry.url, title=entry.title, published=entry.date if len(entry.date or "") >= 10 else None)
            for entry in entries
            if entry.url  # and a year alone is no date of a page
        ]
        self.archive.frontier.queue(self.queue.take(visit, leads, f"list {self.list_name}", on_terms=True))
        by_key = {key(lead.url, source, hints): lead.url for lead in leads}
        waiting = {row["key"] for row in self.archive.frontier.waiting(source, -1)}
        visit.only = frozenset(by_key) & waiting
        for name, article in self.archive.frontier.known(by_key).items():
            if name not in waiting:
                outcome = f"article {article}" if article else f"refused before ({self.archive.refusals.why(name)})"
                self.skipped.append((by_key[name], outcome))

    # years past

    def since(self) -> str:
        return self.back or super().since()

    def is_read(self, url: str) -> bool:
        """Whether a sitemap or a listing was read to that day already; of an index, its sitemaps say so themselves."""
        last = self.archive.frontier.address(url)
        return bool(last.get("back_to")) and last["back_to"] <= self.back and not json.loads(last.get("more") or "[]")

    def ask_step(self, visit: Visit, step: Step) -> Request:
        return super().ask_step(visit, replace(step, resume=True))  # an answer "not modified" would hide what is old

    def turns(self, visit: Visit, more: Sequence[str]) -> list[str]:
        unread = [url for url in more if not self.is_read(url)]
        room = self.settings.getint("SITEMAPS_PER_NIGHT")
        if len(unread) > room:
            visit.notes.append(Code.SITEMAPS_LEFT.of(number=len(unread) - room, of=len(more)))
        return unread[:room]

    def note_on(self, step: Step, sound: bool) -> Row:
        return {"back_to": self.back} if sound and not step.page else {}

    def is_news(self, step: Step, discovery: Discovery, rows: list[Row]) -> bool:
        """A page with something of the time that was on no earlier one: some sites answer to any number alike."""
        here = {lead.url for lead in discovery.leads}
        seen = self.pages.setdefault(step.origin, [])
        fresh = not here <= set().union(*seen)
        seen.append(here)
        return fresh

    def lead_on(self, visit: Visit, step: Step, more: Sequence[str], *, news: bool) -> bool:
        if not step.page:
            return super().lead_on(visit, step, more, news=news)
        left_off = step.number + 1 if news else None
        reached = {} if news else {"back_to": self.back}
        self.archive.frontier.queue(
            [], {"url": step.origin, "source": visit.source.id, "back_page": left_off} | reached
        )
        if news and len(self.pages[step.origin]) < self.settings.getint("LISTING_PAGES_PER_NIGHT"):
            visit.steps.appendleft(turned(step, step.number + 1))
        elif news:
            visit.notes.append(Code.PAGES_LEFT.of(url=step.origin, page=step.number + 1))
        return news


def turned(step: Step, number: int) -> Step:
    """A later page of a listing."""
    assert step.page
    return replace(step, url=page_url(step.origin, step.page, number), number=number, root=step.origin)
