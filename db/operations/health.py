"""How a source fares, by its own past: a state, and why, with figures.

The expectation is taken from the 28 nights before: median and quartiles, since counts of a night are small, skewed and
have weekends in them. What is compared over time is a week, so that a rhythm of the week is no alarm.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby, takewhile
from statistics import median, quantiles

from sqlite_utils import Database

from db.outcomes import Code, Outcome, Parameter, as_json, from_json, parts
from db.store.archive import Archive
from db.store.finders.catalogue import outside
from db.store.rows import Row

PAST = 28  # nights of which an expectation is made
WEEK = 7
MEMORY = 365  # days that are looked at: how long a source has been without news before
ENOUGH = 3  # nights; before, there is nothing to compare with

QUIET = 0.3  # of a usual week's news; less is quiet where it is also out of the past's own range
BUSY = 7  # news of a usual week; a source with less has weeks of nothing
GAP = 10  # nights without news that are nothing, whatever the source; beyond, twice its longest gap so far
MISSED = 10  # nights with news that must be missing: by chance, that many are once in 20,000 nights
FIRST = 7  # nights on which all that a source has is new; they say nothing of its rhythm
READ = 5  # pages that must have been read before teasers and lengths mean something
SHRUNK = 0.5  # of its usual length

NO = (401, 403, 429, 451)  # HTTP
SAYS_NO = (Code.LEFT_ALONE, Code.STILL_LEFT_ALONE, Code.ROBOTS_DISALLOWS, Code.CRAWL_DELAY)


def says_no(outcomes: Iterable[Outcome]) -> bool:
    """Whether the site has said, in one of the ways there are, that it does not want us."""
    return any(
        outcome.code in SAYS_NO or (outcome.code is Code.HTTP_STATUS and outcome.params["status"] in NO)
        for outcome in parts(outcomes)
    )


def no_rules(outcomes: Iterable[Outcome]) -> bool:
    """Whether robots.txt was answered with an error: a bad moment at first; for nights on end, it wants no robots."""
    away = (outcome for outcome in parts(outcomes) if outcome.code is Code.ROBOTS_AWAY)
    return any(part.code is Code.HTTP_STATUS for outcome in away for part in outcome.parts())


class Health(StrEnum):
    WELL = "well"
    QUIET = "quiet"  # far less new than usual
    FAILING = "failing"  # cannot be read, or only in part
    BLOCKED = "blocked"  # it says no
    SILENT = "silent"  # answers, and lists nothing, or nothing new for longer than ever
    ALL_TEASERS = "all teasers"  # what could be read lately is all behind a wall
    SHRINKING_TEXTS = "shrinking texts"  # what is read has half its length or less
    NEVER_WORKED = "never worked"
    NEW = "new"  # too few nights to say
    KNOWN_ONLY = "known only"  # no feed, sitemap or listing is known: only known articles are read
    PAUSED = "paused"


# Worst first: what is lost for good while nobody looks.
NEEDS_A_HAND = (
    Health.BLOCKED,
    Health.SILENT,
    Health.FAILING,
    Health.SHRINKING_TEXTS,
    Health.ALL_TEASERS,
    Health.NEVER_WORKED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNight:
    """What the crawls of one night saw of a source; several runs of a night are one."""

    night: str
    state: str  # ok, partial, unreachable, stopped, not_finished
    outcomes: tuple[Outcome, ...]  # what happened, where it is not ok
    listed: int
    new: int
    fetched: int
    read: int
    teasers: int
    text_length: int | None

    @property
    def bad(self) -> bool:
        """Whether it was not read as it should be. A no, or the end of its time, after many pages is no bad night."""
        return self.state in ("unreachable", "partial") or (
            self.state == "stopped" and not (self.listed and self.fetched > 1)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """A usual night: (lower quartile, median, upper quartile)."""

    nights: int
    listed: tuple[float, float, float]
    new: tuple[float, float, float]
    text_length: float | None
    teasers: float | None  # share


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    health: Health
    outcome: Outcome
    since: str | None = None  # YYYY-MM-DD
    expected: Expectation | None = None
    nights: int = 0  # for which it has been failing or blocked

    @property
    def why(self) -> str:
        return str(self.outcome)


def merged(rows: Iterable[Row]) -> tuple[SourceNight, ...]:
    """Rows of `source_nights` of one source, oldest first → nights. The last run has the last word on the state."""
    nights = []
    for night, same in groupby(rows, key=lambda row: row["night"]):
        runs = list(same)
        last = runs[-1]
        lengths = [run["text_length"] for run in runs if run["text_length"]]
        nights.append(
            SourceNight(
                night=night,
                state=last["state"],
                outcomes=from_json(last["outcomes"]),
                listed=max(run["listed"] or 0 for run in runs),
                new=sum(run["new"] or 0 for run in runs),
                fetched=sum(run["fetched"] or 0 for run in runs),
                read=sum(run["read"] or 0 for run in runs),
                teasers=sum(run["teasers"] or 0 for run in runs),
                text_length=round(median(lengths)) if lengths else None,
            )
        )
    return tuple(nights)


def expectation(nights: Sequence[SourceNight]) -> Expectation | None:
    """Of the nights on which the source was read."""
    usual = [night for night in nights if night.state in ("ok", "partial")][-PAST:]
    if len(usual) < ENOUGH:
        return None
    lengths = [night.text_length for night in usual if night.text_length]
    read = sum(night.read for night in usual)
    return Expectation(
        nights=len(usual),
        listed=_spread([night.listed for night in usual]),
        new=_spread([night.new for night in usual]),
        text_length=median(lengths) if lengths else None,
        teasers=sum(night.teasers for night in usual) / read if read else None,
    )


def _spread(values: Sequence[float]) -> tuple[float, float, float]:
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return low, middle, high


def judge(
    nights: Sequence[SourceNight], *, paused: str | None = None, addresses: int = 1, worked: bool | None = None
) -> Condition:
    """`nights`: oldest first; `addresses`: how many it can be read at; `worked`: whether it ever listed anything."""
    if paused:
        return Condition(health=Health.PAUSED, outcome=Code.PAUSED.of(why=paused))
    finished = [night for night in nights if night.state != "not_finished"]
    if not finished:
        return Condition(health=Health.NEW, outcome=Code.NOT_VISITED.of())
    last, expected = finished[-1], expectation(finished[:-1])
    ever = any(night.listed for night in finished) if worked is None else worked
    if last.bad and (trouble := _trouble(finished, ever)):
        return trouble
    if not addresses:
        return Condition(health=Health.KNOWN_ONLY, outcome=Code.ONLY_KNOWN.of())
    if not ever and len(finished) >= ENOUGH:
        why = Code.NEVER_LISTED.of(number=len(finished))
        return Condition(health=Health.NEVER_WORKED, outcome=why, since=finished[0].night)
    condition = next(filter(None, (check(finished) for check in (_unsteady, _silent, _teasers, _shrunk, _quiet))), None)
    if condition:
        return replace(condition, expected=expected)
    if len(finished) < ENOUGH:
        return Condition(health=Health.NEW, outcome=Code.FEW_NIGHTS.of(number=len(finished)))
    usual = (
        Code.USUAL.of(listed=_range(expected.listed), new=_range(expected.new)) if expected else Code.WITHOUT_FAULT.of()
    )
    return Condition(health=Health.WELL, outcome=usual, expected=expected)


def _trouble(nights: Sequence[SourceNight], ever: bool) -> Condition | None:
    bad = list(takewhile(lambda night: night.bad, reversed(nights)))
    last, first = bad[0], bad[-1]
    if last.state == "partial" and (not last.outcomes or _always_in_part(nights)):
        return None  # one of its addresses has been dead for long: the registry's matter, not the night's
    without_rules = list(takewhile(lambda night: no_rules(night.outcomes), bad))
    streak = list(takewhile(lambda night: says_no(night.outcomes), bad)) or without_rules
    if last.state != "partial" and len(streak) >= (ENOUGH if streak is without_rules else 1):
        since = streak[-1].night
        why = Code.SAYS_NO.of(number=len(streak), since=since, why=last.outcomes)
        return Condition(health=Health.BLOCKED, outcome=why, since=since, nights=len(streak))
    if not ever and len(nights) >= ENOUGH:
        why = Code.NEVER_READ.of(number=len(nights), why=last.outcomes)
        return Condition(health=Health.NEVER_WORKED, outcome=why, since=nights[0].night, nights=len(bad))
    in_part = last.state == "partial"
    if len(bad) == 1:
        how = Code.IN_PART_LAST_NIGHT if in_part else Code.AWAY_LAST_NIGHT
        why = how.of(night=last.night, why=last.outcomes)
    else:
        how = Code.IN_PART if in_part else Code.AWAY
        why = how.of(number=len(bad), since=first.night, why=last.outcomes)
    return Condition(health=Health.FAILING, outcome=why, since=first.night, nights=len(bad))


def _always_in_part(nights: Sequence[SourceNight]) -> bool:
    past = nights[-PAST:]
    return len(past) >= WEEK and sum(night.state == "partial" for night in past) > len(past) / 2


def _unsteady(nights: Sequence[SourceNight]) -> Condition | None:
    """Every other night a bad one; an outage that is over is none of it."""
    week = nights[-WEEK:]
    away = [night.bad and night.state != "partial" for night in week]
    bad = [night for night, was_away in zip(week, away, strict=True) if was_away]
    if sum(was_away for was_away, _ in groupby(away)) < ENOUGH:
        return None
    last = bad[-1]
    why = Code.UNSTEADY.of(number=len(bad), of=len(week), night=last.night, why=last.outcomes)
    return Condition(health=Health.FAILING, outcome=why, since=bad[0].night, nights=len(bad))


def _silent(nights: Sequence[SourceNight]) -> Condition | None:
    runs = [(empty, len(list(same))) for empty, same in groupby(nights, key=lambda night: not night.listed)]
    empty = runs[-1][1] if runs[-1][0] else 0
    if empty == len(nights) >= ENOUGH:
        why = Code.LISTS_NOTHING.of(number=empty, since=nights[0].night)
        return Condition(health=Health.SILENT, outcome=why, since=nights[0].night)
    if empty > 2 * max([1, *(length for nothing, length in runs[:-1] if nothing)]):  # empty weekends are nothing new
        since = nights[-empty].night
        before = [night.listed for night in nights[:-empty][-PAST:] if night.listed]
        why = Code.LISTS_NOTHING_SINCE.of(since=since, before=_range(_ends(before)))
        return Condition(health=Health.SILENT, outcome=why, since=since)
    return _nothing_new(nights)


def _nothing_new(nights: Sequence[SourceNight]) -> Condition | None:
    still = sum(1 for _ in takewhile(lambda night: not night.new, reversed(nights)))
    if still == len(nights):
        why = Code.NOTHING_NEW.of(number=still, since=nights[0].night)
        return Condition(health=Health.SILENT, outcome=why, since=nights[0].night) if still > PAST else None
    before = nights[FIRST : len(nights) - still]
    gaps = [len(list(same)) for news, same in groupby(before, key=lambda night: night.new > 0) if not news]
    longest, share = max(gaps, default=0), sum(night.new > 0 for night in before) / max(1, len(before))
    if len(before) < 2 * WEEK or still <= max(GAP, 2 * longest) or still * share < MISSED:
        return None
    since = nights[-still].night
    why = Code.NOTHING_NEW_SINCE.of(number=still, since=since, most=longest)
    return Condition(health=Health.SILENT, outcome=why, since=since)


def _teasers(nights: Sequence[SourceNight]) -> Condition | None:
    lately, before = _recent(nights)
    read, earlier = sum(night.read for night in lately), sum(night.read for night in before)
    if read < READ or earlier < READ or any(night.teasers < night.read for night in lately):
        return None
    share = sum(night.teasers for night in before) / earlier
    if share > 0.5:
        return None
    since = next(night.night for night in lately if night.read)
    why = Code.ALL_WALLED.of(number=read, since=since, percent=round(share * 100), of=earlier)
    return Condition(health=Health.ALL_TEASERS, outcome=why, since=since)


def _shrunk(nights: Sequence[SourceNight]) -> Condition | None:
    lately, before = _recent(nights)
    now = [night.text_length for night in lately if night.text_length]
    usual = [night.text_length for night in before if night.text_length]
    enough = sum(night.read for night in lately) >= READ and sum(night.read for night in before) >= READ
    if len(now) < ENOUGH or len(usual) < ENOUGH or not enough or median(now) >= SHRUNK * median(usual):
        return None
    since = next(night.night for night in lately if night.text_length)
    why = Code.SHRUNK.of(number=round(median(now)), since=since, before=round(median(usual)))
    return Condition(health=Health.SHRINKING_TEXTS, outcome=why, since=since)


def _recent(nights: Sequence[SourceNight]) -> tuple[list[SourceNight], list[SourceNight]]:
    """The last nights on which pages were read, a week's worth at most, and those of the past before them."""
    read = [night for night in nights if night.read]
    cut = max(len(read) - WEEK, len(read) // 2)
    return read[cut:], read[:cut][-PAST:]


def _quiet(nights: Sequence[SourceNight]) -> Condition | None:
    past = nights[:-WEEK][-PAST:]
    if len(past) < 2 * WEEK:
        return None
    weeks = [sum(night.new for night in past[at : at + WEEK]) for at in range(len(past) - WEEK + 1)]
    week, usual = sum(night.new for night in nights[-WEEK:]), median(weeks)
    spread = median(abs(articles - usual) for articles in weeks)
    if usual < BUSY or week >= QUIET * usual or week >= usual - 3 * spread:
        return None
    why = Code.QUIET.of(number=week, nights=WEEK, usual=_range(_ends(weeks)))
    return Condition(health=Health.QUIET, outcome=why, since=nights[-WEEK].night)


def _ends(values: Sequence[float]) -> tuple[float, float, float]:
    return _spread(values) if len(values) > 1 else (values[0],) * 3


def _range(spread: tuple[float, float, float]) -> Parameter:
    low, high = round(spread[0]), round(spread[2])
    return low if low == high else Code.RANGE.of(low=low, high=high)


# the books


def read_nights(db: Database, today: str) -> dict[str, tuple[SourceNight, ...]]:
    """The nights of crawls, source by source. A backfill asks for other things and is no night; a night on which
    nobody could be reached says something of our network, and nothing of the sources."""
    sql = """
        select source_nights.* from source_nights join runs on runs.id = source_nights.run
        where runs.kind = 'crawl' and not (runs.reached = 0 and runs.sources > 1) and night >= ?
        order by source, night, run
    """
    first = (date.fromisoformat(today) - timedelta(days=MEMORY)).isoformat()
    return {
        source: merged(rows) for source, rows in groupby(db.query(sql, [first]), key=lambda row: str(row["source"]))
    }


# Of a host that the registry does not have: nobody need mend it, and it is left alone by itself (`found_hosts`).
FOUND = Condition(health=Health.KNOWN_ONLY, outcome=Code.ONLY_FOUND.of())


def conditions(db: Database, today: str) -> dict[str, Condition]:
    nights = read_nights(db, today)
    listed = "select distinct source from source_nights where listed > 0"
    worked = {str(source) for (source,) in db.execute(listed)}
    strangers = outside(db.conn)
    return {
        row["id"]: FOUND
        if row["id"] in strangers
        else judge(
            nights.get(row["id"], ()),
            paused=row["paused"],
            addresses=len(json.loads(row["addresses"] or "[]")),
            worked=row["id"] in worked,
        )
        for row in db.query("select id, paused, addresses from sources")
    }


def refresh(archive: Archive, today: str) -> None:
    """Write the condition of every source; `health_since` is the day from which it has been like that."""
    with archive.atomic():
        by_source, changes = conditions(archive.db, today), []
        for row in archive.sources.every():
            condition = by_source[row["id"]]
            same = row["health"] == condition.health
            since = condition.since or (row["health_since"] if same else today)
            change: Row = {
                "id": row["id"],
                "health": condition.health.value,
                "health_detail": condition.why,
                "health_outcome": as_json(condition.outcome),
                "health_since": since,
            }
            change["expected"] = json.dumps(asdict(condition.expected)) if condition.expected else None
            change["bad_nights"] = condition.nights
            changes.append(change)
        archive.sources.write(changes)


def needs_a_hand(row: Row) -> bool:
    """Whether somebody should look at it (a row of `sources`): one bad night of one that has worked is no news."""
    if row["paused"] or row.get("health") not in NEEDS_A_HAND:
        return False
    passing = row["health"] in (Health.FAILING, Health.BLOCKED) and (row["bad_nights"] or 0) < 2
    return not (passing and row["last_success"])
