"""Three nights with finders over the recorded web, on hosts that no registry knows; and one over others' pages."""

import gzip
import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from crawler.demo.newsroom import Answer, Asked
from db.days import today
from tests.conftest import SHARED, Desk, desk_of, needs_shared
from tests.stories import FESTIVAL, WINDOWS
from tests.test_find import FINDERS, GAL, WIKI
from tests.web.box import PROXIES, Box, box_of
from tests.web.press import MANY, SOURCE, stories_of_many
from tests.web.records import Record, read_warc, write_warc
from tests.web.strangers import OFF, on_topic, record

RULES = ["/robots.txt", "/.well-known/tdmrep.json"]
SHUT = "zu.example"  # its robots.txt disallows all
VILLAGES = [f"ort{number:02}.example" for number in range(23)]
ON = (
    *on_topic("rurblatt.example", range(3)),
    *on_topic("viel.example", range(10, 26)),
    *(each for number, host in enumerate(VILLAGES) for each in on_topic(host, range(100 + number, 101 + number))),
)
OF_OWNER = tuple(on_topic("lokal.revierzeitung.example", range(220, 221)))  # the registry has the domain
OTHERS = (
    *(record(f"https://fremd.example/{number}", *off) for number, off in enumerate(OFF)),
    *(record(f"https://fest.example/{number}", *off) for number, off in enumerate((FESTIVAL, WINDOWS))),
    *on_topic(SHUT, range(200, 202)),
    *on_topic("www.sammler.example", range(210, 211)),  # denied
)


def article_list(minute: str, records: Iterable[Record]) -> Record:
    rows = [{"date": "2026-11-20T08:00:00Z", "url": each.url, "title": each.title} for each in records]
    body = gzip.compress("\n".join(map(json.dumps, rows)).encode())
    return Record(
        url=f"{GAL}/{minute}.gal.json.gz", answer=Answer(body=body, kind="application/gzip"), day="2026-11-20"
    )


def encyclopaedia(records: Iterable[Record]) -> Record:
    links = "".join(f'<li><a href="{each.url}">{each.title}</a></li>' for each in records)
    body = f"<h1>Revier</h1><ul>{links}</ul>".encode()
    return Record(url=f"{WIKI}/wiki/Revier", answer=Answer(body=body), day="2026-11-20")


def find(desk: Desk, *words: str) -> dict[str, dict[str, object]]:
    desk.begin()
    done = desk.run("find", "-s", "DOWNLOAD_DELAY=0", "--json", *words, seconds=240)
    assert done.returncode == 0, done.stderr
    return {row["finder"]: row for row in map(json.loads, done.stdout.splitlines())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Strangers:
    desk: Desk
    finds: list[list[Asked]]  # what was asked by each `find`; the second of the first night comes second
    crawls: list[list[Asked]]
    hosts: list[dict[str, str]]  # host → state, after each night


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Strangers]:
    folder = tmp_path_factory.mktemp("strangers")
    day = f"{date.fromisoformat(today()) - timedelta(days=1):%Y%m%d}"
    found = (*ON, *OTHERS, *OF_OWNER)
    lists = (article_list(f"{day}061600", found), encyclopaedia(found[:30]))
    records = (*found, *stories_of_many(), *lists)
    with pytest.MonkeyPatch.context() as environment:
        desk = desk_of(folder, environment)
        (folder / "finders.toml").write_text(FINDERS, "utf-8")
        environment.setenv("REVIERSPIEGEL_FINDERS", str(folder / "finders.toml"))
        desk.registry(
            SOURCE.format(id="revierzeitung", site=f"https://{MANY}", lists=f'feeds = ["https://{MANY}/rss"]')
        )
        faults = {SHUT: {"robots": "User-agent: *\nDisallow: /\n"}}
        with box_of(folder, records, faults=faults) as box:
            finds, crawls, hosts = [], [], []
            for night in range(3):
                environment.setenv("REVIERSPIEGEL_DAYS_AHEAD", str(night))
                for _ in range(1 if night else 2):
                    find(desk)
                    finds.append(taken(box))
                done = desk.crawl(finishing=True)
                assert done.returncode == 0, done.stderr
                crawls.append(taken(box))
                rows = desk.rows("select host, state from found_hosts")
                hosts.append({str(row["host"]): str(row["state"]) for row in rows})
            yield Strangers(desk=desk, finds=finds, crawls=crawls, hosts=hosts)


def taken(box: Box) -> list[Asked]:
    log = list(box.log)
    box.log.clear()
    return log


def test_every_page_on_the_topic_is_kept_and_no_other(nights: Strangers) -> None:
    kept = {str(row["url"]): row for row in nights.desk.rows("select * from articles")}
    assert set(kept) == {each.url for each in (*ON, *OF_OWNER)}
    assert kept[OF_OWNER[0].url]["source"] == "revierzeitung"
    for each in ON:
        assert kept[each.url]["title"] == each.title
        assert kept[each.url]["kind"] == "other"
    unknown = nights.desk.rows("select url from findings where finder = 'gal' and article is null")
    assert {row["url"] for row in unknown} == {
        each.url for each in OTHERS if "fest.example" not in each.url
    }  # those of the festival are no match


