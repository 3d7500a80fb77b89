"""What is counted of texts that are not given away: words, runs of two and three; and of what is public of an article:
names, figures, changes, copies; and how much was listed and read in which nights.

Of words only what counting.py lets pass is counted.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from db.audit.flow import FLOW_COLUMNS, read_flow
from db.audit.reporting import last_audit
from db.days import moment
from db.operations.coverage import read as coverage_of
from db.publish.counting import CountedArticle, counted_articles, place_counts, text_number
from db.publish.grams import frequent_grams
from db.search.hints.missing_nights import READ, missing_nights, watched_sources
from db.search.query import Query
from db.store.rows import as_json

_COUNTED = "period text not null, source text not null, articles integer not null, texts integer not null"
_MONTHLY = "month text not null, source text not null"
TABLES: Mapping[str, str] = {
    "text_counts": f"{_MONTHLY}, articles integer not null, texts integer not null, words integer not null,"
    " counted integer not null",
    "term_counts": f"term text not null, {_COUNTED}",
    "ngram_counts": f"ngram text not null, n integer not null, {_COUNTED}",
    "entity_counts": f"kind text not null, name text not null, {_MONTHLY}, articles integer not null,"
    " texts integer not null",
    "figure_counts": f"kind text not null, value numeric not null, high real, unit text not null, {_MONTHLY},"
    " articles integer not null, texts integer not null",
    "change_counts": f"{_MONTHLY}, kind text not null, changes integer not null, articles integer not null",
    "share_counts": f"{_MONTHLY}, role text not null, articles integer not null, share real, releases integer not null,"
    " release_share real",
    "night_counts": f"{_MONTHLY}, nights integer not null, missed integer not null, listed integer not null,"
    " new integer not null, fetched integer not null, kept integer not null, again integer not null,"
    " refused integer not null, failed integer not null",
    "snapshot_reports": "name text primary key not null, content text not null",
}

_ENTITIES = "select distinct kind, name, article from entities order by kind, name, article"
_FIGURES = """
    select distinct kind, value, high, unit, article from figures
    order by kind, typeof(value), value, high, unit, article
"""
_CHANGES = "select article, substr(at, 1, 7), kinds from changes"
_SHARES = """
    select article, coalesce(role, ''), share, release_share from copies
    where role is not null or release_share is not null
"""
# The last run of a night has the last word on how it ended; what was read in all runs adds up.
_NIGHTS = f"""
    with last as (
        select source, night, state, max(run) as run from source_nights group by source, night
    )
    select substr(night, 1, 7) as month, source, count(distinct night),
        count(distinct iif(last.state not in ({", ".join(f"'{state}'" for state in sorted(READ))}), night, null)),
        sum(coalesce(listed, 0)), sum(coalesce(new, 0)), sum(coalesce(fetched, 0)), sum(coalesce(kept, 0)),
        sum(coalesce(again, 0)), sum(coalesce(refused, 0)), sum(coalesce(failed, 0))
    from source_nights join last using (source, night) group by 1, 2 order by 1, 2
