"""A year of nights in seconds: the schedule's own code on a clock of the test's, with what happens to machines."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import IO

import pytest

from db.days import BERLIN
from db.home import home
from db.operations.causes import BACKUP_HOURS, Cause, Causes
from db.outcomes import Code
from db.store.crawl.alarms import AlarmRow
from db.store.crawl.job_runs import JobRunRow
from db.store.crawl.runs import RunRow
from schedules.alarms import due_alarms, job_causes, rows_of
from schedules.child import ChildExit
from schedules.history import DIED, History
from schedules.jobs import Job, attempts, load, next_start
from schedules.messages import as_line
from schedules.schedule import Schedule
from schedules.state import states_of
from tests.conftest import ROOT

pytestmark = pytest.mark.soak

TRIES = 5  # tries of a job that are read back: more than a night has
FIRST, LAST = datetime(2026, 1, 1, 12, tzinfo=BERLIN), datetime(2027, 1, 1, 12, tzinfo=BERLIN)
HANGS, DIES, KILLED, OK = "hangs", "dies", "killed", "ok"
MINUTES = {"find": 30, "crawl": 170, "young": 20}  # that a job takes; others five

# What happens: (job, first day, last day, what its tries do in turn; the last of them is what all further ones do)
PLAN: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("crawl", "2026-02-03", "2026-02-03", (KILLED, OK)),  # memory
    ("crawl", "2026-02-10", "2026-02-10", (HANGS, OK)),
    ("crawl", "2026-04-20", "2026-04-22", (DIES,)),  # a wrong line in the registry, mended on the third day
    ("enrich", "2026-05-04", "2026-05-06", (DIES,)),  # a slip of ours, until the update
    ("backup", "2026-06-10", "2026-06-12", (DIES,)),  # no room
    ("find", "2026-07-01", "2026-07-31", (HANGS,)),
    ("export", "2026-08-08", "2026-08-08", (DIES, DIES, OK)),
)
ERRORS = {
    "crawl": "Error: sources.toml: rheinfunk: kind: 'radio' is none of them",
    "enrich": "AttributeError: 'NoneType' object has no attribute 'text'",
    "backup": "Error: {home}/backups: a backup takes 900 MB, 67 MB are to stay free, and there are 412 MB",
}
BLOCKED = ("2026-10-05", "2026-10-12")  # a source says no
ASLEEP = (  # the machine, or its schedule
    ("2026-03-14T22:00", "2026-03-15T09:00"),
    ("2026-09-05T20:00", "2026-09-12T08:00"),  # a week
    ("2026-11-03T04:40", "2026-11-03T06:00"),  # in the middle of a crawl, which was then lost
)


@dataclass
class Year:
    """Time goes on to whatever comes next: a job's hour, its next try, or the end of a sleep."""

    jobs: tuple[Job, ...]
    now: datetime = FIRST
    rows: dict[tuple[str, str], JobRunRow] = field(default_factory=dict)
    latest: dict[str, dict[str, JobRunRow]] = field(default_factory=lambda: defaultdict(dict))
    tried: Counter[tuple[str, str]] = field(default_factory=Counter)
    alarms: dict[str, AlarmRow] = field(default_factory=dict)  # by cause, the last
    told: list[str] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def read(self) -> list[JobRunRow]:
        return list(chain.from_iterable(rows.values() for rows in self.latest.values()))

    def write(self, rows: Iterable[JobRunRow]) -> None:
        for row in rows:
            self.rows[row["job"], row["started"]] = row
            latest = self.latest[row["job"]]
            latest[row["started"]] = row
            if len(latest) > TRIES:
                del latest[min(latest)]

    def run(self, command: Sequence[str], limit: timedelta) -> ChildExit:
        job = next(job for job in self.jobs if job.command == tuple(command))
        began, ended = self.now, self.now + timedelta(minutes=MINUTES.get(job.id, 5))
        day = f"{began.astimezone(BERLIN):%Y-%m-%d}"
        number = self.tried[job.id, day]
        self.tried[job.id, day] += 1
        if job.id == "health":
            self.look_for_alarms()
        does = next((plan[min(number, len(plan) - 1)] for id, a, b, plan in PLAN if id == job.id and a <= day <= b), OK)
        self.now = {HANGS: began + limit, DIES: began + timedelta(seconds=2)}.get(does, ended)
        if does == OK and any(began < begin < ended for begin, _ in nights_off()):
            raise PowerCut
        return {
            HANGS: ChildExit(code=-9, in_time=False),
            DIES: ChildExit(code=1, error=ERRORS.get(job.id, "").replace("{home}", str(home()))),
            KILLED: ChildExit(code=-9),
        }.get(does, ChildExit(code=0))

    def look_for_alarms(self) -> None:
        """As `health` does, of what jobs and backups alone show, and of one source."""
        pasts = attempts(self.jobs, self.read(), [])
        known = [*job_causes(states_of(self.jobs, pasts, self.now, busy=True), self.now)]
        backup = max(row["started"] for row in self.rows.values() if (row["job"], row["outcome"]) == ("backup", OK))
        if self.now - (at := datetime.fromisoformat(backup)) > timedelta(hours=BACKUP_HOURS):
            known.append(Cause("backup", Code.ALARM_BACKUP.of(since=f"{at:%Y-%m-%d}")))
        if BLOCKED[0] <= f"{self.now.astimezone(BERLIN):%Y-%m-%d}" <= BLOCKED[1]:
            why = Code.HTTP_STATUS.of(status=403)
            known.append(Cause("source/rheinfunk", Code.ALARM_SOURCE.of(source="rheinfunk", why=why)))
        alarms = due_alarms(Causes(tuple(known)), list(self.alarms.values()), self.now)
        told = [(alarm.row, alarm.outcome) for alarm in alarms if alarm.due]
        if told:
            day = f"{self.now.astimezone(BERLIN):%Y-%m-%d}"
            self.told += [f"{day}: {as_line(row, outcome)}" for row, outcome in told]
        self.alarms |= {row["cause"]: row for row in rows_of(alarms, True, self.now)}

    def go_on(self, since: datetime) -> None:
        pasts = attempts(self.jobs, self.read(), [])
        coming = [job.next_hour(self.now) for job in self.jobs]
        tries = [next_start(job, pasts[job.id], self.now, since) for job in self.jobs]
        self.now = min(at for at in (*coming, *tries) if at > self.now)
        for begin, end in nights_off():
            if begin <= self.now < end:
                self.now = end


