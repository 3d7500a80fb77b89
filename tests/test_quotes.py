"""Direct speech and who says it."""

from time import process_time

import pytest

from pipelines.enrichment.direct_speech.quotation_marks import marked_spans
from pipelines.enrichment.quotes import find_quotes

Said = list[tuple[str | None, str]]


def said(text: str, lang: str = "de") -> Said:
    return [(quote.speaker, quote.text) for quote in find_quotes(text, lang)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("„Gut so“, sagte X. »Nein«, rief Y. «Ja», meinte Z.", ["Gut so", "Nein", "Ja"]),
        ('"Gut so", sagte X. "Nein", rief Y.', ["Gut so", "Nein"]),
        ("„Wrong mark”, sagte X. “Ja”, sagte Y.", ["Wrong mark", "Ja"]),
        ('Er kaufte 19" und sagte: "Nein, danke."', ["Nein, danke."]),
        ("“One.\n\n“Two.”", ["One.", "Two."]),
        ("„Eins.\n\nZwei“, sagte X.", ["Eins.", "Zwei"]),
        ("„Nie geschlossen\n\n„Gut so“", ["Nie geschlossen", "Gut so"]),
        ("„Nie geschlossen\n\nEin Satz.", []),
        ("„Ein „Gewinn“ für uns alle“, sagte X. „Nein“, rief Y.", ["Ein „Gewinn“ für uns alle", "Nein"]),
        ('"Ein "Gewinn" für uns alle", sagte X. "Nein", rief Y.', ['Ein "Gewinn" für uns alle', "Nein"]),
        ('„Ein "Gewinn" für uns alle", sagte X. „Nein", rief Y.', ['Ein "Gewinn" für uns alle', "Nein"]),
        ("Er fragt: “ Wozu das alles?“ Und weiter: “ Wir gehen.“", [" Wozu das alles?", " Wir gehen."]),
    ],
)
def test_marks_are_paired_in_their_paragraph(text: str, wanted: list[str]) -> None:
    assert [text[span.inner_start : span.inner_end] for span in marked_spans(text)] == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("„Wir sind bereit“, sagte Landrat Jens Overath am Montag.", [("Jens Overath", "Wir sind bereit")]),
        ("Dazu Landrat Jens Overath: „Das hilft uns.“", [("Jens Overath", "Das hilft uns.")]),
        ("Für Trainer Krickau ist das weit weg: „Wir warten.“", [("Krickau", "Wir warten.")]),
        ("Laut Rätin Jana Rick ist das Projekt „ein Gewinn für alle“.", [("Jana Rick", "ein Gewinn für alle")]),
        ("Rätin Jana Rick wertete den Bau als „Gewinn für uns alle“.", [("Jana Rick", "Gewinn für uns alle")]),
        (
            "Der Naturschutzbund lehnt den Bau als „Flächenfraß ohne jeden Nutzen“ ab.",
            [("der Naturschutzbund", "Flächenfraß ohne jeden Nutzen")],
        ),
        ('"Warum das?" , fragt die Leiterin des Vereins , Jana  Rick.', [("Jana Rick", "Warum das?")]),
        ("„Das reicht“, schwärmt Yotam Ophir, Leiter des Labors.", [("Yotam Ophir", "Das reicht")]),
        (
            "Nach den Worten von Carla Voßwinkel ist es „ein Meilenstein für das Land“.",
            [("Carla Voßwinkel", "ein Meilenstein für das Land")],
        ),
        (
            "Landrat Jens Overath sprach von einem „Anker, an dem sich andere festmachen“.",
            [("Jens Overath", "Anker, an dem sich andere festmachen")],
        ),
        ("„So geht es nicht weiter!“ Das sagt Peter Müller.", [("Peter Müller", "So geht es nicht weiter!")]),
        ("„Es ist laut“, klagt ein Anwohner.", [("ein Anwohner", "Es ist laut")]),
        ("„Es ist laut“, heißt es in einem Brief des Rats.", [("ein Brief des Rats", "Es ist laut")]),
        ("„Der Plan gilt“, heißt es in dem Urteil.", [("das Urteil", "Der Plan gilt")]),
        ("Das Verwaltungsgericht Köln erklärte: „Der Plan gilt.“", [("das Verwaltungsgericht Köln", "Der Plan gilt.")]),
        ("Holtkamp zitierte aus einem Gutachten: „Das Wasser reicht.“", [("ein Gutachten", "Das Wasser reicht.")]),
        ("„Wir prüfen das“, sagte eine Sprecherin von RWE.", [("eine Sprecherin von RWE", "Wir prüfen das")]),
    ],
)
def test_a_speaker_before_and_behind(text: str, wanted: Said) -> None:
    assert said(text) == wanted