"""

Row = Sequence[object]


def derive(archive: sqlite3.Connection, snapshot: sqlite3.Connection, today: str | None = None) -> None:
    """Make and fill TABLES in the snapshot, of the articles that it has. `today`: without, the day on which it is."""
    day = date.fromisoformat(today) if today else moment().date()
    published = frozenset(article for (article,) in snapshot.execute("select id from articles"))
    articles = counted_articles(archive, published, day.isoformat()[:7])
    by_id = {article.id: article for article in articles}
    for name, columns in TABLES.items():
        snapshot.execute(f"create table {name} ({columns})")
    _fill(snapshot, "text_counts", _text_counts(articles))
    _fill_grams(archive, snapshot, [article for article in articles if article.places])
    _fill(snapshot, "entity_counts", _counts_of(archive.execute(_ENTITIES), by_id))
    _fill(snapshot, "figure_counts", _counts_of(archive.execute(_FIGURES), by_id))
    _fill(snapshot, "change_counts", _change_counts(archive, by_id))
    _fill(snapshot, "share_counts", _share_counts(archive, by_id))
    _fill(snapshot, "night_counts", archive.execute(_NIGHTS))
    _fill(snapshot, "snapshot_reports", _reports(archive, day))


def _fill(snapshot: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    places = ", ".join("?" for _ in TABLES[table].split(","))
    snapshot.executemany(f"insert into {table} values ({places})", rows)


def _fill_grams(archive: sqlite3.Connection, snapshot: sqlite3.Connection, articles: Sequence[CountedArticle]) -> None:
    for gram, having in frequent_grams(archive, snapshot, articles):
        rows = [(*count.place, count.articles, count.texts) for count in place_counts(having)]
        if len(gram) == 1:
            _fill(snapshot, "term_counts", ((gram[0], *row) for row in rows))
        else:
            _fill(snapshot, "ngram_counts", ((" ".join(gram), len(gram), *row) for row in rows))


def _text_counts(articles: Iterable[CountedArticle]) -> Iterator[Row]:
    """Of all articles, and how many of them stand in the counts of words."""
    for (month, source), group in _by_month(articles).items():
        words = sum(article.words for article in group)
        yield month, source, len(group), text_number(group), words, sum(bool(article.places) for article in group)


def _by_month(articles: Iterable[CountedArticle]) -> dict[tuple[str, str], list[CountedArticle]]:
    groups = defaultdict[tuple[str, str], list[CountedArticle]](list)
    for article in articles:
        groups[article.month, article.source].append(article)
    return dict(sorted(groups.items()))


def _counts_of(rows: Iterable[Any], by_id: Mapping[int, CountedArticle]) -> Iterator[Row]:
    """Of rows in the order of what is counted, the article last."""
    for counted, same in groupby(rows, lambda row: tuple(row[:-1])):
        having = [by_id[article] for *_, article in same if article in by_id]
        for (month, source), group in _by_month(having).items():
            yield *counted, month, source, len(group), text_number(group)


def _change_counts(archive: sqlite3.Connection, by_id: Mapping[int, CountedArticle]) -> Iterator[Row]:
    changes, changed = Counter[tuple[str, str, str]](), defaultdict[tuple[str, str, str], set[int]](set)
    for article, month, kinds in archive.execute(_CHANGES):
        if article in by_id:
            for kind in json.loads(kinds):
                key = (month, by_id[article].source, kind)
                changes[key] += 1
                changed[key].add(article)
    for key, number in sorted(changes.items()):
        yield *key, number, len(changed[key])


def _share_counts(archive: sqlite3.Connection, by_id: Mapping[int, CountedArticle]) -> Iterator[Row]:
    groups = defaultdict[tuple[str, str, str], list[tuple[float | None, float | None]]](list)
    for article, role, share, release_share in archive.execute(_SHARES):
        if counted := by_id.get(article):
            groups[counted.month, counted.source, role].append((share, release_share))
    for key, pairs in sorted(groups.items()):
        shares, release_shares = ([pair[side] for pair in pairs] for side in (0, 1))
        known = [each for each in release_shares if each is not None]
        yield *key, len(pairs), _mean(shares), len(known), _mean(known)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known) / len(known), 3) if known else None


def _reports(archive: sqlite3.Connection, day: date) -> Iterator[Row]:
    """What a package says of the whole: how much is here, how good, and which way the pages took."""
    home = Path(archive.execute("pragma database_list").fetchone()[2]).parent
    coverage, audit = coverage_of(archive, day), last_audit(home)
    flow, missing = read_flow(archive), missing_nights(watched_sources(archive), Query())
    yield "coverage", as_json(coverage.as_json())
    yield "audit", as_json(asdict(audit) if audit else None)
    yield "flow", as_json([dict(zip(FLOW_COLUMNS, row, strict=True)) for row in flow.rows()])
    yield "missing_nights", as_json(missing.as_dict() if missing else None)
    yield "rules_versions", as_json(flow.rules)
