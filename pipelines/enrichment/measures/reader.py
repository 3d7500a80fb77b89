"""The figures of a text, sentence by sentence: what is written as a day, a year, or a number, and what it is about by
its unit (`subjects.py`), the noun behind it, or what has been named before (`left_out.py`).
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import compress

from db import written_numbers
from db.number_words import DOZENS, LANGUAGES
from pipelines.enrichment.letters import Remembered, words_of
from pipelines.enrichment.measures.context import FigureContext
from pipelines.enrichment.measures.cues import NEW, PERIODS, SHARES, Noun, cue_group, ends_here, is_per, noun_behind
from pipelines.enrichment.measures.figure import Figure, FigureKind, as_told
from pipelines.enrichment.measures.figure_words import KINDS
from pipelines.enrichment.measures.left_out import LEAST_BARE, is_bare, may_be_told_later, meaning
from pipelines.enrichment.measures.numbers.quantities import Quantity, quantities, shared
from pipelines.enrichment.measures.numbers.tokens import Token
from pipelines.enrichment.measures.plan_years import Time, times_of
from pipelines.enrichment.measures.subjects import LARGE, LEAST_MONEY, is_money_of_others, is_water, of_money, of_noun

DATELINE, DATELINE_ENDS = 6, frozenset("(-–—:")  # tokens before it
LEAST_COUNT = 100  # of what no kind is for: two people at a door are no figure
LEAST = {
    FigureKind.OTHER: LEAST_COUNT,
    FigureKind.TRAINING: LEAST_BARE,
    FigureKind.SIGNATURES: LEAST_BARE,
}
ELSEWHERE = frozenset("GBP JPY CNY SEK PLN".split())  # money of other countries: not the story's
WHOLE = frozenset((FigureKind.JOBS, FigureKind.SITES, FigureKind.TRAINING, FigureKind.SIGNATURES))
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
# How number words begin. What has no such word has no number: asked of a sentence that is faster than reading it.
_BEGINNINGS = frozenset(
    "zwei zwan zwöl zwo drei vier fünf fuen sech sieb acht neun zehn elf hund taus dutz mill bill two thre four"
    " five six seve eigh nine ten elev twel thir fift twen fort thou doze one half halb quar".split()
)
_PARTS = ("halb", "half", "viertel", "quarter")
_BEGINNINGS_OF_ONE = frozenset("anderth eineinh einhund eintaus".split())


def _may_be_number(word: str) -> bool:
    if any(map(str.isdecimal, word)):
        return True
    folded = word.lower()
    if folded[:4] not in _BEGINNINGS and folded[:7] not in _BEGINNINGS_OF_ONE:
        return False
    read = (written_numbers.cardinal, written_numbers.scale, written_numbers.ordinal)
    return folded in DOZENS or folded.startswith(_PARTS) or any(each(word) is not None for each in read)


_may_be = Remembered(_may_be_number)


class FigureReader:
    """Reads sentence by sentence; remembers what the last figure was about."""

    def __init__(self, text: str, lang: str, published: str) -> None:
        self.text, self.lang, self.published = text, lang, published
        self.context = FigureContext(text, lang)
        words = words_of(text)
        numbers = list(map(_may_be.__getitem__, words.words))
        self.starts, self.ends = (list(compress(places, numbers)) for places in (words.starts, words.ends))
        self.without_year: set[int] = set()  # where days stand of which the text does not say the year there

    def figures(self) -> Iterator[Figure]:
        found: list[tuple[int, Figure]] = []
        for at, sentence in enumerate(self.context.sentences):
            if self._may_have_a_number(*sentence.span):
                self.context.at = at
                found += [(at, figure) for figure in self._of_sentence(sentence.tokens)]
        meant = self._with_years([figure for _, figure in found])
        found = [(at, self._of_year(figure, meant)) for at, figure in found] if meant else found
        values = {figure.value for _, figure in found if figure.kind is FigureKind.INVESTMENT}
        for self.context.at, figure in found:
            same = figure.kind is FigureKind.OTHER and figure.value in values and KINDS.get(figure.unit) == "investment"
            if same and not is_money_of_others(self.context, figure):
                figure = replace(figure, kind=FigureKind.INVESTMENT)
            yield figure

    def _with_years(self, figures: Sequence[Figure]) -> dict[str, str]:
        """What days without a year mean, which are of the only year that the text gives them elsewhere: am 7. Oktober
        2023 … vor dem 7. Oktober. A day to come is not of the past: seit dem 1. Juli 2024 … ab dem 1. Juli.
        """
        days = {
            (figure.start in self.without_year, str(figure.value))
            for figure in figures
            if figure.kind is FigureKind.DATE
        }
        written = [day for lacks_year, day in days if not lacks_year]
        meant: dict[str, str] = {}
        for day in [day for lacks_year, day in days if lacks_year]:
            alike = [each for each in written if each[4:] == day[4:]]
            if len(alike) == 1 and alike != [day] and not day > self.published >= alike[0]:
                meant[day] = alike[0]
        return meant

    def _of_year(self, figure: Figure, meant: Mapping[str, str]) -> Figure:
        if figure.start in self.without_year:
            return replace(figure, value=meant.get(str(figure.value), figure.value))
        return replace(figure, by=meant.get(figure.by, figure.by)) if figure.by else figure

    def _may_have_a_number(self, start: int, end: int) -> bool:
        if self.lang in LANGUAGES:
            return True
        first = bisect_right(self.ends, start)
        return first < len(self.starts) and self.starts[first] < end

    def _of_sentence(self, tokens: Sequence[Token]) -> list[Figure]:
        times = times_of(tokens, self.published, self.context.tense)
        taken = {at for time in times for at in range(time.first, time.last)}
        found = [
            self._of_time(tokens, time) for time in times if time.is_figure and not self._is_dateline(tokens, time)
        ]
        untold: list[Quantity] = []
        for quantity in quantities(tokens, self.lang, self.text, taken):
            figure = self._of_quantity(tokens, quantity)
            if figure:
                found += [self._told_by(quantity, figure, tokens, each) for each in untold]
                found.append(figure)
                untold = []
            elif may_be_told_later(self.context, tokens, quantity):
                untold.append(quantity)
            elif quantity.last < len(tokens) and tokens[quantity.last].text[0].isalpha():
                self._forget_what_was_counted(tokens, quantity)
        if times:
            found.sort(key=lambda figure: figure.start)
        plans = [figure for figure in found if self._is_to_be(figure)]
        return [replace(figure, by=by) if (by := _by(figure, plans, self.text)) else figure for figure in found]

    def _told_by(self, later: Quantity, figure: Figure, tokens: Sequence[Token], quantity: Quantity) -> Figure:
        first, _ = shared([quantity, later])
        return self._as(figure.kind, first.unit or figure.unit, tokens, first)

    def _is_dateline(self, tokens: Sequence[Token], time: Time) -> bool:
        """BERLIN, Feb 15 (dpa) – the day of the article itself; or behind the names of who wrote it, in brackets."""
        behind = tokens[time.last].text if time.last < len(tokens) else ""
        at_head = self.context.at == 0 and time.first < DATELINE and behind in DATELINE_ENDS
        return time.day == self.published and (at_head or behind == ")")

    def _forget_what_was_counted(self, tokens: Sequence[Token], quantity: Quantity) -> None:
        """388 objections, 211 of them: whatever was counted before is not meant."""
        is_share = tokens[quantity.last].folded in SHARES
        is_counted = quantity.value >= LEAST_BARE or (quantity.value > 1 and self._is_of_things(tokens, quantity))
        if is_counted and not is_share and not ends_here(tokens, quantity.last, self.lang):
            self.context.forget(tokens[quantity.last - 1].end)

    def _is_of_things(self, tokens: Sequence[Token], quantity: Quantity) -> bool:
        """Drei Softwarefirmen, but not: drei der Stellen, drei davon, vier Jahre."""
        word = tokens[quantity.last]
        return self.lang == "de" and word.text[0].isupper() and word.folded not in PERIODS

    def _is_to_be(self, figure: Figure) -> bool:
        if figure.kind is FigureKind.DATE:
            return str(figure.value) > self.published
        return figure.kind is FigureKind.PLAN_YEAR

    def _of_time(self, tokens: Sequence[Token], time: Time) -> Figure:
        start, end = tokens[time.first].start, tokens[time.last - 1].end
        if not time.has_year:
            self.without_year.add(start)
        return Figure(
            kind=FigureKind.DATE if time.day else FigureKind.PLAN_YEAR,
            value=time.day or time.year,
            high=time.high,
            unit="date" if time.day else "year",
            hedge=time.hedge,
            text=self.text[start:end],
            start=start,
            end=end,
            sentence=self.context.here.span,
        )

    def _of_quantity(self, tokens: Sequence[Token], quantity: Quantity) -> Figure | None:
        kind, unit, end, counted, context = None, quantity.unit, quantity.last, None, self.context
        place = tokens[quantity.first].start
        if unit:
            kind = FigureKind(KINDS[unit])
            if kind is FigureKind.INVESTMENT:
                kind = of_money(context, place, quantity.value)
                if kind is FigureKind.INVESTMENT and (is_per(tokens, end) or unit in ELSEWHERE):
                    kind = FigureKind.OTHER
            elif kind is FigureKind.OTHER and is_per(tokens, end):
                kind = None  # 150 Kilometer pro Stunde
            elif kind is FigureKind.WATER and not is_water(context, place, quantity.value, unit):
                kind = FigureKind.OTHER
        elif noun := noun_behind(tokens, quantity.noun, self.lang):
            counted = noun.group
            if noun.group == "staff" and any(token.folded in NEW for token in tokens[quantity.last : noun.end]):
                counted = "jobs"
            is_none = _is_spot(tokens, quantity, noun) or _is_rate(tokens, quantity)
            kind = None if is_none else of_noun(context, counted, place, quantity.value)
            end = noun.end if quantity.last == quantity.noun else end
        elif quantity.value >= LEAST_MONEY and _is_of_money(tokens, quantity.last, quantity.value):
            kind, unit = of_money(context, place, quantity.value), context.currency  # das 3,2-Milliarden-Projekt
        elif is_bare(context, tokens, quantity):
            kind, unit, counted, times = meaning(context, tokens, quantity)
            quantity = quantity._replace(value=quantity.value * times)
        least = LEAST.get(kind, 0) if kind else 0
        if kind in WHOLE and quantity.value % 1:
            return None  # a mark of 3.2
        if kind is None or (unit in (None, "count") and quantity.value < least):
            return None
        figure = self._as(kind, unit or "count", tokens, quantity, end)
        before = tokens[quantity.before - 1].folded if quantity.before else ""
        if not (before == "bei" and quantity.unit and context.counted):  # bei 600 MW wären das 370 Stellen
            context.remember(figure, counted, (quantity.value, unit or "count"))
        return figure

    def _as(self, kind: FigureKind, unit: str, tokens: Sequence[Token], quantity: Quantity, end: int = 0) -> Figure:
        value, high, unit = as_told(quantity.value, quantity.high, unit)
        start, last = tokens[quantity.first].start, tokens[(end or quantity.last) - 1].end
        return Figure(
            kind=kind,
            value=value,
            high=high,
            unit=unit,
            hedge=quantity.hedge,
            text=self.text[start:last],
            start=start,
            end=last,
            sentence=self.context.here.span,
        )


def _is_of_money(tokens: Sequence[Token], at: int, value: Decimal) -> bool:
    """Der 3,2-Milliarden-Plan; of millions the word has to speak of money."""
    if at >= len(tokens) or not tokens[at].glued:
        return False
    return value >= LARGE or cue_group("money", tokens[at].folded) is not None


def _is_spot(tokens: Sequence[Token], quantity: Quantity, noun: Noun) -> bool:
    """An 20 Stellen: spots, not jobs."""
    before = tokens[quantity.before - 1].folded if quantity.before else ""
    return before == "an" and tokens[noun.end - 1].folded == "stellen"


def _is_rate(tokens: Sequence[Token], quantity: Quantity) -> bool:
    """Einen Ausbildungsplatz je zehn Beschäftigte; but: mit je zehn Beschäftigten."""
    at = quantity.before - 1
    return at > 0 and tokens[at].folded in ("je", "pro", "per") and tokens[at - 1].text[0].isupper()


def _by(figure: Figure, plans: Sequence[Figure], text: str) -> str | None:
    """The nearest year or day of a plan, where no other year stands between."""
    if figure.kind in (FigureKind.PLAN_YEAR, FigureKind.DATE) or not plans:
        return None
    nearest = min(plans, key=lambda plan: abs(plan.start - figure.start))
    first, last = sorted((figure, nearest), key=lambda each: each.start)
    return None if _YEAR.search(text, first.end, last.start) else str(nearest.value)
