"""What a monitor counts, in the text format of Prometheus (prometheus.io/docs/instrumenting/exposition_formats)."""

import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from db.operations.backups.shelf import ARCHIVE, last_backup

PREFIX = "revierspiegel_"
LAST_RUN = ("requests", "listed", "new", "fetched", "kept", "again", "refused", "failed")


@dataclass(frozen=True, slots=True)
class Measured:
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    meaning: str
    samples: tuple[Measured, ...]


def read_metrics(connection: sqlite3.Connection, home: Path) -> str:
    """Of an archive of an older version what it has."""
    return as_text([*_of_archive(connection), *_of_home(home)])


def _of_archive(connection: sqlite3.Connection) -> Iterator[Metric]:
    def ask(sql: str) -> list[tuple[str, float]]:
        with suppress(sqlite3.OperationalError):  # of an older version
            return [(str(name), value) for name, value in connection.execute(sql).fetchall() if value is not None]
        return []

    def metric(name: str, meaning: str, label: str, sql: str) -> Metric:
        samples = tuple(Measured(value, {label: row} if label else {}) for row, value in ask(sql))
        return Metric(name, meaning, samples)

    for table, name in (("articles", "articles"), ("refusals", "refusals"), ("leads", "waiting_addresses")):
        yield metric(name, f"Rows of {table}.", "", f"select '', count(*) from {table}")
    seconds = "cast(strftime('%s', {}) as integer)"
    yield metric(
        "run_started_timestamp_seconds",
        "When the last run of each kind began.",
        "kind",
        f"select kind, max({seconds.format('started')}) from runs group by kind",
    )
    yield metric(
        "crawl_completed_timestamp_seconds",
        "When a crawl last came to its end.",
        "",
        f"select '', max({seconds.format('ended')}) from runs where kind = 'crawl' and outcome = 'completed'",
    )
    last = " union all ".join(f"select '{name}' as what, {name} as n, id from runs" for name in LAST_RUN)
    only_last = "where id = (select max(id) from runs where kind = 'crawl' and outcome != 'running')"
    yield metric("crawl_pages", "Counts of the last crawl.", "what", f"select what, n from ({last}) {only_last}")
    yield metric(
        "sources",
        "Sources by their health.",
        "health",
        "select coalesce(health, 'unknown'), count(*) from sources group by 1",
    )
    for name, meaning, column, condition in (
        ("job_started_timestamp_seconds", "When each job was last begun.", "started", ""),
        ("job_succeeded_timestamp_seconds", "When each job last ended well.", "ended", "where outcome = 'ok'"),
    ):
        newest = f"max({seconds.format(column)})"
        yield metric(name, meaning, "job", f"select job, {newest} from job_runs {condition} group by job")
    yield metric(
        "alarms",
        "What is wrong now, by cause.",
        "cause",
        "select cause, 1 from alarms where over_at is null order by cause",
    )
    yield metric("faults", "Steps that a fault of the program keeps back.", "", "select '', count(*) from faults")


def _of_home(home: Path) -> Iterator[Metric]:
    archive = home / ARCHIVE
    backup = last_backup(home)
    with suppress(OSError):
        yield Metric("archive_bytes", "Size of the archive.", (Measured(archive.stat().st_size),))
        yield Metric("disk_free_bytes", "What its disk has left.", (Measured(shutil.disk_usage(home).free),))
    if backup:
        made = Measured(backup.at.timestamp())
        yield Metric("backup_timestamp_seconds", "When the last backup was made.", (made,))
    yield Metric("info", "Version of the program.", (Measured(1, {"version": version("revierspiegel")}),))


def as_text(metrics: Iterable[Metric]) -> str:
    lines = []
    for metric in metrics:
        if metric.samples:
            lines += [f"# HELP {PREFIX}{metric.name} {metric.meaning}", f"# TYPE {PREFIX}{metric.name} gauge"]
            lines += [f"{PREFIX}{metric.name}{_labels(each.labels)} {_number(each.value)}" for each in metric.samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
