"""The words beside quotation marks that tell who speaks: „…“, sagte X; X: „…“; laut X „…“; and what nobody says."""

import re
from dataclasses import dataclass, replace

from pipelines.enrichment.direct_speech.discourse import Discourse, nominative
from pipelines.enrichment.direct_speech.noun_groups import GroupKind, NounGroup
from pipelines.enrichment.direct_speech.people_in_text import Speaker
from pipelines.enrichment.direct_speech.quotation_marks import MarkedSpan
from pipelines.enrichment.direct_speech.speech import is_first_name, is_shown, last_part, says, speech_words

_SAYING = re.compile(
    r"wie (?:heißt es|sagt man)|wie es so schön heißt|im Volksmund|the (?:saying|proverb)",
    re.IGNORECASE,
)
_COPULAS = frozenset("war ist wurde hieß heißt lautet lautete steht stand sei".split())
_SAID_SO = frozenset("habe sei werde müsse könne solle dürfe wolle würden hätten seien".split())
_WHAT_IS_SAID = frozenset(  # die Antwort des Landrats
    "urteil urteils beschluss begründung antwort frage nachfrage fazit kommentar zwischenruf reaktion appell forderung "
    "kritik rat worte einwand hinweis versprechen vorwurf".split()
)
_AUXILIARIES = frozenset("hat hatte haben hatten habe wird wurde soll sollte will wollte dürfte konnte kann".split())
_DOCUMENTS = frozenset(
    "brief briefs schreiben mitteilung pressemitteilung erklärung stellungnahme gutachten bericht berichts urteil "
    "begründung beschluss antrag papier mail antwort protokoll vertrag studie petition bescheid einladung".split()
)
_OF_VIEWS = frozenset(("für", "laut", "nach", "for", "to"))  # Für Trainer Krickau ist das weit weg: „…“
_OF_SOURCES = frozenset("in im aus bei beim von vom".split())  # Aus dem Rathaus heißt es: „…“
_AGENTS = ("er", "in", "ant", "ent", "ist", "loge", "ator")  # der Oppositionsführer
_NO_VERBS = frozenset(  # small words that end like verbs
    "mit seit erst jetzt nicht zeit dort oft fast selbst zuletzt damit somit jedoch unten oben hinten neben gegen "
    "wegen zwischen bereits".split()
)


@dataclass(frozen=True, slots=True)
class SpeechCue:
    """What the words beside a quotation say of it."""

    speaker: Speaker | None = None
    is_speech: bool = True  # False: a title, a slogan, a proverb


