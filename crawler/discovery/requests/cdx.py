"""Indexes of web archives: one host a question, for addresses with one of the words; page after page."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from crawler.discovery.answers.answer import HALVES
from crawler.discovery.requests.request import Done, FinderRequest, Window, is_due, window_of
from crawler.registry.finders import Finder
from db.outcomes import Code

SHORTEST = timedelta(days=31)
FIELDS = "original,timestamp,statuscode,mimetype"


def word_pattern(words: Sequence[str]) -> str:
    """For the key of an address, which is in small letters."""
    return f".*({'|'.join(re.escape(word) for word in words if word.isascii())}).*"


def wayback(
    finder: Finder, hosts: Sequence[str], words: Sequence[str], days: tuple[date, date], done: Done, now: datetime
) -> Iterator[FinderRequest]:
    """All captures of these days, those of each host at once; by halves of the time where that takes too long."""
    since, until = days
    is_open = until >= now.date()
    for host in hosts:
        yield from _captures(finder, (host, word_pattern(words)), window_of(since, until), done, (now, is_open))


def _captures(
    finder: Finder, what: tuple[str, str], window: Window, done: Done, at: tuple[datetime, bool]
) -> Iterator[FinderRequest]:
    host, pattern = what
    now, is_open = at
    start = f"{window.start:%Y%m%d}"
    end = "" if is_open else f"{window.end - timedelta(seconds=1):%Y%m%d}"
    resume: str | None = None
    for _ in range(finder.most_pages):
        key = " ".join(filter(None, (host, f"{start}..{end}", resume)))
        asked = done.get(key)
        slow = asked is not None and asked.code in HALVES
        if not slow and is_due(asked, now, again=finder.again):
            url = _wayback_address(finder, what, (start, end)) + (f"&resumeKey={resume}" if resume else "")
            yield FinderRequest(key=key, query=f"{host} {pattern}", url=url)
        asked = done.get(key)
        if asked is not None and asked.code in HALVES:
            for number, half in enumerate(window.halves(SHORTEST)):
                yield from _captures(finder, what, half, done, (now, is_open and number == 0))
        resume = asked.go_on if asked and asked.was_read else None
        if resume is None:
            return


def _wayback_address(finder: Finder, what: tuple[str, str], days: tuple[str, str]) -> str:
    host, pattern = what
    start, end = days
    parameters = [
        ("url", host),
        ("matchType", "domain"),
        ("from", start),
        *([("to", end)] if end else []),
        ("filter", "statuscode:200"),
        ("filter", "mimetype:text/html"),
        ("filter", f"urlkey:{pattern}"),
        ("collapse", "urlkey"),
        ("fl", FIELDS),
        ("output", "json"),
        ("limit", str(finder.rows)),
        ("showResumeKey", "true"),
    ]
    return f"{finder.address}?{urlencode(parameters)}"


def crawl_list(finder: Finder) -> FinderRequest:
    """The names of the indexes, which a night asks for once."""
    return FinderRequest(key="crawls", url=finder.crawls)


def common_crawl(
    finder: Finder, crawls: Sequence[str], hosts: Sequence[str], words: Sequence[str], done: Done, now: datetime
) -> Iterator[FinderRequest]:
    """`crawls`: names of indexes, the newest first. One that was read has no more to say."""
    pattern = word_pattern(words)
    for crawl in crawls:
        for host in hosts:
            yield from _pages(finder, crawl, (host, pattern), done, now)


def _pages(finder: Finder, crawl: str, what: tuple[str, str], done: Done, now: datetime) -> Iterator[FinderRequest]:
    host, pattern = what
    for page in range(finder.most_pages):
        key = f"{crawl} {host} {page}"
        if is_due(done.get(key), now):
            parameters = [
                ("url", f"*.{host}"),
                ("output", "json"),
                ("filter", f"~urlkey:{pattern}"),
                ("filter", "=status:200"),
                ("page", str(page)),
            ]
            url = f"{finder.address.replace('{crawl}', crawl)}?{urlencode(parameters)}"
            yield FinderRequest(key=key, query=f"{host} {pattern}", url=url)
        asked = done.get(key)
        if asked is None or asked.code is not Code.ROWS_READ:  # past the last page, nothing, or no answer
            return


def crawls_of(names: Sequence[str], since: date, until: date) -> tuple[str, ...]:
    """Those of these weeks; a crawl lasts two."""
    return tuple(name for name in names if since <= _week_of(name) + timedelta(days=14) and _week_of(name) <= until)


def _week_of(name: str) -> date:
    """CC-MAIN-2026-45 → its Monday."""
    year, week = map(int, name.split("-")[-2:])
    return date(year, 1, 4) - timedelta(days=date(year, 1, 4).weekday()) + timedelta(weeks=week - 1)
