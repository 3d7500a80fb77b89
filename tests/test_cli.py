"""The command line as people and scripts use it."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from crawler.demo.newsroom import Answer, Newsroom, feed
from db.lock import lock_crawl
from revierspiegel.main import cli
from tests.conftest import ROOT, Desk
from tests.stories import SITE
from tests.test_crawl import REGISTRY, fill

COMMANDS = (
    "answer audit backfill backup copies coverage crawl decide demo doctor enrich entities explain export extract"
    " facts find health install judge letter migrate prune publish remove report reprocess restore run schedule"
    " serve snapshots sources status topic"
).split()


def test_every_command_has_help_and_stands_in_the_readme() -> None:
    assert sorted(cli.commands) == COMMANDS
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in COMMANDS:
        done = CliRunner().invoke(cli, [name, "--help"])
        assert done.exit_code == 0
        assert f"revierspiegel {name}" in readme or name == "migrate"


def test_who_does_not_crawl_does_not_wait_for_scrapy() -> None:
    """Nor a worker process, which imports what reads pages anew for each crawl."""
    quick = ", ".join(
        [
            *(f"revierspiegel.services.{name}" for name in ("decide", "explain", "extract")),
            *("crawler.registry.sources", "pipelines.relevance.judge", "db.operations.status"),
        ]
    )
    program = f"import sys, {quick}; print(*{{'scrapy', 'twisted', 'trafilatura', 'datasette'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "\n"


@pytest.fixture
def filled(desk: Desk, newsroom: Newsroom) -> Desk:
    fill(newsroom)
    desk.registry(REGISTRY)
    assert desk.crawl().returncode == 0
    return desk


def test_the_archive_is_told_explained_and_taken_along(filled: Desk, tmp_path: Path) -> None:
    state = json.loads(filled.run("status", "--json").stdout)
    assert (state["articles"], state["refusals"]) == (4, 5)
    assert state["last_run"]["outcome"] == "completed"
    assert state["refused_by_reason"]["off_topic"] == 3
    assert state["loopback_allowed"] is False
    assert state["next_run"][11:16] in ("04:15", "08:30")  # the next crawl, or the look at the young that follows it
    told = filled.run("status").stdout
    assert "4 articles, 5 refusals" in told

    kept = json.loads(filled.run("explain", "http://www.anzeiger.example/lokales/bedburg", "--json").stdout)
    assert kept["answer"].startswith(f"kept as article {kept['article']['id']}: {SITE[0]}")
    assert any("Bedburg" in reason for reason in kept["reasons"])
    assert "refused on" in filled.run("explain", "http://rechner.example/gone").stdout
    assert "never seen: no feed" in filled.run("explain", "http://rechner.example/other").stdout
    assert "no source of the registry" in filled.run("explain", "http://niemand.example/").stdout

    rows = list(csv.DictReader(io.StringIO(filled.run("export", "csv").stdout)))
    assert len(rows) == 4
    best = filled.run("export", "jsonl", "--query", "training Elsdorf").stdout.splitlines()
    assert json.loads(best[0])["url"] == "http://rechner.example/training"
    out = tmp_path / "refusals.json"
    done = filled.run("export", "json", "--table", "refusals", "--out", str(out))
    assert done.stdout == ""
    assert "5 rows of refusals" in done.stderr
    assert len(json.loads(out.read_text("utf-8"))) == 5
    done = filled.run("export", "xlsx", "--order", "newest", "--out", str(out))
    assert "4 rows of articles" in done.stderr and out.read_bytes().startswith(b"PK")
    wrong = filled.run("export", "csv", "--table", "refusal")
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (1, 1)


def test_sources_are_listed(desk: Desk) -> None:
    desk.registry(REGISTRY)
    assert [row["id"] for row in json.loads(desk.run("sources", "list", "--json").stdout)] == [
        "anzeiger",
        "amt",
        "rechner",
    ]
    assert "Revier-Anzeiger" in desk.run("sources", "list").stdout


def test_extract_reads_html_with_its_address(desk: Desk, newsroom: Newsroom, tmp_path: Path) -> None:
    fill(newsroom)
    answer = newsroom.hosts["amt.example"]["/mitteilung/1"]
    assert isinstance(answer, Answer)
    (tmp_path / "page.html").write_bytes(answer.body)
    done = desk.run("extract", "--url", "http://amt.example/mitteilung/1", str(tmp_path / "page.html"))
    line = json.loads(done.stdout)
    assert (line["url"], line["title"]) == ("http://amt.example/mitteilung/1", SITE[0])
    assert line["text"] == "\n\n".join(SITE[1])
    without = desk.run("extract", str(tmp_path / "page.html"))
    assert (without.returncode, "say with --url" in without.stderr) == (1, True)


def test_judge_answers_line_by_line(desk: Desk) -> None:
    given = json.dumps({"title": SITE[0], "text": "\n\n".join(SITE[1])}) + '\nnonsense\n{"title": null}\n'
    done = desk.run("judge", given=given)
    on, bad, empty = map(json.loads, done.stdout.splitlines())
    assert (on["relevant"], on["verdict"]) == (True, "on")
    assert set(bad) == {"error"}
    assert (empty["relevant"], empty["verdict"]) == (False, "off")


def test_other_machines_are_not_served_unasked(desk: Desk) -> None:
    for command in ("run", "serve"):
        done = desk.run(command, "--host", "0.0.0.0")
        assert done.returncode == 1
        assert "--i-have-the-rights" in done.stderr


def test_status_before_the_first_run(desk: Desk) -> None:
    assert "none yet" in desk.run("status").stdout
    export = desk.run("export", "csv")
    assert (export.returncode, len(export.stderr.splitlines())) == (1, 1)


@contextmanager
def running(desk: Desk, *words: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """`run` or `serve` on a free port: the process, the site's address, and what was said before it."""
    child = subprocess.Popen(desk.command(*words, "--port", "0"), stderr=subprocess.PIPE, text=True, cwd=desk.folder)
    said: list[str] = []
    try:
        assert child.stderr
        while not (found := re.search(r"http://\S+", said[-1] if said else "")):
            said.append(child.stderr.readline())
            assert said[-1], said
        yield child, found[0], said
    finally:
        child.kill()
        child.wait()
        child.stderr.close()


