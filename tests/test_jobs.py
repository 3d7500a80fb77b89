from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.home import archive_path, make_home
from db.store.archive import Archive
from db.store.crawl.runs import Night
from schedules.history import crawl_is_due
from schedules.jobs import BERLIN, JobsError, load, next_crawl


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-28T12:00+01:00", "2026-03-29T04:15+02:00"),  # the night in which an hour is left out
        ("2026-10-24T12:00+02:00", "2026-10-25T04:15+01:00"),  # the night in which an hour comes twice
        ("2026-06-01T04:14+02:00", "2026-06-01T04:15+02:00"),
        ("2026-06-01T04:16+02:00", "2026-06-02T04:15+02:00"),
    ],
)
def test_the_crawl_is_at_a_quarter_past_four_in_berlin(now: str, expected: str) -> None:
    assert next_crawl(datetime.fromisoformat(now)) == datetime.fromisoformat(expected)


def test_once_a_night_over_the_clock_changes() -> None:
    moment, times = datetime(2026, 10, 20, tzinfo=UTC), []
    while moment < datetime(2026, 10, 30, tzinfo=UTC):
        found = next_crawl(moment)
        assert found
        times.append(found)
        moment = found + timedelta(seconds=1)
    assert len({time.astimezone(BERLIN).date() for time in times}) == len(times) == 11


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[job]]\nid = "crawl"\ncommand = ["crawl"]\nat = "25:00"', "jobs.toml: crawl: at: '25:00' is no time of day"),
        ('[[job]]\nid = "crawl"\ncommand = "crawl"\nat = "04:15"', "jobs.toml: crawl: command: 'crawl' is no list"),
        ('[[job]]\nid = "crawl"\nwhen = "04:15"', "jobs.toml: crawl: when: unknown key"),
        ("[[job", "jobs.toml: "),
        ("[job]\n", "jobs.toml: job: {}, expected tables [[job]]"),
        ("[[jobs]]\n", "jobs.toml: jobs: unknown key; did you mean 'job'?"),
        ("job = [7]", "jobs.toml: 1: 7, expected a table with command, at"),
        ('[[job]]\nid = "crawl"\nat = "04:15"', "jobs.toml: crawl: command: missing, expected a list of words"),
        (
            '[[job]]\nid = "crawl"\ncommand = ["crawl"]\nat = "04:15"\nhours = 25',
            "jobs.toml: crawl: hours: 25, expected a number between 0 and 24",
        ),
        (
            '[[job]]\nid = "crawl"\ncommand = ["crawl"]\nat = "04:15"\nafter = ["find"]',
            "jobs.toml: crawl: after: 'find' is no job above it",
        ),
        (
            '[[job]]\nid = "crawl"\ncommand = ["crawl"]\nat = "04:15"\n' * 2,
            "jobs.toml: crawl: id: given 2 times, expected one of its own for each job",
        ),
    ],
)
def test_a_wrong_line_is_told(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "jobs.toml"
    path.write_text(text)
    with pytest.raises(JobsError) as error:
        load(path)
    assert str(error.value).startswith(message)


def test_all_that_is_wrong_with_the_jobs_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "jobs.toml"
    path.write_text('[[job]]\nid = "a"\nat = 4\n[[job]]\ncommand = []\nat = "05:00"\n')
    with pytest.raises(JobsError) as error:
        load(path)
    assert [line.split(", expected")[0] for line in str(error.value).splitlines()] == [
        "jobs.toml: a: command: missing",
        "jobs.toml: a: at: 4 is no time of day",
        "jobs.toml: 2: command: [] is no list of words",
    ]
    with pytest.raises(JobsError, match=r"cannot be read .*; put the program's own in its place"):
        load(tmp_path / "none.toml")


def test_a_crawl_is_due_a_day_after_the_last_that_reached_anything(home: Path) -> None:
    assert crawl_is_due()
    make_home()
    archive = Archive(archive_path())
    run = archive.runs.begin([], sources=0)
    archive.runs.end(run, "no_source")
    assert crawl_is_due()
    run = archive.runs.begin([], sources=0)
    archive.runs.end(run, "completed")
    archive.close()
    assert not crawl_is_due()
    assert crawl_is_due(datetime.now(UTC) + timedelta(hours=25))


def test_counts_of_a_running_night(home: Path) -> None:
    make_home()
    archive = Archive(archive_path())
    run = archive.runs.begin([{"id": "blatt", "name": "Blatt"}], sources=1)
    night = Night(source="blatt", state="ok", answered=True, fetched=5, kept=2)
    night.refuse("off_topic", 3, asked=True)
    archive.runs.write_nights(run, "2026-01-01", [night])
    row = next(archive.db.query("select * from runs"))
    assert (row["kept"], row["refused"], row["reached"], row["outcome"]) == (2, 3, 1, "running")
    assert next(archive.db.query("select last_state from sources"))["last_state"] == "ok"
    archive.close()
