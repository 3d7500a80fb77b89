"""Kept pages read again: what new rules take in, leave out and change, and that a kill in the midst costs nothing."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from sqlite_utils import Database

from crawler.demo.newsroom import Newsroom, page
from db.store.warc import read_page
from tests.conftest import ROOT, Desk, desk_of, newsroom_of
from tests.stories import SITE, TRAINING, WINDOWS
from tests.test_decide import BASE, crawled, decide, kept, outlet, refused


def publish(desk: Desk, room: Newsroom) -> None:
    outlet(
        desk,
        room,
        a=page(*SITE),
        b=page(*TRAINING, lang="en"),
        windows=page(*WINDOWS),
        old=page("Microsoft kommt nach Elsdorf", SITE[1], day="2019-05-05"),
    )


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which one night's pages are; it is copied for each test."""
    folder = tmp_path_factory.mktemp("night")
    with pytest.MonkeyPatch.context() as environment, newsroom_of(environment) as room:
        desk = desk_of(folder, environment)
        publish(desk, room)
        crawled(desk)
        assert kept(desk) == {"a", "b"}
        assert refused(desk) == {"windows": "off_topic", "old": "too_old"}
        return desk.home


@pytest.fixture
def filled(desk: Desk, newsroom: Newsroom, after_a_night: Path) -> Desk:
    shutil.copytree(after_a_night, desk.home)
    publish(desk, newsroom)
    return desk


