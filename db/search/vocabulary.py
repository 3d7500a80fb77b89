"""Every word of the archive with what it is found by.

The full-text index holds words as they are written; a search asks this vocabulary which of them it may mean. So a word
that is not here yet is still found as it is written, and nothing can be found that is not in the index.
"""

import hashlib
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from db.search.morphology import STEMMERS, Dictionary, Key, Keys, folded, keys, spelling, tokens
from db.search.thesaurus import thesaurus
from db.store.connection import ArchiveError, Mode, connect

logger = logging.getLogger(__name__)

RULES = 4  # of morphology.py; another number where its keys of any word become others
BEHIND = ("simplemma", "snowballstemmer")  # whose new versions may know words otherwise
BATCH = 100  # articles in a transaction
MANY = 500  # articles that are worth a line
SHORTEST_COMPOUNDED = 5  # letters: Strom is looked for in Stromnetz, Werk not in Handwerk
# Shorter ones whose compounds are about them, as those of Land (Deutschland) or Wirt (Wirtschaft) are not.
SHORT_COMPOUNDED = frozenset("Bau Gas Geld Kies Lärm Lohn Löss Müll Netz Plan Turm Wald Wind".split())
MOST = 250  # compounds of one word
APART = " … "  # between words that stand near one another
NEAR = 4  # words at most between them
JOINTS = ("und", "oder", "sowie", "bzw")  # what follows the first of two compounds with one end


def as_match(phrase: str) -> str:
    """Words in a row as FTS5 wants them, or near one another: Stellen … streicht."""
    parts = [part for part in phrase.split(APART) if tokens(part)]
    return f"NEAR({' '.join(map(_quoted, parts))}, {NEAR})" if len(parts) > 1 else _quoted(phrase)


def _quoted(text: str) -> str:
    return f'"{text}"'


@dataclass(frozen=True, slots=True)
class Forms:
    """Words of the archive that a word may mean, as they are written there."""

    same: tuple[str, ...]  # but for case and umlauts
    inflected: tuple[str, ...] = ()
    kin: tuple[str, ...] = ()  # investieren, Investition
    compounds: tuple[str, ...] = ()

    @property
    def close(self) -> tuple[str, ...]:
        return (*self.same, *self.inflected)


@cache
def dictionary(lang: str | None) -> Dictionary | None:
    """Of a language that we have one of; an article in no known language is taken for German."""
    lang = (lang or "de")[:2]
    return Dictionary(lang) if lang in STEMMERS else None


def read_dictionaries() -> None:
    """And the thesaurus. Before the first reader comes: the first time on a machine it takes 3 s."""
    thesaurus.load()
    for lang in STEMMERS:
        keys("Revierspiegel", dictionary(lang))


def is_due(connection: sqlite3.Connection) -> bool:
    """Whether there are articles whose words are not known yet."""
    return bool(connection.execute("select exists (select 1 from _words_due)").fetchone()[0])


def catch_up(
    connection: sqlite3.Connection, seconds: float | None = None, report: Callable[[int, int], object] | None = None
) -> int:
    """Take in the words of articles that are new or changed, for `seconds` at most; returns how many were read."""
    ends = None if seconds is None else time.monotonic() + seconds
    total = int(connection.execute("select count(*) from _words_due").fetchone()[0])
    is_first = connection.execute("select not exists (select 1 from _words)").fetchone()[0]
    read, words = 0, thesaurus.load().words() if total and is_first else set()  # others come by `key_again`
    while read < total and (ends is None or time.monotonic() < ends):
        sql = (
            "select article, title, text, lang from _words_due left join articles on id = article"
            f" order by article limit {BATCH}"
        )
        due = connection.execute(sql).fetchall()
        for _, title, text, lang in due:
            words.update((word, (lang or "de")[:2]) for word in tokens(f"{title or ''} {text or ''}"))
        rows = list(_new(connection, words))  # what takes time is done before others have to wait
        with connection:
            connection.executemany(
                "insert or ignore into _words values (?, ?)", [(word, lang) for word, lang, _ in rows]
            )
            connection.executemany(
                "insert or ignore into _word_keys values (?, ?, ?)",
                [(key, why, word) for word, _, word_keys in rows for why, key in word_keys],
            )
            connection.executemany("delete from _words_due where article = ?", [(row[0],) for row in due])
        read, words = read + len(due), set()
        if report is not None:
            report(read, total)
    return read


def _new(connection: sqlite3.Connection, words: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, Keys]]:
    sql = "select 1 from _words where word = ? and lang = ?"
    for word, lang in sorted(words):
        if connection.execute(sql, [word, lang]).fetchone() is None:
            yield word, lang, keys(word, dictionary(lang))


