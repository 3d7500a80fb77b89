"""What makes two spellings of a word equal, for terms, texts and addresses alike."""

import unicodedata

from db.normal_forms import INVISIBLE

_SPELLINGS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "’": "'"} | dict.fromkeys("‐–—―−", "-"))


def fold(text: str) -> str:
    """What makes spellings equal: Größe, GROESSE and Grö\u00adße are one word, in texts as in addresses."""
    return unicodedata.normalize("NFKC", text.translate(INVISIBLE)).casefold().translate(_SPELLINGS)
