"""What sort of page it is (article, release, list, wall …), by what it calls itself and how it is built."""

import re
from dataclasses import dataclass

from lxml.html import HtmlElement

from pipelines.metadata import BEGINS, ENDS, Metadata

ISSUERS = {
    "government",
    "municipality",
    "company",
    "agency_development",
    "ngo",
}  # kinds of source that publish releases

MISSING = re.compile(
    r"\b(?:404|410)\b|(?:seite|artikel|inhalt|dokument|beitrag)\s+(?:wurde\s+|konnte\s+"
    r"|ist\s+)?(?:leider\s+)?(?:nicht\s+(?:\w+\s+)?(?:gefunden|verf[üu]gbar|vorhanden|mehr)|existiert\s+nicht)"
    r"|(?:page|article|content)\s+(?:was\s+|is\s+|could\s+)?(?:not\s+(?:be\s+)?(?:found|available)|no\s+longer)"
    r"|nicht\s+gefunden|not\s+found|existiert\s+nicht",
    re.IGNORECASE,
)
BLOCKED = re.compile(
    r"access\s+denied|zugriff\s+(?:verweigert|nicht\s+gestattet|blockiert)|just\s+a\s+moment"
    r"|attention\s+required|are\s+you\s+(?:a\s+)?(?:human|robot)|captcha|(?:sind|bist)\s+(?:sie"
    r"|du)\s+ein\s+(?:mensch|roboter)"
    r"|verify(?:ing)?\s+(?:that\s+)?you\s+are|unusual\s+traffic|ungew[öo]hnliche[rn]?\s+(?:datenverkehr"
    r"|zugriffe)|\b403\b|forbidden|request\s+blocked|pardon\s+our\s+interruption|sicherheits[üu]berpr[üu]fung"
    r"|enable\s+javascript\s+and\s+cookies|checking\s+your\s+browser",
    re.IGNORECASE,
)
CONSENT = re.compile(
    r"cookie-?(?:einstellungen|hinweis|consent|zustimmung)|zustimmung|einwilligung|privacy\s+(?:wall|center"
    r"|settings)|datenschutz-?einstellungen|before\s+you\s+continue|bevor\s+(?:sie|du)\b.{0,40}\b(?:weiter"
    r"|nutzen)|mit\s+werbung\s+(?:weiter|lesen)|consent",
    re.IGNORECASE,
)
LOGIN = re.compile(
    r"^\W*(?:anmelden|einloggen|log\s?in|sign\s?in|registrieren|anmeldung|login|mein\s+konto|jetzt\s+abonnieren"
    r"|abo\s+abschlie[ßs]+en|subscribe)\b|\b(?:bitte\s+(?:melden|loggen)\s+sie\s+sich|please\s+(?:log|sign)\s+in)\b",
    re.IGNORECASE,
)
LISTED = re.compile(
    r"^\W*(?:suche\b|suchergebnis|search\s+results?|themenseite|thema:|archiv\b|tag:|tag\s+archives?|schlagwort"
    r"|alle\s+(?:artikel|meldungen|beitr[äa]ge)|kategorie:?|category:?|author\s+archives?|seite\s+\d+\b"
    r"|pressemitteilungen$|aktuelle\s+meldungen$|nachrichten\s+aus\b|startseite)",
    re.IGNORECASE,
)
OFFER = re.compile(
    r"\b(?:jetzt\s+(?:\w+\s+){0,5}(?:abonnieren|weiterlesen|testen|registrieren|freischalten|abschlie[ßs]+en"
    r"|bestellen|sichern|anmelden|kostenlos)|weiterlesen\s+mit|(?:sie|du)\s+(?:haben|sind|hast"
    r"|bist)\s+(?:bereits|schon|noch\s+kein)\w*\s+(?:\w+\s+){0,3}(?:abo\w*|kund\w+|zugang|konto|registriert|mitglied)"
    r"|(?:monatlich|jederzeit)\s+k[üu]ndbar|(?:€|euro)\s*(?:/|pro|im|je|monatlich)\s*(?:monat|woche)?"
    r"|nur\s+f[üu]r\s+abonnent\w*|exklusiv\s+f[üu]r\s+(?:\w+\s+)?abonnent\w*"
    r"|mit\s+(?:einem\s+)?(?:\w+[- ]?)?abo\b.{0,40}\b(?:lesen|zugang|zugriff)|(?:plus|premium"
    r"|digital)[- ]?(?:abo|artikel|inhalt)\b"
    r"|already\s+(?:a\s+)?(?:subscriber|subscribed|registered|have\s+an\s+account)|subscribe\s+(?:now"
    r"|to\s+(?:read|continue|unlock))|to\s+continue\s+reading|continue\s+reading\s+(?:with|for)"
    r"|unlock\s+this\s+article|start\s+your\s+(?:free\s+)?trial|diesen\s+artikel\s+weiterlesen"
    r"|artikel\s+freischalten|probeabo|probemonat)",
    re.IGNORECASE,
)
RELEASE = re.compile(
    r"presse?-?_?(?:mitteilung|information|meldung|release|erkl[äa]rung)|press-?_?release|medien-?(?:mitteilung"
    r"|information)|original-content von",
    re.IGNORECASE,
)
INTERVIEW = re.compile(
    r"^\W*interview\b|\binterview\s*(?:[:|–-]|mit\b|$)|\bim\s+gespr[äa]ch\b|^gespr[äa]ch\s+mit\b", re.IGNORECASE
)
COMMENTARY = re.compile(
    r"^\W*(?:kommentar|kolumne|leitartikel|gastbeitrag|gastkommentar|meinung|glosse|essay|standpunkt|debatte"
    r"|opinion|comment|editorial|column)\b|\b(?:ein|eine)\s+(?:gast)?(?:kommentar|kolumne|glosse|gastbeitrag"
    r"|leitartikel)\b",
    re.IGNORECASE,
)
TICKER = re.compile(
    r"\b(?:live-?\s?(?:ticker|blog)|news-?ticker|ticker)\b|[/-](?:liveticker|newsticker|liveblog"
    r"|live-blog)(?:[/.-]|$)",
    re.IGNORECASE,
)
KICKER = re.compile(
    rf"{BEGINS}(?i:kicker|topline|over-?line|over-?title|pre-?title|dachzeile|oberzeile|spitzmarke"
    rf"|roofline|eyebrow|section|rubrik){ENDS}"
)
LONGEST_KICKER = 80  # characters; what is longer is called so for another reason

