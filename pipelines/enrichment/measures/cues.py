"""By which words around a number one knows what it counts: nouns behind it, and what its sentence is about."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

from db import written_numbers
from pipelines.enrichment.direct_speech.speech import speech_words
from pipelines.enrichment.letters import Remembered
from pipelines.enrichment.measures.figure_words import CUES, NOUNS
from pipelines.enrichment.measures.numbers.tokens import Token, tokens_of

_ENGLISH = frozenset("jobs people workers signatures data".split())  # in German texts, too
_FIRST_OF_PAIRS = frozenset(
    "found fanden brought der das des die the tech software digital deutsche federal town city village to will would"
    " waren were de pour et à fit sign signed signing first second"
    " third fourth looking".split()
)
PLACES_OF_MONEY = ("abroad", "home")
NO_AGENTS = (*PLACES_OF_MONEY, "firms")
_RIGHT_BEHIND = re.compile(r"[^;:()]{3,60}? (?:in|für|for|en|nach|pour|to|de|der|den|the|into|auf|across) (?:the )?")
INVESTS = re.compile(r"(?i)invest(?:ier|s\b|ed|ing)|steck|pump")
# What is between an amount and the word behind it: in German that is often its verb.
_AMOUNT = re.compile(r"[\d.,]+ ?(?:[MmBb]illi\w+|M(?:rd|io)\.?)?(?: (?:Euro|euros?|Dollar|dollars))? ?")
FAR_CLAUSES = 1  # behind more a cue is as weak as one that says little
CLAUSE = 40  # characters that a comma between a cue and a figure counts for


class Noun(NamedTuple):
    group: str  # of figures.toml
    end: int  # token behind it


class Cue(NamedTuple):
    group: str
    start: int
    end: int


WORKING = ("jobs", "employed", "hiring")  # cues of people
NEW = frozenset(  # 300 neue Mitarbeiter are jobs
    "neue neuen neuer zusätzliche zusätzlichen zusätzlicher feste festen dauerhafte dauerhaften new additional"
    " permanent".split()
)
OF_THEM = frozenset(
    "davon darunter weitere weiteren zusätzlich zusätzliche nochmals jeweils insgesamt further another additional them"
    " noch bereits sogar erst lediglich : statt sondern only instead just nämlich es restlichen übrigen fehlenden"
    " remaining which whom cui dont waarvan".split()
)
NO_COUNT = frozenset(  # what stands before clocks, days, ages and numbers of things
    "um gegen seit nach vor in im ab bis am vom zum on since by until from aged zu mal population".split()
)
AGAINST = frozenset("gegen zu to zum vs mal".split())  # 22 gegen 14 Stimmen
BEHIND_THEM = frozenset("davon darunter weitere weiteren of them insgesamt mehr more".split())
SHARES = frozenset("prozent percent per".split())
PERIODS = frozenset(
    "jahre jahren monate monaten wochen tage tagen stunden minuten sekunden uhr mal prozentpunkte".split()
)
PLACED = frozenset("in im zum beim der die das den dem".split())  # 300 Stellen in Bedburg, in Bergheim 60
DENIED = frozenset("nicht statt anstatt anstelle not instead".split())
IT_IS = frozenset("es sind waren wären seien they sono".split())
_PER = frozenset("pro je per".split())
_MEASURES = frozenset(
    "quadratmeter kilowattstunde monat hektar person kopf stunde square month hectare head hour".split()
)
_STOPS = frozenset(
    "of in by to for at from with on who that which and will are is have has were was than as or but while when per "
    "a an had recorded needed could would should can may might through until across into over under once so"
    " since if such "
    "nationwide nationally worldwide overall altogether here there "
    "follows starts comes near within without against because although though yet "
    "before after works work sounds means uses "
    "each available expected planned already free vacant "
    "à en sur dans pour par avec et ont a sont da per con su e è sono y se son por op van aan met voor zijn".split()
)
_STOPS_OR_PARTS = _STOPS | OF_THEM
_ARTICLES = frozenset("a an the their its".split())
_GERMAN_STOPS = frozenset(
    "in im an am bei beim mit für auf aus von vom zu zum zur und oder aber bis ab nach seit sollen soll sind ist war "
    "waren werden wird wurden wurde haben hat hatte hatten will wollen könnten können könnte pro je als wie dass wenn "
    "der die das den dem des ein eine einen einer entstehen arbeiten geschult so noch schon auch nur es sie er durch "
    "über unter vor hätte hätten wäre wären seien kamen kommen reichen reichten genügen würde würden sollte sollten "
    "müssen mussten können konnten dürfen durften gab gibt gelten galten stehen standen".split()
)


class Sentence:
    def __init__(self, text: str, span: tuple[int, int]) -> None:
        self.text, self.span = text, span
        self._cues: dict[str, list[Cue]] = {}
        self._tokens: list[Token] | None = None

    @property
    def tokens(self) -> list[Token]:  # asked for so often that a cached_property, which takes a lock, is slow
        if self._tokens is None:
            self._tokens = tokens_of(self.text, *self.span)
        return self._tokens

    @cached_property
    def _cue_words(self) -> list[tuple[Token, Mapping[str, str], str]]:
        """The words that are of any table, or the second of a pair, with the groups of the word and the first one."""
        found, first = [], ""
        for token in self.tokens:
            groups = _groups[token.text]
            if groups or first:
                found.append((token, groups, first))
            first = token.folded if token.folded in _FIRST_OF_PAIRS else ""
        return found

    def cues(self, table: str) -> list[Cue]:
        """Words that are of the table, and pairs of words."""
        if table not in self._cues:
            self._cues[table] = cues = list[Cue]()
            for token, groups, first in self._cue_words:
                pair = first and cue_group(table, f"{first} {token.folded}")
                if pair and cues and cues[-1].end == token.start - 1:
                    cues.pop()  # signed up: has not signed
                if group := pair or groups.get(table):
                    cues.append(Cue(group, token.start, token.end))
        return self._cues[table]

    @cached_property
    def names_sites(self) -> bool:
        words = [token.folded for token in self.tokens]
        return any(noun_group(word) == "sites" for word in [*words, *map("".join, pairwise(words))])

    @property
    def is_of_work(self) -> bool:
        return any(self.has("people", group) for group in WORKING)

    def has(self, table: str, group: str) -> bool:
        return any(cue.group == group for cue in self.cues(table))

    def agent(self, place: int) -> str | None:
        """Whose money it is: the last one before the figure, or else the first."""
        cues = [cue for cue in self.cues("agents") if cue.group not in NO_AGENTS]
        before = [cue.group for cue in cues if cue.start < place]
        return before[-1] if before else cues[0].group if cues else None

    def is_abroad(self, place: int) -> bool:
        """4,3 Milliarden für Spanien; in Frankreich sind es vier: the country right behind it, or the last before."""
        cues = [cue for cue in self.cues("agents") if cue.group in PLACES_OF_MONEY]
        behind = next((cue for cue in cues if cue.start > place), None)
        if behind and _RIGHT_BEHIND.fullmatch(self.text, place, behind.start):
            return behind.group == "abroad"
        return [cue.group for cue in cues if cue.start < place][-1:] == ["abroad"]

    def nearest(self, table: str, place: int, groups: Collection[str] = ()) -> Cue | None:
        """The cue that stands nearest; a clause between counts, and weak ones only where there is no other."""

        amount = _AMOUNT.match(self.text, place) if table == "money" else None
        behind = amount.end() if amount else place

        def far(cue: Cue) -> tuple[int, int]:
            between = self.text[cue.end : place] if cue.end <= place else self.text[behind : cue.start]
            commas = between.count(", ")
            is_weak = cue.group.startswith("weak") or commas > FAR_CLAUSES
            return int(is_weak), len(between) + CLAUSE * (commas + 2 * between.count(";"))

        found = (cue for cue in self.cues(table) if not groups or cue.group in groups)
        return min(found, key=far, default=None)


@lru_cache(maxsize=100_000)
def cue_group(table: str, word: str) -> str | None:
    return next((group for group, pattern in CUES[table].items() if pattern.fullmatch(word)), None)


def _cue_groups(word: str) -> Mapping[str, str]:
    """By table; those of people tell a verb from a noun."""
    found = {table: cue_group(table, word if table == "people" else word.lower()) for table in CUES}
    return {table: group for table, group in found.items() if group}


_groups = Remembered(_cue_groups)


@lru_cache(maxsize=100_000)
def noun_group(word: str) -> str | None:
    return next((group for group, pattern in NOUNS.items() if pattern.fullmatch(word)), None)


@lru_cache(maxsize=100_000)
def is_people(word: str, lang: str) -> bool:
    """In the plural, of which the list has one: nurses, Landwirtinnen; in German that may look alike."""
    people = speech_words().people
    plural = any(word.endswith(end) and word.removesuffix(end) + one in people for end, one in _PLURALS)
    return plural or (lang == "de" and word.endswith("er") and word in people)


def noun_behind(tokens: Sequence[Token], at: int, lang: str) -> Noun | None:
    """What is counted: the first noun behind the number, or the one that is joined to it by "und"."""
    first: Noun | None = None
    at = past_of(tokens, at, lang)
    for place in range(at, min(at + 7, len(tokens))):
        token = tokens[place]
        if not token.text[0].isalpha():
            if first or not _goes_on(tokens, place):
                break
            continue
        is_pair = place + 1 < len(tokens) and not _ends_phrase(token, lang)  # not "200 im Rechenzentrum"
        pair = f"{token.folded}{tokens[place + 1].folded}" if is_pair else ""
        if place + 1 < len(tokens) and tokens[place + 1].glued:
            if noun_group(pair) == "sites":
                return Noun("sites", place + 2)  # Data-Center
            if token.glued and (group := noun_group(token.folded)):
                return Noun(group, place + 1)  # 63.000-Einwohner-Stadt
            continue  # KI-Fachkräfte
        if noun_group(pair) == "sites":
            return Noun("sites", place + 2)
        if lang != "de" and noun_group("".join(each.folded for each in tokens[place : place + 3])) == "sites":
            return Noun("sites", place + 3)  # trois centres de données
        may_be = lang != "de" or token.text[0].isupper() or token.glued or token.folded in _ENGLISH  # stellen is a verb
        if may_be and (group := noun_group(token.folded) or ("people" if is_people(token.folded, lang) else None)):
            if group not in ("persons", "people", "others"):
                return Noun(group, place + 1) if first is None else first._replace(group=group)
            first = first or Noun(group, place + 1)
        elif first:
            if token.folded not in ("und", "and", "sowie"):
                break
        elif _ends_phrase(token, lang) and not (place > at and token.folded in ("und", "and", "oder", "or")):
            break
    return first


def past_of(tokens: Sequence[Token], at: int, lang: str) -> int:
    """Of "75 der Beschäftigten", "une centaine d'emplois": behind what belongs to no noun."""
    behind = [token.folded for token in tokens[at : at + 3]]
    if not behind:
        return at
    if lang == "de":
        past = at + (behind[0] in ("der", "ihrer", "seiner", "unserer"))
        return past + (past > at and _is_number(behind[1:2], lang))  # drei der fünf
    if behind[0] == "of":
        past = at + 2 if behind[1:2] in (["the"], ["its"], ["their"], ["our"]) else at
        return past + (past > at and _is_number(behind[2:3], lang))
    if behind[0] in ("d", "de", "di"):
        return at + 2 if behind[1:2] in (["'"], ["’"]) else at + 1
    return at


def _is_number(words: Sequence[str], lang: str) -> bool:
    return bool(words) and written_numbers.cardinal(words[0], lang) is not None


def noun_ahead(tokens: Sequence[Token], at: int) -> str | None:
    """Of 2.500 in Aussicht gestellten Arbeitsplätzen."""
    for token in tokens[at : at + 6]:
        if not token.text[0].isalpha():
            return None
        if token.text[0].isupper() and (group := noun_group(token.folded)) in ("jobs", "sites", "signatures"):
            return group
    return None


def ends_here(tokens: Sequence[Token], at: int, lang: str) -> bool:
    """No noun follows, counted or not."""
    if tokens[at].glued or tokens[at].text in "%°/:" or tokens[at].folded in SHARES:
        return False
    if tokens[at].folded in ("more", "mehr") and at + 1 < len(tokens):
        return ends_here(tokens, at + 1, lang)
    if [token.folded for token in tokens[at : at + 2]] == ["or", "so"]:
        return at + 2 < len(tokens) and ends_here(tokens, at + 2, lang)
    if lang != "de":
        behind = tokens[at + 1] if at + 1 < len(tokens) else None  # 3,500 sat an exam; 400 million committed.
        ends = tokens[at].folded.endswith("ed") and (
            behind is None or not behind.text[0].isalnum() or behind.folded in _STOPS
        )
        is_verb = ends or (behind is not None and behind.folded in _ARTICLES and tokens[at].text.islower())
        return not tokens[at].text[0].isalpha() or is_verb or tokens[at].folded in _STOPS_OR_PARTS
    for token in tokens[at : at + 4]:
        if not token.text[0].isalpha() or _ends_phrase(token, lang):
            return not token.text[0].isalpha() or token.text[0].islower()
    return True


def _ends_phrase(token: Token, lang: str) -> bool:
    """In German a noun does, or a word in small letters that is no adjective."""
    if lang != "de":
        return token.folded in _STOPS
    if token.text[0].isupper():
        return not token.glued and token.folded not in ("data", "ki", "it")
    return token.folded in _GERMAN_STOPS or (
        not token.folded.endswith(_ADJECTIVES) and token.folded not in _BEFORE_THEM
    )


_PLURALS = (("s", ""), ("n", ""), ("en", ""), ("innen", "in"), ("ies", "y"))
_OF_THOSE = frozenset("der von of the".split())
_ADJECTIVES = ("e", "en", "er", "es", "em")
_BEFORE_THEM = frozenset(
    "mehr neu gut hoch sehr besonders direkt rein fest ganz dauerhaft zusätzlich weiter noch".split()
)


def _goes_on(tokens: Sequence[Token], at: int) -> bool:
    """A comma between two adjectives; a number in "zwei der drei Rechenzentren"."""
    before, behind = tokens[at - 1], tokens[at + 1] if at + 1 < len(tokens) else None
    if tokens[at].text[0].isdecimal():
        named = (token.folded for token in tokens[max(at - 2, 0) : at])
        return not _OF_THOSE.isdisjoint(named)  # zwei der 3, 12 of the promised 80
    between = (before.text[0].islower() and before.folded.endswith(_ADJECTIVES)) or before.folded.endswith(("ed", "ly"))
    return tokens[at].text == "," and between and behind is not None and behind.text[0].islower()


def is_per(tokens: Sequence[Token], at: int) -> bool:
    """45 Euro pro Quadratmeter."""
    return at + 1 < len(tokens) and tokens[at].folded in _PER and tokens[at + 1].folded in _MEASURES
