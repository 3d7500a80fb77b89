"""The second half of a visit: pages are asked for one at a time, and become articles for the pipeline."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.frontier.visit import Visit
from crawler.policy.answers import declared, facts_of, header, headers_of, is_away, reason_of, was_asked
from crawler.registry.sources import Reserved
from crawler.spiders.parts import PartsSpider
from db.days import moment
from db.outcomes import Code, Outcome, fault
from db.store.connection import is_of_storage
from db.store.crawl.frontier import TRIES
from db.store.rows import Row
from pipelines.article import Article, Hints, Reason, Rights
from pipelines.intake.pagination import further
from pipelines.intake.prefilter import passes
from pipelines.intake.rights import with_headers

logger = logging.getLogger(__name__)


class PagesSpider(PartsSpider):
    """A `lead` is a row of the queue."""

    hints: dict[str, Hints]  # source → what its addresses look like
    visits: dict[str, Visit]  # source → its visit

    def ask_page(self, visit: Visit, lead: Row, headers: dict[str, str] | None = None) -> Request:
        return self.request(
            visit,
            lead["url"],
            headers=headers,
            callback=self.read_response,
            errback=self.page_failed,
            cb_kwargs={"visit": visit, "lead": lead},
            meta={
                "unless_reserved": self.reserved is Reserved.SKIP,
                "handle_httpstatus_list": [] if headers is None else [304],
            },
        )

    def read_response(self, response: Response, visit: Visit, lead: Row) -> Iterator[Request | Article]:
        visit.pages_asked += 1
        visit.night.fetched += 1
        try:
            result = self.page_of(response, visit, lead)
        except Exception as error:  # a slip of ours: the page is asked for again another night
            if is_of_storage(error):
                raise
            logger.exception("%s: could not be read, by a fault of this program", lead["url"])
            self.could_not_read(visit, lead, Code.FAILED.of(why=fault(error)))
            result = None
        if isinstance(result, Request):
            yield result
            return
        yield from self.go_on(visit)  # the next request waits its distance while this page is read
        if result:
            yield result

    def page_of(self, response: Response, visit: Visit, lead: Row) -> Article | Request | None:
        """The page for the pipeline, or a request for where it goes on; None where it has ended here."""
        if not response.body.strip():  # a server's bad moment, not what the page is
            self.record_failure(visit, lead, Reason.UNREACHABLE, Code.EMPTY_ANSWER.of())
            return None
        visit.failures_in_a_row = 0
        kind = header(response, "Content-Type") or ""
        if kind and "html" not in kind.lower():
            self.queue.refuse(visit, lead, Reason.NOT_HTML, Code.CONTENT_TYPE.of(type=kind), asked=True)
            return None
        article = self.article(response, visit, lead)
        article = replace(article, passes=passes(article, self.profile))
        more = further(response.body, response.url) if article.passes else None
        return self.ask_part(visit, article, more) if more else article

    def could_not_read(self, visit: Visit, lead: Row, why: Outcome) -> None:
        """A fault of ours."""
        self.archive.frontier.failed(lead["key"], why, counts=False)
        visit.night.failed += 1
        visit.problem(lead["url"], why)

    def article(self, response: Response, visit: Visit, lead: Row) -> Article:
        return Article(
            source=visit.source.id,
            url=lead["url"],
            hints=self.hints[visit.source.id],
            found_via=lead["found_via"],
            found_at=datetime.fromisoformat(lead["found_at"]),
            title_hint=lead["title"],
            date_hint=lead["date"],
            final_url=response.url,
            fetched_at=moment(),
            status=response.status,
            encoding=declared(response),
            etag=header(response, "ETag"),
            last_modified=header(response, "Last-Modified"),
            rights=with_headers(response.meta.get("rights") or Rights(), headers_of(response)),
            html=response.body,
        )

    def page_failed(self, failure: Failure) -> Iterator[Request]:
        visit, lead = facts_of(failure)
        reason, outcome = reason_of(failure)
        asked = was_asked(failure)
        visit.pages_asked += asked
        visit.night.fetched += asked
        if self.is_answered_by(failure, visit, lead):
            visit.failures_in_a_row = 0
        elif is_away(failure) and not visit.night.answered:
            visit.night.failed += asked
            visit.problem(lead["url"], outcome)  # the whole site is away, and its page has not failed
        else:
            self.record_failure(visit, lead, reason, outcome, asked=asked)
        self.stop_on_refusal(visit, failure, lead["url"])
        yield from self.go_on(visit)

    def is_answered_by(self, failure: Failure, visit: Visit, lead: Row) -> bool:
        """Whether it says what has become of the page for good; then it has ended here."""
        reason, outcome = reason_of(failure)
        if reason in (Reason.UNREACHABLE, Reason.FORBIDDEN):
            return False
        self.queue.refuse(visit, lead, reason, outcome, asked=was_asked(failure))
        if reason is Reason.FOREIGN:
            self.queue.hand_over(self.visits, lead, failure.request.url)  # type: ignore[attr-defined]
        return True

    def record_failure(self, visit: Visit, lead: Row, reason: Reason, why: Outcome, *, asked: bool = True) -> None:
        """A page that could not be had tonight waits for another night, and is given up after some."""
        if self.archive.frontier.failed(lead["key"], why) >= TRIES:
            self.queue.refuse(visit, lead, reason, Code.ON_NIGHTS.of(why=why, number=TRIES), asked=asked)
        else:
            visit.night.failed += asked
        self.could_not_have(visit, reason, why, asked=asked)

    def could_not_have(self, visit: Visit, reason: Reason, why: Outcome, *, asked: bool) -> None:
        """So many in a row end the visit."""
        visit.failures_in_a_row = visit.failures_in_a_row + 1 if asked and reason is Reason.UNREACHABLE else 0
        if visit.failures_in_a_row >= self.settings.getint("FAILURES_IN_A_ROW") and not visit.stopped:
            visit.stopped = Code.PAGES_IN_VAIN.of(number=visit.failures_in_a_row, why=why)
