"""The words before quotation marks that tell who speaks: X: „…“; laut X „…“; and what nobody says."""

import re
from dataclasses import replace

from pipelines.enrichment.direct_speech.discourse import REPORTED
from pipelines.enrichment.direct_speech.noun_groups import GroupKind, NounGroup
from pipelines.enrichment.direct_speech.people_in_text import Speaker
from pipelines.enrichment.direct_speech.quotation_marks import MarkedSpan
from pipelines.enrichment.direct_speech.speakers import OWNERS, WHAT_IS_SAID, Speakers, SpeechCue, is_document
from pipelines.enrichment.direct_speech.speech import is_human, is_shown, may_be_named, says, speech_words

PROVERB = re.compile(
    r"wie (?:heißt es|sagt man)|wie es so schön heißt|im Volksmund|the (?:saying|proverb)",
    re.IGNORECASE,
)
COPULAS = frozenset("war ist wurde hieß heißt lautet lautete steht stand sei bleibt is was remains".split())
NAMING = frozenset(  # Sie sah „Licht“
    "nannte nannten nennt nennen sah sahen sieht sehen fand findet called calls".split()
)
_WHICH = frozenset("that which das der die".split())
_HAVING = frozenset("had has have habe hatte hätte".split())
_PASSIVES = frozenset("was were is are wird werden wurde wurden ist sind war waren gilt galt gelten dient".split())
_DATIVES = frozenset("dem einem seinem ihrem diesem unserem meinem".split())
_ACCORDING_TO = frozenset("laut according selon según secondo volgens według".split())
_SIGNED = (["signed"], ["written"], ["unterzeichnet"], ["unterschrieben"], ["verfasst"])
_OF_SPEAKERS = frozenset(("nennt", "nannte"))  # Die Initiative nennt das „…“, but nennt sich „…“
_OF_VIEWS = frozenset(("für", "laut", "nach", "for", "to"))  # Für Trainer Krickau ist das weit weg: „…“
_OF_SOURCES = frozenset("in im aus bei beim von vom".split())  # Aus dem Rathaus heißt es: „…“


