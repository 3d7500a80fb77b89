"""Who says what stands in quotation marks: by the words before it, behind it, or by who was there last."""

from pipelines.enrichment.direct_speech.before_marks import BeforeMarks
from pipelines.enrichment.direct_speech.behind_marks import BehindMarks
from pipelines.enrichment.direct_speech.discourse import Antecedent
from pipelines.enrichment.direct_speech.people_in_text import Speaker
from pipelines.enrichment.direct_speech.speech import says, speech_words


class Attribution(BeforeMarks, BehindMarks):
    def floating(self, at: int, since: int, last: Speaker | None) -> Speaker | None:
        """Whole sentences without a word on who says them: the subject before, or who spoke last, up to `since`."""
        before = self.met_before(at)
        near = [
            each
            for each in before
            if each[0] >= since and not each[2] and self.sentences[at - 1] - self.sentences[each[0]] < 2
        ]
        speaking = [each for each in near if self._is_subject(each, before)]
        if speaking:
            latest = max(self.sentences[each[0]] for each in speaking)
            return next(each[1] for each in speaking if self.sentences[each[0]] == latest)
        if last:
            return last
        known = near or before or self.antecedents[:1]
        return known[-1][1] if known else None

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
        is_new = all(each[1] is not antecedent[1] for each in before if each[0] < at)
        return is_new or any(says(word) for word in self.words[first:end])
