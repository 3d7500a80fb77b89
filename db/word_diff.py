"""Two versions of a text, word for word, as a reader wants to see it.

Paragraphs that say the same are paired first, those that are left by the words they share, and only inside a pair
words are compared. difflib over whole texts is slow, takes a moved paragraph for two changes, and with its `autojunk`
is wrong from 200 words on (python/cpython#90825).
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from db import normal_forms

ALIKE = 0.5  # words in common ÷ words of the smaller paragraph: of their union, one that got a sentence more falls out
NEAR = 30  # paragraphs without a partner are compared with so many before and after them
MOST_MATCHES = 200_000  # pairs of equal words that difflib may have to look at: about 0.1 s
LONGEST_PHRASE = 20  # words that may say the same in another number of words
WHOLE_WORDS = 4  # letters; shorter ones are in every paragraph

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^a-zäöü])")


class Fate(StrEnum):
    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"
    NEW = "new"
    MOVED = "moved"  # to another place; its pieces say whether it was changed, too


@dataclass(frozen=True, slots=True)
class WordChange:
    """A run of words: in both versions, or in one alone (then the other is '')."""

    old: str
    new: str
    cosmetic: bool = False  # reads otherwise and says the same: 300, dreihundert

    @property
    def same(self) -> bool:
        return self.old == self.new


@dataclass(frozen=True, slots=True, kw_only=True)
class ParagraphChange:
    """In the order of the new text; what is gone stands where it was."""

    fate: Fate
    pieces: tuple[WordChange, ...]
    old_at: int | None = None  # place among the paragraphs of the old text
    new_at: int | None = None

    @property
    def old(self) -> str:
        return " ".join(piece.old for piece in self.pieces if piece.old)

    @property
    def new(self) -> str:
        return " ".join(piece.new for piece in self.pieces if piece.new)


def diff(old: str, new: str) -> list[ParagraphChange]:
    """Every paragraph of both texts, once."""
    before, after = _rejoined(paragraphs(old), paragraphs(new))
    pairs = _pairs(before, after)
    in_order = _rising(pairs)
    of_new = {j: i for i, j in pairs}
    paired = {i for i, _ in pairs}
    gone = deque(i for i in range(len(before)) if i not in paired)
    changes = []
    for j, text in enumerate(after):
        i = of_new.get(j)
        if i is None:
            changes.append(ParagraphChange(fate=Fate.NEW, pieces=(WordChange("", text),), new_at=j))
            continue
        if (i, j) in in_order:
            while gone and gone[0] < i:
                changes.append(_gone(before, gone.popleft()))
        pieces = tuple(diff_words(before[i], text))
        changed = Fate.SAME if all(piece.same for piece in pieces) else Fate.CHANGED
        fate = changed if (i, j) in in_order else Fate.MOVED
        changes.append(ParagraphChange(fate=fate, pieces=pieces, old_at=i, new_at=j))
    return changes + [_gone(before, i) for i in gone]


def diff_words(old: str, new: str) -> list[WordChange]:
    """Of one paragraph, or of a title."""
    old, new = normal_forms.visible(old), normal_forms.visible(new)
    if old == new:
        return [WordChange(old, new)] if old else []
    return list(_merged(_pieces(_words(old), _words(new))))


def changed_figures(changes: Iterable[ParagraphChange]) -> list[tuple[str, str]]:
    """Numbers and dates that stand in the place of others, as written: ('300', '2.500')."""
    found = []
    for change in changes:
        for piece in change.pieces:
            old, new = _figures(piece.old), _figures(piece.new)
            if old and new and not piece.same and not piece.cosmetic and old != new:
                found.append((" ".join(old), " ".join(new)))
    return found


def paragraphs(text: str) -> list[str]:
    return [seen for part in re.split(r"\n\s*\n", text) if (seen := normal_forms.visible(part))]


def _figures(words: str) -> list[str]:
    return [
        word.strip('.,;:!?()„“”"»«')
        for word in words.split()
        if any(map(normal_forms.is_figure, normal_forms.word_atoms(word)))
    ]


def _gone(before: Sequence[str], at: int) -> ParagraphChange:
    return ParagraphChange(fate=Fate.GONE, pieces=(WordChange(before[at], ""),), old_at=at)


# -- paragraphs in pairs


def _rejoined(before: list[str], after: list[str]) -> tuple[list[str], list[str]]:
    """A paragraph that was cut in two, or two that were joined, as one in both."""
    keys, new_keys = list(map(normal_forms.key, before)), list(map(normal_forms.key, after))
    return _joined_as(before, keys, set(new_keys)), _joined_as(after, new_keys, set(keys))


def _joined_as(parts: list[str], keys: list[str], wanted: set[str]) -> list[str]:
    """`parts`, of which runs are joined that together are one of `wanted`."""
    longest = max(map(len, wanted), default=0)
    joined, at = [], 0
    while at < len(parts):
        end, together = at + 1, keys[at]
        while keys[at] not in wanted and together not in wanted and end < len(parts) and len(together) < longest:
            together += keys[end]
            end += 1
        if together not in wanted:
            end = at + 1
        joined.append(" ".join(parts[at:end]))
        at = end
    return joined


def _pairs(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    places: dict[str, deque[int]] = defaultdict(deque)
    for j, text in enumerate(after):
        places[normal_forms.key(text)].append(j)
    pairs = []
    for i, text in enumerate(before):
        if same := places[normal_forms.key(text)]:
            pairs.append((i, same.popleft()))
    paired, taken = {i for i, _ in pairs}, {j for _, j in pairs}
    left = [i for i in range(len(before)) if i not in paired]
    over = [j for j in range(len(after)) if j not in taken]
    return sorted(pairs + _alike([(i, before[i]) for i in left], [(j, after[j]) for j in over]))


def _alike(left: list[tuple[int, str]], over: list[tuple[int, str]]) -> list[tuple[int, int]]:
    """The best pairs first: those that share most of their words."""
    before = [(i, _whole_words(text)) for i, text in left]
    after = [(j, _whole_words(text)) for j, text in over]
    candidates = []
    for at, (i, words) in enumerate(before):
        for j, others in after[max(0, at - NEAR) : at + NEAR + 1]:
            shared = len(words & others)
            if shared and shared >= ALIKE * min(len(words), len(others)):
                candidates.append((-2 * shared / (len(words) + len(others)), abs(i - j), i, j))
    of_old: dict[int, int] = {}
    of_new: dict[int, int] = {}
    for _, _, i, j in sorted(candidates):
        if i not in of_old and j not in of_new:
            of_old[i], of_new[j] = j, i
    return list(of_old.items())


def _whole_words(text: str) -> set[str]:
    keys = set(map(normal_forms.word_key, text.split()))
    long = {key for key in keys if len(key) >= WHOLE_WORDS}
    return long if len(long) > 2 else keys


def _rising(pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """The longest run of pairs in the same order in both texts; the others were moved."""
    ends: list[int] = []
    at_end: list[int] = []
    before: list[int | None] = []
    for at, (_, j) in enumerate(pairs):
        place = bisect_left(ends, j)
        before.append(at_end[place - 1] if place else None)
        ends[place : place + 1] = [j]
        at_end[place : place + 1] = [at]
    run = set()
    here = at_end[-1] if at_end else None
    while here is not None:
        run.add(pairs[here])
        here = before[here]
    return run


# -- words in pairs


def _words(text: str) -> list[str]:
    """A mark that stands alone belongs to the word before it: 'Ja –' is one word."""
    words: list[str] = []
    opens = True  # with marks, which belong to the first word
    for word in text.split():
        is_mark = not normal_forms.word_key(word)
        if words and (is_mark or opens):
            words[-1] += f" {word}"
        else:
            words.append(word)
        opens = opens and is_mark
    return words


def _pieces(before: list[str], after: list[str]) -> Iterator[WordChange]:
    old, new = list(map(normal_forms.word_key, before)), list(map(normal_forms.word_key, after))
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    yield from _alike_words(before[:start], after[:start])
    yield from _middle(before[start : len(old) - end], after[start : len(new) - end])
    yield from _alike_words(before[len(old) - end :], after[len(new) - end :])


def _middle(before: list[str], after: list[str]) -> Iterator[WordChange]:
    old, new = list(map(normal_forms.word_key, before)), list(map(normal_forms.word_key, after))
    if _matches(old, new) > MOST_MATCHES:
        yield from _by_sentences(before, after)
        return
    for tag, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from _alike_words(before[i:i_end], after[j:j_end])
        else:
            yield _replaced(before[i:i_end], after[j:j_end])


def _by_sentences(before: list[str], after: list[str]) -> Iterator[WordChange]:
    """Of texts that are too long or too monotonous for word by word."""
    sentences, others = _SENTENCE.split(" ".join(before)), _SENTENCE.split(" ".join(after))
    old, new = list(map(normal_forms.key, sentences)), list(map(normal_forms.key, others))
    if _matches(old, new) > MOST_MATCHES:
        yield _replaced(before, after)
        return
    for tag, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = " ".join(sentences[i:i_end]).split(), " ".join(others[j:j_end]).split()
        if tag == "equal" and len(gone) == len(come):
            yield from _alike_words(gone, come)
        elif tag == "replace" and _matches(gone, come) <= MOST_MATCHES:
            yield from _pieces(gone, come)
        else:
            yield _replaced(gone, come)


def _matches(old: Sequence[str], new: Sequence[str]) -> int:
    """What difflib's time goes with: pairs of equal words."""
    counts = Counter(new)
    return sum(count * counts[word] for word, count in Counter(old).items())


