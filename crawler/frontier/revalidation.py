"""Conditional requests (RFC 9110, 13): when a document is asked for only if it has changed, and when in any case."""

from datetime import datetime, timedelta

from scrapy import Request

from db.days import BERLIN
from db.store.rows import Row

IN_FULL = timedelta(days=7)  # so often whatever the server says: some answer 304 for ever
NIGHTS = 2  # of "not modified" that are believed where there is news on most nights


def validators(last: Row, *, usual_news: float, at: datetime) -> dict[str, str]:
    """The headers that make a request conditional; none where it must be asked in full, or nothing is known.

    `last`: the row of `addresses`; `usual_news`: the median of new items of the source's nights.
    """
    full_at = last.get("full_at")
    if not full_at or at - datetime.fromisoformat(full_at) >= IN_FULL:
        return {}
    if usual_news > 0 and (last.get("unchanged") or 0) >= NIGHTS:
        return {}
    headers = {"If-None-Match": last.get("etag"), "If-Modified-Since": last.get("modified")}
    return {name: value for name, value in headers.items() if value}


def is_conditional(request: Request | None) -> bool:
    return request is not None and ("If-None-Match" in request.headers or "If-Modified-Since" in request.headers)


def unchanged(last: Row, at: datetime) -> int:
    """On how many nights in a row a document has not changed, tonight's 304 counted in."""
    before: int = last.get("unchanged") or 0
    checked = last.get("checked_at")
    tonight = checked and datetime.fromisoformat(checked).astimezone(BERLIN).date() == at.astimezone(BERLIN).date()
    return before if tonight and before else before + 1
