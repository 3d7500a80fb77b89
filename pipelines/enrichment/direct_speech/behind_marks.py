"""The words behind quotation marks that tell who speaks: „…“, sagte X; „…“ Das sagt X; and what nobody says."""

import re

from pipelines.enrichment.direct_speech.before_marks import COPULAS, PROVERB
from pipelines.enrichment.direct_speech.noun_groups import GroupKind
from pipelines.enrichment.direct_speech.people_in_text import Speaker
from pipelines.enrichment.direct_speech.quotation_marks import MarkedSpan
from pipelines.enrichment.direct_speech.speakers import Speakers, SpeechCue
from pipelines.enrichment.direct_speech.speech import is_first_name, is_human, is_office, is_shown, says, speech_words

_AUXILIARIES = frozenset("hat hatte haben hatten habe wird wurde soll sollte will wollte dürfte konnte kann".split())
_SAID_BY = re.compile(r"\. \w+ (?:stammt|stammte|(?:was|were) (?:in fact )?(?:said|written|spoken|made)) (?:von|by) ")
_IT_WAS = re.compile(
    r"\. (?:It|That) was (?:in fact )?(?=[^.]{0,80} who (?:said|wrote) (?:so|it|that))"
    r"|\. Es war (?=[^.]{0,80}, (?:der|die) (?:das|so|es) (?:sagte|gesagt|schrieb))"
)
# Der Satz „…“ stammt nicht von Holt, sondern von seiner Vorgängerin Roth
_NOT_BY = re.compile(
    r",? (?:stammt|stammte|ist|war|was|is) (?:nicht|not) (?:von|by) [^.]{3,80}?,? (?:sondern|but) (?:von|by) "
)
_BEGINS = (["begins"], ["goes"], ["ends"], ["runs"])  # “…,” the statement begins
_NEAR = 200  # characters
WITH_WORDS = frozenset(("Worten", "words"))  # Mit den Worten „…“ eröffnete X
_NO_VERBS = frozenset(  # small words that end like verbs
    "mit seit erst jetzt nicht zeit dort oft fast selbst zuletzt damit somit jedoch unten oben hinten neben gegen "
    "wegen zwischen bereits".split()
)