@cache
def rules() -> str:
    """What the keys of a word come from; by others, all words are read again."""
    data = hashlib.sha256(b"".join(path.read_bytes() for path in thesaurus.PATHS)).hexdigest()[:16]
    return " ".join([f"rules {RULES}", *(f"{name} {version(name)}" for name in BEHIND), f"thesaurus {data}"])


def key_again(connection: sqlite3.Connection, tell: Callable[[str], object] = logger.info) -> None:
    """Give all words the keys of today's rules, where they have those of others."""
    if connection.execute("select rules from _words_rules").fetchone() == (rules(),):
        return
    words = {tuple(row) for row in connection.execute("select word, lang from _words")}
    if words:
        words |= thesaurus.load().words()
        tell(f"The search reads its {len(words)} words again, by other rules")
    rows = [(key, why, word) for word, lang in sorted(words) for why, key in keys(word, dictionary(lang))]
    with connection:
        connection.execute("delete from _word_keys")
        connection.executemany("insert or ignore into _words values (?, ?)", sorted(words))
        connection.executemany("insert or ignore into _word_keys values (?, ?, ?)", rows)
        connection.execute("delete from _words_rules")
        connection.execute("insert into _words_rules values (?)", [rules()])


def take_in(archive: Path, seconds: float | None = None, tell: Callable[[str], object] = logger.info) -> int:
    """Let searches know all words of an archive, by the rules of today; for `seconds` at most.

    Returns how many articles were read; `tell` is told of many. For who writes the archive; readers never do. Raises
    ArchiveError.
    """

    def report(read: int, total: int) -> None:
        if total > MANY and (read % (10 * BATCH) == 0 or read == total):
            tell(f"The search has read the words of {read} of {total} articles")

    try:
        with closing(connect(archive, Mode.WRITE)) as connection:
            key_again(connection, tell)
            return catch_up(connection, seconds, report)
    except sqlite3.Error as error:
        raise ArchiveError(
            f"{archive}: the words of new articles could not be taken in ({error}); "
            "see that it may be written to, then run 'revierspiegel migrate'"
        ) from error


