"""The whole of an archive copied as of one moment, also while others write it; and whether a copy is what was there."""

import sqlite3

Counts = dict[str, int]  # rows by table

# Virtual tables are what their own tables hold; SQLite's own have no fixed rows.
_TABLES = """select name from sqlite_master
where type = 'table' and name not like 'sqlite@_%' escape '@' and sql not like 'create virtual%' order by 1"""


def copy_whole(source: sqlite3.Connection, target: sqlite3.Connection) -> Counts:
    """Copy in one step, into one file without a log; returns what it must hold. Raises sqlite3.Error.

    Page by page SQLite begins anew with every write of another connection: beside 20 rows a second it had begun 792
    times after 40 s. One step takes 2 to 3 s a gigabyte, and writers wait for it no longer than a millisecond.
    """
    source.execute("begin")  # what is counted is what is copied
    try:
        counts = count_rows(source)
        source.backup(target)
    finally:
        source.rollback()
    target.execute("pragma journal_mode = delete")
    return counts


def count_rows(connection: sqlite3.Connection) -> Counts:
    tables = [name for (name,) in connection.execute(_TABLES)]
    return {name: connection.execute(f'select count(*) from "{name}"').fetchone()[0] for name in tables}


def fault_of(connection: sqlite3.Connection, counts: Counts) -> str:
    """In what an archive is damaged, or other than these counts say; '' where it is sound."""
    try:
        result = connection.execute("pragma quick_check(1)").fetchone()[0]
        there = count_rows(connection) if result == "ok" else {}
    except sqlite3.DatabaseError as error:
        return str(error)
    if result != "ok":
        return str(result)
    wrong = (
        f"{table} has {there.get(table, 0)} rows, not {counts.get(table, 0)}"
        for table in sorted(there.keys() | counts.keys())
        if there.get(table) != counts.get(table)
    )
    return next(wrong, "")


def pages_end(connection: sqlite3.Connection) -> dict[str, int]:
    """Of each file of pages, the bytes that the archive names: a crawl may have written more since."""
    sql = "select file, max(offset + length) from pages group by file order by file"
    return dict(connection.execute(sql).fetchall())