class Remembered(History):
    """In memory: an archive is opened too slowly for a year in seconds."""

    def __init__(self, year: Year) -> None:
        super().__init__()
        self._year = year

    def read(self) -> tuple[list[JobRunRow], list[RunRow]]:
        return self._year.read(), []

    def write(self, rows: Iterable[JobRunRow]) -> None:
        self._year.write(rows)


@dataclass
class Try:
    """A job's child process, which takes no time of ours."""

    year: Year
    command: Sequence[str]
    patience: float
    lock: IO[str] | None

    def wait(self, limit: timedelta | None = None) -> ChildExit:
        assert limit
        return self.year.run(self.command, limit)

    def end(self) -> int:
        return 0


class PowerCut(BaseException):
    """Ends the schedule as kill -9 does: nothing of it can be written any more."""


def nights_off() -> Iterator[tuple[datetime, datetime]]:
    for begin, end in ASLEEP:
        yield datetime.fromisoformat(begin).replace(tzinfo=BERLIN), datetime.fromisoformat(end).replace(tzinfo=BERLIN)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REVIERSPIEGEL_HOME", str(tmp_path_factory.mktemp("home")))
        lived = Year(load())
        keeper, since = new_keeper(lived), lived.now
        while lived.now < LAST:
            try:
                tried = -1
                while tried < (tried := len(lived.rows)):  # every minute
                    keeper.look()
            except PowerCut:
                lived.now = next(end for begin, end in nights_off() if begin < lived.now)
                keeper, since = new_keeper(lived), lived.now
                continue
            lived.go_on(since)
        yield lived


def new_keeper(year: Year) -> Schedule:
    return Schedule(year.jobs, clock=year, program=(), start=partial(Try, year), history=Remembered(year))


def moment(row: JobRunRow) -> str:
    """Berlin's, as a person reads it."""
    return f"{datetime.fromisoformat(row['started']).astimezone(BERLIN):%m-%d %H:%M}"


def of_day(year: Year, day: str) -> list[str]:
    return [f"{moment(row)[6:]} {row['job']} {row['outcome']}" for row in year.rows.values() if moment(row)[:5] == day]


