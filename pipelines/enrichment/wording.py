"""What differs between two wordings of a paragraph or title: a figure, a name, the words themselves, or their look."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from db.normal_forms import fold, is_figure, word_atoms, word_key
from db.word_diff import WordChange
from pipelines.enrichment.names import bare, is_body, is_role, listed, names, parts
from pipelines.enrichment.slips import mistyped
from pipelines.enrichment.words import WORDS

SLOT = 6  # words: in a longer piece two figures stand for the same only beside the same word

_ENDING = re.compile("(?<=...)(?:e[nrsm]?|n|s)$")


class Difference(StrEnum):
    FIGURE = "figure"
    NAME = "name"
    WORDS = "words"
    COSMETIC = "cosmetic"


@dataclass(frozen=True, slots=True)
class Side:
    """The words of one side of a change, by what they are."""

    words: list[str]
    figures: Counter[str]
    units: Counter[str]
    names: Counter[str]
    bodies: Counter[str]  # by what they are, not by name: Stadtrat

    @property
    def of_names_alone(self) -> bool:
        return bool(self.names) and all(
            bare(word) in self.names or is_role(word) or fold(word) in WORDS.fillers for word in self.words
        )

    def may_be_names(self) -> bool:
        return all(word[:1].isupper() or fold(word) in WORDS.fillers for word in self.words)


class Comparison:
    """Knows the names in both versions of an article."""

    def __init__(self, titles: Iterable[str], texts: Iterable[str], lang: str) -> None:
        self.lang = lang
        self.names = names(titles, texts, lang)

    def differences(self, pieces: Sequence[WordChange]) -> set[Difference]:
        found = [self.of_piece(pieces, at) for at in range(len(pieces))]
        kept: set[Difference] = set()
        for at, differences in enumerate(found):
            beside = set().union(*found[max(0, at - 2) : at], *found[at + 1 : at + 3])
            if differences == {Difference.WORDS} and beside & {Difference.FIGURE, Difference.NAME}:
                if _fillers_alone(pieces[at]):
                    continue  # the article that went with the name
            elif differences == {Difference.COSMETIC} and beside - differences and " " not in pieces[at].old:
                continue  # the comma before what was put in
            kept |= differences
        return kept

    def of_piece(self, pieces: Sequence[WordChange], at: int) -> set[Difference]:
        piece = pieces[at]
        if piece.same:
            return set()
        if piece.cosmetic or _twice(pieces, at):
            return {Difference.COSMETIC}
        old, new = self._side(piece.old), self._side(piece.new)
        if self._is_slip(old.words, new.words):
            return {Difference.COSMETIC}
        if not old.words or not new.words:
            return self._put_in(old.words or new.words, pieces, at)
        return self._replaced(old, new)

    def _replaced(self, old: Side, new: Side) -> set[Difference]:
        figures = old.figures, new.figures
        if old.units and new.units:
            figures = old.figures + old.units, new.figures + new.units
        name = old.names, new.names
        if old.bodies and new.bodies:
            name = old.names + old.bodies, new.names + new.bodies
        changed = set()
        if figures[0] != figures[1]:
            changed.add(Difference.FIGURE)
        if name[0] != name[1]:
            changed.add(Difference.NAME)
        taken = {*figures[0], *figures[1]}, {*name[0], *name[1]}
        if changed and _rest(old.words, *taken) == _rest(new.words, *taken):
            return changed
        short = max(len(old.words), len(new.words)) <= SLOT
        if short and (old.of_names_alone or new.of_names_alone) and old.may_be_names() and new.may_be_names():
            return {Difference.NAME}
        differences = {Difference.WORDS}
        if _exchanged(*figures) and (short or _beside(old.words, figures[0]) & _beside(new.words, figures[1])):
            differences.add(Difference.FIGURE)
        if _exchanged(*name) and short:
            differences.add(Difference.NAME)
        return differences

    def _put_in(self, words: Sequence[str], pieces: Sequence[WordChange], at: int) -> set[Difference]:
        """A first name beside the name changes a name, a month beside the day a date; elsewhere they are words."""
        before = pieces[at - 1].new if at else ""
        after = pieces[at + 1].new if at + 1 < len(pieces) else ""
        side = self._side(" ".join(words))
        beside = self._side(" ".join([*before.split()[-1:], *after.split()[:1]]))
        if _rest(words, {*side.figures}, {*side.names}):
            return {Difference.WORDS}
        parted = before.endswith((",", ";")) or pieces[at].new.startswith("(") or pieces[at].old.startswith("(")
        if side.names and not side.figures and not parted and (beside.names or any(map(is_role, beside.words))):
            return {Difference.NAME}
        if side.figures and not side.names and beside.figures:
            return {Difference.FIGURE}
        return {Difference.WORDS}

    def _side(self, text: str) -> Side:
        words = _words(text)
        atoms = [atom for word in words for atom in word_atoms(word)]
        return Side(
            words,
            Counter(filter(is_figure, atoms)),
            Counter(atom for atom in atoms if atom in WORDS.units),
            Counter(bare(word) for word in words if self._is_name(word)),
            Counter(bare(word) for word in words if is_body(word)),
        )

    def _is_name(self, word: str) -> bool:
        return word[:1].isupper() and not is_role(word) and (bare(word) in self.names or listed(word))

    def _is_slip(self, old: Sequence[str], new: Sequence[str]) -> bool:
        return len(old) == len(new) and all(
            word_key(a) == word_key(b) or mistyped(a, b, self.lang, self.names) for a, b in zip(old, new, strict=True)
        )


def _words(text: str) -> list[str]:
    """As they are judged: compounds with hyphens in their parts, figures whole, a question mark as a word."""
    found: list[str] = []
    for word in text.split():
        whole = any(map(str.isdigit, word)) or not parts(word)
        found += [word] if whole else parts(word)
        if "?" in word and not whole:
            found.append("?")
    return found


def _rest(words: Sequence[str], figures: set[str], named: set[str]) -> list[str]:
    """What is left when figures and names are taken out with what goes with them: am Montag, Frau Vogel."""
    rest = []
    for word in words:
        if fold(word) in WORDS.fillers or (named and (is_role(word) or bare(word) in named)):
            continue
        rest += [_ENDING.sub("", atom) for atom in word_atoms(word) if not is_figure(atom) and atom not in figures]
    return rest


def _exchanged(old: Counter[str], new: Counter[str]) -> bool:
    return bool(old - new) and bool(new - old)


def _beside(words: Sequence[str], wanted: Counter[str]) -> set[str]:
    """The words before and after those that have one of `wanted`."""
    found: set[str] = set()
    for at, word in enumerate(words):
        if any(atom in wanted for atom in word_atoms(word)):
            found.update(word_key(each) for each in (*words[max(0, at - 1) : at], *words[at + 1 : at + 2]))
    return found - WORDS.fillers


def _twice(pieces: Sequence[WordChange], at: int) -> bool:
    """A word put in or taken out that stands beside itself: in in Bedburg."""
    word = pieces[at].old + pieces[at].new
    if (pieces[at].old and pieces[at].new) or " " in word:
        return False
    before = pieces[at - 1].new.split()[-1:] if at else []
    after = pieces[at + 1].new.split()[:1] if at + 1 < len(pieces) else []
    return word_key(word) in map(word_key, before + after)


def _fillers_alone(piece: WordChange) -> bool:
    return all(fold(word) in WORDS.fillers for word in _words(f"{piece.old} {piece.new}"))
