"""The command `facts`, and facts in the archive."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from db.outcomes import fault
from db.store.archive import Archive
from db.store.leaving.tombstones import How
from pipelines.enrichment.facts import facts_rules, read_facts
from pipelines.enrichment.figures import find_figures
from pipelines.storing.facts import around, enrich_facts
from revierspiegel.main import cli
from tests.blank import blank_archive
from tests.conftest import Desk
from tests.quality import figures
from tests.test_archive import article


def test_facts_of_lines(desk: Desk) -> None:
    given = ["{", '{"text": 3}', '{"text": "x", "lang": 3}', "[]", '{"text": "\\ud800"}']
    done = desk.run("facts", given="\n".join(given))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer.get("error", "").partition(":")[0] for answer in answers] == [
        "no JSON",
        "text",
        "lang",
        "no object",
        "",
    ]
    assert answers[-1] == {"figures": [], "quotes": [], "places": []}


# In an archive

TEXT = "Guten Tag. „Wir bauen“, sagt Volker Mießeler. 2.500 Arbeitsplätze sind in Bedburg geplant."


def stored(archive: Archive) -> list[tuple[str, ...]]:
    sql = (
        "select article, kind, value, sentence from figures union all"
        " select article, text, speaker, sentence from quotes union all"
        " select article, kind, name, sentence from entities"
    )
    return list(archive.db.execute(sql))


def test_facts_come_and_go_with_the_article(tmp_path: Path) -> None:
    with Archive(blank_archive(tmp_path / "archive.db")) as archive:
        row = article("bote.example/1", source="bote", text=TEXT)
        number, _ = archive.articles.save(row, {}, "bote")
        assert enrich_facts(archive.facts) == 1
        planned = "2.500 Arbeitsplätze sind in Bedburg geplant."
        rows = [
            (number, "jobs", 2500, planned),
            (number, "Wir bauen", "Volker Mießeler", "„Wir bauen“, sagt Volker Mießeler."),
            (number, "person", "Volker Mießeler", "„Wir bauen“, sagt Volker Mießeler."),
            (number, "place", "Bedburg", planned),
        ]
        assert stored(archive) == rows
        assert enrich_facts(archive.facts) == 0
        assert enrich_facts(archive.facts, anew=True) == 1
        assert stored(archive) == rows
        archive.articles.update(number, {"score": 0.5, "text": TEXT})
        assert enrich_facts(archive.facts) == 0
        archive.articles.forget(archive.articles.get(number) or {}, How.DECIDED, "out")
        assert stored(archive) == []
        assert archive.articles.save(row, {}, "bote") == (number, True)
        assert enrich_facts(archive.facts) == 1
        assert stored(archive) == rows
        archive.articles.update(number, {"text": "Anders."})
        assert enrich_facts(archive.facts) == 1
        assert stored(archive) == []


def test_other_rules_read_all_again(tmp_path: Path) -> None:
    with Archive(blank_archive(tmp_path / "archive.db")) as archive:
        for name in ("a", "b"):
            archive.articles.save(article(f"{name}.example/1", source=name, text=TEXT), {}, name)
        assert enrich_facts(archive.facts) == 2
        archive.db.execute("update _facts_read set rules_version = 'older'")
        archive.articles.save(article("c.example/1", source="c", text=TEXT), {}, "c")
        assert archive.facts.due(facts_rules()) == [3, 1, 2]
        assert enrich_facts(archive.facts, seconds=0) == 0
        assert enrich_facts(archive.facts) == 3
        assert {version for (version,) in archive.db.execute("select rules_version from figures")} == {facts_rules()}


def test_an_article_that_cannot_be_read_stops_no_other(tmp_path: Path) -> None:
    with Archive(blank_archive(tmp_path / "archive.db")) as archive:
        for name in ("a", "b", "c"):
            archive.articles.save(article(f"{name}.example/1", source=name, text=TEXT), {}, name)
        archive.db.execute("update articles set text = x'ff' where id = 2")
        with pytest.raises(TypeError):
            enrich_facts(archive.facts)
        assert archive.facts.due(facts_rules()) == [2]
        assert {row[0] for row in stored(archive)} == {1, 3}


def test_commands_read_what_is_due_and_all_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIERSPIEGEL_HOME", str(tmp_path))
    text = "Rund 2.500 Arbeitsplätze sollen entstehen."
    with Archive(blank_archive(tmp_path / "archive.db")) as archive:
        archive.articles.save(article("bote.example/1", source="bote", text=text), {}, "bote")
        archive.faults.note("facts", fault(ValueError("of the night before")))
    told = [
        CliRunner().invoke(cli, words.split()).output.strip().splitlines()[-1]
        for words in ("enrich", "enrich", "reprocess --only facts", "reprocess --only facts --dry-run")
    ]
    assert told[0].endswith(", figures and quotes of 1 read")
    assert told[1].endswith(", figures and quotes of 0 read")
    assert told[2] == "1 articles read"
    assert "goes with no other option" in told[3]
    with Archive(tmp_path / "archive.db") as archive:
        assert [tuple(row) for row in archive.db.execute("select kind, value, hedge from figures")] == [
            ("jobs", 2500, "rund")
        ]
        assert not list(archive.db.execute("select * from faults"))
        assert not list(archive.db.execute("select * from _words_due"))  # a search knows its words, too


def test_sentences_around() -> None:
    parts = [(0, 10), (11, 36), (37, 76)]
    assert around(parts, 11, 22) == (11, 36)
    assert around(parts, 30, 40) == (11, 76)
    assert around(parts, 0, 10) == (0, 10)
    assert around(parts, 70, 76) == (37, 76)


# Figures


def test_phrases_are_read() -> None:
    """Those of the press, in sentences of our own."""
    for name in figures.SETS:
        assert ".example" not in name
        fields = {"text", "lang", "published", "figures"}
        assert all(fields == set(row) - {"unlabelled"} for row in figures.labels(name))
    assert {"figures articles", "figures phrases", "figures sentences"} <= set(figures.SETS)
    assert figures.measure("figures phrases")["texts right"] >= 0.97, list(figures.wrong("figures phrases"))


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("Rund 2.500 Stellen entstehen, davon rund 60 in Bedburg.", "de", [("jobs", 2500, None), ("jobs", 60, None)]),
        ("Geplant sind drei- bis viertausend Arbeitsplätze.", "de", [("jobs", 3000, 4000)]),
        ("Gebraucht werden 20 beziehungsweise 50 Hektar.", "de", [("area", 20, None), ("area", 50, None)]),
        ("Es geht um 18 bis 26 Hektar.", "de", [("area", 18, 26)]),
        ("Das Projekt kostet zwei bis drei Milliarden Euro.", "de", [("investment", 2 * 10**9, 3 * 10**9)]),
        ("Microsoft steckt 3,2 Billionen Euro hinein.", "de", [("investment", 32 * 10**11, None)]),
        ("Microsoft invests 3.2 billion euros.", "en", [("investment", 32 * 10**8, None)]),
        ("Die A 61, § 34, Seite 14, 02271/12345 und G20 um 14.30 Uhr.", "de", []),
        ("In der 40-jährigen Geschichte wuchs der Anteil um 2,5 Prozent, es stand 3:1.", "de", []),
        ("Google investiert 5,5 Milliarden Euro in Hanau.", "de", [("other", 55 * 10**8, None)]),
        ("Die Microsoft Deutschland GmbH investiert 3,2 Milliarden Euro.", "de", [("investment", 32 * 10**8, None)]),
        (
            "Microsoft-Chef Satya Nadella will 3,2 Milliarden Euro investieren.",
            "de",
            [("investment", 32 * 10**8, None)],
        ),
        ("Redmond is putting 3.2 billion euros into data centres.", "en", [("investment", 32 * 10**8, None)]),
        (
            "Microsoft hat einem Bericht zufolge 3,2 Milliarden Euro investiert.",
            "de",
            [("investment", 32 * 10**8, None)],
        ),
        ("Norvia baut in Titz. Der Investor investiert 30 Millionen Euro.", "de", [("other", 30 * 10**6, None)]),
        ("MSFT steckt 3,2 Milliarden Euro in Bedburg.", "de", [("investment", 32 * 10**8, None)]),
        ("The company is looking for 40 electricians.", "en", [("jobs", 40, None)]),
        ("Die Zahl der Rechenzentren wächst von drei auf fünf.", "de", [("sites", 3, None), ("sites", 5, None)]),
        ("Es gab rund 72 Millionen Posts.", "de", [("other", 72 * 10**6, None)]),
        ("At $549, the Spark 15 is not cheap.", "en", [("other", 549, None)]),
        ("Es gibt fünf Rechenzentren, drei in Bedburg.", "de", [("sites", 5, None), ("sites", 3, None)]),
        ("Neben Microsoft will Norvia 165 Millionen Euro investieren.", "de", [("other", 165 * 10**6, None)]),
        ("Baubeginn ist 2026, im Jahr 2019 gab es nur Pläne.", "de", [("plan_year", 2026, None)]),
        (
            "Das Unternehmen aus den USA investiert 3,2 Milliarden Euro in Rechenzentren.",
            "de",
            [("investment", 32 * 10**8, None)],
        ),
        (
            "The software company from the United States is investing 3.2 billion euros.",
            "en",
            [("investment", 32 * 10**8, None)],
        ),
        ("Amerikas größter Softwarekonzern steckt 3,2 Milliarden Euro.", "de", [("investment", 32 * 10**8, None)]),
        ("Der Vertrag ist unterschrieben. 1.200 Haushalte warten.", "de", [("other", 1200, None)]),
        ("Die Petition läuft. Es müssen 400 Bäume fallen.", "de", [("other", 400, None)]),
        ("Im Hof üben 200 Feuerwehrleute den Ernstfall.", "de", [("other", 200, None)]),
        ("1.500 Besucher haben sich für das Fest eingetragen.", "de", [("other", 1500, None)]),
        ("Der Kurs beginnt. Das Stadion hat 12.000 Plätze.", "de", []),
        ("The courses start. The council has 44 seats.", "en", []),
        (
            "Das Rechenzentrum von Microsoft an der Landstraße kostet 900 Millionen Euro.",
            "de",
            [("investment", 9 * 10**8, None)],
        ),
        (
            "Microsoft spends 900 million euros on a data centre on the land of a former farm.",
            "en",
            [("investment", 9 * 10**8, None)],
        ),
        (
            "The builder Kremer expands. The firm will put 4 million euros into cranes.",
            "en",
            [("other", 4 * 10**6, None)],
        ),
        (
            "A hotel is planned. The investor will put 25 million euros into it.",
            "en",
            [("other", 25 * 10**6, None)],
        ),
        (
            "Microsoft, valued at 3 trillion dollars, invests 3.2 billion euros.",
            "en",
            [("other", 3 * 10**12, None), ("investment", 32 * 10**8, None)],
        ),
        (
            "Am Rechenzentrum liegt das Kraftwerk. Dort arbeiten 600 Menschen.",
            "de",
            [("other", 600, None)],
        ),
        ("Der Roman von Petra Keller (2031) und die Studie (2029) fehlen.", "de", []),
    ],
)
def test_figures_of_a_sentence(text: str, lang: str, expected: list[tuple[str, float, float | None]]) -> None:
    read = find_figures(text, lang, "2025-03-10")
    assert [(str(each.kind), each.value, each.high) for each in read] == expected
    assert all(text[each.start : each.end] == each.text for each in read)


@pytest.mark.parametrize(
    ("text", "days", "by"),
    [
        ("Nach dem 7. Oktober 2023 war es laut. Vor dem 7. Oktober war es still.", "2023-10-07 2023-10-07", None),
        (
            "Baubeginn ist am 7. April 2027. Zum 7. April sollen 90 Stellen da sein.",
            "2027-04-07 2027-04-07",
            "2027-04-07",
        ),
        (
            "Bis 1. Januar 2027 entstehen 450 Stellen. Das galt ab 1. Januar 2024.",
            "2027-01-01 2024-01-01",
            "2027-01-01",
        ),
        (
            "Seit 1. Juli 2024 gilt sie. Ab dem 1. Juli sollen 450 Stellen entstehen.",
            "2024-07-01 2026-07-01",
            "2026-07-01",
        ),
        (
            "Am 12. März 2024 kam er, am 12. März 2025 sie. Am 12. März tagt der Rat.",
            "2024-03-12 2025-03-12 2026-03-12",
            None,
        ),
        ("Beschlossen am 22.5.24, gültig ab 22. Mai 2026.", "2024-05-22 2026-05-22", None),
        (
            "Vom 3. bis 28. Februar 2025 lag es aus, am 3. Februar 2026 ging es los.",
            "2025-02-03 2025-02-28 2026-02-03",
            None,
        ),
    ],
)
def test_a_day_without_a_year_is_of_the_only_one_that_the_text_gives_it(text: str, days: str, by: str | None) -> None:
    read = find_figures(text, "de", "2026-03-10")
    assert [each.value for each in read if each.kind == "date"] == days.split()
    assert [each.by for each in read if each.kind == "jobs"] == ([by] if by else [])


@pytest.mark.parametrize("text", ["und 20 " * 50, "20 bis " * 50, "²³ 1.000.000.000.000.000 31.02.2024", "9" * 5000])
def test_figures_of_no_sentence_stand_where_they_say(text: str) -> None:
    assert all(text[each.start : each.end] == each.text for each in find_figures(text, "de", "0001-01-01"))


def test_a_figure_has_its_place_and_its_year() -> None:
    text = "Bis Ende 2026 sollen auf 18 Hektar in Bedburg und 20 Hektar in Bergheim Rechenzentren entstehen."
    read = read_facts(text, "de", "2025-03-10").figures
    assert [(each.value, each.place, each.by, each.hedge) for each in read] == [
        (2026, None, None, None),
        (18, "Bedburg", "2026", None),
        (20, "Bergheim", "2026", None),
    ]
