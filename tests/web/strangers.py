"""Outlets on hosts that no registry knows: what they have written on the topic, and what else, all of it invented."""

from collections.abc import Iterator
from random import Random

from crawler.demo.newsroom import page
from tests.web.records import Record

PLACES = ("Bedburg", "Bergheim", "Elsdorf")
ACTS = (
    "{company} und {place}: Was der Bau des Rechenzentrums für {matter} heißt",
    "Rechenzentrum in {place}: {company} und der Streit um {matter}",
    "{place} und {company}: Rat spricht über {matter} am Rechenzentrum",
    "Wie {company} in {place} baut und was aus {matter} wird",
)
MATTERS = (
    *("das Grundwasser", "die Abwärme", "den Strom", "die Zufahrt", "den Lärmschutz", "die Steuern", "das Feld"),
    *("die Umspannanlage", "die Feuerwehr", "den Bebauungsplan", "die Ausbildung", "den Kaufpreis", "die Kühltürme"),
    *("das Glasfasernetz", "die Bodendenkmäler", "den Radweg", "die Notstromdiesel", "das Gewerbegebiet", "die Pacht"),
)
LEADS = (
    "{company} baut in {place} ein Rechenzentrum, und {who} will wissen, was das für {matter} bedeutet.",
    "Für das Rechenzentrum, das {company} in {place} errichtet, hat {who} am {day} Auskunft über {matter} verlangt.",
    "Seit {company} in {place} die Hallen für sein Rechenzentrum hochzieht, streitet {who} über {matter}.",
)
SENTENCES = (
    "{who} nannte die Pläne für das Rechenzentrum am {day} einen Anfang, dem im Rheinischen Revier mehr folgen soll.",
    "Nach Angaben von {company} sollen auf {number} Hektar bis {year} mehrere Hallen mit Servern stehen.",
    "Die Kreisverwaltung hat {number} Einwendungen gezählt, die meisten von Anwohnern aus {street}.",
    "Ein Gutachter aus {city} hat den Bedarf an Kühlwasser auf {number} Kubikmeter am Tag geschätzt.",
    "Auf dem Acker hinter {street} stehen seit {day} die ersten Kräne, ein Schild nennt {company} als Bauherrn.",
    "Der Stadtrat stimmte mit {number} Stimmen für den Vertrag, {who} enthielt sich.",
    "Von der Investition über 3,2 Milliarden Euro in Nordrhein-Westfalen entfällt ein großer Teil auf {place}.",
    "Das Umspannwerk an {street} müsse dafür auf {number} Megawatt wachsen, heißt es beim Netzbetreiber in {city}.",
    "{who} erinnerte daran, dass die Kohlebagger noch {number} Jahre vor dem Ende des Tagebaus Arbeit gaben.",
    "Für die Lehrlinge der Berufsschule in {city} hat der Konzern {number} Plätze in Aussicht gestellt.",
    "Ob die Gewerbesteuer den Haushalt von {place} rettet, hält {who} für offen.",
    "Archäologen haben unter {street} Reste eines römischen Gutshofs mit {number} Gruben freigelegt.",
    "Die Abwärme der Server könnte nach einer Rechnung aus {city} {number} Haushalte versorgen.",
    "Am {day} will die Bezirksregierung über den Antrag entscheiden, sagte {who} dem Ausschuss.",
    "Die Landwirte verlieren {number} Morgen Ackerland und verlangen Ersatz näher an {street}.",
    "Ein Sprecher von {company} verwies auf den Zeitplan, nach dem der Betrieb {year} beginnt.",
    "{who} rechnet mit {number} Lastwagen am Tag, die über {street} zur Baustelle fahren.",
    "In {city} gibt es ein ähnliches Gebäude, dort klagen Nachbarn über ein Brummen in der Nacht.",
    "Eine Mehrheit der Befragten in {place}, {number} Prozent, hält das Rechenzentrum für einen Gewinn.",
    "Der Wasserverband hat Messstellen an {street} eingerichtet, die bis {year} Werte liefern sollen.",
)
PEOPLE = (
    *("Bürgermeisterin Annegret Holtkamp", "Kreisdirektor Willi Paffrath", "die Bürgerinitiative Erftaue"),
    *("Ratsherr Jens Odenthal", "Landwirt Toni Esser", "die Gewerkschafterin Paula Brings", "Pfarrer Heribert Nolden"),
    *("Gastwirtin Resi Klütsch", "der Heimatverein", "Planungschef Arne Dircks", "Ökologin Mirja Thelen"),
)
STREETS = (
    *("der Kasterer Höhe", "dem Mühlenweg", "der Alten Landstraße", "dem Peringsmaar", "der Wiedenfelder Straße"),
    *("dem Schlossfeld", "der Tonkaule", "dem Krähenbusch", "der Finkelbachaue", "dem Lindenpütz"),
)
CITIES = ("Aachen", "Essen", "Siegen", "Hagen", "Bonn", "Bochum", "Krefeld", "Münster")
DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag")
OFF = (
    (
        "Schule in Bedburg übt mit Programmen von Microsoft",
        [
            "An der Grundschule am Mühlenweg in Bedburg schreiben die Kinder der vierten Klasse ihre Aufsätze nun am "
            "Bildschirm. Der Förderverein hat dafür Geräte gekauft, auf denen Word von Microsoft läuft.",
            "Die Lehrerin Karin Thönnessen erzählt, dass die Kinder schneller tippen als sie selbst. Die Hefte bleiben "
            "trotzdem im Ranzen, denn Schönschrift wird weiter benotet, und der Bücherbus kommt jeden Donnerstag.",
        ],
    ),
    (
        "Bergheim: Trickbetrüger geben sich als Mitarbeiter von Microsoft aus",
        [
            "Die Polizei in Bergheim warnt vor Anrufern, die sich als Techniker von Microsoft ausgeben. Sie wollen "
            "Zugang zum Rechner und räumen danach das Konto leer, sagt der Kommissar Holger Wirtz.",
            "Eine Rentnerin verlor so ihre Ersparnisse. Wer einen solchen Anruf bekommt, soll auflegen und die Wache "
            "verständigen; echte Firmen rufen nicht ungefragt an, und niemand sollte je ein Kennwort nennen.",
        ],
    ),
)


