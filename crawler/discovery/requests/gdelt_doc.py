"""GDELT's DOC API: week by week; where an answer is full, by halves of the time."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from w3lib.url import add_or_replace_parameters

from crawler.discovery.answers.answer import HALVES
from crawler.discovery.requests.request import Done, FinderRequest, Window, is_due, weeks, window_of
from crawler.registry.finders import Finder

SHORTEST = timedelta(minutes=60)  # of a timespan: "Timespan is too short"
LATE = timedelta(days=2)


def requests(
    finder: Finder, queries: Sequence[str], since: date, until: date, done: Done, now: datetime
) -> Iterator[FinderRequest]:
    for first, last in weeks(max(since, finder.since), until):
        for query in queries:
            yield from _within(finder, query, window_of(first, last), done, now)


def _within(finder: Finder, query: str, window: Window, done: Done, now: datetime) -> Iterator[FinderRequest]:
    start, end = f"{window.start:%Y%m%d%H%M%S}", f"{window.end:%Y%m%d%H%M%S}"
    key = f"{query} {start}..{end}"
    asked = done.get(key)
    full = asked is not None and asked.code in HALVES  # and will be for ever
    if window.start < now and not full and is_due(asked, now, final=window.end + LATE):
        parameters = {
            "query": query,
            "mode": "ArtList",
            "format": "json",
            "maxrecords": str(finder.rows),
            "sort": "DateDesc",
            "startdatetime": start,
            "enddatetime": end,
        }
        yield FinderRequest(key=key, query=query, url=add_or_replace_parameters(finder.address, parameters))
    asked = done.get(key)
    if asked is not None and asked.code in HALVES:
        for half in window.halves(SHORTEST):
            yield from _within(finder, query, half, done, now)
