"""What an article has taken from a press release: words in runs of eight, of which those in quotation marks are apart.

A quotation from a press conference is in both without anyone having copied.
"""

import math
import re
from collections.abc import Set

from db.passages import TAKEN, Run, places, runs, taken, words

LEAST = 0.1  # of the words; as much is alike where two tell of the same event
BASED = 0.3  # of the words: the article is made from the release

# „…“ and »…« of German, “…” and "…" of English, «…» of French and Swiss, ‘…’ of British papers, „…” of Polish.
# A quotation that goes on in the next paragraph is closed in its last one alone.
_QUOTED = re.compile(
    r"„[^„“”\"\n]+(?:[“”\"]|$)|“[^“”\n]+(?:”|$)|»[^»«\n]+(?:«|$)|«[^«»\n]+(?:»|$)"
    r"|(?<!\w)\"[^\"\n]+\"(?!\w)|(?<!\w)‘[^‘\n]+?’(?!\w)",
    re.MULTILINE,
)


def release_runs(text: str) -> frozenset[Run]:
    return frozenset(runs(words(text), TAKEN))


def taken_from(text: str, release: Set[Run]) -> tuple[float, float]:
    """Shares of the article's words: without quotations, and in them."""
    found, spans = words(text), places(text)
    quotations = [match.span() for match in _QUOTED.finditer(text)]
    own = quoted = number = 0
    for (start, end), flag in zip(spans, taken(found, release), strict=True):
        while number < len(quotations) and quotations[number][1] <= start:
            number += 1
        within = number < len(quotations) and quotations[number][0] < end
        own, quoted = own + (flag and not within), quoted + (flag and within)
    return round(own / max(1, len(found)), 4), round(quoted / max(1, len(found)), 4)


def needed(prints: int) -> int:
    """How many prints an article of so many has to share with a release before they are compared word by word.

    A tenth of its words makes a tenth of its prints, by and large.
    """
    return max(1, math.floor(prints / 20 + 0.5))
