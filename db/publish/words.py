"""What the search knows of words, for the words that a snapshot holds."""

from sqlite_utils import Database

from db.search.morphology import tokens
from db.search.thesaurus import thesaurus


def take_over(archive: Database, snapshot: Database) -> None:
    """From the archive, which has read them: to do it again takes seconds. What it has not read yet is found there, as
    in the archive, as it is written."""
    words = set(thesaurus.load().words())
    for title, text, lang in snapshot.execute("select title, text, lang from articles"):
        words.update((word, (lang or "de")[:2]) for word in tokens(f"{title} {text}"))
    known = {tuple(row) for row in archive.execute("select word, lang from _words")} & words
    snapshot.conn.executemany("insert into _words values (?, ?)", sorted(known))
    spelled = {word for word, _ in known}
    keys = (row for row in archive.execute("select key, why, word from _word_keys") if row[2] in spelled)
    snapshot.conn.executemany("insert into _word_keys values (?, ?, ?)", keys)
    snapshot.conn.executemany("insert into _words_rules values (?)", archive.execute("select rules from _words_rules"))
