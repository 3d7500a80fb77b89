"""Pages as outlets all over build them: what kind each is, and that what is no article never passes for one."""

import json

import pytest

from revierspiegel.services.extract import extract

URL = "https://talbote.example/lokales/rat-stimmt-zu"
HEADLINE = "Rat stimmt für Rechenzentrum am Ostrand"
PARAGRAPHS = [
    "Der Stadtrat von Talstadt hat am Dienstagabend dem Bau eines Rechenzentrums am Ostrand der Stadt zugestimmt. "
    "Mit 24 gegen 11 Stimmen fiel das Votum deutlicher aus, als viele erwartet hatten.",
    "„Das ist eine Chance, die wir nicht liegen lassen dürfen“, sagte Bürgermeisterin Hanna Wirtz nach der Sitzung. "
    "Gegner kündigten an, gegen den Plan zu klagen, weil der Lärm nicht untersucht worden sei.",
    "Auf dem Gelände stand bis 2019 eine Zuckerfabrik. Der Konzern will dort nach eigenen Angaben drei Hallen bauen, "
    "die erste soll in zwei Jahren in Betrieb gehen und rund 80 Menschen beschäftigen.",
]
PROSE = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
OTHERS = "".join(
    f'<div class="x{n}"><h3><a href="/{n}">Noch eine Meldung aus der Region {n}</a></h3><span>{n + 1}. März 2024</span>'
    "<p>Was dort geschah, lesen Sie hier in aller Kürze.</p></div>"
    for n in range(9)
)


def kind_of(main: str, *, title: str = HEADLINE, lang: str = "de", url: str = URL, head: str = "") -> tuple[str, bool]:
    html = f'<html lang="{lang}"><head><title>{title} - Talbote</title>{head}</head><body>{main}</body></html>'
    line = extract(html.encode(), url)
    return line["page_kind"], line["reason"] is not None


def article(above: str = "", below: str = "<p>Talstadt, 3. März 2026</p>", headline: str = HEADLINE) -> str:
    return f"<main>{above}<h1>{headline}</h1>{below}{PROSE}</main>"


@pytest.mark.parametrize(
    ("main", "url", "kind"),
    [
        (article(), URL, "article"),
        (article(below=""), URL, "article"),  # undated, yet prose under a headline
        (article('<p class="z1">Pressemitteilung 021/2026</p>'), URL, "release"),
        (article(below="<p>3. März 2026</p><p>Talstadt (ots)</p>"), URL, "release"),
        (article(), "https://stadt.example/presse/mitteilungen/detail/12", "release"),
        (article("<p>Interview</p>"), URL, "interview"),
        (article(below="<p>Ein Interview von Jana Brück, 3. März 2026</p>"), URL, "interview"),
        (
            article(below="<p>3.3.2026</p><p><b>Frau Wirtz, warum jetzt?</b></p><p><b>Und der Lärm?</b></p>").replace(
                "</main>", "<p><b>Was wird aus der Wärme?</b></p></main>"
            ),
            URL,
            "interview",
        ),
        (article("<div><strong>Kommentar</strong></div>"), URL, "commentary"),
        (article(), "https://talbote.example/meinung/rat-stimmt-zu", "commentary"),
        (article(headline=f"{HEADLINE}: der Liveticker"), URL, "ticker"),
        (article(below="<p>Par Jana Brück, 3 mars 2026</p>"), URL, "article"),
    ],
)
def test_kinds_of_articles(main: str, url: str, kind: str) -> None:
    assert kind_of(main, url=url) == (kind, False)


def ld(**node: object) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@context": "https://schema.org"} | node)}</script>'


def test_a_broadcast_with_notes_is_kept_and_a_film_with_a_line_is_not() -> None:
    episode = ld(**{"@type": "PodcastEpisode", "name": HEADLINE, "datePublished": "2026-03-03"})
    assert kind_of(article(), head=episode) == ("media", False)
    film = ld(**{"@type": "VideoObject", "name": HEADLINE, "uploadDate": "2026-03-03"})
    assert kind_of(f"<main><h1>{HEADLINE}</h1><p>{PARAGRAPHS[0]}</p></main>{OTHERS}", head=film) == ("media", True)
    captions = "".join(
        f"<figure><img src={n}><figcaption>Blick auf den Ostrand, {n}</figcaption></figure>" for n in range(9)
    )
    pictures = f"<main><h1>{HEADLINE}: Die Bilder</h1><p>3.3.2026</p>{captions}</main>"
    assert kind_of(pictures, url="https://talbote.example/bilder/fotostrecke-12") == ("media", True)


CONSENT = {
    "de": "Sie stimmen dem Einsatz von Cookies zu; die Liste unserer Partner steht in der Datenschutzerklärung.",
    "en": "We and our 850 partners store information on a device, with your consent, for personalised advertising.",
    "fr": "Nous et nos 823 partenaires accédons à votre appareil afin de diffuser de la publicité personnalisée.",
    "nl": "Wij en onze 640 partners gebruiken cookies om informatie op je apparaat op te slaan, met je toestemming.",
    "it": "Noi e i nostri 812 partner archiviamo informazioni con il tuo consenso o per interesse legittimo.",
    "es": "Nosotros y nuestros 790 socios almacenamos información para ofrecer publicidad personalizada.",
}


