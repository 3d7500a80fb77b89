"""The words of an article, in sentences, and which of them stand in quotation marks."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipelines.enrichment.direct_speech.quotation_marks import MarkedSpan
from pipelines.enrichment.letters import LETTER, split_words

_WORD = re.compile(rf"({LETTER}+(?:[-‐'’&]{LETTER}+)*|\d+-{LETTER}+(?:-{LETTER}+)*)")
_ENDS_SENTENCE = re.compile(r"(?:^|\D|\d{3,})[.!?…](?!\w)")
LONGEST_SENTENCE = 150  # words: what is read again for each quotation in it must end
_LOOSE = re.compile(r" +(?=[ ,])")  # die Leiterin des BUND , Jana Rick: a page's markup leaves blanks
_SHORT_FORMS = frozenset("dr prof mr mrs ms st mio mrd ca bzw etc nr jr sen gov rep adv co inc ltd vgl sog".split())


def is_short_form(word: str) -> bool:
    return len(word) == 1 or word.lower() in _SHORT_FORMS


class TextWords:
    def __init__(self, text: str, lang: str, spans: Sequence[MarkedSpan]) -> None:
        self.text, self.lang = text, lang
        self.words, self.starts, self.ends, self.gaps = split_words(_WORD, text)
        del self.gaps[-1]
        self.large = [at for at, word in enumerate(self.words) if word[0].isupper()]
        if _LOOSE.search(text):
            self.gaps = [_LOOSE.sub("", gap) for gap in self.gaps]
        if self.gaps:
            self.gaps[0] = ""
        self.quoted = [False] * len(self.words)
        for span in spans:
            for at in range(self.at(span.start), self.at(span.end)):
                self.quoted[at] = True
        self.sentences = self._number_sentences()

    def at(self, position: int) -> int:
        """The first word at or behind a position in the text."""
        return bisect_left(self.starts, position)

    def gap(self, at: int) -> str:
        """What stands before a word."""
        return self.gaps[at] if 0 < at < len(self.gaps) else ""

    def joined(self, at: int) -> bool:
        """Whether nothing but a blank (or the full stop of Dr., J.) parts a word from the one before."""
        if not 0 < at < len(self.gaps):
            return False
        gap = self.gaps[at]
        if gap == " " or gap == "\xa0" or gap == " & ":
            return True
        if self.lang == "en" and gap in ("' ", "’ "):  # the teachers' union
            return self.words[at - 1].endswith("s")
        return gap == ". " and is_short_form(self.words[at - 1])

    def _number_sentences(self) -> list[int]:
        inside = (" ", ", ")
        ends = [at for at, gap in enumerate(self.gaps) if gap not in inside and self._ends_sentence(at, gap)]
        numbers: list[int] = []
        for number, (first, end) in enumerate(pairwise(self._in_pieces([0, *ends, len(self.gaps)]))):
            numbers += [number] * (end - first)
        return numbers

    def _in_pieces(self, ends: Sequence[int]) -> Iterator[int]:
        for first, end in pairwise(ends):
            yield from range(first, end, LONGEST_SENTENCE)
        yield ends[-1]

    def _ends_sentence(self, at: int, gap: str) -> bool:
        if "\n" in gap:
            return True
        if not _ENDS_SENTENCE.search(gap):
            return False
        return not (gap.startswith(".") and is_short_form(self.words[at - 1]))

    def sentence_of(self, at: int) -> tuple[int, int]:
        """The first word of its sentence and the one behind the last, as far as no quotation begins."""
        first = end = at
        while first and self.sentences[first - 1] == self.sentences[at] and not self.quoted[first - 1]:
            first -= 1
        while end < len(self.words) and self.sentences[end] == self.sentences[at] and not self.quoted[end]:
            end += 1
        return first, end

    def goes_on_at(self, at: int) -> bool:
        """Whether a sentence goes on behind a quotation inside it."""
        return at > 0 and self.quoted[at - 1] and self.sentences[at - 1] == self.sentences[at]

    def take_as_text(self, span: MarkedSpan) -> None:
        """A title in quotation marks is a part of its sentence."""
        for at in range(self.at(span.start), self.at(span.end)):
            self.quoted[at] = False