def test_straight_marks_open_again_in_each_paragraph() -> None:
    text = 'Jan Roth said: "I was there.\n\n"I saw it all.\n\n"It was loud."'
    assert said(text, "en") == [("Jan Roth", "I was there. I saw it all. It was loud.")]


def test_single_marks_where_there_are_no_others() -> None:
    text = "‘I kept the farmers’ stamps,’ says Anna Holt. ‘We don’t mind.’ The ‘fast lane’ is closed."
    assert said(text, "en") == [("Anna Holt", "I kept the farmers’ stamps, We don’t mind.")]


def test_pieces_of_one_quotation() -> None:
    assert said("»Es trägt«, versicherte Peter Müller, »auch im Winter.«") == [
        ("Peter Müller", "Es trägt auch im Winter.")
    ]
    assert said("„Wir bauten“, sagte Peter Müller. „Jetzt rechnen wir.“") == [
        ("Peter Müller", "Wir bauten Jetzt rechnen wir.")
    ]
    text = "„Wir bauten“, sagte Peter Müller. Er fügte hinzu: „Jetzt rechnen wir.“"
    assert said(text) == [("Peter Müller", "Wir bauten"), ("Peter Müller", "Jetzt rechnen wir.")]
    for quote in find_quotes(text, "de"):
        assert text[quote.start : quote.end] == f"„{quote.text}“"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "Josef Maaßen steht am Zaun. „Ich bleibe“, sagt er. Seine Nachbarin Else Krings nickt. "
            "„Ich auch“, sagt sie. „Wir beide“, sagt er.",
            [("Josef Maaßen", "Ich bleibe"), ("Else Krings", "Ich auch"), ("Josef Maaßen", "Wir beide")],
        ),
        ("„Ich fragte nach“, erzählte sie. Bürgermeisterin Anna Holt lachte.", [("Anna Holt", "Ich fragte nach")]),
        ("Eine Anwohnerin steht am Zaun. „Es ist laut“, sagt sie.", [("eine Anwohnerin", "Es ist laut")]),
        (
            "Der Bürgermeister von Kaster, Jan Roth (SPD), lobte den Plan: „Gut für uns.“ "
            "Der Bürgermeister fügte hinzu: „Wir warteten lange.“",
            [("Jan Roth", "Gut für uns."), ("Jan Roth", "Wir warteten lange.")],
        ),
        ("„Ein Signal“, sagte der Ministerpräsident.", [("Hendrik Wüst", "Ein Signal")]),
        ("Daniel Thioune (48) kam. Der Trainer freut sich: „Ich bin froh.“", [("Daniel Thioune", "Ich bin froh.")]),
        (
            "„Es brennt“, sagte ein Feuerwehrsprecher. Später lobte der Sprecher: „Alle halfen.“",
            [("ein Feuerwehrsprecher", "Es brennt"), ("ein Feuerwehrsprecher", "Alle halfen.")],
        ),
        (
            "„Alles ist weg“, sagte Jan Roth.\n\n„Seit drei Tagen haben wir kein Wasser.“",
            [("Jan Roth", "Alles ist weg"), ("Jan Roth", "Seit drei Tagen haben wir kein Wasser.")],
        ),
        (
            "„Gut“, sagt die Wirtin. „Es wird voll.“ Sie heißt Anna Holt und lacht.",
            [("Anna Holt", "Gut Es wird voll.")],
        ),
        (
            "Geprägt hätten sie Männer wie Jan Roth und Peter Müller, sagt Anna Holt. Er sei stolz auf sie, "
            "sagt Emil Lenz. „Wir fingen klein an“, erzählt er.",
            [("Emil Lenz", "Wir fingen klein an")],
        ),
        (
            "Jan Roth kam früh.\n\n„Was Jan Roth sagt, ist falsch, und das weiß er.“ Anna Holt schüttelt den Kopf.",
            [("Anna Holt", "Was Jan Roth sagt, ist falsch, und das weiß er.")],
        ),
        (
            "„Zu teuer“, klagt Landrat Jan Roth. „Gar nicht teuer“, sagt die Kämmerin.",
            [("Jan Roth", "Zu teuer"), ("die Kämmerin", "Gar nicht teuer")],
        ),
        (
            "Bauer Jan Roth und seine Mutter Else Roth kamen, auch Lehrer Emil Roth. „Es bleibt so“, sagte Bauer Roth.",
            [("Jan Roth", "Es bleibt so")],
        ),
        ("„Es raucht“, rief einer der Nachbarn.", [("einer der Nachbarn", "Es raucht")]),
        (
            "Wissen Beraterin und Autorin Anna Holt und Jan Roth Rat? „Kaum“, sagt Beraterin und Autorin Anna Holt.",
            [("Anna Holt", "Kaum")],
        ),
        (
            "Jan Roth geht, Emil Lenz kommt und hat „nicht mehr viel zu verlieren“, wie er zugab.",
            [("Emil Lenz", "nicht mehr viel zu verlieren")],
        ),
        ("Mit den Worten „Jetzt geht es los“ eröffnete Anna Holt den Abend.", [("Anna Holt", "Jetzt geht es los")]),
        ("„Das ist unser Dorf“, ist eine Anwohnerin wütend.", [("eine Anwohnerin", "Das ist unser Dorf")]),
        ("„Das trägt sich“, ist ein Sprecher überzeugt.", [("ein Sprecher", "Das trägt sich")]),
        (
            "Emil Lenz kam. Seine Firma wuchs. Anna Holt nickte. Der Bagger rostet. Er steht still. „Es bleibt so.“",
            [(None, "Es bleibt so.")],
        ),
    ],
)
def test_whom_pronouns_offices_and_nothing_mean(text: str, wanted: Said) -> None:
    assert said(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "Auf dem Transparent stand: „Kein Rechenzentrum auf unserem Acker!“",
        "Unter dem Motto „Boden ist Leben und bleibt es“ zogen sie los.",
        "„Haut ab!“, stand auf einem Schild.",
        "„Wer rastet, der rostet“, lautet ein Sprichwort.",
        "Die Initiative „Boden bleibt unser“ übergab Unterschriften.",
        "Die Tagung „Microsoft AI Partner Training Roadshow“ findet in Bonn statt.",
        "Das sogenannte „Tal der vielen neuen Rechner“ wächst.",
        "Kein „Riesenproblem“ sei das, sagte Jan Roth.",
        "Der Film „Die Bagger kommen im Morgengrauen“ läuft.",
        "Demonstranten skandierten „Wasser ist für alle da“.",
        "„Geht nicht“ gibt es bei Anna Holt nicht.",
        "Diese Bauernregeln kennt jeder:\n„Im Mai regnet es gern.“\n\n„Im Juni regnet es noch mehr.“",
        "Ein Satz.\n\nKritik am Rat: „Zu langsam, zu unklar“\n\nEin anderer Satz.",
    ],
)
def test_what_nobody_says(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "“We are ready,” said Jane Doe, the mayor of Bergheim. “It will be good.” A spokesman declined to comment.",
            [("Jane Doe", "We are ready, It will be good.")],
        ),
        ("“Our water is gone,” Mr Moeketsi said.", [("Moeketsi", "Our water is gone,")]),
        (
            "Mayor Jane Miller said: “Now.” She added: “At last.”",
            [("Jane Miller", "Now."), ("Jane Miller", "At last.")],
        ),
        ("“I doubt it,” a resident said.", [("a resident", "I doubt it,")]),
        ("“We maintain our view,” the bank said.", [("the bank", "We maintain our view,")]),
        ("Peter Hall looks up. “Yes, of course,” he snaps.", [("Peter Hall", "Yes, of course,")]),
        (
            "According to John Barnes, it is “the wrong place for a data centre”.",
            [("John Barnes", "the wrong place for a data centre")],
        ),
        ("A sign read “No data centre here, never”.", []),
        ("Protesters chanted “Water is life for all”.", []),
        ("His novel “The Long Road Home” sold well.", []),
    ],
)
def test_english(text: str, wanted: Said) -> None:
    assert said(text, "en") == wanted


