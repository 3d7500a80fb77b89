"""Which outlet reported of an event when, and which did not, as far as it was watched then.

An article belongs to an event if it was published on its day or in the days after it, as on the timeline: all articles
of the archive are on the story, and which of two events close together one is about is not read out of its text.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from db.days import BERLIN
from db.export.tables import Selection
from db.site.counts import SURE
from db.site.events import Event
from db.site.pictures.charts import Period
from db.store.finders.hosts import OUTSIDE

SPANS = (3, 7, 14, 30)  # days after an event that can be chosen; the first is the timeline's

_ARTICLES = f"""select a.id, a.source, a.kind, a.day, a.published, a.published_utc, a.date_precision, a.title, a.lang,
coalesce(c.group_id, a.id) as text, v.voice
from articles as a join voices as v on v.article = a.id left join copies as c on c.article = a.id
where a.published_utc >= ? and a.published_utc < ?
and (not ? or a.source not in ({OUTSIDE})) and {SURE.replace("date_source", "a.date_source")}
order by a.published_utc, a.id"""
_OUTLETS = f"select id, kind from sources where id not in ({OUTSIDE}) order by coalesce(name, id)"
# A night counts where the source was read without a fault, whatever run of it did so.
_NIGHTS = """select source, count(distinct night) from source_nights join runs on runs.id = run
where runs.kind = 'crawl' and state = 'ok' and night between ? and ? group by source"""
_LAST_NIGHT = "select max(night) from source_nights join runs on runs.id = run where runs.kind = 'crawl'"


class Silence(StrEnum):
    """What can be said of an outlet that has no article."""

    SILENT = "silent"  # read in every night in which an article could have been seen
    IN_PART = "watched_in_part"
    NOT_WATCHED = "not_watched"


class EventArticle(NamedTuple):
    id: int
    source: str
    kind: str | None
    day: str
    published: str
    published_utc: str
    date_precision: str | None
    title: str | None
    lang: str | None
    text: int  # the same for copies
    voice: str  # its newsroom, or its own name

    @property
    def has_hour(self) -> bool:
        return self.date_precision in ("minute", "second")


@dataclass(frozen=True, slots=True)
class OutletReport:
    first: EventArticle
    articles: int
    texts: int
    delay: int | None  # days after the event; None where only its month is known


@dataclass(frozen=True, slots=True)
class SilentOutlet:
    source: str
    kind: str | None
    silence: Silence
    nights: int  # in which it was read


@dataclass(frozen=True, slots=True)
class EventReports:
    event: Event
    key: str  # 2024-02-15; of a second event of that day 2024-02-15-2
    span: Period
    nights: int  # in which an article could have been seen, until the last of the archive
    articles: tuple[EventArticle, ...]  # the earliest first
    silent: tuple[SilentOutlet, ...]

    @property
    def texts(self) -> int:
        return len({article.text for article in self.articles})

    @property
    def voices(self) -> int:
        return len({article.voice for article in self.articles})

    def outlets(self, folded: bool = False) -> list[OutletReport]:
        """In the order of their first report; `folded`: those of one newsroom are one."""
        of_outlet: defaultdict[str, list[EventArticle]] = defaultdict(list)
        for article in self.articles:
            of_outlet[article.voice if folded else article.source].append(article)
        return [
            OutletReport(each[0], len(each), len({article.text for article in each}), self.delay(each[0]))
            for each in of_outlet.values()
        ]

    def delay(self, article: EventArticle) -> int | None:
        has_day = self.event.first == self.event.last
        return (date.fromisoformat(article.day) - self.event.first).days if has_day else None


def event_reports(
    connection: sqlite3.Connection, events: Sequence[Event], days: int, registry_only: bool = False
) -> list[EventReports]:
    """`days`: after each event that are looked at; where only its month is known, the month.

    `registry_only`: as if there were no articles at hosts that the registry does not have.
    """
    outlets = connection.execute(_OUTLETS).fetchall()
    (last_night,) = connection.execute(_LAST_NIGHT).fetchone()
    keys: defaultdict[str, int] = defaultdict(int)
    reports = []
    for event in events:
        keys[event.written] += 1
        key = event.written if keys[event.written] == 1 else f"{event.written}-{keys[event.written]}"
        span = (event.first, event.first + timedelta(days) if event.first == event.last else event.last)
        # The crawl of a night sees what was published the day before.
        nights = (span[0] + timedelta(1), min(span[1] + timedelta(1), date.fromisoformat(last_night or "0001-01-01")))
        number = max(0, (nights[1] - nights[0]).days + 1)
        ends = [_midnight(day) for day in (span[0], span[1] + timedelta(1))]
        articles = tuple(EventArticle(*row) for row in connection.execute(_ARTICLES, [*ends, registry_only]))
        read = dict(connection.execute(_NIGHTS, [day.isoformat() for day in nights]).fetchall()) if number else {}
        reporting = {article.source for article in articles}
        silent = (_silent(name, kind, read.get(name, 0), number) for name, kind in outlets if name not in reporting)
        reports.append(EventReports(event, key, span, number, articles, tuple(silent)))
    return reports


def _midnight(day: date) -> str:
    """In Berlin, as articles.published_utc is written."""
    return datetime.combine(day, time(), BERLIN).astimezone(UTC).isoformat(timespec="seconds")


def _silent(source: str, kind: str | None, read: int, nights: int) -> SilentOutlet:
    silence = Silence.NOT_WATCHED if not read else Silence.SILENT if read >= nights else Silence.IN_PART
    return SilentOutlet(source, kind, silence, read)


COLUMNS = (
    *("event", "title", "source", "kind", "newsroom", "state", "first_article", "first_published", "delay_days"),
    *("articles", "texts", "nights_watched", "nights"),
)


def listed(
    connection: sqlite3.Connection, events: Sequence[Event], days: int, registry_only: bool = False
) -> Selection:
    """Of each event all outlets, for a spreadsheet."""
    rows = [row for report in event_reports(connection, events, days, registry_only) for row in _rows(report)]
    return Selection("events", COLUMNS, len(rows), iter(rows))


def _rows(report: EventReports) -> Iterator[Sequence[object]]:
    event = (report.key, report.event.title)
    for each in report.outlets():
        first, numbers = each.first, (each.delay, each.articles, each.texts)
        about = (first.source, first.kind, first.voice, "reported", first.id, first.published)
        yield (*event, *about, *numbers, None, report.nights)
    for silent in report.silent:
        about_silent = (silent.source, silent.kind, None, str(silent.silence), None, None)
        yield (*event, *about_silent, None, 0, 0, silent.nights, report.nights)
