"""How much one statement of a reader may ask of SQLite (sqlite.org/limits.html).

Our own statements stay far below: the largest that a search of 30 words makes has 30 kB of SQL, 230 selects and 9,000
operations.
"""

import sqlite3

LONGEST = 12 << 20  # bytes of one value or row: a page has 10 MB at most (DOWNLOAD_MAXSIZE), and so has its text
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: LONGEST,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 200_000,  # bytes; an address has room for 64,000
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 500,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 250,  # a search ranks up to 200 forms of its words one by one
    sqlite3.SQLITE_LIMIT_COLUMN: 500,  # `select *` of all tables joined has 200
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 50,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 500,  # bytes: what a pattern costs grows with its length times the text's
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 5_000,  # Datasette names up to 1,000 rows by theirs
    sqlite3.SQLITE_LIMIT_VDBE_OP: 100_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
}


def bound(connection: sqlite3.Connection) -> None:
    for limit, most in LIMITS.items():
        connection.setlimit(limit, most)
