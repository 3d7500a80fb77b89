"""GDELT's Article List: files of minutes that move, of which nobody has a list."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from crawler.discovery.requests.request import Done, FinderRequest, is_due, window_of
from crawler.registry.finders import Finder
from db.outcomes import Code

QUARTER = timedelta(minutes=15)
LAG = timedelta(minutes=20)  # a file is there within a quarter of an hour
LATE = timedelta(hours=24)  # after which a file that is missing will not come


def requests(finder: Finder, since: date, until: date, done: Done, now: datetime) -> Iterator[FinderRequest]:
    """The newest day first; the other minutes of its quarters after the usual ones of all, where those are missing.

    A day with few files has more minutes than a night has requests: so none of the usual ones is left out.
    """
    window = window_of(max(since, finder.since), until)
    last = min(window.end, now - LAG).astimezone(UTC)
    while window.start <= last:
        day = last.replace(hour=0, minute=0, second=0, microsecond=0)
        quarters = list(_quarters(day, last))
        for quarter in quarters:
            yield from _asked(finder, _minutes(quarter, finder.minutes), done, now)
        for quarter in quarters:
            if all(_is_missing(minute, done) for minute in _minutes(quarter, finder.minutes)):
                yield from _asked(finder, _minutes(quarter, finder.other_minutes), done, now)
        last = day - QUARTER


def _quarters(first: datetime, last: datetime) -> Iterator[datetime]:
    """The last first."""
    quarter = last - (last - first) % QUARTER
    while quarter >= first:
        yield quarter
        quarter -= QUARTER


def _minutes(quarter: datetime, minutes: Iterable[int]) -> list[datetime]:
    return [quarter + timedelta(minutes=minute) for minute in minutes]


def _asked(finder: Finder, minutes: list[datetime], done: Done, now: datetime) -> Iterator[FinderRequest]:
    for minute in minutes:
        key = key_of(minute)
        asked = done.get(key)
        gone = asked is not None and asked.code is Code.NO_FILE and asked.at - minute >= LATE
        if not gone and minute <= now and is_due(asked, now):
            yield FinderRequest(key=key, url=finder.address.replace("{minute}", key))


def _is_missing(minute: datetime, done: Done) -> bool:
    asked = done.get(key_of(minute))
    return asked is not None and asked.code is Code.NO_FILE


def key_of(minute: datetime) -> str:
    return f"{minute:%Y%m%d%H%M%S}"
