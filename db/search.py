"""What a person types → an FTS5 expression; articles best first."""

import re
import sqlite3
import unicodedata
from collections.abc import Iterator

from db.problem import Problem

TITLE_WEIGHT, TEXT_WEIGHT = 10.0, 1.0  # bm25: a word in the title says more about an article than one in its text

# A quoted phrase (also „…“, “…”, »…«), or a run without space and quote; a minus may lead, a star may follow.
_TERM = re.compile(
    r'(?P<minus>(?<![^\s(])[-−–])?(?:["„“”«»](?P<phrase>[^"„“”«»]*)["„“”«»]?|(?P<word>[^\s"„“”«»()]+))(?P<star>\*)?'
)
_EITHER = {"OR", "ODER", "|"}
_BOTH = {"AND", "UND", "&", "+"}
_NEITHER = {"NOT", "NICHT"}

_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
# 'ue' after a vowel or q is no umlaut: neue, Bauer, Quelle
_UMLAUTS = [
    (re.compile(spelt_out, re.I), letter)
    for spelt_out, letter in zip(("(?<![aeoq])ue", "ae", "oe", "ss"), "üäöß", strict=True)
]


class QueryError(Problem):
    """The query asks for nothing; the message says what to type."""


def match(query: str) -> str:
    """Words are all wanted, OR joins its neighbours, a minus excludes, a star completes: never an FTS5 syntax error.

    Raises QueryError where no word is left to look for.
    """
    wanted: list[list[str]] = []
    unwanted: list[str] = []
    either = negative = False
    for term in _TERM.finditer(query):
        word = term["word"]
        if word in _EITHER:
            either = bool(wanted)
            continue
        if word in _BOTH or word in _NEITHER:
            negative = word in _NEITHER
            continue
        operand = _operand(term)
        if operand:
            if negative or term["minus"]:
                unwanted.append(operand)
            elif either:
                wanted[-1].append(operand)
            else:
                wanted.append([operand])
        either = negative = False
    if not wanted:
        raise QueryError(
            f"{query!r} only excludes: add a word to look for, as in Microsoft -Azure"
            if unwanted
            else f'{query!r} holds no word: type one, as in Rechenzentr* or "Rheinisches Revier"'
        )
    expression = " AND ".join(any_of(group) for group in wanted)
    return f"({expression}) NOT {any_of(unwanted)}" if unwanted else expression


def any_of(operands: list[str]) -> str:
    return operands[0] if len(operands) == 1 else f"({' OR '.join(operands)})"


def _operand(term: re.Match[str]) -> str | None:
    text = term["word"] if term["phrase"] is None else term["phrase"]
    star = "*" if term["star"] or text.endswith("*") else ""
    if not any(unicodedata.category(letter)[0] in "LN" for letter in text):
        return None  # unicode61 makes no token of it: an emoji, a dash
    text = text.replace("\0", " ").strip("*")
    return any_of([f'"{spelling}"{star}' for spelling in _spellings(text)])


def _spellings(text: str) -> list[str]:
    """The index folds Müller to Muller, but knows nothing of Mueller, Strasse and Straße."""
    contracted = text
    for spelt_out, letter in _UMLAUTS:
        contracted = spelt_out.sub(letter, contracted)
    composed = unicodedata.normalize("NFC", text)
    return list(dict.fromkeys([text, composed.translate(_SPELT_OUT), contracted]))


def count(connection: sqlite3.Connection, query: str) -> int:
    """How many articles the index finds, asked of the index alone: a gap between it and the articles shows."""
    sql = "select count(*) from articles_fts where articles_fts match ?"
    return int(connection.execute(sql, [match(query)]).fetchone()[0])


def ranked(connection: sqlite3.Connection, query: str) -> Iterator[sqlite3.Row]:
    """Articles, best first. Raises QueryError."""
    sql = """
        select articles.* from articles_fts join articles on articles.id = articles_fts.rowid
        where articles_fts match ? order by bm25(articles_fts, ?, ?), articles.id
    """
    yield from connection.execute(sql, [match(query), TITLE_WEIGHT, TEXT_WEIGHT])


def register(connection: sqlite3.Connection) -> None:
    """Give SQL the function that Datasette's search calls, so that the site and the exports find the same."""
    connection.create_function("escape_fts", 1, _match_or_nothing, deterministic=True)


def _match_or_nothing(query: str | None) -> str:
    """An exception inside a function of SQL loses its message: here a query for nothing finds nothing."""
    try:
        return match(query or "")
    except QueryError:
        return '""'
