"""Figures of a text: what is counted, measured, paid or planned, with value, unit, hedge and sentence.

In `measures/` numbers and units are read by `quantities.py`, days and years by `plan_years.py`; `reader.py` finds out
what a figure is about, by the words that `cues.py` knows.
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
