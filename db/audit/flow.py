"""The way of every page: listed → new → fetched → refused by reason → kept → folded, adding up to the last page."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

FLOW_COLUMNS = ("step", "part", "pages")

_NIGHTS = """
    select night, source, state, listed, new, fetched, kept, again, refused, coalesce(failed, 0) as failed,
        reasons, run, (select rules_version from runs where runs.id = run) as rules_version
    from source_nights where night between ? and ? order by run, source
"""
_ARTICLES = "select count(*) from articles"
_UNITS = """
    select count(distinct coalesce((select group_id from copies where article = articles.id), articles.id))
    from articles
"""
_FINDERS = "select distinct finder from findings where finder != 'registry' order by finder"
_COUNTED = ("listed", "new", "fetched", "kept", "again", "refused", "failed")


@dataclass(frozen=True, slots=True)
class PageFlow:
    first: str  # nights
    last: str
    nights: int
    sources: int
    gaps: int  # nights of a source on which it was not read, or in part
    counts: Mapping[str, int]  # listed, new, fetched, kept, again, refused, failed
    reasons: Mapping[str, int]  # refusals, with those that were refused without a request
    articles: int  # in the archive now
    texts: int  # the same, copies counted once
    finders: tuple[str, ...]
    rules: tuple[str, ...]  # versions by which pages were judged

    @property
    def unasked(self) -> int:
        """Refused without a request: robots.txt, another host, no room in the queue."""
        return sum(self.reasons.values()) - self.counts["refused"]

    @property
    def without_end(self) -> int:
        """Pages that were fetched and of which nobody knows what has become: 0, or something is wrong."""
        return self.counts["fetched"] - sum(self.counts[name] for name in ("kept", "again", "refused", "failed"))

    @property
    def since_then(self) -> int:
        """What came (looks back, decisions, other rules) less what left, since it was kept on one of these nights."""
        return self.articles - self.counts["kept"]

    def rows(self) -> Iterator[tuple[str, str, int]]:
        """Step, part of it, pages."""
        yield from (("listed", "", self.counts["listed"]), ("new", "", self.counts["new"]))
        yield "fetched", "", self.counts["fetched"]
        yield from (("fetched", name, self.counts[name]) for name in ("kept", "again", "refused", "failed"))
        yield "fetched", "without_end", self.without_end
        yield "refused", "unasked", self.unasked
        yield from (("refused", reason, number) for reason, number in self.reasons.items())
        yield "kept", "since_then", self.since_then
        yield from (("kept", "articles", self.articles), ("folded", "texts", self.texts))


def read_flow(connection: sqlite3.Connection, since: str = "", until: str = "") -> PageFlow:
    """Of the nights from the first to the last, both included."""
    with closing(connection.cursor()) as cursor:
        cursor.row_factory = sqlite3.Row
        rows = cursor.execute(_NIGHTS, [since, until or "9999"]).fetchall()
        reasons = Counter[str]()
        for row in rows:
            reasons.update(json.loads(row["reasons"] or "{}"))
        nights = sorted({row["night"] for row in rows})
        return PageFlow(
            first=nights[0] if nights else "",
            last=nights[-1] if nights else "",
            nights=len(nights),
            sources=len({row["source"] for row in rows}),
            gaps=sum(row["state"] not in ("ok", "nothing_to_ask") for row in rows),
            counts={name: sum(row[name] or 0 for row in rows) for name in _COUNTED},
            reasons=dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
            articles=cursor.execute(_ARTICLES).fetchone()[0],
            texts=cursor.execute(_UNITS).fetchone()[0],
            finders=tuple(finder for (finder,) in cursor.execute(_FINDERS)),
            rules=tuple(sorted({row["rules_version"] for row in rows if row["rules_version"]})),
        )
