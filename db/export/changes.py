"""All that publishers have changed in articles and taken away, newest first; by kind, outlet and month."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any

from db.days import BERLIN, next_month, there
from db.export.tables import Selection, outlets
from db.store.finders.catalogue import outside
from db.store.finders.hosts import OUTSIDE
from db.store.versions import CHANGES, What

OF_VERSIONS = (*CHANGES, "ticker")
OF_PAGES = tuple(map(str, What))
KINDS = (*OF_VERSIONS, *OF_PAGES)
QUIET = ("cosmetic", "ticker")  # left out unless they are asked for: they say nothing new, or change all day
COLUMNS = (
    *("at", "kinds", "size", "article", "version", "before", "source", "outlet", "title", "title_before"),
    *("url", "led_to"),
)
NEEDED = frozenset({"articles", "versions", "changes", "disappearances", "found_hosts", "_changes_written"})

# What has left the archive is in no list. Read off a narrow index, for the rows of articles have their texts.
_ARTICLE = f"""select 1 from articles as a indexed by idx_articles_facts where :source in ('', a.source)
and (not :registry_only or a.source not in ({OUTSIDE})) and a.id"""
# A wall that goes up makes a version, too: what was found of the page in that moment is told with what has changed.
_TOGETHER = "from disappearances as t where t.article = c.article and t.at = c.at"
# Each part is read from the end of its index; `number` is its rowid.
_CHANGES = f"""select c.at as at, c.version as number, 'change' as what, c.article as article, c.before as before,
    coalesce((select json_insert(c.kinds, '$[#]', t.what) {_TOGETHER}), c.kinds) as kinds,
    c.size as size, null as led_to, null as detail, null as outcome
from changes as c where exists ({_ARTICLE} = c.article) and c.at >= :start and c.at < :end"""
_DISAPPEARANCES = f"""select d.at as at, d.id as number, 'disappearance' as what, d.article as article, null as before,
    json_array(d.what) as kinds, null as size, d.url as led_to, d.detail as detail, d.outcome as outcome
from disappearances as d where exists ({_ARTICLE} = d.article) and d.at >= :start and d.at < :end
and not exists (select 1 from changes as c where c.article = d.article and c.at = d.at)"""
_OF_TICKERS = "v.page_kind = 'ticker' and v.id > (select min(id) from versions as e where e.article = v.article)"
_TICKERS = f"""select v.seen_at as at, v.id as number, 'ticker' as what, v.article as article, null as before,
    '["ticker"]' as kinds, null as size, null as led_to, null as detail, null as outcome
from versions as v where {_OF_TICKERS} and exists ({_ARTICLE} = v.article)
and v.seen_at >= :start and v.seen_at < :end"""
_COUNTED = f"""select article, kinds, at from changes
union all select v.article, '["ticker"]', v.seen_at from versions as v where {_OF_TICKERS}"""
_PAGES = "select article, at, what from disappearances"
_SOURCES = "select json_group_array(id), json_group_array(source) from articles indexed by idx_articles_source"
_LISTED = """select found.*, articles.source, articles.lang, coalesce(articles.final_url, articles.url) as url,
    coalesce(new.title, articles.title) as title, old.title as title_before,
    substr(new.text, 1, 1000) as text
