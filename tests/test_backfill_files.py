"""Files of web archives fill the archive as a crawl does: `backfill PATH…`."""

import gzip
import json
import re
from pathlib import Path

import pytest

from crawler.demo.newsroom import Answer, Newsroom, page
from tests.conftest import Desk
from tests.stories import FESTIVAL, SITE, TRAINING, WINDOWS
from tests.test_crawl import REGISTRY
from tests.test_extract import record

BASE = "http://www.anzeiger.example"


def captured(path: str, body: bytes, day: str = "2024-03-18", headers: str = "") -> bytes:
    content = record(f"{BASE}{path}" if path.startswith("/") else path, f"text/html{headers}", body)
    return gzip.compress(content.replace(b"2024-03-18T", f"{day}T".encode()))


def test_files_fill_the_archive(desk: Desk, tmp_path: Path) -> None:
    desk.registry(REGISTRY)
    title, paragraphs = SITE
    day = "2026-05-07"
    first, later = page(*SITE, day=day).body, page(title, [*paragraphs, "Baubeginn war im Mai. " * 9], day=day).body
    wordless = re.sub(b"Microsoft|Bedburg|Rheinischen|Bergheim|Elsdorf", b"XX", first)
    folder = tmp_path / "archives"
    folder.mkdir()
    records = [
        captured("/a", first, "2026-05-08"),
        captured("/b", page(*WINDOWS, day=day).body),
        captured("/b", page(*WINDOWS, day="2024-03-19").body, "2024-03-19"),
        captured("http://fern.example/a", first),
        captured("/a", wordless, "2026-05-12"),
        captured("/a", later, "2026-05-20"),
    ]
    (folder / "a.warc.gz").write_bytes(b"".join(records) + captured("/c", first)[:200])
    (folder / "b.warc.gz").write_bytes(b"no web archive")
    for words in ((), ("--again",)):
        done = desk.run("backfill", str(folder), *words)
        assert done.returncode == 0, done.stderr
        assert "cut short" in done.stderr and "b.warc.gz: Invalid WARC header" in done.stderr
        (article,) = desk.rows("select id, url, text, found_via, fetched_at from articles")
        assert article["url"] == f"{BASE}/a" and "Baubeginn war im Mai" in str(article["text"])
        assert str(article["found_via"]).startswith(f"webarchive a.warc.gz:{sum(map(len, records[:-1]))}")
        assert article["fetched_at"] == "2026-05-20T10:00:00+00:00"
        versions = desk.rows("select seen_at, lead from versions join pages on pages.id = page order by seen_at")
        assert [str(version["seen_at"])[:10] for version in versions] == ["2026-05-08", "2026-05-12", "2026-05-20"]
        assert "a.warc.gz:0" in str(versions[0]["lead"])
        assert len(desk.rows("select * from pages where done = 1")) == len(desk.rows("select * from pages")) == 4
        (refusal,) = desk.rows("select refusals.url, reason, fetched_at from refusals join pages on pages.id = page")
        assert (refusal["url"], refusal["reason"]) == (f"{BASE}/b", "off_topic")
        assert refusal["fetched_at"] == "2024-03-19T10:00:00+00:00"
    runs = desk.rows("select kind, outcome, fetched, kept, again, refused from runs order by id")
    assert [tuple(run.values()) for run in runs] == [
        ("backfill", "completed", 5, 1, 2, 2),
        ("backfill", "completed", 5, 0, 3, 2),
    ]
    (folder / "b.warc.gz").unlink()
    done = desk.run("backfill", str(folder))
    assert "1 files are done already" in done.stderr and "1/1" not in done.stderr
    assert "no file of a web archive" in desk.run("backfill", str(tmp_path / "none.warc")).stderr


def test_what_people_have_said_holds(desk: Desk, tmp_path: Path) -> None:
    """Also on the address that a page gives as its own; what its page reserves is not kept for the word."""
    desk.registry('[manners]\nreserved = "metadata-only"\n' + REGISTRY)
    desk.begin()
    reserved = page(*FESTIVAL).body.replace(b"<head>", b'<head><meta name="tdm-reservation" content="1">')
    file = tmp_path / "a.warc.gz"
    file.write_bytes(
        captured("/teilen/a", page(*SITE, canonical=f"{BASE}/a").body)
        + captured("/b", page(*FESTIVAL).body)
        + captured("/c", reserved)
        + captured("/d", page(*TRAINING).body)
    )
    words = (("a", "--set", "author=Jutta Reimers"), ("b", "keep"), ("c", "keep"), ("d", "drop"))
    for name, *word in words:
        done = desk.run("decide", f"{BASE}/{name}", *word, "--why", "so it is")
        assert done.returncode == 0, done.stderr
    done = desk.run("backfill", str(file))
    assert done.returncode == 0, done.stderr
    kept = {str(row["url"])[-2:]: row for row in desk.rows("select url, authors, page, text from articles")}
    assert kept.keys() == {"/a", "/b", "/c"} and kept["/a"]["authors"] == '["Jutta Reimers"]'
    assert kept["/b"]["page"] and not kept["/c"]["page"] and not kept["/c"]["text"]
    assert desk.rows("select reason from refusals") == [{"reason": "decided"}]


