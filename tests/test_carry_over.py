"""What an archive said in sentences before it had codes."""

import json
from pathlib import Path

import pytest
from sqlite_utils import Database

from db import carry_over
from db.language import speaking
from db.operations.health import no_rules, says_no
from db.outcomes import Code, from_json, say
from db.store.archive import Archive
from db.store.migrations import migrations

NIGHT = (
    "its time was up after 3600 s; HTTP 404 (https://blatt.example/alt.xml and 3 more); "
    "feed: this is an HTML page titled 'HTTP 403; tips', not XML (https://blatt.example/f.xml); "
    "listing: XML breaks off at line 7: EndTag (https://blatt.example/l); and 3 other problems; "
    "4 of 9 sitemaps have their turn on other nights"
)
REASONS = [
    "the company and a place of the story, with works on a site",
    '"Microsoft" in the title',
    '"Erft-Ort (Süd)" in paragraph 12',
    'the title is about a product: "Surface"',
    "a sentence of another profile",
]


@pytest.mark.parametrize(
    ("detail", "codes"),
    [
        (NIGHT, "time_up at_addresses at_address at_address other_problems sitemaps_in_turn"),
        ("HTTP 403 (https://blatt.example/feed.xml)", "at_address"),
        ("robots.txt: HTTP 503", "robots_away"),
        ("robots.txt: a Crawl-delay of 9000 s is more than a night has room for", "robots_away"),
        ("5 pages in a row could not be had: HTTP 503", "pages_in_vain"),
        ("it asks to be left alone until 2026-03-01T00:00:00+00:00 (HTTP 429, Retry-After)", "left_alone"),
        (
            "it asks to be left alone until 2026-03-01T00:00:00+00:00 (Retry-After of an earlier visit)",
            "still_left_alone",
        ),
        ("HTTP 403 tips", "text"),
        ("something; else", "text"),
        ("", ""),
    ],
)
def test_what_a_night_said_says_the_same(detail: str, codes: str) -> None:
    outcomes = from_json(carry_over.night_outcomes(detail))
    assert " ".join(each.code for each in outcomes) == codes
    assert "; ".join(map(str, outcomes)) == detail


def test_what_said_no_says_no() -> None:
    assert not says_no(from_json(carry_over.night_outcomes(NIGHT)))
    assert says_no(from_json(carry_over.night_outcomes("HTTP 403 (https://blatt.example/feed.xml)")))
    assert not says_no(from_json(carry_over.night_outcomes("HTTP 403 tips")))
    assert no_rules(from_json(carry_over.night_outcomes("robots.txt: HTTP 503")))


@pytest.mark.parametrize(
    "why",
    [
        "lists 40 and 5 to 9 new a night",
        "read on 1 night so far",
        "says no on 4 nights, since 2026-03-28: HTTP 403 (https://zu.example/feed.xml)",
        "could not be read last night (2026-01-25): robots.txt: no answer in time",
        "lists nothing since 2026-01-25; before, 3 to 40",
        "could not be read on 4 of the last 7 nights, last on 2026-01-25: robots.txt: HTTP 500",
        "nothing new on 11 nights, since 2026-02-14; before, 2 at most",
        "all of 14 pages read since 2026-02-14 were behind a wall; before, 25% of 80",
        "texts have 900 characters since 2026-02-14; before, 3000: is the page built anew?",
        "0 new in the last 7 nights; usually 35 in as many",
        "no feed, sitemap or listing is known: it is read where a known article names a page",
    ],
)
def test_how_a_source_fared_says_the_same(why: str) -> None:
    (outcome,) = from_json(carry_over.health_outcome("x", why))
    assert (outcome.code is not Code.TEXT, str(outcome)) == (True, why)


