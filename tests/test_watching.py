"""What a monitor and an operator see: the probe, metrics, reports of runs, logs."""

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlite_utils
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from db.language import speaking
from db.logs import JsonLines, forget_old_logs, log_path
from db.operations.metrics import Measured, Metric, as_text
from db.operations.run_report import as_lines, read_report
from db.outcomes import Code, as_json
from revierspiegel.main import cli
from tests.browsing import check_page, in_chromium, visiting
from tests.conftest import Desk
from tests.test_exports import make_archive
from tests.test_site import Get, getter

RUN = {
    "id": 7,
    "kind": "crawl",
    "started": "2026-11-20T03:15:00+00:00",
    "ended": "2026-11-20T04:17:03+00:00",
    "outcome": "completed",
    "sources": 3,
    "reached": 2,
    "requests": 1310,
    "listed": 900,
    "new": 40,
    "fetched": 12,
    "kept": 4,
    "again": 1,
    "refused": 6,
    "failed": 1,
    "unasked": 2,
    "reasons": '{"off_topic": 5, "paywall": 1}',
}
HOSTILE = 'b"l\\att\n<b>'


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_archive(tmp_path_factory.mktemp("home") / "archive.db", 3)
    database = sqlite_utils.Database(path)
    database.table("runs").insert(RUN)
    night = {"run": 7, "night": "2026-11-20", "detail": "x", "listed": 900, "fetched": 12, "kept": 4, "refused": 6}
    why = as_json([Code.HTTP_STATUS.of(status=403)])
    database.table("source_nights").insert_all(
        [night | {"source": "blatt", "state": "partial", "outcomes": why}, night | {"source": HOSTILE, "state": "ok"}]
    )
    database.table("sources").insert({"id": "blatt", "name": "Blatt", "health": HOSTILE})
    job = {"job": "crawl", "due": "", "started": RUN["started"], "ended": RUN["ended"], "outcome": "ok", "detail": ""}
    database.table("job_runs").insert(job)
    alarm = {"cause": "disk", "first_at": RUN["started"], "last_at": RUN["started"], "times": 1, "detail": "x"}
    database.table("alarms").insert(alarm | {"outcome": as_json(Code.ALARM_NO_BACKUP.of())})
    database.close()
    return path


@pytest.fixture(scope="module")
def get(archive: Path) -> Iterator[Get]:
    yield from getter(archive)


def test_the_probe_answers_ok(get: Get) -> None:
    for path in ("/health", "/-/health"):
        assert (get(path).status_code, get(path).text, get(path).headers["cache-control"]) == (200, "ok\n", "no-store")


def test_metrics_are_read_as_prometheus_reads_them(get: Get) -> None:
    answer = get("/-/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    values = {
        (sample.name.removeprefix("revierspiegel_"), *sample.labels.values()): sample.value
        for family in families.values()
        for sample in family.samples
    }
    assert values["articles",] == 3
    assert values["sources", HOSTILE] == 1
    assert values["crawl_pages", "kept"] == 4
    assert (
        values["crawl_completed_timestamp_seconds",] == values["job_succeeded_timestamp_seconds", "crawl"] == 1795148223
    )
    assert values["alarms", "disk"] == 1
    assert values["disk_free_bytes",] > 0 and values["archive_bytes",] > 0
    assert all(family.type == "gauge" and family.documentation for family in families.values())
    assert as_text([Metric("x", "y", (Measured(0.5), Measured(2.0)))]).endswith(
        "revierspiegel_x 0.5\nrevierspiegel_x 2\n"
    )


def test_metrics_are_for_this_machine_and_for_who_has_the_token(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    token = {"authorization": "Bearer open-sesame"}
    assert get("/-/metrics", headers={"x-forwarded-for": "203.0.113.7"}).status_code == 404
    assert get("/-/metrics", headers=token).status_code == 404
    assert get("/-/metrics", headers={"authorization": "Bearer "}).status_code == 404
    monkeypatch.setenv("REVIERSPIEGEL_METRICS_TOKEN", "open-sesame")
    passed_on = {"x-forwarded-for": "203.0.113.7"}
    assert get("/-/metrics", headers=token | passed_on).status_code == 200
    assert get("/-/metrics", headers={"authorization": "Bearer open"}).status_code == 404


def test_a_run_has_its_report(get: Get, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path, words in (("/runs/7", "2 of 3 reached"), ("/runs", "1,310")):
        assert words in get(path).text
    page = get("/runs/7", headers={"accept-language": "de"}).text
    assert "1:02:03" in page and "<b>" not in page and "Abrufe" in page and "HTTP 403" in page
    assert '<a href="/sources/blatt">Blatt</a>' in page
    assert "<em>7</em>" not in get("/archive/source_nights").text  # the run's number once
    assert get("/runs/7.json").json()["refused_by_reason"] == {"off_topic": 5, "paywall": 1}
    assert [get(path).status_code for path in ("/runs/8", "/runs/x", "/runs/99999999999")] == [404] * 3

    monkeypatch.setenv("REVIERSPIEGEL_HOME", str(archive.parent))
    told = CliRunner().invoke(cli, ["report", "--json", "7"])
    assert json.loads(told.stdout)["seconds"] == 3723
    monkeypatch.setenv("REVIERSPIEGEL_LANGUAGE", "de")
    words = CliRunner().invoke(cli, ["report", "--sources"]).stdout
    assert "behalten     4" in words and "blatt" in words
    assert "there is no run 8" in CliRunner().invoke(cli, ["report", "8"]).output


def test_a_run_that_goes_on_has_one_too(archive: Path) -> None:
    database = sqlite_utils.Database(memory=True)
    database.execute("attach ? as other", [str(archive)])
    for table in ("runs", "source_nights", "changes", "versions"):
        database.execute(f"create table {table} as select * from other.{table}")
    database.table("runs").insert(
        {"id": 8, "kind": "crawl", "started": "2026-11-21T03:15:00+00:00", "outcome": "running"}
    )
    report = read_report(database.conn, None)
    assert report and report.seconds is None
    with speaking("en"):
        assert "took         going on" in list(as_lines(report))
    database.close()


@in_chromium
def test_the_report_fits_every_screen(archive: Path) -> None:
    with visiting(archive) as (page, address):
        check_page(page, f"{address}runs/7")


def test_what_commands_say_is_json_too(desk: Desk) -> None:
    done = desk.run("--log-format", "json", "health", "--dry-run")
    (line,) = done.stderr.splitlines()
    assert json.loads(line)["message"].startswith("Nobody is told") and json.loads(line)["level"] == "info"


def test_logs_are_json_where_they_are_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        raise ValueError("half\nline")
    except ValueError:
        record = logging.LogRecord("db.x", logging.ERROR, "", 1, "%s „ß“", ("a",), sys.exc_info())
    line = JsonLines().format(record)
    facts = json.loads(line)
    assert "\n" not in line and (facts["level"], facts["message"]) == ("error", "a „ß“")
    assert "ValueError: half" in facts["exception"] and facts["at"].endswith("+00:00")

    monkeypatch.setenv("REVIERSPIEGEL_LOG_FORMAT", "json")
    assert log_path(tmp_path, "crawl", "2026-11-20").name == "crawl-2026-11.jsonl"
    names = ["crawl-2025-10.log", "find-2025-09.jsonl", "crawl-2025-11.log", "crawl-2026-11.jsonl", "notes.txt"]
    for name in names:
        (tmp_path / name).touch()
    forget_old_logs(tmp_path, "2026-11-20")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names[2:])
