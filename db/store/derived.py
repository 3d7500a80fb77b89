"""What is made from the articles and can be made anew: the index of the search and the kept counts and lines."""

import sqlite3

from sqlite_utils import Database

from db.store import changed, counts
from db.store.enrichment import facts


def rebuild(db: Database) -> None:
    with db.atomic():
        db.execute("insert into articles_fts (articles_fts) values ('rebuild')")
        for statement in (*counts.COUNT_AGAIN, *changed.COUNT_AGAIN, *facts.TAKE_OUT_GONE, *facts.LINES_AGAIN):
            db.execute(statement)


def index_fault(connection: sqlite3.Connection) -> str:
    """In what the index does not agree with the articles (sqlite.org/fts5.html, 6.4), in SQLite's words; '' where it
    does. Nothing is written, but SQLite asks for leave to write. Raises sqlite3.OperationalError where there is none.
    """
    try:
        connection.execute("insert into articles_fts (articles_fts, rank) values ('integrity-check', 1)")
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        return str(error)
    finally:
        connection.rollback()
    return ""
