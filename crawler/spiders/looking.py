"""Looks at kept articles again: the same requests, manners and limits as for new pages, and the same counts."""

import logging
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from datetime import timedelta

from scrapy import Request
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler.frontier.revalidation import is_conditional, unchanged, validators
from crawler.frontier.revisits import Looking, Revisits, next_look
from crawler.frontier.visit import Visit
from crawler.policy.answers import facts_of, header, is_away, reason_of, was_asked
from crawler.spiders.parts import PartsSpider
from db.days import moment
from db.outcomes import Code, Outcome, fault
from db.store.connection import is_of_storage
from db.store.rows import Row, now
from db.store.versions import own_title
from pipelines.article import Article, Hints, Reason
from pipelines.identity import key
from pipelines.intake.pagination import further
from pipelines.storing import histories

logger = logging.getLogger(__name__)

NOT_THERE = (404, 410)


class LookingSpider(PartsSpider):
    """Between finding and fetching: what is known already."""

    looking = Looking.DUE
    revisits: Revisits
    distances: Sequence[int]  # days, since an article came
    hints: dict[str, Hints]  # source → what its addresses look like

    @abstractmethod
    def page_request(self, visit: Visit, lead: Row, headers: dict[str, str]) -> Request: ...

    @abstractmethod
    def article(self, response: Response, visit: Visit, lead: Row) -> Article: ...

    @abstractmethod
    def could_not_have(self, visit: Visit, reason: Reason, why: Outcome, *, asked: bool) -> None:
        """What a page that could not be had means for the visit."""

    def plan_looks(self, night: str) -> None:
        self.distances = tuple(int(days) for days in self.settings.getlist("REVISIT_DAYS"))
        self.revisits = Revisits(
            archive=self.archive,
            looking=self.looking,
            night=night,
            share=self.settings.getfloat("REVISIT_SHARE"),
            pages=self.settings.getint("PAGES_PER_NIGHT"),
            young=timedelta(hours=self.settings.getfloat("YOUNG_HOURS")),
        )

    def next_look(self, first: str, at: str, changed: bool) -> str | None:
        return next_look(first, at, changed, self.distances)

    def choose_looks(self, visit: Visit) -> None:
        if visit.looks is None:
            visit.looks = self.revisits.choose(visit, moment())

    def ask_look(self, visit: Visit, known: Row) -> Request:
        headers = validators(known, usual_news=0, at=moment())
        lead = {"url": known["url"], "found_via": known["found_via"], "title": own_title(known), "key": ""}
        lead |= {"found_at": known["found_at"] or known["fetched_at"], "look": known}
        lead["date"] = known["published"] if known["date_source"] == "feed" else None
        visit.looking_at[known["url"]] = known
        return self.page_request(visit, lead, headers)

    def read_look(self, response: Response, visit: Visit, lead: Row) -> Iterator[Request | Article]:
        visit.pages_asked += 1
        visit.night.fetched += 1
        try:
            result = self.look_of(response, visit, lead)
        except Exception as error:  # a slip of ours: it is looked at again another night
            if is_of_storage(error):
                raise
            logger.exception("%s: could not be read, by a fault of this program", lead["url"])
            self.look_failed(visit, lead["look"], Reason.UNREADABLE, Code.FAILED.of(why=fault(error)))
            result = None
        if isinstance(result, Request):
            yield result
            return
        yield from self.go_on(visit)
        if result:
            yield result

    def look_of(self, response: Response, visit: Visit, lead: Row) -> Article | Request | None:
        known = lead["look"]
        if response.status == 304 and is_conditional(response.request) and self.is_page_of(response, visit, known):
            histories.unchanged(self.archive, known, now(), unchanged(known, moment()), self.next_look)
            visit.night.again += 1
            visit.failures_in_a_row = 0
            return None
        kind = header(response, "Content-Type") or ""
        wrong = None
        if response.status == 304:
            wrong = Code.UNASKED_304.of()
            self.archive.revisits.plan(known["article"], {"etag": None, "modified": None})  # the next time in full
        if not wrong and not response.body.strip():
            wrong = Code.EMPTY_ANSWER.of()
        if not wrong and kind and "html" not in kind.lower():
            wrong = Code.CONTENT_TYPE.of(type=kind)
        if wrong:
            self.look_failed(visit, known, Reason.UNREACHABLE, wrong)
            return None
        visit.failures_in_a_row = 0
        article = self.article(response, visit, lead)
        more = further(response.body, response.url)
        return self.ask_part(visit, article, more) if more else article

    def is_page_of(self, response: Response, visit: Visit, known: Row) -> bool:
        """Whether an answer is of an address of the article; a redirect takes its conditions along to any page."""
        kept = self.archive.articles.at(key(response.url, visit.source.id, self.hints[visit.source.id]))
        return kept is not None and kept["id"] == known["article"]

    def look_had_no_answer(self, failure: Failure) -> Iterator[Request]:
        visit, lead = facts_of(failure)
        reason, outcome = reason_of(failure)
        asked, known = was_asked(failure), lead["look"]
        status = failure.value.response.status if isinstance(failure.value, HttpError) else 0
        visit.pages_asked += asked
        visit.night.fetched += asked
        if status in NOT_THERE:
            histories.missing(self.archive, known, now(), status, self.next_look)
            visit.night.again += 1
            visit.failures_in_a_row = 0
        elif is_away(failure) and not visit.night.answered:
            visit.night.failed += asked
            visit.problem(lead["url"], outcome)  # the whole site is away, and its page has not failed
        else:
            self.look_failed(visit, known, reason, outcome, asked=asked)
        self.stop_on_refusal(visit, failure, lead["url"])
        yield from self.go_on(visit)

    def look_failed(self, visit: Visit, known: Row, reason: Reason, why: Outcome, *, asked: bool = True) -> None:
        """The visit's trouble, not the article's: another night, and after some in vain when it is next due."""
        visit.night.failed += asked
        histories.failed(self.archive, known["article"], known["fetched_at"], now(), why, self.next_look)
        self.could_not_have(visit, reason, why, asked=asked)

    def goes_on_without(self, visit: Visit, article: Article, failure: Failure) -> bool:
        """Half of a kept article would be taken for another version of it."""
        known = visit.looking_at.get(article.url)
        if known:
            self.look_failed(visit, known, *reason_of(failure))
        return known is None
