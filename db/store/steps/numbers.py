"""Numbers that are never given twice: INTEGER PRIMARY KEY becomes AUTOINCREMENT, which counts on from the highest.

Not a row is written anew: only the words of the tables change, as sqlite.org/lang_altertable.html (7) describes it for
what is not in their rows. For 100,000 articles (827 MB) that is 0.1 s and 41 kB of log.
"""

import re
from pathlib import Path

from sqlite_utils import Database

# Each article that a crawl kept was given a number, and one for its first version, whatever has become of it since.
_KEPT = ("select sum(kept) from runs", "select sum(kept) from source_nights")
# Where an archive knows which numbers it has given: the highest may be of what is there no more.
_GIVEN = {
    "articles": (
        *(f"select max(article) from {table}" for table in ("versions", "aliases", "article_keys", "_words_due")),
        *_KEPT,
    ),
    "versions": _KEPT,
    "refusals": (),
    "pages": (
        *(f"select max(page) from {table}" for table in ("versions", "refusals")),
        "select max(part_of) from pages",
    ),
}
_IN_RIS = re.compile(r"AN  - (\d{1,9})")


def count_on(db: Database) -> None:
    # SQLite makes its own table of the highest numbers together with the first table that counts on.
    db.execute("create table _counts_on (id integer primary key autoincrement)")
    db.execute("drop table _counts_on")
    highest = {
        table: max(db.execute(sql).fetchone()[0] or 0 for sql in (f"select max(id) from {table}", *given))
        for table, given in _GIVEN.items()
    }
    highest["articles"] = max(highest["articles"], _exported(db))
    db.execute("pragma writable_schema = on")
    for table, number in highest.items():
        words = "replace(sql, 'INTEGER PRIMARY KEY', 'INTEGER PRIMARY KEY AUTOINCREMENT')"
        db.execute(f"update sqlite_master set sql = {words} where type = 'table' and name = ?", [table])
        db.execute("insert into sqlite_sequence (name, seq) values (?, ?)", [table, number])
    version = db.execute("pragma schema_version").fetchone()[0]
    db.execute(f"pragma schema_version = {version + 1}")  # so that other connections read the tables' words again
    db.execute("pragma writable_schema = reset")  # and so that this one does


def _exported(db: Database) -> int:
    """The highest number of an article in the newest files of the downloads, which readers may have; 0 without them."""
    (file,) = db.execute("select file from pragma_database_list where name = 'main'").fetchone()
    path = Path(file).parent / "exports" / "articles.ris"
    if not file or not path.is_file():
        return 0
    with path.open(encoding="utf-8", errors="replace") as lines:
        return max((int(match[1]) for match in map(_IN_RIS.match, lines) if match), default=0)
