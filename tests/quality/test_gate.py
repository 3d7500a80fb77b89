"""What the gate itself promises; `make quality` has it measure."""

from tests.quality import gate
from tests.quality.measures import day, f1_of, same_title, text_f1


def test_labels_are_many_and_a_third_is_by_other_eyes() -> None:
    own, *others = (gate.lines(gate.HERE / name) for name in gate.SETS.values())
    other = [gold for golds in others for gold in golds]
    assert len(own) + len(other) >= 40
    assert len(other) >= (len(own) + len(other)) / 3
    files = {gold["file"] for gold in own + other}
    assert len(files) == len(own) + len(other)
    assert files == {path.name for path in (gate.HERE / "pages").iterdir()}
    assert {".example" in gold["url"] for gold in own + other} == {True}


def test_every_set_has_floors() -> None:
    assert set(gate.SETS) <= set(gate.floors())


def test_floors_only_rise() -> None:
    wanted = {"own": {"f1": 0.9, "title": 1.0}}
    assert list(gate.short({"own": {"f1": 0.89, "title": 1.0}}, wanted)) == [
        "own: f1: 0.8900, below its floor of 0.9000"
    ]
    assert list(gate.short({"own": {"f1": 0.9}}, wanted)) == ["own: title: not measured any more, its floor is 1.000"]
    assert list(gate.short({}, wanted)) == []
    better = {"own": {"f1": 0.95, "title": 0.5, "date": 1.0}}
    assert gate.raised(better, wanted, lower=False) == {"own": {"f1": 0.945, "title": 1.0, "date": 1.0}}
    assert gate.raised(better, wanted, lower=True)["own"]["title"] == 0.495


def test_the_measures_see_what_is_wrong() -> None:
    assert text_f1("one two three four five", "one two three four five") == 1
    assert text_f1("one two three four five", "") == 0
    assert 0 < text_f1("one two three four five", "one two three four five six seven eight") < 1
    assert text_f1("one two three four five", "one two three four five six seven eight", ["six seven eight"]) < 1
    assert text_f1("a b c d", "a b c d e f g h", ["e f g h"]) > text_f1("a b c d", "a b c d e f g h")
    assert same_title("Microsoft baut in Bedburg", "Microsoft baut in Bedburg | Erftbote")
    assert not same_title("Microsoft baut in Bedburg", "Erftbote")
    assert day("2025-03-11T23:30:00Z") == "2025-03-12"
    assert day("2025-03-11") == "2025-03-11"
    assert f1_of([(True, True), (False, True), (True, False)]) == (0.5, 0.5)
