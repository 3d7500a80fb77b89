"""Which words of an article are names. German writes every noun large, so a large letter says little: what counts are
lists, the profile, a company's sign, what stands beside the word, and whether a dictionary has it.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from db.normal_forms import fold, is_figure, word_atoms
from db.search.morphology import LONGEST, Dictionary, compound
from pipelines.enrichment.words import WORDS
from pipelines.folding import fold as fold_term
from pipelines.relevance.evidence import Role
from pipelines.relevance.lexicon import runs
from pipelines.relevance.profile import profile_of

_PART = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?")
_SENTENCE_ENDS = re.compile(r"[.!?:]['\"»«“”„)]*$")
_OPENS = re.compile(r"^[\"„“”»«(\[]")
_BODY = re.compile(rf"\w*(?:{'|'.join(WORDS.body_endings)})(?:e?s|en|e)?")
_ROLE = re.compile(rf"\w*(?:{'|'.join(WORDS.role_endings)})(?:n|s|en|innen)?")
_PLACE = re.compile(rf"\w{{3,}}(?:{'|'.join(WORDS.place_endings)})(?:s|er)?")
_LISTED = WORDS.first_names | WORDS.places | WORDS.companies


def parts(word: str) -> list[str]:
    """Microsoft-Chef is two."""
    return _PART.findall(word)


@lru_cache(maxsize=20_000)
def bare(part: str) -> str:
    """As names are compared: Solbachs is Solbach's is Solbach."""
    return re.sub("['’]?s?$", "", fold(part)) if len(part) > 3 else fold(part)


@cache
def dictionary(lang: str) -> Dictionary | None:
    return Dictionary(lang) if lang in ("de", "en") else None


@lru_cache(maxsize=20_000)
def known(word: str, lang: str) -> bool:
    """Whether a dictionary has the word, or both parts of the compound that it is."""
    if has(word, lang):
        return True
    words = dictionary(lang) if lang == "de" and word[:1].isupper() and len(word) <= LONGEST else None
    return words is not None and any(compound(word, words))


@lru_cache(maxsize=20_000)
def has(word: str, lang: str) -> bool:
    """Whether a dictionary has just this word."""
    words = dictionary(lang) if len(word) <= LONGEST else None
    return words is not None and words.lemma(word) is not None


@lru_cache(maxsize=20_000)
def is_role(part: str) -> bool:
    folded = fold(part[:LONGEST])
    return folded in WORDS.roles or (part[:1].isupper() and _ROLE.fullmatch(folded) is not None)


@lru_cache(maxsize=20_000)
def is_body(part: str) -> bool:
    """Stadtrat, Bezirksregierung, council: a body without a name of its own."""
    return len(part) <= LONGEST and _BODY.fullmatch(fold(part)) is not None


def may_be_place(part: str) -> bool:
    """By its ending: Etzweiler, Hochneukirch."""
    return _PLACE.fullmatch(fold(part[:LONGEST])) is not None


@lru_cache(maxsize=20_000)
def listed(part: str) -> bool:
    """Named in a list or in the profile, or written as only names are: RWE, OpenAI."""
    if not part[:1].isupper() or len(part) > LONGEST or fold(part) in WORDS.no_names:
        return False
    if fold(part) in _LISTED or bare(part) in _LISTED or fold(part).removesuffix("er") in WORDS.places:
        return True
    profile = profile_of(None)
    wanted = profile.named(Role.SUBJECT, Role.PLACE)
    if any(hit.name in wanted for hit in profile.lexicon.hits(runs(fold_term(part)))):
        return True
    return len(part) > 1 and any(map(str.isupper, part[1:])) and any(map(str.isalpha, part[1:]))


def names(titles: Iterable[str], texts: Iterable[str], lang: str) -> frozenset[str]:
    """The names of an article, as `bare` has them: what is one in one place is one everywhere."""
    found: set[str] = set()
    common: set[str] = set()
    for text in (*titles, *texts):
        written_large = lang != "de" and _is_written_large(text)
        person = ""
        for part, before, after, at_start in _large(text):
            name, stands_free = bare(part), not (at_start or written_large)
            if is_role(part):
                continue
            surname = bool(before) and before == person  # Projektleiter Jost Hillebrand
            if surname or listed(part) or _stands_as_name(part, before, after, stands_free, lang):
                found.add(name)
            person = part if is_role(before) or fold(part) in WORDS.first_names else ""
            if fold(before) in WORDS.determiners and known(part, lang) and not listed(part):
                common.add(name)
    return frozenset(found - common)


def _is_written_large(text: str) -> bool:
    """A Title of Which Most Words Begin Like This."""
    long = [word for word in text.split() if len(word) > 3]
    return len(text) < 200 and sum(word[0].isupper() for word in long) > len(long) / 2


def _large(text: str) -> Iterator[tuple[str, str, str, bool]]:
    """Each part of a word with a large letter, with the parts beside it and whether a sentence begins with it."""
    words = text.split()
    heads = [parts(word) for word in words]
    for at, word in enumerate(words):
        starts = at == 0 or _SENTENCE_ENDS.search(words[at - 1]) is not None or _OPENS.match(word) is not None
        before = heads[at - 1][-1] if at and heads[at - 1] and not starts else ""
        after = heads[at + 1][0] if at + 1 < len(words) and heads[at + 1] and word[-1].isalnum() else ""
        for place, part in enumerate(heads[at]):
            if part[:1].isupper() and not any(map(is_figure, word_atoms(part))):
                yield part, before if place == 0 else "", after, starts and place == 0


def _stands_as_name(part: str, before: str, after: str, stands_free: bool, lang: str) -> bool:
    """`stands_free`: neither at the beginning of a sentence nor in a title of large letters."""
    folded = fold(part[:LONGEST])
    if folded in WORDS.no_names or folded in WORDS.determiners or folded in WORDS.fillers:
        return False
    if fold(after) in WORDS.legal_forms and after[:1].isupper():
        return True
    if fold(before) in WORDS.first_names or (is_role(before) and stands_free):
        return True
    if lang != "de":
        return stands_free or (lang == "en" and not known(part.lower(), lang) and not known(part, lang))
    if not known(part, lang) and not known(part.lower(), lang):
        return True
    if not has(part, lang) and not has(part.lower(), lang):  # a compound, but none that a dictionary has
        return may_be_place(part) or _is_apposition(before)
    return stands_free and fold(before) in WORDS.speech


def _is_apposition(before: str) -> bool:
    """Netzbetreiber Rheinstrom; but not Millionen Fördermittel."""
    is_measure = any(is_figure(atom) or atom in WORDS.units for atom in word_atoms(before))
    return before[:1].isupper() and not is_measure and has(before, "de") and not listed(before)
