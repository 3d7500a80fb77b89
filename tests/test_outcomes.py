"""Facts as codes: each is said in every language, whatever its parameters look like, and nothing reads words back."""

import asyncio
import string
from itertools import product
from pathlib import Path
from typing import Any

import lxml.html
import pytest
import sqlite_utils
from markupsafe import escape

from crawler.demo.newsroom import Answer, Newsroom, feed, page
from db.language import catalogue, find, languages, speaking
from db.operations.health import Health, conditions, says_no
from db.outcomes import Code, Outcome, as_json, fault, from_json, parts, say
from db.site.serve import close_site, make_site
from db.store.archive import Archive
from tests.conftest import Desk
from tests.stories import SITE
from tests.test_crawl import DAY
from tests.test_exports import make_archive

HOSTILE = ("HTTP 403 tips", "{number}", "<b>", "it asks to be left alone until", '"}', "a; b", "")
OUTCOMES = ("why", "what", "rules", "reasons", "decision")  # parameters that are outcomes
NUMBERS = ("number", "of", "status", "seconds", "score", "most", "weight", "free", "needed")


def names_of(code: Code) -> set[str]:
    text = find(f"outcomes.{code}")
    texts = text.values() if isinstance(text, dict) else [text]
    return {name for each in texts for _, name, _, _ in string.Formatter().parse(str(each)) if name}


def example(code: Code, word: str, number: int = 403) -> Outcome:
    """With these in all its parameters, and an outcome that holds the word in those that are outcomes."""
    values: dict[str, Any] = {name: number if name in NUMBERS else word for name in names_of(code)}
    for name in values.keys() & {*OUTCOMES}:
        values[name] = Code.TEXT.of(text=word)
    return code.of(**values)


@pytest.mark.parametrize("code", Code)
def test_every_code_is_said_in_every_language_whatever_it_holds(code: Code) -> None:
    for word, name in product(HOSTILE, languages()):
        outcome = example(code, word)
        assert from_json(as_json(outcome)) == (outcome,)
        with speaking(name):
            words = say(outcome)
            assert all(word in words for key in outcome.params if key not in NUMBERS), words
            assert "403" in words or not outcome.params.keys() & {*NUMBERS}


def test_no_language_has_words_for_a_code_that_there_is_not() -> None:
    for name in languages():
        assert {key for key in catalogue(name) if key.startswith("outcomes.")} == {f"outcomes.{code}" for code in Code}


def test_one_is_not_many_and_numbers_have_the_readers_sign() -> None:
    why = Code.PAGES_IN_VAIN.of(number=5, why=Code.HTTP_STATUS.of(status=503))
    assert str(Code.SAYS_NO.of(number=1, since="2026-01-25", why=(why, Code.PROXY.of()))) == (
        "says no on 1 night, since 2026-01-25: 5 pages in a row could not be had: HTTP 503; the proxy cannot reach it"
    )
    says = {"en": "a place", "de": "ein Ort"}
    judged = Code.JUDGED.of(reasons=(Code.STORY.of(says=says), Code.IN_TITLE.of(word="Erft")), score=0.2)
    with speaking("de"):
        assert str(judged) == 'a place; "Erft" in the title (score 0.20)'  # the archive's own words are English
        assert say(judged) == "ein Ort; „Erft“ in der Überschrift (Wert 0,20)"
        assert say(Code.STORY.of(says={"en": "a place"})) == "a place"


def test_what_stands_within_is_found_to_any_depth() -> None:
    no = Code.HTTP_STATUS.of(status=403)
    night = (Code.TIME_UP.of(seconds=1.0), Code.AT_ADDRESS.of(why=Code.ON_NIGHTS.of(why=no, number=3), url="x"))
    assert no in parts([Code.AWAY.of(number=2, since="2026-01-01", why=night)])
    assert says_no(night) and not says_no(night[:1])


@pytest.mark.parametrize("word", HOSTILE)
def test_only_a_code_says_no_whatever_words_look_like(word: str) -> None:
    silent = [code for code in Code if not says_no([example(code, word)])]
    assert set(Code) - set(silent) == {
        *(Code.HTTP_STATUS, Code.LEFT_ALONE, Code.STILL_LEFT_ALONE, Code.ROBOTS_DISALLOWS, Code.CRAWL_DELAY)
    }


