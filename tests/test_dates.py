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
