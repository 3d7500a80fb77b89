"""The profile of a story: what is read of it, and what is told where it is wrong. The samples of docs/topic.md.

Where what is printed has changed for good, `python -m tests.test_topic` writes it into the page anew.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from db.language import languages, speaking
from db.outcomes import say
from pipelines.folding import fold
from pipelines.relevance.evidence import Role
from pipelines.relevance.judge import verdict
from pipelines.relevance.lexicon import Lexicon, choices, fault, runs
from pipelines.relevance.model import ModelError
from pipelines.relevance.profile import Profile, ProfileError, load, mentions
from revierspiegel.main import cli
from tests.rovers import ROVERS, WEIGHTS, write_profile

PROFILE = load()


def finds(profile: Profile, name: str, text: str) -> bool:
    return any(hit.name == name for hit in profile.lexicon.hits(runs(fold(text))))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Niederaußem", "NIEDERAUSSEM"),
        ("Königsfähre", "Ko\u0308nigsfaehre"),
        ("Re\u00adchen\u200bzentrum", "rechenzentrum"),
        ("Ｍicrosoft", "microsoft"),
        ("3,2\u00a0Mrd", "3,2 mrd"),
        ("Kohle–Ausstieg", "kohle-ausstieg"),
    ],
)
def test_fold_makes_spellings_equal(one: str, other: str) -> None:
    assert fold(one) == fold(other)


# what is read


def test_the_project_s_own_profile() -> None:
    assert PROFILE.since == date(2024, 1, 1)
    assert set(PROFILE.roles.values()) == set(Role)
    assert PROFILE.named(Role.SUBJECT, strong=True)
    assert PROFILE.named(Role.PLACE, strong=True)
    assert set(PROFILE.model.vocabulary)  # weights of its own: it knows words


def test_our_own_profile_speaks_every_language() -> None:
    said = [each.says for each in PROFILE.classes.values()]
    assert all(isinstance(says, dict) and set(says) == set(languages()) for says in said)


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("place", "im Rheinischen Revier", True),
        ("place", "des Rheinischen Reviers", True),
        ("place", "/milliarden-im-rheinischen-revier.html", True),
        ("place", "Bedburg-Hau", False),
        ("place", "Bedburg-Hau und Bedburg", True),
        ("place", "Niederaussem", True),
        ("place", "Kleinbergheimer", False),
        ("company", "Microsofts", True),
        ("company", "Mircrosoft", True),
        ("company", "Mikrofon", False),
        ("facility", "Riesen-Rechenzentren", True),
        ("facility", "data-centre", True),
        ("facility", "datacenters", True),
    ],
)
def test_terms_as_people_write_them(name: str, text: str, found: bool) -> None:
    assert finds(PROFILE, name, text) is found


@pytest.mark.parametrize(
    ("text", "strong"),
    [
        ("https://bote.example/microsoft-investiert-milliarden-im-rheinischen-revier-12.html", True),
        ("https://bote.example/artikel_rheinisches%20Revier_2", True),
        ("Stadtfest eröffnet", False),
        (None, False),
    ],
)
def test_strong_terms_come_first(text: str | None, strong: bool) -> None:
    assert mentions(PROFILE, None, text) is strong


def test_each_strong_term_is_seen_at_a_glance() -> None:
    terms = [term for each in PROFILE.classes.values() if each.strong for term in each.terms]
    for spelling in (" ".join(each).replace("*", "xyz") for term in terms for each in choices(term)):
        assert PROFILE.strong_cores.search(spelling), spelling


@pytest.fixture
def rovers(tmp_path: Path) -> Profile:
    return load(write_profile(tmp_path))


def test_another_profile_has_other_terms(rovers: Profile) -> None:
    assert finds(rovers, "club", "Sieg der Königsfährer")
    assert finds(rovers, "club", "die roten Wölfe")
    assert not finds(rovers, "club", "Stau auf der Königsfähre-Brücke")
    assert not finds(rovers, "club", "Microsoft baut in Bedburg")


def test_roles_are_what_the_things_are_in_the_story(rovers: Profile) -> None:
    assert rovers.roles["nickname"] is Role.BYNAME
    assert rovers.named(Role.SUBJECT, Role.OBJECT) == ("club", "stadium")
    assert rovers.named(Role.SUBJECT, Role.OBJECT, strong=True) == ("club",)


def test_terms_and_weights_judge_together(rovers: Profile) -> None:
    assert verdict("Königsfähre baut ein Stadion", "Bald ist Anstoß.", rovers).verdict == "on"
    assert verdict("Königsfähre baut ein Stadion", "Der Fahrplan ändert sich.", rovers).verdict == "mention"
    assert verdict("Fest am Ufer", "Am Abend sprach der Trainer von Königsfähre.", rovers).verdict == "mention"
    assert verdict("Der Traditionsverein", "Die Elf zieht um.", rovers).verdict == "off"
    assert verdict("Königsfähre", "", rovers).rules_version == "7/2"


def test_a_strong_place_stands_for_a_subject_that_is_only_paraphrased(tmp_path: Path) -> None:
    strong = ROVERS.replace('says = "the ground"', 'says = "the ground"\nstrong = true')
    profile = load(write_profile(tmp_path, strong))
    assert [str(each) for each in verdict("Die Elf zieht um", "Neubau.", profile).outcomes] == ["the club is not named"]
    for text in ("Sie verlässt die Erftaue.", "An der Nordkurve entsteht ein Neubau."):
        assert "not named" not in str(verdict("Die Elf zieht um", text, profile).outcomes[0])


def test_the_environment_names_another_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIERSPIEGEL_TOPIC", str(write_profile(tmp_path)))
    assert load().version == "7"


def test_a_profile_without_weights_is_judged_by_roles_alone(tmp_path: Path) -> None:
    profile = load(write_profile(tmp_path, ROVERS.replace('weights = "rovers_weights.toml"', "")))
    assert profile.model.weights
    assert not profile.model.vocabulary
    assert all("club" not in name for name in profile.model.weights)


def test_a_profile_says_it_in_the_languages_that_it_has(tmp_path: Path) -> None:
    both = ROVERS.replace('says = "the club"', 'says = { en = "the club", de = "der Verein" }')
    (missing,) = verdict("Regen", "Es regnet.", load(write_profile(tmp_path, both))).outcomes
    with speaking("de"):
        assert (str(missing), "der Verein" in say(missing)) == ("the club is not named", True)


# what is wrong


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('version = "7"', "", "rovers.toml: version: missing, expected a text"),
        ("2020-02-03", '"gestern"', "rovers.toml: since: 'gestern', expected a day such as 2024-01-01"),
        ("2020-02-03", "2020-02-03T10:00:00", "since: datetime.datetime(2020, 2, 3, 10, 0), expected a day"),
        ('version = "7"', 'version = "7"\nmust = ["club"]', "rovers.toml: must: unknown key"),
        ('"rovers_weights.toml"', "7", "rovers.toml: weights: 7, expected a text"),
        ('role = "place"', "", "class: ground: role: missing, expected one of subject, byname, place"),
        ('role = "place"', 'role = "plaze"', "class: ground: role: 'plaze' is none of subject, byname, place, around"),
        ('role = "place"', 'role = "plaze"', "did you mean 'place'?"),
        (
            'role = "place"',
            'role = "around"',
            'class: no class has the role place, expected at least one with role = "p',
        ),
        (
            'role = "subject"',
            'role = "byname"',
            "class: no class has the role subject, expected at least one with role",
        ),
        ('terms = ["fahrplan*"]', "", "class: tram: terms: missing, expected a list of terms"),
        ('terms = ["fahrplan*"]', "terms = []", "class: tram: terms: is empty, expected at least one"),
        ('terms = ["fahrplan*"]', "terms = [3]", "class: tram: terms: 1: 3, expected a text"),
        ('terms = ["fahrplan*"]', 'terms = "fahrplan"', "class: tram: terms: 'fahrplan', expected a list"),
        ('terms = ["fahrplan*"]', 'terms = ["zug", "*"]', "class: tram: terms: 2: '*' has no letter"),
        ('terms = ["fahrplan*"]', 'term = ["fahrplan"]', "class: tram: term: unknown key; did you mean 'terms'?"),
        ('except = ["königsfähre brücke"]', 'except = ["x?"]', "class: club: except: 1: 'x?' has '?'"),
        (
            "strong = true",
            "",
            "rovers.toml: class: no subject or place is strong, expected strong = true in a class with",
        ),
        ("strong = true", 'strong = "yes"', "class: club: strong: 'yes', expected true or false"),
        ("[class.tram]", "[class]\nbus = 7\n[class.tram]", "class: bus: 7, expected a table with role, says, terms"),
        ('says = "a tram"', "says = 7", "class: tram: says: 7, expected a text"),
        ('says = "a tram"', 'says = { de = "eine Bahn" }', "class: tram: says: en: missing, expected a text"),
        ('says = "a tram"', 'says = { en = "a tram", dee = "x" }', "says: dee: unknown key; did you mean 'de'?"),
        ("[class.tram]", '[[story]]\nsays = "x"\n[class.tram]', "rovers.toml: story: unknown key"),
    ],
)
def test_an_error_says_where_what_and_what_is_expected(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in ROVERS
    with pytest.raises(ProfileError) as error:
        load(write_profile(tmp_path, ROVERS.replace(old, new)))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("term", "wrong"),
    [
        ("(a|b", "has a bracket too many, expected (this|that), not nested"),
        ("((a|b)|c)", "has a bracket too many"),
        ("a|b", "has '|' outside brackets"),
        ("(a|)~(b|)*", "has no letter in one of its choices"),
        (".", "has no letter"),
        ("fahrpl[aä]n", "has '[' as in a regular expression, expected letters and * - ~ (this|that)"),
        (r"\bheide", r"has '\b' as"),
        ("^heide", "has '^' as"),
        ("heide$", "has '$' as"),
        ("heide.*", "has '.*' as in a regular expression, expected letters and * - ~ (this|that); * is any letters"),
        (".*heide", "has '.*' as"),
        ("heid.+", "has '+' as"),
        ("a{2}", "has '{' as"),
        ("a+", "has '+' as"),
        ("heide?", "has '?' as"),
        ("(?:a|b)", "has '?' as"),
    ],
)
def test_a_term_that_can_match_nothing_is_a_mistake(term: str, wrong: str) -> None:
    assert wrong in (fault(term) or "")


@pytest.mark.parametrize("term", ["z. b.", "u.s.", "(us$|$)~3,2", "3,2 bn $", "€ 5", "*fabrik*", "lohe-rickelshof"])
def test_signs_that_stand_in_texts_are_no_mistake(term: str) -> None:
    assert fault(term) is None
    plain = re.sub(r"\((.*?)\|.*?\)", r"\1", term).replace("~", " ").replace("*", "")
    assert Lexicon({"it": [term]}).hits(runs(fold(plain)))


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ProfileError) as error:
        load(write_profile(tmp_path, ROVERS.replace('version = "7"', "version = 7").replace("says", "sayz")))
    lines = str(error.value).splitlines()
    assert len(lines) == 1 + 2 * 6
    assert any("did you mean 'says'?" in line for line in lines)


@pytest.mark.parametrize("content", [b"version = ", b"\xff\xfe"])
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rovers.toml"
    path.write_bytes(content)
    with pytest.raises(ProfileError, match=r"rovers.toml: .*expected (TOML|a TOML file in UTF-8)"):
        load(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="cannot be read"):
        load(tmp_path / "none.toml")
    with pytest.raises(ModelError, match=r"none.toml: cannot be read .+; make it with `revierspiegel topic learn`"):
        load(write_profile(tmp_path, ROVERS.replace("rovers_weights", "none")))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\non = 0.5", "\non = 5", "rovers_weights.toml: thresholds: on: 5, expected a number from 0 to 1"),
        (
            "[0, 3]",
            "[3]",
            "rovers_weights.toml: weights: named: club: [3], expected two numbers: for on, for on or mention",
        ),
        ("bias = [-2, -2]", "", "rovers_weights.toml: bias: missing, expected two numbers"),
    ],
)
def test_weights_that_cannot_be_used(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in WEIGHTS
    with pytest.raises(ModelError) as error:
        load(write_profile(tmp_path, weights=WEIGHTS.replace(old, new)))
    assert str(error.value) == message


# docs/topic.md

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "topic.md").read_text("utf-8")
STORIES = {"heide": "Heide", "gruenheide": "Grünheide"}
FEATURES = re.compile(r'"features": \{[^{}]+\}')  # dozens: the page says what they are


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def desk_of_the_page(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


def lay_out(folder: Path) -> Path:
    """The examples, and the articles that the page judges."""
    for name in STORIES:
        for ending in ("toml", "jsonl"):
            shutil.copy(DOCS / "examples" / f"{name}.{ending}", folder)
    (folder / "articles.jsonl").write_text(blocks("json")[0], "utf-8")
    return folder


def needs_training(line: str) -> bool:
    return "topic learn" in line


def typed(line: str, folder: Path) -> str:
    return trained(line, folder) if needs_training(line) else printed(line, folder)


@cache
def trained(line: str, folder: Path) -> str:
    """Which takes seconds, and gives the same each time."""
    return printed(line, folder)


def printed(line: str, folder: Path) -> str:
    """What `revierspiegel A B < FILE | head -9` prints in the folder."""
    match = re.fullmatch(r"revierspiegel ([^<|]+?)(?: < (\S+))?(?: \| head -(\d+))?", line)
    assert match, line
    words = [str(folder / word) if (folder / word).exists() else word for word in match[1].split()]
    done = CliRunner().invoke(cli, words, input=(folder / match[2]).read_bytes() if match[2] else None)
    assert done.exit_code == 0, done.output
    shown = FEATURES.sub('"features": {…}', done.stdout).splitlines(keepends=True)
    return "".join(shown[: int(match[3])] if match[3] else shown)


def rewritten(text: str, folder: Path, is_wanted: Callable[[str], bool]) -> str:
    """The page with what its commands print today."""

    def block(match: re.Match[str]) -> str:
        line = match[1]
        return f"```console\n$ {line}\n{typed(line, folder)}```" if is_wanted(line) else match[0]

    return re.sub(r"^```console\n\$ (.+)\n(?:.*\n)*?```", block, text, flags=re.MULTILINE)


def test_what_the_page_s_commands_print(desk_of_the_page: Path) -> None:
    assert rewritten(PAGE, desk_of_the_page, lambda line: not needs_training(line)) == PAGE


def figures(folder: Path) -> Iterator[str]:
    """Rows of the table of figures."""
    for name, title in STORIES.items():
        profile = folder / f"{name}.toml"
        measured = json.loads(typed(f"revierspiegel judge --topic {name}.toml --labels {name}.jsonl --json", folder))
        yield _row(f"{title}, default weights", measured)
        *learned, line = typed(f"revierspiegel topic learn {name}.toml", folder).splitlines()
        yield _row(f"{title}, learned, cross-validated", dict(each.split() for each in learned))
        profile.write_text(f"{line}\n{profile.read_text('utf-8')}", "utf-8")
        measured = json.loads(typed(f"revierspiegel judge --topic {name}.toml --labels {name}.jsonl --json", folder))
        yield _row(f"{title}, learned, the same articles", measured)


def _row(title: str, measured: dict[str, str]) -> str:
    shares = (float(measured[name]) for name in ("precision", "recall", "f1", "mention_f1"))
    return f"| {title} | {' | '.join(f'{share:.2f}' for share in shares)} |"


def test_the_page_s_figures(desk_of_the_page: Path) -> None:
    pytest.importorskip("sklearn")
    assert rewritten(PAGE, desk_of_the_page, needs_training) == PAGE
    shown = [line for line in PAGE.splitlines() if re.match(r"\| (Heide|Grünheide), ", line)]
    assert shown == list(figures(desk_of_the_page))


def test_the_page_quotes_the_example() -> None:
    example = (DOCS / "examples" / "heide.toml").read_text("utf-8")
    quoted = blocks("toml")
    assert len(quoted) == 3
    assert all(block in example for block in quoted)


def test_the_page_s_three_lines_are_those_of_the_labels() -> None:
    rows = map(json.loads, (DOCS / "examples" / "heide.jsonl").read_text("utf-8").splitlines())
    labels = {row["title"]: row["label"] for row in rows}
    lines = re.findall(r"^- \*\*([A-Z]+)\*\*: (?:.*\n)+?  \*(.+)\*$", PAGE, re.MULTILINE)
    assert [label for label, _ in lines] == ["ON", "MENTION", "OFF"]
    assert all(labels[title] == label for label, title in lines)


def test_the_page_s_roles() -> None:
    profile = load(DOCS / "examples" / "heide.toml")
    rows = re.findall(r"^\| `([a-z]+)` \| .+ \| `(.+)` \|$", PAGE, re.MULTILINE)
    assert [role for role, _ in rows] == list(Role)
    for role, term in rows:
        assert any(term in profile.classes[name].terms for name in profile.named(Role(role))), term


def test_the_page_s_signs() -> None:
    section = PAGE.partition("## Terms")[2].partition("## Weights")[0]
    rows = [
        [cell.replace("\\|", "|").strip(" `") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in section.splitlines()
        if line.startswith("| ")
    ]
    assert len(rows) == 8
    for _, _, term, found, not_found in rows[1:]:
        lexicon = Lexicon({"it": [term]})
        assert lexicon.hits(runs(fold(found))), (term, found)
        assert not lexicon.hits(runs(fold(not_found))), (term, not_found)


def test_the_page_s_mistakes(desk_of_the_page: Path) -> None:
    path = desk_of_the_page / "heide.toml"
    text = path.read_text("utf-8").replace('role = "place"', 'role = "plaze"').replace('"heider"', '"heide.*"')
    path.write_text(text, "utf-8")
    with pytest.raises(ProfileError) as error:
        load(path)
    assert str(error.value) in PAGE


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        page = rewritten(PAGE, lay_out(Path(name)), lambda line: True)
        for row in figures(Path(name)):
            title = row.split("|")[1]
            page = re.sub(rf"^\|{re.escape(title)}\|.*$", row, page, flags=re.MULTILINE)
        (DOCS / "topic.md").write_text(page, "utf-8")
