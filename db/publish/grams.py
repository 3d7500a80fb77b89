"""Words and runs of two and three that enough texts have, sorted on disk: 100,000 articles have 80 million.

A run has to stand between different words, too: what stands in a sentence that several have taken over (a quotation, a
release) always stands between the same, and runs that overlap would give the sentence away.
What few have is passed over without keeping it: a first reading counts texts in slots that several share, so a slot of
fewer has none that passes.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import itemgetter

from db.publish.counting import TEXTS, CountedArticle, passes
from db.search.morphology import folded, tokens

SLOTS = 1 << 26  # 64 MB
SURROUNDINGS = 3  # pairs of words before and after a run
MOST_KNOWN = 500_000  # spellings
_TEXT = "select title, text from articles where id = ?"
_TERMS = "select term from _index_words where doc >= ?"


class Gram(tuple[str, ...]):
    """One to three words, as the index of the search has them."""

    __slots__ = ()


class _WordNumbers(dict[str, int]):
    """Of each word as it is written, for once it was folded; 0 of those that cannot pass."""

    def __init__(self, terms: Sequence[str]) -> None:
        self.of_term = {term: number for number, term in enumerate(terms, start=1)}
        self.base = len(terms) + 1 | 1  # odd: an even one would leave most slots empty

    def __missing__(self, word: str) -> int:
        if len(self) >= MOST_KNOWN:
            self.clear()
        number = self[word] = self.of_term.get(folded(word), 0)
        return number


def frequent_grams(
    archive: sqlite3.Connection, scratch: sqlite3.Connection, articles: Sequence[CountedArticle]
) -> Iterator[tuple[Gram, list[CountedArticle]]]:
    """Each that passes, with the articles that have it; `articles` come text by text. `scratch` gets a temporary table,
    in a file that nobody sees."""
    if not articles:
        return
    words = [term for (term,) in archive.execute(_TERMS, [TEXTS])]
    numbers = _WordNumbers(words)
    base, square = numbers.base, numbers.base**2
    slots = _slots(archive, articles, numbers)
    scratch.execute("create temp table _grams (gram integer, article integer, around integer)")
    try:
        scratch.executemany("insert into _grams values (?, ?, ?)", _kept(archive, articles, numbers, slots))
        by_id = {article.id: article for article in articles}
        rows = scratch.execute("select gram, article, around from _grams order by gram")
        for number, same in groupby(rows, itemgetter(0)):
            found = [(by_id[article], around) for _, article, around in same]
            having = [article for article, _ in found]
            varied = number % square == 0 or len({around for _, around in found}) >= SURROUNDINGS
            if varied and passes(having):
                parts = (number // square, number // base % base, number % base)
                yield Gram(words[part - 1] for part in parts if part), having
    finally:
        scratch.execute("drop table _grams")


def _slots(archive: sqlite3.Connection, articles: Iterable[CountedArticle], numbers: _WordNumbers) -> bytearray:
    """How many texts have one of the grams of each slot; more than enough is not counted."""
    slots = bytearray(SLOTS)
    for _, same in groupby(articles, lambda article: article.text):
        grams = set[int]()
        for article in same:
            grams |= _grams_of(archive, article.id, numbers).keys()
        for gram in grams:
            slot = gram % SLOTS
            if slots[slot] < TEXTS:
                slots[slot] += 1
    return slots


def _kept(
    archive: sqlite3.Connection, articles: Iterable[CountedArticle], numbers: _WordNumbers, slots: bytearray
) -> Iterator[tuple[int, int, int]]:
    for article in articles:
        for gram, around in _grams_of(archive, article.id, numbers).items():
            if slots[gram % SLOTS] >= TEXTS:
                yield gram, article.id, around


def _grams_of(archive: sqlite3.Connection, article: int, numbers: _WordNumbers) -> dict[int, int]:
    """As digits to a base, of words that may pass, with the words around; none goes over the end of a line."""
    title, text = archive.execute(_TEXT, [article]).fetchone()
    base, square = numbers.base, numbers.base**2
    words = [0]
    for line in (title or "", *(text or "").split("\n")):
        words += [numbers[token] for token in tokens(line)]
        words.append(0)
    words.append(0)
    pairs = [(one * base + two) * base if one and two else 0 for one, two in pairwise(words)]
    grams = dict.fromkeys([one * square for one in words], 0)
    around = zip(pairs[1:], words, words[3:], strict=False)
    grams.update([(pair, before * base + after) for pair, before, after in around])
    around_three = zip(pairs[1:], words[3:], words, words[4:], strict=False)
    grams.update(
        [(pair + three, before * base + after) for pair, three, before, after in around_three if pair and three]
    )
    grams.pop(0, None)
    return grams
