"""What came of a run, for a page and for a terminal: what is new, what has changed, what was refused, what failed."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tabulate import tabulate

from db.language import moment, named, number, t
from db.outcomes import from_json, say
from db.store.rows import Row

COUNTS = ("requests", "listed", "new", "fetched", "kept", "again", "refused", "failed", "unasked")
OF_SOURCES = ("listed", "new", "fetched", "kept", "again", "refused", "failed", "waiting")

LAST = "select max(id) from runs"
CHANGED = """select count(*) from changes join versions on versions.id = changes.version
where versions.seen_at >= :started and versions.seen_at <= coalesce(:ended, '9999')"""
NIGHTS = "select * from source_nights where run = ? order by kept desc, refused desc, source"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    run: Row
    changed: int  # new versions of kept articles
    refused: Mapping[str, int]  # by reason
    nights: tuple[Row, ...]

    @property
    def seconds(self) -> int | None:
        if not self.run["ended"]:
            return None
        started, ended = (datetime.fromisoformat(self.run[name]) for name in ("started", "ended"))
        return round((ended - started).total_seconds())

    @property
    def eventful(self) -> tuple[Row, ...]:
        """Nights of sources that have a count, or a state other than ok."""
        return tuple(row for row in self.nights if any(row[name] for name in OF_SOURCES) or row["state"] != "ok")

    def as_dict(self) -> dict[str, Any]:
        return {
            **{name: self.run.get(name) for name in ("id", "kind", "started", "ended", "outcome", "detail", *COUNTS)},
            "seconds": self.seconds,
            "sources": self.run["sources"],
            "reached": self.run["reached"],
            "changed": self.changed,
            "refused_by_reason": dict(self.refused),
            "by_source": [
                {name: night[name] for name in ("source", "state", "detail", *OF_SOURCES)} for night in self.eventful
            ],
        }


def read_report(connection: sqlite3.Connection, run: int | None) -> RunReport | None:
    """Of the last run where none is given; None where there is no such run."""
    with closing(connection.cursor()) as cursor:
        cursor.row_factory = sqlite3.Row
        number_of = run if run is not None else cursor.execute(LAST).fetchone()[0]
        row = cursor.execute("select * from runs where id = ?", [number_of]).fetchone()
        if row is None:
            return None
        facts = dict(row)
        changed = cursor.execute(CHANGED, {name: facts[name] for name in ("started", "ended")}).fetchone()[0]
        nights = tuple(map(dict, cursor.execute(NIGHTS, [number_of])))
    return RunReport(run=facts, changed=changed, refused=json.loads(facts["reasons"] or "{}"), nights=nights)


def duration(seconds: int | None) -> str:
    """1:02:03"""
    if seconds is None:
        return t("runs.goes_on")
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def as_lines(report: RunReport, by_source: bool = False) -> Iterator[str]:
    """In the language that is spoken."""
    run = report.run
    yield t("runs.titled", id=str(run["id"]), began=moment(run["started"]))
    why = "; ".join(map(say, from_json(run["detail_outcome"])))
    yield f"{named(run['outcome'], 'state')}{f': {why}' if why else ''}"
    yield ""
    yield f"{t('runs.took'):<12} {duration(report.seconds)}"
    yield f"{t('runs.sources'):<12} {t('runs.reached', reached=run['reached'] or 0, sources=run['sources'] or 0)}"
    for name in COUNTS:
        if run.get(name) is not None:
            yield f"{t('runs.' + name):<12} {number(run[name])}"
        if name == "kept":
            yield f"{t('runs.changed'):<12} {number(report.changed)}"
    for reason, count in report.refused.items():
        yield f"  {number(count):>7} {named(reason, 'reason')}"
    if by_source and report.eventful:
        names = [t(f"runs.{name}") for name in OF_SOURCES]
        rows = [[night["source"], *(night[name] or 0 for name in OF_SOURCES)] for night in report.eventful]
        yield ""
        yield tabulate(rows, [t("runs.source"), *names], tablefmt="plain")
