"""When a kept article is looked at again, and how many of a night's requests that may take."""

import zlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.frontier.visit import Visit
from db.days import there
from db.store.archive import Archive
from db.store.rows import Row

# Of a look that falls within a week or more: so many nights later at most, so that what came in one night spreads.
SPREAD = 7


class Looking(StrEnum):
    """At which of the kept articles a run looks again."""

    DUE = "due"
    ALL = "all"  # whatever is due
    YOUNG = "young"  # those that were hours old when they were fetched, once more on the same day
    NONE = "none"


def next_look(first: str, at: str, changed: bool, distances: Sequence[int]) -> str | None:
    """The night of the next look at an article that came at `first` and was looked at now; None after the last.

    `distances`: in days, since it came. What has changed may change again: it is looked at on the next night.
    """
    began, night = there(first).date(), there(at).date()
    nights = (began + timedelta(days=days + delay(first, days)) for days in distances)
    following = min((each for each in nights if each > night), default=None)
    tomorrow = night + timedelta(days=1)
    if changed and (following is None or following > tomorrow):
        following = tomorrow
    return following.isoformat() if following else None


def delay(first: str, days: int) -> int:
    """Nights that a look is put off, by the moment of the first: the same each time it is asked."""
    return zlib.crc32(f"{first} {days}".encode()) % (days // SPREAD + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revisits:
    archive: Archive
    looking: Looking
    night: str
    share: float  # of the pages of a source and night
    pages: int
    young: timedelta

    def choose(self, visit: Visit, now: datetime) -> deque[Row]:
        """Tonight's looks at articles of a source."""
        room, source = min(self.pages, visit.room), visit.source.id
        match self.looking:
            case Looking.DUE:
                rows = self.archive.revisits.due(source, self.night, max(int(room * self.share), min(room, 1)))
            case Looking.ALL:
                rows = self.archive.revisits.all_of(source, room)
            case Looking.YOUNG:
                day = (now - timedelta(days=1)).isoformat(timespec="seconds")
                since = (now - self.young - timedelta(days=1)).isoformat(timespec="seconds")
                rows = self.archive.revisits.young(source, day, since, room)
                rows = [row for row in rows if self.was_young(row)]
            case Looking.NONE:
                rows = []
        return deque(rows)

    def was_young(self, row: Row) -> bool:
        """When it was fetched."""
        age = datetime.fromisoformat(row["fetched_at"]) - datetime.fromisoformat(row["published_utc"])
        return age <= self.young
