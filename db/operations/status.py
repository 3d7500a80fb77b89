"""The state of the archive on one screen."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from db.home import archive_path, contact, home
from db.operations.backups.shelf import last_backup
from db.operations.health import NEEDS_A_HAND, needs_a_hand
from db.store.connection import open_to_read
from db.store.leaving.tombstones import SHOWN
from db.store.rows import Row

FEW = 5  # sources that never answered are told one by one; a registry that nobody has tried yet has dozens


def read_status() -> dict[str, Any]:
    """What `status` tells; an archive that is not there yet is an empty one."""
    state: dict[str, Any] = {
        "home": str(home()),
        "articles": 0,
        "refusals": 0,
        "left": 0,
        "waiting": 0,
        "last_run": None,
        "refused_by_reason": {},
        "sources": [],
        "needs_a_hand": [],
        "faults": [],
        "alarms": [],
        "backup": None,
        "published": None,
        "disk_free": None,
        "health": {},
        "contact": contact(),
        "loopback_allowed": os.environ.get("REVIERSPIEGEL_ALLOW_LOOPBACK") == "1",
    }
    if home().is_dir():
        state["disk_free"] = shutil.disk_usage(home()).free
        state["backup"] = (newest := last_backup(home())) and newest.at.isoformat(timespec="seconds")
    if not archive_path().is_file():
        return state
    db = open_to_read(archive_path())
    try:
        if "runs" not in db.table_names():
            return state
        for name, table in (("articles", "articles"), ("refusals", "refusals"), ("waiting", "leads")):
            state[name] = db.execute(f"select count(*) from {table}").fetchone()[0]
        if "tombstones" in db.table_names():
            state["left"] = db.execute(f"select count(*) from tombstones where {SHOWN}").fetchone()[0]
        if "faults" in db.table_names():
            state["faults"] = list(db.query("select * from faults order by step"))
        if "alarms" in db.table_names():
            still = (
                "select cause, first_at, told_at, detail, outcome from alarms where over_at is null order by first_at"
            )
            state["alarms"] = [row | {"outcome": json.loads(row["outcome"])} for row in db.query(still)]
        state["last_run"] = next(db.query("select * from runs order by id desc limit 1"), None)
        counts = "select reason, count(*) from refusals group by reason order by 2 desc"
        state["refused_by_reason"] = dict(db.execute(counts).fetchall())
        state["sources"] = [_source_state(row) for row in db.query("select * from sources order by id")]
        state["health"] = dict(Counter(row["health"] for row in state["sources"] if row["health"]))
        in_need = (row for row in state["sources"] if needs_a_hand(row))
        last = str((state["last_run"] or {}).get("started"))[:10]
        state["needs_a_hand"] = sorted(  # what has changed since the last run comes first
            in_need, key=lambda row: ((row["health_since"] or "") < last, NEEDS_A_HAND.index(row["health"]))
        )
    finally:
        db.close()
    return state


def nothing_yet() -> bool:
    """Whether no source could be reached and no page was ever read: there is nothing to look at."""
    state = read_status()
    last = state["last_run"]
    return bool(last) and last["outcome"] == "no_source" and not state["articles"] and not state["refusals"]


_OF_SOURCE = (
    *("id", "name", "paused", "last_success", "last_state", "last_detail", "last_outcomes"),
    *("health", "health_detail", "health_outcome", "health_since", "expected", "bad_nights", "waits_until"),
)


_JSON = ("last_outcomes", "health_outcome", "expected")


def _source_state(row: Row) -> Row:
    """What is told of a source; an archive that is not migrated yet knows nothing of its health."""
    state = {name: row.get(name) for name in _OF_SOURCE}
    return state | {name: json.loads(state[name] or "null") for name in _JSON}


def as_lines(state: dict[str, Any], jobs: Iterable[str] = ()) -> Iterator[str]:
    """The state, told to a person; `jobs` are the schedule's that did not end well."""
    yield from _of_archive(state)
    for line in jobs:
        yield f"job        {line}"
    yield from _of_operation(state)
    yield from _of_sources(state)


def _of_archive(state: dict[str, Any]) -> Iterator[str]:
    last = state["last_run"]
    yield f"home       {state['home']}"
    left = f", {state['left']} that left" if state["left"] else ""
    waiting = f"{state['refusals']} refusals, {state['waiting']} addresses waiting"
    yield f"archive    {state['articles']} articles{left}, {waiting}"
    if last:
        reached = f"{last['reached']} of {last['sources']} sources reached"
        counts = f"{last['kept']} kept, {last['refused']} refused, {reached}"
        kind = "" if last.get("kind", "crawl") == "crawl" else f" ({last['kind']})"
        yield f"last run   {last['started']}{kind}: {last['outcome']}, {counts}"
    else:
        yield "last run   none yet"
    yield f"next run   {state['next_run']}, where 'revierspiegel run' or a cron job keeps the hour"


def _of_operation(state: dict[str, Any]) -> Iterator[str]:
    yield f"backup     {state['backup'] or 'none yet'}"
    if state["published"]:
        yield f"published  {state['published']}"
    if state["alarm_channels"]:
        yield f"alarms to  {', '.join(state['alarm_channels'])}"
    for alarm in state["alarms"]:
        yield f"alarm      {alarm['detail']} (since {alarm['first_at'][:10]})"
    yield f"contact    {state['contact'] or 'not set: crawling at half the pace; set REVIERSPIEGEL_CONTACT'}"
    if state["loopback_allowed"]:
        yield "loopback   allowed (REVIERSPIEGEL_ALLOW_LOOPBACK=1): addresses of this machine may be crawled"


def _of_sources(state: dict[str, Any]) -> Iterator[str]:
    for reason, count in state["refused_by_reason"].items():
        yield f"refused    {count:6} {reason}"
    if state["health"]:
        yield "sources    " + ", ".join(f"{count} {health}" for health, count in sorted(state["health"].items()))
    for row in state["faults"]:
        yield f"fault      {row['step']}: {row['detail']} ({row['times']} times since {row['first_at']})"
    never = [source["id"] for source in state["needs_a_hand"] if not source["last_success"]]
    for source in state["needs_a_hand"]:
        if source["id"] not in never or len(never) <= FEW:
            yield f"look at    {source['id']}: {source['health']}: {source['health_detail']}"
    if len(never) > FEW:
        yield f"look at    {len(never)} that could never be read: 'sources check' says what is at their addresses"
