"""How many articles on the topic there probably are, by how far the finds of two finders overlap.

Two finders are two nets (capture and recapture): of what one has caught, the other has caught some again. Chapman's
estimate (1951), its variance after Seber (1970), within strata and added up (Sekar and Deming 1949).
"""

import math
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Any

from db.days import half_year
from db.home import archive_path
from db.store.connection import open_to_read
from db.store.finders.findings import REGISTRY, VIA

ENOUGH = 7  # in both; with fewer the interval is wider than the estimate
Z = 1.959964  # of an interval of 95 %
CLOSED = timedelta(days=14)  # finders need that long to have seen what was published; until then nothing is estimated
NATURES = {  # finders of one nature favour the same articles, and are no two nets
    "gal": "gdelt",
    "gdelt-doc": "gdelt",
    "links": "links",
    "own-links": "links",
    "wayback": "web archives",
    "commoncrawl": "web archives",
}


@dataclass(frozen=True, slots=True)
class FoundArticle:
    """An article, where it belongs, and by whom it was found."""

    article: int
    day: str | None
    kind: str | None  # of its outlet
    finders: frozenset[str]


@dataclass(frozen=True, slots=True)
class Catch:
    """What two finders have found in one stratum."""

    n_a: int
    n_b: int
    both: int

    @property
    def seen(self) -> int:
        return self.n_a + self.n_b - self.both

    @property
    def chapman(self) -> float:
        return (self.n_a + 1) * (self.n_b + 1) / (self.both + 1) - 1

    @property
    def variance(self) -> float:
        missed = (self.n_a - self.both) * (self.n_b - self.both)
        return (self.n_a + 1) * (self.n_b + 1) * missed / ((self.both + 1) ** 2 * (self.both + 2))


