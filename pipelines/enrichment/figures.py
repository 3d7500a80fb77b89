"""Figures of a text: what is counted, measured, paid or planned, with value, unit, hedge and sentence.

In `measures/` a sentence is parted by `numbers/tokens.py`; numbers and units are read by `numbers/numerals.py` and
`numbers/quantities.py`, days and years by `plan_years.py`. `reader.py` finds out what a figure is about:
`subjects.py` by unit, noun and the words that `cues.py` knows, `left_out.py` where the noun stands before.
"""

from datetime import date

from pipelines.enrichment.measures.figure import Figure
from pipelines.enrichment.measures.reader import FigureReader


def find_figures(text: str, lang: str, published: str | None = None) -> tuple[Figure, ...]:
    return tuple(FigureReader(text, lang, _day(published)).figures())


def _day(published: str | None) -> str:
    try:
        return date.fromisoformat((published or "")[:10]).isoformat()
    except ValueError:
        return ""
