"""By which words around a number one knows what it counts: nouns behind it, and what its sentence is about."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from pipelines.enrichment.measures.figure_words import NOUNS
from pipelines.enrichment.measures.quantities import Token

CLAUSE = 40  # characters that a comma between a cue and a figure counts for


class Noun(NamedTuple):
    group: str  # of figures.toml
    end: int  # token behind it


class Cue(NamedTuple):
    group: str
    start: int


OF_THEM = frozenset(
    "davon darunter weitere weiteren zusätzlich zusätzliche nochmals jeweils insgesamt further another additional them"
    " dieser".split()
)
IT_IS = frozenset("es sind waren they".split())
FLUIDS = {
    "water": re.compile(r"(?i)wasser|water|\bkühl|\bcool|regen\w*|grundwasser|\bacqua|\bagua"),
    "other": re.compile(
        r"(?i)diesel|heizöl|\böl\b|benzin|kraftstoff|\bfuel|\berde\b|erdreich|beton|concrete|erdaushub|\bboden|\bsoil|\bgas\b|erdgas|holz|\bmilch|\bbier|abraum|\bsand\b|kies"
    ),
}
_STOPS = frozenset(
    "of in by to for at from with on who that which and will are is have has were was than as or but while when per "
    "could would should can may might through until across into over under".split()
)
_GERMAN_STOPS = frozenset(
    "in im an am bei beim mit für auf aus von vom zu zum zur und oder aber bis ab nach seit sollen soll sind ist war "
    "waren werden wird wurden wurde haben hat hatte hatten will wollen könnten können könnte pro je als wie dass wenn "
    "entstehen arbeiten geschult so noch schon auch nur es sie er durch über unter vor".split()
)


def nearest(cues: dict[str, re.Pattern[str]], text: str, sentence: tuple[int, int], place: int) -> Cue | None:
    """The cue that stands nearest; a clause between counts, and weak ones only where there is no other."""
    best: tuple[int, int, Cue] | None = None
    for group, pattern in cues.items():
        for match in pattern.finditer(text, *sentence):
            between = text[match.end() : place] if match.end() <= place else text[place : match.start()]
            far = len(between) + CLAUSE * (between.count(", ") + 2 * between.count(";"))
            weight = int(group.startswith("weak"))
            if best is None or (weight, far) < best[:2]:
                best = weight, far, Cue(group, match.start())
    return best and best[2]


@lru_cache(maxsize=20_000)
def noun_group(word: str) -> str | None:
    return next((group for group, pattern in NOUNS.items() if pattern.fullmatch(word)), None)


def noun_behind(tokens: Sequence[Token], at: int, lang: str) -> Noun | None:
    """What is counted: the first noun behind the number, or the one that is joined to it by "und"."""
    first: Noun | None = None
    for place in range(at, min(at + 7, len(tokens))):
        token = tokens[place]
        if not token.text[0].isalpha():
            if first or not _goes_on(tokens, place):
                break
            continue
        if place + 1 < len(tokens) and tokens[place + 1].glued:
            continue  # KI-Fachkräfte
        pair = f"{token.folded}{tokens[place + 1].folded}" if place + 1 < len(tokens) else ""
        if ((group := noun_group(pair)) and lang != "de") or (group and group == "sites"):
            return Noun(group, place + 2)
        if group := noun_group(token.folded):
            if group not in ("persons", "others"):
                return Noun(group, place + 1) if first is None else first._replace(group=group)
            first = first or Noun(group, place + 1)
            continue
        if first:
            if token.folded not in ("und", "and", "sowie"):
                break
        elif token.folded in _STOPS if lang == "en" else token.folded in _GERMAN_STOPS or _is_other_noun(token, lang):
            break
    return first


def _is_other_noun(token: Token, lang: str) -> bool:
    return lang == "de" and token.text[0].isupper() and not token.glued and token.folded not in ("data", "ki", "it")


def _goes_on(tokens: Sequence[Token], at: int) -> bool:
    """A comma between two adjectives; a number in "zwei der drei Rechenzentren"."""
    if tokens[at].text[0].isdigit():
        return True
    return tokens[at].text == "," and at + 1 < len(tokens) and tokens[at + 1].text[0].islower()


def ends_here(tokens: Sequence[Token], at: int, lang: str) -> bool:
    """No noun follows: a mark, a stop word or a word in small letters does."""
    token = tokens[at]
    if token.glued or token.text in "%°/:":
        return False
    if not token.text[0].isalpha():
        return True
    stops = _STOPS if lang == "en" else _GERMAN_STOPS
    return token.folded in stops or token.folded in OF_THEM
