"""What SQLite says of a query, in words for readers: what is wrong, and what they can do.

Its own words name what they find in the query; so do these. Whatever else it says is for who runs the archive.
"""

import re

from db.language import t

SHORT = 60  # characters of a name

# Texts of SQLite (its source, and FTS5's), Python's sqlite3 and Datasette; `name` is what of them is said again.
_KNOWN = [
    (re.compile(pattern, re.DOTALL), key)
    for pattern, key in (
        (r"no such column: (?P<name>.+?)(?: - should this be .*)?", "sql.no_column"),
        (r"(?:no such table(?: column)?|unknown database): (?P<name>.+)", "sql.no_table"),
        (r"no such function: (?P<name>.+)", "sql.no_function"),
        (r"wrong number of arguments to function (?P<name>.+?)(?:\(\))?", "sql.arguments"),
        (r'near "(?P<name>.*)": syntax error', "sql.syntax"),
        (r"incomplete input", "sql.unfinished"),
        (r"""unrecognized token: "(?P<name>.*?)"?""", "sql.token"),
        (r"ambiguous column name: (?P<name>.+)", "sql.ambiguous"),
        (r"misuse of (?:aliased )?(?:aggregate|window function):? (?P<name>.+?)(?:\(\))?", "sql.aggregate"),
        (r".*(?:not authorized|prohibited|unsafe use of|disallowed PRAGMA).*", "sql.not_allowed"),
        (r"Statement must be a SELECT", "sql.select_only"),
        (r"You can only execute one statement at a time.*", "sql.one_statement"),
        (r".*(?:string or blob too big|out of memory|too many rows).*", "sql.too_large"),
        (r".*(?:integer overflow|int too large).*", "sql.no_integer"),
        (r".*(?:too large|too many|stack overflow|too complex|query too long|at most \d+ tables).*", "sql.too_deep"),
        (r".*JSON.*", "sql.no_json"),
        (r"fts5: .*|unterminated string|malformed MATCH .*|unknown special query.*", "sql.no_words"),
        (r"unable to use function MATCH.*", "sql.no_match"),
        (r".*[Bb]indings?\b.*|.*type '.*' is not supported.*", "sql.no_parameter"),
        (r"user-defined function raised exception", "sql.refused"),
    )
]
# What is wrong with the file or its disk, and not with the query.
_UNREADABLE = re.compile(
    r"database (?:is locked|disk image is malformed|table is locked|schema is locked).*|disk I/O error"
    r"|unable to open database.*|file is not a database|attempt to write a readonly database"
)


def is_unreadable(said: str) -> bool:
    """Whether the archive is to blame, not the query."""
    return bool(_UNREADABLE.fullmatch(said))


def in_words(said: str) -> str:
    """The same in the reader's language."""
    if is_unreadable(said):
        return t("sql.unreadable")
    for pattern, key in _KNOWN:
        if match := pattern.fullmatch(said):
            return t(key, **{name: _short(value) for name, value in match.groupdict().items()})
    return t("sql.other")


def _short(name: str) -> str:
    return name if len(name) <= SHORT else f"{name[:SHORT]}…"
