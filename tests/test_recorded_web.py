"""The crawler, unchanged, against recorded pages at their real addresses: ours, and others where they are at hand."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import crawler
from crawler.demo.newsroom import Answer, Asked, page
from crawler.registry.sources import Source, expand, load
from pipelines.identity import bare_host
from tests.conftest import SHARED, Desk, needs_shared, own_home
from tests.quality import gate
from tests.quality.measures import day, text_f1
from tests.stories import SITE, TRAINING
from tests.web.box import box_of
from tests.web.press import MANY, QUALITY, SOURCE, gold, records_of_ours, registry_of_ours, source_id
from tests.web.records import Record, labels, read_warc, write_warc

CORPUS = SHARED / "corpus"
REGISTRY = Path(crawler.__file__).with_name("sources.toml")
DELAY = 1.2  # seconds of a Crawl-delay
# Otherwise than they are labelled, on both sides of the line: a table with a note; one sentence in show notes.
JUDGED_OTHERWISE = {
    "http://www.heimatblatt-kaster.example/archiv/nachrichten.php?id=5518&rubrik=ort",
    "https://www.werkbank-podcast.example/folgen/87-lernen-mit-maschinen",
}
LATE = 2.0  # seconds that a busy machine may take to see that a request came in
RULES = ("/robots.txt", "/.well-known/tdmrep.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """Recorded pages, the registry that leads to them, and what a night should keep."""

    records: tuple[Record, ...]
    registry: str
    wanted: Mapping[str, Mapping[str, Any]]  # the labels of the articles on the topic, by address
    others: frozenset[str]  # addresses of labelled pages that are not to be kept
    sources: Mapping[str, str]  # whose the wanted articles are
    exact: float  # F1 of each wanted text, at least
    slow: str  # the host that sets a Crawl-delay; two sources of the registry are on it
    disallowed: str  # the address of a page; its host's robots.txt disallows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Nights:
    """Two nights with the whole registry, in a net that holds a few of its hosts."""

    web: Web
    desk: Desk
    pages: dict[str, list[str]]  # host without 'www.' → addresses of the recorded pages
    kept: list[dict[str, object]]  # articles after the first night
    first: list[Asked]
    second: list[Asked]

    def discovered(self) -> dict[str, list[Source]]:
        """The hosts in the box that a discovery address of the registry names, and whose they are."""
        hosts: dict[str, list[Source]] = {}
        for source in load(self.desk.folder / "sources.toml"):
            for host in {bare_host(url) for url in source.templates} & set(self.pages):
                hosts.setdefault(host, []).append(source)
        return hosts


def address(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def ours() -> Web:
    disallowed = next(url for url, row in gold().items() if row["file"] == "p-erftbote.html")
    wanted = {
        url: row for url, row in gold().items() if row["label"] == "ON" and not row["refused"] and url != disallowed
    }
    return Web(
        records=records_of_ours(),
        registry=REGISTRY.read_text("utf-8") + registry_of_ours(),
        wanted=wanted,
        others=frozenset(gold().keys() - wanted.keys()),
        sources={url: source_id(url) for url in wanted},
        exact=0.9,
        slow=bare_host(f"//{MANY}"),
        disallowed=disallowed,
    )


def shared() -> Web:
    known, wanted = labels(CORPUS / "press-dev.jsonl"), labels(CORPUS / "seeds.jsonl")
    records = tuple(each for name in ("seeds", "press-dev") for each in read_warc(CORPUS / f"{name}.warc.gz", known))
    pages = by_host(records)
    named = {bare_host(url) for source in load() if not source.paused for url in source.templates} & set(pages)
    slow = max(sorted(named), key=lambda host: len(pages[host]))
    days = {url: row["date"] or "" for url, row in known.items()}
    newest = (max(pages[host], key=lambda url: days.get(url, "")) for host in named - {slow})
    return Web(
        records=records,
        registry=REGISTRY.read_text("utf-8"),
        wanted=wanted,
        others=frozenset(known),
        sources={url: "land-nrw" if bare_host(url) == "land.nrw" else "it-production" for url in wanted},
        exact=0.99,
        slow=slow,
        disallowed=max(newest, key=lambda url: days.get(url, "")),
    )


def by_host(records: tuple[Record, ...]) -> dict[str, list[str]]:
    pages: dict[str, list[str]] = {}
    for record in records:
        pages.setdefault(bare_host(record.url), []).append(record.url)
    return pages


@pytest.fixture(scope="module", params=[ours, pytest.param(shared, marks=[needs_shared("corpus"), pytest.mark.soak])])
def nights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    web: Web = request.param()
    folder = tmp_path_factory.mktemp("nights")
    robots = {
        web.slow: f"User-agent: *\nCrawl-delay: {DELAY}\n",
        bare_host(web.disallowed): f"User-agent: *\nDisallow: {address(web.disallowed)}\n",
    }
    with pytest.MonkeyPatch.context() as environment:
        desk = Desk(folder, own_home(folder / "home", environment))
        environment.delenv("REVIERSPIEGEL_KNOWN")
        environment.setenv("REVIERSPIEGEL_SOURCES", "")
        desk.registry(web.registry)
        with box_of(folder, web.records, faults={host: {"robots": text} for host, text in robots.items()}) as box:
            logs = []
            for _ in range(2):
                done = desk.crawl(seconds=240, finishing=True)
                assert done.returncode == 0, done.stderr
                logs.append(list(box.log))
                if len(logs) == 1:
                    kept = desk.rows("select * from articles")
                box.log.clear()
            yield Nights(web=web, desk=desk, pages=by_host(web.records), kept=kept, first=logs[0], second=logs[1])


def test_the_wanted_are_found_and_nothing_else(nights: Nights) -> None:
    kept = {str(row["url"]): row for row in nights.kept}
    assert set(kept) ^ set(nights.web.wanted) <= JUDGED_OTHERWISE
    for url, label in nights.web.wanted.items():
        if url in JUDGED_OTHERWISE:
            continue
        assert kept[url]["title"] == label["title"]
        assert day(str(kept[url]["published"])) == label["date"]
        exact = text_f1("\n".join(label["paragraphs"]), str(kept[url]["text"]), label.get("optional", ()))
        assert exact > nights.web.exact, url
        assert kept[url]["source"] == nights.web.sources[url]

    delivered = {url for url in nights.web.others - JUDGED_OTHERWISE if was_delivered(nights, url)}
    refused = {row["url"] for row in nights.desk.rows("select url from refusals where reason is not null")}
    assert delivered
    assert delivered <= refused
    assert nights.desk.rows("select count(*) as n from leads where tries > 0") == [{"n": 0}]
    away = nights.desk.rows("select source from source_nights where run = 1 and state = 'unreachable'")
    assert len(away) > 50  # of the registry; the box holds the others


def was_delivered(nights: Nights, url: str) -> bool:
    place = (urlsplit(url).hostname, address(url))
    return any((each.host, each.path) == place and each.status == 200 for each in nights.first)


def test_every_host_in_the_box_is_discovered(nights: Nights) -> None:
    answers = {(each.host, each.path): each.status for each in nights.first}
    of_night = {str(row["source"]): row for row in nights.desk.rows("select * from source_nights where run = 1")}
    missed = []
    for host, sources in nights.discovered().items():
        for source in sources:
            night = of_night.get(source.id)
            if night is None:
                assert source.paused, host
                continue
            today = date.fromisoformat(str(night["night"]))
            urls = [url for each in source.templates if bare_host(url := expand(each, today)) == host]
            statuses = {url: answers.get((urlsplit(url).hostname or "", address(url))) for url in urls}
            if not night["listed"] or set(statuses.values()) != {200} or night["state"] not in ("ok", "partial"):
                missed.append((host, source.id, night["state"], night["detail"], night["listed"], statuses))
    assert not missed
    assert len(nights.discovered()) >= 18


def test_robots_come_first_at_every_host(nights: Nights) -> None:
    for night in (nights.first, nights.second):
        begun: dict[str, str] = {}
        for each in night:
            begun.setdefault(each.host, each.path)
        assert set(begun.values()) == {"/robots.txt"}
    assert {each.agent for each in nights.first} == {nights.first[0].agent}
    assert re.match(r"Revierspiegel/.*tests@revierspiegel\.example", nights.first[0].agent)


def test_nothing_is_asked_for_twice_in_a_night(nights: Nights) -> None:
    """Not even where two sources of the registry are on one host, and find each other's articles."""
    for night in (nights.first, nights.second):
        answered = [(each.host, each.path) for each in night if each.status in (200, 304)]
        assert len(answered) == len(set(answered))


