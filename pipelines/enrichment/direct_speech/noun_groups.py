"""Groups of words that may be a speaker: a person, a pronoun, "ein Anwohner aus Kaster", "the bank"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from pipelines.enrichment.direct_speech.people_in_text import IN_BRACKETS, NamedPeople, Speaker
from pipelines.enrichment.direct_speech.speech import (
    gender_of_name,
    is_first_name,
    is_human,
    is_institution,
    says,
    speech_words,
)

_INDEFINITE = frozenset("ein eine einem einen einer a an one".split())
_ANOTHER = frozenset("anderer andere dritter dritte weiterer weitere zweiter zweite".split())
_AUXILIARIES = frozenset(
    "has have had is are was were will would can could should may might where who which that when whose".split()
)
_NO_ADJECTIVES = frozenset(
    "hat habe haben hatte hatten hätte hätten ist sei sind seien war waren wäre wären wird werde werden wurde wurden "
    "würde würden kann könne können könnte könnten muss müsse müssen müsste müssten soll solle sollen sollte sollten "
    "will wolle wollen wollte wollten darf dürfe dürfen durfte durften sagt sagte sagten".split()
)
_REPLIES = frozenset("reply answer response verdict view words comment own".split())
_PLACE = re.compile(
    r" (?:mit (?:[a-zäöü]+ )?[A-ZÄÖÜ]\w+|(?:in|with) an? (?:[a-z]+ )?[a-z]+|im (?:Publikum|Saal)"
    r"|(?:in|aus) der (?:\w+ )?Reihe|am (?:Rand|Ausgang|Eingang|Tresen|Zaun|Nebentisch)"
    r"|(?:in|from) the (?:audience|crowd|room|hall|(?:\w+ )?row)|(?:at|from) the (?:back|front|gate|bar|next table))\b"
)


class GroupKind(IntEnum):
    """What a group of words is, as a speaker."""

    OTHER = 0
    BODY = 1
    HUMAN = 2
    PRONOUN = 3
    PERSON = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NounGroup:
    first: int
    end: int
    kind: GroupKind
    text: str
    head: str = ""
    speaker: Speaker | None = None
    behind: int = 0  # the first word after it and what stands in apposition to it
    behind_preposition: str = ""


class NounGroups(NamedPeople):
    def groups(self, first: int, end: int) -> Iterator[NounGroup]:
        at, preposition, words = first, "", speech_words()
        while at < end:
            lower = self.words[at].lower()
            lower = lower.split("’")[0] if self.lang == "en" else lower  # he’d
            if at > first and "," in self.gap(at):
                preposition = ""
            if at in self.mentions:
                behind = self.mentions[at][0]
                yield self._person(at, at, preposition or self._owns(at, behind), end)
                at, preposition = self._behind_person(behind, end), ""
            elif lower in words.female_pronouns or lower in words.male_pronouns or (lower == "it" and at == first):
                yield NounGroup(
                    first=at, end=at + 1, kind=GroupKind.PRONOUN, text=lower, behind_preposition=preposition
                )
                at, preposition = at + 1, ""
            elif lower in ("jemand", "someone", "somebody"):
                yield NounGroup(first=at, end=at + 1, kind=GroupKind.HUMAN, text=lower, head=lower)
                at, preposition = at + 1, ""
            elif lower in _INDEFINITE and self._is_another(at + 1):
                yield self._human(at, at + 2, preposition)
                at, preposition = at + 2, ""
            elif lower in self.determiners or self._begins_a_noun(at):
                group = self._noun_group(at, end, preposition)
                if group:
                    yield group
                elif lower in ("einer", "another") or (lower == "one" and at and says(self.words[at - 1])):
                    yield self._human(at, at + 1, preposition)  # „…“, sagt einer
                elif lower in ("der", "die") and at == first:  # „…“, meint der.
                    yield NounGroup(first=at, end=at + 1, kind=GroupKind.PRONOUN, text=lower)
                at, preposition = (group.behind or group.end if group else at + 1), "" if group else preposition
            else:
                if lower in words.prepositions:
                    preposition = lower
                elif lower in words.adverbs:
                    preposition = ""
                at += 1

    def _noun_group(self, first: int, limit: int, preposition: str) -> NounGroup | None:
        if one := self._one_of(first, limit, preposition):
            return one
        at = first + 1 if self.words[first].lower() in self.determiners else first
        if at > first and self.words[at : at + 1] == ["Jahre"] and self.words[at + 1 : at + 2] in (["alte"], ["alten"]):
            return self._old(first, at + 2, limit, preposition)
        at = self._behind_adjectives(at, limit)
        is_body = at == first < limit and self.starts[at] in self.bodies  # “…,” RWE said
        if (
            self.lang == "en"
            and not is_body
            and (at >= limit or not self._is_noun(at) or (at > first and not self.joined(at)))
        ):
            return self._small_group(first, limit, preposition)
        if at >= limit or (at > first and not self.joined(at)):
            return None
        if at in self.mentions and at > first:
            return self._person(first, at, preposition, limit)
        if not self._is_noun(at):
            return None
        end = self._end_of_nouns(at, limit)
        aged = self.words[at - 1].lower().endswith(("jährige", "jähriger"))  # der zwölfjährige Lennard
        if end == at + 1 > first + 1 and (is_first_name(self.words[at]) or (aged and self._is_strange(at))):
            person = Speaker(self.words[at], gender_of_name(self.words[at]))
            return NounGroup(first=first, end=end, kind=GroupKind.PERSON, text=person.name, speaker=person)
        if (
            end > at + 1
            and self.words[at].lower().endswith(("jährige", "jähriger"))
            and is_first_name(self.words[end - 1])
        ):
            person = Speaker(self.words[end - 1], gender_of_name(self.words[end - 1]))  # die 15-jährige Mia
            return NounGroup(first=first, end=end, kind=GroupKind.PERSON, text=person.name, speaker=person)
        leads = self.lang == "de" and (is_human(self.words[at]) or is_institution(self.words[at]))
        head = self.words[at] if leads else self.words[end - 1]  # das Gericht Köln, but the Cologne court
        while (more := self._attached(end, limit)) and not self._name_follows(end, limit):
            end = more
        if is_human(head) and self.words[first].lower() in _INDEFINITE:
            end = self._behind_place(end, limit)
        is_pair = is_human(head) and end == first + 1 and self.words[end : end + 1] in (["und"], ["and"])
        if is_pair and self._name_follows(end + 1, limit):  # Beraterin und Autorin Anna Blau
            return self._person(first, end + 1, preposition, limit)
        if self._name_follows(end, limit) or (is_human(head) and self._name_is_put_behind(end, limit)):
            return self._person(first, end, preposition, limit)
        if self.lang == "en" and head.endswith(("'s", "’s")):
            owner = self._owner(first, end, preposition)
            is_named = is_human(owner.head) and self._name_is_put_behind(owner.end, limit)
            return self._person(first, owner.end, preposition, limit) if is_named else owner
        if self.lang == "en" and (named := self._behind_offices(end, limit)):  # Alliance secretary general | Ann Hill
            return self._person(first, named, preposition, limit)
        kind = GroupKind.OTHER
        if is_human(head):
            kind = GroupKind.HUMAN
        elif is_institution(head) or self.starts[at] in self.bodies:
            kind = GroupKind.BODY
        text = self.text[self.starts[first] : self.ends[end - 1]]
        return NounGroup(first=first, end=end, kind=kind, text=text, head=head, behind_preposition=preposition)

    def _behind_offices(self, end: int, limit: int) -> int | None:
        """Where a name begins behind the small words of an office."""
        at = end
        while at < min(end + 4, limit) and self.joined(at) and self.words[at].islower():
            at += 1
        is_office = any(is_human(word) for word in self.words[end:at])
        return at if is_office and at < limit and at in self.mentions and self.joined(at) else None

    def _owner(self, first: int, end: int, preposition: str) -> NounGroup:
        """The ministry's | reply: the ministry; but the firm's brochure, the report's authors."""
        text, at = self.text[self.starts[first] : self.ends[end - 1]].removesuffix("'s").removesuffix("’s"), end
        while at < len(self.words) and at < end + 3 and self.joined(at) and self.words[at].islower():
            if is_institution(self.words[at]) or is_human(self.words[at]):
                end, text = at + 1, self.text[self.starts[first] : self.ends[at]]
                break
            at += 1
        else:
            noun = self._end_of_small_words(end, end + 1)
            if noun > end and self.words[end] not in _REPLIES:
                end, text = noun, self.text[self.starts[first] : self.ends[noun - 1]]
        head = self.words[end - 1]
        return NounGroup(
            first=first, end=end, kind=GroupKind.BODY, text=text, head=head, behind_preposition=preposition
        )

    def _begins_a_noun(self, at: int) -> bool:
        word = self.words[at]
        if word[0].isupper():
            return not self._is_small_word(at)
        return self.lang == "en" and word.endswith("s") and is_human(word) and not says(word)  # analysts at Blau & Co

    def _owns(self, at: int, end: int) -> str:
        """Berg's colleague Mira Vogt; Bergs Kollegin: as behind a preposition, where somebody's name follows."""
        word, name = self.words[end - 1], self.mentions[at][1].name
        is_owner = word.endswith(("'s", "’s")) or (self.lang == "de" and word == f"{name.split()[-1]}s")
        return "of" if is_owner and any(each in self.mentions for each in range(end, end + 4)) else ""

    def _is_another(self, at: int) -> bool:
        """Ein anderer hält dagegen."""
        behind = at + 1
        if at >= len(self.words) or self.words[at] not in _ANOTHER:
            return False
        return behind >= len(self.words) or self.words[behind].islower()

    def _human(self, first: int, end: int, preposition: str) -> NounGroup:
        return NounGroup(
            first=first,
            end=end,
            kind=GroupKind.HUMAN,
            text=self.text[self.starts[first] : self.ends[end - 1]],
            head=self.words[end - 1],
            behind_preposition=preposition,
        )

    def _one_of(self, first: int, limit: int, preposition: str) -> NounGroup | None:
        """einer der Wissenschaftler, one of the nine"""
        of = {"einer": "der", "eine": "der", "one": "of"}.get(self.words[first].lower())
        if of is None or self.words[first + 1 : first + 2] != [of] or first + 2 >= limit:
            return None
        among = self._noun_group(first + 1 if of == "der" else first + 2, limit, "")
        if self.words[first + 2] in ("them", "us"):
            among = NounGroup(first=first, end=first + 3, kind=GroupKind.HUMAN, text="", head="one")
        if among is None or among.kind in (GroupKind.PERSON, GroupKind.BODY):
            return None
        if self._name_is_put_behind(among.end, limit):  # one of them, Jan Roth, …
            return self._person(first, among.end, preposition, limit)
        return replace(
            among,
            first=first,
            kind=GroupKind.HUMAN,
            text=self.text[self.starts[first] : self.ends[among.end - 1]],
            behind_preposition=preposition,
        )

    def _behind_adjectives(self, at: int, limit: int) -> int:
        words, first = speech_words(), at
        while at < limit and at - first < 4 and not self._is_noun(at) and self.joined(at) and at not in self.mentions:
            if self.words[at].lower() in self.determiners or self.words[at].lower() in words.prepositions:
                break
            if self.words[at] in _NO_ADJECTIVES:  # das hätten Gutachter bestätigt
                break
            at += 1
        return at

    def _small_group(self, first: int, limit: int, preposition: str) -> NounGroup | None:
        """the bank: English writes its nouns small."""
        at = self._end_of_small_words(first + 1, limit) - 1
        if at <= first:
            return None
        text, head = self.text[self.starts[first] : self.ends[at]], self.words[at]
        return NounGroup(
            first=first, end=at + 1, kind=GroupKind.OTHER, text=text, head=head, behind_preposition=preposition
        )

    def _attached(self, end: int, limit: int) -> int | None:
        """Where a group ends with what belongs to it: ein Sprecher | von Microsoft, die Leiterin | des Zentrums."""
        if end >= limit or self.words[end] not in speech_words().attached or not self.joined(end):
            return None
        at = end + 1
        if not self.joined(at):
            return None  # a miner of 57
        if self.lang == "en" and self.words[at] in ("two", "three", "four", "five") and not self._is_noun(at + 1):
            return at + 1  # a mother of two
        if at < limit and self.words[at].lower() in self.determiners:
            at += 1
        noun = self._behind_adjectives(at, limit)
        if self.lang == "en" and (noun >= limit or not self.joined(noun) or not self._is_noun(noun)):
            behind = self._end_of_small_words(at, limit)  # for the district
            is_set = self.words[end] == "of" and behind == at + 1  # chamber of commerce
            return behind if behind > at > end + 1 or is_set else None
        at = noun
        if at >= limit or not self.joined(at) or self.words[at] in ("Zeitung", "Presse", "Redaktion"):
            return None  # sagte ein Sprecher | der Zeitung
        if at in self.mentions:
            return self.mentions[at][0]
        return self._end_of_nouns(at, limit) if self._is_noun(at) else None

    def _behind_place(self, end: int, limit: int) -> int:
        """Ein Mann | in der dritten Reihe, a woman | at the back: where somebody without a name sits or stands."""
        place = _PLACE.match(self.text, self.ends[end - 1])
        behind = self.at(place.end()) if place else end
        return behind if behind <= limit else end

    def in_relative_clause(self, first: int, at: int) -> bool:
        """Ann Hill, who chairs | the council, said"""
        pronoun = next((each for each in range(at, first, -1) if "," in self.gap(each)), first)
        if self.words[pronoun] == "which" and at == pronoun + 1:  # which one councillor calls “…”
            return False
        return first < pronoun < at and self.words[pronoun] in ("who", "whose", "which")

    def behind_small_office(self, first: int, verb: int) -> Speaker | None:
        """“…,” union secretary Jens Tappert said"""
        words, at = speech_words(), first
        while at < min(verb, first + 4) and at not in self.mentions and self.words[at].islower():
            if self.words[at] in self.determiners or self.words[at] in words.prepositions:
                return None
            at += 1
        return self.mentions[at][1] if first < at and at in self.mentions and self.joined(at) else None

    def _name_follows(self, end: int, limit: int) -> bool:
        """die Leiterin des Zentrums | Anna Blau"""
        return end < limit and end in self.mentions and self.joined(end)

    def _name_is_put_behind(self, end: int, limit: int) -> bool:
        """der Vorsitzende des Vereins, | Peter Müller, …"""
        if end >= limit or end not in self.mentions or self.gap(end) != ", ":
            return False
        behind = self.mentions[end][0]
        if self.joined(behind) and self.words[behind] in speech_words().attached:  # Jan Roth aus Aachen
            return True
        return self.text[self.ends[behind - 1] :].lstrip()[:1] in (",", ".", "(", ":", "")

    def _behind_person(self, at: int, limit: int) -> int:
        """Behind what tells more of a person: (SPD), a farmer from Kaster."""
        bracket = IN_BRACKETS.match(self.text, self.ends[at - 1])
        behind = self.at(bracket.end()) if bracket else at
        before = bracket.end() if bracket else self.ends[at - 1]
        if behind < limit and self.text[before : self.starts[behind]] == ", " and behind not in self.mentions:
            group = self._noun_group(behind, limit, "")
            if group and group.kind is GroupKind.HUMAN:
                return group.end
        return behind

    def _person(self, first: int, at: int, preposition: str, limit: int) -> NounGroup:
        end, person = self.mentions[at]
        return NounGroup(
            first=first,
            end=end,
            behind=self._behind_person(end, limit),
            kind=GroupKind.PERSON,
            text=person.name,
            speaker=person,
            behind_preposition=preposition,
        )

    def _is_noun(self, at: int) -> bool:
        if at >= len(self.words):
            return False
        word = self.words[at]
        if word[:1].isupper() or word[:1].isdigit():
            return not (
                self.lang == "de" and word.endswith("er") and self.joined(at + 1) and self.starts[at] in self.places
            )
        return self.lang == "en" and (is_human(word) or is_institution(word))

    def _behind_small_body(self, end: int, limit: int) -> int:
        """The Green | parliamentary group, the Cologne | district court."""
        at = end
        while at < min(end + 3, limit) and self.joined(at) and self.words[at].islower() and at not in self.mentions:
            if says(self.words[at]) or self.words[at] in speech_words().prepositions:
                break
            if is_institution(self.words[at]):
                return at + 1
            at += 1
        return end

    def _old(self, first: int, at: int, limit: int, preposition: str) -> NounGroup | None:
        """der 35 Jahre alte Aufbauspieler"""
        return self._human(first, at + 1, preposition) if at < limit and self._is_noun(at) else None

    def _end_of_small_words(self, at: int, limit: int) -> int:
        """the bank: English writes its nouns small, so they end where something else begins."""
        words, end = speech_words(), at
        while end < limit and end - at < 4 and (end == at or self.joined(end)) and self.words[end].islower():
            word = self.words[end]
            if says(word) or word in words.prepositions or word in self.determiners or word.endswith("ly"):
                break
            if word in _AUXILIARIES:
                break
            if word in words.female_pronouns or word in words.male_pronouns or not self.joined(end):
                break
            end += 1
        return end

    def _end_of_nouns(self, at: int, limit: int) -> int:
        end = at + 1
        while end < limit and self.joined(end) and end not in self.mentions and self._is_noun(end) and end - at < 4:
            end += 1
        if self.lang == "en":
            end = self._behind_small_body(end, limit)
        if self.lang == "en" and self.words[end - 1].endswith(("'s", "’s")):  # the company's | vice chair
            noun = self._behind_adjectives(end, limit)
            if noun < limit and self.joined(noun) and noun not in self.mentions and self._is_noun(noun):
                return self._end_of_nouns(noun, limit)
        return end
