"""Words, numbers and signs of a sentence."""

import re
from collections.abc import Sequence
from functools import partial
from itertools import repeat
from typing import NamedTuple

from pipelines.enrichment.letters import LETTER, split_words

_TENS = frozenset(  # with a hyphen behind they are one word: forty-five, quatre-vingt-dix
    "twenty thirty forty fifty sixty seventy eighty ninety dix vingt trente quarante cinquante soixante quatre".split()
)
_TOKEN = re.compile(  # what there is most of stands first
    "(" + LETTER + r"{3,}|\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,:]\d+)*"
    r"|[kK]?[mM][23](?!\w)|" + LETTER + r"+|[^\w\s])",
)
_HYPHENS = frozenset("-‑–")
_YEAR = re.compile(r"(?:19|20)\d\d")


class Token(NamedTuple):
    text: str
    folded: str
    start: int
    end: int
    glued: bool  # by a hyphen to the one before: Hektar in 20-Hektar-Fläche


_new = partial(tuple.__new__, Token)  # what Token() calls, in a fifth of the time: there are tens of thousands a second


def tokens_of(text: str, start: int, end: int) -> list[Token]:
    """A hyphen between two letters or digits is no token of its own."""
    words, starts, ends, _ = split_words(_TOKEN, text, start, end)
    tokens = list(map(_new, zip(words, map(str.lower, words), starts, ends, repeat(False))))
    if not any(text.find(hyphen, start, end) >= 0 for hyphen in _HYPHENS):
        return tokens
    joints = [at for at in range(1, len(tokens) - 1) if tokens[at].text in _HYPHENS and _joins(tokens, at)]
    for at in reversed(joints):
        before, behind = tokens[at - 1], tokens[at + 1]
        if before.folded.split("-")[0] in _TENS and behind.text.islower():
            tokens[at - 1 : at + 2] = [_one_word(text, before.start, behind.end)]
        else:
            tokens[at : at + 2] = [behind._replace(glued=True)]
    return tokens


def _one_word(text: str, start: int, end: int) -> Token:
    return Token(text[start:end], text[start:end].lower(), start, end, glued=False)


def _joins(tokens: Sequence[Token], at: int) -> bool:
    before, hyphen, behind = tokens[at - 1 : at + 2]
    joined = before.end == hyphen.start and hyphen.end == behind.start and behind.text[0].isalnum()
    return joined and (hyphen.text != "–" or before.text[-1].isdecimal())


def is_year(token: Token) -> bool:
    return _YEAR.fullmatch(token.text) is not None
