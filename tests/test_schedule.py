"""A month of nights, with what happens to nights, on a clock of the test's own; the crawls are real child processes."""

import os
import subprocess
import sys
import time
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from db.home import archive_path, lock_crawl, make_home
from db.store.archive import Archive
from schedules.jobs import BERLIN, Job, books, due
from schedules.schedule import Schedule

# A crawl as far as the books see it: it takes the lock, writes its row and ends as the plan for that night says.
CRAWL = """
import json, os, pathlib, signal, subprocess, sys, time
from db.store.archive import Archive
from db.home import archive_path, lock_crawl
now = os.environ["FAKE_NOW"]
try:
    lock = lock_crawl()
except Exception as busy:
    sys.exit(1)
archive = Archive(archive_path())
run = archive.runs.begin([], sources=0)
tried = archive.db.execute("select count(*) from runs where started like ?", [now[:10] + "%"]).fetchone()[0]
archive.db.table("runs").update(run, {"started": now})
plan = json.loads(os.environ["FAKE_PLAN"]).get(now[:10]) if not tried else None
if plan == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
if plan == "hang":
    child = subprocess.Popen(["sleep", "300"])
    pathlib.Path(os.environ["FAKE_CHILD"]).write_text(str(child.pid))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    time.sleep(300)
archive.runs.end(run, plan or "completed")
archive.db.table("runs").update(run, {"ended": now})
archive.close()
sys.exit(1 if plan else 0)
"""


class Clock:
    def __init__(self, now: str) -> None:
        self.set(datetime.fromisoformat(now).replace(tzinfo=BERLIN))

    def set(self, now: datetime) -> None:
        self.now = now
        os.environ["FAKE_NOW"] = now.isoformat()

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def program(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    make_home()
    Archive(archive_path()).close()
    for name in ("FAKE_NOW", "FAKE_PLAN", "FAKE_CHILD"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    os.environ["FAKE_CHILD"] = str(tmp_path / "child")
    os.environ["FAKE_PLAN"] = "{}"
    return [sys.executable, "-c", CRAWL]


def outcomes() -> dict[str, list[str]]:
    by_day: dict[str, list[str]] = defaultdict(list)
    archive = Archive(archive_path())
    for row in archive.db.query("select started, outcome from runs order by id"):
        by_day[row["started"][:10]].append(row["outcome"])
    archive.close()
    return by_day


def test_a_month_of_nights(program: list[str]) -> None:
    os.environ["FAKE_PLAN"] = '{"2026-10-05": "kill", "2026-10-09": "hang", "2026-10-12": "no_source"}'
    clock = Clock("2026-10-01T12:00")
    job = Job(id="crawl", command=("crawl",), at=datetime.strptime("04:15", "%H:%M").time(), hours=0.001)
    two = [Schedule([job], clock=clock, program=program, patience=1) for _ in range(2)]  # two schedules at once
    asleep = [
        (datetime(2026, 10, 14, 22, tzinfo=BERLIN), datetime(2026, 10, 15, 9, tzinfo=BERLIN)),
        (datetime(2026, 10, 17, 20, tzinfo=BERLIN), datetime(2026, 10, 24, 8, tzinfo=BERLIN)),  # a week
    ]
    moment = clock().timestamp()
    while (now := datetime.fromtimestamp(moment, BERLIN)) < datetime(2026, 11, 1, tzinfo=BERLIN):
        if not any(begin <= now < end for begin, end in asleep):
            clock.set(now)
            for schedule in two:
                schedule.look()
        moment += 30 * 60
    found = outcomes()
    expected = {f"2026-10-{day:02}": ["completed"] for day in range(2, 32) if not 18 <= day <= 23}
    expected |= {"2026-10-05": ["killed", "completed"], "2026-10-09": ["killed", "completed"]}
    expected["2026-10-12"] = ["no_source", "completed"]
    assert found == expected
    child = int(Path(os.environ["FAKE_CHILD"]).read_text())
    assert subprocess.run(["ps", "-o", "stat=", "-p", str(child)], capture_output=True, text=True).stdout[:1] in (
        "",
        "Z",
    )


def test_a_missed_night_is_caught_up_at_the_start(program: list[str]) -> None:
    clock = Clock("2026-06-01T12:00")
    job = Job(id="crawl", command=("crawl",), at=datetime.strptime("04:15", "%H:%M").time())
    schedule = Schedule([job], clock=clock, program=program)
    assert schedule.run(job.command) == 0
    clock.set(clock() + timedelta(days=3))
    keeper = Schedule([job], clock=clock, program=program)
    keeper.start()
    ends = time.monotonic() + 20
    while len(books()) < 2:
        assert time.monotonic() < ends
        time.sleep(0.1)
    keeper.stop()
    assert [run["outcome"] for run in books()] == ["completed", "completed"]


def test_nothing_is_due_while_somebody_crawls(program: list[str]) -> None:
    clock = Clock("2026-06-01T04:00")
    job = Job(id="crawl", command=("crawl",), at=datetime.strptime("04:15", "%H:%M").time())
    schedule = Schedule([job], clock=clock, program=program)
    clock.set(clock() + timedelta(hours=1))
    held = lock_crawl()
    schedule.look()
    assert books() == []
    held.close()
    schedule.look()
    schedule.look()
    assert len(books()) == 1


@pytest.mark.parametrize("at", ["02:30", "02:00", "03:00", "00:00"])
def test_an_hour_that_comes_twice_or_never_is_one_night(at: str) -> None:
    job = Job(id="crawl", command=("crawl",), at=datetime.strptime(at, "%H:%M").time())
    for first in ("2026-03-27T12:00", "2026-10-23T12:00"):
        since = datetime.fromisoformat(first).replace(tzinfo=BERLIN)
        runs: list[dict[str, str]] = []
        moment = since.timestamp()
        while moment < since.timestamp() + 5 * 24 * 3600:
            now = datetime.fromtimestamp(moment, BERLIN)
            if due(job, runs, now, since):
                runs.append({"started": now.isoformat(), "ended": now.isoformat(), "outcome": "completed"})
            moment += 600
        assert len({run["started"][:10] for run in runs}) == len(runs) == 5


def test_a_night_without_a_network_is_tried_three_times() -> None:
    job = Job(id="crawl", command=("crawl",), at=datetime.strptime("04:15", "%H:%M").time())
    now = datetime(2026, 6, 1, 4, 15, tzinfo=BERLIN)
    runs: list[dict[str, str]] = []
    for minute in range(0, 12 * 60, 10):
        moment = now + timedelta(minutes=minute)
        if due(job, runs, moment, now):
            runs.append({"started": moment.isoformat(), "ended": moment.isoformat(), "outcome": "no_source"})
    assert [run["started"][11:16] for run in runs] == ["04:15", "05:15", "06:15"]
