"""What finders are asked, in order, and what is not asked again."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from crawler.discovery.requests import cdx, gal, gdelt_doc, links, mediacloud
from crawler.discovery.requests.queries import filled
from crawler.discovery.requests.request import Answered, FinderRequest, is_due, months, weeks
from crawler.registry.finders import load_finders
from db.outcomes import Code
from pipelines.relevance.matching import who_cores
from pipelines.relevance.profile import load
from tests.rovers import write_profile

FINDERS = {finder.id: finder for finder in load_finders().finders}
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY = date(2026, 11, 20)
Done = dict[str, Answered]


def ask(
    requests: Iterator[FinderRequest],
    done: Done,
    answer: Callable[[FinderRequest], Code | Answered],
    at: datetime = NOW,
) -> list[str]:
    """The keys of what is asked, each answered before the next."""
    keys = []
    for request in requests:
        assert request.key not in keys
        keys.append(request.key)
        given = answer(request)
        done[request.key] = given if isinstance(given, Answered) else Answered(code=given, at=at)
    return keys


def parameters(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query)


# GDELT's Article List


def lists(done: Done, answer: Callable[[FinderRequest], Code], now: datetime = NOW, since: date = DAY) -> list[str]:
    return ask(gal.requests(FINDERS["gal"], since, DAY, done, now), done, answer, now)


def test_minutes_of_each_quarter_the_newest_first() -> None:
    keys = lists({}, lambda request: Code.ROWS_READ)
    assert keys[:4] == ["20261120083100", "20261120083200", "20261120083300", "20261120081600"]
    assert keys[-1] == "20261120000300"
    assert len(keys) == 3 * 35
    first = next(gal.requests(FINDERS["gal"], DAY, DAY, {}, NOW))
    assert first.url == "https://data.gdeltproject.org/gdeltv3/gal/20261120083100.gal.json.gz"


def test_other_minutes_only_where_the_usual_ones_are_missing() -> None:
    def answer(request: FinderRequest) -> Code:
        return Code.NO_FILE if request.key.startswith("2026112008") else Code.ROWS_READ

    keys = lists({}, answer)
    assert keys[3 * 35 :][:5] == [f"2026112008{minute}00" for minute in (30, 34, 35, 36, 37)]
    assert len(keys) == 3 * 35 + 5 * 3
    assert lists({}, lambda request: Code.BUSY)[3] == "20261120081600"  # who fails is not missing


def test_a_night_has_requests_for_all_usual_minutes_of_a_day_without_files() -> None:
    keys = lists({}, lambda request: Code.NO_FILE, NOW + timedelta(days=2))
    assert len(keys) > FINDERS["gal"].per_night
    usual = {f"20261120{minute}00" for minute in ("0001", "0003", "1216", "2348")}
    assert usual <= set(keys[: FINDERS["gal"].per_night])


def test_what_was_read_is_never_asked_again_and_nothing_twice_in_a_night() -> None:
    done: Done = {}
    lists(done, lambda request: Code.BUSY if request.key.endswith("1600") else Code.ROWS_READ)
    assert lists(done, lambda request: Code.ROWS_READ) == []
    again = lists(done, lambda request: Code.ROWS_READ, NOW + timedelta(days=1))
    assert {key for key in again if key <= "20261120083300"} == {f"20261120{hour:02}1600" for hour in range(9)}


def test_a_missing_file_is_asked_for_again_for_a_day() -> None:
    done = {"20261120081600": Answered(code=Code.NO_FILE, at=NOW)}
    tomorrow = NOW + timedelta(days=1)
    assert "20261120081600" in lists(done, lambda request: Code.NO_FILE, tomorrow)
    assert done["20261120081600"].at == tomorrow
    assert "20261120081600" not in lists(done, lambda request: Code.NO_FILE, NOW + timedelta(days=2))


def test_a_look_back_goes_on_where_it_was() -> None:
    done: Done = {}
    since = date(2026, 11, 18)
    first = []
    for request in gal.requests(FINDERS["gal"], since, DAY, done, NOW):
        done[request.key] = Answered(code=Code.ROWS_READ, at=NOW)
        first.append(request.key)
        if len(first) == 100:
            break
    second = lists(done, lambda request: Code.ROWS_READ, since=since)
    assert not set(first) & set(second)
    assert len(first) + len(second) == 3 * (35 + 2 * 96)


# Pages of links


def test_pages_are_read_once_a_week() -> None:
    done: Done = {}
    assert ask(links.requests(FINDERS["links"], done, NOW), done, lambda request: Code.ROWS_READ)
    assert not list(links.requests(FINDERS["links"], done, NOW + timedelta(days=6)))
    assert list(links.requests(FINDERS["links"], done, NOW + timedelta(days=7)))


# Media Cloud


def test_stories_month_by_month_and_page_after_page() -> None:
    done: Done = {}
    since = date(2026, 9, 30)

    def answer(request: FinderRequest) -> Answered:
        return Answered(code=Code.ROWS_READ, at=NOW, go_on=None if request.key.endswith("abc=") else "abc=")

    keys = ask(mediacloud.requests(FINDERS["mediacloud"], ["a AND b"], since, DAY, done, NOW), done, answer)
    assert keys == [
        "a AND b 2026-11-01..2026-11-30",
        "a AND b 2026-11-01..2026-11-30 abc=",
        "a AND b 2026-10-01..2026-10-31",
        "a AND b 2026-10-01..2026-10-31 abc=",
        "a AND b 2026-09-01..2026-09-30",
        "a AND b 2026-09-01..2026-09-30 abc=",
    ]
    tomorrow = NOW + timedelta(days=1)
    again = ask(
        mediacloud.requests(FINDERS["mediacloud"], ["a AND b"], since, DAY, done, tomorrow), done, answer, tomorrow
    )
    assert again == keys[:2]  # two weeks after a month nothing more comes


def test_the_form_of_a_question_to_media_cloud() -> None:
    request = next(mediacloud.requests(FINDERS["mediacloud"], ["a AND b"], DAY, DAY, {}, NOW))
    asked = dict(parameters(request.url))
    assert (asked["q"], asked["start"], asked["end"]) == ("a AND b", "2026-11-01", "2026-11-30")
    assert (asked["cs"], asked["platform"], asked["page_size"]) == ("34412409", "onlinenews-mediacloud", "1000")
    assert mediacloud.headers("geheim") == {"Authorization": "Token geheim"}
    assert "geheim" not in repr(request)


# The DOC API


def test_weeks_are_halved_where_they_are_full() -> None:
    done: Done = {}

    def answer(request: FinderRequest) -> Code:
        return Code.FULL_ANSWER if request.key.startswith("a 20261116000000") else Code.ROWS_READ

    asked = gdelt_doc.requests(FINDERS["gdelt-doc"], ["a"], date(2026, 11, 16), DAY, done, NOW)
    keys = ask(asked, done, answer)
    assert keys[:3] == [
        "a 20261116000000..20261123000000",
        "a 20261119120000..20261123000000",
        "a 20261116000000..20261119120000",
    ]
    assert keys[-1] == "a 20261116000000..20261116011800"  # half of it would be shorter than an hour
    assert not list(gdelt_doc.requests(FINDERS["gdelt-doc"], ["a"], date(2026, 11, 16), DAY, done, NOW))
    later = list(
        gdelt_doc.requests(FINDERS["gdelt-doc"], ["a"], date(2026, 11, 16), DAY, done, NOW + timedelta(days=9))
    )
    assert "a 20261116000000..20261123000000" not in [request.key for request in later]  # it stays full


def test_a_week_that_is_over_is_asked_no_more() -> None:
    done = {"a 20261109000000..20261116000000": Answered(code=Code.ROWS_READ, at=datetime(2026, 11, 19, tzinfo=UTC))}
    keys = [
        request.key for request in gdelt_doc.requests(FINDERS["gdelt-doc"], ["a"], date(2026, 11, 15), DAY, done, NOW)
    ]
    assert keys == ["a 20261116000000..20261123000000"]


def test_the_form_of_a_question_to_the_doc_api() -> None:
    request = next(gdelt_doc.requests(FINDERS["gdelt-doc"], ["a (b OR c)"], DAY, DAY, {}, NOW))
    asked = dict(parameters(request.url))
    assert asked == {
        "query": "a (b OR c)",
        "mode": "ArtList",
        "format": "json",
        "maxrecords": "250",
        "sort": "DateDesc",
        "startdatetime": "20261116000000",
        "enddatetime": "20261123000000",
    }


# Indexes of archives


def captures(done: Done, answer: Callable[[FinderRequest], Code | Answered], now: datetime = NOW) -> list[str]:
    days = (date(2024, 2, 1), now.date())
    hosts = ["a.example", "b.example"]
    return ask(cdx.wayback(FINDERS["wayback"], hosts, ["microsoft"], days, done, now), done, answer, now)


def test_hosts_one_after_another_with_the_key_to_go_on() -> None:
    done: Done = {}

    def answer(request: FinderRequest) -> Code | Answered:
        more = request.key == "a.example 20240201.."
        return Answered(code=Code.ROWS_READ, at=NOW, go_on="x%29+y" if more else None)

    keys = captures(done, answer)
    assert keys == ["a.example 20240201..", "a.example 20240201.. x%29+y", "b.example 20240201.."]
    assert captures(done, answer) == []
    assert captures(done, answer, NOW + timedelta(days=59)) == []
    assert captures(done, answer, NOW + timedelta(days=60)) == keys


def test_pages_of_a_host_end() -> None:
    numbers = iter(range(100))
    keys = captures({}, lambda request: Answered(code=Code.ROWS_READ, at=NOW, go_on=str(next(numbers))))
    assert len(keys) == 2 * FINDERS["wayback"].most_pages


def test_a_question_that_takes_too_long_is_halved() -> None:
    def answer(request: FinderRequest) -> Code:
        return Code.OUT_OF_TIME if request.key == "a.example 20240201.." else Code.ROWS_READ

    keys = captures({}, answer)
    assert keys == [
        "a.example 20240201..",
        "a.example 20250627..",
        "a.example 20240201..20250626",
        "b.example 20240201..",
    ]


def test_the_form_of_a_question_to_wayback() -> None:
    days = (date(2024, 2, 1), date(2025, 1, 31))
    done = {"a.example 20240201..20250131": Answered(code=Code.ROWS_READ, at=NOW, go_on="x%29+y")}
    (request,) = cdx.wayback(FINDERS["wayback"], ["a.example"], ["microsoft", "müll"], days, done, NOW)
    asked = parameters(request.url)
    assert asked[:4] == [("url", "a.example"), ("matchType", "domain"), ("from", "20240201"), ("to", "20250131")]
    assert ("filter", "urlkey:.*(microsoft).*") in asked
    assert request.url.endswith("&showResumeKey=true&resumeKey=x%29+y")  # as it was given


def test_pages_of_common_crawl_up_to_the_last() -> None:
    def answer(request: FinderRequest) -> Code:
        if "b.example" in request.key:
            return Code.NOTHING_FOUND
        return Code.LAST_PAGE if request.key.endswith("2") else Code.ROWS_READ

    done: Done = {}
    names, hosts = ("CC-MAIN-2026-45", "CC-MAIN-2026-41"), ("a.example", "b.example")
    keys = ask(cdx.common_crawl(FINDERS["commoncrawl"], names, hosts, ["microsoft"], done, NOW), done, answer)
    assert keys[:4] == [
        f"CC-MAIN-2026-45 {rest}" for rest in ("a.example 0", "a.example 1", "a.example 2", "b.example 0")
    ]
    assert len(keys) == 8
    later = NOW + timedelta(days=400)
    assert not list(cdx.common_crawl(FINDERS["commoncrawl"], names, hosts, ["microsoft"], done, later))
    request = next(cdx.common_crawl(FINDERS["commoncrawl"], names, hosts, ["microsoft"], {}, NOW))
    assert request.url.startswith("https://index.commoncrawl.org/CC-MAIN-2026-45-index?url=%2A.a.example&output=json")
    assert cdx.crawl_list(FINDERS["commoncrawl"]).url == "https://index.commoncrawl.org/collinfo.json"


def test_crawls_of_a_time() -> None:
    names = ("CC-MAIN-2026-45", "CC-MAIN-2026-41", "CC-MAIN-2024-10")
    assert cdx.crawls_of(names, date(2026, 10, 15), DAY) == names[:2]
    assert cdx.crawls_of(names, date(2024, 2, 1), date(2026, 1, 1)) == names[2:]


# What all have in common


@pytest.mark.parametrize(
    ("code", "days", "due"),
    [
        (Code.ROWS_READ, 1, False),
        (Code.NOTHING_FOUND, 1, False),
        (Code.BLOCKED, 1, False),
        (Code.REFUSED_QUERY, 1, False),  # a fault of the question
        (Code.TOO_FAST, 0, False),  # never twice in a night
        (Code.TOO_FAST, 1, True),
        (Code.CUT_OFF, 1, True),
        (Code.UNREADABLE_ANSWER, 1, True),
        (Code.KEY_REFUSED, 1, True),
    ],
)
def test_what_is_asked_again(code: Code, days: int, due: bool) -> None:
    assert is_due(Answered(code=code, at=NOW), NOW + timedelta(days=days)) is due


def test_weeks_and_months_are_whole() -> None:
    assert list(weeks(date(2026, 11, 15), DAY)) == [
        (date(2026, 11, 16), date(2026, 11, 22)),
        (date(2026, 11, 9), date(2026, 11, 15)),
    ]
    assert list(months(date(2026, 1, 31), date(2026, 2, 1))) == [
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 1, 1), date(2026, 1, 31)),
    ]


# Queries


def test_queries_hold_terms_of_the_profile() -> None:
    wide, narrow = filled(FINDERS["mediacloud"], load())
    assert wide.startswith("microsoft* AND (bedburg* OR bergheim* OR elsdorf* OR grevenbroich* OR ")
    assert "(rheinische* AND revier*)" in wide
    assert "rechenzent*" in narrow
    for query in filled(FINDERS["gdelt-doc"], load()):
        assert query.startswith("microsoft (")
        assert len(query) <= 200
        assert not set("*~|") & set(query)
        assert query.count("(") == query.count(")") == 1


def test_queries_for_another_story(tmp_path: Path) -> None:
    profile = load(write_profile(tmp_path))
    assert filled(FINDERS["gdelt-doc"], profile) == ('königsfähre (erftaue OR nordkurve OR "nord kurve")',)
    assert who_cores(profile)
