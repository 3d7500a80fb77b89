"""A text as numbers by which those that share words with it are found, also where the other has much else.

Fingerprints are winnowed (Schleimer, Wilkerson, Aiken: SIGMOD 2003): of each window of hashes the least, so that two
texts with twenty words in a row in common have a fingerprint in common.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import combinations, groupby, pairwise
from operator import itemgetter
from struct import pack
from zlib import crc32

from db.passages import words
from db.store.enrichment.copies import ALWAYS_STOCK, COMMON, STOCK

LENGTH = 5  # words of a shingle
WINDOW = 16  # hashes of which the least is kept
SHORTEST = 20  # words: what is shorter has no window of its own
REPEATED = 0.1  # own words of a text that is as a whole what its source prints again

_BITS = (1 << 63) - 1  # integers of SQLite have a sign


@lru_cache(1 << 16)
def _number(word: str) -> int:
    return crc32(word.encode())


def shingles(words: Iterable[str]) -> list[int]:
    """A number for each run of five words, in their order: the same in every process and on every machine.

    Above the sum over the run, below that of its first word: as quick as 32 bits, and as good as alone.
    """
    numbers = list(map(_number, words))
    data, size = pack(f"<{len(numbers)}I", *numbers), 4 * LENGTH
    return [
        crc32(data[place * 4 : place * 4 + size]) << 31 | numbers[place] & 0x7FFFFFFF
        for place in range(len(numbers) - LENGTH + 1)
    ]


def word_pairs(words: Iterable[str]) -> list[int]:
    """A number for each pair of neighbouring words."""
    return [one << 32 | other for one, other in pairwise(map(_number, words))]


def prints(hashes: Sequence[int]) -> set[int]:
    """Of each window the least; none of a text that is too short."""
    if len(hashes) < WINDOW:
        return set()
    least = list(hashes)
    for step in (1, 2, 4, 8):  # the least of 2, 4, 8, 16
        least = list(map(min, least, least[step:]))
    return set(least)


def needed(prints: int) -> int:
    """How many prints a text of so many has to share before it is compared word by word.

    Half a text has half of its prints, by and large: with a fifth, 58 of 24,756 copies were missed.
    """
    return 1 if prints <= 5 else max(2, math.ceil(prints / 5))


def alike(rows: Iterable[tuple[int, int]], sizes: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """Pairs of articles that share as many prints as are needed; `rows` are (print, article) in their order."""
    shared: dict[tuple[int, int], int] = {}
    for _, group in groupby(rows, key=itemgetter(0)):
        articles = [article for _, article in group]
        if 1 < len(articles) <= COMMON:
            for pair in combinations(articles, 2):
                shared[pair] = shared.get(pair, 0) + 1
    return (pair for pair, number in shared.items() if number >= needed(min(sizes[pair[0]], sizes[pair[1]])))


def paragraphs(text: str, source: str) -> list[tuple[int, str]]:
    """Each with a number that is the same in all articles of a source that have it."""
    return [(_paragraph(paragraph, source), paragraph) for paragraph in text.split("\n\n") if paragraph]


def _paragraph(paragraph: str, source: str) -> int:
    content = " ".join(paragraph.casefold().split())
    return int.from_bytes(blake2b(f"{source}\n{content}".encode(), digest_size=8).digest(), "big") & _BITS


def own_text(text: str, source: str, holders: Mapping[int, int]) -> str:
    """Without the paragraphs that the source has under everything; `holders`: how many articles have each.

    Where next to nothing is left, it is the article that is printed again.
    """
    parted = paragraphs(text, source)
    if all(holders.get(number, 0) < STOCK for number, _ in parted):
        return text
    kept = _rarer(parted, holders, STOCK)
    if len(words(kept)) < REPEATED * len(words(text)):
        kept = _rarer(parted, holders, ALWAYS_STOCK)
    return kept


def _rarer(parted: Iterable[tuple[int, str]], holders: Mapping[int, int], most: int) -> str:
    return "\n\n".join(paragraph for number, paragraph in parted if holders.get(number, 0) < most)
