"""Names that recur and are in no list: of a text, in the archive, and by the command."""

import json
from pathlib import Path

from db.store.archive import Archive
from db.store.leaving.tombstones import How
from pipelines.enrichment.lists.candidates import unlisted_names
from pipelines.storing.proposals import enrich_names, sentences_with
from tests.blank import blank_archive
from tests.conftest import Desk
from tests.test_archive import article

TEXTS = [
    "Der Anlagenbauer Vortexa liefert. Bürgermeister Sascha Solbach freut sich, Projektleiter Jost Hillebrand auch.",
    "Vortexas Hallen stehen in Bedburg. Jost Hillebrand zeigt sie.",
    "Guten Tag. Das Werk von Vortexa wächst, sagt Hillebrand. Er heißt Jost Hillebrand.",
]


def names_of(text: str, lang: str = "de") -> list[tuple[str, str | None, int]]:
    return [(each.name, each.kind, each.mentions) for each in unlisted_names(text, lang)]


def test_names_of_a_text_and_what_they_are_likely_to_be() -> None:
    assert names_of(TEXTS[0]) == [("Jost Hillebrand", "person", 1), ("Vortexa", "body", 1)]
    assert names_of(TEXTS[2]) == [("Jost Hillebrand", "person", 2), ("Vortexa", None, 1)]
    assert names_of("Ein Feld bei Oberzweifelsheim.") == [("Oberzweifelsheim", "place", 1)]
    assert names_of("The plant of Vortexa Ltd stands near Selmsdorf, says ODKB.", "en") == [
        ("Vortexa", "body", 1),
        ("Selmsdorf", "place", 1),
        ("ODKB", "body", 1),
    ]
    assert names_of("Rund 3 Mio. Euro fließen in Bedburg, sagt Sascha Solbach.") == []


def archive_with(folder: Path) -> Archive:
    archive = Archive(blank_archive(folder / "archive.db"))
    for number, text in enumerate(TEXTS, start=1):
        row = article(f"bote.example/{number}", source="bote", text=text, lang="de", day=f"2025-03-0{number}")
        archive.articles.save(row, {}, "bote")
    return archive


def test_proposals_of_an_archive(tmp_path: Path) -> None:
    with archive_with(tmp_path) as archive:
        assert enrich_names(archive.proposals) == 3
        assert [tuple(row) for row in archive.db.execute("select * from proposals")] == [
            ("Jost Hillebrand", "person", 3, 3, 4, "2025-03-01", "2025-03-03"),
            ("Vortexa", "body", 3, 3, 3, "2025-03-01", "2025-03-03"),  # Vortexas, too
        ]
        sql = "select article, sentence from proposal_sentences where name = 'Vortexa' order by 1 desc"
        assert [tuple(row) for row in archive.db.execute(sql)] == [
            (3, "Das Werk von Vortexa wächst, sagt Hillebrand."),
            (2, "Vortexas Hallen stehen in Bedburg."),
            (1, "Der Anlagenbauer Vortexa liefert."),
        ]
        assert enrich_names(archive.proposals) == 0
        assert enrich_names(archive.proposals, anew=True) == 3
        assert archive.proposals.counted(4) == []
        assert len(archive.proposals.counted(2, most=1)) == 1


def test_sentences_leave_with_their_article(tmp_path: Path) -> None:
    with archive_with(tmp_path) as archive:
        enrich_names(archive.proposals)
        row = archive.articles.get(3)
        assert row
        archive.articles.forget(row, How.DECIDED, "out")
        assert not archive.db.execute("select 1 from proposal_sentences where article = 3").fetchall()
        assert [found["article"] for found in sentences_with(archive.proposals, "Vortexa")] == [2, 1]


def test_the_command(desk: Desk) -> None:
    desk.home.mkdir(exist_ok=True)
    archive_with(desk.home).close()
    done = desk.run("entities", "propose", "--json")
    assert (json.loads(done.stdout), done.stderr) == (
        [],
        "3 articles have not been looked through yet: revierspiegel enrich\n",
    )
    desk.run("enrich")
    done = desk.run("entities", "propose", "--json")
    assert done.returncode == 0, done.stderr
    names = json.loads(done.stdout)
    assert [(name["name"], name["kind"], name["articles"]) for name in names] == [
        ("Jost Hillebrand", "person", 3),
        ("Vortexa", "body", 3),
    ]
    assert names[1]["sentences"][0]["article"] == 3
    dismiss = ("entities", "dismiss", "Vortexa")
    assert "--why is missing" in desk.run(*dismiss).stderr
    assert "no article has the name" in desk.run("entities", "dismiss", "Vortexo", "--why", "x").stderr
    assert desk.run(*dismiss, "--why", "a firm of no account").stdout == "Vortexa: dismissed\n"
    desk.run("enrich", "--all")
    assert [name["name"] for name in json.loads(desk.run("entities", "propose", "--json").stdout)] == [
        "Jost Hillebrand"
    ]
    assert desk.run("entities", "dismiss", "--list").stdout.endswith("Vortexa: a firm of no account\n")
    assert desk.run(*dismiss, "--undo").returncode == 0 and desk.run(*dismiss, "--undo").returncode == 1
    told = desk.run("entities", "propose", "--least", "2").stdout
    assert told.startswith(
        "2 names in 2 articles or more that are in no list\n    3 articles  Jost Hillebrand (person)\n"
    )