@dataclass(frozen=True, slots=True)
class Interval:
    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Pair:
    a: str
    b: str
    n_a: int
    n_b: int
    both: int
    estimate: int | None  # of these three numbers; None where too few to tell
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class PartEstimate:
    """The articles of one half-year or kind of outlet."""

    name: str | None
    seen: int
    estimate: int | None
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Coverage:
    estimate: int | None
    low: int | None
    high: int | None
    seen: int
    pairs: tuple[Pair, ...]
    window: tuple[str | None, str]
    between: tuple[str, str] | None  # the finders that the estimate is made of
    half_years: tuple[PartEstimate, ...]
    kinds: tuple[PartEstimate, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def by_strata(catches: Iterable[Catch]) -> Interval | None:
    """The estimates of all strata, added up; None where too few to tell.

    The interval is log-normal on what both have missed, so that it never falls below what is known.
    """
    strata = list(catches)
    if sum(catch.both for catch in strata) < ENOUGH:
        return None
    seen = sum(catch.seen for catch in strata)
    missed = sum(catch.chapman - catch.seen for catch in strata)
    if missed <= 0:
        return Interval(seen, seen, seen)
    variance = sum(catch.variance for catch in strata)
    factor = math.exp(Z * math.sqrt(math.log(1 + variance / missed**2)))
    return Interval(seen + missed, seen + missed / factor, seen + missed * factor)


def wilson(found: int, given: int) -> Interval | None:
    """The share that was found, with Wilson's interval of 95 %; None of nothing."""
    if not given:
        return None
    share = found / given
    middle = (share + Z**2 / (2 * given)) / (1 + Z**2 / given)
    half = Z * math.sqrt(share * (1 - share) / given + Z**2 / (4 * given**2)) / (1 + Z**2 / given)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def estimate(articles: Sequence[FoundArticle], until: str) -> Coverage:
    """Of what was published up to `until`, a day."""
    closed = [each for each in articles if each.day is None or each.day <= until]
    finders = sorted(frozenset().union(*(each.finders for each in closed)), key=lambda name: (name != REGISTRY, name))
    pairs = tuple(_pair(closed, a, b) for a, b in combinations(finders, 2) if NATURES.get(a, a) != NATURES.get(b, b))
    best = max(pairs, key=lambda pair: pair.both, default=None)  # the most in both: the narrowest interval
    between = (best.a, best.b) if best and best.both >= ENOUGH else None
    whole = _share(None, closed, between)
    return Coverage(
        estimate=whole.estimate,
        low=whole.low,
        high=whole.high,
        seen=whole.seen,
        pairs=pairs,
        window=(min((each.day for each in closed if each.day), default=None), until),
        between=between,
        half_years=_shares(closed, lambda each: half_year(each.day), between),
        kinds=_shares(closed, lambda each: each.kind, between),
    )


def read(connection: sqlite3.Connection, today: date) -> Coverage:
    """Of an archive. A kept article counts as found by the registry, unless it was queued for a finder's word."""
    tables = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
    until = (today - CLOSED).isoformat()
    if "articles" not in tables:
        return estimate((), until)
    finders: dict[int, set[str]] = defaultdict(set)
    if "findings" in tables:
        for article, finder in connection.execute("select article, finder from findings where article is not null"):
            finders[article].add(finder)
    sql = "select id, day, kind, coalesce(found_via, '') not like ? from articles"
    articles = [
        FoundArticle(article, day, kind, frozenset(finders[article] | ({REGISTRY} if registry else set())))
        for article, day, kind, registry in connection.execute(sql, [f"{VIA} %"])
    ]
    return estimate([each for each in articles if each.finders], until)


def read_coverage(today: date) -> Coverage:
    """Of the home's archive; one that is not there yet is an empty one."""
    if not archive_path().is_file():
        return estimate((), (today - CLOSED).isoformat())
    db = open_to_read(archive_path())
    try:
        return read(db.conn, today)
    finally:
        db.close()


def as_lines(coverage: Coverage) -> Iterable[str]:
    """The coverage, told to a person."""
    first, last = coverage.window
    yield f"window     {first or 'nothing yet'} to {last} (two weeks ago: finders need time)"
    yield f"seen       {coverage.seen} articles, by all finders together"
    if coverage.between:
        a, b = coverage.between
        yield f"estimate   at least about {_told(coverage)}, by {a} and {b}, within half-years and kinds of outlet"
    else:
        yield f"estimate   too few to tell: no two finders of different kind have {ENOUGH} articles in common"
    for pair in coverage.pairs:
        counts = f"{pair.a} {pair.n_a}, {pair.b} {pair.n_b}, both {pair.both}"
        yield f"pair       {counts}: {_told(pair)}"
    for label, shares in (("half-year", coverage.half_years), ("outlets", coverage.kinds)):
        for share in shares:
            yield f"{label:10} {share.name or 'unknown'}: {share.seen} seen, {_told(share)}"
    yield "assumes    that the two finders know nothing of each other, that within a half-year and kind of outlet all"
    yield "           articles are as likely to be found, and that one found by both is known as one. Where both favour"
    yield "           the same articles, there are more: the estimate is a lower bound"


def _told(of: Coverage | Pair | PartEstimate) -> str:
    return "too few to tell" if of.estimate is None else f"{of.estimate} ({of.low} to {of.high})"


def _catch(articles: Iterable[FoundArticle], a: str, b: str) -> Catch:
    by = [(a in each.finders, b in each.finders) for each in articles]
    return Catch(sum(one for one, _ in by), sum(other for _, other in by), sum(one and other for one, other in by))


def _pair(articles: Iterable[FoundArticle], a: str, b: str) -> Pair:
    catch = _catch(articles, a, b)
    return Pair(a, b, catch.n_a, catch.n_b, catch.both, *_rounded(by_strata([catch])))


def _shares(
    articles: Sequence[FoundArticle], name: Callable[[FoundArticle], str | None], between: tuple[str, str] | None
) -> tuple[PartEstimate, ...]:
    groups: dict[str | None, list[FoundArticle]] = defaultdict(list)
    for each in articles:
        groups[name(each)].append(each)
    return tuple(_share(key, groups[key], between) for key in sorted(groups, key=lambda key: (key is None, key or "")))


def _share(name: str | None, articles: Sequence[FoundArticle], between: tuple[str, str] | None) -> PartEstimate:
    if between is None:
        return PartEstimate(name, len(articles), None, None, None)
    strata: dict[tuple[str | None, str | None], list[FoundArticle]] = defaultdict(list)
    for each in articles:
        strata[half_year(each.day), each.kind].append(each)
    counted = _rounded(by_strata(_catch(stratum, *between) for stratum in strata.values()))
    least = [None if number is None else max(number, len(articles)) for number in counted]  # other finders saw more
    return PartEstimate(name, len(articles), *least)


def _rounded(interval: Interval | None) -> tuple[int | None, int | None, int | None]:
    if interval is None:
        return None, None, None
    return round(interval.estimate), round(interval.low), round(interval.high)
