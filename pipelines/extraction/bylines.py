"""Who wrote it: persons and news agencies, told apart."""

import re
from collections.abc import Iterable, Set
from html import unescape

from pipelines import dates
from pipelines.extraction.markup import key

AS_SPELT = (
    "epd KNA SID AWP dts dapd ddp Bloomberg ANSA Belga ANP EFE Lusa PAP ČTK TASS Xinhua AdnKronos STT Ritzau Hina TASR"
).split()
# Spelling on the page → our name. dpa's state desks (dpa/lnw) are kept: they tell where a report comes from.
AGENCIES = {
    spelling: name
    for name, spellings in {
        "dpa": "dpa|deutsche presse-agentur|dpa-infocom",
        "dpa-AFX": "dpa-afx",
        "AFP": "afp|agence france-presse|agence france presse",
        "AP": "ap|associated press|the associated press",
        "APA": "apa|austria presse agentur",
        "Reuters": "reuters|rtr",
        "SDA": "sda|keystone-sda|ats",
        "PA": "pa|pa media",
        "Europa Press": "europa press",
        "Dow Jones": "dow jones",
        **{name: name.lower() for name in AS_SPELT},
    }.items()
    for spelling in spellings.split("|")
}
DESK = re.compile(r"^(?:dpa|lnw)[/-](?P<desk>lnw|lby|lsw|lhe|lrs|lni|lno|lsn|lth|lbn|bb|be|mv|nrw|tmn)$", re.IGNORECASE)
NAMES = "|".join(sorted((re.escape(name) for name in AGENCIES), key=len, reverse=True))
CREDIT = re.compile(
    rf"(?:^[^.()]{{0,60}}\((?P<head>[^)]{{2,40}})\)\s*[-–—.]?|(?:^|[\s©(\[/])(?:quelle|source|bron|fuente|fonte"
    rf"|mit material (?:von|der)|von|©)\s*:?\s*(?P<tail>(?:{NAMES})(?:[/, ]+(?:{NAMES}))*)[)\].]?\s*$"
    rf"|[(\[](?P<end>(?:{NAMES})(?:[/, ]+[\w-]{{2,8}})*)[)\]]\s*$)",
    re.IGNORECASE,
)
# An agency in a byline stands alone: between brackets, commas, slashes, or after a word that credits.
IN_BYLINE = re.compile(
    rf"(?:^|[(\[/,;|·–:+&]|\b(?:von|by|mit|with|avec|par|met|door|con|bron|quelle|source|und|and|et|en|material|der))\s*"
    rf"(?P<name>(?:dpa|lnw)/[a-z]{{2,3}}|{NAMES})(?=\s*(?:$|[)\]/,;|·–+&.]|-\s|(?:und|and|et|en)\b))",
    re.IGNORECASE,
)

FORM = "|".join(
    "artikel beitrag kommentar analyse interview gastbeitrag bericht reportage kolumne essay glosse portr[äa]t"
    " entretien commentaire".split()
)
LEAD_IN = rf"\W*(?:\w{{2,9}}\)\s*)?(?:(?:(?:ein(?:e)?|an?|une?|het|een)\s+)?(?:{FORM})\s+)?"  # (apa) Ein Beitrag
BY = (
    r"(?:(?:(?:auf)?geschrieben|aufgezeichnet|verfasst|erstellt|eingestellt|ver[öo]ffentlicht)\s+)?von(?:\s+und\s+mit)?"
    r"|(?:(?:written|posted|published|reported|words)\s+)?by|(?:(?:publié|posté|(?:propos\s+)?recueillis)\s+)?par|door"
    r"|(?:words|story|report|haber|interview)(?=\s*:)|text[eo]?|teksti?|testo|am\s+(?:live)?ticker(?=\s*:)|autor(?:en|innen|in|a|e)?|auteure?s?|authors?|(?:das\s+)?(?:gespr[äa]ch|interview)\s+f[üu]hrten?"
    r"|die\s+fragen\s+stellten?"
)
PREFIX = re.compile(
    rf"^{LEAD_IN}(?:von\s+unsere[rmn]\s+\w*(?:redakt|mitarbeit|korrespond|report|autor)\w*|{BY}|protokoll"
    r"|interview|fotos?\s+und\s+text|(?:di|da|de|por)(?=\s+[A-ZÀ-Þ][\w'’-]+\s+[A-ZÀ-Þ]))\b\s*:?\s*",
    re.IGNORECASE,
)
SIGNED = re.compile(rf"{LEAD_IN}(?:{BY}|(?:di|por)(?=\s+[A-ZÀ-Þ]))\s*:?\s+\w", re.IGNORECASE)
HANDLE = re.compile(r"(?:\S+)?@\S+")  # @name of a network, and mail addresses
PARTS = re.compile(r"\s*(?:,|;|\||/|·|•|\s[–—]\s|\n|&|\b(?:und|and|sowie|mit|with|avec|met|et|en|con)\b)\s*", re.I)
# Words that no person is called: desks, outlets, firms, offices.
NO_PERSON = re.compile(
    r"""\b(?:\w*redaktion\w*|\w*redakteur\w*|r[ée]daction\w*|redactie|redacción|redazione|rubrique|news\w*|\w*nachrichten\w*
    |\w*team|\w*desk|staff|\w*reporter(?:in)?|correspondents?|editors?|editorial|contributors?|\w*agentur\w*|agenc\w+
    |press(?:e\w*)?|\w*pressestelle|lesezeit|lecture|read|reading
    |\w*zeitung\w*|magazin\w*|\w*verlag\w*|media|medien\w*|online|digital|redaction|gmbh|ag|kg|e\.?\s?v|ltd|inc|llc
    |foundation|stiftung|institut\w*|universit\w*|ministerium\w*|ministry|staatskanzlei|stadt|kreis|landkreis|gemeinde
    |bezirksregierung|polizei\w*|feuerwehr|department|government|bundes\w*|landes\w*|amt
    |admin|administrator|webmaster|gast(?:autor)?|guest|author|autor(?:in)?|unknown|unbekannt|anonym\w*|null|undefined|none
    |user|chefredakt\w*|journalist(?:in)?|\w*korrespondent(?:in)?|volont[äa]r(?:in)?|freelance\w*|minuten?|uhr
    |foto\w*|photo\w*|video|images?|getty|imago|picture|alliance|tv|twitter|facebook|instagram|linkedin|whatsapp|youtube
    |teilen|share|\w*studio|radio|fm|www|http\w*|com)\b
    |^(?:the|der|die|das|frau|herrn?|weitere|mehr|aktuelle|neueste|alle|unsere?|ihre?|more|latest|our|all|top|jetzt|hier|zum|zur|im
    |neu|new|bad|san|santa|los|las|tel|hong|buenos|abu|ort|datum|rubrik|ressort|kategorie|thema|quelle|stand|bereich|region
    |liebe[rs]?|geehrte[rs]?|szanown\w+|estimad[oa]s?|ch[èe]re?s?|gentil[ei]|geachte|sehr|sch[öo]ne|viele|beste|herzliche|dear|kind|best|keine?|no)\s|\.(?:de|com|at|ch|net|org|eu)\b|[@©\d{}<>\[\]=:?!#]""",
    re.IGNORECASE | re.VERBOSE,
)
PARTICLES = frozenset(
    "von van de del della di da du zu zur vom der den dem la le el al bin ben ten ter af dos und y e d' o' ap".split()
)
TITLES = re.compile(
    r"^(?:(?:prof|dr|mag|dipl|ing|ma|msc|ddr|pfr|pfarrer(?:in)?|pastor(?:in)?|diakon)\b\.?[\s-]*)+", re.IGNORECASE
)