def test_what_robots_disallow_is_not_asked_for(nights: Nights) -> None:
    disallowed = nights.web.disallowed
    paths = [each.path for each in nights.first + nights.second if bare_host(f"//{each.host}") == bare_host(disallowed)]
    assert len(paths) > 3
    assert address(disallowed) not in paths
    assert nights.desk.rows("select reason from refusals where url = ?", disallowed) == [{"reason": "robots"}]


def test_a_host_is_asked_at_the_distance_that_it_wants(nights: Nights) -> None:
    """From the first request to the last: one alone may be seen late, and the next one's gap is then short."""
    for night in (nights.first, nights.second):
        times = [each.at for each in night if bare_host(f"//{each.host}") == nights.web.slow]
        assert len(times) > 4
        assert times[-1] - times[0] > DELAY * (len(times) - 1) - LATE


def test_the_second_night_asks_conditionally_and_for_no_article(nights: Nights) -> None:
    articles = {(urlsplit(url).hostname, address(url)) for urls in nights.pages.values() for url in urls}
    documents = {
        (each.host, each.path): each.status
        for each in nights.first
        if each.path not in RULES and (each.host, each.path) not in articles
    }
    validated = {each for each, status in documents.items() if status == 200}  # the box gives each of them an ETag
    again = {(each.host, each.path): each for each in nights.second}
    repeated = validated & set(again)
    assert len(repeated) > 30
    assert not [path for _, path in validated - repeated if "page=1" not in path]  # a list's first page had nothing new
    assert all(again[each].conditional for each in repeated)
    assert {each.status for each in nights.second if each.path not in RULES} == {304}
    assert not set(again) & articles
    assert nights.desk.rows("select count(*) as n from articles") == [{"n": len(nights.kept)}]


