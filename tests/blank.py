"""An archive with nothing in it, made once a run: to make one anew takes 0.1 s, and hundreds of tests begin so.

Its search knows the words of the thesaurus, which an archive is given with its first article: more than a second.
"""

import fcntl
import os
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from db.search import vocabulary
from db.store.archive import Archive

FOLDER = "FOLDER_OF_THE_TESTS"  # an environment variable: what all processes of a run share


def blank_archive(path: Path) -> Path:
    path.write_bytes(_blank())
    return path


def blank_in_memory() -> Database:
    with TemporaryDirectory() as folder, closing(sqlite3.connect(blank_archive(Path(folder) / "archive.db"))) as blank:
        database = Database(memory=True)
        blank.backup(database.conn)
        return database


@cache
def _blank() -> bytes:
    with TemporaryDirectory() as own:
        folder = Path(os.environ.get(FOLDER, own))
        made, unfinished = folder / "blank.db", folder / "unfinished.db"
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # one makes it, and who needs it meanwhile waits
            if not made.exists():
                Archive(unfinished).close()
                with closing(sqlite3.connect(unfinished)) as database, database:
                    database.execute("insert into _words_due values (0)")  # an article that is gone again
                vocabulary.take_in(unfinished)
                unfinished.rename(made)
        return made.read_bytes()
