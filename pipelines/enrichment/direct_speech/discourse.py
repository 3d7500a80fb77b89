"""Whom "sie", "der Bürgermeister" and "ein Anwohner" mean in an article."""

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipelines.enrichment.direct_speech.noun_groups import GroupKind, NounGroup, NounGroups
from pipelines.enrichment.direct_speech.people_in_text import Speaker, role_keys
from pipelines.enrichment.direct_speech.quotation_marks import MarkedSpan
from pipelines.enrichment.direct_speech.speech import (
    TITLES,
    gender_of_office,
    is_feminine,
    is_human,
    is_institution,
    last_part,
    speech_words,
)
from pipelines.enrichment.letters import Remembered
from pipelines.enrichment.lists.name_lists import Gender, ListedName, name_lists

Antecedent = tuple[int, Speaker, bool]  # by the first word; with whether it stands behind a preposition


class Antecedents(NamedTuple):
    """Whom a text has, in its order: those that a later word may mean."""

    people: list[Antecedent]
    institutions: list[Antecedent]
    plurals: list[Antecedent]


_REACH = 60  # antecedents
_BEHIND_ARTICLE = 5  # words in which it has its noun
_OWNED = {Gender.FEMALE: ("ihr ", "ihre ", "her "), Gender.MALE: ("sein ", "seine ", "his ")}
_OFFICES = frozenset(  # that one person at a place has
    "bürgermeister bürgermeisterin landrat landrätin minister ministerin beigeordnete beigeordneter kämmerer kämmerin "
    "oberbürgermeister oberbürgermeisterin kanzler kanzlerin präsident präsidentin staatssekretär staatssekretärin "
    "dezernent dezernentin baudezernent baudezernentin mayor minister governor premier chancellor chairman "
    "chairwoman vorsitzende vorsitzender".split()
)
_AGED = ("jährige", "jähriger", "old")
_ANYBODY = {"mann": "er", "frau": "sie", "man": "he", "woman": "she"}
_OTHERS = frozenset("andere anderer anderen zweite zweiter zweiten other second".split())
REPORTED = frozenset(  # verbs by which German tells what somebody else has said
    "gebe komme bleibe brauche fehle habe sei werde müsse könne solle dürfe wolle würden hätten seien liege stehe gehe "
    "lasse mache nehme sehe wisse halte bringe zeige gelte bedeute laufe entstehe reiche möge tue verdiene".split()
)
_ARTICLES = frozenset(
    article
    for word in (
        *"ein eine einem einen einer der die das dem den sein seine ihr ihre dieser diese".split(),
        *"a an the one his her".split(),
    )
    for article in (word, word.title())
)


_speaks = Remembered(lambda word: is_human(word) or is_institution(word))