def test_a_text_without_marks_and_bad_ones() -> None:
    assert said("Kein Wort.") == said("") == said('„“ " » «') == []
    assert said('"' * 999) == said("„" * 999) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("„Der Rasen geht“, sagte Platzwart Manni Roth.", [("Manni Roth", "Der Rasen geht")]),
        ("Ein früherer Kumpel lachte. Ein Elektriker nickte: „Wir auch.“", [("ein Elektriker", "Wir auch.")]),
        ("Ein alter Kraftwerker winkte ab: „Wir waren mehr.“", [("ein alter Kraftwerker", "Wir waren mehr.")]),
        ("Die Stadt hat ein Gutachten. Darin steht: „Es reicht aus.“", [("ein Gutachten", "Es reicht aus.")]),
        ("Ein Herr im Publikum rief: „Wer misst nach?“", [("ein Herr im Publikum", "Wer misst nach?")]),
        ("Jan Roth hat einen Platz. Sein Vater war Bagger gefahren. „Gut so“, sagt er.", [("Jan Roth", "Gut so")]),
        ("Die CDU sah „Licht“, die SPD „Schatten“.", []),
        ("„Es reicht“, sagte ein RWE-Sprecher der Zeitung.", [("ein RWE-Sprecher", "Es reicht")]),
        ("Im Gutachten der Stadt steht: „Es reicht.“", [("Gutachten der Stadt", "Es reicht.")]),
        (
            "Eine Frau aus Kaster, die niemand kennt, sagt: „Schade um uns.“",
            [("eine Frau aus Kaster", "Schade um uns.")],
        ),
        ("„Es reicht“ – mit diesem Satz begann Kai Roth.", [("Kai Roth", "Es reicht")]),
        ("Aus Sicht von Ute Hamm ist er „ein Gewinn für alle“.", [("Ute Hamm", "ein Gewinn für alle")]),
        (
            "Ute Hamm sprach von „einem Gewinn für alle“, Kai Roth von „einem Verlust für alle“.",
            [("Ute Hamm", "einem Gewinn für alle"), ("Kai Roth", "einem Verlust für alle")],
        ),
    ],
)
def test_people_without_an_office_of_the_list(text: str, wanted: Said) -> None:
    assert said(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("“It works,” union secretary Jan Roth said.", [("Jan Roth", "It works,")]),
        ("“It works,” Jan Roth, a retired electrician, calculated.", [("Jan Roth", "It works,")]),
        ("Ann Hill read out an e-mail from a resident: “You sell my view.”", [("a resident", "You sell my view.")]),
        (
            "The teachers' union complains: “Nobody asked.” Hill has promised more.",
            [("the teachers' union", "Nobody asked.")],
        ),
        ("Ann Hill came. Pressed, she offered a range: “More than ten.”", [("Ann Hill", "More than ten.")]),
        ("They called it “Project Heron”.", []),
        ("“It is enough,” RWE said.", [("RWE", "It is enough,")]),
        ("The court found the plan “in line with the law”.", [("the court", "in line with the law")]),
        ("Ann Hill, who chairs the council, said it was “a gift to us all”.", [("Ann Hill", "a gift to us all")]),
    ],
)
def test_english_offices_and_letters(text: str, wanted: Said) -> None:
    assert said(text, "en") == wanted


