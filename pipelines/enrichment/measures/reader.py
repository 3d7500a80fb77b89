"""What the figures of a text are about: the unit says so, the noun behind the number, what its sentence is about, or
the noun or figure of the sentence before ("davon rund 60").
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from pipelines.enrichment.measures.cues import (
    AGAINST,
    BEHIND_THEM,
    DENIED,
    IT_IS,
    NO_COUNT,
    OF_THEM,
    PLACED,
    SHARES,
    Cue,
    Noun,
    Sentence,
    cue_group,
    ends_here,
    is_price,
    noun_ahead,
    noun_behind,
    noun_group,
)
from pipelines.enrichment.measures.figure import Figure, FigureKind, as_told
from pipelines.enrichment.measures.figure_words import KINDS
from pipelines.enrichment.measures.plan_years import Tense, Time, times_of
from pipelines.enrichment.measures.quantities import Quantity, Token, is_year, quantities
from pipelines.relevance.sentences import spans

LARGE = 10**9  # money that is an investment where nothing is said of it
LEAST_MONEY = 10**6  # what a building or a project may cost
DATELINE, DATELINE_ENDS = 6, frozenset("(-–—:")  # tokens before it
LONGEST = 1500  # characters of a sentence
BACK = 2  # sentences in which what is left out may stand
LEAST_COUNT = 100  # of what no kind is for: two people at a door are no figure
LEAST_LEFT_OUT = 1000  # of money: "davon zwei" is not two euros
LEAST_BARE = 10  # a smaller number without a noun is none, unless "davon" or its like says so

_INVESTS = re.compile(r"(?i)invest(?:ier|s\b|ed|ing)|steck|pump")
LEAST = {
    FigureKind.OTHER: LEAST_COUNT,
    FigureKind.TRAINING: LEAST_BARE,
    FigureKind.SIGNATURES: LEAST_BARE,
}
WHOLE = frozenset((FigureKind.JOBS, FigureKind.SITES, FigureKind.TRAINING, FigureKind.SIGNATURES))
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
MORE = frozenset("weitere weiteren further another".split())
QUOTING = frozenset('„“”»«"')
_DIGIT = re.compile(r"\d")
_BEGINS_LIKE_ONE = re.compile(  # four times as fast, as it begins with no word boundary
    r"[^\w](?:[Zz][ewö]|[Dd][ruo]|[Vv]ier|[Ff][üuio]|[Ss][ei]|[Aa][cn]|[Nn][ei]|[EeÉé][liï]|[Hh][ua]|[Tt][awhe]|[Oo]n)"
    r"|illi(?:on|ard)"
)
# What has none of these has no number: asked of a whole sentence that is faster than of each word.
_MAY_HAVE = re.compile(
    r"\d|illion|illiard|dutzend|dozen|\b(?:zwei|zwo|drei|vier|fünf|fuenf|sechs|sieb|acht|neun|zehn|elf|zwölf|zwanzig|sechz|einhundert"
    r"|eintausend|hundert|tausend|anderthalb|eineinhalb|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fif"
    r"|twenty|thirty|forty|hundred|thousand|one)",
    re.I,
)


class FigureReader:
    """Reads sentence by sentence; remembers what the last figure was about."""

    def __init__(self, text: str, lang: str, published: str) -> None:
        self.text, self.lang, self.published = text, lang, published
        self.sentences = [Sentence(text, piece) for span in spans(text) for piece in _pieces(text, *span)]
        self.last: Figure | None = None
        self.currency = "EUR"  # of the last money
        self.paid = False  # whether money has been told of
        self.at = 0  # the sentence

    @property
    def here(self) -> Sentence:
        return self.sentences[self.at]

    def figures(self) -> Iterator[Figure]:
        found: list[tuple[int, Figure]] = []
        for at, sentence in enumerate(self.sentences):
            if self._may_have_a_number(*sentence.span):
                self.at = at
                found += [(at, figure) for figure in self._of_sentence(sentence.tokens)]
        values = {figure.value for _, figure in found if figure.kind is FigureKind.INVESTMENT}
        for self.at, figure in found:
            same = figure.kind is FigureKind.OTHER and figure.value in values and KINDS.get(figure.unit) == "investment"
            yield replace(figure, kind=FigureKind.INVESTMENT) if same and not self._is_of_others(figure) else figure

    def _may_have_a_number(self, start: int, end: int) -> bool:
        if _DIGIT.search(self.text, start, end):
            return True
        likely = not start or _BEGINS_LIKE_ONE.search(self.text, start - 1, end)
        return bool(likely and _MAY_HAVE.search(self.text, start, end))

    def _of_sentence(self, tokens: Sequence[Token]) -> list[Figure]:
        times = times_of(tokens, self.published, self._tense)
        taken = {at for time in times for at in range(time.first, time.last)}
        found = [
            self._of_time(tokens, time) for time in times if time.is_figure and not self._is_dateline(tokens, time)
        ]
        denied: list[Quantity] = []
        for quantity in quantities(tokens, self.lang, self.text):
            if quantity.first in taken:
                continue
            figure = self._of_quantity(tokens, quantity)
            if figure:
                self.last = figure
                if KINDS.get(figure.unit) == "investment":
                    self.currency, self.paid = figure.unit, True
                found += [self._as(figure.kind, figure.unit, tokens, each) for each in denied]
                found.append(figure)
                denied = []
            elif self._is_denied(tokens, quantity):
                denied.append(quantity)
            elif quantity.last < len(tokens) and tokens[quantity.last].text[0].isalpha():
                self._forget_what_was_counted(tokens, quantity)
        found.sort(key=lambda figure: figure.start)
        plans = [figure for figure in found if self._is_to_be(figure)]
        return [replace(figure, by=by) if (by := _by(figure, plans, self.text)) else figure for figure in found]

    def _is_dateline(self, tokens: Sequence[Token], time: Time) -> bool:
        """BERLIN, Feb 15 (dpa) – the day of the article itself."""
        behind = tokens[time.last].text if time.last < len(tokens) else ""
        return self.at == 0 and time.day == self.published and time.first < DATELINE and behind in DATELINE_ENDS

    def _forget_what_was_counted(self, tokens: Sequence[Token], quantity: Quantity) -> None:
        """388 objections, 211 of them: whatever was counted before is not meant."""
        if quantity.value >= LEAST_BARE and not ends_here(tokens, quantity.last, self.lang):
            self.last = None if tokens[quantity.last].folded not in SHARES else self.last

    def _is_to_be(self, figure: Figure) -> bool:
        if figure.kind is FigureKind.DATE:
            return str(figure.value) > self.published
        return figure.kind is FigureKind.PLAN_YEAR

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
            sentence=self.here.span,
        )

    def _of_quantity(self, tokens: Sequence[Token], quantity: Quantity) -> Figure | None:
        kind, unit, end = None, quantity.unit, quantity.last
        place = tokens[quantity.first].start
        if unit:
            kind = FigureKind(KINDS[unit])
            if kind is FigureKind.INVESTMENT:
                kind = self._of_money(place, quantity.value)
                if kind is FigureKind.INVESTMENT and is_price(tokens, end):
                    kind = FigureKind.OTHER
            elif kind is FigureKind.WATER and self._is_no_water(place):
                kind = FigureKind.OTHER
        elif noun := noun_behind(tokens, quantity.noun, self.lang):
            kind = None if _is_spot(tokens, quantity, noun) else self._of_noun(noun.group, place)
            end = noun.end if quantity.last == quantity.noun else end
        elif quantity.value >= LEAST_MONEY and _is_of_money(tokens, quantity.last):
            kind, unit = self._of_money(place, quantity.value), self.currency  # das 3,2-Milliarden-Projekt
        elif self._is_bare(tokens, quantity):
            kind, unit = self._left_out(tokens, quantity)
        least = LEAST.get(kind, 0) if kind else 0
        if kind in WHOLE and quantity.value % 1:
            return None  # a mark of 3.2
        if kind is None or (unit in (None, "count") and quantity.value < least):
            return None
        return self._as(kind, unit or "count", tokens, quantity, end)

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
            sentence=self.here.span,
        )

    # What a figure is about

    def _of_money(self, place: int, value: Decimal) -> FigureKind:
        cue = self.here.nearest("money", place)
        if cue is None or cue.group == "weak":  # then the sentences before may say more
            found = (sentence.nearest("money", sentence.span[1]) for sentence in reversed(self._back()))
            cue = next((each for each in found if each and each.group != "weak"), cue)
        topic = any(sentence.has("money", "weak") for sentence in self._around())
        if cue is None or (cue.group == "weak_cost" and not topic):
            large = value >= LARGE
        else:
            large = cue.group == "investment" or (cue.group.startswith("weak") and value >= LEAST_MONEY)
        return FigureKind.INVESTMENT if large and not self._is_theirs(place, value, cue) else FigureKind.OTHER

    def _is_of_others(self, figure: Figure) -> bool:
        cue = self.here.nearest("money", figure.start, ("investment", "other"))
        return (cue is not None and cue.group == "other") or self._is_theirs_here(figure.start)

    def _is_theirs_here(self, place: int) -> bool:
        return self.here.is_abroad(place) or self.here.agent(place) == "theirs"

    def _is_theirs(self, place: int, value: Decimal, cue: Cue | None) -> bool:
        if self.here.is_abroad(place):
            return True
        agent = self.here.agent(place)
        if agent is None:
            for sentence in reversed(self._back()):
                if agent := sentence.agent(sentence.span[1]):
                    return agent == "theirs"
        if agent == "public":  # that it speaks of so large an investment does not make it its own
            return cue is None or value < LARGE or _INVESTS.match(self.text, cue.start) is not None
        return agent == "theirs"

    def _of_noun(self, group: str, place: int) -> FigureKind | None:
        match group:
            case "jobs" | "sites" | "signatures" | "training":
                return FigureKind(group)
            case "places":
                meant = any(each.names_sites for each in self._around())
                return FigureKind.SITES if meant else None
            case "staff":
                cue = self.here.nearest("people", place, ("training", "signatures", "other"))
                deal = cue and cue.group == "signatures" and self.here.has("people", "jobs") and self._is_to_come()
                if cue and not deal:
                    return FigureKind(cue.group)
                return FigureKind.JOBS if self._is_to_come() else FigureKind.OTHER
            case "others":
                cue = self.here.nearest("people", place, ("training", "signatures"))
                return FigureKind(cue.group) if cue and cue.group == "signatures" else FigureKind.OTHER
        return self._of_people(place)

    def _of_people(self, place: int) -> FigureKind:
        cue = self.here.nearest("people", place, ("training", "jobs", "signatures", "other"))
        if cue and cue.group != "jobs":
            return FigureKind(cue.group)
        if cue:
            return FigureKind.JOBS if self._is_to_come() else FigureKind.OTHER
        before = any(sentence.has("people", "training") for sentence in self._back())
        weak = self.here.has("people", "weak_training") or (before and self.here.has("people", "going_on"))
        return FigureKind.TRAINING if weak else FigureKind.OTHER

    def _tense(self) -> Tense:
        return Tense(self.here.has("times", "future"), self.here.has("times", "past"))

    def _is_to_come(self) -> bool:
        return self._tense() == Tense(future=True, past=False)

    def _is_no_water(self, place: int) -> bool:
        cue = self.here.nearest("fluids", place)
        return cue is not None and cue.group == "other"

    # What stands in the sentence before

    def _back(self) -> list[Sentence]:
        return self.sentences[max(self.at - BACK, 0) : self.at]

    def _around(self) -> list[Sentence]:
        return [*self._back(), self.here]

    def _is_bare(self, tokens: Sequence[Token], quantity: Quantity) -> bool:
        """A number that stands for what has been named: davon 60; rund 2.500 sollen es werden."""
        token = tokens[quantity.first]
        if quantity.value >= LEAST_BARE and not self.last and noun_ahead(tokens, quantity.noun):
            return True
        if quantity.last < len(tokens) and not ends_here(tokens, quantity.last, self.lang):
            return False
        before = tokens[quantity.before - 1].folded if quantity.before else ""
        behind = tokens[quantity.last].folded if quantity.last < len(tokens) else ""
        if is_year(token) and before == ":":
            return False
        if before in OF_THEM or behind in BEHIND_THEM:
            return True
        if is_year(token) and not quantity.hedge:
            return False
        if self._may_be_money(quantity.value):
            return True
        if quantity.value < LEAST_BARE:
            return False
        if quantity.hedge or self._is_one_of_two(tokens, quantity) or any(each.folded in IT_IS for each in tokens):
            return True
        if behind in AGAINST and quantity.last + 1 < len(tokens) and tokens[quantity.last + 1].text[0].isdecimal():
            return False
        if not quantity.before or before in QUOTING:
            return True
        return before.isalpha() and tokens[quantity.before - 1].text.islower() and before not in NO_COUNT

    def _is_denied(self, tokens: Sequence[Token], quantity: Quantity) -> bool:
        """Nicht 300, sondern 2.500 Stellen: what is counted comes later."""
        if quantity.unit or quantity.value < LEAST_BARE or is_year(tokens[quantity.first]):
            return False
        before = {token.folded for token in tokens[max(quantity.first - 4, 0) : quantity.first]}
        ends = quantity.last == len(tokens) or ends_here(tokens, quantity.last, self.lang)
        return ends and bool(before & DENIED)

    def _is_one_of_two(self, tokens: Sequence[Token], quantity: Quantity) -> bool:
        """150 Stellen in Bedburg und 60 in Bergheim; in Bedburg 150 Stellen, in Bergheim 60."""
        if not self.last or self.last.sentence != self.here.span or quantity.before < 2:
            return False
        one, two = tokens[quantity.before - 1], tokens[quantity.before - 2]
        return one.folded in ("und", "oder", "and", ",") or (
            len(one.text) > 2 and one.text[0].isupper() and two.folded in PLACED
        )

    def _left_out(self, tokens: Sequence[Token], quantity: Quantity) -> tuple[FigureKind | None, str | None]:
        """Kind and unit of the last noun or figure before it; what is done with people says it, too."""
        place = tokens[quantity.first].start
        near = [sentence.span for sentence in (*self._back()[-1:], self.here)]
        last = self.last if self.last and self.last.sentence in near else None
        is_money = last is not None and KINDS.get(last.unit) == "investment"
        noun = self._last_noun(last.end if last else near[0][0], place)
        least = LEAST_LEFT_OUT if is_money else LARGE if self.here.cues("people") else LEAST_MONEY
        if quantity.value >= least and (is_money or self._may_be_money(quantity.value)) and not (noun and last):
            return self._of_money(place, quantity.value), last.unit if last and is_money else self.currency
        before = tokens[quantity.before - 1].text if quantity.before else ""
        if noun:  # in a list, "Personal: 90" are those of the plan
            return FigureKind.JOBS if noun == "staff" and before == ":" else self._of_noun(noun, place), None
        if is_money:
            return None, None
        if last:
            counts = last.unit == "count" or quantity.value >= LEAST_BARE  # not two metres of "zwei weitere"
            counts = counts or (quantity.before > 0 and tokens[quantity.before - 1].folded in MORE)
            return (last.kind, last.unit) if counts else (None, None)
        if cue := self.here.nearest("people", place, ("training", "signatures")):
            return FigureKind(cue.group), None
        if ahead := noun_ahead(tokens, quantity.noun):
            return self._of_noun(ahead, place), None
        works = (
            (quantity.hedge or cue_group("people", before) == "jobs")
            and self.here.has("people", "jobs")
            and self._is_to_come()
        )
        return (FigureKind.JOBS, None) if works else (None, None)

    def _may_be_money(self, value: Decimal) -> bool:
        """3,2 Milliarden für NRW: so large is nothing else; of millions the sentence has to speak of cost."""
        if value >= LARGE:
            return self.paid or bool(self.here.cues("money")) or not (self.last or self.here.cues("people"))
        costs = any(self.here.has("money", group) for group in ("investment", "weak_cost"))
        return value >= LEAST_MONEY and costs and not self.here.cues("people")

    def _last_noun(self, start: int, end: int) -> str | None:
        """The group of the last noun that can be counted."""
        for sentence in (self.here, *self._back()[-1:]):
            for token in reversed(sentence.tokens):
                is_noun = self.lang != "de" or token.text[0].isupper() or token.glued
                if (
                    is_noun
                    and start <= token.start < end
                    and (group := noun_group(token.folded))
                    and group not in ("others", "places")
                ):
                    return group
        return None


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Of a sentence without end, as lists are: what is far away says nothing of a figure."""
    while end - start > LONGEST:
        cut = text.rfind(" ", start, start + LONGEST)
        cut = cut if cut > start else start + LONGEST
        yield start, cut
        start = cut
    yield start, end


def _is_of_money(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].glued and cue_group("money", tokens[at].folded) is not None


def _is_spot(tokens: Sequence[Token], quantity: Quantity, noun: Noun) -> bool:
    """An 20 Stellen: spots, not jobs."""
    before = tokens[quantity.before - 1].folded if quantity.before else ""
    return before == "an" and tokens[noun.end - 1].folded == "stellen"


def _by(figure: Figure, plans: Sequence[Figure], text: str) -> str | None:
    """The nearest year or day of a plan, where no other year stands between."""
    if figure.kind in (FigureKind.PLAN_YEAR, FigureKind.DATE) or not plans:
        return None
    nearest = min(plans, key=lambda plan: abs(plan.start - figure.start))
    first, last = sorted((figure, nearest), key=lambda each: each.start)
    return None if _YEAR.search(text, first.end, last.start) else str(nearest.value)
