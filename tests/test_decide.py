"""A person's word: stronger than the rules, kept through crawls and reading again, and taken back."""

import csv
import io
import json
from pathlib import Path

import pytest

from crawler.demo.newsroom import Answer, Newsroom, feed, page
from db.validation import ConfigError
from revierspiegel.services.decision_lists import read_list, take_list
from tests.conftest import ROOT, Desk
from tests.stories import FESTIVAL, SITE, WINDOWS
from tests.test_crawl import DAY
from tests.test_queue import SOURCE

BASE = "http://blatt.example"
SHORT = ("Microsoft in Bedburg", ["Mehr dazu heute am Nachmittag auf dieser Seite."])


def outlet(desk: Desk, room: Newsroom, more: str = "", **pages: Answer) -> None:
    """A source whose feed names the pages; more lines for its entry in the registry."""
    desk.begin()
    room.put(f"{BASE}/feed.xml", feed([(f"{BASE}/{name}", name, DAY) for name in pages]))
    for name, answer in pages.items():
        room.put(f"{BASE}/{name}", answer)
    desk.registry(SOURCE.format(id="blatt") + f'feeds = ["{BASE}/feed.xml"]\n{more}')


def crawled(desk: Desk) -> None:
    done = desk.crawl()
    assert done.returncode == 0, done.stderr


def decide(desk: Desk, name: str, *words: str) -> str:
    done = desk.run("decide", f"{BASE}/{name}", *words, *(["--why", "so it is"] if "--undo" not in words else []))
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return done.stderr.strip().partition(": ")[2]


def kept(desk: Desk) -> set[str]:
    return {str(row["url"]).removeprefix(f"{BASE}/") for row in desk.rows("select url from articles")}


def refused(desk: Desk) -> dict[str, str]:
    rows = desk.rows("select url, reason from refusals")
    return {str(row["url"]).removeprefix(f"{BASE}/"): str(row["reason"]) for row in rows}


def test_what_is_dropped_leaves_at_once_and_stays_out(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, a=page(*SITE, canonical=f"{BASE}/lokales/a"))
    crawled(desk)
    before = desk.rows("select page from articles")[0]["page"]
    done = desk.run("decide", f"{BASE}/a", "drop", "--why", "an  advertisement", "--by", "Holtkamp")
    assert "has left the archive; its page stays kept" in done.stderr
    (row,) = desk.rows("select * from refusals")
    assert row["reason"] == "decided"
    assert str(row["detail"]).startswith("a person's word (Holtkamp, 20")
    assert str(row["detail"]).endswith("): an advertisement")
    assert (row["page"], row["title"]) == (before, SITE[0])
    for table in ("articles", "aliases", "article_keys", "revisits"):
        assert desk.rows(f"select count(*) as n from {table}") == [{"n": 0}]
    assert desk.rows("select title, text, authors from versions") == [{"title": "", "text": None, "authors": None}]
    assert desk.rows("select count(*) as n from pages") == [{"n": 1}]
    assert desk.rows("select count(*) as n from articles_fts where articles_fts match 'Bedburg'") == [{"n": 0}]

    # listed again, at its other address, and at one more that the page gives as its own
    newsroom.put(f"{BASE}/feed.xml", feed([(f"{BASE}/{name}", "x", DAY) for name in ("a", "lokales/a", "teilen")]))
    newsroom.put(f"{BASE}/teilen", page(*SITE, canonical=f"{BASE}/lokales/a"))
    newsroom.log.clear()
    crawled(desk)
    assert newsroom.asked("blatt.example") == ["/robots.txt", "/.well-known/tdmrep.json", "/feed.xml", "/teilen"]
    assert kept(desk) == set()
    assert refused(desk) == {"a": "decided", "teilen": "decided"}
    assert desk.run("reprocess").returncode == 0
    assert kept(desk) == set()
    told = json.loads(desk.run("explain", f"{BASE}/lokales/a", "--json").stdout)
    assert told["answer"].endswith("decided")
    assert "an advertisement" in told["reasons"][0]
    assert told["decision"]["word"] == "drop"


