"""When to come back: Retry-After, and who waits for it."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.policy.site_rules import keeper_of
from db.days import moment

WITH_RETRY_AFTER = (429, 503)
LONGEST_WAIT = timedelta(days=28)  # a longer one is a slip


def asked_to_wait(status: int, retry_after: str | None, now: datetime) -> datetime | None:
    """Until when a site asks to be left alone (RFC 9110, 10.2.3): a number of seconds, or a date."""
    if status not in WITH_RETRY_AFTER or not retry_after:
        return None
    try:
        until = (
            now + timedelta(seconds=int(retry_after)) if retry_after.isdigit() else parsedate_to_datetime(retry_after)
        )
    except (ValueError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(until, now + LONGEST_WAIT) if until > now else None


class RetryAfterMiddleware:
    """A site that says when to come back is not asked again before: neither in this run nor in the next."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        if response.status not in WITH_RETRY_AFTER:
            return response
        retry_after = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
        if until := asked_to_wait(response.status, retry_after, moment()):
            request.meta["dont_retry"] = True
            keeper_of(self.crawler).wait_until(request.meta["source"], until, response.status)
        return response
