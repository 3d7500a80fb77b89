"""What stands around a figure: its sentence, those before it, and what was counted last."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property

import re2

from db.normal_forms import fold
from pipelines.enrichment.lists.name_lists import name_lists
from pipelines.enrichment.measures.cues import Sentence, cue_group
from pipelines.enrichment.measures.figure import Figure, FigureKind
from pipelines.enrichment.measures.figure_words import KINDS
from pipelines.enrichment.measures.numbers.tokens import Token
from pipelines.enrichment.measures.plan_years import Tense
from pipelines.enrichment.names import known
from pipelines.enrichment.words import WORDS
from pipelines.relevance.sentences import spans

SHORT = 600  # characters of a text that needs not name what it is about
_TOPIC = re2.compile(  # of a whole text, in a tenth of the time of `re`
    r"(?i)microsoft|msft|redmond|rechenzentr|datenzentr|data.?cent|cent\w+ (?:de |di )?(?:données|dat[io])"
    r"|computerriese|bedburg|bergheim|elsdorf|grevenbroich|rheinische\w* revier|rhineland|north rhine|rhénan|renan[ai]"
)
LONGEST = 1500  # characters of a sentence
_HEAD = re.compile(r"[–•*-]? ?([^\W\d_]{4,})(?: [^\W\d_]+)?: ")
HEADS = 3  # sentences: a headline, a lead
COMPANY = re.compile(r"(?i)unternehmens?|company|\w*konzerns?")
_OURS = re.compile(r"(?i)microsoft|msft|redmond")
BACK = 2  # sentences in which what is left out may stand


class FigureContext:
    """Of a text that is read sentence by sentence."""

    def __init__(self, text: str, lang: str) -> None:
        self.text, self.lang = text, lang
        self.sentences = [Sentence(text, piece) for span in spans(text) for piece in _pieces(text, *span)]
        self.at = 0  # the sentence
        self.last: Figure | None = None
        self.counted: str | None = None  # group of the noun by which the last one was counted
        self.written = (Decimal(0), "")  # number and unit of the last one, as they stand in the text
        self.forgotten = 0  # up to here nothing is meant by a number without a noun
        self.currency = "EUR"  # of the last money
        self.paid = False  # whether money has been told of

    @cached_property
    def is_on_topic(self) -> bool:
        return len(self.text) < SHORT or _TOPIC.search(self.text) is not None

    @cached_property
    def is_of_ours(self) -> bool:
        """Whether "the company" is Microsoft: not where headline or lead begin with the name of another."""
        for sentence in self.sentences[:HEADS]:
            if _OURS.search(self.text, *sentence.span):
                return True
            if self._begins_with_a_firm(sentence.tokens[:2]):
                return False
        return True

    def _begins_with_a_firm(self, tokens: Sequence[Token]) -> bool:
        words = [token.text for token in tokens]
        is_name = len(words) == 2 and words[0].istitle() and words[1].isalpha() and not known(words[0], self.lang)
        return is_name and words[0] not in name_lists().forms and fold(words[0]) not in WORDS.first_names

    @property
    def here(self) -> Sentence:
        return self.sentences[self.at]

    def back(self) -> list[Sentence]:
        return self.sentences[max(self.at - BACK, 0) : self.at]

    def around(self) -> list[Sentence]:
        return [*self.back(), self.here]

    def tense(self) -> Tense:
        past = self.here.has("times", "past") or self.here.has("times", "former")
        return Tense(self.here.has("times", "future"), past)

    def is_to_come(self, place: int) -> bool:
        """By the word of time that is nearest."""
        cue = self.here.nearest("times", place)
        return cue is not None and cue.group == "future"

    def is_past(self, place: int) -> bool:
        cue = self.here.nearest("times", place)
        return cue is not None and cue.group in ("past", "former")

    def is_of_told_investment(self) -> bool:
        """Von den 3,2 Milliarden sind 410 Millionen geflossen."""
        last = self.last
        return last is not None and last.kind is FigureKind.INVESTMENT and last.sentence == self.here.span

    def means_sites(self, place: int) -> bool:
        """Die drei Standorte: of data centres, where those are spoken of, or Microsoft puts money into them."""
        if any(each.names_sites for each in self.around()):
            return True
        named_before = any(each.names_sites for each in self.sentences[: self.at])
        return (named_before or self.here.has("money", "investment")) and self.here.agent(place) == "ours"

    def head(self) -> str:
        """Of a list whose paragraphs begin with what they are about: Schulungen: Das Ziel von 100.000 …"""
        start = self.text.rfind("\n", 0, self.here.span[0]) + 1
        found = _HEAD.match(self.text, start)
        return cue_group("people", found[1]) or "" if found else ""

    def is_former(self, place: int) -> bool:
        """A word such as früher stands before it, or behind it in one clause."""
        cue = self.here.nearest("times", place, ("former",))
        return cue is not None and (cue.start < place or "," not in self.text[place : cue.start])

    def remember(self, figure: Figure, counted: str | None, written: tuple[Decimal, str]) -> None:
        self.last, self.counted, self.written = figure, counted, written
        if KINDS.get(figure.unit) == "investment":
            self.currency, self.paid = figure.unit, True

    def forget(self, place: int) -> None:
        self.last, self.counted, self.forgotten = None, None, place


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Of a sentence without end, as lists are: what is far away says nothing of a figure."""
    while end - start > LONGEST:
        cut = text.rfind(" ", start, start + LONGEST)
        cut = cut if cut > start else start + LONGEST
        yield start, cut
        start = cut
    yield start, end