class Attribution(Discourse):
    """Reads a text around its quotation marks; `spoken` has who spoke, by the word where the quotation begins."""

    def __init__(self, text: str, lang: str, spans: list[MarkedSpan], *, is_foreign: bool = False) -> None:
        super().__init__(text, lang, spans)
        self.is_foreign = is_foreign  # neither German nor English: only names are read beside the marks
        self.spoken: list[tuple[int, Speaker]] = []

    def sentence_start(self, span: MarkedSpan) -> int:
        at = self.at(span.start)
        if not at or self.quoted[at - 1]:
            return at
        between = self.text[self.ends[at - 1] : span.start]
        if not between.rstrip().endswith(":") and ("\n" in between or re.search(r"(?<!\d)[.!?…]", between)):
            return at
        first = at - 1
        while first and not self.quoted[first - 1] and self.sentences[first - 1] == self.sentences[at - 1]:
            first -= 1
        return first

    def is_on_show(self, first: int, at: int, lead: str) -> bool:
        """Auf dem Plakat stand: „…“; das Motto „…“; wie es so schön heißt: „…“."""
        words = self.words
        if first == at:
            return False
        if _SAYING.search(lead):
            return True
        gap = lead[len(lead.rstrip(" :,–-")) :]
        if is_shown(words[at - 1]) and not (gap.startswith(":") and self._has_person(first, at)):
            return True
        shown_verb = any(words[each].lower() in speech_words().shown_verbs for each in range(max(first, at - 8), at))
        nouns = any(is_shown(words[each]) for each in range(first, at))
        if nouns and shown_verb:
            return True
        if words[at - 1].lower() in ("skandierten", "sangen", "riefen", "chanted"):
            return True
        return nouns and not any(says(words[each]) for each in range(first, at))

    def has_reported_speech(self, first: int, at: int) -> bool:
        """Das Land habe „mehr Geld zugesagt als der Bund“."""
        return self.lang == "de" and not _SAID_SO.isdisjoint(self.words[first:at])

    def has_saying(self, first: int, at: int) -> bool:
        return any(says(word) for word in self.words[first:at])

    def _has_person(self, first: int, at: int) -> bool:
        return any(each in self.mentions for each in range(first, at)) and any(
            says(self.words[each]) for each in range(first, at)
        )

    def before(self, first: int, at: int) -> SpeechCue | None:
        """Who is the subject of the sentence that leads to the marks."""
        words = self.words
        verbs = [each for each in range(first, at) if says(words[each])]
        groups = [group for group in self.groups(first, at) if not self.in_relative_clause(first, group.first)]
        sources = self._source(groups, first, at)
        if sources:
            return SpeechCue(self._speaker(sources, at))
        if verbs and words[verbs[-1]] in ("heißt", "hieß") and words[verbs[-1] + 1 : verbs[-1] + 2] == ["es"]:
            things = [group for group in groups if group.kind is not GroupKind.PRONOUN]
            things = [group for group in things if group.behind_preposition in _OF_SOURCES]
            sources = next((group for group in things if group.kind is GroupKind.BODY), next(iter(things), None))
            darin = next((each for each in range(first, at) if words[each].lower() in ("darin", "dort")), at)
            return SpeechCue(self._speaker(sources, at) if sources else self._document_before(darin))
        if words[at - 1] in ("steht", "stand"):
            documents = [
                group for group in groups if group.kind is GroupKind.BODY and group.behind_preposition in _OF_SOURCES
            ]
            if document := self._speaker(documents[0], at) if documents else self._document_before(first):
                return SpeechCue(document)
        reading = next((each for each in verbs if self._reads_out(each)), None)
        if reading is not None:
            behind = [group for group in groups if group.first > reading and group.kind > GroupKind.BODY]
            behind = behind or [group for group in groups if group.first > reading and group.kind is GroupKind.BODY]
            if behind:
                inside = self.groups(behind[0].first + 2, behind[0].end)  # a letter from X
                return SpeechCue(
                    self._speaker(next((each for each in inside if each.kind > GroupKind.BODY), behind[0]), at)
                )
        if not groups:
            return SpeechCue() if verbs else None
        if self._is_agent(groups[0], first):
            groups[0] = replace(groups[0], kind=GroupKind.HUMAN)
        best = max(groups, key=lambda group: self._weight(group, first, verbs))
        if self._weight(best, first, verbs) < 1.5:
            return SpeechCue() if verbs else None
        if best.kind is GroupKind.HUMAN and words[best.end : best.end + 1] in (["wie"], ["like"]):  # Kritiker wie Y
            best = next((group for group in groups if group.first > best.end), best)
        colon = self.text[self.ends[at - 1] :].lstrip()[:1] == ":"
        return SpeechCue(self._speaker(best, at)) if verbs or colon else None

    def _is_agent(self, group: NounGroup, first: int) -> bool:
        """Ein früherer Kraftwerker schüttelt den Kopf: „…“"""
        begins = group.first == first and self.words[first] in ("Ein", "Eine")
        return begins and group.kind is GroupKind.OTHER and group.head.endswith(("er", "erin"))

    def _reads_out(self, verb: int) -> bool:
        """X zitierte Y; X read out an e-mail from Y."""
        word = self.words[verb].lower()
        out = word in ("read", "reads") and self.words[verb + 1 : verb + 2] == ["out"]
        return out or word.startswith(("zitier", "verlas", "quote"))

    def _source(self, groups: list[NounGroup], first: int, at: int) -> NounGroup | None:
        """Nach den Worten von X, laut X, X zufolge, according to X."""
        words = [word.lower() for word in self.words[first:at]]
        for place, word in enumerate(words):
            if word == "so" and place and "," in self.gap(first + place):  # Es sei, so der Chef, „…“
                return next((group for group in groups if group.first == first + place + 1), None)
            if word in ("für", "for") and not place:  # Für X ist das „ein Armutszeugnis“
                holder = next((group for group in groups if group.first == first + 1), None)
                if holder and holder.kind >= GroupKind.BODY and _COPULAS & set(words):
                    return holder
            if word in ("laut", "according"):
                return next((group for group in groups if group.first > first + place), None)
            if word in speech_words().source_nouns:
                covering = next((group for group in groups if group.first <= first + place < group.end), None)
                inside = list(self.groups(first + place + 1, at))
                if covering and inside:
                    return inside[0]
            if word == "zufolge":
                return next((group for group in reversed(groups) if group.end <= first + place), None)
        return None

    def _weight(self, group: NounGroup, first: int, verbs: list[int]) -> float:
        weight = {
            GroupKind.PERSON: 3.0,
            GroupKind.PRONOUN: 3.0,
            GroupKind.HUMAN: 2.5,
            GroupKind.BODY: 1.5,
            GroupKind.OTHER: -1.4,
        }[group.kind]
        if group.behind_preposition:
            weight -= 1.5 if group.kind is GroupKind.PERSON and group.behind_preposition in _OF_VIEWS else 2.5
        if group.first == first:
            weight += 1
        if verbs:
            behind = verbs[-1] + 1
            while behind < group.first and self.words[behind].lower() in speech_words().adverbs:
                behind += 1
            if group.first == behind or (group.behind or group.end) in (verbs[0], verbs[-1]):
                weight += 3
        if group.head.lower() in speech_words().recipients:
            weight -= 3
        if group.head.lower() in _WHAT_IS_SAID and group.kind is GroupKind.OTHER and group.end - group.first > 2:
            weight += 4
        return weight

    # -- behind the marks

    def behind(self, span: MarkedSpan, number: int) -> SpeechCue | None:
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
            return SpeechCue(surest) if "," in gap else None
        return (
            self._behind_english(first, end, set_off) if self.lang == "en" else self._behind_german(first, end, set_off)
        )

    def _names_a_speaker(self, at: int) -> bool:
        return self.lang == "en" and at in self.mentions and self.text[self.starts[at] - 2] != "."

    def _behind_german(self, first: int, end: int, set_off: bool) -> SpeechCue | None:
        words = self.words
        word = words[first].lower()
        following = words[first + 1].lower() if first + 1 < end else ""
        if not words[first][:1].islower():
            return None
        if word in speech_words().shown_verbs and following != "es":
            return self._shown_behind(first, end)
        if word == "wie":
            verb = next((each for each in range(first, end) if says(words[each])), None)
            if verb is None:
                return None
            if any(is_shown(words[each]) for each in range(first, min(end, first + 8))) or _SAYING.search(
                self.text, self.starts[first], self.ends[verb] + 12
            ):
                return SpeechCue(is_speech=False)
            return self._subject(first + 1, end, impersonal=following == "es")
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
            if word == "so" and following in _COPULAS:  # „…“, so war der Abend überschrieben
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
            return SpeechCue(self._speaker(groups[0], first))
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
            return SpeechCue(self._speaker(groups[0], first) if groups else self._document_before(first))
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
        return SpeechCue(self._speaker(chosen, first) if chosen else None)

    def _stands_with_plural(self, at: int) -> bool:
        """schreiben sie; sie fordern"""
        beside = [self.words[at - 1]] if at else []
        return any(says(word) and word.endswith("en") for word in [*beside, *self.words[at + 1 : at + 2]])

    def _document_before(self, at: int) -> Speaker | None:
        """In einem Brief fordern sie Geld. „…“, heißt es darin."""
        if " ".join(self.words[at : at + 1]).lower() not in ("darin", "dort", "weiter"):
            return None
        before = [group for group in self.groups(0, at) if group.kind is GroupKind.BODY]
        documents = [group for group in before if last_part(group.head).lower() in _DOCUMENTS]
        return self.described((documents or before)[-1]) if before else None

    def _behind_english(self, first: int, end: int, set_off: bool) -> SpeechCue | None:
        words = self.words
        if words[first].lower() == "according":
            return self._subject(first + 1, end, impersonal=True)
        if words[first].lower() in speech_words().shown_verbs and not says(words[first]):
            return SpeechCue(is_speech=False) if any(is_shown(word) for word in words[first:end][:8]) else None
        if words[first].lower() in ("read", "reads") and any(is_shown(word) for word in words[first:end][:8]):
            return SpeechCue(is_speech=False)
        if not set_off:
            return None
        verb = next((each for each in range(first, min(end, first + 25)) if says(words[each])), None)
        if verb is None:  # he snaps
            inverted = next(self.groups(first + 1, end), None)
            if inverted and inverted.kind is GroupKind.PERSON and inverted.first == first + 1:  # laughs Paula Frings
                return SpeechCue(self._speaker(inverted, first)) if words[first].endswith(("s", "ed")) else None
            group = next(self.groups(first, end), None)
            verb = (
                (group.behind or group.end) if group and group.first == first and group.kind > GroupKind.BODY else end
            )
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
        return SpeechCue(self._speaker(groups[0], first))

    # -- who it is

    def _speaker(self, group: NounGroup, at: int) -> Speaker | None:
        if group.speaker:
            return group.speaker
        if last_part(group.head).lower() in _WHAT_IS_SAID:
            head = next(each for each in range(group.first, group.end) if self.words[each] == group.head)
            of_whom = next(self.groups(head + 1, group.end), None)
            if of_whom or group.kind is GroupKind.OTHER:
                return self._speaker(of_whom, at) if of_whom else None
        if group.kind is GroupKind.PRONOUN:
            if group.text == "sie" and self._stands_with_plural(group.first):
                return self.plural_before(at)
            return self.meant_by_pronoun(group.text, at, self.spoken)
        if group.kind is GroupKind.OTHER and group.head.lower().endswith(_AGENTS):
            return self.meant_by_group(replace(group, kind=GroupKind.HUMAN), self.spoken)
        if group.kind is GroupKind.HUMAN:
            return self.meant_by_group(group, self.spoken)
        return Speaker(nominative(group.text, self.lang, dative=bool(group.behind_preposition)), is_named=False)

    def after_that(self, span: MarkedSpan) -> Speaker | None:
        """„…“ Das sagt X. „…“ Mit diesen Worten beginnt X."""
        first = self.at(span.end)
        if first >= len(self.words) or self.quoted[first]:
            return None
        if "\n" in self.text[span.end : self.starts[first]]:
            return None
        if not re.match(
            r"\s*(?:Das|Dies|So|Mit diesen Worten|Es (?:sagt|spricht)|With these words|That is)\b",
            self.text[span.end :][:40],
        ):
            return None
        end = first
        while end < len(self.words) and self.sentences[end] == self.sentences[first] and not self.quoted[end]:
            end += 1
        if not any(says(self.words[each]) for each in range(first, end)) and "Worten" not in self.words[first:end]:
            return None
        groups = [
            group
            for group in self.groups(first + 1, end)
            if group.kind in (GroupKind.PERSON, GroupKind.PRONOUN, GroupKind.HUMAN)
        ]
        return self._speaker(groups[0], first) if groups else None
