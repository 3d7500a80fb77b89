"""What kind of change there is between two versions of an article."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from db import word_diff
from db.normal_forms import fold, is_figure, key, visible, word_atoms, word_key
from db.word_diff import Fate, ParagraphChange, WordChange
from pipelines.enrichment import notes
from pipelines.enrichment.names import bare, dictionary, is_body, is_role, known, listed, names, parts
from pipelines.enrichment.words import WORDS

SAME_ARTICLE = 0.1  # share of the smaller text that stands in the larger: below it is another article
RUN = 5  # words
SHORTEST_MISTYPED = 6  # letters; of shorter words another letter makes another word
TWO_SLIPS = 10  # letters from which two slips are one typing error
SLOT = 6  # words: in a longer piece two figures stand for the same only beside the same word
_CLOSED = {"free": 0, "metered": 1, "teaser": 2, "walled": 3}


class ChangeKind(StrEnum):
    HEADLINE = "headline"
    LEAD = "lead"  # the first paragraph
    FIGURE = "figure"  # a number or date in the place of another
    NAME = "name"
    BODY = "body"
    CORRECTION = "correction"  # a note of the outlet on what it changed
    AUTHOR = "author"
    ACCESS = "access"
    COSMETIC = "cosmetic"  # says the same: typography, spelling, typing errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What of an article is compared; both sides have to be read by the same rules."""

    title: str
    text: str
    authors: tuple[str, ...] = ()
    access: str | None = None
    page_kind: str | None = None
    lang: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    kinds: tuple[ChangeKind, ...]
    size: float  # share of the words of both versions that changed, 0 to 1; cosmetics are no change of words


def compare(old: Reading, new: Reading) -> Change | None:
    """None: the same version."""
    kinds: set[ChangeKind] = set()
    if _byline(old.authors) != _byline(new.authors):
        kinds.add(ChangeKind.AUTHOR)
    if old.access and new.access and old.access != new.access:
        kinds.add(ChangeKind.ACCESS)
    if visible(old.title) == visible(new.title) and visible(old.text) == visible(new.text):
        return Change(kinds=tuple(kinds), size=0.0) if kinds else None
    title = word_diff.diff_words(old.title, new.title)
    before, old_notes = notes.apart(word_diff.paragraphs(old.text))
    after, new_notes = notes.apart(word_diff.paragraphs(new.text))
    if set(map(key, old_notes)) != set(map(key, new_notes)):
        kinds.add(ChangeKind.CORRECTION)
    if ChangeKind.ACCESS in kinds:
        before, after = _delivered(old, new, before, after)
    text = word_diff.diff("\n\n".join(before), "\n\n".join(after))
    kinds |= _kinds(title, text, old, new)
    note_words = sum(len(note.split()) for note in {*old_notes} ^ {*new_notes})
    total = sum(len(side.split()) for side in (old.title, new.title, *before, *after, *old_notes, *new_notes))
    changed = note_words + _changed_words(title) + sum(map(_changed_in, text))
    return Change(
        kinds=tuple(kind for kind in ChangeKind if kind in (kinds or {ChangeKind.COSMETIC})),
        size=round(changed / total, 4) if total else 0.0,
    )


def another_article(old: Reading, new: Reading) -> bool:
    """Whether the address now has another article: another title, and next to nothing of the text."""
    if key(old.title) == key(new.title):
        return False
    before, after = _runs(old.text), _runs(new.text)
    return len(before & after) < SAME_ARTICLE * min(len(before), len(after))


def _runs(text: str) -> set[tuple[str, ...]]:
    keys = [each for word in text.split() if (each := word_key(word))]
    return {tuple(keys[at : at + RUN]) for at in range(max(1, len(keys) - RUN + 1))}


def _byline(authors: Iterable[str]) -> frozenset[str]:
    return frozenset(key(author).removeprefix("von").removeprefix("by") for author in authors)


def _changed_words(pieces: Iterable[WordChange]) -> int:
    return sum(len(f"{piece.old} {piece.new}".split()) for piece in pieces if not piece.same and not piece.cosmetic)


def _changed_in(change: ParagraphChange) -> int:
    return len(change.new.split()) if change.fate is Fate.MOVED else _changed_words(change.pieces)


# -- walls


def _delivered(old: Reading, new: Reading, before: list[str], after: list[str]) -> tuple[list[str], list[str]]:
    """Both texts as far as the one behind the wall goes: a wall that goes up takes nothing out of an article."""
    if _CLOSED.get(old.access or "", 0) < _CLOSED.get(new.access or "", 0):
        return _as_far(before, after), after
    return before, _as_far(after, before)