from ({parts} order by at desc, number desc, what limit :limit offset :offset) as found
join articles on articles.id = found.article
left join versions as new on new.id = found.number and found.what != 'disappearance'
left join versions as old on old.id = found.before
order by found.at desc, found.number desc, found.what"""


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """'' is all of them."""

    kind: str = ""
    source: str = ""
    month: str = ""  # in Berlin
    with_quiet: bool = False
    registry_only: bool = False  # none at hosts that the registry does not have


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedChange:
    """A change from one version to the next; or that an article was found gone, moved, walled or back."""

    at: str
    what: str  # change, ticker or disappearance
    number: int  # of its row there: the newer version, or the row of `disappearances`
    article: int
    before: int | None  # the version before
    kinds: tuple[str, ...]
    size: float | None
    source: str
    lang: str | None
    url: str
    title: str
    title_before: str | None
    opening: str
    led_to: str | None
    detail: str | None
    outcome: str | None

    @property
    def version(self) -> int | None:
        return None if self.what == "disappearance" else self.number


def page_of(connection: sqlite3.Connection, asked: ChangeFilter, limit: int, offset: int = 0) -> list[ListedChange]:
    """`limit`: -1 is all."""
    return list(_read(connection, asked, limit, offset))


def selection(connection: sqlite3.Connection, asked: ChangeFilter) -> Selection:
    """All that is asked for, as a table."""
    names = outlets(connection)
    rows = (
        (
            *(each.at, json.dumps(each.kinds), each.size, each.article, each.version, each.before, each.source),
            *(names.get(each.source), each.title, each.title_before, each.url, each.led_to),
        )
        for each in _read(connection, asked, -1, 0)
    )
    counted = facets(numbers(connection), asked, outside(connection))
    return Selection("changes", COLUMNS, counted.total, rows)


def _read(connection: sqlite3.Connection, asked: ChangeFilter, limit: int, offset: int) -> Iterator[ListedChange]:
    start, end = _span(asked.month)
    params: dict[str, object] = {"source": asked.source, "start": start, "end": end, "limit": limit, "offset": offset}
    params |= {"registry_only": asked.registry_only, "kind": asked.kind, "like": f'%"{asked.kind}"%'}
    cursor = connection.execute(_LISTED.format(parts=" union all ".join(_parts(asked))), params)
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield _listed(dict(zip(names, row, strict=True)))


def _parts(asked: ChangeFilter) -> Iterator[str]:
    kind = asked.kind
    if kind in ("", *OF_VERSIONS):
        loud = f"(c.kinds != '[\"cosmetic\"]' or exists (select 1 {_TOGETHER}))"
        kinds = "c.kinds like :like" if kind else "true" if asked.with_quiet else loud
        yield f"{_CHANGES} and {kinds}"
    if kind in OF_PAGES:
        yield f"{_CHANGES} and exists (select 1 {_TOGETHER} and t.what = :kind)"
    if kind in ("", *OF_PAGES):
        yield f"{_DISAPPEARANCES} and d.what = :kind" if kind else _DISAPPEARANCES
    if kind == "ticker" or (asked.with_quiet and not kind):
        yield _TICKERS


def _span(month: str) -> tuple[str, str]:
    """From its first moment to that of the next, as the archive writes moments."""
    if not month:
        return "", "~"
    first = date.fromisoformat(f"{month}-01")
    return _midnight(first), _midnight(next_month(first))


def _midnight(day: date) -> str:
    return datetime.combine(day, time(), BERLIN).astimezone(UTC).isoformat(timespec="seconds")


def _listed(row: Mapping[str, Any]) -> ListedChange:
    same = {name: row[name] for name in ("at", "what", "number", "article", "before", "size", "source", "lang", "url")}
    return ListedChange(
        **same,
        kinds=words_of(row["kinds"]),
        title=row["title"] or "",
        title_before=row["title_before"],
        opening=row["text"] or "",
        led_to=row["led_to"],
        detail=row["detail"],
        outcome=row["outcome"],
    )


def words_of(listed: str | None) -> tuple[str, ...]:
    """A JSON list as stored; what is none has no words."""
    try:
        values = json.loads(listed or "[]")
    except ValueError:
        return ()
    return tuple(map(str, values)) if isinstance(values, list) else ()


# Counting

Numbers = Mapping[tuple[tuple[str, ...], str, str], int]  # (kinds, source, month) → changes


@dataclass(frozen=True, slots=True)
class ChangeCounts:
    total: int
    left_out: int  # quiet ones that would be there, too
    by: Mapping[str, list[tuple[str, int]]]  # kind, source, month → value and number
    outside_registry: int = 0  # at hosts that it does not have


def numbers(connection: sqlite3.Connection) -> Numbers:
    """All there are, quiet ones too: 102,000 take 0.4 s of a busy processor, and each page wants all of its counts."""
    counts: Counter[tuple[tuple[str, ...], str, str]] = Counter()
    for (kinds, what, source, month), number in Counter(_each(connection)).items():
        counts[(*_kinds(kinds), *what), source, month] += number
    return counts


def _each(connection: sqlite3.Connection) -> Iterator[tuple[str, tuple[str, ...], str, str]]:
    """Kinds, what was found with them, source and month of each that is listed."""
    ids, sources = map(json.loads, connection.execute(_SOURCES).fetchone())
    source_of = dict(zip(ids, sources, strict=True))
    pages = {(article, at): what for article, at, what in connection.execute(_PAGES) if article in source_of}
    for article, kinds, at in connection.execute(_COUNTED):
        if (source := source_of.get(article)) is not None:
            what = pages.pop((article, at), None)
            yield kinds, (what,) if what else (), source, _month(at[: len("2026-03-01T05")])
    for (article, at), what in pages.items():
        yield "[]", (what,), source_of[article], _month(at[: len("2026-03-01T05")])


def facets(numbers: Numbers, asked: ChangeFilter, outside: Set[str] = frozenset()) -> ChangeCounts:
    """Most first, months newest first. `outside`: sources that the registry does not have."""
    by: dict[str, Counter[str]] = {name: Counter() for name in ("kind", "source", "month")}
    total = left_out = 0
    for (kinds, source, month), number in numbers.items():
        if asked.source not in ("", source) or asked.month not in ("", month):
            continue
        if asked.registry_only and source in outside:
            continue
        for kind in kinds:  # as many as there are where this kind is asked for instead: a change may be of several
            by["kind"][kind] += number
        if asked.kind not in ("", *kinds):
            continue
        if is_quiet(kinds) and not asked.with_quiet and asked.kind not in QUIET:
            left_out += number
            continue
        total += number
        by["source"][source] += number
        by["month"][month] += number
    outside_registry = sum(number for source, number in by["source"].items() if source in outside)
    return ChangeCounts(
        total, left_out, {name: _in_order(name, counts) for name, counts in by.items()}, outside_registry
    )


def is_quiet(kinds: Sequence[str]) -> bool:
    return all(kind in QUIET for kind in kinds)


def _in_order(name: str, counts: Counter[str]) -> list[tuple[str, int]]:
    if name == "month":
        return sorted(counts.items(), reverse=True)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


@cache
def _kinds(stored: str) -> tuple[str, ...]:
    return words_of(stored)


@cache
def _month(hour: str) -> str:
    """Of a moment in UTC as far as its hour: the month in Berlin."""
    return there(f"{hour}:00:00+00:00").strftime("%Y-%m")
