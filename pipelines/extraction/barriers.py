"""What stands in the place of an article: a wall, a question for consent, a check for robots, nothing, a list."""

import re
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipelines.extraction.markup import class_and_id, flat, in_link
from pipelines.extraction.metadata import Metadata

MISSING = re.compile(
    r"\b(?:404|410)\b|\bnicht\s+(?:\w+\s+)?(?:gefunden|vorhanden|verf[üu]gbar|mehr\s+(?:verf[üu]gbar|online|da)\b)"
    r"|(?:seite|artikel|inhalt|beitrag)\s+(?:wurde|ist)\s+(?:\w+\s+)?(?:gel[öo]scht|entfernt|depubliziert)"
    r"|(?:page|article|content|story)\s+(?:has\s+been|was)\s+(?:removed|deleted)"
    r"|existiert\s+(?:leider\s+)?nicht|gibt\s+es\s+(?:leider\s+)?nicht|\b(?:not|[’']t)\s+(?:be\s+)?(?:find|found|available)"
    r"|no\s+longer\s+(?:exists|available)|introuvable|non\s+trouvée|n[’']existe\s+p(?:as|lus)|plus\s+disponible"
    r"|niet\s+(?:meer\s+)?(?:gevonden|beschikbaar)|bestaat\s+niet|non\s+(?:è\s+)?(?:trovata|disponibile)"
    r"|p[áa]gina\s+(?:no\s+(?:encontrada|existe|disponible)|não\s+encontrada)",
    re.IGNORECASE,
)
# How a page speaks to the reader who asked for what it does not have.
ASKED_IN_VAIN = re.compile(
    r"(?:gew[üu]nschte|gesuchte|aufgerufene|angeforderte|angegebene)[nrs]?\s+(?:web|internet)?-?(?:seite|artikel|adresse|inhalt|beitrag)"
    r"|(?:seite|artikel|inhalt|beitrag|text),?\s+(?:den|die|das)\s+(?:sie|du)\s+(?:gerade\s+)?such|page\s+(?:that\s+)?you(?:[’']re|\s+are|\s+were|\s+have)?\s+(?:looking|request|try|want)|page\s+(?:que\s+vous\s+(?:re)?cherchez|demandée)"
    r"|pagina\s+(?:die\s+(?:je|u)\s+zoekt|che\s+(?:cerchi|stai\s+cercando)|richiesta|cercata)"
    r"|(?:page|story|article)\s+(?:that\s+)?you(?:[’']re|\s+are|\s+were)\s+looking\s+for|strony?,?\s+kt[óo]rej\s+szuka"
    r"|p[áa]gina\s+(?:que\s+(?:buscas?|est[áa]s?\s+buscando)|solicitada)",
    re.IGNORECASE,
)
BLOCKED = re.compile(
    r"access\s+denied|zugriff\s+(?:verweigert|nicht\s+gestattet|blockiert)|just\s+a\s+moment"
    r"|attention\s+required|are\s+you\s+(?:a\s+)?(?:human|robot)|captcha|(?:sind|bist)\s+(?:sie"
    r"|du)\s+ein\s+(?:mensch|roboter)|kein\s+roboter|not\s+a\s+robot"
    r"|verify(?:ing)?\s+(?:that\s+)?you\s+are|unusual\s+traffic|(?:ungew[öo]hnliche[rn]?|automatisierte[rn]?)\s+(?:datenverkehr"
    r"|zugriffe?|anfragen)|\b403\b|forbidden|request\s+blocked|pardon\s+our\s+interruption|sicherheits[üu]berpr[üu]fung"
    r"|enable\s+javascript\s+and\s+cookies|checking\s+your\s+browser|(?:you|sie)\s+(?:have\s+been|wurden)\s+(?:blocked|blockiert)|unable\s+to\s+access|\bray\s+id\b"
    r"|(?:sie|du)\s+ein\s+mensch\s+(?:sind|bist)|sicherheit\s+(?:ihrer|der)\s+verbindung|too\s+many\s+requests|zu\s+viele\s+anfragen"
    r"|acc[èe]s\s+refus[ée]|[êe]tes-vous\s+(?:un\s+)?(?:humain|robot)|pas\s+un\s+robot|toegang\s+geweigerd|geen\s+robot"
    r"|accesso\s+negato|non\s+(?:sei|sono)\s+un\s+robot|acceso\s+denegado|no\s+(?:eres|soy)\s+un\s+robot"
    r"|^(?:wartungs(?:arbeiten|modus)|under\s+maintenance|site\s+maintenance)$",
    re.IGNORECASE,
)
# What only a question for consent says: an article on privacy does not speak to its reader of 'our partners'.
ASKS_CONSENT = re.compile(
    r"(?:wir|und)\s+(?:und\s+)?unsere\s+(?:bis\s+zu\s+)?(?:\d+\s+)?(?:werbe)?partner|auf\s+(?:ihrem|deinem)\s+(?:end)?ger[äa]t"
    r"|(?:ihre|deine)\s+(?:einwilligung|zustimmung)|personalisierte\s+(?:werbung|anzeigen)|berechtigte[sn]?\s+interesse"
    r"|zustimmen\s+und\s+weiter|einsatz\s+von\s+cookies|liste\s+unserer\s+partner|weitergabe\s+ihrer\s+daten|verzichten\s+auf\s+werbung|(?:ohne|mit)\s+(?:werbe)?tracking|(?:ihnen|dir)\s+.{0,40}werbung|werbung,?\s+die\s+(?:ihnen|dir)"
    r"|[üu]ber\s+(?:ihre|deine)\s+(?:aktivit[äa]ten|interaktionen|nutzung)|\bcookies?\b.{0,80}\b(?:ger[äa]t|device|appareil|apparaat)"
    r"|we\s+and\s+our\s+(?:\d+\s+)?partners|your\s+consent|on\s+your\s+device|personali[sz]ed\s+(?:ads|advertising|content)"
    r"|legitimate\s+interest|accept\s+(?:all|and\s+continue)|reject\s+all|nous\s+et\s+nos\s+(?:\d+\s+)?partenaires"
    r"|votre\s+consentement|int[ée]r[êe]t\s+l[ée]gitime|publicit[ée]s?\s+personnalis|tout\s+accepter|votre\s+(?:appareil|terminal)"
    r"|(?:wij|we)\s+en\s+onze\s+(?:\d+\s+)?partners|(?:je|uw|jouw)\s+toestemming|gerechtvaardigd\s+belang|gepersonaliseerde\s+adv"
    r"|noi\s+e\s+i\s+nostri\s+(?:\d+\s+)?partner|tuo\s+consenso|interesse\s+legittimo|pubblicit[àa]\s+personalizzat"
    r"|mit\s+werbung\s+(?:weiter|lesen)|weiter(?:lesen)?\s+mit\s+werbung|wir\s+brauchen\s+ihre|we\s+value\s+your\s+privacy"
    r"|bevor\s+(?:sie|du)\s+weiter|before\s+you\s+continue|continuer\s+sans\s+accepter"
    r"|nosotros\s+y\s+nuestros\s+(?:\d+\s+)?socios|(?:tu|su)\s+consentimiento|inter[ée]s\s+leg[íi]timo|publicidad\s+personalizad",
    re.IGNORECASE,
)
# How a wall speaks to the reader who stands before it: of a subscription or a login.
OFFER = re.compile(
    r"\b(?:jetzt\s+(?:\w+\s+){0,5}(?:abonnieren|weiterlesen|testen|registrieren|freischalten|abschlie[ßs]+en"
    r"|bestellen|sichern|anmelden|kostenlos|gratis)|weiterlesen\s+mit|(?:sie|du)\s+(?:haben|sind|hast"
    r"|bist)\s+(?:bereits|schon|noch\s+kein)\w*\s+(?:\w+\s+){0,3}(?:abo\w*|kund\w+|zugang|konto|registriert|mitglied)"
    r"|(?:monatlich|jederzeit)\s+k[üu]ndbar|(?:€|euro)\s*(?:/|pro|im|je)\s*(?:monat|woche)|(?:€|euro)\s+monatlich"
    r"|nur\s+f[üu]r\s+abonnent\w*|exklusiv\s+f[üu]r\s+(?:\w+\s+)?abonnent\w*"
    r"|mit\s+(?:einem\s+)?(?:\w+[- ]?)?abo\b.{0,40}\b(?:lesen|zugang|zugriff)|(?:plus|premium"
    r"|digital)[- ]?(?:abo|artikel|inhalt)\b"
    r"|already\s+(?:a\s+)?(?:subscriber|subscribed|registered|have\s+an\s+account)|subscribe\s+(?:now"
    r"|to\s+(?:read|continue|unlock))|to\s+continue\s+reading|continue\s+reading\s+(?:with|for)"
    r"|unlock\s+this\s+article|start\s+your\s+(?:free\s+)?trial|diesen\s+artikel\s+weiterlesen"
    r"|artikel\s+freischalten|probeabo|probemonat"
    r"|(?:melden|loggen)\s+sie\s+sich\b.{0,60}\b(?:an|ein)\b|melde\s+dich\b.{0,60}\ban\b|um\s+(?:\w+\s+){0,6}weiter\s?zu\s?lesen"
    r"|(?:kundinnen|kunden|abonnent\w*|mitglieder\w*|leser\w*)\s+vorbehalten|(?:passwort|kennwort)\s+vergessen"
    r"|noch\s+kein(?:en)?\s+(?:konto|zugang|abo|account)|(?:tage|wochen|monat)\s+(?:lang\s+)?(?:kostenlos|gratis)"
    r"|(?:kostenlos|gratis)\s+(?:registrieren|testen|lesen|anmelden)|nur\s+f[üu]r\s+(?:registrierte|angemeldete|mitglieder|kund\w+)"
    r"|freie\s+artikel\s+in\s+diesem\s+monat|(?:log|sign)\s+in\s+to\b|please\s+(?:log|sign)\s+in|create\s+(?:a|an|your)\s+(?:free\s+)?account"
    r"|forg[eo]t(?:ten)?\s+(?:your\s+)?password|(?:for|to)\s+(?:our\s+)?(?:subscribers|members)\s+only|free\s+articles\s+(?:left|this)"
    r"|connectez-vous|identifiez-vous|r[ée]serv[ée]e?s?\s+(?:aux|à\s+nos)\s+abonn[ée]s|d[ée]jà\s+abonn[ée]|mot\s+de\s+passe\s+oubli[ée]"
    r"|abonnez-vous|pour\s+lire\s+la\s+suite|il\s+vous\s+reste\s+\d+|cr[ée]e[rz]\s+(?:un|mon|votre)\s+compte"
    r"|log\s+(?:nu\s+)?in\s+om|alleen\s+voor\s+(?:abonnees|leden)|al\s+abonnee|wachtwoord\s+vergeten|word\s+abonnee"
    r"|om\s+verder\s+te\s+lezen|lees\s+(?:nu\s+)?verder\s+(?:met|voor)|maak\s+(?:\w+\s+)?een\s+account"
    r"|accedi\s+(?:per|al|con)|riservato\s+agli\s+abbonati|già\s+abbonat|password\s+dimenticata|abbonati\s+(?:per|ora|subito)"
    r"|per\s+continuare\s+a\s+leggere|inicia\s+sesión|exclusivo\s+para\s+suscriptores|ya\s+(?:eres|es)\s+suscriptor"
    r"|olvid\w+\s+(?:la|tu|su)\s+contraseña|suscr[íi]b(?:ete|ase)|para\s+(?:seguir|continuar)\s+leyendo)",
    re.IGNORECASE,
)
PRICED = re.compile(
    r"(?:[$€£]\s?\d|\d\s?(?:€|euro|kr|zł))[^.]{0,30}\b(?:month|week|year|monat|woche|jahr|mois|semaine|maand|mese|mes|mån|mies)",
    re.IGNORECASE,
)
YOU = re.compile(
    r"\b(?:Sie|Ihnen|Ihre?[mnrs]?|[Dd]eine?[mnrs]?|dir|you|your|vous|votre|vos|jouw?|uw|je|tuo|tua|tuoi|tu|usted|su)\b.*"
    r"\b(?:unsere?[mnrs]?|wir|uns|bitte|website|seite|browser|konto|our|we|please|page|account|nous|notre|site|onze|wij|ons"
    r"|nostr[oaei]|nuestr[oa]s?|sito|sitio|p[áa]gina)\b|\b(?:[Uu]nsere?[mnrs]?|[Ww]ir|[Oo]ur|[Nn]otre|[Oo]nze)\b.*\b(?:Sie|Ihnen|Ihre?[mnrs]?|you|your|vous|votre)\b"
)
TOPIC_PAGE = re.compile(
    r"^/*$|/(?:autor(?:en)?|authors?|thema|themen|topics?|tags?|kategorie|category|schlagwort(?:e)?|dossier|suche|search|archiv)/",
    re.IGNORECASE,
)
WALL_PARTS = re.compile(r"paywall|offer|barrier|(?:^|[\s_-])(?:gate|plans?)(?=$|[\s_-])", re.IGNORECASE)
FEW_TEASERS, MANY_TEASERS = 3, 8  # headings that lead elsewhere
MOST_TEASED = 0.5
SHORT = 1000  # characters; what stands in an article's place has less, or speaks of itself
LONGEST_OFFER = 250


