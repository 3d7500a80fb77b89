"""What the front page and the timeline show: counted in a process of its own, all of a page as of one moment."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from sqlite3 import Connection
from typing import Any

from db.days import BERLIN
from db.site.events import Event
from db.site.pictures.charts import Period
from db.store.finders.catalogue import outside
from db.store.finders.findings import BY_FINDER
from db.store.finders.hosts import OUTSIDE

# Dates that had to be understood, and may be the date of something else (articles.date_source).
GUESSED = ("text", "url", "script", "htmldate")
_GUESSED = ", ".join(f"'{name}'" for name in GUESSED)
SURE = f"coalesce(date_source, '') not in ({_GUESSED})"

# Which articles: all, or none at hosts that the registry does not have.
ALL, REGISTRY_ONLY = "true", f"source not in ({OUTSIDE})"
# The day in Berlin, as `from:` and `to:` of the search do.
DAYS = f"""select day, {{by}}, coalesce(date_source in ({_GUESSED}), 0) as guessed,
count(*) as number from articles where {{which}} group by 1, 2, 3"""
# Of each text one article: the first, of those with a day that is sure.
_FIRST = f"order by day is null, coalesce(date_source in ({_GUESSED}), 0), published_utc, id"
FIRST = f"""(select id, source, kind, day, month, date_source, row_number() over (partition by coalesce(group_id, id)
{_FIRST}) as place from articles left join copies on article = id where {{which}}) where place = 1"""
# The others, which are not counted where texts are: of 100,000 articles a few thousand.
OTHERS = f"""select day, {{by}}, coalesce(date_source in ({_GUESSED}), 0) as guessed, -count(*) as number from (
select day, {{by}}, date_source, row_number() over (partition by group_id {_FIRST}) as place
from copies join articles indexed by idx_articles_facts on id = article where group_id is not null and {{which}})
where place > 1 group by 1, 2, 3"""
# Nobody lists all that a found host publishes: it has no share. What a finder alone has named was not listed either.
LED_TO = f"""left join (select run as in_run, source as of_source, count(*) as led_to from articles
where {BY_FINDER} group by 1, 2) on in_run = source_nights.run and of_source = source_nights.source"""
LISTED = "sum(max(source_nights.kept - coalesce(led_to, 0), 0))"
ENDED = "runs.kind = 'crawl' and runs.outcome is not 'running'"  # a night that is under way has no share yet
SHARES = f"""select substr(night, 1, 7) as month, count(distinct night) as nights,
count(distinct source_nights.source) as sources, sum(source_nights.listed) as listed, sum(source_nights.new) as new,
{LISTED} as kept, round(100.0 * {LISTED} / sum(source_nights.new), 2) as per_cent
from source_nights join runs on runs.id = source_nights.run {LED_TO}
where {ENDED} and source_nights.answered and {REGISTRY_ONLY} group by 1 order by 1"""
# The same by outlet, for all nights.
OUTLETS = f"""select source, count(distinct night) as nights, sum(source_nights.new) as new,
{LISTED} as kept, round(100.0 * {LISTED} / sum(source_nights.new), 2) as per_cent
from source_nights join runs on runs.id = source_nights.run {LED_TO}
where {ENDED} and source_nights.answered and {REGISTRY_ONLY} group by 1 order by 1"""
NIGHTS = {"kind": SHARES, "source": OUTLETS}
# What changes whenever their answers do: 1 ms, where 150,000 rows take 300.
RUNS = "select count(*), max(id), max(ended), sum(outcome is not 'running') from runs"
LEFT = "select count(*) from tombstones"

AROUND = 3  # days before and after an event
NAMED = 4  # articles of the event's day whose hour is not known
# The first whose page tells the hour; those that tell only the day may have been earlier on it.
_ABOUT = "select id, title, lang, source, published, published_utc from articles"
FIRST_REPORT = f"""{_ABOUT} where published_utc >= :start and published_utc < :end
and date_precision in ('minute', 'second') and {SURE} and {{which}} order by published_utc, id limit 1"""
BARE_REPORTS = f"""{_ABOUT} where published_utc >= :start and published_utc < :end
and date_precision = 'day' and {SURE} and {{which}} order by published_utc, id limit {NAMED + 1}"""

NEWEST = 10
BY_MONTH = "select month, kind, sum(number) from _combinations where number > 0 and {which} group by month, kind"
TEXTS_FEWER = """select count(*) - count(distinct group_id) from copies
where group_id is not null and ({which})"""
OF_ARTICLE = f"article in (select id from articles indexed by idx_articles_source where {REGISTRY_ONLY})"
REFUSED = "select reason, count(*) from refusals group by reason order by 2 desc, 1"
NEWEST_ARTICLES = f"""
    select id, title, source, published, day, kind, page_kind, lang, access, substr(text, 1, 400) as text
    from articles where {{which}} order by published_utc desc, id desc limit {NEWEST}
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """Articles by the day and the kind of their source; and how many are in no picture."""

    days: Mapping[date, Mapping[str, int]]
    undated: int
    guessed: int  # with a date that had to be understood
    to_come: int  # dated after today: a slip of the page

    def between(self, first: date, last: date) -> int:
        return sum(sum(self.days[day].values()) for day in each_day(first, last) if day in self.days)


@dataclass(frozen=True, slots=True)
class EventReport:
    """An event, and what the archive has of it. Where only its month is known, nothing can be first after it."""

    event: Event
    span: Period  # the days around it, or its month
    number: int = 0  # articles in these days
    first: dict[str, Any] | None = None
    bare: Sequence[dict[str, Any]] = ()  # of the same day, or before it, without an hour