def test_any_host(desk: Desk, tmp_path: Path) -> None:
    """One that no source owns is found with its first article, and not where somebody has denied it."""
    desk.registry(REGISTRY + '[[denied]]\nhost = "spiegelung.example"\nwhy = "a mirror"\n')
    desk.begin()
    body = page(*SITE).body
    records = [
        captured("http://fern.example/a", body),
        captured("http://fern.example/b", page(*WINDOWS).body, "2024-03-20"),
        captured("http://fern.example/c", page(*WINDOWS).body, "2024-03-10"),
        captured("http://spiegelung.example/a", body),
        captured("http://10.0.0.7/a", body),
        captured("/a", page(*TRAINING).body),
    ]
    file = tmp_path / "a.warc.gz"
    file.write_bytes(b"".join(records))
    assert "5 at no source, 0 no page, 1 kept" in desk.run("backfill", str(file)).stderr
    done = desk.run("backfill", "--any-host", str(file))
    assert "2 at no source, 0 no page, 1 kept, 1 again, 2 refused" in done.stderr, done.stderr
    assert [row["source"] for row in desk.rows("select source from articles")] == ["anzeiger", "fern-example"]
    assert desk.rows("select url from refusals") == [{"url": "http://fern.example/c"}]
    assert desk.rows("select host, source, state from found_hosts") == [
        {"host": "fern.example", "source": "fern-example", "state": "new"}
    ]
    assert "1 files are done already" in desk.run("backfill", "--any-host", str(file)).stderr


def test_sites_of_articles_are_asked_once_what_they_reserve(
    desk: Desk, newsroom: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.registry('[manners]\nreserved = "metadata-only"\n' + REGISTRY)
    desk.begin()
    rules = [{"location": "/a", "tdm-reservation": 1}, {"location": "/", "tdm-reservation": 0}]
    newsroom.put(f"{BASE}/.well-known/tdmrep.json", Answer(body=json.dumps(rules).encode(), kind="application/json"))
    newsroom.put("http://amt.example/robots.txt", Answer(status=503))
    records = [
        captured("/a", page(*SITE).body),
        captured("/b", page(*TRAINING).body),
        captured("http://amt.example/a", page(*SITE).body),
        captured("http://rechner.example/b", page(*WINDOWS).body),
    ]
    file = tmp_path / "a.warc.gz"
    file.write_bytes(b"".join(records))
    done = desk.run("backfill", "--ask-rights", "-s", "DOWNLOAD_DELAY=0", str(file))
    assert done.returncode == 0, done.stderr
    of_articles = {row["url"]: row for row in desk.rows("select url, text, page, rights from articles")}
    assert {url: json.loads(str(row["rights"] or "{}")) for url, row in of_articles.items()} == {
        f"{BASE}/a": {"reserved": True, "said_by": "tdmrep.json"},
        f"{BASE}/b": {"reserved": False, "said_by": "tdmrep.json"},
        "http://amt.example/a": {"not_asked": True},
    }
    assert of_articles[f"{BASE}/b"]["text"] and not of_articles[f"{BASE}/a"]["text"]
    assert not of_articles[f"{BASE}/a"]["page"]
    assert sorted({(each.host, each.path) for each in newsroom.log}) == [
        ("amt.example", "/robots.txt"),
        ("www.anzeiger.example", "/.well-known/tdmrep.json"),
        ("www.anzeiger.example", "/robots.txt"),
    ]
    asked = desk.rows("select source, document from site_rules order by source, document")
    assert [tuple(row.values()) for row in asked] == [
        ("amt", "robots.txt"),
        ("anzeiger", "robots.txt"),
        ("anzeiger", "tdmrep.json"),
    ]
    assert "were not asked" in desk.run("explain", "http://amt.example/a").stdout