def get(address: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=60) as answer:
        return str(answer.read().decode())


def test_run_serves_at_once_crawls_and_ends_with_ctrl_c(desk: Desk, newsroom: Newsroom) -> None:
    fill(newsroom)
    desk.registry(REGISTRY)
    os.environ["REVIERSPIEGEL_CONTACT"] = "tests@revierspiegel.example"
    with running(desk, "run") as (child, address, _):
        assert "Revierspiegel" in get(address)
        ends = time.monotonic() + 60
        while '"source": "anzeiger"' not in get(f"{address}archive/articles.json?_shape=array"):
            assert time.monotonic() < ends
            time.sleep(0.3)
        crawler = desk.rows("select outcome from runs")
        assert crawler == [{"outcome": "running"}]  # articles appear as they come
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=20) == 0
        assert child.stderr
        assert "Traceback" not in child.stderr.read()
    assert desk.rows("select outcome from runs")[0]["outcome"] in ("stopped", "killed", "running")
    assert desk.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_run_without_a_network_serves_what_there_is(desk: Desk, newsroom: Newsroom) -> None:
    desk.registry(REGISTRY)  # nobody answers for these hosts
    with running(desk, "run") as (child, address, _):
        assert "Revierspiegel" in get(address)
        assert child.stderr
        said = ""
        ends = time.monotonic() + 60
        while "no source could be reached" not in said:
            assert time.monotonic() < ends
            said += child.stderr.readline()
        assert "check the network" in said
        while not (found := re.search(r"The demo is at (http://\S+)", said)):  # the archive is empty: rather this
            said += child.stderr.readline()
        assert "here are the example newsrooms instead" in said
        assert "invented" in get(found[1])
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=30) == 0
    assert desk.rows("select count(*) as n from articles") == [{"n": 0}]  # never mixed