def test_what_waits_or_is_unknown_is_dropped_unasked(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, a=page(*SITE), b=page(*SITE), c=page(*SITE))
    decide(desk, "b", "drop")
    assert desk.crawl("-s", "PAGES_PER_NIGHT=1").returncode == 0
    (waiting,) = (str(row["url"]) for row in desk.rows("select url from leads"))
    decide(desk, waiting.removeprefix(f"{BASE}/"), "drop")
    crawled(desk)
    assert len([path for path in newsroom.asked("blatt.example") if path in ("/a", "/b", "/c")]) == 1
    assert list(refused(desk).values()) == ["decided", "decided"]
    done = desk.run("decide", "http://niemand.example/x", "drop", "--why", "nobody's")
    assert (done.returncode, "it will not be taken" in done.stderr) == (0, True)


def test_a_refused_page_that_is_kept_comes_in_at_once(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, windows=page(*WINDOWS), short=page(*SHORT), old=page(*SITE, day="2019-05-05T10:00:00+02:00"))
    crawled(desk)
    assert refused(desk) == {"windows": "off_topic", "short": "too_short", "old": "too_old"}
    newsroom.log.clear()
    [before] = desk.rows("select number from _recalls")
    for name in ("windows", "short", "old"):
        assert decide(desk, name, "keep") == "it is in the archive now"
    assert newsroom.log == []
    [after] = desk.rows("select number from _recalls")
    assert after["number"] >= before["number"] + 6  # of each the word, and that it is carried out
    assert refused(desk) == {}
    assert desk.rows("select * from _words_due") == []  # a search knows its words at once
    rows = desk.rows("select url, verdict, reasons, run, text, first_seen, found_at from articles order by id")
    assert [row["verdict"] for row in rows] == ["on"] * 3
    assert [row["run"] for row in rows] == [1] * 3
    assert all(json.loads(str(row["reasons"]))[0].startswith("a person's word (2") for row in rows)
    assert len(json.loads(str(rows[0]["reasons"]))) > 1
    assert all(row["first_seen"] == row["found_at"] for row in rows)
    told = desk.run("explain", f"{BASE}/windows").stdout
    assert "kept as article 1" in told
    assert "so it is" in told
    assert desk.run("reprocess").stdout.startswith("3 pages: 0 come in, 0 go out, 0 change, 3 stay")
    crawled(desk)
    assert kept(desk) == {"windows", "short", "old"}


def test_what_is_not_here_is_fetched_and_kept_whatever_the_rules_say(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, fest=page(*FESTIVAL))
    crawled(desk)
    assert refused(desk) == {"fest": "off_topic"}
    assert desk.rows("select count(*) as n from pages") == [{"n": 0}]  # one look was enough
    newsroom.put(f"{BASE}/neu", page(*FESTIVAL, day="1999-01-01"))
    newsroom.put(f"{BASE}/leer", page("", []))
    for name in ("fest", "neu", "leer"):
        assert decide(desk, name, "keep") == "it waits for the next crawl"
    assert desk.rows("select on_terms, count(*) as n from leads") == [{"on_terms": 1, "n": 3}]
    crawled(desk)
    assert kept(desk) == {"fest", "neu"}
    (row,) = desk.rows("select reason, detail from refusals")
    assert (row["reason"], "so it is; but" in str(row["detail"])) == ("no_text", True)
    assert decide(desk, "leer", "keep").startswith("it stays refused: no_text: a person's word")


def test_a_wall_of_tonight_is_not_what_the_person_meant(desk: Desk, newsroom: Newsroom) -> None:
    wall = "<h1>Sind Sie ein Mensch?</h1><p>Bitte bestätigen Sie, dass Sie kein Roboter sind.</p>"
    outlet(desk, newsroom, a=Answer(body=f"<html><title>Sind Sie ein Mensch?</title><body>{wall}".encode()))
    decide(desk, "a", "keep")
    crawled(desk)
    assert refused(desk) == {"a": "wall"}
    assert decide(desk, "a", "keep") == "it is in the archive now"  # this very page, which is here to be seen
    assert kept(desk) == {"a"}


