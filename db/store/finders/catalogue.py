"""Table `finders`: what each finder is called, how it is cited and under what terms, as finders.toml says."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypedDict

from db.language import DEFAULT
from db.store.finders.findings import REGISTRY
from db.store.finders.hosts import OUTSIDE
from db.store.rows import Family


class FinderEntryRow(TypedDict):
    id: str
    name: str
    homepage: str
    citation: str  # JSON: language → text
    terms: str  # likewise
    terms_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedFinder:
    """A finder that has named something here: whoever passes it on names the finder."""

    id: str
    name: str
    homepage: str | None
    citation: Mapping[str, str]  # language → text
    terms: Mapping[str, str]
    terms_url: str | None
    matches: int
    articles: int  # that it has named, too; not by it alone

    def in_language(self, language: str) -> tuple[str, str]:
        """Citation and terms."""
        cited, said = (texts.get(language) or texts.get(DEFAULT) or "" for texts in (self.citation, self.terms))
        return cited, said


class FinderStore(Family):
    def write(self, rows: Iterable[FinderEntryRow]) -> None:
        """Those that have left the file stay: what they have named is still here."""
        with self.db.atomic():
            self.db.table("finders").upsert_all([dict(row) for row in rows], pk="id")


_NAMED = (
    "select finder, count(*), count(distinct article), name, homepage, citation, terms, terms_url"
    " from findings left join finders on finders.id = finder where finder != ? group by finder order by 3 desc, 1"
)


def cited(connection: sqlite3.Connection) -> list[CitedFinder]:
    """By whom most articles were named, first. None in an archive that has no such tables yet."""
    if not _has(connection):
        return []
    return [
        CitedFinder(
            id=finder,
            name=name or finder,
            homepage=homepage,
            citation=json.loads(citation or "{}") or {DEFAULT: name or finder},
            terms=json.loads(terms or "{}"),
            terms_url=terms_url,
            matches=matches,
            articles=articles,
        )
        for finder, matches, articles, name, homepage, citation, terms, terms_url in (
            tuple(row) for row in connection.execute(_NAMED, [REGISTRY])
        )
    ]


def names(connection: sqlite3.Connection) -> dict[str, str]:
    """Id → name."""
    return dict(tuple(row) for row in connection.execute("select id, name from finders")) if _has(connection) else {}


def outside(connection: sqlite3.Connection) -> frozenset[str]:
    """Sources that the registry does not have."""
    if not _has(connection):
        return frozenset()
    return frozenset(source for (source,) in connection.execute(OUTSIDE))


def _has(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("select 1 from sqlite_master where name = 'finders'").fetchone())