def agencies_of(part: str) -> list[str]:
    """The agency of 'dpa' or 'dpa/bw', the state desk of 'dpa/lnw'."""
    name = part.lower() if DESK.match(part) else AGENCIES.get(part.lower().partition("/")[0])
    return [name] if name else []


def agencies_in(credit: str) -> tuple[str, ...]:
    """Agencies in an author field or a line that credits: 'Von Anna Beispiel (mit Material von dpa)'."""
    credit = unescape(credit)
    names = agencies_of(credit.strip(" ()[]."))  # sid: what is all of a field may be small
    for match in IN_BYLINE.finditer(credit):
        if match["name"].lower() not in ("ap", "pa", "sid", "ats", "pap", "stt") or match["name"].isupper():
            names += agencies_of(match["name"])
    return tuple(dict.fromkeys(names))


def credited(text: str) -> tuple[str, ...]:
    """Agencies in the dateline of the first paragraph or at the end of the last two."""
    blocks = text.split("\n\n")
    credits: list[str] = []
    for block in (blocks[0], *blocks[-2:]):
        for match in CREDIT.finditer(
            block if len(block) < 400 else block[:120] if block is blocks[0] else block[-120:]
        ):
            credits += [group for group in match.groupdict().values() if group]
    return tuple(dict.fromkeys(name for credit in credits for name in agencies_in(credit)))


def persons(fields: Iterable[str], outlet_keys: Set[str] = frozenset()) -> tuple[str, ...]:
    """Names of persons in author fields, in their order, each once; `outlet_keys` as keys."""
    names_by_key: dict[str, str] = {}
    for field in fields:
        field = " ".join(HANDLE.sub(" ", unescape(re.sub(r"<[^>]*>", " ", field))).split())
        field = PREFIX.sub("", field[1:-1] if field.startswith("(") and field.endswith(")") else field)
        for part in PARTS.split(dates.without(field)):
            name = TITLES.sub("", re.sub(r"\s*\([^)]*\)?", "", part).strip(" .,-–—|")) if part else ""
            if is_person(name) and key(name) not in outlet_keys:
                names_by_key.setdefault(key(name), name)
    names = names_by_key.values()
    spelt = [name for name in names if not name.isupper()]  # beside them capitals are a station's: NDF WESERLAND
    return tuple(spelt or names)


def is_person(name: str) -> bool:
    """Two to five words that begin with capitals, none of which is a word for a desk or a firm."""
    words = name.split()
    if not 2 <= len(words) <= 5 or len(name) > 60 or NO_PERSON.search(name) or agencies_of(name):
        return False
    return all(word[0].isupper() or not word[0].isalpha() or word.lower() in PARTICLES for word in words) and (
        sum(len(word.strip(".")) > 1 for word in words) >= 2 or len(words[-1]) > 2
    )
