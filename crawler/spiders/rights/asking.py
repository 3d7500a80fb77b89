"""Asks sites for robots.txt and tdmrep.json and for nothing else, of which a backfill from files has articles."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest

from crawler.policy.site_rules import SiteRules
from pipelines.identity import bare_host


class NothingElse:
    """Behind the robots middleware, which has asked by then."""

    def process_request(self, request: Request) -> None:
        if not request.meta.get("dont_obey_robotstxt"):
            raise IgnoreRequest("only its rules are wanted")


class RightsSpider(Spider):
    name = "rights"

    def __init__(self, sites: str = "", **facts: Any) -> None:
        """`sites`: JSON of site → source."""
        super().__init__(**facts)
        self.sites: dict[str, str] = json.loads(sites or "{}")
        self.rules: list[tuple[str, SiteRules]] = []

    async def start(self) -> AsyncIterator[Any]:
        for site, source in self.sites.items():
            meta = {"source": source, "hosts": frozenset({bare_host(site)})}
            yield Request(f"{site}/", meta=meta, errback=self.rules_were_read, dont_filter=True)

    def rules_were_read(self, failure: object) -> None:
        """The request itself goes nowhere."""

    def note_rules(self, source: str, rules: SiteRules) -> None:
        self.rules.append((source, rules))

    def wait_until(self, source: str, until: datetime, status: int) -> None:
        """Nothing more is asked."""