@pytest.mark.parametrize(
    ("text", "lang", "speaker"),
    [
        (
            "Brad Smith war hier. „Wir sparen“, sagte der Präsident der Bundesnetzagentur.",
            "de",
            "der Präsident der Bundesnetzagentur",
        ),
        (
            "Brad Smith war hier. „Wir sparen“, sagte der Präsident des Bauernverbands.",
            "de",
            "der Präsident des Bauernverbands",
        ),
        (
            "Sascha Solbach war hier. „Wir sparen“, sagte der Bürgermeister von Grevenbroich.",
            "de",
            "Klaus Krützen",
        ),
        (
            "Agnes Heftberger war hier. „Wir sparen“, sagte die Chefin des Netzbetreibers.",
            "de",
            "die Chefin des Netzbetreibers",
        ),
        (
            "Frank Rock war hier. „Wir sparen“, sagte der Landrat des Kreises Düren.",
            "de",
            "der Landrat des Kreises Düren",
        ),
        ("Brad Smith met Hendrik Wüst. “It works,” said the Microsoft president.", "en", "Brad Smith"),
        ("Brad Smith came by train. “It works,” the chancellor said.", "en", "the chancellor"),
        (
            "The chairman of the water board, Peter Lang, met Microsoft chairman Satya Nadella. "
            "“It works,” the chairman of the water board said.",
            "en",
            "Peter Lang",
        ),
        (
            "Ann Hill, the opposition leader, met council leader Tom Gray. “It works,” the opposition leader said.",
            "en",
            "Ann Hill",
        ),
    ],
)
def test_an_office_is_of_something(text: str, lang: str, speaker: str) -> None:
    assert [each for each, _ in said(text, lang)] == [speaker]


def test_other_languages_have_the_names_beside_the_marks() -> None:
    text = "«Va bene», ha detto il presidente Jan Roth. Accanto la sindaca Anna Hill. «Ho aspettato», ha aggiunto."
    assert said(text, "it") == [("Jan Roth", "Va bene"), ("Anna Hill", "Ho aspettato")]


@pytest.mark.parametrize("clause", ["sagt er, „plane“, ", "„wir bauen hier“, und ", "und der „Plan“ "])
def test_hundreds_of_clauses_in_one_sentence_are_read_in_no_time(clause: str) -> None:
    """A sentence without end was read again for each of its quotations: 600 clauses took seconds."""
    began = process_time()
    find_quotes(f"Der Konzern, {clause * 1200}sagt Jan Roth.", "de")
    assert process_time() - began < 2
