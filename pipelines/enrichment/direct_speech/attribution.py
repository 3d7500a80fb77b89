"""Who says what stands in quotation marks: by the words before it, behind it, or by who was there last."""

from pipelines.enrichment.direct_speech.before_marks import BeforeMarks
from pipelines.enrichment.direct_speech.behind_marks import BehindMarks
from pipelines.enrichment.direct_speech.discourse import Antecedent
from pipelines.enrichment.direct_speech.people_in_text import Speaker
from pipelines.enrichment.direct_speech.quotation_marks import MarkedSpan
from pipelines.enrichment.direct_speech.speech import says, speech_words


class Attribution(BeforeMarks, BehindMarks):
    def floating(self, span: MarkedSpan, since: int, last: Speaker | None) -> Speaker | None:
        """Whole sentences without a word on who says them: the subject before, or who spoke last, up to `since`."""
        at, told_of = self.at(span.start), self._told_of(span)
        before = [each for each in self.met_before(at) if told_of.isdisjoint(each[1].name.split())]
        near = [
            each
            for each in before
            if each[0] >= since and not each[2] and self.sentences[at - 1] - self.sentences[each[0]] < 2
        ]
        speaking = [each for each in near if self._is_subject(each, before)]
        if speaking and not self._is_asked(span):
            latest = max(self.sentences[each[0]] for each in speaking)
            return next(each[1] for each in speaking if self.sentences[each[0]] == latest)
        if not near and (body := self._body_speaking(at)):
            return body
        if not near and self._pronoun_is_thing(at):
            return None
        if last and not told_of.isdisjoint(last.name.split()):
            others = (speaker for _, speaker in reversed(self.spoken))
            last = next((speaker for speaker in others if told_of.isdisjoint(speaker.name.split())), None)
        if last:
            return last
        if not before and (bodies := [each for each in self.antecedents.institutions if each[0] < at]):
            return bodies[-1][1]  # Der Brief ist kurz. „…“
        known = near or before or self.antecedents.people[:1]
        return known[-1][1] if known else None

    def _pronoun_is_thing(self, at: int) -> bool:
        """Der Bagger steht still. Er rostet. „…“: nobody, where the subject before is no person."""
        first = self.sentence_of(at - 1)[0] if at else 0
        if not first or self.words[first] not in ("Er", "Sie"):
            return False
        subject = self.sentence_of(first - 1)[0]
        is_thing = self.words[subject] in ("Der", "Die") and not self.first_noun_is_person(subject + 1, first)
        return is_thing and not any(each in self.mentions for each in range(subject, at))

    def _body_speaking(self, at: int) -> Speaker | None:
        """Die Behörde lehnt ab, es gebe „…“; the court disagreed. “…”"""
        first = self.sentence_of(at - 1)[0] if at else 0
        body = next(
            (speaker for begins, speaker, _ in reversed(self.antecedents.institutions) if begins == first), None
        )
        is_telling = any(says(word) for word in self.words[first:at]) or self.has_reported_speech(first, at)
        return body if is_telling and not any(each in self.mentions for each in range(first, at)) else None

    def _told_of(self, span: MarkedSpan) -> set[str]:
        """„Jan meinte damals …“: whom a quotation names does not say it, but for ‚Jan, komm‘ and "I am Jan"."""
        return {
            self.words[at]
            for at in range(self.at(span.start), self.at(span.end))
            if self.words[at][0].isupper()
            and self.gap(at)[-1:] not in tuple("‚‘'’›‹")
            and (not at or self.words[at - 1].lower() not in ("bin", "heiße", "am", "i’m", "i'm"))
        }

    def _is_asked(self, span: MarkedSpan) -> bool:
        """Whether a paragraph of an interview before it asks: whom it names is not who answers."""
        before = self.text[max(0, span.start - 5) : span.start]
        return "\n" in before and before.rstrip()[-1:] == "?"

    def _is_alone_in_paragraph(self, first: int, at: int) -> bool:
        """Where a paragraph begins with a sentence that names nobody else."""
        end = self.sentence_of(at)[1]
        if not first or "\n" not in self.gap(first) or self.words[at - 1].lower() in speech_words().prepositions:
            return False
        return not any(each in self.mentions for each in range(first, end) if each != at)

    def next_named(self, span: MarkedSpan) -> Speaker | None:
        """„…“ Bürgermeister Roth lacht. Where a paragraph begins with what he says, and nobody was there before."""
        first = self.at(span.end)
        if self.text[: span.start].rstrip(" \xa0")[-1:] not in ("\n", "") or first >= len(self.words):
            return None
        if "\n" in self.text[span.end : self.starts[first]] or self.quoted[first]:
            return None
        _, end = self.sentence_of(first)
        if self.text[self.ends[end - 1] :].lstrip()[:1] == ":":  # who speaks next
            return None
        named = next((at for at in range(first, min(first + 4, end)) if at in self.mentions), None)
        if named is None or any(self.words[at].lower() in speech_words().prepositions for at in range(first, named)):
            return None
        return self.mentions[named][1]

    def _is_subject(self, antecedent: Antecedent, before: list[Antecedent]) -> bool:
        """The first of a sentence: where it begins, or has a verb of saying, or they are new."""
        at = antecedent[0]
        first, end = self.sentence_of(at)
        if at - first < 2:
            return True
        pronouns = speech_words().female_pronouns | speech_words().male_pronouns
        if any(self.words[each].lower() in pronouns for each in range(first, at)):
            return False
        if any(first <= each[0] < at for each in before):
            return False
        if self._is_alone_in_paragraph(first, at):
            return True
        is_new = all(each[1] is not antecedent[1] for each in before if each[0] < at)
        return is_new or any(says(word) for word in self.words[first:end])