def test_a_port_that_is_taken(desk: Desk) -> None:
    with running(desk, "serve") as (_, address, _):
        done = desk.run("serve", "--port", address.rstrip("/").rpartition(":")[2])
        assert done.returncode == 1
        assert "choose another with --host or --port" in done.stderr


def test_the_schedule_is_told_and_a_job_runs_by_its_name(desk: Desk, newsroom: Newsroom) -> None:
    newsroom.put("http://www.anzeiger.example/feed.xml", feed([]))  # a job keeps its distance: five seconds a request
    desk.registry(REGISTRY.split('[[source]]\nid = "amt"')[0])
    assert "crawl  04:15 Europe/Berlin" in desk.run("schedule", "list").stdout
    assert re.search(r"^\d{4}-\d\d-\d\dT04:15\S*  crawl$", desk.run("schedule", "next").stdout, re.MULTILINE)
    wrong = desk.run("schedule", "run", "clean")
    assert (wrong.returncode, "no job 'clean'; there is find, crawl" in wrong.stderr) == (1, True)
    done = desk.run("schedule", "run", "crawl")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")  # nothing is wrong: nothing is said
    assert desk.rows("select outcome from runs") == [{"outcome": "completed"}]
    assert desk.rows("select job, outcome, detail from job_runs") == [{"job": "crawl", "outcome": "ok", "detail": ""}]
    assert re.search(
        r"at most 4 h  last completed, \d{4}-\d\d-\d\d \d\d:\d\d$", desk.run("schedule", "list").stdout, re.M
    )
    assert "\njob " not in desk.run("status").stdout


def test_a_job_that_fails_is_told_to_the_operator(desk: Desk) -> None:
    desk.registry("[[source]]\nid = 7\n")
    done = desk.run("schedule", "run", "crawl")
    [row] = desk.rows("select outcome, detail, ended from job_runs")
    assert (done.returncode, row["outcome"], bool(row["ended"])) == (1, "failed", True)
    assert row["detail"] == f"exit code 1: {'; '.join(done.stderr.splitlines())}"
    assert "sources.toml: " in done.stderr
    [line] = [line for line in desk.run("status").stdout.splitlines() if line.startswith("job ")]
    assert re.fullmatch(r"job        crawl: last failed, [\d :-]+: exit code 1: .+; next try at [\d-]+ \d\d:\d\d", line)
    [job] = [each for each in json.loads(desk.run("status", "--json").stdout)["jobs"] if each["id"] == "crawl"]
    assert (job["id"], job["tries"], job["last"]["outcome"], job["last"]["detail"]) == (
        "crawl",
        1,
        "failed",
        row["detail"],
    )
    assert datetime.fromisoformat(job["next"]) - datetime.now(UTC) <= timedelta(minutes=15)
    told = desk.run("schedule", "next").stdout.splitlines()
    [line] = [line for line in told if "crawl " in line]  # another job may be due before it
    assert line.startswith(job["next"][:16]) and "last failed" in line
    assert "last failed" in desk.run("schedule", "list").stdout


def test_a_job_waits_for_a_crawl_by_hand(desk: Desk, newsroom: Newsroom) -> None:
    with lock_crawl():
        busy = desk.run("schedule", "run", "crawl")
    assert busy.returncode == 1
    assert re.fullmatch(r"Error: .+: a crawl is already running \(process \d+\); wait for it or stop it\n", busy.stderr)
    assert not (desk.home / "archive.db").exists()


def test_the_schedule_ends_in_order(desk: Desk) -> None:
    child = subprocess.Popen(desk.command("schedule"), stderr=subprocess.PIPE, text=True)
    assert child.stderr
    assert "Crawling next at" in child.stderr.readline()
    child.send_signal(signal.SIGTERM)
    assert child.wait(timeout=20) == 0
    assert child.stderr.read() == ""
    child.stderr.close()
