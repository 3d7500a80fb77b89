"""Looks at kept articles again: the same requests, manners and limits as for new pages, and the same counts."""

from collections.abc import Sequence
from datetime import timedelta

from scrapy import Request
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler.frontier.revalidation import is_conditional, unchanged, validators
from crawler.frontier.revisits import Looking, Revisits, next_look
from crawler.frontier.visit import Visit
from crawler.policy.answers import header, reason_of
from crawler.spiders.gone import NOT_THERE, GonePagesSpider
from db.days import moment
from db.outcomes import Code, Outcome
from db.store.rows import Row, now
from db.store.versions import own_title
from pipelines.article import Article, Reason
from pipelines.identity import key
from pipelines.intake.pagination import further
from pipelines.storing import histories


class LookingSpider(GonePagesSpider):
    """A lead of a look has the row of the kept article under "look"."""

    looking = Looking.DUE
    revisits: Revisits
    distances: Sequence[int]  # days, since an article came

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
        lead = {"url": known["url"], "found_via": known["found_via"], "title": own_title(known), "key": ""}
        lead |= {"found_at": known["found_at"] or known["fetched_at"], "look": known}
        lead["date"] = known["published"] if known["date_source"] == "feed" else None
        visit.looking_at[known["url"]] = known
        return self.ask_page(visit, lead, validators(known, usual_news=0, at=moment()))

    def page_of(self, response: Response, visit: Visit, lead: Row) -> Article | Request | None:
        return self.look_of(response, visit, lead) if "look" in lead else super().page_of(response, visit, lead)

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

    def could_not_read(self, visit: Visit, lead: Row, why: Outcome) -> None:
        if "look" in lead:
            self.look_failed(visit, lead["look"], Reason.UNREADABLE, why)
        else:
            super().could_not_read(visit, lead, why)

    def is_answered_by(self, failure: Failure, visit: Visit, lead: Row) -> bool:
        if "look" not in lead:
            return super().is_answered_by(failure, visit, lead)
        status = failure.value.response.status if isinstance(failure.value, HttpError) else 0
        if status in NOT_THERE:
            histories.missing(self.archive, lead["look"], now(), status, self.next_look)
            visit.night.again += 1
        return status in NOT_THERE

    def record_failure(self, visit: Visit, lead: Row, reason: Reason, why: Outcome, *, asked: bool = True) -> None:
        if "look" in lead:
            self.look_failed(visit, lead["look"], reason, why, asked=asked)
        else:
            super().record_failure(visit, lead, reason, why, asked=asked)

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
