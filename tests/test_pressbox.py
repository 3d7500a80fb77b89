"""The crawler, unchanged, against recorded pages at their real addresses."""

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from warcio.archiveiterator import ArchiveIterator

from crawler.registry.sources import Source, expand, load
from pipelines.identity import bare_host
from tests.boxes import pressbox
from tests.conftest import SHARED, Desk, own_home

CORPUS = SHARED / "corpus"
WARCS = tuple(CORPUS / name for name in ("seeds.warc.gz", "press-dev.warc.gz"))
DELAY = 1.2  # seconds of a Crawl-delay

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="no recorded pages: ../shared is not there")

Asked = dict[str, Any]
RULES = ("/robots.txt", "/.well-known/tdmrep.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nights:
    """Two nights with the whole registry, in a net that holds a few of its hosts."""

    desk: Desk
    pages: dict[str, list[str]]  # host without 'www.' → addresses of the recorded pages
    slow: str  # the host that has set a Crawl-delay; two sources of the registry are on it
    disallowed: str  # the address of a page; its host's robots.txt disallows it
    kept: list[dict[str, object]]  # articles after the first night
    first: list[Asked]
    second: list[Asked]

    def discovered(self) -> dict[str, list[Source]]:
        """The hosts in the box that a discovery address of the registry names, and whose they are."""
        found: dict[str, list[Source]] = {}
        for source in load():
            for host in {bare_host(url) for url in source.templates} & set(self.pages):
                found.setdefault(host, []).append(source)
        return found


def address(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def recorded() -> dict[str, list[str]]:
    pages: dict[str, list[str]] = {}
    for path in WARCS:
        with path.open("rb") as stream:
            for each in ArchiveIterator(stream):
                if each.rec_type == "response":
                    url = each.rec_headers.get_header("WARC-Target-URI")
                    pages.setdefault(bare_host(url), []).append(url)
    return pages


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    folder, pages = tmp_path_factory.mktemp("nights"), recorded()
    named = {bare_host(url) for source in load() if not source.paused for url in source.templates}
    slow = max(sorted(named & set(pages)), key=lambda host: len(pages[host]))
    dates = {url: row["date"] or "" for url, row in labels("press-dev.jsonl").items()}
    newest = (max(pages[host], key=lambda url: dates.get(url, "")) for host in (named & set(pages)) - {slow})
    disallowed = max(newest, key=lambda url: dates.get(url, ""))
    faults = {
        slow: {"robots": f"User-agent: *\nCrawl-delay: {DELAY}\n"},
        bare_host(disallowed): {"robots": f"User-agent: *\nDisallow: {address(disallowed)}\n"},
    }
    with pytest.MonkeyPatch.context() as environment:
        desk = Desk(folder, own_home(folder / "home", environment))
        environment.delenv("REVIERSPIEGEL_KNOWN")
        with pressbox(folder, WARCS, labels=CORPUS / "press-dev.jsonl", faults=faults) as box:
            asked = []
            for _ in range(2):
                done = desk.crawl(seconds=240)
                assert done.returncode == 0, done.stderr
                asked.append([row for row in box.asked() if row["path"] != "CONNECT"])
                if len(asked) == 1:
                    kept = desk.rows("select * from articles")
                box.forget()
            first, second = asked
            yield Nights(
                desk=desk, pages=pages, slow=slow, disallowed=disallowed, kept=kept, first=first, second=second
            )


def labels(name: str) -> dict[str, dict[str, Any]]:
    return {row["url"]: row for row in map(json.loads, (CORPUS / name).read_text("utf-8").splitlines())}


def text_f1(gold: dict[str, Any], got: object) -> float:
    spec = importlib.util.spec_from_file_location("score", CORPUS / "score.py")
    assert spec
    assert spec.loader
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    return float(score.text_score("\n".join(gold["paragraphs"]), got, gold.get("optional", ()))[2])


def test_the_seeds_are_found_and_nothing_else(nights: Nights) -> None:
    seeds = labels("seeds.jsonl")
    kept = {str(row["url"]): row for row in nights.kept}
    assert set(kept) == set(seeds)
    for url, seed in seeds.items():
        assert kept[url]["title"] == seed["title"]
        assert str(kept[url]["published"]).startswith(seed["date"])
        assert text_f1(seed, kept[url]["text"]) > 0.99
    assert {row["source"] for row in kept.values()} == {"it-production", "land-nrw"}

    others = labels("press-dev.jsonl")
    delivered = {f"https://{row['host']}{row['path']}" for row in nights.first if row["status"] == 200} & set(others)
    refused = {row["url"] for row in nights.desk.rows("select url from refusals where reason is not null")}
    assert delivered
    assert delivered <= refused
    assert nights.desk.rows("select count(*) as n from leads where tries > 0") == [{"n": 0}]
    away = nights.desk.rows("select source from source_nights where run = 1 and state = 'unreachable'")
    assert len(away) > 50  # of the registry; the box holds the others


def test_every_host_in_the_box_is_discovered(nights: Nights) -> None:
    asked = {(row["host"], row["path"]): row["status"] for row in nights.first}
    of_night = {str(row["source"]): row for row in nights.desk.rows("select * from source_nights where run = 1")}
    missed = []
    for host, sources in nights.discovered().items():
        for source in sources:
            night = of_night.get(source.id)
            if night is None:
                assert source.paused, host
                continue
            day = date.fromisoformat(str(night["night"]))
            urls = [url for each in source.templates if bare_host(url := expand(each, day)) == host]
            statuses = {url: asked.get((urlsplit(url).hostname, address(url))) for url in urls}
            if not night["listed"] or set(statuses.values()) != {200} or night["state"] not in ("ok", "partial"):
                missed.append((host, source.id, night["state"], night["detail"], night["listed"], statuses))
    assert not missed
    assert len(nights.discovered()) >= 18


def test_robots_come_first_at_every_host(nights: Nights) -> None:
    for night in (nights.first, nights.second):
        begun: dict[str, str] = {}
        for row in night:
            begun.setdefault(row["host"], row["path"])
        assert set(begun.values()) == {"/robots.txt"}
    assert {row["agent"] for row in nights.first} == {nights.first[0]["agent"]}
    assert re.match(r"Revierspiegel/.*tests@revierspiegel\.example", nights.first[0]["agent"])


def test_nothing_is_asked_for_twice_in_a_night(nights: Nights) -> None:
    """Not even where two sources of the registry are on one host, and find each other's articles."""
    for night in (nights.first, nights.second):
        answered = [(row["host"], row["path"]) for row in night if row["status"] in (200, 304)]
        assert len(answered) == len(set(answered))


def test_what_robots_disallow_is_not_asked_for(nights: Nights) -> None:
    host = bare_host(nights.disallowed)
    paths = [row["path"] for row in nights.first + nights.second if bare_host(f"//{row['host']}") == host]
    assert len(paths) > 3
    assert address(nights.disallowed) not in paths
    assert nights.desk.rows("select reason from refusals where url = ?", nights.disallowed) == [{"reason": "robots"}]


def test_a_host_is_asked_at_the_distance_that_it_wants(nights: Nights) -> None:
    for night in (nights.first, nights.second):
        times = [row["at"] for row in night if bare_host(f"//{row['host']}") == nights.slow]
        assert len(times) > 4
        # The log has the times of the answers, and the first answer came after a handshake.
        assert times[-1] - times[0] > DELAY * (len(times) - 1) - 0.5
        assert all(later - earlier > 0.9 * DELAY for earlier, later in pairwise(times[1:]))


def test_the_second_night_asks_conditionally_and_for_no_article(nights: Nights) -> None:
    articles = {(urlsplit(url).hostname, address(url)) for urls in nights.pages.values() for url in urls}
    documents = {
        (row["host"], row["path"]): row["status"]
        for row in nights.first
        if row["path"] not in RULES and (row["host"], row["path"]) not in articles
    }
    validated = {each for each, status in documents.items() if status == 200}  # the box gives each of them an ETag
    again = {(row["host"], row["path"]): row for row in nights.second}
    asked = validated & set(again)
    assert len(asked) > 30
    assert not [path for _, path in validated - asked if "page=1" not in path]  # a list's first page had nothing new
    assert all(again[each]["conditional"] for each in asked)
    assert {row["status"] for row in nights.second if row["path"] not in RULES} == {304}
    assert not set(again) & articles
    assert nights.desk.rows("select count(*) as n from articles") == [{"n": len(nights.kept)}]


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