def test_an_article_stays_whatever_other_rules_say(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, a=page(*SITE))
    crawled(desk)
    assert decide(desk, "a", "keep") == "article 1 stays, whatever the rules say"
    assert decide(desk, "a", "keep") == "article 1 stays, whatever the rules say"
    reasons = json.loads(str(desk.rows("select reasons from articles")[0]["reasons"]))
    assert sum("a person's word" in reason for reason in reasons) == 1
    other = desk.folder / "other.toml"
    profile = (ROOT / "pipelines" / "relevance" / "topic.toml").read_text("utf-8")
    other.write_text(profile.replace("since = 2024", "since = 2099"), "utf-8")
    lost = desk.run("reprocess", "--dry-run", "--topic", str(other))  # its weights stand beside the one that it was
    assert (lost.returncode, len(lost.stderr.splitlines()), "weights.toml: " in lost.stderr) == (1, 1, True)
    (desk.folder / "weights.toml").write_bytes((ROOT / "pipelines" / "relevance" / "weights.toml").read_bytes())
    assert "0 go out" in desk.run("reprocess", "--dry-run", "--topic", str(other)).stdout
    assert decide(desk, "a", "--undo").startswith("taken back; nothing changes")
    reasons = json.loads(str(desk.rows("select reasons from articles")[0]["reasons"]))
    assert not any("a person's word" in reason for reason in reasons)
    assert "1 go out" in desk.run("reprocess", "--dry-run", "--topic", str(other)).stdout


def test_a_word_is_taken_back(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, a=page(*SITE), windows=page(*WINDOWS), fest=page(*FESTIVAL))
    crawled(desk)
    decide(desk, "a", "drop")
    assert decide(desk, "a", "--undo") == "taken back; it is in the archive now"
    decide(desk, "windows", "keep")
    assert decide(desk, "windows", "--undo").startswith("taken back; it has left the archive: off_topic: ")
    decide(desk, "fest", "drop")
    assert decide(desk, "fest", "--undo") == "taken back; it waits for the next crawl"
    assert desk.rows("select * from decisions") == []
    assert kept(desk) == {"a"}
    crawled(desk)
    assert refused(desk) == {"windows": "off_topic", "fest": "off_topic"}
    done = desk.run("decide", f"{BASE}/a", "--undo")
    assert (done.returncode, "nobody has decided on it" in done.stderr) == (1, True)


def test_of_what_is_reserved_only_the_record_is_kept_even_so(desk: Desk, newsroom: Newsroom) -> None:
    answer = page(*FESTIVAL)
    outlet(desk, newsroom, fest=Answer(body=answer.body, headers={"tdm-reservation": "1"}))
    decide(desk, "fest", "keep")
    crawled(desk)
    (row,) = desk.rows("select text, page, reservation, title, verdict from articles")
    assert row == {"text": "", "page": None, "reservation": "header", "title": FESTIVAL[0], "verdict": "on"}
    assert decide(desk, "fest", "--undo").startswith("taken back; article 1 stays, its page is not kept")


def test_decisions_travel_as_a_list(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, a=page(*SITE), windows=page(*WINDOWS))
    given = [
        ("http://blatt.example/a", "drop", 'says "no", twice', "Holtkamp", "2025-01-01T10:00:00+01:00"),
        ("http://blatt.example/windows", "keep", "on the region", "", "2025-01-02"),
        ("http://niemand.example/x", "keep", "later", "Ute", "2025-01-03T00:00:00+00:00"),
    ]
    file = desk.folder / "list.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([("url", "word", "why", "by", "at"), *given])
    crawled(desk)
    done = desk.run("decide", "--import", str(file))
    assert done.returncode == 0, done.stderr
    assert kept(desk) == {"windows"}
    assert "niemand.example/x: keep: no source of the registry" in done.stderr
    exported = desk.run("decide", "--export").stdout
    rows = list(csv.DictReader(io.StringIO(exported)))
    assert [row["url"] for row in rows] == [row[0] for row in given]
    assert rows[0] == dict(zip(rows[0], (*given[0][:4], "2025-01-01T09:00:00+00:00"), strict=True))
    (desk.folder / "again.csv").write_text(exported, "utf-8")
    assert desk.run("decide", "--import", str(desk.folder / "again.csv")).stderr.count("known already") == 3
    decide(desk, "a", "keep")
    assert kept(desk) == {"a", "windows"}
    assert "a later word holds (a person's word (" in desk.run("decide", "--import", str(file)).stderr
    assert kept(desk) == {"a", "windows"}


