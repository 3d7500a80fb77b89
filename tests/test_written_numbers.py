"""Numbers as texts write them."""

from decimal import Decimal

import pytest

from db.number_words import number_word
from db.written_numbers import cardinal, digits, ordinal, read


@pytest.mark.parametrize(
    ("text", "value"),
    [("2.500", 2500), ("2,500", 2500), ("2 500", 2500), ("1.234.567", 1_234_567), ("2,5", "2.5"), ("3.20", "3.2")],
)
def test_three_digits_after_every_separator_are_thousands(text: str, value: int | str) -> None:
    assert digits(text) == Decimal(value)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("dreihundert", 300),
        ("Zweitausendfünfhundert", 2500),
        ("hundertzwanzig", 120),
        ("fünfundzwanzig", 25),
        ("neunzehnhundert", 1900),
        ("eintausend", 1000),
        ("dreissig", 30),
        ("anderthalb", "1.5"),
        ("zweieinhalb", "2.5"),
        ("twenty-five", 25),
        ("dozen", 12),
        ("ein", None),
        ("Stellen", None),
        ("tausendfach", None),
    ],
)
def test_number_words(word: str, value: int | str | None) -> None:
    assert cardinal(word) == (None if value is None else Decimal(value))


def test_the_language_decides_where_it_is_known() -> None:
    assert cardinal("elf") == 11
    assert cardinal("elf", "en") is None
    assert cardinal("ten", "de") is None


@pytest.mark.parametrize(
    ("word", "value"),
    [("ersten", 1), ("drittes", 3), ("zwanzigste", 20), ("third", 3), ("twelfth", 12), ("twentieth", 20), ("3rd", 3)],
)
def test_ordinals(word: str, value: int) -> None:
    assert ordinal(word) == value


@pytest.mark.parametrize(
    ("text", "value", "words"),
    [
        ("3,2 Mrd. Euro", 3_200_000_000, 2),
        ("1,234 Milliarden Euro", 1_234_000_000, 2),
        ("3.200 Millionen Euro", 3_200_000_000, 2),
        ("3,200 million euros", 3_200_000_000, 2),
        ("zwei Millionen Euro", 2_000_000, 2),
        ("eine halbe Million Euro", 500_000, 3),
        ("two hundred and fifty jobs", 250, 4),
        ("three thousand two hundred and six jobs", 3206, 6),
        ("2 Billionen Euro", 2 * 10**12, 2),
        ("2 billion euros", 2 * 10**9, 2),
        ("two and three", 2, 1),
    ],
)
def test_numbers_of_several_words(text: str, value: int, words: int) -> None:
    assert read(text.split()) == (value, words)


@pytest.mark.parametrize("text", ["eine Halle", "Millionen für Bedburg", "a hall", ""])
def test_no_number(text: str) -> None:
    assert read(text.split()) is None


@pytest.mark.parametrize(
    ("lang", "words", "value"),
    [
        ("fr", "deux mille cinq cents", 2500),
        ("fr", "cent cinquante", 150),
        ("fr", "quatre-vingt-dix", 90),
        ("it", "centocinquanta", 150),
        ("it", "trentamila", 30_000),
        ("it", "centottanta", 180),
        ("it", "un miliardo", 1_000_000_000),
        ("es", "tres mil doscientos millones", 3_200_000_000),
        ("es", "treinta y cinco", 35),
        ("nl", "tweeëntwintig", 22),
        ("nl", "honderdvijftig", 150),
        ("nl", "zestig duizend", 60_000),
        ("en", "three thousand two hundred million", 3_200_000_000),
    ],
)
def test_number_words_of_languages(lang: str, words: str, value: int) -> None:
    row = words.split()
    assert read(row, lang) == (value, len(row))


def test_articles_are_no_numbers() -> None:
    assert [number_word(word, lang) for word, lang in (("un", "fr"), ("uno", "it"), ("een", "nl"), ("deux", "de"))] == [
        None
    ] * 4


def test_cents_are_money_but_in_french() -> None:
    assert read(["fifty", "cents"], "en") == (50, 1)