@pytest.mark.parametrize("stored", ["{", "3", '"x"', '[{"code": "nix", "params": {}}]', '[{"code": "proxy"}]', "[[]]"])
def test_what_is_no_outcome_is_an_error(stored: str) -> None:
    with pytest.raises(ValueError):
        from_json(stored)


def test_a_fault_is_told_by_its_kind() -> None:
    assert str(fault(KeyError("x"))) == "KeyError: 'x'"
    assert str(fault(TypeError())) == "TypeError"
    assert len(str(fault(ValueError("x" * 9999)))) < 300


def hostile_archive(path: Path) -> None:
    reasons = [example(code, word) for code in Code for word in HOSTILE]
    sqlite_utils.Database(make_archive(path, 1, outcomes=as_json(reasons))).close()


@pytest.mark.parametrize("language", ["en", "de"])
def test_on_a_page_nothing_of_it_is_markup(tmp_path: Path, language: str) -> None:
    path = tmp_path / "archive.db"
    hostile_archive(path)
    database = sqlite_utils.Database(path)
    night = as_json([example(Code.AT_ADDRESS, word) for word in HOSTILE])
    source = {"id": "blatt", "health": "failing", "health_detail": "x"}
    away = example(Code.AWAY, "<b>HTTP 403 tips")
    database.table("sources").insert(source | {"health_outcome": as_json(away)})
    row = {"run": 1, "source": "blatt", "night": "2026-11-20", "state": "ok", "detail": "x", "outcomes": night}
    database.table("runs").insert({"id": 1, "outcome": "completed", "started": "2026-11-20"})
    database.table("source_nights").insert(row)
    database.close()
    site = make_site(path)

    async def get(address: str) -> str:
        answer = await site.client.get(address, headers={"accept-language": language})
        assert answer.status_code == 200
        return str(answer.text)

    try:
        article, source_page = (asyncio.run(get(each)) for each in ("/article/1", "/sources/blatt"))
        with speaking(language):
            words = [say(example(code, word)) for code in Code for word in HOSTILE]
            why = str(escape(say(away)))
    finally:
        close_site(site)
    for text in (article, source_page):
        assert "<b>" not in text.replace("<b>0</b>", "")
    shown = lxml.html.fromstring(article).xpath("//section[@class='article-why']/ul/li")
    assert [each.text_content() for each in shown] == words
    assert why in source_page


SOURCE = """[[source]]
id = "blatt"
name = "Blatt"
homepage = "http://blatt.example/"
kind = "trade_press"
lang = "de"
region = "de"
feeds = [{feeds}]
"""
TIPS = "HTTP 403 tips: it asks to be left alone"


def test_a_source_whose_pages_speak_of_no_is_not_blocked(desk: Desk, newsroom: Newsroom) -> None:
    """One of its feeds has given way to a page that is titled like an answer; then its server has a bad night."""
    base = "http://blatt.example"
    newsroom.put(f"{base}/alt.xml", page(TIPS, ["Hier war einmal ein Feed."]))
    desk.registry(SOURCE.format(feeds=f'"{base}/feed.xml", "{base}/alt.xml"'))
    for night in range(4):
        text = [f"Folge {night}. {SITE[1][0]}", *SITE[1][1:]]
        newsroom.put(f"{base}/{night}", page(TIPS, text) if night < 3 else Answer(status=503))
        newsroom.put(f"{base}/feed.xml", feed([(f"{base}/{number}", TIPS, DAY) for number in range(night + 1)]))
        assert desk.crawl("-s", "FAILURES_IN_A_ROW=1", "-s", "RETRY_ENABLED=0").returncode == 0
    with sqlite_utils.Database(desk.home / "archive.db") as database:
        database.execute("update source_nights set night = date('2026-01-01', run || ' days')")
        database.conn.commit()
    nights = desk.rows("select state, detail, outcomes from source_nights order by run")
    assert [night["state"] for night in nights] == ["partial"] * 3 + ["stopped"]
    assert nights[-1]["detail"] == (
        f"1 page could not be had: HTTP 503; feed: this is an HTML page titled '{TIPS}', not XML ({base}/alt.xml)"
    )
    assert nights[-1]["detail"] == "; ".join(map(str, from_json(str(nights[-1]["outcomes"]))))
    with Archive(desk.home / "archive.db", read_only=True) as archive:
        condition = conditions(archive.db, "2026-01-06")["blatt"]
    assert condition.health is Health.FAILING
    assert condition.why == f"could not be read on 4 nights, since 2026-01-02: {nights[-1]['detail']}"