class Vocabulary:
    """What the words of a query may mean in this archive."""

    def __init__(self, connection: sqlite3.Connection, *, use_keys: bool = True) -> None:
        self.connection = connection
        self.has_keys = use_keys and bool(self._column("select 1 from _words limit 1"))
        self._forms: dict[str, Forms] = {}
        self._sizes: dict[str, int] = {}
        self._there: dict[str, bool] = {}

    def _column(self, sql: str, *values: str) -> list[str]:
        return [row[0] for row in self.connection.execute(sql, values)]

    def forms(self, word: str) -> Forms:
        if word not in self._forms:
            self._forms[word] = self._look_up(word) if self.has_keys else Forms((word,))
        return self._forms[word]

    def _look_up(self, word: str) -> Forms:
        same = self._words_with(Key.SPELLING, {spelling(word)})
        if word[0].isupper() and not word.isupper():  # Essen is a town; who types essen may mean both
            same = [each for each in same if each[0].isupper()] or same
        own_keys = self._keys(same or [word])
        for why, key in self._as_german(word, same):
            own_keys.setdefault(why, set()).add(key)
        lemmas, stems = own_keys.get(Key.LEMMA, set()), own_keys.get(Key.STEM, set())
        inflected = self._words_with(Key.LEMMA, lemmas) + self._words_with(
            Key.STEM, stems | own_keys.get(Key.STEM_OF_LEMMA, set())
        )
        inflected += self._words_with(Key.STEM_OF_LEMMA, stems)
        kin = self._words_with(Key.ROOT, own_keys.get(Key.ROOT, set()))
        parts = {lemma for lemma in lemmas if len(lemma) >= SHORTEST_COMPOUNDED or lemma in SHORT_COMPOUNDED}
        compounds = self._words_with(Key.HEAD, parts) + self._words_with(Key.MODIFIER, parts)
        loaded_thesaurus = thesaurus.load()
        spelt = {spelling(word), *map(spelling, lemmas)}
        for sort in {other for each in spelt for other in loaded_thesaurus.within.get(each, ())}:
            compounds += [sort, *self._words_with(Key.LEMMA, {sort}), *self._words_with(Key.MODIFIER, {sort})]
        apart = tuple(other for each in spelt for other in loaded_thesaurus.apart.get(each, ()))
        seen: set[str] = set()

        def unseen(words: Iterable[str], most: int | None = None) -> tuple[str, ...]:
            kept = []
            for each in sorted(words, key=lambda each: (len(each), each)):
                if folded(each) not in seen and not (apart and spelling(each).startswith(apart)):
                    seen.add(folded(each))
                    kept.append(each)
            return tuple(kept[:most])

        seen.add(folded(word))
        return Forms((word, *unseen(same)), unseen(inflected), unseen(kin), unseen(compounds, MOST))

    def _as_german(self, word: str, same: list[str]) -> Keys:
        """Of a noun that stands in other articles alone: there is an English minister and a Wirtschaftsminister."""
        sql = f"select 1 from _words where lang = 'de' and word in ({','.join('?' * len(same))})"
        german = dictionary("de")
        if not same or german is None or self._column(sql, *same):
            return set()
        noun = word.capitalize()
        return keys(noun, german) if german.exact(noun) == noun else set()

    def _words_with(self, why: Key, values: set[str]) -> list[str]:
        sql = "select word from _word_keys where why = ? and key = ?"
        return [word for key in values for word in self._column(sql, why, key)]

    def _keys(self, words: Iterable[str]) -> dict[Key, set[str]]:
        by_kind: dict[Key, set[str]] = {}
        for word in words:
            rows = self.connection.execute("select why, key from _word_keys where word = ?", [word]).fetchall()
            if all(why == Key.SPELLING for why, _ in rows):  # of another language: centres is French, too
                rows = [*rows, *_analysed(word)]
            for why, key in rows:
                by_kind.setdefault(Key(why), set()).add(key)
        return by_kind

    def parts(self, forms: Forms) -> list[tuple[str, str]]:
        """What a compound consists of: Kohle and Ausstieg of Kohleausstieg."""
        by_kind = self._keys(forms.close) if self.has_keys else {}
        whole = spelling(forms.same[0])
        return [
            (before, head)
            for before in sorted(by_kind.get(Key.MODIFIER, ()))
            for head in sorted(by_kind.get(Key.HEAD, ()))
            if whole.startswith(spelling(before)[:3]) and 0 <= len(whole) - len(before) - len(head) <= 3
        ]

    def made_of(self, befores: Sequence[str], heads: Sequence[str]) -> list[str]:
        begun = set(self._words_with(Key.MODIFIER, set(befores)))
        return sorted(begun.intersection(self._words_with(Key.HEAD, set(heads)))) if begun else []

    def parted(self, forms: Forms) -> list[str]:
        """A compound as it is written with a hyphen: Kohle-Ausstieg for Kohleausstieg."""
        return [
            f"{one} {other}"
            for before, head in self.parts(forms)
            for one in self.forms(before).close[:6]
            for other in self.forms(head).close[:6]
        ]

    def elided(self, words: Sequence[str]) -> list[str]:
        """Before another word of the same end, which a compound then leaves out: Strom- und Gasnetz for Stromnetz.

        Two words are one that is written with a hyphen: KI- und Robotiklabor for KI-Labor.
        """
        *first, last = words
        by_kind = self._keys(self.forms(last).close) if self.has_keys else {}
        wholes = [last, *by_kind.get(Key.LEMMA, ())]
        phrases: list[str] = []
        for head in by_kind.get(Key.LEMMA if first else Key.HEAD, ()):
            end = folded(head)
            begins = set(first or [whole[: -len(end)] for whole in wholes if folded(whole).endswith(end)])
            starts = {f"{begin} {joint}" for begin in begins for joint in JOINTS if self.has(f"{begin} {joint}")}
            ending = self._column("select word from _words where word like ?", f"%{head}") if starts else []
            others = sorted({*ending, *self._words_with(Key.HEAD, {head})}, key=len)[:MOST] if starts else []
            phrases += [f"{start} {other}" for start in sorted(starts) for other in others]
        return phrases

    def has(self, phrase: str) -> bool:
        """Whether any article has these words, in a row or near one another; each word is asked for once."""
        if phrase not in self._there:
            words = tokens(phrase)
            sql = "select 1 from articles_fts where articles_fts match ? limit 1"
            alone = len(words) == 1 or all(map(self.has, words))
            self._there[phrase] = bool(words and alone and self._column(sql, as_match(phrase)))
        return self._there[phrase]

    def fields_with(self, phrase: str) -> Iterator[tuple[str, str]]:
        """Titles and texts of articles with these words in a row; of many the first thousand."""
        sql = "select coalesce(title, ''), coalesce(text, '') from articles_fts where articles_fts match ?"
        return self.connection.execute(f"{sql} limit 1000", [as_match(phrase)])

    def articles_with_phrase(self, expression: str) -> int:
        """Of a few no more are counted."""
        sql = "select count(*) from (select 1 from articles_fts where articles_fts match ? limit 10)"
        return int(self.connection.execute(sql, [expression]).fetchone()[0])

    def articles_with(self, token: str) -> int:
        if token not in self._sizes:
            row = self.connection.execute("select doc from _index_words where term = ?", [token]).fetchone()
            self._sizes[token] = int(row[0]) if row else 0
        return self._sizes[token]


def _analysed(word: str) -> Keys:
    """Of a word that no article has, though its other forms may stand in some."""
    spelt = {word, word.capitalize()} if word.islower() else {word}
    return {key for each in spelt for lang in STEMMERS for key in keys(each, dictionary(lang))}
