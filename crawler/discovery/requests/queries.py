"""Queries of a finder, filled with terms of the profile."""

import re
from collections.abc import Iterator
from itertools import islice

from crawler.registry.finders import Finder, FinderKind
from pipelines.relevance.evidence import Role
from pipelines.relevance.lexicon import choices
from pipelines.relevance.profile import Profile

MOST_TERMS = {FinderKind.MEDIACLOUD: 25, FinderKind.GDELT_DOC: 8}
LONGEST = {FinderKind.MEDIACLOUD: 2000, FinderKind.GDELT_DOC: 200}  # of GDELT, some 213 characters pass, 290 do not
MOST_CHOICES = 6  # of one term
SHORTEST_WORD = 4  # GDELT: "the specified phrase is too short"
ROLE = re.compile(r"\{(\w+)\}")


def filled(finder: Finder, profile: Profile) -> tuple[str, ...]:
    """Each query with as many terms as it has room for; without those for which the profile has none."""
    return tuple(query for each in finder.queries if (query := _filled(each, finder.kind, profile)))


def _filled(query: str, kind: FinderKind, profile: Profile) -> str | None:
    roles = [name for name in ROLE.findall(query) if name in list(Role)]
    terms = {name: list(_terms(Role(name), kind, profile))[: MOST_TERMS[kind]] for name in roles}
    if not all(terms.values()):
        return None
    while len(text := ROLE.sub(lambda match: _either(terms.get(match[1], [match[0]])), query)) > LONGEST[kind]:
        longest = max(terms.values(), key=len)
        if len(longest) == 1:
            return None
        longest.pop()
    return text


def _either(terms: list[str]) -> str:
    """Brackets round one term alone are a fault at GDELT."""
    return terms[0] if len(terms) == 1 else f"({' OR '.join(terms)})"


def _terms(role: Role, kind: FinderKind, profile: Profile) -> Iterator[str]:
    """Of the first class of that role, a strong one before others; of who it is about, the name alone."""
    names = (*profile.named(role, strong=True), *profile.named(role))
    terms = profile.classes[names[0]].terms if names else ()
    spelt = (text for term in terms for text in _spellings(term))
    written = (text for each in spelt if (text := _written(each, wildcards=kind is FinderKind.MEDIACLOUD)))
    found = list(dict.fromkeys(written))
    yield from found[:1] if role is Role.SUBJECT else found


def _spellings(term: str) -> Iterator[str]:
    """As a person wrote it; of one with choices, some of them, unless folding spells them anew."""
    if not re.search(r"[(|~]", term):
        yield term.lower()
    elif term.isascii():
        yield from (" ".join(runs) for runs in islice(choices(term), MOST_CHOICES))


def _written(term: str, *, wildcards: bool) -> str | None:
    """A word, a phrase in quotes, or words that all must be there; None for what cannot be asked so."""
    term = term.lstrip("*") if wildcards else term  # no index looks for the ends of words
    words = term.split()
    ends = re.fullmatch(r"[^*]+\*?", term)
    if len(words) == 1 and ends and len(term.rstrip("*")) >= (1 if wildcards else SHORTEST_WORD):
        return term if wildcards else term.rstrip("*")
    if len(words) > 1 and ends and len(term) > SHORTEST_WORD:  # nobody says what a star does within quotes
        return f'"{term.rstrip("*")}"'
    if len(words) > 1 and wildcards and not any(word.startswith("*") for word in words):
        return f"({' AND '.join(words)})"
    return None