# Every language has a few words that make up a fifth of any text; scrambled letters have none of them.
COMMON = {
    code: frozenset(words.split())
    for code, words in {
        "de": "der die das und in zu den mit von ist im für auf ein eine nicht dem des sich auch es an werden aus er",
        "en": "the of and to in a is that for it on as with was at by be from are this have not he has they said",
        "nl": "de het een van en in is op te dat die voor met zijn niet aan er om ook als bij door",
        "fr": "le la les de des et en un une du est que dans pour qui sur au par plus pas ce il avec",
    }.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What of the whole page counts for its kind; the text is not read yet."""

    url: str
    issuer: bool
    kicker: str
    words: str  # all text of the page, at most 3,000 characters
    teasers: int  # headings that lead elsewhere
    password: bool
    offer: bool  # a subscription is offered in a part of the page that is called so


def kickers(tree: HtmlElement) -> list[HtmlElement]:
    """The lines above the heading that name its section or form."""
    above = tree.xpath(  # of three headings: before each of 4,000 it takes a minute
        "((//h1)[position() < 4]/preceding-sibling::* | (//h1)[position() < 4]/../preceding-sibling::*[position() < 3])"
        "/descendant-or-self::*[not(ancestor-or-self::nav or ancestor::ul)]"
    )
    return [
        part
        for part in above
        if KICKER.search(part.get("class") or "")
        and len(" ".join(part.text_content().split())) <= LONGEST_KICKER
        and not part.xpath("descendant-or-self::h1")
    ]


def signs(tree: HtmlElement, url: str, told: Metadata, source_kind: str | None) -> Signs:
    named = [*kickers(tree), *(part for part in tree.xpath("//h1//*") if KICKER.search(part.get("class") or ""))]
    marked = tree.xpath("//div[contains(@class, 'paywall') or contains(@class, 'offer') or contains(@id, 'paywall')]")
    return Signs(
        url=url,
        issuer=source_kind in ISSUERS
        or bool(tree.xpath("//*[contains(@class, 'press-release') or contains(@class, 'pressemitteilung')][.//h1]")),
        kicker=" · ".join([*(" ".join(part.text_content().split())[:LONGEST_KICKER] for part in named), told.section]),
        words=" ".join(" ".join(e.text_content().split())[:3000] for e in tree.iter("h1", "h2", "p", "title"))[:3000],
        teasers=len(tree.xpath("//*[self::h2 or self::h3 or self::h4][.//a[@href] or ancestor::a[@href]]")),
        password=bool(tree.xpath("//input[@type='password']")),
        offer=any(OFFER.search(element.text_content()[:500]) for element in marked[:20]),
    )


def offers(text: str) -> bool:
    return len(text) < 250 and bool(OFFER.search(text))


def kind(sign: Signs, told: Metadata, text: str) -> str:
    unusable = obstacle(sign, told, text)
    if unusable:
        return unusable
    if scrambled(text):
        return "scrambled"
    types, heading = told.types, f"{sign.kicker} · {told.title}"
    if types & {"LiveBlogPosting"} or TICKER.search(heading) or TICKER.search(sign.url):
        return "ticker"
    if (
        types & {"PressRelease"}
        or sign.issuer
        or RELEASE.search(sign.kicker)
        or RELEASE.search(sign.url)
        or RELEASE.match(told.title)
    ):
        return "release"
    if types & {"Interview"} or any(INTERVIEW.search(name) for name in (sign.kicker, told.title)):
        return "interview"
    if types & {"OpinionNewsArticle"} or COMMENTARY.search(sign.kicker) or COMMENTARY.search(told.title):
        return "commentary"
    if (
        len(text) < 600
        and not told.is_article
        and (
            types & {"VideoObject", "AudioObject", "PodcastEpisode"}
            or any(t.startswith(("video", "music")) for t in types)
        )
    ):
        return "media"
    return "article" if told.is_article or told.published else "other"


def obstacle(sign: Signs, told: Metadata, text: str) -> str | None:
    """wall, consent, blocked, missing or list, where the page is one of these and no article."""
    if len(text) < 1000 and not told.is_article:
        if MISSING.search(told.title) or (len(text) < 400 and MISSING.search(sign.words[:300])):
            return "missing"
        if BLOCKED.search(told.title) or (len(text) < 400 and BLOCKED.search(sign.words)):
            return "blocked"
        if CONSENT.search(told.title) or (
            len(text) < 600 and not told.published and len(CONSENT.findall(sign.words)) > 1
        ):
            return "consent"
        if LOGIN.search(told.title) or (sign.password and len(text) < 400):
            return "wall"
    if not told.is_article:
        listed = told.types & {"CollectionPage", "SearchResultsPage", "ItemList"} or LISTED.search(told.title)
        if listed or (sign.teasers >= 8 and len(text) < 120 * sign.teasers and not told.published):
            return "list"
    return None


def scrambled(text: str) -> bool:
    """Whether most of the text has letters but no language, or signs where its letters should be."""
    if text.count("\ufffd") > 0.02 * len(text):
        return True
    common = frozenset().union(*COMMON.values())
    blocks = [re.findall(r"[^\W\d_]+", block.lower()) for block in text.split("\n\n")]
    long = [block for block in blocks if len(block) >= 15]
    dead = [block for block in long if sum(word in common for word in block) < 0.04 * len(block)]
    return bool(long) and sum(map(len, dead)) > 0.5 * sum(map(len, long))


def language(text: str, declared: str | None) -> str | None:
    """The declared language, unless the text is plainly in another one that we know."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    if len(words) < 60:
        return declared
    share = {code: sum(word in common for word in words) / len(words) for code, common in COMMON.items()}
    best = max(share, key=lambda code: share[code])
    if declared in share:
        return best if share[best] > 0.15 and share[best] > 2.5 * share[declared] else declared
    return declared or (best if share[best] > 0.15 else None)
