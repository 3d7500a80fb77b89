"""`topic check`, `suggest` and `learn`: the terms of a profile and its weights, by what a person has labelled."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import pipelines.relevance
from crawler.demo.newsroom import Newsroom, page
from pipelines.relevance.judge import verdict
from pipelines.relevance.labelled import Label
from pipelines.relevance.profile import load
from revierspiegel.main import cli
from revierspiegel.services.learning import decided, labelled_articles
from tests.conftest import Desk
from tests.rovers import ROVERS, write_labels, write_profile
from tests.stories import SITE, WINDOWS
from tests.test_decide import BASE, crawled, outlet

PLACES = "Altdorf Bachem Cronau Dahlen Erlach Fahrwangen Grünau Hainfeld Ilbach Jonsdorf".split()


def topic(*words: object) -> Result:
    return CliRunner().invoke(cli, ["topic", *map(str, words)])


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return write_profile(tmp_path)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Of 120 articles, beside the profile: on the stadium of the club, naming the club, and on neither."""
    rows = []
    for number in range(40):
        place, day = PLACES[number % 10], number // 10 + 1
        rows += [
            (f"Königsfähre plant Stadion bei {place}", f"Der Gemeinderat entscheidet am {day}. Mai.", "ON"),
            (f"Fest in {place}", f"Es kamen {number} Gäste. Königsfähre spielte auch.", "MENTION"),
            (f"Königsfähre: neuer Fahrplan ab {place}", f"Ein Zug hält am {day}. Mai.", "OFF"),
        ]
    lines = [json.dumps({"title": title, "text": text, "label": label}) for title, text, label in rows]
    path = tmp_path / "rovers.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    return path


# check


def test_terms_are_told_by_what_they_hit(profile: Path, labels: Path) -> None:
    done = topic("check", profile, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["classes"], told["terms"]) == (6, 10)
    assert told["labels"] == {"on": 40, "mention": 40, "off": 40}
    assert {(each["class"], each["term"]) for each in told["never"]} >= {("club", "roten (wölfe*|bären)")}
    assert told["carry"] == [{"class": "stadium", "term": "stadion*", "on": 40, "mention": 0, "off": 0}]
    assert told["split"] == [{"class": "club", "term": "Königsfähre*", "on": 40, "mention": 40, "off": 40}]
    lines = topic("check", profile, "--labels", labels).stdout.splitlines()
    assert lines[0] == "rovers.toml: no error in 6 classes with 10 terms"
    assert "  club: roten (wölfe*|bären)" in lines
    assert "         40        0        0  stadium: stadion*" in lines


def test_without_labels_only_the_profile_is_checked(profile: Path) -> None:
    done = topic("check", profile)
    assert (done.exit_code, done.stdout) == (0, "rovers.toml: no error in 6 classes with 10 terms\n")
    assert done.stderr == "no labels beside it (rovers.jsonl): name some with --labels to see more\n"


def test_a_term_in_an_exception_of_its_class_can_match_nothing(tmp_path: Path) -> None:
    profile = write_profile(tmp_path, ROVERS.replace('["fahrplan*"]', '["zug", "zug*"]\nexcept = ["zug"]'))
    done = CliRunner().invoke(cli, ["topic", "check", str(profile)])
    assert str(done.exception) == (
        "rovers.toml: class: tram: terms: 1: 'zug' can match nothing: an exception of the class covers it,"
        " expected it in one of terms and except"
    )


# suggest


def test_words_that_tell_on_from_off_are_suggested(profile: Path, labels: Path) -> None:
    told = json.loads(topic("suggest", profile, "--json").stdout)
    assert {"word": "gemeinderat", "on": 40, "mention": 0, "off": 0} in told["on"]
    assert [each["word"] for each in told["off"]] == ["halten"]
    words = {each["word"] for each in (*told["on"], *told["off"])}
    assert not words & {"stadion", "fahrplan", "koenigsfaehre", "fest", "gast"}  # in a class, or of MENTION alone
    lines = topic("suggest", profile, "--labels", labels).stdout.splitlines()
    assert "         40        0        0  gemeinderat" in lines


# learn


