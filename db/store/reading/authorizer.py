"""What a reader may ask of SQLite, whatever statement it is given (sqlite.org/c3ref/set_authorizer.html)."""

import re
import sqlite3

# What may be asked of SQLite itself by who only reads: statements of Datasette, the full-text index and ours. A select,
# which readers may send, asks the same through the tables pragma_…; those tell paths and what SQLite was built with.
_PRAGMAS = frozenset(
    "cache_size data_version database_list encoding foreign_key_list freelist_count index_info index_list index_xinfo"
    " page_count page_size schema_version table_info table_list table_xinfo user_version".split()
)
# Tables that SQLite makes up: of pragmas, of its own state, of raw pages (and with them what was deleted).
_MADE_UP = re.compile(r"(?i)pragma_|sqlite_(dbpage|dbdata|dbptr|memstat|stmt)\b|dbstat\b|bytecode\b|tables_used\b")
# What is shown to nobody reads as if nothing stood there.
_WITHDRAWN = "_left_versions"
_REVEALING = re.compile(r"(?i)sqlite_(version|source_id|compileoption_\w+|log|offset)|load_extension")  # functions
_READS = frozenset(
    (
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_RECURSIVE,
        sqlite3.SQLITE_TRANSACTION,
        sqlite3.SQLITE_SAVEPOINT,
    )
)


def only_reads(action: int, name: str | None, other: str | None, *_: str | None) -> int:
    if action == sqlite3.SQLITE_READ and name == _WITHDRAWN:
        return sqlite3.SQLITE_IGNORE
    if action == sqlite3.SQLITE_READ:
        return sqlite3.SQLITE_DENY if _MADE_UP.match(name or "") else sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if _REVEALING.fullmatch(other or "") else sqlite3.SQLITE_OK
    may = action in _READS or (action == sqlite3.SQLITE_PRAGMA and name in _PRAGMAS)
    # SQLite asks this whenever it opens a virtual table, and lets nobody update it by a statement
    may = may or (action == sqlite3.SQLITE_UPDATE and name == "sqlite_master")
    return sqlite3.SQLITE_OK if may else sqlite3.SQLITE_DENY
