"""Tables `runs` and `source_nights`: what each run saw, source by source."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, TypedDict

from db import outcomes
from db.days import day_of
from db.outcomes import Outcome
from db.store.rows import Family, Row, as_json, in_words, now

TOTALS = ("listed", "new", "fetched", "kept", "again", "refused", "failed", "unasked")  # of a run, over its sources


class RunRow(TypedDict):
    id: int
    started: str
    ended: str | None
    outcome: str
    detail: str | None
    sources: int | None
    reached: int | None
    listed: int | None
    new: int | None
    fetched: int | None
    kept: int | None
    refused: int | None
    reasons: str | None
    version: str | None
    rules_version: str | None
    kind: str
    detail_outcome: str | None
    again: int | None
    failed: int | None
    unasked: int | None
    requests: int | None


class SourceNightRow(TypedDict):
    run: int
    source: str
    night: str
    state: str
    detail: str
    robots: str
    listed: int
    new: int
    answered: int
    fetched: int
    kept: int
    again: int
    refused: int
    waiting: int
    reasons: str
    ended: str
    read: int | None
    teasers: int | None
    text_length: int | None
    outcomes: str | None
    failed: int | None  # not counted before there was such a column, nor is the next
    unasked: int | None


@dataclass(slots=True, kw_only=True)
class Night:
    """What one run saw of one source; counted up as the run goes."""

    source: str
    state: str = "not_finished"  # ok, partial, unreachable, stopped, nothing_to_ask, not_finished
    outcomes: tuple[Outcome, ...] = ()  # what happened, where it is not ok
    robots: str = ""
    listed: int = 0
    new: int = 0
    answered: bool = False  # the source said anything at all
    fetched: int = 0  # addresses of the queue that were asked for, whatever came back; each has one end:
    kept: int = 0
    again: int = 0  # turned out to be an article that is kept already
    refused: int = 0
    failed: int = 0  # could not be had, or not be read by a fault of ours: asked for again another night
    reasons: dict[str, int] = field(default_factory=dict)  # refusals by reason, also of what was not asked for
    waiting: int = 0
    teasers: int = 0  # pages of which the most was behind a wall
    lengths: list[int] = field(default_factory=list)  # characters of each text that could be read
    waits_until: str | None = None  # the site's own word: when it may be asked again

    @property
    def text_length(self) -> int | None:
        return round(median(self.lengths)) if self.lengths else None

    @property
    def detail(self) -> str:
        """The outcomes in English words."""
        return "; ".join(map(str, self.outcomes))

    @property
    def unasked(self) -> int:
        """Refusals without a request: robots.txt, another host, no room in the queue."""
        return sum(self.reasons.values()) - self.refused

    @property
    def without_end(self) -> int:
        """Addresses that were asked for and of which nobody knows what has become."""
        return self.fetched - self.kept - self.again - self.refused - self.failed

    def refuse(self, reason: str, count: int = 1, *, asked: bool) -> None:
        self.reasons[reason] = self.reasons.get(reason, 0) + count
        self.refused += count * asked

    def note_robots(self, site: str, verdict: str) -> None:
        self.robots = "; ".join(filter(None, [self.robots, f"{site}: {verdict}"]))


_LAST_OF_SOURCE = (
    "update sources set last_state = :state, last_detail = :detail, last_outcomes = :outcomes,"
    " waits_until = coalesce(:waits_until, waits_until),"
    " last_success = iif(:state in ('ok', 'partial'), :ended, last_success) where id = :source"
)


# Without a request are those that robots.txt, another host or a full queue kept from it.
_REFUSED_BY_RUN = (
    "select source, reason, count(*), sum(page is not null or reason not in ('robots', 'foreign', 'budget'))"
    " from refusals where run = ? group by source, reason"
)
_SEEN_AGAIN = "select source, count(*) from articles where run < ? and last_checked >= ? group by source"


class RunStore(Family):
    def begin(self, registry: Iterable[Row], **facts: Any) -> int:
        """Write the registry and a new row of `runs`. Whatever still says 'running' was killed: we hold the lock."""
        with self.db.atomic():
            self.bury()
            rows = list(registry)
            self.db.table("sources").upsert_all(rows, pk="id")
            return self._insert("runs", {"started": now(), "outcome": "running", **facts})

    def bury(self, detail: Outcome | None = None) -> None:
        """Whatever says 'running' while nobody holds the lock was killed. It ended when it last wrote its books."""
        sql = (
            "update runs set outcome = 'killed', detail = :detail, detail_outcome = :outcome, ended = coalesce("
            " (select max(ended) from source_nights where run = runs.id), started) where outcome = 'running'"
        )
        with self.db.atomic():
            # one that asks no source has its counts right (`note_counts`), and no nights
            of_sources = "select id, started from runs where outcome = 'running' and sources > 0"
            for run, started in list(self.db.execute(of_sources)):
                self._catch_up(run, started)
            # what was under way is asked for again, or its kept page read by the next run
            self.db.execute(
                "update source_nights set failed = fetched - kept - again - refused where failed is not null"
                " and run in (select id from runs where outcome = 'running')"
            )
            self._write(sql, in_words(detail))

    def _catch_up(self, run: int, started: str) -> None:
        """What a killed run kept, saw again and refused since it last wrote its books stands in those rows alone."""
        kept = dict(self.db.execute("select source, count(*) from articles where run = ? group by source", [run]))
        again = dict(self.db.execute(_SEEN_AGAIN, [run, started]))
        refused: dict[str, Counter[str]] = defaultdict(Counter)
        asked = Counter[str]()
        for source, reason, number, with_request in self.db.execute(_REFUSED_BY_RUN, [run]):
            refused[source][reason] = number
            asked[source] += with_request
        sources = kept.keys() | again.keys() | refused.keys()
        unwritten = sorted(sources - {row["source"] for row in self.nights(run)})
        self.write_nights(run, day_of(started) or "", [Night(source=source, answered=True) for source in unwritten])
        for known in (row for row in self.nights(run) if row["source"] in sources):
            source = known["source"]
            reasons = Counter[str](json.loads(known["reasons"])) | refused[source]
            ends = {
                "kept": max(known["kept"], kept.get(source, 0)),
                "again": max(known["again"] or 0, again.get(source, 0)),
                "refused": max(known["refused"], asked[source]),
            }
            row = ends | {"reasons": as_json(dict(reasons)), "unasked": reasons.total() - ends["refused"]}
            row["fetched"] = max(known["fetched"], sum(ends.values()) + (known["failed"] or 0))
            self.db.table("source_nights").update((run, source), row)
        self.db.table("runs").update(run, self._totals(run))

    def write_nights(self, run: int, night_of: str, nights: Iterable[Night]) -> None:
        """What has changed of the run so far; called as it goes, so that a killed run has its counts too."""
        rows, waits = [], {}
        for night in nights:
            row = {name: value for name, value in asdict(night).items() if name not in ("lengths", "waits_until")}
            row |= {"detail": night.detail, "outcomes": outcomes.as_json(night.outcomes)}
            row |= {"run": run, "night": night_of, "unasked": night.unasked, "ended": now()}
            row |= {"read": len(night.lengths), "text_length": night.text_length}
            rows.append(row | {"reasons": as_json(night.reasons)})
            waits[night.source] = night.waits_until
        names = ("state", "detail", "outcomes", "ended", "source")
        last = [{name: row[name] for name in names} | {"waits_until": waits[row["source"]]} for row in rows]
        with self.db.atomic():
            self.db.table("source_nights").upsert_all(rows, pk=("run", "source"))
            self.db.conn.executemany(_LAST_OF_SOURCE, last)
            self.db.table("runs").update(run, self._totals(run))

    def note_requests(self, run: int, number: int) -> None:
        self._write("update runs set requests = ? where id = ?", [number, run])

    def note_counts(self, run: int, counts: Row) -> None:
        """Columns of `runs`, of one that asks no source and so has no nights."""
        with self.db.atomic():
            self.db.table("runs").update(run, counts)

    def _totals(self, run: int) -> Row:
        sums = ", ".join(f"coalesce(sum({name}), 0) as {name}" for name in TOTALS)
        sql = f"select {sums}, coalesce(sum(answered), 0) as reached from source_nights where run = ?"
        reasons = self.db.query("select reasons from source_nights where run = ? and reasons != '{}'", [run])
        return next(self.db.query(sql, [run])) | {"reasons": as_json(_summed(reasons))}

    def end(self, run: int, outcome: str, detail: Outcome | None = None) -> None:
        columns = in_words(detail)
        row = {"ended": now(), "outcome": outcome, "detail": columns["detail"], "detail_outcome": columns["outcome"]}
        with self.db.atomic():
            self.db.table("runs").update(run, row)

    def get(self, run: int) -> RunRow | None:
        return self._get(RunRow, "runs", run)

    def last(self, most: int) -> list[RunRow]:
        """The newest first."""
        return list(self._query(RunRow, "select * from runs order by id desc limit ?", [most]))

    def last_completed(self) -> str | None:
        """When the last crawl of all sources came to its end; where none has, when the first run began."""
        ended = "select max(ended) from runs where kind = 'crawl' and outcome = 'completed'"
        row = self.db.execute(f"select coalesce(({ended}), (select min(started) from runs))").fetchone()
        return str(row[0]) if row[0] else None

    def newest_moment(self) -> str | None:
        """The last one that a run has written."""
        row = self.db.execute("select max(coalesce(ended, started)) from runs").fetchone()
        return str(row[0]) if row[0] else None

    def nights(self, run: int) -> list[SourceNightRow]:
        """Rows of `source_nights`, by source."""
        return list(self._query(SourceNightRow, "select * from source_nights where run = ? order by source", [run]))

    def sources_that_listed(self) -> set[str]:
        """Those that have listed anything on any night."""
        sql = "select distinct source from source_nights where listed > 0"
        return {str(source) for (source,) in self.db.execute(sql)}

    def usual_news(self) -> dict[str, float]:
        """The median of what was new on a source's last 28 nights: source → number."""
        sql = (
            "select source, sum(new) from source_nights where run in (select id from runs where kind = 'crawl')"
            " and state in ('ok', 'partial') group by source, night order by source, night"
        )
        by_source: dict[str, list[int]] = {}
        for source, new in self.db.execute(sql):
            by_source.setdefault(source, []).append(new)
        return {source: median(news[-28:]) for source, news in by_source.items()}

    def fetched_on(self, night: str) -> dict[str, int]:
        """Pages that were fetched on a night so far: source → number."""
        sql = "select source, sum(fetched) from source_nights where night = ? group by source"
        return dict(self.db.execute(sql, [night]).fetchall())


def _summed(rows: Iterable[Row]) -> dict[str, int]:
    total: dict[str, int] = {}
    for row in rows:
        for reason, count in json.loads(row["reasons"]).items():
            total[reason] = total.get(reason, 0) + count
    return dict(sorted(total.items(), key=lambda pair: -pair[1]))
