"""What the press, the machine and its operator get wrong: one line or one counted refusal, and nothing is lost."""

import gzip
import os
import resource
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from crawler import settings
from crawler.demo.newsroom import Answer, Newsroom, Reply, feed, page
from db.lock import lock_crawl
from tests.conftest import Desk
from tests.stories import SITE
from tests.test_crawl import DAY

OUTLET = """
[[source]]
id = "{id}"
name = "{id}"
homepage = "http://{id}.example/"
kind = "trade_press"
lang = "de"
region = "de"
feeds = ["http://{id}.example/feed.xml"]
"""


def outlet(room: Newsroom, name: str, reply: Reply | None = None, *, title: str = SITE[0]) -> None:
    """An outlet with one article; `reply` is what its address answers, the article of SITE unless given."""
    url = f"http://{name}.example/a"
    room.put(f"http://{name}.example/feed.xml", feed([(url, title, DAY)]))
    room.put(url, reply or page(*SITE))


def big() -> Answer:
    return Answer(body=b"<p>" + b"x" * (11 << 20))


def sitemap_of_more_than_there_may_be() -> Answer:
    urls = "".join(
        f"<url><loc>http://karte.example/artikel/{n}</loc><lastmod>2020-01-01</lastmod></url>" for n in range(60_000)
    )
    fresh = "<url><loc>http://karte.example/a</loc><lastmod>2025-03-12</lastmod></url>"
    text = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}{fresh}</urlset>'
    return Answer(body=gzip.compress(text.encode(), 1), kind="application/gzip")


PAGES: dict[str, tuple[Callable[[], Answer], str]] = {
    "gross": (big, "too_large"),
    "bombe": (
        lambda: Answer(body=gzip.compress(bytes(64 << 20)), headers={"Content-Encoding": "gzip"}),
        "too_large",
    ),
    "fremd": (lambda: Answer(status=302, headers={"Location": "http://anderswo.example/a"}), "foreign"),
    "innen": (lambda: Answer(status=302, headers={"Location": "http://127.0.0.1:1/a"}), "foreign"),
    "kreis": (lambda: Answer(status=302, headers={"Location": "http://kreis.example/a"}), "missing"),
    "pdf": (lambda: Answer(body=b"%PDF-1.7 Microsoft Bedburg", kind="application/pdf"), "not_html"),
    "mauer": (
        lambda: Answer(body=b"<title>Microsoft in Bedburg</title><p>Bitte stimmen Sie Cookies zu.</p>"),
        "too_short|no_text|wall|not_an_article",
    ),
}


def test_each_bad_page_is_a_counted_refusal_and_the_others_are_read(desk: Desk, newsroom: Newsroom) -> None:
    for name, (reply, _) in PAGES.items():
        outlet(newsroom, name, reply())
    outlet(newsroom, "gut")
    latin = page(*SITE)
    outlet(newsroom, "latin", Answer(body=latin.body.decode().encode("latin-1"), kind="text/html; charset=iso-8859-1"))
    wrong = Answer(body=latin.body, kind="text/html; charset=iso-8859-1")  # UTF-8, as its <meta> says
    outlet(newsroom, "falsch", wrong)
    outlet(newsroom, "morgen", page(*SITE, day="2199-01-01T00:00:00+01:00"))
    newsroom.put(
        "http://kaputt.example/feed.xml", Answer(body=feed([("http://kaputt.example/a", SITE[0], DAY)] * 2).body[:-60])
    )
    newsroom.put("http://kaputt.example/a", page(*SITE))
    newsroom.put("http://html.example/feed.xml", Answer(body=b"<html><title>Anmeldung</title></html>", kind="text/xml"))
    newsroom.put("http://karte.example/feed.xml", sitemap_of_more_than_there_may_be())
    newsroom.put("http://karte.example/a", page(*SITE))
    names = [*PAGES, "gut", "latin", "falsch", "morgen", "kaputt", "html", "karte"]
    desk.registry("".join(OUTLET.format(id=name) for name in names))

    done = desk.crawl()
    assert done.returncode == 0, done.stderr
    refused = {str(row["source"]): row["reason"] for row in desk.rows("select source, reason from refusals")}
    assert set(refused) == set(PAGES)
    for name, (_, reasons) in PAGES.items():
        assert refused[name] in reasons.split("|"), name
    assert "127.0.0.1" not in {asked.host for asked in newsroom.log}
    assert "anderswo.example" not in {asked.host for asked in newsroom.log}

    kept = {str(row["source"]): row for row in desk.rows("select * from articles")}
    wanted = {"gut", "latin", "falsch", "morgen", "kaputt", "karte"}
    assert set(kept) == wanted, [*desk.rows("select * from source_nights"), *desk.rows("select * from leads")]
    for name in ("latin", "falsch"):
        assert kept[name]["text"] == "\n\n".join(SITE[1])
    assert kept["morgen"]["published"] in (None, "2025-03-12T08:30:00+00:00", "2025-03-12T09:30:00+01:00")

    nights = {str(row["source"]): row for row in desk.rows("select * from source_nights")}
    assert nights["karte"]["listed"] == 60_001
    assert "HTML" in str(nights["html"]["detail"])
    assert "Anmeldung" in str(nights["html"]["detail"])
    assert nights["kaputt"]["state"] == "partial"