def _replaced(before: Sequence[str], after: Sequence[str]) -> WordChange:
    says_the_same = max(len(before), len(after)) <= LONGEST_PHRASE and normal_forms.same(before, after)
    return WordChange(" ".join(before), " ".join(after), cosmetic=says_the_same)


def _alike_words(before: Sequence[str], after: Sequence[str]) -> Iterator[WordChange]:
    """Words of equal keys: the same, or cosmetics."""
    for old, new in zip(before, after, strict=True):
        yield WordChange(old, new, cosmetic=old != new)


def _merged(pieces: Iterable[WordChange]) -> Iterator[WordChange]:
    """Neighbours of one sort as one; a few words that stayed by chance between larger changes are part of these."""
    runs: list[tuple[str, list[WordChange]]] = []
    for piece in pieces:
        sort = "same" if piece.same else "cosmetic" if piece.cosmetic else "changed"
        if runs and runs[-1][0] == sort:
            runs[-1][1].append(piece)
        else:
            runs.append((sort, [piece]))
    joined: list[tuple[str, list[WordChange]]] = []
    for at, (sort, run) in enumerate(runs):
        if joined and joined[-1][0] == "changed" and (sort == "changed" or _by_chance(joined[-1], runs, at)):
            joined[-1][1].extend(run)
        else:
            joined.append((sort, list(run)))
    for sort, run in joined:
        old, new = (" ".join(filter(None, side)) for side in ([p.old for p in run], [p.new for p in run]))
        yield WordChange(old, new, cosmetic=sort == "cosmetic")


def _by_chance(before: tuple[str, list[WordChange]], runs: list[tuple[str, list[WordChange]]], at: int) -> bool:
    if at + 1 == len(runs) or runs[at + 1][0] != "changed":
        return False
    return _size(runs[at][1]) < min(_size(before[1]), _size(runs[at + 1][1]))


def _size(run: Sequence[WordChange]) -> int:
    return max(sum(len(piece.old.split()) for piece in run), sum(len(piece.new.split()) for piece in run))
