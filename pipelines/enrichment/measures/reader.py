"""What the figures of a text are about: the unit says so, the noun behind the number, what its sentence is about, or
the noun or figure of the sentence before ("davon rund 60").
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from pipelines.enrichment.measures.cues import FLUIDS, IT_IS, OF_THEM, Cue, ends_here, nearest, noun_behind, noun_group
from pipelines.enrichment.measures.figure import Figure, FigureKind
from pipelines.enrichment.measures.figure_words import AGENTS, KINDS, MONEY, NOUNS, PEOPLE, TIMES
from pipelines.enrichment.measures.plan_years import Time, times_of
from pipelines.enrichment.measures.quantities import Quantity, Token, is_year, may_begin, quantities, tokens_of
from pipelines.relevance.sentences import spans

HECTARE = 10_000  # m²; as many are told in hectares
BACK = 2  # sentences in which what is left out may stand
LEAST_BARE = 10  # a smaller number without a noun is none, unless "davon" or its like says so

_MAY_HAVE = re.compile(r"\d")


class FigureReader:
    """Reads sentence by sentence; remembers what the last figure was about."""

    def __init__(self, text: str, lang: str, published: str) -> None:
        self.text, self.lang, self.published = text, lang, published
        self.sentences = spans(text)
        self.last: Figure | None = None
        self.at = 0  # the sentence
        self.investments: set[float | int | str] = set()

    def figures(self) -> Iterator[Figure]:
        found: list[Figure] = []
        for at, (start, end) in enumerate(self.sentences):
            if self._may_have_a_number(start, end):
                self.at = at
                found += self._of_sentence(tokens_of(self.text, start, end))
        values = {figure.value for figure in found if figure.kind is FigureKind.INVESTMENT}
        for figure in found:
            same = figure.kind is FigureKind.OTHER and figure.value in values and KINDS.get(figure.unit) == "investment"
            yield replace(figure, kind=FigureKind.INVESTMENT) if same and not self._theirs(figure) else figure

    def _may_have_a_number(self, start: int, end: int) -> bool:
        if _MAY_HAVE.search(self.text, start, end):
            return True
        return any(may_begin(word, self.lang) for word in self.text[start:end].split() if word[0].isalpha())

    def _of_sentence(self, tokens: Sequence[Token]) -> list[Figure]:
        sentence = self.sentences[self.at]
        times = times_of(tokens, self.text, self.published)
        taken = {at for time in times for at in range(time.first, time.last)}
        found = [self._of_time(tokens, time) for time in times if time.is_figure]
        for quantity in quantities(tokens, self.lang, self.text):
            if quantity.first in taken:
                continue
            figure = self._of_quantity(tokens, quantity)
            if figure:
                self.last = figure
                found.append(figure)
        found.sort(key=lambda figure: figure.start)
        plans = [figure for figure in found if figure.kind in (FigureKind.PLAN_YEAR, FigureKind.DATE)]
        return [replace(figure, by=_by(figure, plans), sentence=sentence) for figure in found]

    def _of_time(self, tokens: Sequence[Token], time: Time) -> Figure:
        start, end = tokens[time.first].start, tokens[time.last - 1].end
        return Figure(
            kind=FigureKind.DATE if time.day else FigureKind.PLAN_YEAR,
            value=time.day or time.year,
            high=time.high,
            unit="date" if time.day else "year",
            hedge=time.hedge,
            text=self.text[start:end],
            start=start,
            end=end,
            sentence=self.sentences[self.at],
        )

    def _of_quantity(self, tokens: Sequence[Token], quantity: Quantity) -> Figure | None:
        kind, unit, end = None, quantity.unit, quantity.last
        place = tokens[quantity.first].start
        if unit:
            kind = FigureKind(KINDS[unit])
            if kind is FigureKind.INVESTMENT:
                kind = self._of_money(place)
            elif kind is FigureKind.WATER and self._is_no_water(place):
                kind = FigureKind.OTHER
        elif noun := noun_behind(tokens, quantity.last, self.lang):
            kind, end = self._of_noun(noun.group, place), noun.end
        elif self._is_bare(tokens, quantity):
            kind, unit = self._left_out(tokens, quantity)
        if kind is None:
            return None
        value, high, unit = _as_told(quantity.value, quantity.high, unit or "count")
        start, last = place, tokens[end - 1].end
        return Figure(
            kind=kind,
            value=value,
            high=high,
            unit=unit,
            hedge=quantity.hedge,
            text=self.text[start:last],
            start=start,
            end=last,
            sentence=self.sentences[self.at],
        )

    # What a figure is about

    def _of_money(self, place: int) -> FigureKind:
        cue = self._nearest(MONEY, place)
        if cue is None:
            before = [cue.group for at in self._back() if (cue := nearest(MONEY, self.text, at, at[1]))]
            group = next((group for group in before if group != "weak"), "other")
        else:
            group = cue.group
        if group == "weak":
            group = "investment"
        if group == "investment" and self._is_theirs(place, cue):
            return FigureKind.OTHER
        return FigureKind.INVESTMENT if group == "investment" else FigureKind.OTHER

    def _theirs(self, figure: Figure) -> bool:
        strong = {name: MONEY[name] for name in ("investment", "other")}
        cue = nearest(strong, self.text, figure.sentence, figure.start)
        return (cue is not None and cue.group == "other") or self._agent(figure.sentence, figure.start) == "theirs"

    def _is_theirs(self, place: int, cue: Cue | None) -> bool:
        sentence = self.sentences[self.at]
        agent = self._agent(sentence, place)
        if agent is None:
            for at in reversed(self._back()):
                if agent := self._agent(at, at[1]):
                    return agent == "theirs"
        if agent == "public":  # that it speaks of an investment does not make it its own
            return (
                cue is not None
                and re.match(r"(?i)invest(?:ier|s\b|ed|ing)|steck|pump", self.text[cue.start :]) is not None
            )
        return agent == "theirs"

    def _agent(self, sentence: tuple[int, int], place: int) -> str | None:
        found = [
            (match.start(), group)
            for group, pattern in AGENTS.items()
            for match in pattern.finditer(self.text, *sentence)
        ]
        before = [each for each in found if each[0] < place]
        if before:
            return max(before)[1]
        return min(found)[1] if found else None

    def _of_noun(self, group: str, place: int) -> FigureKind | None:
        match group:
            case "jobs" | "sites" | "signatures" | "training":
                return FigureKind(group)
            case "places":
                texts = (self.text[start:end] for start, end in (*self._back(), self.sentences[self.at]))
                meant = any(NOUNS["sites"].search(text.casefold()) for text in texts)
                return FigureKind.SITES if meant else None
            case "staff":
                cue = self._nearest({name: PEOPLE[name] for name in ("training", "signatures", "other")}, place)
                if cue:
                    return FigureKind(cue.group)
                return FigureKind.JOBS if self._is_to_come() else FigureKind.OTHER
            case "others":
                cue = self._nearest({name: PEOPLE[name] for name in ("training", "signatures")}, place)
                return FigureKind(cue.group) if cue and cue.group == "signatures" else FigureKind.OTHER
        return self._of_people(place)

    def _of_people(self, place: int) -> FigureKind:
        cue = self._nearest({name: PEOPLE[name] for name in ("training", "jobs", "signatures", "other")}, place)
        if cue and cue.group != "jobs":
            return FigureKind(cue.group)
        if cue:
            return FigureKind.JOBS if self._is_to_come() else FigureKind.OTHER
        start, end = self.sentences[self.at]
        before = any(PEOPLE["training"].search(self.text, *at) for at in self._back())
        weak = PEOPLE["weak_training"].search(self.text, start, end)
        return FigureKind.TRAINING if before and weak else FigureKind.OTHER

    def _is_to_come(self) -> bool:
        start, end = self.sentences[self.at]
        past = TIMES["past"].search(self.text, start, end)
        return not past and TIMES["future"].search(self.text, start, end) is not None

    def _is_no_water(self, place: int) -> bool:
        cue = self._nearest(FLUIDS, place)
        return cue is not None and cue.group == "other"

    # What stands in the sentence before

    def _back(self) -> list[tuple[int, int]]:
        return self.sentences[max(self.at - BACK, 0) : self.at]

    def _is_bare(self, tokens: Sequence[Token], quantity: Quantity) -> bool:
        """A number that stands for what has been named: davon 60; rund 2.500 sollen es werden."""
        token = tokens[quantity.first]
        if quantity.last < len(tokens) and not ends_here(tokens, quantity.last, self.lang):
            return False
        before = tokens[quantity.before - 1].folded if quantity.before else ""
        behind = tokens[quantity.last].folded if quantity.last < len(tokens) else ""
        if before in OF_THEM or behind in OF_THEM or " ".join((before, behind)) in OF_THEM:
            return True
        if is_year(token) and not quantity.hedge:
            return False
        words = {each.folded for each in tokens}
        counted = quantity.hedge is not None or bool(words & IT_IS)
        return counted and quantity.value >= LEAST_BARE

    def _left_out(self, tokens: Sequence[Token], quantity: Quantity) -> tuple[FigureKind | None, str | None]:
        """Kind and unit of the last noun or figure before it; what is done with people says it, too."""
        place = tokens[quantity.first].start
        cue = self._nearest({name: PEOPLE[name] for name in ("training", "signatures")}, place)
        if (
            self.last
            and self.last.unit not in ("year", "date")
            and self.last.sentence in (*self._back()[-1:], self.sentences[self.at])
        ):
            later = self._last_noun(self.last.end, place)
            if later is None:
                return self.last.kind, self.last.unit
            return self._of_noun(later, place), None
        if noun := self._last_noun(self._back()[-1][0] if self._back() else self.sentences[self.at][0], place):
            return self._of_noun(noun, place), None
        if cue:
            return FigureKind(cue.group), None
        jobs = self._nearest({"jobs": PEOPLE["jobs"]}, place)
        return (FigureKind.JOBS, None) if jobs and self._is_to_come() else (None, None)

    def _last_noun(self, start: int, end: int) -> str | None:
        """The group of the last noun that can be counted."""
        words = [token.folded for token in tokens_of(self.text, start, end)]
        return next((group for word in reversed(words) if (group := noun_group(word)) and group != "others"), None)

    def _nearest(self, cues: dict[str, re.Pattern[str]], place: int) -> Cue | None:
        return nearest(cues, self.text, self.sentences[self.at], place)


def _as_told(value: Decimal, high: Decimal | None, unit: str) -> tuple[float | int, float | int | None, str]:
    if unit == "m2" and value >= HECTARE:
        value, high, unit = value / HECTARE, high and high / HECTARE, "ha"
    return _plain(value), None if high is None else _plain(high), unit


def _plain(value: Decimal) -> float | int:
    return int(value) if value == value.to_integral_value() else float(value)


def _by(figure: Figure, plans: Sequence[Figure]) -> str | None:
    if figure.kind in (FigureKind.PLAN_YEAR, FigureKind.DATE) or not plans:
        return None
    nearest = min(plans, key=lambda plan: abs(plan.start - figure.start))
    return str(nearest.value)
