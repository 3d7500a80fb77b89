"""Words of the archive that somebody may have meant who typed another."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping

from db.search.morphology import Key, folded, spelling
from db.search.thesaurus import thesaurus
from db.search.vocabulary import Vocabulary

SHORTEST = 4  # letters: of three, any word is one letter away from a dozen
TWO_LETTERS = 5  # from so many on two may be wrong
SURE = 7  # letters; shorter words with two wrong ones begin alike: Bochum is no Wachau
MOST = 5  # words


def similar(vocabulary: Vocabulary, least: Mapping[str, int]) -> dict[str, list[str]]:
    """Of each word those that are one or two letters off, and that at least so many articles have.

    The closest first, then the most frequent; words of which there are none are left out.
    """
    spelt = {word: spelling(word) for word in least}
    spelt = {word: typed for word, typed in spelt.items() if len(typed) >= SHORTEST and typed.isalpha()}
    lengths = sorted(map(len, spelt.values()))
    written = _written(vocabulary.connection, lengths[0] - 2, lengths[-1] + 2) if lengths else {}
    found = {word: _ranked(vocabulary, word, least[word], written) for word in spelt}
    return {word: others for word, others in found.items() if others}


def _ranked(vocabulary: Vocabulary, word: str, least: int, written: Mapping[str, list[str]]) -> list[str]:
    typed = spelling(word)
    no_offers = thesaurus.load().common | {folded(each) for each in vocabulary.forms(word).close}
    ranked = []
    for key, distance in _close_to(typed, list(written)):
        other = min(written[key], key=lambda each: (each.isupper(), each[0].isupper() != word[0].isupper(), each))
        articles = vocabulary.articles_with(folded(other))
        if articles >= least and folded(other) not in no_offers:
            ranked.append((distance, key[0] != typed[0], -articles, other))
    return _one_of_forms(vocabulary, [other for *_, other in sorted(ranked)])


def _one_of_forms(vocabulary: Vocabulary, words: Iterable[str]) -> list[str]:
    """Of words that a search takes for the same only the first."""
    different: list[str] = []
    same: set[str] = set()
    for word in words:
        if folded(word) not in same and len(different) < MOST:
            different.append(word)
            same |= {folded(each) for each in vocabulary.forms(word).close}
    return different


def _written(connection: sqlite3.Connection, shortest: int, longest: int) -> dict[str, list[str]]:
    """Spelling → words as they stand in the archive, of those of such lengths."""
    sql = "select key, word from _word_keys where why = ? and length(key) between ? and ?"
    written: defaultdict[str, list[str]] = defaultdict(list)
    for key, word in connection.execute(sql, [Key.SPELLING, shortest, longest]):
        if key.isalpha():
            written[key].append(word)
    return written


def _close_to(typed: str, spellings: list[str]) -> list[tuple[str, int]]:
    # 0.05 s to import, which only who mistypes has to wait for
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    most = 2 if len(typed) >= TWO_LETTERS else 1
    close = extract(typed, spellings, scorer=OSA.distance, score_cutoff=most, limit=None)
    return [
        (key, int(distance))
        for key, distance, _ in close
        if distance and (distance < 2 or len(typed) >= SURE or key[0] in typed[:2] or typed[0] in key[:2])
    ]
