import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.article import Article, Reason, Rejected
from pipelines.relevance.judge import judge, judge_line, verdict
from pipelines.relevance.profile import load

PROFILE = load()

TITLE = "Microsoft baut Rechenzentren in Bedburg und Bergheim"
TEXT = "Der Konzern investiert 3,2 Milliarden Euro.\n\nDie Bürgermeister sprechen von einem guten Tag."
ARTICLE = Article(
    source="bote", url="https://bote.example/1", title=TITLE, text=TEXT, lang="de", published="2024-03-18T10:00+01:00"
)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (TITLE, ""),
        ("", "In Elsdorf errichtet Microsoft ein Rechenzentrum.\n\nDer Rat hat zugestimmt."),
        ("KI-Rechenzentrum: Arbeiten beginnen", "In Bergheim rollen die Bagger für das Rechenzentrum von Mircrosoft."),
        ("Konzern kündigt Milliarden an", "Microsoft steckt 3,2 Mrd. Euro in deutsche Rechenzentren."),
        ("Von der Kohle zur KI", "Microsoft will bis Ende 2025 mehr als 100.000 Menschen in NRW schulen."),
        ("Unterschriften gegen Rechenzentrum", "23 Bürger aus Grevenbroich protestieren gegen Pläne von Microsoft."),
        (
            "Microsoft to build data centres in Germany's Rhineland",
            "The sites in North Rhine-Westphalia replace coal mines.",
        ),
        ("Microsoft: 3,2 milliards d'euros en Allemagne", "Le groupe double ses centres de données."),
        (
            "Microsoft invertirá 3,2 mil millones de euros en Alemania",
            "Los centros de datos estarán en Renania del Norte.",
        ),
        ("Microsoft investe 3,2 miliardi di euro in Germania", "I data center sorgeranno in Renania settentrionale."),
        ("Microsoft bouwt datacenters in Duitsland", "Het bedrijf bouwt datacenters in Noordrijn-Westfalen."),
        (
            "NRW schult Lehrkräfte mit Microsoft",
            "300.000 Lehrkräfte in Nordrhein-Westfalen sollen KI-Kompetenzen erwerben.",
        ),
    ],
)
def test_on_topic(title, text):
    found = verdict(title, text, PROFILE)
    assert found.verdict == "on", found


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Microsoft invests $3.2 billion in Sweden", "Data centres near Stockholm will be expanded."),
        ("Microsoft announces $700m investment in Poland", "The data centre region near Warsaw grows."),
        ("Microsoft pours £2.5bn into UK data centres", "Sites in London and Cardiff are planned."),
        ("Microsoft buys land in Mount Pleasant", "The data center campus in Wisconsin grows."),
        ("Microsoft invertirá en Aragón", "Los centros de datos de Microsoft en España."),
        ("Google investiert 5,5 Milliarden Euro in Deutschland", "Ein Rechenzentrum entsteht in Dietzenbach."),
        ("Blackstone plant Rechenzentrum in Lippetal", "Der Investor will in NRW bauen."),
        ("Microsoft bezieht neues Büro in Köln", "Die Niederlassung in NRW zieht in den Rheinauhafen."),
        ("Patchday im November", "Microsoft schließt Lücken in Windows."),
        ("Tagebau Hambach wird zum See", "Das Rheinische Revier plant den Strukturwandel."),
        ("Schule in Bedburg-Hau arbeitet mit Microsoft", "Der Kreis Kleve baut die Technik aus."),
        (
            "Bergheim im Flachgau baut Schule um",
            "Microsoft stellt die Programme, im Land Salzburg entsteht ein Neubau.",
        ),
        ("SV Bergheim verliert", "Ein Spieler arbeitet bei Microsoft; der Verein plant einen Neubau."),
        (None, None),
        ("", ""),
    ],
)
def test_off_topic(title, text):
    found = verdict(title, text, PROFILE)
    assert found.verdict == "off", found
    assert found.reasons


FILLER = (
    "Der Rat der Stadt hat über den Haushalt beraten und den Neubau der Grundschule beschlossen.",
    "Auf der A 61 bei Bergheim kam es zu einem Unfall, zwei Menschen wurden leicht verletzt.",
    "In Elsdorf plant die Feuerwehr ein Fest, die Stadt erweitert den Parkplatz.",
)


@pytest.mark.parametrize("title", ["Der Tag im Überblick", "Nachrichten aus dem Rhein-Erft-Kreis"])
@pytest.mark.parametrize("place", [0, 1, 20, 39])
def test_one_item_of_a_digest_is_a_mention(title, place):
    paragraphs = [FILLER[number % 3] for number in range(40)]
    paragraphs[place] = "Microsoft hat in Bergheim mit dem Bau seines Rechenzentrums begonnen."
    assert verdict(title, "\n\n".join(paragraphs), PROFILE).verdict == "mention"