class Discourse(NounGroups):
    def __init__(self, text: str, lang: str, spans: Sequence[MarkedSpan]) -> None:
        super().__init__(text, lang, spans)
        self._antecedents: Antecedents | None = None

    @property
    def antecedents(self) -> Antecedents:
        """Looked for when first asked for: of three texts one has a name beside each of its quotations."""
        if self._antecedents is None:
            self._antecedents = Antecedents(sorted(self._named(), key=lambda each: each[0]), [], [])
            self._find_described(self._antecedents)
        return self._antecedents

    def _named(self) -> Iterator[Antecedent]:
        objects: set[int] = set()  # the word behind each
        for first, (end, person) in sorted(self.mentions.items()):
            if not self.quoted[first]:
                before = self.words[first - 1].lower() if first else ""
                is_owner = self.words[end - 1].endswith(("'s", "’s"))
                is_object = before in speech_words().prepositions or before in ("des", "der", "dem", "den")
                if before in ("und", "and") and first - 1 in objects:  # figures like Roth and | Krings
                    is_object = True
                if is_object:
                    objects.add(end)
                yield first, person, is_owner or is_object

    def _find_described(self, antecedents: Antecedents) -> None:
        """Eine Anwohnerin, sein Enkel, the court: as the text goes on, for some of them mean who was there before."""
        named_ends = {end for end, _ in self.mentions.values()}
        who = {word for word in self.written if _speaks[word]}
        last = -_BEHIND_ARTICLE  # of the articles not followed so far
        articles: list[int] = []
        for at, word in enumerate(self.words):  # of 100 articles 86 go before a thing
            if word in who:
                articles += [
                    each for each in range(max(last + 1, at - _BEHIND_ARTICLE), at) if self.words[each] in _ARTICLES
                ]
                last = at - 1
        for at in articles:
            word = self.words[at]
            if self.quoted[at]:
                continue
            behind_noun = at > 0 and self.joined(at) and self.words[at - 1][:1].isupper()
            if word == "der" and behind_noun and not self._is_small_word(at - 1):  # die Rückkehr der Seeleute
                continue
            if self.gap(at) == ", " and at in named_ends:  # Serhii Radio, a researcher
                continue
            group = self._noun_group(at, min(at + 8, len(self.words)), "")
            if group is None or self._is_named_in_passing(group.end) or self._is_called(group.end):
                continue
            behind = self.words[at - 1].lower() in speech_words().prepositions if at else False
            if group.kind is GroupKind.HUMAN and not self._is_plural(word, group.head):
                insort(antecedents.people, (at, self.meant_by_group(group, []), behind), key=lambda each: each[0])
            elif word == "Die" and self._is_plural(word, group.head):
                antecedents.plurals.append((at, self.described(group), behind))
            elif group.kind is GroupKind.BODY:
                behind = behind or (word == "der" and is_feminine(group.head))
                antecedents.institutions.append((at, self.described(group), behind))

    def _is_named_in_passing(self, end: int) -> bool:
        """The other man at the table, | surveyor Abel Prior, shook his head."""
        for at in range(end, min(end + 5, len(self.words) - 1)):
            if "," in self.gap(at):
                name = next((each for each in (at, at + 1) if each in self.mentions), None)
                return name is not None and self.gap(at) == ", " and self.gap(self.mentions[name][0]).startswith(",")
        return False

    def _is_called(self, at: int) -> bool:
        """Die Sprecherin heißt | Ruth Kahl; the mayor is called Jan Roth."""
        names = at + 2 if self.words[at + 1 : at + 2] in (["called"], ["named"]) else at + 1
        is_it = self.words[at : at + 1] in (["heißt"], ["hieß"], ["ist"], ["is"])
        return is_it and names in self.mentions

    def _is_plural(self, article: str, head: str) -> bool:
        """die Frauen, but not die Frau, die Anwohnerin, die 48-Jährige, die Vorsitzende."""
        if self.lang == "en":
            return head.endswith(("s", "men", "people", "police")) and not head.endswith("ss")
        return article.lower() == "die" and not head.lower().endswith(("in", "frau", "ige", "ende", "nete", "te"))

    def described(self, group: NounGroup) -> Speaker:
        text, gender = nominative(group.text, self.lang), gender_of_office(group.head, self.lang)
        article = text.split()[0].lower()
        if self.lang == "de" and article in ("ein", "der", "eine", "die"):
            is_female = article in ("eine", "die") or (article == "der" and is_feminine(group.head))
            gender = Gender.FEMALE if is_female else Gender.MALE
        return Speaker(text, gender, role_keys([group.head]), is_named=False)

    def meant_by_pronoun(self, pronoun: str, at: int, spoken: list[tuple[int, Speaker]]) -> Speaker | None:
        if pronoun == "it":
            before = [speaker for first, speaker, _ in self.antecedents.institutions if first < at]
            return before[-1] if before else None
        gender = Gender.FEMALE if pronoun in speech_words().female_pronouns or pronoun == "die" else Gender.MALE
        found = self.met_before(at)
        found += [(first, speaker, False) for first, speaker in spoken[-_REACH:] if first < at]
        fitting = [each for each in found if each[1].gender in (gender, None)]
        if fitting and pronoun in ("der", "die"):  # „…“, meint der: whoever was named last
            return max(fitting, key=lambda each: each[0])[1]
        nearest = max(fitting, key=lambda each: self._nearness(each, gender), default=None)
        if gender is Gender.MALE and (body := self._institution_before(at, nearest)):
            return body
        if nearest:
            nearest[1].gender = gender
            return nearest[1]
        return next((each[1] for each in self.met_behind(at) if each[1].gender in (gender, None)), None)

    def met_before(self, at: int) -> list[Antecedent]:
        """The last ones; a text of a thousand people must not be looked through for each of its quotations."""
        end = bisect_left(self.antecedents.people, at, key=lambda each: each[0])
        return self.antecedents.people[max(0, end - _REACH) : end]

    def met_behind(self, at: int) -> list[Antecedent]:
        first = bisect_right(self.antecedents.people, at, key=lambda each: each[0])
        return self.antecedents.people[first : first + _REACH]

    def plural_before(self, at: int) -> Speaker | None:
        """Die Grünen fragen nach. „…“, schreiben sie."""
        before = [speaker for first, speaker, _ in self.antecedents.plurals if first < at]
        return before[-1] if before else None

    def _institution_before(self, at: int, person: Antecedent | None) -> Speaker | None:
        """Der Rechnungshof prüft. „…“, schreibt er."""
        for first, speaker, behind in reversed(self.antecedents.institutions):
            if first < at and not behind and speaker.name.startswith("der ") and not self._is_reported(first):
                is_near = self._sentences_between(first, at) < 2 and self.lang == "de"
                return speaker if is_near and (person is None or person[0] < first) else None
        return None

    def _is_reported(self, at: int) -> bool:
        """Seit 1950 habe der Kreis Land verloren: whoever speaks tells of it."""
        first, end = self.sentence_of(at)
        return not REPORTED.isdisjoint(self.words[first:end])

    def _sentences_between(self, first: int, at: int) -> int:
        """Outside quotation marks."""
        return len(
            {self.sentences[each] for each in range(first + 1, at) if not self.quoted[each]} - {self.sentences[first]}
        )

    def _nearness(self, antecedent: Antecedent, gender: Gender) -> tuple[int, bool, int, int]:
        """By sentences, the subject first.

        As if a sentence further away who may be no she or he, is no subject, or is "his father" where "he" is sought.
        """
        first, speaker, behind_preposition = antecedent
        away = (speaker.gender is None) + behind_preposition + 2 * speaker.name.lower().startswith(_OWNED[gender])
        if behind_preposition and self._has_pronoun(first, gender):  # moved by men like Roth, he …
            away += 2
        return self.sentences[first] - away, not behind_preposition, self.sentences[first], -first

    def _has_pronoun(self, at: int, gender: Gender) -> bool:
        """Whether the rest of a word's sentence has an "er" or a "she": somebody else."""
        words = speech_words()
        pronouns = words.female_pronouns if gender is Gender.FEMALE else words.male_pronouns
        end = at
        while end < len(self.words) and self.sentences[end] == self.sentences[at]:
            if self.words[end].lower() in pronouns and not self.quoted[end]:
                return True
            end += 1
        return False

    def meant_by_group(self, group: NounGroup, spoken: list[tuple[int, Speaker]]) -> Speaker:
        """der Ministerpräsident → who holds the office; ein Anwohner → ein Anwohner."""
        speaker, at = self.described(group), group.first
        article = group.text.split()[0].lower()
        key = last_part(group.head).lower()
        definite = article in ("der", "die", "dem", "den", "the", "dieser", "diese")
        if not definite or group.kind is not GroupKind.HUMAN or not _OTHERS.isdisjoint(group.text.lower().split()):
            return speaker
        if key in _ANYBODY and (meant := self.meant_by_pronoun(_ANYBODY[key], at, spoken)):
            return meant
        holders = {id(person) for person in self.people if fits(person, key)}
        people = sorted(
            (first for first, (_, person) in self.mentions.items() if holders and id(person) in holders),
            key=lambda first: (first > at, abs(at - first)),
        )
        if people and not (self._has_complement(group) and key.endswith(("sprecher", "sprecherin"))):
            return self.mentions[people[0]][1]
        if holder := self._holder(group):
            return holder
        if group.text[:1].isupper() and (subject := self._subject_before(at, speaker.gender)):
            return speaker if self._holds_another_office(subject, key) else subject
        if not self._has_complement(group) or key.endswith(_AGED):  # the 44-year-old from Mallow
            unnamed = [each[1] for each in self.met_before(at) if not each[1].is_named and fits(each[1], key)]
            if unnamed:
                return unnamed[0]
            before = sorted(
                [*((first, each) for first, each, _ in self.met_before(at)), *spoken[-_REACH:]],
                key=lambda each: each[0],
            )
            near = [
                each[1]
                for each in before
                if each[0] < at
                and each[1].is_named
                and self.sentences[at] - self.sentences[each[0]] < 12
                and (each[1].gender is None or speaker.gender in (each[1].gender, None))
            ]
            near = [person for person in near if not self._holds_another_office(person, key)]
            if near and "sprecher" not in key and not key.startswith("spokes"):
                return near[-1]
            return self._named_behind(group, speaker.gender) or speaker
        last = spoken[-1][1] if spoken and spoken[-1][0] < at else None
        if last and last.is_named and "sprecher" not in key and not key.startswith("spokes"):
            alike = speaker.gender is None or last.gender in (speaker.gender, None)
            alone = all(each is last for _, each in spoken)
            if alone and alike and not self._holds_another_office(last, key):
                return last  # „…“, so der Trainer der Roten
        return speaker

    def _holds_another_office(self, person: Speaker, key: str) -> bool:
        """„…“, sagt der Beigeordnete: not the mayor who was named before."""
        held = (person.roles | person.offices) - TITLES
        return key in _OFFICES and bool(held) and key not in person.offices and not fits(person, key)

    def _subject_before(self, at: int, gender: Gender | None) -> Speaker | None:
        """Irmgard Stollenwerk lacht nicht. Die Ortsvorsteherin von Manheim hat …"""
        before = [
            (first, person)
            for first, person, behind in self.met_before(at)
            if not behind and person.is_named and 0 < self.sentences[at] - self.sentences[first] < 4
        ]
        if len({person.name for _, person in before}) != 1 or (at and self.sentences[at - 1] == self.sentences[at]):
            return None
        unnamed = [each for each in self.met_before(at) if before[0][0] < each[0] and not each[1].is_named]
        person = before[0][1]
        if unnamed:
            return None
        return person if gender is None or person.gender in (gender, None) else None

    def _named_behind(self, group: NounGroup, gender: Gender | None) -> Speaker | None:
        """„…“, sagte die Bürgermeisterin. „…“ Annette Görtz führt die Stadt seit 2020.

        Or anywhere in the next sentence, where nobody else has been named and no other office is theirs.
        """
        for first, person, behind in self.met_behind(group.end - 1):
            if not person.is_named:
                continue
            between = {self.sentences[at] for at in range(group.end, first) if not self.quoted[at]}
            is_next = not between - {self.sentences[group.end - 1], self.sentences[first]}
            begins = self.sentences[first - 1] != self.sentences[first] and not behind
            fits_in = gender is None or person.gender in (gender, None)
            return person if is_next and fits_in and (begins or not person.roles) else None
        return None

    def _has_complement(self, group: NounGroup) -> bool:
        return any(word in speech_words().attached for word in group.text.split()[1:])

    def _holder(self, group: NounGroup) -> Speaker | None:
        """Of the list: by an office that one person alone has, or the one of the place that is named."""
        wanted = f" {group.text.lower()} "
        holders: list[ListedName] = []
        for entry in name_lists().people:
            for office in entry.roles:
                key = office.role.lower()
                if f" {key} " in wanted or wanted.rstrip().endswith(f"-{key}"):
                    if office.of.lower() in wanted or office.of == "Nordrhein-Westfalen":
                        return Speaker(entry.name, entry.gender)
                    holders.append(entry)
        unique = {entry.name for entry in holders}
        return Speaker(holders[0].name, holders[0].gender) if len(unique) == 1 and "-" in group.head else None


