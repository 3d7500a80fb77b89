"""Who wrote it: persons and news agencies, told apart."""

import re
from collections.abc import Iterable
from html import unescape

from pipelines import dates

# Spelling on the page → our name. dpa's state desks (dpa/lnw) are kept: they tell where a report comes from.
AGENCIES = {
    spelling: name
    for name, spellings in {
        "dpa": "dpa|deutsche presse-agentur|dpa-infocom",
        "dpa-AFX": "dpa-afx",
        "AFP": "afp|agence france-presse",
        "AP": "ap|associated press|the associated press",
        "Reuters": "reuters|rtr",
        "SDA": "sda|keystone-sda",
        "PA": "pa|pa media",
        **{
            name: name.lower()
            for name in ["epd", "KNA", "SID", "APA", "AWP", "dts", "dapd", "ddp", "Bloomberg", "ANSA", "Belga", "ANP"]
        },
        "Dow Jones": "dow jones",
    }.items()
    for spelling in spellings.split("|")
}
DESK = re.compile(r"^(?:dpa|lnw)[/-](?P<desk>lnw|lby|lsw|lhe|lrs|lni|lno|lsn|lth|lbn|bb|be|mv|nrw|tmn)$", re.IGNORECASE)
NAMES = "|".join(sorted((re.escape(name) for name in AGENCIES), key=len, reverse=True))
CREDIT = re.compile(
    rf"(?:^[^.()]{{2,60}}\((?P<head>[^)]{{2,40}})\)\s*[-–—.]?|(?:^|[\s©(\[/])(?:quelle|source|mit material von"
    rf"|von|©)\s*:?\s*(?P<tail>(?:{NAMES})(?:[/, ]+(?:{NAMES}))*)[)\].]?\s*$"
    rf"|[(\[](?P<end>(?:{NAMES})(?:[/, ]+[\w-]{{2,8}})*)[)\]]\s*$)",
    re.IGNORECASE,
)

PREFIX = re.compile(
    r"^\W*(?:(?:ein(?:e)?\s+)?(?:kommentar|analyse|interview|gastbeitrag|bericht|reportage|kolumne|essay|glosse"
    r"|porträt)\s+)?"
    r"(?:von|by|text|autor(?:en|in|innen)?|author|written\s+by|words\s+by|verfasst\s+von|protokoll"
    r"|aufgezeichnet\s+von|interview|fotos?\s+und\s+text)\b\s*:?\s*",
    re.IGNORECASE,
)
PARTS = re.compile(r"\s*(?:,|;|\||/|·|•|\n|&|\bund\b|\band\b|\bsowie\b|\bmit\b|\bwith\b)\s*")
# Words that no person is called: desks, outlets, firms, offices.
NO_PERSON = re.compile(
    r"""\b(?:redaktion\w*|news\w*|nachrichten\w*|team|desk|staff|reporter(?:in)?|correspondents?|editors?"
    r"|editorial|contributors?|agentur\w*|agenc(?:y|ies)|press(?:e\w*)?
    |zeitung\w*|magazin\w*|verlag\w*|media|medien\w*|online|digital|redaction|gmbh|ag|kg|e\.?\s?v|ltd|inc|llc
    |foundation|stiftung|institut\w*|universit\w*
    |ministerium\w*|ministry|staatskanzlei|stadt|kreis|landkreis|gemeinde|bezirksregierung|polizei\w*|feuerwehr
    |department|government|bundes\w*|landes\w*|amt
    |admin|administrator|webmaster|gast(?:autor)?|guest|author|autor(?:in)?|unknown|unbekannt|anonym\w*|null
    |undefined|none|user|editor|chefredakt\w*|journalist(?:in)?
    |korrespondent(?:in)?|volont[äa]r(?:in)?|freelance\w*|minuten?|lesezeit|uhr|foto\w*|photo\w*|video|images?
    |getty|imago|picture|alliance|tv|twitter|facebook|instagram|linkedin|whatsapp|youtube|teilen|share|radio|fm
    |www|http\w*|com)\b
    |^(?:the|der|die|das|frau|herrn?)\s|\.(?:de|com|at|ch|net|org|eu)\b|[@\d{}<>\[\]=:?!#]""",
    re.IGNORECASE | re.VERBOSE,
)
PARTICLES = set(
    [
        "von",
        "van",
        "de",
        "del",
        "della",
        "di",
        "da",
        "du",
        "zu",
        "zur",
        "vom",
        "der",
        "den",
        "dem",
        "la",
        "le",
        "el",
        "al",
        "bin",
        "ben",
        "ten",
        "ter",
        "af",
        "dos",
        "und",
        "y",
        "e",
        "d'",
        "o'",
    ]
)
TITLES = re.compile(r"^(?:(?:prof|dr|mag|dipl|ing|ma|msc|ddr)\b\.?[\s-]*)+", re.IGNORECASE)


def agencies(credits: Iterable[str]) -> tuple[str, ...]:
    """Agencies named in author fields and bylines, in their order, each once."""
    found: dict[str, None] = {}
    for credit in credits:
        for part in re.split(r"\s*(?:,|;|\||\n|·|&|\bund\b|\band\b|\bmit\b|\s/\s)\s*", dates.without(unescape(credit))):
            for name in known(PREFIX.sub("", part).strip(" ()[].")):
                found[name] = None
    return tuple(found)


def known(part: str) -> list[str]:
    if DESK.match(part):
        return [part.lower()]
    whole = AGENCIES.get(part.lower())
    if whole:
        return [whole]
    pieces = [AGENCIES.get(piece.strip().lower()) for piece in part.split("/")]
    return [piece for piece in pieces if piece] if all(pieces) else []


def credited(text: str) -> tuple[str, ...]:
    """Agencies in the dateline of the first paragraph or at the end of the last two."""
    blocks = text.split("\n\n")
    found: list[str] = []
    for block in (blocks[0], *blocks[-2:]):
        for match in CREDIT.finditer(
            block if len(block) < 400 else block[:120] if block is blocks[0] else block[-120:]
        ):
            found += [group for group in match.groupdict().values() if group]
    return agencies(found)


def persons(raw: Iterable[str], outlet: str = "") -> tuple[str, ...]:
    """Names of persons in author fields, in their order, each once."""
    found: dict[str, str] = {}
    house = "".join(re.findall(r"\w+", re.sub(r"\(.*?\)", "", outlet))).lower()
    for field in raw:
        field = PREFIX.sub("", " ".join(unescape(re.sub(r"<[^>]*>", " ", field)).split()))
        for part in PARTS.split(dates.without(field)):
            name = TITLES.sub("", re.sub(r"\s*\([^)]*\)?", "", part).strip(" .,-–—|")) if part else ""
            key = "".join(re.findall(r"\w+", name)).lower()
            if is_person(name) and key != house and key not in found:
                found[key] = name
    return tuple(found.values())


def is_person(name: str) -> bool:
    """Two to five words that begin with capitals, none of which is a word for a desk or a firm."""
    words = name.split()
    if not 2 <= len(words) <= 5 or len(name) > 60 or NO_PERSON.search(name) or known(name):
        return False
    return all(word[0].isupper() or not word[0].isalpha() or word.lower() in PARTICLES for word in words) and (
        sum(len(word.strip(".")) > 1 for word in words) >= 2 or len(words[-1]) > 2
    )
