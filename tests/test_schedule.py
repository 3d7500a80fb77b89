"""A week of nights, with what happens to nights, on a clock of the test's own; the crawls are real child processes."""

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit
from threading import Thread

import pytest

from db.home import archive_path, make_home
from db.lock import Busy, jobs_holder, jobs_lock, lock_crawl
from db.store.archive import Archive
from db.store.crawl.job_runs import JobRunRow
from db.store.rows import Row
from schedules.history import read
from schedules.jobs import BERLIN, Attempt, Job, due
from schedules.schedule import Schedule

# A crawl as far as the books see it: it takes the lock, writes its row and ends as the plan for that night says.
CRAWL = """
import json, os, pathlib, signal, subprocess, sys, time
sys.modules["numpy"] = None  # sqlite_utils would load it where it is there, in a third of the time that this takes
with open(os.environ["FAKE_STARTS"], "a") as starts:
    print(os.environ["FAKE_NOW"][:16], sys.argv[1], file=starts)
if sys.argv[1] in os.environ["FAKE_DEAD"].split():
    sys.exit("Error: sources.toml: blatt: kind: 'paper' is none of them")
from db.store.archive import Archive
from db.home import archive_path
from db.lock import lock_crawl
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
    for name in ("FAKE_NOW", "FAKE_PLAN", "FAKE_CHILD", "FAKE_DEAD", "FAKE_STARTS"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    os.environ["FAKE_CHILD"] = str(tmp_path / "child")
    os.environ["FAKE_STARTS"] = str(tmp_path / "starts")
    os.environ["FAKE_PLAN"] = "{}"
    return [sys.executable, "-c", CRAWL]


def books() -> list[Row]:
    return read()[1]


def tries() -> list[JobRunRow]:
    return read()[0]


def starts() -> list[str]:
    """When a program of ours was started, and with which word."""
    return Path(os.environ["FAKE_STARTS"]).read_text().splitlines()


def at(hour: str, name: str = "crawl", *words: str, hours: float = 4) -> Job:
    return Job(id=name, command=(name, *words), at=datetime.strptime(hour, "%H:%M").time(), hours=hours)


def let_pass(clock: Clock, until: str, *schedules: Schedule, step: int = 5) -> None:
    """Minutes go by; every schedule looks."""
    end = datetime.fromisoformat(until).replace(tzinfo=BERLIN)
    while clock() < end:
        for schedule in schedules:
            schedule.look()
        clock.set(clock() + timedelta(minutes=step))


def outcomes() -> dict[str, list[str]]:
    by_day: dict[str, list[str]] = defaultdict(list)
    archive = Archive(archive_path())
    for row in archive.db.query("select started, outcome from runs order by id"):
        by_day[row["started"][:10]].append(row["outcome"])
    archive.close()
    return by_day


@pytest.mark.soak
def test_a_week_of_nights(program: list[str]) -> None:
    """A year of them, without processes: test_year.py."""
    os.environ["FAKE_PLAN"] = '{"2026-10-05": "kill", "2026-10-07": "hang", "2026-10-08": "no_source"}'
    clock = Clock("2026-10-04T12:00")
    job = Job(id="crawl", command=("crawl",), at=datetime.strptime("04:15", "%H:%M").time(), hours=0.001)
    two = [Schedule([job], clock=clock, program=program, patience=1) for _ in range(2)]  # two schedules at once
    asleep = (datetime(2026, 10, 9, 22, tzinfo=BERLIN), datetime(2026, 10, 11, 9, tzinfo=BERLIN))
    moment = clock().timestamp()
    while (now := datetime.fromtimestamp(moment, BERLIN)) < datetime(2026, 10, 12, tzinfo=BERLIN):
        if now.hour in (4, 5, 6, 9) and not asleep[0] <= now < asleep[1]:
            clock.set(now)
            for schedule in two:
                schedule.look()
        moment += 60 * 60
    found = outcomes()
    expected = {f"2026-10-{day:02}": ["completed"] for day in (6, 9, 11)}
    expected |= {"2026-10-05": ["killed", "completed"], "2026-10-07": ["killed", "completed"]}
    expected["2026-10-08"] = ["no_source", "completed"]
    assert found == expected
    nights = {(row["started"][:10], row["outcome"]) for row in tries() if row["outcome"] != "ok"}
    assert nights == {("2026-10-05", "killed"), ("2026-10-07", "timed_out"), ("2026-10-08", "failed")}
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
    ends = time.monotonic() + 60
    while len(books()) < 2:
        assert time.monotonic() < ends
        time.sleep(0.1)
    keeper.stop()
    assert [run["outcome"] for run in books()] == ["completed", "completed"]


def test_of_two_starts_at_once_the_second_says_who_is_at_it(program: list[str]) -> None:
    says = rf"a job of the schedule is already running \(process {os.getpid()}, backup\); wait for it or stop it"
    with jobs_lock("backup"), pytest.raises(Busy, match=says):
        Schedule((), program=program).run_job(at("04:15"))
    assert not tries()


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
        past: list[Attempt] = []
        moment = since.timestamp()
        while moment < since.timestamp() + 5 * 24 * 3600:
            now = datetime.fromtimestamp(moment, BERLIN)
            if due(job, past, now, since):
                past.append(Attempt(started=now, ended=now, outcome="completed"))
            moment += 600
        assert len({attempt.started.date() for attempt in past}) == len(past) == 5


def test_a_night_without_a_network_is_tried_three_times() -> None:
    job = Job(id="crawl", command=("crawl",), at=datetime.strptime("04:15", "%H:%M").time())
    now = datetime(2026, 6, 1, 4, 15, tzinfo=BERLIN)
    past: list[Attempt] = []
    for minute in range(0, 12 * 60, 10):
        moment = now + timedelta(minutes=minute)
        if due(job, past, moment, now):
            past.append(Attempt(started=moment, ended=moment, outcome="no_source"))
    assert [f"{attempt.started:%H:%M}" for attempt in past] == ["04:15", "05:15", "06:15"]


GROWING = ("04:15", "04:30", "05:30", "09:30")


@pytest.mark.soak
def test_tries_of_a_program_that_dies_first_grow_apart_and_end(program: list[str]) -> None:
    os.environ["FAKE_DEAD"] = "crawl"
    clock = Clock("2026-06-01T04:00")
    two = [Schedule([at("04:15")], clock=clock, program=program) for _ in range(2)]
    let_pass(clock, "2026-06-03T04:00", *two, step=15)
    assert starts() == [f"2026-06-{day:02}T{hour} crawl" for day in (1, 2) for hour in GROWING]
    assert books() == []
    assert {(row["job"], row["outcome"], row["detail"]) for row in tries()} == {
        ("crawl", "failed", "exit code 1: Error: sources.toml: blatt: kind: 'paper' is none of them")
    }
    assert tries()[1] == JobRunRow(
        job="crawl",
        due="2026-06-01T02:15:00.000+00:00",
        started="2026-06-01T02:30:00.000+00:00",
        ended="2026-06-01T02:30:00.000+00:00",
        outcome="failed",
        detail=tries()[0]["detail"],
    )
    os.environ["FAKE_DEAD"] = ""
    let_pass(
        clock, "2026-06-04T04:00", Schedule([at("04:15")], clock=clock, program=program), step=15
    )  # it remembers nothing
    assert (starts()[8:], [row["outcome"] for row in tries()[8:]]) == (["2026-06-03T04:15 crawl"], ["ok"])


@pytest.mark.parametrize("trouble", ["newer", "broken", "missing", "full"])
def test_what_cannot_be_written_is_remembered(program: list[str], trouble: str) -> None:
    os.environ["FAKE_DEAD"] = "crawl"
    archive = Archive(archive_path())
    row = {"migration_set": "revierspiegel", "name": "m999_tomorrow", "applied_at": "2030-01-01"}
    if trouble == "newer":
        archive.db.table("_sqlite_migrations").insert(row)
    archive.close()
    if trouble == "broken":
        archive_path().write_bytes(b"no database at all, but long enough to be taken for one" * 100)
    if trouble == "missing":
        archive_path().unlink()
    clock = Clock("2026-06-01T04:00")
    schedule = Schedule([at("04:15")], clock=clock, program=program)
    most = getrlimit(RLIMIT_FSIZE)
    try:
        if trouble == "full":
            setrlimit(RLIMIT_FSIZE, (20_000, most[1]))
        let_pass(clock, "2026-06-02T04:00", schedule, step=15)
    finally:
        setrlimit(RLIMIT_FSIZE, most)
    if trouble == "full":  # nothing can be started, and nothing said of it, before there is room
        assert not Path(os.environ["FAKE_STARTS"]).exists()
    else:
        assert starts() == [f"2026-06-01T{hour} crawl" for hour in GROWING]
    if trouble == "newer":
        archive_path().unlink()
    os.environ["FAKE_DEAD"] = ""
    if trouble != "broken":  # once it can be written, all of it is
        let_pass(clock, "2026-06-02T04:20", schedule)
        assert [row["outcome"] for row in tries()] == ["failed"] * 4 + ["ok"]
        assert trouble != "full" or "make room" in tries()[0]["detail"]


def test_each_job_is_due_by_its_own_past(program: list[str]) -> None:
    os.environ["FAKE_DEAD"] = "export backfill"
    clock = Clock("2026-06-01T04:00")
    jobs = [at("04:15", "crawl", "--quiet"), at("04:20", "backfill", "--since", "2024-02-01"), at("05:00", "export")]
    schedule = Schedule(jobs, clock=clock, program=program)
    let_pass(clock, "2026-06-01T06:00", schedule)
    assert [(row["job"], row["started"][11:16], row["outcome"]) for row in tries()] == [
        ("crawl", "02:15", "ok"),
        ("backfill", "02:20", "failed"),
        ("backfill", "02:35", "failed"),
        ("export", "03:00", "failed"),
        ("export", "03:15", "failed"),
        ("backfill", "03:35", "failed"),
    ]
    assert [run["outcome"] for run in books()] == ["completed"]
    os.environ["FAKE_DEAD"] = ""
    clock.set(clock() + timedelta(days=2))  # all three are caught up, once
    schedule.look()
    schedule.look()
    assert [(row["job"], row["outcome"]) for row in tries()[6:]] == [
        ("crawl", "ok"),
        ("backfill", "ok"),
        ("export", "ok"),
    ]


def test_crawls_of_a_program_before_this_one_and_by_hand_count(program: list[str]) -> None:
    clock = Clock("2026-06-01T04:15")
    subprocess.run([*program, "crawl"], check=True)
    archive = Archive(archive_path())
    archive.db.execute("drop table job_runs")
    archive.db.execute("delete from _sqlite_migrations where name = 'm024_job_runs'")
    archive.close()
    schedule = Schedule([at("04:15"), at("04:20", "export")], clock=clock, program=program)
    let_pass(clock, "2026-06-01T08:00", schedule)
    assert starts() == ["2026-06-01T04:15 crawl", "2026-06-01T04:20 export"]
    clock.set(clock() + timedelta(days=1))
    subprocess.run([*program, "crawl"], check=True)
    clock.set(clock() + timedelta(minutes=5))
    schedule.look()
    assert starts()[2:] == ["2026-06-02T08:00 crawl", "2026-06-02T08:05 export"]


def test_a_job_that_ends_with_its_schedule_says_so(program: list[str]) -> None:
    begun = archive_path().with_name("begun")
    slow = f"import pathlib, time; pathlib.Path({str(begun)!r}).touch(); time.sleep(300)"
    schedule = Schedule([at("04:15", "export")], program=[sys.executable, "-c", slow])
    runner = Thread(target=schedule.run_job, args=[at("04:15", "export")])
    runner.start()
    ends = time.monotonic() + 20
    while not begun.exists():
        assert time.monotonic() < ends
        time.sleep(0.01)
    schedule.stop()
    runner.join(20)
    [row] = tries()
    assert (row["outcome"], bool(row["ended"]), jobs_holder()) == ("killed", True, None)
    assert row["detail"] == "ended with its schedule; 'revierspiegel schedule run export' runs it again"


def test_how_a_job_ended_names_what_helps(program: list[str]) -> None:
    def detail_of(code: str, hours: float = 4) -> tuple[str, str]:
        schedule = Schedule((), program=[sys.executable, "-c", code], patience=1)
        schedule.run_job(at("04:15", "export", hours=hours))
        return tries()[-1]["outcome"], tries()[-1]["detail"]

    logs = f"its log is in {archive_path().with_name('logs')}"
    assert detail_of("") == ("ok", "")
    assert detail_of("raise SystemExit(3)") == ("failed", f"exit code 3 without a word; {logs}")
    assert detail_of("1 / 0") == ("failed", "exit code 1: ZeroDivisionError: division by zero")
    assert detail_of("import os; os.kill(os.getpid(), 9)") == (
        "killed",
        f"ended by signal 9, by hand or for want of memory; {logs}",
    )
    assert detail_of("import time; time.sleep(300)", hours=0.0001) == (
        "timed_out",
        f"ended after 0.0001 h, its `hours` in jobs.toml; {logs}",
    )
    gone = Schedule((), program=[str(archive_path().with_name("no-such-program"))])
    assert gone.run_job(at("04:15", "export")) == 1
    assert tries()[-1]["detail"].startswith("exit code 1: it could not be started ([Errno 2]")


KEEPER = """
import sys
from datetime import time
from schedules.jobs import Job
from schedules.schedule import Schedule
Schedule((), program=[sys.executable, "-c", "import time; print('begun', flush=True); time.sleep(300)"]).run_job(
    Job(id="crawl", command=("crawl",), at=time(4, 15))
)
"""


def test_a_job_outlives_its_schedule_and_holds_its_lock(program: list[str]) -> None:
    keeper = subprocess.Popen([sys.executable, "-c", KEEPER], stdout=subprocess.PIPE, text=True)
    assert keeper.stdout
    assert keeper.stdout.readline() == "begun\n"
    [child] = map(int, subprocess.run(["pgrep", "-P", str(keeper.pid)], capture_output=True, text=True).stdout.split())
    keeper.kill()
    keeper.wait()
    keeper.stdout.close()
    clock = Clock("2026-06-01T04:00")
    schedule = Schedule([at("04:15", "export")], clock=clock, program=program)
    clock.set(clock() + timedelta(hours=1))
    try:
        assert jobs_holder() == f"process {keeper.pid}, crawl"
        schedule.look()
        assert [row["outcome"] for row in tries()] == ["running"]
    finally:
        os.kill(child, signal.SIGKILL)
    ends = time.monotonic() + 60
    while jobs_holder():
        assert time.monotonic() < ends
        time.sleep(0.01)
    schedule.look()
    assert {row["job"]: row["outcome"] for row in tries()} == {"crawl": "killed", "export": "ok"}