@pytest.mark.parametrize(("sign", "encoding"), [(",", "utf-8"), (";", "utf-8-sig")])
def test_many_are_decided_at_once(sign: str, encoding: str, desk: Desk, newsroom: Newsroom) -> None:
    """As a spreadsheet writes them: with columns of its own, lines on which nothing is decided, and empty ones."""
    outlet(desk, newsroom, a=page(*SITE), windows=page(*WINDOWS))
    crawled(desk)
    rows = [
        ("title", "url", "decision", "why"),
        ("Rechenzentrum", f"{BASE}/a", "drop", "a press release, not an article"),
        ("Fenster", f"{BASE}/windows", "Keep", "on the region"),
        ("Neues", f"{BASE}/neu", "keep", "the vote; not listed"),
        ("Noch offen", f"{BASE}/offen", " ", ""),
        ("", "", "", ""),
    ]
    file = desk.folder / "sheet.csv"
    with file.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=sign).writerows(rows)
    done = desk.run("decide", "--from", str(file), "--by", "Holtkamp")
    assert done.returncode == 0, done.stderr
    assert [line.removeprefix(f"{BASE}/") for line in done.stderr.splitlines()] == [
        "a: drop: article 1 has left the archive; its page stays kept",
        "neu: keep: it waits for the next crawl",
        "windows: keep: it is in the archive now",
        "3 decisions: 2 keep, 1 drop",
    ]
    assert kept(desk) == {"windows"}
    decided = desk.rows("select distinct url, word, why, by from decisions order by url")
    assert [tuple(row.values()) for row in decided] == [
        (f"{BASE}/a", "drop", "a press release, not an article", "Holtkamp"),
        (f"{BASE}/neu", "keep", "the vote; not listed", "Holtkamp"),
        (f"{BASE}/windows", "keep", "on the region", "Holtkamp"),
    ]


def test_where_a_line_cannot_be_carried_out_nothing_is_decided(desk: Desk, newsroom: Newsroom) -> None:
    denied = '\n[[denied]]\nhost = "lizenz.example"\nwhy = "a database under licence"\n'
    outlet(desk, newsroom, more=denied, a=page(*SITE, canonical=f"{BASE}/lokales/a"))
    crawled(desk)
    lines = [
        ("url", "decision", "why"),
        (f"{BASE}/a", "drop", "x"),
        ("http://niemand.example/x", "keep", "x"),
        ("http://lizenz.example/x", "keep", "x"),
        (f"{BASE}/lokales/a", "keep", "x"),
    ]
    file = desk.folder / "sheet.csv"
    file.write_text("".join(f"{','.join(line)}\n" for line in lines), "utf-8")
    done = desk.run("decide", "--from", str(file))
    said = [line.removeprefix("Error: ").removeprefix(f"{file}: ") for line in done.stderr.splitlines()]
    assert done.returncode == 1
    assert len(said) == 3
    assert said[0].startswith("line 3: url: http://niemand.example/x: no source of the registry is at this host")
    assert said[1].startswith("line 4: url: http://lizenz.example/x: never taken, lizenz.example is a database")
    assert said[2] == f"line 5: url: {BASE}/lokales/a: decided on in line 2 already, expected one decision"
    assert kept(desk) == {"a"}
    assert desk.rows("select * from decisions") == []


