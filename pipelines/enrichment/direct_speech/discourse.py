"""Whom "sie", "der Bürgermeister" and "ein Anwohner" mean in an article."""

from collections.abc import Iterator, Sequence

from pipelines.enrichment.direct_speech.noun_groups import GroupKind, NounGroup, NounGroups
from pipelines.enrichment.direct_speech.people_in_text import Speaker, role_keys
from pipelines.enrichment.direct_speech.quotation_marks import MarkedSpan
from pipelines.enrichment.direct_speech.speech import gender_of_office, last_part, speech_words
from pipelines.enrichment.name_lists import Gender, ListedName, name_lists


class Discourse(NounGroups):
    def __init__(self, text: str, lang: str, spans: Sequence[MarkedSpan]) -> None:
        super().__init__(text, lang, spans)
        self.antecedents = sorted(self._antecedents(), key=lambda each: each[0])

    def _antecedents(self) -> Iterator[tuple[int, Speaker, bool]]:
        """Whom a pronoun may mean: by the first word, with whether the group stands behind a preposition."""
        for first, (_, person) in self.mentions.items():
            if not self.quoted[first]:
                before = self.words[first - 1].lower() if first else ""
                yield first, person, before in speech_words().prepositions or before in ("des", "der", "dem", "den")
        for at, word in enumerate(self.words):
            if self.quoted[at] or word.lower() not in ("ein", "eine", "der", "die", "a", "an", "the", "one"):
                continue
            if word == "der" and at and self.words[at - 1][:1].isupper() and self.joined(at):  # Rückkehr der Seeleute
                continue
            group = self._noun_group(at, min(at + 8, len(self.words)), False)
            if group and group.kind is GroupKind.HUMAN and not self._is_plural(word, group.head):
                yield (
                    at,
                    self.described(group),
                    self.words[at - 1].lower() in speech_words().prepositions if at else False,
                )

    def _is_plural(self, article: str, head: str) -> bool:
        """die Frauen, but not die Frau, die Anwohnerin, die 48-Jährige, die Vorsitzende."""
        if self.lang == "en":
            return head.endswith(("s", "men", "people", "police")) and not head.endswith("ss")
        return article.lower() == "die" and not head.lower().endswith(("in", "frau", "ige", "ende", "nete", "te"))

    def described(self, group: NounGroup) -> Speaker:
        text, gender = nominative(group.text, self.lang), gender_of_office(group.head, self.lang)
        article = text.split()[0].lower()
        if self.lang == "de" and article in ("ein", "der", "eine", "die"):
            gender = Gender.FEMALE if article in ("eine", "die") else Gender.MALE
        return Speaker(text, gender, role_keys([group.head]), is_named=False)

    def meant_by_pronoun(self, pronoun: str, at: int, spoken: list[tuple[int, Speaker]]) -> Speaker | None:
        gender = Gender.FEMALE if pronoun in speech_words().female_pronouns else Gender.MALE
        found = [each for each in self.antecedents if each[0] < at]
        found += [(first, speaker, False) for first, speaker in spoken if first < at]
        fitting = [each for each in found if each[1].gender in (gender, None)]
        if fitting:
            nearest = max(fitting, key=lambda each: (self._nearness(each[1], each[0]), not each[2], -each[0]))[1]
            nearest.gender = gender
            return nearest
        later = [each for each in self.antecedents if each[0] > at and each[1].gender in (gender, None)]
        return later[0][1] if later else None

    def _nearness(self, speaker: Speaker, at: int) -> int:
        """By sentences; of whom it is not known that they are she or he, as if two further away."""
        return self.sentences[at] - (2 if speaker.gender is None else 0)

    def meant_by_group(self, group: NounGroup, spoken: list[tuple[int, Speaker]]) -> Speaker:
        """der Ministerpräsident → who holds the office; ein Anwohner → ein Anwohner."""
        speaker, at = self.described(group), group.first
        article = group.text.split()[0].lower()
        key = last_part(group.head).lower()
        definite = article in ("der", "die", "dem", "den", "the", "dieser", "diese")
        if not definite or group.kind is not GroupKind.HUMAN:
            return speaker
        people = sorted(
            (first for first, (_, person) in self.mentions.items() if fits(person, key)),
            key=lambda first: (first > at, abs(at - first)),
        )
        if people and not (self._has_complement(group) and key.endswith(("sprecher", "sprecherin"))):
            return self.mentions[people[0]][1]
        if holder := self._holder(group):
            return holder
        if not self._has_complement(group):
            unnamed = [
                each[1] for each in self.antecedents if not each[1].is_named and each[0] < at and fits(each[1], key)
            ]
            if unnamed:
                return unnamed[0]
            before = sorted(
                [*((first, each) for first, each, _ in self.antecedents), *spoken], key=lambda each: each[0]
            )
            near = [
                each[1]
                for each in before
                if each[0] < at
                and each[1].is_named
                and self.sentences[at] - self.sentences[each[0]] < 12
                and (each[1].gender is None or speaker.gender in (each[1].gender, None))
            ]
            if near and "sprecher" not in key and not key.startswith("spokes"):
                return near[-1]
        return speaker

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


_NOMINATIVE = {"einem": "ein", "einen": "ein", "einer": "eine", "den": "der"}


def nominative(text: str, lang: str) -> str:
    """einem Anwohner → ein Anwohner; dem Brief → der Brief, as far as the word before shows it."""
    first, _, rest = text.partition(" ")
    if lang != "de" or not rest:
        return f"{first.lower()} {rest}" if rest and first.lower() in ("a", "an", "the") else text
    lower, head = first.lower(), rest.split()[0]
    if lower == "dem":
        neuter = (
            last_part(head)
            .lower()
            .endswith(
                ("um", "nehmen", "gericht", "haus", "amt", "schreiben", "papier", "gutachten", "institut", "urteil")
            )
        )
        return f"{'das' if neuter else 'der'} {rest}"
    if lower == "der" and gender_of_office(head, lang) is Gender.FEMALE:
        return f"die {rest}"
    return f"{_NOMINATIVE.get(lower, lower if lower in ('ein', 'eine', 'der', 'die', 'das') else first)} {rest}"
