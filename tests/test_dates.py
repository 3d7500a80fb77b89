import pytest

from pipelines import dates

GERMAN = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()
ENGLISH = "January February March April May June July August September October November December".split()


@pytest.mark.parametrize("number", range(1, 13))
def test_every_month_in_two_languages(number: int) -> None:
    expected = f"2025-{number:02}-07"
    german, english = GERMAN[number - 1], ENGLISH[number - 1]
    for written in (f"7. {german} 2025", f"07. {german[:3]} 2025", f"{english} 7, 2025", f"7 {english[:3]} 2025"):
        assert dates.read(written) == expected, written


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        # AM and PM behind slashes are American
        ("11/5/2025 8:00:00 AM", "2025-11-05"),
        ("11/21/2025 5:05:00 PM +01:00", "2025-11-21T17:05:00+01:00"),
        ("11/5/25, 12:30 a.m. UTC", "2025-11-05T00:30:00+00:00"),
        ("21/11/2025 5:05 PM", "2025-11-21"),  # there is no month 21
        ("Posted 11/5/2025 8:00 AM", "2025-11-05"),
        ("5/11/2025 17:05:00", "2025-11-05"),  # without them it is the rest of the world's
        # clocks of programming languages
        ("Fri Nov 21 17:05:00 CET 2025", "2025-11-21T17:05:00+01:00"),
        ("Fr Nov 21 17:05:00 MEZ 2025", "2025-11-21T17:05:00+01:00"),
        ("Sun Jan  4 16:29:06 2026", "2026-01-04"),
        ("Fri Nov 21 17:05:00 +0100 2025", "2025-11-21T17:05:00+01:00"),
        ("Fri Nov 21 2025 17:05:00 GMT+0100 (Mitteleuropäische Normalzeit)", "2025-11-21T17:05:00+01:00"),
        ("2025-11-21T17:05:00+01:00[Europe/Berlin]", "2025-11-21T17:05:00+01:00"),
        ("2025-11-21 17:05:00 CET", "2025-11-21T17:05:00+01:00"),
        ("November 21, 2025 at 5:05 PM CET", "2025-11-21T17:05:00+01:00"),
        # zones behind dates of mails
        ("Fri, 21 Nov 2025 00:10:00 +01:00", "2025-11-21T00:10:00+01:00"),
        ("Fri, 21 Nov 2025 17:05:00 GMT+0100", "2025-11-21T17:05:00+01:00"),
        ("Fri, 21 Nov 2025 17:05:00 UTC+1", "2025-11-21T17:05:00+01:00"),
        ("Fri, 21 Nov 2025 17:05:00 +0100 (CET)", "2025-11-21T17:05:00+01:00"),
        ("Fri,21 Nov 2025 17:05:00 +0100", "2025-11-21T17:05:00+01:00"),
        ("21/Nov/2025:17:05:00 +0100", "2025-11-21T17:05:00+01:00"),
        ("Friday, 21-Nov-25 17:05:00 GMT", "2025-11-21T17:05:00+00:00"),
        ("Fri, 21 Nov 2025 17:05:00 PST", "2025-11-21T17:05:00-08:00"),
        ("Fri, 21 Nov 2025 17:05:00 -0000", "2025-11-21"),  # RFC 5322: nothing is said of the zone
        ("Fri, 21 Nov 2025 17:05:00 XYZ", "2025-11-21"),
        ("Fri, 21 Nov 2025 17:05:00 +9900", "2025-11-21"),
        # the year first
        ("2025/11/21", "2025-11-21"),
        ("2025/11/21 17:05:00", "2025-11-21"),
        ("2025/11/21 17:05:00 +0100", "2025-11-21T17:05:00+01:00"),
        ("2025/1/5 8:00", "2025-01-05"),
        # the end of a day
        ("Fri, 21 Nov 2025 24:00:00 +0100", "2025-11-22T00:00:00+01:00"),
        ("2025-12-31T24:00:00+01:00", "2026-01-01T00:00:00+01:00"),
        ("2025-11-21 24:00", "2025-11-22"),
        ("9999-12-31T24:00:00Z", None),
        ("2025-11-21T25:00:00+01:00", "2025-11-21"),
    ],
)
def test_forms_of_dates(written: str, expected: str | None) -> None:
    assert dates.date_of(written) == expected


def test_a_page_keeps_its_own_offset() -> None:
    assert dates.read("2025-06-07T08:09:10+02:00") == "2025-06-07T08:09:10+02:00"
    assert dates.read("2025-06-07T08:09:10") == "2025-06-07"  # no moment without an offset
    assert dates.read("gestern") is None


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Anna Beispiel 7. Juni 2025", "Anna Beispiel \n"),
        ("Stand: 07.06.2025, 8 Uhr", "\n, 8 Uhr"),
        ("Anna Beispiel am Samstag, den 7. Juni 2025", "Anna Beispiel \n"),
        ("Published Sat, June 7, 2025 by Anna Example", "\n by Anna Example"),
        ("Mo  Muster", "Mo Muster"),
    ],
)
def test_a_text_without_its_days(text: str, rest: str) -> None:
    assert dates.without(text) == rest