def test_of_a_list_of_pages_those_are_read_that_a_person_has_decided_on(tmp_path: Path) -> None:
    file = tmp_path / "near-misses.csv"
    lines = [
        "url;title;source;day;score;reasons;decision;why",
        'http://blatt.example/a;\'=1;blatt;03.03.2025;0,412;"x; y";keep;"its land, too"',
        "http://blatt.example/b;B;blatt;;0,2;;;",
        "http://blatt.example/c;C;blatt;;0,1;; drop ;no",
    ]
    for mark, delimiter in (("\ufeff", ";"), ("", ",")):
        text = (
            "\r\n".join(lines) if delimiter == ";" else 'url,decision,why\nhttp://blatt.example/a,keep,"its land, too"'
        )
        file.write_text(mark + text, "utf-8")
        found = [(line.url, str(line.word.word), line.word.why) for line in read_list(file)]
        assert found[0] == ("http://blatt.example/a", "keep", "its land, too")
        assert found[1:] == [("http://blatt.example/c", "drop", "no")][: len(found) - 1]
    file.write_text("url,decision,why\nhttp://blatt.example/a,maybe,x\n", "utf-8")
    with pytest.raises(ConfigError, match="line 2: decision: 'maybe' is none of keep, drop"):
        read_list(file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("url;word\nhttp://blatt.example/a;drop", "line 1: no column 'why', expected url,word,why,by,at"),
        ("address,decision\n", "line 1: no column 'url', expected url,decision,why"),
        ("url,decision,why\nhttp://blatt.example/a,keep,\n", "line 2: why: empty, expected the reason"),
        ("url,decision,why\nhttp://blatt.example/b,,\n,keep,x\n", "line 3: url: '', expected an address"),
        ("url,decision,why\nhttp://blatt.example/a,,x\n", "line 2: decision: '' is none of keep, drop"),
        ("url;decision;why\nhttp://blatt.example/a;drop;a;b\n", "line 2: more than 3 values, expected quotation marks"),
        ("url,word\n", "line 1: no column 'why', expected url,word,why,by,at"),
        ("url,word,why\nhttp://blatt.example/a,drop,x\nblatt,drop,x\n", "line 3: url: 'blatt', expected an address"),
        ("url,word,why\nhttp://blatt.example/a,kep,x\n", "line 2: word: 'kep' is none of keep, drop, remove; did"),
        ("url,word,why\nhttp://blatt.example/a,keep,\n", "line 2: why: empty, expected the reason"),
        ("url,word,why\nhttp://blatt.example/a,keep,a,b\n", "line 2: more than 3 values, expected quotation marks"),
        ("url,word,why,at\nhttp://blatt.example/a,drop,x,soon\n", "line 2: at: 'soon', expected a moment such as 20"),
        ("url,word,why\n\udcff", "expected CSV in UTF-8"),
    ],
)
def test_of_a_list_with_a_wrong_line_nothing_is_taken(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError) as wrong:
        list(take_list(file))
    assert str(wrong.value).startswith(f"{file}: ")
    assert said in str(wrong.value)


def test_what_nobody_can_carry_out_is_said(desk: Desk, newsroom: Newsroom) -> None:
    denied = '\n[[denied]]\nhost = "lizenz.example"\nwhy = "a database under licence"\n'
    outlet(desk, newsroom, more=denied)
    for url, said in (
        ("http://niemand.example/x", "no source of the registry is at this host; add it"),
        ("http://lizenz.example/x", "never taken, lizenz.example is a database under licence"),
        ("blatt.example/x", "expected an address without spaces"),
    ):
        done = desk.run("decide", url, "keep", "--why", "x")
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        assert said in done.stderr
    for words in (
        ("http://a.example/", "keep"),
        ("http://a.example/",),
        (),
        ("--export", "http://a.example/"),
    ):
        done = desk.run("decide", *words)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert desk.run("decide", f"{BASE}/x", "--undo").returncode == 1


def test_a_word_given_while_it_crawls_counts(desk: Desk, newsroom: Newsroom) -> None:
    """The page is on its way when it is dropped, the other one is asked for after its word."""
    said: list[str] = []

    def slow() -> Answer:
        said.append(desk.run("decide", f"{BASE}/a", "drop", "--why", "x").stderr)
        said.append(desk.run("decide", f"{BASE}/b", "keep", "--why", "x").stderr)
        return page(*SITE)

    outlet(desk, newsroom, a=page(*SITE), b=page(*FESTIVAL))
    newsroom.put(f"{BASE}/a", slow)
    newsroom.put(f"{BASE}/feed.xml", feed([(f"{BASE}/a", SITE[0], DAY), (f"{BASE}/b", "b", DAY)]))
    crawled(desk)
    assert len(said) == 2, said
    assert kept(desk) == {"b"}
    assert refused(desk) == {"a": "decided"}


def test_groups_of_copies_are_right_at_once(desk: Desk, newsroom: Newsroom) -> None:
    title, paragraphs = SITE
    outlet(desk, newsroom, a=page(title, paragraphs), b=page(f"{title}, sagt die Stadt", paragraphs))
    assert desk.crawl(finishing=True).returncode == 0
    groups = "select article, group_id, role from copies order by article"
    before = desk.rows(groups)
    assert [row["role"] for row in before] == ["original", "mirror"]
    decide(desk, "a", "drop")
    assert desk.rows(groups) == []
    decide(desk, "a", "--undo")
    assert desk.rows(groups) == before