class BeforeMarks(Speakers):
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

    def is_on_show(self, span: MarkedSpan, first: int, at: int, lead: str) -> bool:
        """Auf dem Plakat stand: „…“; das Motto „…“; wie es so schön heißt: „…“."""
        words = self.words
        if first == at:
            return False
        if PROVERB.search(lead):
            return True
        if self.text[span.inner_start].islower() and NAMING & set(words[first:at]):  # nannte den Film „ein Wunder“
            return False
        if is_document(words[at - 1]) and any(self._reads_out(each) for each in range(first, at)):
            return False  # er zitierte aus einer Studie: „…“
        gap = lead[len(lead.rstrip(" :,–-")) :]
        if (
            self.text[span.inner_start].islower()
            and (words[first] in ("Für", "For", "Laut") or self._is_view(first, at))
            and COPULAS & set(words[first:at])
        ):
            return False  # Für X ist das Projekt „eine Wette“
        is_recipient = words[at - 1].lower() in speech_words().recipients and self.has_saying(first, at)
        if is_shown(words[at - 1]) and not (gap.startswith(":") and (is_recipient or self._has_person(first, at))):
            return True
        if words[at - 2].lower() in _WHICH and says(words[at - 1]):  # a poster from the strike that says “…”
            shown = [each for each in range(first, at) if is_shown(words[each])]
            if shown and not self._has_speaker(shown[-1], at):
                return True
        behind = [*words[first + 1 : at], ""]
        shown_verb = any(
            word.lower() in speech_words().shown_verbs and (word not in _OF_SPEAKERS or behind[place] == "sich")
            for place, word in enumerate(words[first:at])
            if place >= at - first - 8
        )
        nouns = any(is_shown(words[each]) for each in range(first, at))
        speaks = any(may_be_named(words[each]) for each in range(first, at)) and not is_shown(words[at - 1])
        if nouns and shown_verb and not (speaks and "es" in behind):  # In der Zeitung heißt es: „…“
            return True
        if any(is_shown(words[each]) for each in range(first, min(first + 3, at))) and not self._has_speaker(first, at):
            return True  # Diese Bauernregeln erinnern daran: „…“
        if words[at - 1].lower() in ("skandierten", "sangen", "riefen", "chanted"):
            return True
        return nouns and not any(says(words[each]) and not self._reads_out(each) for each in range(first, at))

    def _is_view(self, first: int, at: int) -> bool:
        """Nach den Worten von X ist das Projekt „…“"""
        return any(word.lower() in speech_words().source_nouns for word in self.words[first:at])

    def has_reported_speech(self, first: int, at: int) -> bool:
        """Das Land habe „mehr Geld zugesagt als der Bund“."""
        if self.lang != "de":
            return False
        return not REPORTED.isdisjoint(self.words[first:at]) or any(
            self.words[each].lower() in ("er", "man") and self._is_subjunctive(first, each, at)
            for each in range(first, at)
        )

    def _is_subjunctive(self, first: int, subject: int, at: int) -> bool:
        """Er beobachte; übernehme man"""
        beside = [each for each in (subject - 1, subject + 1) if first <= each < at]
        return any(
            self.words[each].islower()
            and self.words[each].endswith("e")
            and not self.words[each].endswith("te")
            and self.words[each] not in self.determiners
            for each in beside
        )

    def has_saying(self, first: int, at: int) -> bool:
        return any(says(word) for word in self.words[first:at])

    def one_of_two(self, first: int, at: int) -> Speaker | None:
        """X sprach von einem „Meilenstein“, Y | von „…“: Y, behind a comma and without a verb."""
        if self.words[at - 1] not in ("von", "vom", "of", "als"):
            return None
        named = next((each for each in range(first + 1, at) if self.mentions.get(each, (0,))[0] == at - 1), None)
        if named is not None:
            return self.mentions[named][1] if "," in self.gap(named) else None
        body = next((each for each in self.groups(first, at) if each.end == at - 1 and each.first > first), None)
        is_one = body is not None and body.kind is GroupKind.BODY and "," in self.gap(body.first)
        return self.speaker_of(body, at) if body and is_one else None

    def _has_speaker(self, first: int, at: int) -> bool:
        return any(each in self.mentions or is_human(self.words[each]) for each in range(first, at))

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
        if sources and not self._is_told_of_a_speaker(sources, groups):
            return SpeechCue(self.speaker_of(sources, at))
        is_it = verbs and words[verbs[-1]] in ("heißt", "hieß") and words[verbs[-1] + 1 : verbs[-1] + 2] == ["es"]
        if is_it or any(words[each].startswith("verlaut") for each in verbs):
            things = [group for group in groups if group.kind is not GroupKind.PRONOUN]
            things = [group for group in things if group.behind_preposition in _OF_SOURCES]
            sources = next((group for group in things if group.kind is GroupKind.BODY), next(iter(things), None))
            darin = next((each for each in range(first, at) if words[each].lower() in ("darin", "dort")), at)
            return SpeechCue(self.speaker_of(sources, at) if sources else self.document_before(darin))
        if words[at - 1] in ("steht", "stand"):
            documents = [
                group for group in groups if group.kind is GroupKind.BODY and group.behind_preposition in _OF_SOURCES
            ]
            if document := self.speaker_of(documents[0], at) if documents else self.document_before(first):
                return SpeechCue(document)
        reading = next((each for each in verbs if self._reads_out(each)), None)
        if reading is not None:
            behind = [group for group in groups if group.first > reading and group.kind > GroupKind.BODY]
            behind = behind or [group for group in groups if group.first > reading and group.kind is GroupKind.BODY]
            if behind:
                inside = self.groups(behind[0].first + 2, behind[0].end)  # a letter from X
                return SpeechCue(
                    self.speaker_of(next((each for each in inside if each.kind > GroupKind.BODY), behind[0]), at)
                )
        if not groups:
            return SpeechCue() if verbs else None
        if verbs and words[verbs[-1] - 1] == "who":  # to her son, who exclaimed: “…”
            told = next((group for group in groups if group.end == verbs[-1] - 1), groups[-1])
            return SpeechCue(self.speaker_of(told, at))
        if inserted := self._put_in_between(groups, verbs, at):
            return SpeechCue(self.speaker_of(inserted, first if inserted.kind is GroupKind.PRONOUN else at))
        if self._is_agent(groups[0], first):
            groups[0] = replace(groups[0], kind=GroupKind.HUMAN)
        if body := self._body_put_before(groups[:2], first):
            return SpeechCue(body)
        colon = self.text[self.ends[at - 1] :].lstrip()[:1] == ":"
        if colon and not verbs:  # setzt Wolff an, und Roth vollendet: „…“
            clause = next((each for each in range(at - 1, first, -1) if "," in self.gap(each)), first)
            is_main = words[clause] in ("und", "aber", "doch", "and", "but")
            here = [each for each in groups if is_main and each.first >= clause and each.kind is GroupKind.PERSON]
            groups = [each for each in here if not each.behind_preposition] or groups
        best = max(groups, key=lambda group: self._weight(group, first, verbs))
        if self._weight(best, first, verbs) < 1.5:
            return SpeechCue() if verbs else None
        best = self._who_signed(self._put_behind(best, groups), groups)
        if best.kind is GroupKind.HUMAN and words[best.end : best.end + 1] in (["wie"], ["like"]):  # Kritiker wie Y
            best = next((group for group in groups if group.first > best.end), best)
        return SpeechCue(self.speaker_of(best, at)) if verbs or colon else None

    def _put_in_between(self, groups: list[NounGroup], verbs: list[int], at: int) -> NounGroup | None:
        """Der Konzern, sagt er, „…“; Roth said his deputy had told him: “…”: the subject of the last verb."""
        if not verbs:
            return None
        last = verbs[-1]
        between = self.gap(last) == ", " and self.text[self.ends[at - 1] :].startswith(",")
        if between and (told := next((each for each in groups if (each.first, each.end) == (last + 1, at)), None)):
            return told
        behind = last - 1 if self.words[last - 1] in _HAVING else last
        told = next((each for each in groups if each.end == behind and each.kind is not GroupKind.OTHER), None)
        is_inner = told is not None and not told.behind_preposition and (len(verbs) > 1 and told.first > verbs[0])
        return told if is_inner else None

    def who_judges(self, first: int, at: int) -> Speaker | None:
        """The authors single out the district as “…”; die Grünen werten den Plan als „…“."""
        words = self.words[first:at]
        if not words or words[-1] not in ("as", "als") or "been" in words:
            return None
        subject = next(self.groups(first, at), None)
        if subject is None or subject.first != first or subject.kind is GroupKind.OTHER:
            return None
        verb = self.words[subject.behind or subject.end]
        return None if verb in _PASSIVES or verb == "as" else self.speaker_of(subject, at)

    def _put_behind(self, best: NounGroup, groups: list[NounGroup]) -> NounGroup:
        """Her husband, | a baker, | thought so: he."""
        before = next((group for group in groups if group.end == best.first), None)
        between = self.gap(best.first) == ", " and self.gap(best.end).startswith(",")
        if before is None or not between or best.kind is GroupKind.PERSON or before.kind < GroupKind.HUMAN:
            return best
        return before

    def _who_signed(self, document: NounGroup, groups: list[NounGroup]) -> NounGroup:
        """The leaflet, signed by | the union, | asks; das Schreiben, unterzeichnet von X, …"""
        signed = document.end + 2
        if document.kind is not GroupKind.BODY or self.words[signed - 2 : signed - 1] not in _SIGNED:
            return document
        return next((group for group in groups if group.first == signed), document)

    def _body_put_before(self, groups: list[NounGroup], first: int) -> Speaker | None:
        """Gridline, | the developer, | said"""
        group = next((each for each in groups if self.gap(each.first) == ", "), groups[0])
        if self.lang != "en" or group.kind in (GroupKind.PERSON, GroupKind.PRONOUN) or self.gap(group.first) != ", ":
            return None
        name = range(first, group.first)
        if not all(self._is_strange(at) for at in name) or not self.gap(group.end).startswith(","):
            return None
        return Speaker(self.text[self.starts[first] : self.ends[group.first - 1]], is_named=False)

    def _is_told_of_a_speaker(self, source: NounGroup, groups: list[NounGroup]) -> bool:
        """According to the minutes, Jan Roth asked whether “…”: Roth."""
        behind = [group for group in groups if group.first >= source.end and group.kind is GroupKind.PERSON]
        subject = groups[0].kind is GroupKind.PERSON and groups[0].end <= source.first
        if subject and not groups[0].behind_preposition and source.head.lower() in speech_words().recipients:
            return True  # Herr Roth hat laut Ihrer Zeitung gesagt: „…“
        return any(says(word) for group in behind for word in self.words[group.end : group.end + 1])

    def _behind_where(self, at: int) -> int:
        """Der Staatsschutz | in Wien | hält fest"""
        is_where = self.words[at : at + 1] in (["in"], ["im"], ["aus"]) and self.words[at + 1 : at + 2]
        return at + 2 if is_where and self.words[at + 1][0].isupper() else at

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
                is_view = COPULAS & set(words) and not self.has_saying(first, at)
                if holder and holder.kind >= GroupKind.BODY and is_view:
                    return holder
            if word in _ACCORDING_TO and (not place or words[place - 1] not in ("wie", "so", "zu")):
                return next((group for group in groups if group.end > first + place + 1), None)
            if word in speech_words().source_nouns:
                if place and (owner := self._owner_of_view(first + place, groups)):
                    return owner
                covering = next((group for group in groups if group.first <= first + place < group.end), None)
                inside = list(self.groups(first + place + 1, at))
                if covering and inside:
                    return inside[0]
            if word == "zufolge":
                return next((group for group in reversed(groups) if group.end <= first + place), None)
        return None

    def _owner_of_view(self, at: int, groups: list[NounGroup]) -> NounGroup | None:
        """aus ihrer Sicht, in his words: she, he."""
        pronoun = OWNERS.get(self.words[at - 1].lower())
        is_own = pronoun is not None and self.joined(at)
        return NounGroup(first=at - 1, end=at + 1, kind=GroupKind.PRONOUN, text=pronoun or "") if is_own else None

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
        if self.words[group.first].lower() in _DATIVES:  # Dem Investor warf sie „…“ vor
            weight -= 2.5
        if verbs:
            behind = verbs[-1] + 1
            while behind < group.first and self.words[behind].lower() in speech_words().adverbs:
                behind += 1
            follows = group.first == behind and (self.lang == "de" or verbs[-1] == first)
            if follows or self._behind_where(group.behind or group.end) in (verbs[0], verbs[-1]):
                weight += 3
        if group.head.lower() in speech_words().recipients:
            weight -= 3
        if group.head.lower() in WHAT_IS_SAID and group.kind is GroupKind.OTHER and group.end - group.first > 2:
            weight += 4
        return weight
