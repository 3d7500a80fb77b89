"""The people of an article, by name.

German writes every noun large, so a name is what follows an office or a first name, or two words in a row that no
dictionary has; its surname is then a name wherever it stands.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.enrichment.direct_speech.quotation_marks import MarkedSpan
from pipelines.enrichment.direct_speech.speech import (
    TITLES,
    gender_of_name,
    gender_of_office,
    is_first_name,
    is_human,
    is_institution,
    is_office,
    last_part,
    says,
    speech_words,
)
from pipelines.enrichment.direct_speech.text_words import TextWords
from pipelines.enrichment.entities import find_bodies, find_people, find_places
from pipelines.enrichment.letters import Remembered
from pipelines.enrichment.lists.name_lists import Gender, name_lists
from pipelines.enrichment.names import has, known

_PARTICLES = frozenset("von van de der zu di del da el al bin ter".split())
IN_BRACKETS = re.compile(r"\s?\([^()\n]{1,40}\)")
_AGE = re.compile(r"\s?\(\d\d\)|, \d\d(?:,| Jahre alt\b)")
_COMPANY = frozenset(
    "co partners inc ltd llc plc corp gmbh ag se university college institute association company bank group".split()
)


@dataclass(eq=False, slots=True)
class Speaker:
    """A person by name, or somebody as the article describes them."""

    name: str
    gender: Gender | None = None
    roles: set[str] = field(default_factory=set)
    offices: set[str] = field(default_factory=set)  # not known of what: by them is told only who is not meant
    is_named: bool = True


_says = Remembered(says)
_is_first_name = Remembered(is_first_name)


class NamedPeople(TextWords):
    def __init__(self, text: str, lang: str, spans: Sequence[MarkedSpan]) -> None:
        super().__init__(text, lang, spans)
        self.listed = {mention.start: mention.name for mention in find_people(text, lang)}
        self.bodies = {mention.start for mention in find_bodies(text, lang)}
        self.places = {mention.start for mention in find_places(text, lang)}
        self.determiners = speech_words().determiners_en if lang == "en" else speech_words().determiners_de
        self.written = frozenset(self.words)
        self.people: list[Speaker] = []
        self.mentions: dict[int, tuple[int, Speaker]] = {}  # first word → the word behind, the person
        self._find_people()

    def _find_people(self) -> None:
        end = 0
        for at in self.large:
            if at >= end and self._may_begin_a_name(at):
                end = self._person_at(at)
        self._find_speaking_names()
        by_surname: dict[str, list[Speaker]] = {}
        for person in self.people:
            surname = person.name.split()[-1]
            for form in (surname, f"{surname}s", f"{surname}'s", f"{surname}’s"):
                by_surname.setdefault(form, []).append(person)
        taken = {word for first, (end, _) in self.mentions.items() for word in range(first, end)}
        for at in self.large:
            if at not in taken and (people := by_surname.get(self.words[at])) and self.gaps[at][-1:] != "-":
                self.mentions[at] = (at + 1, self._nearest(at, people))
        for first, (end, person) in self.mentions.items():
            person.roles.update(self._roles_beside(first, end))
            before = self.words[first - 1] if first and self.joined(first) else ""
            if before.islower() and is_human(before):  # opposition leader Ann Hill
                person.offices.update(role_keys([before]))

    def _may_begin_a_name(self, at: int) -> bool:
        following = self.words[at + 1] if at + 1 < len(self.words) else "x"
        if (not following[0].islower() or following in _PARTICLES) and self.joined(at + 1):
            return True
        return self.starts[at] in self.listed or self._is_kin(at) or self._stands_alone(at)

    def _stands_alone(self, at: int) -> bool:
        """Marek, 34, used to weld trailers; Lina aus der 9b."""
        has_age = at + 1 == len(self.words) or len(self.gaps[at + 1]) > len(" (7)")
        if has_age and _AGE.match(self.text, self.ends[at]):
            return self._is_strange(at)
        word = self.words[at]
        if self.lang != "de" or not _is_first_name[word]:
            return False
        is_name = self.joined(at + 1) and self.gap(at)[-1:] != "-"
        return is_name and not has(word, "de") and self._is_strange(at)

    def _is_kin(self, at: int) -> bool:
        """His wife Ute; his wife, Ute, …"""
        if not at or self.lang != "en" or not (self.joined(at) or self._is_between_commas(at, at + 1)):
            return False
        return self.words[at - 1].islower() and is_human(self.words[at - 1]) and is_first_name(self.words[at])

    def _is_between_commas(self, at: int, end: int) -> bool:
        """Its principal, | Edwin Tran, | puts it bluntly."""
        return self.gap(at) == ", " and self.text[self.ends[end - 1] :][:2] == ", "

    def _find_speaking_names(self) -> None:
        """sagt Liat: one word that no dictionary has, beside a verb of saying."""
        taken = {word for first, (end, _) in self.mentions.items() for word in range(first, end)}
        saying = {word for word in self.written if _says[word]}
        verbs = {at for at, word in enumerate(self.words) if word in saying}
        for at in sorted({verb + side for verb in verbs for side in (-1, 1)} - taken):
            if not 0 <= at < len(self.words) or self.quoted[at] or not self.words[at].istitle():
                continue
            before = at - 1 in verbs and self.joined(at)
            pair = self.lang == "de" and before and self._may_be_surname(at) and self._may_be_surname(at + 1)
            beside = before or (at + 1 in verbs and self.joined(at + 1))
            if not beside or not (pair or self._is_strange(at) or self._is_behind_marks(at, before)):
                continue
            first = at - 1 if at and not before and self._may_be_first_name(at - 1) and self.joined(at) else at
            end = at + 2 if before and self._may_be_surname(at + 1) else at + 1
            person = self._noted(" ".join(self.words[first:end]), None, [])
            if person:
                self.mentions[first] = (end, person)

    def _is_behind_marks(self, at: int, before: bool) -> bool:
        """“…,” Field told me: English writes no other word large there."""
        first = at - 1 if before else at
        return (
            self.lang == "en"
            and first > 0
            and self.quoted[first - 1]
            and self.gap(first).strip() in (",”", "”", ',"', '"', ",’", ",'")
            and self.words[at].lower() not in speech_words().not_names
            and self.starts[at] not in self.bodies
            and self.starts[at] not in self.places
        )

    def _may_be_surname(self, at: int) -> bool:
        """ruft Kathi Wolff"""
        if at >= len(self.words) or not self.joined(at) or not self.words[at].istitle() or at in self.mentions:
            return False
        word, start = self.words[at], self.starts[at]
        if start in self.places or start in self.bodies or self._is_small_word(at):
            return False
        return not is_human(word) and not is_institution(word)

    def _is_strange(self, at: int) -> bool:
        """A word with a large letter that is in no list and no dictionary."""
        word, start = self.words[at], self.starts[at]
        if not word.istitle() or len(word) < 3 or word.lower() in speech_words().not_names:
            return False
        if start in self.places or start in self.bodies or is_human(word) or is_institution(word):
            return False
        if is_first_name(word):
            return True
        if "-" in word and any(known(part, self.lang) for part in word.split("-")):
            return False
        return not known(word, self.lang) and not known(word.lower(), self.lang)

    def _may_be_first_name(self, at: int) -> bool:
        word = self.words[at]
        return word.istitle() and not is_human(word) and not self._is_small_word(at) and not known(word, self.lang)

    def _nearest(self, at: int, people: list[Speaker]) -> Speaker:
        if len(people) == 1:
            return people[0]
        before = [first for first, (_, person) in self.mentions.items() if person in people and first < at]
        return self.mentions[max(before)][1] if before else people[0]

    def _person_at(self, first: int) -> int:
        """Notes the person whose offices and names begin here; the word to go on with."""
        at, offices = first, []
        while at < len(self.words) and is_office(self.words[at]) and (at == first or self.joined(at)):
            if self.starts[at] in self.listed:
                break
            offices.append(self.words[at])
            at += 1
        end = self._end_of_name(at, bool(offices))
        names = self.words[at:end]
        if not names or (offices and at != first and not self.joined(at)):
            return max(at, first + 1)
        if len(names) > 2 and self._begins_with_common_words(names):
            return at + 1  # an diesem Abend | Jan Roth, Chief Financial Officer | Ann Hill
        if not (self._is_name(at, names, bool(offices))):
            return max(at, first + 1)
        person = self._noted(" ".join(names), self.listed.get(self.starts[at]), offices)
        if person:
            self.mentions[first] = (end, person)
        return end

    def _begins_with_common_words(self, names: list[str]) -> bool:
        """Whether words of a dictionary stand before a first name."""
        at = next((at for at, name in enumerate(names[:-1]) if is_first_name(name)), 0)
        return at > 0 and all(has(name, self.lang) or has(name.lower(), self.lang) for name in names[:at])

    def _end_of_name(self, at: int, has_office: bool) -> int:
        end, words, count = at, speech_words(), 0
        while end < len(self.words) and count < 4 and (end == at or self.joined(end)):
            word = self.words[end]
            if word in _PARTICLES and count and self._is_particle(end, count):
                end += 1
                continue
            if not word[:1].isupper() or word.lower() in words.not_names or (count > 1 and is_office(word)):
                break
            if count >= 2 and self.lang == "de" and known(word, "de") and not is_first_name(self.words[end - 1]):
                break
            if count and end > at and self.gap(end) == ". " and len(self.words[end - 1]) > 1:
                break
            count, end = count + 1, end + 1
        while end > at and self.words[end - 1] in _PARTICLES:
            end -= 1
        return end

    def _is_particle(self, at: int, count: int) -> bool:
        """Ursula | von der | Leyen, but not: Jan Roth | von der | Caritas"""
        behind = at + 1
        if count == 1 and behind < len(self.words) and self.words[behind] in _PARTICLES:
            behind += 1
        return behind < len(self.words) and self.joined(behind) and self.words[behind][:1].isupper()

    def _is_name(self, at: int, names: list[str], has_office: bool) -> bool:
        if self.starts[at] in self.listed:
            return True
        if len(names) > 1 and names[-1].lower() in _COMPANY:
            return False
        if self.starts[at] in self.bodies or (self.starts[at] in self.places and not (has_office and len(names) > 1)):
            return False
        if len(names) > 1 and self.starts[at + 1] in self.places:  # Will China
            return False
        if is_first_name(names[0]) and len(names) > 1:
            return not (names[-1].isupper() and len(names[-1]) > 1 and not names[0].isupper())
        if has_office and len(names) == 1 and at > 1 and self.words[at - 2] == "als":
            return False  # als Kind Kartoffeln
        if has_office:
            return self.lang != "de" or len(names) > 1 or not names[0].isupper()
        if len(names) == 1 and (self._is_kin(at) or self._stands_alone(at)):
            return True
        if len(names) in (2, 3) and self._is_introduced(at, at + len(names)):
            return True
        if len(names) < 2 or len(names) > 3 or any(name.isupper() for name in names):
            return False
        if any(self.starts[at + place] in self.places for place in range(len(names))):
            return False
        if self.lang == "de":
            if (
                at
                and len(names) == 2
                and self.words[at - 1][:1].isupper()
                and "-" in self.words[at - 1]
                and self.joined(at)
            ):
                return not known(names[1], "de")  # Basketball-Star Sergio Llull
            if known(names[0], "de") or known(names[0].lower(), "de"):
                return False
            return not any(has(name, "de") or has(name.lower(), "de") for name in names[1:])  # Rabea Stollenwerk
        return not known(names[0].lower(), self.lang) and not known(names[0], self.lang)

    def _is_introduced(self, at: int, end: int) -> bool:
        """Booker Omole, Generalsekretär der …; her colleague Pat Pallett, 77, …; a friend named Leslie Field"""
        if at and self.words[at - 1] in ("named", "namens") and self.joined(at):
            return True
        if self.lang == "en" and self._is_between_commas(at, end) and self.words[at - 1].islower():
            return self.words[at - 2].lower() in self.determiners and not known(self.words[end - 1], "en")
        if (
            at
            and self.lang == "en"
            and self.joined(at)
            and self.words[at - 1].islower()
            and is_human(self.words[at - 1])
        ):
            return True
        if _AGE.match(self.text, self.ends[end - 1]):
            return True
        if end + 1 >= len(self.words) or self.gap(end) != ", ":
            return False
        if all(known(word, self.lang) for word in self.words[at:end]):
            return False
        behind = end + 1 if self.words[end].lower() in self.determiners else end
        owned = any(word.endswith(("'s", "’s")) for word in self.words[behind : behind + 2])  # Al Jazeera's manager
        return any(is_human(word) for word in self.words[behind : behind + (3 if behind > end or owned else 1)])

    def _noted(self, name: str, listed: str | None, offices: list[str]) -> Speaker | None:
        bare = listed or re.sub("['’]s$", "", name)
        if (
            not listed
            and bare.endswith("s")
            and (
                any(bare[:-1].split()[-1] == person.name.split()[-1] for person in self.people)
                or (" " in bare and bare[:-1].split()[-1] in self.written)
            )
        ):
            bare = bare[:-1]
        genders = [gender_of_office(office, self.lang) for office in offices]
        first = bare.split()[0] if " " in bare else ""
        same = [person for person in self.people if person.name.split()[-1] == bare.split()[-1]]
        by_name = gender_of_name(first or bare) if first or (is_first_name(bare) and not same) else None
        gender = next((each for each in (by_name, *genders) if each), None)
        person = self._bearer([each for each in same if bare in (each.name, each.name.split()[-1])], offices)
        if person is None and first:
            person = next(
                (
                    each
                    for each in same
                    if (" " not in each.name and gender in (None, each.gender)) or each.name == bare
                ),
                None,
            )
            person = person or next((each for each in self.people if each.name == first), None)
            if person:
                person.name = bare
        if person is None and not first:  # Phil, of Phil Foden
            by_first = [each for each in self.people if each.name.startswith(f"{bare} ")]
            person = by_first[0] if len(by_first) == 1 else None
        if person is None or (gender and person.gender and gender != person.gender and " " not in bare):
            person = Speaker(bare)
            self.people.append(person)
        if listed:
            entry = next(entry for entry in name_lists().people if entry.name == listed)
            person.gender = entry.gender
            person.offices.update(role_keys([office.role for office in entry.roles]))
        person.gender = person.gender or gender
        person.roles.update(role_keys(offices))
        return person

    def _bearer(self, people: list[Speaker], offices: list[str]) -> Speaker | None:
        """Of several of one surname: who has the office (Adv Roth: the advocate), else who was named last."""
        keys = tuple(role_keys(offices) - TITLES)
        alike = [each for each in people if keys and any(role.startswith(keys) for role in each.roles)]
        return next(iter(alike or people[::-1]), None)

    def _roles_beside(self, first: int, end: int) -> set[str]:
        """Brad Smith, Präsident von Microsoft; der Vorsitzende des Vereins, Peter Müller, …"""
        if end >= len(self.words):
            return set()
        bracket = IN_BRACKETS.match(self.text, self.ends[end - 1])
        behind = self.at(bracket.end()) if bracket else end
        gap = (
            self.text[bracket.end() if bracket else self.ends[end - 1] : self.starts[behind]]
            if behind < len(self.words)
            else ""
        )
        roles: list[str] = []
        if gap == ", " or (gap == " " and self.words[behind] in ("ist", "war", "is")):
            for at in range(behind, min(behind + 8, len(self.words))):
                if at > behind and ("," in self.gap(at) or self.sentences[at] != self.sentences[behind]):
                    break
                if is_human(self.words[at]) or is_office(self.words[at]):
                    roles.append(self.words[at])
        if first and self.gap(first) == ", " and self.text[self.ends[end - 1] :].lstrip()[:1] in (",", "("):
            for at in range(max(0, first - 6), first):
                if at and self.words[at - 1].lower() in ("der", "die", "the") and is_human(self.words[at]):
                    roles.append(self.words[at])
        return role_keys(roles)

    def _is_small_word(self, at: int) -> bool:
        """Dennoch, Auch: written large only because a sentence begins."""
        words, lower = speech_words(), self.words[at].lower()
        return lower in words.adverbs or lower in words.prepositions or lower in words.not_names


def role_keys(words: Sequence[str]) -> set[str]:
    return {key for word in words for key in (word.lower(), last_part(word).lower())}
