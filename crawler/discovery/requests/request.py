"""What to ask a finder, in order; and what need not be asked, because it was.

A finder's requests are a generator. Whoever asks writes down what became of each (`done`, by its key) before he takes
the next: what comes next depends on it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from crawler.discovery.answers.answer import COMPLETE, HALVES, FinderAnswer
from db.days import BERLIN
from db.outcomes import Code


@dataclass(frozen=True, slots=True, kw_only=True)
class FinderRequest:
    key: str  # what is asked, without secrets: by it the answer is remembered
    url: str
    query: str = ""  # what was looked for, as a reader is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of a request."""

    code: Code  # of its outcome
    at: datetime
    go_on: str | None = None

    @classmethod
    def of(cls, answer: FinderAnswer, at: datetime) -> "Answered":
        return cls(code=answer.outcome.code, at=at, go_on=answer.go_on)

    @property
    def was_read(self) -> bool:
        return self.code in COMPLETE or self.code in HALVES


Done = Mapping[str, Answered]  # key → what became of it last; may grow while requests are made


def is_due(asked: Answered | None, now: datetime, *, final: datetime | None = None, again: int | None = None) -> bool:
    """Whether to ask: not twice in a night, nothing that was refused, and what was read only where more can have come.

    `final`: when no more can come to that answer; `again`: days after which more has come.
    """
    if asked is None:
        return True
    if asked.code is Code.REFUSED_QUERY or asked.at.astimezone(BERLIN).date() == now.astimezone(BERLIN).date():
        return False
    if not asked.was_read:
        return True
    stale = again is not None and now - asked.at >= timedelta(days=again)
    return stale or (final is not None and asked.at < final)


@dataclass(frozen=True, slots=True)
class Window:
    """From a moment on, up to another."""

    start: datetime
    end: datetime

    def halves(self, shortest: timedelta) -> "tuple[Window, ...]":
        """Both, the newer first; none where they would be shorter than that."""
        middle = self.start + (self.end - self.start) / 2
        middle = middle.replace(second=0, microsecond=0)
        if middle - self.start < shortest:
            return ()
        return Window(middle, self.end), Window(self.start, middle)


def window_of(since: date, until: date) -> Window:
    """All of these days, as the indexes count them."""
    return Window(start_of(since), start_of(until + timedelta(days=1)))


def start_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def weeks(since: date, until: date) -> Iterator[tuple[date, date]]:
    """Mondays to Sundays, whole, so that a night asks what others have asked; the newest first."""
    monday = until - timedelta(days=until.weekday())
    while monday + timedelta(days=6) >= since:
        yield monday, monday + timedelta(days=6)
        monday -= timedelta(days=7)


def months(since: date, until: date) -> Iterator[tuple[date, date]]:
    """First to last days, whole; the newest first."""
    first = until.replace(day=1)
    while True:
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        if last < since:
            return
        yield first, last
        first = (first - timedelta(days=1)).replace(day=1)