def test_rules_come_first_and_pages_once(nights: Strangers) -> None:
    for crawl in nights.crawls:
        by_host: dict[str, list[Asked]] = {}
        for each in crawl:
            by_host.setdefault(each.host, []).append(each)
        for host, asked in by_host.items():
            assert [each.path for each in asked][:2] == (RULES[:1] if host == SHUT else RULES)
            assert Counter(each.path for each in asked).most_common(1)[0][1] == 1
    asked = {each.host for crawl in nights.crawls for each in crawl}
    assert not asked & {"www.sammler.example", "sammler.example", "fest.example"}
    pages = [(each.host, each.path) for crawl in nights.crawls for each in crawl if "/artikel/" in each.path]
    unconditional = Counter(
        (each.host, each.path)
        for crawl in nights.crawls
        for each in crawl
        if "/artikel/" in each.path and not each.conditional
    )
    assert pages and set(unconditional.values()) == {1}


def test_budgets_and_states_of_each_night(nights: Strangers) -> None:
    for night, crawl in enumerate(nights.crawls):
        known = set(nights.hosts[night - 1]) if night else set()
        new = {host for host in nights.hosts[night].keys() - known if not host.endswith("revierzeitung.example")}
        assert len(new) <= 20
        of_found = [each for each in crawl if each.host in nights.hosts[night] and each.path not in RULES]
        of_found = [each for each in of_found if not each.host.endswith("revierzeitung.example")]
        assert len(of_found) <= 60
        for host, number in Counter(each.host for each in of_found).items():
            before = nights.hosts[night - 1].get(host, "new") if night else "new"
            assert number <= (10 if before == "seen" else 3), (night, host)
    assert len(nights.hosts[0]) == 21
    assert nights.hosts[0]["lokal.revierzeitung.example"] == "promoted"
    last = nights.hosts[-1]
    assert {host for host, state in last.items() if state == "seen"} == {"rurblatt.example", "viel.example"}
    assert set(last) == {*VILLAGES, "rurblatt.example", "viel.example", "fremd.example", SHUT} | {
        "lokal.revierzeitung.example"
    }


def test_strangers_are_no_sources_that_need_a_hand(nights: Strangers) -> None:
    sql = "select health from sources join found_hosts on source = id where state != 'promoted'"
    assert {row["health"] for row in nights.desk.rows(sql)} == {"known only"}


def test_finders_are_asked_once_and_no_page_is(nights: Strangers) -> None:
    first, second, *others = nights.finds
    assert {each.host for find in nights.finds for each in find} == {"list.example", "wiki.example"}
    assert Counter((each.host, each.path) for each in first).most_common(1)[0][1] == 1
    assert second == []
    read = {(each.host, each.path) for each in first if each.status == 200 and each.path != RULES[0]}
    again = {(each.host, each.path) for find in others for each in find}
    assert not read & again
    missing = {each.path for each in first if each.status == 404 and each.path not in RULES}
    late = {path for find in others[1:] for _, path in ((each.host, each.path) for each in find)}
    assert missing
    assert not missing & late  # two nights later a file will not come


# Others' pages


@contextmanager
def pressbox(folder: Path, environment: pytest.MonkeyPatch) -> Iterator[Path]:
    """The box with finders, over the recorded pages and those of strangers; where its log is."""
    corpus, log = SHARED / "corpus", folder / "log.jsonl"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    warc = write_warc(folder / "strangers.warc.gz", (*ON[:9], *OTHERS[:4]))
    files = [corpus / "press-dev.warc.gz", corpus / "seeds.warc.gz", warc]
    command = [sys.executable, str(SHARED / "pressbox" / "pressbox.py"), "--finders", "20261120081600"]
    command += [word for file in files for word in ("--corpus", str(file))]
    command += ["--labels", str(corpus / "press-dev.jsonl"), "--labels", str(corpus / "seeds.jsonl")]
    command += ["--port", str(port), "--ca", str(folder / "ca.pem"), "--log", str(log)]
    with (folder / "box.out").open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as box:
        try:
            wait_for(port)
            for name in PROXIES:
                environment.setenv(name, f"http://127.0.0.1:{port}")
            environment.setenv("SSL_CERT_FILE", str(folder / "ca.pem"))
            yield log
        finally:
            box.terminate()


def wait_for(port: int) -> None:
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        with socket.socket() as there:
            if there.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)


@needs_shared("pressbox")
@needs_shared("corpus")
def test_over_others_pages(tmp_path: Path) -> None:
    seeds = {each.url for each in read_warc(SHARED / "corpus" / "seeds.warc.gz")}
    with pytest.MonkeyPatch.context() as environment:
        desk = desk_of(tmp_path, environment)
        for name in ("SOURCES", "FINDERS", "DAYS_AHEAD"):
            environment.delenv(f"REVIERSPIEGEL_{name}", raising=False)
        with pressbox(tmp_path, environment) as log:
            day = ("--since", "2026-11-20", "--until", "2026-11-20")
            first = find(desk, *day)
            asked = len(log.read_text("utf-8").splitlines())
            find(desk, *day)
            assert len(log.read_text("utf-8").splitlines()) == asked
            assert {name: row["state"] for name, row in first.items()} == {
                "gal": "partial",  # a day with one file has more minutes than a night has requests
                "links": "partial",  # other editions cannot be reached
                "own-links": "nothing_to_ask",
                "mediacloud": "off",
                "wayback": "ok",
                "commoncrawl": "ok",
                "gdelt-doc": "unreachable",
            }
            assert desk.crawl(seconds=240, finishing=True).returncode == 0
        kept = {str(row["url"]) for row in desk.rows("select url from articles")}
        assert kept == seeds | {each.url for each in ON[:6]}  # three of a host that nobody knows
