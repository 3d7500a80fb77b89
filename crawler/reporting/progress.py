"""Tells on stderr how far the crawl is: one line that changes at a terminal, a plain line now and then elsewhere."""

import sys
import time
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from crawler.frontier.visit import Visit
from crawler.reporting.context import check_of, crawl_of, find_of
from crawler.spiders.check import CheckVisit

SECONDS = 1.0
SECONDS_PLAIN = 30.0


class Progress:
    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.terminal = sys.stderr.isatty()
        self.began = time.monotonic()
        crawler.signals.connect(self.opened, signal=signals.spider_opened)
        crawler.signals.connect(self.closed, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not crawler.settings.getbool("PROGRESS"):
            raise NotConfigured
        return cls(crawler)

    def opened(self) -> None:
        self.telling = create_looping_call(self.tell)
        self.telling.start(SECONDS if self.terminal else SECONDS_PLAIN, now=False)

    def closed(self) -> None:
        if self.telling.running:
            self.telling.stop()
        self.tell()
        if self.terminal:
            sys.stderr.write("\n")

    def tell(self) -> None:
        line = self.line()
        sys.stderr.write(f"\r\033[K{line}" if self.terminal else f"{line}\n")
        sys.stderr.flush()

    def line(self) -> str:
        visits = list(crawl_of(self.crawler).visits.values())
        nights = [visit.night for visit in visits]
        done = sum(visit.done for visit in visits)
        fetched, kept, refused = (
            sum(getattr(night, name) for night in nights) for name in ("fetched", "kept", "refused")
        )
        counts = f"{done}/{len(visits)} sources, {fetched} pages, {kept} kept, {refused} refused"
        left = max((self.left(visit) for visit in visits if not visit.done), default=0.0)
        return (
            f"{counts}, about {left / 60:.0f} min left"
            if left >= 90
            else counts
            if not left
            else f"{counts}, about {left:.0f} s left"
        )

    def left(self, visit: Visit) -> float:
        """Seconds: requests that are still to be made of the source, at its distance and the pace of its answers."""
        requests: int = visit.night.fetched + visit.read + 1
        pace = max(self.distance(visit), visit.seconds() / requests)
        tonight = self.crawler.settings.getint("PAGES_PER_NIGHT")
        leads: int = min(visit.night.new, tonight) if visit.leads is None else len(visit.leads)
        return float(pace * (len(visit.steps) + leads + 1))

    def distance(self, visit: Visit | CheckVisit) -> float:
        assert self.crawler.engine
        slots = self.crawler.engine.downloader.slots
        return float(max((slots[host].delay for host in visit.source.own_hosts if host in slots), default=0))


class CheckProgress(Progress):
    """Of `sources check`."""

    def line(self) -> str:
        visits = list(check_of(self.crawler).visits.values())
        addresses = sum(len(visit.candidates) + sum(probe.asked for probe in visit.probes.values()) for visit in visits)
        left = max((visit.todo * self.distance(visit) for visit in visits if not visit.done), default=0.0)
        done = f"{sum(visit.done for visit in visits)}/{len(visits)} sources, {addresses} addresses"
        return f"{done}, about {left:.0f} s left" if left else done


class FindProgress(Progress):
    """Of `find`."""

    def line(self) -> str:
        visits = list(find_of(self.crawler).visits.values())
        matches, asked = sum(len(visit.found) for visit in visits), sum(visit.asked for visit in visits)
        left = max((visit.seconds_left() for visit in visits if not visit.over), default=0.0)
        done = f"{sum(visit.over for visit in visits)}/{len(visits)} finders, {asked} requests, {matches} matches"
        return f"{done}, at most {left / 60:.0f} min left" if left >= 90 else done
