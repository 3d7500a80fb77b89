"""Pages that are gone: where the setting allows it, the text of one is taken from the copy that Common Crawl has.

The page itself was asked for first, so that today's robots.txt allows it; nothing is taken that is reserved, whether
the site says so, the answer, or the page as it was captured.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler.discovery.leads import as_of
from crawler.frontier.visit import Visit
from crawler.policy.answers import facts_of, headers_of, reason_of
from crawler.registry.finders import FinderKind, load_finders
from crawler.spiders.pages import PagesSpider
from crawler.webarchive.captured import CapturedPage, read_record
from db.days import moment
from db.outcomes import Outcome
from db.store.finders.captures import COMMON_CRAWL
from db.store.finders.findings import VIA
from db.store.rows import Row, now
from pipelines.article import Article, Reason, Rights
from pipelines.identity import bare_host
from pipelines.intake.rights import with_headers, with_page

NOT_THERE = (404, 410)


class GonePagesSpider(PagesSpider):
    no_records = False  # the archive has said no: nothing more is asked of it in this run

    @cached_property
    def records(self) -> str:
        """Where the archive has its files; '' where it is not to be asked."""
        finders = (each for each in load_finders().finders if each.kind is FinderKind.COMMONCRAWL and not each.paused)
        return next((finder.records for finder in finders), "")

    def queue_gone_pages(self) -> None:
        """Once more, those of which an index has named a copy since; before the hosts of the night are chosen."""
        if self.settings.getbool("FETCH_GONE_PAGES"):
            facts = {"found_via": f"{VIA} {COMMON_CRAWL}", "found_at": now(), "on_terms": 1}
            rows = [row | facts for row in self.archive.captures.gone()]
            self.archive.frontier.queue(row | {"as_of": as_of(row["date"], moment())} for row in rows)

    def page_failed(self, failure: Failure) -> Iterator[Request]:
        visit, lead = facts_of(failure)
        if (request := self.ask_record(failure, visit, lead)) is None:
            yield from super().page_failed(failure)
            return
        visit.pages_asked += 1
        visit.night.fetched += 1
        visit.failures_in_a_row = 0
        yield request
        yield from self.go_on(visit)

    def ask_record(self, failure: Failure, visit: Visit, lead: Row) -> Request | None:
        error = failure.value
        if not isinstance(error, HttpError) or error.response.status not in NOT_THERE or "look" in lead:
            return None
        if not self.settings.getbool("FETCH_GONE_PAGES") or self.no_records or not self.records:
            return None
        rights = failure.request.meta.get("rights") or Rights()  # type: ignore[attr-defined]
        rights = with_page(with_headers(rights, headers_of(error.response)), error.response.body)
        record = self.archive.captures.to_fetch(lead["key"])
        if record is None or is_reserved(rights):
            return None
        self.archive.captures.tried(lead["key"], now())
        first, length = record["offset"] or 0, record["length"] or 0
        return Request(
            urljoin(self.records, record["file"] or ""),
            headers={"Range": f"bytes={first}-{first + length - 1}", "Accept-Encoding": "identity"},
            dont_filter=True,
            callback=self.read_copy,
            errback=self.copy_failed,
            cb_kwargs={"visit": visit, "lead": lead | {"gone": reason_of(failure)[1], "said": rights}},
            meta={
                "source": COMMON_CRAWL,
                "hosts": frozenset({bare_host(self.records)}),
                "handle_httpstatus_list": list(range(400, 600)),
                "dont_retry": True,
                "download_maxsize": length,  # who pays no heed to the range sends a gigabyte
            },
        )

    def read_copy(self, response: Response, visit: Visit, lead: Row) -> Iterator[Article]:
        self.no_records |= response.status in (403, 429) or response.status >= 500
        page = read_record(response.body, lead["url"]) if response.status == 206 else None
        if isinstance(page, CapturedPage) and not is_reserved(rights := rights_of(lead, page)):
            self.archive.captures.dated(lead["key"], page.captured_at.isoformat(timespec="seconds"))
            yield replace(
                self.article(response, visit, lead),
                final_url=lead["url"],
                fetched_at=page.captured_at,  # as the page was then
                status=200,
                encoding=page.encoding,
                etag=None,
                last_modified=None,
                rights=rights,
                html=page.body,
            )
        else:
            self.refuse_gone(visit, lead)

    def copy_failed(self, failure: Failure) -> Iterator[Request]:
        visit, lead = facts_of(failure)
        self.no_records = True
        self.refuse_gone(visit, lead)
        yield from ()

    def refuse_gone(self, visit: Visit, lead: Row) -> None:
        why: Outcome = lead["gone"]
        self.queue.refuse(visit, lead, Reason.MISSING, why, asked=True)


def rights_of(lead: Row, page: CapturedPage) -> Rights:
    """What the site says today, and what the page said then."""
    return with_page(with_headers(lead["said"], page.headers), page.body)


def is_reserved(rights: Rights) -> bool:
    return bool(rights.reserved) or rights.noarchive
