"""How a source fares, by its own past."""

import random
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest

from db.operations.health import Condition, Health, SourceNight, judge, merged
from db.outcomes import Code, Outcome

FIRST = date(2026, 1, 5)  # a Monday


def night(number: int, **facts: Any) -> SourceNight:
    usual: dict[str, Any] = {
        "state": "ok",
        "outcomes": (),
        "listed": 40,
        "new": 5,
        "fetched": 5,
        "read": 2,
        "teasers": 0,
        "text_length": 3000,
    }
    return SourceNight(night=(FIRST + timedelta(days=number)).isoformat(), **(usual | facts))


def history(*parts: tuple[int, dict[str, Any]]) -> tuple[SourceNight, ...]:
    """(how many nights, what they were like), one after another."""
    told = [facts for count, facts in parts for _ in range(count)]
    return tuple(night(number, **facts) for number, facts in enumerate(told))


def of(*parts: tuple[int, dict[str, Any]]) -> Condition:
    return judge(history(*parts))


def status(number: int, url: str) -> Outcome:
    return Code.AT_ADDRESS.of(why=Code.HTTP_STATUS.of(status=number), url=url)


def without_rules(why: Outcome) -> Outcome:
    return Code.ROBOTS_AWAY.of(why=why)


WELL: dict[str, Any] = {}
EMPTY: dict[str, Any] = {"listed": 0, "new": 0, "fetched": 0, "read": 0}
AWAY = {"state": "unreachable", "outcomes": (without_rules(Code.NO_ANSWER.of()),)} | EMPTY
NO = {"state": "stopped", "outcomes": (status(403, "https://blatt.example/feed.xml"),)} | EMPTY
ONE_NO = {"state": "stopped", "outcomes": (status(403, "https://blatt.example/intern"),), "fetched": 50}
TIME = {"state": "stopped", "outcomes": (Code.TIME_UP.of(seconds=3600.0),), "fetched": 40}
NO_ROBOTS = {"state": "unreachable", "outcomes": (without_rules(Code.HTTP_STATUS.of(status=503)),)} | EMPTY
WAIT = NO | {"outcomes": (Code.LEFT_ALONE.of(until="2026-03-01T00:00:00+00:00", status=429),)}
PART = {"state": "partial", "outcomes": (status(404, "https://blatt.example/alt.xml"),)}
OLD_NEWS = {"new": 0, "read": 0}
TEASERS = {"teasers": 2}
SHORT = {"text_length": 900}
NO_WORD = {"state": "unreachable", "outcomes": (without_rules(Code.NAME_UNKNOWN.of()),)} | EMPTY
TITLED = Code.IS_NO_XML.of(form="feed", what=Code.HTML_TITLED.of(title="HTTP 403 tips"))
TIPS = PART | {"outcomes": (Code.AT_ADDRESS.of(why=TITLED, url="https://blatt.example/HTTP 403"),)}
AWAY_WITH_TIPS = AWAY | TIPS | {"state": "unreachable"}