@dataclass(frozen=True, slots=True)
class TimelineNumbers:
    counts: Counts
    texts: Counts  # each where it was first
    reports: Sequence[EventReport]
    outlets: Mapping[str, str]  # source → its name
    outside: frozenset[str]  # sources that the registry does not have


def each_day(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(number) for number in range((last - first).days + 1))


def days_by(connection: Connection, by: str, today: date, folded: bool = False, registry_only: bool = False) -> Counts:
    """By kind or source; `folded`: texts, each where it was first."""
    return both_by(connection, by, today, registry_only)[folded]


def both_by(connection: Connection, by: str, today: date, registry_only: bool) -> tuple[Counts, Counts]:
    """Articles; texts, each where it was first."""
    which = REGISTRY_ONLY if registry_only and _has(connection, "found_hosts") else ALL
    numbers: Counter[tuple[Any, ...]] = Counter()
    counts = []
    for sql, table in ((DAYS, "articles"), (OTHERS, "copies")):
        if _has(connection, table):
            for *place, number in connection.execute(sql.format(by=by, which=which)):
                numbers[tuple(place)] += number
        counts.append(count(((*place, number) for place, number in numbers.items() if number), today))
    return counts[0], counts[1]


def timeline_numbers(
    connection: Connection, by: str, today: date, registry_only: bool, events: Sequence[Event]
) -> TimelineNumbers:
    connection.execute("begin")
    counts, texts = both_by(connection, by, today, registry_only)
    names = "select id, coalesce(name, id) from sources"
    return TimelineNumbers(
        counts=counts,
        texts=texts,
        reports=[event_report(connection, counts, event, registry_only) for event in events],
        outlets=dict(map(tuple, connection.execute(names))) if _has(connection, "sources") else {},
        outside=outside(connection),
    )


def event_report(connection: Connection, counts: Counts, event: Event, registry_only: bool) -> EventReport:
    if not counts.days:
        return EventReport(event, (event.first, event.last))
    if event.first != event.last:
        return EventReport(event, (event.first, event.last), counts.between(event.first, event.last))
    span = event.first - timedelta(AROUND), event.first + timedelta(AROUND)
    params = {"start": _utc(event.first), "end": _utc(span[1] + timedelta(1))}
    which = REGISTRY_ONLY if registry_only else ALL
    first = connection.execute(FIRST_REPORT.format(which=which), params).fetchone()
    until = {"end": first["published_utc"]} if first else {}
    bare = [dict(row) for row in connection.execute(BARE_REPORTS.format(which=which), params | until)]
    return EventReport(event, span, counts.between(*span), dict(first) if first else None, bare)


def _utc(day: date) -> str:
    """Its midnight in Berlin, as articles.published_utc is written."""
    return datetime.combine(day, time(), BERLIN).astimezone(UTC).isoformat(timespec="seconds")


def nights_change_with(connection: Connection) -> tuple[object, ...] | None:
    """None where no night can be in them yet."""
    if not (_has(connection, "source_nights") and _has(connection, "runs")):
        return None
    left = connection.execute(LEFT).fetchone() if _has(connection, "tombstones") else ()
    return (*connection.execute(RUNS).fetchone(), *left, outside(connection))


def nights_by(connection: Connection, by: str) -> list[dict[str, Any]]:
    sql = NIGHTS[by] if _has(connection, "found_hosts") else NIGHTS[by].replace(REGISTRY_ONLY, ALL)
    return [dict(row) for row in connection.execute(sql)]


@dataclass(frozen=True, slots=True)
class FrontNumbers:
    newest: Sequence[dict[str, Any]] = ()
    sources: Sequence[dict[str, Any]] = ()
    months: Sequence[tuple[str, str, int]] = ()  # month, kind, articles
    refused: Sequence[tuple[str, int]] = ()  # reason, pages
    fewer: int = 0  # texts than articles
    has_found: bool = False  # hosts that the registry does not have


def front_numbers(connection: Connection, registry_only: bool) -> FrontNumbers:
    """200,000 refusals take a tenth of a second."""
    which = REGISTRY_ONLY if registry_only else ALL
    connection.execute("begin")
    return FrontNumbers(
        newest=[dict(row) for row in connection.execute(NEWEST_ARTICLES.format(which=which))],
        sources=[dict(row) for row in connection.execute("select * from sources order by name")],
        months=[tuple(row) for row in connection.execute(BY_MONTH.format(which=which))],
        refused=[tuple(row) for row in connection.execute(REFUSED)],
        fewer=connection.execute(TEXTS_FEWER.format(which=OF_ARTICLE if registry_only else ALL)).fetchone()[0],
        has_found=bool(outside(connection)),
    )


def _has(connection: Connection, table: str) -> bool:
    return bool(connection.execute("select 1 from sqlite_master where name = ? and type = 'table'", [table]).fetchone())


def count(rows: Iterable[Sequence[Any]], today: date) -> Counts:
    """`rows`: day, kind, whether it is a guess, number."""
    days: defaultdict[date, Counter[str]] = defaultdict(Counter)
    out: Counter[str] = Counter()
    for written, kind, guessed, number in rows:
        try:
            day = date.fromisoformat(written or "")
        except ValueError:
            out["undated"] += number
            continue
        if guessed:
            out["guessed"] += number
        elif day > today:
            out["to_come"] += number
        else:
            days[day][kind or ""] += number
    return Counts(dict(days), out["undated"], out["guessed"], out["to_come"])