def reprocess(desk: Desk, *words: str) -> str:
    done = desk.run("reprocess", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def profile(desk: Desk, before: str, after: str) -> str:
    own = ROOT / "pipelines" / "relevance" / "topic.toml"
    text = own.read_text("utf-8").replace('"weights.toml"', f'"{own.with_name("weights.toml")}"')
    assert before in text
    text = text.replace('"weights.toml"', f'"{ROOT}/pipelines/relevance/weights.toml"')
    path = desk.folder / "other.toml"
    path.write_text(re.sub('^version = ".*"', 'version = "other"', text.replace(before, after), flags=re.M), "utf-8")
    return str(path)


def everything(desk: Desk) -> list[list[dict[str, object]]]:
    tables = ("articles", "aliases", "article_keys", "versions", "refusals", "pages", "leads", "decisions")
    return [desk.rows(f"select * from {table} order by rowid") for table in tables]


def change(desk: Desk, sql: str) -> None:
    with Database(desk.home / "archive.db") as db:
        db.execute(sql)


def test_by_the_same_rules_nothing_changes(filled: Desk, newsroom: Newsroom) -> None:
    before = everything(filled)
    assert reprocess(filled) == "4 pages: 0 come in, 0 go out, 0 change, 4 stay\n"
    assert everything(filled) == before
    assert newsroom.log == []
    assert reprocess(filled, "--source", "blatt", "--json") == "[]\n"
    wrong = filled.run("reprocess", "--source", "blat")
    assert (wrong.returncode, "no source 'blat'" in wrong.stderr) == (1, True)


def test_a_dry_run_shows_what_another_profile_would_do(filled: Desk) -> None:
    before = everything(filled)
    since = profile(filled, "since = 2024-01-01", "since = 2019-01-01")
    told = reprocess(filled, "--dry-run", "--topic", since)
    assert f"in       {BASE}/old  Microsoft kommt nach Elsdorf" in told
    assert "was too_old: published 2019-05-05" in told
    assert told.endswith("4 pages: 1 come in, 0 go out, 0 change, 3 stay\n")
    assert everything(filled) == before
    (one,) = json.loads(reprocess(filled, "--dry-run", "--json", "--topic", since))
    assert (one["what"], one["url"], one["was"]) == ("in", f"{BASE}/old", "too_old")
    assert any("Bedburg" in reason for reason in one["reasons"])

    assert "1 come in" in reprocess(filled, "--topic", since)
    assert kept(filled) == {"a", "b", "old"}
    assert refused(filled) == {"windows": "off_topic"}
    versions = filled.rows("select distinct rules_version as v from articles union select rules_version from refusals")
    assert len(versions) == 1  # those that stay have been judged anew, too
    assert "other" in str(versions)
    assert filled.rows("select count(*) as n from articles_fts where articles_fts match 'Elsdorf'") == [{"n": 3}]
    assert filled.rows("select * from _words_due") == []

    assert "1 go out" in reprocess(filled)
    assert kept(filled) == {"a", "b"}
    (row,) = filled.rows("select * from refusals where reason = 'too_old'")
    assert (row["url"], row["page"] is not None, row["title"]) == (f"{BASE}/old", True, "Microsoft kommt nach Elsdorf")


def test_what_changes_is_shown_and_stays_the_same_article(filled: Desk) -> None:
    (before,) = filled.rows("select * from articles where url like '%/a'")
    versions = filled.rows("select * from versions")
    change(
        filled,  # as other rules for cleaning would have left it
        "update articles set title = 'Anders', authors = '[\"Werbung\"]', published = '2025-03-12', access = 'teaser',"
        " text = 'Werbung vorab.' || char(10, 10) || text where url like '%/a'",
    )
    told = reprocess(filled)
    assert f"changed  {BASE}/a  {SITE[0]}" in told
    for line in (
        f"title: Anders → {SITE[0]}",
        'authors: ["Werbung"] → nothing',
        "published: 2025-03-12 → 2025-03-12T09:30:00+01:00",
        "access: teaser → free",
        "text: 1 paragraphs gone, 0 new, -16 characters",
    ):
        assert line in told
    assert told.endswith("4 pages: 0 come in, 0 go out, 1 change, 3 stay\n")
    assert filled.rows("select * from articles where url like '%/a'") == [before]
    assert filled.rows("select * from versions") == versions
    found = "select count(*) as n from articles_fts where articles_fts match ?"
    assert [filled.rows(found, word)[0]["n"] for word in ("Werbung", "Spatenstich")] == [0, 1]


def test_refusals_get_the_reason_of_today(filled: Desk) -> None:
    (before,) = filled.rows("select * from refusals where reason = 'off_topic'")
    change(
        filled, "update refusals set reason = 'mention', detail = 'x', score = 0.3, at = '2025' where url like '%ows'"
    )
    told = reprocess(filled)
    assert told.splitlines()[-1] == "refused for another reason: 1 mention → off_topic"
    (after,) = filled.rows("select * from refusals where reason = 'off_topic'")
    assert after | {"at": ""} == before | {"at": ""}
    assert str(after["at"]) > "2026"


def test_a_persons_word_holds(filled: Desk) -> None:
    decide(filled, "windows", "keep")
    decide(filled, "b", "drop")
    change(filled, "update decisions set why = 'so it was'")
    told = reprocess(filled, "--topic", profile(filled, "since = 2024-01-01", "since = 2099-01-01"))
    assert "1 go out" in told
    assert kept(filled) == {"windows"}
    assert refused(filled) == {"a": "too_old", "b": "decided", "old": "too_old"}
    assert "so it was" in str(filled.rows("select reasons from articles")[0]["reasons"])


def test_an_article_at_two_addresses_comes_in_once(filled: Desk, newsroom: Newsroom) -> None:
    outlet(
        filled,
        newsroom,
        c=page("Alt und neu", SITE[1], canonical=f"{BASE}/c", day="2020-01-01"),
        d=page("Alt und neu", SITE[1], canonical=f"{BASE}/c", day="2020-01-01"),
    )
    crawled(filled)
    assert {"c", "d"} <= set(refused(filled))
    since = profile(filled, "since = 2024-01-01", "since = 2020-01-01")
    for dry in (["--dry-run"], []):
        assert "1 come in, 0 go out, 0 change, 1 are articles already" in reprocess(filled, *dry, "--topic", since)
    assert kept(filled) & {"c", "d"} < {"c", "d"}
    assert filled.rows("select count(*) as n from aliases") == [{"n": 1}]


def test_a_page_that_is_gone_is_told_and_left(filled: Desk) -> None:
    before = everything(filled)
    (file,) = (filled.home / "pages").iterdir()
    file.write_bytes(file.read_bytes()[:100])
    told = reprocess(filled, "--topic", profile(filled, "since = 2024-01-01", "since = 2099-01-01"))
    assert told.count("no page at") == 4
    assert "0 stay, 4 cannot be read back" in told
    assert everything(filled) == before


def test_one_at_a_time_and_nothing_without_an_archive(desk: Desk, filled: Desk) -> None:
    from db.lock import lock_crawl

    with lock_crawl():
        busy = filled.run("reprocess")
        assert (busy.returncode, "a crawl is already running" in busy.stderr) == (1, True)
        assert "4 stay" in reprocess(filled, "--dry-run")
    os.environ["REVIERSPIEGEL_HOME"] = str(desk.folder / "none")
    none = desk.run("reprocess", "--dry-run")
    assert (none.returncode, "there is no archive yet" in none.stderr) == (1, True)
    assert not (desk.folder / "none").exists()


@pytest.mark.soak
def test_a_kill_in_the_midst_costs_nothing(desk: Desk, newsroom: Newsroom) -> None:
    stories = {
        f"n{number:03}": page(f"{SITE[0]}, Teil {number}", [f"Teil {number}.", *SITE[1]]) for number in range(120)
    }
    outlet(desk, newsroom, **stories)
    assert desk.crawl("-s", "PAGES_PER_NIGHT=200").returncode == 0
    whole = desk.rows("select id, url, title, text, sha256 from articles order by id")
    change(desk, "update articles set text = 'x', sha256 = 'x'")

    def changed() -> int:
        return int(str(desk.rows("select count(*) as n from articles where text != 'x'")[0]["n"]))

    desk.kill(lambda: changed() > 0, "reprocess")
    left = changed()
    assert 0 < left < 120
    told = reprocess(desk).splitlines()[-1]
    assert told == f"120 pages: 0 come in, 0 go out, {120 - left} change, {left} stay"
    assert desk.rows("select id, url, title, text, sha256 from articles order by id") == whole
    assert desk.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_old_refusals_are_pruned_at_the_end(filled: Desk) -> None:
    change(filled, "update pages set fetched_at = '2020-01-01T00:00:00+00:00'")
    change(filled, "update refusals set at = '2020-01-01T00:00:00+00:00' where url like '%windows'")
    done = filled.run("reprocess")
    assert "1 pages of old refusals pruned" in done.stderr
    assert filled.rows("select count(*) as n from pages") == [{"n": 3}]
    assert filled.rows("select page from refusals where url like '%windows'") == [{"page": None}]
    assert "3 pages: 0 come in" in reprocess(filled)
    change(filled, "update refusals set at = '2020-01-01T00:00:00+00:00'")
    assert filled.crawl(finishing=True).returncode == 0  # a crawl does the same
    (row,) = filled.rows("select count(*) as n, min(file) as file from pages")
    assert row["n"] == 2
    assert [path.name for path in Path(filled.home / "pages").iterdir()] == [row["file"]]
    for kept_page in filled.rows("select * from pages"):
        assert b"Microsoft" in read_page(filled.home / "pages", kept_page)[0]


def test_what_each_feature_adds_is_judged_anew(filled: Desk) -> None:
    before = everything(filled)
    for table in ("articles", "refusals"):
        assert filled.rows(f"select id from {table} where features is null") == []
        change(filled, f"update {table} set features = '{{\"title: company\": 1.5}}'")
    assert "0 change, 4 stay" in reprocess(filled)
    assert everything(filled) == before