def test_what_appears_and_goes_between_two_nights(desk: Desk) -> None:
    site, days = "https://www.talbote.example", ("2026-11-19", "2026-11-20")
    articles = [
        Record(url=f"{site}/{number}", answer=page(title, paragraphs), at=f"{day}T05:00:00Z", title=title, day=day)
        for number, ((title, paragraphs), day) in enumerate(zip((SITE, TRAINING), days, strict=True), 1)
    ]
    gone = Record(url=f"{site}/1", answer=Answer(status=410), at="2026-11-20T05:00:00Z")
    desk.registry(SOURCE.format(id="talbote", site=site, lists=f'feeds = ["{site}/feed.xml"]'))
    kept = []
    with box_of(desk.folder, [*articles, gone]) as box:
        for day in days:
            box.go_to(f"{day}T06:00:00Z")
            assert desk.crawl(finishing=True).returncode == 0
            kept.append([row["url"] for row in desk.rows("select url from articles order by id")])
    assert kept == [[f"{site}/1"], [f"{site}/1", f"{site}/2"]]
    assert [each.path for each in box.log].count("/1") == 1  # what is kept is not asked for again
    assert [(each.path, each.status) for each in box.log if each.path == "/feed.xml"] == [("/feed.xml", 200)] * 2


def test_extract_reads_every_recorded_page(desk: Desk, tmp_path: Path) -> None:
    records = records_of_ours()
    done = desk.run("extract", str(write_warc(tmp_path / "ours.warc.gz", records)))
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["url"] for line in lines] == [record.url for record in records]
    scores = [
        text_f1("\n".join(label["paragraphs"]), line["text"], label["optional"])
        for line in lines
        if (label := gold().get(line["url"])) and not label["refused"]
    ]
    assert len(scores) > 20
    assert sum(scores) / len(scores) >= gate.floors()["own"]["f1"]


@needs_shared("corpus")
def test_extract_speaks_the_scorers_lines(desk: Desk, tmp_path: Path) -> None:
    """How well it reads, of these pages and the others, is for tests/quality/test_gate.py, by the same scorer."""
    done = desk.run("extract", str(CORPUS / "seeds.warc.gz"))
    assert done.returncode == 0, done.stderr
    (tmp_path / "predicted.jsonl").write_text(done.stdout, "utf-8")
    command = [
        sys.executable,
        str(CORPUS / "score.py"),
        str(CORPUS / "seeds.jsonl"),
        str(tmp_path / "predicted.jsonl"),
    ]
    scored = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    assert json.loads(scored.stdout)["f1"] > 0.99


@pytest.mark.parametrize(
    "path",
    [QUALITY / "topic.jsonl", pytest.param(CORPUS / "topic-dev.jsonl", marks=needs_shared("corpus"))],
    ids=["ours", "shared"],
)
def test_judge_knows_the_topic(desk: Desk, path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    given = "".join(
        json.dumps(
            {"title": row["title"], "text": f"{row['gist']}\n\n{', '.join(row['terms'])}", "url": row.get("url")}
        )
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
    assert precision >= 0.95  # in gists of one sentence, on which nothing but the title is whole
    assert 2 * precision * recall / (precision + recall) >= 0.96
