"""The words of `speech.toml`, and what kind of word one is: a verb of saying, an office, a noun for people."""

import tomllib
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from pathlib import Path

from db.normal_forms import fold
from pipelines.enrichment.lists.name_lists import Gender
from pipelines.enrichment.names import is_body, is_role
from pipelines.enrichment.words import WORDS

_Words = frozenset[str]
_STEM_ENDINGS = ("t", "te", "en", "ten", "et", "ete", "n", "st")
TITLES = frozenset("herr herrn frau dr prof professor mr mrs ms miss sir lady".split())
_BODY_ENDINGS = (
    *("ministerium", "verwaltung", "behörde", "gericht", "verband", "initiative", "unternehmen", "rechnungshof"),
    *("konzern", "betreiber", "versorger", "hersteller", "anbieter", "anstalt", "zentrale", "agentur", "fraktion"),
    *("schreiben", "bericht", "gutachten", "stellungnahme", "mitteilung"),
)
_AUTHORITY_ENDINGS = (  # a mere "amt" ends Ehrenamt, too
    *("schulamt", "landesamt", "bundesamt", "umweltamt", "finanzamt", "gesundheitsamt", "bauamt", "jugendamt"),
    "bergamt",
)
_FEMININE = (
    *("ung", "schaft", "heit", "keit", "ion", "ei", "tät", "kammer", "behörde", "stadt", "gemeinde", "firma", "kirche"),
    *("initiative", "feuerwehr", "agentur", "zentrale", "anstalt", "bank", "schule", "presse", "union", "bahn", "mail"),
)
_FEMALE_TITLES = frozenset("frau mrs ms miss lady mrs".split())
_MEN = frozenset("husband son boy uncle sohn bruder vater opa großvater enkel onkel neffe junge".split())
_NAMED_BODIES = frozenset(
    "initiative bündnis verein gruppe band zeitung blatt magazin zeitschrift portal konferenz tagung veranstaltung "
    "studie partei marke label".split()
)
_MALE_TITLES = frozenset("herr herrn mr sir".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechWords:
    stems_de: _Words
    forms_de: _Words
    verbs_en: _Words
    shown_verbs: _Words
    shown: _Words
    people: _Words
    titles_en: _Words
    bodies: _Words
    recipients: _Words
    determiners_de: _Words
    determiners_en: _Words
    prepositions: _Words
    attached: _Words
    female_pronouns: _Words
    male_pronouns: _Words
    adverbs: _Words
    sources: _Words
    source_nouns: _Words
    not_names: _Words
    female_names: _Words
    male_names: _Words


@cache
def speech_words() -> SpeechWords:
    read = tomllib.loads(Path(__file__).with_name("speech.toml").read_text("utf-8"))
    return SpeechWords(**{field.name: frozenset(read[field.name].split()) for field in fields(SpeechWords)})


@lru_cache(maxsize=20_000)
def says(word: str) -> bool:
    """A verb of saying: sagte, erklären, added."""
    words, lower = speech_words(), word.lower()
    if not word[:1].islower():
        return False
    if lower in words.forms_de or lower in words.verbs_en:
        return True
    stems = words.stems_de
    return any(lower.endswith(ending) and lower[: -len(ending)] in stems for ending in _STEM_ENDINGS) or (
        lower.startswith("ge") and lower.endswith("t") and lower[2:-1] in stems
    )


def last_part(word: str) -> str:
    """The part of a compound that says what it is: Chefin of Microsoft-Chefin."""
    return word.rsplit("-", 1)[-1].removesuffix("'s").removesuffix("’s")


@lru_cache(maxsize=20_000)
def is_office(word: str) -> bool:
    """What stands before a name: an office, a title, a noun for people; written large."""
    if not word[:1].isupper():
        return False
    part = last_part(word)
    return is_role(part[:1].upper() + part[1:]) or part.lower() in speech_words().titles_en or is_human(word)


@lru_cache(maxsize=20_000)
def is_human(word: str) -> bool:
    """A noun for people: Anwohnerin, spokesman, Feuerwehrsprecher, 48-Jährige."""
    lower = last_part(word).lower()
    words = speech_words()
    if lower in words.people or (word[:1].isupper() and is_role(last_part(word).title())):
        return True
    if lower.endswith(("jährige", "jähriger", "jährigen")) or word.lower().endswith("-year-old"):
        return True
    if not word[:1].isupper() or is_first_name(word):
        return False
    if len(lower) > 6 and lower.endswith(("erin", "istin", "entin", "antin", "ologin", "erinnen")):
        return True
    return any(lower.endswith(noun) for noun in words.people if len(noun) > 5) or lower.endswith(
        ("leute", "führer", "führerin", "meister", "mann", "frau", "chef", "coach", "ärztin", "wart", "wartin")
    )


@lru_cache(maxsize=20_000)
def is_institution(word: str) -> bool:
    lower = last_part(word).lower()
    if lower in speech_words().bodies or (len(lower) > 3 and lower.rstrip("s") in speech_words().bodies):
        return True
    if not word[:1].isupper():
        return False
    return (
        is_body(last_part(word))
        or lower.endswith(_AUTHORITY_ENDINGS)
        or any(ending in lower[3:] for ending in _BODY_ENDINGS)
    )


@lru_cache(maxsize=20_000)
def is_shown(word: str) -> bool:
    """A noun for what carries words that nobody says: Transparent, Motto, Buchtitel."""
    lower = last_part(word).lower()
    if lower in speech_words().shown:
        return True
    return word[:1].isupper() and lower.endswith(
        (
            "motto",
            "titel",
            "slogan",
            "plakat",
            "plakate",
            "plakaten",
            "transparent",
            "transparente",
            "banner",
            "schild",
            "spruch",
            *("sprichwort", "film", "prospekt", "flyer", "broschüre"),
            "ausstellung",
            "kampagne",
            "projekt",
            "preis",
            "reihe",
            "verein",
            *("büchlein", "buch", "heft", "bildband"),
        )
    )


def is_feminine(word: str) -> bool:
    """A noun for a body: der Stadt is no subject."""
    return last_part(word).lower().endswith(_FEMININE)


def may_be_named(word: str) -> bool:
    """A noun for what may bear its name in marks behind it, and may speak, too: Initiative, Zeitung."""
    return last_part(word).lower() in _NAMED_BODIES


@lru_cache(maxsize=20_000)
def is_first_name(word: str) -> bool:
    if not word[:1].isupper():
        return False
    words, lower = speech_words(), word.lower()
    first = lower.split("-", 1)[0]  # Hans-Jürgen
    return first in words.female_names or first in words.male_names or fold(word) in WORDS.first_names


@lru_cache(maxsize=20_000)
def gender_of_name(word: str) -> Gender | None:
    words, first = speech_words(), word.lower().split("-", 1)[0]
    female, male = first in words.female_names, first in words.male_names
    if female != male:
        return Gender.FEMALE if female else Gender.MALE
    return Gender.FEMALE if not male and first.endswith("a") else None


@lru_cache(maxsize=20_000)
def gender_of_office(word: str, lang: str) -> Gender | None:
    part = last_part(word).lower()
    if (
        part in _FEMALE_TITLES
        or part.endswith(("frau", "woman"))
        or part in ("mother", "daughter", "mutter", "tochter")
    ):
        return Gender.FEMALE
    if part in _MALE_TITLES or part.endswith("man"):
        return Gender.MALE
    if len(part) > 4 and part.endswith("in") and (is_human(word) or is_role(part.title())):
        return Gender.FEMALE
    return Gender.MALE if lang == "de" and part not in TITLES and not part.endswith(("e", "n")) else None
