"""Who a group of words beside quotation marks means, as the one who speaks."""

import re
from dataclasses import dataclass, replace

from pipelines.enrichment.direct_speech.discourse import Discourse, nominative
from pipelines.enrichment.direct_speech.noun_groups import GroupKind, NounGroup
from pipelines.enrichment.direct_speech.people_in_text import Speaker
from pipelines.enrichment.direct_speech.quotation_marks import MarkedSpan
from pipelines.enrichment.direct_speech.speech import last_part, says

WHAT_IS_SAID = frozenset(  # die Antwort des Landrats
    "urteil urteils beschluss begründung antwort frage nachfrage fazit kommentar zwischenruf reaktion appell forderung "
    "kritik rat worte einwand hinweis versprechen vorwurf satz ausspruch zitat bemerkung "
    "ziel wunsch hoffnung question remark line phrase sentence".split()
)
_DOCUMENTS = frozenset(
    "brief briefs schreiben mitteilung pressemitteilung erklärung stellungnahme gutachten bericht berichts urteil "
    "begründung beschluss antrag papier mail antwort protokoll vertrag studie petition bescheid einladung konzept "
    "entwurf vermerk".split()
)
_NEAR = 80  # words
_OF_COURTS = frozenset("urteil urteils beschluss beschlusses begründung urteilsbegründung ruling judgment".split())
_OF_WHOM = re.compile(r" (?:des|der|of) ")
_COURT = re.compile(r"(?i)gerichts?(?:hof)?\b|\bcourt\b")
_CHANNELS = frozenset(
    "website homepage internetseite seite blog blogpost blogbeitrag beitrag profil account kanal post tweet newsletter "
    "rede kolumne gastbeitrag interview buch statement letter column website profile channel speech essay".split()
)
OWNERS = {
    "her": "she",
    "his": "he",
    **dict.fromkeys("ihr ihre ihrem ihren ihrer ihres".split(), "sie"),
    **dict.fromkeys("sein seine seinem seinen seiner seines".split(), "er"),
}
_AGENTS = ("er", "in", "ant", "ent", "ist", "loge", "or", "eur", "är")  # der Oppositionsführer, der Brandinspektor


def is_document(word: str) -> bool:
    return last_part(word).lower() in _DOCUMENTS


@dataclass(frozen=True, slots=True)
class SpeechCue:
    """What the words beside a quotation say of it."""

    speaker: Speaker | None = None
    is_speech: bool = True  # False: a title, a slogan, a proverb


class Speakers(Discourse):
    """Reads a text around its quotation marks; `spoken` has who spoke, by the word where the quotation begins."""

    def __init__(self, text: str, lang: str, spans: list[MarkedSpan], *, is_foreign: bool = False) -> None:
        super().__init__(text, lang, spans)
        self.is_foreign = is_foreign  # neither German nor English: only names are read beside the marks
        self.spoken: list[tuple[int, Speaker]] = []

    def speaker_of(self, group: NounGroup, at: int) -> Speaker | None:
        if group.speaker:
            return group.speaker
        if last_part(group.head).lower() in WHAT_IS_SAID:
            head = next(each for each in range(group.first, group.end) if self.words[each] == group.head)
            of_whom = next(self.groups(head + 1, group.end), None)
            if of_whom or group.kind is GroupKind.OTHER:
                return self.speaker_of(of_whom, at) if of_whom else None
        if owner := self._writer(group, at) or self.court_of(group, at) or self._answered_in(group):
            return owner
        if group.kind is GroupKind.PRONOUN:
            if group.text == "sie" and self._stands_with_plural(group.first):
                return self.plural_before(at)
            return self.meant_by_pronoun(group.text, at, self.spoken)
        if group.kind is GroupKind.OTHER and group.head.lower().endswith(_AGENTS):
            return self.meant_by_group(replace(group, kind=GroupKind.HUMAN), self.spoken)
        if group.kind is GroupKind.HUMAN:
            return self.meant_by_group(group, self.spoken)
        return Speaker(nominative(group.text, self.lang, dative=bool(group.behind_preposition)), is_named=False)

    def _writer(self, group: NounGroup, at: int) -> Speaker | None:
        """in ihrem Brief, on his blog: the words of her or him."""
        owner = OWNERS.get(group.text.split()[0].lower())
        part = last_part(group.head).lower()
        if owner is None or not (part in _DOCUMENTS or part in _CHANNELS or part in WHAT_IS_SAID):
            return None
        return self.meant_by_pronoun(owner, group.first, self.spoken)

    def _answered_in(self, group: NounGroup) -> Speaker | None:
        """Jana Rick antwortete schriftlich. „…“, heißt es in der Mail: hers."""
        if not is_document(group.head) or _OF_WHOM.search(group.text) or group.text.lower().startswith("ein"):
            return None
        here = next((at for at in range(group.first, -1, -1) if self.sentences[at] != self.sentences[group.first]), -1)
        while here >= 0 and self.quoted[here]:
            here -= 1
        first, end = self.sentence_of(here) if here >= 0 else (0, 0)
        if not any(
            self.words[at].startswith(("antwortet", "schrieb", "schreibt", "answered", "wrote"))
            for at in range(first, end)
        ):
            return None
        return next((self.mentions[at][1] for at in range(first, min(first + 3, end)) if at in self.mentions), None)

    def _stands_with_plural(self, at: int) -> bool:
        """schreiben sie; sie fordern"""
        beside = [self.words[at - 1]] if at else []
        return any(says(word) and word.endswith("en") for word in [*beside, *self.words[at + 1 : at + 2]])

    def owner_of_words(self, at: int) -> Speaker | None:
        """Ihr Satz „…“ stimmt: hers."""
        owner = OWNERS.get(self.words[at - 2].lower()) if at > 1 and self.joined(at - 1) else None
        if owner is None or last_part(self.words[at - 1]).lower() not in WHAT_IS_SAID:
            return None
        return self.meant_by_pronoun(owner, at - 2, self.spoken)

    def court_of(self, group: NounGroup, at: int) -> Speaker | None:
        """„…“, heißt es in dem Beschluss: the court says it that has been named before."""
        if last_part(group.head).lower() not in _OF_COURTS or _OF_WHOM.search(group.text):
            return None
        courts = [each for first, each, _ in self.antecedents.institutions if first < at]
        return next((each for each in reversed(courts) if _COURT.search(each.name)), None)

    def document_before(self, at: int) -> Speaker | None:
        """In einem Brief fordern sie Geld. „…“, heißt es darin."""
        if " ".join(self.words[at : at + 1]).lower() not in ("darin", "dort", "weiter"):
            return None
        groups = list(self.groups(max(0, at - _NEAR), at))
        before = [group for group in groups if group.kind is GroupKind.BODY]
        documents = [group for group in groups if group.head.lower().endswith(tuple(_DOCUMENTS))]
        near = (documents or before)[-1:]
        return self.described(near[0]) if near else None
