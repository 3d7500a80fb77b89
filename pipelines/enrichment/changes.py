"""What kind of change there is between two versions of an article."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from db import word_diff
from db.normal_forms import key, visible, word_key
from db.word_diff import Fate, ParagraphChange, WordChange
from pipelines.enrichment import notes
from pipelines.enrichment.wording import Comparison, Difference

SAME_ARTICLE = 0.1  # share of the smaller text that stands in the larger: below it is another article
RUN = 5  # words
WORDS_OF_A_WALL = 40  # at most, where it speaks in a paragraph of its own: Weiterlesen mit …
_BREAKS_OFF = re.compile(r"(?:\s?\[?\.\.\.\]?)+$")
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
    in_part: bool = False  # the article goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    kinds: tuple[ChangeKind, ...]
    size: float  # share of the words of both versions that changed, 0 to 1; cosmetics are no change of words


def compare(old: Reading, new: Reading) -> Change | None:
    """None: the same version, as far as both go."""
    if old.in_part or new.in_part:
        old, new = _as_far_as_both(old, new)
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


# -- pages that could not be had


def _as_far_as_both(old: Reading, new: Reading) -> tuple[Reading, Reading]:
    """Of a part and the whole what both have; a few words of the part behind that lead on to the next page."""
    changes = word_diff.diff(old.text, new.text)
    shared = [change for change in changes if change.fate in (Fate.SAME, Fate.CHANGED)]
    if not shared:
        return old, new
    before = sorted((change.old_at, change.old) for change in changes if change.old_at is not None)
    after = sorted((change.new_at, change.new) for change in changes if change.new_at is not None)
    old_is_part = (old.in_part, -len(old.text)) > (new.in_part, -len(new.text))
    return (
        replace(old, text=_until(before, shared[-1].old_at or 0, is_part=old_is_part)),
        replace(new, text=_until(after, shared[-1].new_at or 0, is_part=not old_is_part)),
    )


def _until(paragraphs: list[tuple[int, str]], last: int, *, is_part: bool) -> str:
    behind = sum(len(text.split()) for at, text in paragraphs if at > last)
    if is_part and behind > WORDS_OF_A_WALL:
        last = len(paragraphs)
    return "\n\n".join(text for at, text in paragraphs if at <= last)


# -- walls


def _delivered(old: Reading, new: Reading, before: list[str], after: list[str]) -> tuple[list[str], list[str]]:
    """Both texts as far as the one behind the wall goes: a wall that goes up takes nothing out of an article."""
    if _CLOSED.get(old.access or "", 0) < _CLOSED.get(new.access or "", 0):
        return _as_far(before, after)
    short, long = _as_far(after, before)[::-1]
    return short, long


def _as_far(long: list[str], short: list[str]) -> tuple[list[str], list[str]]:
    """`long`, cut where `short` ends, and `short` without the words of the wall behind that."""
    short = [_BREAKS_OFF.sub("", text) for text in short]
    changes = word_diff.diff("\n\n".join(long), "\n\n".join(short))
    in_both = [change for change in changes if change.fate in (Fate.SAME, Fate.CHANGED)]
    if not in_both or sum(map(len, short)) >= sum(map(len, long)):
        return long, short
    last = in_both[-1]
    of_long = sorted((change.old_at, change.old) for change in changes if change.old_at is not None)
    of_short = sorted((change.new_at, change.new) for change in changes if change.new_at is not None)
    wall = [text for at, text in of_short if at > (last.new_at or 0)]
    if sum(len(text.split()) for text in wall) > WORDS_OF_A_WALL:
        wall = []
    kept = [text for at, text in of_long if at < (last.old_at or 0)]
    return [*kept, _cut(last)], [text for _, text in of_short][: len(of_short) - len(wall)]


def _cut(last: ParagraphChange) -> str:
    """The old paragraph, which may end within a sentence or a word of it in the new one."""
    *others, end = last.pieces
    rest = end.old if others or end.same else ""
    if not end.new:
        rest = ""
    elif not end.same and word_key(end.old.split(" ")[0]).startswith(word_key(end.new)) and " " in end.old:
        rest = end.new
    return " ".join(filter(None, [*(piece.old for piece in others), rest])) or last.old


# -- the kinds of what changed in title and text

_BY_DIFFERENCE = {
    Difference.FIGURE: ChangeKind.FIGURE,
    Difference.NAME: ChangeKind.NAME,
    Difference.COSMETIC: ChangeKind.COSMETIC,
}


def _kinds(title: list[WordChange], text: list[ParagraphChange], old: Reading, new: Reading) -> set[ChangeKind]:
    lang = (new.lang or old.lang or language_of(new.text))[:2]
    words = Comparison((old.title, new.title), (old.text, new.text), lang)
    of_title = words.differences(title)
    kinds = _of(of_title, ChangeKind.HEADLINE)
    if of_title - {Difference.COSMETIC}:
        kinds.add(ChangeKind.HEADLINE)
    ticker = "ticker" in (old.page_kind, new.page_kind)
    for change in text:
        moved = change.fate is Fate.MOVED
        is_lead = 0 in (change.old_at, change.new_at) and not moved and not ticker
        substance = ChangeKind.LEAD if is_lead else ChangeKind.BODY
        if change.fate in (Fate.GONE, Fate.NEW, Fate.MOVED):
            kinds.add(substance)
        if change.fate in (Fate.CHANGED, Fate.MOVED):
            kinds |= _of(words.differences(change.pieces), substance)
    return kinds


def _of(differences: Iterable[Difference], substance: ChangeKind) -> set[ChangeKind]:
    return {_BY_DIFFERENCE.get(difference, substance) for difference in differences}


_GERMAN = frozenset("der die das und den dem ein eine ist sind mit von für auf im zu nicht sich werden soll".split())
_ENGLISH = frozenset("the and of to a is are with for on by at that it will be was has its up".split())


def language_of(text: str) -> str:
    words = text.lower().split()
    return "en" if sum(word in _ENGLISH for word in words) > sum(word in _GERMAN for word in words) else "de"