def fits(speaker: Speaker, key: str) -> bool:
    return any(role == key or (len(key) > 4 and role.endswith(key)) for role in speaker.roles)


_NOMINATIVE = {
    "einem": "ein",
    "einen": "ein",
    "einer": "eine",
    "dem": "der",
    "den": "der",
    "seinem": "sein",
    "seinen": "sein",
    "ihrem": "ihr",
    "ihren": "ihr",
}
_NEUTER = "um nehmen gericht haus amt schreiben papier gutachten institut urteil protokoll bündnis".split()


def nominative(text: str, lang: str, *, dative: bool = False) -> str:
    """einem jungen Anwohner → ein junger Anwohner; dem Brief → der Brief, as far as the words show it."""
    first, _, rest = text.partition(" ")
    lower = first.lower()
    if lang != "de" or not rest:
        return f"{lower} {rest}" if rest and lower in ("a", "an", "the") else text
    words = rest.split(" ")
    if lower in ("einer", "eine") and words[0] == "der":  # einer der Anwohner
        return f"{lower} {rest}"
    head = next((word for word in words if word[:1].isupper()), words[-1])
    ending = last_part(head).lower()
    neuter = any(each.endswith(tuple(_NEUTER)) for each in (ending, re.sub("e?s$", "", ending)))  # des Gerichts
    if lower == "der" and (dative or gender_of_office(head, lang) is Gender.FEMALE):
        article = "die"
    elif lower in ("des", "eines"):
        words[words.index(head)] = re.sub("(?<=[^aeiou])es$|s$", "", head)
        article = "ein" if lower == "eines" else "das" if neuter else "der"
    elif lower in _NOMINATIVE:
        article = "das" if lower == "dem" and neuter else _NOMINATIVE[lower]
    else:
        return f"{lower if lower in ('ein', 'eine', 'der', 'die', 'das') else first} {rest}"
    ending = ("es" if neuter else "er") if article == "ein" else "e"
    for place, word in enumerate(words):
        if not word.islower():
            break
        words[place] = word.removesuffix("en") + ending if word.endswith("en") else word
    return " ".join([article, *words])