@pytest.mark.parametrize(
    ("parts", "health", "words"),
    [
        ([(30, WELL)], Health.WELL, "lists 40 and 5 new a night"),
        ([(3, WELL)], Health.WELL, "without a fault"),
        ([(2, WELL)], Health.NEW, "2 nights so far"),
        ([(20, WELL), (1, AWAY)], Health.FAILING, "last night (2026-01-25): robots.txt: no answer"),
        ([(20, WELL), (4, AWAY)], Health.FAILING, "on 4 nights, since 2026-01-25"),
        ([(20, WELL), (4, AWAY), (1, WELL)], Health.WELL, ""),
        ([(20, WELL), (3, PART)], Health.FAILING, "read in part only on 3 nights"),
        ([(20, WELL), (1, NO)], Health.BLOCKED, "says no on 1 night"),
        ([(20, WELL), (6, NO)], Health.BLOCKED, "since 2026-01-25: HTTP 403"),
        ([(5, NO)], Health.BLOCKED, "since 2026-01-05"),
        ([(9, WELL), (2, WAIT)], Health.BLOCKED, "left alone until"),
        ([(9, WELL), (2, AWAY), (3, NO)], Health.BLOCKED, "since 2026-01-16"),
        ([(4, EMPTY)], Health.NEVER_WORKED, "listed nothing on any of 4 nights"),
        ([(4, NO_WORD)], Health.NEVER_WORKED, "could not be read on any of 4 nights"),
        ([(2, NO_WORD)], Health.FAILING, "the name is not known"),
        ([(2, EMPTY)], Health.NEW, ""),
        ([(20, WELL), (1, EMPTY)], Health.WELL, ""),
        ([(20, WELL), (2, EMPTY)], Health.WELL, ""),
        ([(20, WELL), (3, EMPTY)], Health.SILENT, "lists nothing since 2026-01-25; before, 40"),
        ([(20, WELL), (1, EMPTY), (9, WELL), (2, EMPTY)], Health.WELL, ""),
        ([(200, WELL), (160, OLD_NEWS)], Health.SILENT, "nothing new on 160 nights"),
        ([(1, {"new": 20}), (11, OLD_NEWS)], Health.WELL, ""),  # a small source, found with all that it has
        ([(60, OLD_NEWS)], Health.SILENT, "nothing new on any of 60 nights"),
        ([(20, WELL), (3, ONE_NO)], Health.WELL, ""),  # one page of fifty is not for us
        ([(20, WELL), (9, TIME)], Health.WELL, ""),
        ([(20, WELL), (2, NO_ROBOTS)], Health.FAILING, "robots.txt: HTTP 503"),
        ([(20, WELL), (3, NO_ROBOTS)], Health.BLOCKED, "says no on 3 nights"),
        ([(9, PART)], Health.WELL, ""),  # one of its addresses was never there
        (
            [(20, WELL), (1, AWAY), (1, WELL), (1, AWAY), (1, WELL), (2, AWAY), (1, WELL)],
            Health.FAILING,
            "4 of the last 7",
        ),
        ([(40, WELL), (10, OLD_NEWS)], Health.QUIET, "0 new in the last 7 nights; usually 35"),
        ([(40, WELL), (11, OLD_NEWS)], Health.SILENT, "nothing new on 11 nights, since 2026-02-14"),
        ([(40, WELL), (7, {"new": 1})], Health.QUIET, "7 new in the last 7 nights; usually 35"),
        ([(40, WELL), (7, {"new": 2})], Health.WELL, ""),
        ([(10, WELL), (7, {"new": 0})], Health.WELL, ""),  # no past to speak of
        ([(20, WELL), (7, TEASERS)], Health.ALL_TEASERS, "all of 14 pages read since"),
        ([(20, TEASERS), (7, TEASERS)], Health.WELL, ""),  # it was never otherwise
        ([(20, WELL), (6, TEASERS), (1, WELL)], Health.WELL, ""),
        ([(20, WELL), (7, SHORT)], Health.SHRINKING_TEXTS, "900 characters since"),
        ([(20, WELL), (7, {"text_length": 1600})], Health.WELL, ""),
        ([(20, WELL), (1, SHORT)], Health.WELL, ""),
        ([(20, WELL), (1, {"state": "not_finished"} | EMPTY)], Health.WELL, ""),
        ([(20, WELL), (1, TIPS)], Health.FAILING, "read in part only last night"),  # what a page says is no status
        ([(9, TIPS)], Health.WELL, ""),
        ([(20, WELL), (1, AWAY_WITH_TIPS)], Health.FAILING, "titled 'HTTP 403 tips'"),
    ],
)
def test_states(parts: list[tuple[int, dict[str, Any]]], health: Health, words: str) -> None:
    found = of(*parts)
    assert (found.health, words in found.why) == (health, True), found


def test_a_news_sitemap_is_empty_at_weekends() -> None:
    for last in range(28, 42):
        assert judge([night(n, **(EMPTY if n % 7 >= 5 else WELL)) for n in range(last)]).health is Health.WELL


@pytest.mark.parametrize("a_week", [0.5, 1, 2, 5])
def test_small_sources_hardly_ever_ask_for_a_hand(a_week: float) -> None:
    alarms = 0
    for seed in range(40):
        dice = random.Random(seed)
        nights = [night(n, new=20 if n == 0 else int(dice.random() < a_week / 7)) for n in range(90)]
        alarms += any(judge(nights[:last]).health is not Health.WELL for last in range(4, 90))
    assert alarms <= 2


def test_an_old_feed_that_lists_nothing_is_silent() -> None:
    assert judge(history((120, EMPTY)), worked=True).health is Health.SILENT


def test_a_weekend_is_no_alarm() -> None:
    def week(number: int) -> int:
        return 0 if number % 7 >= 5 else 12

    for last in range(42, 56):
        assert judge([night(n, new=week(n)) for n in range(last)]).health is Health.WELL


@pytest.mark.parametrize("every", [3, 5, 9, 20])
def test_a_source_with_little_news_is_not_called_quiet(every: int) -> None:
    for last in range(60, 60 + every):
        assert judge([night(n, new=int(n % every == 0)) for n in range(last)]).health is Health.WELL


def test_who_is_paused_or_has_no_address_is_not_judged() -> None:
    assert judge(history((9, NO)), paused="asked us to stop") == Condition(
        health=Health.PAUSED, outcome=Code.PAUSED.of(why="asked us to stop")
    )
    assert judge(history((9, EMPTY)), addresses=0).health is Health.KNOWN_ONLY
    assert judge(()).health is Health.NEW


def test_what_worked_long_ago_has_worked() -> None:
    assert judge(history((5, NO_WORD)), worked=True).health is Health.FAILING


def test_the_expectation_is_the_past_without_last_night() -> None:
    expected = judge(history((20, WELL), (1, {"new": 500}))).expected
    assert expected
    assert (expected.nights, expected.listed, expected.new) == (20, (40, 40, 40), (5, 5, 5))
    assert (expected.text_length, expected.teasers) == (3000, 0)


def test_runs_of_one_night_are_one() -> None:
    def run(number: int, **facts: Any) -> dict[str, Any]:
        row = {
            "run": number,
            "night": "2026-01-05",
            "state": "ok",
            "outcomes": None,
            "listed": 40,
            "new": 1,
            "fetched": 2,
        }
        return row | {"read": 1, "teasers": None, "text_length": 900} | facts

    rows: Iterable[dict[str, Any]] = [run(1, state="unreachable", listed=0, text_length=None), run(2, new=4)]
    assert merged(rows) == (night(0, new=5, fetched=4, read=2, text_length=900),)