def test_a_feed_behind_a_closed_or_broken_door(desk: Desk, newsroom: Newsroom) -> None:
    outlet(newsroom, "gut")
    outlet(newsroom, "nein")
    newsroom.put("http://nein.example/feed.xml", Answer(status=403))
    outlet(newsroom, "krank")
    newsroom.put("http://krank.example/robots.txt", Answer(status=503))
    outlet(newsroom, "halb")
    newsroom.put("http://halb.example/a", Answer(body=b"<p>half", promised=5000))
    desk.registry("".join(OUTLET.format(id=name) for name in ("gut", "nein", "krank", "halb", "fort")))
    done = desk.crawl()
    assert done.returncode == 0, done.stderr
    nights = {row["source"]: (row["state"], row["detail"]) for row in desk.rows("select * from source_nights")}
    assert nights["gut"] == ("ok", "")
    assert nights["nein"] == ("stopped", "HTTP 403 (http://nein.example/feed.xml)")
    assert nights["krank"][0] == "unreachable"
    assert "robots.txt: HTTP 503" in str(nights["krank"][1])
    assert {*newsroom.asked("krank.example")} == {"/robots.txt"}
    assert nights["fort"][0] == "unreachable"
    assert desk.rows("select source, tries from leads") == [{"source": "halb", "tries": 1}]


def test_no_network_is_known_after_one_wait(desk: Desk, newsroom: Newsroom) -> None:
    """With a start of five seconds that is within twenty."""
    assert settings.ROBOTS_TIMEOUT <= 15
    newsroom.put("http://stumm.example/robots.txt", Answer(seconds=60))
    newsroom.put("http://still.example/robots.txt", Answer(seconds=60))
    desk.registry("".join(OUTLET.format(id=name) for name in ("stumm", "still")))
    wait = 3
    done = desk.run("crawl", "-s", f"ROBOTS_TIMEOUT={wait}")
    assert done.returncode == 1
    assert "no source could be reached; check the network" in done.stderr
    assert "Traceback" not in done.stderr
    assert desk.rows("select outcome from runs") == [{"outcome": "no_source"}]
    assert sorted(asked.host for asked in newsroom.log) == ["still.example", "stumm.example"]  # none of them again
    assert abs(newsroom.log[0].at - newsroom.log[1].at) < wait  # nor one after the other


@pytest.mark.parametrize(
    ("registry", "message"),
    [
        (OUTLET.format(id="a") * 2, "sources.toml: a: id: "),
        (OUTLET.format(id="a").replace("trade_press", "trade_pres"), "sources.toml: a: kind: 'trade_pres'"),
        (OUTLET.format(id="a").replace("feeds", "feds"), "sources.toml: a: feds: "),
        ("[[source", "sources.toml: "),
    ],
)
def test_a_wrong_registry_is_told_and_nothing_is_crawled(desk: Desk, registry: str, message: str) -> None:
    desk.registry(registry)
    done = desk.run("crawl")
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (desk.home / "archive.db").exists()


def test_a_wrong_profile_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    desk.registry(OUTLET.format(id="a"))
    (tmp_path / "topic.toml").write_text('vershun = "1"\n')
    monkeypatch.setenv("REVIERSPIEGEL_TOPIC", str(tmp_path / "topic.toml"))
    done = desk.crawl()
    assert done.returncode == 1
    assert "topic.toml: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_source_that_is_not_there(desk: Desk) -> None:
    desk.registry(OUTLET.format(id="a"))
    done = desk.crawl("--source", "b")
    assert (done.returncode, "no source 'b' in the registry" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr


def test_a_second_crawl_says_who_is_at_it(desk: Desk) -> None:
    desk.registry(OUTLET.format(id="a"))
    lock = lock_crawl()
    done = desk.crawl()
    lock.close()
    assert done.returncode == 1
    assert f"a crawl is already running (process {os.getpid()})" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_home_that_is_a_file(desk: Desk) -> None:
    desk.registry(OUTLET.format(id="a"))
    desk.home.write_text("no folder")
    for words in (("crawl",), ("run", "--once"), ("serve",), ("migrate",)):
        done = desk.run(*words)
        assert done.returncode == 1
        assert done.stderr.startswith(f"Error: {desk.home}: nothing can be written here"), done.stderr
        assert len(done.stderr.splitlines()) == 1


def after_the_first(desk: Desk, newsroom: Newsroom, answer: Answer) -> Answer:
    """From the tenth page on there is something in the archive, however busy the machine is."""
    ends = time.monotonic() + 60
    while len(newsroom.log) > 12 and not desk.rows("select 1 from articles limit 1") and time.monotonic() < ends:
        time.sleep(0.02)
    return answer


def test_a_full_disk_ends_the_crawl_and_loses_nothing(desk: Desk, newsroom: Newsroom) -> None:
    """RLIMIT_FSIZE stands for the full disk: writing beyond it fails in just the same places."""
    items = [(f"http://voll.example/{n}", SITE[0], DAY) for n in range(30)]
    newsroom.put("http://voll.example/feed.xml", feed(items))
    for n, (url, _, _) in enumerate(items):
        filling = os.urandom(100_000).hex()
        answer = page(f"{SITE[0]}, Teil {n}", SITE[1], around=f"<!-- {filling} -->")
        newsroom.put(url, partial(after_the_first, desk, newsroom, answer))
    desk.registry(OUTLET.format(id="voll"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
    try:
        done = subprocess.run(  # a new process inherits the limit
            desk.command("crawl", "-s", "DOWNLOAD_DELAY=0"),
            capture_output=True,
            text=True,
            timeout=90,
            cwd=desk.folder,
            check=False,
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert done.returncode == 1
    assert "the crawl failed" in done.stderr
    assert "Traceback" not in done.stderr
    assert desk.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    before = desk.rows("select count(*) as n from articles")[0]["n"]
    assert isinstance(before, int)
    assert 0 < before < 25
    again = desk.crawl("-s", "PAGES_PER_NIGHT=99")
    assert again.returncode == 0, again.stderr
    assert desk.rows("select count(*) as n, count(distinct title) as t from articles") == [{"n": 30, "t": 30}]