@pytest.mark.parametrize("lang", CONSENT)
def test_questions_for_consent(lang: str) -> None:
    main = f"<div><h1>Talbote</h1><h2>1, 2, 3</h2><p>{CONSENT[lang]}</p></div>"
    assert kind_of(main, title="Nachrichten", lang=lang) == ("consent", True)


@pytest.mark.parametrize(
    ("lang", "heading", "text"),
    [
        ("de", "Anmelden, um weiterzulesen", "Dieser Inhalt ist unseren Kundinnen und Kunden vorbehalten."),
        ("en", "Welcome back", "Please sign in to keep reading, or create a free account in less than a minute."),
        ("fr", "Article réservé aux abonnés", "Pour lire la suite, connectez-vous ou abonnez-vous pour un euro."),
        ("nl", "Lees verder", "Dit artikel is alleen voor abonnees. Log in om verder te lezen."),
        ("it", "Accedi", "Questo contenuto è riservato agli abbonati. Accedi con il tuo account."),
        (
            "es",
            "Contenido exclusivo",
            "Para seguir leyendo este artículo inicia sesión o suscríbete por un euro al mes.",
        ),
    ],
)
@pytest.mark.parametrize("head", ["", '<meta property="og:type" content="article">'])
def test_walls(lang: str, heading: str, text: str, head: str) -> None:
    assert kind_of(f"<main><h1>{heading}</h1><p>{text}</p></main>", lang=lang, head=head) == ("wall", True)


@pytest.mark.parametrize(
    ("title", "text", "kind"),
    [
        ("Nur einen Moment", "Bestätigen Sie, dass Sie ein Mensch sind. Wir prüfen Ihre Verbindung.", "blocked"),
        ("Sorry", "You have been blocked. We use a security service to protect this website.", "blocked"),
        ("Un instant", "Merci de valider le captcha pour prouver que vous n'êtes pas un robot.", "blocked"),
        ("Hoppla", "Leider konnten wir die von Ihnen gewünschte Seite nicht finden.", "missing"),
        ("Oeps", "De pagina die je zoekt, kunnen we helaas niet vinden. Ze is misschien verplaatst.", "missing"),
        ("Oups", "La page que vous recherchez n’existe plus. Elle a peut-être été déplacée.", "missing"),
    ],
)
def test_checks_for_robots_and_missing_pages(title: str, text: str, kind: str) -> None:
    assert kind_of(f"<main><h1>{title}</h1><p>{text}</p></main>", title=title) == (kind, True)


def test_a_page_that_speaks_to_its_reader_alone_is_no_article() -> None:
    text = "Unsere Website wird gerade gewartet. Bitte versuchen Sie es in wenigen Minuten noch einmal. " * 3
    assert kind_of(f"<main><h1>Wir sind gleich zurück</h1><p>{text}</p></main>") == ("other", True)


def test_an_article_on_walls_and_missing_things_is_an_article() -> None:
    for headline in ("Gericht: Cookie-Banner waren rechtswidrig", "Vermisster Hund nicht gefunden"):
        assert kind_of(article(headline=headline), title=headline) == ("article", False)


def test_lists_of_others() -> None:
    leads = "".join(
        f"<article><h2><a href='/{n}'>Meldung {n}</a></h2><time>0{n}.03.2026</time><p>{PARAGRAPHS[n % 3]}</p></article>"
        for n in range(1, 10)
    )
    assert kind_of(f"<main>{leads}</main>", title="Lokales", url="https://talbote.example/lokales/") == ("list", True)
    assert kind_of(f"<main><h1>Rechenzentren</h1><p>Alle Berichte zum Thema.</p>{OTHERS}</main>") == ("list", True)


CIPHER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "qwertzuiopasdfghjklyxcvbnm")


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"<p>{text.translate(CIPHER)}</p>" for text in PARAGRAPHS),
        "".join(f"<p>{text[::-1]}</p>" for text in PARAGRAPHS),
        "".join(f"<p>{' '.join(word[1::2] + word[::2] for word in text.split())}</p>" for text in PARAGRAPHS),
        f"<p>{PARAGRAPHS[0]}</p>" + "".join(f"<p>{text.translate(CIPHER)}</p>" for text in PARAGRAPHS[1:]),
    ],
    ids=["substituted", "reversed", "shuffled", "under a lead"],
)
def test_scrambled_text_is_never_taken(text: str) -> None:
    assert kind_of(f"<main><h1>{HEADLINE}</h1><p>3.3.2026</p>{text}</main>") == ("scrambled", True)


def test_goods_and_jobs_on_offer_are_no_articles() -> None:
    def offering(kind: str, name: str) -> str:
        return f'<script type="application/ld+json">{{"@type": "{kind}", "name": "{name}", "title": "{name}"}}</script>'

    for kind in ("Product", "JobPosting"):
        assert kind_of(article(), head=offering(kind, HEADLINE)) == ("offer", True)
        assert kind_of(article(), head=offering(kind, "Talbote Plus, im Monat")) == ("article", False)


def test_prices_in_the_place_of_an_article_are_a_wall() -> None:
    plans = "".join(f"<h2>{name}</h2><p>{price} per month. Read on any device.</p>" for name, price in PLANS.items())
    why = "<p>See why more than 40,000 readers in government, law and industry start their day with us.</p>" * 3
    main = f"<main><p>Subscribe to unlock this article</p><h1>Grid bill delayed</h1>{plans}{why}</main>"
    assert kind_of(main, title="Subscribe to continue", lang="en") == ("wall", True)


PLANS = {"Trial": "$1", "Standard": "$39", "Team": "$69"}
