"""The way of every page: listed → new → fetched → refused by reason → kept → folded, adding up to the last page."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

FLOW_COLUMNS = ("step", "part", "pages")
PARTED_COLUMNS = ("by", "value", *FLOW_COLUMNS)

_DAYS = "where night between :since and :until"
_OF_NIGHTS = """
    select source_nights.*, runs.rules_version, sources.kind
    from source_nights left join runs on runs.id = run left join sources on sources.id = source
"""
# An article is of the night of its run; of a run that has none, as a look back, of the day on which it was found. All
# are joined, as a question for each took 5 s of 100,000 articles.
_OF_ARTICLES = """
    select coalesce(copies.group_id, articles.id) as text,
        coalesce(run_nights.night, substr(articles.first_seen, 1, 10), '') as night, runs.rules_version, sources.kind
    from articles
        left join (select run, min(night) as night from source_nights group by run) as run_nights
            on run_nights.run = articles.run
        left join runs on runs.id = articles.run
        left join sources on sources.id = articles.source
        left join copies on copies.article = articles.id
"""
_COUNTED = ("listed", "new", "fetched", "kept", "again", "refused", "failed")
_NIGHTS = f"""
    select coalesce({{by}}, '') as value, min(night) as first, max(night) as last, count(distinct night) as nights,
        count(distinct source) as sources, {", ".join(f"coalesce(sum({name}), 0) as {name}" for name in _COUNTED)}
    from ({_OF_NIGHTS}) {_DAYS} group by value
"""
_ARTICLES = f"""
    select coalesce({{by}}, '') as value, count(*) as articles, count(distinct text) as texts
    from ({_OF_ARTICLES}) {_DAYS} group by value
"""
_REASONS = f"""
    select coalesce({{by}}, '') as value, reasons, count(*) as times
    from ({_OF_NIGHTS}) {_DAYS} and reasons not in ('', '{{{{}}}}') group by value, reasons
"""
_GAPS = f"""
    select coalesce({{by}}, '') as value, count(*) as gaps
    from ({_OF_NIGHTS}) as seen {_DAYS} and coalesce(state, '') not in ('ok', 'nothing_to_ask') and not exists (
        select 1 from source_nights as later -- the last run of a night has the last word
        where later.source = seen.source and later.night = seen.night and later.run > seen.run
    ) group by value
"""
_RULES = f"""
    select distinct coalesce({{by}}, '') as value, rules_version
    from ({_OF_NIGHTS}) {_DAYS} and rules_version != '' order by rules_version
"""
_FINDERS = "select distinct finder from findings where finder != 'registry' order by finder"
_QUESTIONS = """
    select finder, key from finder_requests where substr(asked_at, 1, 10) between :since and :until order by finder, key
"""
_QUERY = re.compile(r"""(.+[ "(].*) \d{4}[\d-]*\.\.\d{4}""")  # and the days; of a web archive it is a bare host


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
class Days:
    """Nights from the first to the last, both included; '' where that side is open."""

    since: str = ""
    until: str = ""


ALL_DAYS = Days()


def read_flow(connection: sqlite3.Connection, days: Days = ALL_DAYS) -> PageFlow:
    return _flows(connection, "''", days)[""]


def _flows(connection: sqlite3.Connection, by: str, days: Days) -> dict[str, PageFlow]:
    """Each value that the nights or the articles have, '' where it is not known, with the flow of its pages."""
    with closing(connection.cursor()) as cursor:
        cursor.row_factory = sqlite3.Row

        def rows(statement: str) -> dict[str, list[sqlite3.Row]]:
            """Those of each value."""
            by_value: dict[str, list[sqlite3.Row]] = {}
            for row in cursor.execute(statement.format(by=by), _parameters(days)):
                by_value.setdefault(row["value"], []).append(row)
            return by_value

        nights, articles, gaps, reasons, rules = map(rows, (_NIGHTS, _ARTICLES, _GAPS, _REASONS, _RULES))
        finders = tuple(finder for (finder,) in cursor.execute(_FINDERS))
    return {
        value: PageFlow(
            **_of_nights(nights.get(value, [])),
            gaps=sum(row["gaps"] for row in gaps.get(value, [])),
            reasons=_added(reasons.get(value, [])),
            articles=sum(row["articles"] for row in articles.get(value, [])),
            texts=sum(row["texts"] for row in articles.get(value, [])),
            finders=finders,
            rules=tuple(row["rules_version"] for row in rules.get(value, [])),
        )
        for value in sorted({*nights, *articles} or {""})
    }


def _of_nights(rows: Sequence[sqlite3.Row]) -> dict[str, Any]:
    """Of one row, or of none."""
    sums = dict(rows[0]) if rows else {"first": "", "last": "", "nights": 0, "sources": 0} | dict.fromkeys(_COUNTED, 0)
    counts = {name: sums[name] for name in _COUNTED}
    return {name: sums[name] for name in ("first", "last", "nights", "sources")} | {"counts": counts}


def _added(rows: Sequence[sqlite3.Row]) -> dict[str, int]:
    """Reasons of refusals, the most frequent first."""
    reasons = Counter[str]()
    for row in rows:
        reasons.update({reason: number * row["times"] for reason, number in json.loads(row["reasons"]).items()})
    return dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])))


class Questions(NamedTuple):
    number: int
    queries: tuple[str, ...]  # of a full-text search, each once


def read_questions(connection: sqlite3.Connection, days: Days = ALL_DAYS) -> dict[str, Questions]:
    """What each finder was asked on those days."""
    questions: dict[str, list[str | None]] = {}
    for finder, key in connection.execute(_QUESTIONS, _parameters(days)):
        match = _QUERY.match(key)
        questions.setdefault(finder, []).append(match[1] if match else None)
    return {
        finder: Questions(len(each), tuple(sorted({query for query in each if query})))
        for finder, each in questions.items()
    }


def read_parted_flows(connection: sqlite3.Connection, days: Days = ALL_DAYS) -> list[tuple[str, str, PageFlow]]:
    """By what, its value, and the flow of that: first of all pages, then of each kind of source, and of each version of
    the rules by which a night was judged; '' where it is not known."""
    parted = [
        (by, value, flow) for by in ("kind", "rules_version") for value, flow in _flows(connection, by, days).items()
    ]
    return [("", "", read_flow(connection, days)), *parted]


def _parameters(days: Days) -> dict[str, str]:
    return asdict(days) | {"until": days.until or "9999"}
