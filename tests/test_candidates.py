"""Names that recur and are in no list."""

import json

from pipelines.enrichment.lists.candidates import propose
from tests.conftest import Desk
from tests.test_exports import make_archive

TEXTS = [
    "Der Anlagenbauer Vortexa liefert. Bürgermeister Sascha Solbach freut sich, Projektleiter Jost Hillebrand auch.",
    "Vortexas Hallen stehen in Bedburg. Jost Hillebrand zeigt sie.",
    "Das Werk von Vortexa wächst, sagt Hillebrand. Er heißt Jost Hillebrand.",
]


def test_names_of_no_list_are_proposed_with_their_counts() -> None:
    names = propose((number, text, "de") for number, text in enumerate(TEXTS, start=1))
    assert [(name.name, name.is_person, len(name.articles), name.mentions) for name in names] == [
        ("Jost Hillebrand", True, 3, 4),
        ("Vortexa", False, 3, 3),
    ]
    assert names[1].example == "Der Anlagenbauer Vortexa liefert."
    assert propose(((1, TEXTS[0], "de"),)) == []


def test_the_command(desk: Desk) -> None:
    desk.home.mkdir(exist_ok=True)
    make_archive(desk.home / "archive.db")
    done = desk.run("entities", "propose", "--least", "2", "--json")
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout), list)
    assert "names in 2 articles or more" in desk.run("entities", "propose", "--least", "2").stdout
