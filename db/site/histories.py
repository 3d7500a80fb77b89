"""What an article has said and what became of it, in the order in which it was seen."""

import sqlite3
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from db.days import BERLIN
from db.export.changes import words_of
from db.language import find, moment, number, t

VERSIONS = """select id, seen_at, title, lang, access, page_kind, changes.before, changes.kinds, changes.size
from versions left join changes on changes.version = versions.id
where versions.article = ? order by seen_at, id"""
DISAPPEARANCES = "select * from disappearances where article = ? order by at, id"


@dataclass(frozen=True, slots=True)
class VersionSeen:
    id: int
    seen_at: str
    title: str
    lang: str | None
    page_kind: str | None
    place: int  # 1 is the one that was seen first
    number: int  # of all
    before: int | None = None  # what it is compared with; None of the first
    kinds: tuple[str, ...] = ()  # of change; none where the two are not compared
    size: float | None = None

    @property
    def is_first(self) -> bool:
        return self.place == 1

    @property
    def is_newest(self) -> bool:
        return self.place == self.number

    @property
    def name(self) -> str:
        """second version of three. In words alone, for the number in its address is another."""
        if self.is_first:
            return t("versions.first_seen")
        count = find(f"names.cardinal.{self.number}") or number(self.number)
        return t("versions.one_of", ordinal=find(f"names.ordinal.{self.place}") or t("versions.later_one"), count=count)

    @property
    def dated(self) -> str:
        """second version of three, seen on 3 March 2026, 05:00 CET"""
        at = moment(self.seen_at)
        return (
            t("versions.first_seen_on", moment=at)
            if self.is_first
            else t("versions.seen_on", name=self.name, moment=at)
        )


@dataclass(frozen=True, slots=True)
class ArticleHistory:
    versions: tuple[VersionSeen, ...]
    disappearances: tuple[Mapping[str, Any], ...]  # rows, the first first

    @property
    def newest(self) -> VersionSeen:
        return self.versions[-1]

    @property
    def last(self) -> Mapping[str, Any] | None:
        """What was last found of it, where it is not there as it was."""
        last = self.disappearances[-1] if self.disappearances else None
        return last if last and last["what"] != "back" else None

    @property
    def entries(self) -> list[tuple[str, VersionSeen | None, Mapping[str, Any] | None]]:
        """(when, a version or what became of it), the first first."""
        versions = [(each.seen_at, 0, each, None) for each in self.versions]
        found = [(row["at"], 1, None, row) for row in self.disappearances]
        in_order = sorted([*versions, *found], key=lambda entry: entry[:2])
        return [(at, version, row) for at, _, version, row in in_order]

    def of(self, version: int) -> VersionSeen | None:
        return next((each for each in self.versions if each.id == version), None)

    def at(self, utc: str) -> VersionSeen | None:
        """The one that held then, as far as anybody looked."""
        return next((each for each in reversed(self.versions) if each.seen_at <= utc), None)


def read(connection: sqlite3.Connection, tables: Set[str], article: int) -> ArticleHistory:
    """An archive of an older version may have neither changes nor disappearances."""

    def rows(table: str, sql: str) -> list[sqlite3.Row]:
        return connection.execute(sql, [article]).fetchall() if table in tables else []

    versions = rows("versions", VERSIONS) if "changes" in tables else []
    found = tuple(dict(row) for row in rows("disappearances", DISAPPEARANCES))
    return ArticleHistory(_placed(versions), found)


def _placed(rows: Sequence[sqlite3.Row]) -> tuple[VersionSeen, ...]:
    return tuple(
        VersionSeen(
            id=row["id"],
            seen_at=row["seen_at"],
            title=row["title"] or "",
            lang=row["lang"],
            page_kind=row["page_kind"],
            place=place,
            number=len(rows),
            before=(row["before"] or rows[place - 2]["id"]) if place > 1 else None,
            kinds=tuple(words_of(row["kinds"])),
            size=row["size"],
        )
        for place, row in enumerate(rows, start=1)
    )


def moment_of(asked: str) -> str | None:
    """What is asked for as a day is the last moment of that day in Berlin; a moment without an offset is one in UTC.

    None for what is neither.
    """
    try:
        if len(asked) <= len("2026-03-01"):
            ends = datetime.combine(date.fromisoformat(asked) + timedelta(1), time(), BERLIN) - timedelta(seconds=1)
        else:
            ends = datetime.fromisoformat(asked)
        return (ends if ends.tzinfo else ends.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        return None


def share(size: float | None) -> str:
    """12 % of the words; '' where nothing was counted."""
    if not size:
        return ""
    per_cent = round(100 * size)
    return t("versions.size", percent=f"{number(per_cent)}\u00a0%") if per_cent else t("versions.small")
