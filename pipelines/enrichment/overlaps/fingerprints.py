"""A text as numbers by which those that share words with it are found, also where the other has much else.

Fingerprints are winnowed (Schleimer, Wilkerson, Aiken: SIGMOD 2003): of each window of hashes the least, so that two
texts with twenty words in a row in common have a fingerprint in common.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain
from struct import pack
from zlib import crc32

from db.passages import words
from db.store.enrichment.copy_tables import ALWAYS_STOCK, STOCK

LENGTH = 5  # words of a shingle
WINDOW = 16  # hashes of which the least is kept
SHORTEST = 20  # words: what is shorter has no window of its own
REPEATED = 0.1  # own words of a text that is as a whole what its source prints again

MOST_TOKENS, LONGEST_TOKEN = 1 << 16, 100  # that are remembered; in characters

_BITS = (1 << 63) - 1  # integers of SQLite have a sign


class _Tokens(dict[str, tuple[int, ...]]):
    """The words in what stands between two blanks, as numbers. Most of it comes again: half of the time."""

    def __missing__(self, token: str) -> tuple[int, ...]:
        numbers = tuple(crc32(word.encode()) for word in words(token))
        if len(token) <= LONGEST_TOKEN:
            if len(self) >= MOST_TOKENS:
                self.clear()
            self[token] = numbers
        return numbers


_TOKENS = _Tokens()


def word_numbers(text: str) -> list[int]:
    """A number for each of its `words`, the same in every process and on every machine."""
    return list(chain.from_iterable(map(_TOKENS.__getitem__, text.split())))


def text_number(numbers: Sequence[int]) -> int:
    """One for all texts of these words, whatever stands between them."""
    return _digest(pack(f"<{len(numbers)}I", *numbers))


def shingles(numbers: Sequence[int]) -> list[int]:
    """A number for each run of five words, in their order.

    Above the sum over the run, below that of its first word: as quick as 32 bits, and as good as alone.
    """
    data, size = pack(f"<{len(numbers)}I", *numbers), 4 * LENGTH
    return [
        crc32(data[place * 4 : place * 4 + size]) << 31 | numbers[place] & 0x7FFFFFFF
        for place in range(len(numbers) - LENGTH + 1)
    ]


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


def alike(sharing: Iterable[tuple[int, int]], sizes: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """Pairs of texts that share as many prints as are needed; `sharing`: each pair once for each print."""
    shared = Counter(sharing)
    return (pair for pair, number in shared.items() if number >= needed(min(sizes[pair[0]], sizes[pair[1]])))


def paragraphs(text: str, source: str) -> list[tuple[int, str]]:
    """Each with a number that is the same in all articles of a source that have it."""
    return [(_paragraph(paragraph, source), paragraph) for paragraph in text.split("\n\n") if paragraph]


def _paragraph(paragraph: str, source: str) -> int:
    content = " ".join(paragraph.casefold().split())
    return _digest(f"{source}\n{content}".encode())


def _digest(content: bytes) -> int:
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "big") & _BITS


def own_text(text: str, source: str, holders: Mapping[int, int]) -> str:
    """Without the paragraphs that the source has under everything; `holders`: how many articles have each.

    Where next to nothing is left, it is the article that is printed again.
    """
    if not holders:
        return text
    parted = paragraphs(text, source)
    if all(holders.get(number, 0) < STOCK for number, _ in parted):
        return text
    kept = _rarer(parted, holders, STOCK)
    if len(words(kept)) < REPEATED * len(words(text)):
        kept = _rarer(parted, holders, ALWAYS_STOCK)
    return kept


def _rarer(parted: Iterable[tuple[int, str]], holders: Mapping[int, int], most: int) -> str:
    return "\n\n".join(paragraph for number, paragraph in parted if holders.get(number, 0) < most)
