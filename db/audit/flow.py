"""The way of every page: listed → new → fetched → refused by reason → kept → folded, adding up to the last page."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

FLOW_COLUMNS = ("step", "part", "pages")
PARTED_COLUMNS = ("by", "value", *FLOW_COLUMNS)

_PART = """
    where night between :since and :until
        and (:kind is null or coalesce(kind, '') = :kind)
        and (:rules_version is null or coalesce(rules_version, '') = :rules_version)
"""
_OF_NIGHTS = """
    select night, source, state, listed, new, fetched, kept, again, refused, coalesce(failed, 0) as failed,
        reasons, run, (select rules_version from runs where runs.id = run) as rules_version,
        (select kind from sources where sources.id = source) as kind
    from source_nights
"""
# An article is of the night of its run; of a run that has none, as a look back, of the day on which it was found.
_OF_ARTICLES = """
    select coalesce((select group_id from copies where article = articles.id), articles.id) as text,
        coalesce(
            (select min(night) from source_nights where source_nights.run = articles.run), substr(first_seen, 1, 10), ''
        ) as night,
        (select rules_version from runs where runs.id = articles.run) as rules_version,
        (select kind from sources where sources.id = articles.source) as kind
    from articles
"""
_NIGHTS = f"select * from ({_OF_NIGHTS}) {_PART} order by run, source"
_ARTICLES = f"select count(*), count(distinct text) from ({_OF_ARTICLES}) {_PART}"
_BOTH = " union all ".join(f"select night, kind, rules_version from ({each})" for each in (_OF_NIGHTS, _OF_ARTICLES))
_VALUES = {
    by: f"select distinct coalesce({by}, '') from ({_BOTH}) {_PART} order by 1" for by in ("kind", "rules_version")
}
_FINDERS = "select distinct finder from findings where finder != 'registry' order by finder"
_QUESTIONS = """
    select finder, key from finder_requests where substr(asked_at, 1, 10) between :since and :until order by finder, key
"""
_QUERY = re.compile(r"""(.+[ "(].*) \d{4}[\d-]*\.\.\d{4}""")  # and the days; of a web archive it is a bare host
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowPart:
    """Nights from the first to the last, both included, of sources of a kind, under a version of the rules; None: of
    any."""

    since: str = ""
    until: str = ""
    kind: str | None = None
    rules_version: str | None = None


WHOLE = FlowPart()


def read_flow(connection: sqlite3.Connection, part: FlowPart = WHOLE) -> PageFlow:
    with closing(connection.cursor()) as cursor:
        cursor.row_factory = sqlite3.Row
        rows = cursor.execute(_NIGHTS, _parameters(part)).fetchall()
        articles, texts = cursor.execute(_ARTICLES, _parameters(part)).fetchone()
        reasons = Counter[str]()
        for row in rows:
            reasons.update(json.loads(row["reasons"] or "{}"))
        nights = sorted({row["night"] for row in rows})
        states = {
            (row["source"], row["night"]): row["state"] for row in rows
        }  # the last run of a night has the last word
        return PageFlow(
            first=nights[0] if nights else "",
            last=nights[-1] if nights else "",
            nights=len(nights),
            sources=len({row["source"] for row in rows}),
            gaps=sum(state not in ("ok", "nothing_to_ask") for state in states.values()),
            counts={name: sum(row[name] or 0 for row in rows) for name in _COUNTED},
            reasons=dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
            articles=articles,
            texts=texts,
            finders=tuple(finder for (finder,) in cursor.execute(_FINDERS)),
            rules=tuple(sorted({row["rules_version"] for row in rows if row["rules_version"]})),
        )


class Questions(NamedTuple):
    number: int
    queries: tuple[str, ...]  # of a full-text search, each once


def read_questions(connection: sqlite3.Connection, part: FlowPart = WHOLE) -> dict[str, Questions]:
    """What each finder was asked on those days."""
    questions: dict[str, list[str | None]] = {}
    for finder, key in connection.execute(_QUESTIONS, _parameters(part)):
        match = _QUERY.match(key)
        questions.setdefault(finder, []).append(match[1] if match else None)
    return {
        finder: Questions(len(each), tuple(sorted({query for query in each if query})))
        for finder, each in questions.items()
    }


def read_parted_flows(connection: sqlite3.Connection, part: FlowPart = WHOLE) -> Iterator[tuple[str, str, PageFlow]]:
    """By what, its value, and the flow of that: first of all pages, then of each kind of source, and of each version of
    the rules by which a night was judged; '' where it is not known."""
    yield "", "", read_flow(connection, part)
    for kind in _values(connection, "kind", part):
        yield "kind", kind, read_flow(connection, replace(part, kind=kind))
    for version in _values(connection, "rules_version", part):
        yield "rules_version", version, read_flow(connection, replace(part, rules_version=version))


def _values(connection: sqlite3.Connection, by: str, part: FlowPart) -> list[str]:
    return [value for (value,) in connection.execute(_VALUES[by], _parameters(part))]


def _parameters(part: FlowPart) -> dict[str, str | None]:
    return asdict(part) | {"until": part.until or "9999"}
