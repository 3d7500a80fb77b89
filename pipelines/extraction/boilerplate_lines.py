"""Lines among an article's paragraphs in which the page speaks of itself: credits, bylines, invitations, addresses."""

import re
from urllib.parse import urlsplit

from pipelines import dates
from pipelines.extraction import bylines
from pipelines.extraction.authors import SIGNED
from pipelines.extraction.markup import key
from pipelines.extraction.metadata import Metadata
from pipelines.extraction.publication_dates import dating

ASIDES = re.compile(
    r"^(?:(?:ver[öo]ffentlicht|publiziert|aktualisiert|stand|erschienen|published|updated|publi[ée]e?|gepubliceerd|pubblicato)\b"
    r".{0,60}\d.{0,30}"
    r"|.{0,12}\d+\s+(?:min\w*\.?)\s*(?:lesezeit|lesedauer|read|de\s+lecture|leestijd).{0,10}|temps\s+de\s+lecture.{0,20}"
    r"|(?:von|by|par|door)\s*:?\s+[^.!?]{3,60}|\W*(?:fotos?|bild(?:er|quelle)?|quelle|image|photo|picture|credit|grafik"
    r"|symbolbild|symbolfoto|video|redaktion|text)\s*:.{0,140}"
    r"|©.{0,140}|an dieser stelle (?:finden sie|befindet sich|steht|sehen sie)\b.{0,60}\binhalt.{0,200}"
    r"|.{0,60}\bextern\w+\s+inhalt\w*\b.{0,160}|.{0,10}(?:bin"
    r"|sind) (?:damit )?einverstanden, dass (?:mir|uns|ihnen)\b.{0,120}"
    r"|(?:dabei )?(?:k[öo]nnen )?personenbezogene daten .{0,40}drittplattformen.{0,120}|link zum .{0,20}inhalt"
    r"|(?:anzeige|werbung|advertisement|publicit[ée]|advertentie|pubblicit[àa]|publicidad)"
    r"|(?:autor(?:in)?|datum|author|date|auteur|ressort|rubrik|kategorie|von|stand|quelle|erschienen|pressemitteilung)\s*:?"
    r"|[^.!?()]{2,40}\((?:ots|apa|afp|sda|dpa[a-z/-]*)\)\W*|presse(?:mitteilung|information|meldung)\b.{0,60}"
    r"|loading\b.{0,30}|.{0,30}wird geladen\W*)$",
    re.IGNORECASE,
)
# What an outlet asks of its readers, in words that no article has.
INVITES = re.compile(
    r"\b(?:newsletter|nieuwsbrief|infolettre|push-?(?:dienst|nachricht\w*)|whatsapp(?:-?(?:kanal|channel))?|eilmeldung)\b.{0,80}"
    r"\b(?:abonnier\w*|anmelden|bestellen|einschalten|inscri\w+|schrijf|sign\s+up|subscribe|iscri\w+|suscr\w+|verpassen|erhalten)\b"
    r"|\b(?:schrijf\s+je\s+in|sign\s+up\s+for|inscrivez-vous|melden\s+sie\s+sich\s+(?:hier\s+)?(?:f[üu]r|zu)|iscriviti|suscr[íi]bete)\b"
    r".{0,60}\b(?:newsletter|nieuwsbrief|infolettre|bolet[íi]n)\b"
    r"|^(?:have\s+a\s+(?:news\s+)?(?:tip|story)|to\s+report\s+an\s+error|fehler\s+(?:gefunden|entdeckt|melden)|got\s+a\s+tip"
    r"|(?:was|wie)\s+(?:meinen|denken|finden)\s+sie\?|diskutieren\s+sie\s+mit|haben\s+sie\s+(?:einen\s+)?(?:fehler|hinweise?|fragen\s+zu)"
    r"|(?:folgen|follow|suivez|volg)\s+(?:sie\s+)?(?:uns|us|nous|ons)\b|teilen\s+sie\s+diese|war\s+(?:das|dieser\s+\w+)\s+hilfreich"
    r"|(?:e?uch|ihnen|dir)\s+gef[äa]llt\b|could\s+you\s+chip\s+in|(?:wie|was)\s+(?:stehen|sagen|halten)\s+sie\b|unterst[üu]tzen\s+sie\s+uns|support\s+us\b)"
    r"|\bchip\s+in\b.{0,40}\b(?:month|year)\b|\bwar\s+das\s+hilfreich\b",
    re.IGNORECASE,
)
LONGEST_ASIDE = 330
LONGEST_INVITATION = 200
MAIL = re.compile(r"[\w.+-]+(?:@|\(at\)|\[at\])(?P<host>[\w.-]+\.\w{2,})")
NO_NAME = re.compile(
    r"\b(?:von|by|par|door|und|and|et|mit|with|uhr|ein|eine|interview|kommentar|text|foto|autor\w*)\b", re.I
)


def is_boilerplate_line(text: str, place: int, metadata: Metadata, url: str) -> bool:
    """Whether the paragraph is none of the article's; `place`: how many stand between it and the nearer end."""
    if len(text) < LONGEST_ASIDE and ASIDES.match(text):
        return True
    if place < 2 and bylines.agencies([text]) and len(text) < 20:
        return True
    if len(text) < LONGEST_INVITATION and (INVITES.search(text) or own_address(text, url)):
        return True
    if place < 5 and len(text) < 160:
        if any(text.startswith(author + " ") for author in metadata.authors):  # a line on who they are
            return True
        head_keys = {key(metadata.title), *map(key, metadata.authors), key(", ".join(metadata.authors))}
        if key(text) in head_keys or byline(text, metadata) or dating(text):
            return True
        rest = text[len(metadata.title) :] if metadata.title and text.startswith(metadata.title) else ""
        return bool(rest) and len(rest) < 100 and (byline(rest, metadata) or dating(rest))
    return False


def own_address(text: str, url: str) -> bool:
    """Whether it gives a mail address of the outlet itself."""
    host = (urlsplit(url).hostname or "").split(".")
    return any(match["host"].lower().split(".")[-2:] == host[-2:] for match in MAIL.finditer(text))


def byline(text: str, metadata: Metadata) -> bool:
    """Whether little but the authors' names and a day stands in it."""
    authors_in_text = [author for author in metadata.authors if author in text]
    if not authors_in_text and not (SIGNED.match(text) and dates.written(text)):
        return False
    rest = dates.without(text)
    for author in authors_in_text:
        rest = rest.replace(author, " ")
    words = re.findall(r"[^\W\d_]{2,}", NO_NAME.sub(" ", rest))
    return len(words) <= 4 and not (authors_in_text and text.rstrip().endswith((".", "?", "!")) and len(words) > 2)
