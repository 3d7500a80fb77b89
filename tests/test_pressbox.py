"""The crawler, unchanged, against recorded pages at their real addresses."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SHARED, Desk

CORPUS = SHARED / "corpus"

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="no recorded pages: ../shared is not there")


@pytest.fixture
def pressbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The log of the requests that were made."""
    log, said = tmp_path / "pressbox.jsonl", tmp_path / "pressbox.txt"
    command = [sys.executable, str(SHARED / "pressbox" / "pressbox.py"), "--port", "0"]
    for name in ("seeds.warc.gz", "press-dev.warc.gz"):
        command += ["--corpus", str(CORPUS / name)]
    command += ["--labels", str(CORPUS / "press-dev.jsonl"), "--ca", str(tmp_path / "ca.pem"), "--log", str(log)]
    with said.open("w") as out:
        box = subprocess.Popen(command, stdout=out)
    try:
        ends = time.monotonic() + 30
        while "http://" not in said.read_text():
            assert box.poll() is None
            assert time.monotonic() < ends
            time.sleep(0.05)
        address = "http://" + said.read_text().split("http://")[1].strip()
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, address)
            monkeypatch.delenv(name.upper(), raising=False)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        yield log
    finally:
        box.kill()
        box.wait()


def asked(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def labels(name: str) -> dict[str, dict[str, Any]]:
    return {row["url"]: row for row in map(json.loads, (CORPUS / name).read_text("utf-8").splitlines())}


def text_f1(gold: dict[str, Any], got: object) -> float:
    spec = importlib.util.spec_from_file_location("score", CORPUS / "score.py")
    assert spec
    assert spec.loader
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    return float(score.text_score("\n".join(gold["paragraphs"]), got, gold.get("optional", ()))[2])


def test_the_seeds_are_found_and_nothing_else(desk: Desk, pressbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REVIERSPIEGEL_SOURCES")
    monkeypatch.delenv("REVIERSPIEGEL_KNOWN")
    done = desk.crawl(seconds=240)
    assert done.returncode == 0, done.stderr

    seeds = labels("seeds.jsonl")
    kept = {str(row["url"]): row for row in desk.rows("select * from articles")}
    assert set(kept) == set(seeds)
    for url, seed in seeds.items():
        assert kept[url]["title"] == seed["title"]
        assert str(kept[url]["published"]).startswith(seed["date"])
        assert text_f1(seed, kept[url]["text"]) > 0.99
    assert {row["source"] for row in kept.values()} == {"it-production", "land-nrw"}

    others = labels("press-dev.jsonl")
    delivered = {f"https://{row['host']}{row['path']}" for row in asked(pressbox) if row["status"] == 200} & set(others)
    refused = {row["url"] for row in desk.rows("select url from refusals where reason is not null")}
    assert delivered
    assert delivered <= refused

    away = desk.rows("select source from source_nights where state = 'unreachable'")
    assert len(away) > 50
    assert desk.rows("select count(*) as n from leads where tries > 0") == [{"n": 0}]
    articles = {
        row["path"] for row in asked(pressbox) if f"https://{row['host']}{row['path']}" in set(others) | set(seeds)
    }

    os.truncate(pressbox, 0)
    assert desk.crawl(seconds=240).returncode == 0
    again = [row for row in asked(pressbox) if row["path"] not in ("/robots.txt", "CONNECT")]
    assert not [row["path"] for row in again if row["path"] in articles]
    assert {row["status"] for row in again} == {304}
    assert len(kept) == desk.rows("select count(*) as n from articles")[0]["n"]


@pytest.mark.parametrize(("name", "floor"), [("seeds", 0.99), ("press-dev", 0.96)])
def test_extract_speaks_the_scorers_lines(desk: Desk, name: str, floor: float, tmp_path: Path) -> None:
    done = desk.run("extract", str(CORPUS / f"{name}.warc.gz"))
    assert done.returncode == 0, done.stderr
    (tmp_path / "predicted.jsonl").write_text(done.stdout, "utf-8")
    command = [
        sys.executable,
        str(CORPUS / "score.py"),
        str(CORPUS / f"{name}.jsonl"),
        str(tmp_path / "predicted.jsonl"),
    ]
    scored = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    assert json.loads(scored.stdout)["f1"] > floor


def test_judge_knows_the_topic(desk: Desk) -> None:
    rows = [json.loads(line) for line in (CORPUS / "topic-dev.jsonl").read_text("utf-8").splitlines()]
    given = "".join(
        json.dumps({"title": row["title"], "text": f"{row['gist']}\n\n{', '.join(row['terms'])}", "url": row["url"]})
        + "\n"
        for row in rows
    )
    done = desk.run("judge", given=given)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line)["relevant"] for line in done.stdout.splitlines()]
    assert len(found) == len(rows)
    pairs = [(row["label"] == "ON", said) for row, said in zip(rows, found, strict=True) if row["label"] != "MENTION"]
    hits = sum(on and said for on, said in pairs)
    precision, recall = hits / sum(said for _, said in pairs), hits / sum(on for on, _ in pairs)
    assert precision >= 0.95
    assert 2 * precision * recall / (precision + recall) >= 0.96
