"""GDELT's Article List: files of minutes that move, of which nobody has a list."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from crawler.discovery.requests.request import Done, FinderRequest, is_due, window_of
from crawler.registry.finders import Finder
from db.outcomes import Code

QUARTER = timedelta(minutes=15)
LAG = timedelta(minutes=20)  # a file is there within a quarter of an hour
LATE = timedelta(hours=24)  # after which a file that is missing will not come


def requests(finder: Finder, since: date, until: date, done: Done, now: datetime) -> Iterator[FinderRequest]:
    """The newest first. The other minutes of a quarter only where all of the usual ones are missing."""
    window = window_of(max(since, finder.since), until)
    last = min(window.end, now - LAG).astimezone(UTC)
    quarter = last - (last - datetime(1970, 1, 1, tzinfo=UTC)) % QUARTER
    while quarter >= window.start:
        usual = [quarter + timedelta(minutes=minute) for minute in finder.minutes]
        yield from _asked(finder, usual, done, now)
        if all(_is_missing(minute, done) for minute in usual):
            yield from _asked(
                finder, [quarter + timedelta(minutes=minute) for minute in finder.other_minutes], done, now
            )
        quarter -= QUARTER


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
