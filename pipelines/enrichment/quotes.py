"""Who says what: direct speech in a text, with its speaker.

The marks are paired first; then the rest of the sentence behind a pair and the beginning of the sentence before it are
read for a verb of saying, a colon, and who does it. What has
neither is direct speech only where it is a whole sentence.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.enrichment.direct_speech.attribution import Attribution
from pipelines.enrichment.direct_speech.before_marks import NAMING
from pipelines.enrichment.direct_speech.behind_marks import WITH_WORDS
from pipelines.enrichment.direct_speech.people_in_text import Speaker
from pipelines.enrichment.direct_speech.quotation_marks import MarkedSpan, marked_spans
from pipelines.enrichment.direct_speech.speakers import SpeechCue
from pipelines.enrichment.direct_speech.speech import is_shown, says

_SHORTEST_FREE = 4  # words of a sentence that stands alone, without a verb of saying or a colon
_SHORTEST_PART = 4  # words of a piece within somebody else's sentence: below are scare quotes
_LONG_TITLE = 5  # words that English writes large: of a title even where it ends with a full stop
_LONGEST_HEADING = 14
_ENDS = ".!?…"
_SO_CALLED = re.compile(r"(?:sogenannte\w*|so genannte\w*|so-called|named|dubbed|namens|genannt)\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    text: str  # without its marks
    speaker: str | None
    start: int  # in the article's text, marks included
    end: int


def find_quotes(text: str, lang: str) -> tuple[Quote, ...]:
    spans = marked_spans(text)
    return tuple(_QuoteReading(text, lang, spans).quotes()) if spans else ()


@dataclass(slots=True)
class _Piece:
    spans: list[MarkedSpan]
    speaker: Speaker | None
    behind: SpeechCue | None
    is_part: bool = False  # of somebody else's sentence


class _QuoteReading:
    def __init__(self, text: str, lang: str, spans: list[MarkedSpan]) -> None:
        self.text, self.lang, self.spans = text, "en" if lang.startswith("en") else "de", spans
        self.shown: MarkedSpan | None = None  # the last one whose words nobody says
        self.words = Attribution(text, self.lang, spans, is_foreign=lang[:2] not in ("", "de", "en"))

    def quotes(self) -> Iterable[Quote]:
        pieces: list[_Piece] = []
        for number, span in enumerate(self.spans):
            before = self.spans[number - 1] if number else None
            last = pieces[-1] if pieces else None
            whole = next((piece for piece in reversed(pieces) if not piece.is_part), last)
            if last and before is last.spans[-1] and self._goes_on(last, before, span, number):
                last.spans.append(span)
                continue
            piece = self._piece(span, number, whole)
            if piece is None:
                self.words.take_as_text(span)
            else:
                pieces.append(piece)
                if piece.speaker:
                    self.words.spoken.append((self.words.at(span.start), piece.speaker))
        for piece in pieces:
            yield Quote(
                text=" ".join(self.text[span.inner_start : span.inner_end].strip() for span in piece.spans),
                speaker=piece.speaker.name if piece.speaker else None,
                start=piece.spans[0].start,
                end=piece.spans[-1].end,
            )

    # -- one quotation in pieces

    def _goes_on(self, piece: _Piece, before: MarkedSpan, span: MarkedSpan, number: int) -> bool:
        """„…“, sagte X, „…“ and „…“, sagte X. „…“ and paragraphs that open again are one."""
        between = self.text[before.end : span.start]
        if before.goes_on:
            return True
        if "\n" in between or between.rstrip().endswith(":"):
            return False
        if not between.strip(" \xa0,;–-"):
            return not self.words.behind(span)
        if piece.behind is None or (len(piece.spans) > 1 and piece.spans[-1] is not before):
            return False
        if len(piece.spans) > 1 and between.strip(" .,"):
            return False
        first, end = self.words.at(before.end), self.words.at(span.start)
        if end - first > 30 or any(self.words.sentences[at] != self.words.sentences[first] for at in range(first, end)):
            return False
        if self._speech_words(span) < 2 and not self._ends_inside(span):
            return False
        closed = between.rstrip()[-1:]
        if closed == "." or closed in "!?":
            return self.words.behind(span) is None and self._is_sentence(span)
        follows = self.words.behind(span)
        if follows and follows.speaker not in (None, piece.speaker):  # „…“, schimpft X, „…“, meint Y
            return False
        return closed in ",;–-" or self.text[span.inner_start].islower()

    def _speech_words(self, span: MarkedSpan) -> int:
        return len(self.text[span.inner_start : span.inner_end].split())

    def _ends_inside(self, span: MarkedSpan) -> bool:
        return self.text[span.inner_start : span.inner_end].rstrip(" \xa0‘’'›‹")[-1:] in _ENDS

    def _is_sentence(self, span: MarkedSpan) -> bool:
        ends = self._ends_inside(span) or self.text[span.end : span.end + 1] in (".", "!", "?")
        ends = ends or (self.lang == "en" and self.text[span.inner_end - 1] == ",")
        return ends or span.goes_on

    # -- one pair of marks

    def _piece(self, span: MarkedSpan, number: int, last: _Piece | None) -> _Piece | None:
        inner = self.text[span.inner_start : span.inner_end].strip()
        if not any(character.isalpha() for character in inner):
            return None
        first = self.words.sentence_start(span)
        at = self.words.at(span.start)
        lead = self.text[self.words.starts[first] if first < at else span.start : span.start].rstrip()
        behind, colon = self.words.behind(span), lead.endswith(":")
        if self._is_shown(span, number, lead, behind):
            self.shown = span
            return None
        if self._is_heading(span, inner, first, at):
            return None
        if speaker := self.words.put_right(span):
            return _Piece([span], speaker, None)
        count, ends = self._speech_words(span), self._ends_inside(span)
        free = not lead.strip(" –-—,.!?;()[]")
        if lead.endswith(",") and behind and behind.speaker and self.words.goes_on_at(first):
            free = True  # „…“, schimpft X, „…“, meint Y
        goes_on = self._goes_on_behind(span, count)
        if colon and goes_on and behind is None and not ends:  # Zweifel am Plan: „Echte“ Abschlüsse?
            return None
        speaks = first < at and says(self.words.words[at - 1]) and not goes_on
        if speaks and not colon and count < _SHORTEST_PART and self.words.words[at - 1].lower() in NAMING:
            return None
        if not free and not colon and not speaks:  # within the sentence of somebody else
            return self._part(span, behind, (first, at), last)
        before = self.words.before(first, at) if not free else None
        if behind and colon and ends and before and before.speaker and self._begins_behind(span):
            return _Piece([span], before.speaker, None)  # Ihr Mann fragte: „Wer?“ Roth lacht.
        if behind:
            return _Piece(
                [span], behind.speaker or (before.speaker if before else None) or self._floating(span, last), behind
            )
        if colon or speaks:
            if not before and not ends:
                return None
            if (
                not speaks
                and count < _SHORTEST_PART
                and inner[-1:] not in _ENDS
                and not self.words.has_saying(first, at)
            ):
                return None  # a list of titles
            speaker = before.speaker if before else None
            if speaker is None and not colon and count < _SHORTEST_PART and not ends:
                return None  # as one says “weekend”
            if speaker is None:
                speaker = self._floating(span, last)
            return _Piece([span], speaker, None)
        follows = at > 0 and not self.words.quoted[at - 1] and "\n" not in self.words.gap(at)  # Roth überlegt. „Ja?“
        shortest = _SHORTEST_FREE - (ends and follows)
        if not self._is_sentence(span) or count < shortest or self._is_title(inner):
            return None
        speaker = self.words.after_that(span) or self.words.next_named(span) or self._floating(span, last)
        return _Piece([span], speaker, None)

    def _is_shown(self, span: MarkedSpan, number: int, lead: str, behind: SpeechCue | None) -> bool:
        """What stands on a banner; and the next in a list of such, with nothing or a newline between them."""
        if number and self.shown is self.spans[number - 1]:
            between = self.text[self.shown.end : span.start].strip(" \n,;–-")
            if between in ("", "und", "and", "oder", "or") and behind is None:
                return True
        first, at = self.words.sentence_start(span), self.words.at(span.start)
        return bool(behind and not behind.is_speech) or self.words.is_on_show(span, first, at, lead)

    def _goes_on_behind(self, span: MarkedSpan, count: int) -> bool:
        """Sie fordert „echte“ Abschlüsse."""
        behind = self.text[span.end : span.end + 2]
        return count < _SHORTEST_PART and behind[:1].isspace() and behind[1:].isalpha()

    def _begins_behind(self, span: MarkedSpan) -> bool:
        """Whether a new sentence does."""
        behind = self.text[span.end : span.end + 2]
        return behind[:1].isspace() and behind[1:].isupper()

    def _is_heading(self, span: MarkedSpan, inner: str, first: int, at: int) -> bool:
        """Kritik am Rat: „Zu langsam, zu unklar“: a short line that ends without a full stop."""
        start = self.text.rfind("\n", 0, span.start) + 1
        end = self.text.find("\n", span.end)
        line = self.text[start : end if end >= 0 else len(self.text)]
        if len(line) == len(self.text) or len(line.split()) > _LONGEST_HEADING or inner[-1:] in _ENDS:
            return False
        if any(each in self.words.mentions for each in range(first, at)):  # Ministerin Esser: „Wir sind bereit“
            return False
        return not self.text[span.end : start + len(line)].strip()

    def _part(
        self, span: MarkedSpan, behind: SpeechCue | None, lead: tuple[int, int], last: _Piece | None
    ) -> _Piece | None:
        """Holtkamp sprach von einem „Anker, an dem sich andere festmachen“."""
        (first, at), inner = lead, self.text[span.inner_start : span.inner_end].strip()
        is_reported = self.words.has_reported_speech(first, at)
        if self._speech_words(span) < _SHORTEST_PART or self._is_title(inner):
            return None
        word = self.words.words[at - 1] if at else ""
        gap = self.text[self.words.ends[at - 1] : span.start] if at else ""
        naming = any(
            self.words.words[each].lower() in ("nannte", "nennt", "bezeichnete", "bezeichnet", "called")
            for each in range(first, at)
        )
        if speaker := self.words.owner_of_words(at):
            return _Piece([span], speaker, None, is_part=True)
        if (
            word[:1].isupper()
            and inner[:1].isupper()  # titles begin with a large letter
            and not gap.strip()
            and not naming
            and (self.lang == "de" or is_shown(word))
            and at - 1 not in self._people_ends()
            and not (behind and behind.speaker and (word in WITH_WORDS or word == "Von"))
        ):
            return None
        if self.lang == "en" and word in ("he", "she", "they") and not behind:  # she “heard a voice”: told by somebody
            return None
        if (word == "aus" and not gap.strip()) or _SO_CALLED.search(self.text[max(0, span.start - 30) : span.start]):
            return None
        if behind and behind.speaker:
            return _Piece([span], behind.speaker, behind, is_part=True)
        before = self.words.before(first, at)
        speaker = self.words.one_of_two(first, at) or (before.speaker if before else self.words.who_judges(first, at))
        if last and last.is_part and self.words.goes_on_at(first) and first in self.words.mentions:
            speaker = self.words.mentions[first][1]  # X sprach von „…“, Y von „…“
        if speaker is None and (is_reported or (self._ends_inside(span) and self._speech_words(span) > _SHORTEST_PART)):
            speaker = self._floating(span, last)
        return _Piece([span], speaker, None, is_part=True) if speaker else None

    def _people_ends(self) -> set[int]:
        return {end - 1 for end, _ in self.words.mentions.values()}

    def _is_title(self, inner: str) -> bool:
        """Microsoft AI Partner Training Roadshow"""
        words = [word for word in inner.split() if word[:1].isalpha()]
        counted = [word for word in words if self.words.lang == "de" or len(word) > 3]
        if inner[-1:] in _ENDS and (self.lang == "de" or len(counted) < _LONG_TITLE):
            return False
        return len(counted) > 1 and all(word[:1].isupper() for word in counted)

    def _floating(self, span: MarkedSpan, last: _Piece | None) -> Speaker | None:
        """Who was there or spoke last, behind the rest of the sentence that tells who said the last one."""
        words, at = self.words, self.words.at(span.start)
        since = words.at(last.spans[-1].end) if last else 0
        if last and last.behind:
            told = since
            while since < at and words.sentences[since] == words.sentences[told]:
                since += 1
        return words.floating(span, since, last.speaker if last else None)