@dataclass(frozen=True, slots=True)
class Facing:
    """What meets the reader of the whole page."""

    url: str
    words: str  # headings and paragraphs, at most 3,000 characters
    teasers: int  # headings that lead elsewhere
    offer: bool  # a subscription is offered in a part of the page that is called so
    teased: float  # the share of the text that stands under headlines that lead elsewhere
    around: str  # what stands about the headline, at most 3,000 characters: no layer of the whole page


def facing(tree: HtmlElement, url: str, teased: float, around: str) -> Facing:
    parts = ((part, class_and_id(part)) for part in tree.iter("div", "section", "article", "main"))
    walls = (part for part, names in parts if WALL_PARTS.search(names))
    return Facing(
        url,
        " ".join(map(flat, islice(tree.iter("h1", "h2", "p", "title"), 60)))[:3000],
        sum(map(in_link, tree.iter("h2", "h3", "h4"))),
        any(OFFER.search(flat(part)[:500]) for part in islice(walls, 20)),
        teased,
        around,
    )


def offers(text: str) -> bool:
    return len(text) < LONGEST_OFFER and bool(OFFER.search(text))


def to_the_reader(paragraphs: list[str]) -> bool:
    """Whether most of the text speaks to who reads it: a page about the site, not about the world."""
    return sum(len(text) for text in paragraphs) < 1500 and share_matching(paragraphs, YOU) > 0.6


