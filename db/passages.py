"""Runs of words that two texts have in common: what one may have taken from the other, wherever it stands there."""

import re
import unicodedata
from collections.abc import Iterator, Sequence, Set
from functools import lru_cache
from itertools import pairwise

# Marks within a word: accents apart from their letter, soft hyphens and what else no reader sees.
_MARKS = "\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff"
_SIGNS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"  # Chinese and Japanese part no words: each sign is one
_WORD = re.compile(rf"[{_SIGNS}]|[^\W{_SIGNS}](?:[^\W{_SIGNS}]|[{_MARKS}])*")
_PLAIN, _RARE = re.compile(r"\w+"), re.compile(f"[{_MARKS}{_SIGNS}]")  # five times as fast, where that is the same
_UNSEEN = dict.fromkeys([0xAD, *range(0x200B, 0x2010), 0x2060, 0xFEFF])

TAKEN = 8  # words in a row that two people do not happen to write; with 5, a fifth of what nobody took seems taken

Run = tuple[str, ...]


def words(text: str) -> list[str]:
    """Without case, and what else spellings differ in."""
    return list(map(_folded, _pattern(text).findall(text)))


def places(text: str) -> list[tuple[int, int]]:
    """Where each of the words begins and ends."""
    return [match.span() for match in _pattern(text).finditer(text)]


def _pattern(text: str) -> re.Pattern[str]:
    return _WORD if _RARE.search(text) else _PLAIN


@lru_cache(1 << 16)
def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().translate(_UNSEEN)


def runs(words: Sequence[str], length: int) -> Iterator[Run]:
    """All runs of so many words, in their order."""
    return zip(*(words[start:] for start in range(length)), strict=False)


def covered(present: Sequence[bool], length: int) -> list[bool]:
    """Which words are part of a run that is present; of each run whether it is, of so many words."""
    left, flags = 0, []
    for each in present:
        left = length if each else left - 1
        flags.append(left > 0)
    return flags + [left > ahead for ahead in range(1, length)] if present else []


def taken(words: Sequence[str], others: Set[Run], length: int = TAKEN) -> list[bool]:
    """Which of the words stand in a run that is one of the others'."""
    flags = covered([run in others for run in runs(words, length)], length)
    return flags or [False] * len(words)


def passages(text: str, other: str, length: int = TAKEN) -> list[tuple[int, int]]:
    """What of a text stands in the other as well: where it begins and ends, each within a paragraph."""
    flags, spans = taken(words(text), set(runs(words(other), length)), length), places(text)
    marked: list[tuple[int, int]] = []
    for (before, flag), (span, now) in pairwise([((0, 0), False), *zip(spans, flags, strict=True)]):
        if now and flag and "\n" not in text[before[1] : span[0]]:
            marked[-1] = (marked[-1][0], span[1])
        elif now:
            marked.append(span)
    return marked