@pytest.mark.parametrize(
    ("reason", "detail", "code"),
    [
        ("not_html", "application/pdf", Code.CONTENT_TYPE),
        ("too_short", "143 characters", Code.TOO_SHORT),
        ("missing", "the page says so: HTTP 403", Code.SAYS_MISSING),
        ("off_topic", f"{'; '.join(REASONS[:2])} (score 0.05)", Code.JUDGED),
        ("off_topic", 'no place of the story and no sum within reach of "Microsoft" (score 0.00)', Code.JUDGED),
        ("unreachable", "HTTP 503, on 3 nights", Code.ON_NIGHTS),
        ("decided", "a person's word (Ada, 2026-11-20): so it is", Code.DECIDED),
        ("no_text", "a person's word (2026-11-20): so it is; but the page has no text", Code.STILL_REFUSED),
        ("budget", "more than 2000 addresses of blatt wait", Code.QUEUE_FULL),
        ("foreign", "leads to other.example", Code.LEADS_TO),
        ("unreadable", "ValueError: x; y", Code.TEXT),
    ],
)
def test_why_a_page_was_refused_says_the_same(reason: str, detail: str, code: Code) -> None:
    (outcome,) = from_json(carry_over.refusal_outcome(reason, detail))
    assert (outcome.code, str(outcome)) == (code, detail)


@pytest.mark.parametrize("word", ["9" * 5000, "\ud800", "{", "', not XML (", "; " * 500, "(" * 3000])
def test_no_sentence_stops_the_migration(word: str) -> None:
    for detail in (word, f"{word} characters", f"HTTP {word}", f"feed: this is {word}", f"{word} (score {word})"):
        assert json.loads(carry_over.night_outcomes(detail))
        assert json.loads(carry_over.refusal_outcome("x", detail) or "")
        assert json.loads(carry_over.health_outcome("x", f"lists {detail} and {word} new a night") or "")
        assert isinstance(json.loads(carry_over.terms(detail)), list)


def test_an_archive_of_sentences_becomes_one_of_codes(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with Database(path) as db:
        migrations.apply(db, stop_before="m023_outcomes")
        article = {"url": "https://a", "source": "blatt", "title": "T", "text": "Grüße", "fetched_at": "2026-01-01"}
        db.table("articles").insert(article | {"identity": "a", "reasons": json.dumps(REASONS)})
        db.table("leads").insert({"key": "k", "source": "blatt", "url": "https://b", "tries": 1, "error": "HTTP 404"})
        db.table("leads").insert({"key": "l", "source": "blatt", "url": "https://c"})
        db.table("runs").insert({"id": 1, "outcome": "killed", "detail": "ended after 6:00:00"})
        db.table("sources").insert({"id": "blatt", "last_detail": NIGHT, "health": "paused", "health_detail": "asked"})
        rules = {
            "run": 1,
            "site": "https://a",
            "document": "robots.txt",
            "verdict": "79 bytes of rules, Crawl-delay 5 s",
        }
        db.table("site_rules").insert(rules)
    with Archive(path) as archive:
        (article,) = archive.db.query("select * from articles")
        (source,) = archive.sources.every()
        (rule,) = archive.db.query("select * from site_rules")
        assert [row["key"] for row in archive.frontier.waiting("blatt", 9)] == ["l", "k"]  # who said no comes last
        assert str(*from_json((archive.runs.get(1) or {})["detail_outcome"])) == "ended after 6:00:00"
        assert archive.db.execute("select count(*) from articles_fts where articles_fts match 'grüße'").fetchone() == (
            1,
        )
        assert "articles_au" in {trigger.name for trigger in archive.db.triggers}
    assert json.loads(article["terms"]) == ["Microsoft", "Erft-Ort (Süd)"]
    assert [str(each) for each in from_json(article["outcomes"])] == REASONS
    with speaking("de"):
        assert [say(each) for each in from_json(article["outcomes"])][1:4] == [
            "„Microsoft“ in der Überschrift",
            "„Erft-Ort (Süd)“ in Absatz 12",
            "die Überschrift handelt von einem Produkt: „Surface“",
        ]
    assert (str(*from_json(source["health_outcome"])), say(from_json(source["last_outcomes"]))) == ("asked", NIGHT)
    assert str(*from_json(rule["outcome"])) == rules["verdict"]