def share_matching(paragraphs: list[str], pattern: re.Pattern[str]) -> float:
    """The share of the text that stands in paragraphs with such words."""
    return sum(len(text) for text in paragraphs if pattern.search(text)) / max(1, sum(map(len, paragraphs)))


def obstacle(page: Facing, metadata: Metadata, paragraphs: list[str], *, listed: bool) -> str | None:
    """wall, consent, blocked, missing or list, where the page shows that it is one of these instead of an article.

    A title alone shows nothing, articles are written on logins and lost dogs: the page must say it to its reader, too.
    """
    length = sum(map(len, paragraphs))
    prose = [text for text in paragraphs if len(text) > 120]
    # It says of which day it is, and that it is an article or looks like one.
    dated = metadata.published is not None and metadata.date_source != "url"
    sure = dated and (metadata.says_article or len(prose) > 2)
    if (not sure or length < 2 * SHORT) and share_matching(paragraphs, ASKS_CONSENT) > 0.5:
        return "consent"
    if length and not any(map(metadata.is_of, paragraphs)):  # offers, and nothing of the article
        priced = sum(bool(PRICED.search(text)) for text in paragraphs)
        if (metadata.free is False and page.offer and not prose) or (not sure and priced > 1):
            return "wall"
    asks = len(ASKS_CONSENT.findall(page.around)) if length < 2 * SHORT and not metadata.shows_headline else 0
    if asks and asks + len(OFFER.findall(page.around)) > 1:
        return "consent"
    if not sure and ASKED_IN_VAIN.search(page.words[:400]):
        return "missing"
    if length < SHORT and not sure:
        gone = MISSING.search(metadata.title) or (length < 400 and MISSING.search(page.words[:300]))
        if gone and (not metadata.published or share_matching(paragraphs, MISSING) > 0):
            return "missing"
        checks = set(BLOCKED.findall(page.words.lower()))
        spoken = any(" " in check for check in checks) and (length < 400 or BLOCKED.search(metadata.title))
        if len(checks) > 1 or (checks and not metadata.published and (spoken or length < 100)):
            return "blocked"
        if share_matching(paragraphs, OFFER) > 0.5 and all(map(OFFER.search, prose)):
            return "wall"
    return "list" if listed and lists_others(page, metadata, length, len(prose)) else None


def lists_others(page: Facing, metadata: Metadata, length: int, prose: int) -> bool:
    """Whether it is there to lead to other articles, and says so: by its type, its title, its address."""
    says_list = metadata.types & {"CollectionPage", "SearchResultsPage", "ProfilePage"} or page.teased > MOST_TEASED
    topic = TOPIC_PAGE.search(urlsplit(page.url).path) and prose < 4
    empty = not metadata.is_article and not metadata.published and prose < 2 and length < 60 * page.teasers
    if page.teasers >= MANY_TEASERS and (topic or empty):
        return True
    return page.teasers >= FEW_TEASERS and not metadata.says_article and bool(says_list)
