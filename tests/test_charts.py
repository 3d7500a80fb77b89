"""What the pictures have in common: whose colour it is, which months are named."""

from datetime import date

import pytest

from db.site.pictures.charts import Legend, legend_of, periods, stack, ticks
from db.site.plugins.chart import draw


def test_kinds_beyond_the_fifth_share_a_colour() -> None:
    sums = [{"a": 1, "b": 2, "c": 3}, {"d": 4, "e": 5, "f": 6, "g": 1}]
    legend = legend_of(sums)
    assert legend == Legend(("f", "e", "d", "c", "b"), ("a", "g"))
    assert [legend.numbers(each) for each in sums] == [(0, 0, 0, 3, 2, 1), (6, 5, 4, 0, 0, 1)]
    six = {kind: 1 for kind in "fedcba"}
    assert legend_of([six]) == Legend(tuple("abcdef"))
    assert legend_of([six]).numbers(six) == (1,) * 6


def test_nothing_is_stacked_of_nothing() -> None:
    assert stack([], [], 100) == ((), ((1, 0.0),))
    [month] = periods(date(2024, 2, 3), date(2024, 2, 4), "month")
    [bar] = stack([month], [(0, 0)], 100)[0]
    assert (bar.first, bar.last, bar.total, bar.segments) == (date(2024, 2, 1), date(2024, 2, 29), 0, ())


@pytest.mark.parametrize(
    ("first", "last", "every", "expected"),
    [
        ("2024-08", "2025-02", 3, [("", "2024"), ("2024-10", ""), ("2025-01", "2025")]),
        ("2024-10", "2025-02", 3, [("2024-10", ""), ("2025-01", "2025")]),  # no room for 2024 beside 2025
        ("2024-11", "2024-12", 1, [("2024-11", "2024"), ("2024-12", "")]),  # no 2025 to leave room for
        ("2023-05", "2025-02", 12, [("", "2023"), ("", "2024"), ("", "2025")]),
    ],
)
def test_months_and_years_are_named_where_there_is_room(
    first: str, last: str, every: int, expected: list[tuple[str, str]]
) -> None:
    first_day, last_day = (date.fromisoformat(f"{month}-01") for month in (first, last))
    months = list(periods(first_day, last_day, "month"))
    assert [(tick.at, tick.begins) for tick in ticks(months, 5, every, year_room=4)] == expected


def test_a_month_is_named_once_under_its_first_week() -> None:
    weeks = list(periods(date(2024, 2, 1), date(2024, 3, 31), "week"))
    assert [(tick.x, tick.at) for tick in ticks(weeks, 10, 1, year_room=3)] == [(0, "2024-02"), (40, "2024-03")]


def test_kinds_that_nobody_named_are_one() -> None:
    chart = draw([("2024-02", None, 3), ("2024-02", "", 2), ("0000-01", "", 1), ("2024-2", "", 1)], "2024-03")
    assert [(column.at, column.bar.numbers) for column in chart.columns] == [("2024-02", (5,))]
    assert chart.undated == 2
