"""Media Cloud's search: month by month, page after page, in its collections."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from w3lib.url import add_or_replace_parameters

from crawler.discovery.requests.request import Done, FinderRequest, is_due, months, start_of
from crawler.registry.finders import Finder

PLATFORM = "onlinenews-mediacloud"
LATE = timedelta(days=14)  # after which few stories of a month are still to be taken in
MOST_PAGES = 10


def headers(secret: str) -> dict[str, str]:
    """Apart from the request, which is written down."""
    return {"Authorization": f"Token {secret}"}


def requests(
    finder: Finder, queries: Sequence[str], since: date, until: date, done: Done, now: datetime
) -> Iterator[FinderRequest]:
    for first, last in months(max(since, finder.since), until):
        for query in queries:
            yield from _pages(finder, query, (first, last), done, now)


def _pages(finder: Finder, query: str, days: tuple[date, date], done: Done, now: datetime) -> Iterator[FinderRequest]:
    first, last = days
    parameters = {
        "q": query,
        "start": first.isoformat(),
        "end": last.isoformat(),
        "platform": PLATFORM,
        "cs": ",".join(map(str, finder.collections)),
        "page_size": str(finder.rows),
    }
    token: str | None = None
    for _ in range(MOST_PAGES):
        key = " ".join(filter(None, (query, f"{first}..{last}", token)))
        if is_due(done.get(key), now, final=start_of(last) + LATE):
            more = {"pagination_token": token} if token else {}
            yield FinderRequest(key=key, query=query, url=add_or_replace_parameters(finder.address, parameters | more))
        asked = done.get(key)
        token = asked.go_on if asked and asked.was_read else None
        if token is None:
            return