def story(number: int) -> tuple[str, list[str]]:
    """Title and paragraphs of an article on the topic; no two have more than a sentence or two in common."""
    chance = Random(number)

    def filled(text: str) -> str:
        return text.format(
            company="Microsoft",
            place=PLACES[number % len(PLACES)],
            matter=MATTERS[number % len(MATTERS)],
            who=chance.choice(PEOPLE),
            street=chance.choice(STREETS),
            city=chance.choice(CITIES),
            day=chance.choice(DAYS),
            year=chance.randint(2027, 2031),
            number=chance.randint(11, 980),
        )

    texts = [LEADS[number % len(LEADS)], *chance.sample(SENTENCES, 8)]
    sentences = [filled(text) for text in texts]
    sentences = [sentence[0].upper() + sentence[1:] for sentence in sentences]
    return filled(ACTS[number % len(ACTS)]), [" ".join(sentences[at : at + 3]) for at in range(0, 9, 3)]


def on_topic(host: str, numbers: range, *, day: str = "2026-11-10") -> Iterator[Record]:
    for number in numbers:
        title, paragraphs = story(number)
        url = f"https://{host}/artikel/{number}"
        yield record(url, title, paragraphs, day=day)


def record(
    url: str, title: str, paragraphs: list[str], *, day: str = "2026-11-10", canonical: str | None = None
) -> Record:
    answer = page(title, paragraphs, day=f"{day}T08:00:00+01:00", canonical=canonical)
    return Record(url=url, answer=answer, title=title, day=day)
