"""What the timeline counts: all articles by day, and what each night found. Read in a process of its own."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from sqlite3 import Connection
from typing import Any

from db.store.finders.findings import VIA
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
FIRST = f"""(select id, source, kind, day, month, date_source, row_number() over (partition by coalesce(group_id, id)
order by day is null, coalesce(date_source in ({_GUESSED}), 0), published_utc, id) as place
from articles left join copies on article = id where {{which}}) where place = 1"""
TEXTS = f"""select day, {{by}}, coalesce(date_source in ({_GUESSED}), 0) as guessed,
count(*) as number from {FIRST} group by 1, 2, 3"""
# Nobody lists all that a found host publishes: it has no share. What a finder alone has named was not listed either.
LED_TO = f"""left join (select run as in_run, source as of_source, count(*) as led_to from articles
where found_via like '{VIA} %' group by 1, 2) on in_run = source_nights.run and of_source = source_nights.source"""
LISTED = "sum(max(source_nights.kept - coalesce(led_to, 0), 0))"
SHARES = f"""select substr(night, 1, 7) as month, count(distinct night) as nights,
count(distinct source_nights.source) as sources, sum(source_nights.listed) as listed, sum(source_nights.new) as new,
{LISTED} as kept, round(100.0 * {LISTED} / sum(source_nights.new), 2) as per_cent
from source_nights join runs on runs.id = source_nights.run {LED_TO}
where runs.kind = 'crawl' and source_nights.answered and {REGISTRY_ONLY} group by 1 order by 1"""
# The same by outlet, for all nights.
OUTLETS = f"""select source, count(distinct night) as nights, sum(source_nights.new) as new,
{LISTED} as kept, round(100.0 * {LISTED} / sum(source_nights.new), 2) as per_cent
from source_nights join runs on runs.id = source_nights.run {LED_TO}
where runs.kind = 'crawl' and source_nights.answered and {REGISTRY_ONLY} group by 1 order by 1"""
NIGHTS = {"kind": SHARES, "source": OUTLETS}
# What changes whenever their answers do: 30 ms for 150,000 rows, not 160.
BOOKS = """select count(*), sum(run), sum(run * answered), sum(run * listed), sum(run * new), sum(run * kept),
(select group_concat(id) from runs where kind != 'crawl') from source_nights"""


@dataclass(frozen=True, slots=True)
class Counts:
    """Articles by the day and the kind of their source; and how many are in no picture."""

    days: Mapping[date, Mapping[str, int]]
    undated: int
    guessed: int  # with a date that had to be understood
    to_come: int  # dated after today: a slip of the page

    def between(self, first: date, last: date) -> int:
        return sum(sum(self.days[day].values()) for day in each_day(first, last) if day in self.days)


def each_day(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(number) for number in range((last - first).days + 1))


def days_by(connection: Connection, by: str, today: date, folded: bool = False, registry_only: bool = False) -> Counts:
    """By kind or source; `folded`: texts, each where it was first."""
    sql = TEXTS if folded and _has(connection, "copies") else DAYS
    sql = sql.format(by=by, which=REGISTRY_ONLY if registry_only and _has(connection, "found_hosts") else ALL)
    return count(connection.execute(sql) if _has(connection, "articles") else (), today)


def books(connection: Connection) -> tuple[object, ...] | None:
    """None where no night can be in them yet."""
    has_nights = _has(connection, "source_nights") and _has(connection, "runs")
    return tuple(connection.execute(BOOKS).fetchone()) if has_nights else None


def nights_by(connection: Connection, by: str) -> list[dict[str, Any]]:
    sql = NIGHTS[by] if _has(connection, "found_hosts") else NIGHTS[by].replace(REGISTRY_ONLY, ALL)
    return [dict(row) for row in connection.execute(sql)]


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
