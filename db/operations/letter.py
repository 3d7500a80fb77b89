"""What a week has brought, for the letter: new articles, changes, who was first, and gaps."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from db.days import BERLIN
from db.export.changes import words_of

MOST = 20  # articles, and a fourth of the others, that a letter names; it counts all

NEW = """select articles.id, title, coalesce(sources.name, source) as outlet, day from articles
left join sources on sources.id = articles.source
where first_seen >= :first and first_seen < :last order by published_utc desc, articles.id desc"""
CHANGED = """select articles.id, title, coalesce(sources.name, source) as outlet, changes.kinds from changes
join articles on articles.id = changes.article left join sources on sources.id = articles.source
where changes.at >= :first and changes.at < :last
and exists (select 1 from json_each(changes.kinds) where value != 'cosmetic') order by changes.at desc"""
FIRST = """select original.id, original.title, coalesce(sources.name, original.source) as outlet, count(*) - 1 as number
from copies join articles as original on original.id = copies.group_id
left join sources on sources.id = original.source
where original.first_seen >= :first and original.first_seen < :last
group by original.id having count(*) > 1 order by number desc, original.id"""
NIGHTS = """select distinct date(started) as night from runs
where kind = 'crawl' and outcome = 'completed' and started >= :first and started < :last"""
BEGAN = "select date(min(started)) from runs where kind = 'crawl'"  # no night before it is a gap
IN_NEED = """select coalesce(name, id) as outlet from sources
where paused is null and bad_nights >= 7 and last_success is not null order by bad_nights desc, id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterLine:
    article: int
    title: str
    outlet: str
    day: str | None = None
    kinds: tuple[str, ...] = ()
    number: int = 0  # others that took it over


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    week: str  # 2026-W48
    first: date  # its Monday
    new: tuple[LetterLine, ...]
    changed: tuple[LetterLine, ...]
    firsts: tuple[LetterLine, ...]
    missed: tuple[str, ...]  # nights without a crawl that came to its end
    away: tuple[str, ...]  # outlets that could not be read for a week or longer


def last_week(now: datetime) -> date:
    """The Monday of the week that is over, in Berlin."""
    today = now.astimezone(BERLIN).date()
    return today - timedelta(days=today.weekday() + 7)


def week_of(monday: date) -> str:
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02}"


def read_letter(connection: sqlite3.Connection, monday: date) -> Letter:
    days = [monday + timedelta(days=number) for number in range(8)]
    first, last = (datetime.combine(day, time(), BERLIN).astimezone(UTC).isoformat() for day in (days[0], days[-1]))
    between = {"first": first, "last": last}

    def lines(sql: str) -> tuple[LetterLine, ...]:
        cursor = connection.execute(sql, between)
        names = [column[0] for column in cursor.description]
        return tuple(_line(dict(zip(names, row, strict=True))) for row in cursor.fetchall())

    crawled = {row[0] for row in connection.execute(NIGHTS, between)}
    began = connection.execute(BEGAN).fetchone()[0] or days[-1].isoformat()
    nights = (day.isoformat() for day in days[:7])
    return Letter(
        week=week_of(monday),
        first=monday,
        new=lines(NEW),
        changed=lines(CHANGED),
        firsts=lines(FIRST),
        missed=tuple(night for night in nights if night >= began and night not in crawled),
        away=tuple(row[0] for row in connection.execute(IN_NEED)),
    )


def _line(row: dict[str, object]) -> LetterLine:
    return LetterLine(
        article=int(str(row["id"])),
        title=str(row["title"]),
        outlet=str(row["outlet"]),
        day=str(row["day"]) if row.get("day") else None,
        kinds=words_of(str(row["kinds"])) if "kinds" in row else (),
        number=int(str(row.get("number", 0))),
    )
