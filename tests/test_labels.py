"""`judge --labels`: how well a profile judges articles that a person has labelled."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from db.validation import ConfigError
from pipelines.relevance.labelled import Label, labels_beside, parse, read_labels
from revierspiegel.main import cli
from tests.rovers import write_labels, write_profile


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return write_profile(tmp_path)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    return write_labels(tmp_path / "labels.jsonl")


def judge(*words: object, given: bytes = b"") -> Result:
    return CliRunner().invoke(cli, ["judge", *map(str, words)], input=given)


def test_precision_recall_and_the_worst(profile: Path, labels: Path) -> None:
    done = judge("--topic", profile, "--labels", labels, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["articles"], told["precision"], told["recall"], told["f1"]) == (7, 0.667, 0.667, 0.667)
    assert told["mention_f1"] == 0.667  # one of one, and one besides
    assert told["table"] == {
        "ON": {"on": 2, "mention": 0, "off": 1},
        "MENTION": {"on": 0, "mention": 1, "off": 0},
        "OFF": {"on": 1, "mention": 1, "off": 1},
    }
    assert [(each["label"], each["verdict"], each["title"]) for each in told["worst"]] == [
        ("ON", "off", "Der Traditionsverein zieht um"),
        ("OFF", "on", "Königsfähre im Stadion"),
        ("OFF", "mention", "Königsfähre: neuer Fahrplan"),
    ]
    assert [each["reason"] for each in told["worst"]] == [
        "the club is not named",
        '"Königsfähre" and "Stadion" in one sentence (+2.00)',
        '"Königsfähre" and "Stadion" in neighbouring sentences (+1.40)',
    ]


def test_a_person_is_told_the_same(profile: Path, labels: Path) -> None:
    lines = judge("--topic", profile, "--labels", labels).stdout.splitlines()
    assert lines[0] == "precision      0.667  of 3 judged on, 2 are labelled ON"
    assert lines[5:9] == [
        "label           on  mention      off",
        "ON               2        0        1",
        "MENTION          0        1        0",
        "OFF              1        1        1",
    ]
    assert lines[-2:] == [
        "0.069  OFF      mention  Königsfähre: neuer Fahrplan",
        '       "Königsfähre" and "Stadion" in neighbouring sentences (+1.40)',
    ]


def test_labels_come_on_stdin_too(profile: Path, labels: Path) -> None:
    named = judge("--topic", profile, "--labels", labels)
    assert judge("--topic", profile, "--labels", given=labels.read_bytes()).stdout == named.stdout
    assert judge("--labels", "--topic", profile, given=labels.read_bytes()).stdout == named.stdout


def test_of_nothing_there_is_no_share(profile: Path) -> None:
    done = judge("--topic", profile, "--labels", "--json", given=b'{"title": "Regen", "label": "OFF"}\n')
    told = json.loads(done.stdout)
    assert [told[name] for name in ("precision", "recall", "f1", "mention_f1")] == [None] * 4
    assert told["worst"] == []
    assert "–" in judge("--topic", profile, "--labels", given=b'{"title": "Regen", "label": "OFF"}\n').stdout


def test_every_wrong_line_is_told_and_none_is_judged() -> None:
    lines = ['{"title": "a", "label": "ONN"}', "", '{"title": "b"}', "[1]", '{"title": 3, "label": "ON"}', "x"]
    with pytest.raises(ConfigError) as wrong:
        parse(lines, "labels.jsonl")
    assert [error.removeprefix("labels.jsonl: line ") for error in wrong.value.errors[:4]] == [
        "1: label: 'ONN' is none of ON, MENTION, OFF; did you mean 'ON'?",
        "3: label: missing, expected one of ON, MENTION, OFF",
        "4: a JSON list, expected an object with title and text",
        "5: title: 3, expected a text or null",
    ]
    assert wrong.value.errors[4].startswith("labels.jsonl: line 6: no JSON: ")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\n", "is empty, expected JSON lines with label, title and text"), (b"\xff", "byte 0: not UTF-8")],
)
def test_a_file_without_labels(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=f"labels.jsonl: {said}"):
        read_labels([file])


def test_json_without_labels_is_a_slip() -> None:
    done = judge("--json")
    assert (done.exit_code, "--json goes with --labels" in done.output) == (2, True)


def test_labels_of_several_files_and_their_events(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    for name, more in (("b", '"event": "spatenstich", "gist": true'), ("a", '"why": "x"')):
        line = f'{{"title": "{name}", "label": "ON", {more}}}\n'
        (tmp_path / "labels" / f"{name}.jsonl").write_text(line, "utf-8-sig")
    paths = labels_beside(tmp_path / "rovers.toml")
    assert [(each.title, each.label, each.event, each.is_gist) for each in read_labels(paths)] == [
        ("a", Label.ON, "a.jsonl 1", False),
        ("b", Label.ON, "spatenstich", True),
    ]
    own = write_labels(tmp_path / "rovers.jsonl")
    assert labels_beside(tmp_path / "rovers.toml") == [own]
