"""Numbers however their digits are grouped, and a letter with its number: 3.200 and 3200, A 61 and A61."""

import re
from collections.abc import Sequence
from itertools import takewhile

_WHOLE = re.compile(r"[1-9]\d{3,14}", re.ASCII)
_FIRST, _NEXT = re.compile(r"[1-9]\d{0,2}", re.ASCII), re.compile(r"\d{3}", re.ASCII)
_LETTERED = re.compile(r"([^\W\d_]{1,3})([0-9]{1,4})")  # A61, RB38


def parted(word: str) -> list[str]:
    """As the index has it where it is grouped: 3 200, A 61; nothing of other words."""
    if _WHOLE.fullmatch(word):
        return [f"{int(word):,}".replace(",", " ")]
    lettered = _LETTERED.fullmatch(word)
    return [f"{lettered[1]} {lettered[2]}"] if lettered else []


def together(words: Sequence[str]) -> int:
    """How many of them, from the first on, are one number or a letter with its number: A 61, but not RWE 2025."""
    if _FIRST.fullmatch(words[0]):
        return 1 + len(list(takewhile(_NEXT.fullmatch, words[1:])))
    is_letter = len(words) > 1 and len(words[0]) == 1 and words[0].isupper()
    return 2 if is_letter and _LETTERED.fullmatch(words[0] + words[1]) else 1