USUAL = [
    "03:15 find ok",
    "04:15 crawl ok",
    "07:05 enrich ok",
    "07:10 prune ok",
    "07:15 export ok",
    "07:20 backup ok",
    "08:30 young ok",
    "09:00 publish ok",
    "09:45 health ok",
]


def test_each_job_runs_once_a_night_all_the_year(year: Year) -> None:
    """365 nights; of the week asleep one is caught up, and where a job has failed all day there is none."""
    went_well = Counter(row["job"] for row in year.rows.values() if row["outcome"] == OK)
    asleep, dead = 6, 3
    assert went_well == {
        **dict.fromkeys(("prune", "export", "publish", "young", "health"), 365 - asleep),
        **dict.fromkeys(("crawl", "enrich", "backup"), 365 - asleep - dead),
        "find": 365 - asleep - 31,
    }
    hours = Counter((row["job"], row["due"]) for row in year.rows.values() if row["outcome"] == OK)
    assert set(hours.values()) == {1}
    assert all(row["ended"] for row in year.rows.values() if row["outcome"] != KILLED)
    for night in ("01-02", "03-28", "03-29", "03-30", "10-24", "10-25", "10-26", "12-31"):  # both changes of the clock
        assert of_day(year, night) == USUAL


def test_what_goes_wrong_is_tried_again_and_keeps_nobody_waiting_for_good(year: Year) -> None:
    wrong = [f"{moment(row)} {row['job']} {row['outcome']}" for row in year.rows.values() if row["outcome"] != OK]
    dies = ("04:15", "04:30", "05:30", "09:30")
    after_crawl = ("07:05", "07:20", "08:20", "12:20")
    backup = ("07:20", "07:35", "08:50", "12:50")  # the third waited for the look at what is young
    assert [line for line in wrong if " find " not in line] == [
        "02-03 04:15 crawl killed",
        "02-10 04:15 crawl timed_out",
        *(f"04-{day} {hour} crawl failed" for day in (20, 21, 22) for hour in dies),
        *(f"05-0{day} {hour} enrich failed" for day in (4, 5, 6) for hour in after_crawl),
        *(f"06-{day} {hour} backup failed" for day in (10, 11, 12) for hour in backup),
        *(f"08-08 {hour} export failed" for hour in ("07:15", "07:30")),
        "11-03 04:15 crawl killed",
    ]
    assert [line[6:11] for line in wrong if " find " in line] == ["03:15", "07:25", "09:25"] * 31
    assert of_day(year, "04-21")[4:] == [  # the crawl is given up; the others go on, with the archive as it is
        "08:30 young ok",
        "09:00 publish ok",
        *(f"09:{minute} {job}" for minute, job in ((30, "crawl failed"), (30, "enrich ok"), (35, "prune ok"))),
        "09:40 export ok",
        "09:45 backup ok",
        "09:50 health ok",
    ]
    assert of_day(year, "05-05")[2:6] == [  # what nobody waits for goes on at once
        "07:05 enrich failed",
        "07:05 prune ok",
        "07:10 backup ok",
        "07:20 enrich failed",
    ]


def test_a_night_that_was_slept_through_is_caught_up_once(year: Year) -> None:
    assert of_day(year, "03-15")[:2] == ["09:00 find ok", "09:30 crawl ok"]
    assert not [row for row in year.rows.values() if "09-06" <= moment(row)[:5] <= "09-11"]
    woken = (
        "08:00 find",
        "08:30 crawl",
        "11:20 enrich",
        "11:25 prune",
        "11:30 export",
        "11:35 backup",
        "11:40 young",
        "12:00 publish",
        "12:05 health",
    )
    assert of_day(year, "09-12") == [f"{line} ok" for line in woken]
    killed = next(row for row in year.rows.values() if moment(row) == "11-03 04:15")
    assert (killed["ended"], killed["detail"]) == (None, DIED)
    assert of_day(year, "11-03")[1:3] == ["04:15 crawl killed", "06:00 crawl ok"]


def test_the_alarms_of_the_year_are_those_of_the_manual(year: Year) -> None:
    """Each cause once when it begins, then after a day, three and seven, and once when it is over."""
    manual = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert "\n".join(year.told) in manual, "\n".join(["put these lines into docs/operations.md:", *year.told])
