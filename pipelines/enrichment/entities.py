"""People, bodies and places of the story, as the lists name them, wherever a text has one of their forms."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from db.normal_forms import fold
from pipelines.enrichment.direct_speech.speech import is_first_name, is_human
from pipelines.enrichment.letters import words_of
from pipelines.enrichment.lists.name_lists import EntityKind as EntityKind
from pipelines.enrichment.lists.name_lists import ListedName, NameForm, PlaceKind, name_lists
from pipelines.enrichment.names import is_body, is_role, known
from pipelines.enrichment.words import WORDS

_DASHES = str.maketrans(dict.fromkeys("‐‑–", "-"))
_TITLES = frozenset("herr herrn frau dr prof professor professorin mr mrs ms sir lord lady".split())
_OF_NAMES = frozenset(("von", "van", "de", "zu"))
_AGE = re.compile(r"\s?\(\d\d\)|, \d\d,")
_DATELINE = re.compile(r"\s?[/(:–—]|\.\s|\s-\s")  # Essen (dpa), Essen. Der Rat, Essen/Bochum
_JOINED = frozenset((" ", ", ", "/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    kind: EntityKind
    name: str  # as the list has it
    text: str  # as the article has it
    start: int
    end: int


def find_entities(text: str, lang: str) -> tuple[Mention, ...]:
    return _find(text, lang[:2])


def find_people(text: str, lang: str) -> tuple[Mention, ...]:
    return tuple(mention for mention in find_entities(text, lang) if mention.kind is EntityKind.PERSON)


def find_bodies(text: str, lang: str) -> tuple[Mention, ...]:
    return tuple(mention for mention in find_entities(text, lang) if mention.kind is EntityKind.BODY)


def find_places(text: str, lang: str) -> tuple[Mention, ...]:
    return tuple(mention for mention in find_entities(text, lang) if mention.kind is EntityKind.PLACE)


@lru_cache(maxsize=8)  # figures and quotes of the same text ask, too
def _find(text: str, lang: str) -> tuple[Mention, ...]:
    return tuple(_EntityReading(text, lang).mentions())


def _bears_name(before: str) -> bool:
    """Maria Verdi; but not: Will China take the lead?"""
    return is_first_name(before) and before not in ("Will", "May")


class _EntityReading:
    """One text, its words, and which of them are forms of names."""

    def __init__(self, text: str, lang: str) -> None:
        self.text, self.lang, self.lists = text, lang, name_lists()
        self.words, self.starts, self.ends, self.gaps = words_of(text)
        self.elsewhere: dict[str, bool] = {}
        self.found = list(self._forms())
        self.surnames: dict[str, int] = {}  # of people of this text who are called like a place, with the first word
        for at, end, form in reversed(self.found):
            if form.entry.entity is EntityKind.PLACE and self._is_surname(at, end, form):
                self.surnames[form.entry.name] = at
        self.led_places = {
            form.entry.name
            for at, _, form in self.found
            if form.entry.entity is EntityKind.PLACE and not form.entry.alone and self._is_led(at)
        }
        self.full_names = {form.entry.name for _, _, form in self.found if form.tokens and not form.is_surname}

    def mentions(self) -> Iterator[Mention]:
        bearers: dict[str, bool] = {}  # surname → whether it is the one of the list who bears it
        for at, end, form in self.found:
            entry = self._county(at, form.entry)
            if entry.entity is EntityKind.PERSON:
                is_it = self._is_person(at, form, bearers)
            elif entry.entity is EntityKind.BODY:
                is_it = self._is_body(at, end, entry)
            else:
                is_it = self._is_place(at, end, form)
            if is_it:
                start, stop = self.starts[at], self.ends[end - 1]
                yield Mention(kind=entry.entity, name=entry.name, text=self.text[start:stop], start=start, end=stop)

    # -- the forms that stand in the text

    def _forms(self) -> Iterator[tuple[int, int, NameForm]]:
        forms, free, in_body = self.lists.forms, 0, False
        for at in [at for at, word in enumerate(self.words) if word in forms]:
            word = self.words[at]
            fitting = (form for form in forms[word] if not form.tokens or self._fits(at, form))
            form = next(fitting, None)
            if form and (at >= free or (form.entry.entity is EntityKind.PLACE and in_body)):  # Bezirksregierung Köln
                in_body = form.entry.entity is EntityKind.BODY
                free = max(free, at + 1 + len(form.tokens))
                yield at, at + 1 + len(form.tokens), form
                place = next((each for each in fitting if each.entry.entity is EntityKind.PLACE), None)
                if in_body and place:  # nordrhein-westfälische Landesregierung
                    yield at, at + 1 + len(place.tokens), place

    def _fits(self, at: int, form: NameForm) -> bool:
        end = at + 1 + len(form.tokens)
        if self.word(at + 1) != form.tokens[0] or tuple(self.words[at + 1 : end]) != form.tokens:
            return False
        return all(self.gap(at + 1 + place) == gap for place, gap in enumerate(form.gaps))

    def gap(self, at: int) -> str:
        """What stands before a word; a blank for any white space, a hyphen for any dash."""
        if not 0 < at < len(self.words):
            return ""
        between = self.gaps[at]
        if between == " ":
            return between
        between = between.translate(_DASHES)
        return " " if between.isspace() and between.count("\n") < 2 else between

    def word(self, at: int) -> str:
        return self.words[at] if 0 <= at < len(self.words) else ""

    def before(self, at: int) -> str:
        """The word before, if nothing but a blank (or the full stop of Dr.) parts them."""
        gap = self.gap(at)
        return self.word(at - 1) if gap == " " or (gap == ". " and len(self.word(at - 1)) < 5) else ""

    def after(self, end: int) -> str:
        return self.word(end) if self.gap(end) in (" ", "-") else ""

    # -- people and bodies

    def _is_person(self, at: int, form: NameForm, bearers: dict[str, bool]) -> bool:
        entry, before = form.entry, self.before(at)
        if not form.is_surname:
            bearers[entry.last_name] = True
            return True
        if _bears_name(before) and before != entry.name.split()[0]:
            bearers[entry.last_name] = False
            return False
        if before and (is_role(before) or is_role(before.rsplit("-")[-1])) and fold(before) not in _TITLES:
            return bearers.setdefault(entry.last_name, True)
        return bearers.get(entry.last_name, entry.alone or entry.name in self.full_names)

    def _is_body(self, at: int, end: int, entry: ListedName) -> bool:
        if _bears_name(self.before(at)):  # Maria Verdi
            return False
        return self.after(end) not in entry.not_before

    # -- places

    def _is_place(self, at: int, end: int, form: NameForm) -> bool:
        entry = form.entry
        if self._is_other(at, end, form) or self.after(end) in entry.not_before or self._is_of_another(at, entry):
            return False
        leads = self._is_led(at)
        if not (entry.alone or form.is_adjective or leads or self._needs_no_lead(at, end, entry)):
            return False
        if self._is_surname(at, end, form):
            return False
        # Karl Elsdorf is named in full before he is Elsdorf: what stands before that is the town.
        is_second = self.before(at) in ("und", "and")  # it leads as the place before it is led: in Düren und Bergheim
        leads = leads and (not is_second or (self.word(at - 2) in self.lists.forms and self._is_led(at - 2)))
        if self.surnames.get(entry.name, at) < at and not leads and not form.is_adjective:
            return False
        return not (entry.elsewhere and self._is_elsewhere(end, entry))

    def _is_of_another(self, at: int, entry: ListedName) -> bool:
        """Im Düsseldorfer Stadtteil Rath."""
        if not entry.of or self.before(at) not in ("Stadtteil", "Ortsteil", "Stadtbezirk"):
            return False
        towns = self.lists.forms.get(self.before(at - 1), ())
        return bool(towns) and all(town.entry.name != entry.of for town in towns)

    def _is_led(self, at: int) -> bool:
        """In Essen, Universität Siegen, Bochum/Essen: what stands before it says that it is a place."""
        before = self.before(at)
        if before.casefold() in self.lists.neighbours.leads or self.gap(at) == "-" or is_body(before):
            return True
        return self.gap(at) in ("/", ", ") and self.word(at - 1) in self.lists.forms

    def _needs_no_lead(self, at: int, end: int, entry: ListedName) -> bool:
        """Essen (dpa); Essen in English; bare in an article that has "in Essen", but not das Essen, warmes Essen."""
        start = self.starts[at]
        is_first = start == 0 or self.text[start - 1] == "\n"
        if self.lang != "de" or (is_first and _DATELINE.match(self.text, self.ends[end - 1])):
            return True
        before = self.before(at)
        is_described = fold(before) in WORDS.determiners or before.endswith(("e", "es", "er", "en", "em"))
        return entry.name in self.led_places and not is_described

    def _county(self, at: int, entry: ListedName) -> ListedName:
        """In den Kreisen Düren und Heinsberg: the counties, not their towns."""
        county = _counties().get(entry.name)
        if not county or entry.kind is not PlaceKind.TOWN:
            return entry
        first = at - 1
        while (
            first >= 0
            and self.gap(first + 1) in _JOINED
            and (self.words[first] in ("und", "sowie") or self.words[first] in self.lists.forms)
        ):
            first -= 1
        return county if self.word(first) in ("Kreise", "Kreisen") and self.gap(first + 1) == " " else entry

    def _is_other(self, at: int, end: int, form: NameForm) -> bool:
        """A street, a paper, a station, a club, or a part of a longer name."""
        others, gap = self.lists.neighbours, self.gap(at)
        if gap == "-" and self.word(at - 1) not in self.lists.forms:
            return True
        if self.gap(end) == " & " and self.word(end) not in self.lists.forms:  # Bergheim & Söhne
            return True
        after, joined = self.after(end).casefold(), self.gap(end) == "-"
        if after in others.things and (form.is_adjective or self.lang == "en"):  # Pariser Abkommen
            return True
        if form.is_adjective or joined:
            if _is_street(after) or (form.is_adjective and after in others.clubs):  # Bremer SV
                return True
        elif self.lang == "en" and self.word(end) in ("Street", "Road", "Avenue", "Square", "Lane"):
            return True
        last = end  # Neuss-Grevenbroicher Zeitung
        while last < end + 3 and self.gap(last) in ("-", "/") and self.word(last) in self.lists.forms:
            last += 1
        if self.after(last).casefold() in others.papers or (
            self.gap(last + 1) == "-" and self.word(last + 1) == "Anzeiger"
        ):
            return True
        first = at - 1
        while first >= 0 and self.word(first).isdigit() and self.gap(first + 1) == " ":  # Bayer 04 Leverkusen
            first -= 1
        before = self.word(first) if self.gap(first + 1) == " " else ""
        return before[:1].isupper() and before.casefold() in others.clubs | others.stations

    def _is_surname(self, at: int, end: int, form: NameForm) -> bool:
        if form.is_adjective or form.tokens:
            return False
        before = self.before(at)
        if _bears_name(before) or (fold(before) in _TITLES if before else False) or (before and is_role(before)):
            return True
        if before in _OF_NAMES and _bears_name(self.before(at - 1)):
            return True
        if not form.entry.surname:
            return False
        if len(before) == 1 and before.isupper() and self.gap(at) == ". ":
            return True
        is_neighbour = before.casefold().startswith(("nachbar", "neighbo"))  # towns have them, too
        if _AGE.match(self.text, self.ends[at]) or (is_human(before) and not is_neighbour):
            return True
        if before.istitle() and is_human(self.before(at - 1)) and not self._is_led(at):  # Gastwirt Toni Brühl
            return True
        if before.endswith("erei") or before.casefold() in self.lists.neighbours.bearers:  # Spedition Kerpen
            return True
        after = self.after(end)
        if after[:1].isupper() and fold(after) in WORDS.legal_forms:  # Kerpen GmbH
            return True
        if self.lang != "de" or not before.istitle() or before.casefold() in self.lists.neighbours.leads:
            return False
        return not known(before, "de") and before not in self.lists.forms

    def _is_elsewhere(self, end: int, entry: ListedName) -> bool:
        if _behind(entry).match(self.text, self.ends[end - 1]) or self._is_where(end - 1, entry):
            return True
        if entry.name not in self.elsewhere:
            self.elsewhere[entry.name] = self._plays_elsewhere(entry)
        return self.elsewhere[entry.name]

    def _is_where(self, at: int, entry: ListedName) -> bool:
        """Zwischen Bremen und Hamburg, wo Elsdorf liegt."""
        if self.before(at) not in ("wo", "where") or self.gap(at - 1) != ", ":
            return False
        start = max(self.text.rfind(end, 0, self.starts[at]) for end in (". ", "\n")) + 1
        return any(word in self.text[start : self.starts[at]] for word in entry.elsewhere)

    def _plays_elsewhere(self, entry: ListedName) -> bool:
        if not entry.near or any(word in self.text for word in entry.near if word != entry.name):
            return False
        return any(" " not in word and _word(word).search(self.text) for word in entry.elsewhere)


@lru_cache(maxsize=2_000)
def _is_street(word: str) -> bool:
    """Weg, des Weges, Landstraße."""
    streets = name_lists().neighbours.streets
    bare = (word, word.removesuffix("s"), word.removesuffix("es"))
    return not streets.isdisjoint(bare) or word.endswith(("straße", "strasse", "allee"))


@cache
def _counties() -> dict[str, ListedName]:
    """By their towns."""
    counties = (place for place in name_lists().places if place.kind is PlaceKind.COUNTY)
    return {place.name.removeprefix("Kreis "): place for place in counties if place.name.startswith("Kreis ")}


@cache
def _behind(entry: ListedName) -> re.Pattern[str]:
    words = "|".join(sorted(map(re.escape, entry.elsewhere), key=len, reverse=True))
    return re.compile(rf"[\s,(/–-]{{1,2}}(?:(?:bei|near|an der|am|in der|in|im|der|the)\s)?(?:{words})(?:er)?\b")


@cache
def _word(word: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(word)}(?:er)?\b")  # not Hau in Haus