def test_another_investor_beside_the_story_is_a_mention():
    text = "Der Investor will in NRW ein Rechenzentrum bauen. Auch Microsoft baut im Rheinischen Revier."
    found = verdict("Blackstone plant Rechenzentrum in Lippetal", text, PROFILE)
    assert found.verdict == "mention"
    assert 'the title is about another investor: "Blackstone"' in found.reasons


def test_the_company_s_own_news_with_the_story_in_passing_is_a_mention():
    paragraphs = ["Der Konzern steigert den Umsatz mit Windows."] * 12
    paragraphs[8] = "In Nordrhein-Westfalen baut Microsoft für 3,2 Milliarden Euro Rechenzentren."
    assert verdict("Microsoft steigert den Gewinn", "\n\n".join(paragraphs), PROFILE).verdict == "mention"


BUDGET = [
    "Der Kreis rechnet mit einem Fehlbetrag, die Umlage für die Städte soll steigen.",
    "Am stärksten wachsen die Ausgaben für die Pflege.",
    "Von dem Rechenzentrum, das Microsoft im benachbarten Bedburg baut, hat der Kreis nichts.",
]


@pytest.mark.parametrize(
    "after",
    [
        [],
        ["Die Bezirksregierung muss den Haushalt genehmigen."],
        ["Im Sommer plant der Kreis einen Neubau für das Archiv."],
        ["Die Fraktionen beraten im Januar.", "Der Kreis erweitert die Schule."],
    ],
)
def test_one_sentence_in_passing_is_a_mention_whatever_is_built_beside_it(after):
    found = verdict("Kreis rechnet mit einem Loch", "\n\n".join([*BUDGET, *after]), PROFILE)
    assert found.verdict == "mention", found


def test_a_verb_in_the_next_paragraph_completes_the_story():
    found = verdict("Ein guter Tag", "Microsoft kommt, sagt Bedburgs Rat.\n\nDer Spatenstich ist im Mai.", PROFILE)
    assert (found.verdict, found.reasons[-1]) == ("on", '"Spatenstich" in paragraph 2')


def test_what_can_be_had_is_not_what_is_built():
    assert verdict("Bei Microsoft in Bedburg ist nichts zu holen", "", PROFILE).verdict == "off"
    assert verdict("Bedburg will Microsoft in die Stadt holen", "", PROFILE).verdict == "on"


def test_reasons_are_in_words_and_as_the_article_spells_them():
    found = verdict("Neues Rechenzentrum", "Ein Tag der Freude.\n\nIn Nieder\u00adaußem baut MICROSOFT.", PROFILE)
    assert '"MICROSOFT" in paragraph 2' in found.reasons
    assert '"Nieder\u00adaußem" in paragraph 2' in found.reasons
    assert verdict("Rezept für Suppe", "", PROFILE).reasons == ("the company is not named",)


def test_the_terms_of_the_story_are_given_as_they_stand():
    found = verdict(TITLE, "MICROSOFT errichtet in Niederaußem das Großrechenzentrum.\n\nDas Office ist neu.", PROFILE)
    assert found.terms[:2] == ("Microsoft", "MICROSOFT")
    assert {"Bedburg", "Niederaußem", "Rechenzentren", "Großrechenzentrum"} <= {*found.terms}
    assert "Office" not in found.terms
    assert verdict("Patchday", "Microsoft schließt Lücken.", PROFILE).terms == ()


def test_cells_and_headings_are_no_paragraphs_to_count():
    text = "Die Städte, in denen Microsoft baut, rechnen mit Geld.\n\nDas Rechenzentrum in Bergheim hat drei Hallen."
    cells = "\n\n".join(["Jahr", "Millionen", *map(str, range(2026, 2046))])
    assert (
        verdict("Städte rechnen", f"{text}\n\n{cells}", PROFILE).score == verdict("Städte rechnen", text, PROFILE).score
    )


def test_a_namesake_in_the_lead_is_meant_throughout():
    text = "Die Flachgauer Gemeinde Bergheim schult mit Microsoft.\n\nDer Rat plant mehr.\n\nBergheim baut einen Saal."
    assert verdict("Bergheim im KI-Kurs", text, PROFILE).verdict == "off"


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Lüneburg: Software für das Bauamt", "In Elsdorf laufen Bauanträge über Microsoft Dynamics.", "off"),
        (
            "Studie: Deutsche Firmen zögern",
            "Sie investieren zu wenig, so eine Umfrage von Microsoft. Es geht um Milliarden.",
            "off",
        ),
        (
            "Auch in Köln: Microsoft entlässt",
            "In NRW baut der Konzern Rechenzentren, doch Microsoft streicht Stellen.",
            "mention",
        ),
        (
            "Aktie im Plus",
            "Microsoft investiert Milliarden in KI.\n\nIn Deutschland wächst das Geschäft im Quartal.",
            "off",
        ),
        (
            "NRW wirbt in Redmond um mehr",
            "Die Delegation sprach über die Investitionen des Konzerns in Nordrhein-Westfalen.",
            "on",
        ),
        ("Microsoft to pour billions into Germany", "The data center footprint will double.", "on"),
        ("Microsoft met 3,2 milliards sur la table", "L'Allemagne attire le groupe.", "on"),
        ("Microsoft: 3,2 Milliarden Dollar für Schweden", "Der Konzern baut drei Rechenzentren aus.", "off"),
    ],
)
def test_classes_of_meaning(title, text, expected):
    found = verdict(title, text, PROFILE)
    assert found.verdict == expected, found