def _as_far(long: list[str], short: list[str]) -> list[str]:
    """`long`, cut where `short` ends."""
    pairs = [
        (change.old_at, change.new_at)
        for change in word_diff.diff("\n\n".join(long), "\n\n".join(short))
        if change.old_at is not None and change.new_at is not None and change.fate is not Fate.MOVED
    ]
    if not pairs or sum(map(len, short)) >= sum(map(len, long)):
        return long
    end, of_short = pairs[-1]
    last = long[end].split()
    cut = short[of_short].rstrip(".… []").split() if of_short < len(short) else []
    if cut and len(cut) <= len(last) and list(map(word_key, last[: len(cut) - 1])) == list(map(word_key, cut[:-1])):
        return [
            *long[:end],
            short[of_short] if word_key(last[len(cut) - 1]).startswith(word_key(cut[-1])) else long[end],
        ]
    return long[: end + 1]


# -- the kinds of what changed in title and text


def _kinds(title: list[WordChange], text: list[ParagraphChange], old: Reading, new: Reading) -> set[ChangeKind]:
    judge = Judge(old, new)
    kinds: set[ChangeKind] = set()
    of_title = judge.of(title)
    if of_title - {ChangeKind.COSMETIC}:
        kinds.add(ChangeKind.HEADLINE)
    kinds |= of_title - {ChangeKind.BODY}
    ticker = "ticker" in (old.page_kind, new.page_kind)
    for change in text:
        found = {ChangeKind.BODY} if change.fate in (Fate.GONE, Fate.NEW, Fate.MOVED) else set()
        if change.fate in (Fate.CHANGED, Fate.MOVED):
            found |= judge.of(change.pieces)
        is_lead = 0 in (change.old_at, change.new_at) and change.fate is not Fate.MOVED
        if ChangeKind.BODY in found and is_lead and not ticker:
            found = found - {ChangeKind.BODY} | {ChangeKind.LEAD}
        kinds |= found
    return kinds


class Judge:
    """Tells the kinds of the pieces of a paragraph or title; knows the names of both versions."""

    def __init__(self, old: Reading, new: Reading) -> None:
        self.lang = (new.lang or old.lang or _language(new.text))[:2]
        self.names = names((old.title, new.title, old.text, new.text), self.lang)

    def of(self, pieces: Sequence[WordChange]) -> set[ChangeKind]:
        kinds: set[ChangeKind] = set()
        judged = [
            set() if piece.same else {ChangeKind.COSMETIC} if _twice(pieces, at) else self.of_piece(piece)
            for at, piece in enumerate(pieces)
        ]
        for at, found in enumerate(judged):
            beside = set().union(*judged[max(0, at - 2) : at], *judged[at + 1 : at + 3])
            if (
                found == {ChangeKind.BODY}
                and _only_fillers(pieces[at])
                and beside & {ChangeKind.FIGURE, ChangeKind.NAME}
            ):
                continue  # the article that went with the name
            if found == {ChangeKind.COSMETIC} and beside - found and len(pieces[at].old.split()) == 1:
                continue  # the comma before what was put in
            kinds |= found
        return kinds

    def of_piece(self, piece: WordChange) -> set[ChangeKind]:
        if piece.cosmetic:
            return {ChangeKind.COSMETIC}
        old, new = _parts(piece.old), _parts(piece.new)
        if self._is_slip(old, new):
            return {ChangeKind.COSMETIC}
        figures = self._figures(old, new)
        name = self._named(old), self._named(new)
        bodies = [part for part in old if is_body(part)], [part for part in new if is_body(part)]
        if all(bodies):
            name = name[0] + Counter(map(bare, bodies[0])), name[1] + Counter(map(bare, bodies[1]))
        rest = self._rest(old, figures, name), self._rest(new, figures, name)
        changed = set()
        if figures[0] != figures[1]:
            changed.add(ChangeKind.FIGURE)
        if name[0] != name[1]:
            changed.add(ChangeKind.NAME)
        if rest[0] == rest[1]:
            return changed or {ChangeKind.BODY}
        kinds = {ChangeKind.BODY}
        if self._in_place_of(figures, old, new):
            kinds.add(ChangeKind.FIGURE)
        if self._in_place_of(name, old, new) and max(len(old), len(new)) <= SLOT:
            kinds.add(ChangeKind.NAME)
        return kinds

    def _is_name(self, part: str) -> bool:
        return part[:1].isupper() and not is_role(part) and (bare(part) in self.names or listed(part))

    def _named(self, words: Sequence[str]) -> Counter[str]:
        return Counter(bare(part) for part in words if self._is_name(part))

    def _figures(self, old: Sequence[str], new: Sequence[str]) -> tuple[Counter[str], Counter[str]]:
        found = _count_figures(old), _count_figures(new)
        units = _count_units(old), _count_units(new)
        return (found[0] + units[0], found[1] + units[1]) if all(units) else found

    def _rest(
        self, words: Sequence[str], figures: tuple[Counter[str], ...], name: tuple[Counter[str], ...]
    ) -> list[str]:
        """What is left of a side when figures, names and what goes with them are taken out."""
        rest = []
        named, counted = name[0] or name[1], figures[0] or figures[1]
        for part in words:
            left = [atom for atom in word_atoms(part) if not is_figure(atom) and atom not in figures[0] + figures[1]]
            if (named or counted) and fold(part) in WORDS.fillers:
                continue
            if named and (is_role(part) or bare(part) in name[0] or bare(part) in name[1]):
                continue
            rest += left
        return rest

    def _in_place_of(self, sides: tuple[Counter[str], Counter[str]], old: Sequence[str], new: Sequence[str]) -> bool:
        """Whether something of one side stands in the place of something of the other."""
        gone, come = sides[0] - sides[1], sides[1] - sides[0]
        if not gone or not come:
            return False
        return max(len(old), len(new)) <= SLOT or bool(_beside(old, gone) & _beside(new, come))

    # -- slips

    def _is_slip(self, old: Sequence[str], new: Sequence[str]) -> bool:
        """Typing errors alone, or a word that stood there twice."""
        if len(old) != len(new):
            return False
        return all(word_key(a) == word_key(b) or self._mistyped(a, b) for a, b in zip(old, new, strict=True))

    def _mistyped(self, a: str, b: str) -> bool:
        folded = fold(a), fold(b)
        if min(map(len, folded)) < SHORTEST_MISTYPED or not all(map(str.isalpha, folded)):
            return False
        if WORDS.turning.intersection(folded) or listed(a) or listed(b):
            return False
        if not _near(*folded, 2 if min(map(len, folded)) >= TWO_SLIPS else 1):
            return False
        words = known(a, self.lang), known(b, self.lang)
        if dictionary(self.lang) is None:
            return a[0].islower()
        if all(words):
            return _genitives(*sorted(folded, key=len))
        if not any(words):
            return a[0].islower() and b[0].islower()
        right = a if words[0] else b
        return bare(right) not in self.names