class BehindMarks(Speakers):
    def behind(self, span: MarkedSpan) -> SpeechCue | None:
        first = self.at(span.end)
        if first >= len(self.words) or self.quoted[first]:
            return None
        gap = self.text[span.end : self.starts[first]]
        if "\n" in gap or re.search(r"[.!?:;…]", gap):
            return None
        inner = self.text[span.inner_start : span.inner_end].rstrip()
        set_off = bool(re.search(r"[,–—-]", gap)) or inner[-1:] in ",!?…."
        if (
            inner[-1:] in "!?…."
            and not gap.strip()
            and self.words[first][:1].isupper()
            and (inner[-1:] == "." or not self._names_a_speaker(first))
        ):
            return None  # the next sentence
        end = first
        while end < len(self.words) and not self.quoted[end] and self.sentences[end] == self.sentences[first]:
            end += 1
        if self.is_foreign:  # «…», ha detto la sindaca X
            named = [self.mentions[each][1] for each in range(first, end) if each in self.mentions]
            surest = next(
                (person for person in named if is_first_name(person.name.split()[0])), next(iter(named), None)
            )
            return SpeechCue(surest) if "," in gap or gap.strip() in ("–", "—", "-") else None
        opening = self.words[self.at(span.start) - 1] if self.at(span.start) else ""
        if opening in WITH_WORDS and not set_off:
            return self._subject(first + 1, end)
        return (
            self._behind_english(first, end, set_off)
            if self.lang == "en"
            else self._behind_german(span, first, end, set_off)
        )

    def _names_a_speaker(self, at: int) -> bool:
        return self.lang == "en" and at in self.mentions and self.text[self.starts[at] - 2] != "."

    def _last_named(self, span: MarkedSpan) -> Speaker | None:
        """Roth geht, Krings kommt und hat „viel vor“, wie er sagt: Krings."""
        at = self.at(span.start)
        named = [each for each in range(self.sentence_of(at - 1)[0], at) if each in self.mentions] if at else []
        free = [each for each in named if self.words[each - 1].lower() not in speech_words().prepositions]
        return self.mentions[free[-1]][1] if free and self.text[span.inner_start].islower() else None

    def _behind_german(self, span: MarkedSpan, first: int, end: int, set_off: bool) -> SpeechCue | None:
        words = self.words
        word = words[first].lower()
        following = words[first + 1].lower() if first + 1 < end else ""
        if not words[first][:1].islower():
            return None
        is_described = (
            word in COPULAS and following in ("ein", "eine") and not self.first_noun_is_person(first + 2, end)
        )
        if (word in ("gibt", "gab") and following == "es") or is_described:
            return SpeechCue(is_speech=False)  # „Geht nicht“ gibt es nicht; „…“ ist ein alter Spruch
        if following == "man" and (says(words[first]) or "lesen" in words[first:end]):  # räumt man im Rathaus ein
            return self._subject(first + 2, end, impersonal=True)
        if word in speech_words().shown_verbs and following != "es":
            return self._shown_behind(first, end)
        if word == "wie":
            verb = next((each for each in range(first, end) if says(words[each])), None)
            if verb is None:
                return None
            if any(is_shown(words[each]) for each in range(first, min(end, first + 8))) or PROVERB.search(
                self.text, self.starts[first], self.ends[verb] + 12
            ):
                return SpeechCue(is_speech=False)
            if following in ("er", "sie") and (named := self._last_named(span)):
                return SpeechCue(named)
            return self._subject(first + 1, end, impersonal=following == "es")
        if word == "kam" and following in ("die", "prompt", "es"):  # kam die Antwort von X
            return self._answered(first, end)
        if word == "mit" and following in ("diesem", "diesen"):  # mit diesen Worten begann X
            return self._subject(first + 3, end)
        if word in ("heißt", "hieß"):
            return self._subject(first + 2, end, impersonal=True)
        if word == "laut":
            return self._subject(first, end, impersonal=True)
        if word in ("ist", "war") and "lesen" in words[first:end]:
            return self._subject(first + 1, end, impersonal=True)
        participle = word in _AUXILIARIES and any(
            says(words[each]) or words[each].startswith("ge") for each in range(first + 1, end)
        )
        if word == "so" or says(words[first]) or participle:
            if word in ("skandierten", "sangen"):
                return SpeechCue(is_speech=False)
            if word == "so" and following in COPULAS:  # „…“, so war der Abend überschrieben
                return SpeechCue(is_speech=False)
            if word == "so" and not set_off:
                return None
            return self._subject(first + 1, end)
        if set_off and word not in _NO_VERBS and not self._is_small_word(first):
            cue = self._subject(first + 1, min(end, first + 8))
            subject = next(self.groups(first + 1, end), None)
            follows = subject is not None and subject.kind > GroupKind.BODY and subject.first == first + 1
            if cue.speaker and (follows or re.search(r"(?:t|te|en|ten|tet|lich)$", word)):  # fuhr sie ihn an
                return cue
        return None

    def first_noun_is_person(self, first: int, end: int) -> bool:
        """Of German words: „…“, ist eine Anwohnerin wütend."""
        noun = next((word for word in self.words[first:end] if word[:1].isupper()), "")
        return is_human(noun) or is_office(noun)

    def _shown_behind(self, first: int, end: int) -> SpeechCue | None:
        """„…“ steht auf dem Plakat; but: „…“, steht in dem Brief."""
        words = self.words
        window = range(first + 1, min(end, first + 9))
        if any(is_shown(words[each]) for each in window):
            return SpeechCue(is_speech=False)
        if words[first].lower() in ("nennt", "nannte"):
            return (
                self._subject(first + 1, end)
                if "sich" not in words[first + 1 : first + 2]
                else SpeechCue(is_speech=False)
            )
        groups = [group for group in self.groups(first + 1, end) if group.kind is GroupKind.BODY]
        if words[first].lower() in ("steht", "stand", "lautet", "lautete") and groups:
            return SpeechCue(self.speaker_of(groups[0], first))
        if (
            words[first].lower() in ("lautet", "lautete")
            and first + 1 < end
            and words[first + 1].lower() in ("sein", "seine", "ihr", "ihre")
        ):
            return SpeechCue()
        return SpeechCue(is_speech=False)

    def _subject(self, first: int, end: int, *, impersonal: bool = False) -> SpeechCue:
        groups = list(self.groups(first, end))
        if impersonal:
            groups = [group for group in groups if group.kind is not GroupKind.PRONOUN]
            if groups and is_shown(groups[0].head or groups[0].text):
                return SpeechCue(is_speech=False)
            return SpeechCue(self.speaker_of(groups[0], first) if groups else self.document_before(first))
        if groups and is_shown(groups[0].head) and not groups[0].behind_preposition:
            return SpeechCue(is_speech=False)
        subjects = [group for group in groups if not group.behind_preposition]
        subjects = [group for group in subjects if group.kind is not GroupKind.OTHER] or subjects
        comma = next((each for each in range(first + 1, end) if "," in self.gap(each)), end)
        near = [
            group for group in subjects if group.first < comma and group.head.lower() not in speech_words().recipients
        ]
        chosen = next(iter(near or subjects), None)
        if chosen and self.words[first - 1].lower().startswith("zitier") and len(subjects) > 1:
            chosen = subjects[1]
        return SpeechCue(self.speaker_of(chosen, first) if chosen else None)

    def _behind_english(self, first: int, end: int, set_off: bool) -> SpeechCue | None:
        words = self.words
        if words[first].lower() == "according":
            return self._subject(first + 1, end, impersonal=True)
        if words[first].lower() in speech_words().shown_verbs and not says(words[first]):
            return SpeechCue(is_speech=False) if any(is_shown(word) for word in words[first:end][:8]) else None
        if words[first].lower() in ("read", "reads") and any(is_shown(word) for word in words[first:end][:8]):
            return SpeechCue(is_speech=False)
        if words[first].lower() == "came":  # came the reply from X
            return self._answered(first, end)
        if not set_off:
            return None
        verb = next((each for each in range(first, min(end, first + 25)) if says(words[each])), None)
        if verb is None:  # he snaps
            inverted = next(self.groups(first + 1, end), None)
            if inverted and inverted.kind > GroupKind.BODY and inverted.first == first + 1:  # laughs Paula Frings
                return SpeechCue(self.speaker_of(inverted, first)) if words[first].endswith(("s", "ed")) else None
            group = next(self.groups(first, end), None)
            verb = (group.behind or group.end) if group and group.first == first else end
            is_document = group is not None and self.words[verb : verb + 1] in _BEGINS
            if group is None or (group.kind <= GroupKind.BODY and not is_document):
                return None
            if verb >= end or not words[verb].endswith(("s", "ed")) or not words[verb].islower():
                return None
        if verb == first:
            return self._subject(first + 1, end)
        groups = [group for group in self.groups(first, verb) if not group.behind_preposition]
        if person := self.behind_small_office(first, verb):
            return SpeechCue(person)
        if not groups or groups[0].first != first:
            return None
        if is_shown(groups[0].head) and groups[0].kind not in (GroupKind.PERSON, GroupKind.HUMAN):
            return SpeechCue(is_speech=False)
        return SpeechCue(self.speaker_of(groups[0], first))

    def _answered(self, first: int, end: int) -> SpeechCue | None:
        if self.words[first + 2 : first + 3] == ["voice"]:
            return SpeechCue(Speaker(self.text[self.starts[first + 1] : self.ends[end - 1]], is_named=False))
        groups = (
            group for group in self.groups(first, end) if group.behind_preposition in ("from", "von", "vom", "aus")
        )
        group = next(groups, None)
        return SpeechCue(self.speaker_of(group, first)) if group else None

    def put_right(self, span: MarkedSpan) -> Speaker | None:
        """The sentence “…” was not Holt's. It was said by Jan Roth."""
        said_by = _SAID_BY.search(self.text, span.end, span.end + _NEAR)
        said_by = said_by or _NOT_BY.match(self.text, span.end, span.end + _NEAR)
        said_by = said_by or _IT_WAS.search(self.text, span.end, span.end + _NEAR)
        at = self.at(said_by.end()) if said_by else len(self.words)
        named = next((each for each in range(at, min(at + 4, len(self.words))) if each in self.mentions), None)
        return self.mentions[named][1] if named is not None and not self.quoted[named] else None

    def after_that(self, span: MarkedSpan) -> Speaker | None:
        """„…“ Das sagt X. „…“ Mit diesen Worten beginnt X."""
        first = self.at(span.end)
        if first >= len(self.words) or self.quoted[first]:
            return None
        if "\n" in self.text[span.end : self.starts[first]]:
            return None
        if not re.match(
            r"\s*(?:Das|Dies|So|Mit diese[mn] \w+|Es (?:sagt|spricht)|With th(?:is|ese)|That is)\b",
            self.text[span.end :][:40],
        ):
            return None
        end = first
        while end < len(self.words) and self.sentences[end] == self.sentences[first] and not self.quoted[end]:
            end += 1
        if not any(says(self.words[each]) for each in range(first, end)) and self.words[first] not in ("Mit", "With"):
            return None
        groups = [
            group
            for group in self.groups(first + 1, end)
            if group.kind in (GroupKind.PERSON, GroupKind.PRONOUN, GroupKind.HUMAN)
        ]
        return self.speaker_of(groups[0], first) if groups else None