def test_lines_are_paragraphs_where_no_line_is_blank():
    assert '"Bedburg" in paragraph 2' in verdict("Neu", "Ein Tag.\nMicrosoft baut in Bedburg.", PROFILE).reasons


def test_an_endless_paragraph_is_judged_in_pieces():
    text = "Microsoft brachte Windows heraus. " + "Das Wetter bleibt schön und die Sonne scheint. " * 90
    assert verdict("Allerlei", text + "Bergheim baut eine Schule.", PROFILE).verdict == "off"


def test_the_address_stands_in_for_a_missing_title():
    url = "https://bote.example/microsoft-baut-in-bedburg"
    assert '"bedburg" in the address' in verdict(None, "Rechenzentrum", PROFILE, url=url).reasons


def test_judge_returns_the_article_with_its_verdict():
    article = judge(ARTICLE, PROFILE)
    assert (article.verdict, article.rules_version) == ("on", PROFILE.version)
    assert article.score >= PROFILE.on
    assert '"Microsoft" in the title' in article.reasons
    assert article.text == TEXT


@pytest.mark.parametrize("published", [None, "2024-01-01", "2031-01-01"])
def test_no_date_and_a_late_date_are_not_too_old(published):
    assert judge(replace(ARTICLE, published=published), PROFILE).published == published


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        (
            {"title": "Fest in Bergheim", "text": "Es gab Kuchen."},
            Reason.OFF_TOPIC,
            "the company is not named (score 0.00)",
        ),
        (
            {"published": "2023-12-31T23:59+01:00"},
            Reason.TOO_OLD,
            "published 2023-12-31, the archive begins on 2024-01-01",
        ),
        (
            {"title": "Überblick", "text": "\n\n".join([*FILLER * 9, "Microsoft baut in Bedburg."])},
            Reason.MENTION,
            '"Bedburg" in paragraph 28',
        ),
    ],
)
def test_judge_refuses_with_its_reasons(change, reason, detail):
    refusal = judge(replace(ARTICLE, **change), PROFILE)
    assert isinstance(refusal, Rejected)
    assert refusal.reason is reason
    assert detail in refusal.detail


def test_judge_line():
    found = judge_line(json.dumps({"title": TITLE, "text": None, "lang": "de"}), PROFILE)
    assert (found["relevant"], found["verdict"], found["rules_version"]) == (True, "on", PROFILE.version)
    assert list(found) == ["relevant", "verdict", "score", "reasons", "rules_version", "terms"]
    assert judge_line("{}", PROFILE)["verdict"] == "off"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[1]", "a JSON list, expected an object"),
        ('{"title": 3}', "title: 3, expected a text or null"),
    ],
)
def test_a_bad_line_gives_an_error(line, error):
    assert judge_line(line, PROFILE)["error"].startswith(error)


# ------------------------------------------------------------------------------------------------------- another story

GRUENHEIDE = load(Path(__file__).parents[1] / "docs" / "examples" / "gruenheide.toml")


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Tesla darf in Grünheide roden", "Das Landesamt genehmigt die Erweiterung der Fabrik.", "on"),
        ("Residents vote against Tesla expansion", "The plant near Berlin wants to clear forest in Gruenheide.", "on"),
        (
            "Streit ums Grundwasser",
            "Der Wasserverband wirft Tesla vor, in Erkner zu viel zu fördern.\n\nDie Fabrik widerspricht.",
            "on",
        ),
        ("Betriebsrat gewählt", "In der Gigafactory in Brandenburg stimmten 9000 Beschäftigte von Tesla ab.", "on"),
        ("Tesla opens factory in Texas", "The plant in Austin is larger than any other.", "off"),
        ("Tesla: Model Y wird teurer", "Der Hersteller hebt die Preise in ganz Europa an.", "off"),
        (
            "Waldpark Grünheide lädt ein",
            "Im Vogtland fahren Kinder mit kleinen Tesla-Autos durch das Gelände einer Fabrik.",
            "off",
        ),
        (
            "Was Brandenburg bewegt",
            "\n\n".join([*FILLER[:1] * 9, "In Grünheide hat Tesla die Fabrik erweitert.", *FILLER[:1] * 9]),
            "mention",
        ),
    ],
)
def test_another_story_is_another_file(title, text, expected):
    found = verdict(title, text, GRUENHEIDE)
    assert found.verdict == expected, found
    assert found.rules_version == "1"
