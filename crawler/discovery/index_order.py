"""In which order the sitemaps of an index are read: the newest first, as far as anything tells."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import zip_longest
from urllib.parse import urlsplit

from crawler.discovery.leads import Lead, as_of
from db.outcomes import Code, Outcome
from pipelines import dates

NUMBER = re.compile(r"\d{1,18}")
YEARS = range(1990, 2100)
MONTH = re.compile(rf"(?<![a-zà-ÿ])(?:{dates.WORD})(?![a-zà-ÿ])")
Numbers = tuple[int, ...]


def newest_first(children: Sequence[Lead], since: str | None, at: datetime) -> tuple[list[str], Outcome | None]:
    """Their addresses, without those that have not changed since that day; and what a reader of the night should know.

    By their dates where these differ; else by dates in their names; else from both ends: some count up, some down.
    """
    last = dates.latest(at)
    days = {child.published[:10] for child in children if child.published and dates.believable(child.published, last)}
    if len(days) > 1:
        ordered = [child.url for child in sorted(children, key=lambda child: as_of(child.published, at), reverse=True)]
    else:
        ordered = by_name([child.url for child in children])
    old = {child.url for child in children if since and child.published and child.published[:10] < since}
    if children and len(old) == len(children):
        return ordered, Code.ALL_SITEMAPS_OLD.of(number=len(children), since=str(since))
    return [url for url in ordered if url not in old], None


def by_name(urls: Sequence[str]) -> list[str]:
    """Those with dates in their names first, from the newest; then the others, by their numbers, from both ends."""
    numbers = {url: tuple(map(int, NUMBER.findall(name_of(url)))) for url in urls}
    forms: dict[str, list[str]] = {}
    for url in urls:
        forms.setdefault(NUMBER.sub("#", name_of(url)), []).append(url)
    dated = {url for same in forms.values() if all(any(map(is_date, numbers[url])) for url in same) for url in same}
    backwards = [url for url in reversed(urls) if url in dated]  # of equals the last
    from_the_end = sorted(backwards, key=lambda url: year_first(numbers[url]), reverse=True)
    counted = [sorted(same, key=numbers.__getitem__) for same in forms.values() if same[0] not in dated]
    return from_the_end + both_ends([url for same in counted for url in same])


def name_of(url: str) -> str:
    """Path and query, with names of months as numbers."""
    parts = urlsplit(url)
    return MONTH.sub(lambda month: str(dates.MONTHS[month[0]]), f"{parts.path}?{parts.query}".lower())


def is_date(number: int) -> bool:
    """A year, a month as 202511 or a day as 20251121."""
    in_month, in_day = number // 100 in YEARS, number // 10_000 in YEARS
    return number in YEARS or (in_month and 1 <= number % 100 <= 12) or (in_day and 101 <= number % 10_000 <= 1231)


def year_first(numbers: Numbers) -> Numbers:
    """25.11.2025 as 2025, 11, 25; of month=11&year=2025 the year first, too."""
    at = next(place for place, number in enumerate(numbers) if is_date(number))
    return numbers[at::-1] + numbers[at + 1 :]


def both_ends(urls: Sequence[str]) -> list[str]:
    """The last, the first, the last but one …"""
    half = len(urls) // 2
    return [url for pair in zip_longest(reversed(urls[half:]), urls[:half]) for url in pair if url is not None]


def once(children: Iterable[Lead | None], url: str, most: int) -> list[Lead]:
    """Each child of the index at `url` once, `most` at most, without the index itself."""
    by_url: dict[str, Lead] = {}
    for child in children:
        if child is not None and child.url != url and len(by_url) < most:
            by_url.setdefault(child.url, child)
    return list(by_url.values())
