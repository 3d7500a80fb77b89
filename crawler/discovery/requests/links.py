"""Pages of links: each of them, from time to time."""

from collections.abc import Iterator
from datetime import datetime

from crawler.discovery.requests.request import Done, FinderRequest, is_due
from crawler.registry.finders import Finder


def requests(finder: Finder, done: Done, now: datetime) -> Iterator[FinderRequest]:
    for page in finder.pages:
        if is_due(done.get(page), now, again=finder.again):
            yield FinderRequest(key=page, url=page)
