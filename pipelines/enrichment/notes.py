"""Notes of the outlet on what it changed: 'In einer früheren Fassung …', 'Correction: …'."""

import re
from collections.abc import Sequence

from pipelines.enrichment.words import WORDS

_LABELS = rf"[\s(\[*+–—_-]*(?:{WORDS.note_labels})?"
_NOTE = re.compile(rf"(?:^|(?<=[.!?:)\]»“”\"'])\s){_LABELS}(?:{'|'.join(WORDS.notes)})", re.IGNORECASE)
_HEAD = re.compile(rf"\W*(?:{WORDS.note_heads})", re.IGNORECASE)


def apart(paragraphs: Sequence[str]) -> tuple[list[str], list[str]]:
    """The text without its notes, and the notes: each from where it begins to the end of its paragraph."""
    text: list[str] = []
    notes: list[str] = []
    headed = False
    for paragraph in paragraphs:
        plain = paragraph.replace("’", "'")
        if headed or _HEAD.fullmatch(plain):
            notes.append(paragraph)
            headed = not headed
        elif found := _NOTE.search(plain):
            notes.append(paragraph[found.start() :].strip())
            if before := paragraph[: found.start()].strip():
                text.append(before)
        else:
            text.append(paragraph)
    return text, notes
