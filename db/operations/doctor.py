"""Whether an archive is sound; and what can be made new from its articles: the search index and the kept counts."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from db.store import counts
from db.store.archive import Archive
from db.store.connection import Mode, connect, open_to_read

BACKUP = "put a sound copy of the archive in its place"
REPAIR = "run `revierspiegel doctor --repair`"


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    wrong: str = ""  # empty where it is sound
    remedy: str = ""


def examine(archive: Path) -> list[Finding]:
    """Each part with what is wrong with it. Raises ArchiveError where there is no archive."""
    open_to_read(archive).close()
    with closing(connect(archive, Mode.WRITE)) as connection:
        return [Finding(what, *_asked(look, connection)) for what, look in LOOKS.items()]


def repair(archive: Path) -> None:
    """Make new what is made from the articles: the index of the search and the kept counts, in one transaction."""
    with Archive(archive) as opened:
        opened.rebuild()


Look = Callable[[sqlite3.Connection], tuple[str, str]]


def _asked(look: Look, connection: sqlite3.Connection) -> tuple[str, str]:
    try:
        return look(connection)
    except sqlite3.Error as error:
        return f"cannot be read ({error})", BACKUP


def _file(connection: sqlite3.Connection) -> tuple[str, str]:
    said = connection.execute("pragma integrity_check(1)").fetchone()[0]
    return ("", "") if said == "ok" else (said, BACKUP)


def _references(connection: sqlite3.Connection) -> tuple[str, str]:
    lost = connection.execute('select "table", parent, count(*) from pragma_foreign_key_check group by 1, 2').fetchall()
    said = ", ".join(
        f"{number} rows of {table} name something that is not in {parent}" for table, parent, number in lost
    )
    return said, BACKUP if lost else ""


def _index(connection: sqlite3.Connection) -> tuple[str, str]:
    """Compares the index with the articles (sqlite.org/fts5.html, 6.4); it says so by an error."""
    try:
        connection.execute("insert into articles_fts (articles_fts, rank) values ('integrity-check', 1)")
    except sqlite3.DatabaseError as error:
        return f"does not agree with the articles ({error})", REPAIR
    finally:
        connection.rollback()
    return "", ""


def _counts(connection: sqlite3.Connection) -> tuple[str, str]:
    wrong = connection.execute(counts.MISCOUNTED).fetchone()[0]
    return (f"{wrong} do not agree with the articles", REPAIR) if wrong else ("", "")


LOOKS: dict[str, Look] = {
    "file": _file,
    "references between tables": _references,
    "index of the search": _index,
    "kept counts": _counts,
}
