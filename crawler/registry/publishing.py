"""What the registry says of publishing: whose texts may be shown, and how much of all others."""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from db import validation
from db.validation import Reader


class TextRights(StrEnum):
    """What may be done with a source's texts."""

    PRESS = "press"  # none is shown but the extract
    RELEASE = "release"  # its press releases are written to be printed: they may be shown whole
    CC0 = "cc0"
    CC_BY = "cc-by"
    CC_BY_SA = "cc-by-sa"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    extract_words: int = 7  # at most, of an article's text
    keep: int = 30  # snapshots, beside the first of each month


PUBLISHING: dict[str, Reader] = {
    "extract_words": partial(validation.number, 0, 30),
    "keep": partial(validation.number, 1, 1000),
}