def test_weights_are_learned_and_judge(profile: Path, labels: Path) -> None:
    pytest.importorskip("sklearn")
    (profile.parent / "rovers_weights.toml").unlink()  # named by the profile, and yet to learn
    unnamed = [json.dumps({"title": f"Der Verein plant {number}", "label": "ON"}) for number in range(10)]
    labels.write_text("\n".join([labels.read_text("utf-8"), *unnamed]), "utf-8")
    weights = profile.parent / "other" / "w.toml"
    weights.parent.mkdir()
    done = topic("learn", profile, "--labels", labels, "--out", weights)
    assert done.exit_code == 0, done.output
    figures = dict(line.split() for line in done.stdout.splitlines()[:-1])
    assert (figures["articles"], figures["precision"]) == ("130", "1.0")
    assert figures["recall"] == "0.8"  # ten name nothing that the profile needs, and are off whatever the weights
    assert done.stdout.splitlines()[-1] == 'weights = "other/w.toml"'  # as the profile finds it
    learned = load(profile, weights=weights)
    assert verdict("Königsfähre plant Stadion", "Der Gemeinderat tagt.", learned).verdict == "on"
    assert verdict("Königsfähre: Fahrplan", "Ein Zug hält.", learned).verdict == "off"


@pytest.mark.parametrize(
    ("labels_of", "said"),
    [
        (["ON"] * 40 + ["OFF"] * 59, "99 labelled articles; label 1 more, weights are learned from 100"),
        (["ON"] * 50 + ["OFF"] * 50, "0 articles labelled MENTION; label more, at least 10 of each"),
        (["ON"] * 50 + ["OFF"] * 50 + ["MENTION"] * 9, "9 articles labelled MENTION; label more, at least 10 of each"),
    ],
)
def test_from_too_few_labels_nothing_is_learned(labels_of: list[str], said: str, profile: Path) -> None:
    pytest.importorskip("sklearn")
    lines = [json.dumps({"title": "Königsfähre", "label": label}) for label in labels_of]
    profile.with_suffix(".jsonl").write_text("\n".join(lines), "utf-8")
    before = (profile.parent / "rovers_weights.toml").read_bytes()
    assert str(topic("learn", profile).exception) == said
    assert (profile.parent / "rovers_weights.toml").read_bytes() == before


def test_articles_of_one_event_teach_nothing(profile: Path) -> None:
    pytest.importorskip("sklearn")
    lines = [json.dumps({"title": "x", "label": label, "event": "x"}) for label in [*Label] * 40]
    profile.with_suffix(".jsonl").write_text("\n".join(lines), "utf-8")
    assert "articles of 1 events; add others" in str(topic("learn", profile).exception)


def test_without_scikit_learn_the_remedy_is_told(profile: Path, labels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(pipelines.relevance, "train", raising=False)
    monkeypatch.delitem(sys.modules, "pipelines.relevance.train", raising=False)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.delitem(sys.modules, "sklearn.feature_selection", raising=False)
    said = str(topic("learn", profile).exception)
    assert said == "scikit-learn is not installed; install it with `pip install scikit-learn`"


def test_decisions_are_labels_where_they_are_asked_for(desk: Desk, newsroom: Newsroom) -> None:
    outlet(desk, newsroom, a=page(*SITE), windows=page(*WINDOWS))
    crawled(desk)
    sheet = desk.folder / "sheet.csv"
    lines = (f"{BASE}/{name},{word},x\n" for name, word in (("a", "drop"), ("windows", "keep"), ("never-seen", "drop")))
    sheet.write_text("url,decision,why\n" + "".join(lines), "utf-8")
    assert desk.run("decide", "--from", str(sheet)).returncode == 0
    told = {each.url: each for each in decided()}
    assert set(told) == {f"{BASE}/a", f"{BASE}/windows"}
    assert (told[f"{BASE}/a"].label, told[f"{BASE}/a"].title) == (Label.OFF, SITE[0])
    assert told[f"{BASE}/a"].text.startswith("Der Softwarekonzern Microsoft")  # out of its page, which is kept
    assert (told[f"{BASE}/windows"].label, told[f"{BASE}/windows"].is_gist) == (Label.ON, False)
    few = write_labels(desk.folder / "few.jsonl")
    profile = write_profile(desk.folder)
    assert len(labelled_articles(profile, [few], decisions=False)) == 7
    assert len(labelled_articles(profile, [few], decisions=True)) == 9