def _parts(text: str) -> list[str]:
    """Words as they are judged: compounds with hyphens in their parts, figures whole, a question mark as a word."""
    found: list[str] = []
    for word in text.split():
        whole = any(map(str.isdigit, word)) or not parts(word)
        found += [word] if whole else parts(word)
        if "?" in word and not whole:
            found.append("?")
    return found


def _count_figures(words: Sequence[str]) -> Counter[str]:
    return Counter(atom for word in words for atom in word_atoms(word) if is_figure(atom))


def _count_units(words: Sequence[str]) -> Counter[str]:
    return Counter(unit for word in words if (unit := word_key(word)) in WORDS.units)


def _twice(pieces: Sequence[WordChange], at: int) -> bool:
    """A word put in or taken out that stands beside itself: in in Bedburg."""
    word = pieces[at].old + pieces[at].new
    if (pieces[at].old and pieces[at].new) or len(word.split()) > 1:
        return False
    beside = [*pieces[at - 1].new.split()[-1:]] if at else []
    beside += [*pieces[at + 1].new.split()[:1]] if at + 1 < len(pieces) else []
    return word_key(word) in map(word_key, beside)


def _only_fillers(piece: WordChange) -> bool:
    return all(fold(part) in WORDS.fillers for part in _parts(f"{piece.old} {piece.new}"))


def _beside(words: Sequence[str], wanted: Counter[str]) -> set[str]:
    """The words before and after those that have one of `wanted`."""
    found: set[str] = set()
    for at, word in enumerate(words):
        if bare(word) in wanted or any(atom in wanted for atom in word_atoms(word)):
            found.update(word_key(each) for each in (*words[max(0, at - 1) : at], *words[at + 1 : at + 2]))
    return found - WORDS.fillers


def _genitives(short: str, long: str) -> bool:
    """Projekts and Projektes."""
    return short.endswith("s") and long == f"{short[:-1]}es"


def _near(a: str, b: str, most: int) -> bool:
    """Whether at most so many letters differ; two that changed places count as one (Damerau, Levenshtein)."""
    if abs(len(a) - len(b)) > most:
        return False
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1] <= most


def _language(text: str) -> str:
    words = Counter(text.lower().split())
    return "en" if words["the"] + words["and"] > words["der"] + words["die"] + words["und"] else "de"
