"""Typing errors. Only in long words, for of short ones another letter makes another word; never in names and in words
that turn the meaning of a sentence.
"""

from collections.abc import Container

from db.normal_forms import fold
from db.search.morphology import LONGEST
from pipelines.enrichment.names import bare, dictionary, has, known, listed
from pipelines.enrichment.words import WORDS

SHORTEST = 6  # letters
TWO_SLIPS = 10  # letters from which on two slips are one typing error

_ADJECTIVES = frozenset({"e", "en", "em", "es"})
_VERBS = ({"t", "en"}, {"et", "en"})


def mistyped(old: str, new: str, lang: str, names: Container[str]) -> bool:
    """Whether one of the words is the other with a typing error: a dictionary has one of the two."""
    a, b = fold(old), fold(new)
    if min(len(a), len(b)) < SHORTEST or max(len(a), len(b)) > LONGEST or not (a.isalpha() and b.isalpha()):
        return False
    if WORDS.turning.intersection((a, b)) or listed(old) or listed(new):
        return False
    if not near(a, b, 2 if min(len(a), len(b)) >= TWO_SLIPS else 1):
        return False
    if dictionary(lang) is None:
        return old[0].islower()
    match known(old, lang), known(new, lang):
        case True, True if has(old, lang) != has(new, lang) and not _only_the_end(a, b):
            return True  # Gewerbsteuer could be a compound, but Gewerbesteuer is a word
        case True, True:
            return lang == "de" and _inflected(a, b, noun=old[0].isupper())
        case False, False:
            return old[0].islower() and new[0].islower()
        case right, _:
            return bare(old if right else new) not in names


def _inflected(a: str, b: str, *, noun: bool) -> bool:
    """A slip of grammar that changes nothing: Projekts, Projektes; technische, technischen; bedeutet, bedeuten."""
    short, long = sorted((a, b), key=len)
    if noun:
        return short.endswith("s") and long == f"{short[:-1]}es"
    at = next((at for at, (x, y) in enumerate(zip(short, long, strict=False)) if x != y), len(short))
    stems = [min(at, len(short) - 1), at]
    return any({short[stem:], long[stem:]} <= _ADJECTIVES or {short[stem:], long[stem:]} in _VERBS for stem in stems)


def _only_the_end(a: str, b: str) -> bool:
    """Rechenzentrum, Rechenzentren."""
    return a[:-3] == b[: len(a) - 3] or b[:-3] == a[: len(b) - 3]


def near(a: str, b: str, most: int) -> bool:
    """Whether at most so many letters differ; two that changed places count as one (Damerau, Levenshtein)."""
    if abs(len(a) - len(b)) > most:
        return False
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1] <= most
