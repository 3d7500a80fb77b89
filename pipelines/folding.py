"""What makes two spellings of a word equal, for terms, texts and addresses alike."""

import unicodedata

# What no reader sees: NUL, soft hyphen, zero-width and direction marks.
_MARKS = "\0\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
INVISIBLE = dict.fromkeys(map(ord, _MARKS + "\u2066\u2067\u2068\u2069"))
_SPELLINGS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "’": "'"} | dict.fromkeys("‐–—―−", "-"))


def fold(text: str) -> str:
    """What makes spellings equal: Größe, GROESSE and Grö\u00adße are one word, in texts as in addresses."""
    return unicodedata.normalize("NFKC", text.translate(INVISIBLE)).casefold().translate(_SPELLINGS)
